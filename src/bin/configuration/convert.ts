/**
 * Files of the predecessor in the form of today: names with humps, words and durations as they are written now, rules and
 * trading hours where they stand now. Everything that is not carried over as it was is listed. Source: rules 10.8.
 *
 * What has no place here, or a value that is none here, is left out and listed: it then has its default, so a person has
 * to look. Literal secrets never leave the file that holds them.
 */
import { basename } from 'node:path';
import { parseDocument, stringify } from 'yaml';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import { ruleByKey } from '../../rules/registry.ts';
import { convertedAccounts } from './convert-accounts.ts';
import { camelKey, convertedRule, type Notes, type Tree, without } from './convert-rules.ts';
import { isMap } from './effective-blocks.ts';
import { issueProblems, keyText, valueAt, type KeyPath } from './problem.ts';
import { ConfigurationFile } from './schema.ts';
import { isSecretKey } from './secrets.ts';
import { topicFiles } from './topics.ts';

export type ConversionNote = {
  readonly file: string;
  /** As the file of the predecessor writes it. */
  readonly key: string;
  /** `changed`: carried over in another form; `left out`: not carried over. */
  readonly kind: 'changed' | 'left out';
  readonly text: string;
};

export type Conversion = {
  /** New files by name, `risk.yaml` or `accounts/own.yaml`. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly notes: readonly ConversionNote[];
};

/** @param inputs name and text of each file of the predecessor @throws OperatorError exit 2 for a file that is no YAML map */
export function convertFiles(
  inputs: readonly { readonly name: string; readonly text: string }[],
): Conversion {
  const notes: ConversionNote[] = [];
  const trees = inputs.map(({ name, text }) => ({ name, tree: parsed(name, text) }));
  const own = new Set(trees.flatMap(({ tree }) => ownFiles(tree)));
  const whole: Tree = {};
  const files: { name: string; text: string }[] = [];
  for (const { name, tree } of trees) {
    const note: Notes = (kind, key, text) => notes.push({ file: name, key, kind, text });
    const converted = acceptable(convertedTree(tree, note), note);
    if (own.has(basename(name))) {
      files.push({ name: `accounts/${basename(name)}`, text: yamlText(converted) });
      continue;
    }
    for (const [key, value] of Object.entries(converted)) {
      const before = whole[key];
      if (before === undefined) whole[key] = value;
      else if (isMap(before) && isMap(value)) whole[key] = merge(before, value, key, note);
      else note('left out', key, 'another file has it already');
    }
  }
  for (const [file, keys] of Object.entries(topicFiles)) {
    const part = Object.fromEntries(Object.entries(whole).filter(([key]) => keys.includes(key)));
    if (Object.keys(part).length > 0) files.push({ name: file, text: yamlText(part) });
  }
  return { files, notes };
}

function parsed(name: string, text: string): Tree {
  const document = parseDocument(text);
  const [error] = document.errors;
  const tree: unknown = error === undefined ? document.toJS() : undefined;
  if (isMap(tree)) return { ...tree };
  throw new OperatorError({
    code: 'CONVERSION_INPUT',
    exitCode: exitCodes.usage,
    message: `${name} ${error === undefined ? 'is not a map of keys' : `is no YAML: ${error.message}`}`,
    remedy: 'Name the YAML files of the predecessor, such as risk_config.yaml.',
  });
}

/** Names of files that single accounts have. */
function ownFiles(tree: Tree): readonly string[] {
  const accounts = tree['accounts'];
  if (!Array.isArray(accounts)) return [];
  return accounts.flatMap((account: unknown) => {
    const file = valueAt(account, ['risk_config_file']) ?? valueAt(account, ['riskConfigFile']);
    return typeof file === 'string' && file !== '' ? [basename(file)] : [];
  });
}

/** Sections of the predecessor's files, and of what one account overrides. */
function convertedTree(tree: Tree, note: Notes): Tree {
  const result: Tree = {};
  const put = (key: string, value: unknown): void => {
    const before = result[key];
    result[key] = isMap(before) && isMap(value) ? merge(before, value, key, note) : value;
  };
  for (const [key, value] of Object.entries(tree)) {
    const name = camelKey(key);
    if (name === 'rules' && isMap(value))
      for (const [rule, block] of Object.entries(value))
        takeRule(put, camelKey(rule), block, `rules.${rule}`, note);
    else if (ruleByKey(name) !== undefined) takeRule(put, name, value, key, note);
    else if (name === 'accounts' && Array.isArray(value))
      put(
        name,
        convertedAccounts(value, note, (overrides, at) => overridesOf(overrides, at, note)),
      );
    else if (name === 'topstepx' && isMap(value)) put('gateways', { topstepx: camelKeys(value) });
    else put(name, camelTree(value, key, note));
  }
  return result;
}

/** Of a gateway the keys alone: its values are secrets and addresses. */
function camelKeys(block: Readonly<Tree>): Tree {
  return Object.fromEntries(Object.entries(block).map(([key, value]) => [camelKey(key), value]));
}

function overridesOf(overrides: Tree, at: string, note: Notes): Tree {
  return convertedTree(overrides, (kind, key, text) => note(kind, `${at}.${key}`, text));
}

function takeRule(
  put: (key: string, value: unknown) => void,
  rule: string,
  block: unknown,
  at: string,
  note: Notes,
): void {
  if (!isMap(block)) {
    note('left out', at, 'a rule is a map of keys');
    return;
  }
  const { own, beside } = convertedRule(rule, { ...block }, at, note);
  put('rules', { [rule]: own });
  for (const [key, value] of Object.entries(beside)) put(key, value);
}

/** Keys and words of a section that has no further meaning here. */
function camelTree(value: unknown, at: string, note: Notes): unknown {
  if (Array.isArray(value))
    return value.map((one: unknown, index) => camelTree(one, `${at}[${index}]`, note));
  if (isMap(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        camelKey(key),
        camelTree(inner, `${at}.${key}`, note),
      ]),
    );
  }
  if (typeof value === 'string' && at === 'general.logging.level') return logLevel(value, at, note);
  if (typeof value === 'number' && at.startsWith('lockout_durations.')) {
    note('changed', at, `${value} is ${value}s`);
    return `${value}s`;
  }
  if (typeof value !== 'string' || !/^[a-z]+(_[a-z]+)+$/u.test(value)) return value;
  note('changed', at, `${value} is ${camelKey(value)}`);
  return camelKey(value);
}

/** `WARNING` is `warn`, all others are the same in small letters. */
function logLevel(value: string, at: string, note: Notes): string {
  const level = value
    .toLowerCase()
    .replace(/^warning$/u, 'warn')
    .replace(/^critical$/u, 'fatal');
  if (level !== value) note('changed', at, `${value} is ${level}`);
  return level;
}

function merge(before: Tree, value: Tree, at: string, note: Notes): Tree {
  const both: Tree = { ...before };
  for (const [key, inner] of Object.entries(value)) {
    const below = both[key];
    if (isMap(below) && isMap(inner))
      both[key] = merge({ ...below }, { ...inner }, `${at}.${key}`, note);
    else if (below === undefined) both[key] = inner;
    else if (JSON.stringify(below) !== JSON.stringify(inner))
      note(
        'left out',
        `${at}.${key}`,
        `was ${JSON.stringify(inner)}: ${JSON.stringify(below)} stands elsewhere`,
      );
  }
  return both;
}

/** Rounds of leaving out; each removes at least one key, so this ends long before. */
const roundsMax = 200;

/** Only what the schema of today takes: the rest is left out and listed. */
function acceptable(tree: Tree, note: Notes): Tree {
  let left = tree;
  for (let round = 0; round < roundsMax; round += 1) {
    const wrong = faults(left);
    const [first] = wrong;
    if (first === undefined) return left;
    note('left out', keyText(first.path), isSecret(first.path) ? secretText : first.text);
    left = without(left, first.path);
  }
  return left;
}

const secretText = 'not copied: write a reference such as ${PROJECT_X_API_KEY}';

/** Whether a value must not be shown. */
function isSecret(path: KeyPath): boolean {
  const key = String(path.at(-1));
  return path[0] === 'gateways' || path[1] === 'notifications' || isSecretKey(key);
}

type Fault = { readonly path: KeyPath; readonly text: string };

function faults(tree: Tree): readonly Fault[] {
  const asRead = textNumbers(tree);
  const parsedFile = ConfigurationFile.partial().safeParse(asRead);
  const found = parsedFile.success
    ? []
    : faultsOf(ConfigurationFile.partial(), asRead, parsedFile.error.issues, []);
  const rules = isMap(tree['rules']) ? Object.entries(tree['rules']) : [];
  const ofRules = rules.flatMap(([key, block]) => {
    const definition = ruleByKey(key);
    if (definition === undefined) return [];
    const asGiven = textNumbers(block);
    const judged = definition.config.safeParse(asGiven);
    if (judged.success) return [];
    return faultsOf(definition.config, asGiven, judged.error.issues, ['rules', key]);
  });
  return [...found, ...ofRules];
}

function faultsOf(
  schema: Parameters<typeof issueProblems>[0],
  value: unknown,
  issues: Parameters<typeof issueProblems>[2],
  above: KeyPath,
): readonly Fault[] {
  return issues.flatMap((issue): readonly Fault[] => {
    const path = [...above, ...issue.path.filter((part) => typeof part !== 'symbol')];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key], text: 'there is no such key here' }));
    const [problem] = issueProblems(schema, value, [issue], () => '');
    return [{ path, text: problem?.text ?? issue.message }];
  });
}

/** As a file is read: every number is its text. */
function textNumbers(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(textNumbers);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, textNumbers(inner)]));
}

function yamlText(tree: Tree): string {
  return stringify(tree, { defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN' });
}
