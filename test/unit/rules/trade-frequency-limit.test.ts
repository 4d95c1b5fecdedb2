/** Verifies: RULE-006, rules 1.3, G12, G13, V12, V23 */
import { describe, expect, it } from 'vitest';
import type { RuleFinding } from '../../../src/domain/verdict.ts';
import type { TradeFacts } from '../../../src/domain/view.ts';
import { limits } from '../../../src/kernel/limits.ts';
import { tradeFrequencyLimit } from '../../../src/rules/trade-frequency-limit.rule.ts';
import { position } from '../../support/rule-facts.ts';
import { asked, dayStartMs, RememberingRule, second, trade } from '../../support/trade-facts.ts';

type Given = Readonly<Record<string, unknown>>;
const rule = (given: Given = {}) => new RememberingRule(tradeFrequencyLimit, given);

/** Judges after each trade, in the order in which they arrive: `[second of arrival, trade]`. */
function play(given: Given, arrivals: readonly (readonly [number, TradeFacts])[]): RuleFinding {
  const judged = rule(given);
  const trades: TradeFacts[] = [];
  let last: RuleFinding | undefined;
  for (const [at, one] of arrivals) {
    trades.push(one);
    last = judged.at(at, trades);
  }
  if (last === undefined) throw new Error('at least one trade');
  return last;
}

/** Trades at these seconds, each judged as it comes. */
const trades = (...seconds: readonly number[]) => seconds.map((at) => [at, trade(at)] as const);
/** So many trades at equal distances from second 0 on. */
const every = (step: number, count: number) =>
  trades(...Array.from({ length: count }, (_, index) => index * step));

describe('the windows', () => {
  it.each([
    ['the limit itself is allowed', {}, trades(0, 10, 20), 'PASS', 'none'],
    [
      'G12: the fourth of a minute',
      {},
      trades(0, 10, 20, 30),
      'DENY',
      'cooldown 60s from 30, alert',
    ],
    ['G13: older ones have left', {}, trades(0, 10, 20, 70), 'PASS', 'none'],
    ['one of exactly 60 s is outside', {}, trades(0, 10, 20, 60), 'PASS', 'none'],
    [
      'one a millisecond younger is inside',
      {},
      trades(0.001, 10, 20, 60),
      'DENY',
      'cooldown 60s from 60, alert',
    ],
    ['the eleventh of an hour', {}, every(300, 11), 'DENY', 'cooldown 1800s from 3000, alert'],
    ['ten of an hour', {}, every(300, 10), 'PASS', 'none'],
    ['one of exactly an hour is outside', {}, every(360, 11), 'PASS', 'none'],
    ['V23: the 51st of a session', {}, every(400, 51), 'DENY', 'untilReset, alert'],
    ['V23: the 50th of a session', {}, every(400, 50), 'PASS', 'none'],
    [
      'a session breach as a cooldown',
      { sessionBreach: 'cooldown', limits: { perMinute: 1, perHour: 1, perSession: 1 } },
      trades(0, 4_000),
      'DENY',
      'cooldown 3600s from 4000, alert',
    ],
    [
      'the longest lock applies',
      { limits: { perMinute: 1, perHour: 1 } },
      trades(0, 1),
      'DENY',
      'cooldown 1800s from 1, alert',
    ],
    [
      'the longest is by duration',
      { limits: { perMinute: 1, perHour: 1 }, cooldownOnBreach: { perMinute: '2h' } },
      trades(0, 1),
      'DENY',
      'cooldown 7200s from 1, alert',
    ],
    [
      'until the reset outranks every cooldown',
      { limits: { perMinute: 1, perHour: 1, perSession: 1 } },
      trades(0, 1),
      'DENY',
      'untilReset, alert',
    ],
  ] as const)('%s', (_name, given, arrivals, verdict, wants) => {
    const finding = play(given, arrivals);
    expect(finding.verdict).toBe(verdict);
    expect(asked(finding)).toBe(wants);
  });

  it('shows the window that is nearest to its limit, and all counts', () => {
    expect(play({}, trades(0, 70))).toMatchObject({
      observed: 1,
      limit: 3,
      headroom: 2,
      unit: 'contracts',
    });
    expect(play({}, trades(0, 10, 20, 30))).toMatchObject({
      code: 'TRADE_FREQUENCY_REACHED',
      observed: 4,
      limit: 3,
      headroom: 0,
      inputs: [
        { name: 'perMinute', value: '4' },
        { name: 'perHour', value: '4' },
        { name: 'perSession', value: '4' },
      ],
    });
  });

  it('counts a trade that arrives late at its own time', () => {
    const before = trades(0, 10, 20);
    expect(asked(play({}, [...before, [30, trade(15)]]))).toBe('cooldown 60s from 30, alert');
    expect(play({}, [...before, [75, trade(12)]]).verdict).toBe('PASS');
  });

  it('counts a trade that is stamped ahead of our clock', () => {
    expect(play({}, [...trades(0, 10, 20), [30, trade(31)]]).verdict).toBe('DENY');
  });

  it('is due again when enough trades have left, and never for the session', () => {
    expect(play({}, trades(0, 10, 20, 30)).dueAtMs).toBe(second(60));
    expect(play({ limits: { perMinute: 1, perHour: 2 } }, trades(0, 10, 20, 30)).dueAtMs).toBe(
      second(10 + 3_600),
    );
    expect(
      play({ limits: { perMinute: 1, perSession: 1 } }, trades(0, 10)).dueAtMs,
    ).toBeUndefined();
  });
});

describe('a lock is made by a trade that was not judged before', () => {
  const four = [trade(0), trade(10), trade(20), trade(30)];

  it('once, whatever makes it judge again', () => {
    const judged = rule();
    expect(asked(judged.at(30, four))).toBe('cooldown 60s from 30, alert');
    expect(asked(judged.at(30, four))).toBe('none');
    expect(judged.at(45, four)).toMatchObject({ verdict: 'DENY', wants: [] });
    expect(judged.at(90, four)).toMatchObject({ verdict: 'PASS', wants: [] });
  });

  it('and again by the next one', () => {
    const judged = rule();
    judged.at(30, four);
    expect(asked(judged.at(40, [...four, trade(40)]))).toBe('cooldown 60s from 40, alert');
  });

  it('but not by one outside the exceeded window', () => {
    const judged = rule();
    const later = [600, 610, 620, 630].map((at) => trade(at));
    judged.at(630, later);
    expect(asked(judged.at(640, [...later, trade(5, { id: 'late' })]))).toBe('none');
  });

  it.each([
    [{ limits: { perMinute: 9 } }, { limits: { perMinute: 1 } }],
    [{ countBasis: 'entry' }, { countBasis: 'fill', limits: { perMinute: 1 } }],
  ])('not by a reload, from %j to %j', (before, after) => {
    const judged = rule(before);
    const list = [...four.slice(0, 2), trade(20, { pnl: '5' }), trade(30, { pnl: '5' })];
    expect(judged.at(30, list).verdict).toBe('PASS');
    judged.reload(after);
    expect(judged.at(31, list)).toMatchObject({ verdict: 'DENY', wants: [] });
  });

  it('not by a void, not even of the trade that made it', () => {
    const judged = rule({ limits: { perMinute: 2 } });
    judged.at(30, four);
    expect(asked(judged.at(31, four.slice(0, 3)))).toBe('none');
    expect(judged.at(32, four.slice(1, 3)).verdict).toBe('PASS');
  });

  it('by a new trade after a void left the count as it was', () => {
    const judged = rule();
    judged.at(30, four);
    expect(asked(judged.at(32, [...four.slice(1), trade(31)]))).toBe('cooldown 60s from 32, alert');
  });

  it('on another day by any trade', () => {
    const judged = rule();
    judged.at(30, four);
    expect(asked(judged.at(30, four, { dayStartMs: dayStartMs - 1 }))).not.toBe('none');
  });

  it('remembers a bounded number of ids, and takes what is older than them as judged', () => {
    const given = { limits: { perMinute: 1, perHour: 1 } };
    const judged = rule(given);
    const many = Array.from({ length: limits.judgedTradesMax + 5 }, (_, at) => trade(at));
    const { remember } = judged.at(many.length, many);
    expect(String(remember?.['judged']).split('\n')).toHaveLength(limits.judgedTradesMax);
    expect(asked(judged.at(many.length + 1, many))).toBe('none');
    expect(asked(judged.at(many.length + 1, [...many, trade(10.5)]))).not.toBe('none');
  });

  it('remembers nothing of a day without trades', () => {
    expect(rule().at(0, [])).not.toHaveProperty('remember');
  });
});

describe('over the daily reset', () => {
  const before = [trade(-30), trade(-20), trade(-10)];

  it('the windows of a minute and an hour go on, the session does not', () => {
    const given = { limits: { perMinute: 3, perHour: 10, perSession: 10 } };
    const finding = rule(given).at(10, [trade(5)], { earlierTrades: before });
    expect(asked(finding)).toBe('cooldown 60s from 10, alert');
    expect(finding.inputs).toEqual([
      { name: 'perMinute', value: '4' },
      { name: 'perHour', value: '4' },
      { name: 'perSession', value: '1' },
    ]);
  });

  it('the session goes on where the reset leaves the trade count', () => {
    const given = { limits: { perMinute: 3, perHour: 3, perSession: 3 } };
    const old = [trade(-9_000), trade(-8_000), trade(-7_000)];
    const more = { earlierTrades: old, keepsTradeCount: true };
    expect(asked(rule(given).at(10, [trade(5)], more))).toBe('untilReset, alert');
    expect(rule(given).at(10, [trade(5)], { earlierTrades: old }).verdict).toBe('PASS');
  });

  it('what was judged before it makes no lock after it', () => {
    const judged = rule({ limits: { perMinute: 2 } });
    const yesterday = { dayStartMs: dayStartMs - 86_400_000 };
    expect(asked(judged.at(-5, before, yesterday))).not.toBe('none');
    expect(asked(judged.at(5, [], { earlierTrades: before }))).toBe('none');
    // A trade of the old day that is heard late was not judged.
    const late = [...before, trade(-1)];
    expect(asked(judged.at(6, [], { earlierTrades: late }))).toBe('cooldown 60s from 6, alert');
    expect(asked(judged.at(7, [], { earlierTrades: late }))).toBe('none');
  });
});

describe('what counts as a trade', () => {
  const basis = (countBasis: string, list: readonly TradeFacts[], more = {}) =>
    rule({ countBasis, limits: { perMinute: 1 } }).at(50, list, more);

  it.each([
    ['fill: every execution', 'fill', [trade(1, { order: 'A' }), trade(2, { order: 'A' })], 2],
    [
      'order: once however it fills',
      'order',
      [trade(1, { order: 'A' }), trade(2, { order: 'A' })],
      1,
    ],
    ['order: one without an order stands alone', 'order', [trade(1), trade(2)], 2],
    ['entry: exits do not count', 'entry', [trade(1), trade(2, { pnl: '5' })], 1],
    ['entry: adding counts', 'entry', [trade(1), trade(2)], 2],
    ['entry: a flip is one', 'entry', [trade(1), trade(2, { close: 1, open: 1 })], 2],
    ['entry: once for an order', 'entry', [trade(1, { order: 'A' }), trade(2, { order: 'A' })], 1],
    [
      'roundTrip: an open one does not count',
      'roundTrip',
      [trade(1, { open: 2 }), trade(2, { pnl: '5' })],
      0,
    ],
    [
      'roundTrip: flat to flat',
      'roundTrip',
      [trade(1, { open: 2 }), trade(2, { close: 1 }), trade(3, { close: 1 })],
      1,
    ],
  ] as const)('%s', (_name, countBasis, list, count) => {
    const held = countBasis === 'roundTrip' && count === 0 ? [position('ES', '1', '5800')] : [];
    expect(basis(countBasis, list, { positions: held }).inputs).toContainEqual({
      name: 'perMinute',
      value: String(count),
    });
  });

  it('roundTrip: a flip ends one, each instrument has its own, a carried position counts', () => {
    const list = [
      trade(1, { close: 1, open: 1 }),
      trade(2, { close: 1 }),
      trade(3, { instrument: 'NQ' }),
      trade(4, { instrument: 'NQ', close: 1 }),
    ];
    expect(basis('roundTrip', list).inputs[0]).toMatchObject({ value: '3' });
  });

  it('an order that fills on makes no second lock', () => {
    const judged = rule({ countBasis: 'order', limits: { perMinute: 1 } });
    const list = [trade(1, { order: 'A' }), trade(2, { order: 'B' })];
    expect(asked(judged.at(2, list))).toBe('cooldown 60s from 2, alert');
    expect(asked(judged.at(3, [...list, trade(3, { order: 'B' })]))).toBe('none');
    // Without its first execution the order is still the one that was judged.
    expect(asked(judged.at(4, [trade(1, { order: 'A' }), trade(3, { order: 'B' })]))).toBe('none');
  });

  it.each([
    [true, 'PASS'],
    [false, 'DENY'],
  ])('own closes are left out: %s', (excludeOwnEnforcement, verdict) => {
    const own = trade(2, { close: 1, isEnforcement: true });
    for (const countBasis of ['fill', 'order', 'roundTrip']) {
      const judged = rule({ countBasis, excludeOwnEnforcement, limits: { perMinute: 1 } });
      const list =
        countBasis === 'roundTrip'
          ? [trade(0), trade(1, { close: 1 }), trade(1.5), own]
          : [trade(1), own];
      expect(judged.at(2, list).verdict).toBe(verdict);
    }
  });
});

describe('the configuration', () => {
  it('has the defaults of the specification', () => {
    expect(tradeFrequencyLimit.config.parse({})).toMatchObject({
      enabled: true,
      limits: { perMinute: 3, perHour: 10, perSession: 50 },
      cooldownOnBreach: { perMinute: 60_000, perHour: 1_800_000, perSession: 3_600_000 },
      sessionBreach: 'untilReset',
      countBasis: 'fill',
      cancelIncreasingOrders: true,
      excludeOwnEnforcement: true,
    });
  });

  it.each([
    [{ limits: { perMinute: 0 } }],
    [{ limits: { perMinute: 4, perHour: 3 } }],
    [{ limits: { perMinute: 4, perSession: 3 } }],
    [{ limits: { perHour: 4, perSession: 3 } }],
    [{ limits: { perDay: 3 } }],
    [{ cooldownOnBreach: { perMinute: '0s' } }],
    [{ cooldownOnBreach: { perHour: '25h' } }],
    [{ countBasis: 'trade' }],
  ])('refuses %j', (given) => {
    expect(tradeFrequencyLimit.config.safeParse(given).success).toBe(false);
  });

  it('compares only what is given', () => {
    expect(tradeFrequencyLimit.config.parse({ limits: { perSession: 2 } })).toMatchObject({
      limits: { perMinute: 3, perHour: 10, perSession: 2 },
    });
  });

  it('leaves working orders where it is told to', () => {
    const judged = rule({ cancelIncreasingOrders: false, limits: { perMinute: 1 } });
    expect(judged.at(2, [trade(1), trade(2)]).wants[0]).toMatchObject({ keepsOrders: true });
  });
});
