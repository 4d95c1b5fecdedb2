/** Verifies: trading-controls 2 and 2.1: each code in the order of the catalogue; exits meet only shape checks. */
import { describe, expect, it } from 'vitest';
import { denialCatalogue, type DenialCode } from '../../src/domain/denial.ts';
import { InstrumentId, IntentId } from '../../src/domain/ids.ts';
import type { OrderIntent } from '../../src/domain/order.ts';
import type { SessionCalendar } from '../../src/domain/session.ts';
import { approveProtective } from '../../src/rules/approve.ts';
import type { GateContext, GateLock } from '../../src/rules/gate/context.ts';
import { judge } from '../../src/rules/gate/judge.ts';
import { signalKey } from '../../src/rules/gate/signal.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import {
  entryIntent,
  es,
  exitIntent,
  gateOrderId,
  noLayers,
  openGate,
  workingOrder,
} from '../support/gate-facts.ts';
import { accountId, context, facts, mark, nowMs, position, ruleOf } from '../support/rule-facts.ts';

const orderId = gateOrderId;
const entry = entryIntent;
const exit = exitIntent;

const fresh = { ES: mark('ES', { last: '5800' }) };
const rules = ruleCatalogue.map((definition) => ({
  definition,
  config: definition.config.parse({}),
}));

function gate(change: Partial<GateContext> = {}): GateContext {
  return openGate({ rules, context: context(facts(), fresh), ...change });
}

const lock: GateLock = { scope: 'account', source: 'RULE-003', kind: 'untilReset', reason: 'loss' };
const stale = { ES: mark('ES', { last: '5800' }, 5_001) };
const winning = facts({ positions: [position('ES', '1', '5700')] });
const losing = facts({ positions: [position('ES', '1', '5807')] });

const unprotected = facts({
  positions: [{ ...position('ES', '1', '5800'), openedAtMs: nowMs - 60_000 }],
});
const isAboutStops = ({ definition }: { definition: { id: string } }): boolean =>
  definition.id === 'RULE-008';
const blocks = ruleOf('RULE-011');
const blocking = {
  definition: blocks,
  config: blocks.config.parse({ enabled: true, blockedSymbols: ['ES'] }),
};
const neverOpen: SessionCalendar = { at: () => ({ isOpen: false }), under: () => neverOpen };

const portfolioCodes = denialCatalogue
  .map(({ code }) => code)
  .filter(
    (_code, index, all) =>
      index >= all.indexOf('DAILY_STOP') && index < all.indexOf('SCHEMA_INVALID'),
  );

type Case = {
  readonly code: DenialCode;
  readonly intent?: Partial<OrderIntent>;
  readonly gate?: Partial<GateContext>;
};

/** One way to each refusal, in the order of the catalogue. */
const cases: readonly Case[] = [
  { code: 'MODE_FORBIDS', gate: { mode: 'DRY_RUN' } },
  {
    code: 'NOT_RECONCILED',
    gate: { context: context(facts({ isReconciled: false }), fresh), rules: [] },
  },
  { code: 'INTENT_EXPIRED', intent: { atMs: nowMs - 1_001 } },
  {
    code: 'BREAKER_OPEN',
    gate: { tradingState: 'REDUCING', stateCauses: ['breaker:orders'] },
  },
  { code: 'PRODUCT_DISABLED', gate: { productStatus: () => 'offline' } },
  {
    code: 'KILL_SWITCH_ACTIVE',
    gate: { kills: [{ scope: 'account', reason: 'drill' }], tradingState: 'HALTED' },
  },
  { code: 'TRADING_STATE_FORBIDS', gate: { tradingState: 'HALTED' } },
  { code: 'LOCK_ACTIVE', gate: { locks: [lock], tradingState: 'LOCKED' } },
  {
    code: 'TRADING_NOT_PERMITTED',
    gate: { context: context(facts({ canTrade: false }), fresh) },
  },
  {
    code: 'OUTSIDE_SESSION',
    gate: { context: { ...context(facts(), fresh), sessions: neverOpen } },
  },
  { code: 'DAILY_LOSS_REACHED', gate: { context: context(facts({ realized: '-500' }), fresh) } },
  {
    code: 'DAILY_PROFIT_REACHED',
    gate: { context: context(facts({ realized: '1000' }), fresh) },
  },
  { code: 'CONTRACTS_MAX', intent: { quantityLots: 6 } },
  { code: 'INSTRUMENT_CONTRACTS_MAX', intent: { quantityLots: 4 } },
  { code: 'UNREALIZED_LOSS_REACHED', gate: { context: context(losing, fresh) } },
  { code: 'UNREALIZED_PROFIT_REACHED', gate: { context: context(winning, fresh) } },
  { code: 'SYMBOL_BLOCKED', gate: { rules: [blocking] } },
  {
    code: 'STOP_REQUIRED',
    gate: { context: context(unprotected, fresh), rules: rules.filter(isAboutStops) },
  },
  { code: 'SCHEMA_INVALID', intent: { orderType: 'limit' } },
  {
    code: 'INSTRUMENT_UNKNOWN',
    intent: { instrument: InstrumentId.parse('ZZ') },
    gate: { rules: [], context: { ...context(facts(), fresh), marks: () => fresh.ES } },
  },
  { code: 'PRICE_OFF_TICK', intent: { offGrid: { limitPrice: '5800.1' } } },
  { code: 'QUANTITY_OFF_INCREMENT', intent: { offGrid: { quantity: '1.5' } } },
  { code: 'QUANTITY_OUT_OF_RANGE', intent: { quantityLots: 0 } },
  { code: 'PRICE_COLLAR', intent: { orderType: 'limit', limitTicks: 100 } },
  { code: 'NO_REFERENCE_PRICE', gate: { context: context(facts(), {}) } },
  { code: 'STALE_DATA', gate: { context: context(facts(), stale) } },
  { code: 'CLOCK_UNTRUSTED', gate: { mode: 'LIVE', clockDriftMs: 151 } },
  { code: 'DUPLICATE_INTENT', gate: { seenSignals: () => true } },
  { code: 'SYMBOL_BUSY', gate: { context: context(flying('sell'), fresh) } },
  {
    code: 'POSITION_EXISTS',
    gate: {
      rules: [],
      context: context(facts({ positions: [position('ES', '1', '5800')] }), fresh),
    },
  },
  {
    code: 'VENUE_ORDER_EXISTS',
    gate: { duplicates: { ...noLayers, layers: new Set(['L4'] as const) } },
  },
  {
    code: 'LOCAL_PENDING',
    gate: {
      duplicates: { ...noLayers, layers: new Set(['L5'] as const) },
      context: context(flying('buy'), fresh),
    },
  },
  {
    code: 'SELF_MATCH',
    intent: { orderType: 'limit', limitTicks: 23_200 },
    gate: {
      context: context(
        facts({ workingOrders: [workingOrder({ side: 'sell', limitTicks: 23_200 })] }),
        fresh,
      ),
    },
  },
  { code: 'REPEATED_EXECUTION', gate: { identicalSends: () => 10 } },
  { code: 'MESSAGE_LIMIT', gate: { messages: { submits: 100, modifies: 0, today: 0 } } },
  { code: 'RATE_BUDGET_EXHAUSTED', gate: { exhaustedBudgets: ['orders'] } },
];

function flying(side: 'buy' | 'sell') {
  return facts({ workingOrders: [workingOrder({ side, isOpen: false, isInFlight: true })] });
}

function verdict(intent: OrderIntent, at: GateContext): string {
  const decision = judge(intent, at);
  return 'approved' in decision ? 'approved' : decision.denial.code;
}

describe('an order that adds risk', () => {
  it('is approved when nothing forbids it, with everything the venue needs', () => {
    const decision = judge({ ...entry, orderType: 'limit', limitTicks: 23_000 }, gate());
    expect(decision).toMatchObject({
      effect: 'increase',
      approved: { orderId, limitTicks: 23_000 },
    });
    const asked = rules
      .filter(({ definition }) => definition.judgeOrder !== undefined)
      .toSorted((one, other) => one.definition.precedence - other.definition.precedence);
    expect(decision.findings.map(({ ruleId }) => ruleId)).toEqual(
      asked.map(({ definition }) => definition.id),
    );
    expect(decision).not.toHaveProperty('approved.purpose');
  });

  it.each(cases.map((one) => [one.code, one] as const))('is refused: %s', (code, one) => {
    expect(verdict({ ...entry, ...one.intent }, gate(one.gate))).toBe(code);
  });

  it('has a case for each check of the catalogue that concerns it', () => {
    const others = new Set<string>([
      'EXIT_IN_FLIGHT',
      'MAILBOX_FULL',
      // Rules that speak by their locks alone.
      'TRADE_FREQUENCY_REACHED',
      'LOSS_COOLDOWN_ACTIVE',
      // Checks 6 to 13 have tests of their own.
      ...portfolioCodes,
    ]);
    const expected = denialCatalogue.map(({ code }) => code).filter((code) => !others.has(code));
    expect(cases.map(({ code }) => code)).toEqual(expected);
  });

  it('reports the first failing check and lists every later one', () => {
    const intent = { ...entry, atMs: nowMs - 2_000, quantityLots: 9, orderType: 'stop' as const };
    const decision = judge(
      intent,
      gate({
        mode: 'DRY_RUN',
        tradingState: 'HALTED',
        locks: [lock],
        context: context(facts({ realized: '-900' }), stale),
        seenSignals: () => true,
      }),
    );
    expect(decision).toMatchObject({ denial: { code: 'MODE_FORBIDS' } });
    expect('denial' in decision ? decision.alsoFailing.map(({ code }) => code) : []).toEqual([
      'INTENT_EXPIRED',
      'TRADING_STATE_FORBIDS',
      'LOCK_ACTIVE',
      'DAILY_LOSS_REACHED',
      'CONTRACTS_MAX',
      'INSTRUMENT_CONTRACTS_MAX',
      'SCHEMA_INVALID',
      'STALE_DATA',
      'DUPLICATE_INTENT',
    ]);
  });

  it.each([
    ['LOCKED', { locks: [lock] }, 'LOCK_ACTIVE'],
    ['LOCKED', {}, 'TRADING_STATE_FORBIDS'],
    ['REDUCING', { context: context(facts(), stale) }, 'STALE_DATA'],
    ['REDUCING', {}, 'TRADING_STATE_FORBIDS'],
    ['HALTED', { locks: [lock] }, 'TRADING_STATE_FORBIDS'],
  ] as const)(
    'names the cause of the state %s where a check knows it (%#)',
    (tradingState, change, code) => {
      expect(verdict(entry, gate({ tradingState, ...change }))).toBe(code);
    },
  );

  it('is refused by a lock of its instrument, not of another', () => {
    const symbol = { ...lock, scope: 'symbol:ES' as const };
    expect(verdict(entry, gate({ locks: [symbol] }))).toBe('LOCK_ACTIVE');
    expect(verdict(entry, gate({ locks: [{ ...lock, scope: 'symbol:NQ' }] }))).toBe('approved');
  });

  it('is refused with the code of the rule when the rule is unknown', () => {
    const held = facts({ positions: [position('MNQ', '1', '21000')] });
    const decision = judge(entry, gate({ context: context(held, fresh) }));
    expect(decision).toMatchObject({
      denial: {
        code: 'DAILY_LOSS_REACHED',
        facts: expect.arrayContaining([{ name: 'unknown', value: 'quote:MNQ' }]),
      },
    });
  });

  it('is refused with the state, or the stale price, when only an open result is unknown', () => {
    const held = facts({ positions: [position('MNQ', '1', '21000')] });
    const openResults = rules.filter(({ definition }) =>
      ['RULE-004', 'RULE-005'].includes(definition.id),
    );
    const elsewhere = gate({ rules: openResults, context: context(held, fresh) });
    expect(judge(entry, elsewhere)).toMatchObject({
      denial: {
        code: 'TRADING_STATE_FORBIDS',
        facts: expect.arrayContaining([{ name: 'unknown', value: 'quote:MNQ' }]),
      },
    });
    const same = facts({ positions: [position('ES', '1', '5800')] });
    const here = gate({ rules: openResults, context: context(same, stale) });
    expect(verdict(entry, here)).toBe('STALE_DATA');
  });

  it('says how much would pass', () => {
    const decision = judge({ ...entry, quantityLots: 6 }, gate());
    expect(decision).toMatchObject({
      denial: { facts: expect.arrayContaining([{ name: 'quantityLeft', value: '5' }]) },
    });
  });
});

describe('an order that only reduces', () => {
  const held = facts({
    positions: [position('ES', '1', '5900')],
    realized: '-900',
    isReconciled: false,
  });
  const worst = gate({
    tradingState: 'HALTED',
    locks: [lock],
    context: context(held, stale),
    seenSignals: () => true,
  });

  it('passes whatever else is wrong', () => {
    expect(verdict({ ...exit, atMs: nowMs - 60_000 }, worst)).toBe('approved');
    expect(
      verdict(exit, { ...worst, context: { ...worst.context, instrumentOf: () => undefined } }),
    ).toBe('approved');
    expect(judge(exit, worst).findings).toEqual([]);
  });

  it.each([
    ['EXIT_IN_FLIGHT', exit, { exitInFlight: true }],
    ['SCHEMA_INVALID', { ...exit, stopTicks: 1 }, {}],
    [
      'QUANTITY_OUT_OF_RANGE',
      { ...exit, quantityLots: 0.5 },
      {
        rules: [],
        tradingState: 'ACTIVE',
        locks: [],
        seenSignals: () => false,
        context: context(facts({ positions: held.positions }), fresh),
      },
    ],
    ['MODE_FORBIDS', exit, { mode: 'DRY_RUN' }],
  ] as const)('is refused: %s', (code, intent, change) => {
    expect(verdict(intent, { ...worst, ...change })).toBe(code);
  });

  it('is judged like any other when it would turn the position round', () => {
    expect(verdict({ ...exit, quantityLots: 2 }, worst)).not.toBe('approved');
  });
});

describe('the protective flatten of the engine', () => {
  const order = {
    orderId,
    accountId,
    instrument: es,
    side: 'sell' as const,
    orderType: 'market' as const,
    quantityLots: 1,
    timeInForce: 'ioc' as const,
    reduceOnly: true,
  };

  it('asks for nothing but its shape', () => {
    expect(approveProtective(order)).toEqual({ approved: order });
    expect(approveProtective({ ...order, quantityLots: 0 })).toMatchObject({
      denial: { code: 'QUANTITY_OUT_OF_RANGE' },
    });
    expect(approveProtective({ ...order, limitTicks: 1 })).toMatchObject({
      denial: { code: 'SCHEMA_INVALID' },
    });
  });
});

it('gives every signal one key', () => {
  const key = signalKey(entry);
  expect(signalKey({ ...entry, intentId: IntentId.parse('I2'), atMs: nowMs + 1 })).toBe(key);
  for (const other of [
    { instrument: InstrumentId.parse('NQ') },
    { quantityLots: 2 },
    { signal: { id: 's1', type: 'cross', atMs: nowMs + 1 } },
    { signal: { id: 's2', type: 'cross', atMs: nowMs } },
  ]) {
    expect(signalKey({ ...entry, ...other })).not.toBe(key);
  }
  expect(signalKey(exit)).toBeDefined();
  const { signal: _, ...without } = entry;
  expect(signalKey(without)).toBeUndefined();
});

it('has no two rules of one id, key or place', () => {
  for (const field of ['id', 'key', 'precedence', 'code'] as const) {
    const values = ruleCatalogue.map((rule) => rule[field]);
    expect(new Set(values).size).toBe(values.length);
  }
  expect(ruleOf('RULE-003').precedence).toBeLessThan(ruleOf('RULE-001').precedence);
  expect(ruleOf('RULE-001').precedence).toBeLessThan(ruleOf('RULE-004').precedence);
});
