/** `npm run bench`: every row of the target table, the peers in the same run. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { cases } from './cases.ts';
import { rounded, type Row } from './measure.ts';
import { describeMachine, documentText, tableText } from './report.ts';

type Options = {
  readonly json?: true;
  readonly only?: readonly string[];
  readonly scale: string;
  readonly long?: true;
  readonly write?: true;
};

const child = fileURLToPath(new URL('case.child.ts', import.meta.url));
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

async function runCase(name: string, options: Options): Promise<readonly Row[]> {
  const running = spawn(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', child, name, options.scale, String(options.long === true)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  running.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const code = await new Promise<number | null>((resolve, reject) => {
    running.on('error', reject).on('close', resolve);
  });
  if (code !== 0) throw new Error(`the case ${name} ended with code ${String(code)}`);
  return JSON.parse(text.trim().split('\n').at(-1) ?? '[]') as Row[];
}

function isWanted(ids: readonly string[], only: Options['only']): boolean {
  return only === undefined || ids.some((id) => only.includes(id));
}

async function main(options: Options): Promise<void> {
  const machine = await describeMachine();
  const rows: Row[] = [];
  const startedMs = performance.now();
  for (const [name, { ids }] of Object.entries(cases)) {
    if (!isWanted(ids, options.only)) continue;
    say(`${ids[0]} ${name} …`);
    for (const row of await runCase(name, options)) {
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
    const flags = `${options.scale === '1' ? '' : ` --scale ${options.scale}`}${options.long === true ? ' --long' : ''}`;
    writeFileSync(page, documentText(rows, machine, `npm run bench --${flags} --write`));
    say('written: docs/benchmarks.md');
  }
}

const program = new Command('bench')
  .description('Measures the targets of the architecture, with peers, on this machine.')
  .option('--json', 'print one JSON object')
  .option('--only <id...>', 'rows to measure: T1 T4 …')
  .option('--scale <x>', 'how much work, 1 takes about four minutes', '1')
  .option('--long', 'the long rows too: 1,000,000 rows of recovery, 1,000,000 order lives')
  .option('--write', 'write docs/benchmarks.md')
  .action(async (options: Options) => main(options));

await program.parseAsync();
