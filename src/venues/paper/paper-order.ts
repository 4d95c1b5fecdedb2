/** An order as the paper venue keeps it, and what the venue answers about it. */
import type { AccountId, InstrumentId, OrderId, VenueOrderId } from '../../domain/ids.ts';
import type { Lots, Ticks } from '../../domain/instrument.ts';
import type { OrderType, TimeInForce } from '../../domain/order.ts';
import type { Side } from '../../domain/position.ts';
import type { VenueOrder } from '../../ports/venue.port.ts';

/** Mutable inside the venue only; what leaves is a `VenueOrder`. */
export type PaperOrder = {
  /** From 1, in order of acceptance: the priority in time. */
  readonly number: number;
  readonly venueOrderId: VenueOrderId;
  /** Ours; absent for orders placed elsewhere. */
  readonly orderId?: OrderId;
  readonly accountId: AccountId;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly trailTicks?: Ticks;
  /** Placed by somebody else: never matched here, moves only when told. */
  readonly isExternal: boolean;
  quantityLots: Lots;
  limitTicks?: Ticks;
  stopTicks?: Ticks;
  filledLots: Lots;
  status: VenueOrder['status'];
  reason: string;
  /** Placed elsewhere, and somebody there has asked for its end. */
  readonly isCancelPending?: true;
  /** Placed elsewhere, and shown in a state that has no meaning. */
  readonly isUnreadable?: true;
  /** A stop whose price was reached: works as a market or limit order from then on. */
  isTriggered: boolean;
  /** Best price since a trailing stop was accepted. */
  bestTicks?: Ticks;
  updatedAtMs: number;
  /** End of the session, for day orders of a venue that has sessions. */
  expiresAtMs?: number;
  /** Reports given so far: the second half of their key. */
  reports: number;
};

const openStatuses: ReadonlySet<VenueOrder['status']> = new Set([
  'working',
  'partial',
  'triggered',
  'suspended',
]);

/** True while the order may still fill. */
export function isOpen(order: Pick<PaperOrder, 'status'>): boolean {
  return openStatuses.has(order.status);
}

/** What may still fill. */
export function leavesOf(order: PaperOrder): Lots {
  return Math.max(0, order.quantityLots - order.filledLots);
}

/** The order as the venue lists it. */
export function listed(order: PaperOrder): VenueOrder {
  return {
    venueOrderId: order.venueOrderId,
    ...(order.orderId === undefined ? {} : { orderId: order.orderId }),
    accountId: order.accountId,
    instrument: order.instrument,
    side: order.side,
    orderType: order.orderType,
    quantityLots: order.quantityLots,
    filledLots: order.filledLots,
    ...(order.limitTicks === undefined ? {} : { limitTicks: order.limitTicks }),
    ...(order.stopTicks === undefined ? {} : { stopTicks: order.stopTicks }),
    status: order.status,
    ...(order.isCancelPending === true ? { isCancelPending: true as const } : {}),
    ...(order.isUnreadable === true ? { isUnreadable: true as const } : {}),
    updatedAtMs: order.updatedAtMs,
  };
}
