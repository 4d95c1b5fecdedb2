/**
 * Trading days: which one an instant belongs to, and when they change.
 *
 * A boundary is a wall-clock time of a zone, so it follows daylight saving: a time in the spring gap is the next
 * valid instant, a repeated time is its first. On the futures calendar Saturday and Sunday have no boundary:
 * from Friday's to Monday's it is Monday's day. On the continuous calendar every day has one.
 *
 * Invariants (test/property/trading-day.test.ts):
 * - INV-DAY-1: latest boundary ≤ instant < next boundary, and there is no boundary between them.
 * - INV-DAY-2: one interval has exactly one day, and days grow from interval to interval.
 *
 * Source: rules 7.1 and 7.3, prop-firm 2 and 6.
 */
import { condition, invariant } from '../kernel/assert.ts';
import { dateText, isTimeOfDay, isZone, timeOfDayMs, WallClock, weekdayOf } from './wall-clock.ts';

export type CalendarKind = 'futures' | 'continuous';

/** When trading days change. */
export type CalendarSettings = {
  /** Local time of the boundary, `HH:MM` in 24-hour form. */
  readonly time: string;
  /** IANA zone. */
  readonly zone: string;
  readonly kind: CalendarKind;
};

/** One trading day: from its boundary until the next one, UTC milliseconds, `untilMs` excluded. */
export type TradingDayInterval = {
  /** `YYYY-MM-DD` */
  readonly tradingDay: string;
  readonly fromMs: number;
  readonly untilMs: number;
};

/**
 * The calendar of one account. It remembers the interval of the last question, because callers ask about
 * instants that lie close together and a zone costs microseconds. Answers depend on the arguments only.
 */
export class TradingCalendar {
  readonly settings: CalendarSettings;
  private readonly wall: WallClock;
  private readonly boundaryOfDayMs: number;
  private current: TradingDayInterval | undefined;

  /** @throws ConditionFailed when the time or the zone is not one */
  constructor(settings: CalendarSettings) {
    const { time, zone } = settings;
    condition(
      isTimeOfDay(time),
      () => `a boundary is HH:MM in 24-hour form, was ${JSON.stringify(time)}`,
    );
    condition(isZone(zone), () => `a zone is an IANA name, was ${JSON.stringify(zone)}`);
    this.settings = settings;
    this.wall = new WallClock(zone);
    this.boundaryOfDayMs = timeOfDayMs(time);
  }

  /** The trading day that holds the instant (UTC ms). */
  intervalOf(atMs: number): TradingDayInterval {
    const { current } = this;
    if (current !== undefined && atMs >= current.fromMs && atMs < current.untilMs) return current;
    return (this.current = this.computeInterval(atMs));
  }

  /** `YYYY-MM-DD` */
  tradingDayOf(atMs: number): string {
    return this.intervalOf(atMs).tradingDay;
  }

  /** The first boundary after the instant. */
  nextBoundaryMs(atMs: number): number {
    return this.intervalOf(atMs).untilMs;
  }

  /** The last boundary at or before the instant. */
  latestBoundaryMs(atMs: number): number {
    return this.intervalOf(atMs).fromMs;
  }

  private computeInterval(atMs: number): TradingDayInterval {
    condition(Number.isSafeInteger(atMs), () => `an instant is a whole millisecond, was ${atMs}`);
    const localDay = this.wall.dayOf(atMs);
    // A zone that jumps can put the boundary of the next date before the instant: begin there.
    let day = localDay + 1;
    while (!this.hasBoundary(day) || this.boundaryMs(day) > atMs) {
      day -= 1;
      invariant(day > localDay - 7, 'a week has a boundary');
    }
    const next = this.nextBoundaryDay(day);
    return {
      tradingDay: dateText(this.firstTradingDay(day + 1)),
      fromMs: this.boundaryMs(day),
      untilMs: this.boundaryMs(next),
    };
  }

  private hasBoundary(day: number): boolean {
    return this.settings.kind === 'continuous' || !isWeekend(day);
  }

  private nextBoundaryDay(day: number): number {
    let next = day + 1;
    while (!this.hasBoundary(next)) next += 1;
    return next;
  }

  private firstTradingDay(day: number): number {
    return this.settings.kind === 'continuous' || !isWeekend(day)
      ? day
      : this.firstTradingDay(day + 1);
  }

  /** The instant of the boundary on a date, counted in days since the epoch. */
  private boundaryMs(day: number): number {
    return this.wall.instantOf(day, this.boundaryOfDayMs);
  }
}

/** When weeks change. */
export type WeekSettings = {
  /** 0 (Monday) to 6 (Sunday). */
  readonly day: number;
  /** Local time of the boundary, `HH:MM` in 24-hour form. */
  readonly time: string;
  /** IANA zone. */
  readonly zone: string;
};

/** Weekly boundaries: a wall-clock time of one weekday, on every calendar. Source: rules 7.3. */
export class WeeklyCalendar {
  private readonly wall: WallClock;
  private readonly day: number;
  private readonly timeMs: number;
  private current: { readonly fromMs: number; readonly untilMs: number } | undefined;

  /** @throws ConditionFailed when the weekday, the time or the zone is not one */
  constructor({ day, time, zone }: WeekSettings) {
    condition(
      Number.isInteger(day) && day >= 0 && day <= 6,
      () => `a weekday is 0 (Monday) to 6 (Sunday), was ${day}`,
    );
    this.day = day;
    this.timeMs = timeOfDayMs(time);
    this.wall = new WallClock(zone);
  }

  /** The last boundary at or before the instant (UTC ms). */
  latestBoundaryMs(atMs: number): number {
    return this.weekOf(atMs).fromMs;
  }

  /** The first boundary after the instant. */
  nextBoundaryMs(atMs: number): number {
    return this.weekOf(atMs).untilMs;
  }

  private weekOf(atMs: number): { readonly fromMs: number; readonly untilMs: number } {
    const { current } = this;
    if (current !== undefined && atMs >= current.fromMs && atMs < current.untilMs) return current;
    condition(Number.isSafeInteger(atMs), () => `an instant is a whole millisecond, was ${atMs}`);
    // A zone that jumps can put the boundary of the next date before the instant: begin there.
    let day = this.wall.dayOf(atMs) + 1;
    while (weekdayOf(day) !== this.day || this.boundaryMs(day) > atMs) day -= 1;
    return (this.current = {
      fromMs: this.boundaryMs(day),
      untilMs: this.boundaryMs(day + daysOfWeek),
    });
  }

  private boundaryMs(day: number): number {
    return this.wall.instantOf(day, this.timeMs);
  }
}

const daysOfWeek = 7;

/** The trading day of an instant (UTC ms) as `YYYY-MM-DD`. Pure; hot callers keep a `TradingCalendar`. */
export function tradingDayOf(atMs: number, calendar: CalendarSettings): string {
  return new TradingCalendar(calendar).tradingDayOf(atMs);
}

/** The first boundary after the instant. Pure. */
export function nextBoundaryMs(atMs: number, calendar: CalendarSettings): number {
  return new TradingCalendar(calendar).nextBoundaryMs(atMs);
}

/** The last boundary at or before the instant. Pure. */
export function latestBoundaryMs(atMs: number, calendar: CalendarSettings): number {
  return new TradingCalendar(calendar).latestBoundaryMs(atMs);
}

function isWeekend(day: number): boolean {
  return weekdayOf(day) >= 5;
}
