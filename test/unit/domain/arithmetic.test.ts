/** Verifies: style 5.1, exact arithmetic at its edges. */
import { describe, expect, it } from 'vitest';
import {
  addExact,
  decimalRatio,
  decimalText,
  divRatio,
  isDecimalText,
  isWithin,
  mulDiv,
  mulRatio,
  quotientText,
  ratioInverse,
  wholeUnits,
} from '../../../src/domain/arithmetic.ts';
import { ConditionFailed, InvariantViolation } from '../../../src/kernel/assert.ts';

const max = Number.MAX_SAFE_INTEGER;

describe('the range of safe integers', () => {
  it('is left by an error, never by a wrap or a rounding', () => {
    expect(addExact(max, 0)).toBe(max);
    expect(() => addExact(max, 1)).toThrow(
      'Invariant: money stays within the safe integers, was 9007199254740991 + 1',
    );
    expect(() => mulRatio(max, 2, { num: 1, den: 1 })).toThrow(InvariantViolation);
    expect(mulRatio(max, 2, { num: 1, den: 2 })).toBe(max);
    expect(mulDiv(max, max, max)).toBe(max);
    expect(() => mulDiv(max, 2, 1)).toThrow(InvariantViolation);
  });

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('is not entered by %s', (value) => {
    expect(() => mulRatio(value, 2, { num: 1, den: 1 })).toThrow(InvariantViolation);
    expect(() => mulRatio(2, value, { num: 1, den: 1 })).toThrow(InvariantViolation);
    expect(() => mulDiv(1, value, 3)).toThrow(InvariantViolation);
    expect(() => divRatio(1, value, { num: 1, den: 1 })).toThrow(InvariantViolation);
    expect(() => addExact(value, 0.25)).toThrow(InvariantViolation);
  });

  it('has no division by zero', () => {
    expect(() => mulDiv(1, 1, 0)).toThrow('Invariant: a divisor is not zero');
    expect(() => divRatio(1, 0, { num: 1, den: 1 })).toThrow('Invariant: a divisor is not zero');
    expect(() => quotientText([1], [2, 0], 3)).toThrow('Invariant: a divisor is not zero');
    expect(() => ratioInverse({ num: 0, den: 1 })).toThrow(ConditionFailed);
  });
});

describe('rounding', () => {
  it.each([
    // [a, half to even, floor, ceil] of a ÷ 2
    [5, 2, 2, 3],
    [7, 4, 3, 4],
    [-5, -2, -3, -2],
    [-7, -4, -4, -3],
    [-1, 0, -1, 0],
  ])('of %i/2 is %i to even, %i down and %i up', (a, halfEven, floor, ceil) => {
    expect(mulDiv(a, 1, 2)).toBe(halfEven);
    expect(mulDiv(a, 1, 2, 'floor')).toBe(floor);
    expect(mulDiv(a, 1, 2, 'ceil')).toBe(ceil);
    expect(mulDiv(-a, 1, -2, 'floor')).toBe(floor);
  });

  it('gives no negative zero', () => {
    for (const zero of [
      mulRatio(0, -5, { num: 1, den: 1 }),
      mulRatio(-1, 1, { num: 1, den: 3 }),
      mulDiv(0, -1, 3),
    ]) {
      expect(zero).toBe(0);
    }
  });
});

describe('decimal text', () => {
  it.each(['0', '-12.50', '+3', '.5', '5.', '007'])('is %j', (text) => {
    expect(isDecimalText(text)).toBe(true);
  });

  it.each([
    '',
    '.',
    '-',
    '1e5',
    '1,000',
    '0x10',
    ' 1',
    '1 ',
    '1_000',
    'NaN',
    'Infinity',
    '--1',
    '1.2.3',
    '٣',
  ])('is not %j', (text) => {
    expect(isDecimalText(text)).toBe(false);
    expect(() => wholeUnits(text, { num: 1, den: 1 })).toThrow(ConditionFailed);
  });

  it('is read in units of a grid, and not rounded onto it', () => {
    expect(wholeUnits('21000.75', { num: 1, den: 4 })).toBe(84003);
    expect(wholeUnits('21000.80', { num: 1, den: 4 })).toBeUndefined();
    expect(wholeUnits('.5', { num: 1, den: 4 })).toBe(2);
    expect(wholeUnits('-.5', { num: 1, den: 4 })).toBe(-2);
    expect(wholeUnits('-0', { num: 1, den: 4 })).toBe(0);
  });

  it('is refused as the fault of its writer when it is too large', () => {
    expect(wholeUnits('9007199254740991', { num: 1, den: 1 })).toBe(max);
    expect(() => wholeUnits('9007199254740992', { num: 1, den: 1 })).toThrow(ConditionFailed);
    expect(() => decimalRatio('0.00000000000000000001')).toThrow(ConditionFailed);
  });

  it('is exact for every decimal unit, however fine', () => {
    expect(decimalText(2, { num: 1, den: 4 })).toBe('0.50');
    expect(decimalText(1, { num: 1, den: 10 ** 15 })).toBe('0.000000000000001');
    expect(decimalText(-1, { num: 1, den: 1024 })).toBe('-0.0009765625');
    expect(decimalText(7, { num: 1, den: 1 })).toBe('7');
  });

  it('is rounded where no decimal is exact', () => {
    expect(decimalText(2, { num: 1, den: 3 })).toBe('0.666666666667');
    expect(decimalText(2, { num: 1, den: 3 }, 2)).toBe('0.67');
    expect(quotientText([1, 1], [8], 2)).toBe('0.12');
    expect(quotientText([-3], [8], 2)).toBe('-0.38');
    expect(quotientText([-1], [-8], 0)).toBe('0');
  });

  it('differs by at most a tolerance, exactly', () => {
    expect(isWithin('1.0', '1.000', '0')).toBe(true);
    expect(isWithin('9007199254740993.1', '9007199254740993.2', '0.1')).toBe(true);
    expect(isWithin('9007199254740993.1', '9007199254740993.2', '0.09999')).toBe(false);
    expect(isWithin('-0.5', '0.5', '0.999')).toBe(false);
  });
});
