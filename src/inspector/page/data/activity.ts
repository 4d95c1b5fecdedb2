/** How busy each actor was lately: steps per two seconds, from what the line brings. */
import type { ActorSummary } from '../../protocol.ts';

const bucketMs = 2_000;
const bucketsMax = 16;

type Trace = { lastBucket: number; steps: number; readonly counts: number[] };

const traces = new Map<string, Trace>();

function bucketNow(): number {
  return Math.floor(performance.now() / bucketMs);
}

/** Call with every change of the index; the first sight of an actor counts nothing. */
export function recordActivity(rows: readonly ActorSummary[]): void {
  const bucket = bucketNow();
  for (const { id, steps } of rows) {
    const trace = traces.get(id);
    if (trace === undefined) {
      traces.set(id, { lastBucket: bucket, steps, counts: [0] });
      continue;
    }
    moveTo(trace, bucket);
    const last = trace.counts.length - 1;
    trace.counts[last] = (trace.counts[last] ?? 0) + Math.max(0, steps - trace.steps);
    trace.steps = steps;
  }
}

/** Of actors that the page no longer holds. */
export function forgetActivity(ids: readonly string[]): void {
  for (const id of ids) traces.delete(id);
}

function moveTo(trace: Trace, bucket: number): void {
  const missed = Math.min(bucketsMax, bucket - trace.lastBucket);
  for (let count = 0; count < missed; count += 1) trace.counts.push(0);
  trace.counts.splice(0, trace.counts.length - bucketsMax);
  trace.lastBucket = bucket;
}

/** Newest last; empty for an actor that was quiet all the time. */
export function activityOf(id: string): readonly number[] {
  const trace = traces.get(id);
  if (trace === undefined) return [];
  moveTo(trace, bucketNow());
  return trace.counts.some((count) => count > 0) ? trace.counts : [];
}
