/** The order machine alone, as a real actor, driven along the events of a peer. */
import { createActor, type Actor } from 'xstate';
import { AccountId, FillId, InstrumentId, OrderId, VenueOrderId } from '../../domain/ids.ts';
import type { Lots } from '../../domain/instrument.ts';
import type { OrderEvent } from '../../domain/order-event.ts';
import { orderStatus, type OrderStatus, type OrderType } from '../../domain/order.ts';
import { condition } from '../../kernel/assert.ts';
import type { AdoptedOrder, OrderInput } from '../../machines/order.context.ts';
import { orderMachine, orderRegions } from '../../machines/order.machine.ts';
import { collect } from '../../machines/step.ts';

/** Events of the peer's table (NautilusTrader's names). */
export const peerEvents = [
  'Denied',
  'Submitted',
  'Accepted',
  'Rejected',
  'PendingUpdate',
  'PendingCancel',
  'ModifyRejected',
  'CancelRejected',
  'Updated',
  'Triggered',
  'Canceled',
  'Expired',
  'Filled',
] as const;
export type PeerEvent = (typeof peerEvents)[number];

/** Quantity of the order; a partial fill takes a part of it. */
const quantityLots = 10;
export const partLots = 4;

const orderId = OrderId.parse('vector');
const accountId = AccountId.parse('VECTOR');
const instrument = InstrumentId.parse('VECTOR');

export const orderInput = (
  orderType: OrderType,
  lots: number,
  adopted?: Pick<AdoptedOrder, 'status'>,
): OrderInput => ({
  orderId,
  accountId,
  instrument,
  side: 'buy',
  orderType,
  quantityLots: lots,
  limitTicks: 100,
  stopTicks: 90,
  timeInForce: 'gtc',
  reduceOnly: false,
  purpose: 'entry',
  source: 'operator',
  by: 'vectors',
  acknowledgeDurationMs: 5_000,
  cancelDurationMs: 1_500,
  modifyDurationMs: 5_000,
  fillsDurationMs: 5_000,
  createdAtMs: 0,
  ...(adopted === undefined
    ? {}
    : {
        adopted: {
          ...adopted,
          source: 'external',
          filledLots: 0,
          venueOrderId: VenueOrderId.parse('V1'),
        },
      }),
});

export class OrderActor {
  private readonly actor: Actor<typeof orderMachine>;
  private atMs = 0;
  private fills = 0;

  constructor(input: OrderInput) {
    this.actor = createActor(orderMachine, { input });
    collect(() => this.actor.start());
  }

  get status(): OrderStatus {
    const snapshot = this.actor.getSnapshot();
    const { execution, request } = orderRegions(snapshot);
    return orderStatus(execution, request, snapshot.context.committedAtMs !== undefined);
  }

  get integrity(): string {
    return orderRegions(this.actor.getSnapshot()).integrity;
  }

  /** Plays one event of the peer; an execution takes `lots`, or else all that is left. */
  play(event: PeerEvent, lots?: Lots): void {
    this.atMs += 1_000;
    for (const ours of this.translate(event, lots)) collect(() => this.actor.send(ours));
  }

  /** What the peer's event is in our words. Which of two it is depends on whether the venue has accepted. */
  private translate(event: PeerEvent, lots: Lots | undefined): readonly OrderEvent[] {
    const { atMs } = this;
    const { filledLots } = this.actor.getSnapshot().context;
    const reported = {
      atMs,
      origin: 'stream',
      version: { updatedAtMs: atMs, cumulativeLots: filledLots },
    } as const;
    const reason = 'as the vector says';
    switch (event) {
      case 'Denied':
        return [{ type: 'order.gateDenied', reason, atMs }];
      case 'Submitted':
        return [
          { type: 'order.intentCommitted', atMs },
          { type: 'order.sendStarted', atMs },
        ];
      case 'Accepted':
        return [
          {
            type: 'order.placeAccepted',
            ...reported,
            origin: 'answer',
            venueOrderId: VenueOrderId.parse('V1'),
          },
        ];
      case 'Rejected':
        return this.isPlaced
          ? [{ type: 'order.venueRejected', reason, ...reported }]
          : [{ type: 'order.placeRejected', reason, ...reported, origin: 'answer' }];
      case 'PendingUpdate':
        return [{ type: 'order.modifyRequested', values: { limitTicks: 101 }, atMs }];
      case 'PendingCancel':
        return [{ type: 'order.cancelRequested', reason, atMs }];
      case 'ModifyRejected':
        return [{ type: 'order.modifyRejected', reason, ...reported, origin: 'answer' }];
      case 'CancelRejected':
        return [{ type: 'order.cancelRejected', reason, ...reported, origin: 'answer' }];
      case 'Updated':
        return [{ type: 'order.updated', values: { limitTicks: 101 }, ...reported }];
      case 'Triggered':
        return [{ type: 'order.triggered', ...reported }];
      case 'Canceled':
        return [{ type: 'order.canceled', reason, ...reported }];
      case 'Expired':
        return [{ type: 'order.expired', ...reported }];
      case 'Filled':
        return [this.fill(lots)];
    }
  }

  private get isPlaced(): boolean {
    return !['INITIALIZED', 'SUBMITTED'].includes(this.status);
  }

  private fill(wanted: Lots | undefined): OrderEvent {
    this.fills += 1;
    const { context } = this.actor.getSnapshot();
    const lots = wanted ?? Math.max(1, context.quantityLots - context.filledLots);
    const fill = {
      fillId: FillId.parse(`T${this.fills}`),
      accountId,
      orderId,
      instrument,
      side: 'buy',
      lots,
      ticks: 100,
      feeUnits: 0,
      venueTimeMs: this.atMs,
    } as const;
    return { type: 'order.filled', fill, origin: 'stream', atMs: this.atMs };
  }
}

const wayTo: Readonly<Record<string, readonly (PeerEvent | 'PartFilled')[]>> = {
  INITIALIZED: [],
  SUBMITTED: ['Submitted'],
  ACCEPTED: ['Submitted', 'Accepted'],
  TRIGGERED: ['Submitted', 'Accepted', 'Triggered'],
  PENDING_UPDATE: ['Submitted', 'Accepted', 'PendingUpdate'],
  PENDING_CANCEL: ['Submitted', 'Accepted', 'PendingCancel'],
  PARTIALLY_FILLED: ['Submitted', 'Accepted', 'PartFilled'],
  CANCELED: ['Submitted', 'Accepted', 'Canceled'],
  FILLED: ['Submitted', 'Accepted', 'Filled'],
  EXPIRED: ['Submitted', 'Accepted', 'Expired'],
  REJECTED: ['Submitted', 'Rejected'],
  DENIED: ['Denied'],
};

/** Every public status that an order can be driven to. */
export const reachableStatuses: readonly string[] = Object.keys(wayTo);

/** A stop-limit order, which knows every state, in the public status of that name. */
export function orderIn(status: string): OrderActor {
  const way = wayTo[status];
  condition(way !== undefined, () => `a status is one that our orders have, was ${status}`);
  const order = new OrderActor(orderInput('stopLimit', quantityLots));
  for (const event of way)
    if (event === 'PartFilled') order.play('Filled', partLots);
    else order.play(event);
  condition(order.status === status, () => `the way to ${status} leads there, was ${order.status}`);
  return order;
}

/** An order that somebody else placed, in the state in which the venue first shows it. */
export function adoptedOrder(status: AdoptedOrder['status']): OrderActor {
  return new OrderActor(orderInput('stopLimit', quantityLots, { status }));
}
