/** What an order machine starts from, remembers and hears. */
import type { FillId, VenueOrderId } from '../domain/ids.ts';
import type { Lots, Ticks } from '../domain/instrument.ts';
import type { NewValues, OrderEvent } from '../domain/order-event.ts';
import {
  isClosed,
  type ExecutionState,
  type IntentSource,
  type Purpose,
  type SubmitOrder,
} from '../domain/order.ts';

/** An order found at the venue: its first state is the venue's report, not ours. Source: execution 3.7. */
export type AdoptedOrder = {
  readonly source: 'external' | 'bracketChild' | 'recovered';
  readonly status: Extract<
    ExecutionState,
    | 'suspended'
    | 'working'
    | 'triggered'
    | 'partial'
    | 'filled'
    | 'canceled'
    | 'expired'
    | 'rejected'
  >;
  /** Executed before we heard of it, in lots; its trades may never be reported to us. */
  readonly filledLots: Lots;
  readonly venueOrderId: VenueOrderId;
};

/** Durations in milliseconds. */
export type OrderInput = SubmitOrder & {
  readonly purpose: Purpose;
  readonly source: IntentSource;
  /** Name of the strategy or person. */
  readonly by: string;
  /** How long the venue may stay silent after the submit; then the order is unknown. */
  readonly acknowledgeDurationMs: number;
  /** How long a cancel may stay unanswered; then its outcome is ambiguous. */
  readonly cancelDurationMs: number;
  readonly modifyDurationMs: number;
  /** How long the trades may lag behind a report that counts them. */
  readonly fillsDurationMs: number;
  /** Misses in a row before an order that the venue once showed is unknown. Source: execution 15, openMissingRetries. */
  readonly missingQueriesMax?: number;
  /** From sending to our own cancel; absent: no end of our own. */
  readonly timeToLiveMs?: number;
  readonly adopted?: AdoptedOrder;
  /** Kill runs that were on when the gate let it pass: it reduces, and they leave it alone. */
  readonly duringKills?: readonly string[];
  readonly createdAtMs: number;
};

/** How new the newest venue status is that was applied. */
export type StoredVersion = {
  readonly updatedAtMs?: number;
  readonly cumulativeLots: Lots;
  readonly isFinal: boolean;
};

export type Refusal = 'cancelPending' | 'unresolved' | 'notFound';

/**
 * Keys that can be unset again are always present with a neutral value: `assign` cannot remove a key.
 * All others are absent until known and never go away.
 */
export type OrderContext = OrderInput & {
  readonly committedAtMs?: number;
  readonly sentAtMs?: number;
  /** The venue has shown that it has the order. */
  readonly confirmedAtMs?: number;
  readonly venueOrderId?: VenueOrderId;
  readonly version?: StoredVersion;
  /** Mirror of the finished execution states, so that the other regions need not look. */
  readonly isClosed: boolean;
  readonly filledLots: Lots;
  /** Sum of ticks × lots over the booked trades: the average price, exactly. */
  readonly filledTicksLots: number;
  /** Executed before the adoption and not yet matched by a trade. */
  readonly unattributedLots: Lots;
  /** The largest cumulative fill that any status report has counted. */
  readonly reportedLots: Lots;
  /** Bounded by limits.fillsPerOrderMax. */
  readonly fillIdsSeen: readonly FillId[];
  /** What each of them was, at the same place; ends with ` voided` when the venue took it back. */
  readonly fillContents: readonly string[];
  /** While trades are awaited; else 0. */
  readonly fillsDueAtMs: number;
  readonly modify: 'none' | 'sent' | 'doubted';
  /** What the modify on the wire, or in doubt, asks for; `{}` when there is none. */
  readonly modifyValues: NewValues;
  readonly modifyDueAtMs: number;
  /** The modify that waits its turn; `{}` when none does. */
  readonly deferred: NewValues;
  readonly cancel: 'none' | 'wanted' | 'sent' | 'doubted';
  readonly cancelDueAtMs: number;
  /** Consecutive successful queries that lacked the order. */
  readonly missingQueries: number;
  /** Consecutive reconciliations that agreed while in conflict. */
  readonly agreements: number;
  readonly hasLateEvidence: boolean;
  readonly hasOverfill: boolean;
  /** Events that were refused: stale, answers to nothing, modifies that may not be sent. */
  readonly rejectedEvents: number;
  readonly lastRefusal?: Refusal;
  /** Why it ended. */
  readonly reason?: string;
};

/** What the execution region finds out and the integrity region remembers; raised inside the machine only. */
export type OrderFinding = {
  readonly type: 'integrity.late' | 'integrity.overfilled' | 'integrity.contradicted';
};

export type OrderMachineEvent = OrderEvent | OrderFinding;

export const nothing: NewValues = {};

/** The context of a new order; an adopted one takes over what the venue has said. Pure. */
export function initialContext(input: OrderInput): OrderContext {
  const { adopted, createdAtMs } = input;
  const found =
    adopted === undefined
      ? {}
      : {
          committedAtMs: createdAtMs,
          sentAtMs: createdAtMs,
          confirmedAtMs: createdAtMs,
          venueOrderId: adopted.venueOrderId,
        };
  const foundLots = adopted?.filledLots ?? 0;
  return {
    ...input,
    ...found,
    isClosed: adopted !== undefined && isClosed(adopted.status),
    filledLots: foundLots,
    filledTicksLots: 0,
    unattributedLots: foundLots,
    reportedLots: foundLots,
    fillIdsSeen: [],
    fillContents: [],
    fillsDueAtMs: 0,
    modify: 'none',
    modifyValues: nothing,
    modifyDueAtMs: 0,
    deferred: nothing,
    cancel: 'none',
    cancelDueAtMs: 0,
    missingQueries: 0,
    agreements: 0,
    hasLateEvidence: false,
    hasOverfill: false,
    rejectedEvents: 0,
  };
}

/** True when some value is asked for. */
export function asksSomething(values: NewValues): boolean {
  return (
    values.quantityLots !== undefined ||
    values.limitTicks !== undefined ||
    values.stopTicks !== undefined
  );
}

/** The price and quantity fields that `values` names, ready for a context. */
export function namedValues(values: NewValues): {
  quantityLots?: Lots;
  limitTicks?: Ticks;
  stopTicks?: Ticks;
} {
  return {
    ...(values.quantityLots === undefined ? {} : { quantityLots: values.quantityLots }),
    ...(values.limitTicks === undefined ? {} : { limitTicks: values.limitTicks }),
    ...(values.stopTicks === undefined ? {} : { stopTicks: values.stopTicks }),
  };
}
