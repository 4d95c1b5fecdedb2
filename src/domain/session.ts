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

/** Pure: the same question always has the same answer. */
export interface SessionCalendar {
  /** @param root canonical root for its own session; absent or without one: the account's */
  at(atMs: number, root?: string): SessionMoment;
}
