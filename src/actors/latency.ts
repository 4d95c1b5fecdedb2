import { raiseAlert, resolveAlerts } from './alerts.ts';
import { LatencyWindow } from './latency-window.ts';
import { outside, type Turn } from './turn.ts';
/**
 * How long the venue takes to answer: the last answers of each kind of command, by the clock of the engine. The objective
 * is held against all of them; a violation is told and ends by itself. Source: REQ-OB1, execution 10 (latency).
 */
import type { Unanswered } from './venue-gateway.ts';
import type { World } from './world.ts';

export const timedCalls = ['place', 'cancel', 'modify'] as const;
export type TimedCall = Unanswered['call'];

/** With fewer answers a share of them says nothing. */
const samplesMin = 20;
/** Monotonic time between two looks. */
const lookPauseMs = 1_000;

export class LatencyMonitor {
  readonly windows: Readonly<Record<TimedCall, LatencyWindow>> = {
    place: new LatencyWindow(),
    cancel: new LatencyWindow(),
    modify: new LatencyWindow(),
  };
  /** Commands of which somebody was told that they are slow. */
  readonly violated = new Set<TimedCall>();
  isNew = false;
  private slowestMs = 0;
  nextLookMs = -Infinity;

  note(call: TimedCall, durationMs: number, atMs: number): void {
    this.windows[call].note(Math.max(0, Math.round(durationMs)), atMs);
    this.isNew = true;
    this.slowestMs = Math.max(this.slowestMs, durationMs);
  }

  slowerThan(limitMs: number, sinceMs: number): number {
    // Asked at every change of an account, and nearly always nothing was ever slow.
    if (this.slowestMs <= limitMs) return 0;
    let count = 0;
    for (const call of timedCalls) count += this.windows[call].slowerThan(limitMs, sinceMs);
    return count;
  }
}

/** Whether the answers keep the objective; undefined with too few of them to say so. Exact: by counting. */
export function keepsObjective(
  window: LatencyWindow,
  { p95Seconds, p99Seconds }: { readonly p95Seconds: number; readonly p99Seconds: number },
): boolean | undefined {
  if (window.count < samplesMin) return undefined;
  const isBeyond = (limitMs: number, permittedPercent: number): boolean =>
    window.slowerThan(limitMs) * 100 > window.count * permittedPercent;
  return !isBeyond(p95Seconds * 1_000, 5) && !isBeyond(p99Seconds * 1_000, 1);
}

/** At the end of a turn, and only now and then. */
export function followLatency(world: World, turn: Turn): void {
  const { latency, options, accounts } = world;
  const nowMs = options.clock.monotonicMs();
  if (!latency.isNew || nowMs < latency.nextLookMs) return;
  latency.isNew = false;
  latency.nextLookMs = nowMs + lookPauseMs;
  const all = [...accounts.values()].map(({ controls }) => controls.latency);
  const objective = {
    p95Seconds: Math.min(...all.map((one) => one.p95Seconds)),
    p99Seconds: Math.min(...all.map((one) => one.p99Seconds)),
  };
  for (const call of timedCalls) {
    const window = latency.windows[call];
    const isKept = keepsObjective(window, objective);
    if (isKept === undefined) continue;
    const entity = `latency/${call}`;
    if (isKept) {
      latency.violated.delete(call);
      for (const account of accounts.values()) resolveAlerts(turn, account, entity, outside);
      continue;
    }
    if (latency.violated.has(call)) continue;
    latency.violated.add(call);
    const text = `${options.venue.id}: ${call} took ${window.quantileMs(95) ?? 0} ms (p95) and ${window.quantileMs(99) ?? 0} ms (p99) over the last ${window.count} answers; at most ${objective.p95Seconds} s and ${objective.p99Seconds} s are meant`;
    for (const account of accounts.values())
      raiseAlert(
        turn,
        account,
        { severity: 'warning', code: 'LATENCY', text, entity, isLasting: true },
        outside,
      );
  }
}
