/**
 * Which way each key of each rule is tighter: what a trader may change by himself. Pure.
 *
 * Lower limit, smaller target, longer cooldown, more that is forbidden. A key that is `fixed` says nothing about how
 * strict a rule is, or only the configuration may change it. Source: rules 5.5 and 11, trader overrides.
 */
import { formatMoney } from '../domain/money.ts';
import type { RuleDefinition } from './rule.ts';

/** Values are those of the parsed configuration. */
export type Direction = {
  /** For people: which value is tighter. */
  readonly text: string;
  /** Values are amounts, in millionths. */
  readonly isMoney?: true;
  isTighter(before: unknown, after: unknown): boolean;
};

const lower: Direction = {
  text: 'lower is tighter',
  isTighter: (before, after) => step(before, after) < 0,
};
/** A number where none meant no bound. */
const lowerOrSet: Direction = {
  text: 'lower is tighter, and a number is tighter than none',
  isTighter: (before, after) =>
    typeof after === 'number' && (before === null || lower.isTighter(before, after)),
};
const higher: Direction = {
  text: 'higher is tighter',
  isTighter: (before, after) => step(before, after) > 0,
};
/** Losses are below zero. */
const smallerLoss: Direction = { ...higher, text: 'a smaller loss is tighter', isMoney: true };
const smallerTarget: Direction = { ...lower, text: 'a smaller target is tighter', isMoney: true };
const longer: Direction = { ...higher, text: 'longer is tighter' };
const on: Direction = {
  text: 'true is tighter',
  isTighter: (before, after) => before === false && after === true,
};
const off: Direction = {
  text: 'false is tighter',
  isTighter: (before, after) => before === true && after === false,
};
const fixed: Direction = {
  text: 'only the configuration changes it',
  isTighter: () => false,
};

/** The words from the loosest to the strictest. */
function ranked(...words: readonly string[]): Direction {
  return {
    text: `${words.join(', ')}: a later one is tighter`,
    isTighter: (before, after) => rank(words, after) > rank(words, before),
  };
}

function rank(words: readonly string[], value: unknown): number {
  const word = kindOf(value);
  const at = words.indexOf(word);
  // What the ranking does not know is neither tighter nor looser than anything.
  return at < 0 ? Number.NaN : at;
}

/** `cooldown` of `{kind: 'cooldown', durationMs}`. */
function kindOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'kind' in value) return String(value.kind);
  return String(value);
}

const moreEntries: Direction = {
  text: 'more entries are tighter, and none may go',
  isTighter: (before, after) =>
    Array.isArray(before) &&
    Array.isArray(after) &&
    after.length > before.length &&
    before.every((one) => after.includes(one)),
};

/** Every limit that is there stays or falls, and none goes. */
const lowerEach: Direction = {
  text: 'a lower limit of an instrument is tighter, and none may go',
  isTighter: (before, after) => {
    if (!isRecord(before) || !isRecord(after)) return false;
    const isNowhereLooser = Object.entries(before).every(([name, limit]) => {
      const now = after[name];
      return now === limit || lower.isTighter(limit, now);
    });
    // An instrument that had the default limit may have been allowed more or less: not decided here.
    const isSame = Object.keys(after).every((name) => Object.hasOwn(before, name));
    return isNowhereLooser && isSame && JSON.stringify(before) !== JSON.stringify(after);
  },
};

type Threshold = { readonly lossAmount: number; readonly cooldownDuration: number };

/** No loss is followed by a shorter pause than before, and some by a longer one. */
const longerPauses: Direction = {
  text: 'a smaller loss or a longer pause is tighter, and no loss may pause for less',
  isTighter: (before, after) => {
    const [was, is] = [before as readonly Threshold[], after as readonly Threshold[]];
    const losses = [...was, ...is].map(({ lossAmount }) => lossAmount);
    const pauses = losses.map((loss) => [pauseAfter(was, loss), pauseAfter(is, loss)] as const);
    return pauses.every(([old, now]) => now >= old) && pauses.some(([old, now]) => now > old);
  },
};

function pauseAfter(thresholds: readonly Threshold[], loss: number): number {
  const reached = thresholds.filter(({ lossAmount }) => loss <= lossAmount);
  return Math.max(0, ...reached.map(({ cooldownDuration }) => cooldownDuration));
}

/** Keys of every rule. */
const common = {
  enabled: fixed,
  operatorUnlock: ranked('admin', 'fourEyes', 'never'),
  irrevocable: on,
  severity: ranked('info', 'warning', 'error', 'critical'),
  breachAtEquality: on,
  quoteMaxAgeSeconds: lower,
  markPrice: fixed,
  // Fees make a loss larger, and a profit smaller.
  includeFees: on,
};
const openProfit = {
  scope: fixed,
  action: ranked('closePosition', 'closeAll'),
  lockout: ranked('none', 'untilReset', 'permanent'),
  checkIntervalSeconds: lower,
  confirmations: lower,
};

type Directions = Readonly<Record<string, Direction>>;

/** By the key of the rule, then by the path of the key in its block. */
export const tightening: Readonly<Record<string, Directions>> = {
  maxContracts: {
    ...common,
    limit: lower,
    countType: fixed,
    enforcement: ranked('reduceToLimit', 'closeAll'),
    reduceOrder: fixed,
    includeWorkingOrders: on,
    lockoutOnBreach: ranked('none', 'cooldown', 'untilReset'),
  },
  maxContractsPerInstrument: {
    ...common,
    defaultLimit: lowerOrSet,
    instrumentLimits: lowerEach,
    enforcement: ranked('reduceToLimit', 'closePosition'),
    unknownSymbolAction: ranked('allowUnlimited', 'allowWithLimit', 'block'),
  },
  dailyRealizedLoss: {
    ...common,
    limit: smallerLoss,
    combinedWithUnrealized: on,
    warnAtPct: lower,
    confirmations: lower,
    resetTime: fixed,
    timezone: fixed,
  },
  dailyUnrealizedLoss: {
    ...common,
    ...openProfit,
    limit: smallerLoss,
    staleGraceSeconds: lowerOrSet,
  },
  maxUnrealizedProfit: {
    ...common,
    ...openProfit,
    includeFees: fixed,
    target: smallerTarget,
    mode: fixed,
    breakevenArmAt: smallerTarget,
  },
  tradeFrequencyLimit: {
    ...common,
    'limits.perMinute': lower,
    'limits.perHour': lower,
    'limits.perSession': lower,
    'cooldownOnBreach.perMinute': longer,
    'cooldownOnBreach.perHour': longer,
    'cooldownOnBreach.perSession': longer,
    sessionBreach: ranked('cooldown', 'untilReset'),
    countBasis: fixed,
    cancelIncreasingOrders: on,
    excludeOwnEnforcement: off,
  },
  cooldownAfterLoss: {
    ...common,
    lossThresholds: longerPauses,
    allowTradingDuringCooldown: off,
    lossBasis: fixed,
  },
  noStopLossGrace: {
    ...common,
    graceSeconds: lower,
    rearmGraceSeconds: lower,
    requireStopAtEntry: on,
    minCoverage: ranked('any', 'full'),
    stopSideReference: fixed,
    maxStopDistanceTicks: lowerOrSet,
  },
  sessionBlockOutside: {
    ...common,
    respectHolidays: on,
    respectEarlyClose: on,
    closePositionsAtSessionEnd: on,
    sessionCloseGraceSeconds: lower,
    // Earlier than the end: a shorter session.
    closeLeadSeconds: longer,
    perInstrumentSessions: fixed,
  },
  authLossGuard: {
    ...common,
    checkIntervalSeconds: lower,
    reason: fixed,
    flattenOnLoss: on,
    autoUnlockOnRestore: off,
    lockoutDuration: fixed,
    blockNewRiskOnDisconnect: on,
  },
  symbolBlocks: {
    ...common,
    blockedSymbols: moreEntries,
    action: ranked('cancelOrder', 'close'),
    closeExisting: on,
    reappearLimit: lower,
  },
  // It protects; what is tighter about a distance depends on the position.
  tradeManagement: {
    ...common,
    'autoStop.enabled': on,
    'autoStop.ticks': lower,
    'autoTarget.enabled': fixed,
    'autoTarget.ticks': fixed,
    'autoBreakeven.enabled': on,
    'autoBreakeven.profitThresholdTicks': lower,
    'autoBreakeven.offsetTicks': fixed,
    'trailingStop.enabled': on,
    'trailingStop.activationProfitTicks': lower,
    'trailingStop.trailTicks': lower,
    'trailingStop.minImprovementTicks': lower,
    minUpdateIntervalMs: fixed,
  },
  dailyRealizedProfit: {
    ...common,
    includeFees: fixed,
    target: smallerTarget,
    combinedWithUnrealized: on,
    warnAtPct: lower,
    confirmations: lower,
    message: fixed,
  },
};

/** The key that people mean when they speak of the limit of a rule; undefined where there is no single one. */
export const mainKeys: Readonly<Record<string, string>> = {
  maxContracts: 'limit',
  maxContractsPerInstrument: 'defaultLimit',
  dailyRealizedLoss: 'limit',
  dailyUnrealizedLoss: 'limit',
  maxUnrealizedProfit: 'target',
  tradeFrequencyLimit: 'limits.perSession',
  noStopLossGrace: 'graceSeconds',
  sessionBlockOutside: 'closeLeadSeconds',
  symbolBlocks: 'blockedSymbols',
  cooldownAfterLoss: 'lossThresholds',
  dailyRealizedProfit: 'target',
};

export type Tightened = { readonly config: unknown } | { readonly refusal: string };

/** The configuration with a tighter value of one key, or why it is not one. `value` is what a person would write in the file. */
export function tighten(
  { key: ruleKey, id, config: schema }: RuleDefinition,
  config: unknown,
  key: string,
  value: string,
): Tightened {
  const direction = tightening[ruleKey]?.[key];
  const keys = Object.keys(tightening[ruleKey] ?? {}).join(', ');
  if (direction === undefined) return { refusal: `key: ${id} has no ${key}; its keys are ${keys}` };
  const path = key.split('.');
  const parsed = schema.safeParse({ enabled: true, ...nested(path, given(value)) });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { refusal: `value: ${key} is ${issue?.message ?? 'of another form'}, was ${value}` };
  }
  const [before, after] = [valueAt(config, path), valueAt(parsed.data, path)];
  if (!direction.isTighter(before, after)) {
    const was = shown(direction, before);
    return {
      refusal: `value: ${key} ${value} is not tighter than ${was} (${direction.text}); only the configuration loosens`,
    };
  }
  return { config: withValue(config, path, after) };
}

function shown({ isMoney }: Direction, value: unknown): string {
  if (value === undefined) return 'not set';
  return isMoney === true && typeof value === 'number'
    ? formatMoney(value, 'USD')
    : JSON.stringify(value);
}

/** JSON for lists, maps, null and flags; anything else is the text itself, as numbers are read from their text. */
function given(value: string): unknown {
  if (!/^(?:[[{]|null$|true$|false$)/u.test(value.trim())) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function nested(path: readonly string[], value: unknown): Record<string, unknown> {
  const [first = '', ...rest] = path;
  return { [first]: rest.length === 0 ? value : nested(rest, value) };
}

/** The value of a dotted path, or undefined. */
export function valueAt(config: unknown, path: readonly string[]): unknown {
  let value = config;
  for (const name of path) value = isRecord(value) ? value[name] : undefined;
  return value;
}

function withValue(config: unknown, path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const block = isRecord(config) ? config : {};
  return { ...block, [first]: withValue(block[first], rest, value) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Neither below nor above zero where one of them is no number. */
function step(before: unknown, after: unknown): number {
  return typeof before === 'number' && typeof after === 'number' ? after - before : Number.NaN;
}
