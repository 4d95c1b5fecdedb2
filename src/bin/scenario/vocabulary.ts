/** The words of the format, and which of them name something that this version does not have. */
import { denialCatalogue } from '../../domain/denial.ts';
import { ruleCatalogue } from '../../rules/registry.ts';

/** Rule keys and ids. Source: rules 2. */
export const ruleIdByKey: Readonly<Record<string, string>> = {
  maxContracts: 'RULE-001',
  maxContractsPerInstrument: 'RULE-002',
  dailyRealizedLoss: 'RULE-003',
  dailyUnrealizedLoss: 'RULE-004',
  maxUnrealizedProfit: 'RULE-005',
  tradeFrequencyLimit: 'RULE-006',
  cooldownAfterLoss: 'RULE-007',
  noStopLossGrace: 'RULE-008',
  sessionBlockOutside: 'RULE-009',
  authLossGuard: 'RULE-010',
  symbolBlocks: 'RULE-011',
  tradeManagement: 'RULE-012',
  dailyRealizedProfit: 'RULE-013',
};

/** Top-level keys of all configuration files. Source: rules 10, execution 15, trading-controls 14. */
export const configKeys: ReadonlySet<string> = new Set(
  `general rules dailyReset weeklyReset lockoutDurations sessionHours holidays earlyClose advanced
  accounts topstepx connection retry reconnect keepalive token rateLimits circuitBreaker caches polling
  order intent events duplicates group exit killSwitch tradingState reconcile clock mode readOnly
  universe caps regime stops frequency lossCooldown cooldowns strategies triggers proposal profile
  staleness barIngest margin outlier collar orders messages repeat selfMatch cancelOnDisconnect breakers alerts
  cycle latency fees preview slippage safety shutdown audit objectives candles regression backtest
  propFirm propFirmProfile groups instruments sizing volatility exits limits safeguards`
    .trim()
    .split(/\s+/u),
);

/** All codes of the denial catalogue. Source: trading-controls 2.1. */
const denialCodes: ReadonlySet<string> = new Set(
  `MODE_FORBIDS NOT_RECONCILED INTENT_EXPIRED BREAKER_OPEN PRODUCT_DISABLED KILL_SWITCH_ACTIVE
  TRADING_STATE_FORBIDS LOCK_ACTIVE TRADING_NOT_PERMITTED OUTSIDE_SESSION DAILY_LOSS_REACHED
  DAILY_PROFIT_REACHED CONTRACTS_MAX INSTRUMENT_CONTRACTS_MAX UNREALIZED_LOSS_REACHED
  UNREALIZED_PROFIT_REACHED SYMBOL_BLOCKED STOP_REQUIRED TRADE_FREQUENCY_REACHED LOSS_COOLDOWN_ACTIVE
  DAILY_STOP WEEKLY_STOP DRAWDOWN_MAX STRATEGY_CAP AT_RISK_CAP SPACING FREQUENCY_CAP CONSECUTIVE_LOSSES
  POSITIONS_MAX COOLDOWN_ACTIVE SYMBOL_SPACING ASSET_CAP THEME_CAP POSITION_CAP POSITION_TOO_SMALL
  CLUSTER_CAP SHORTING_DISALLOWED SCHEMA_INVALID INSTRUMENT_UNKNOWN PRICE_OFF_TICK QUANTITY_OFF_INCREMENT
  QUANTITY_OUT_OF_RANGE PRICE_COLLAR NO_REFERENCE_PRICE STALE_DATA CLOCK_UNTRUSTED DUPLICATE_INTENT
  SYMBOL_BUSY POSITION_EXISTS VENUE_ORDER_EXISTS LOCAL_PENDING SELF_MATCH REPEATED_EXECUTION MESSAGE_LIMIT
  RATE_BUDGET_EXHAUSTED MAILBOX_FULL EXIT_IN_FLIGHT`
    .trim()
    .split(/\s+/u),
);

const denialsHere: ReadonlySet<string> = new Set(denialCatalogue.map(({ code }) => code));
const rulesHere: ReadonlySet<string> = new Set(ruleCatalogue.map(({ id }) => id));

/** Incident types of the specification and what they are called here, where that is more exact. Source: execution 11.3. */
const incidentNames: Readonly<Record<string, RegExp>> = {
  LATE_FILL: /^LATE_FILL(?:_AFTER_[A-Z]+)?$/u,
};

/** Whether what occurred is what the scenario names, in any case. */
export function isNamedOccurrence(name: string, occurred: string): boolean {
  const pattern = incidentNames[name.toUpperCase()];
  return pattern === undefined
    ? name.toLowerCase() === occurred.toLowerCase()
    : pattern.test(occurred);
}

export function isDenialCode(code: string): boolean {
  return denialCodes.has(code) || denialsHere.has(code);
}

export function hasDenial(code: string): boolean {
  return denialsHere.has(code);
}

export function isRuleName(id: string): boolean {
  return Object.values(ruleIdByKey).includes(id);
}

export function hasRule(id: string): boolean {
  return rulesHere.has(id);
}

export const sides = ['buy', 'sell'] as const;
export const orderTypes = ['market', 'limit', 'stop', 'stopLimit', 'trailingStop'] as const;
export const statuses = [
  'none',
  'open',
  'filled',
  'canceled',
  'expired',
  'rejected',
  'pending',
  'pendingCancel',
  'suspended',
] as const;
/** Source: trading-controls REQ-EX1. */
export const productStatuses = [
  'trading',
  'postOnly',
  'limitOnly',
  'cancelOnly',
  'offline',
] as const;
export const venueEvents = [
  'accepted',
  'open',
  'suspended',
  'triggered',
  'partlyFilled',
  'filled',
  'statusFilled',
  'fillVoided',
  'updated',
  'modifyRejected',
  'cancelPending',
  'cancelRejected',
  'canceled',
  'expired',
  'rejected',
] as const;
export const operatorVerbs = [
  'unlock',
  'lock',
  'kill',
  'rearm',
  'pause',
  'resume',
  'cancel',
  'flatten',
  'resolve',
  'acknowledge',
  'recordTransfer',
  'limit',
  'reset',
] as const;
export const lockKinds = [
  'untilReset',
  'untilSessionStart',
  'cooldown',
  'untilRestored',
  'permanent',
  'operator',
] as const;
export const tradingStates = ['ACTIVE', 'REDUCING', 'LOCKED', 'HALTED'] as const;
export const verdictKinds = ['PASS', 'DENY', 'UNKNOWN'] as const;
