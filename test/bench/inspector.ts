/**
 * The load budget of the inspector (inspector 8): ten thousand actors and a thousand transitions a second, with nobody
 * looking, with a viewer that draws nothing, and with a browser on the same machine.
 *
 * A viewer and nobody take turns in one run. Clock times are taken apart by what the kernel says of the thread: on a
 * processor, waiting for one, and the rest, which is the disk and the locks.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startInspector, type InspectorHost } from '../../src/bin/inspector-host.ts';
import { InspectorClient } from '../../src/inspector/client.ts';
import { TokenFile } from '../../src/inspector/tokens.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { open } from '../support/journal-fixture.ts';
import { Crowd, crowdMachines, liveOfCrowd, paced, type Paced } from './inspector-crowd.ts';
import { lookAtTab, tabRows } from './inspector-tab-rows.ts';
import { Tab, withBuiltPage } from './inspector-tab.ts';
import {
  judged,
  judgedByClock,
  median,
  percentile,
  rounded,
  type Case,
  type Row,
} from './measure.ts';
import { inDirectory } from './stage.ts';
import { countsThreads, mainThread, threadIds, threadsTime, timeBetween } from './thread-time.ts';

const actors = 10_000;
const historyRows = 50_000;
const rounds = 4;

/** One stretch of the load. */
type Stretch = Paced & {
  /** Percent of one core: the thread of the machines, the inspector's, the whole process with its helpers. */
  readonly mainShare: number;
  readonly ownShare: number;
  readonly processShare: number;
};

type Load = {
  readonly crowd: Crowd;
  readonly host: InspectorHost;
  readonly own: readonly string[];
};

export const benchInspector: Case = async ({ scale, minutes }) => {
  const durationMs = Math.max(1_000, 5_000 * scale);
  return inDirectory((directory) =>
    withBuiltPage(async (pageFolder) => {
      const journal = open(directory, { knownMachines: crowdMachines });
      const crowd = new Crowd(journal, actors);
      crowd.fill(historyRows);
      const before = threadIds();
      const host = await startInspector(
        {
          dataDir: directory,
          port: 0,
          version: 'bench',
          allowActions: false,
          isRunning: true,
          pageFolder,
        },
        () => Promise.resolve({ outcome: 'refused', text: 'bench' }),
      );
      const { token } = new TokenFile(directory, systemClock).create({
        role: 'auditor',
        by: 'bench',
        days: 1,
      });
      const load = { crowd, host, own: [...threadIds()].filter((id) => !before.has(id)) };
      const server = await lookByProgram(load, token, durationMs);
      const steps = await stepTimes(new InspectorClient(host.url, token));
      const tab = await lookByBrowser(load, `${host.url}#token=${token}`, durationMs, minutes);
      await host.close();
      journal.close({ isClean: true });
      return [
        addedRow(server),
        shareRow(server),
        stepRow(steps, crowd),
        browserRow(tab?.stretches),
        ...(tab === undefined ? [] : tabRows(tab.figures, crowd.size)),
        nobodyRow(server),
      ];
    }),
  );
};

async function stretch({ crowd, host, own }: Load, durationMs: number): Promise<Stretch> {
  const [main, others, all] = [mainThread(), threadsTime(own), process.cpuUsage()];
  const found = await paced(crowd, durationMs, () => {
    if (host.isWatched()) host.tell(liveOfCrowd(systemClock.nowMs()));
  });
  const { user, system } = process.cpuUsage(all);
  const share = (cpuMs: number): number => (100 * cpuMs) / durationMs;
  return {
    ...found,
    mainShare: share(timeBetween(main, mainThread()).cpuMs),
    ownShare: share(timeBetween(others, threadsTime(own)).cpuMs),
    processShare: share((user + system) / 1_000),
  };
}

/** Stretches with nobody and with a viewer, in turns. */
type Turns = {
  readonly alone: readonly Stretch[];
  readonly watched: readonly Stretch[];
  /** Percent of a core that the viewer itself took. */
  readonly viewerShare: number;
};

const viewerFile = fileURLToPath(new URL('inspector-viewer.child.ts', import.meta.url));

async function lookByProgram(load: Load, token: string, durationMs: number): Promise<Turns> {
  const child = spawn(process.execPath, ['--import', 'tsx', viewerFile, load.host.url, token], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answer = wordsOf(child);
  const [alone, watched, took]: [Stretch[], Stretch[], number[]] = [[], [], []];
  await answer('ready');
  await stretch(load, 1_000);
  for (let round = 0; round < rounds; round += 1) {
    alone.push(await stretch(load, durationMs));
    child.stdin?.write('on\n');
    const isWatching = answer('watching');
    await stretch(load, 1_000);
    await isWatching;
    // The walk over the history is once, and not what a viewer costs.
    if (round === 0) await stretch(load, 12_000);
    watched.push(await stretch(load, durationMs));
    child.stdin?.write('off\n');
    took.push(Number((await answer('gone')).split(' ')[1]));
    await stretch(load, 500);
  }
  child.stdin?.end();
  // The first look was longer.
  const viewerShare = median(took.slice(1).map((ms) => (100 * ms) / (durationMs + 1_000)));
  return { alone, watched, viewerShare };
}

/** Waits for a line of the child that begins so. */
function wordsOf(child: ChildProcess): (word: string) => Promise<string> {
  const said: string[] = [];
  const waiting: (() => void)[] = [];
  const state = { hasEnded: false };
  child.on('close', () => {
    state.hasEnded = true;
    for (const wake of waiting.splice(0)) wake();
  });
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(line);
      for (const wake of waiting.splice(0)) wake();
    });
  return async (word) => {
    for (;;) {
      const index = said.findIndex((line) => line.startsWith(word));
      if (index !== -1) return said.splice(index, 1)[0] ?? '';
      if (state.hasEnded) throw new Error(`the viewer ended before it said ${word}`);
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
}

async function lookByBrowser(load: Load, signInUrl: string, durationMs: number, minutes: number) {
  const tab = await Tab.open();
  if (tab === undefined) return undefined;
  const state = { isOver: false };
  try {
    const { url } = load.host;
    const [alone, watched]: [Stretch[], Stretch[]] = [[], []];
    await tab.signIn(signInUrl);
    for (let round = 0; round < 2; round += 1) {
      await tab.page.goto('about:blank');
      await stretch(load, 500);
      alone.push(await stretch(load, durationMs));
      const loading = tab.load(`${url}tree?q=account`, load.crowd.size);
      await stretch(load, 3_000);
      await loading;
      watched.push(await stretch(load, durationMs));
    }
    const going = keepGoing(load, state);
    const figures = await lookAtTab(tab, url, load.crowd.size, minutes);
    state.isOver = true;
    await going;
    return { stretches: { alone, watched, viewerShare: Number.NaN }, figures };
  } finally {
    state.isOver = true;
    await tab.close();
  }
}

async function keepGoing(load: Load, state: { readonly isOver: boolean }): Promise<void> {
  while (!state.isOver) await stretch(load, 500);
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

function p99(stretches: readonly Stretch[], of: keyof Paced): number {
  return median(stretches.map((one) => percentile(one[of], 0.99)));
}

function p50(stretches: readonly Stretch[], of: keyof Paced): number {
  return median(stretches.map((one) => percentile(one[of], 0.5)));
}

/** Neighbours in time are compared: a slow phase of the machine hits both. */
function addedOf({ alone, watched }: Turns, of: keyof Paced): number {
  return median(
    watched.map(
      (one, round) => percentile(one[of], 0.99) - percentile(alone[round]?.[of] ?? [], 0.99),
    ),
  );
}

function partsText({ alone, watched }: Turns): string {
  const part = (of: keyof Paced): string =>
    `p50 ${rounded(p50(alone, of))} and ${rounded(p50(watched, of))}, p99 ${rounded(p99(alone, of))} and ${rounded(p99(watched, of))} ms`;
  const threads = countsThreads()
    ? `; of the commit the thread was on a processor ${part('cpu')}, and waited for one ${part('queued')}`
    : '';
  return `without and with: from the intended time ${part('late')}; the commit itself ${part('took')}${threads}`;
}

const busyWhy =
  'the thread of the machines does nothing for a viewer, so its time on a processor is the same with and without one; where more wants to run than there are processors, it waits for its turn, and the details say how long';

function addedRow(turns: Turns): Row {
  const added = addedOf(turns, 'late');
  const { note, ...verdict } = judgedByClock([Math.max(1e-6, added), { atMost: 1 }]);
  return {
    id: 'I1',
    what: 'one viewer at 10,000 actors and 1,000 transitions/s: added to the p99 of a commit, from its intended time',
    measured: `${added.toFixed(2)} ms by the clock, ${addedOf(turns, 'cpu').toFixed(2)} ms on a processor`,
    target: '≤ 1 ms',
    ...verdict,
    why: busyWhy,
    detail: `median of ${rounds} pairs of stretches in turns; ${partsText(turns)}; the viewer is a process of its own that reads every feed, draws nothing and takes ${rounded(turns.viewerShare)} % of a core; ${note}`,
  };
}

function shareRow({ alone, watched }: Turns): Row {
  const share = (of: 'mainShare' | 'ownShare' | 'processShare', list: readonly Stretch[]): number =>
    median(list.map((one) => one[of]));
  const added = share('processShare', watched) - share('processShare', alone);
  return {
    id: 'I2',
    what: 'one viewer at 10,000 actors and 1,000 transitions/s: processor time added to the whole process',
    measured: `${rounded(added)} % of a core`,
    target: '≤ 5 %',
    ...judged([Math.max(1e-6, added), { atMost: 5 }]),
    detail: `time on processors, so foreign load hardly counts: thread of the machines ${rounded(share('mainShare', alone))} % without and ${rounded(share('mainShare', watched))} % with, thread of the inspector ${rounded(share('ownShare', watched))} % (rounds ${watched.map(({ ownShare }) => rounded(ownShare)).join(', ')}), process ${rounded(share('processShare', alone))} and ${rounded(share('processShare', watched))} %; the walk that proves the history once is not in it`,
  };
}

function stepRow(steps: readonly number[], crowd: Crowd): Row {
  const { note, ...verdict } = judgedByClock([percentile(steps, 0.95), { atMost: 30 }]);
  return {
    id: 'I3',
    what: 'one step into the past of a whole account, over HTTP',
    measured: `p95 ${rounded(percentile(steps, 0.95))} ms`,
    target: '≤ 30 ms',
    ...verdict,
    detail: `p50 ${rounded(median(steps))} ms; ${crowd.seq.toLocaleString('en-US')} rows, ${(crowd.size / 10).toLocaleString('en-US')} actors in each picture; ${note}`,
  };
}

/** Not judged: who looks sits at a machine of their own, and a browser takes most of two cores. */
function browserRow(turns: Turns | undefined): Row {
  const what = 'the same with a browser on the machine of the engine: added to the p99 of a commit';
  if (turns === undefined)
    return { id: 'I4', what, measured: 'not run', target: 'none', detail: 'no Chromium here' };
  return {
    id: 'I4',
    what,
    measured: `${addedOf(turns, 'late').toFixed(2)} ms by the clock, ${addedOf(turns, 'cpu').toFixed(2)} ms on a processor`,
    target: 'none',
    detail: `two pairs of stretches, the tree of all actors open; ${partsText(turns)}; ${judgedByClock().note}`,
  };
}

function nobodyRow({ alone }: Turns): Row {
  const share = median(alone.map(({ ownShare }) => ownShare));
  return {
    id: 'I9',
    what: 'the inspector’s own thread while nobody looks',
    measured: `${share.toFixed(3)} % of a core`,
    target: 'nothing (≤ 0.1 %)',
    ...judged([Math.max(1e-6, share), { atMost: 0.1 }]),
    detail: `time on processors in ${alone.length} stretches: ${alone.map(({ ownShare }) => ownShare.toFixed(3)).join(', ')} %; nothing is read and nothing is told`,
  };
}
