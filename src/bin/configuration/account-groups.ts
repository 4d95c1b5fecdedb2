/** The section `groups` of `accounts.yaml`: limits of several accounts together. Source: rules 11, group limits. */
import { z } from 'zod';
import type { AccountGroup } from '../../actors/account-groups.ts';
import type { RuleConfigured } from '../../actors/world.ts';
import type { AccountId } from '../../domain/ids.ts';
import { groupRuleKeys } from '../../rules/group-limit.ts';
import { ruleByKey } from '../../rules/registry.ts';
import type { EffectiveTimers } from './account-timers.ts';
import { inheritedKeys } from './general-schema.ts';
import { issueProblems, keyText, valueAt, type KeyPath, type Problem } from './problem.ts';

const block = (key: string) =>
  z.record(z.string(), z.unknown()).optional().describe(`over the sum of the members: see ${key}`);

/** A group; its rules are judged by their own schemas. */
const GroupBlock = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/, { error: 'letters, digits and hyphens, at most 32' })
    .meta({ values: 'letters, digits and hyphens, at most 32' })
    .describe('name of the group in verdicts and locks; no two are the same'),
  accounts: z
    .array(z.string())
    .min(1, { error: 'at least one account' })
    .describe('ids of its accounts; those that are switched off do not count'),
  rules: z
    .strictObject(Object.fromEntries(groupRuleKeys.map((key) => [key, block(key)])))
    .describe(
      'limits that all of its accounts together keep, each beside the limit of the account',
    ),
});

export const GroupList = z.array(GroupBlock).max(32);
export type GroupList = z.output<typeof GroupList>;

type Given = {
  readonly groups: GroupList;
  /** What every rule inherits from `general`, as it was given. */
  readonly inherited: Readonly<Record<string, unknown>>;
  /** Every account of the configuration, and whether it is on. */
  readonly accounts: ReadonlyMap<string, boolean>;
  /** What says when the trading day of an account changes. */
  readonly dayOf: (account: string) => string;
};

/** What the engine takes, and what is wrong with it. `whereOf` names the place of a path. */
export function groupSettings(
  given: Given,
  whereOf: (path: KeyPath) => string,
): { readonly groups: readonly AccountGroup[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report = (path: KeyPath, text: string): void => {
    problems.push({ where: whereOf(path), key: keyText(path), text });
  };
  const names = given.groups.map(({ name }) => name.toUpperCase());
  const groups = given.groups.map((group, index): AccountGroup => {
    const { name } = group;
    if (names.indexOf(name.toUpperCase()) < index)
      report(['groups', index, 'name'], `was "${name}": a name that no other group has`);
    checkMembers(group, index, given, report);
    const rules = Object.entries(group.rules).flatMap(([key, own]) => {
      if (own === undefined || own['enabled'] === false) return [];
      const parsed = ruleOf(key, own, given.inherited);
      if ('config' in parsed) return [parsed];
      for (const { path, text } of parsed.problems)
        report(['groups', index, 'rules', key, ...path], text);
      return [];
    });
    const accounts = group.accounts.filter((id) => given.accounts.get(id) === true);
    return { name, accounts: accounts as readonly string[] as readonly AccountId[], rules };
  });
  return { groups, problems };
}

function checkMembers(
  { accounts }: GroupList[number],
  index: number,
  { accounts: known, dayOf }: Given,
  report: (path: KeyPath, text: string) => void,
): void {
  for (const [place, id] of accounts.entries()) {
    const path = ['groups', index, 'accounts', place];
    if (!known.has(id)) report(path, `was "${id}": an account of this configuration`);
    else if (accounts.indexOf(id) < place) report(path, `was "${id}": it is in the list already`);
    else if (dayOf(id) !== dayOf(accounts[0] ?? id))
      report(path, `was "${id}": the daily reset of a group is the same for all its accounts`);
  }
}

type Parsed =
  | RuleConfigured
  | { readonly problems: readonly { readonly path: readonly string[]; readonly text: string }[] };

function ruleOf(
  key: string,
  own: Readonly<Record<string, unknown>>,
  inherited: Readonly<Record<string, unknown>>,
): Parsed {
  const definition = ruleByKey(key);
  if (definition === undefined) return { problems: [{ path: [], text: 'is no rule' }] };
  const bound = key === 'dailyRealizedProfit' ? 'target' : 'limit';
  if (own[bound] === undefined) {
    const text = 'is missing: what a group may do is said, there is no default';
    return { problems: [{ path: [bound], text }] };
  }
  // One position is the business of its account.
  const isTotal = key === 'dailyUnrealizedLoss';
  if (isTotal && own['scope'] !== undefined && own['scope'] !== 'total') {
    const text = `was ${JSON.stringify(own['scope'])}: total, all positions of the group together`;
    return { problems: [{ path: ['scope'], text }] };
  }
  const whole = { ...inherited, ...own, ...(isTotal ? { scope: 'total' } : {}) };
  const parsed = definition.config.safeParse(whole);
  if (parsed.success) return { definition, config: parsed.data };
  const found = issueProblems(definition.config, whole, parsed.error.issues, () => '');
  return { problems: found.map(({ key: path, text }) => ({ path: path.split('.'), text })) };
}

type ReadTree = {
  readonly tree: unknown;
  readonly whereOf: (path: KeyPath) => string;
  /** Values that are at least this for the whole run. */
  readonly least: Readonly<Record<string, unknown>>;
};

/** The groups of a file that its schema has nothing against. */
export function groupsOfFile(
  file: {
    readonly groups: GroupList;
    readonly accounts: readonly { readonly id: string; readonly enabled: boolean }[];
  },
  timersOf: (id: string) => EffectiveTimers | undefined,
  { tree, whereOf, least }: ReadTree,
): ReturnType<typeof groupSettings> {
  const general = inheritedKeys.map((key) => [key, valueAt(tree, ['general', key])] as const);
  const given = Object.fromEntries(general.filter(([, value]) => value !== undefined));
  return groupSettings(
    {
      groups: file.groups,
      inherited: { ...given, ...least },
      accounts: new Map(file.accounts.map(({ id, enabled }) => [id, enabled])),
      dayOf: (id) => JSON.stringify(timersOf(id)?.timers?.dailyReset),
    },
    whereOf,
  );
}
