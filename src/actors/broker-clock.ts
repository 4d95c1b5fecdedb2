/**
 * The venue's clock as far as we know it: its last time plus what our monotonic clock has counted since. The wall clock of
 * this machine has no part in it, so that neither a step of it nor a pause of the process fires a timeout early or loses
 * one. Source: execution 5 (#12), 12.
 */
import type { Clock } from '../kernel/clock.ts';
import type { VenueEvent } from '../ports/venue.port.ts';

/** Share of a difference that one report moves the clock by: a single late or hasty stamp must not. */
const smoothing = 8;
/** A difference beyond this is a step of one of the clocks, not jitter: taken as a whole. */
const stepMs = 1_000;
/** Messages come late and are repeated, never early: only so many old stamps in a row are a clock that went back. */
const olderMax = 5;

export class BrokerClock {
  private readonly clock: Clock;
  /** Venue time less monotonic time; undefined while the venue has said nothing. */
  private offsetMs: number | undefined;
  private olderInARow = 0;

  constructor(clock: Clock) {
    this.clock = clock;
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
    if (difference <= -stepMs) {
      this.olderInARow += 1;
      if (this.olderInARow < olderMax) return;
    }
    this.olderInARow = 0;
    if (Math.abs(difference) >= stepMs) this.offsetMs = seenMs;
    else this.offsetMs += difference / smoothing;
  }

  /** Venue time now; our own wall clock while the venue has said nothing. Milliseconds, whole. */
  nowMs(): number {
    return this.offsetMs === undefined
      ? this.clock.nowMs()
      : Math.floor(this.clock.monotonicMs() + this.offsetMs);
  }
}

/** The time that a message of the venue carries, where it carries one. */
export function hearVenue(clock: BrokerClock, event: VenueEvent): void {
  if (event.type === 'venue.order') {
    const { event: report } = event;
    if ('version' in report && report.version?.updatedAtMs !== undefined)
      clock.hear(report.version.updatedAtMs);
  } else if (event.type === 'venue.fill') clock.hear(event.fill.venueTimeMs);
  else if ('venueTimeMs' in event) clock.hear(event.venueTimeMs);
}
