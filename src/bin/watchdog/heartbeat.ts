/**
 * What the engine's thread and its watchdog share: a few numbers that both may read and write at any time. The watchdog
 * looks at nothing else, so nothing that hangs can hold it up. Source: execution 9.1 (own path), supervision 10.
 */
const slots = ['beats', 'isClosed', 'stalls', 'longestMs', 'stalledMs', 'pulled'] as const;
type Slot = (typeof slots)[number];

export class Heartbeat {
  readonly shared: SharedArrayBuffer;
  private readonly cells: Int32Array;

  constructor(shared = new SharedArrayBuffer(slots.length * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.cells = new Int32Array(shared);
  }

  /** The engine moves. */
  beat(): void {
    Atomics.add(this.cells, slots.indexOf('beats'), 1);
  }

  get(slot: Slot): number {
    return Atomics.load(this.cells, slots.indexOf(slot));
  }

  set(slot: Slot, value: number): void {
    Atomics.store(this.cells, slots.indexOf(slot), value);
  }

  /** Nobody watches any more; wakes the watchdog. */
  close(): void {
    this.set('isClosed', 1);
    Atomics.notify(this.cells, slots.indexOf('isClosed'));
  }

  /** Sleeps without an event loop. @returns false when it was closed meanwhile */
  sleep(durationMs: number): boolean {
    Atomics.wait(this.cells, slots.indexOf('isClosed'), 0, durationMs);
    return this.get('isClosed') === 0;
  }
}

/**
 * How long the engine has not moved, as the watchdog counts it: in looks of its own, each worth at most twice what it
 * was meant to take. A machine that slept, or a process that was stopped as a whole, is no engine that hangs. Pure.
 */
export function stalledMs(
  before: { readonly beats: number; readonly stalledMs: number },
  now: { readonly beats: number; readonly elapsedMs: number; readonly pauseMs: number },
): number {
  if (now.beats !== before.beats) return 0;
  return before.stalledMs + Math.min(Math.max(0, now.elapsedMs), now.pauseMs * 2);
}
