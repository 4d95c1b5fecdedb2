/** A scenario file as parsed documents; everything that is not a scenario is refused with file, line, path and remedy. */
import { z } from 'zod';
import { condition } from '../../kernel/assert.ts';
import { actionNames, actionSchema, RestartForm, VenueSettings, type Step } from './step-format.ts';
import { Amount, AtText, InstantText, Text, ZoneText } from './values.ts';
import { configKeys, ruleIdByKey } from './vocabulary.ts';
import { invalidFile, readYaml, type Plain, type YamlText } from './yaml-text.ts';

const Account = z.strictObject({
  id: Text,
  balance: Amount.optional(),
  configOverrides: z.record(z.string(), z.unknown()).optional(),
  mode: Text.optional(),
});
const InstrumentEntry = z.union([
  Text,
  z.strictObject({
    id: Text,
    root: Text.optional(),
    tickSize: Amount.optional(),
    tickValue: Amount.optional(),
    lotSize: Amount.optional(),
  }),
]);

const Header = z.strictObject({
  scenario: Text,
  zone: ZoneText.default('America/Chicago'),
  start: InstantText,
  config: z.union([z.record(z.string(), z.unknown()), z.null()]).optional(),
  account: Account.optional(),
  accounts: z.array(Account).min(1).optional(),
  instruments: z.array(InstrumentEntry).default([]),
  venue: VenueSettings.default({}),
  steps: z.array(z.unknown()).min(1),
});

export type AccountEntry = z.output<typeof Account>;
export type InstrumentEntry = z.output<typeof InstrumentEntry>;
export type Scenario = {
  readonly file: string;
  readonly name: string;
  readonly zone: string;
  readonly start: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly accounts: readonly AccountEntry[];
  readonly instruments: readonly InstrumentEntry[];
  readonly venue: VenueSettings;
  readonly steps: readonly Step[];
};

const remedy = 'correct or remove the named field';

/** @throws OperatorError exit 2 naming file, line and path */
export function parseScenarios(file: string, text: string): readonly Scenario[] {
  const documents = readYaml(file, text).filter(({ value }) => value !== null);
  if (documents.length === 0) throw invalidFile(file, 1, 'the file holds no scenario', remedy);
  const scenarios = documents.map((document) => parseDocument(file, document));
  const names = new Set<string>();
  for (const [index, { name }] of scenarios.entries()) {
    const line = documents[index]?.lineOf(['scenario']) ?? 1;
    if (names.has(name))
      throw invalidFile(
        file,
        line,
        `scenario: "${name}" is used twice in the file`,
        'give every scenario a name of its own',
      );
    names.add(name);
  }
  return scenarios;
}

function parseDocument(file: string, document: YamlText): Scenario {
  const fail = (path: readonly PropertyKey[], what: string): never => {
    throw invalidFile(file, document.lineOf(path), `${pathText(path)}: ${what}`, remedy);
  };
  const header = take(Header, document.value, [], fail);
  const accounts =
    header.accounts ?? (header.account === undefined ? [{ id: 'A1' }] : [header.account]);
  if (header.account !== undefined && header.accounts !== undefined)
    fail(['accounts'], 'give account or accounts, not both');
  if (new Set(accounts.map(({ id }) => id)).size < accounts.length)
    fail(['accounts'], 'ids are unique');
  const config = header.config ?? {};
  checkConfig(config, ['config'], fail);
  for (const [index, { configOverrides }] of (header.accounts ?? []).entries()) {
    checkConfig(configOverrides ?? {}, ['accounts', index, 'configOverrides'], fail);
  }
  const context: StepContext = { fail, accountIds: new Set(accounts.map(({ id }) => id)) };
  return {
    file,
    name: header.scenario,
    zone: header.zone,
    start: header.start,
    config,
    accounts,
    instruments: header.instruments,
    venue: header.venue,
    steps: header.steps.map((step, index) => parseStep(step as Plain, ['steps', index], context)),
  };
}

type Fail = (path: readonly PropertyKey[], what: string) => never;
type StepContext = {
  readonly fail: Fail;
  readonly accountIds: ReadonlySet<string>;
};

function checkConfig(
  config: Readonly<Record<string, unknown>>,
  path: readonly PropertyKey[],
  fail: Fail,
): void {
  for (const key of Object.keys(config)) {
    if (!configKeys.has(key)) fail([...path, key], 'no configuration file has this key');
  }
  const { rules } = config;
  if (rules === undefined || rules === null) return;
  if (typeof rules !== 'object') fail([...path, 'rules'], 'a map of rules');
  for (const key of Object.keys(rules)) {
    if (ruleIdByKey[key] === undefined)
      fail([...path, 'rules', key], 'there is no rule of this key');
  }
}

function parseStep(value: Plain, path: readonly PropertyKey[], context: StepContext): Step {
  const { fail } = context;
  if (!isMap(value)) return fail(path, 'a step is a map with exactly one action');
  const common: { at?: string; account?: string } = {};
  const chosen: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    if (key === 'at') common.at = take(AtText, field, [...path, 'at'], fail);
    else if (key === 'account' && typeof field === 'string') common.account = field;
    else if (actionNames.includes(key)) chosen.push(key);
    else fail([...path, key], `no step has this name; the steps are ${actionNames.join(', ')}`);
  }
  const [action] = chosen;
  if (action === undefined || chosen.length > 1) {
    const found = chosen.length === 0 ? 'none' : chosen.join(' and ');
    return fail(path, `a step has exactly one action, this one has ${found}`);
  }
  const body = value[action] ?? null;
  const step = { ...common, action, body: parseBody(action, body, [...path, action], context) };
  checkAccount(step as Step, path, context);
  return step as Step;
}

function parseBody(
  action: string,
  body: Plain,
  path: readonly PropertyKey[],
  context: StepContext,
): unknown {
  if (action === 'restart') return parseRestart(body, path, context);
  const schema = actionSchema(action);
  return schema === undefined
    ? context.fail(path, 'no step has this name')
    : take(schema, body, path, context.fail);
}

const accountActions: ReadonlySet<string> = new Set(['fill', 'position', 'order', 'submit']);
/** Expectations that are about one account. */
const accountKeys = [
  'positions',
  'venuePositions',
  'realized',
  'fees',
  'net',
  'unrealized',
  'balance',
  'tradingState',
  'locks',
  'verdicts',
  'timers',
];

/** The account may be left out only when there is one. */
function checkAccount(step: Step, path: readonly PropertyKey[], context: StepContext): void {
  const { account, action } = step;
  const { fail, accountIds } = context;
  if (account !== undefined) {
    if (!accountIds.has(account)) fail([...path, 'account'], 'there is no account of this id');
    return;
  }
  if (accountIds.size === 1) return;
  const isOfAccount =
    accountActions.has(action) ||
    (action === 'account' && step.body.id === undefined) ||
    (action === 'expect' &&
      accountKeys.some((key) => step.body[key as keyof typeof step.body] !== undefined));
  if (isOfAccount) fail(path, 'with several accounts this step names its account');
}

function parseRestart(
  value: Plain,
  path: readonly PropertyKey[],
  context: StepContext,
): Extract<Step, { action: 'restart' }>['body'] {
  const { fail } = context;
  if (typeof value === 'string')
    return { kind: take(RestartForm.shape.kind, value, path, fail), meanwhile: [] };
  const form = take(RestartForm, value, path, fail);
  if ((form.at === undefined) !== (form.during === undefined))
    fail(path, 'at and during stand together');
  if (form.at !== undefined && form.kind !== 'crash')
    fail([...path, 'at'], 'only a crash has a point');
  const meanwhile = (form.meanwhile ?? []).map((step, index) =>
    parseStep(step as Plain, [...path, 'meanwhile', index], context),
  );
  return {
    kind: form.kind,
    ...(form.downFor === undefined ? {} : { downFor: form.downFor }),
    meanwhile,
    ...(form.at === undefined ? {} : { crashAt: form.at }),
    ...(form.during === undefined
      ? {}
      : { during: parseStep(form.during as Plain, [...path, 'during'], context) }),
  };
}

function isMap(value: Plain): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses with a schema; the first issue, in the order of the fields, becomes the error. */
function take<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: readonly PropertyKey[],
  fail: Fail,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  condition(issue !== undefined, 'a failed parse has an issue');
  const { where, what } = deepest(issue);
  return fail([...path, ...where], what);
}

/** Of a union the alternative that came furthest says what is wrong. */
function deepest(issue: z.core.$ZodIssue): {
  readonly where: readonly PropertyKey[];
  readonly what: string;
} {
  if (issue.code === 'unrecognized_keys') {
    return {
      where: [...issue.path, ...issue.keys.slice(0, 1)],
      what: 'the format has no such key here',
    };
  }
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flatMap((errors) => errors.slice(0, 1)).map(deepest);
    const longest = inner.toSorted((one, other) => other.where.length - one.where.length)[0];
    if (longest !== undefined)
      return { where: [...issue.path, ...longest.where], what: longest.what };
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return {
      where: issue.path,
      what: `${issue.message.replace('Invalid input: ', '')}, is it missing?`,
    };
  }
  return { where: issue.path, what: issue.message.replace('Invalid input: ', '') };
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number'
        ? `${text}[${key}]`
        : text === ''
          ? String(key)
          : `${text}.${String(key)}`,
    '',
  );
}
