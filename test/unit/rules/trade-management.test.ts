/** Verifies: RULE-012, G28, G29, TRL-N-012, TRL-N-013 */
import { describe, expect, it } from 'vitest';
import { InstrumentId, OrderId } from '../../../src/domain/ids.ts';
import { positionValue } from '../../../src/domain/instrument.ts';
import type { RuleFinding, RuleMemory, WantedAction } from '../../../src/domain/verdict.ts';
import {
  memoryKey,
  type AccountFacts,
  type Mark,
  type PositionFacts,
  type WorkingOrderFacts,
} from '../../../src/domain/view.ts';
import {
  context,
  facts,
  instrumentOf,
  mark,
  nowMs,
  position,
  ruleOf,
  ticks,
  working,
} from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-012');
type Given = Readonly<Record<string, unknown>>;
type Marks = Readonly<Record<string, Mark>>;

const autoStop = { autoStop: { enabled: true } };
const autoTarget = { autoTarget: { enabled: true } };
const trailing = { trailingStop: { enabled: true } };
const breakeven = { autoBreakeven: { enabled: true } };

function judge(of: AccountFacts, marks: Marks, config: Given): readonly RuleFinding[] {
  return rule.evaluate(context(of, marks), rule.config.parse({ enabled: true, ...config }));
}

function only(of: AccountFacts, marks: Marks, config: Given): RuleFinding {
  const [one, ...others] = judge(of, marks, config);
  if (one === undefined || others.length > 0) throw new Error(`${others.length + 1} findings`);
  return one;
}

function wantsOf(of: AccountFacts, marks: Marks, config: Given): readonly WantedAction[] {
  return only(of, marks, config).wants;
}

const id = InstrumentId.parse('MNQ');
const at = (price: string): Marks => ({ MNQ: mark('MNQ', { last: price }) });
const price = (text: string): number => ticks('MNQ', text);

function account(
  quantity: string,
  orders: readonly WorkingOrderFacts[] = [],
  memory?: RuleMemory,
): AccountFacts {
  return facts({
    positions: quantity === '0' ? [] : [position('MNQ', quantity, '21000')],
    workingOrders: orders,
    ...(memory === undefined ? {} : { memory: { [memoryKey(rule.id, 'MNQ')]: memory } }),
  });
}

function stop(
  stopPrice: string,
  options: Partial<WorkingOrderFacts> & { readonly quantity?: string } = {},
): WorkingOrderFacts {
  const { quantity = '2', side = 'sell', ...rest } = options;
  return working('MNQ', side, quantity, {
    purpose: 'protective',
    reduceOnly: true,
    orderType: 'stop',
    stopTicks: price(stopPrice),
    ...rest,
  });
}

function target(limitPrice: string, quantity = '2'): WorkingOrderFacts {
  return working('MNQ', 'sell', quantity, {
    purpose: 'protective',
    reduceOnly: true,
    orderType: 'limit',
    limitTicks: price(limitPrice),
  });
}

describe('the bracket', () => {
  it.each([
    ['long', '2', 'sell', '20997.5', '21005'],
    ['short', '-2', 'buy', '21002.5', '20995'],
  ])('of a %s is placed around the average', (_name, quantity, side, stopAt, targetAt) => {
    const wants = wantsOf(account(quantity), at('21000'), { ...autoStop, ...autoTarget });
    const common = { type: 'placeProtective', instrument: id, side, quantityLots: 2 };
    expect(wants).toEqual([
      { ...common, stopTicks: price(stopAt) },
      { ...common, limitTicks: price(targetAt) },
    ]);
  });

  it.each([
    ['an order that the venue has not confirmed', stop('20997.5', { isOpen: false })],
    ['a stop of the user', stop('20990', { purpose: 'entry', reduceOnly: false })],
    ['a trailing stop of the venue', working('MNQ', 'sell', '2', { orderType: 'trailingStop' })],
  ])('is not placed beside %s', (_name, order) => {
    expect(wantsOf(account('2', [order]), at('21000'), autoStop)).toEqual([]);
  });

  it('is placed once: the second look waits for the answer of the first', () => {
    const first = only(account('2'), at('21000'), autoStop);
    const again = only(account('2', [], first.remember), at('21000'), autoStop);
    expect(again.wants).toEqual([]);
    expect(again.dueAtMs).toBe(nowMs + 500);
    expect(again.remember).toBeUndefined();
  });

  it('is not asked again at once where the interval is none: a refusal must not go round', () => {
    const config = { ...autoStop, minUpdateIntervalMs: 0 };
    const first = only(account('2'), at('21000'), config);
    const again = only(account('2', [], first.remember), at('21000'), config);
    expect(again).toMatchObject({ wants: [], dueAtMs: nowMs + 500 });
  });

  it.each([
    ['a stop of a long above the market', '2', '20990', autoStop],
    ['a stop of a long at the market', '2', '20997.5', autoStop],
    ['a stop of a short below the market', '-2', '21010', autoStop],
    ['a target of a long below the market', '2', '21006', autoTarget],
  ])('never places %s', (_name, quantity, last, config) => {
    expect(wantsOf(account(quantity), at(last), config)).toEqual([]);
  });

  it('places the first stop also while no price is known', () => {
    expect(wantsOf(account('2'), {}, autoStop)).toHaveLength(1);
  });

  it.each([
    ['2', '20997.25', '21005'],
    ['-2', '21002.75', '20995'],
  ])(
    'rounds an average between ticks away from the market, position %s',
    (quantity, stopAt, targetAt) => {
      // One lot at 21000, one a tick better: the average is half a tick below 21000 (long), above it (short).
      const lots = Number(quantity);
      const step = lots > 0 ? 1 : -1;
      const first = price('21000');
      const costUnits =
        positionValue(instrumentOf('MNQ'), lots / 2, first) +
        positionValue(instrumentOf('MNQ'), lots / 2, first - step);
      const held: PositionFacts = { instrument: id, openLots: lots, costUnits };
      const wants = wantsOf(facts({ positions: [held] }), at('21000'), {
        ...autoStop,
        ...autoTarget,
      });
      expect(wants).toMatchObject([{ stopTicks: price(stopAt) }, { limitTicks: price(targetAt) }]);
    },
  );

  it('works for an inverse perpetual, whose cost is in coins', () => {
    const inverse = facts({ currency: 'BTC', positions: [position('XBT-INV', '-3', '50000')] });
    const marks = { 'XBT-INV': mark('XBT-INV', { last: '50000' }) };
    expect(wantsOf(inverse, marks, autoStop)).toMatchObject([
      { side: 'buy', stopTicks: ticks('XBT-INV', '50005') },
    ]);
  });

  it('is not touched by a scale-in, except in quantity', () => {
    const scaled = facts({
      positions: [position('MNQ', '3', '20999')],
      workingOrders: [stop('20997.5'), target('21005')],
    });
    const wants = wantsOf(scaled, at('21000'), { ...autoStop, ...autoTarget });
    expect(wants).toMatchObject([
      { type: 'modifyProtective', quantityLots: 3 },
      { type: 'modifyProtective', quantityLots: 3 },
    ]);
    for (const want of wants) expect(want).not.toHaveProperty('stopTicks');
    for (const want of wants) expect(want).not.toHaveProperty('limitTicks');
  });

  it('leaves the quantities of a ladder to its owner', () => {
    const ladder = [target('21005', '1'), target('21010', '1')];
    expect(wantsOf(account('3', ladder), at('21000'), autoTarget)).toEqual([]);
  });

  it('is not placed on what is being closed', () => {
    const exit = working('MNQ', 'sell', '2', { purpose: 'exit', reduceOnly: true });
    expect(wantsOf(account('2', [exit]), at('21000'), autoStop)).toEqual([]);
  });
});

describe('breakeven', () => {
  it.each([
    ['G29: a short with one tick of offset', '-2', 'buy', '20999', '21002.5', '20999.75'],
    ['a long with one tick of offset', '2', 'sell', '21001', '20997.5', '21000.25'],
  ])('%s', (_name, quantity, side, last, before, after) => {
    const held = stop(before, { side: side === 'buy' ? 'buy' : 'sell' });
    expect(wantsOf(account(quantity, [held]), at(last), breakeven)).toEqual([
      { type: 'modifyProtective', orderId: held.orderId, stopTicks: price(after) },
    ]);
  });

  it('does not move the stop before the threshold', () => {
    expect(wantsOf(account('2', [stop('20997.5')]), at('21000.75'), breakeven)).toEqual([]);
  });

  it('places a stop where there is none', () => {
    expect(wantsOf(account('2'), at('21001'), breakeven)).toMatchObject([
      { type: 'placeProtective', stopTicks: price('21000.25') },
    ]);
  });

  it('happens once: a stop that the user moves back afterwards stays there', () => {
    const first = only(account('2', [stop('20997.5')]), at('21001'), breakeven);
    const done = only(account('2', [stop('21000.25')], first.remember), at('21001'), breakeven);
    expect(done.remember).toMatchObject({ isBreakevenDone: true });
    const later = { ...done.remember, stopAskedAtMs: nowMs - 60_000 };
    expect(wantsOf(account('2', [stop('20995')], later), at('21001'), breakeven)).toEqual([]);
  });

  it('waits while the price would be on the wrong side of the market, and is watched there', () => {
    const { remember } = only(account('2', [stop('20997.5')]), at('21001'), breakeven);
    const back = account('2', [stop('20997.5')], { ...remember, stopAskedAtMs: 0 });
    expect(wantsOf(back, at('21000.25'), breakeven)).toEqual([]);
    const config = rule.config.parse({ enabled: true, ...breakeven });
    const watches = rule.watches(context(back, at('21000.25')), config);
    // Two lots, two ticks above the average: 2 × 2 × 0.50 USD.
    expect(watches).toMatchObject([{ entity: id, side: 'best', atUnits: 2_000_000 }]);
  });
});

describe('the trailing stop', () => {
  const g28 = (last: string, held: WorkingOrderFacts, memory?: RuleMemory): RuleFinding =>
    only(account('2', [held], memory), at(last), trailing);

  it('G28: ten ticks up it stands six above entry, two ticks down it stays', () => {
    const moved = g28('21002.5', stop('20997.5'));
    expect(moved.wants).toMatchObject([{ stopTicks: price('21001.5') }]);
    expect(moved.remember).toMatchObject({ bestTicks: price('21002.5') });
    const later = { ...moved.remember, stopAskedAtMs: nowMs - 60_000 };
    expect(g28('21002', stop('21001.5'), later).wants).toEqual([]);
  });

  it.each([
    ['before the activation level', '21001.75', '20997.5', {}],
    ['by less than the smallest improvement', '21002.5', '21001', { minImprovementTicks: 3 }],
    ['below a better stop of the user', '21002.5', '21002', {}],
  ])('does not move %s', (_name, last, stopAt, more) => {
    const config = { trailingStop: { enabled: true, ...more } };
    const found = only(account('2', [stop(stopAt, { purpose: 'entry' })]), at(last), config);
    expect(found.wants).toEqual([]);
  });

  it('takes the best price since the last look', () => {
    const passed = { ...mark('MNQ', { last: '21002.5' }), longHighTicks: price('21003') };
    const found = only(account('2', [stop('20997.5')]), { MNQ: passed }, trailing);
    expect(found.remember).toMatchObject({ bestTicks: price('21003') });
    expect(found.wants).toMatchObject([{ stopTicks: price('21002') }]);
  });

  it('makes one change of all that come within the interval', () => {
    const first = g28('21002.5', stop('20997.5'));
    const soon = g28('21003', stop('21001.5'), first.remember);
    expect(soon.wants).toEqual([]);
    expect(soon.dueAtMs).toBe(nowMs + 500);
    const due = { ...soon.remember, bestTicks: price('21004'), stopAskedAtMs: nowMs - 500 };
    expect(g28('21004', stop('21001.5'), due).wants).toMatchObject([{ stopTicks: price('21003') }]);
  });

  it('does not move on a stale price', () => {
    const marks = { MNQ: mark('MNQ', { last: '21002.5' }, 5_001) };
    const found = only(account('2', [stop('20997.5')]), marks, trailing);
    expect(found).toMatchObject({ verdict: 'PASS', wants: [] });
  });

  it('places a new stop after the change was refused twice, and drops the old one when it works', () => {
    const old = stop('20997.5');
    let memory: RuleMemory | undefined;
    const kinds: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const found = g28('21002.5', old, memory);
      kinds.push(...found.wants.map(({ type }) => type));
      // The pause doubles with each repetition; each round stands just at its end.
      const pauseMs = [500, 1_000][round] ?? 0;
      memory = { ...found.remember, stopAskedAtMs: nowMs - pauseMs };
    }
    expect(kinds).toEqual(['modifyProtective', 'modifyProtective', 'placeProtective']);
    const asked = { ...memory, stopAskedAtMs: nowMs };
    const pending = account('2', [old, stop('21001.5', { isOpen: false })], asked);
    expect(wantsOf(pending, at('21002.5'), trailing)).toEqual([]);
    const works = account('2', [old, stop('21001.5')], asked);
    expect(wantsOf(works, at('21002.5'), trailing)).toEqual([
      { type: 'cancelOrder', orderId: old.orderId },
    ]);
  });

  it.each([
    // peer vectors: a sell stop trails 5 and 10 ticks behind 102 and 103.
    ['TRL-N-012', '102', 5, '101.95'],
    ['TRL-N-013', '103', 10, '102.9'],
  ])('%s', (_name, basis, trailTicks, expected) => {
    const coin = InstrumentId.parse('BTC-USD');
    const held = facts({
      positions: [position('BTC-USD', '1', '100')],
      workingOrders: [
        working('BTC-USD', 'sell', '1', {
          purpose: 'protective',
          orderType: 'stop',
          stopTicks: ticks('BTC-USD', '100'),
        }),
      ],
    });
    const config = { trailingStop: { enabled: true, trailTicks, activationProfitTicks: 1 } };
    expect(wantsOf(held, { [coin]: mark('BTC-USD', { last: basis }) }, config)).toMatchObject([
      { stopTicks: ticks('BTC-USD', expected) },
    ]);
  });
});

describe('what a position leaves behind', () => {
  it('is cancelled, and asked again only after a pause', () => {
    const left = target('21005');
    const first = only(account('0', [left]), {}, autoTarget);
    expect(first.wants).toEqual([{ type: 'cancelOrder', orderId: left.orderId }]);
    const again = only(account('0', [left], first.remember), {}, autoTarget);
    expect(again.wants).toEqual([]);
    expect(again.dueAtMs).toBe(nowMs + 500);
  });

  it('is forgotten when nothing is left', () => {
    const found = only(account('0', [], { side: 'long', bestTicks: 5 }), {}, trailing);
    expect(found).toMatchObject({ verdict: 'PASS', wants: [], remember: {} });
  });

  it('does not include orders that may open a position', () => {
    const entry = working('MNQ', 'buy', '1', { orderType: 'stop', stopTicks: price('21010') });
    expect(judge(account('0', [entry]), {}, autoStop)).toEqual([]);
  });

  it('is replaced after a reversal: all state begins anew', () => {
    const old = stop('20997.5', { orderId: OrderId.parse('old') });
    const memory = {
      side: 'long',
      openedAtMs: 0,
      bestTicks: price('21010'),
      isBreakevenDone: true,
    };
    const found = only(account('-2', [old], memory), at('21000'), { ...autoStop, ...trailing });
    expect(found.wants).toMatchObject([
      { type: 'placeProtective', side: 'buy', stopTicks: price('21002.5') },
      { type: 'cancelOrder', orderId: 'old' },
    ]);
    expect(found.remember).toMatchObject({ side: 'short' });
    expect(found.remember).not.toHaveProperty('bestTicks');
    expect(found.remember).not.toHaveProperty('isBreakevenDone');
  });

  it('is left to the comparison with the venue while that has not been made', () => {
    expect(judge({ ...account('2'), isReconciled: false }, at('21000'), autoStop)).toEqual([]);
  });
});
