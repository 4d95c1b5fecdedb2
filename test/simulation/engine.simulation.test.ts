/** Verifies: crash-testing 5 and 6 (I1, I3, I4, I5, I7, I10, I12), execution 2.2, 2.3 and 3, supervision 5 to 8 */
import { describe, expect, it } from 'vitest';
import { simulate, type SimulationResult } from '../support/simulation-plan.ts';

const isLong = process.env['BULKHEAD_SIMULATION'] === 'long';
const wanted = process.env['BULKHEAD_SEED'];
const first = Number(process.env['BULKHEAD_SEED_FROM'] ?? 1);
const count = Number(process.env['BULKHEAD_SEEDS'] ?? (isLong ? 3_000 : 60));
const seeds =
  wanted === undefined
    ? Array.from({ length: count }, (_, index) => first + index)
    : [Number(wanted)];

function report({ seed, problems, trace }: SimulationResult): string {
  return [
    `seed ${seed} (BULKHEAD_SEED=${seed} replays it):`,
    ...problems.map((problem) => `  ${problem}`),
    'what happened last:',
    ...trace.map((line) => `  ${line}`),
  ].join('\n');
}

describe('the whole engine among failing parts', () => {
  it('keeps its promises in every seed', async () => {
    const marks = new Map<string, number>();
    const failed: string[] = [];
    for (const seed of seeds) {
      const result = await simulate(seed);
      for (const mark of result.marks) marks.set(mark, (marks.get(mark) ?? 0) + 1);
      if (result.problems.length > 0) failed.push(report(result));
    }
    if (process.env['BULKHEAD_MARKS'] !== undefined)
      process.stderr.write(`${failed.length} failed; ${JSON.stringify([...marks])}\n`);
    expect(failed.slice(0, 3).join('\n\n')).toBe('');
  });
});
