/**
 * Limits that people have tightened: they stand over the configured ones until the configuration of that key changes.
 * Source: rules 5.5 and 11, trader overrides.
 */
import type { AccountId } from '../domain/ids.ts';
import type { RuleDefinition } from '../rules/rule.ts';
import { tighten, valueAt } from '../rules/tightening.ts';
import { keepLimits, type TightenedLimit } from './operator-memory.ts';
import type { Turn } from './turn.ts';
import type { RuleConfigured, World } from './world.ts';

/**
 * The configured rules with what people have tightened. What the configuration says anew, or what is not tighter than
 * it any more, is forgotten.
 */
export function withTightened(
  world: World,
  turn: Turn,
  accountId: AccountId,
  rules: readonly RuleConfigured[],
): readonly RuleConfigured[] {
  const given = world.operators.limits.get(accountId) ?? [];
  if (given.length === 0) return rules;
  let limits = given;
  const inForce = rules.map((rule) => {
    let { config } = rule;
    for (const one of limits.filter(({ rule: id }) => id === rule.definition.id)) {
      const next = overlaid(rule.definition, rule.config, config, one);
      if (next === undefined) limits = limits.filter((other) => other !== one);
      else config = next;
    }
    return config === rule.config ? rule : { definition: rule.definition, config };
  });
  if (limits.length === given.length) return inForce;
  world.operators.limits.set(accountId, limits);
  keepLimits(world.operators, turn, accountId);
  return inForce;
}

function overlaid(
  definition: RuleDefinition,
  configured: unknown,
  config: unknown,
  { key, value, over }: TightenedLimit,
): unknown {
  if (overText(configured, key) !== over) return undefined;
  const tightened = tighten(definition, config, key, value);
  return 'config' in tightened ? tightened.config : undefined;
}

/** As the configuration says, whatever people have tightened. */
export function configuredRules(world: World, accountId: AccountId): readonly RuleConfigured[] {
  return world.options.accounts.find(({ id }) => id === accountId)?.rules ?? [];
}

/** The configured value that a tighter one stands over. */
export function overText(config: unknown, key: string): string {
  return JSON.stringify(valueAt(config, key.split('.')) ?? null);
}
