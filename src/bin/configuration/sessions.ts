/** Trading hours, holidays and early closes as a configuration writes them. Source: rules 10.4. */
import { DateTime } from 'luxon';
import { z } from 'zod';
import { FlagValue, WholeValue } from '../../domain/config-values.ts';
import { isEndless, type SessionSettings } from '../../domain/session-calendar.ts';
import { isTimeOfDay, isZone } from '../../domain/wall-clock.ts';

const TimeOfDay = z
  .string()
  .refine(isTimeOfDay, { error: 'HH:MM in 24-hour form, in quotes' })
  .meta({ values: '`HH:MM`, 24 hours, in quotes' });

const extraWindow = (when: string) =>
  z
    .union([
      FlagValue.refine((isOn) => !isOn, { error: 'false, or {start, end}' }),
      z
        .strictObject({
          start: TimeOfDay.describe('local time at which the window starts'),
          end: TimeOfDay.describe('local time at which it ends'),
        })
        .refine(({ start, end }) => start !== end, { error: 'a window ends at another time' }),
    ])
    .default(false)
    .meta({
      values: '`false`, or `{start, end}`',
      description: `a further window ${when} the main one`,
    });

const Weekday = WholeValue.refine((day) => day >= 0 && day <= 6, {
  error: 'a weekday from 0 (Monday) to 6 (Sunday)',
});

export const SessionHoursBlock = z
  .strictObject({
    enabled: FlagValue.default(true).describe('false: there are no trading hours to keep'),
    start: TimeOfDay.default('08:30').describe('local time at which the session starts'),
    end: TimeOfDay.default('15:00').describe(
      'local time at which it ends; before the start: on the next date',
    ),
    timezone: z
      .string()
      .refine(isZone, { error: 'an IANA zone such as America/Chicago' })
      .meta({ values: 'an IANA zone' })
      .default('America/Chicago')
      .describe('zone of these times'),
    allowedDays: z
      .array(Weekday)
      .min(1, { error: 'at least one weekday' })
      .default([0, 1, 2, 3, 4])
      .meta({
        values: 'a list of 0 (Monday) to 6 (Sunday)',
        description: 'weekdays on which a session ends',
      }),
    preMarket: extraWindow('before'),
    afterHours: extraWindow('after'),
  })
  .refine(({ start, end }) => start !== end, {
    error: 'the session ends at another time than it starts',
  })
  .refine((hours) => !isEndless(hours.allowedDays, [hours, ...extraWindowsOf(hours)]), {
    error: 'the session has an end: its hours leave a pause somewhere in the week',
  });

/** Days of full closure in the style of the stock exchanges of the United States: no trading on these days. */
const shippedHolidays: Readonly<Record<string, readonly string[]>> = {
  2025: '01-01 01-20 02-17 04-18 05-26 07-04 09-01 11-27 12-25'.split(' '),
  2026: '01-01 01-19 02-16 04-03 05-25 07-03 09-07 11-26 12-25'.split(' '),
};

export const HolidaysBlock = z.strictObject({
  enabled: FlagValue.default(true).describe('false: no date is a holiday'),
  dates: z
    .record(z.string().regex(/^\d{4}$/, { error: 'a year' }), z.array(z.string()))
    .superRefine((byYear, context) => {
      for (const [year, dates] of Object.entries(byYear)) {
        for (const [index, date] of dates.entries()) {
          if (isDateOfYear(year, date)) continue;
          const message = `"MM-DD" or "YYYY-MM-DD" of ${year}, in quotes`;
          context.addIssue({ code: 'custom', path: [year, index], message });
        }
      }
    })
    .default(() =>
      Object.fromEntries(Object.entries(shippedHolidays).map(([year, days]) => [year, [...days]])),
    )
    .meta({
      values: 'a map from year to a list of `"MM-DD"` or `"YYYY-MM-DD"`',
      description: 'dates on which no session ends; the list replaces the shipped one',
    }),
});

export const EarlyCloseList = z.array(
  z.strictObject({
    date: z
      .string()
      .refine((date) => isDateOfYear(date.slice(0, 4), date) && date.length === 10, {
        error: '"YYYY-MM-DD", in quotes',
      })
      .meta({ values: '`"YYYY-MM-DD"`, in quotes' })
      .describe('the date'),
    closeTime: TimeOfDay.describe('local time at which sessions of that date end'),
  }),
);

type Blocks = {
  readonly sessionHours: z.output<typeof SessionHoursBlock>;
  readonly holidays: z.output<typeof HolidaysBlock>;
  readonly earlyClose: z.output<typeof EarlyCloseList>;
};

/** The trading hours that the three blocks describe; undefined when there are none to keep. */
export function sessionSettings(blocks: Blocks): SessionSettings | undefined {
  const { sessionHours, holidays, earlyClose } = blocks;
  if (!sessionHours.enabled) return undefined;
  const { start, end, timezone, allowedDays } = sessionHours;
  const dates = holidays.enabled ? Object.entries(holidays.dates) : [];
  return {
    start,
    end,
    timezone,
    allowedDays,
    extraWindows: extraWindowsOf(sessionHours),
    holidays: new Set(dates.flatMap(([year, days]) => days.map((day) => fullDate(year, day)))),
    earlyCloses: new Map(earlyClose.map(({ date, closeTime }) => [date, closeTime])),
  };
}

type ExtraWindow = false | true | { readonly start: string; readonly end: string };

function extraWindowsOf(hours: { preMarket: ExtraWindow; afterHours: ExtraWindow }) {
  return [hours.preMarket, hours.afterHours].filter((window) => typeof window === 'object');
}

function fullDate(year: string, date: string): string {
  return date.length === 5 ? `${year}-${date}` : date;
}

function isDateOfYear(year: string, date: string): boolean {
  const full = fullDate(year, date);
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(full) &&
    full.startsWith(`${year}-`) &&
    DateTime.fromISO(full, { zone: 'utc' }).isValid
  );
}
