/**
 * Loads the configuration: files, defaults and command line become one parsed value, or one error with every problem.
 * Source: style 13, rules 10 and 11.
 */
import type { AccountGroup } from '../actors/account-groups.ts';
import type { ApiSettings } from '../domain/api-settings.ts';
import { defaultControls, type Controls } from '../domain/controls.ts';
import { ExecutionSettings } from '../domain/execution-settings.ts';
import type { AccountId, InstrumentId } from '../domain/ids.ts';
import { createInstrument, type Instrument } from '../domain/instrument.ts';
import type { Units } from '../domain/money.ts';
import type { ResetSettings } from '../domain/reset-settings.ts';
import type { SessionSettings } from '../domain/session-calendar.ts';
import type { CalendarSettings } from '../domain/trading-day.ts';
import { limits } from '../kernel/limits.ts';
import { ruleCatalogue } from '../rules/registry.ts';
import type { TraderName } from '../strategies/catalogue.ts';
import type { PaperVenueOptions } from '../venues/paper/paper-venue.ts';
import { groupsOfFile } from './configuration/account-groups.ts';
import { accountLayers, accountsGiven } from './configuration/account-layers.ts';
import {
  effectiveTimers,
  type CalendarConfiguration,
  type EffectiveTimers,
} from './configuration/account-timers.ts';
import { apiSettings } from './configuration/api-settings.ts';
import { controlWarnings } from './configuration/control-checks.ts';
import {
  controlProblems,
  crossProblems,
  crossWarnings,
  type ReadFile,
  type TimersOf,
} from './configuration/cross-checks.ts';
import type { ConfiguredValue, Layer } from './configuration/effective-blocks.ts';
import {
  effectiveControls,
  effectiveRules,
  type EffectiveControls,
  type EffectiveRules,
  type RuleSetting,
} from './configuration/effective-rules.ts';
import { configurationHash } from './configuration/hash.ts';
import { deprecatedKeys } from './configuration/predecessor.ts';
import {
  issueProblems,
  keyText,
  refuseProblems,
  valueAt,
  type KeyPath,
  type Problem,
} from './configuration/problem.ts';
import { ConfigurationFile } from './configuration/schema.ts';
import {
  isSecretKey,
  referenceProblems,
  withEnvFile,
  type Environment,
} from './configuration/secrets.ts';
import { sessionSettings } from './configuration/sessions.ts';
import { resetSettings } from './configuration/timers.ts';
import { misplacedKeys } from './configuration/topics.ts';
import { leafValues } from './configuration/values.ts';
import { readYaml, type YamlSource } from './configuration/yaml-source.ts';

export type AccountConfiguration = {
  readonly id: AccountId;
  /** For people; the id where none is given. */
  readonly name: string;
  /** Money at the start, settlement units of USD. */
  readonly balanceUnits: Units;
  readonly trader: TraderName;
  readonly rules: readonly RuleSetting[];
  readonly controls: Controls;
  /** Not above the mode of the engine; that one when it is left out. */
  readonly mode?: 'DRY_RUN' | 'PAPER';
  /** Its own trading days, hours and resets; absent: those of all accounts. */
  readonly calendars?: CalendarConfiguration;
};

export type Configuration = {
  readonly mode: 'DRY_RUN' | 'PAPER';
  readonly readOnly: boolean;
  /** Zone in which times are shown. */
  readonly timezone: string;
  /** Those that are enabled. */
  readonly accounts: readonly AccountConfiguration[];
  /** Limits of several accounts together. */
  readonly groups: readonly AccountGroup[];
  readonly calendar: CalendarSettings;
  readonly dailyResetEnabled: boolean;
  readonly resets: ResetSettings;
  readonly execution: ExecutionSettings;
  readonly api: ApiSettings;
  /** Trading hours; absent where there are none to keep. */
  readonly sessions?: SessionSettings;
  /** Additional instruments; one with the id of a built-in instrument replaces it. */
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
  readonly paperVenue: PaperVenueOptions;
  readonly quoteMaxAgeMs: number;
  /** Every effective value with its source. */
  readonly values: readonly ConfiguredValue[];
  /** What is permitted but probably not meant, one line each. */
  readonly warnings: readonly string[];
  /** Names the configuration in the journal: 16 hex digits of the SHA-256 of what the files give. */
  readonly hash: string;
  /** The same with quotes that may be this old, where that is longer: a slow recording is not a stale feed. */
  withQuoteMaxAge(milliseconds: number): Configuration;
};

export type LoadOptions = {
  /** A YAML file, or a folder of `*.yaml`; absent: the demonstration. */
  readonly path?: string;
  /** From the command line; stands over the file. */
  readonly mode?: string;
  /** Further top-level keys that stand over the file, as the file would write them. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Where the variables of secrets are looked for; that of the process when it is left out. */
  readonly environment?: Environment;
};

/** The demonstration is about the three limits that every account has; all other rules are off in it. */
const rulesOfDemonstration: ReadonlySet<string> = new Set([
  'maxContracts',
  'dailyRealizedLoss',
  'dailyUnrealizedLoss',
]);
const rulesOfNoDemonstration = ruleCatalogue
  .map(({ key }) => key)
  .filter((key) => !rulesOfDemonstration.has(key));

/** Without a file: one account of 50,000 USD with the usual small limits, and a trader who needs them. */
const demonstration: Readonly<Record<string, unknown>> = {
  trader: 'reckless',
  rules: Object.fromEntries(rulesOfNoDemonstration.map((key) => [key, { enabled: false }])),
};

/** Levels of the paper venue's book when `lotsPerLevel` is given. */
const bookLevels = 10;

/** What has been read: the tree of all files, and what each account says for itself. */
type Source = {
  readonly tree: Readonly<Record<string, unknown>>;
  readonly layersOf: (index: number) => readonly Layer[];
  readonly whereOf: (path: KeyPath) => string;
};

/** What stands over the files. */
function givenBeside({ overrides, mode }: LoadOptions): Readonly<Record<string, unknown>> {
  return { ...overrides, ...(mode === undefined ? {} : { mode }) };
}

/** Names the place of a key: the command line, a file with its line, or the default. */
function placeOf(
  yaml: YamlSource | undefined,
  given: Readonly<Record<string, unknown>>,
): Source['whereOf'] {
  return (path) => {
    if (String(path[0]) in given) return 'command line';
    // A gateway may stand under its own name.
    const own = path[0] === 'gateways' ? yaml?.whereOf(path.slice(1)) : undefined;
    return yaml?.whereOf(path) ?? own ?? 'default';
  };
}

/** @throws OperatorError exit 66 when the file does not exist, exit 78 with every problem when it is not valid */
export function loadConfiguration(options: LoadOptions = {}): Configuration {
  const yaml = options.path === undefined ? undefined : readYaml(options.path);
  const given = givenBeside(options);
  const whereOf = placeOf(yaml, given);
  if (yaml !== undefined)
    refuseProblems([...yaml.problems, ...misplacedKeys(yaml.tree, (path) => yaml.whereOf(path))]);
  const tree = withGateways({ ...(yaml?.tree ?? demonstration), ...given });
  const environment = withEnvFile(options.environment ?? process.env, options.path);
  const references = referenceProblems(tree, environment, whereOf, isSecretField);
  const { layersOf, problems: fileProblems } = accountLayers(tree, whereOf, options.path);
  const parsed = ConfigurationFile.safeParse(tree);
  const wrong = parsed.error?.issues ?? [];
  const issues = issueProblems(ConfigurationFile, tree, wrong, whereOf);
  const found = [...issues, ...references, ...fileProblems];
  if (found.length > 0) refuseAll(found, accountsGiven(tree), layersOf);
  if (!parsed.success) throw parsed.error;
  return assemble(parsed.data, { tree, layersOf, whereOf }, 0);
}

/** The rules are judged as well, so that one run names every problem. */
function refuseAll(
  found: readonly Problem[],
  accounts: ReturnType<typeof accountsGiven>,
  layersOf: Source['layersOf'],
): void {
  const ofRules = accounts.flatMap(({ id, index }) =>
    effectiveRules(layersOf(index), id).problems.concat(
      effectiveControls(layersOf(index), id).problems,
      effectiveTimers(layersOf(index), id).problems,
    ),
  );
  const known = new Set(found.map(({ key }) => key));
  refuseProblems(found.concat(ofRules.filter(({ key }) => !known.has(key))));
}

/** A gateway may have its block under its own name: `topstepx`, and whatever an account calls its gateway. */
function withGateways(tree: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const accounts: readonly unknown[] = Array.isArray(tree['accounts']) ? tree['accounts'] : [];
  const known = new Set<string>(Object.keys(ConfigurationFile.shape));
  const names = ['topstepx', ...accounts.map((account) => valueAt(account, ['gateway']))].filter(
    (name): name is string => typeof name === 'string' && name in tree && !known.has(name),
  );
  if (names.length === 0) return tree;
  const blocks = names.map((name) => [name, tree[name]] as const);
  const rest = Object.entries(tree).filter(([key]) => !names.includes(key));
  const own = valueAt(tree, ['gateways']);
  const declared = typeof own === 'object' ? own : {};
  return { ...Object.fromEntries(rest), gateways: { ...declared, ...Object.fromEntries(blocks) } };
}

/** Whether the schema lets a path hold nothing but a reference. */
function isSecretField(path: KeyPath): boolean {
  const key = String(path.at(-1));
  if (path[0] === 'gateways') return key === 'username' || isSecretKey(key);
  const isAddress = path[1] === 'notifications' && key !== 'enabled';
  return isAddress || isSecretKey(key);
}

function assemble(file: ConfigurationFile, source: Source, quoteAgeMsMin: number): Configuration {
  const { tree, layersOf, whereOf } = source;
  const configured =
    file.general.quoteMaxAgeSeconds ??
    file.staleness.quoteMaxAgeSeconds ??
    quoteMaxAgeSecondsDefault;
  const seconds = Math.min(
    limits.quoteAgeSecondsMax,
    Math.max(configured, Math.ceil(quoteAgeMsMin / 1000)),
  );
  const least = quoteAgeMsMin === 0 ? {} : { quoteMaxAgeSeconds: seconds };
  const { accounts, effective } = accountsOf(file, layersOf, least);
  const sessions = sessionSettings(file);
  const timersOf: TimersOf = (id) =>
    effective[file.accounts.findIndex((account) => account.id === id)]?.timers;
  const grouped = groupsOfFile(file, timersOf, { tree, whereOf, least });
  const execution = ExecutionSettings.parse(
    Object.fromEntries(Object.keys(ExecutionSettings.shape).map((key) => [key, tree[key]])),
  );
  refuseProblems([
    ...effective.flatMap(({ rules, controls, timers }) =>
      rules.problems.concat(controls.problems, timers.problems),
    ),
    ...effective.flatMap(({ controls }, index) =>
      controlProblems(String(file.accounts[index]?.id), controls, execution, tree, whereOf),
    ),
    ...crossProblems({ file, accounts, timersOf }, whereOf, tree),
    ...grouped.problems,
  ]);
  return {
    mode: file.mode === 'DRY_RUN' ? 'DRY_RUN' : 'PAPER',
    readOnly: file.readOnly,
    timezone: file.general.timezone ?? 'America/Chicago',
    accounts,
    groups: grouped.groups,
    calendar: {
      time: file.dailyReset.time,
      zone: file.dailyReset.timezone,
      kind: file.dailyReset.calendar,
    },
    dailyResetEnabled: file.dailyReset.enabled,
    resets: resetSettings(file.dailyReset, file.weeklyReset),
    execution,
    api: apiSettings(file, valueAt(tree, ['rateLimits']) !== undefined),
    ...(sessions === undefined ? {} : { sessions }),
    instruments: new Map(
      file.instruments.map(createInstrument).map((instrument) => [instrument.id, instrument]),
    ),
    paperVenue: paperVenueOptions(file),
    quoteMaxAgeMs: seconds * 1000,
    values: [
      ...effective.flatMap(({ rules, controls, timers }) =>
        rules.values.concat(controls.values, timers.values),
      ),
      ...sharedValues(file, tree, whereOf),
    ],
    warnings: warningsOf({ file, accounts, timersOf }, tree, whereOf),
    hash: configurationHash(
      file.accounts.map((_, index) => layersOf(index).map((one) => one.tree)),
    ),
    withQuoteMaxAge: (milliseconds) =>
      assemble(file, source, Math.max(milliseconds, quoteAgeMsMin)),
  };
}

type Effective = {
  readonly rules: EffectiveRules;
  readonly controls: EffectiveControls;
  readonly timers: EffectiveTimers;
};

/** `effective` is of every account of the file; `accounts` are those that are enabled. */
function accountsOf(
  file: ConfigurationFile,
  layersOf: Source['layersOf'],
  least: { readonly quoteMaxAgeSeconds?: number },
): {
  readonly accounts: readonly AccountConfiguration[];
  readonly effective: readonly Effective[];
} {
  const effective = file.accounts.map(({ id }, index) => ({
    rules: effectiveRules(layersOf(index), id, least),
    controls: effectiveControls(layersOf(index), id),
    timers: effectiveTimers(layersOf(index), id),
  }));
  const all = file.accounts.map((account, index): AccountConfiguration => ({
    ...ownCalendars(effective[index]?.timers),
    id: account.id,
    name: account.name ?? account.id,
    balanceUnits: account.balance,
    trader: account.strategy ?? file.trader,
    rules: effective[index]?.rules.settings ?? [],
    controls: withQuoteAge(effective[index]?.controls.controls ?? defaultControls, least),
    ...(account.mode === undefined || account.mode === file.mode
      ? {}
      : { mode: account.mode === 'DRY_RUN' ? ('DRY_RUN' as const) : ('PAPER' as const) }),
  }));
  return { accounts: all.filter((_, index) => file.accounts[index]?.enabled !== false), effective };
}

function ownCalendars({ calendars }: Partial<EffectiveTimers> = {}): Pick<
  AccountConfiguration,
  'calendars'
> {
  return calendars === undefined ? {} : { calendars };
}

const quoteMaxAgeSecondsDefault = 5;

function withQuoteAge(
  controls: Controls,
  { quoteMaxAgeSeconds = 0 }: { readonly quoteMaxAgeSeconds?: number },
): Controls {
  const { staleness } = controls;
  if ((staleness.quoteMaxAgeSeconds ?? quoteMaxAgeSeconds) >= quoteMaxAgeSeconds) return controls;
  return { ...controls, staleness: { ...staleness, quoteMaxAgeSeconds } };
}

/** Values that hold for all accounts alike. */
function sharedValues(
  file: ConfigurationFile,
  tree: unknown,
  whereOf: (path: KeyPath) => string,
): readonly ConfiguredValue[] {
  const ofAccounts = new Set(['rules', ...Object.keys(defaultControls), 'accounts', 'instruments']);
  const shared = Object.entries(file).filter(([key]) => !ofAccounts.has(key));
  return leafValues(Object.fromEntries(shared), tree).map(({ path, value }) => ({
    account: '*',
    key: keyText(path),
    value,
    source: valueAt(tree, path) === undefined ? 'default' : `${whereOf(path)} ${keyText(path)}`,
  }));
}

function warningsOf(
  read: ReadFile<AccountConfiguration>,
  tree: unknown,
  whereOf: Source['whereOf'],
): readonly string[] {
  return [
    ...deprecations(tree, whereOf),
    ...crossWarnings(read),
    ...read.accounts.flatMap(({ id, controls }) =>
      controlWarnings(controls).map((text) => `account ${id}: ${text}`),
    ),
  ];
}

function deprecations(tree: unknown, whereOf: (path: KeyPath) => string): readonly string[] {
  return Object.entries(deprecatedKeys).flatMap(([key, successor]) => {
    const path = key.split('.');
    if (valueAt(tree, path) === undefined) return [];
    return [`${whereOf(path)} ${key} is deprecated: write ${successor}`];
  });
}

function paperVenueOptions({ venue: { paper }, accounts }: ConfigurationFile): PaperVenueOptions {
  const { latencyMs, slippageTicks, lotsPerLevel } = paper;
  return {
    accounts: new Map(
      accounts.map(({ id, balance }) => [id, { startBalanceUnits: balance, currency: 'USD' }]),
    ),
    faults: { latencyMs, slippageTicks },
    ...(lotsPerLevel === undefined ? {} : { depth: { lotsPerLevel, levels: bookLevels } }),
  };
}
