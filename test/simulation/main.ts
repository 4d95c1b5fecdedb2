/**
 * `npm run sim`: thousands of seeded runs of the whole engine among failing parts. Exit 1 when an invariant broke, when a
 * seed did not repeat itself to the last hash, or when a rare thing of the list never happened.
 *
 * `--seeds N` how many (10,000) · `--from K` the first (1) · `--jobs J` processes (one per core) · `--json` the report as
 * JSON · `--trace` what happened last, for one seed.
 */
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fullExploration } from '../support/permutations.ts';
import { simulate, type SimulationResult } from '../support/simulation-plan.ts';
import { rareThings } from '../support/simulation-rare.ts';
import {
  addRun,
  emptyTotals,
  told,
  unseen,
  type SimulationTotals,
} from '../support/simulation-report.ts';

/** One seed in so many is played twice: both runs must end with the same hash. */
const repeatEvery = 50;
/** A report of a few runs cannot have seen everything. */
const seedsForRareThings = 2_000;

type Told = {
  readonly result: SimulationResult & { readonly markList: readonly (readonly [string, number])[] };
  readonly repeated: boolean;
};

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(Math.min(4, cpus().length)) },
    json: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
    /** Internal: every so many seeds from the first on, reported as lines of JSON. */
    stride: { type: 'string' },
  },
});
if (values.help) {
  process.stdout.write(
    [
      'npm run sim -- [options]: seeded runs of the whole engine among failing parts',
      '  --seeds N  how many (10000)',
      '  --from K   the first (1)',
      '  --jobs J   processes (one per core, at most 4)',
      '  --json     the report as JSON',
      '  --trace    what happened last, with --seeds 1',
      '',
    ].join('\n'),
  );
  process.exit(0);
}
const seeds = whole('seeds', values.seeds);
const from = whole('from', values.from);
const jobs = whole('jobs', values.jobs);

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  process.stderr.write(`--${name}: a whole number above 0, was ${text}; say --${name} 100\n`);
  process.exit(2);
}

async function play(seed: number): Promise<Told> {
  const result = await simulate(seed);
  const isRepeated = seed % repeatEvery === 0;
  const again = isRepeated ? await simulate(seed) : result;
  const problems =
    again.headHash === result.headHash
      ? result.problems
      : [
          ...result.problems,
          `the seed did not repeat itself: ${result.headHash}, ${again.headHash}`,
        ];
  return { result: { ...result, problems, markList: [...result.marks] }, repeated: isRepeated };
}

/** The part of one process. */
async function playPart(stride: number): Promise<void> {
  for (let seed = from; seed < from + seeds; seed += stride)
    process.stdout.write(`${JSON.stringify(await play(seed))}\n`);
}

async function playAll(): Promise<number> {
  const totals = emptyTotals();
  const startedMs = performance.now();
  let repeated = 0;
  const take = (line: Told): void => {
    addRun(totals, { ...line.result, marks: new Map(line.result.markList) });
    if (line.repeated) repeated += 1;
    if (line.result.problems.length > 0) say(told(line.result));
    if (totals.runs % 100 === 0) say(progress(totals, startedMs));
  };
  const codes = await Promise.all(
    Array.from({ length: Math.min(jobs, seeds) }, (_, index) => startPart(index, take)),
  );
  if (codes.some((code) => code !== 0)) say('a process ended early; its seeds are missing');
  const isLong = seeds >= seedsForRareThings;
  const exploration = isLong ? fullExploration() : undefined;
  const missing = isLong ? unseen(totals, rareThings) : [];
  const isGood =
    totals.runs === seeds &&
    totals.failed.length === 0 &&
    missing.length === 0 &&
    (exploration?.problems ?? []).length === 0;
  report(totals, { startedMs, repeated, missing, exploration, isGood });
  return isGood ? 0 : 1;
}

function startPart(index: number, take: (line: Told) => void): Promise<number> {
  const parts = Math.min(jobs, seeds);
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      fileURLToPath(import.meta.url),
      '--from',
      String(from + index),
      '--seeds',
      String(seeds - index),
      '--stride',
      String(parts),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => take(JSON.parse(line) as Told));
  // The last lines may still be on their way when the process is gone.
  const heard = new Promise<void>((resolve) => lines.on('close', () => resolve()));
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return Promise.all([ended, heard]).then(([code]) => code);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function progress({ runs, failed, simulatedMs }: SimulationTotals, startedMs: number): string {
  const seconds = (performance.now() - startedMs) / 1_000;
  const speed = simulatedMs / 1_000 / seconds;
  return `${runs} of ${seeds} seeds, ${failed.length} failed, ${Math.round(seconds)} s, ${Math.round(speed)} × real time`;
}

type Outcome = {
  readonly startedMs: number;
  readonly repeated: number;
  readonly missing: readonly string[];
  readonly exploration: ReturnType<typeof fullExploration> | undefined;
  readonly isGood: boolean;
};

function report(totals: SimulationTotals, outcome: Outcome): void {
  const { repeated, missing, exploration, isGood } = outcome;
  const seconds = (performance.now() - outcome.startedMs) / 1_000;
  const marks = [...totals.marks].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const summary = {
    ok: isGood,
    seeds: totals.runs,
    from,
    failedSeeds: totals.failed.map(({ seed, problems }) => ({ seed, problems })),
    repeatedToTheLastHash: repeated,
    simulatedHours: Math.round(totals.simulatedMs / 36_000) / 100,
    journalRows: totals.rows,
    seconds: Math.round(seconds * 10) / 10,
    timesRealTime: Math.round(totals.simulatedMs / 1_000 / seconds),
    neverHappened: missing,
    ...(exploration === undefined ? {} : { everyOrderOfEvents: exploration }),
    happened: Object.fromEntries(marks),
  };
  if (values.json) {
    process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
    return;
  }
  const lines = [
    ...marks.map(([name, times]) => `${String(times).padStart(10)}  ${name}`),
    '',
    `${summary.seeds} seeds from ${from}, ${summary.simulatedHours} simulated hours in ${summary.seconds} s: ${summary.timesRealTime} × real time; ${summary.journalRows} journal rows`,
    `${repeated} seeds played twice, the same to the last hash`,
    ...(exploration === undefined ? [] : [exploration.text, ...exploration.problems]),
    ...(missing.length === 0 ? [] : [`never happened: ${missing.join(', ')}`]),
    totals.failed.length === 0
      ? 'every invariant held'
      : `failed: ${totals.failed.map(({ seed }) => seed).join(', ')}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

if (values.stride !== undefined) await playPart(whole('stride', values.stride));
else if (values.trace) {
  const { result } = await play(from);
  process.stdout.write(`${told(result)}\n`);
  process.exitCode = result.problems.length > 0 ? 1 : 0;
} else process.exitCode = await playAll();
