/**
 * Trading sessions: when an instrument, or the account as a whole, may hold positions.
 *
 * A session is an interval of instants, half-open: its end is already outside. Wall-clock times are used only to
 * compute the two instants, so sessions follow daylight saving. Source: rules RULE-009 and 10.4, prop-firm 6 and 8.
 */

/** Where an instant lies. */
export type SessionMoment =
  | { readonly isOpen: true; readonly startedAtMs: number; readonly endsAtMs: number }
  /** `nextStartMs` skips weekends, holidays and days that are not allowed; absent: none within a year. */
  | { readonly isOpen: false; readonly nextStartMs?: number };

/** Hours of every allowed day: `HH:MM` on the wall of the IANA zone. An end before the start is on the next date. */
export type SessionHours = {
  readonly start: string;
  readonly end: string;
  readonly timezone: string;
};

/** What one account takes of the calendar; an instrument with hours of its own does not follow the account's. */
export type SessionPolicy = {
  readonly respectHolidays: boolean;
  readonly respectEarlyClose: boolean;
  /** By canonical root. */
  readonly perInstrumentSessions: Readonly<Record<string, SessionHours>>;
};

/** Pure: the same question always has the same answer. */
export interface SessionCalendar {
  /** @param root canonical root for its own session; absent or without one: the account's */
  at(atMs: number, root?: string): SessionMoment;
  /** The calendar as one account's rule has it; the same object for the same policy object. */
  under(policy: SessionPolicy): SessionCalendar;
}
