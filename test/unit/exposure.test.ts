/** Verifies: execution 2.4, every row of its table; INV-EXP-1 */
import { describe, expect, it } from 'vitest';
import { AccountId, InstrumentId, OrderId } from '../../src/domain/ids.ts';
import type { WorkingOrderFacts } from '../../src/domain/view.ts';
import {
  riskEffect,
  riskEffectOfCancel,
  riskEffectOfModify,
  worstCase,
} from '../../src/rules/exposure.ts';
import { facts, position, working } from '../support/rule-facts.ts';

const es = InstrumentId.parse('ES');
const accountId = AccountId.parse('A1');

function account(held: number, ...workingOrders: readonly WorkingOrderFacts[]) {
  const positions = held === 0 ? [] : [position('ES', String(held), '5800')];
  return facts({ positions, workingOrders });
}

function order(side: 'buy' | 'sell', quantityLots: number, reduceOnly = false) {
  return { instrument: es, side, quantityLots, reduceOnly };
}

const plain = (side: 'buy' | 'sell', quantity: string) => working('ES', side, quantity);
const stop = (quantity: string) => working('ES', 'sell', quantity, { purpose: 'protective' });
const exit = (quantity: string) =>
  working('ES', 'sell', quantity, { purpose: 'exit', reduceOnly: true });

describe('the effect of an order', () => {
  it.each([
    ['long 3, SELL 3', account(3), order('sell', 3), 'reduce'],
    ['long 3, SELL 5 flips by 2', account(3), order('sell', 5), 'increase'],
    ['long 3, SELL 5 is not saved by its flag', account(3), order('sell', 5, true), 'increase'],
    ['long 3, a plain SELL 3 works', account(3, plain('sell', '3')), order('sell', 3), 'increase'],
    ['the same with the flag', account(3, plain('sell', '3')), order('sell', 3, true), 'increase'],
    ['long 3, a stop rests', account(3, stop('3')), order('sell', 3, true), 'reduce'],
    [
      'long 3, a stop and a target rest',
      account(3, stop('3'), stop('3')),
      order('sell', 3, true),
      'reduce',
    ],
    ['long 3, a reduce-only rests', account(3, exit('3')), order('sell', 3, true), 'reduce'],
    ['long 3, a stop rests, without the flag', account(3, stop('3')), order('sell', 3), 'increase'],
    ['flat, BUY', account(0), order('buy', 1), 'increase'],
    ['flat, SELL', account(0), order('sell', 1), 'increase'],
    ['flat, the flag is not believed', account(0), order('sell', 1, true), 'increase'],
    ['short 3, BUY 3', account(-3), order('buy', 3), 'reduce'],
    ['short 3, SELL 1', account(-3), order('sell', 1), 'increase'],
    ['short 3, a BUY 3 works, BUY 1', account(-3, plain('buy', '3')), order('buy', 1), 'increase'],
    ['long 3, a SELL 2 works, SELL 1', account(3, plain('sell', '2')), order('sell', 1), 'reduce'],
    [
      'long 3, a SELL 2 works, SELL 2',
      account(3, plain('sell', '2')),
      order('sell', 2),
      'increase',
    ],
  ] as const)('%s', (_name, state, added, effect) => {
    expect(riskEffect(state, added)).toBe(effect);
  });

  it('takes a protective purpose for what it says only on the exit side', () => {
    const protective = { ...order('sell', 3), purpose: 'protective' as const };
    expect(riskEffect(account(3, stop('3')), protective)).toBe('reduce');
    expect(riskEffect(account(0), protective)).toBe('increase');
    expect(riskEffect(account(-3), protective)).toBe('increase');
  });
});

describe('the worst case', () => {
  it.each([
    [account(0), 0, 0],
    [account(3), 3, 0],
    [account(-3), 0, 3],
    [account(3, plain('buy', '2'), plain('sell', '5')), 5, 2],
    [account(3, stop('3'), stop('3')), 3, 0],
    [account(0, stop('3')), 0, 3],
    [account(0, exit('3')), 0, 3],
  ])('counts every working order in full (%#)', (state, longLots, shortLots) => {
    expect(worstCase(state, es)).toEqual({ longLots, shortLots });
  });
});

describe('the effect of a cancel', () => {
  const entry = plain('buy', '1');
  const protection = stop('3');

  it('of an entry is neutral', () => {
    expect(riskEffectOfCancel(account(3, entry), entry.orderId)).toBe('neutral');
  });

  it('of the protection of an open position is an increase', () => {
    expect(riskEffectOfCancel(account(3, protection), protection.orderId)).toBe('increase');
    expect(riskEffectOfCancel(account(0, protection), protection.orderId)).toBe('neutral');
  });
});

describe('the effect of a change', () => {
  const entry = plain('buy', '2');
  const protection = stop('3');
  const modify = (
    order_: WorkingOrderFacts,
    change: { quantityLots?: number; stopTicks?: number },
  ) =>
    riskEffectOfModify(
      account(3, order_),
      { orderId: order_.orderId, accountId, instrument: es, ...change },
      100,
    );

  it.each([
    ['a larger entry', entry, { quantityLots: 3 }, 'increase'],
    ['a smaller entry', entry, { quantityLots: 1 }, 'neutral'],
    ['a stop moved away', protection, { stopTicks: 99 }, 'increase'],
    ['a stop moved nearer', protection, { stopTicks: 101 }, 'neutral'],
    ['less protection', protection, { quantityLots: 2 }, 'increase'],
  ] as const)('%s', (_name, changed, change, effect) => {
    expect(modify(changed, change)).toBe(effect);
  });

  it('of an order that is not known is an increase', () => {
    const orderId = OrderId.parse('X');
    expect(riskEffectOfModify(account(3), { orderId, accountId, instrument: es })).toBe('increase');
  });
});

describe('a plain stop on the exit side', () => {
  const held = working('ES', 'sell', '3', { orderType: 'stop', stopTicks: 23_160 });
  const larger = working('ES', 'sell', '4', { orderType: 'stop', stopTicks: 23_160 });

  it('counts once with a new reduce-only exit, as protection does', () => {
    expect(riskEffect(account(3, held), order('sell', 3, true))).toBe('reduce');
    expect(riskEffect(account(3, held, held), order('sell', 3, true))).toBe('reduce');
    expect(worstCase(account(3, held), es)).toEqual({ longLots: 3, shortLots: 0 });
  });

  it('counts in full beside another one, which may trigger with it', () => {
    expect(worstCase(account(3, held, held), es)).toEqual({ longLots: 3, shortLots: 3 });
    expect(worstCase(account(3, held, held), es, order('sell', 1)).shortLots).toBe(4);
  });

  it('counts in full beside a reduce-only exit, which may leave it alone with a new order', () => {
    expect(worstCase(account(3, held, exit('3')), es, order('sell', 2)).shortLots).toBe(5);
  });

  it('is an entry when it brings a stop of its own', () => {
    const entry = { ...held, hasBracketStop: true } as const;
    expect(riskEffect(account(3, entry), order('sell', 3, true))).toBe('increase');
    expect(riskEffectOfCancel(account(3, entry), entry.orderId)).toBe('neutral');
  });

  it('counts in full where it is larger than the position, or nothing is open on the other side', () => {
    expect(worstCase(account(3, larger), es).shortLots).toBe(1);
    expect(worstCase(account(0, held), es).shortLots).toBe(3);
    expect(riskEffect(account(3, larger), order('sell', 1, true))).toBe('increase');
  });

  it('may not be taken away from an open position, nor moved away', () => {
    const { orderId } = held;
    expect(riskEffectOfCancel(account(3, held), orderId)).toBe('increase');
    expect(riskEffectOfCancel(account(0, held), orderId)).toBe('neutral');
    const moved = (stopTicks: number) =>
      riskEffectOfModify(
        account(3, held),
        { accountId, orderId, instrument: es, stopTicks },
        23_160,
      );
    expect(moved(23_120)).toBe('increase');
    expect(moved(23_180)).toBe('neutral');
  });
});
