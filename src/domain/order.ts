/** Orders as our own side wants them: intents, what a venue is asked, and the shape of their life. */
import type { AccountId, InstrumentId, IntentId, OrderId } from './ids.ts';
import type { Lots, Ticks } from './instrument.ts';
import type { Side } from './position.ts';

export type OrderType = 'market' | 'limit' | 'stop' | 'stopLimit' | 'trailingStop';
export type TimeInForce = 'day' | 'gtc' | 'ioc' | 'fok';
/**
 * entry: may add exposure. exit: closes or reduces. protective: a resting stop or target of a position.
 * hedge: adds a position that takes risk off another one; only the engine decides it.
 */
export type Purpose = 'entry' | 'exit' | 'protective' | 'hedge';
export type IntentSource = 'strategy' | 'operator' | 'rule' | 'automation';

/** What the venue is asked to place. Prices in ticks, present exactly where the type needs them. */
export type SubmitOrder = {
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly orderType: OrderType;
  /** > 0 */
  readonly quantityLots: Lots;
  /** limit and stopLimit. */
  readonly limitTicks?: Ticks;
  /** stop and stopLimit. */
  readonly stopTicks?: Ticks;
  /** trailingStop: distance behind the best price, > 0. */
  readonly trailTicks?: Ticks;
  readonly timeInForce: TimeInForce;
  /** The venue may only reduce a position with it. */
  readonly reduceOnly: boolean;
  /** Stop and target that come with the entry; a venue that has none leaves them to the engine. */
  readonly bracket?: Bracket;
  /** Orders of one such group exclude each other: when one fills, the others go. */
  readonly ocoGroupId?: string;
  /** The entry that this order protects. */
  readonly parentOrderId?: OrderId;
};

/** Stop and target of an entry, as distances in ticks > 0 from its average fill price. Source: execution 7.2. */
export type Bracket = { readonly stopTicks?: Ticks; readonly targetTicks?: Ticks };

/** Values as they were given, by field, of what is no multiple of tick or increment. */
export type OffGrid = {
  readonly quantity?: string;
  readonly limitPrice?: string;
  readonly stopPrice?: string;
};

/** Our durable wish, journalled before anything is sent. */
export type OrderIntent = Omit<SubmitOrder, 'orderId'> & {
  readonly intentId: IntentId;
  readonly purpose: Purpose;
  readonly source: IntentSource;
  /** Name of the strategy or person. */
  readonly by: string;
  /** Identity of the signal behind it, for the duplicate layers; absent for exits of the engine. */
  readonly signal?: { readonly id: string; readonly type: string; readonly atMs: number };
  /** The order group and the leg of it that this is. */
  readonly groupId?: string;
  readonly legId?: string;
  /** From sending to our own cancel; absent: the time limits of its kind. */
  readonly timeToLiveMs?: number;
  /** It may only rest, never take: canceled after `order.postOnlyTtlSeconds`. */
  readonly isPostOnly?: true;
  /** A close that is larger than the position is cut to it instead of refused. */
  readonly capToPosition?: true;
  /** What was asked for where it is not on the grid; ticks and lots are then rounded, never towards more. */
  readonly offGrid?: OffGrid;
  /** Not sent when older than this at the gate. */
  readonly maxAgeMs: number;
  readonly atMs: number;
};

export type CancelOrder = {
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly instrument: InstrumentId;
};

export type ModifyOrder = CancelOrder & {
  readonly quantityLots?: Lots;
  readonly limitTicks?: Ticks;
  readonly stopTicks?: Ticks;
};

export const executionStates = [
  'none',
  'suspended',
  'working',
  'triggered',
  'partial',
  'unknown',
  'filled',
  'canceled',
  'expired',
  'rejected',
  'denied',
  'failed',
] as const;
export type ExecutionState = (typeof executionStates)[number];
export const requestStates = [
  'none',
  'pendingNew',
  'pendingUpdate',
  'pendingCancel',
  'pendingBoth',
  'ambiguous',
] as const;
export type RequestState = (typeof requestStates)[number];
export const integrityStates = ['clean', 'late', 'overfilled', 'conflict'] as const;
export type IntegrityState = (typeof integrityStates)[number];

/** Public status, derived from the regions and the filled quantity. Source: execution 3.6. */
export type OrderStatus =
  | 'INITIALIZED'
  | 'SUBMITTED'
  | 'UNKNOWN'
  | 'SUSPENDED'
  | 'ACCEPTED'
  | 'TRIGGERED'
  | 'PARTIALLY_FILLED'
  | 'PENDING_UPDATE'
  | 'PENDING_CANCEL'
  | 'PENDING_UNKNOWN'
  | 'FILLED'
  | 'CANCELED'
  | 'EXPIRED'
  | 'REJECTED'
  | 'DENIED'
  | 'FAILED';

const closedStates: ReadonlySet<ExecutionState> = new Set([
  'filled',
  'canceled',
  'expired',
  'rejected',
  'denied',
  'failed',
]);

/** Finished at the venue or never there. Closed is not settled: a late fill is still booked. */
export function isClosed(execution: ExecutionState): boolean {
  return closedStates.has(execution);
}

/** What was executed beyond the quantity asked for: real exposure, whatever the order says. */
export function overfilledLots(order: {
  readonly quantityLots: Lots;
  readonly filledLots: Lots;
}): Lots {
  return Math.max(0, order.filledLots - order.quantityLots);
}

/**
 * The public status of an order. Pure. Source: execution 3.6.
 *
 * @param isCommitted the intent is committed: an order that was sent is never INITIALIZED again, also when a change
 * that the venue reports has ended `pendingNew` before the venue confirmed the order
 */
export function orderStatus(
  execution: ExecutionState,
  request: RequestState,
  isCommitted = false,
): OrderStatus {
  switch (execution) {
    case 'none':
      return request === 'none' && !isCommitted ? 'INITIALIZED' : 'SUBMITTED';
    case 'unknown':
      return 'UNKNOWN';
    case 'filled':
      return 'FILLED';
    case 'canceled':
      return 'CANCELED';
    case 'expired':
      return 'EXPIRED';
    case 'rejected':
      return 'REJECTED';
    case 'denied':
      return 'DENIED';
    case 'failed':
      return 'FAILED';
    case 'suspended':
    case 'working':
    case 'triggered':
    case 'partial':
      return openStatus(execution, request);
  }
}

const openNames = {
  suspended: 'SUSPENDED',
  working: 'ACCEPTED',
  triggered: 'TRIGGERED',
  partial: 'PARTIALLY_FILLED',
} as const;

function openStatus(execution: keyof typeof openNames, request: RequestState): OrderStatus {
  switch (request) {
    case 'pendingUpdate':
      return 'PENDING_UPDATE';
    case 'pendingCancel':
    case 'pendingBoth':
      return 'PENDING_CANCEL';
    case 'ambiguous':
      return 'PENDING_UNKNOWN';
    case 'none':
    case 'pendingNew':
      return openNames[execution];
  }
}
