/** Verifies: style 5.1, amounts of money. */
import { describe, expect, it } from 'vitest';
import { formatMoney, parseMoney } from '../../../src/domain/money.ts';
import { ConditionFailed } from '../../../src/kernel/assert.ts';

describe('money', () => {
  it.each([
    ['-500.10', 'USD', -500_100_000, '-500.10'],
    ['0', 'USD', 0, '0.00'],
    ['1.000001', 'USDC', 1_000_001, '1.000001'],
    ['0.000000001', 'BTC', 1, '0.000000001'],
    ['12.5', 'ETH', 12_500_000_000, '12.50'],
    ['9007199254.740991', 'USD', Number.MAX_SAFE_INTEGER, '9007199254.740991'],
  ])('%s %s is %i units, shown as %s', (text, currency, units, shown) => {
    expect(parseMoney(text, currency)).toBe(units);
    expect(formatMoney(units, currency)).toBe(shown);
  });

  it('finer than its accounting unit is refused with the number of decimals', () => {
    expect(() => parseMoney('0.0000001', 'USD')).toThrow(
      'an amount of USD has at most 6 decimals, was 0.0000001',
    );
    expect(() => parseMoney('0.0000000001', 'BTC')).toThrow(
      'an amount of BTC has at most 9 decimals, was 0.0000000001',
    );
  });

  it.each(['', '1e3', '12,50', '9007199254.740992'])('is not %j', (text) => {
    expect(() => parseMoney(text, 'USD')).toThrow(ConditionFailed);
  });
});
