import type { DeniedAccesses } from '../domain/access-denied.ts';
import type { Denial } from '../domain/denial.ts';
/** What may enter the engine. Parsed and stamped at the edge; every input is taken exactly once. */
import type { AccountId, ActorId, IntentId, OrderId } from '../domain/ids.ts';
import type { OperatorAnswer, OperatorCommand } from '../domain/operator.ts';
import type { NewValues } from '../domain/order-event.ts';
import type { IntentSource, OffGrid, OrderIntent } from '../domain/order.ts';
import type { VerdictChange } from '../domain/verdict.ts';
import type { GroupLegInput } from '../machines/group.context.ts';
import type { TimerRow } from '../ports/journal.port.ts';
import type { VenueEvent, VenueSnapshot } from '../ports/venue.port.ts';
import type { VenueOrdersFact } from '../rules/gate/context.ts';
import type { ReloadAnswer, ReloadWish } from './reload.ts';

/** Priority of an input, high to low. Source: supervision 9. Market data never enters here. */
export type Lane = 'control' | 'venue' | 'timer' | 'command';

/** The answer to a submit, given after the commit that holds it. */
export type SubmitAnswer = { readonly orderId: OrderId } | { readonly denial: Denial };

/** Other values for a working order of ours. */
export type ModifyWish = {
  readonly accountId: AccountId;
  readonly orderId: OrderId;
  readonly values: NewValues;
  /** Values as they were given where they are off the grid. */
  readonly offGrid?: OffGrid;
  /** Name of the strategy or person. */
  readonly by: string;
};

/** An order group as it is asked for. */
export type GroupWish = {
  readonly accountId: AccountId;
  readonly legs: readonly GroupLegInput[];
  readonly source: IntentSource;
  readonly by: string;
  readonly maxAgeMs: number;
};

export type EngineInput = { readonly atMs: number } & (
  | { readonly type: 'venue'; readonly event: VenueEvent }
  | {
      readonly type: 'submit';
      readonly intent: Omit<OrderIntent, 'intentId'>;
      readonly answer?: (answer: SubmitAnswer) => void;
    }
  | ({
      readonly type: 'modify';
      readonly answer?: (answer: SubmitAnswer) => void;
    } & ModifyWish)
  /** An intent that waits may go, or has waited long enough. */
  | {
      readonly type: 'intentDue';
      readonly intentId: IntentId;
      readonly venueOrders?: VenueOrdersFact;
    }
  | { readonly type: 'group'; readonly wish: GroupWish }
  /** An order may have been silent, or without progress, for too long. */
  | { readonly type: 'orderWatch' }
  | {
      readonly type: 'cancel';
      readonly accountId: AccountId;
      readonly orderId: OrderId;
      readonly reason: string;
    }
  /** A command of a person: judged by role, journaled whatever comes of it. */
  | {
      readonly type: 'operator';
      readonly command: OperatorCommand;
      readonly answer?: (answer: OperatorAnswer) => void;
    }
  /** Requests that were turned away unread: a row, and nothing else. */
  | { readonly type: 'accessDenied'; readonly denied: DeniedAccesses }
  /** Another configuration, or the news that one could not be read. */
  | {
      readonly type: 'reload';
      readonly wish: ReloadWish;
      readonly answer?: (answer: ReloadAnswer) => void;
    }
  | { readonly type: 'verdicts'; readonly changes: readonly VerdictChange[] }
  | { readonly type: 'timer'; readonly row: TimerRow }
  /** Time alone may have changed a judgement of this account. */
  | { readonly type: 'judge'; readonly accountId: AccountId }
  | {
      readonly type: 'reconcile';
      readonly accountId: AccountId;
      readonly snapshot: VenueSnapshot;
      /** Executions booked when the picture was asked for: later ones may be missing in it. */
      readonly fillsBefore: number;
      /** Left out: resync. */
      readonly kind?: 'resync' | 'poll';
      /** The venue's own count of its changes when it was asked, where it has one. */
      readonly changes?: number;
    }
  /** What the venue showed a kill run; without a picture: why not. */
  | {
      readonly type: 'killPicture';
      readonly accountId: AccountId;
      readonly snapshot?: VenueSnapshot;
      readonly fillsBefore: number;
      readonly failure: string;
    }
  | { readonly type: 'restart'; readonly actor: ActorId }
  /** The engine is about to stop: resting entries go. */
  | { readonly type: 'shutdown' }
  /** Time alone may have changed what surrounds trading: every turn looks at it. */
  | { readonly type: 'pulse' }
  /** The pause of a placement that may leave again with the same id is over. */
  | { readonly type: 'resend'; readonly accountId: AccountId; readonly orderId: OrderId }
  /** A placement found no room in the venue's budget for too long: it never left. */
  | {
      readonly type: 'notSent';
      readonly accountId: AccountId;
      readonly orderId: OrderId;
      /** A change of the order; the order itself when left out. */
      readonly what?: 'modify';
    }
);
