/**
 * Loads the configuration: files, defaults and command line become one parsed value, or one error with every problem.
 * Source: style 13, rules 10 and 11.
 */
import type { AccountId, InstrumentId } from '../domain/ids.ts';
import { createInstrument, type Instrument } from '../domain/instrument.ts';
import type { Units } from '../domain/money.ts';
import type { SessionSettings } from '../domain/session-calendar.ts';
import type { CalendarSettings } from '../domain/trading-day.ts';
import { limits } from '../kernel/limits.ts';
import { ruleCatalogue } from '../rules/registry.ts';
import type { TraderName } from '../strategies/catalogue.ts';
import type { PaperVenueOptions } from '../venues/paper/paper-venue.ts';
import { crossProblems, crossWarnings } from './configuration/cross-checks.ts';
import {
  effectiveRules,
  type ConfiguredValue,
  type RuleSetting,
} from './configuration/effective-rules.ts';
import { issueProblems, refuseProblems, valueAt, type KeyPath } from './configuration/problem.ts';
import { ConfigurationFile } from './configuration/schema.ts';
import { sessionSettings } from './configuration/sessions.ts';
import { readYaml } from './configuration/yaml-source.ts';

export type AccountConfiguration = {
  readonly id: AccountId;
  /** For people; the id where none is given. */
  readonly name: string;
  /** Money at the start, settlement units of USD. */
  readonly balanceUnits: Units;
  readonly trader: TraderName;
  readonly rules: readonly RuleSetting[];
};

export type Configuration = {
  readonly mode: 'DRY_RUN' | 'PAPER';
  readonly readOnly: boolean;
  /** Zone in which times are shown. */
  readonly timezone: string;
  readonly accounts: readonly AccountConfiguration[];
  readonly calendar: CalendarSettings;
  readonly dailyResetEnabled: boolean;
  /** Trading hours; absent where there are none to keep. */
  readonly sessions?: SessionSettings;
  /** Additional instruments; one with the id of a built-in instrument replaces it. */
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
  readonly paperVenue: PaperVenueOptions;
  readonly quoteMaxAgeMs: number;
  /** Every effective value of the rules with its source. */
  readonly values: readonly ConfiguredValue[];
  /** What is permitted but probably not meant, one line each. */
  readonly warnings: readonly string[];
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

/** @throws OperatorError exit 66 when the file does not exist, exit 78 with every problem when it is not valid */
export function loadConfiguration(options: LoadOptions = {}): Configuration {
  const yaml = options.path === undefined ? undefined : readYaml(options.path);
  const given: Readonly<Record<string, unknown>> = {
    ...options.overrides,
    ...(options.mode === undefined ? {} : { mode: options.mode }),
  };
  const whereOf = (path: KeyPath): string => {
    if (String(path[0]) in given) return 'command line';
    return yaml?.whereOf(path) ?? 'default';
  };
  refuseProblems(yaml?.problems ?? []);
  const tree = { ...(yaml?.tree ?? demonstration), ...given };
  const parsed = ConfigurationFile.safeParse(tree);
  if (!parsed.success) {
    // The rules are judged as well, so that one run names every problem.
    const ruleProblems = accountsGiven(tree).flatMap(
      (account) => effectiveRules(tree, account, whereOf).problems,
    );
    const issues = issueProblems(ConfigurationFile, tree, parsed.error.issues, whereOf);
    const known = new Set(issues.map(({ key }) => key));
    refuseProblems([...issues, ...ruleProblems.filter(({ key }) => !known.has(key))]);
    throw parsed.error;
  }
  return assemble(parsed.data, tree, whereOf, 0);
}

function assemble(
  file: ConfigurationFile,
  tree: unknown,
  whereOf: (path: KeyPath) => string,
  quoteAgeMsMin: number,
): Configuration {
  const configured = file.general.quoteMaxAgeSeconds ?? quoteMaxAgeSecondsDefault;
  const seconds = Math.min(
    limits.quoteAgeSecondsMax,
    Math.max(configured, Math.ceil(quoteAgeMsMin / 1000)),
  );
  const least = quoteAgeMsMin === 0 ? {} : { quoteMaxAgeSeconds: seconds };
  const effective = file.accounts.map(({ id }, index) =>
    effectiveRules(tree, { id, index }, whereOf, least),
  );
  const accounts = file.accounts.map((account, index): AccountConfiguration => ({
    id: account.id,
    name: account.name ?? account.id,
    balanceUnits: account.balance,
    trader: account.strategy ?? file.trader,
    rules: effective[index]?.settings ?? [],
  }));
  const sessions = sessionSettings(file);
  const ruleProblems = effective.flatMap(({ problems }) => problems);
  refuseProblems([...ruleProblems, ...crossProblems(file, accounts, whereOf)]);
  return {
    mode: file.mode === 'DRY_RUN' ? 'DRY_RUN' : 'PAPER',
    readOnly: file.readOnly,
    timezone: file.general.timezone ?? 'America/Chicago',
    accounts,
    calendar: {
      time: file.dailyReset.time,
      zone: file.dailyReset.timezone,
      kind: file.dailyReset.calendar,
    },
    dailyResetEnabled: file.dailyReset.enabled,
    ...(sessions === undefined ? {} : { sessions }),
    instruments: new Map(
      file.instruments.map(createInstrument).map((instrument) => [instrument.id, instrument]),
    ),
    paperVenue: paperVenueOptions(file),
    quoteMaxAgeMs: seconds * 1000,
    values: effective.flatMap(({ values }) => values),
    warnings: crossWarnings(file, accounts),
    withQuoteMaxAge: (milliseconds) =>
      assemble(file, tree, whereOf, Math.max(milliseconds, quoteAgeMsMin)),
  };
}

const quoteMaxAgeSecondsDefault = 5;

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

/** Accounts of a tree that is not valid as a whole, as far as they can be made out. */
function accountsGiven(tree: unknown): readonly { readonly id: string; readonly index: number }[] {
  const accounts = valueAt(tree, ['accounts']);
  if (!Array.isArray(accounts)) return [{ id: 'A1', index: 0 }];
  return accounts.map((account: unknown, index) => ({
    id: String(valueAt(account, ['id'])),
    index,
  }));
}
