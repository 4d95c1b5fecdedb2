/**
 * Realized volatility of an instrument, from prices a minute apart: the root of the mean square of their relative
 * changes, for a year of minutes. Compared in whole numbers, without the root. Pure. Source: trading-controls 3.
 */
import { addExact, mulDiv, quotient } from '../domain/arithmetic.ts';

/** Prices that are kept: an hour. */
export const volatilitySamplesMax = 61;
/** With fewer changes nobody can say. */
const changesMin = 20;
const minutesPerYear = 525_600;
const million = 1_000_000;
/** A tenfold price within a minute: more would not count more, and the sum stays exact. */
const changePpmMax = 10_000_000;

/**
 * Whether it is above a limit in parts per million; undefined with too few prices.
 * @param prices above 0, oldest first, in any one unit
 */
export function isVolatile(prices: readonly number[], limitPpm: number): boolean | undefined {
  const changes = prices.slice(1).map((price, index) => changePpm(prices[index] ?? price, price));
  if (changes.length < changesMin) return undefined;
  const squares = changes.reduce((sum, change) => addExact(sum, change * change), 0);
  return squares > quotient([limitPpm, limitPpm, changes.length], [minutesPerYear], 'floor');
}

function changePpm(before: number, after: number): number {
  const change = mulDiv(addExact(after, -before), million, before);
  return Math.min(changePpmMax, Math.max(-changePpmMax, change));
}
