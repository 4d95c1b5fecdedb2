import type { Lots, Ticks } from '../../domain/instrument.ts';
import type { Side } from '../../domain/position.ts';
/** When an order trades and at which price. Pure: the venue's state in, prices out. Source: scenario-format 2. */
import { unreachable } from '../../kernel/assert.ts';
import { leavesOf, type PaperOrder } from './paper-order.ts';

/** The latest price of each kind; also used for a single quote, with what it carries. */
export type Prices = {
  readonly bidTicks?: Ticks | undefined;
  readonly askTicks?: Ticks | undefined;
  readonly lastTicks?: Ticks | undefined;
};

export type FillAt = 'touch' | 'last';

/** Lots that one quote offers at the touch and at each tick behind it. Undefined: as many as wanted. */
export type Depth = { readonly lotsPerLevel: Lots; readonly levels: number };

export type Slice = { readonly ticks: Ticks; readonly lots: Lots };

/** Where a market order of this side trades: the other side's best price, else the last price. */
function touchOf(prices: Prices, side: Side, fillAt: FillAt): Ticks | undefined {
  const touch = side === 'buy' ? prices.askTicks : prices.bidTicks;
  return fillAt === 'last' ? (prices.lastTicks ?? touch) : (touch ?? prices.lastTicks);
}

/** True when there is any price at which this side could trade. */
export function hasPrice(prices: Prices, side: Side): boolean {
  return touchOf(prices, side, 'touch') !== undefined;
}

/**
 * Whether a stop is reached: on the last price, else on the touch it would trade at.
 * `seen` is the quote that has come, or everything known when the order has just arrived.
 */
export function isStopReached(order: PaperOrder, seen: Prices): boolean {
  const price = referenceOf(seen, order.side);
  const stop = stopPriceOf(order);
  if (price === undefined || stop === undefined) return false;
  return order.side === 'buy' ? price >= stop : price <= stop;
}

/** The best price a trailing stop has seen, with this quote. */
export function trailedBest(order: PaperOrder, seen: Prices): Ticks | undefined {
  const price = referenceOf(seen, order.side);
  if (price === undefined) return order.bestTicks;
  if (order.bestTicks === undefined) return price;
  return order.side === 'buy' ? Math.min(order.bestTicks, price) : Math.max(order.bestTicks, price);
}

/** The price at which a stop is due; for a trailing stop the distance behind its best price. */
function stopPriceOf(order: PaperOrder): Ticks | undefined {
  if (order.orderType !== 'trailingStop') return order.stopTicks;
  if (order.bestTicks === undefined || order.trailTicks === undefined) return undefined;
  return order.side === 'buy'
    ? order.bestTicks + order.trailTicks
    : order.bestTicks - order.trailTicks;
}

function referenceOf(seen: Prices, side: Side): Ticks | undefined {
  return seen.lastTicks ?? (side === 'buy' ? seen.askTicks : seen.bidTicks);
}

export type PriceQuestion = {
  readonly order: PaperOrder;
  /** Everything known of the instrument. */
  readonly market: Prices;
  /** The quote that has just come; undefined when the order has just arrived or was changed. */
  readonly quote: Prices | undefined;
  readonly fillAt: FillAt;
  /** The stop was reached by this very quote. */
  readonly isFreshlyTriggered: boolean;
};

/**
 * The price at which the order trades now, or undefined when it rests.
 * Market and triggered orders: the touch. Limits: the touch when marketable on arrival, later their limit.
 */
export function tradePrice(question: PriceQuestion): Ticks | undefined {
  const { order } = question;
  switch (order.orderType) {
    case 'market':
      return touchOf(question.market, order.side, question.fillAt);
    case 'limit':
      return limitPrice(question);
    case 'stop':
    case 'trailingStop':
      return order.isTriggered ? triggeredPrice(question) : undefined;
    case 'stopLimit':
      return order.isTriggered ? limitPrice(question) : undefined;
    default:
      return unreachable(order.orderType);
  }
}

/** The touch that follows: an old bid or ask is not offered to a stop that a later trade has reached. */
function triggeredPrice({
  order,
  market,
  quote,
  fillAt,
  isFreshlyTriggered,
}: PriceQuestion): Ticks | undefined {
  const side = order.side === 'buy' ? 'askTicks' : 'bidTicks';
  if (isFreshlyTriggered && quote !== undefined && fillAt === 'touch') {
    if (quote[side] === undefined && market[side] !== undefined) return undefined;
  }
  return touchOf(market, order.side, fillAt);
}

function limitPrice({
  order,
  market,
  quote,
  fillAt,
  isFreshlyTriggered,
}: PriceQuestion): Ticks | undefined {
  const limit = order.limitTicks;
  if (limit === undefined) return undefined;
  const isArriving = quote === undefined || isFreshlyTriggered;
  const offered = isArriving
    ? touchOf(market, order.side, fillAt)
    : touchOf(quote, order.side, fillAt);
  if (offered === undefined) return undefined;
  const isReached = order.side === 'buy' ? offered <= limit : offered >= limit;
  if (!isReached) return undefined;
  return isArriving ? offered : limit;
}

/** `ticks` made worse for this side. */
export function worseBy(ticks: Ticks, side: Side, by: Ticks): Ticks {
  return side === 'buy' ? ticks + by : ticks - by;
}

/**
 * Executions of up to `wanted` lots from `price` on: level after level, each a tick worse, within the limit.
 * `usedLots` is what earlier orders took of this quote.
 */
export function slicesAt(
  order: PaperOrder,
  price: Ticks,
  wanted: Lots,
  depth: Depth | undefined,
  usedLots: Lots,
): readonly Slice[] {
  const lots = Math.min(wanted, leavesOf(order));
  if (lots <= 0) return [];
  if (depth === undefined) return [{ ticks: price, lots }];
  const slices: Slice[] = [];
  let left = lots;
  let used = usedLots;
  for (let level = 0; level < depth.levels && left > 0; level += 1) {
    const ticks = worseBy(price, order.side, level);
    if (!isWithinLimit(order, ticks)) break;
    const free = Math.max(0, depth.lotsPerLevel - used);
    used = Math.max(0, used - depth.lotsPerLevel);
    const take = Math.min(left, free);
    if (take > 0) slices.push({ ticks, lots: take });
    left -= take;
  }
  return slices;
}

function isWithinLimit(order: PaperOrder, ticks: Ticks): boolean {
  if (order.limitTicks === undefined) return true;
  return order.side === 'buy' ? ticks <= order.limitTicks : ticks >= order.limitTicks;
}
