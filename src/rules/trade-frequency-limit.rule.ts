/**
 * RULE-006, how often an account may trade: counts of trades in the windows of a minute, of an hour and of the
 * session (the trading day), and a pause when one of them is exceeded.
 *
 * The verdict is of the counts, DENY while one is above its limit. What it asks for is of the trade: only one that
 * was not judged before, and lies in the exceeded window, makes a lock. So neither a restart nor a
 * resynchronisation nor the mere passing of time makes one.
 */
import { z } from 'zod';
import { FlagValue } from '../domain/config-values.ts';
import { RuleId } from '../domain/ids.ts';
import type { RuleFinding, WantedAction } from '../domain/verdict.ts';
import { denyFinding, passFinding } from './findings.ts';
import { judgedTrades, rememberJudged, type IsJudged } from './judged-trades.ts';
import { commonKeys, inheritedKeys, LockDuration, wholeFrom } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';
import { countedByWindow, recentTrades, type CountedTrade } from './trade-counts.ts';

const defaultLimits = { perMinute: 3, perHour: 10, perSession: 50 };

const limitOf = (name: keyof typeof defaultLimits, within: string) =>
  wholeFrom(1)
    .optional()
    .describe(`trades that are still allowed ${within}; ${defaultLimits[name]} when left out`);

/** Only values that are given are compared: a default is no statement. */
const Limits = z
  .strictObject({
    perMinute: limitOf('perMinute', 'within 60 s'),
    perHour: limitOf('perHour', 'within 3600 s; not below perMinute'),
    perSession: limitOf('perSession', 'since the last daily reset; not below perHour'),
  })
  .refine(
    ({ perMinute, perHour, perSession }) => {
      const given = [perMinute, perHour, perSession].filter((limit) => limit !== undefined);
      return given.every((limit, index) => index === 0 || (given[index - 1] ?? 0) <= limit);
    },
    { error: 'perMinute ≤ perHour ≤ perSession' },
  )
  .transform(({ perMinute, perHour, perSession }) => ({
    perMinute: perMinute ?? defaultLimits.perMinute,
    perHour: perHour ?? defaultLimits.perHour,
    perSession: perSession ?? defaultLimits.perSession,
  }));

const defaultCooldowns = { perMinute: 60_000, perHour: 1_800_000, perSession: 3_600_000 };
const cooldownOf = (name: keyof typeof defaultCooldowns, text: string, description: string) =>
  LockDuration.default(defaultCooldowns[name]).meta({
    default: text,
    values: 'a duration, 1s to 24h',
    description,
  });
const Cooldowns = z.strictObject({
  perMinute: cooldownOf('perMinute', '60s', 'lock after too many trades in a minute'),
  perHour: cooldownOf('perHour', '30m', 'lock after too many trades in an hour'),
  perSession: cooldownOf(
    'perSession',
    '1h',
    'lock after too many trades in a session, with sessionBreach cooldown',
  ),
});

const keys = z.strictObject({
  ...commonKeys('warning'),
  ...inheritedKeys(),
  limits: Limits.default(defaultLimits).meta({
    default: defaultLimits,
    values: '`perMinute`, `perHour`, `perSession`: whole numbers, at least 1, none above the next',
    description: 'trades that are still allowed in 60 s, in 3600 s and since the session start',
  }),
  cooldownOnBreach: Cooldowns.default(defaultCooldowns).meta({
    default: { perMinute: '60s', perHour: '30m', perSession: '1h' },
    values: '`perMinute`, `perHour`, `perSession`: durations from 1s to 24h',
    description: 'length of the lock by window; perSession only with sessionBreach cooldown',
  }),
  sessionBreach: z
    .enum(['untilReset', 'cooldown'])
    .default('untilReset')
    .describe('the lock when the session has too many: until the daily reset, or a cooldown'),
  countBasis: z
    .enum(['fill', 'order', 'entry', 'roundTrip'])
    .default('fill')
    .describe(
      'fill counts every execution; order every order that filled; entry every order that opened or added; roundTrip from flat to flat in one instrument',
    ),
  cancelIncreasingOrders: FlagValue.default(true).describe(
    'cancels working orders that could increase exposure when the lock begins; false leaves them, and what they fill while locked is closed',
  ),
  excludeOwnEnforcement: FlagValue.default(true).describe(
    'closes that the engine itself has sent do not count',
  ),
});
const Config = keys.meta({
  description: 'How often the account trades: in a minute, in an hour and in the session.',
  enforcement:
    'Closes nothing. Locks the account: 60 s after too many in a minute, 30 min in an hour, until the daily reset in a session; the longest applies. Raises an alert.',
  edges: [
    'The limit itself is allowed: with 3 in a minute the fourth breaches. A trade exactly 60 s old is outside the window. Time is the venue’s; a trade that arrives late is counted at its own time.',
    'Trades made while locked count. A trade that is taken back no longer counts; a lock that it made stays.',
    'Only a trade that was not judged before makes or extends a lock: a restart with too many trades still in the window makes none.',
    'The daily reset begins the count of the session anew, unless clearTradeCount is off; the windows of a minute and of an hour go on over it.',
  ],
});
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-006'), code: 'TRADE_FREQUENCY_REACHED' } as const;

export const tradeFrequencyLimit: RuleDefinition<Config> = {
  ...rule,
  key: 'tradeFrequencyLimit',
  title: 'trade frequency',
  precedence: 70,
  config: Config,
  triggers: { market: false, position: false, ledger: true },

  evaluate: (context, config) => [judgeCounts(context, config)],

  watches: () => [],
};

type WindowName = 'perMinute' | 'perHour' | 'perSession';

/** One window with what it holds now. */
type Counted = {
  readonly name: WindowName;
  readonly limit: number;
  /** Trades in it, by venue time. */
  readonly trades: readonly CountedTrade[];
  /** Absent for the session, which only the reset ends. */
  readonly widthMs?: number;
};

function judgeCounts(context: RuleContext, config: Config): RuleFinding {
  const { facts, nowMs } = context;
  const trades = countedByWindow(facts, config.countBasis, config.excludeOwnEnforcement);
  const windows = countWindows(trades, config, nowMs);
  const isJudged = judgedTrades(facts, rule.id);
  // Also what does not count now: a reload that counts otherwise finds it judged.
  const memory = rememberJudged(facts, rule.id, recentTrades(facts));
  const remember = memory === undefined ? {} : { remember: memory };
  const figures = {
    entity: 'account',
    unit: 'contracts',
    inputs: windows.map((window) => ({ name: window.name, value: String(window.trades.length) })),
  } as const;

  const breached = windows.filter((window) => headroom(window) < 0);
  if (breached.length === 0) {
    const nearest = windows.reduce((one, other) => (headroom(other) < headroom(one) ? other : one));
    const { limit, trades: held } = nearest;
    const [observed, left] = [held.length, headroom(nearest)];
    return { ...passFinding(rule, { ...figures, observed, limit, headroom: left }), ...remember };
  }
  const fresh = breached.filter((window) => hasNew(window, isJudged));
  const isNew = fresh.length > 0;
  const { name, limit, trades: held } = longest(isNew ? fresh : breached, config);
  const wants = isNew ? wanted(name, config, nowMs) : [];
  const deny = denyFinding(rule, { ...figures, observed: held.length, limit, headroom: 0, wants });
  return { ...deny, ...dueOf(breached), ...remember };
}

/** What is stamped later than now counts as now: a clock that runs ahead hides no trade. */
function countWindows(
  { recent, session }: ReturnType<typeof countedByWindow>,
  { limits }: Config,
  nowMs: number,
): readonly Counted[] {
  const within = (widthMs: number): readonly CountedTrade[] =>
    recent.filter(({ atMs }) => atMs > nowMs - widthMs);
  const [minuteMs, hourMs] = [60_000, 3_600_000];
  return [
    { name: 'perMinute', limit: limits.perMinute, trades: within(minuteMs), widthMs: minuteMs },
    { name: 'perHour', limit: limits.perHour, trades: within(hourMs), widthMs: hourMs },
    { name: 'perSession', limit: limits.perSession, trades: session },
  ];
}

function headroom({ limit, trades }: Counted): number {
  return limit - trades.length;
}

function hasNew({ trades }: Counted, isJudged: IsJudged): boolean {
  return trades.some(({ fills }) => !fills.some(isJudged));
}

/** The window whose lock lasts longest; until the reset outranks every cooldown. */
function longest(windows: readonly Counted[], config: Config): Counted {
  const lasts = ({ name }: Counted): number =>
    isUntilReset(name, config) ? Infinity : config.cooldownOnBreach[name];
  return windows.reduce((one, other) => (lasts(other) > lasts(one) ? other : one));
}

function isUntilReset(name: WindowName, { sessionBreach }: Config): boolean {
  return name === 'perSession' && sessionBreach === 'untilReset';
}

/** `fromMs` is now, so that a later breach asks for something else than the one before it. */
function wanted(name: WindowName, config: Config, nowMs: number): readonly WantedAction[] {
  const scope = 'account';
  const keeps = config.cancelIncreasingOrders ? {} : { keepsOrders: true as const };
  const durationMs = config.cooldownOnBreach[name];
  return [
    isUntilReset(name, config)
      ? { type: 'setLock', scope, kind: 'untilReset', ...keeps }
      : { type: 'setLock', scope, kind: 'cooldown', durationMs, fromMs: nowMs, ...keeps },
    { type: 'alert', severity: config.severity },
  ];
}

/** When enough trades have left every exceeded window; never for the session. */
function dueOf(breached: readonly Counted[]): { readonly dueAtMs?: number } {
  const ends = breached.map(({ limit, trades, widthMs }) => {
    const lastToLeave = trades[trades.length - limit - 1];
    return widthMs === undefined || lastToLeave === undefined
      ? Infinity
      : lastToLeave.atMs + widthMs;
  });
  const dueAtMs = Math.max(...ends);
  return Number.isFinite(dueAtMs) ? { dueAtMs } : {};
}
