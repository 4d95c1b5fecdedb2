/**
 * RULE-013, the hard lock at the profit target of the trading day: realized alone, and on request realized
 * plus open profit. The mirror of RULE-003: both judge through daily-result.ts and read the same ledger.
 */
import { z } from 'zod';
import { FlagValue, MoneyValue } from '../domain/config-values.ts';
import { RuleId } from '../domain/ids.ts';
import type { AccountFacts } from '../domain/view.ts';
import { judgedByDay, type DailyLimit } from './daily-result.ts';
import { commonKeys, inheritedKeys, limitUnits, wholeBetween } from './rule-config.ts';
import type { RuleDefinition } from './rule.ts';

/** Long enough for a sentence, short enough for every line that shows a reason. */
const messageLengthMax = 200;

const keys = z.strictObject({
  ...commonKeys('error'),
  ...inheritedKeys(),
  target: MoneyValue.refine((units) => units > 0, { error: 'a profit target is above 0' })
    .meta({ exclusiveMinimum: 0 })
    .default(1_000_000_000)
    .meta({ default: 1_000, description: 'the profit of a trading day at which trading ends' }),
  combinedWithUnrealized: FlagValue.default(false).describe(
    'realized and open result together are held against the target as well; false: realized alone',
  ),
  warnAtPct: wholeBetween(1, 99)
    .default(80)
    .describe('share of the target in percent from which a PASS is marked as a warning'),
  confirmations: wholeBetween(1, 10)
    .default(2)
    .describe(
      'ticks in a row, the flagged one included, before a tick that the outlier guard flags counts; 1: at once',
    ),
  message: z
    .string()
    .max(messageLengthMax)
    .default('Daily profit target reached! Good job! See you tomorrow.')
    .describe('shown with the lock, the alert and every refusal'),
});
const Config = keys.meta({
  description:
    'The profit of the trading day: the realized result of today, and on request realized plus open result together, against one target.',
  enforcement:
    'Locks the account until the next daily reset, cancels every order, closes every position, raises an alert with the message. The lock is on the disk before the first command leaves.',
  edges: [
    'A result that falls below the target later (a losing close, a voided trade) leaves the lock as it is.',
    'A realized profit at the target is a breach even while an open result is unknown; without one, with combinedWithUnrealized, an unknown open result makes the verdict UNKNOWN.',
    'When an operator ends the lock, the profit of that moment is acknowledged: until the reset only a better realized result breaches.',
    'RULE-003 and this rule read one ledger: a trade counts once however many rules look at it.',
  ],
});
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-013'), code: 'DAILY_PROFIT_REACHED' } as const;

export const dailyRealizedProfit: RuleDefinition<Config> = {
  ...rule,
  key: 'dailyRealizedProfit',
  title: 'daily profit',
  precedence: 31,
  config: Config,
  ...judgedByDay(limitOf),
};

function limitOf(facts: AccountFacts, config: Config): DailyLimit {
  return {
    rule,
    side: 'profit',
    limitUnits: limitUnits(config.target, facts.currency),
    acknowledgedUnits: facts.acknowledgedProfitUnits,
    config,
    notes: config.message === '' ? [] : [{ name: 'message', value: config.message }],
  };
}
