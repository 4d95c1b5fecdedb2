/**
 * The highest equity an account has had, with where the figure is from. Pure.
 *
 * A mark is an equity whose every part is known: a balance that the venue has confirmed and a fresh price of every
 * open position. A default, an unknown or a figure that is not above zero never becomes a high-water mark; one that
 * jumps is believed when a later mark confirms it. Source: rules 8, trading-controls REQ-DD1, T4.
 */
import { addExact, mulDiv } from '../domain/arithmetic.ts';
import type { Units } from '../domain/money.ts';
import { limits } from '../kernel/limits.ts';

export type EquityMark = {
  readonly equityUnits: Units;
  readonly atMs: number;
  /**
   * `venue`: from a balance that the venue has confirmed; `transfer`: adjusted since by cash that came or went;
   * `operator`: a person let the marks begin again here.
   */
  readonly source: 'venue' | 'transfer' | 'operator';
};

/** High-water marks of an account; a mark that there is not yet is absent. */
export type HighWater = {
  /** Since the account began. */
  readonly ever?: EquityMark;
  /** Since the trading day began. */
  readonly ofDay?: EquityMark;
  /** A jump that waits for a second mark. */
  readonly doubted?: EquityMark;
};

/** What a mark makes of the high-water marks; undefined when it changes nothing. */
export function markEquity(
  known: HighWater,
  equityUnits: Units,
  atMs: number,
): HighWater | undefined {
  if (equityUnits <= 0) return undefined;
  const mark: EquityMark = { equityUnits, atMs, source: 'venue' };
  const { ever, doubted } = known;
  if (ever === undefined || equityUnits <= plausibleMax(ever.equityUnits))
    return takeMark(known, mark);
  if (doubted === undefined) return { ...known, doubted: mark };
  if (atMs - doubted.atMs < limits.equityConfirmMs) return undefined;
  // Two marks agree on the lower of them.
  return takeMark(known, {
    ...mark,
    equityUnits: Math.min(doubted.equityUnits, equityUnits),
  });
}

/** A mark that is believed ends the doubt about another one. */
function takeMark({ ever, ofDay, doubted }: HighWater, mark: EquityMark): HighWater | undefined {
  const next = { ever: higher(ever, mark), ofDay: higher(ofDay, mark) };
  const isSame = next.ever === ever && next.ofDay === ofDay && doubted === undefined;
  return isSame ? undefined : next;
}

/** Deposits raise the marks, withdrawals lower them; a mark that would not be above zero is none. */
export function moveMarks({ ever, ofDay }: HighWater, amountUnits: Units): HighWater {
  return {
    ...moved('ever', ever, amountUnits),
    ...moved('ofDay', ofDay, amountUnits),
  };
}

/** A person lets the marks begin again at an equity. */
export function rebaseMarks(equityUnits: Units, atMs: number): HighWater {
  if (equityUnits <= 0) return {};
  const mark: EquityMark = { equityUnits, atMs, source: 'operator' };
  return { ever: mark, ofDay: mark };
}

/** The marks when a trading day begins: the day has none yet. */
export function beginDayMarks({ ever, doubted }: HighWater): HighWater {
  return {
    ...(ever === undefined ? {} : { ever }),
    ...(doubted === undefined ? {} : { doubted }),
  };
}

function moved(key: 'ever' | 'ofDay', mark: EquityMark | undefined, amountUnits: Units): HighWater {
  if (mark === undefined) return {};
  const equityUnits = addExact(mark.equityUnits, amountUnits);
  return equityUnits > 0 ? { [key]: { equityUnits, atMs: mark.atMs, source: 'transfer' } } : {};
}

function higher(known: EquityMark | undefined, mark: EquityMark): EquityMark {
  return known === undefined || mark.equityUnits > known.equityUnits ? mark : known;
}

function plausibleMax(units: Units): Units {
  return mulDiv(units, 100 + limits.equityJumpPercent, 100);
}
