/**
 * The venue's clock as far as we know it: its last time plus what our monotonic clock has counted since. The wall clock of
 * this machine has no part in it, so that neither a step of it nor a pause of the process fires a timeout early or loses
 * one. Source: execution 5 (#12), 12.
 */
import type { Clock } from '../kernel/clock.ts';
import { limits } from '../kernel/limits.ts';
import type { VenueEvent } from '../ports/venue.port.ts';

/** Share of a difference that one report moves the clock by: a single late or hasty stamp must not. */
const smoothing = 8;
/** A difference beyond this is a step of one of the clocks, not jitter: taken as a whole. */
const stepMs = 1_000;
/** Messages come late and are repeated, never early: only so many old stamps in a row are a clock that went back. */
const olderMax = 5;
/** A stamp of the far future is wrong, and would make everything else look old: only so many that agree are a clock. */
const aheadMax = 3;

export class BrokerClock {
  private readonly clock: Clock;
  private readonly skewMs: number;
  /** Venue time less monotonic time; undefined while the venue has said nothing. */
  private offsetMs: number | undefined;
  private olderInARow = 0;
  /** Stamps beyond the permitted skew ahead, each another one, that agree on how far ahead the venue is. */
  private ahead = { stampMs: 0, offsetMs: 0, times: 0 };

  /** @param skewMs how far a stamp may be off and still be believed */
  constructor(clock: Clock, skewMs: number = limits.quoteSkewMsMax) {
    this.clock = clock;
    this.skewMs = skewMs;
  }

  /** False while the venue has given no time: then elapsed time is our own, and says so. */
  get isKnown(): boolean {
    return this.offsetMs !== undefined;
  }

  /** Takes a time stamp of a message that has just come: the venue's time, ms since the epoch. */
  hear(venueTimeMs: number): void {
    if (!Number.isSafeInteger(venueTimeMs)) return;
    const monotonicMs = this.clock.monotonicMs();
    const seenMs = venueTimeMs - monotonicMs;
    if (this.offsetMs === undefined) {
      this.offsetMs = seenMs;
      return;
    }
    const difference = seenMs - this.offsetMs;
    if (difference > this.skewMs && !this.isClockAhead(venueTimeMs, seenMs)) return;
    this.ahead.times = 0;
    if (difference <= -stepMs) {
      this.olderInARow += 1;
      if (this.olderInARow < olderMax) return;
    }
    this.olderInARow = 0;
    if (Math.abs(difference) >= stepMs) this.offsetMs = seenMs;
    else this.offsetMs += difference / smoothing;
  }

  /**
   * Whether a time that the venue gives may be used: known, and within the permitted skew of its clock. While the venue
   * has given no time there is nothing to compare with. Source: execution 12 (skew).
   */
  isBelievable(venueTimeMs: number): boolean {
    if (!Number.isSafeInteger(venueTimeMs)) return false;
    return !this.isKnown || Math.abs(venueTimeMs - this.nowMs()) <= this.skewMs;
  }

  /** True for a time that has not come yet, beyond the permitted skew, or that is no time at all. */
  isOfTheFuture(venueTimeMs: number): boolean {
    if (!Number.isSafeInteger(venueTimeMs)) return true;
    return this.isKnown && venueTimeMs - this.nowMs() > this.skewMs;
  }

  /** One wild stamp, and its repetitions, move nothing; several of them in step are a venue whose clock was set. */
  private isClockAhead(stampMs: number, offsetMs: number): boolean {
    const { ahead } = this;
    if (ahead.times > 0 && stampMs === ahead.stampMs) return false;
    const agrees = ahead.times > 0 && Math.abs(offsetMs - ahead.offsetMs) < stepMs;
    this.ahead = { stampMs, offsetMs, times: agrees ? ahead.times + 1 : 1 };
    return this.ahead.times >= aheadMax;
  }

  /** Venue time now; our own wall clock while the venue has said nothing. Milliseconds, whole. */
  nowMs(): number {
    return this.offsetMs === undefined
      ? this.clock.nowMs()
      : Math.floor(this.clock.monotonicMs() + this.offsetMs);
  }
}

/** The time that a message of the venue carries, where it carries one that tells what time it is there. */
export function hearVenue(clock: BrokerClock, event: VenueEvent): void {
  if (event.type === 'venue.order') {
    const { event: report } = event;
    const stampMs = 'version' in report ? report.version?.updatedAtMs : undefined;
    // What was asked for says when the order changed, which may be long ago.
    if (stampMs !== undefined && (report.origin !== 'query' || clock.isBelievable(stampMs)))
      clock.hear(stampMs);
  } else if (event.type === 'venue.fill') {
    // An execution is told late as often as not: that it is old says nothing of the clock.
    const { venueTimeMs } = event.fill;
    if (clock.isBelievable(venueTimeMs) || clock.isOfTheFuture(venueTimeMs))
      clock.hear(venueTimeMs);
  } else if ('venueTimeMs' in event) clock.hear(event.venueTimeMs);
}
