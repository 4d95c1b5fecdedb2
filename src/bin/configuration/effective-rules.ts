/**
 * The risk of one account: built-in defaults, then timers, `general` and `rules`, then the account's own file, then its
 * overrides. Maps merge by key at every depth; scalars and lists are replaced. Source: rules 11.
 */
import { Controls } from '../../domain/controls.ts';
import { ruleCatalogue } from '../../rules/registry.ts';
import {
  effectiveBlocks,
  isMap,
  merged,
  type ConfiguredValue,
  type EffectiveBlocks,
  type Layer,
} from './effective-blocks.ts';
import { issueProblems, keyText, valueAt, type KeyPath, type Problem } from './problem.ts';
import { inheritedKeys } from './schema.ts';
import { timerContradictions, timerLayer, withSingleCooldown } from './timers.ts';
import { shownValue } from './values.ts';

/** A rule with its parsed configuration. */
export type RuleSetting = {
  readonly ruleId: string;
  readonly key: string;
  readonly config: unknown;
};

/** A value that some layer gave, with the place at which it stands. */
type Given = { readonly value: unknown; readonly path: KeyPath; readonly where: string };

export type EffectiveRules = {
  readonly settings: readonly RuleSetting[];
  readonly values: readonly ConfiguredValue[];
  readonly problems: readonly Problem[];
};

/**
 * @param layers what the files give, before any default; the first one is that of all accounts
 * @param least values that are at least this for the whole run, such as the age of quotes of a slow recording
 */
export function effectiveRules(
  layers: readonly Layer[],
  account: string,
  least: Readonly<Record<string, number>> = {},
): EffectiveRules {
  const settings: RuleSetting[] = [];
  const values: ConfiguredValue[] = [];
  const problems: Problem[] = [];
  const [base] = layers;
  for (const rule of ruleCatalogue) {
    const given = givenKeys(layers, rule.key);
    const block = withSingleCooldown(
      base?.tree,
      rule.key,
      Object.fromEntries([...given].map(([key, { value }]) => [key, value])),
    );
    const parsed = rule.config.safeParse(raised(block, least));
    if (!parsed.success) {
      const named = issueProblems(rule.config, block, parsed.error.issues, (path) => {
        const one = given.get(String(path[0]));
        return one?.where ?? base?.whereOf(['rules', rule.key]) ?? 'default';
      });
      for (const { where, key, text } of named) {
        problems.push({ where, key: fullKey(given, rule.key, key), text });
      }
      continue;
    }
    settings.push({ ruleId: rule.id, key: rule.key, config: parsed.data });
    if (isOn(parsed.data)) problems.push(...disagreements(layers, rule.key, account));
    for (const [key, value] of Object.entries(parsed.data as Record<string, unknown>)) {
      const one = given.get(key);
      values.push({
        account,
        key: `rules.${rule.key}.${key}`,
        value: shownValue(one?.value ?? value),
        source: one === undefined ? 'default' : `${one.where} ${keyText(one.path)}`,
      });
    }
  }
  return { settings, values, problems };
}

export type EffectiveControls = Omit<EffectiveBlocks<Controls>, 'parsed'> & {
  readonly controls?: Controls;
};

/** The pre-trade controls of one account. */
export function effectiveControls(layers: readonly Layer[], account: string): EffectiveControls {
  const { parsed, ...rest } = effectiveBlocks(Controls, layers, account);
  return { ...rest, ...(parsed === undefined ? {} : { controls: parsed }) };
}

/** Every key that is given for a rule; later layers win, and in each of them the block of the rule over `general`. */
function givenKeys(layers: readonly Layer[], ruleKey: string): ReadonlyMap<string, Given> {
  const given = new Map<string, Given>();
  const [base] = layers;
  for (const [key, { value, path }] of timerLayer(base?.tree, ruleKey))
    given.set(key, { value, path, where: base?.whereOf(path) ?? 'default' });
  for (const { tree, prefix, whereOf } of layers) {
    takeQuoteAge(given, tree, prefix, whereOf);
    for (const path of [
      [...prefix, 'general'],
      [...prefix, 'rules', ruleKey],
    ])
      takeBlock(given, valueAt(tree, path), path, whereOf);
  }
  return given;
}

function takeBlock(
  given: Map<string, Given>,
  block: unknown,
  path: KeyPath,
  whereOf: Layer['whereOf'],
): void {
  if (!isMap(block)) return;
  const isGeneral = path.at(-1) === 'general';
  for (const [key, value] of Object.entries(block)) {
    if (isGeneral && !inheritedKeys.includes(key)) continue;
    const full = [...path, key];
    given.set(key, {
      value: merged(given.get(key)?.value, value),
      path: full,
      where: whereOf(full),
    });
  }
}

/** The bound of quotes has a second home in the controls. Source: rules 10.7 (15). */
function takeQuoteAge(
  given: Map<string, Given>,
  tree: unknown,
  prefix: KeyPath,
  whereOf: Layer['whereOf'],
): void {
  const path = [...prefix, 'staleness', 'quoteMaxAgeSeconds'];
  const value = valueAt(tree, path);
  if (value !== undefined) given.set('quoteMaxAgeSeconds', { value, path, where: whereOf(path) });
}

function disagreements(
  layers: readonly Layer[],
  ruleKey: string,
  account: string,
): readonly Problem[] {
  const [base] = layers;
  const blocks = layers.map(({ tree, prefix }) => valueAt(tree, [...prefix, 'rules', ruleKey]));
  return timerContradictions(base?.tree, ruleKey, blocks).map(({ path, text }) => ({
    where: base?.whereOf(path) ?? 'default',
    key: keyText(path),
    text: `of account ${account} ${text}`,
  }));
}

function isOn(config: unknown): boolean {
  return (config as { readonly enabled?: boolean }).enabled !== false;
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
