/**
 * The rate budget of one endpoint group: a window that slides as the venue's does. At most 90 % of the venue's limit is
 * used, and 20 % of it is kept for what reduces risk, so that normal traffic gets 70 %. Source: execution 13.2.
 */
import { condition } from '../kernel/assert.ts';
import type { CallBudget } from './api-settings.ts';

/** `normal`: what may wait or be refused. `enforcement`: cancels, closes, protection and what they need to know. `all`: no share is kept. */
export type Traffic = 'normal' | 'enforcement' | 'all';

const percents: Readonly<Record<Traffic, number>> = { normal: 70, enforcement: 90, all: 100 };

export class RateBudget {
  readonly limit: number;
  readonly windowMs: number;
  /** Times of the calls within the window, oldest first from `head` on. */
  private times: number[] = [];
  private head = 0;

  /** @throws ConditionFailed when the limit or the window is not a whole number above 0 */
  constructor({ max, windowMs }: CallBudget) {
    condition(
      Number.isSafeInteger(max) && max > 0,
      () => `a budget is a whole number of calls above 0, was ${max}`,
    );
    condition(
      Number.isSafeInteger(windowMs) && windowMs > 0,
      () => `a window is whole milliseconds above 0, was ${windowMs}`,
    );
    this.limit = max;
    this.windowMs = windowMs;
  }

  /** How many of the venue's calls this kind of traffic may use; never 0, or nothing would ever go. */
  boundOf(traffic: Traffic): number {
    return Math.max(1, Math.floor((this.limit * percents[traffic]) / 100));
  }

  usedAt(nowMs: number): number {
    this.forget(nowMs);
    return this.times.length - this.head;
  }

  /** Share of the venue's limit that is used, parts per million. */
  usedPpmAt(nowMs: number): number {
    return Math.floor((this.usedAt(nowMs) * 1_000_000) / this.limit);
  }

  hasRoom(traffic: Traffic, nowMs: number): boolean {
    return this.usedAt(nowMs) < this.boundOf(traffic);
  }

  /** Counts one call; false, and not counted, when this kind of traffic has no room. */
  take(traffic: Traffic, nowMs: number): boolean {
    if (!this.hasRoom(traffic, nowMs)) return false;
    this.times.push(nowMs);
    return true;
  }

  /** When one more call of this kind has room; now, where it has. */
  freeAtMs(traffic: Traffic, nowMs: number): number {
    const over = this.usedAt(nowMs) - this.boundOf(traffic);
    if (over < 0) return nowMs;
    return (this.times[this.head + over] ?? nowMs) + this.windowMs;
  }

  private forget(nowMs: number): void {
    while (this.head < this.times.length && this.isOver(this.times[this.head], nowMs))
      this.head += 1;
    if (this.head > 1_024 || this.head === this.times.length) {
      this.times = this.times.slice(this.head);
      this.head = 0;
    }
  }

  private isOver(atMs: number | undefined, nowMs: number): boolean {
    return atMs === undefined || atMs <= nowMs - this.windowMs;
  }
}
