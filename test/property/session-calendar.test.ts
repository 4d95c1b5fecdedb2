/**
 * Verifies: INV-SESSION-1, INV-SESSION-2 for any hours, zone, days, holidays and instant.
 */
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, it } from 'vitest';
import { createSessionCalendar, type SessionSettings } from '../../src/domain/session-calendar.ts';
import type { SessionCalendar } from '../../src/domain/session.ts';

const zones = ['America/Chicago', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC'];
const [minuteMs, dayMs] = [60_000, 86_400_000];
const timeOfDay = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
const window = fc
  .record({ start: timeOfDay, end: timeOfDay })
  .filter(({ start, end }) => start !== end);
const changeDates = ['2026-03-06', '2026-10-30', '2026-03-27', '2026-10-23', '2026-04-03'];
const date = fc
  .tuple(fc.constantFrom(...changeDates), fc.nat(6))
  .map(([day, days]) => DateTime.fromISO(day, { zone: 'utc' }).plus({ days }).toISODate() ?? day);
const settings: fc.Arbitrary<SessionSettings> = fc
  .record({
    hours: window,
    timezone: fc.constantFrom(...zones),
    // At most six days: hours without any pause are refused.
    allowedDays: fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 6 }),
    extraWindows: fc.array(window, { maxLength: 2 }),
    holidays: fc.array(date, { maxLength: 3 }).map((dates) => new Set(dates)),
    earlyCloses: fc.array(fc.tuple(date, timeOfDay), { maxLength: 2 }).map((all) => new Map(all)),
  })
  .map(({ hours: { start, end }, ...rest }) => Object.assign(rest, { start, end }));
/** An instant near a weekend on which clocks change. */
const instant = fc
  .tuple(fc.constantFrom(...changeDates), fc.nat(5 * 24 * 60), fc.constantFrom(0, 1, -1))
  .map(([day, minutes, ms]) => Date.parse(`${day}T00:00:00Z`) + minutes * minuteMs + ms);

type Moment = ReturnType<SessionCalendar['at']>;

function checkOpen(
  hours: SessionSettings,
  moment: Extract<Moment, { isOpen: true }>,
  atMs: number,
) {
  const { startedAtMs, endsAtMs } = moment;
  expect(startedAtMs).toBeLessThanOrEqual(atMs);
  expect(endsAtMs).toBeGreaterThan(atMs);
  for (const inside of [startedAtMs, Math.floor((startedAtMs + endsAtMs) / 2), endsAtMs - 1])
    expect(createSessionCalendar(hours).at(inside)).toEqual(moment);
  const calendar = createSessionCalendar(hours);
  expect(calendar.at(endsAtMs).isOpen).toBe(false);
  expect(calendar.at(startedAtMs - 1).isOpen).toBe(false);
}

function checkClosed(hours: SessionSettings, moment: Moment, atMs: number, nextStartMs: number) {
  expect(nextStartMs).toBeGreaterThan(atMs);
  expect(createSessionCalendar(hours).at(nextStartMs)).toMatchObject({
    isOpen: true,
    startedAtMs: nextStartMs,
  });
  for (const between of [Math.floor((atMs + nextStartMs) / 2), nextStartMs - 1])
    expect(createSessionCalendar(hours).at(between)).toEqual(moment);
}

it('an instant lies in one session that every instant of it names, or outside until the next start', () => {
  let [open, closed] = [0, 0];
  fc.assert(
    fc.property(settings, instant, (hours, atMs) => {
      const moment = createSessionCalendar(hours).at(atMs);
      if (moment.isOpen) {
        open += 1;
        checkOpen(hours, moment, atMs);
      } else if (moment.nextStartMs !== undefined) {
        closed += 1;
        checkClosed(hours, moment, atMs, moment.nextStartMs);
      }
    }),
    { numRuns: 400 },
  );
  expect(Math.min(open, closed)).toBeGreaterThan(40);
});

it('what was asked before changes no answer', () => {
  fc.assert(
    fc.property(settings, fc.array(instant, { minLength: 2, maxLength: 8 }), (hours, instants) => {
      const used = createSessionCalendar(hours);
      for (const atMs of instants)
        expect(used.at(atMs)).toEqual(createSessionCalendar(hours).at(atMs));
    }),
    { numRuns: 150 },
  );
});

it('a minute is open exactly when a window of an allowed day holds it on the wall', () => {
  fc.assert(
    fc.property(
      window,
      fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 6 }),
      fc.nat(20_000),
      (hours, allowedDays, minutes) => {
        // A zone without changes: the wall can be computed by hand.
        const atMs = Date.parse('2026-05-04T00:00:00Z') + minutes * minuteMs;
        const timezone = 'Asia/Kolkata';
        const { isOpen } = createSessionCalendar({
          ...hours,
          timezone,
          allowedDays,
          extraWindows: [],
          holidays: new Set(),
          earlyCloses: new Map(),
        }).at(atMs);
        const local = DateTime.fromMillis(atMs, { zone: timezone });
        const time = local.toFormat('HH:mm');
        const isAllowed = (at: DateTime): boolean => allowedDays.includes(at.weekday - 1);
        const isOvernight = hours.start > hours.end;
        const isExpected = isOvernight
          ? (time < hours.end && isAllowed(local)) ||
            (time >= hours.start && isAllowed(local.plus(dayMs)))
          : time >= hours.start && time < hours.end && isAllowed(local);
        expect(isOpen).toBe(isExpected);
      },
    ),
    { numRuns: 400 },
  );
});
