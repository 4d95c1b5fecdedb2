/**
 * Times on the wall of a zone as instants: a time in the spring gap is the next valid instant, a repeated time is
 * its first. Dates are counted in days since the epoch. Source: rules RULE-009, prop-firm 6.
 */
import { Duration, IANAZone } from 'luxon';
import { condition } from '../kernel/assert.ts';

const [minuteMs, dayMs] = [60_000, 86_400_000];

/** True for `HH:MM` in 24-hour form. */
export function isTimeOfDay(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
}

/** True for the name of a zone that this platform knows. */
export function isZone(text: string): boolean {
  return IANAZone.isValidZone(text);
}

/** `HH:MM` as milliseconds since midnight. @throws ConditionFailed when it is not one */
export function timeOfDayMs(text: string): number {
  condition(
    isTimeOfDay(text),
    () => `a time of day is HH:MM in 24-hour form, was ${JSON.stringify(text)}`,
  );
  return Duration.fromISOTime(text).toMillis();
}

/** The wall of one zone. Answers depend on the arguments only. */
export class WallClock {
  private readonly zone: IANAZone;

  /** @throws ConditionFailed when the zone is not one */
  constructor(zone: string) {
    condition(isZone(zone), () => `a zone is an IANA name, was ${JSON.stringify(zone)}`);
    this.zone = IANAZone.create(zone);
  }

  /** The date of an instant (UTC ms). */
  dayOf(atMs: number): number {
    return Math.floor((atMs + this.zone.offset(atMs) * minuteMs) / dayMs);
  }

  /** The instant (UTC ms) of a time of a date. @param timeMs milliseconds since midnight */
  instantOf(day: number, timeMs: number): number {
    const wallMs = day * dayMs + timeMs;
    const [before, after] = [this.zone.offset(wallMs - dayMs), this.zone.offset(wallMs + dayMs)];
    const earlier = wallMs - Math.max(before, after) * minuteMs;
    const later = wallMs - Math.min(before, after) * minuteMs;
    for (const atMs of [earlier, later]) {
      if (atMs + this.zone.offset(atMs) * minuteMs === wallMs) return atMs;
    }
    return this.transitionMs(earlier, later);
  }

  /** The instant between two others at which the offset changes. */
  private transitionMs(fromMs: number, toMs: number): number {
    const old = this.zone.offset(fromMs);
    let [low, high] = [fromMs, toMs];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.zone.offset(middle) === old) low = middle;
      else high = middle;
    }
    return high;
  }
}

/** Monday = 0; the epoch was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** `YYYY-MM-DD` */
export function dateText(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}
