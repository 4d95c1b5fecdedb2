/**
 * Time comes in by this door only.
 *
 * Wall time (UTC) is for calendars and for what people read; monotonic time for durations.
 */
import { condition, invariant } from './assert.ts';

export type Cancel = () => void;

export interface Clock {
  /** Wall clock, milliseconds since the epoch, UTC. */
  nowMs(): number;
  /** Milliseconds of a clock that never jumps and never goes back; its zero means nothing. */
  monotonicMs(): number;
  /**
   * Runs once when the wall clock has reached `dueAtMs`, never before; at once (in a later turn) when that has passed.
   *
   * @throws ConditionFailed when `dueAtMs` is no whole millisecond
   */
  schedule(dueAtMs: number, run: () => void): Cancel;
  /** Runs once when so much monotonic time has passed, whatever the wall clock does meanwhile; whole milliseconds. */
  scheduleIn(durationMs: number, run: () => void): Cancel;
}

/** The wall clock is asked again at least this often: it may have been set forward. Source: rules 6, reset check. */
const delayMsMax = 60_000;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(dueAtMs, run) {
    checkInstant(dueAtMs);
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const delayMs = Math.max(0, dueAtMs - Date.now());
      timer = setTimeout(fire, Math.min(delayMs, delayMsMax));
    };
    // Asked again at the end: the platform's timers may be a millisecond early, and the wall clock may have gone back.
    const fire = (): void => (Date.now() < dueAtMs ? arm() : run());
    arm();
    return () => clearTimeout(timer);
  },
  scheduleIn(durationMs, run) {
    checkInstant(durationMs);
    const dueAtMs = performance.now() + durationMs;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const delayMs = Math.max(0, Math.ceil(dueAtMs - performance.now()));
      timer = setTimeout(fire, Math.min(delayMs, delayMsMax));
    };
    const fire = (): void => (performance.now() < dueAtMs ? arm() : run());
    arm();
    return () => clearTimeout(timer);
  },
};

function checkInstant(atMs: number): void {
  condition(Number.isSafeInteger(atMs), () => `an instant is a whole millisecond, was ${atMs}`);
}

type Entry = {
  readonly dueAtMs: number;
  readonly order: number;
  readonly run: () => void;
  state: 'armed' | 'canceled' | 'done';
};

/** Canceled entries that may wait for their due time before the heap is rebuilt without them. */
const canceledMax = 64;

/**
 * A clock that moves only when told. Callbacks run in order of (due time, order of scheduling),
 * each with the clock at its own due time, so that timers armed inside a callback start from there.
 */
export class SimulatedClock implements Clock {
  private atMs: number;
  private order = 0;
  private heap: Entry[] = [];
  private canceled = 0;

  constructor(startMs: number) {
    checkInstant(startMs);
    this.atMs = startMs;
  }

  nowMs(): number {
    return this.atMs;
  }

  monotonicMs(): number {
    return this.atMs;
  }

  schedule(dueAtMs: number, run: () => void): Cancel {
    checkInstant(dueAtMs);
    const entry: Entry = {
      dueAtMs: Math.max(dueAtMs, this.atMs),
      order: this.order++,
      run,
      state: 'armed',
    };
    this.push(entry);
    return () => {
      if (entry.state !== 'armed') return;
      entry.state = 'canceled';
      this.canceled += 1;
      this.compact();
    };
  }

  scheduleIn(durationMs: number, run: () => void): Cancel {
    return this.schedule(this.atMs + Math.max(0, durationMs), run);
  }

  /** Callbacks that are armed, and canceled ones not yet dropped. Bounded by the armed ones. */
  get size(): number {
    return this.heap.length;
  }

  /** Due time of the next callback, or undefined when nothing is scheduled. */
  nextDueMs(): number | undefined {
    this.dropCanceled();
    return this.heap[0]?.dueAtMs;
  }

  /** Moves to `toMs` without running anything; refuses to go back or to jump over a callback. */
  set(toMs: number): void {
    checkInstant(toMs);
    condition(toMs >= this.atMs, () => `a clock does not go back, was ${toMs} at ${this.atMs}`);
    const next = this.nextDueMs();
    invariant(next === undefined || next >= toMs, 'a clock does not jump over a callback');
    this.atMs = toMs;
  }

  /** The process stands still: time passes and nothing runs; what has become due meanwhile runs late, in its order. */
  stall(durationMs: number): void {
    checkInstant(durationMs);
    this.atMs += Math.max(0, durationMs);
  }

  /** Runs the next callback that is due at or before `untilMs`; false when there is none. */
  runNext(untilMs: number): boolean {
    this.dropCanceled();
    const next = this.heap[0];
    if (next === undefined || next.dueAtMs > untilMs) return false;
    this.pop();
    next.state = 'done';
    this.atMs = Math.max(this.atMs, next.dueAtMs);
    next.run();
    return true;
  }

  /** Runs everything due up to `toMs` in order, then stands at `toMs`. */
  advanceTo(toMs: number): void {
    while (this.runNext(toMs));
    this.set(toMs);
  }

  private dropCanceled(): void {
    while (this.heap[0]?.state === 'canceled') {
      this.pop();
      this.canceled -= 1;
    }
  }

  /** Deadlines that are moved again and again must not pile up until the last of them is due. */
  private compact(): void {
    if (this.canceled <= canceledMax || this.canceled * 2 <= this.heap.length) return;
    const armed = this.heap.filter((entry) => entry.state === 'armed');
    this.heap = [];
    this.canceled = 0;
    for (const entry of armed) this.push(entry);
  }

  private before(left: number, right: number): boolean {
    const a = this.heap[left];
    const b = this.heap[right];
    if (a === undefined || b === undefined) return false;
    return a.dueAtMs < b.dueAtMs || (a.dueAtMs === b.dueAtMs && a.order < b.order);
  }

  private swap(left: number, right: number): void {
    const a = this.heap[left];
    const b = this.heap[right];
    if (a === undefined || b === undefined) return;
    this.heap[left] = b;
    this.heap[right] = a;
  }

  private push(entry: Entry): void {
    this.heap.push(entry);
    let child = this.heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.before(child, parent)) return;
      this.swap(child, parent);
      child = parent;
    }
  }

  private pop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    let parent = 0;
    for (;;) {
      const left = parent * 2 + 1;
      let least = parent;
      if (this.before(left, least)) least = left;
      if (this.before(left + 1, least)) least = left + 1;
      if (least === parent) return;
      this.swap(parent, least);
      parent = least;
    }
  }
}
