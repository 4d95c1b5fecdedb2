/** When an actor that crashed is expected back: its wait doubles with each crash. Source: supervision 5. */
import { limits } from '../kernel/limits.ts';
import type { JournalView } from '../ports/journal-view.port.ts';
import { contextOf, type ActorIndex } from './actor-index.ts';

/** Crashes that are looked at; the wait is at its longest by then. */
const crashesMax = 20;

/** Undefined while it is not waiting for its restart. The engine adds up to a fifth, or takes it away. */
export function expectedRestart(
  view: JournalView,
  index: ActorIndex,
  id: string,
): { readonly earliestMs: number; readonly latestMs: number } | undefined {
  const { account = '' } = index.get(id) ?? {};
  const root = index.get(`account/${account}`);
  const { causes = {} } = (root === undefined ? {} : contextOf(root)) as {
    readonly causes?: Readonly<Record<string, unknown>>;
  };
  if (!(`crash:${id}` in causes)) return undefined;
  const crashes = view.crashes(crashesMax, id).toReversed();
  let waitMs: number = limits.restartBackoffMs;
  let lastMs = 0;
  for (const { atMs } of crashes) {
    const isQuiet = atMs - lastMs > (limits.restartBackoffMs + limits.restartBackoffMsMax) / 2; // tidy-ok: the middle
    waitMs = lastMs === 0 || isQuiet ? limits.restartBackoffMs : nextWait(waitMs);
    lastMs = atMs;
  }
  if (lastMs === 0) return undefined;
  const part = waitMs / 5; // tidy-ok: a time for people
  return {
    earliestMs: Math.floor(lastMs + waitMs - part),
    latestMs: Math.ceil(lastMs + waitMs + part),
  };
}

function nextWait(waitMs: number): number {
  return Math.min(waitMs * 2, limits.restartBackoffMsMax);
}
