/** Comparing what is expected with what is: exact values, subsets, multisets. */
import { decimalRatio } from '../../domain/arithmetic.ts';
import type { NumberText } from './values.ts';

/** Equal as numbers: `2.50` is `2.5`. */
export function isSameNumber(expected: NumberText, actual: string): boolean {
  if (expected === null || expected === 'NaN') return false;
  const [left, right] = [signed(expected), signed(actual)];
  return (
    left.num === right.num &&
    left.den === right.den &&
    (left.num === 0 || left.isNegative === right.isNegative)
  );
}

function signed(text: string): {
  readonly num: number;
  readonly den: number;
  readonly isNegative: boolean;
} {
  const isNegative = text.startsWith('-');
  const { num, den } = decimalRatio(isNegative ? text.slice(1) : text);
  return { num, den: num === 0 ? 1 : den, isNegative };
}

/**
 * Whether every pattern can have a value of its own that it matches, with no value left over.
 * In order when `isOrdered`; else in any order, with every assignment tried.
 */
export function matchesAll<Pattern, Value>(
  patterns: readonly Pattern[],
  values: readonly Value[],
  matches: (pattern: Pattern, value: Value) => boolean,
  isOrdered = false,
): boolean {
  if (patterns.length !== values.length) return false;
  if (isOrdered)
    return patterns.every((pattern, index) => matches(pattern, values[index] as Value));
  const taken = new Set<number>();
  const assign = (index: number): boolean => {
    const pattern = patterns[index];
    if (pattern === undefined) return true;
    for (const [at, value] of values.entries()) {
      if (taken.has(at) || !matches(pattern, value)) continue;
      taken.add(at);
      if (assign(index + 1)) return true;
      taken.delete(at);
    }
    return false;
  };
  return assign(0);
}
