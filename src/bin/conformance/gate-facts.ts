/** A gate for one vector: everything is known and permitted, but for what the case says. */
import { Controls } from '../../domain/controls.ts';
import { AccountId, IntentId, OrderId } from '../../domain/ids.ts';
import type { Instrument, Lots } from '../../domain/instrument.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { Side } from '../../domain/position.ts';
import type { AccountFacts, WorkingOrderFacts } from '../../domain/view.ts';
import type { GateContext } from '../../rules/gate/context.ts';

const vectorAccount = AccountId.parse('VECTOR');
const nowMs = Date.UTC(2026, 2, 10, 15);
const ticks = 1_000;

export type VectorBook = {
  readonly instrument: Instrument;
  /** Signed. */
  readonly position: Lots;
  readonly workingBuys: Lots;
  readonly workingSells: Lots;
};

/** Working orders of a vector are plain ones: nothing links them to the position. */
function working(book: VectorBook, side: Side, leavesLots: Lots): readonly WorkingOrderFacts[] {
  if (leavesLots === 0) return [];
  return [
    {
      orderId: OrderId.parse(`VECTOR-${side}`),
      instrument: book.instrument.id,
      side,
      leavesLots,
      purpose: 'entry',
      reduceOnly: false,
      orderType: 'limit',
      limitTicks: side === 'buy' ? ticks - 10 : ticks + 10,
      isOpen: true,
    },
  ];
}

export function vectorFacts(book: VectorBook): AccountFacts {
  const { instrument, position } = book;
  return {
    accountId: vectorAccount,
    version: 1,
    currency: instrument.settlementCurrency,
    isReconciled: true,
    realizedUnits: 0,
    feesUnits: 0,
    positions:
      position === 0 ? [] : [{ instrument: instrument.id, openLots: position, costUnits: 0 }],
    workingOrders: [
      ...working(book, 'buy', book.workingBuys),
      ...working(book, 'sell', book.workingSells),
    ],
    trades: [],
    dayStartMs: 0,
    canTrade: true,
    portfolio: {
      balanceUnits: 50_000_000_000,
      weekNetUnits: 0,
      isDrawdownLatched: false,
      trades: [],
    },
    memory: {},
  };
}

export function vectorGate(book: VectorBook, change: Partial<GateContext> = {}): GateContext {
  const { instrument } = book;
  return {
    mode: 'PAPER',
    tradingState: 'ACTIVE',
    locks: [],
    paused: undefined,
    kills: [],
    rules: [],
    controls: Controls.parse({}),
    context: {
      facts: vectorFacts(book),
      marks: () => ({
        bidTicks: ticks,
        askTicks: ticks,
        lastTicks: ticks,
        receivedAtMs: nowMs,
      }),
      instrumentOf: (id) => (id === instrument.id ? instrument : undefined),
      nowMs,
    },
    orderId: OrderId.parse('VECTOR-1'),
    productStatus: () => 'trading',
    clockDriftMs: 0,
    clockDriftMsMax: 150,
    messages: { submits: 0, modifies: 0, today: 0 },
    exhaustedBudgets: [],
    strategyDisabled: undefined,
    identicalSends: () => 0,
    // The layers have vectors of their own.
    duplicates: { layers: new Set(), pyramiding: true, maxAdds: 0, venueOrders: 'any' },
    seenSignals: () => false,
    venueOrders: { state: 'known', orders: [], asOfMs: nowMs },
    exitInFlight: false,
    quoteMaxAgeMs: 5_000,
    ...change,
  };
}

export function vectorIntent(instrument: Instrument, side: Side, quantityLots: Lots): OrderIntent {
  return {
    intentId: IntentId.parse('VECTOR-1'),
    accountId: vectorAccount,
    instrument: instrument.id,
    side,
    orderType: 'market',
    quantityLots,
    timeInForce: 'day',
    reduceOnly: false,
    purpose: 'entry',
    source: 'strategy',
    by: 'vectors',
    maxAgeMs: 60_000,
    atMs: nowMs,
  };
}
