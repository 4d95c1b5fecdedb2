import type { Denial } from '../domain/denial.ts';
/** What may enter the engine. Parsed and stamped at the edge; every input is taken exactly once. */
import type { AccountId, ActorId, LockId, OrderId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { VerdictChange } from '../domain/verdict.ts';
import type { TimerRow } from '../ports/journal.port.ts';
import type { VenueEvent, VenueSnapshot } from '../ports/venue.port.ts';

/** Priority of an input, high to low. Source: supervision 9. Market data never enters here. */
export type Lane = 'control' | 'venue' | 'timer' | 'command';

/** The answer to a submit, given after the commit that holds it. */
export type SubmitAnswer = { readonly orderId: OrderId } | { readonly denial: Denial };

export type EngineInput = { readonly atMs: number } & (
  | { readonly type: 'venue'; readonly event: VenueEvent }
  | {
      readonly type: 'submit';
      readonly intent: Omit<OrderIntent, 'intentId'>;
      readonly answer?: (answer: SubmitAnswer) => void;
    }
  | {
      readonly type: 'cancel';
      readonly accountId: AccountId;
      readonly orderId: OrderId;
      readonly reason: string;
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
    }
  | { readonly type: 'restart'; readonly actor: ActorId }
  | {
      readonly type: 'resume';
      readonly actor: ActorId;
      readonly skipEvent: boolean;
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly type: 'unlock';
      readonly accountId: AccountId;
      readonly lockId: LockId;
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly type: 'rearm';
      readonly accountId: AccountId;
      readonly by: string;
      readonly reason: string;
    }
);
