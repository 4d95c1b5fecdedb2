/**
 * RULE-010, the hard lock while the venue does not permit trading.
 *
 * Only the venue's own word counts: a link that is down or a login that failed says nothing of the
 * permission, and stands in the account's trading state instead. Until the venue has said something there
 * is nothing to judge.
 */
import { z } from 'zod';
import { FlagValue } from '../domain/config-values.ts';
import { RuleId } from '../domain/ids.ts';
import type { RuleFinding, WantedAction } from '../domain/verdict.ts';
import { denyFinding, passFinding } from './findings.ts';
import { commonKeys, inheritedKeys, wholeBetween } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

/** Long enough for a sentence, short enough for every line that shows a reason. */
const reasonLengthMax = 200;

const keys = z.strictObject({
  ...commonKeys('error'),
  ...inheritedKeys(),
  checkIntervalSeconds: wholeBetween(5, 3_600)
    .default(30)
    .describe(
      'the account list is asked for the permission this often, at least every 30 s; the word of the stream is judged when it comes',
    ),
  reason: z
    .string()
    .max(reasonLengthMax)
    .default('the venue does not permit trading')
    .describe('shown with the lock, the alert and every refusal'),
  flattenOnLoss: FlagValue.default(true).describe(
    'cancel every order and close every position, as far as the venue lets it',
  ),
  autoUnlockOnRestore: FlagValue.default(true).describe(
    'the lock ends when trading is permitted again; false: only an operator ends it, and only then',
  ),
  lockoutDuration: z
    .enum(['untilRestored', 'untilReset'])
    .default('untilRestored')
    .describe('untilReset: the lock ends at the daily reset and not with the permission'),
  blockNewRiskOnDisconnect: FlagValue.refine((isBlocked) => isBlocked, {
    error: 'true: this version always refuses new risk while the venue cannot be heard',
  })
    .default(true)
    .describe('no new risk while the link is down; cannot be switched off in this version'),
});
const Config = keys.meta({
  description: "The venue's permission to trade: an account that may not trade is locked.",
  enforcement:
    'Locks the account until the permission is back, cancels every order and closes every position as far as the venue lets it (flattenOnLoss), raises an alert.',
  edges: [
    'The permission is durable: after a restart the last word of the venue holds until the next one.',
    'A repeated refusal of the venue closes nothing again.',
    'The return of the permission ends the lock of this rule only; a lock of another rule stays.',
    'With lockoutDuration untilReset a permission that is still missing after the reset locks again.',
  ],
});
type Config = z.output<typeof Config>;

const remedy = 'ask the venue or the firm why; its word ends this lock';

const rule = { id: RuleId.parse('RULE-010'), code: 'TRADING_NOT_PERMITTED' } as const;

export const authLossGuard: RuleDefinition<Config> = {
  ...rule,
  key: 'authLossGuard',
  title: 'permission to trade',
  precedence: 10,
  config: Config,
  triggers: { market: false, position: true, ledger: false },
  evaluate: (context, config) => [judge(context, config)],
  watches: () => [],
  judgeOrder: (context, config) => judge(context, config),
};

function judge({ facts }: RuleContext, config: Config): RuleFinding {
  const { canTrade, dayStartMs } = facts;
  const permission = canTrade === undefined ? 'not said' : String(canTrade);
  const figures = {
    entity: 'account',
    unit: 'contracts',
    inputs: [{ name: 'canTrade', value: permission }],
    observed: 0,
    limit: 0,
    headroom: 0,
  } as const;
  if (canTrade !== false) return passFinding(rule, figures);
  const reason = config.reason === '' ? [] : [{ name: 'reason', value: config.reason }];
  const inputs = [...figures.inputs, ...reason, { name: 'remedy', value: remedy }];
  return denyFinding(rule, { ...figures, inputs, wants: wanted(config, dayStartMs) });
}

/** Lock first: nothing new may come in between. */
function wanted(config: Config, dayStartMs: number): readonly WantedAction[] {
  const close: readonly WantedAction[] = config.flattenOnLoss
    ? [{ type: 'cancelAllOrders' }, { type: 'flattenAccount' }]
    : [];
  return [lockOf(config, dayStartMs), ...close, { type: 'alert', severity: config.severity }];
}

function lockOf(config: Config, dayStartMs: number): WantedAction {
  const lock = { type: 'setLock', scope: 'account', kind: config.lockoutDuration } as const;
  // Named with the day, the lock is asked for anew on each day on which the permission is missing.
  if (config.lockoutDuration === 'untilReset') return { ...lock, fromMs: dayStartMs };
  return config.autoUnlockOnRestore ? lock : { ...lock, endsBy: 'operator' };
}
