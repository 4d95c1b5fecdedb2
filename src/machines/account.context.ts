/** What the account remembers, and how its parts follow from each other. Pure. See account.machine.ts. */
import type { AccountId, InstrumentId, LockId } from '../domain/ids.ts';
import type { AccountEvent, LockInput, TradingStateCause } from '../domain/machine-event.ts';
import type { LockScope, Severity } from '../domain/verdict.ts';
import type { RulePolicy } from './enforcement.ts';

export type AccountInput = {
  readonly accountId: AccountId;
  readonly atMs: number;
  /** By rule id; a rule that is not named has the default: one admin may unlock. */
  readonly rulePolicies?: Readonly<Record<string, RulePolicy>>;
};

export type Cause = {
  readonly state: TradingStateCause['state'];
  readonly reason: string;
  readonly sinceMs: number;
};

/** A breach whose exits have not all ended. */
export type Enforcement = {
  readonly ruleId: string;
  readonly entity: InstrumentId | 'account';
  /** Instruments, or `all` while any exit of the rule goes on. */
  readonly waitsFor: readonly string[];
  /** Until then its rule says itself when it takes too long. */
  readonly graceUntilMs?: number;
};

export type AccountContext = {
  readonly accountId: AccountId;
  readonly rulePolicies: Readonly<Record<string, RulePolicy>>;
  readonly causes: Readonly<Record<string, Cause>>;
  readonly accountLocks: Readonly<Record<LockId, LockInput>>;
  /** Locks of one symbol or contract: they do not change the state. */
  readonly symbolLocks: Readonly<Record<LockId, LockInput>>;
  /** Exits under way with who asked for them. */
  readonly exits: Readonly<Record<string, readonly string[]>>;
  readonly enforcements: readonly Enforcement[];
  readonly lastBoundaryMs: number;
};

export type Of<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;
export type Condition = 'halted' | 'locked' | 'reducing' | 'active';

/** Causes that people must hear of. Source: trading-controls 5, rows 14 and 16. */
export const alertsOfCauses: readonly {
  readonly prefix: string;
  readonly of: (reason: string) => { readonly severity: Severity; readonly code: string };
}[] = [
  {
    prefix: 'link:',
    of: (reason) =>
      reason.includes('authFailed')
        ? { severity: 'error', code: 'AUTH_FAILED' }
        : { severity: 'warning', code: 'CONNECTION_LOST' },
  },
  { prefix: 'quarantine:', of: () => ({ severity: 'error', code: 'QUARANTINE' }) },
  { prefix: 'clock', of: () => ({ severity: 'warning', code: 'OPERATIONS' }) },
];

/** What to do about a cause that people must hear of. Source: rules 3, RULE-010, connection part. */
export function remedyOf({ cause, reason }: TradingStateCause): string | undefined {
  if (!cause.startsWith('link:')) return undefined;
  return reason.includes('authFailed')
    ? 'check user name, key and token of the gateway, then restart'
    : 'check the network and the state of the venue; exits are still tried, new risk is refused';
}

export function severity(state: TradingStateCause['state']): number {
  return ['REDUCING', 'LOCKED', 'HALTED'].indexOf(state);
}

export function worst({ causes }: AccountContext): Condition {
  const states = new Set(Object.values(causes).map(({ state }) => state));
  if (states.has('HALTED')) return 'halted';
  if (states.has('LOCKED')) return 'locked';
  return states.has('REDUCING') ? 'reducing' : 'active';
}

/** The latch of the kill switch ends with its runs only, which name it. */
export function isRearmed(
  [name, { state }]: readonly [string, Cause],
  { causes }: Of<'account.rearmed'>,
): boolean {
  return state === 'HALTED' && (causes?.includes(name) ?? !name.startsWith('kill:'));
}

export function isRule(source: string): boolean {
  return source.startsWith('RULE-');
}

/** `symbol:MNQ` and `contract:MNQ` are about one instrument; `account` is about all. */
export function instrumentOf(scope: LockScope): InstrumentId | undefined {
  return scope === 'account' ? undefined : (scope.slice(scope.indexOf(':') + 1) as InstrumentId);
}

export function lockOf(context: AccountContext, lockId: LockId): LockInput | undefined {
  return context.accountLocks[lockId] ?? context.symbolLocks[lockId];
}

export function governingLock(
  context: AccountContext,
  instrument: InstrumentId,
): LockInput | undefined {
  const [accountLock] = Object.values(context.accountLocks);
  if (accountLock !== undefined) return accountLock;
  return Object.values(context.symbolLocks).find(({ scope }) => instrumentOf(scope) === instrument);
}

export function withLock(
  context: AccountContext,
  lock: LockInput,
  atMs: number,
): Partial<AccountContext> {
  const { lockId, scope, reason } = lock;
  if (scope !== 'account') return { symbolLocks: { ...context.symbolLocks, [lockId]: lock } };
  const name = `lock:${lockId}`;
  const sinceMs = context.causes[name]?.sinceMs ?? atMs;
  return {
    accountLocks: { ...context.accountLocks, [lockId]: lock },
    causes: { ...context.causes, [name]: { state: 'LOCKED', reason, sinceMs } },
  };
}

/** Whether the rules that ask for an exit all have a bound of their own that is still ahead. */
export function isWithinGrace(
  { enforcements }: AccountContext,
  { instrument, sources, atMs }: Of<'account.exitDelayed'>,
): boolean {
  return sources.every((source) =>
    enforcements.some(
      (one) => one.ruleId === source && waits(one, instrument) && (one.graceUntilMs ?? 0) >= atMs,
    ),
  );
}

export function waits({ waitsFor }: Enforcement, instrument: string): boolean {
  return waitsFor.includes(instrument) || waitsFor.includes('all');
}

/** Which breaches are over with this exit, and what remains. */
export function afterExit(
  context: AccountContext,
  { instrument, sources }: Of<'account.exitEnded'>,
): { exits: Record<string, readonly string[]>; ended: Enforcement[]; open: Enforcement[] } {
  const exits = without(context.exits, instrument);
  const ended: Enforcement[] = [];
  const open: Enforcement[] = [];
  for (const one of context.enforcements) {
    const goesOn = Object.values(exits).some((askers) => askers.includes(one.ruleId));
    const waitsFor = one.waitsFor.filter((name) => (name === 'all' ? goesOn : name !== instrument));
    if (!sources.includes(one.ruleId) || waitsFor.length > 0) {
      open.push(sources.includes(one.ruleId) ? { ...one, waitsFor } : one);
    } else {
      ended.push(one);
    }
  }
  return { exits, ended, open };
}

export function without<Value>(
  all: Readonly<Record<string, Value>>,
  key: string,
): Record<string, Value> {
  const { [key]: _, ...others } = all;
  return others;
}
