/** Verifies: style 13, values of configuration files: exact, or a refusal that names the field. */
import { describe, expect, it } from 'vitest';
import {
  DurationValue,
  FlagValue,
  MoneyValue,
  WholeValue,
} from '../../../src/domain/config-values.ts';

const issues = (
  schema: typeof MoneyValue | typeof WholeValue | typeof DurationValue | typeof FlagValue,
  value: unknown,
) => schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];

describe('an amount', () => {
  it.each([
    ['-500', -500_000_000],
    ['12.50', 12_500_000],
    ['0.1', 100_000],
    [-500, -500_000_000],
    ['9007199254.740991', Number.MAX_SAFE_INTEGER],
  ])('%j is %i units', (value, units) => {
    expect(MoneyValue.parse(value)).toBe(units);
  });

  it.each([
    '',
    '1e3',
    '12,50',
    '0.0000001',
    '9007199254.740992',
    '.nan',
    0.1,
    Number.NaN,
    null,
    undefined,
  ])('%j is refused by the schema, not by an exception', (value) => {
    expect(issues(MoneyValue, value)).toHaveLength(1);
  });

  it('says what is wrong with it', () => {
    expect(issues(MoneyValue, '0.0000001')).toEqual([
      'an amount of USD has at most 6 decimals, was 0.0000001',
    ]);
    expect(issues(MoneyValue, '12,50')).toEqual(['a number is plain decimal text, was "12,50"']);
  });
});

describe('a whole number', () => {
  it.each([
    ['17', 17],
    ['-3', -3],
    ['+3', 3],
    [5, 5],
  ])('%j is %i', (value, whole) => {
    expect(WholeValue.parse(value)).toBe(whole);
  });

  it.each(['1.0', '1e3', '0x10', '', '9007199254740992', 1.5, 2 ** 53, null])(
    '%j is refused',
    (value) => {
      expect(issues(WholeValue, value).length).toBeGreaterThan(0);
    },
  );
});

describe('a duration', () => {
  it.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['0s', 0],
  ])('%s is %i ms', (value, milliseconds) => {
    expect(DurationValue.parse(value)).toBe(milliseconds);
  });

  it.each(['5', '1.5s', '-1s', '1 s', '1w', '999999999999999d', 5, null])(
    '%j is refused',
    (value) => {
      expect(issues(DurationValue, value)).toHaveLength(1);
    },
  );
});

describe('a flag', () => {
  it('is true or false, also as text', () => {
    expect([true, false, 'true', 'false'].map((value) => FlagValue.parse(value))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it.each(['yes', 'no', '1', 0, '', null])('%j is refused', (value) => {
    expect(issues(FlagValue, value)).toHaveLength(1);
  });
});
