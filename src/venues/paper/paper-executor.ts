import type { Fill } from '../../domain/fill.ts';
/** Lets orders trade: one attempt of one order against what the market offers, with everything that follows from it. */
import type { FillId } from '../../domain/ids.ts';
import type { InstrumentId } from '../../domain/ids.ts';
import { feeUnits, type Instrument, type Lots, type Ticks } from '../../domain/instrument.ts';
import type { Side } from '../../domain/position.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import {
  hasPrice,
  isStopReached,
  slicesAt,
  tradePrice,
  trailedBest,
  worseBy,
  type Depth,
  type Prices,
} from './matching.ts';
import type { PaperBook } from './paper-book.ts';
import type { FaultSwitch } from './paper-faults.ts';
import { isOpen, leavesOf, type PaperOrder } from './paper-order.ts';
import type { Reporter } from './paper-reports.ts';

/** Chance of a partial fill, parts per million, and the least share of the leaves that trades then, in percent. */
export type RandomPartial = { readonly chancePpm: number; readonly sharePercentMin: number };

export type ExecutorOptions = {
  /** The venue's own: the times that it writes down. */
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Random;
  readonly book: PaperBook;
  readonly faults: FaultSwitch;
  readonly reporter: Reporter;
  readonly depth: Depth | undefined;
  readonly randomPartial: RandomPartial | undefined;
  /** Runs later as an entry of its own. */
  readonly later: (delayMs: number, run: () => void) => void;
};

/** Fields of an execution that somebody else decides. */
export type GivenFill = {
  readonly fillId?: FillId;
  readonly feeUnits?: number;
  readonly venueTimeMs?: number;
};

type Market = {
  bidTicks: Ticks | undefined;
  askTicks: Ticks | undefined;
  lastTicks: Ticks | undefined;
  /** Lots taken from the present quote. */
  readonly taken: Record<Side, Lots>;
};

const noPrices: Prices = {};
/** Time between two sizes of the `partial` fault. Source: scenario-format 2. */
const partialPauseMs = 100;

export class Executor {
  private readonly options: ExecutorOptions;
  private readonly markets = new Map<InstrumentId, Market>();
  /** Sizes of the `partial` fault used per order; in memory only: after a restart the sizes begin again. */
  private readonly sizesUsed = new Map<
    PaperOrder,
    { readonly count: number; readonly notBeforeMs: number }
  >();

  constructor(options: ExecutorOptions) {
    this.options = options;
  }

  /** Takes the prices that a quote carries. */
  see(instrument: InstrumentId, quote: Prices): void {
    let market = this.markets.get(instrument);
    if (market === undefined) {
      market = {
        bidTicks: undefined,
        askTicks: undefined,
        lastTicks: undefined,
        taken: { buy: 0, sell: 0 },
      };
      this.markets.set(instrument, market);
    }
    // What is said of a market may be no number; what trades there is one.
    if (isPrice(quote.bidTicks)) market.bidTicks = quote.bidTicks;
    if (isPrice(quote.askTicks)) market.askTicks = quote.askTicks;
    if (isPrice(quote.lastTicks)) market.lastTicks = quote.lastTicks;
    market.taken.buy = 0;
    market.taken.sell = 0;
  }

  /** Lets the order trade as far as it can. `quote` is what has just come; undefined on arrival and after a change. */
  attempt(order: PaperOrder, quote: Prices | undefined): void {
    const { faults } = this.options;
    if (order.isExternal || isScripted(order, faults)) return;
    const market: Prices = this.markets.get(order.instrument) ?? noPrices;
    let isFreshlyTriggered = false;
    if (isWaitingStop(order)) {
      isFreshlyTriggered = this.elect(order, quote ?? market);
      if (!isFreshlyTriggered) return;
    }
    const fillAt = faults.now.fillAt === 'last' ? 'last' : 'touch';
    const price = tradePrice({ order, market, quote, fillAt, isFreshlyTriggered });
    if (isPrice(price)) {
      const slipTicks = isLimitOrder(order) ? 0 : faults.now.slippageTicks;
      this.trade(order, worseBy(price, order.side, slipTicks));
    }
    if (isOpen(order) && isImmediate(order, market)) this.endRest(order);
  }

  /** Books one execution of the order and says so; undefined when the trade id was booked before. */
  fill(order: PaperOrder, lots: Lots, ticks: Ticks, given: GivenFill = {}): Fill | undefined {
    const { book, clock, faults, reporter } = this.options;
    const instrument = book.instrumentOf(order.instrument);
    if (instrument === undefined || lots <= 0) return undefined;
    const execution: Fill = {
      fillId: given.fillId ?? (`T${book.nextTradeNumber()}` as FillId),
      accountId: order.accountId,
      ...(order.orderId === undefined ? {} : { orderId: order.orderId }),
      instrument: order.instrument,
      side: order.side,
      lots,
      ticks,
      feeUnits: given.feeUnits ?? feeOf(instrument, lots, ticks, faults.now.feePerLotUnits),
      venueTimeMs: given.venueTimeMs ?? clock.nowMs(),
    };
    const before = book.positionOf(order.accountId, order.instrument).openLots;
    if (!book.addFill(execution)) return undefined;
    order.filledLots += lots;
    if (isOpen(order)) order.status = leavesOf(order) === 0 ? 'filled' : 'partial';
    this.touch(order);
    reporter.say({ type: 'venue.fill', fill: execution }, 'stream');
    const after = book.positionOf(order.accountId, order.instrument).openLots;
    if (Math.sign(before) !== Math.sign(after)) this.endPointlessReductions(order);
    return execution;
  }

  /** An execution in a race with something else: up to so many lots, at the order's price or the market's. */
  race(order: PaperOrder, wantedLots: Lots): void {
    const market: Prices = this.markets.get(order.instrument) ?? noPrices;
    const touch = tradePrice({
      order: { ...order, orderType: 'market' },
      market,
      quote: undefined,
      fillAt: 'touch',
      isFreshlyTriggered: false,
    });
    const ticks = order.limitTicks ?? order.stopTicks ?? touch;
    const lots = Math.min(wantedLots, this.permittedLots(order));
    if (ticks !== undefined && lots > 0) this.fill(order, lots, ticks);
  }

  /** Ends an open order. `silent`: the answer is lost. */
  end(
    order: PaperOrder,
    status: 'canceled' | 'expired' | 'rejected',
    reason: string,
    channel: 'answer' | 'stream' | 'silent',
    extraMs?: number,
  ): void {
    order.status = status;
    order.reason = reason;
    this.touch(order);
    if (channel === 'silent') return;
    const { reporter } = this.options;
    if (status === 'expired') reporter.tell(order, { type: 'order.expired' }, channel, extraMs);
    else if (status === 'rejected') {
      reporter.tell(order, { type: 'order.venueRejected', reason }, channel, extraMs);
    } else reporter.tell(order, { type: 'order.canceled', reason }, channel, extraMs);
  }

  private touch(order: PaperOrder): void {
    order.updatedAtMs = this.options.clock.nowMs();
    this.options.book.put(order);
    if (!isOpen(order)) this.sizesUsed.delete(order);
  }

  /** What a reduce-only order may still take: never more than the position it reduces. */
  private permittedLots(order: PaperOrder): Lots {
    const leaves = leavesOf(order);
    if (!order.reduceOnly) return leaves;
    const open = this.options.book.positionOf(order.accountId, order.instrument).openLots;
    return Math.min(leaves, Math.max(0, order.side === 'sell' ? open : -open));
  }

  private endPointlessReductions({ accountId, instrument }: PaperOrder): void {
    for (const other of this.options.book.openOrders(instrument)) {
      const isOurs = other.reduceOnly && other.accountId === accountId && !other.isExternal;
      if (isOurs && isOpen(other) && this.permittedLots(other) === 0) {
        this.end(other, 'canceled', 'reduce-only: nothing to reduce', 'stream');
      }
    }
  }

  /** Seeded by the order and what it has, not by a running stream: a restart draws the same numbers. */
  private drawnLots(order: PaperOrder, lots: Lots): Lots {
    const partial = this.options.randomPartial;
    if (partial === undefined || lots < 2 || order.timeInForce === 'fok') return lots;
    const random = this.options.random.fork(`partial/${order.number}/${order.filledLots}`);
    if (random.int(1_000_000) >= partial.chancePpm) return lots;
    const least = Math.max(1, Math.ceil((lots * partial.sharePercentMin) / 100));
    return least >= lots ? lots : least + random.int(lots - least);
  }

  private sliceLots(order: PaperOrder, lots: Lots): Lots {
    const { clock, faults, later } = this.options;
    const { partial } = faults.now;
    if (partial === undefined) return this.drawnLots(order, lots);
    const used = this.sizesUsed.get(order);
    if (used !== undefined && clock.nowMs() < used.notBeforeMs) return 0;
    const index = used?.count ?? 0;
    const size = partial.sizes[index];
    if (size === undefined) return 0;
    this.sizesUsed.set(order, { count: index + 1, notBeforeMs: clock.nowMs() + partialPauseMs });
    if (partial.sizes[index + 1] !== undefined) {
      later(partialPauseMs, () => {
        if (isOpen(order)) this.attempt(order, undefined);
      });
    }
    return Math.min(size, lots);
  }

  /** What is not filled at once ends, unless the `partial` fault leaves it open on purpose. */
  private endRest(order: PaperOrder): void {
    if (this.options.faults.now.partial !== undefined && this.sizesUsed.has(order)) return;
    const reason = `${order.timeInForce}: the rest was not filled at once`;
    this.end(order, 'canceled', reason, 'stream');
  }

  private trade(order: PaperOrder, price: Ticks): void {
    const market = this.markets.get(order.instrument);
    if (market === undefined) return;
    const used = market.taken[order.side];
    const offered = slicesAt(order, price, this.permittedLots(order), this.options.depth, used);
    const total = offered.reduce((sum, { lots }) => sum + lots, 0);
    if (total === 0 || (order.timeInForce === 'fok' && total < leavesOf(order))) return;
    let left = this.sliceLots(order, total);
    market.taken[order.side] += left;
    for (const slice of offered) {
      const lots = Math.min(left, slice.lots);
      left -= lots;
      if (lots > 0) this.fill(order, lots, slice.ticks);
      if (order.status === 'filled') this.overfill(order, slice.ticks);
      if (!isOpen(order)) return;
    }
  }

  private overfill(order: PaperOrder, ticks: Ticks): void {
    const { faults } = this.options;
    const { overfill } = faults.now;
    if (overfill === undefined || order.reduceOnly || !faults.happens(overfill.chancePpm)) return;
    faults.note('overfill');
    this.fill(order, overfill.lots, ticks);
  }

  /** True when this price triggers the stop. */
  private elect(order: PaperOrder, seen: Prices): boolean {
    const { book, reporter } = this.options;
    if (order.orderType === 'trailingStop') {
      const best = trailedBest(order, seen);
      if (best !== undefined && best !== order.bestTicks) {
        order.bestTicks = best;
        book.put(order);
      }
    }
    if (!isStopReached(order, seen)) return false;
    order.isTriggered = true;
    if (order.orderType === 'stopLimit') order.status = 'triggered';
    this.touch(order);
    if (order.orderType === 'stopLimit')
      reporter.tell(order, { type: 'order.triggered' }, 'stream');
    return true;
  }
}

function isWaitingStop({ orderType, isTriggered }: PaperOrder): boolean {
  return !isTriggered && orderType !== 'market' && orderType !== 'limit';
}

function isLimitOrder({ orderType }: PaperOrder): boolean {
  return orderType === 'limit' || orderType === 'stopLimit';
}

function feeOf(
  instrument: Instrument,
  lots: Lots,
  ticks: Ticks,
  feePerLotUnits: number | undefined,
): number {
  return feePerLotUnits === undefined ? feeUnits(instrument, lots, ticks) : feePerLotUnits * lots;
}

/** In scripted mode only closes trade by themselves. */
function isScripted(order: PaperOrder, faults: FaultSwitch): boolean {
  // A suspended order waits until the venue says that it is open.
  if (order.status === 'suspended') return true;
  return faults.now.fillAt === 'scripted' && !(order.orderType === 'market' && order.reduceOnly);
}

/** A market order waits for the first price whatever its time in force: a close must not vanish for want of a quote. */
function isImmediate(order: PaperOrder, market: Prices): boolean {
  if (order.timeInForce !== 'ioc' && order.timeInForce !== 'fok') return false;
  return isLimitOrder(order) || hasPrice(market, order.side);
}

function isPrice(ticks: Ticks | undefined): ticks is Ticks {
  return Number.isSafeInteger(ticks);
}
