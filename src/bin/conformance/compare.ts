/** How an answer of the product is compared with what a vector expects. */
import { decimalText, isWithin, wholeUnits } from '../../domain/arithmetic.ts';
import { formatMoney, unitsPerWhole, type Currency, type Units } from '../../domain/money.ts';

/** One compared figure. */
export type Check = {
  readonly field: string;
  readonly expected: unknown;
  readonly actual: unknown;
  readonly isSame: boolean;
};

/** What an adapter found. */
export type Outcome = {
  readonly checks: readonly Check[];
  /** What differs from the peer, and why. */
  readonly reason?: string;
  /** Nothing was compared: why this case cannot be answered. */
  readonly unsupported?: string;
};

/** Equal as JSON values. */
export function same(field: string, expected: unknown, actual: unknown): Check {
  return { field, expected, actual, isSame: JSON.stringify(expected) === JSON.stringify(actual) };
}

/** Equal by value, or within the tolerance that the case gives. */
export function sameDecimal(
  field: string,
  expected: string,
  actual: string | undefined,
  tolerance = '0',
): Check {
  const isSame = actual !== undefined && isWithin(expected, actual, tolerance);
  return { field, expected, actual: actual ?? 'none', isSame };
}

/**
 * Money is exact where the expected amount is a whole number of accounting units. A finer one cannot be: there the
 * documented rounding of the position book is allowed, one unit per fill.
 */
export function sameMoney(
  field: string,
  expected: string,
  actual: { readonly units: Units; readonly currency: Currency; readonly fills: number },
  tolerance = '0',
): Check {
  const unit = { num: 1, den: unitsPerWhole(actual.currency) };
  const text = formatMoney(actual.units, actual.currency);
  const rounding = wholeUnits(expected, unit) === undefined ? decimalText(actual.fills, unit) : '0';
  const isSame = isWithin(expected, text, tolerance) || isWithin(expected, text, rounding);
  return { field, expected, actual: text, isSame };
}

/** The digits after the point of a decimal text. */
export function decimalsOf(text: string): number {
  return text.split('.')[1]?.length ?? 0;
}
