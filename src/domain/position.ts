/**
 * Position arithmetic: netting at average cost, exact. Pure.
 *
 * Invariants (test/property/position.test.ts):
 * - INV-POS-1: open lots equal the signed sum of the fills (less quantity paid as fee in the base currency).
 * - INV-POS-2: realized less open cost equals the cash flow of all fills (received less paid), to the last unit.
 *   A fill that flips is two flows, one for each leg, each rounded to the unit.
 * - INV-POS-3: a flip closes first; the remainder opens at the fill price; the fee is split by quantity.
 */
import { invariant } from '../kernel/assert.ts';
import { addExact, mulDiv, quotientText } from './arithmetic.ts';
import {
  positionValue,
  unrealizedUnits,
  type Instrument,
  type Lots,
  type Ticks,
} from './instrument.ts';
import type { Units } from './money.ts';

export type Side = 'buy' | 'sell';

/** What is open and what it cost. `costUnits` is the signed entry value of `openLots` (see `positionValue`). */
export type PositionBook = {
  /** Signed: long > 0. */
  readonly openLots: Lots;
  readonly costUnits: Units;
  /** Profit of what was closed, before fees, since the book began. */
  readonly realizedUnits: Units;
  /** Fees paid in settlement currency; positive = cost. */
  readonly feesUnits: Units;
};

export type BookFill = {
  readonly side: Side;
  /** > 0 */
  readonly lots: Lots;
  readonly ticks: Ticks;
  /** Settlement currency; positive = cost, negative = rebate. */
  readonly feeUnits: Units;
  /** Fee paid in the base currency of a spot pair: quantity that is not held after the fill; ≥ 0. */
  readonly feeLots?: Lots;
};

export type BookChange = {
  readonly book: PositionBook;
  /** Profit of the part that closed, before fees. */
  readonly realizedUnits: Units;
  /** Unsigned. */
  readonly closedLots: Lots;
  readonly openedLots: Lots;
  /** The fee, split by quantity over the two legs; they add up to the fee. */
  readonly closedFeeUnits: Units;
  readonly openedFeeUnits: Units;
};

export const emptyBook: PositionBook = {
  openLots: 0,
  costUnits: 0,
  realizedUnits: 0,
  feesUnits: 0,
};

/** Applies one execution. The caller has made sure that it counts once. @throws InvariantViolation on overflow */
export function applyFill(book: PositionBook, instrument: Instrument, fill: BookFill): BookChange {
  invariant(fill.lots > 0, () => `a fill has a quantity, was ${fill.lots}`);
  invariant(
    (fill.feeLots ?? 0) >= 0,
    () => `a fee in the base currency is not negative, was ${fill.feeLots}`,
  );
  const signed = fill.side === 'buy' ? fill.lots : -fill.lots;
  const opposite = book.openLots !== 0 && Math.sign(book.openLots) !== Math.sign(signed);
  const closedLots = opposite ? Math.min(Math.abs(book.openLots), fill.lots) : 0;
  const openedLots = fill.lots - closedLots;
  const closed = Math.sign(book.openLots) * closedLots;
  const removed =
    closedLots === 0 ? 0 : mulDiv(book.costUnits, closedLots, Math.abs(book.openLots));
  const realizedUnits =
    closedLots === 0 ? 0 : addExact(positionValue(instrument, closed, fill.ticks), -removed);
  const opened = Math.sign(signed) * openedLots;
  const closedFeeUnits = mulDiv(fill.feeUnits, closedLots, fill.lots);
  const after: PositionBook = {
    openLots: addExact(book.openLots, signed),
    costUnits: addExact(
      addExact(book.costUnits, -removed),
      openedLots === 0 ? 0 : positionValue(instrument, opened, fill.ticks),
    ),
    realizedUnits: addExact(book.realizedUnits, realizedUnits),
    feesUnits: addExact(book.feesUnits, fill.feeUnits),
  };
  return {
    book: payInBase(after, instrument, fill.feeLots ?? 0, fill.ticks),
    realizedUnits,
    closedLots,
    openedLots,
    closedFeeUnits,
    openedFeeUnits: fill.feeUnits - closedFeeUnits,
  };
}

/** Realized profit after all fees so far, those of the entry included. */
export function netRealizedUnits(book: PositionBook): Units {
  return addExact(book.realizedUnits, -book.feesUnits);
}

/** What the book would have made if all of it were closed at the mark, before the fee of that close. */
export function netTotalUnits(book: PositionBook, instrument: Instrument, markTicks: Ticks): Units {
  return addExact(
    netRealizedUnits(book),
    unrealizedUnits(instrument, book.openLots, book.costUnits, markTicks),
  );
}

/**
 * Average entry price as decimal text with `digits` places, for people only: the book keeps (cost, lots).
 * Linear: cost ÷ (lots × multiplier). Inverse: lots × multiplier ÷ cost, the harmonic mean of the entries.
 *
 * @returns undefined when nothing is open, or when an inverse entry was worth less than one accounting unit
 */
export function averagePriceText(
  book: PositionBook,
  instrument: Instrument,
  digits: number,
): string | undefined {
  const { tick, value } = instrument;
  if (book.openLots === 0) return undefined;
  if (instrument.payoff === 'linear') {
    return quotientText(
      [book.costUnits, value.den, tick.num],
      [book.openLots, value.num, tick.den],
      digits,
    );
  }
  if (book.costUnits === 0) return undefined;
  return quotientText(
    [-book.openLots, value.num, tick.num],
    [book.costUnits, value.den, tick.den],
    digits,
  );
}

/** A fee in the base currency reduces what is held; the average stays, and no realized profit is booked. */
function payInBase(
  book: PositionBook,
  instrument: Instrument,
  feeLots: Lots,
  ticks: Ticks,
): PositionBook {
  if (feeLots === 0) return book;
  const openLots = addExact(book.openLots, -feeLots);
  const crossed = book.openLots === 0 || Math.sign(openLots) !== Math.sign(book.openLots);
  const costUnits = crossed
    ? openLots === 0
      ? 0
      : positionValue(instrument, openLots, ticks)
    : mulDiv(book.costUnits, openLots, book.openLots);
  return { ...book, openLots, costUnits };
}
