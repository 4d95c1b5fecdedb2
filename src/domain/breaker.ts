/**
 * One circuit breaker: a state, and what a call or the time makes of it. Pure, in whole numbers; it decides nothing else.
 * Source: execution 13.3, trading-controls 3.
 */
import { addExact } from './arithmetic.ts';

/** What is opened by venue calls. `rateLimit` and `apiHealth` watch all of them, the others one class of calls. */
export const breakerNames = [
  'rate_limit',
  'api_health',
  'general',
  'orders',
  'history',
  'hub',
] as const;
export type BreakerName = (typeof breakerNames)[number];

export type BreakerSettings = {
  /** Failures in a row that open it. */
  readonly failuresMax: number;
  /** Failures farther apart than this do not count together; left out: any time apart. */
  readonly failureWindowMs?: number;
  /** Share of failed calls that opens it, in the window of `callsOf`; left out: no share does. */
  readonly failedPpmMax?: number;
  /** Time until it is tried; left out: until a call succeeds. */
  readonly openDurationMs?: number;
  /** Calls at a time while it is tried; 0: it closes by time alone. */
  readonly probes: number;
  readonly successesMin: number;
};

export type BreakerState = {
  readonly phase: 'closed' | 'open' | 'halfOpen';
  /** Failures in a row. */
  readonly failures: number;
  readonly firstFailureAtMs: number;
  /** 0: no time ends it. */
  readonly openUntilMs: number;
  /** While it is tried. */
  readonly successes: number;
  readonly trips: number;
};

export const closedBreaker: BreakerState = {
  phase: 'closed',
  failures: 0,
  firstFailureAtMs: 0,
  openUntilMs: 0,
  successes: 0,
  trips: 0,
};

/** Calls of a class in the last ten seconds. */
export type CallCounts = { readonly calls: number; readonly failed: number };

/** Fewer calls say nothing about a share. */
const callsMin = 10;

export function afterFailure(
  state: BreakerState,
  settings: BreakerSettings,
  counts: CallCounts,
  atMs: number,
): BreakerState {
  const { failureWindowMs } = settings;
  const isFresh =
    state.failures > 0 &&
    (failureWindowMs === undefined || atMs - state.firstFailureAtMs <= failureWindowMs);
  const failures = isFresh ? state.failures + 1 : 1;
  const firstFailureAtMs = isFresh ? state.firstFailureAtMs : atMs;
  const counted = { ...state, failures, firstFailureAtMs };
  if (state.phase === 'halfOpen') return opened(counted, settings, atMs);
  if (state.phase === 'open') {
    // Too much of everything: the pause begins anew. What waits for probes keeps its time.
    return settings.probes === 0 ? { ...counted, openUntilMs: untilOf(settings, atMs) } : counted;
  }
  const { failedPpmMax } = settings;
  const isShare =
    failedPpmMax !== undefined &&
    counts.calls >= callsMin &&
    counts.failed * 1_000_000 >= counts.calls * failedPpmMax;
  return failures >= settings.failuresMax || isShare ? opened(counted, settings, atMs) : counted;
}

export function afterSuccess(state: BreakerState, settings: BreakerSettings): BreakerState {
  if (state.phase === 'closed') return state.failures === 0 ? state : { ...state, failures: 0 };
  if (state.phase === 'open')
    return settings.openDurationMs === undefined ? closed(state) : { ...state, failures: 0 };
  const successes = state.successes + 1;
  return successes >= settings.successesMin ? closed(state) : { ...state, failures: 0, successes };
}

/** What time alone changes. */
export function afterTime(
  state: BreakerState,
  settings: BreakerSettings,
  atMs: number,
): BreakerState {
  if (state.phase !== 'open' || state.openUntilMs === 0 || atMs < state.openUntilMs) return state;
  if (settings.probes === 0) return closed(state);
  return { ...state, phase: 'halfOpen', successes: 0, openUntilMs: 0 };
}

function opened(state: BreakerState, settings: BreakerSettings, atMs: number): BreakerState {
  const openUntilMs = untilOf(settings, atMs);
  return { ...state, phase: 'open', openUntilMs, successes: 0, trips: state.trips + 1 };
}

function untilOf({ openDurationMs }: BreakerSettings, atMs: number): number {
  return openDurationMs === undefined ? 0 : addExact(atMs, openDurationMs);
}

function closed({ trips }: BreakerState): BreakerState {
  return { ...closedBreaker, trips };
}

function ofClass(
  failuresMax: number,
  failedPercent: number,
  openSeconds: number,
  successesMin: number,
): BreakerSettings {
  return {
    failuresMax,
    failedPpmMax: failedPercent * 10_000,
    openDurationMs: openSeconds * 1_000,
    probes: 3,
    successesMin,
  };
}

/** Source: execution 13.3. The pause of rate_limit and the numbers of api_health come from the controls. */
export function breakerSettings(given: {
  readonly rateLimitSeconds: number;
  readonly apiErrors: number;
  readonly apiWindowSeconds: number;
}): Readonly<Record<BreakerName, BreakerSettings>> {
  return {
    rate_limit: {
      failuresMax: 1,
      openDurationMs: given.rateLimitSeconds * 1_000,
      probes: 0,
      successesMin: 0,
    },
    api_health: {
      failuresMax: given.apiErrors,
      failureWindowMs: given.apiWindowSeconds * 1_000,
      probes: 0,
      successesMin: 1,
    },
    general: ofClass(5, 50, 60, 3),
    orders: ofClass(3, 30, 30, 5),
    history: ofClass(10, 50, 120, 3),
    hub: ofClass(3, 50, 10, 3),
  };
}

const slotMs = 1_000;
const slots = 10;

/** Calls and failures of the last ten seconds, second by second: constant memory at any rate. */
export class CallWindow {
  private readonly seconds = Array.from({ length: slots }, () => -1);
  private readonly calls = Array.from({ length: slots }, () => 0);
  private readonly failed = Array.from({ length: slots }, () => 0);

  noteCall(atMs: number): void {
    const slot = this.slotOf(atMs);
    this.calls[slot] = (this.calls[slot] ?? 0) + 1;
  }

  noteFailure(atMs: number): void {
    const slot = this.slotOf(atMs);
    this.failed[slot] = (this.failed[slot] ?? 0) + 1;
  }

  countsAt(atMs: number): CallCounts {
    const second = Math.floor(atMs / slotMs);
    let [calls, failed] = [0, 0];
    for (let slot = 0; slot < slots; slot += 1) {
      const at = this.seconds[slot] ?? -1;
      if (at < 0 || at <= second - slots || at > second) continue;
      calls += this.calls[slot] ?? 0;
      failed += this.failed[slot] ?? 0;
    }
    return { calls, failed };
  }

  private slotOf(atMs: number): number {
    const second = Math.floor(atMs / slotMs);
    const slot = second % slots;
    if (this.seconds[slot] !== second) {
      this.seconds[slot] = second;
      this.calls[slot] = 0;
      this.failed[slot] = 0;
    }
    return slot;
  }
}
