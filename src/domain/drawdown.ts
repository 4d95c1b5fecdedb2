/**
 * Losses measured from a high-water mark, and floors that follow it. Money in accounting units; exact and pure.
 * Source: trading-controls REQ-DD1, prop-firm 2 and 3.
 */
import { addExact, mulDiv } from './arithmetic.ts';
import type { Units } from './money.ts';

const million = 1_000_000;

/** The higher of a mark and a new equity; the first equity that is known is the first mark. */
export function raisePeak(peakUnits: Units | undefined, equityUnits: Units): Units {
  return peakUnits === undefined ? equityUnits : Math.max(peakUnits, equityUnits);
}

/** How far the equity is below its mark; ≥ 0. */
export function drawdownUnits(peakUnits: Units, equityUnits: Units): Units {
  return Math.max(0, addExact(peakUnits, -equityUnits));
}

/**
 * The equity at which a share of the mark is lost, parts per million: at or below it the drawdown is reached. Rounded
 * up, so that a fraction of a unit never hides a breach.
 */
export function drawdownFloor(peakUnits: Units, ppm: number): Units {
  return addExact(peakUnits, -mulDiv(peakUnits, ppm, million, 'floor'));
}

/** A maximum loss whose floor rises with the account and never falls. */
export type TrailingLoss = {
  readonly startUnits: Units;
  readonly lossUnitsMax: Units;
  /** What makes it rise: every mark, or only the end of a trading day. */
  readonly anchor: 'intraday' | 'endOfDay';
  /** It stops rising here; absent: never. */
  readonly locksAtUnits?: Units;
};

/** The floor before anything has happened. */
export function firstFloor(loss: TrailingLoss): Units {
  return boundedFloor(loss, addExact(loss.startUnits, -loss.lossUnitsMax));
}

/** The floor after an equity was seen, intraday or at the end of a day. */
export function raiseFloor(
  loss: TrailingLoss,
  floorUnits: Units,
  point: { readonly equityUnits: Units; readonly isEndOfDay: boolean },
): Units {
  if (loss.anchor === 'endOfDay' && !point.isEndOfDay) return floorUnits;
  const raised = boundedFloor(loss, addExact(point.equityUnits, -loss.lossUnitsMax));
  return Math.max(floorUnits, raised);
}

/** The floor of a loss that is counted from the start of a day: a share of the initial balance below it. */
export function dayFloor(dayStartUnits: Units, initialUnits: Units, ppm: number): Units {
  return addExact(dayStartUnits, -mulDiv(initialUnits, ppm, million, 'floor'));
}

/** What may still be lost: balance and open profit above the floor; below 0 past it. */
export function roomAbove(floorUnits: Units, balanceUnits: Units, openUnits: Units = 0): Units {
  return addExact(addExact(balanceUnits, openUnits), -floorUnits);
}

/** At the floor or below it; `atEquality` false: below it only. */
export function isBelowFloor(roomUnits: Units, atEquality = true): boolean {
  return atEquality ? roomUnits <= 0 : roomUnits < 0;
}

function boundedFloor({ locksAtUnits }: TrailingLoss, units: Units): Units {
  return locksAtUnits === undefined ? units : Math.min(units, locksAtUnits);
}
