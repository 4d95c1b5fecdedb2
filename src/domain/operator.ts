/**
 * Commands of people: who asks, in which role, for what, and why. Every one is a row of the journal, also a refused
 * one. Making things safer needs less authority than making them looser. Source: rules 5.5 and 12.4, inspector 5.
 */
import type { AccountId, ActorId, InstrumentId, LockId, OrderId, RuleId } from './ids.ts';
import type { Units } from './money.ts';
import type { LockScope } from './verdict.ts';

/** A viewer is the trader: sees own accounts, may tighten, never loosen. An auditor reads. */
export const roles = ['viewer', 'operator', 'admin', 'auditor'] as const;
export type Role = (typeof roles)[number];

/** What a kill stops. `target`: instrument, strategy name or order id; absent for account and all. */
export const killScopes = ['order', 'instrument', 'strategy', 'account', 'all'] as const;
export type KillScope = (typeof killScopes)[number];
export const killModes = ['cancelOnly', 'flatten'] as const;
export type KillMode = (typeof killModes)[number];
export const killTriggers = [
  'file',
  'api',
  'operator',
  'signal',
  'watchdog',
  'rule',
  'breaker',
] as const;
export type KillTrigger = (typeof killTriggers)[number];

export type KillRequest = {
  readonly scope: KillScope;
  readonly target?: string;
  /** The configured one when left out; an emergency always flattens. */
  readonly mode?: KillMode;
  readonly isEmergency: boolean;
  readonly trigger: KillTrigger;
};

/** Which active locks: each field that is given narrows; none means all of the account. */
export type LocksMeant = {
  readonly rule?: RuleId;
  readonly lockId?: LockId;
  readonly scope?: LockScope;
};

/** What is asked. Absent `accountId`: every account, where the verb allows it. */
export type OperatorVerb =
  | ({ readonly verb: 'unlock' } & LocksMeant)
  | {
      readonly verb: 'lock';
      readonly scope: LockScope;
      readonly durationMs?: number;
      readonly isIrrevocable: boolean;
    }
  | { readonly verb: 'kill'; readonly kill: KillRequest }
  | { readonly verb: 'rearm' }
  | { readonly verb: 'pause'; readonly actor?: ActorId; readonly strategy?: string }
  | {
      readonly verb: 'resume';
      readonly actor?: ActorId;
      readonly strategy?: string;
      readonly skipEvent: boolean;
    }
  | { readonly verb: 'cancel'; readonly orderId: OrderId }
  /** `groupId`: what one order group holds, risk first; it names no instrument beside. */
  | { readonly verb: 'flatten'; readonly instrument?: InstrumentId; readonly groupId?: string }
  /** Ends the doubt about an order: it never reached the venue, or it is gone there. */
  | {
      readonly verb: 'resolve';
      readonly orderId: OrderId;
      readonly outcome: 'canceled' | 'failed';
      readonly evidence: string;
    }
  /**
   * An order in conflict is known and accepted; without an order and a lock, the money and the differences that nobody
   * explained are. With a lock it is an unlock, under the same policy.
   */
  | ({ readonly verb: 'acknowledge'; readonly orderId?: OrderId } & LocksMeant)
  | { readonly verb: 'recordTransfer'; readonly amountUnits: Units }
  /** A tighter value of one key of one rule, until the next configuration; a looser one is refused. */
  | { readonly verb: 'limit'; readonly rule: RuleId; readonly key: string; readonly value: string }
  | { readonly verb: 'reset'; readonly reset: 'daily' | 'weekly' };

export type OperatorCommand = OperatorVerb & {
  /** A repeat of the same id gets the first answer. */
  readonly requestId: string;
  readonly accountId?: AccountId;
  readonly role: Role;
  /** Who; named in the journal. */
  readonly by: string;
  /** Mandatory where something becomes looser. */
  readonly reason: string;
  /** Where it came in, for the audit; absent from the control socket, whose user is the service's own. */
  readonly origin?: CommandOrigin;
  /** The service has denied it before the engine saw it: the engine refuses it with this text, as a row. */
  readonly denied?: string;
};

/** Which token, from which address. */
export type CommandOrigin = { readonly tokenId: string; readonly ip: string };

export type OperatorAnswer =
  | { readonly outcome: 'accepted'; readonly text: string }
  /** A second person has to say the same before it happens. */
  | { readonly outcome: 'pending'; readonly text: string }
  | { readonly outcome: 'refused'; readonly text: string };
