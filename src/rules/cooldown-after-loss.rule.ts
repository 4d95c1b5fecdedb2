/**
 * RULE-007, a pause after a loss: the larger the loss of an order, of an execution or of a round trip, the longer.
 *
 * A loss is the result of the executions that closed something, net of their fees (for round trips of all fees).
 * It is judged once, when it is final; the cooldown begins at the venue time of its last execution, not when we
 * hear of it. The verdict is DENY while such a cooldown would run.
 */
import { z } from 'zod';
import { addExact, mulDiv } from '../domain/arithmetic.ts';
import { FlagValue, MoneyValue } from '../domain/config-values.ts';
import { RuleId } from '../domain/ids.ts';
import { formatMoney, type Units } from '../domain/money.ts';
import type { RuleFinding, VerdictInput, WantedAction } from '../domain/verdict.ts';
import type { AccountFacts, TradeFacts } from '../domain/view.ts';
import { denyFinding, passFinding } from './findings.ts';
import { judgedTrades, rememberJudged, type IsJudged } from './judged-trades.ts';
import { commonKeys, inheritedKeys, limitUnits, LockDuration } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';
import { byOrder, roundTrips } from './trade-counts.ts';

/** An order that has not filled is judged when it has been quiet for so long. Source: rules RULE-007. */
const quietMs = 2_000;
/** Of a single threshold without a duration of its own. Source: rules 10.4, lockoutDurations. */
const singleDurationMs = 900_000;

const Threshold = z.strictObject({
  lossAmount: MoneyValue.refine((units) => units < 0, { error: 'a loss is below 0' }).meta({
    exclusiveMaximum: 0,
    description: 'a loss that is at least this large is followed by the pause',
  }),
  cooldownDuration: LockDuration.optional().meta({
    values: 'a duration, 1s to 24h',
    description: 'length of the pause; a single threshold may leave it out: 15m',
  }),
});

/** Smallest loss first; a larger loss has a longer cooldown. */
const Thresholds = z
  .array(Threshold)
  .min(1, { error: 'at least one threshold' })
  .refine((all) => all.length === 1 || all.every((one) => one.cooldownDuration !== undefined), {
    error: 'every one of several thresholds has a cooldownDuration',
  })
  .transform((all) =>
    all
      .map(({ lossAmount, cooldownDuration }) => ({
        lossAmount,
        cooldownDuration: cooldownDuration ?? singleDurationMs,
      }))
      .toSorted((one, other) => other.lossAmount - one.lossAmount),
  )
  .refine(
    (all) =>
      all.every((one, index) => {
        const smaller = all[index - 1];
        if (smaller === undefined) return true;
        return (
          one.lossAmount < smaller.lossAmount && one.cooldownDuration > smaller.cooldownDuration
        );
      }),
    { error: 'a larger loss has a longer cooldown, and no two are of the same loss' },
  );

const keys = z.strictObject({
  ...commonKeys('warning'),
  ...inheritedKeys(),
  lossThresholds: Thresholds.default([
    { lossAmount: -100_000_000, cooldownDuration: 300_000 },
    { lossAmount: -200_000_000, cooldownDuration: 900_000 },
    { lossAmount: -300_000_000, cooldownDuration: 1_800_000 },
  ]).meta({
    default: [
      { lossAmount: -100, cooldownDuration: '300s' },
      { lossAmount: -200, cooldownDuration: '900s' },
      { lossAmount: -300, cooldownDuration: '1800s' },
    ],
    values:
      'a list of `lossAmount` (money, < 0) and `cooldownDuration` (1s to 24h; a single threshold may leave it out: 15m)',
    description: 'how long a loss pauses the account; the largest loss that is reached counts',
  }),
  allowTradingDuringCooldown: FlagValue.default(false).describe(
    'true: no lock; the loss is recorded and an alert is raised',
  ),
  lossBasis: z
    .enum(['perOrder', 'perFill', 'perRoundTrip'])
    .default('perOrder')
    .describe(
      'what is added up: all executions of an order (judged when it is filled, or quiet for 2 s), each execution alone, or from flat to flat in one instrument',
    ),
});
const Config = keys.meta({
  description: 'A single loss that is large enough is followed by a pause.',
  enforcement:
    'Closes nothing. Locks the account for the cooldown of the loss, counted from the venue time of its last execution. Raises an alert.',
  edges: [
    'A loss of exactly the threshold counts (with breachAtEquality); only executions that closed something count.',
    'A later loss moves the end of the pause only later; pauses do not add up.',
    'A loss is judged once, by trade id: neither a restart nor an unlock nor a resynchronisation makes a lock of it again. One whose pause is already over when we hear of it makes none.',
    'An execution that is taken back leaves the lock as it is. A position carried into the trading day counts, per round trip, with what it did today.',
  ],
});
type Config = z.output<typeof Config>;
type Tier = Config['lossThresholds'][number];

const rule = { id: RuleId.parse('RULE-007'), code: 'LOSS_COOLDOWN_ACTIVE' } as const;

export const cooldownAfterLoss: RuleDefinition<Config> = {
  ...rule,
  key: 'cooldownAfterLoss',
  title: 'cooldown after loss',
  precedence: 71,
  config: Config,
  triggers: { market: false, position: false, ledger: true },

  evaluate: (context, config) => [judgeLosses(context, config)],

  watches: () => [],
};

/** What is added up and judged as one. */
type Result = {
  /** Executions that count. */
  readonly fills: readonly TradeFacts[];
  /** Net of fees as configured. */
  readonly units: Units;
  /** Venue time of the last execution that counts. */
  readonly lastAtMs: number;
  /** Nothing is expected to come to it from then on; 0: now already. */
  readonly finalAtMs: number;
};

/** A result that reaches a threshold, with the end of its cooldown. */
type Breach = { readonly result: Result; readonly tier: Tier; readonly endsAtMs: number };

function judgeLosses(context: RuleContext, config: Config): RuleFinding {
  const { facts, nowMs } = context;
  const results = resultsOf(facts, config);
  const final = results.filter(({ finalAtMs }) => finalAtMs <= nowMs);
  const isJudged = judgedTrades(facts, rule.id);
  const pending = new Set(
    results.filter(({ finalAtMs }) => finalAtMs > nowMs).flatMap((result) => result.fills),
  );
  const judged = facts.trades.filter((fill) => !pending.has(fill));
  const memory = rememberJudged(facts, rule.id, judged);
  const remember = memory === undefined ? {} : { remember: memory };

  const running = final
    .flatMap((result) => breachOf(result, facts, config))
    .filter(({ endsAtMs }) => endsAtMs > nowMs);
  const fresh = running.filter(({ result }) => hasNew(result, isJudged));
  const governing = latestEnd(fresh.length > 0 ? fresh : running);
  const due = dueOf(nowMs, results, running);
  if (governing === undefined) return { ...passOf(context, config, final), ...due, ...remember };

  const { result, tier } = governing;
  const deny = denyFinding(rule, {
    entity: 'account',
    unit: 'money',
    inputs: inputsOf(result, facts, nowMs),
    observed: result.units,
    limit: limitUnits(tier.lossAmount, facts.currency),
    headroom: 0,
    wants: fresh.length > 0 ? wanted(governing, config) : [],
  });
  return { ...deny, ...due, ...remember };
}

function resultsOf(facts: AccountFacts, config: Config): readonly Result[] {
  switch (config.lossBasis) {
    case 'perFill':
      return facts.trades.flatMap((fill) => resultOf([fill], config, 0));
    case 'perOrder':
      return byOrder(facts.trades).flatMap(({ fills }) => {
        const lastAtMs = fills.at(-1)?.atMs ?? 0;
        const orderId = fills[0]?.orderId;
        const isOpen = facts.workingOrders.some((order) => order.orderId === orderId);
        return resultOf(fills, config, isOpen ? lastAtMs + quietMs : 0);
      });
    case 'perRoundTrip':
      return roundTrips(facts).flatMap((trip) => tripResult(trip.fills, trip.closing, config));
  }
}

/** Sum over the executions that closed something; none when there is no such execution. */
function resultOf(
  fills: readonly TradeFacts[],
  { includeFees }: Config,
  finalAtMs: number,
): readonly Result[] {
  const closing = fills.filter(({ realizedUnits }) => realizedUnits !== undefined);
  const last = closing.at(-1);
  if (last === undefined) return [];
  const units = closing.reduce((sum, { realizedUnits, feeUnits }) => {
    const fee = includeFees ? feeUnits : 0;
    return addExact(addExact(sum, realizedUnits ?? 0), -fee);
  }, 0);
  return [{ fills: closing, units, lastAtMs: last.atMs, finalAtMs }];
}

/** Fees of the entries too. The fee of a flip is shared by lots: the old trip has the part that closed it. */
function tripResult(
  fills: readonly TradeFacts[],
  closing: TradeFacts | undefined,
  { includeFees }: Config,
): readonly Result[] {
  if (closing === undefined) return [];
  const units = fills.reduce((sum, fill) => {
    const isBegun = fill !== closing && fill.closedLots > 0 && fill.openedLots > 0;
    const realized = isBegun ? 0 : (fill.realizedUnits ?? 0);
    const fee = includeFees ? feeShare(fill, fill === closing, isBegun) : 0;
    return addExact(addExact(sum, realized), -fee);
  }, 0);
  return [{ fills, units, lastAtMs: closing.atMs, finalAtMs: 0 }];
}

function feeShare(fill: TradeFacts, isClosing: boolean, isBegun: boolean): Units {
  const { feeUnits, closedLots, openedLots } = fill;
  const closed = mulDiv(feeUnits, closedLots, addExact(closedLots, openedLots));
  if (isClosing) return closed;
  return isBegun ? addExact(feeUnits, -closed) : feeUnits;
}

/** The largest threshold that a result reaches. */
function breachOf(result: Result, facts: AccountFacts, config: Config): readonly Breach[] {
  const tier = config.lossThresholds.findLast(({ lossAmount }) => {
    const limit = limitUnits(lossAmount, facts.currency);
    return config.breachAtEquality ? result.units <= limit : result.units < limit;
  });
  if (tier === undefined) return [];
  return [{ result, tier, endsAtMs: addExact(result.lastAtMs, tier.cooldownDuration) }];
}

function hasNew({ fills }: Result, isJudged: IsJudged): boolean {
  return fills.some((fill) => !isJudged(fill));
}

function latestEnd(breaches: readonly Breach[]): Breach | undefined {
  return breaches.toSorted((one, other) => other.endsAtMs - one.endsAtMs)[0];
}

/** The last result while it is within the smallest threshold; one whose cooldown is over no longer counts. */
function passOf(context: RuleContext, config: Config, final: readonly Result[]): RuleFinding {
  const { facts, nowMs } = context;
  const limit = limitUnits(config.lossThresholds[0]?.lossAmount ?? 0, facts.currency);
  const [last] = final.toSorted((one, other) => other.lastAtMs - one.lastAtMs);
  const counts = last !== undefined && breachOf(last, facts, config).length === 0;
  const observed = counts ? last.units : 0;
  return passFinding(rule, {
    entity: 'account',
    unit: 'money',
    inputs: counts ? inputsOf(last, facts, nowMs) : [],
    observed,
    limit,
    headroom: Math.max(0, addExact(observed, -limit)),
  });
}

function inputsOf(
  { fills, units, lastAtMs }: Result,
  { currency }: AccountFacts,
  nowMs: number,
): readonly VerdictInput[] {
  const ageMs = nowMs - lastAtMs;
  return [
    { name: 'loss', value: formatMoney(units, currency), ageMs },
    {
      name: 'fills',
      value: fills
        .map(({ fillId }) => fillId)
        .slice(-shownFillsMax)
        .join(' '),
    },
  ];
}

/** Executions named in a finding, the last ones. */
const shownFillsMax = 5;

function wanted({ result, tier }: Breach, config: Config): readonly WantedAction[] {
  const alert = { type: 'alert', severity: config.severity } as const;
  if (config.allowTradingDuringCooldown) return [alert];
  const lock = {
    type: 'setLock',
    scope: 'account',
    kind: 'cooldown',
    durationMs: tier.cooldownDuration,
    fromMs: result.lastAtMs,
  } as const;
  return [lock, alert];
}

/** When the next result is final, or the next cooldown over. */
function dueOf(
  nowMs: number,
  results: readonly Result[],
  running: readonly Breach[],
): { readonly dueAtMs?: number } {
  const times = [
    ...results.map(({ finalAtMs }) => finalAtMs),
    ...running.map(({ endsAtMs }) => endsAtMs),
  ];
  const ahead = times.filter((atMs) => atMs > nowMs);
  return ahead.length === 0 ? {} : { dueAtMs: Math.min(...ahead) };
}
