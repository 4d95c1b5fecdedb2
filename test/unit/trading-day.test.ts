/** Verifies: trading days and their boundaries. Source: rules 7.1, prop-firm 2 and 6. */
import { describe, expect, it } from 'vitest';
import {
  latestBoundaryMs,
  nextBoundaryMs,
  TradingCalendar,
  tradingDayOf,
  type CalendarSettings,
} from '../../src/domain/trading-day.ts';

const futures: CalendarSettings = { time: '17:00', zone: 'America/Chicago', kind: 'futures' };
const continuous: CalendarSettings = { ...futures, kind: 'continuous' };
const at = (text: string) => Date.parse(text);

describe('the futures calendar', () => {
  it.each([
    ['Monday morning', '2026-03-02T09:00:00-06:00', '2026-03-02'],
    ['a millisecond before the boundary', '2026-03-02T16:59:59.999-06:00', '2026-03-02'],
    ['the boundary itself', '2026-03-02T17:00:00-06:00', '2026-03-03'],
    ['Friday before the close', '2026-03-06T15:59:00-06:00', '2026-03-06'],
    ['Friday at the boundary', '2026-03-06T17:00:00-06:00', '2026-03-09'],
    ['Saturday noon', '2026-03-07T12:00:00-06:00', '2026-03-09'],
    ['Saturday 17:00', '2026-03-07T17:00:00-06:00', '2026-03-09'],
    ['the Sunday open', '2026-03-08T17:00:00-05:00', '2026-03-09'],
    ['Monday before its boundary', '2026-03-09T16:59:00-05:00', '2026-03-09'],
    ['Monday at its boundary', '2026-03-09T17:00:00-05:00', '2026-03-10'],
    ['the last evening of the year', '2025-12-31T17:00:00-06:00', '2026-01-01'],
    ['a leap day', '2028-02-28T18:00:00-06:00', '2028-02-29'],
  ])('puts %s (%s) into %s', (_, instant, day) => {
    expect(tradingDayOf(at(instant), futures)).toBe(day);
  });

  it('has no boundary between Friday and Monday, over both changes of the clock', () => {
    const spring = at('2026-03-07T12:00:00-06:00');
    expect(latestBoundaryMs(spring, futures)).toBe(at('2026-03-06T17:00:00-06:00'));
    expect(nextBoundaryMs(spring, futures)).toBe(at('2026-03-09T17:00:00-05:00'));
    const autumn = at('2026-11-01T01:30:00-06:00');
    expect(latestBoundaryMs(autumn, futures)).toBe(at('2026-10-30T17:00:00-05:00'));
    expect(nextBoundaryMs(autumn, futures)).toBe(at('2026-11-02T17:00:00-06:00'));
  });

  it('counts a boundary as the latest from its first millisecond on', () => {
    const boundary = at('2026-03-03T17:00:00-06:00');
    expect(latestBoundaryMs(boundary, futures)).toBe(boundary);
    expect(latestBoundaryMs(boundary - 1, futures)).toBe(at('2026-03-02T17:00:00-06:00'));
    expect(nextBoundaryMs(boundary - 1, futures)).toBe(boundary);
    expect(nextBoundaryMs(boundary, futures)).toBe(at('2026-03-04T17:00:00-06:00'));
  });
});

describe('the continuous calendar', () => {
  it.each([
    ['Friday 17:00', '2026-03-06T17:00:00-06:00', '2026-03-07'],
    ['Saturday noon', '2026-03-07T12:00:00-06:00', '2026-03-07'],
    ['Saturday 17:00', '2026-03-07T17:00:00-06:00', '2026-03-08'],
    ['Sunday 17:00', '2026-03-08T17:00:00-05:00', '2026-03-09'],
  ])('puts %s (%s) into %s: no day is skipped', (_, instant, day) => {
    expect(tradingDayOf(at(instant), continuous)).toBe(day);
  });

  it('has a day of 23 hours in spring and one of 25 in autumn', () => {
    const hours = (instant: string) => {
      const { fromMs, untilMs } = new TradingCalendar(continuous).intervalOf(at(instant));
      return (untilMs - fromMs) / 3_600_000;
    };
    expect(hours('2026-03-08T01:00:00-06:00')).toBe(23);
    expect(hours('2026-11-01T00:30:00-05:00')).toBe(25);
    expect(hours('2026-07-04T12:00:00-05:00')).toBe(24);
  });

  it('takes the next valid instant for a boundary in the spring gap', () => {
    const gap: CalendarSettings = { ...continuous, time: '02:30' };
    expect(latestBoundaryMs(at('2026-03-08T12:00:00-05:00'), gap)).toBe(
      at('2026-03-08T03:00:00-05:00'),
    );
  });

  it('takes the first of a repeated boundary, and only that one', () => {
    const repeated: CalendarSettings = { ...continuous, time: '01:30' };
    const first = at('2026-11-01T01:30:00-05:00');
    expect(latestBoundaryMs(first, repeated)).toBe(first);
    const second = at('2026-11-01T01:30:00-06:00');
    expect(latestBoundaryMs(second, repeated)).toBe(first);
    expect(tradingDayOf(second - 1, repeated)).toBe('2026-11-02');
  });

  it('knows midnight in zones east of Greenwich', () => {
    const tokyo: CalendarSettings = { time: '00:00', zone: 'Asia/Tokyo', kind: 'continuous' };
    expect(tradingDayOf(at('2026-05-01T00:00:00+09:00'), tokyo)).toBe('2026-05-02');
    expect(latestBoundaryMs(at('2026-05-01T23:59:59+09:00'), tokyo)).toBe(
      at('2026-05-01T00:00:00+09:00'),
    );
  });
});

describe('a calendar', () => {
  it('answers the same whatever was asked before', () => {
    const calendar = new TradingCalendar(futures);
    const instants = [
      '2026-03-09T17:00:00-05:00',
      '2026-03-06T16:00:00-06:00',
      '2026-03-09T16:59:59-05:00',
    ];
    for (const instant of [...instants, ...instants.toReversed()]) {
      expect(calendar.tradingDayOf(at(instant))).toBe(tradingDayOf(at(instant), futures));
    }
  });

  it.each([
    [{ ...futures, time: '5:00' }, 'a boundary is HH:MM in 24-hour form, was "5:00"'],
    [{ ...futures, time: '24:00' }, 'was "24:00"'],
    [{ ...futures, zone: 'America/Atlantis' }, 'a zone is an IANA name, was "America/Atlantis"'],
  ])('refuses %j', (settings, message) => {
    expect(() => new TradingCalendar(settings)).toThrow(message);
  });

  it('refuses an instant that is no whole millisecond', () => {
    expect(() => tradingDayOf(Number.NaN, futures)).toThrow('a whole millisecond, was NaN');
  });
});
