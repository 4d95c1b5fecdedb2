/** Verifies: execution 2.4 (changes and cancels), 10; trading-controls 2.2 (modify limit). */
import { describe, expect, it } from 'vitest';
import type { WorkingOrderFacts } from '../../src/domain/view.ts';
import type { GateContext } from '../../src/rules/gate/context.ts';
import { judgeCancel, judgeModify } from '../../src/rules/gate/judge-change.ts';
import { freshMarks, openGate, workingOrder } from '../support/gate-facts.ts';
import { context, facts, position } from '../support/rule-facts.ts';

const stop = workingOrder({
  side: 'sell',
  leavesLots: 2,
  purpose: 'protective',
  reduceOnly: true,
  orderType: 'stop',
  stopTicks: 23_160,
});
const { limitTicks: _none, ...protective } = stop;
const entry = workingOrder({ leavesLots: 2 });
const long = [position('ES', '2', '5800')];

function gateWith(
  workingOrders: readonly WorkingOrderFacts[],
  positions = long,
  change: Partial<GateContext> = {},
): GateContext {
  return openGate({
    context: context(facts({ positions, workingOrders: [...workingOrders] }), freshMarks),
    ...change,
  });
}

function verdict(order: WorkingOrderFacts, values: object, gate: GateContext): string {
  const decision = judgeModify({ order, filledLots: 0, values, by: 'test' }, gate);
  return `${decision.effect} ${'approved' in decision ? 'approved' : decision.denial.code}`;
}

describe('a change', () => {
  const locked = {
    tradingState: 'LOCKED',
    locks: [{ scope: 'account', source: 'operator', kind: 'operator', reason: 'news' }],
  } as const;

  it('that enlarges an entry is new risk', () => {
    expect(verdict(entry, { quantityLots: 3 }, gateWith([entry], []))).toBe('increase approved');
    expect(verdict(entry, { quantityLots: 3 }, gateWith([entry], [], locked))).toBe(
      'increase LOCK_ACTIVE',
    );
    expect(verdict(entry, { quantityLots: 1 }, gateWith([entry], [], locked))).toBe(
      'neutral approved',
    );
  });

  it('that moves protection away is new risk, one that moves it nearer never is', () => {
    const gate = gateWith([protective], long, locked);
    expect(verdict(protective, { stopTicks: 23_159 }, gate)).toBe('increase LOCK_ACTIVE');
    expect(verdict(protective, { stopTicks: 23_170 }, gate)).toBe('neutral approved');
    expect(verdict(protective, { quantityLots: 1 }, gate)).toBe('increase LOCK_ACTIVE');
  });

  it('compares a quantity with what is left of the order', () => {
    const gate = gateWith([entry], []);
    const values = { quantityLots: 5 };
    const change = { order: entry, filledLots: 3, values, by: 'test' };
    expect(judgeModify(change, gate)).toMatchObject({
      effect: 'neutral',
      approved: { quantityLots: 5 },
    });
    expect(judgeModify({ ...change, filledLots: 5 }, gate)).toMatchObject({
      denial: { code: 'QUANTITY_OUT_OF_RANGE' },
    });
  });

  it.each([
    ['PRICE_COLLAR', { limitTicks: 100 }, {}],
    ['MODE_FORBIDS', { limitTicks: 23_001 }, { mode: 'DRY_RUN' }],
    [
      'MESSAGE_LIMIT',
      { limitTicks: 23_001 },
      { messages: { submits: 0, modifies: 100, today: 0 } },
    ],
  ] as const)('of an entry is refused: %s', (code, values, change) => {
    expect(verdict(entry, values, gateWith([entry], [], change))).toBe(`neutral ${code}`);
  });

  it('of protection has no limit of messages', () => {
    const gate = gateWith([protective], long, {
      messages: { submits: 100, modifies: 100, today: 9_999 },
    });
    expect(verdict(protective, { stopTicks: 23_170 }, gate)).toBe('neutral approved');
  });

  it('is never the duplicate of its own order', () => {
    const inFlight = { ...entry, isInFlight: true as const };
    expect(verdict(inFlight, { quantityLots: 3 }, gateWith([inFlight], []))).toBe(
      'increase approved',
    );
  });
});

describe('a cancel', () => {
  const halted = { tradingState: 'HALTED', stateCauses: ['kill'] } as const;

  it('of an entry is always allowed', () => {
    expect(judgeCancel(entry, gateWith([entry], [], halted), false)).toBeUndefined();
  });

  it('of the protection of an open position is refused while halted, unless a close is under way', () => {
    const gate = gateWith([protective], long, halted);
    expect(judgeCancel(protective, gate, false)).toMatchObject({ code: 'TRADING_STATE_FORBIDS' });
    expect(judgeCancel(protective, gate, true)).toBeUndefined();
    expect(judgeCancel(protective, gateWith([protective], []), false)).toBeUndefined();
    expect(judgeCancel(protective, gateWith([protective]), false)).toBeUndefined();
  });

  it('of protection that is replaced already is allowed', () => {
    const other = { ...protective, orderId: 'BH-1-10' as typeof protective.orderId };
    expect(judgeCancel(protective, gateWith([protective, other], long, halted), false)).toBe(
      undefined,
    );
  });

  it('of protection is refused by a lock of its instrument alone', () => {
    const lock = {
      scope: 'symbol:ES',
      source: 'RULE-011',
      kind: 'permanent',
      reason: 'blocked',
    } as const;
    expect(
      judgeCancel(protective, gateWith([protective], long, { locks: [lock] }), false),
    ).toMatchObject({ code: 'LOCK_ACTIVE' });
  });
});
