/**
 * Verifies: crash-testing 5 and 6 (I1, I3, I4, I5, I7, I8, I10, I12, I13), execution 2.2, 2.3, 3, 5, 8, 9 and 11,
 * supervision 5 to 8, projectx 15 and 16
 *
 * A part of the seeds; `npm run sim` plays ten thousand.
 */
import { describe, expect, it } from 'vitest';
import { simulate } from '../support/simulation-plan.ts';
import { rareThingsOfFewRuns } from '../support/simulation-rare.ts';
import { addRun, emptyTotals, told, unseen } from '../support/simulation-report.ts';

const isLong = process.env['BULKHEAD_SIMULATION'] === 'long';
/** `BULKHEAD_SEED=n` replays one seed and says what happened in it. */
const replayed = process.env['BULKHEAD_SEED'];
const from = Number(process.env['BULKHEAD_SEED_FROM'] ?? 1);
const seeds =
  replayed === undefined
    ? Array.from({ length: isLong ? 3_000 : 120 }, (_, index) => from + index)
    : [Number(replayed)];
const portion = 20;
const totals = emptyTotals();

describe('the whole engine among failing parts', () => {
  const portions = Array.from({ length: Math.ceil(seeds.length / portion) }, (_, index) =>
    seeds.slice(index * portion, (index + 1) * portion),
  );

  it.each(portions.map((part) => [part[0], part.at(-1), part] as const))(
    'keeps every promise in seeds %i to %i',
    async (_, __, part) => {
      const broken: string[] = [];
      for (const seed of part) {
        const result = await simulate(seed);
        addRun(totals, result);
        if (result.problems.length > 0) broken.push(told(result));
      }
      expect(broken.slice(0, 3).join('\n\n')).toBe('');
    },
  );

  it.skipIf(replayed !== undefined)('has met every rare thing at least once', () => {
    expect(unseen(totals, rareThingsOfFewRuns)).toEqual([]);
  });

  it('writes the same journal to the last hash when a seed is played again', async () => {
    for (const seed of seeds.slice(0, 4)) {
      const first = await simulate(seed);
      const second = await simulate(seed);
      expect(second.headHash).toBe(first.headHash);
      expect(first.headHash).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});
