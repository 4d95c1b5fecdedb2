/** How long a killed engine needs until it can compare itself with the venue. */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { judged, median, rounded, type Case, type Row } from './measure.ts';
import { writeHistory } from './recovery-rows.ts';
import { inDirectory } from './stage.ts';

type Recovery = {
  readonly openMs: number;
  readonly restoreMs: number;
  readonly totalMs: number;
  readonly actors: number;
  readonly inDoubt: number;
};

const child = fileURLToPath(new URL('recovery.child.ts', import.meta.url));

function recoverOnce(directory: string): Recovery {
  const text = execFileSync(process.execPath, ['--import', 'tsx', child, directory], {
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  return JSON.parse(text) as Recovery;
}

async function measure(
  id: string,
  of: { readonly orders: number; readonly rows: number; readonly keepsTail: boolean },
  atMostMs: number,
): Promise<Row> {
  const { written, runs } = await inDirectory(async (root) => {
    const directory = join(root, 'history');
    const history = await writeHistory(directory, of);
    const results: Recovery[] = [];
    for (let round = 0; round < 3; round += 1) {
      const copy = join(root, `copy-${round}`);
      cpSync(directory, copy, { recursive: true });
      results.push(recoverOnce(copy));
    }
    return { written: history, runs: results };
  });
  const totalMs = median(runs.map((run) => run.totalMs));
  const [first] = runs;
  return {
    id,
    what: `recovery to ready-to-reconcile: ${rounded(of.orders)} live orders, ${rounded(of.rows)} rows${of.keepsTail ? ', all of them behind the last snapshot' : ''}`,
    measured: `${(totalMs / 1_000).toFixed(2)} s`,
    target: `≤ ${atMostMs / 1_000} s`,
    ...judged([totalMs, { atMost: atMostMs }]),
    detail: `${first?.actors ?? 0} actors restored, ${first?.inDoubt ?? 0} effects in doubt, ${written.rows} rows of which ${written.tailRows === 0 ? 'all' : written.tailRows} in the tail; open the store ${rounded(median(runs.map((run) => run.openMs)))} ms, restore ${rounded(median(runs.map((run) => run.restoreMs)))} ms; a fresh process each time (start of Node.js not counted, code not warm), median of 3`,
    why: 'a cold process parses and folds every row of the tail and makes one XState actor per live order. How the time divides between the two was not profiled. The product bounds the tail at 50,000 rows, half of what this row asks',
  };
}

export const benchRecovery: Case = async ({ scale, isLong }) => {
  const few = Math.min(1, scale);
  const rows: Row[] = [
    await measure(
      'T8a',
      {
        orders: Math.round(10_000 * few),
        rows: Math.round(100_000 * few),
        keepsTail: true,
      },
      500,
    ),
  ];
  if (isLong || scale >= 2) {
    rows.push(await measure('T8b', { orders: 100_000, rows: 1_000_000, keepsTail: false }, 3_000));
  } else {
    rows.push({
      id: 'T8b',
      what: 'recovery to ready-to-reconcile: 100,000 live orders, 1,000,000 rows',
      measured: 'not run',
      target: '≤ 3 s',
      detail: 'only with `--long` or `--scale 2` and more: writing the rows takes a minute',
    });
  }
  return rows;
};
