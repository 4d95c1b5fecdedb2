/**
 * Comparison of our books with the venue's picture: what agrees, and at which price a change that nobody reported
 * happened. Pure and exact: prices are carried as (lots, cost), never as a rounded number. Source: execution 11.4, 11.5.
 *
 * Invariants (test/property/reconciliation.test.ts):
 * - INV-REC-1: a book that takes the synthetic fills of a change holds the venue's quantity.
 * - INV-REC-2: what an implied exit realizes, less its fee, is the money that moved.
 */
import { invariant } from '../kernel/assert.ts';
import { addExact, isWithin, mulDiv, quotient, quotientText } from './arithmetic.ts';
import type { Instrument, Lots, Ticks } from './instrument.ts';
import { positionValue } from './instrument.ts';
import type { Units } from './money.ts';
import {
  applyFill,
  averagePriceText,
  emptyBook,
  type BookFill,
  type PositionBook,
} from './position.ts';

/** A signed quantity and what it is worth at its average price. */
export type Holding = {
  readonly openLots: Lots;
  /** Entry value; undefined where nobody knows the average. */
  readonly costUnits: Units | undefined;
};

/** A signed quantity at a price: `costUnits ÷ openLots` is the exact price. */
export type PricedChange = { readonly openLots: Lots; readonly costUnits: Units };

/** Where the price of a synthetic change comes from, best first. Source: execution 11.4. */
export type PriceSource = 'money' | 'calculated' | 'mid' | 'average';

/** Relative tolerance of average prices. Source: execution 11.4. */
const averageTolerance = '0.0001';

/** Price of a change in whole ticks, half-even; undefined when it is not above 0. */
export function ticksOfChange(instrument: Instrument, change: PricedChange): Ticks | undefined {
  const { value } = instrument;
  const { openLots, costUnits } = change;
  if (openLots === 0) return undefined;
  if (instrument.payoff === 'linear') {
    return quotient([costUnits, value.den], [openLots, value.num]);
  }
  if (costUnits === 0) return undefined;
  return quotient([-openLots, value.num], [costUnits, value.den]);
}

/** The same as decimal text, for people and comparisons. */
export function priceOfChange(
  instrument: Instrument,
  { openLots, costUnits }: PricedChange,
  digits: number,
): string | undefined {
  return averagePriceText({ ...emptyBook, openLots, costUnits }, instrument, digits);
}

/**
 * The calculated reconciliation price: at what price the change from one holding to another must have happened.
 *
 * @returns the price as a change; undefined when there is none: nothing changed, the target has no average, or the
 *   figures would give a price that is not above 0
 */
export function reconciliationPrice(current: Holding, target: Holding): PricedChange | undefined {
  const changed = addExact(target.openLots, -current.openLots);
  if (changed === 0) return undefined;
  if (target.openLots === 0) return priced(current);
  const aim = priced(target);
  if (aim === undefined) return undefined;
  const isFlip =
    current.openLots !== 0 && Math.sign(current.openLots) !== Math.sign(target.openLots);
  if (current.openLots === 0 || isFlip) return aim;
  const from = priced(current);
  if (from === undefined) return undefined;
  const costUnits = addExact(aim.costUnits, -from.costUnits);
  const isPositive =
    costUnits !== 0 && Math.sign(costUnits) * Math.sign(changed) === signOfValue(aim);
  return isPositive ? { openLots: changed, costUnits } : undefined;
}

/** 1 where a long holding costs more than 0 (linear), −1 where it costs less (inverse). */
function signOfValue({ openLots, costUnits }: PricedChange): number {
  return Math.sign(openLots) * Math.sign(costUnits);
}

function priced({ openLots, costUnits }: Holding): PricedChange | undefined {
  return costUnits === undefined || costUnits === 0 || openLots === 0
    ? undefined
    : { openLots, costUnits };
}

/**
 * The exit that the money implies: `closedLots` (signed as the position was) left at the price at which the balance
 * moved as it did. Source: execution 11.5.
 *
 * @param differenceUnits venue balance less expected balance
 * @param feesUnits known fees of the exit; positive = cost
 */
export function impliedExit(
  position: PricedChange,
  closedLots: Lots,
  differenceUnits: Units,
  feesUnits: Units,
): { readonly change: PricedChange; readonly realizedUnits: Units } {
  invariant(
    position.openLots !== 0 && Math.abs(closedLots) <= Math.abs(position.openLots),
    () => `an exit closes part of a position, was ${closedLots} of ${position.openLots}`,
  );
  const realizedUnits = addExact(differenceUnits, feesUnits);
  const removed = mulDiv(position.costUnits, closedLots, position.openLots);
  const costUnits = addExact(removed, realizedUnits);
  return { change: { openLots: closedLots, costUnits }, realizedUnits };
}

/**
 * Fills on the tick grid whose cost is that of the change: one, or two on neighbouring ticks where the average lies
 * between them. Exact wherever the cost is a whole number of ticks × lots; else to the nearest. None where the price is
 * not above 0.
 */
export function gridFills(
  instrument: Instrument,
  { openLots, costUnits }: PricedChange,
): readonly { readonly lots: Lots; readonly ticks: Ticks }[] {
  const lots = Math.abs(openLots);
  const { value, payoff } = instrument;
  if (lots === 0) return [];
  if (payoff !== 'linear') {
    const ticks = ticksOfChange(instrument, { openLots, costUnits });
    return ticks === undefined || ticks <= 0 ? [] : [{ lots, ticks }];
  }
  const tickLots = quotient([costUnits, value.den], [Math.sign(openLots), value.num]);
  const ticks = quotient([tickLots], [lots], 'floor');
  if (ticks <= 0) return [];
  const above = tickLots - ticks * lots;
  return [
    ...(above === lots ? [] : [{ lots: lots - above, ticks }]),
    ...(above === 0 ? [] : [{ lots: above, ticks: ticks + 1 }]),
  ];
}

/** A fill with its place in time, for windows of fills. */
export type TimedFill = BookFill & { readonly atMs: number };

/** What a window of fills makes, and the times at which the position was flat or changed sides. */
export function foldFills(
  instrument: Instrument,
  fills: readonly TimedFill[],
): {
  readonly book: PositionBook;
  readonly crossingsMs: readonly number[];
  readonly lastFlat: number;
} {
  let book = emptyBook;
  let lastFlat = -1;
  const crossingsMs: number[] = [];
  for (const [index, fill] of fills.entries()) {
    const before = book.openLots;
    ({ book } = applyFill(book, instrument, fill));
    if (before !== 0 && Math.sign(book.openLots) !== Math.sign(before)) crossingsMs.push(fill.atMs);
    if (book.openLots === 0) lastFlat = index;
  }
  return { book, crossingsMs, lastFlat };
}

/** True when quantity and, within the relative tolerance, average price agree. */
export function holdingsMatch(
  ours: PricedChange,
  theirs: Holding,
  tolerance = averageTolerance,
): boolean {
  if (ours.openLots !== theirs.openLots) return false;
  if (ours.openLots === 0) return true;
  const aim = priced(theirs);
  if (aim === undefined) return false;
  // Both are for the same quantity, so their averages differ by the same share as their costs.
  const apart = Math.abs(addExact(ours.costUnits, -aim.costUnits));
  const share = quotientText([apart], [Math.abs(aim.costUnits)], 12);
  return isWithin(share, '0', tolerance);
}

/** What a window of fills needs so that it makes the venue's position. Source: execution 11.4. */
export type WindowAdjustment =
  | { readonly action: 'NoAdjustment' }
  | { readonly action: 'AddSyntheticOpening'; readonly opening: PricedChange }
  | {
      readonly action: 'FilterToCurrentLifecycle';
      /** The current life cycle begins after this time. */
      readonly afterMs: number;
      readonly kept: readonly TimedFill[];
    }
  | {
      readonly action: 'ReplaceCurrentLifecycle';
      readonly afterMs: number;
      readonly opening: PricedChange;
    };

/**
 * Fits a window of fills, of which older ones may be missing, to the venue's position. A flip that never was flat is
 * part of one life cycle.
 */
export function adjustWindow(
  instrument: Instrument,
  fills: readonly TimedFill[],
  venue: Holding,
): WindowAdjustment {
  const none: WindowAdjustment = { action: 'NoAdjustment' };
  if (fills.length === 0 || venue.openLots === 0) return none;
  const { book, lastFlat } = foldFills(instrument, fills);
  const boundary = lastFlat < 0 ? undefined : fills[lastFlat];
  if (boundary === undefined) {
    if (holdingsMatch(book, venue)) return none;
    const opening = reconciliationPrice(book, venue);
    return opening === undefined ? none : { action: 'AddSyntheticOpening', opening };
  }
  const kept = fills.slice(lastFlat + 1);
  const afterMs = boundary.atMs;
  if (kept.length === 0) return none;
  const current = foldFills(instrument, kept).book;
  if (holdingsMatch(current, venue)) {
    return { action: 'FilterToCurrentLifecycle', afterMs, kept };
  }
  const opening = priced(venue);
  return opening === undefined ? none : { action: 'ReplaceCurrentLifecycle', afterMs, opening };
}

/** Entry value of a quantity at an average that lies on the tick grid. */
export function holdingAt(instrument: Instrument, openLots: Lots, ticks: Ticks): PricedChange {
  return { openLots, costUnits: openLots === 0 ? 0 : positionValue(instrument, openLots, ticks) };
}

/** How an amount of money compares with what was expected. Source: execution 11.5. */
export type MoneyVerdict = 'agrees' | 'unexplained' | 'grave';

/** @param thresholdUnits above it unexplained money is grave */
export function judgeMoney(
  differenceUnits: Units,
  toleranceUnits: Units,
  thresholdUnits: Units,
): MoneyVerdict {
  const size = Math.abs(differenceUnits);
  if (size <= toleranceUnits) return 'agrees';
  return size > thresholdUnits ? 'grave' : 'unexplained';
}
