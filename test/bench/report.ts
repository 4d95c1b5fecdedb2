/** What is printed and what `docs/benchmarks.md` holds. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/kernel/clock.ts';
import { median, percentile, type Row } from './measure.ts';
import { inDirectory } from './stage.ts';

export type Machine = {
  readonly processor: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly date: string;
  /** Of one minute, before the first case: other work on the machine. */
  readonly load: string;
  /** Write and sync 4 KiB on the disk of the cases, µs. */
  readonly syncMicros: { readonly p50: number; readonly p99: number };
};

export async function describeMachine(): Promise<Machine> {
  const all = cpus();
  return {
    processor: `${all[0]?.model.trim() ?? 'unknown'}, ${all.length} cores`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    load: (loadavg()[0] ?? 0).toFixed(2),
    date: new Date(systemClock.nowMs()).toISOString().slice(0, 10),
    syncMicros: await inDirectory(measureSync),
  };
}

function measureSync(directory: string): Machine['syncMicros'] {
  const file = openSync(join(directory, 'sync'), 'w');
  const block = Buffer.alloc(4_096, 1);
  const took: number[] = [];
  for (let round = 0; round < 500; round += 1) {
    const startedMs = performance.now();
    writeSync(file, block, 0, block.length, 0);
    fdatasyncSync(file);
    took.push((performance.now() - startedMs) * 1_000);
  }
  closeSync(file);
  return { p50: Math.round(median(took)), p99: Math.round(percentile(took, 0.99)) };
}

function outcome({ isMet, miss }: Row): string {
  if (isMet === undefined) return '–';
  return isMet ? 'met' : `missed, ${miss ?? ''}`;
}

export function tableText(rows: readonly Row[]): string {
  return rows
    .map((row) =>
      [
        `${row.id.padEnd(4)} ${row.what}`,
        `       measured ${row.measured} · target ${row.target} · ${outcome(row)}`,
        `       ${row.detail}`,
      ].join('\n'),
    )
    .join('\n');
}

export function documentText(rows: readonly Row[], machine: Machine, command: string): string {
  const { processor, memoryGb, system, node, date, load, syncMicros } = machine;
  const missed = rows.filter((row) => row.isMet === false && row.why !== undefined);
  const lines = [
    '# Benchmarks',
    '',
    'Ratios on one machine in one run are what is promised; absolute figures are there to be compared with your own. `npm run bench` measures everything again and `npm run bench -- --write` writes this page.',
    '',
    `- Command: \`${command}\``,
    `- Date: ${date}`,
    `- Machine: ${processor}, ${memoryGb} GB, ${system}`,
    `- Node.js ${node}`,
    `- Load average (one minute): ${load} before the run, ${(loadavg()[0] ?? 0).toFixed(2)} after it. Above 2 on two cores other programs took part, and latencies are theirs too`,
    `- Write and sync of 4 KiB on the disk used (${tmpdir() === '/tmp' ? 'the system’s temporary directory' : 'TMPDIR'}): p50 ${syncMicros.p50} µs, p99 ${syncMicros.p99} µs`,
    '',
    'Each case runs in a process of its own. Peers run in the same process as what they are compared with, in turns; the ratio is the median of the ratios of the rounds. Latencies are taken from the intended time of the input, so a pause that delays the generator counts.',
    '',
    '| | What | Measured | Target | |',
    '|---|---|---|---|---|',
    ...rows.map(
      (row) => `| ${row.id} | ${row.what} | ${row.measured} | ${row.target} | ${outcome(row)} |`,
    ),
    '',
    '## How each was made',
    '',
    ...rows.map((row) => `- **${row.id}**: ${row.detail}.`),
  ];
  if (missed.length > 0) {
    lines.push('', '## What is missed, and why', '');
    for (const row of missed) lines.push(`- **${row.id}** ${outcome(row)}: ${row.why}.`);
  }
  lines.push(
    '',
    '## Not run',
    '',
    '- **T7**, throughput against Restate with its XState package: the peer is an external server that is downloaded and started beside the suite, and its current SDK needs Node.js 22, while this product supports 20. The comparison belongs to a machine that has both.',
    '',
  );
  return lines.join('\n');
}
