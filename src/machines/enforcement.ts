/**
 * What a breach asks for, as records in the order in which they must happen: locks, orders, positions. Pure.
 *
 * Source: rules 1.5, 4.2 (what supersedes what) and 5.1 (what a lock of each kind is cleared by).
 */
import { addExact } from '../domain/arithmetic.ts';
import type { AccountId, LockId, RuleId } from '../domain/ids.ts';
import type { AccountEvent, LockClearing, LockInput } from '../domain/machine-event.ts';
import type { Recorded } from '../domain/recorded.ts';
import { findingText } from '../domain/verdict.ts';
import type { LockKind, WantedAction } from '../domain/verdict.ts';
import { unreachable } from '../kernel/assert.ts';

/** Who may end the locks of a rule before their time. Source: rules 5.5. */
export type RulePolicy = {
  readonly operatorUnlock: LockInput['operatorUnlock'];
  readonly irrevocable: boolean;
};

export type EnforcementWanted = Extract<AccountEvent, { type: 'account.enforcementWanted' }>;
type Of<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

const defaultPolicy: RulePolicy = { operatorUnlock: 'admin', irrevocable: false };

const clearsOnByKind: Readonly<Record<LockKind, readonly LockClearing[]>> = {
  untilReset: ['dailyReset'],
  untilSessionStart: ['sessionStart'],
  cooldown: ['expiry'],
  untilRestored: ['canTrade'],
  permanent: ['config'],
  operator: ['expiry', 'operatorAck'],
};

/** Alerts of breaches have the code of their refusal, but for this one. Source: trading-controls 5, row 4. */
const alertCodes: Readonly<Record<string, string>> = { DRAWDOWN_MAX: 'MAX_DRAWDOWN' };

/** Locks before orders, orders before positions: what is forbidden is committed before anything is sent. */
const order: readonly WantedAction['type'][] = [
  'halt',
  'setLock',
  'cancelAllOrders',
  'cancelOrdersBySymbol',
  'flattenAccount',
  'closePosition',
  'reducePosition',
  'alert',
  'cancelOrder',
  'modifyProtective',
  'placeProtective',
];

/** Everything that a breach makes the account do. */
export function enforcementRecords(
  accountId: AccountId,
  policies: Readonly<Record<string, RulePolicy>>,
  event: EnforcementWanted,
): readonly Recorded[] {
  const policy = policies[event.finding.ruleId] ?? defaultPolicy;
  return mergedActions(event.actions).map((action) => recordOf(accountId, policy, event, action));
}

/** Instruments whose exits the breach waits for; `all` for a flatten; empty when nothing is to be closed. */
export function exitsWanted(actions: readonly WantedAction[]): readonly string[] {
  return mergedActions(actions).flatMap((action) => {
    if (action.type === 'flattenAccount') return ['all'];
    return 'targetLots' in action || action.type === 'closePosition' ? [action.instrument] : [];
  });
}

function mergedActions(actions: readonly WantedAction[]): readonly WantedAction[] {
  const seen = new Set<string>();
  return actions
    .filter((action) => {
      const key = JSON.stringify(action);
      const isFirst = !seen.has(key);
      seen.add(key);
      return isFirst && !isSuperseded(action, actions);
    })
    .toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
}

function isSuperseded(action: WantedAction, all: readonly WantedAction[]): boolean {
  switch (action.type) {
    case 'cancelOrdersBySymbol':
      return all.some(({ type }) => type === 'cancelAllOrders');
    case 'closePosition':
      return all.some(({ type }) => type === 'flattenAccount');
    case 'reducePosition':
      return all.some(
        (other) =>
          other.type === 'flattenAccount' ||
          (other.type === 'closePosition' && other.instrument === action.instrument),
      );
    // Each exit of a flatten cancels its orders itself: entries first, protection only after the close (execution 8).
    case 'cancelAllOrders':
      return all.some(({ type }) => type === 'flattenAccount');
    case 'placeProtective':
      // No stop is placed on what is being closed.
      return all.some(
        (other) =>
          other.type === 'flattenAccount' ||
          (other.type === 'closePosition' && other.instrument === action.instrument),
      );
    case 'modifyProtective':
      return all.some((other) => other.type === 'cancelOrder' && other.orderId === action.orderId);
    case 'halt':
    case 'setLock':
    case 'flattenAccount':
    case 'cancelOrder':
    case 'alert':
      return false;
    default:
      return unreachable(action);
  }
}

function recordOf(
  accountId: AccountId,
  policy: RulePolicy,
  event: EnforcementWanted,
  action: WantedAction,
): Recorded {
  const { ruleId, entity, code } = event.finding;
  const reason = findingText(event.finding);
  const exit = { type: 'exit.require', reason, source: ruleId } as const;
  switch (action.type) {
    case 'halt': {
      const cause = { cause: action.cause, state: 'HALTED', reason } as const;
      const halted = { type: 'account.causeAdded', cause, atMs: event.atMs } as const;
      return { type: 'message', to: 'account', event: halted };
    }
    case 'setLock':
      return lockRecord(accountId, policy, event, action);
    case 'cancelAllOrders':
      return { type: 'orders.cancel', which: 'all', reason };
    case 'cancelOrdersBySymbol':
      return { type: 'orders.cancel', which: 'all', instrument: action.instrument, reason };
    case 'flattenAccount':
      return { ...exit, instrument: 'all', targetLots: 0 };
    case 'closePosition':
      return { ...exit, instrument: action.instrument, targetLots: 0 };
    case 'reducePosition':
      return { ...exit, instrument: action.instrument, targetLots: action.targetLots };
    case 'cancelOrder':
    case 'placeProtective':
    case 'modifyProtective':
      return protectiveRecord(accountId, ruleId, action, event.atMs);
    case 'alert': {
      const text = `${ruleId} ${entity}: ${reason}`;
      return {
        type: 'alert',
        severity: action.severity,
        code: alertCodes[code] ?? code,
        text,
        entity: `${ruleId}/${entity}`,
      };
    }
    default:
      return unreachable(action);
  }
}

type ProtectiveAction = Extract<
  WantedAction,
  { type: 'cancelOrder' | 'placeProtective' | 'modifyProtective' }
>;

/** What an automation wants, in order; actions that only a breach may ask for are not taken. */
export function automationRecords(
  accountId: AccountId,
  event: Of<'account.automationWanted'>,
): readonly Recorded[] {
  return mergedActions(event.actions)
    .filter((action): action is ProtectiveAction => isProtective(action))
    .map((action) => protectiveRecord(accountId, event.ruleId, action, event.atMs));
}

function isProtective(action: WantedAction): boolean {
  return (
    action.type === 'cancelOrder' ||
    action.type === 'placeProtective' ||
    action.type === 'modifyProtective'
  );
}

/** Orders beside a position: they can only reduce it, so no trading state forbids them. */
function protectiveRecord(
  accountId: AccountId,
  ruleId: RuleId,
  action: ProtectiveAction,
  atMs: number,
): Recorded {
  switch (action.type) {
    case 'cancelOrder': {
      const event = { type: 'order.cancelRequested', reason: ruleId, atMs } as const;
      return { type: 'message', to: `order/${action.orderId}`, event };
    }
    case 'modifyProtective': {
      const { orderId, type: _, ...values } = action;
      return {
        type: 'message',
        to: `order/${orderId}`,
        event: { type: 'order.modifyRequested', values, atMs },
      };
    }
    case 'placeProtective': {
      const { instrument, side, quantityLots, stopTicks, limitTicks } = action;
      const placed = {
        accountId,
        instrument,
        side,
        orderType: stopTicks === undefined ? 'limit' : 'stop',
        quantityLots,
        ...(stopTicks === undefined ? {} : { stopTicks }),
        ...(limitTicks === undefined ? {} : { limitTicks }),
        timeInForce: 'gtc',
        reduceOnly: true,
        purpose: 'protective',
        source: 'automation',
        by: ruleId,
        maxAgeMs: 30_000,
        atMs,
      } as const;
      return { type: 'intent', intent: placed };
    }
    default:
      return unreachable(action);
  }
}

function lockRecord(
  accountId: AccountId,
  policy: RulePolicy,
  event: EnforcementWanted,
  wanted: Extract<WantedAction, { type: 'setLock' }>,
): Recorded {
  const { scope, kind } = wanted;
  const { finding, nextBoundaryMs, atMs } = event;
  const { ruleId, observed, limit } = finding;
  const reason = findingText(finding);
  const expiresAtMs = endOf(wanted, atMs, nextBoundaryMs);
  const end = expiresAtMs === undefined ? {} : { expiresAtMs };
  const seen = observed === undefined ? {} : { observed };
  const input: LockInput = {
    lockId: lockIdOf(ruleId, scope),
    accountId,
    scope,
    source: ruleId,
    kind,
    reason,
    ...seen,
    ...(limit === undefined ? {} : { limit }),
    createdAtMs: atMs,
    ...end,
    clearsOn: clearsOn(wanted, policy),
    ...(wanted.keepsOrders === true ? { keepsOrders: true as const } : {}),
    ...policy,
  };
  const ifExists = { type: 'lock.extended', reason, ...end, ...seen, atMs } as const;
  return { type: 'lock.create', input, ifExists };
}

/** One lock per source and scope. */
function lockIdOf(ruleId: RuleId, scope: string): LockId {
  return `${ruleId}:${scope}` as LockId;
}

/** A boundary that has passed is none: without an end in time the lock stays until the reset clears it. */
function endOf(
  { kind, durationMs, fromMs, expiresAtMs, endsBy }: Extract<WantedAction, { type: 'setLock' }>,
  atMs: number,
  nextBoundaryMs: number | undefined,
): number | undefined {
  if (kind === 'untilSessionStart') return expiresAtMs;
  if (kind === 'cooldown') {
    return durationMs === undefined ? undefined : addExact(fromMs ?? atMs, durationMs);
  }
  const isAhead = nextBoundaryMs !== undefined && nextBoundaryMs > atMs;
  const endsAtReset = kind === 'untilReset' && endsBy !== 'operator';
  return endsAtReset && isAhead ? nextBoundaryMs : undefined;
}

/** What ends a lock of this kind by itself, and the operator where the rule's policy lets him. */
function clearsOn(
  { kind, endsBy }: Pick<Extract<WantedAction, { type: 'setLock' }>, 'kind' | 'endsBy'>,
  policy: RulePolicy,
): readonly LockClearing[] {
  const natural = endsBy === 'operator' ? [] : clearsOnByKind[kind];
  const isOpen = policy.operatorUnlock !== 'never' && !policy.irrevocable;
  const isByOperator = kind !== 'permanent' && isOpen && !natural.includes('operatorAck');
  return isByOperator ? [...natural, 'operatorAck'] : natural;
}
