/** Verifies: RULE-009, G20, G21, G22, G23, V17 */
import { describe, expect, it } from 'vitest';
import type { SubmitOrder } from '../../../src/domain/order.ts';
import { createSessionCalendar } from '../../../src/domain/session-calendar.ts';
import type { AccountFacts } from '../../../src/domain/view.ts';
import { context, facts, position, ruleOf, working } from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-009');
const sessions = createSessionCalendar({
  start: '08:30',
  end: '15:00',
  timezone: 'America/Chicago',
  allowedDays: [0, 1, 2, 3, 4],
  extraWindows: [],
  holidays: new Set(['2026-03-12']),
  earlyCloses: new Map([['2026-03-11', '12:00']]),
});
type Given = Readonly<Record<string, unknown>>;

function at(time: string, account: AccountFacts) {
  return { ...context(account), nowMs: Date.parse(time), sessions };
}

function judge(time: string, account: AccountFacts, config: Given = {}) {
  return rule.evaluate(at(time, account), rule.config.parse(config));
}

const ms = (time: string): number => Date.parse(time);
const flat = facts();
const held = facts({ positions: [position('ES', '1', '5800')] });
const lockUntil = (time: string) => ({
  type: 'setLock',
  scope: 'account',
  kind: 'untilSessionStart',
  expiresAtMs: ms(time),
});
const flatten = [
  { type: 'cancelAllOrders' },
  { type: 'flattenAccount' },
  { type: 'alert', severity: 'error' },
];
const info = { type: 'alert', severity: 'info' };
const [close, nextStart] = ['2026-03-10T20:00:00Z', '2026-03-11T13:30:00Z'];

// Chicago is 5 hours behind in these days.
describe('the hours of the account', () => {
  it('pass, and are judged again at their end', () => {
    expect(judge('2026-03-10T19:59:59.999Z', held)).toMatchObject([
      { entity: 'account', verdict: 'PASS', wants: [], dueAtMs: ms(close) },
    ]);
  });

  it('G20: are over at their end: locked until the next start, closed, judged again then', () => {
    expect(judge(close, held)).toMatchObject([
      {
        verdict: 'DENY',
        code: 'OUTSIDE_SESSION',
        observed: 1,
        limit: 0,
        wants: [lockUntil(nextStart), ...flatten],
        dueAtMs: ms(nextStart),
      },
    ]);
  });

  it.each([
    ['a flat account is locked and nothing closed', flat, {}, [info]],
    [
      'an order alone is reason to close',
      facts({ workingOrders: [working('ES', 'buy', '1')] }),
      {},
      flatten,
    ],
    ['nothing is closed on a guess', { ...held, isReconciled: false }, {}, [info]],
    ['nor where it is not wanted', held, { closePositionsAtSessionEnd: false }, [info]],
  ])('%s', (_name, account, config, wants) => {
    expect(judge(close, account, config)[0]?.wants).toEqual([lockUntil(nextStart), ...wants]);
  });

  it('are over a lead before their end, and locked until the start after it', () => {
    const config = { closeLeadSeconds: 60 };
    expect(judge('2026-03-10T19:58:59Z', held, config)).toMatchObject([
      { verdict: 'PASS', dueAtMs: ms('2026-03-10T19:59:00Z') },
    ]);
    expect(judge('2026-03-10T19:59:00Z', held, config)).toMatchObject([
      { verdict: 'DENY', wants: [lockUntil(nextStart), ...flatten] },
    ]);
  });

  it.each([
    ['an early close ends them', '2026-03-11T17:00:00Z', {}, 'DENY'],
    ['unless it is not respected', '2026-03-11T17:00:00Z', { respectEarlyClose: false }, 'PASS'],
    ['a holiday has none', '2026-03-12T15:00:00Z', {}, 'DENY'],
    ['unless it is not respected', '2026-03-12T15:00:00Z', { respectHolidays: false }, 'PASS'],
  ])('%s', (_name, time, config, verdict) => {
    expect(judge(time, flat, config)).toMatchObject([{ verdict }]);
  });

  it('are nothing to judge where nobody knows them', () => {
    expect(rule.evaluate(context(held), rule.config.parse({}))).toEqual([]);
  });
});

describe('hours of one instrument', () => {
  const own = (start: string, end: string) => ({
    perInstrumentSessions: { ES: { start, end, timezone: 'America/Chicago' } },
  });

  it('lock and close it by its symbol', () => {
    const found = judge('2026-03-10T15:00:00Z', held, own('07:00', '08:00'));
    expect(found).toMatchObject([
      { entity: 'account', verdict: 'PASS' },
      {
        entity: 'ES',
        verdict: 'DENY',
        observed: 1,
        wants: [
          {
            type: 'setLock',
            scope: 'symbol:ES',
            kind: 'untilSessionStart',
            expiresAtMs: ms('2026-03-11T12:00:00Z'),
          },
          { type: 'cancelOrdersBySymbol', instrument: 'ES' },
          { type: 'closePosition', instrument: 'ES' },
          { type: 'alert', severity: 'error' },
        ],
      },
    ]);
  });

  it('keep it open outside the hours of the account, whose other positions are closed one by one', () => {
    const both = facts({
      positions: [position('ES', '1', '5800'), position('MNQ', '1', '21000')],
    });
    const found = judge('2026-03-10T12:30:00Z', both, own('07:00', '08:00'));
    expect(found).toMatchObject([
      {
        entity: 'account',
        verdict: 'DENY',
        observed: 1,
        wants: [
          { type: 'setLock', scope: 'symbol:MNQ' },
          { type: 'cancelOrdersBySymbol', instrument: 'MNQ' },
          { type: 'closePosition', instrument: 'MNQ' },
          { type: 'alert' },
        ],
      },
      { entity: 'ES', verdict: 'PASS' },
    ]);
  });

  it('that start first end the lock of the account', () => {
    const [account] = judge('2026-03-10T11:00:00Z', flat, own('07:00', '08:00'));
    expect(account?.wants).toEqual([lockUntil('2026-03-10T12:00:00Z'), info]);
  });

  it('are found under any name of the instrument', () => {
    const { perInstrumentSessions } = rule.config.parse({
      perInstrumentSessions: { ENQ: { start: '07:00', end: '08:00' } },
    }) as { perInstrumentSessions: object };
    expect(perInstrumentSessions).toEqual({
      NQ: { start: '07:00', end: '08:00', timezone: 'America/Chicago' },
    });
  });
});

describe('at the gate', () => {
  const order = { instrument: 'ES', side: 'buy', quantityLots: 1 } as unknown as SubmitOrder;

  it.each([
    ['within the session', '2026-03-10T15:00:00Z', {}, 'PASS'],
    ['outside', '2026-03-10T21:00:00Z', {}, 'DENY'],
    ['within the lead', '2026-03-10T19:59:30Z', { closeLeadSeconds: 60 }, 'DENY'],
    [
      'within its own hours',
      '2026-03-10T12:30:00Z',
      { perInstrumentSessions: { ES: { start: '07:00', end: '08:00' } } },
      'PASS',
    ],
  ])('%s', (_name, time, config, verdict) => {
    const found = rule.judgeOrder?.(at(time, flat), rule.config.parse(config), order);
    expect(found?.verdict).toBe(verdict);
  });
});

it.each([
  ['closeLeadSeconds', 3_601],
  ['sessionCloseGraceSeconds', 601],
  ['perInstrumentSessions', { ES: { start: '08:00', end: '08:00' } }],
  ['perInstrumentSessions', { ES: { start: '8:00', end: '09:00' } }],
  ['perInstrumentSessions', { ES: { start: '08:00', end: '09:00', timezone: 'Nowhere' } }],
])('refuses %s %j', (key, value) => {
  expect(rule.config.safeParse({ [key]: value }).success).toBe(false);
});
