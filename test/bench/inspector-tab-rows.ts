import type { Tab, TabMemory, TabWork } from './inspector-tab.ts';
/** The rows of the inspector's page: loading, scrolling, filtering, and what the tab holds. */
import { judged, judgedByClock, median, percentile, rounded, type Row } from './measure.ts';

const hourS = 3_600;
/** What a page gathers in its first minutes is no measure of an hour. */
const judgedFromS = 290;
const millisecondsPerMinute = 60_000;

export type TabFigures = {
  readonly loads: readonly (readonly [paintMs: number, rowsMs: number, allMs: number])[];
  readonly scroll: Awaited<ReturnType<Tab['scroll']>>;
  readonly filters: readonly (readonly [changedMs: number, shownMs: number])[];
  readonly still: TabWork;
  readonly memory: readonly TabMemory[];
};

/** One after the other they leave different numbers of lines: a change is seen by its count. */
const words = ['x', 'bh-bench-99', 'working', 'a3', 'bench', 'rule', 'order'];

/** Looks at the tree of all actors while the load goes on. @param minutes how long the memory is watched */
export async function lookAtTab(
  tab: Tab,
  url: string,
  actors: number,
  minutes: number,
): Promise<TabFigures> {
  const loads: (readonly [number, number, number])[] = [];
  for (let round = 0; round < 5; round += 1) loads.push(await tab.load(`${url}tree`, actors));
  // Every actor is a line of it.
  await tab.load(`${url}tree?q=account`, actors);
  await tab.page.waitForTimeout(1_000);
  const still = await tab.during(() => tab.page.waitForTimeout(5_000));
  const scroll = await tab.scroll(6_000);
  const filters: (readonly [number, number])[] = [];
  for (const word of [...words, ...words]) {
    filters.push(await tab.filter(word));
    await tab.page.waitForTimeout(400);
  }
  const memory = await watchMemory(tab, minutes);
  return { loads, scroll, filters, still, memory };
}

/** Sixty looks, however long it takes; the first after the page has settled. */
async function watchMemory(tab: Tab, minutes: number): Promise<readonly TabMemory[]> {
  const looks = 60;
  const pauseMs = (minutes * millisecondsPerMinute) / looks;
  const found = [await tab.memory(0)];
  for (let look = 1; look <= looks; look += 1) {
    await tab.page.waitForTimeout(pauseMs);
    found.push(await tab.memory((look * pauseMs) / 1_000));
  }
  return found;
}

export function tabRows(figures: TabFigures, actors: number): readonly Row[] {
  return [
    loadRow(figures, actors),
    scrollRow(figures, actors),
    filterRow(figures, actors),
    memoryRow(figures),
  ];
}

const beside =
  'Chromium without a screen on the same processors as the engine and the load, at 1,000 transitions/s';

function loadRow({ loads }: TabFigures, actors: number): Row {
  const at = (index: 0 | 1 | 2): number => median(loads.map((load) => load[index]));
  const { note, ...verdict } = judgedByClock(
    [at(0), { atMost: 1_000 }],
    [at(1), { atMost: 1_500 }],
  );
  return {
    id: 'I5',
    what: `the page of the tree with ${actors.toLocaleString('en-US')} actors: first paint / rows that can be walked`,
    measured: `${rounded(at(0))} / ${rounded(at(1))} ms`,
    target: '≤ 1 / ≤ 1.5 s',
    ...verdict,
    detail: `median of ${loads.length} loads; every actor is there after ${rounded(at(2))} ms; rows after ${loads.map((load) => rounded(load[1])).join(', ')} ms; ${beside}; ${note}`,
  };
}

function scrollRow({ scroll, still }: TabFigures, actors: number): Row {
  const { framesPerSecond, frameP95Ms, frameCpuMs, rowsMost, work } = scroll;
  const longest = Math.max(0, ...work.longTasksMs);
  // A screen of 60 frames is counted as 59.9 or so.
  const { note, ...verdict } = judgedByClock(
    [framesPerSecond, { atLeast: 59 }],
    [Math.max(1, longest), { atMost: 50 }],
    [rowsMost, { atMost: 120 }],
  );
  return {
    id: 'I6',
    what: `scrolling ${actors.toLocaleString('en-US')} lines: frames per second / longest task / rows in the document`,
    measured: `${rounded(framesPerSecond)}/s / ${longest === 0 ? 'none over 50' : longest} ms / ${rowsMost}`,
    target: '60/s / ≤ 50 ms / ≤ 120',
    ...verdict,
    detail: `eight rows a frame for 6 s: ${rounded(frameCpuMs)} ms on a processor for each frame (16.7 are there), 95 % of the frames within ${rounded(frameP95Ms)} ms by the clock, tasks over 50 ms ${listOf(work.longTasksMs)}; the page’s thread ${rounded(work.busyPercent)} % on a processor, without scrolling ${rounded(still.busyPercent)} %, tasks over 50 ms ${listOf(still.longTasksMs)}; ${beside}; ${note}`,
    why: 'frames and tasks are timed by the clock, so a processor that others take away makes them long; the time on a processor for each frame says what the page itself needs',
  };
}

function filterRow({ filters }: TabFigures, actors: number): Row {
  const changed = filters.map(([changedMs]) => changedMs);
  const shown = filters.map(([, shownMs]) => shownMs);
  const { note, ...verdict } = judgedByClock([percentile(changed, 0.95), { atMost: 50 }]);
  return {
    id: 'I7',
    what: `a letter of the filter over ${actors.toLocaleString('en-US')} actors, until the rows have changed`,
    measured: `p50 ${rounded(median(changed))}, p95 ${rounded(percentile(changed, 0.95))} ms`,
    target: '≤ 50 ms',
    ...verdict,
    detail: `${filters.length} filters of 1 to ${actors.toLocaleString('en-US')} hits; until the frame was shown p50 ${rounded(median(shown))}, p95 ${rounded(percentile(shown, 0.95))} ms; ${beside}; ${note}`,
  };
}

function memoryRow({ memory }: TabFigures): Row {
  const lastS = memory.at(-1)?.atS ?? 0;
  const isWhole = lastS >= hourS - 1;
  const heap = memory.map(({ heapMb }) => heapMb);
  const most = Math.max(...memory.map(({ privateMb }) => privateMb));
  // The first third is the page settling down.
  const slope = slopeOf(memory.slice(Math.floor(memory.length / 3)));
  const atHour = (heap.at(-1) ?? 0) + Math.max(0, slope) * (hourS - lastS);
  const value = isWhole ? most : most + Math.max(0, slope) * (hourS - lastS);
  return {
    id: 'I8',
    what: isWhole ? 'memory of the tab in one hour' : 'memory of the tab, carried on to one hour',
    measured: `${rounded(value)} MB`,
    target: '≤ 150 MB',
    ...(lastS >= judgedFromS ? judged([value, { atMost: 150 }]) : {}),
    detail: `watched for ${rounded(lastS / 60)} min at 1,000 transitions/s: objects after a full collection ${rounded(heap[0] ?? 0)} MB at first, ${rounded(heap.at(-1) ?? 0)} MB at last, ${(slope * 60).toFixed(3)} MB a minute over the last two thirds${isWhole ? '' : ` (${rounded(atHour)} MB after an hour of that)`}; memory of the tab’s process that it shares with nobody ${rounded(most)} MB at most${isWhole ? '' : '; the hour itself is run with `npm run bench -- --only I1 --minutes 60`'}`,
  };
}

function listOf(longTasksMs: readonly number[]): string {
  return longTasksMs.length === 0 ? 'none' : `${longTasksMs.join(', ')} ms`;
}

/** MB a second, least squares. */
function slopeOf(memory: readonly TabMemory[]): number {
  const count = memory.length;
  const meanS = memory.reduce((sum, { atS }) => sum + atS, 0) / count;
  const meanMb = memory.reduce((sum, { heapMb }) => sum + heapMb, 0) / count;
  let [above, below] = [0, 0];
  for (const { atS, heapMb } of memory) {
    above += (atS - meanS) * (heapMb - meanMb);
    below += (atS - meanS) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
