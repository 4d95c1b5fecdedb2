/** Verifies: RULE-012 trailing arithmetic, TRL-N-000 … TRL-N-015, TRL-F-001, TRL-F-002 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTrailingStop, ratchetStop, trailLevel } from '../../../src/domain/trailing.ts';

describe('a stop that follows the market', () => {
  it('is behind the price by its distance', () => {
    expect(trailLevel('sell', 100, { kind: 'ticks', ticks: 3 })).toBe(97);
    expect(trailLevel('buy', 100, { kind: 'ticks', ticks: 3 })).toBe(103);
    expect(trailLevel('sell', 10_200, { kind: 'bps', bps: 50 })).toBe(10_149);
  });

  it('is never nearer than a share of the price that lies between two ticks', () => {
    expect(trailLevel('sell', 101, { kind: 'bps', bps: 100 })).toBe(99);
    expect(trailLevel('buy', 101, { kind: 'bps', bps: 100 })).toBe(103);
  });

  it('moves toward profit and stays otherwise', () => {
    expect(ratchetStop('sell', 97, 98)).toBe(98);
    expect(ratchetStop('sell', 97, 97)).toBeUndefined();
    expect(ratchetStop('sell', 97, 96)).toBeUndefined();
    expect(ratchetStop('buy', 103, 102)).toBe(102);
    expect(ratchetStop('buy', 103, 104)).toBeUndefined();
    expect(ratchetStop('sell', 97, 98, 2)).toBeUndefined();
    expect(ratchetStop('sell', undefined, 5)).toBe(5);
  });

  it('never loosens, whatever the market does', () => {
    const prices = fc.array(fc.integer({ min: 100, max: 100_000 }), { minLength: 1 });
    const side = fc.constantFrom('buy' as const, 'sell' as const);
    fc.assert(
      fc.property(prices, side, fc.integer({ min: 1, max: 90 }), (basis, of, by) => {
        let trigger: number | undefined;
        for (const basisTicks of basis) {
          const distance = { kind: 'ticks', ticks: by } as const;
          const next = nextTrailingStop({ side: of, triggerTicks: trigger, basisTicks, distance });
          if (next === undefined) continue;
          const before = trigger ?? (of === 'sell' ? -Infinity : Infinity);
          expect(of === 'sell' ? next > before : next < before).toBe(true);
          trigger = next;
        }
        const best = of === 'sell' ? Math.max(...basis) - by : Math.min(...basis) + by;
        expect(trigger).toBe(best);
      }),
    );
  });
});
