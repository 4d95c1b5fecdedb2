/**
 * One order, from intent to the last trade that may still come.
 *
 * Three regions: what the venue has done with it (`execution`), what we have asked and not yet heard (`request`),
 * and whether it all fits together (`integrity`). A refused cancel needs no previous state to go back to, and a
 * trade is booked whatever the state. Source: execution 3.
 *
 * Invariants (test/property/order.machine.test.ts):
 * - INV-ORD-1: a fill counts once, however often it is reported.
 * - INV-ORD-2: `filledLots` never falls, unless the venue voids a trade.
 * - INV-ORD-3: once closed, an order is never live again, unless the venue proves otherwise: then integrity says so.
 */
import type { SnapshotFrom } from 'xstate';
import type { Lots } from '../domain/instrument.ts';
import {
  isClosed,
  type ExecutionState,
  type IntegrityState,
  type RequestState,
} from '../domain/order.ts';
import { initialContext, type OrderContext } from './order.context.ts';
import { execution } from './order.execution.ts';
import { integrity } from './order.integrity.ts';
import { request } from './order.request.ts';
import { orderSetup } from './order.setup.ts';

export const orderMachine = orderSetup.createMachine({
  id: 'order',
  version: '2',
  options: { maxIterations: 1000 },
  type: 'parallel',
  context: ({ input }) => initialContext(input),
  states: { execution, request, integrity },
});

export type OrderSnapshot = SnapshotFrom<typeof orderMachine>;

export type OrderRegions = {
  readonly execution: ExecutionState;
  readonly request: RequestState;
  readonly integrity: IntegrityState;
};

/** The state of the three regions. Pure. */
export function orderRegions(snapshot: { readonly value: OrderSnapshot['value'] }): OrderRegions {
  // `adopted` is left in the step that enters it.
  return snapshot.value as OrderRegions;
}

/**
 * What may still fill, in lots, worst case: everything not booked until the venue proves otherwise, and for a
 * change of size on the wire, waiting or in doubt the larger of old and new. 0 when closed. Pure.
 * Source: execution 2.4.
 */
export function leavesLots(
  context: Pick<OrderContext, 'quantityLots' | 'filledLots' | 'modifyValues' | 'deferred'>,
  regions: OrderRegions,
): Lots {
  if (isClosed(regions.execution)) return 0;
  const { quantityLots, filledLots, modifyValues, deferred } = context;
  const largestLots = Math.max(
    quantityLots,
    modifyValues.quantityLots ?? 0,
    deferred.quantityLots ?? 0,
  );
  return Math.max(0, largestLots - filledLots);
}

export type { AdoptedOrder, OrderContext, OrderInput } from './order.context.ts';
