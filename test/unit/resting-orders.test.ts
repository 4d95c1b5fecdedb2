/** Verifies: execution 10, LOCKED: what can add to a position goes, what protects it stays */
import { describe, expect, it } from 'vitest';
import type { AccountRuntime } from '../../src/actors/account-runtime.ts';
import { restingThatAdd } from '../../src/actors/resting-orders.ts';
import { InstrumentId } from '../../src/domain/ids.ts';
import type { WorkingOrderFacts } from '../../src/domain/view.ts';
import { working } from '../support/rule-facts.ts';

const es = InstrumentId.parse('ES');

function account(openLots: number, ...orders: readonly WorkingOrderFacts[]): AccountRuntime {
  const workingOrders = new Map(orders.map((order, index) => [`o${index}`, order]));
  const openLotsOf = (instrument: InstrumentId) => (instrument === es ? openLots : 0);
  return { workingOrders, openLots: openLotsOf } as unknown as AccountRuntime;
}

const entry = working('ES', 'buy', '1');
const target = working('ES', 'sell', '2', { limitTicks: 23_240 });
const stop = working('ES', 'sell', '2', { orderType: 'stop', stopTicks: 23_160 });
const reduceOnly = working('ES', 'sell', '2', { reduceOnly: true });
const close = working('ES', 'sell', '2', { purpose: 'exit' });

describe('resting orders that can add', () => {
  it('are those of the side of the position, and all of a flat account', () => {
    expect(restingThatAdd(account(2, entry))).toEqual([entry]);
    expect(restingThatAdd(account(0, entry, stop))).toEqual([stop, entry]);
  });

  it('are not the stop of a position, nor what only reduces, nor a close', () => {
    expect(restingThatAdd(account(2, stop))).toEqual([]);
    expect(restingThatAdd(account(2, target))).toEqual([]);
    expect(restingThatAdd(account(2, reduceOnly, close))).toEqual([]);
  });

  it('are what is left on the other side when stops have taken what is open', () => {
    expect(restingThatAdd(account(2, target, stop))).toEqual([target]);
    expect(restingThatAdd(account(2, reduceOnly, stop))).toEqual([stop]);
    expect(restingThatAdd(account(1, stop))).toEqual([stop]);
  });

  it('are all plain limit orders while the position is being closed', () => {
    expect(restingThatAdd(account(2, target), true)).toEqual([target]);
    expect(restingThatAdd(account(2, stop), true)).toEqual([]);
  });
});
