/** Verifies: RULE-008, G16, G17, G18, G19, G52, V16 */
import { describe, expect, it } from 'vitest';
import type { SubmitOrder } from '../../../src/domain/order.ts';
import type { RuleFinding, RuleMemory } from '../../../src/domain/verdict.ts';
import type { Mark, PositionFacts, WorkingOrderFacts } from '../../../src/domain/view.ts';
import {
  context,
  facts,
  nowMs,
  position,
  ruleOf,
  ticks,
  working,
} from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-008');
type Given = Readonly<Record<string, unknown>>;

const at = (seconds: number): number => nowMs + seconds * 1_000;
const long: PositionFacts = { ...position('MNQ', '2', '21000'), openedAtMs: nowMs };
const short: PositionFacts = { ...position('MNQ', '-2', '21000'), openedAtMs: nowMs };
const market = (price: string, atMs: number): Mark => ({
  lastTicks: ticks('MNQ', price),
  receivedAtMs: atMs,
});

function stop(
  side: 'buy' | 'sell',
  quantity: string,
  price: string,
  options: Partial<WorkingOrderFacts> = {},
): WorkingOrderFacts {
  const shape = { purpose: 'protective', reduceOnly: true, orderType: 'stop' } as const;
  return working('MNQ', side, quantity, { ...shape, stopTicks: ticks('MNQ', price), ...options });
}

type Scene = {
  readonly held?: PositionFacts;
  readonly orders?: readonly WorkingOrderFacts[];
  readonly seconds?: number;
  /** Last price; `stale`: none that is fresh. */
  readonly last?: string;
  readonly config?: Given;
  readonly memory?: RuleMemory;
};

function contextOf({ held = long, orders = [], seconds = 60, last = '21000', memory }: Scene) {
  const account = facts({
    positions: [held],
    workingOrders: orders,
    memory: memory === undefined ? {} : { 'RULE-008|MNQ': memory },
  });
  const marks = {
    MNQ: market(last === 'stale' ? '21000' : last, last === 'stale' ? 0 : at(seconds)),
  };
  return { ...context(account, marks), nowMs: at(seconds) };
}

function judge(scene: Scene): RuleFinding | undefined {
  return rule.evaluate(contextOf(scene), rule.config.parse(scene.config ?? {}))[0];
}

describe('what protects, at the end of the grace', () => {
  it.each<[string, Scene, string]>([
    ['G16 (a): nothing', {}, 'DENY'],
    ['G16 (b): a stop for all of it', { orders: [stop('sell', '2', '20990')] }, 'PASS'],
    [
      'two stops that add up',
      { orders: [stop('sell', '1', '20990'), stop('sell', '1', '20980')] },
      'PASS',
    ],
    [
      'V16: a stop limit',
      { orders: [stop('sell', '2', '20990', { orderType: 'stopLimit' })] },
      'PASS',
    ],
    [
      'V16: a trailing stop',
      { orders: [stop('sell', '2', '20990', { orderType: 'trailingStop' })] },
      'PASS',
    ],
    [
      'a trailing stop without a price',
      { orders: [working('MNQ', 'sell', '2', { orderType: 'trailingStop' })] },
      'PASS',
    ],
    [
      'G16 (c): a take profit',
      { orders: [working('MNQ', 'sell', '2', { orderType: 'limit' })] },
      'DENY',
    ],
    [
      'G16 (d): a sell stop under a short',
      { held: short, orders: [stop('sell', '2', '20990')] },
      'DENY',
    ],
    ['a buy stop over a short', { held: short, orders: [stop('buy', '2', '21010')] }, 'PASS'],
    [
      'a buy stop under the market of a short',
      { held: short, orders: [stop('buy', '2', '20990')] },
      'DENY',
    ],
    ['a sell stop over the market of a long', { orders: [stop('sell', '2', '21010')] }, 'DENY'],
    ['a sell stop at the market', { orders: [stop('sell', '2', '21000')] }, 'DENY'],
    [
      'a stop beyond entry under a risen market',
      { orders: [stop('sell', '2', '21010')], last: '21050' },
      'PASS',
    ],
    [
      'but not where entry is the reference',
      {
        orders: [stop('sell', '2', '21010')],
        last: '21050',
        config: { stopSideReference: 'entry' },
      },
      'DENY',
    ],
    ['G17: a stop for half of it', { orders: [stop('sell', '1', '20990')] }, 'DENY'],
    [
      'half of it where any is enough',
      { orders: [stop('sell', '1', '20990')], config: { minCoverage: 'any' } },
      'PASS',
    ],
    [
      'G52: a stop that is not open',
      { orders: [stop('sell', '2', '20990', { isOpen: false })] },
      'DENY',
    ],
    [
      'a stop of another contract',
      { orders: [working('ES', 'sell', '2', { orderType: 'stop', stopTicks: 1 })] },
      'DENY',
    ],
    [
      'a stop within the distance',
      { orders: [stop('sell', '2', '20990')], config: { maxStopDistanceTicks: 40 } },
      'PASS',
    ],
    [
      'a stop beyond it',
      { orders: [stop('sell', '2', '20990')], config: { maxStopDistanceTicks: 39 } },
      'DENY',
    ],
  ])('%s', (_name, scene, verdict) => {
    expect(judge(scene)?.verdict).toBe(verdict);
  });

  it('counts in lots, and closes what is not covered', () => {
    expect(judge({ orders: [stop('sell', '1', '20990')] })).toMatchObject({
      entity: 'MNQ',
      code: 'STOP_REQUIRED',
      observed: 1,
      limit: 2,
      headroom: 0,
      wants: [
        { type: 'closePosition', instrument: 'MNQ' },
        { type: 'alert', severity: 'warning' },
      ],
    });
    expect(judge({ orders: [stop('sell', '3', '20990')] })).toMatchObject({
      observed: 3,
      headroom: 1,
    });
  });
});

describe('the grace', () => {
  it('G19: counts from the opening at the venue, end included', () => {
    expect(judge({ seconds: 59 })).toMatchObject({ verdict: 'PASS', dueAtMs: at(60) });
    expect(judge({ seconds: 60 })).toMatchObject({ verdict: 'DENY' });
    expect(judge({ seconds: 600 })).toMatchObject({ verdict: 'DENY' });
  });

  it('may be none', () => {
    expect(judge({ seconds: 0, config: { graceSeconds: 0 } })?.verdict).toBe('DENY');
  });

  it('counts from the first sight where the venue gives no time', () => {
    const { openedAtMs: _, ...held } = long;
    const first = judge({ held, seconds: 5 });
    expect(first).toMatchObject({ dueAtMs: at(65), remember: { openedAtMs: at(5), side: 'long' } });
    const memory = first?.remember ?? {};
    expect(judge({ held, seconds: 64, memory })).toMatchObject({
      verdict: 'PASS',
      dueAtMs: at(65),
    });
    expect(judge({ held, seconds: 65, memory })?.verdict).toBe('DENY');
  });

  it('G18: of a stop that is lost later is the shorter one, from the moment of the loss', () => {
    const covered = judge({ seconds: 10, orders: [stop('sell', '2', '20990')] })?.remember ?? {};
    const lost = judge({ seconds: 300, memory: covered });
    expect(lost).toMatchObject({
      verdict: 'PASS',
      dueAtMs: at(310),
      remember: { wasCovered: true, lostAtMs: at(300) },
    });
    const memory = lost?.remember ?? {};
    expect(judge({ seconds: 309, memory })).toMatchObject({ verdict: 'PASS', dueAtMs: at(310) });
    expect(judge({ seconds: 310, memory })?.verdict).toBe('DENY');
    const again = judge({ seconds: 308, memory, orders: [stop('sell', '2', '20990')] });
    expect(again?.remember).not.toHaveProperty('lostAtMs');
    expect(judge({ seconds: 400, memory: again?.remember ?? {} })?.dueAtMs).toBe(at(410));
  });

  it('of the opening is not cut short by a stop that was lost within it', () => {
    const covered = judge({ seconds: 5, orders: [stop('sell', '2', '20990')] })?.remember ?? {};
    expect(judge({ seconds: 10, memory: covered })?.dueAtMs).toBe(at(60));
  });

  it('begins anew with a change of sides', () => {
    const memory = judge({ seconds: 5, orders: [stop('sell', '2', '20990')] })?.remember ?? {};
    const flipped = { ...short, openedAtMs: at(100) };
    expect(judge({ held: flipped, seconds: 110, memory })).toMatchObject({
      verdict: 'PASS',
      dueAtMs: at(160),
      remember: { openedAtMs: at(100), side: 'short', wasCovered: false },
    });
  });
});

describe('without a fresh price', () => {
  const order = stop('sell', '2', '21010');

  it('a stop that was judged valid stays valid', () => {
    const memory = judge({ seconds: 10, last: '21050', orders: [order] })?.remember ?? {};
    expect(judge({ seconds: 90, last: 'stale', orders: [order], memory })?.verdict).toBe('PASS');
    const moved = { ...order, stopTicks: ticks('MNQ', '21020') };
    expect(judge({ seconds: 90, last: 'stale', orders: [moved], memory })).toMatchObject({
      verdict: 'PASS',
      remember: { lostAtMs: at(90) },
    });
  });

  it.each([
    [
      'under the entry price cannot be judged, and is judged again soon',
      '20990',
      { verdict: 'UNKNOWN', missing: ['quote:MNQ'], dueAtMs: at(61), wants: [] },
    ],
    ['over the entry price does not save the position', '21010', { verdict: 'DENY' }],
  ])('one %s', (_name, price, expected) => {
    const found = judge({ last: 'stale', orders: [stop('sell', '2', price)] });
    expect(found).toMatchObject(expected);
  });

  it('the grace runs first', () => {
    expect(
      judge({ seconds: 30, last: 'stale', orders: [stop('sell', '2', '20990')] }),
    ).toMatchObject({
      verdict: 'PASS',
      dueAtMs: at(60),
    });
  });
});

describe('at the gate', () => {
  const order = {
    instrument: 'MNQ',
    side: 'buy',
    quantityLots: 1,
    reduceOnly: false,
  } as unknown as SubmitOrder;
  const verdictOf = (scene: Scene): string | undefined =>
    rule.judgeOrder?.(contextOf(scene), rule.config.parse(scene.config ?? {}), order).verdict;

  it.each<[string, Scene, string]>([
    ['nothing is asked for within the grace', { seconds: 5 }, 'PASS'],
    ['nothing is added to what is being closed', { seconds: 60 }, 'DENY'],
    ['an entry without a stop', { seconds: 5, config: { requireStopAtEntry: true } }, 'DENY'],
    [
      'an entry that the open stops cover as well',
      { seconds: 5, config: { requireStopAtEntry: true }, orders: [stop('sell', '3', '20990')] },
      'PASS',
    ],
    [
      'an entry beyond what the open stops cover',
      { seconds: 5, config: { requireStopAtEntry: true }, orders: [stop('sell', '2', '20990')] },
      'DENY',
    ],
  ])('%s', (_name, scene, verdict) => {
    expect(verdictOf(scene)).toBe(verdict);
  });
});

it('is off by default, and cannot judge an account that was not compared with the venue', () => {
  expect(rule.config.parse({})).toMatchObject({
    enabled: false,
    graceSeconds: 60,
    rearmGraceSeconds: 10,
  });
  const account = facts({ positions: [long], isReconciled: false });
  expect(rule.evaluate(context(account), rule.config.parse({}))).toMatchObject([
    { entity: 'account', verdict: 'UNKNOWN', missing: ['reconciliation'] },
  ]);
});
