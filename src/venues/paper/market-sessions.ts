/** When the generated markets trade: Globex hours, computed once per day. Source: prop-firm 6, 8. */
import { DateTime } from 'luxon';
import { invariant } from '../../kernel/assert.ts';

/** One session, half open: `openMs` ≤ t < `closeMs`. */
export type Session = {
  readonly openMs: number;
  readonly closeMs: number;
  /** True for the first session of a week: its gap is that of a weekend. */
  readonly isFirstOfWeek: boolean;
};

const zone = 'America/Chicago';

/**
 * Sessions of Globex futures from the one that is open at `fromMs` (or opens next) on, without end:
 * Sunday to Thursday 17:00 to 16:00 of the next day, wall-clock times in Chicago.
 */
export function* futuresSessions(fromMs: number): Generator<Session, never> {
  let day = DateTime.fromMillis(fromMs, { zone }).startOf('day').minus({ days: 1 });
  for (;;) {
    // Luxon counts Monday as 1 and Sunday as 7.
    const opensToday = day.weekday === 7 || day.weekday <= 4;
    if (opensToday) {
      const next = day.plus({ days: 1 });
      const openMs = day.set({ hour: 17 }).toMillis();
      const closeMs = next.set({ hour: 16 }).toMillis();
      invariant(closeMs > openMs, 'a session ends after it begins');
      if (closeMs > fromMs) yield { openMs, closeMs, isFirstOfWeek: day.weekday === 7 };
    }
    day = day.plus({ days: 1 });
  }
}

/** Wall-clock minute of the day in Chicago at the start of a session; the rest is counted from there. */
export const sessionOpenMinute = 17 * 60;
