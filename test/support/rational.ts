/**
 * Exact fractions of any size: the independent reference for everything the product computes in safe integers.
 *
 * It shares no code with src, on purpose.
 */
export type Rational = { readonly num: bigint; readonly den: bigint };

export function rational(num: number | bigint, den: number | bigint = 1): Rational {
  const [n, d] = [BigInt(num), BigInt(den)];
  if (d === 0n) throw new Error('a reference fraction has a divisor');
  const sign = d < 0n ? -1n : 1n;
  const common = greatestCommonDivisor(n, d);
  return { num: (sign * n) / common, den: (sign * d) / common };
}

/** `-12.50` as a fraction. */
export function fromDecimal(text: string): Rational {
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)(\d*)\.?(\d*)$/u.exec(text) ?? [];
  const magnitude = BigInt(`${whole}${fraction}`);
  return rational(sign === '-' ? -magnitude : magnitude, 10n ** BigInt(fraction.length));
}

export const zero = rational(0);
export const add = (a: Rational, b: Rational): Rational =>
  rational(a.num * b.den + b.num * a.den, a.den * b.den);
export const subtract = (a: Rational, b: Rational): Rational => add(a, negate(b));
export const negate = (a: Rational): Rational => ({ num: -a.num, den: a.den });
export const multiply = (...all: readonly Rational[]): Rational =>
  all.reduce((a, b) => rational(a.num * b.num, a.den * b.den), rational(1));
export const divide = (a: Rational, b: Rational): Rational =>
  rational(a.num * b.den, a.den * b.num);
export const absolute = (a: Rational): Rational => (a.num < 0n ? negate(a) : a);
export const sum = (all: readonly Rational[]): Rational => all.reduce(add, zero);
export const isEqual = (a: Rational, b: Rational): boolean => a.num * b.den === b.num * a.den;
export const isAtMost = (a: Rational, b: Rational): boolean => a.num * b.den <= b.num * a.den;

/** Greatest whole number not above the fraction. */
export function floor(a: Rational): bigint {
  const quotient = a.num / a.den;
  return a.num % a.den < 0n ? quotient - 1n : quotient;
}

/** Nearest whole number; of two equally near the even one. Written from the definition, by distance. */
export function nearestEven(a: Rational): bigint {
  const low = floor(a);
  const [toLow, toHigh] = [subtract(a, rational(low)), subtract(rational(low + 1n), a)];
  if (isEqual(toLow, toHigh)) return low % 2n === 0n ? low : low + 1n;
  return isAtMost(toLow, toHigh) ? low : low + 1n;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}
