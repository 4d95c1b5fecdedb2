/** Verifies: execution 4, client order ids are unique over restarts, repeatable, and at most 40 characters. */
import { describe, expect, it } from 'vitest';
import { ConditionFailed } from '../../../src/kernel/assert.ts';
import { createIds } from '../../../src/kernel/ids.ts';

describe('ids', () => {
  it('are engine, epoch and counter', () => {
    const ids = createIds('BH', 71);
    expect([ids.mint(), ids.mint()]).toEqual(['BH-1z-1', 'BH-1z-2']);
  });

  it('are the same in every run of one epoch and never those of another epoch', () => {
    const mint = (epoch: number): string[] => {
      const ids = createIds('BH', epoch);
      return Array.from({ length: 2000 }, () => ids.mint());
    };
    expect(mint(1)).toEqual(mint(1));
    const all = [1, 2, 11, 12, 35, 36, 37].flatMap(mint);
    expect(new Set(all).size).toBe(all.length);
  });

  it('have at most 40 characters, with the longest name and epoch', () => {
    expect(createIds('ABCDEFGHIJKL', Number.MAX_SAFE_INTEGER).mint().length).toBeLessThanOrEqual(
      40 - 11,
    );
  });

  it.each(['', 'bh', 'B-H', 'ABCDEFGHIJKLM'])('refuse the engine name %j', (engine) => {
    expect(() => createIds(engine, 1)).toThrow(ConditionFailed);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuse the epoch %s', (epoch) => {
    expect(() => createIds('BH', epoch)).toThrow(ConditionFailed);
  });
});
