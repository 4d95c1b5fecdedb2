/** Checks 1 to 5: mode, reconciliation, age, kill switch, trading state, locks and account rules. Source: trading-controls 2. */
import { denialCatalogue, type Denial } from '../../domain/denial.ts';
import type { TradingState } from '../../domain/machine-event.ts';
import { formatMoney } from '../../domain/money.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { LockKind, LockScope, RuleFinding, VerdictInput } from '../../domain/verdict.ts';
import type { GateCheck, GateContext, GateKill } from './context.ts';

export const modeForbids: GateCheck = (_intent, { mode }) =>
  mode === 'DRY_RUN' ? [{ code: 'MODE_FORBIDS', facts: [{ name: 'mode', value: mode }] }] : [];

export const notReconciled: GateCheck = (_intent, { context }) =>
  context.facts.isReconciled
    ? []
    : [{ code: 'NOT_RECONCILED', facts: [{ name: 'account', value: context.facts.accountId }] }];

export const intentExpired: GateCheck = (intent, { context }) => {
  const ageMs = context.nowMs - intent.atMs;
  // Written so that an age that is no number fails too.
  if (ageMs <= intent.maxAgeMs) return [];
  const facts = [{ name: 'maxAgeMs', value: String(intent.maxAgeMs), ageMs }];
  return [{ code: 'INTENT_EXPIRED', facts }];
};

/** Check 2. Prices that stay away are named by their source, and by STALE_DATA for their own instrument. */
export const breakerOpen: GateCheck = (_intent, { stateCauses, busyBreakers }) => {
  const open = (stateCauses ?? []).flatMap((cause) => {
    if (cause.startsWith('breaker:')) return [cause.slice('breaker:'.length)];
    return cause.startsWith(stalePrefix)
      ? [`${unavailable}${cause.slice(stalePrefix.length)}`]
      : [];
  });
  return [...open, ...(busyBreakers ?? [])].map((value) => ({
    code: 'BREAKER_OPEN',
    facts: [{ name: 'breaker', value }],
  }));
};

const stalePrefix = 'stale:';
const unavailable = 'data_unavailable:';

/** REQ-EX1. What a status still permits depends on the type of the order; nothing is permitted on no status. */
export const productDisabled: GateCheck = (intent, { productStatus }) => {
  const status = productStatus(intent.instrument);
  if (status === 'trading') return [];
  if (status === 'limitOnly' && intent.orderType === 'limit') return [];
  if (status === 'postOnly' && intent.orderType === 'limit' && intent.isPostOnly === true)
    return [];
  const fact =
    status === 'unknown'
      ? { name: 'unknown', value: `status:${intent.instrument}` }
      : { name: 'status', value: status };
  const instrument = { name: 'instrument', value: intent.instrument };
  return [{ code: 'PRODUCT_DISABLED', facts: [fact, instrument] }];
};

export const killSwitchActive: GateCheck = (intent, { kills }) =>
  kills
    .filter((kill) => covers(kill, intent))
    .map(({ scope, target, reason }) => ({
      code: 'KILL_SWITCH_ACTIVE',
      facts: [
        { name: 'scope', value: target === undefined ? scope : `${scope}:${target}` },
        { name: 'reason', value: reason },
      ],
    }));

function covers({ scope, target }: GateKill, intent: OrderIntent): boolean {
  switch (scope) {
    case 'all':
    case 'account':
      return true;
    case 'instrument':
      return target === intent.instrument;
    case 'strategy':
      return target === intent.by;
    case 'order':
      // It stops one order that exists; a new one is another.
      return false;
  }
}

export const tradingStateForbids: GateCheck = (_intent, { tradingState, stateCauses }) => {
  if (tradingState === 'ACTIVE') return [];
  const causes = (stateCauses ?? []).map((value) => ({ name: 'cause', value }));
  const facts = [{ name: 'state', value: tradingState }, ...causes];
  return [{ code: 'TRADING_STATE_FORBIDS', facts }];
};

/** A person has paused the strategy. */
export const strategyPaused: GateCheck = (_intent, { paused }) =>
  paused === undefined ? [] : [paused];

const lockRanks: Readonly<Record<LockKind, number>> = {
  permanent: 0,
  operator: 1,
  untilRestored: 2,
  untilReset: 3,
  untilSessionStart: 4,
  cooldown: 5,
};

/** The most restrictive lock first: hard over cooldown over symbol. Source: rules 4.1. */
export const lockActive: GateCheck = (intent, { locks }) => {
  const scopes: readonly LockScope[] = [
    'account',
    `symbol:${intent.instrument}`,
    `contract:${intent.instrument}`,
  ];
  const active = locks
    .filter(({ scope }) => scopes.includes(scope))
    .toSorted(
      (one, other) =>
        scopes.indexOf(one.scope) - scopes.indexOf(other.scope) ||
        lockRanks[one.kind] - lockRanks[other.kind],
    );
  return active.map((lock) => ({
    code: 'LOCK_ACTIVE',
    facts: [
      { name: 'source', value: lock.source },
      { name: 'kind', value: lock.kind },
      { name: 'scope', value: lock.scope },
      { name: 'reason', value: lock.reason },
      ...(lock.expiresAtMs === undefined
        ? []
        : [{ name: 'until', value: new Date(lock.expiresAtMs).toISOString() }]),
    ],
  }));
};

/** Codes of RULE-004 and RULE-005, which judge what is held and not what is ordered. Source: rules 1.6, trading-controls 2.1. */
const openResultCodes: ReadonlySet<string> = new Set([
  'UNREALIZED_LOSS_REACHED',
  'UNREALIZED_PROFIT_REACHED',
]);

/** What a rule says of an order, as a refusal. */
export function findingDenial(finding: RuleFinding, { context }: GateContext): readonly Denial[] {
  if (finding.verdict === 'PASS') return [];
  const code = denialCatalogue.find((entry) => entry.code === finding.code)?.code;
  const figure = (name: string, value: number | undefined): VerdictInput[] => {
    if (value === undefined) return [];
    const isMoney = finding.unit === 'money';
    return [{ name, value: isMoney ? formatMoney(value, context.facts.currency) : String(value) }];
  };
  const facts = [
    ...finding.missing.map((value) => ({ name: 'unknown', value })),
    ...figure('observed', finding.observed),
    ...figure('limit', finding.limit),
    ...figure('headroom', finding.headroom),
    { name: 'rule', value: finding.ruleId },
    ...finding.inputs,
  ];
  // Open results are no check of the gate: one that nobody can judge makes the account REDUCING, and that refuses.
  const isState = finding.verdict === 'UNKNOWN' && openResultCodes.has(finding.code);
  // A code outside the catalogue would be a refusal without a reason: it stays a refusal.
  return [{ code: isState ? 'TRADING_STATE_FORBIDS' : (code ?? 'TRADING_STATE_FORBIDS'), facts }];
}

export const otherAccount: GateCheck = (intent, { context }) =>
  intent.accountId === context.facts.accountId
    ? []
    : [
        {
          code: 'SCHEMA_INVALID',
          facts: [{ name: 'unknown', value: `account:${intent.accountId}` }],
        },
      ];

/** Codes that name the cause of a state more exactly than the state does. */
const statesExplainedBy: Readonly<Record<TradingState, readonly string[]>> = {
  ACTIVE: [],
  REDUCING: [
    'NOT_RECONCILED',
    'BREAKER_OPEN',
    'NO_REFERENCE_PRICE',
    'STALE_DATA',
    'CLOCK_UNTRUSTED',
    'RATE_BUDGET_EXHAUSTED',
  ],
  LOCKED: ['LOCK_ACTIVE'],
  HALTED: ['KILL_SWITCH_ACTIVE', 'DRAWDOWN_MAX'],
};

/**
 * TRADING_STATE_FORBIDS and BREAKER_OPEN are general: they are given only when no other check names the same cause: a
 * locked account is denied with its lock, stale data with STALE_DATA. Source: trading-controls 2.1.
 */
export function withoutGeneralState(
  failing: readonly Denial[],
  gate: GateContext,
): readonly Denial[] {
  // In an ACTIVE account the code stands for a rule that cannot judge, which is about to make it REDUCING.
  const explained =
    statesExplainedBy[gate.tradingState === 'ACTIVE' ? 'REDUCING' : gate.tradingState];
  const unknowns = failing
    .filter(({ code }) => code === 'TRADING_STATE_FORBIDS')
    .flatMap(({ facts }) => facts.filter(({ name }) => name === 'unknown'));
  const causes = new Set([...(gate.stateCauses ?? []), ...unknowns.map(({ value }) => value)]);
  const isNamed = failing.some(
    ({ code, facts }) =>
      code !== 'TRADING_STATE_FORBIDS' &&
      (explained.includes(code) ||
        facts.some(
          ({ name, value }) =>
            (name === 'rule' && hasUnknown(causes, value)) ||
            (name === 'unknown' && causes.has(value)),
        )),
  );
  return failing.filter(
    (denial) =>
      !(isNamed && denial.code === 'TRADING_STATE_FORBIDS') && !isNamedLater(denial, failing),
  );
}

/** Prices that stay away: whatever names the instrument itself as stale or unknown says the same, and more exactly. */
function isNamedLater({ code, facts }: Denial, failing: readonly Denial[]): boolean {
  const source = facts.find(({ value }) => value.startsWith(unavailable))?.value;
  if (code !== 'BREAKER_OPEN' || source === undefined) return false;
  const instrument = source.slice(unavailable.length);
  return failing.some(
    (other) =>
      other.code !== 'BREAKER_OPEN' &&
      other.facts.some(
        ({ name, value }) =>
          (name === 'stale' && value === instrument) ||
          (name === 'unknown' && value.endsWith(`:${instrument}`)),
      ),
  );
}

/** A rule that cannot judge is a cause by its name and what it cannot judge: `unknown:RULE-003:account`. */
function hasUnknown(causes: ReadonlySet<string>, rule: string): boolean {
  return [...causes].some(
    (cause) => cause === `unknown:${rule}` || cause.startsWith(`unknown:${rule}:`),
  );
}
