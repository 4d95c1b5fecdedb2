/** What is on the wire: runs in order of due time, first in first out within one instant. */
import type { Clock } from '../../kernel/clock.ts';

export interface DelayLine {
  /** Runs at once for a delay of 0, unless something due at this instant still waits; else when the time has come. */
  push(delayMs: number, run: () => void): void;
  /** Drops everything that has not run. */
  clear(): void;
}

type Item = { readonly dueAtMs: number; readonly run: () => void };

export function createDelayLine(clock: Clock): DelayLine {
  const waiting: Item[] = [];
  let head = 0;
  let isRunning = false;

  const runThrough = (last: (item: Item) => boolean): void => {
    if (isRunning) return;
    isRunning = true;
    try {
      for (let item = waiting[head]; item !== undefined && last(item); item = waiting[head]) {
        head += 1;
        item.run();
      }
    } finally {
      isRunning = false;
      if (head > 0) waiting.splice(0, head);
      head = 0;
    }
  };

  return {
    push(delayMs, run) {
      const dueAtMs = clock.nowMs() + delayMs;
      let at = waiting.length;
      while (at > head && (waiting[at - 1]?.dueAtMs ?? 0) > dueAtMs) at -= 1;
      const item: Item = { dueAtMs, run };
      waiting.splice(at, 0, item);
      if (delayMs === 0) runThrough((next) => next.dueAtMs <= dueAtMs);
      // A real timer may be early by a fraction of a millisecond, so the item itself decides, not the clock.
      else clock.schedule(dueAtMs, () => runThrough((next) => next.dueAtMs <= dueAtMs));
    },
    clear() {
      waiting.length = 0;
      head = 0;
    },
  };
}
