/**
 * RULE-003, the hard lock on the loss of the trading day: realized alone, and realized plus open profit.
 *
 * After an unlock the loss at that moment is acknowledged: until the next trading day only a realized
 * result worse than it breaches. Open profit is then left to RULE-004: judged here, the spread of the
 * first new position would lock the account again and no unlock would mean anything.
 */
import { z } from 'zod';
import { addExact, mulDiv } from '../domain/arithmetic.ts';
import { FlagValue, MoneyValue } from '../domain/config-values.ts';
import { RuleId } from '../domain/ids.ts';
import { formatMoney, type Units } from '../domain/money.ts';
import type { RuleFinding, VerdictInput, WantedAction } from '../domain/verdict.ts';
import type { AccountFacts } from '../domain/view.ts';
import { denyFinding, gateFinding, passFinding, unknownFinding } from './findings.ts';
import { openProfit, sumProfits } from './marks.ts';
import { commonKeys, inheritedKeys, limitUnits, wholeBetween } from './rule-config.ts';
import type { RuleContext, RuleDefinition, Watch } from './rule.ts';

const HourMinute = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

const Config = z.strictObject({
  ...commonKeys('error'),
  ...inheritedKeys(),
  /** Money, < 0 (−500). */
  limit: MoneyValue.refine((units) => units < 0, { error: 'a loss limit is below 0' }).default(
    -500_000_000,
  ),
  /** Open profit counts too (true). */
  combinedWithUnrealized: FlagValue.default(true),
  /** Share of the limit at which PASS becomes a warning, 1..99 (80). */
  warnAtPct: wholeBetween(1, 99).default(80),
  /** Ticks that must confirm one the outlier guard flags, 1..10 (2). See docs/gaps/GAP-001. */
  confirmations: wholeBetween(1, 10).default(2),
  /** Must equal the value of the timers file when given; the reset itself is not made here. */
  resetTime: HourMinute.optional(),
  timezone: z.string().optional(),
});
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-003'), code: 'DAILY_LOSS_REACHED' } as const;

export const dailyRealizedLoss: RuleDefinition<Config> = {
  ...rule,
  key: 'dailyRealizedLoss',
  title: 'daily loss',
  precedence: 30,
  config: Config,
  triggers: { market: true, position: true, ledger: true },

  evaluate: (context, config) => [judge(context, config)],

  watches({ facts }, config) {
    if (!isCombined(facts, config)) return [];
    const limit = limitUnits(config.limit, facts.currency);
    const realized = netRealized(facts, config);
    const watch = (atUnits: Units): Watch => ({
      entity: 'account',
      measure: 'account',
      side: 'worst',
      atUnits: addExact(atUnits, -realized),
    });
    return [watch(limit), watch(warnUnits(limit, config))];
  },

  markAges: (config) => [config.quoteMaxAgeSeconds * 1_000],
  priceBasis: (config) => config.markPrice,

  judgeOrder(context, config, order) {
    const finding = judge(context, config);
    return gateFinding([finding], order.instrument, finding);
  },
};

type Judged = { readonly observed: Units; readonly isBreach: boolean };

function judge(context: RuleContext, config: Config): RuleFinding {
  const { facts } = context;
  // An acknowledged loss takes the place of the limit. Source: rules 5.5.
  const limit = facts.acknowledgedLossUnits ?? limitUnits(config.limit, facts.currency);
  const realized = netRealized(facts, config);
  const inputs: VerdictInput[] = [
    { name: 'realized', value: formatMoney(realized, facts.currency) },
    { name: 'fees', value: formatMoney(facts.feesUnits, facts.currency) },
  ];
  const figures = { entity: 'account', unit: 'money', inputs } as const;
  if (!facts.isReconciled) {
    return unknownFinding(rule, { ...figures, limit, missing: ['reconciliation'] });
  }
  const alone = judgeRealized(facts, realized, limit, config);
  if (!isCombined(facts, config)) return compare(figures, alone, limit, config);

  const open = sumProfits(facts.positions.map((held) => openProfit(context, held, config)));
  inputs.push(...open.inputs);
  // The realized check stands on its own: an unknown open profit does not hide a loss already made.
  if (alone.isBreach) return compare(figures, alone, limit, config);
  if (open.missing.length > 0) {
    return unknownFinding(rule, { ...figures, limit, missing: open.missing });
  }
  inputs.push({ name: 'unrealized', value: formatMoney(open.units, facts.currency) });
  const together = addExact(realized, open.units);
  const observed = Math.min(realized, together);
  return compare(figures, { observed, isBreach: isBreach(together, limit, config) }, limit, config);
}

/** Realized profit of the day as the limit sees it. */
function netRealized(facts: AccountFacts, config: Config): Units {
  return config.includeFees ? addExact(facts.realizedUnits, -facts.feesUnits) : facts.realizedUnits;
}

function isCombined(facts: AccountFacts, config: Config): boolean {
  return config.combinedWithUnrealized && facts.acknowledgedLossUnits === undefined;
}

/** What is worse than an acknowledged loss breaches, that loss itself does not. */
function judgeRealized(facts: AccountFacts, realized: Units, limit: Units, config: Config): Judged {
  return facts.acknowledgedLossUnits === undefined
    ? { observed: realized, isBreach: isBreach(realized, limit, config) }
    : { observed: realized, isBreach: realized < limit };
}

function isBreach(observed: Units, limit: Units, config: Config): boolean {
  return config.breachAtEquality ? observed <= limit : observed < limit;
}

function warnUnits(limit: Units, config: Config): Units {
  return mulDiv(limit, config.warnAtPct, 100);
}

function compare(
  figures: { entity: 'account'; unit: 'money'; inputs: readonly VerdictInput[] },
  judged: Judged,
  limit: Units,
  config: Config,
): RuleFinding {
  const { observed } = judged;
  const headroom = Math.max(0, observed - limit);
  if (judged.isBreach) {
    return denyFinding(rule, { ...figures, observed, limit, headroom, wants: wanted(config) });
  }
  const isWarning = observed <= warnUnits(limit, config);
  return passFinding(rule, { ...figures, observed, limit, headroom, isWarning });
}

/** Lock first, then orders, then positions: nothing new may come in between. */
function wanted(config: Config): readonly WantedAction[] {
  return [
    { type: 'setLock', scope: 'account', kind: 'untilReset' },
    { type: 'cancelAllOrders' },
    { type: 'flattenAccount' },
    { type: 'alert', severity: config.severity },
  ];
}
