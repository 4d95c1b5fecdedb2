/** The same order life for every variant: created, committed, sent, accepted, partly filled, filled. */
import { createActor, type AnyEventObject } from 'xstate';
import type {
  AccountId,
  FillId,
  InstrumentId,
  OrderId,
  VenueOrderId,
} from '../../src/domain/ids.ts';
import { orderMachine, type OrderInput } from '../../src/machines/order.machine.ts';
import { collect } from '../../src/machines/step.ts';

export const stepsPerLife = 6;

export function orderInput(number: number): OrderInput {
  return {
    orderId: `BENCH-${number}` as OrderId,
    accountId: 'A1' as AccountId,
    instrument: 'MNQ' as InstrumentId,
    side: 'buy',
    orderType: 'limit',
    quantityLots: 3,
    limitTicks: 80_000,
    timeInForce: 'day',
    reduceOnly: false,
    purpose: 'entry',
    source: 'strategy',
    by: 'bench',
    acknowledgeDurationMs: 5_000,
    cancelDurationMs: 1_500,
    modifyDurationMs: 5_000,
    fillsDurationMs: 5_000,
    createdAtMs: 1_000,
  };
}

export function orderEvents(number: number): readonly AnyEventObject[] {
  const fill = (part: number, lots: number) => ({
    type: 'order.filled',
    origin: 'stream',
    atMs: 1_003 + part,
    fill: {
      fillId: `F${number}-${part}` as FillId,
      accountId: 'A1' as AccountId,
      orderId: `BENCH-${number}` as OrderId,
      instrument: 'MNQ' as InstrumentId,
      side: 'buy',
      lots,
      ticks: 80_000,
      feeUnits: 370_000 * lots,
      venueTimeMs: 1_003 + part,
    },
  });
  return [
    { type: 'order.intentCommitted', atMs: 1_000 },
    { type: 'order.sendStarted', atMs: 1_000 },
    {
      type: 'order.placeAccepted',
      origin: 'answer',
      venueOrderId: `P${number}` as VenueOrderId,
      version: { updatedAtMs: 1_002, cumulativeLots: 0 },
      atMs: 1_002,
    },
    fill(1, 1),
    fill(2, 2),
  ];
}

const tripWire = {
  setTimeout: (): never => {
    throw new Error('no timers');
  },
  clearTimeout: (): void => undefined,
};

/** Bare actors in memory: nothing stored, effects dropped. @returns milliseconds */
export function runBare(orders: number): number {
  const startedMs = performance.now();
  for (let number = 0; number < orders; number += 1) {
    const actor = createActor(orderMachine, {
      id: `o${number}`,
      input: orderInput(number),
      clock: tripWire,
    });
    actor.subscribe({
      error: (error: unknown) => {
        throw error;
      },
    });
    collect(() => actor.start());
    for (const event of orderEvents(number)) collect(() => actor.send(event as never));
    actor.stop();
  }
  return performance.now() - startedMs;
}
