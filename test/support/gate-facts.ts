/** A gate in which nothing stands in the way; tests change what they are about. */
import { Controls } from '../../src/domain/controls.ts';
import { InstrumentId, IntentId, OrderId } from '../../src/domain/ids.ts';
import type { OrderIntent } from '../../src/domain/order.ts';
import type { WorkingOrderFacts } from '../../src/domain/view.ts';
import type { GateContext } from '../../src/rules/gate/context.ts';
import { accountId, context, facts, mark, nowMs } from './rule-facts.ts';

export const es = InstrumentId.parse('ES');
export const gateOrderId = OrderId.parse('BH-1-1');

/** ES, quarter points: 5799.75 / 5800.25. */
export const freshMarks = { ES: mark('ES', { bid: '5799.75', ask: '5800.25', last: '5800' }) };

export const entryIntent: OrderIntent = {
  intentId: IntentId.parse('I1'),
  accountId,
  instrument: es,
  side: 'buy',
  orderType: 'market',
  quantityLots: 1,
  timeInForce: 'day',
  reduceOnly: false,
  purpose: 'entry',
  source: 'strategy',
  by: 'test',
  signal: { id: 's1', type: 'cross', atMs: nowMs },
  maxAgeMs: 1_000,
  atMs: nowMs,
};
export const exitIntent: OrderIntent = {
  ...entryIntent,
  side: 'sell',
  purpose: 'exit',
  reduceOnly: true,
};

/** No duplicate layer is on. */
export const noLayers = {
  layers: new Set<never>(),
  pyramiding: false,
  maxAdds: 0,
  venueOrders: 'any',
} as const;

export function openGate(change: Partial<GateContext> = {}): GateContext {
  return {
    mode: 'PAPER',
    tradingState: 'ACTIVE',
    locks: [],
    paused: undefined,
    kills: [],
    rules: [],
    controls: Controls.parse({}),
    context: context(facts(), freshMarks),
    orderId: gateOrderId,
    productStatus: () => 'trading',
    clockDriftMs: 0,
    clockDriftMsMax: 150,
    messages: { submits: 0, modifies: 0, today: 0 },
    exhaustedBudgets: [],
    strategyDisabled: undefined,
    identicalSends: () => 0,
    duplicates: { ...noLayers, layers: new Set(['L1', 'L2', 'L3', 'L5'] as const) },
    seenSignals: () => false,
    venueOrders: { state: 'notAsked' },
    exitInFlight: false,
    quoteMaxAgeMs: 5_000,
    ...change,
  };
}

/** A working order of our own. */
export function workingOrder(change: Partial<WorkingOrderFacts> = {}): WorkingOrderFacts {
  return {
    orderId: OrderId.parse('BH-1-9'),
    instrument: es,
    side: 'buy',
    leavesLots: 1,
    purpose: 'entry',
    reduceOnly: false,
    orderType: 'limit',
    limitTicks: 23_000,
    isOpen: true,
    ...change,
  };
}
