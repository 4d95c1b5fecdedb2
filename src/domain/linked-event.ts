/** Events of linked orders (brackets, OCO) and of order groups; all with the time they were taken in. Source: execution 7. */
import type { InstrumentId, OrderId } from './ids.ts';
import type { Lots, Ticks } from './instrument.ts';
import type { OrderType } from './order.ts';
import type { Side } from './position.ts';

type At = { readonly atMs: number };

/** As much of an order as what follows from it depends on. */
export type LinkedOrder = {
  readonly quantityLots: Lots;
  readonly filledLots: Lots;
  /** What may still fill, worst case; 0 when closed. */
  readonly leavesLots: Lots;
  /** Average fill price, rounded down and up to whole ticks; absent without a fill. */
  readonly averageTicks?: { readonly low: Ticks; readonly high: Ticks };
  readonly isClosed: boolean;
  /** The venue has confirmed that it is open. */
  readonly isOpen: boolean;
  /** Refused by the venue or never sent. */
  readonly isRefused: boolean;
  /** A stop that has triggered and waits for its execution. */
  readonly isTriggered: boolean;
  /** A request of ours is on its way, or its outcome is in doubt. */
  readonly isBusy: boolean;
};

export type OcoFacts = {
  /** Signed, of the instruments of the set; flat ones are left out. */
  readonly openLots: Readonly<Record<InstrumentId, Lots>>;
  /** Lots that other brackets of the same instrument and side guard. */
  readonly othersLots: Lots;
  /** No younger bracket guards the same side of the instrument: this one follows its growth. */
  readonly isNewest: boolean;
  /** A close of the instrument is on its way: nothing is placed on what is being closed. */
  readonly isClosing: boolean;
  readonly orders: Readonly<Record<OrderId, LinkedOrder>>;
};

/** One order of a set, as it was asked for. */
export type OcoMemberInput = {
  /** `stop`, `target`, or the id of an order that has one already. */
  readonly key: string;
  /** Empty until it is placed. */
  readonly orderId: OrderId | '';
  readonly isPlaced: boolean;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly orderType: OrderType;
  /** Price as a distance from the entry's average; 0 where the price is given. */
  readonly distanceTicks: Ticks;
  readonly limitTicks?: Ticks;
  readonly stopTicks?: Ticks;
  readonly trailTicks?: Ticks;
  /** Its own quantity; 0 follows the position. */
  readonly ownLots: Lots;
};

/** An order that a machine asked for exists, or was refused. */
type Placed =
  | ({ readonly key: string; readonly orderId: OrderId } & At)
  | ({ readonly key: string; readonly code: string } & At);

export type OcoEvent =
  | ({ readonly type: 'oco.joined'; readonly member: OcoMemberInput } & At)
  | ({ readonly type: 'oco.factsChanged'; readonly facts: OcoFacts } & At)
  | ({ readonly type: 'oco.placed' } & Extract<Placed, { orderId: OrderId }>)
  | ({ readonly type: 'oco.refused' } & Extract<Placed, { code: string }>)
  /** A stop has been triggered and not filled for too long. */
  | ({ readonly type: 'oco.escalationDue'; readonly facts: OcoFacts } & At);

export type GroupFacts = {
  readonly openLots: Readonly<Record<InstrumentId, Lots>>;
  readonly orders: Readonly<Record<OrderId, LinkedOrder>>;
  /** False in a state in which nothing may be added, not even a hedge. */
  readonly mayHedge: boolean;
  /** The account has been compared with the venue since the start: before that nobody knows what is exposed. */
  readonly isCompared: boolean;
};

export type GroupEvent =
  | ({ readonly type: 'group.validated' } & At)
  | ({ readonly type: 'group.refused'; readonly reason: string } & At)
  | ({ readonly type: 'group.placed' } & Extract<Placed, { orderId: OrderId }>)
  | ({ readonly type: 'group.legRefused' } & Extract<Placed, { code: string }>)
  | ({ readonly type: 'group.factsChanged'; readonly facts: GroupFacts } & At)
  /** A leg or a hedge has had its time. */
  | ({ readonly type: 'group.taskDue'; readonly facts: GroupFacts } & At)
  /** The pause before a hedge is over. */
  | ({ readonly type: 'group.hedgeDue'; readonly facts: GroupFacts } & At)
  | ({ readonly type: 'group.closeRequested'; readonly reason: string } & At);
