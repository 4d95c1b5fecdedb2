/** What the inspector costs: the engine's thread beside it, its own thread, and a step into the past. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startInspector, type InspectorHost } from '../../src/bin/inspector-host.ts';
import { InspectorClient } from '../../src/inspector/client.ts';
import { TokenFile } from '../../src/inspector/tokens.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { JournalPort } from '../../src/ports/journal.port.ts';
import { Model, open } from '../support/journal-fixture.ts';
import { judged, median, percentile, rounded, type Case, type Row } from './measure.ts';
import { inDirectory } from './stage.ts';

const rowsPerSecond = 1_000;
const tickMs = 10;
const actors = 2_000;
const pastRows = 50_000;

type Writer = { readonly journal: JournalPort; readonly model: Model };

/** Rows as an order makes them: a state and a few values that change. */
function writeRows({ journal, model }: Writer, count: number): void {
  const entries = Array.from({ length: count }, () => {
    const number = model.seq % actors;
    const context = {
      orderId: `BENCH-${number}`,
      instrument: 'MNQ',
      side: number % 2 === 0 ? 'buy' : 'sell',
      quantityLots: 3,
      filledLots: model.seq % 4,
      limitTicks: 80_000 + (model.seq % 100),
      purpose: 'entry',
      updatedAtMs: model.seq,
    };
    return model.step(`account/A1/order/BENCH-${number}`, 'working', context);
  });
  journal.commit({ entries });
}

/** @returns for each tick, how late its commit was done, in ms */
async function paced(writer: Writer, durationMs: number): Promise<readonly number[]> {
  const late: number[] = [];
  const startedMs = performance.now();
  for (let tick = 1; tick * tickMs <= durationMs; tick += 1) {
    const dueMs = startedMs + tick * tickMs;
    while (performance.now() < dueMs)
      await new Promise((resolve) => setTimeout(resolve, dueMs - performance.now()));
    writeRows(writer, (rowsPerSecond * tickMs) / 1_000);
    late.push(performance.now() - dueMs);
  }
  return late;
}

type Viewer = { readonly end: () => Promise<void> };

const viewerFile = fileURLToPath(new URL('inspector-viewer.child.ts', import.meta.url));

async function watchedBy(host: InspectorHost, token: string, writer: Writer): Promise<Viewer> {
  const child = spawn(process.execPath, ['--import', 'tsx', viewerFile, host.url, token], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const seen = { isWatching: false };
  child.stdout.on('data', () => {
    seen.isWatching = true;
  });
  while (!seen.isWatching) await paced(writer, 100);
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
  });
  return {
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** A viewer beside the engine's thread, and none. */
export const benchInspector: Case = async ({ scale }) => {
  const durationMs = Math.max(1_000, 6_000 * scale);
  return inDirectory(async (directory) => {
    const writer = { journal: open(directory), model: new Model() };
    while (writer.model.seq < pastRows) writeRows(writer, 500);
    const host = await startInspector(
      { dataDir: directory, port: 0, version: 'bench', allowActions: false, isRunning: true },
      () => Promise.resolve({ outcome: 'refused', text: 'bench' }),
    );
    const { token } = new TokenFile(directory, systemClock).create({
      role: 'auditor',
      by: 'bench',
      days: 1,
    });
    const alone: number[] = [];
    const watched: number[] = [];
    const added: number[] = [];
    const shares: number[] = [];
    const quiet: number[] = [];
    await paced(writer, 1_000);
    for (let round = 0; round < 3; round += 1) {
      const [before, without] = await loadOf(host, () => paced(writer, durationMs));
      quiet.push(before);
      const viewer = await watchedBy(host, token, writer);
      const [share, withOne] = await loadOf(host, () => paced(writer, durationMs));
      await viewer.end();
      shares.push(share);
      alone.push(percentile(without, 0.99));
      watched.push(percentile(withOne, 0.99));
      added.push(percentile(withOne, 0.99) - percentile(without, 0.99));
    }
    const steps = await stepTimes(new InspectorClient(host.url, token));
    await host.close();
    writer.journal.close({ isClean: true });
    return [
      addedRow(added, alone, watched),
      shareRow(shares, quiet),
      stepRow(steps, writer.model.seq),
    ];
  });
};

/** Share of a core that its thread was busy meanwhile, in percent. */
async function loadOf(
  host: InspectorHost,
  run: () => Promise<readonly number[]>,
): Promise<readonly [number, readonly number[]]> {
  const before = host.load();
  const late = await run();
  const { busyMs, idleMs } = host.load();
  const busy = busyMs - before.busyMs;
  return [(100 * busy) / (busy + idleMs - before.idleMs), late];
}

/** Back and forth through the last rows, after the first picture. */
async function stepTimes(client: InspectorClient): Promise<readonly number[]> {
  const { headSeq } = await client.get('hello');
  let at = headSeq - 5_000;
  await client.get('rewind', { account: 'A1', at });
  const times: number[] = [];
  for (let step = 0; step < 300; step += 1) {
    at += step % 3 === 2 ? -1 : 1;
    const startedMs = performance.now();
    await client.get('rewind', { account: 'A1', at });
    times.push(performance.now() - startedMs);
  }
  return times;
}

function addedRow(
  added: readonly number[],
  alone: readonly number[],
  watched: readonly number[],
): Row {
  return {
    id: 'I1',
    what: 'inspector with one viewer at 1,000 transitions/s: added to the commit’s p99 on the engine’s thread',
    measured: `${rounded(Math.max(0, median(added)))} ms`,
    target: '≤ 1 ms',
    ...judged([Math.max(1e-6, median(added)), { atMost: 1 }]),
    detail: `p99 of lateness and commit, three rounds: without ${alone.map(rounded).join(', ')} ms, with ${watched.map(rounded).join(', ')} ms; the viewer is a process of its own`,
  };
}

function shareRow(shares: readonly number[], quiet: readonly number[]): Row {
  return {
    id: 'I2',
    what: 'the inspector’s own thread with one viewer at 1,000 transitions/s',
    measured: `${rounded(median(shares))} % of a core`,
    target: '≤ 5 %',
    ...judged([median(shares), { atMost: 5 }]),
    detail: `rounds ${shares.map(rounded).join(', ')} %; without a viewer ${quiet.map((one) => one.toFixed(2)).join(', ')} %; ${actors.toLocaleString('en-US')} actors`,
  };
}

function stepRow(steps: readonly number[], rows: number): Row {
  return {
    id: 'I3',
    what: 'one step into the past of a whole account, over HTTP',
    measured: `p95 ${rounded(percentile(steps, 0.95))} ms`,
    target: '≤ 30 ms',
    ...judged([percentile(steps, 0.95), { atMost: 30 }]),
    detail: `p50 ${rounded(median(steps))} ms; ${rows.toLocaleString('en-US')} rows, ${actors.toLocaleString('en-US')} actors in each picture`,
  };
}
