import type { InstrumentId, OrderId } from './ids.ts';
import type { Lots } from './instrument.ts';
import type { KillKey } from './kill.ts';
import type { LockEvent, LockInput, MachineEvent } from './machine-event.ts';
/**
 * What a machine's named actions record: the only way a machine acts.
 *
 * The turn carries messages and cell creation out at once and in order, writes timers with the commit,
 * and releases everything that leaves the process after the commit.
 */
import type { KillMode, KillScope, KillTrigger } from './operator.ts';
import type { CancelOrder, ModifyOrder, OrderIntent } from './order.ts';
import type { Severity } from './verdict.ts';

/** Name of a sibling within the account: `ledger`, `position/MNQ`, `rule/RULE-003`, `account` for the account itself. */
export type Sibling =
  | 'account'
  | 'alerts'
  | 'ledger'
  | `position/${string}`
  | `order/${string}`
  | `rule/${string}`
  | `lock/${string}`
  | `exit/${string}`
  | 'kill'
  | `oco/${string}`
  | `group/${string}`;

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
  /**
   * An order of a linked set or a group; the machine hears `placed` or `refused` with the key. `gate`: judged like any
   * intent. `engine`: protection, hedge or close, which asks no trading state.
   */
  | {
      readonly type: 'order.place';
      readonly key: string;
      readonly via: 'gate' | 'engine';
      readonly intent: Omit<OrderIntent, 'intentId'>;
      /** Minted earlier, where the order already has a name. */
      readonly orderId?: OrderId;
    }
  /** Cancels what has to go in the scope of a kill run and has not been asked to go yet. */
  | { readonly type: 'kill.cancelOrders'; readonly key: KillKey }
  /** Asks the venue for its complete picture; comes back as `kill.pictureTaken` or `kill.pictureFailed`. */
  | { readonly type: 'kill.takePicture' }
  /** Pulls the kill switch: of this account, or of all. */
  | {
      readonly type: 'kill.require';
      readonly scope: KillScope;
      readonly target?: string;
      readonly mode?: KillMode;
      readonly isEmergency: boolean;
      readonly trigger: KillTrigger;
      readonly by: string;
      readonly reason: string;
    }
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
      /** What it is about; the actor itself when left out. */
      readonly entity?: string;
      /** It has happened and is over: it never escalates. */
      readonly isOver?: true;
    }
  /** Goes out as it is; the alert desk alone records it. */
  | {
      readonly type: 'alert.send';
      readonly severity: Severity;
      readonly code: string;
      readonly text: string;
    }
  | { readonly type: 'incident'; readonly code: string; readonly text: string };
