/**
 * Trading sessions of a week of wall-clock windows, with holidays and early closes.
 *
 * A window belongs to the date on which it ends: one that runs overnight into a date that is not allowed, or into a
 * holiday, does not exist. Windows that touch or overlap are one session.
 *
 * Invariants (test/property/session-calendar.test.ts):
 * - INV-SESSION-1: an instant lies in exactly one session or outside, and every instant of a session names the same.
 * - INV-SESSION-2: the next start is later than the instant, and there is no session in between.
 *
 * Source: rules RULE-009 and 10.4, prop-firm 6.
 */
import { condition, invariant } from '../kernel/assert.ts';
import type { SessionCalendar, SessionHours, SessionMoment, SessionPolicy } from './session.ts';
import { dateText, timeOfDayMs, WallClock, weekdayOf } from './wall-clock.ts';

/** Two times of day, `HH:MM`; an end before the start is on the next date. */
export type TimeWindow = { readonly start: string; readonly end: string };

/** Trading hours. Source: rules 10.4. */
export type SessionSettings = SessionHours & {
  /** Monday = 0; for a window that runs overnight the weekday on which it ends. */
  readonly allowedDays: readonly number[];
  /** Further windows of the account, such as before and after the main one. */
  readonly extraWindows: readonly TimeWindow[];
  /** `YYYY-MM-DD`: no window ends on these dates. */
  readonly holidays: ReadonlySet<string>;
  /** Time (`HH:MM`) at which sessions of a date (`YYYY-MM-DD`) end at the latest. */
  readonly earlyCloses: ReadonlyMap<string, string>;
};

/** A window with its times in milliseconds since midnight; `fromDay` -1 begins on the date before. */
type Window = { readonly fromDay: 0 | -1; readonly fromMs: number; readonly untilMs: number };
type Interval = { readonly fromMs: number; readonly untilMs: number };

const dayMs = 86_400_000;
/** How far ahead a next session is looked for. */
const daysAheadMax = 370;

const wholePolicy: SessionPolicy = {
  respectHolidays: true,
  respectEarlyClose: true,
  perInstrumentSessions: {},
};

/**
 * The trading hours of a configuration.
 * @throws ConditionFailed for a time, zone or weekday that is none, and for hours without a pause
 */
export function createSessionCalendar(settings: SessionSettings): SessionCalendar {
  const policies = new WeakMap<SessionPolicy, SessionCalendar>();
  const under = (policy: SessionPolicy): SessionCalendar => {
    const known = policies.get(policy) ?? new PolicyCalendar(settings, policy, under);
    policies.set(policy, known);
    return known;
  };
  const calendar = under(wholePolicy);
  settingsOfCalendars.set(calendar, settings);
  return calendar;
}

const settingsOfCalendars = new WeakMap<SessionCalendar, SessionSettings>();

/** The settings that a calendar was made of, for whoever needs one of its own elsewhere. */
export function sessionSettingsOf(calendar: SessionCalendar): SessionSettings | undefined {
  return settingsOfCalendars.get(calendar);
}

/** True when such hours never pause: on all seven days the windows cover the whole day. */
export function isEndless(allowedDays: readonly number[], windows: readonly TimeWindow[]): boolean {
  if (new Set(allowedDays).size < 7) return false;
  const parts = windows
    .flatMap(({ start, end }): readonly Interval[] => {
      const [fromMs, untilMs] = [timeOfDayMs(start), timeOfDayMs(end)];
      if (fromMs < untilMs) return [{ fromMs, untilMs }];
      return [
        { fromMs, untilMs: dayMs },
        { fromMs: 0, untilMs },
      ];
    })
    .toSorted((one, other) => one.fromMs - other.fromMs);
  let coveredMs = 0;
  for (const { fromMs, untilMs } of parts) {
    if (fromMs > coveredMs) return false;
    coveredMs = Math.max(coveredMs, untilMs);
  }
  return coveredMs >= dayMs;
}

class PolicyCalendar implements SessionCalendar {
  readonly under: SessionCalendar['under'];
  private readonly account: Hours;
  private readonly byRoot: ReadonlyMap<string, Hours>;

  constructor(
    settings: SessionSettings,
    policy: SessionPolicy,
    under: (policy: SessionPolicy) => SessionCalendar,
  ) {
    this.under = under;
    this.account = new Hours(settings, policy, settings.timezone, [
      settings,
      ...settings.extraWindows,
    ]);
    this.byRoot = new Map(
      Object.entries(policy.perInstrumentSessions).map(([root, hours]) => [
        root,
        new Hours(settings, policy, hours.timezone, [hours]),
      ]),
    );
  }

  at(atMs: number, root?: string): SessionMoment {
    const own = root === undefined ? undefined : this.byRoot.get(root);
    return (own ?? this.account).at(atMs);
  }
}

/**
 * The sessions of one set of hours. It remembers the answer of the last question for as long as it holds, because
 * callers ask about instants that lie close together and a zone costs microseconds.
 */
class Hours {
  private readonly settings: SessionSettings;
  private readonly policy: SessionPolicy;
  private readonly wall: WallClock;
  private readonly windows: readonly Window[];
  private last: (Interval & { readonly moment: SessionMoment }) | undefined;

  constructor(
    settings: SessionSettings,
    policy: SessionPolicy,
    timezone: string,
    windows: readonly TimeWindow[],
  ) {
    const { allowedDays } = settings;
    condition(
      allowedDays.length > 0 && allowedDays.every((day) => [0, 1, 2, 3, 4, 5, 6].includes(day)),
      () => `allowed days are some of 0 to 6, was ${JSON.stringify(allowedDays)}`,
    );
    condition(!isEndless(allowedDays, windows), 'a session has an end: its hours leave a pause');
    this.settings = settings;
    this.policy = policy;
    this.wall = new WallClock(timezone);
    this.windows = windows.map((window) => windowOf(window));
  }

  at(atMs: number): SessionMoment {
    const { last } = this;
    if (last !== undefined && atMs >= last.fromMs && atMs < last.untilMs) return last.moment;
    condition(Number.isSafeInteger(atMs), () => `an instant is a whole millisecond, was ${atMs}`);
    const session = this.sessionOf(atMs);
    if (session !== undefined) {
      const { fromMs, untilMs } = session;
      const moment = { isOpen: true, startedAtMs: fromMs, endsAtMs: untilMs } as const;
      this.last = { fromMs, untilMs, moment };
      return moment;
    }
    const nextStartMs = this.nextStartMs(atMs);
    if (nextStartMs === undefined) return { isOpen: false };
    const moment = { isOpen: false, nextStartMs } as const;
    this.last = { fromMs: atMs, untilMs: nextStartMs, moment };
    return moment;
  }

  private sessionOf(atMs: number): Interval | undefined {
    const found = this.around(atMs).find(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
    if (found === undefined) return undefined;
    let { fromMs, untilMs } = found;
    // Hours leave a pause at least once a week, so this ends.
    for (;;) {
      const more = [...this.around(fromMs), ...this.around(untilMs)].filter(
        (other) => other.fromMs <= untilMs && other.untilMs >= fromMs,
      );
      const from = Math.min(fromMs, ...more.map((one) => one.fromMs));
      const until = Math.max(untilMs, ...more.map((one) => one.untilMs));
      if (from === fromMs && until === untilMs) return { fromMs, untilMs };
      [fromMs, untilMs] = [from, until];
      invariant(untilMs - fromMs < 15 * dayMs, 'a session is shorter than two weeks');
    }
  }

  private nextStartMs(atMs: number): number | undefined {
    const today = this.wall.dayOf(atMs);
    for (let day = today - 1; day <= today + daysAheadMax; day += 1) {
      const isAhead = ({ fromMs }: Interval): boolean => fromMs > atMs;
      const ahead = this.windowsOf(day).filter(isAhead);
      if (ahead.length === 0) continue;
      // A window of the next date may begin before one of this date.
      ahead.push(...this.windowsOf(day + 1).filter(isAhead));
      return Math.min(...ahead.map(({ fromMs }) => fromMs));
    }
    return undefined;
  }

  /** Every window that could hold the instant or touch it. */
  private around(atMs: number): readonly Interval[] {
    const today = this.wall.dayOf(atMs);
    return [-1, 0, 1, 2].flatMap((days) => this.windowsOf(today + days));
  }

  /** The windows that end on a date. */
  private windowsOf(day: number): readonly Interval[] {
    const { allowedDays, holidays, earlyCloses } = this.settings;
    if (!allowedDays.includes(weekdayOf(day))) return [];
    const date = dateText(day);
    if (this.policy.respectHolidays && holidays.has(date)) return [];
    const close = this.policy.respectEarlyClose ? earlyCloses.get(date) : undefined;
    return this.windows
      .map((window) => {
        const fromMs = this.wall.instantOf(day + window.fromDay, window.fromMs);
        const endMs = this.wall.instantOf(day, window.untilMs);
        if (close === undefined) return { fromMs, untilMs: endMs };
        return { fromMs, untilMs: Math.min(endMs, this.wall.instantOf(day, timeOfDayMs(close))) };
      })
      .filter(({ fromMs, untilMs }) => fromMs < untilMs);
  }
}

function windowOf({ start, end }: TimeWindow): Window {
  const [fromMs, untilMs] = [timeOfDayMs(start), timeOfDayMs(end)];
  condition(
    fromMs !== untilMs,
    () => `a session ends at another time than it starts, was ${start}`,
  );
  return { fromDay: fromMs < untilMs ? 0 : -1, fromMs, untilMs };
}
