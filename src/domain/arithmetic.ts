/**
 * Exact arithmetic on integers: the only place that uses bigint.
 *
 * Everything outside works with safe integers; a result that does not fit is an error, never a wrap.
 */
import { condition, invariant } from '../kernel/assert.ts';

/** An exact fraction of two safe integers; `den` > 0. */
export type Ratio = { readonly num: number; readonly den: number };

/** How a division that does not come out even is rounded. */
export type Rounding = 'halfEven' | 'floor' | 'ceil';

/** The sum, range-checked. @throws InvariantViolation when it leaves the safe integers */
export function addExact(left: number, right: number): number {
  const sum = left + right;
  invariant(
    Number.isSafeInteger(sum),
    () => `money stays within the safe integers, was ${left} + ${right}`,
  );
  return sum;
}

/**
 * a × b × num ÷ den, rounded once as named. Pure.
 *
 * @throws InvariantViolation when the result leaves the safe integers
 */
export function mulRatio(
  a: number,
  b: number,
  ratio: Ratio,
  rounding: Rounding = 'halfEven',
): number {
  if (ratio.den === 1 && Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    const quick = a * b * ratio.num;
    if (Number.isSafeInteger(quick) && Number.isSafeInteger(a * b)) return quick + 0;
  }
  return divide(big(a) * big(b) * big(ratio.num), big(ratio.den), rounding);
}

/** a × b ÷ c, rounded once as named; c ≠ 0. */
export function mulDiv(a: number, b: number, c: number, rounding: Rounding = 'halfEven'): number {
  return divide(big(a) * big(b), big(c), rounding);
}

/** a × num ÷ (b × den), rounded once as named; b ≠ 0. For inverse contracts. */
export function divRatio(
  a: number,
  b: number,
  ratio: Ratio,
  rounding: Rounding = 'halfEven',
): number {
  return divide(big(a) * big(ratio.num), big(b) * big(ratio.den), rounding);
}

/** A product over a product, rounded once as named. @throws InvariantViolation when a divisor is zero, or out of range */
export function quotient(
  factors: readonly number[],
  divisors: readonly number[],
  rounding: Rounding = 'halfEven',
): number {
  return divide(product(factors), product(divisors), rounding);
}

/** A decimal text as an exact fraction in lowest terms, such as `0.25` → 1/4. @throws ConditionFailed when too long */
export function decimalRatio(text: string): Ratio {
  const { units, scale } = decimalParts(text);
  const { num, den } = lowestTerms(units, 10n ** BigInt(scale));
  condition(isSafe(num) && isSafe(den), () => `a number fits into 15 digits, was ${text}`);
  return { num: Number(num), den: Number(den) };
}

/** The product of fractions, in lowest terms. */
export function ratioProduct(...ratios: readonly Ratio[]): Ratio {
  let [num, den] = [1n, 1n];
  for (const ratio of ratios) {
    num *= big(ratio.num);
    den *= big(ratio.den);
  }
  const lowest = lowestTerms(num, den);
  return { num: safe(lowest.num), den: safe(lowest.den) };
}

/** One over the fraction; the numerator must be positive. */
export function ratioInverse(ratio: Ratio): Ratio {
  condition(ratio.num > 0, () => `a fraction to invert is positive, was ${ratio.num}/${ratio.den}`);
  return { num: ratio.den, den: ratio.num };
}

/**
 * The decimal text as a whole number of `unit` (a positive fraction), or undefined when it is not one:
 * a price that is off its tick grid is a fault of the input and is not rounded.
 *
 * @throws ConditionFailed when the text is no decimal, or too large
 */
export function wholeUnits(text: string, unit: Ratio): number | undefined {
  const { units, scale } = decimalParts(text);
  const num = units * BigInt(unit.den);
  const den = 10n ** BigInt(scale) * BigInt(unit.num);
  if (num % den !== 0n) return undefined;
  condition(
    isSafe(num / den),
    () => `a number is within ±9007199254740991 of its units, was ${text}`,
  );
  return Number(num / den);
}

/** `count` × `unit` as decimal text, exact when the unit is a decimal fraction, else to `digits` places (half-even). */
export function decimalText(count: number, unit: Ratio, digits = 12): string {
  return fractionText(big(count) * big(unit.num), big(unit.den), placesOf(unit.den) ?? digits);
}

/**
 * A product over a product as decimal text with exactly `digits` places, rounded half-even once. For people: never
 * read it back as an amount.
 *
 * @param divisors none is zero
 */
export function quotientText(
  factors: readonly number[],
  divisors: readonly number[],
  digits: number,
): string {
  const [num, den] = [product(factors), product(divisors)];
  invariant(den !== 0n, 'a divisor is not zero');
  return den < 0n ? fractionText(-num, -den, digits) : fractionText(num, den, digits);
}

/** True when two decimal texts differ by no more than `tolerance`, exactly. @throws ConditionFailed when one is no decimal */
export function isWithin(left: string, right: string, tolerance: string): boolean {
  const parts = [left, right, tolerance].map(decimalParts);
  const scale = Math.max(...parts.map((part) => part.scale));
  const [a = 0n, b = 0n, room = 0n] = parts.map(
    (part) => part.units * 10n ** BigInt(scale - part.scale),
  );
  return (a < b ? b - a : a - b) <= room;
}

/** True for a plain decimal number: `-12.50`, `3`, `1e-5` is not. */
export function isDecimalText(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text);
}

function decimalParts(text: string): { units: bigint; scale: number } {
  condition(
    isDecimalText(text),
    () => `a number is plain decimal text, was ${JSON.stringify(text)}`,
  );
  const [whole = '', fraction = ''] = text.split('.');
  return { units: BigInt(`${whole}${fraction}`.replace(/^\+/, '')), scale: fraction.length };
}

function divide(num: bigint, den: bigint, rounding: Rounding): number {
  invariant(den !== 0n, 'a divisor is not zero');
  return safe(roundedQuotient(num, den, rounding));
}

function roundedQuotient(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  const num = denominator < 0n ? -numerator : numerator;
  const den = denominator < 0n ? -denominator : denominator;
  let floor = num / den;
  let rest = num % den;
  if (rest < 0n) {
    floor -= 1n;
    rest += den;
  }
  if (rest === 0n || rounding === 'floor') return floor;
  if (rounding === 'ceil') return floor + 1n;
  const twice = rest * 2n;
  if (twice === den) return floor % 2n === 0n ? floor : floor + 1n;
  return twice < den ? floor : floor + 1n;
}

function lowestTerms(num: bigint, den: bigint): { num: bigint; den: bigint } {
  let [a, b] = [num < 0n ? -num : num, den];
  while (b !== 0n) [a, b] = [b, a % b];
  return { num: num / a, den: den / a };
}

/** Places that write any multiple of 1/den exactly; undefined when none do. */
function placesOf(den: number): number | undefined {
  let rest = den;
  let [twos, fives] = [0, 0];
  for (; rest % 2 === 0; rest /= 2) twos += 1;
  for (; rest % 5 === 0; rest /= 5) fives += 1;
  return rest === 1 ? Math.max(twos, fives) : undefined;
}

function product(numbers: readonly number[]): bigint {
  return numbers.reduce((so, each) => so * big(each), 1n);
}

function fractionText(num: bigint, den: bigint, places: number): string {
  const power = 10n ** BigInt(places);
  const scaled = roundedQuotient(num * power, den, 'halfEven');
  const magnitude = scaled < 0n ? -scaled : scaled;
  const fraction = places === 0 ? '' : `.${(magnitude % power).toString().padStart(places, '0')}`;
  return `${scaled < 0n ? '-' : ''}${magnitude / power}${fraction}`;
}

function big(value: number): bigint {
  invariant(Number.isSafeInteger(value), () => `arithmetic is on safe integers, was ${value}`);
  return BigInt(value);
}

function isSafe(value: bigint): boolean {
  return Number.isSafeInteger(Number(value));
}

function safe(value: bigint): number {
  invariant(isSafe(value), () => `money stays within the safe integers, was ${value}`);
  return Number(value);
}
