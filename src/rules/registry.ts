/** All rules, in the order of evaluation. A new rule is one file and one line here. */
import type { RuleId } from '../domain/ids.ts';
import { dailyRealizedLoss } from './daily-realized-loss.rule.ts';
import { dailyUnrealizedLoss } from './daily-unrealized-loss.rule.ts';
import { maxContracts } from './max-contracts.rule.ts';
import type { RuleDefinition } from './rule.ts';

export const ruleCatalogue: readonly RuleDefinition[] = [
  dailyRealizedLoss,
  maxContracts,
  dailyUnrealizedLoss,
];

/** The rule of an id (`RULE-003`), or undefined. */
export function ruleById(id: RuleId): RuleDefinition | undefined {
  return byId.get(id);
}

/** The rule of a configuration key (`dailyRealizedLoss`), or undefined. */
export function ruleByKey(key: string): RuleDefinition | undefined {
  return byKey.get(key);
}

const byId = new Map(ruleCatalogue.map((rule) => [rule.id, rule]));
const byKey = new Map(ruleCatalogue.map((rule) => [rule.key, rule]));
