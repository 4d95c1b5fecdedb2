/**
 * Verifies: INV-DAY-1, INV-DAY-2 for any zone, time and instant, against luxon's own calendar.
 */
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, it } from 'vitest';
import { TradingCalendar, type CalendarSettings } from '../../src/domain/trading-day.ts';

const zones = [
  'America/Chicago',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'UTC',
];
const dayMs = 86_400_000;
const settings: fc.Arbitrary<CalendarSettings> = fc.record({
  time: fc
    .tuple(fc.nat(23), fc.nat(59))
    .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':')),
  zone: fc.constantFrom(...zones),
  kind: fc.constantFrom('futures', 'continuous'),
});
/** Any instant of ten years, and often one of a weekend on which clocks change. */
const instant = fc.oneof(
  fc.integer({ min: Date.parse('2020-01-01T00:00:00Z'), max: Date.parse('2030-01-01T00:00:00Z') }),
  fc
    .tuple(
      fc.constantFrom('2026-03-06', '2026-10-30', '2026-03-27', '2026-10-23', '2026-04-03'),
      fc.nat(4 * dayMs),
    )
    .map(([date, offsetMs]) => Date.parse(`${date}T00:00:00Z`) + offsetMs),
);

it('an instant lies between its latest and its next boundary, and the next interval begins there', () => {
  fc.assert(
    fc.property(settings, instant, (calendarSettings, atMs) => {
      const calendar = new TradingCalendar(calendarSettings);
      const { tradingDay, fromMs, untilMs } = calendar.intervalOf(atMs);
      expect(fromMs).toBeLessThanOrEqual(atMs);
      expect(untilMs).toBeGreaterThan(atMs);
      const fresh = new TradingCalendar(calendarSettings);
      for (const inside of [fromMs, Math.floor((fromMs + untilMs) / 2), untilMs - 1]) {
        expect(fresh.tradingDayOf(inside)).toBe(tradingDay);
      }
      const next = fresh.intervalOf(untilMs);
      expect(next.fromMs).toBe(untilMs);
      expect(next.tradingDay > tradingDay).toBe(true);
      expect(new TradingCalendar(calendarSettings).intervalOf(fromMs - 1).untilMs).toBe(fromMs);
    }),
    { numRuns: 300 },
  );
});

it('a boundary reads as the wanted time on the wall, unless that time does not exist', () => {
  fc.assert(
    fc.property(settings, instant, (calendarSettings, atMs) => {
      const { fromMs } = new TradingCalendar(calendarSettings).intervalOf(atMs);
      const local = DateTime.fromMillis(fromMs, { zone: calendarSettings.zone });
      if (local.toFormat('HH:mm') === calendarSettings.time) return;
      // Only a boundary in a gap reads differently: the millisecond before it has another offset.
      expect(local.minus(1).offset).not.toBe(local.offset);
    }),
    { numRuns: 300 },
  );
});

it('away from changes of the clock the day is the local date, moved on after the boundary and over weekends', () => {
  fc.assert(
    fc.property(settings, instant, (calendarSettings, atMs) => {
      const local = DateTime.fromMillis(atMs, { zone: calendarSettings.zone });
      if (local.minus({ hours: 30 }).offset !== local.plus({ hours: 30 }).offset) return;
      let day = local.toFormat('HH:mm') >= calendarSettings.time ? local.plus({ days: 1 }) : local;
      while (calendarSettings.kind === 'futures' && day.weekday > 5) day = day.plus({ days: 1 });
      expect(new TradingCalendar(calendarSettings).tradingDayOf(atMs)).toBe(day.toISODate());
    }),
    { numRuns: 300 },
  );
});
