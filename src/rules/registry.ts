/** All rules, in the order of evaluation. A new rule is one file and one line here. */
import type { RuleId } from '../domain/ids.ts';
import { authLossGuard } from './auth-loss-guard.rule.ts';
import { cooldownAfterLoss } from './cooldown-after-loss.rule.ts';
import { dailyRealizedLoss } from './daily-realized-loss.rule.ts';
import { dailyRealizedProfit } from './daily-realized-profit.rule.ts';
import { dailyUnrealizedLoss } from './daily-unrealized-loss.rule.ts';
import { maxContractsPerInstrument } from './max-contracts-per-instrument.rule.ts';
import { maxContracts } from './max-contracts.rule.ts';
import { maxUnrealizedProfit } from './max-unrealized-profit.rule.ts';
import { noStopLossGrace } from './no-stop-loss-grace.rule.ts';
import { watchedControls } from './portfolio/stops.ts';
import type { RuleDefinition } from './rule.ts';
import { sessionBlockOutside } from './session-block-outside.rule.ts';
import { symbolBlocks } from './symbol-blocks.rule.ts';
import { tradeFrequencyLimit } from './trade-frequency-limit.rule.ts';
import { tradeManagement } from './trade-management.rule.ts';

export const ruleCatalogue: readonly RuleDefinition[] = [
  authLossGuard,
  sessionBlockOutside,
  dailyRealizedLoss,
  dailyRealizedProfit,
  maxContracts,
  maxContractsPerInstrument,
  symbolBlocks,
  dailyUnrealizedLoss,
  maxUnrealizedProfit,
  noStopLossGrace,
  tradeFrequencyLimit,
  cooldownAfterLoss,
  tradeManagement,
];

/** The rule of an id (`RULE-003`), or undefined. */
export function ruleById(id: RuleId): RuleDefinition | undefined {
  return byId.get(id);
}

/** The rule of a configuration key (`dailyRealizedLoss`), or undefined. */
export function ruleByKey(key: string): RuleDefinition | undefined {
  return byKey.get(key);
}

/** Controls that are watched like rules are found by their id too. */
const byId = new Map([...ruleCatalogue, ...watchedControls].map((rule) => [rule.id, rule]));
const byKey = new Map(ruleCatalogue.map((rule) => [rule.key, rule]));
