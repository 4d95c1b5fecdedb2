/** Verifies: RULE-009, G20, G22, G23, G24, V17 */
import { describe, expect, it } from 'vitest';
import {
  createSessionCalendar,
  isEndless,
  type SessionSettings,
} from '../../../src/domain/session-calendar.ts';
import type { SessionPolicy } from '../../../src/domain/session.ts';

const settings: SessionSettings = {
  start: '08:30',
  end: '15:00',
  timezone: 'America/Chicago',
  allowedDays: [0, 1, 2, 3, 4],
  extraWindows: [],
  holidays: new Set(),
  earlyCloses: new Map(),
};
const policy: SessionPolicy = {
  respectHolidays: true,
  respectEarlyClose: true,
  perInstrumentSessions: {},
};

/** `open since … until …`, or `closed until …`. */
function moment(atText: string, changes: Partial<SessionSettings> = {}, root?: string): string {
  return shown(createSessionCalendar({ ...settings, ...changes }).at(Date.parse(atText), root));
}

function shown(found: ReturnType<ReturnType<typeof createSessionCalendar>['at']>): string {
  const iso = (atMs: number): string => new Date(atMs).toISOString().replace(':00.000Z', 'Z');
  if (found.isOpen) return `open ${iso(found.startedAtMs)} to ${iso(found.endsAtMs)}`;
  return found.nextStartMs === undefined ? 'closed' : `closed to ${iso(found.nextStartMs)}`;
}

// March 2026 in Chicago: −6 h until the 8th, −5 h after it.
describe('a session of one day', () => {
  it.each([
    ['before the start', '2026-03-10T12:00:00Z', 'closed to 2026-03-10T13:30Z'],
    ['one millisecond before the start', '2026-03-10T13:29:59.999Z', 'closed to 2026-03-10T13:30Z'],
    ['the start', '2026-03-10T13:30:00Z', 'open 2026-03-10T13:30Z to 2026-03-10T20:00Z'],
    [
      'the last millisecond',
      '2026-03-10T19:59:59.999Z',
      'open 2026-03-10T13:30Z to 2026-03-10T20:00Z',
    ],
    ['the end is outside', '2026-03-10T20:00:00Z', 'closed to 2026-03-11T13:30Z'],
    ['G23: Friday 15:00 to Monday 08:30', '2026-03-13T20:00:00Z', 'closed to 2026-03-16T13:30Z'],
    ['Saturday', '2026-03-14T15:00:00Z', 'closed to 2026-03-16T13:30Z'],
  ])('%s', (_name, at, expected) => {
    expect(moment(at)).toBe(expected);
  });

  it('G23: with a holiday on Monday the next one is Tuesday', () => {
    const holidays = new Set(['2026-03-16']);
    expect(moment('2026-03-13T20:00:00Z', { holidays })).toBe('closed to 2026-03-17T13:30Z');
    expect(moment('2026-03-16T15:00:00Z', { holidays })).toBe('closed to 2026-03-17T13:30Z');
  });

  it('ends earlier on the date of an early close, and not at all when that is before the start', () => {
    const early = (time: string) => ({ earlyCloses: new Map([['2026-03-10', time]]) });
    expect(moment('2026-03-10T16:59:59Z', early('12:00'))).toBe(
      'open 2026-03-10T13:30Z to 2026-03-10T17:00Z',
    );
    expect(moment('2026-03-10T17:00:00Z', early('12:00'))).toBe('closed to 2026-03-11T13:30Z');
    expect(moment('2026-03-10T15:00:00Z', early('08:00'))).toBe('closed to 2026-03-11T13:30Z');
    expect(moment('2026-03-10T15:00:00Z', early('16:00'))).toBe(
      'open 2026-03-10T13:30Z to 2026-03-10T20:00Z',
    );
  });

  it('takes in a window before and one after it when they touch', () => {
    const touching = [
      { start: '07:00', end: '08:30' },
      { start: '15:00', end: '16:00' },
    ];
    expect(moment('2026-03-10T13:30:00Z', { extraWindows: touching })).toBe(
      'open 2026-03-10T12:00Z to 2026-03-10T21:00Z',
    );
    const apart = [{ start: '06:00', end: '07:00' }];
    expect(moment('2026-03-10T11:30:00Z', { extraWindows: apart })).toBe(
      'open 2026-03-10T11:00Z to 2026-03-10T12:00Z',
    );
    expect(moment('2026-03-10T12:00:00Z', { extraWindows: apart })).toBe(
      'closed to 2026-03-10T13:30Z',
    );
  });

  it('starts with the earliest window, also where that belongs to a later date', () => {
    const hours = {
      start: '12:00',
      end: '12:30',
      extraWindows: [{ start: '11:00', end: '10:00' }],
    };
    // Monday's own window begins at noon, Tuesday's overnight window an hour before it.
    expect(moment('2026-03-16T15:30:00Z', { ...hours, allowedDays: [0, 1] })).toBe(
      'closed to 2026-03-16T16:00Z',
    );
  });
});

describe('a session that runs overnight', () => {
  const globex = { start: '17:00', end: '15:10' };

  it.each([
    ['Sunday 16:59 is before it', '2026-03-15T21:59:00Z', 'closed to 2026-03-15T22:00Z'],
    [
      'Sunday 17:00 is in that of Monday',
      '2026-03-15T22:00:00Z',
      'open 2026-03-15T22:00Z to 2026-03-16T20:10Z',
    ],
    ['Monday 15:10 is in the break', '2026-03-16T20:10:00Z', 'closed to 2026-03-16T22:00Z'],
    ['Friday evening belongs to Saturday', '2026-03-13T22:00:00Z', 'closed to 2026-03-15T22:00Z'],
  ])('V17: %s', (_name, at, expected) => {
    expect(moment(at, globex)).toBe(expected);
  });

  it('does not exist where the date on which it ends is a holiday, and ends early on an early close', () => {
    const holidays = new Set(['2026-03-17']);
    expect(moment('2026-03-16T23:00:00Z', { ...globex, holidays })).toBe(
      'closed to 2026-03-17T22:00Z',
    );
    const earlyCloses = new Map([['2026-03-17', '12:00']]);
    expect(moment('2026-03-16T23:00:00Z', { ...globex, earlyCloses })).toBe(
      'open 2026-03-16T22:00Z to 2026-03-17T17:00Z',
    );
  });
});

describe('daylight saving', () => {
  it('G24: 08:30 on the wall before and after both changes', () => {
    expect(moment('2026-03-06T21:00:00Z')).toBe('closed to 2026-03-09T13:30Z');
    expect(moment('2026-03-05T21:00:00Z')).toBe('closed to 2026-03-06T14:30Z');
    expect(moment('2026-10-30T21:00:00Z')).toBe('closed to 2026-11-02T14:30Z');
    expect(moment('2026-10-29T21:00:00Z')).toBe('closed to 2026-10-30T13:30Z');
  });

  it('a start in the spring gap is the next valid instant', () => {
    const early = { start: '02:30', end: '15:00', allowedDays: [6] };
    expect(moment('2026-03-08T07:00:00Z', early)).toBe('closed to 2026-03-08T08:00Z');
  });

  it('a window that lies wholly in the gap does not exist', () => {
    const early = { start: '02:10', end: '02:50', allowedDays: [6] };
    expect(moment('2026-03-08T07:00:00Z', early)).toBe('closed to 2026-03-15T07:10Z');
  });

  it('a start in the repeated hour is its first pass, and the second does not close it again', () => {
    const early = { start: '01:30', end: '15:00', allowedDays: [6] };
    const whole = 'open 2026-11-01T06:30Z to 2026-11-01T21:00Z';
    expect(moment('2026-11-01T06:30:00Z', early)).toBe(whole);
    expect(moment('2026-11-01T07:10:00Z', early)).toBe(whole);
    expect(moment('2026-11-01T06:29:59Z', early)).toBe('closed to 2026-11-01T06:30Z');
  });
});

describe('what one account takes of the calendar', () => {
  it('gives an instrument its own hours, and the others those of the account', () => {
    const calendar = createSessionCalendar(settings).under({
      ...policy,
      perInstrumentSessions: { ZC: { start: '19:00', end: '07:45', timezone: 'America/Chicago' } },
    });
    const atMs = Date.parse('2026-03-10T12:00:00Z');
    expect(shown(calendar.at(atMs, 'ZC'))).toBe('open 2026-03-10T00:00Z to 2026-03-10T12:45Z');
    expect(shown(calendar.at(atMs, 'ES'))).toBe('closed to 2026-03-10T13:30Z');
    expect(shown(calendar.at(atMs))).toBe('closed to 2026-03-10T13:30Z');
  });

  it('may pass over holidays and early closes', () => {
    const calendar = createSessionCalendar({
      ...settings,
      holidays: new Set(['2026-03-10']),
      earlyCloses: new Map([['2026-03-11', '12:00']]),
    });
    const bold = calendar.under({ ...policy, respectHolidays: false, respectEarlyClose: false });
    expect(calendar.at(Date.parse('2026-03-10T15:00:00Z')).isOpen).toBe(false);
    expect(bold.at(Date.parse('2026-03-10T15:00:00Z')).isOpen).toBe(true);
    expect(calendar.at(Date.parse('2026-03-11T18:00:00Z')).isOpen).toBe(false);
    expect(bold.at(Date.parse('2026-03-11T18:00:00Z')).isOpen).toBe(true);
    expect(calendar.under(policy)).toBe(calendar.under(policy));
  });

  it('has no next session when a year of holidays lies ahead', () => {
    const dayMs = 86_400_000;
    const holidays = new Set(
      Array.from({ length: 500 }, (_, day) =>
        new Date(Date.parse('2026-01-01') + day * dayMs).toISOString().slice(0, 10),
      ),
    );
    expect(moment('2026-03-10T15:00:00Z', { holidays })).toBe('closed');
  });
});

describe('hours that are none', () => {
  it.each([
    ['an end at the start', { start: '08:30', end: '08:30' }],
    ['no day', { allowedDays: [] }],
    ['an eighth weekday', { allowedDays: [7] }],
    ['a zone of nowhere', { timezone: 'America/Nowhere' }],
    ['half past twenty-four', { end: '24:30' }],
    [
      'no pause',
      { allowedDays: [0, 1, 2, 3, 4, 5, 6], extraWindows: [{ start: '15:00', end: '08:30' }] },
    ],
  ])('%s', (_name, changes) => {
    expect(() => createSessionCalendar({ ...settings, ...changes })).toThrow('Condition failed');
  });

  it('five days around the clock have a pause', () => {
    const windows = [
      { start: '08:30', end: '15:00' },
      { start: '15:00', end: '08:30' },
    ];
    expect(isEndless([0, 1, 2, 3, 4], windows)).toBe(false);
    expect(isEndless([0, 1, 2, 3, 4, 5, 6], windows)).toBe(true);
    expect(moment('2026-03-10T15:00:00Z', { extraWindows: windows.slice(1) })).toBe(
      'open 2026-03-08T20:00Z to 2026-03-13T20:00Z',
    );
  });
});
