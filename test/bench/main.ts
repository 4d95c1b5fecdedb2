/** `npm run bench`: every row of the target table, the peers in the same run. */
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { cases } from './cases.ts';
import { rounded, type Row } from './measure.ts';
import { describeMachine, documentText, tableText } from './report.ts';

type Options = {
  readonly json?: true;
  readonly only?: readonly string[];
  readonly scale: string;
  readonly minutes: string;
  readonly long?: true;
  readonly write?: true;
};

const child = fileURLToPath(new URL('case.child.ts', import.meta.url));
const formatter = fileURLToPath(new URL('../../node_modules/.bin/oxfmt', import.meta.url));
const page = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

/** Rows that cannot be measured now. */
const absent: readonly Row[] = [
  {
    id: 'T7',
    what: 'durable throughput vs Restate with its XState package, same machine',
    measured: 'not run',
    target: '≥ 50 ×',
    detail:
      'needs an external server and an SDK that wants Node.js 22; this product runs on Node.js 20',
  },
];

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A case that hangs is ended; the others still run. */
const caseMinutesMax = 10;
const minuteMs = 60_000;

async function runCase(name: string, options: Options): Promise<readonly Row[]> {
  const { scale, long, minutes } = options;
  const running = spawn(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', child, name, scale, String(long === true), minutes],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const limitMs = (caseMinutesMax * Math.max(1, Number(scale)) + Number(minutes)) * minuteMs;
  const timer = setTimeout(() => running.kill('SIGKILL'), long === true ? 6 * limitMs : limitMs);
  let text = '';
  running.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const code = await new Promise<number | null>((resolve, reject) => {
    running.on('error', reject).on('close', resolve);
  });
  clearTimeout(timer);
  if (code !== 0) throw new Error(`it ended with ${code === null ? 'a signal' : `code ${code}`}`);
  return JSON.parse(text.trim().split('\n').at(-1) ?? '[]') as Row[];
}

/** One failure costs its own rows, not the run. */
async function rowsOf(name: string, id: string, options: Options): Promise<readonly Row[]> {
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const startedMs = performance.now();
  try {
    const rows = await runCase(name, options);
    const tookS = rounded((performance.now() - startedMs) / 1_000);
    const note = `; load average ${load} when the case began, which took ${tookS} s`;
    return rows.map((row) => Object.assign(row, { detail: row.detail + note }));
  } catch (error) {
    const detail = `${error instanceof Error ? error.message : String(error)}; load average ${load}`;
    return [{ id, what: `the case ${name}`, measured: 'failed', target: 'none', detail }];
  }
}

function isWanted(ids: readonly string[], only: Options['only']): boolean {
  return only === undefined || ids.some((id) => only.includes(id));
}

function flagsOf({ scale, minutes, long }: Options): string {
  return [
    scale === '1' ? '' : ` --scale ${scale}`,
    minutes === '5' ? '' : ` --minutes ${minutes}`,
    long === true ? ' --long' : '',
  ].join('');
}

async function main(options: Options): Promise<void> {
  // The page holds one run of everything.
  if (options.write === true && options.only !== undefined)
    program.error('--write writes the whole page: leave out --only');
  const machine = await describeMachine();
  const rows: Row[] = [];
  const startedMs = performance.now();
  for (const [name, { ids }] of Object.entries(cases)) {
    if (!isWanted(ids, options.only)) continue;
    say(`${ids[0]} ${name} …`);
    for (const row of await rowsOf(name, ids[0] ?? name, options)) {
      rows.push(row);
      const { id, measured, target, isMet } = row;
      const word = isMet === undefined ? '' : isMet ? ' · met' : ' · missed';
      say(`  ${id}: ${measured} (target ${target})${word}`);
    }
  }
  rows.push(...absent.filter(({ id }) => isWanted([id], options.only)));
  const wallS = rounded((performance.now() - startedMs) / 1_000);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ machine, rows })}\n`);
  else process.stdout.write(`${tableText(rows)}\n\n${JSON.stringify(machine)}\n${wallS} s\n`);
  if (options.write === true) {
    writeFileSync(page, documentText(rows, machine, `npm run bench --${flagsOf(options)} --write`));
    execFileSync(formatter, [page]);
    say('written: docs/benchmarks.md');
  }
}

const program = new Command('bench')
  .description('Measures the targets of the architecture, with peers, on this machine.')
  .option('--json', 'print one JSON object')
  .option('--only <id...>', 'rows to measure: T1 T4 …')
  .option('--scale <x>', 'how much work, 1 takes about thirteen minutes', '1')
  .option('--minutes <n>', 'how long the memory of the inspector’s page is watched', '5')
  .option('--long', 'the long rows too: 1,000,000 rows of recovery, 1,000,000 order lives')
  .option('--write', 'write docs/benchmarks.md')
  .action(async (options: Options) => main(options));

await program.parseAsync();
