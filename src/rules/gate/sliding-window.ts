/** How many messages may leave within a time: a window that slides with simulated time. Source: trading-controls 2.2. */
import { condition } from '../../kernel/assert.ts';

/** Equality passes: exactly `limit` in any `intervalMs`. What has left at t counts until just before t + interval. */
export class SlidingWindow {
  readonly limit: number;
  readonly intervalMs: number;
  /** How many have asked for room, granted or not. */
  received = 0;
  private times: number[] = [];

  /** @throws ConditionFailed when the limit or the interval is not a whole number above 0 */
  constructor(limit: number, intervalMs: number) {
    condition(
      Number.isSafeInteger(limit) && limit > 0,
      () => `the limit of a window is a whole number above 0, was ${limit}`,
    );
    condition(
      Number.isSafeInteger(intervalMs) && intervalMs > 0,
      () => `the interval of a window is whole milliseconds above 0, was ${intervalMs}`,
    );
    this.limit = limit;
    this.intervalMs = intervalMs;
  }

  /** How many count at this time. */
  countAt(nowMs: number): number {
    this.forget(nowMs);
    return this.times.length;
  }

  /** Takes room for all of them, or for none: a batch goes as a whole. */
  reserve(count: number, nowMs: number): boolean {
    this.received += count;
    if (this.countAt(nowMs) + count > this.limit) return false;
    for (let taken = 0; taken < count; taken += 1) this.times.push(nowMs);
    return true;
  }

  /** Counts one that is not asked: an exit goes in any case, and what comes after it has less room. */
  take(nowMs: number): void {
    this.forget(nowMs);
    this.received += 1;
    this.times.push(nowMs);
  }

  /** When there is room for one more; now, where there is. */
  freeAtMs(nowMs: number): number {
    const count = this.countAt(nowMs);
    if (count < this.limit) return nowMs;
    return (this.times[count - this.limit] ?? nowMs) + this.intervalMs;
  }

  private forget(nowMs: number): void {
    // A clock that was set back would keep what has left for ever: what lies in the future is forgotten too.
    const isOld = (atMs: number): boolean => atMs <= nowMs - this.intervalMs || atMs > nowMs;
    if (this.times.some(isOld)) this.times = this.times.filter((atMs) => !isOld(atMs));
  }
}
