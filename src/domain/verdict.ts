/** What a rule says, with everything needed to explain it. */
import type { AccountId, InstrumentId, OrderId, RuleId } from './ids.ts';
import type { Lots, Ticks } from './instrument.ts';
import { formatMoney } from './money.ts';
import type { Side } from './position.ts';

export type VerdictKind = 'PASS' | 'DENY' | 'UNKNOWN';

/** One input of a decision. `value` is decimal or plain text for people; `ageMs` where the input ages. */
export type VerdictInput = {
  readonly name: string;
  readonly value: string;
  readonly ageMs?: number;
};

export type LockKind =
  | 'untilReset'
  | 'untilSessionStart'
  | 'cooldown'
  | 'untilRestored'
  | 'permanent'
  | 'operator';
/** From the mildest to the gravest. */
export const severities = ['info', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** What a breach asks for: a closed union, handled exhaustively. Source: rules 1.5. */
export type WantedAction =
  | { readonly type: 'flattenAccount' }
  | { readonly type: 'closePosition'; readonly instrument: InstrumentId }
  /** `targetLots` is the signed quantity to keep. */
  | {
      readonly type: 'reducePosition';
      readonly instrument: InstrumentId;
      readonly targetLots: Lots;
    }
  | { readonly type: 'cancelOrdersBySymbol'; readonly instrument: InstrumentId }
  | { readonly type: 'cancelAllOrders' }
  /**
   * `durationMs` for cooldowns, from `fromMs` where that is not now; `expiresAtMs` for locks until a session start.
   * `keepsOrders`: working orders that could increase exposure stay when the lock begins.
   */
  | {
      readonly type: 'setLock';
      readonly scope: LockScope;
      readonly kind: LockKind;
      readonly durationMs?: number;
      readonly fromMs?: number;
      readonly expiresAtMs?: number;
      readonly keepsOrders?: true;
      /** Nothing but an operator whom the policy lets ends it: neither time nor the venue. */
      readonly endsBy?: 'operator';
    }
  | { readonly type: 'cancelOrder'; readonly orderId: OrderId }
  /** A stop (`stopTicks`) or target (`limitTicks`) beside a position; at most one of each kind per instrument. */
  | {
      readonly type: 'placeProtective';
      readonly instrument: InstrumentId;
      readonly side: Side;
      readonly quantityLots: Lots;
      readonly stopTicks?: Ticks;
      readonly limitTicks?: Ticks;
    }
  /** `quantityLots`: what shall stay open; the engine adds what the order has already filled. */
  | {
      readonly type: 'modifyProtective';
      readonly orderId: OrderId;
      readonly quantityLots?: Lots;
      readonly stopTicks?: Ticks;
      readonly limitTicks?: Ticks;
    }
  /** Halts the account until an operator re-arms it; `cause` is the name of the reason. */
  | { readonly type: 'halt'; readonly cause: string }
  | { readonly type: 'alert'; readonly severity: Severity };

export type LockScope = 'account' | `symbol:${string}` | `contract:${string}`;

/** What a rule watches separately: the whole account, or one instrument of it. */
export type RuleEntity = 'account' | InstrumentId;

/**
 * The judgement of one rule on one entity.
 * Money figures are in the units of `unit`: settlement units of the account currency, or lots for counts.
 */
export type RuleFinding = {
  readonly ruleId: RuleId;
  readonly entity: RuleEntity;
  readonly verdict: VerdictKind;
  /** Denial or breach code of the catalogue; empty for PASS. */
  readonly code: string;
  /** PASS, but so much of the limit is used that the rule's `warnAtPct` is reached. */
  readonly isWarning?: true;
  readonly unit: 'money' | 'contracts';
  /** Absent exactly when the verdict is UNKNOWN. */
  readonly observed?: number;
  readonly limit?: number;
  /** Distance to the limit, ≥ 0 while PASS. */
  readonly headroom?: number;
  readonly inputs: readonly VerdictInput[];
  /** Names of what is missing or stale; empty unless UNKNOWN. */
  readonly missing: readonly string[];
  /** What the breach asks for. With PASS only what an automation wants (RULE-012); empty with UNKNOWN. */
  readonly wants: readonly WantedAction[];
  /** Wall time at which time alone may change the judgement; the engine judges again then. */
  readonly dueAtMs?: number;
  /** What the rule wants remembered of this entity from now on; absent: as before. */
  readonly remember?: RuleMemory;
  /** How long what a breach closes may take until people hear of it; absent: the rounds of its exits. */
  readonly graceMs?: number;
};

/** Small durable values that a rule keeps for one entity: `armed`, `bestTicks`, `judgedFillId` … */
export type RuleMemory = Readonly<Record<string, string | number | boolean>>;

/** A change of verdict, ready for the inbox. */
export type VerdictChange = {
  readonly accountId: AccountId;
  readonly finding: RuleFinding;
  /** Version of the account view that was judged. */
  readonly viewVersion: number;
  readonly atMs: number;
  readonly source: 'worker' | 'inline';
};

/** Limits are written and shown in this currency. */
const currencyOfLimits = 'USD';

/** `DAILY_LOSS_REACHED: observed=-501.20, limit=-500.00, realized=…`: the decision first, then what it rests on. */
export function findingText(finding: RuleFinding): string {
  const { code, unit, observed, limit, inputs, missing } = finding;
  const figure = (value: number): string =>
    unit === 'money' ? formatMoney(value, currencyOfLimits) : String(value);
  const facts = [
    ...(observed === undefined ? [] : [`observed=${figure(observed)}`]),
    ...(limit === undefined ? [] : [`limit=${figure(limit)}`]),
    ...inputs.map(({ name, value }) => `${name}=${value}`),
    ...missing.map((name) => `unknown=${name}`),
  ];
  return facts.length === 0 ? code : `${code}: ${facts.join(', ')}`;
}
