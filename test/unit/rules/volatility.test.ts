/** Verifies: trading-controls 3 (breaker volatility) */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isVolatile, volatilitySamplesMax } from '../../../src/rules/volatility.ts';

const limitPpm = 1_500_000;

/** Up and down by a share of the price, in parts per million. */
const swinging = (count: number, ppm: number): number[] =>
  Array.from({ length: count }, (_, index) => 100_000_000 + (index % 2) * 100 * ppm);

describe('realized volatility', () => {
  // 150 % a year are 150 % ÷ √525,600 = 0.2069 % a minute.
  it.each([
    [2_065, false],
    [2_075, true],
  ])('with changes of %i ppm a minute is above 150 %: %s', (ppm, isAbove) => {
    expect(isVolatile(swinging(61, ppm), limitPpm)).toBe(isAbove);
  });

  it('cannot be told from less than twenty changes', () => {
    expect(isVolatile(swinging(20, 100_000), limitPpm)).toBeUndefined();
    expect(isVolatile(swinging(21, 100_000), limitPpm)).toBe(true);
    expect(isVolatile([], limitPpm)).toBeUndefined();
  });

  it('agrees with the root that people work out', () => {
    const prices = fc.array(fc.integer({ min: 1, max: 1_000_000 }), {
      minLength: 21,
      maxLength: volatilitySamplesMax,
    });
    fc.assert(
      fc.property(prices, fc.integer({ min: 1, max: 100_000_000 }), (values, limit) => {
        const changes = values.slice(1).map((price, index) => {
          const before = values[index] ?? price;
          return Math.min(10, (price - before) / before);
        });
        const squares = changes.reduce((sum, change) => sum + change * change, 0);
        const volatility = Math.sqrt((squares / changes.length) * 525_600);
        const wanted = limit / 1_000_000;
        // At the edge the whole numbers round; nobody trades by the last millionth.
        if (Math.abs(volatility - wanted) < Math.max(0.01, wanted * 0.001)) return;
        expect(isVolatile(values, limit)).toBe(volatility > wanted);
      }),
    );
  });
});
