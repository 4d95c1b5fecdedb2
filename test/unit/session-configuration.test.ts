/** Verifies: rules 10.4, RULE-009 */
import { describe, expect, it } from 'vitest';
import {
  EarlyCloseList,
  HolidaysBlock,
  SessionHoursBlock,
  sessionSettings,
} from '../../src/bin/configuration/sessions.ts';

function settings(hours: object = {}, holidays: object = {}, earlyClose: readonly object[] = []) {
  return sessionSettings({
    sessionHours: SessionHoursBlock.parse(hours),
    holidays: HolidaysBlock.parse(holidays),
    earlyClose: EarlyCloseList.parse(earlyClose),
  });
}

describe('the trading hours of a configuration', () => {
  it('are 08:30 to 15:00 in Chicago from Monday to Friday without the shipped holidays', () => {
    const found = settings();
    expect(found).toMatchObject({
      start: '08:30',
      end: '15:00',
      timezone: 'America/Chicago',
      allowedDays: [0, 1, 2, 3, 4],
      extraWindows: [],
    });
    expect([...(found?.holidays ?? [])]).toHaveLength(18);
    expect(found?.holidays.has('2026-04-03')).toBe(true);
    expect(found?.earlyCloses.size).toBe(0);
  });

  it('are none when they are switched off', () => {
    expect(settings({ enabled: false })).toBeUndefined();
  });

  it('take in further windows, short and full dates, and early closes', () => {
    const found = settings(
      { preMarket: { start: '07:00', end: '08:30' }, allowedDays: ['0', 6] },
      { dates: { 2027: ['01-01', '2027-12-24'] } },
      [{ date: '2027-12-23', closeTime: '12:00' }],
    );
    expect(found?.extraWindows).toEqual([{ start: '07:00', end: '08:30' }]);
    expect(found?.allowedDays).toEqual([0, 6]);
    expect([...(found?.holidays ?? [])]).toEqual(['2027-01-01', '2027-12-24']);
    expect(found?.earlyCloses.get('2027-12-23')).toBe('12:00');
    expect(settings({}, { enabled: false })?.holidays.size).toBe(0);
  });
});

describe('refuses', () => {
  it.each([
    ['an end at the start', { start: '15:00' }],
    ['no weekday', { allowedDays: [] }],
    ['an eighth weekday', { allowedDays: [7] }],
    ['a time without a leading zero', { start: '8:30' }],
    ['a zone of nowhere', { timezone: 'America/Nowhere' }],
    ['a window without times', { preMarket: true }],
    [
      'hours without a pause',
      { allowedDays: [0, 1, 2, 3, 4, 5, 6], afterHours: { start: '15:00', end: '08:30' } },
    ],
    ['an unknown key', { open: '08:30' }],
  ])('%s', (_name, hours) => {
    expect(SessionHoursBlock.safeParse(hours).success).toBe(false);
  });

  it.each([
    ['a date of another year', { 2026: ['2027-01-01'] }],
    ['a date that does not exist', { 2026: ['02-29'] }],
    ['a date in words', { 2026: ['Christmas'] }],
    ['a year of two digits', { 26: ['01-01'] }],
  ])('%s', (_name, dates) => {
    expect(HolidaysBlock.safeParse({ dates }).success).toBe(false);
  });

  it.each([
    ['an early close without a year', { date: '12-24', closeTime: '12:00' }],
    ['one at no time', { date: '2026-12-24', closeTime: 'noon' }],
  ])('%s', (_name, entry) => {
    expect(EarlyCloseList.safeParse([entry]).success).toBe(false);
  });
});
