/** What recent trades and working orders tell about entries and results of an account. Pure. Source: trading-controls 2, REQ-CD1. */
import { addExact } from '../../domain/arithmetic.ts';
import type { InstrumentId } from '../../domain/ids.ts';
import type { Lots } from '../../domain/instrument.ts';
import type { Units } from '../../domain/money.ts';
import type { RecentTrade } from '../../domain/portfolio.ts';
import type { AccountFacts, WorkingOrderFacts } from '../../domain/view.ts';
import { openLotsOf } from '../exposure.ts';

/** One order that has opened exposure, or may still. */
export type Entry = {
  readonly instrument: InstrumentId;
  /** Its first opening execution; of an order without one, when it was made. */
  readonly atMs: number;
  /** It began a position where there was none. */
  readonly isNew: boolean;
  readonly by: string | undefined;
};

/** What one order has closed, all its executions together. */
export type Result = {
  readonly instrument: InstrumentId;
  readonly atMs: number;
  /** Profit less the fees of what closed. */
  readonly netUnits: Units;
  readonly isStop: boolean;
};

/** Entries by time, oldest first. An order counts once, from the moment it could fill. */
export function entriesOf(facts: AccountFacts, nowMs: number): readonly Entry[] {
  const entries = new Map<string, Entry>();
  for (const { trade, isNew } of withBeginnings(facts)) {
    if (trade.openedLots === 0) continue;
    const key = orderKey(trade);
    const before = entries.get(key);
    if (before !== undefined) continue;
    const { instrument, atMs, by } = trade;
    entries.set(key, { instrument, atMs, isNew, by });
  }
  for (const order of facts.workingOrders) {
    if (!mayOpen(order) || entries.has(order.orderId)) continue;
    entries.set(order.orderId, {
      instrument: order.instrument,
      atMs: order.createdAtMs ?? nowMs,
      isNew: openLotsOf(facts, order.instrument) === 0,
      by: order.by,
    });
  }
  return [...entries.values()].toSorted((one, other) => one.atMs - other.atMs);
}

/** A working order that is there to open something. */
export function mayOpen({ purpose, reduceOnly }: WorkingOrderFacts): boolean {
  return !reduceOnly && purpose === 'entry';
}

/** Results by the time of their last execution, oldest first. */
export function resultsOf(facts: AccountFacts): readonly Result[] {
  const results = new Map<string, Result>();
  for (const trade of facts.portfolio?.trades ?? []) {
    if (trade.closedLots === 0) continue;
    const key = orderKey(trade);
    const before = results.get(key);
    const netUnits = addExact(trade.realizedUnits, -trade.feeUnits);
    results.set(key, {
      instrument: trade.instrument,
      atMs: Math.max(trade.atMs, before?.atMs ?? trade.atMs),
      netUnits: addExact(netUnits, before?.netUnits ?? 0),
      isStop: trade.isStop || before?.isStop === true,
    });
  }
  return [...results.values()].toSorted((one, other) => one.atMs - other.atMs);
}

/**
 * Lots of the position of an instrument that may belong to a strategy: those its known trades have opened, and those
 * that nobody has a trade of. Never more than the position.
 */
export function lotsOfStrategy(
  facts: AccountFacts,
  instrument: InstrumentId,
  strategy: string,
): Lots {
  const held = Math.abs(openLotsOf(facts, instrument));
  const openedAtMs = facts.positions.find((one) => one.instrument === instrument)?.openedAtMs ?? 0;
  let [own, others] = [0, 0];
  for (const trade of facts.portfolio?.trades ?? []) {
    if (trade.instrument !== instrument || trade.atMs < openedAtMs) continue;
    if (trade.by === strategy) own += trade.openedLots;
    else if (trade.by !== undefined) others += trade.openedLots;
  }
  const unexplained = Math.max(0, held - own - others);
  return Math.min(held, own + unexplained);
}

/** Trades with whether they began a position, by going back from what is open now. */
function withBeginnings(
  facts: AccountFacts,
): readonly { readonly trade: RecentTrade; readonly isNew: boolean }[] {
  const trades = facts.portfolio?.trades ?? [];
  const after = new Map<InstrumentId, Lots>();
  return trades
    .toReversed()
    .map((trade) => {
      const lots = trade.openedLots + trade.closedLots;
      const now = after.get(trade.instrument) ?? openLotsOf(facts, trade.instrument);
      const before = now - (trade.side === 'buy' ? lots : -lots);
      after.set(trade.instrument, before);
      // What flips a position begins one as well.
      return { trade, isNew: before === 0 || Math.sign(before) !== Math.sign(now) };
    })
    .toReversed();
}

function orderKey({ orderId, fillId }: RecentTrade): string {
  return orderId ?? `fill ${fillId}`;
}
