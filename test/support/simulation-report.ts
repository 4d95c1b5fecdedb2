/** What many simulated runs have seen together: how often each rare thing happened, and which seeds failed. */
import type { SimulationResult } from './simulation-plan.ts';

export type SimulationTotals = {
  runs: number;
  simulatedMs: number;
  rows: number;
  readonly marks: Map<string, number>;
  readonly failed: SimulationResult[];
};

export function emptyTotals(): SimulationTotals {
  return { runs: 0, simulatedMs: 0, rows: 0, marks: new Map(), failed: [] };
}

/** Of the failing runs only the first are kept whole. */
export function addRun(totals: SimulationTotals, result: SimulationResult): void {
  totals.runs += 1;
  totals.simulatedMs += result.simulatedMs;
  totals.rows += result.rows;
  for (const [name, times] of result.marks)
    totals.marks.set(name, (totals.marks.get(name) ?? 0) + times);
  if (result.problems.length > 0) totals.failed.push(result);
}

/** The problems of a run with the command that plays it again. */
export function told({ seed, problems, trace }: SimulationResult): string {
  return [
    `seed ${seed}: npm run sim -- --from ${seed} --seeds 1 --trace replays it`,
    ...problems.map((problem) => `  ${problem}`),
    'what happened last:',
    ...trace.map((line) => `  ${line}`),
  ].join('\n');
}

/** Rare things of the list that have not happened: they were not tested. */
export function unseen(totals: SimulationTotals, wanted: readonly string[]): readonly string[] {
  return wanted.filter((name) => (totals.marks.get(name) ?? 0) === 0);
}
