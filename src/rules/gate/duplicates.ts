/**
 * The five layers against sending the same thing twice. Each one is a check of its own, reads only its own facts, and
 * can be switched alone; none depends on another, or on whether positions may be added to. Source: execution 6.
 */
import type { Denial, DenialCode } from '../../domain/denial.ts';
import type { InstrumentId } from '../../domain/ids.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { AccountFacts } from '../../domain/view.ts';
import { limits } from '../../kernel/limits.ts';
import { openLotsOf } from '../exposure.ts';
import type { DuplicateLayer, GateCheck, GateContext } from './context.ts';
import { signalKey } from './signal.ts';

/** L1: the same signal was taken before. */
export const duplicateIntent: GateCheck = layer('L1', (intent, { seenSignals }) => {
  const key = signalKey(intent);
  if (key === undefined || !seenSignals(key)) return [];
  return [{ code: 'DUPLICATE_INTENT', facts: [{ name: 'signal', value: key }] }];
});

/** The same order again within a moment, whoever sends it and whatever its signal. Off unless configured. */
export const identicalOrder: GateCheck = (intent, gate) => {
  const { identicalMax, identicalWindow } = gate.controls.repeat;
  if (identicalMax === undefined) return [];
  const sends = gate.identicalSends(intent, identicalWindow);
  if (sends < identicalMax) return [];
  return [
    {
      code: 'DUPLICATE_INTENT',
      facts: [
        { name: 'identical', value: String(sends) },
        { name: 'limit', value: `${identicalMax} in ${identicalWindow} ms` },
      ],
    },
  ];
};

/** L2: one order path per account and symbol: an order whose fate is open holds it, also over a restart. */
export const symbolBusy: GateCheck = layer('L2', (intent, gate) =>
  inFlight(intent, gate).map(({ orderId }) => ({
    code: 'SYMBOL_BUSY',
    facts: [{ name: 'order', value: orderId }],
  })),
);

/** L3: a position is open and may not be added to. A picture that was never compared cannot say that it is not. */
export const positionExists: GateCheck = layer('L3', (intent, { duplicates, context }) => {
  const { pyramiding, maxAdds } = duplicates;
  const { facts } = context;
  if (pyramiding && maxAdds === 0) return [];
  if (!facts.isReconciled)
    return [{ code: 'POSITION_EXISTS', facts: [{ name: 'unknown', value: 'positions' }] }];
  const position = openLotsOf(facts, intent.instrument);
  if (position === 0) return [];
  const shown = { name: 'position', value: String(position) };
  if (!pyramiding) return [{ code: 'POSITION_EXISTS', facts: [shown] }];
  const adds = addsOf(facts, intent.instrument);
  if (adds < maxAdds) return [];
  const counted = { name: 'adds', value: String(adds) };
  const limit = { name: 'limit', value: String(maxAdds) };
  return [{ code: 'POSITION_EXISTS', facts: [shown, counted, limit] }];
});

/** How many orders have added to the position since it was opened; the first of them has opened it. */
function addsOf(facts: AccountFacts, instrument: InstrumentId): number {
  const position = facts.positions.find((one) => one.instrument === instrument);
  const openedAtMs = position?.openedAtMs ?? 0;
  const orders = facts.trades
    .filter(
      (trade) =>
        trade.instrument === instrument && trade.openedLots > 0 && trade.atMs >= openedAtMs,
    )
    .map(({ orderId, fillId }) => orderId ?? fillId);
  return Math.max(0, new Set<string>(orders).size - 1);
}

/** L4: the venue has an open order of the same symbol and side. What could not be asked counts as yes. */
export const venueOrderExists: GateCheck = layer('L4', (intent, gate) => {
  const { venueOrders, context, duplicates } = gate;
  if (venueOrders.state === 'notAsked') return [venueUnknown('not asked')];
  if (venueOrders.state === 'failed') return [venueUnknown(venueOrders.reason)];
  const ageMs = context.nowMs - venueOrders.asOfMs;
  if (!(ageMs <= limits.venueOrdersAgeMsMax)) return [venueUnknown('stale', ageMs)];
  const isOwn = (orderId: string | undefined): boolean =>
    context.facts.workingOrders.some((order) => order.orderId === orderId);
  return venueOrders.orders
    .filter(
      (order) =>
        order.instrument === intent.instrument &&
        order.side === intent.side &&
        !order.isProtective &&
        (duplicates.venueOrders === 'any' || !isOwn(order.orderId)),
    )
    .map(({ orderId, venueOrderId }) => ({
      code: 'VENUE_ORDER_EXISTS',
      facts: [{ name: 'order', value: orderId ?? venueOrderId }],
    }));
});

/** L5: an order of our own with the same symbol and side whose fate is open. */
export const localPending: GateCheck = layer('L5', (intent, gate) =>
  inFlight(intent, gate)
    .filter(({ side }) => side === intent.side)
    .map(({ orderId }) => ({
      code: 'LOCAL_PENDING',
      facts: [{ name: 'order', value: orderId }],
    })),
);

function layer(name: DuplicateLayer, check: GateCheck): GateCheck {
  return (intent, gate, effect) =>
    gate.duplicates.layers.has(name) ? check(intent, gate, effect) : [];
}

function venueUnknown(reason: string, ageMs?: number): Denial {
  const age = ageMs === undefined ? {} : { ageMs };
  const facts = [
    { name: 'unknown', value: 'open orders of the venue', ...age },
    { name: 'reason', value: reason },
  ];
  return { code: 'VENUE_ORDER_EXISTS', facts };
}

/** Orders of the symbol that the venue has not confirmed, or of which nobody knows what became. */
function inFlight(intent: OrderIntent, { context }: GateContext) {
  return context.facts.workingOrders.filter(
    ({ instrument, isInFlight }) => instrument === intent.instrument && isInFlight === true,
  );
}

/** Which layer a refusal comes from; undefined for other refusals. */
export function layerOf(denial: Denial): DuplicateLayer | undefined {
  if (denial.code === 'DUPLICATE_INTENT' && denial.facts.some(({ name }) => name === 'identical'))
    return undefined;
  return layerOfCode[denial.code];
}

const layerOfCode: { readonly [Code in DenialCode]?: DuplicateLayer } = {
  DUPLICATE_INTENT: 'L1',
  SYMBOL_BUSY: 'L2',
  POSITION_EXISTS: 'L3',
  VENUE_ORDER_EXISTS: 'L4',
  LOCAL_PENDING: 'L5',
};

/** True when the only thing that is missing is the venue's list of open orders. */
export function asksVenue(failing: readonly Denial[], gate: GateContext): boolean {
  return (
    gate.venueOrders.state === 'notAsked' &&
    failing.length > 0 &&
    failing.every(({ code }) => code === 'VENUE_ORDER_EXISTS')
  );
}
