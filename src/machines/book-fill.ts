/** How an execution enters a position book, and how a voided one leaves it. Pure. */
import { addExact, mulDiv } from '../domain/arithmetic.ts';
import type { Fill } from '../domain/fill.ts';
import { positionValue, type Instrument } from '../domain/instrument.ts';
import type { Units } from '../domain/money.ts';
import { applyFill, type BookChange, type PositionBook } from '../domain/position.ts';

/** Books one execution. The caller has made sure that it counts once. */
export function bookFill(book: PositionBook, instrument: Instrument, fill: Fill): BookChange {
  const { side, lots, ticks, feeUnits, feeLots } = fill;
  const leg = { side, lots, ticks, feeUnits };
  return applyFill(book, instrument, feeLots === undefined ? leg : { ...leg, feeLots });
}

/**
 * The book as if the fill had not been: the quantity and the cash flow are exact, to the last unit.
 *
 * How the cash flow splits into open cost and profit depends on the order of the other fills, which a book does
 * not remember. With the profit that the fill had made the split is exact too, unless later fills built on it;
 * then, and without it, what is still open keeps its average or takes the price of the voided fill.
 *
 * @param realizedUnits profit of the fill before fees, where it is known
 */
export function withoutFill(
  book: PositionBook,
  instrument: Instrument,
  fill: Fill,
  realizedUnits: Units | undefined,
): PositionBook {
  const before = withFeeLots(book, instrument, fill);
  const signed = fill.side === 'buy' ? fill.lots : -fill.lots;
  const openLots = addExact(before.openLots, -signed);
  const valueUnits = positionValue(instrument, signed, fill.ticks);
  const flowUnits = addExact(addExact(before.costUnits, -before.realizedUnits), -valueUnits);
  // The venue's own profit need not be that of the book; the profit of a stand-in is, to the rounding of its price.
  const isForeign = fill.venueRealizedUnits !== undefined && fill.synthetic === undefined;
  const exactUnits =
    realizedUnits === undefined || isForeign
      ? undefined
      : addExact(addExact(before.costUnits, -valueUnits), -realizedUnits);
  const atPriceUnits = valueOf(instrument, openLots, fill.ticks);
  // A cost of the wrong sign says that later fills were built on the voided one.
  const isExact = exactUnits !== undefined && Math.sign(exactUnits) === Math.sign(atPriceUnits);
  const costUnits = isExact ? exactUnits : costWithout(before, instrument, fill, openLots);
  return {
    openLots,
    costUnits,
    realizedUnits: addExact(costUnits, -flowUnits),
    feesUnits: addExact(before.feesUnits, -fill.feeUnits),
  };
}

/** What the venue kept as its fee is held again, at the average cost. */
function withFeeLots(book: PositionBook, instrument: Instrument, fill: Fill): PositionBook {
  if (fill.feeLots === undefined) return book;
  const openLots = addExact(book.openLots, fill.feeLots);
  const isSame = Math.sign(openLots) === Math.sign(book.openLots) && openLots !== 0;
  const costUnits = isSame
    ? mulDiv(book.costUnits, openLots, book.openLots)
    : valueOf(instrument, openLots, fill.ticks);
  return { ...book, openLots, costUnits };
}

function costWithout(book: PositionBook, instrument: Instrument, fill: Fill, lots: number): number {
  if (lots === 0 || Math.sign(lots) !== Math.sign(book.openLots)) {
    return valueOf(instrument, lots, fill.ticks);
  }
  const wasClosing = Math.abs(lots) > Math.abs(book.openLots);
  if (wasClosing) return mulDiv(book.costUnits, lots, book.openLots);
  return addExact(book.costUnits, -positionValue(instrument, book.openLots - lots, fill.ticks));
}

function valueOf(instrument: Instrument, lots: number, ticks: number): number {
  return lots === 0 ? 0 : positionValue(instrument, lots, ticks);
}
