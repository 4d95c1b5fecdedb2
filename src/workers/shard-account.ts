/** What a shard keeps of one account. */
import type { RuleFinding } from '../domain/verdict.ts';
import type { AccountFacts } from '../domain/view.ts';
import { condition } from '../kernel/assert.ts';
import type { RuleSetting } from '../ports/rule-evaluator.port.ts';
import { ruleById } from '../rules/registry.ts';
import type { PriceBasis, RuleDefinition } from '../rules/rule.ts';
import type { Slot } from './row-columns.ts';

export type Setting = {
  readonly definition: RuleDefinition;
  readonly config: unknown;
  readonly basis: PriceBasis;
  /** Above this age the rule takes no mark; ms. */
  readonly ageMsMax: number;
};

export type Account = {
  readonly index: number;
  facts: AccountFacts;
  settings: readonly Setting[];
  slots: readonly Slot[];
  /** Last word other than a plain PASS, by rule and entity. */
  readonly known: Map<string, RuleFinding>;
  /** Some mark or verdict is unknown: any touch may change that. */
  isUnknown: boolean;
  /** Windows closed at or before this place in the queue belong to facts that are gone. */
  since: number;
};

/** Rules that the market drives; the others are judged where their facts change. */
export function settingOf({ ruleId, config }: RuleSetting): readonly Setting[] {
  const definition = ruleById(ruleId);
  condition(definition !== undefined, () => `a rule is in the catalogue, was ${ruleId}`);
  if (!definition.triggers.market) return [];
  const ageMsMax = Math.min(...(definition.markAges?.(config) ?? []));
  return [{ definition, config, basis: definition.priceBasis?.(config) ?? 'exitSide', ageMsMax }];
}
