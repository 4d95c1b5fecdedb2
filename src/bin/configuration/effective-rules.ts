/** The rules of one account: built-in defaults, then `general` and `rules`, then the account's overrides. Source: rules 11. */
import { ruleCatalogue } from '../../rules/registry.ts';
import { issueProblems, keyText, valueAt, type KeyPath, type Problem } from './problem.ts';
import { inheritedKeys } from './schema.ts';

/** A rule with its parsed configuration. */
export type RuleSetting = {
  readonly ruleId: string;
  readonly key: string;
  readonly config: unknown;
};

/** One effective value and where it comes from: `default`, a file with line, or a command line option. */
export type ConfiguredValue = {
  readonly account: string;
  readonly key: string;
  readonly value: string;
  readonly source: string;
};

/** A value that some layer gave, with the path at which it stands there. */
type Given = { readonly value: unknown; readonly path: KeyPath };

export type EffectiveRules = {
  readonly settings: readonly RuleSetting[];
  readonly values: readonly ConfiguredValue[];
  readonly problems: readonly Problem[];
};

/**
 * @param tree what the files give, before any default
 * @param account place of the account in `accounts`
 * @param least values that are at least this for the whole run, such as the age of quotes of a slow recording
 */
export function effectiveRules(
  tree: unknown,
  account: { readonly id: string; readonly index: number },
  whereOf: (path: KeyPath) => string,
  least: Readonly<Record<string, number>> = {},
): EffectiveRules {
  const settings: RuleSetting[] = [];
  const values: ConfiguredValue[] = [];
  const problems: Problem[] = [];
  for (const rule of ruleCatalogue) {
    const given = layers(tree, account.index, rule.key);
    const block = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
    const parsed = rule.config.safeParse(raised(block, least));
    if (!parsed.success) {
      const named = issueProblems(rule.config, block, parsed.error.issues, (path) =>
        whereOf(given.get(String(path[0]))?.path ?? ['rules', rule.key]),
      );
      for (const { where, key, text } of named) {
        problems.push({ where, key: fullKey(given, rule.key, key), text });
      }
      continue;
    }
    settings.push({ ruleId: rule.id, key: rule.key, config: parsed.data });
    for (const [key, value] of Object.entries(parsed.data as Record<string, unknown>)) {
      const path = given.get(key)?.path;
      values.push({
        account: account.id,
        key: `rules.${rule.key}.${key}`,
        value: shownValue(given.get(key)?.value ?? value),
        source: path === undefined ? 'default' : `${whereOf(path)} ${keyText(path)}`,
      });
    }
  }
  return { settings, values, problems };
}

/** Every key that is given for a rule; later layers win: general, rules, and the same two of the account. */
function layers(tree: unknown, index: number, ruleKey: string): ReadonlyMap<string, Given> {
  const given = new Map<string, Given>();
  const override = ['accounts', index, 'configOverrides'];
  for (const path of [
    ['general'],
    ['rules', ruleKey],
    [...override, 'general'],
    [...override, 'rules', ruleKey],
  ]) {
    const block = valueAt(tree, path);
    if (typeof block !== 'object' || block === null) continue;
    for (const [key, value] of Object.entries(block)) {
      if (path.at(-1) === 'general' && !inheritedKeys.includes(key)) continue;
      given.set(key, { value: merged(given.get(key)?.value, value), path: [...path, key] });
    }
  }
  return given;
}

/** Maps merge by key, at every depth; scalars and lists are replaced. Source: rules 11. */
function merged(below: unknown, above: unknown): unknown {
  if (!isMap(below) || !isMap(above)) return above;
  const both: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) both[key] = merged(below[key], value);
  return both;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function raised(
  block: Readonly<Record<string, unknown>>,
  least: Readonly<Record<string, number>>,
): unknown {
  const entries = Object.entries(least).filter(([key, value]) => {
    const text = block[key] ?? ruleDefault;
    return !(Number(text) >= value);
  });
  return { ...block, ...Object.fromEntries(entries) };
}

/** Absent: below everything. */
const ruleDefault = -1;

function fullKey(given: ReadonlyMap<string, Given>, ruleKey: string, key: string): string {
  const [first = ''] = key.split('.');
  const path = given.get(first)?.path;
  return path === undefined ? `rules.${ruleKey}.${key}` : keyText([...path.slice(0, -1), key]);
}

function shownValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
