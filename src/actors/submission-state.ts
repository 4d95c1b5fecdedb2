/** What the engine keeps at hand between the wish for an order and the wire. In memory; what has to last is beside it in the journal. */
import type { InstrumentId, IntentId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { Cancel } from '../kernel/clock.ts';
import type { DuplicateLayer, ProductStatus, VenueOrdersFact } from '../rules/gate/context.ts';
import type { SubmitAnswer } from './input.ts';
import { SendLog } from './send-log.ts';
import type { Cause, Turn } from './turn.ts';

/** An intent that may go as soon as something else is over. Not durable: until it is committed nothing exists. */
export type WaitingIntent = {
  readonly intent: OrderIntent;
  /** Row of the command. */
  readonly cause: Cause;
  /** Hears of the decision within the turn that makes it. */
  readonly onDecided?: (turn: Turn, answer: SubmitAnswer) => void;
  /** Then it is refused with what still stands in its way. */
  readonly deadlineMs: number;
  venueOrders: VenueOrdersFact;
  /** The venue has been asked for this intent. */
  isAsking: boolean;
  /** Version of the account's facts it was last judged by. */
  version: number;
  /** Due again, whatever the facts. */
  isDue: boolean;
  readonly timers: Cancel[];
};

export type SubmissionState = {
  readonly waiting: Map<IntentId, WaitingIntent>;
  readonly sends: SendLog;
  /** Why a strategy sends no more, by account and name; durable. */
  readonly disabledStrategies: Map<string, string>;
  /** What the venue says of its products; of what it has not named nothing is known. */
  readonly productStatuses: Map<InstrumentId, ProductStatus>;
  /** Rate budgets that are used up. */
  readonly exhaustedBudgets: Set<string>;
  /** Questions to the venue that are on their way. */
  asking: number;
  /** Deviation of the clock from a trusted one, ms; unset: nobody can say. */
  clockDriftMs: number | undefined;
  /** Refusals by layer: each one is seen to work by itself. */
  readonly layerDenials: Record<DuplicateLayer, number>;
};

export function emptySubmissionState(): SubmissionState {
  return {
    waiting: new Map(),
    sends: new SendLog(),
    disabledStrategies: new Map(),
    productStatuses: new Map(),
    exhaustedBudgets: new Set(),
    asking: 0,
    clockDriftMs: undefined,
    layerDenials: { L1: 0, L2: 0, L3: 0, L4: 0, L5: 0 },
  };
}
