/** Groups of accounts with limits of their own, as configured now. Source: rules 11. */
import type { AccountId } from '../domain/ids.ts';
import type { AccountFacts } from '../domain/view.ts';
import type { RuleSetting } from '../ports/rule-evaluator.port.ts';
import { groupRule } from '../rules/group-limit.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { withWatched } from './portfolio.ts';
import type { AccountSettings, EngineOptions, RuleConfigured, World } from './world.ts';

/** Limits of several accounts together. */
export type AccountGroup = {
  readonly name: string;
  /** Members that this engine protects; their order is that of cutting. */
  readonly accounts: readonly AccountId[];
  /** Rules of the catalogue with their parsed configuration, over the sum of the members. */
  readonly rules: readonly RuleConfigured[];
};

/** The rules of an account, the controls that are watched like rules, and those of its groups under names of their own. */
export function rulesInForce(
  { groups = [], quoteMaxAgeMs }: Pick<EngineOptions, 'groups' | 'quoteMaxAgeMs'>,
  { id, rules, controls }: AccountSettings,
): readonly RuleConfigured[] {
  const own = groups.filter(({ accounts }) => accounts.includes(id));
  const ofGroups = own.flatMap((group) =>
    group.rules.map(({ definition, config }) => ({
      definition: groupRule(definition, group.name),
      config,
    })),
  );
  return [...withWatched(rules, controls, quoteMaxAgeMs), ...ofGroups];
}

/** What the workers are told: whatever the market does not drive is no business of theirs. */
export function marketRules({ rules }: AccountRuntime): readonly RuleSetting[] {
  return rules
    .filter(({ definition }) => definition.triggers.market)
    .map(({ definition, config }) => ({ ruleId: definition.id, config }));
}

/** What the members of a group have at this moment; undefined when one of them is not here. */
export function membersOf(world: World, name: string): readonly AccountFacts[] | undefined {
  const group = world.options.groups?.find((one) => one.name === name);
  if (group === undefined) return undefined;
  const members = group.accounts.map((id) => world.accounts.get(id)?.facts());
  return members.every((facts) => facts !== undefined) ? members : undefined;
}

/** Whoever shares a group with an account that changed is judged as well. */
export function markFellows({ options, accounts }: World): void {
  for (const { accounts: members } of options.groups ?? []) {
    if (!members.some((id) => accounts.get(id)?.isDirty === true)) continue;
    for (const id of members) {
      const account = accounts.get(id);
      if (account !== undefined) account.isDirty = true;
    }
  }
}
