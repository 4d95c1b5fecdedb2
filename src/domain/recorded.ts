import type { InstrumentId, OrderId } from './ids.ts';
import type { Lots } from './instrument.ts';
import type { LockEvent, LockInput, MachineEvent } from './machine-event.ts';
/**
 * What a machine's named actions record: the only way a machine acts.
 *
 * The turn carries messages and cell creation out at once and in order, writes timers with the commit,
 * and releases everything that leaves the process after the commit.
 */
import type { CancelOrder, ModifyOrder, OrderIntent } from './order.ts';
import type { Severity } from './verdict.ts';

/** Name of a sibling within the account: `ledger`, `position/MNQ`, `rule/RULE-003`, `account` for the account itself. */
export type Sibling =
  | 'account'
  | 'ledger'
  | `position/${string}`
  | `order/${string}`
  | `rule/${string}`
  | `lock/${string}`
  | `exit/${string}`;

export type Recorded =
  | { readonly type: 'message'; readonly to: Sibling; readonly event: MachineEvent }
  /** Creates the lock cell, or delivers `event` to the one that exists for the same scope and source. */
  | { readonly type: 'lock.create'; readonly input: LockInput; readonly ifExists: LockEvent }
  /** Due at the absolute wall time; the same name of the same owner replaces. */
  | {
      readonly type: 'timer.put';
      readonly timer: string;
      readonly dueAtMs: number;
      readonly event: string;
    }
  | { readonly type: 'timer.delete'; readonly timer: string }
  /** The effect id is the order id; the submit that leaves is the one approved with the intent. */
  | { readonly type: 'venue.submitOrder'; readonly orderId: OrderId }
  | { readonly type: 'venue.cancelOrder'; readonly cancel: CancelOrder }
  | { readonly type: 'venue.modifyOrder'; readonly modify: ModifyOrder }
  /** Asks the venue what it knows of the order; the answer comes back as order events of origin `query`. */
  | { readonly type: 'venue.queryOrder'; readonly orderId: OrderId }
  /** A close that the engine decides: goes through the protective constructor of the gate. */
  | { readonly type: 'intent'; readonly intent: Omit<OrderIntent, 'intentId'> }
  /** Cancels working orders of the account: those that can add exposure, or all, of one instrument or all. */
  | {
      readonly type: 'orders.cancel';
      readonly which: 'increasing' | 'all';
      readonly instrument?: InstrumentId;
      readonly reason: string;
    }
  /** Obliges the account to hold `targetLots` (signed) of one instrument, or to be flat everywhere. */
  | {
      readonly type: 'exit.require';
      readonly instrument: InstrumentId | 'all';
      readonly targetLots: Lots;
      readonly reason: string;
      /** Rule that asked; it hears of the outcome. */
      readonly source: string;
    }
  | {
      readonly type: 'alert';
      readonly severity: Severity;
      readonly code: string;
      readonly text: string;
    }
  | { readonly type: 'incident'; readonly code: string; readonly text: string };
