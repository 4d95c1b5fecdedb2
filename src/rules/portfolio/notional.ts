/**
 * What an account has at stake, in money: net asset value, and exposure with everything that may still fill at its
 * worst price. Whatever is not known has a name instead of a number. Pure. Source: trading-controls REQ-E1, E2.
 */
import { addExact, mulDiv } from '../../domain/arithmetic.ts';
import type { Controls } from '../../domain/controls.ts';
import type { InstrumentId } from '../../domain/ids.ts';
import type { Instrument, Lots, Ticks } from '../../domain/instrument.ts';
import type { Units } from '../../domain/money.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { Side } from '../../domain/position.ts';
import { notionalUnits } from '../../domain/sizing.ts';
import type { Mark, WorkingOrderFacts } from '../../domain/view.ts';
import { isExitSide, openLotsOf } from '../exposure.ts';
import { closingTicks, markFault, openProfit, sumProfits } from '../marks.ts';
import type { RuleContext } from '../rule.ts';

/** Everything the checks look at. */
export type PortfolioView = {
  readonly context: RuleContext;
  readonly controls: Controls;
  /** Older prices are not believed; ms. */
  readonly quoteMaxAgeMs: number;
};

/** A sum of money, or the names of what is missing to know it. */
export type Money =
  | { readonly isKnown: true; readonly units: Units }
  | { readonly isKnown: false; readonly missing: readonly string[] };

/** As much of an order as its worst case depends on. */
export type PricedOrder = Pick<
  OrderIntent,
  'instrument' | 'side' | 'quantityLots' | 'orderType' | 'reduceOnly'
> & {
  readonly limitTicks?: Ticks | undefined;
  readonly stopTicks?: Ticks | undefined;
};

export function known(units: Units): Money {
  return { isKnown: true, units };
}

export function unknown(...missing: readonly string[]): Money {
  return { isKnown: false, missing };
}

export function sum(parts: readonly Money[]): Money {
  const missing = parts.flatMap((part) => (part.isKnown ? [] : part.missing));
  if (missing.length > 0) return unknown(...new Set(missing));
  return known(parts.reduce((so, part) => addExact(so, part.isKnown ? part.units : 0), 0));
}

/** Balance and open profit. */
export function netAssetValue(view: PortfolioView): Money {
  const { context, quoteMaxAgeMs } = view;
  const { portfolio, positions } = context.facts;
  if (portfolio === undefined) return unknown('balance');
  const reading = {
    markPrice: 'exitSide',
    quoteMaxAgeSeconds: Math.floor(quoteMaxAgeMs / 1_000),
  } as const;
  const open = sumProfits(positions.map((held) => openProfit(context, held, reading)));
  return open.missing.length > 0
    ? unknown(...open.missing)
    : known(addExact(portfolio.balanceUnits, open.units));
}

/** What an order costs at worst: its limit, or the touch with slippage. */
export function orderNotional(view: PortfolioView, order: PricedOrder, lots?: Lots): Money {
  const instrument = instrumentOf(view, order.instrument);
  if ('missing' in instrument) return unknown(instrument.missing);
  const ticks = worstTicks(view, order);
  if (typeof ticks === 'string') return unknown(ticks);
  return known(notionalUnits(instrument, lots ?? order.quantityLots, ticks));
}

/** The instrument, in the currency of the account. */
export function instrumentOf(
  { context }: PortfolioView,
  id: InstrumentId,
): Instrument | { readonly missing: string } {
  const instrument = context.instrumentOf(id);
  if (instrument === undefined) return { missing: `instrument:${id}` };
  return instrument.settlementCurrency === context.facts.currency
    ? instrument
    : { missing: `currency:${id}` };
}

/** The worst price at which an order may fill, or the name of what is missing to know it. */
function worstTicks(view: PortfolioView, order: PricedOrder): Ticks | string {
  const { side, orderType, limitTicks, stopTicks } = order;
  const isLimit = orderType === 'limit' || orderType === 'stopLimit';
  if (side === 'buy' && isLimit && limitTicks !== undefined) return limitTicks;
  const touch = touchTicks(view, order.instrument, side);
  if (typeof touch === 'string') return touch;
  // A sale at more than its limit is worth more than the limit.
  if (isLimit && limitTicks !== undefined) return Math.max(limitTicks, touch);
  const from = stopTicks === undefined ? touch : Math.max(stopTicks, touch);
  return side === 'buy' ? addExact(from, slippageTicks(view.controls, from)) : from;
}

/** The price on the side at which an order of this side trades. */
function touchTicks(view: PortfolioView, id: InstrumentId, side: Side): Ticks | string {
  const mark = markOf(view, id);
  if (typeof mark === 'string') return mark;
  // A short is closed at the ask, where a buy trades.
  return closingTicks(mark, side === 'sell', 'exitSide') ?? `quote:${id}`;
}

function markOf({ context, quoteMaxAgeMs }: PortfolioView, id: InstrumentId): Mark | string {
  const mark = context.marks(id);
  const fault = markFault(mark, context.nowMs, quoteMaxAgeMs);
  return fault === undefined && mark !== undefined ? mark : `${fault?.name ?? 'quote'}:${id}`;
}

function slippageTicks({ slippage }: Controls, ticks: Ticks): Ticks {
  return mulDiv(Math.abs(ticks), slippage.tierBps[0] ?? 0, 10_000, 'ceil');
}

/**
 * What one instrument has at stake at worst, with `order` when given: the larger of what may be long and what may be
 * short. Orders that can only close count nothing, canceled ones until the venue says so.
 */
export function exposureOf(view: PortfolioView, id: InstrumentId, order?: PricedOrder): Money {
  const { context, controls } = view;
  const position = openLotsOf(context.facts, id);
  const working = controls.caps.countOpenOrdersInCap
    ? context.facts.workingOrders.filter(({ instrument }) => instrument === id).map(asOrder)
    : [];
  const added = order?.instrument === id ? [order] : [];
  const opening = [...working, ...added].filter((one) => !onlyCloses(one, position));
  const sides = (['buy', 'sell'] as const).map((side) =>
    sideExposure(view, id, side === 'buy' ? position : -position, {
      side,
      orders: opening.filter((one) => one.side === side),
    }),
  );
  const missing = sides.flatMap((one) => (one.isKnown ? [] : one.missing));
  if (missing.length > 0) return unknown(...new Set(missing));
  return known(Math.max(...sides.map((one) => (one.isKnown ? one.units : 0))));
}

function onlyCloses(order: PricedOrder & { purpose?: string }, position: Lots): boolean {
  const isLinked = order.reduceOnly || order.purpose === 'protective';
  return isLinked && isExitSide(order.side, position);
}

/** @param held lots on this side, signed: below 0 is a position on the other side, which orders close first */
function sideExposure(
  view: PortfolioView,
  id: InstrumentId,
  held: Lots,
  { side, orders }: { readonly side: Side; readonly orders: readonly PricedOrder[] },
): Money {
  const parts: Money[] = held > 0 ? [heldNotional(view, id, held, side)] : [];
  let toClose = Math.max(0, -held);
  // The dearest orders are the ones that open: what closes first is taken from the cheapest.
  const priced = orders
    .map((order) => ({ order, ticks: worstTicks(view, order) }))
    .toSorted((one, other) => priceOf(one.ticks) - priceOf(other.ticks));
  for (const { order } of priced) {
    const closing = Math.min(toClose, order.quantityLots);
    toClose -= closing;
    const opening = order.quantityLots - closing;
    if (opening > 0) parts.push(orderNotional(view, order, opening));
  }
  return sum(parts);
}

function priceOf(ticks: Ticks | string): number {
  return typeof ticks === 'number' ? ticks : Number.MAX_SAFE_INTEGER;
}

/** What an open quantity is worth where it could be closed. */
export function heldNotional(
  view: PortfolioView,
  id: InstrumentId,
  lots: Lots,
  side: Side = 'buy',
): Money {
  const instrument = instrumentOf(view, id);
  if ('missing' in instrument) return unknown(instrument.missing);
  const ticks = touchTicks(view, id, side === 'buy' ? 'sell' : 'buy');
  return typeof ticks === 'string'
    ? unknown(ticks)
    : known(notionalUnits(instrument, Math.abs(lots), ticks));
}

/** Every instrument with a position or an order, and the one of `order`. */
export function instrumentsAtStake(
  { context }: PortfolioView,
  order?: PricedOrder,
): readonly InstrumentId[] {
  const { positions, workingOrders } = context.facts;
  const ids = [...positions, ...workingOrders, ...(order === undefined ? [] : [order])];
  return [...new Set(ids.map(({ instrument }) => instrument))];
}

/** A working order as an order that may still fill with all it has left. */
export function asOrder(order: WorkingOrderFacts): PricedOrder & { purpose: string } {
  const { instrument, side, leavesLots, orderType, reduceOnly, limitTicks, stopTicks } = order;
  const { purpose } = order;
  return {
    instrument,
    side,
    quantityLots: leavesLots,
    orderType,
    reduceOnly,
    limitTicks,
    stopTicks,
    purpose,
  };
}
