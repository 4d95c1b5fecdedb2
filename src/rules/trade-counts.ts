/** What counts as one trade, and how many of them are in a window of time. Pure. Source: rules RULE-006. */
import type { InstrumentId } from '../domain/ids.ts';
import type { AccountFacts, TradeFacts } from '../domain/view.ts';

/** `order` and `entry` count an order once, however it fills; `roundTrip` counts from flat to flat. */
export type CountBasis = 'fill' | 'order' | 'entry' | 'roundTrip';

/** One trade as counted: the executions that make it, the first of them first, and its venue time in ms. */
export type CountedTrade = { readonly fills: readonly TradeFacts[]; readonly atMs: number };

/** All executions at hand, by venue time: those before the trading day that a window still holds, and its own. */
export function recentTrades(facts: AccountFacts): readonly TradeFacts[] {
  const { earlierTrades = [], trades } = facts;
  return earlierTrades.length === 0 ? trades : [...earlierTrades, ...trades];
}

/** Trades by what they count in: the windows of time go on over the daily reset, the session does not. */
export function countedByWindow(
  facts: AccountFacts,
  basis: CountBasis,
  isOwnExcluded: boolean,
): { readonly recent: readonly CountedTrade[]; readonly session: readonly CountedTrade[] } {
  const session = countedTrades(facts, basis, isOwnExcluded);
  const trades = recentTrades(facts);
  if (trades === facts.trades) return { recent: session, session };
  const recent = countedTrades({ ...facts, trades }, basis, isOwnExcluded);
  return { recent, session: facts.keepsTradeCount === true ? recent : session };
}

/** The trades of the trading day, by venue time; without the engine's own closes when `isOwnExcluded`. */
function countedTrades(
  facts: AccountFacts,
  basis: CountBasis,
  isOwnExcluded: boolean,
): readonly CountedTrade[] {
  const counts = ({ isEnforcement }: TradeFacts): boolean => !(isOwnExcluded && isEnforcement);
  switch (basis) {
    case 'fill':
      return facts.trades.filter(counts).map((fill) => ({ fills: [fill], atMs: fill.atMs }));
    case 'order':
      return byOrder(facts.trades.filter(counts));
    case 'entry':
      return byOrder(facts.trades.filter((fill) => counts(fill) && fill.openedLots > 0));
    case 'roundTrip':
      return roundTrips(facts)
        .flatMap(({ closing }) => (closing !== undefined && counts(closing) ? [closing] : []))
        .map((fill) => ({ fills: [fill], atMs: fill.atMs }))
        .toSorted((one, other) => one.atMs - other.atMs);
  }
}

/** From flat to flat in one instrument. A flip ends one and begins the next. */
export type RoundTrip = {
  readonly fills: readonly TradeFacts[];
  /** The execution that closed it; absent while it is open. */
  readonly closing?: TradeFacts;
};

/**
 * Round trips of the trading day, per instrument in venue time. A position that was carried into the day begins
 * with the day: what was booked before is not among its executions.
 */
export function roundTrips(facts: AccountFacts): readonly RoundTrip[] {
  const byInstrument = grouped(facts.trades, ({ instrument }) => instrument);
  return [...byInstrument].flatMap(([instrument, fills]) => {
    const trips: RoundTrip[] = [];
    let open = lotsBefore(facts, instrument, fills);
    let current: TradeFacts[] = [];
    for (const fill of fills) {
      current.push(fill);
      open += fill.openedLots - fill.closedLots;
      const isFlip = fill.openedLots > 0;
      if (fill.closedLots === 0 || !(isFlip || open <= 0)) continue;
      trips.push({ fills: current, closing: fill });
      current = isFlip ? [fill] : [];
    }
    if (current.length > 0) trips.push({ fills: current });
    return trips;
  });
}

/** How many lots were open before the first execution: what is open now, walked back. */
function lotsBefore(
  { positions }: AccountFacts,
  instrument: InstrumentId,
  fills: readonly TradeFacts[],
): number {
  const openLots = positions.find((held) => held.instrument === instrument)?.openLots ?? 0;
  const added = fills.reduce((sum, fill) => sum + fill.openedLots - fill.closedLots, 0);
  return Math.abs(openLots) - added;
}

/** Groups executions by their order; one without an order stands alone. Sorted by the first execution. */
export function byOrder(fills: readonly TradeFacts[]): readonly CountedTrade[] {
  const groups = grouped(fills, ({ orderId, fillId }) => orderId ?? `fill ${fillId}`);
  return [...groups.values()].map((group) => ({ fills: group, atMs: group[0]?.atMs ?? 0 }));
}

/** In the order in which the keys first appear. */
function grouped<Key>(
  fills: readonly TradeFacts[],
  keyOf: (fill: TradeFacts) => Key,
): ReadonlyMap<Key, readonly TradeFacts[]> {
  const groups = new Map<Key, TradeFacts[]>();
  for (const fill of fills) {
    const key = keyOf(fill);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [fill]);
    else group.push(fill);
  }
  return groups;
}
