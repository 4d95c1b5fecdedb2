/**
 * The result of the trading day against one limit, the same for the loss (RULE-003) and the profit
 * (RULE-013): realized alone, and realized plus open profit. Both read one ledger and add nothing to it. Pure.
 *
 * After an unlock the realized result R = x of that moment is acknowledged: until the next trading day a realized
 * result beyond x breaches. Realized plus open result goes on against the configured limit where x itself is within
 * it. Where x is at the limit or past it, open profit is left out: the spread of the first new position would lock
 * the account again and no unlock would mean anything. Source: rules 3 (RULE-003, RULE-013), 5.5.
 */
import { addExact, mulDiv } from '../domain/arithmetic.ts';
import { formatMoney, type Units } from '../domain/money.ts';
import type { Severity, VerdictInput, RuleFinding, WantedAction } from '../domain/verdict.ts';
import type { AccountFacts } from '../domain/view.ts';
import { denyFinding, gateFinding, passFinding, unknownFinding } from './findings.ts';
import { openProfit, sumProfits, type MarkReading } from './marks.ts';
import type { RuleContext, RuleDefinition, Watch } from './rule.ts';

/** As much of a rule's parsed configuration as the judgement depends on. */
export type DailyConfig = MarkReading & {
  readonly combinedWithUnrealized: boolean;
  readonly includeFees: boolean;
  readonly breachAtEquality: boolean;
  readonly warnAtPct: number;
  readonly severity: Severity;
};

/** One limit on the result of the day. Money in accounting units of the account. */
export type DailyLimit = {
  readonly rule: Pick<RuleDefinition, 'id' | 'code'>;
  /** A loss breaches at or below its limit, a profit at or above. */
  readonly side: 'loss' | 'profit';
  readonly limitUnits: Units;
  /** Result at which an unlock has acknowledged the breach; it takes the place of the limit. */
  readonly acknowledgedUnits: Units | undefined;
  readonly config: DailyConfig;
  /** What a breach says beside its figures. */
  readonly notes?: readonly VerdictInput[];
};

/** What the rules of the day have in common: everything but their keys and which limit they hold the day against. */
export function judgedByDay<Config extends DailyConfig>(
  limitOf: (facts: AccountFacts, config: Config) => DailyLimit,
): Required<
  Pick<
    RuleDefinition<Config>,
    'triggers' | 'evaluate' | 'watches' | 'markAges' | 'priceBasis' | 'judgeOrder'
  >
> {
  return {
    triggers: { market: true, position: true, ledger: true },
    evaluate: (context, config) => [judgeDay(context, limitOf(context.facts, config))],
    watches: ({ facts }, config) => watchesOfDay(facts, limitOf(facts, config)),
    markAges: (config) => [config.quoteMaxAgeSeconds * 1_000],
    priceBasis: (config) => config.markPrice,
    judgeOrder(context, config, order) {
      const finding = judgeDay(context, limitOf(context.facts, config));
      return gateFinding([finding], order.instrument, finding);
    },
  };
}

/** The judgement of the account; always one finding. */
function judgeDay(context: RuleContext, day: DailyLimit): RuleFinding {
  const { facts } = context;
  const { rule, config } = day;
  const limit = day.acknowledgedUnits ?? day.limitUnits;
  const realized = netRealized(facts, config);
  const inputs: VerdictInput[] = [
    { name: 'realized', value: formatMoney(realized, facts.currency) },
    { name: 'fees', value: formatMoney(facts.feesUnits, facts.currency) },
  ];
  const figures = { entity: 'account', unit: 'money', inputs } as const;
  if (!facts.isReconciled) {
    return unknownFinding(rule, { ...figures, limit, missing: ['reconciliation'] });
  }
  const alone = judgeRealized(day, realized, limit);
  if (!isCombined(day)) return compare(day, figures, alone, limit);

  const open = sumProfits(facts.positions.map((held) => openProfit(context, held, config)));
  inputs.push(...open.inputs);
  // The realized check stands on its own: an unknown open profit does not hide what is already made.
  if (alone.isBreach) return compare(day, figures, alone, limit);
  if (open.missing.length > 0) {
    return unknownFinding(rule, { ...figures, limit, missing: open.missing });
  }
  inputs.push({ name: 'unrealized', value: formatMoney(open.units, facts.currency) });
  const together = addExact(realized, open.units);
  const observed =
    day.side === 'loss' ? Math.min(realized, together) : Math.max(realized, together);
  const { limitUnits } = day;
  const isTogether = isBreach(day, together, limitUnits);
  // What is nearer is named: the acknowledged result for what is realized, the limit for both together.
  const isByLimit = isTogether || day.acknowledgedUnits === undefined;
  return isByLimit
    ? compare(day, figures, { observed, isBreach: isTogether }, limitUnits)
    : compare(day, figures, alone, limit);
}

/** Bounds on the open profit of the account for the workers; none while only the realized result counts. */
function watchesOfDay(facts: AccountFacts, day: DailyLimit): readonly Watch[] {
  if (!isCombined(day)) return [];
  const realized = netRealized(facts, day.config);
  const watch = (atUnits: Units): Watch => ({
    entity: 'account',
    measure: 'account',
    side: day.side === 'loss' ? 'worst' : 'best',
    atUnits: addExact(atUnits, -realized),
  });
  return [watch(day.limitUnits), watch(warnUnits(day, day.limitUnits))];
}

type Judged = { readonly observed: Units; readonly isBreach: boolean };

/** Realized profit of the day as the limit sees it. */
function netRealized(facts: AccountFacts, { includeFees }: DailyConfig): Units {
  return includeFees ? addExact(facts.realizedUnits, -facts.feesUnits) : facts.realizedUnits;
}

function isCombined(day: DailyLimit): boolean {
  const { config, acknowledgedUnits } = day;
  if (!config.combinedWithUnrealized || acknowledgedUnits === undefined)
    return config.combinedWithUnrealized;
  return !isBreach(day, acknowledgedUnits, day.limitUnits);
}

/** What is beyond an acknowledged result breaches, that result itself does not. */
function judgeRealized(day: DailyLimit, realized: Units, limit: Units): Judged {
  return day.acknowledgedUnits === undefined
    ? { observed: realized, isBreach: isBreach(day, realized, limit) }
    : { observed: realized, isBreach: beyond(day, realized, limit) > 0 };
}

function isBreach(day: DailyLimit, observed: Units, limit: Units): boolean {
  const by = beyond(day, observed, limit);
  return day.config.breachAtEquality ? by >= 0 : by > 0;
}

/** How far a result is past a bound; below 0 while it is on the permitted side. */
function beyond({ side }: DailyLimit, observed: Units, bound: Units): Units {
  return side === 'loss' ? bound - observed : observed - bound;
}

function warnUnits({ config }: DailyLimit, limit: Units): Units {
  return mulDiv(limit, config.warnAtPct, 100);
}

function compare(
  day: DailyLimit,
  figures: { entity: 'account'; unit: 'money'; inputs: readonly VerdictInput[] },
  judged: Judged,
  limit: Units,
): RuleFinding {
  const { rule, config, notes = [] } = day;
  const { observed } = judged;
  const headroom = Math.max(0, -beyond(day, observed, limit));
  if (judged.isBreach) {
    const inputs = [...figures.inputs, ...notes];
    const wants = wanted(config.severity);
    return denyFinding(rule, { ...figures, inputs, observed, limit, headroom, wants });
  }
  const isWarning = beyond(day, observed, warnUnits(day, limit)) >= 0;
  return passFinding(rule, { ...figures, observed, limit, headroom, isWarning });
}

/** Lock first, then orders, then positions: nothing new may come in between. */
function wanted(severity: Severity): readonly WantedAction[] {
  return [
    { type: 'setLock', scope: 'account', kind: 'untilReset' },
    { type: 'cancelAllOrders' },
    { type: 'flattenAccount' },
    { type: 'alert', severity },
  ];
}
