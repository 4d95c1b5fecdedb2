/**
 * The pre-trade gate: every check in the order of the denial catalogue, the first failing one is the
 * reason, every later one that fails is listed beside it.
 *
 * What only reduces meets the mode, the shape checks and one close per contract in flight, nothing else:
 * no lock, state, limit or stale price ever refuses an exit. Source: trading-controls 2.
 */
import type { Approved } from '../domain/approved.ts';
import { denialCatalogue, type Denial, type DenialCode } from '../domain/denial.ts';
import type { OrderId } from '../domain/ids.ts';
import type { TradingState } from '../domain/machine-event.ts';
import { formatMoney } from '../domain/money.ts';
import type { OrderIntent, SubmitOrder } from '../domain/order.ts';
import type { LockKind, LockScope, RuleFinding, VerdictInput } from '../domain/verdict.ts';
import { approve } from './approve.ts';
import { riskEffect, type RiskEffect } from './exposure.ts';
import { markFault } from './marks.ts';
import { quantityDenial, schemaDenial } from './order-shape.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

export type GateMode = 'DRY_RUN' | 'PAPER' | 'LIVE';

export type GateLock = {
  readonly scope: LockScope;
  /** Rule id, or `operator`. */
  readonly source: string;
  readonly kind: LockKind;
  readonly reason: string;
  readonly expiresAtMs?: number;
};

/** An enabled rule with its parsed configuration. */
export type GateRule = { readonly definition: RuleDefinition; readonly config: unknown };

/** Everything the gate may look at; plain data and look-ups. Same context, same decision. */
export type GateContext = {
  readonly mode: GateMode;
  readonly tradingState: TradingState;
  /** Why the state is not ACTIVE (`stale:ES`, `lock:…`, `startup`); helps to name the real reason. */
  readonly stateCauses?: readonly string[];
  /** Active locks of the account. */
  readonly locks: readonly GateLock[];
  /** Enabled rules of the account; any order. */
  readonly rules: readonly GateRule[];
  /** Facts, marks and market time of the decision. */
  readonly context: RuleContext;
  /** Minted by the caller. */
  readonly orderId: OrderId;
  /** True when a signal of this key (see `signalKey`) was taken before. */
  readonly seenSignals: (key: string) => boolean;
  /** True while a close of the instrument is in flight. */
  readonly exitInFlight: boolean;
  /** Older reference prices are stale for new risk; ms. */
  readonly quoteMaxAgeMs: number;
};

export type GateDecision = {
  readonly effect: RiskEffect;
  /** What the rules said of this order, in their order; empty for exits. */
  readonly findings: readonly RuleFinding[];
} & (
  | { readonly approved: Approved<SubmitOrder> }
  /** `alsoFailing`: later checks that fail too, in the order of the catalogue. */
  | { readonly denial: Denial; readonly alsoFailing: readonly Denial[] }
);

/** Judges an intent. Pure: commits nothing, reserves nothing. */
export function judge(intent: OrderIntent, gate: GateContext): GateDecision {
  const effect = effectOf(intent, gate);
  const findings = effect === 'reduce' ? [] : judgeRules(intent, gate);
  const failing =
    effect === 'reduce'
      ? reduceChecks(intent, gate)
      : withoutGeneralState(increaseChecks(intent, gate, findings), gate);
  const [denial, ...alsoFailing] = failing.toSorted((one, other) => rank(one) - rank(other));
  if (denial !== undefined) return { effect, findings, denial, alsoFailing };
  return { effect, findings, approved: approve(submitOf(intent, gate.orderId)) };
}

/**
 * Identity of the signal behind an intent: account, instrument, side, signal and quantity. Undefined for
 * intents without a signal, which are never duplicates. Source: execution 6, L1.
 */
export function signalKey(intent: OrderIntent): string | undefined {
  const { signal } = intent;
  if (signal === undefined) return undefined;
  return [
    intent.accountId,
    intent.instrument,
    intent.side,
    signal.type,
    signal.id,
    signal.atMs,
    intent.quantityLots,
  ].join('|');
}

/** What the venue is asked for an intent. */
function submitOf(intent: OrderIntent, orderId: OrderId): SubmitOrder {
  const { accountId, instrument, side, orderType, quantityLots, timeInForce, reduceOnly } = intent;
  return {
    orderId,
    accountId,
    instrument,
    side,
    orderType,
    quantityLots,
    ...(intent.limitTicks === undefined ? {} : { limitTicks: intent.limitTicks }),
    ...(intent.stopTicks === undefined ? {} : { stopTicks: intent.stopTicks }),
    ...(intent.trailTicks === undefined ? {} : { trailTicks: intent.trailTicks }),
    timeInForce,
    reduceOnly,
  };
}

/** A quantity that is none has no effect that could be computed: it is treated as new risk. */
function effectOf(intent: OrderIntent, gate: GateContext): RiskEffect {
  if (quantityDenial(intent) !== undefined) return 'increase';
  return riskEffect(gate.context.facts, intent);
}

/** The rules see a malformed quantity as one lot: would even that be refused? */
function judgeRules(intent: OrderIntent, gate: GateContext): readonly RuleFinding[] {
  const isSound = quantityDenial(intent) === undefined;
  const order = submitOf(isSound ? intent : { ...intent, quantityLots: 1 }, gate.orderId);
  return gate.rules
    .toSorted((one, other) => one.definition.precedence - other.definition.precedence)
    .flatMap(({ definition, config }) => {
      const finding = definition.judgeOrder?.(gate.context, config, order);
      return finding === undefined ? [] : [finding];
    });
}

function reduceChecks(intent: OrderIntent, gate: GateContext): readonly Denial[] {
  const inFlight: Denial[] = gate.exitInFlight
    ? [{ code: 'EXIT_IN_FLIGHT', facts: [{ name: 'instrument', value: intent.instrument }] }]
    : [];
  return [
    ...modeDenial(gate),
    ...accountDenial(intent, gate),
    ...shapeDenials(intent),
    ...inFlight,
  ];
}

function increaseChecks(
  intent: OrderIntent,
  gate: GateContext,
  findings: readonly RuleFinding[],
): readonly Denial[] {
  return [
    ...modeDenial(gate),
    ...reconciledDenial(gate),
    ...ageDenial(intent, gate),
    ...stateDenial(gate),
    ...lockDenial(intent, gate),
    ...findings.flatMap((finding) => findingDenial(finding, gate)),
    ...accountDenial(intent, gate),
    ...shapeDenials(intent),
    ...instrumentDenial(intent, gate),
    ...priceDenial(intent, gate),
    ...duplicateDenial(intent, gate),
  ];
}

function modeDenial({ mode }: GateContext): readonly Denial[] {
  return mode === 'DRY_RUN'
    ? [{ code: 'MODE_FORBIDS', facts: [{ name: 'mode', value: mode }] }]
    : [];
}

function reconciledDenial({ context }: GateContext): readonly Denial[] {
  return context.facts.isReconciled
    ? []
    : [{ code: 'NOT_RECONCILED', facts: [{ name: 'account', value: context.facts.accountId }] }];
}

function ageDenial(intent: OrderIntent, { context }: GateContext): readonly Denial[] {
  const ageMs = context.nowMs - intent.atMs;
  // Written so that an age that is no number fails too.
  if (ageMs <= intent.maxAgeMs) return [];
  const facts = [{ name: 'maxAgeMs', value: String(intent.maxAgeMs), ageMs }];
  return [{ code: 'INTENT_EXPIRED', facts }];
}

function stateDenial({ tradingState, stateCauses }: GateContext): readonly Denial[] {
  if (tradingState === 'ACTIVE') return [];
  const causes = (stateCauses ?? []).map((value) => ({ name: 'cause', value }));
  const facts = [{ name: 'state', value: tradingState }, ...causes];
  return [{ code: 'TRADING_STATE_FORBIDS', facts }];
}

const lockRanks: Readonly<Record<LockKind, number>> = {
  permanent: 0,
  operator: 1,
  untilRestored: 2,
  untilReset: 3,
  untilSessionStart: 4,
  cooldown: 5,
};

/** The most restrictive lock first: hard over cooldown over symbol. Source: rules 4.1. */
function lockDenial(intent: OrderIntent, { locks }: GateContext): readonly Denial[] {
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
}

function findingDenial(finding: RuleFinding, { context }: GateContext): readonly Denial[] {
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
  // A code outside the catalogue would be a refusal without a reason: it stays a refusal.
  return [{ code: code ?? 'TRADING_STATE_FORBIDS', facts }];
}

function accountDenial(intent: OrderIntent, { context }: GateContext): readonly Denial[] {
  return intent.accountId === context.facts.accountId
    ? []
    : [{ code: 'SCHEMA_INVALID', facts: [{ name: 'accountId', value: intent.accountId }] }];
}

function shapeDenials(intent: OrderIntent): readonly Denial[] {
  return [schemaDenial(intent), quantityDenial(intent)].filter((denial) => denial !== undefined);
}

function instrumentDenial(intent: OrderIntent, { context }: GateContext): readonly Denial[] {
  return context.instrumentOf(intent.instrument) === undefined
    ? [{ code: 'INSTRUMENT_UNKNOWN', facts: [{ name: 'instrument', value: intent.instrument }] }]
    : [];
}

function priceDenial(intent: OrderIntent, gate: GateContext): readonly Denial[] {
  const { context, quoteMaxAgeMs } = gate;
  const mark = context.marks(intent.instrument);
  const fault = markFault(mark, context.nowMs, quoteMaxAgeMs);
  if (fault === undefined) return [];
  const isAge = fault.name === 'stale' || fault.name === 'future';
  const name = isAge ? fault.name : 'unknown';
  const value = isAge ? intent.instrument : `${fault.name}:${intent.instrument}`;
  const age = mark === undefined ? {} : { ageMs: context.nowMs - mark.receivedAtMs };
  return [{ code: isAge ? 'STALE_DATA' : 'NO_REFERENCE_PRICE', facts: [{ name, value, ...age }] }];
}

function duplicateDenial(intent: OrderIntent, gate: GateContext): readonly Denial[] {
  const key = signalKey(intent);
  if (key === undefined || !gate.seenSignals(key)) return [];
  return [{ code: 'DUPLICATE_INTENT', facts: [{ name: 'signal', value: key }] }];
}

/** Codes that name the cause of a state more exactly than the state does. */
const statesExplainedBy: Readonly<Record<TradingState, readonly DenialCode[]>> = {
  ACTIVE: [],
  REDUCING: ['NOT_RECONCILED', 'NO_REFERENCE_PRICE', 'STALE_DATA'],
  LOCKED: ['LOCK_ACTIVE'],
  HALTED: [],
};

/**
 * TRADING_STATE_FORBIDS is given only when no other check names the same cause: a locked account is denied
 * with its lock, stale data with STALE_DATA. Source: trading-controls 2.1.
 */
function withoutGeneralState(failing: readonly Denial[], gate: GateContext): readonly Denial[] {
  const explained = statesExplainedBy[gate.tradingState];
  const causes = new Set(gate.stateCauses);
  const isNamed = failing.some(
    ({ code, facts }) =>
      explained.includes(code) ||
      facts.some(({ name, value }) => name === 'rule' && causes.has(`unknown:${value}`)),
  );
  return isNamed ? failing.filter(({ code }) => code !== 'TRADING_STATE_FORBIDS') : failing;
}

const ranks = new Map<DenialCode, number>(denialCatalogue.map(({ code }, index) => [code, index]));

function rank({ code }: Denial): number {
  return ranks.get(code) ?? denialCatalogue.length;
}
