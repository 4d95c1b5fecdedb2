/**
 * RULE-003, the hard lock on the loss of the trading day: realized alone, and realized plus open profit.
 * How the result is judged, and what an acknowledged loss changes, stands in daily-result.ts.
 */
import { z } from 'zod';
import { FlagValue, MoneyValue } from '../domain/config-values.ts';
import { RuleId } from '../domain/ids.ts';
import type { AccountFacts } from '../domain/view.ts';
import { judgedByDay, type DailyLimit } from './daily-result.ts';
import { commonKeys, inheritedKeys, limitUnits, wholeBetween } from './rule-config.ts';
import type { RuleDefinition } from './rule.ts';

const HourMinute = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
  .meta({ values: '`HH:MM`, 24 hours, in quotes' });

const keys = z.strictObject({
  ...commonKeys('error'),
  ...inheritedKeys(),
  limit: MoneyValue.refine((units) => units < 0, { error: 'a loss limit is below 0' })
    .meta({ exclusiveMaximum: 0 })
    .default(-500_000_000)
    .meta({ default: -500, description: 'the loss of a trading day at which trading ends' }),
  combinedWithUnrealized: FlagValue.default(true).describe(
    'realized and open result together are held against the limit as well; false: realized alone',
  ),
  warnAtPct: wholeBetween(1, 99)
    .default(80)
    .describe('share of the limit in percent from which a PASS is marked as a warning'),
  confirmations: wholeBetween(1, 10)
    .default(2)
    .describe(
      'ticks in a row, the flagged one included, before a tick that the outlier guard flags counts; 1: at once',
    ),
  resetTime: HourMinute.optional().describe(
    'when given, must equal dailyReset.time: it states the reset, it does not make it',
  ),
  timezone: z.string().optional().describe('when given, must equal dailyReset.timezone'),
});
const Config = keys.meta({
  description:
    'The loss of the trading day: the realized result of today, and realized plus open result together, against one limit.',
  enforcement:
    'Locks the account until the next daily reset, cancels every order, closes every position, raises an alert. The lock is on the disk before the first command leaves.',
  edges: [
    'A realized loss beyond the limit is a breach even while an open result is unknown; without one, an unknown open result makes the verdict UNKNOWN.',
    'When an operator ends the lock, the loss of that moment is acknowledged: until the reset a worse realized result breaches. Realized and open result together go on against the limit only where the acknowledged loss is within it; past it the open result is left to RULE-004.',
    'A fill that arrives while locked counts. A fill of a past trading day never changes the result of today.',
  ],
});
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-003'), code: 'DAILY_LOSS_REACHED' } as const;

export const dailyRealizedLoss: RuleDefinition<Config> = {
  ...rule,
  key: 'dailyRealizedLoss',
  title: 'daily loss',
  precedence: 30,
  config: Config,
  ...judgedByDay(limitOf),
};

function limitOf(facts: AccountFacts, config: Config): DailyLimit {
  return {
    rule,
    side: 'loss',
    limitUnits: limitUnits(config.limit, facts.currency),
    acknowledgedUnits: facts.acknowledgedLossUnits,
    config,
  };
}
