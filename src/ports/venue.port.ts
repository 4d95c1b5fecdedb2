/**
 * Where orders go. The venue is never trusted: everything it says is an event with the venue's own time,
 * delivered every time, in the order received; nothing is collapsed.
 */
import type { Approved } from '../domain/approved.ts';
import type { Fill } from '../domain/fill.ts';
import type { AccountId, InstrumentId, OrderId, VenueOrderId } from '../domain/ids.ts';
import type { Lots, Ticks } from '../domain/instrument.ts';
import type { Units } from '../domain/money.ts';
import type { OrderVenueEvent } from '../domain/order-event.ts';
import type {
  CancelOrder,
  ExecutionState,
  ModifyOrder,
  OrderType,
  SubmitOrder,
} from '../domain/order.ts';
import type { Side } from '../domain/position.ts';
import type { VenueCall } from '../domain/venue-call.ts';

export type VenueEvent =
  /** A report about one of our orders: an answer, a stream message, or a query result. */
  | {
      readonly type: 'venue.order';
      /** Identity of the report; the same report delivered twice has the same key. */
      readonly key: string;
      readonly accountId: AccountId;
      readonly orderId: OrderId;
      readonly event: OrderVenueEvent;
    }
  /** An execution of ours or of somebody else on the account. Order events of it follow by the engine. */
  | { readonly type: 'venue.fill'; readonly fill: Fill }
  | { readonly type: 'venue.fillVoided'; readonly fill: Fill }
  | {
      readonly type: 'venue.position';
      readonly accountId: AccountId;
      readonly instrument: InstrumentId;
      readonly openLots: Lots;
      readonly costUnits: Units;
      readonly venueTimeMs: number;
    }
  | {
      readonly type: 'venue.balance';
      readonly accountId: AccountId;
      readonly balanceUnits: Units;
      readonly venueTimeMs: number;
    }
  /** The venue's permission to trade; an account that is missing from its list counts as not permitted. */
  | {
      readonly type: 'venue.permission';
      readonly accountId: AccountId;
      readonly canTrade: boolean;
      readonly venueTimeMs: number;
    }
  /** Whether the venue shows the account to its owner; says nothing about trading. */
  | {
      readonly type: 'venue.visibility';
      readonly accountId: AccountId;
      readonly isVisible: boolean;
      readonly venueTimeMs: number;
    }
  | { readonly type: 'venue.link'; readonly status: 'up' | 'down'; readonly reason: string }
  /**
   * A call has failed at the level of the transport. Of a command with the status 401, which was not processed, it is
   * all that is said; what the failure means for an order is otherwise told by `venue.order`.
   */
  | {
      readonly type: 'venue.call';
      readonly call: VenueCall;
      readonly accountId?: AccountId;
      readonly orderId?: OrderId;
      /** HTTP status; absent for a timeout or a broken connection. */
      readonly status?: number;
      readonly retryAfterMs?: number;
      readonly reason: string;
    }
  /** What of an instrument may be traded now. */
  | {
      readonly type: 'venue.product';
      readonly instrument: InstrumentId;
      readonly status: 'trading' | 'postOnly' | 'limitOnly' | 'cancelOnly' | 'offline';
      readonly venueTimeMs: number;
    };

/** An order as the venue lists it. */
export type VenueOrder = {
  readonly venueOrderId: VenueOrderId;
  /** Our id, where the order carries one. */
  readonly orderId?: OrderId;
  readonly accountId: AccountId;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly quantityLots: Lots;
  readonly filledLots: Lots;
  readonly limitTicks?: Ticks;
  readonly stopTicks?: Ticks;
  readonly status: Extract<
    ExecutionState,
    | 'working'
    | 'partial'
    | 'filled'
    | 'canceled'
    | 'expired'
    | 'rejected'
    | 'suspended'
    | 'triggered'
  >;
  /** Its end is asked for there, by whomever: until that is over it may still fill. */
  readonly isCancelPending?: true;
  /** The venue gives it a state that nobody here knows; `status` then says no more than that it may fill. */
  readonly isUnreadable?: true;
  readonly updatedAtMs: number;
};

/** A complete picture. A list that could not be read makes the whole call fail: absent is not empty. */
export type VenueSnapshot = {
  readonly asOfMs: number;
  readonly balanceUnits: Units;
  /** The venue's permission to trade, where its account list says so. */
  readonly canTrade?: boolean;
  /** Open orders and every order finished since `sinceMs`. */
  readonly orders: readonly VenueOrder[];
  readonly positions: readonly {
    readonly instrument: InstrumentId;
    readonly openLots: Lots;
    readonly costUnits: Units;
  }[];
  /** Every execution since `sinceMs`, oldest first. */
  readonly fills: readonly Fill[];
};

export interface VenuePort {
  readonly id: string;
  /** Starts delivering. Called once, before anything else. */
  connect(sink: (event: VenueEvent) => void): void;
  /** Hands the order to the wire and returns; the answer comes as `venue.order` of origin `answer`. */
  submit(order: Approved<SubmitOrder>): void;
  cancel(cancel: CancelOrder): void;
  modify(modify: ModifyOrder): void;
  /** Asks for one order; answered by `venue.order` of origin `query` (its status, or missingInQuery). */
  query(accountId: AccountId, orderId: OrderId): void;
  /**
   * The open orders of an account in one instrument now, also those that are not ours. At once where the venue is in this process. Throws or
   * rejects when the list could not be read: absent is not empty. A venue without it is asked for its whole picture.
   */
  openOrders?(
    accountId: AccountId,
    instrument: InstrumentId,
  ): readonly VenueOrder[] | Promise<readonly VenueOrder[]>;
  /** The venue reports a status for each product: one that it has not named may not be traded. */
  readonly reportsProducts?: boolean;
  /** Everything since `sinceMs`. Rejects when any list could not be read. */
  snapshot(accountId: AccountId, sinceMs: number): Promise<VenueSnapshot>;
  /**
   * Grows with everything that would change the picture of the account. Only a venue in this process can know; left
   * out or undefined, the picture is asked for.
   */
  changes?(accountId: AccountId): number | undefined;
  /** Its lists are in this process and cost the venue no call. */
  readonly isInProcess?: boolean;
  /** Renews the session at the venue. Absent where there is none. Rejects when it could not be renewed. */
  renew?(): Promise<void>;
  /**
   * Asks the stream whether it is there; true at once where the venue is in this process. Resolves with the answer, and
   * may never. Absent where nothing can be asked.
   */
  probe?(): true | Promise<void>;
  /** One attempt to bring a lost stream back; a success comes as `venue.link`. Absent where it comes back by itself. */
  reconnect?(): void;
  close(): void;
}
