/** Verifies: RULE-007, rules 1.3, G14, G15 */
import { describe, expect, it } from 'vitest';
import { OrderId } from '../../../src/domain/ids.ts';
import type { TradeFacts } from '../../../src/domain/view.ts';
import { cooldownAfterLoss } from '../../../src/rules/cooldown-after-loss.rule.ts';
import { position, usd, working } from '../../support/rule-facts.ts';
import { asked, RememberingRule, second, trade } from '../../support/trade-facts.ts';

const rule = (given: Readonly<Record<string, unknown>> = {}) =>
  new RememberingRule(cooldownAfterLoss, given);

describe('the tiers', () => {
  it.each([
    ['-99.99', 'none'],
    ['-100', 'cooldown 300s from 1, alert'],
    ['-199.99', 'cooldown 300s from 1, alert'],
    ['-200', 'cooldown 900s from 1, alert'],
    ['-250', 'cooldown 900s from 1, alert'],
    ['-300', 'cooldown 1800s from 1, alert'],
    ['-5000', 'cooldown 1800s from 1, alert'],
    ['100', 'none'],
    ['0', 'none'],
  ])('a result of %s', (pnl, wants) => {
    expect(asked(rule().at(1, [trade(1, { pnl })]))).toBe(wants);
  });

  it('G14: the losses of a day', () => {
    const judged = rule();
    const list: TradeFacts[] = [];
    const heard = [
      [0, '-250'],
      [1_000, '-95'],
      [2_000, '-350'],
      [4_000, '-100'],
    ].map(([at, pnl]) => {
      list.push(trade(Number(at), { pnl: String(pnl) }));
      return asked(judged.at(Number(at), list));
    });
    expect(heard).toEqual([
      'cooldown 900s from 0, alert',
      'none',
      'cooldown 1800s from 2000, alert',
      'cooldown 300s from 4000, alert',
    ]);
  });

  it('may be given in any order', () => {
    const lossThresholds = [
      { lossAmount: '-200', cooldownDuration: '10m' },
      { lossAmount: '-50', cooldownDuration: '1m' },
    ];
    expect(asked(rule({ lossThresholds }).at(1, [trade(1, { pnl: '-60' })]))).toBe(
      'cooldown 60s from 1, alert',
    );
  });

  it('equality does not breach where the configuration says so', () => {
    const judged = rule({ breachAtEquality: false });
    expect(judged.at(1, [trade(1, { pnl: '-100' })]).verdict).toBe('PASS');
    expect(judged.at(2, [trade(2, { pnl: '-100.01' })]).verdict).toBe('DENY');
  });

  it.each([
    [true, 'DENY', '-101'],
    [false, 'PASS', '-97'],
  ])('fees count: %s', (includeFees, verdict, observed) => {
    const list = [trade(0, { fee: '90' }), trade(1, { pnl: '-97', fee: '4' })];
    const finding = rule({ includeFees }).at(1, list);
    expect(finding).toMatchObject({ verdict, observed: usd(observed) });
  });

  it('fees of executions that closed nothing are no loss', () => {
    expect(rule().at(1, [trade(1, { fee: '500' })])).toMatchObject({
      verdict: 'PASS',
      observed: 0,
    });
  });
});

describe('a cooldown', () => {
  it('begins at the venue time of the loss, not when it is heard of', () => {
    const finding = rule().at(100, [trade(1, { pnl: '-100' })]);
    expect(asked(finding)).toBe('cooldown 300s from 1, alert');
    expect(finding).toMatchObject({
      code: 'LOSS_COOLDOWN_ACTIVE',
      observed: usd('-100'),
      limit: usd('-100'),
      headroom: 0,
      dueAtMs: second(301),
      inputs: [
        { name: 'loss', value: '-100.00', ageMs: 99_000 },
        { name: 'fills', value: 't1' },
      ],
    });
  });

  it('that would be over makes no lock', () => {
    expect(asked(rule().at(301, [trade(1, { pnl: '-100' })]))).toBe('none');
    expect(asked(rule().at(300.999, [trade(1, { pnl: '-100' })]))).toBe(
      'cooldown 300s from 1, alert',
    );
  });

  it('is asked for once, and the verdict stands until it is over', () => {
    const judged = rule();
    const list = [trade(1, { pnl: '-100' })];
    expect(asked(judged.at(1, list))).toBe('cooldown 300s from 1, alert');
    expect(judged.at(1, list)).toMatchObject({ verdict: 'DENY', wants: [] });
    expect(judged.at(300, list)).toMatchObject({ verdict: 'DENY', wants: [] });
    expect(judged.at(301, list)).toMatchObject({ verdict: 'PASS', wants: [], observed: 0 });
  });

  it('of a second loss is asked for by itself', () => {
    const judged = rule();
    const list = [trade(1, { pnl: '-250' })];
    judged.at(1, list);
    expect(asked(judged.at(10, [...list, trade(10, { pnl: '-100' })]))).toBe(
      'cooldown 300s from 10, alert',
    );
    const all = [...list, trade(10, { pnl: '-100' })];
    expect(judged.at(11, all)).toMatchObject({ verdict: 'DENY', wants: [], limit: usd('-200') });
  });

  it('is not made again when a profit is taken back or the loss itself', () => {
    const judged = rule();
    const list = [trade(1, { pnl: '-150', order: 'A' }), trade(2, { pnl: '60', order: 'A' })];
    expect(judged.at(2, list).verdict).toBe('PASS');
    expect(judged.at(3, list.slice(0, 1))).toMatchObject({ verdict: 'DENY', wants: [] });
    expect(judged.at(4, [])).toMatchObject({ verdict: 'PASS' });
  });

  it.each(['perFill', 'perRoundTrip'])('is not made again by a reload to %s', (lossBasis) => {
    const judged = rule({ lossThresholds: [{ lossAmount: -1000 }] });
    const list = [trade(1, { order: 'E' }), trade(2, { order: 'A', pnl: '-400' })];
    expect(judged.at(2, list).verdict).toBe('PASS');
    judged.reload({ lossBasis });
    expect(judged.at(3, list)).toMatchObject({ verdict: 'DENY', wants: [] });
  });

  it('is only told where trading goes on', () => {
    const judged = rule({ allowTradingDuringCooldown: true, severity: 'error' });
    expect(judged.at(1, [trade(1, { pnl: '-100' })]).wants).toEqual([
      { type: 'alert', severity: 'error' },
    ]);
  });
});

describe('what is added up', () => {
  const prints = [1, 2, 3].map((at) => trade(at, { order: 'A', pnl: '-40' }));
  const open = { workingOrders: [working('ES', 'sell', '1', { orderId: OrderId.parse('A') })] };

  it('G15 perOrder: three executions of one order are one loss', () => {
    const judged = rule();
    expect(judged.at(1, prints.slice(0, 1), open)).toMatchObject({
      verdict: 'PASS',
      dueAtMs: second(3),
    });
    judged.at(2, prints.slice(0, 2), open);
    expect(asked(judged.at(3, prints))).toBe('cooldown 300s from 3, alert');
  });

  it('perOrder: an order that is not filled is judged when it has been quiet for 2 s', () => {
    const judged = rule();
    expect(judged.at(4.999, prints, open)).toMatchObject({ verdict: 'PASS', dueAtMs: second(5) });
    expect(asked(judged.at(5, prints, open))).toBe('cooldown 300s from 3, alert');
  });

  it('perOrder: what an order loses after that is judged with the whole', () => {
    const judged = rule();
    judged.at(5, prints, open);
    const more = [...prints, trade(60, { order: 'A', pnl: '-90' })];
    expect(asked(judged.at(60, more))).toBe('cooldown 900s from 60, alert');
  });

  it('perOrder: a profit of the same order counts before it is final', () => {
    const judged = rule();
    const first = trade(1, { order: 'A', pnl: '-110' });
    judged.at(1, [first], open);
    expect(judged.at(2, [first, trade(2, { order: 'A', pnl: '50' })]).verdict).toBe('PASS');
  });

  it('G15 perFill: each execution alone', () => {
    const judged = rule({ lossBasis: 'perFill' });
    expect(judged.at(3, prints, open).verdict).toBe('PASS');
    expect(asked(judged.at(4, [...prints, trade(4, { order: 'A', pnl: '-100' })], open))).toBe(
      'cooldown 300s from 4, alert',
    );
  });

  it('perRoundTrip: from flat to flat, with the fees of the entries', () => {
    const judged = rule({ lossBasis: 'perRoundTrip' });
    const list = [
      trade(1, { open: 2, fee: '2' }),
      trade(2, { close: 1, pnl: '-60', fee: '1' }),
      trade(3, { close: 1, pnl: '-36', fee: '1' }),
    ];
    const held = { positions: [position('ES', '1', '5800')] };
    expect(judged.at(2, list.slice(0, 2), held).verdict).toBe('PASS');
    expect(judged.at(3, list)).toMatchObject({ verdict: 'DENY', observed: usd('-100') });
  });

  it('perRoundTrip: a flip shares its fee by lots and begins the next', () => {
    const judged = rule({ lossBasis: 'perRoundTrip' });
    const list = [
      trade(1, { open: 1 }),
      trade(2, { close: 1, open: 2, pnl: '-97', fee: '9' }),
      trade(3, { close: 2, pnl: '-94' }),
    ];
    const held = { positions: [position('ES', '-2', '5800')] };
    expect(judged.at(2, list.slice(0, 2), held)).toMatchObject({
      verdict: 'DENY',
      observed: usd('-100'),
    });
    const finding = judged.at(3, list);
    expect(asked(finding)).toBe('cooldown 300s from 3, alert');
    expect(finding.observed).toBe(usd('-100'));
  });

  it('perRoundTrip: a carried position counts with what it did today', () => {
    const judged = rule({ lossBasis: 'perRoundTrip' });
    expect(judged.at(1, [trade(1, { pnl: '-100' })]).verdict).toBe('DENY');
  });
});

describe('the configuration', () => {
  it('has the defaults of the specification', () => {
    expect(cooldownAfterLoss.config.parse({})).toMatchObject({
      enabled: true,
      lossThresholds: [
        { lossAmount: usd('-100'), cooldownDuration: 300_000 },
        { lossAmount: usd('-200'), cooldownDuration: 900_000 },
        { lossAmount: usd('-300'), cooldownDuration: 1_800_000 },
      ],
      allowTradingDuringCooldown: false,
      lossBasis: 'perOrder',
      includeFees: true,
    });
  });

  it('a single threshold has 15 minutes where it says nothing', () => {
    const parsed = cooldownAfterLoss.config.parse({ lossThresholds: [{ lossAmount: -100 }] });
    expect(parsed).toMatchObject({ lossThresholds: [{ cooldownDuration: 900_000 }] });
  });

  it.each([
    [[]],
    [[{ lossAmount: 0, cooldownDuration: '5m' }]],
    [[{ lossAmount: 100, cooldownDuration: '5m' }]],
    [[{ lossAmount: -100, cooldownDuration: '25h' }]],
    [[{ lossAmount: -100, cooldownDuration: '500ms' }]],
    [[{ lossAmount: -100 }, { lossAmount: -200, cooldownDuration: '5m' }]],
    [
      [
        { lossAmount: -100, cooldownDuration: '5m' },
        { lossAmount: -200, cooldownDuration: '5m' },
      ],
    ],
    [
      [
        { lossAmount: -100, cooldownDuration: '5m' },
        { lossAmount: -100, cooldownDuration: '9m' },
      ],
    ],
    [
      [
        { lossAmount: -100, cooldownDuration: '9m' },
        { lossAmount: -200, cooldownDuration: '5m' },
      ],
    ],
  ])('refuses %j', (lossThresholds) => {
    expect(cooldownAfterLoss.config.safeParse({ lossThresholds }).success).toBe(false);
  });
});
