/** From the configuration of a scenario to the settings of an engine. Same rules and schemas as the product's own files. */
import type { AccountGroup } from '../../actors/account-groups.ts';
import type { AccountSettings, OrderSettings, RuleConfigured } from '../../actors/world.ts';
import type { ApiSettings } from '../../domain/api-settings.ts';
import type { ExecutionSettings } from '../../domain/execution-settings.ts';
import { AccountId } from '../../domain/ids.ts';
import { parseMoney } from '../../domain/money.ts';
import type { ResetSettings } from '../../domain/reset-settings.ts';
import { createSessionCalendar } from '../../domain/session-calendar.ts';
import type { SessionCalendar } from '../../domain/session.ts';
import { TradingCalendar } from '../../domain/trading-day.ts';
import { ruleByKey } from '../../rules/registry.ts';
import { groupSettings } from '../configuration/account-groups.ts';
import { calendarsFrom, timerNames, type AccountTimers } from '../configuration/account-timers.ts';
import { apiSettings } from '../configuration/api-settings.ts';
import { controlFaults } from '../configuration/control-checks.ts';
import { calendarSettings, orderSettings } from '../configuration/engine-settings.ts';
import { keyText, valueAt, type KeyPath } from '../configuration/problem.ts';
import { sessionSettings } from '../configuration/sessions.ts';
import {
  resetSettings,
  timerContradictions,
  timerLayer,
  withSingleCooldown,
} from '../configuration/timers.ts';
import {
  accountSections,
  controlsOf,
  deepMerge,
  executionOf,
  isSection,
  issueText,
  refuseMissing,
  sectionOf,
  type Section,
  type SectionOf,
} from './config-sections.ts';
import type { AccountEntry, Scenario } from './format.ts';
import { Unsupported } from './unsupported.ts';
import { invalidFile } from './yaml-text.ts';

type Mode = 'DRY_RUN' | 'PAPER' | 'LIVE';

export type EngineSettings = {
  readonly accounts: readonly AccountSettings[];
  readonly calendar: TradingCalendar;
  readonly sessions?: SessionCalendar;
  readonly mode: Mode;
  readonly quoteMaxAgeMs: number;
  readonly intentMaxAgeMs: number;
  readonly orders: Partial<OrderSettings>;
  readonly execution: ExecutionSettings;
  readonly resets: ResetSettings;
  readonly api: ApiSettings;
  readonly groups: readonly AccountGroup[];
};

const quoteMaxAgeSecondsDefault = 5;

/** @throws OperatorError exit 2 for a value that is not one; Unsupported for a setting that this version does not have */
export function engineSettings(scenario: Scenario): EngineSettings {
  const { config } = scenario;
  const fail = (what: string): Error => invalid(scenario, what);
  refuseMissing(config);
  const execution = executionOf(config, fail);
  const accounts = scenario.accounts.map((entry) => accountSettings(scenario, entry, execution));
  const daily = sectionOf(config, 'dailyReset', fail);
  const weekly = sectionOf(config, 'weeklyReset', fail);
  sectionOf(config, 'lockoutDurations', fail);
  sectionOf(config, 'advanced', fail);
  const sessions = sessionsOf(config, fail);
  const calendar = new TradingCalendar({
    time: daily.time,
    zone: daily.timezone,
    kind: daily.calendar,
  });
  return {
    accounts,
    calendar,
    ...(sessions === undefined ? {} : { sessions }),
    mode: modeOf(config, fail),
    quoteMaxAgeMs: (quoteMaxAgeSeconds(config, fail) ?? quoteMaxAgeSecondsDefault) * 1_000,
    intentMaxAgeMs: execution.intent.maxAgeSeconds * 1_000,
    orders: orderSettings(execution),
    execution,
    resets: resetSettings(daily, weekly),
    api: apiOf(config, fail),
    groups: groupsOf(scenario, accounts, calendar, fail),
  };
}

type Fail = (what: string) => Error;

function apiOf(config: Section, fail: Fail): ApiSettings {
  for (const name of ['connection', 'token', 'caches', 'polling'] as const)
    sectionOf(config, name, fail);
  const given = {
    retry: sectionOf(config, 'retry', fail),
    reconnect: sectionOf(config, 'reconnect', fail),
    keepalive: sectionOf(config, 'keepalive', fail),
    rateLimits: sectionOf(config, 'rateLimits', fail),
  };
  return apiSettings(given, valueAt(config, ['rateLimits']) !== undefined);
}

function groupsOf(
  { config }: Scenario,
  accounts: readonly AccountSettings[],
  whole: TradingCalendar,
  fail: Fail,
): readonly AccountGroup[] {
  const general = sectionOf(config, 'general', fail);
  const days = new Map<string, string>(
    accounts.map(({ id, calendar = whole }) => [id, JSON.stringify(calendar.settings)]),
  );
  const { groups, problems } = groupSettings(
    {
      groups: sectionOf(config, 'groups', fail),
      inherited: inheritedKeys(general, config, fail),
      accounts: new Map(accounts.map(({ id }) => [id, true])),
      dayOf: (id) => days.get(id) ?? '',
    },
    () => '',
  );
  const [problem] = problems;
  if (problem !== undefined) throw fail(`config.${problem.key}: ${problem.text}`);
  return groups;
}

/** The bound stands in two files; given twice it must agree. Source: rules 10.7 (15). */
function quoteMaxAgeSeconds(config: Section, fail: Fail): number | undefined {
  const general = sectionOf(config, 'general', fail).quoteMaxAgeSeconds;
  const control = sectionOf(config, 'staleness', fail).quoteMaxAgeSeconds;
  if (general !== undefined && control !== undefined && general !== control) {
    throw fail(
      `config.staleness.quoteMaxAgeSeconds: the same as general.quoteMaxAgeSeconds, ${general}, was ${control}`,
    );
  }
  return general ?? control;
}

function modeOf(config: Section, fail: Fail): Mode {
  const mode = asMode(config['mode'] ?? 'PAPER', 'config.mode', fail);
  if (mode === 'LIVE' && config['readOnly'] === true)
    throw fail('config.readOnly: false where mode is LIVE, was true');
  return mode;
}

function asMode(value: unknown, path: string, fail: Fail): Mode {
  const mode = (['DRY_RUN', 'PAPER', 'LIVE'] as const).find(
    (name) => name === String(value).toUpperCase(),
  );
  if (mode === undefined)
    throw fail(`${path}: DRY_RUN, PAPER or LIVE, was ${JSON.stringify(value)}`);
  return mode;
}

function sessionsOf(config: Section, fail: Fail): SessionCalendar | undefined {
  const settings = sessionSettings({
    sessionHours: sectionOf(config, 'sessionHours', fail),
    holidays: sectionOf(config, 'holidays', fail),
    earlyClose: sectionOf(config, 'earlyClose', fail),
  });
  return settings === undefined ? undefined : createSessionCalendar(settings);
}

function accountSettings(
  scenario: Scenario,
  entry: AccountEntry,
  execution: ExecutionSettings,
): AccountSettings {
  const fail: Fail = (what) => invalid(scenario, what);
  const overrides = entry.configOverrides ?? {};
  const other = Object.keys(overrides).find((key) => !accountSections.has(key));
  if (other !== undefined) throw new Unsupported(`the configuration of ${other} for one account`);
  const config = deepMerge(scenario.config, overrides);
  const id = AccountId.safeParse(entry.id);
  if (!id.success) throw fail(`accounts: ${JSON.stringify(entry.id)} is not an account id`);
  const controls = controlsOf(config, fail);
  const isGiven = (path: KeyPath): boolean => valueAt(config, path) !== undefined;
  const [fault] = controlFaults(controls, execution, isGiven, 'both');
  if (fault !== undefined) throw fail(`config.${keyText(fault.path)}: ${fault.text}`);
  return {
    id: id.data,
    currency: 'USD',
    startBalanceUnits: balanceUnits(entry, fail),
    rules: rulesOf(config, fail),
    controls,
    ...(entry.mode === undefined ? {} : { mode: accountMode(scenario.config, entry.mode, fail) }),
    ...ownCalendars(config, overrides, fail),
  };
}

/** Hours and resets of an account that has some of its own. */
function ownCalendars(
  config: Section,
  overrides: Section,
  fail: Fail,
): Pick<AccountSettings, 'calendar' | 'sessions' | 'resets'> {
  if (!timerNames.some((name) => overrides[name] !== undefined)) return {};
  const timers: AccountTimers = {
    dailyReset: sectionOf(config, 'dailyReset', fail),
    weeklyReset: sectionOf(config, 'weeklyReset', fail),
    sessionHours: sectionOf(config, 'sessionHours', fail),
    holidays: sectionOf(config, 'holidays', fail),
    earlyClose: sectionOf(config, 'earlyClose', fail),
  };
  return calendarSettings(calendarsFrom(timers));
}

/** Not above the mode of the engine. Source: rules 10.5. */
function accountMode(config: Section, given: unknown, fail: Fail): Mode {
  const ladder: readonly Mode[] = ['DRY_RUN', 'PAPER', 'LIVE'];
  const [own, whole] = [asMode(given, 'accounts.mode', fail), modeOf(config, fail)];
  if (ladder.indexOf(own) > ladder.indexOf(whole))
    throw fail(`accounts.mode: not above the mode of the engine, ${whole}, was ${own}`);
  return own;
}

function balanceUnits({ balance }: AccountEntry, fail: Fail): number {
  const text = balance ?? '50000';
  if (text === 'NaN') throw fail('account.balance: an amount of money, was NaN');
  return parseMoney(text, 'USD');
}

/** Rules that are named, with what they inherit; a rule that is not named is off. */
function rulesOf(config: Section, fail: Fail): readonly RuleConfigured[] {
  const inherited = inheritedKeys(sectionOf(config, 'general', fail), config, fail);
  const named = isSection(config['rules']) ? config['rules'] : {};
  const configured: RuleConfigured[] = [];
  for (const [key, given] of Object.entries(named)) {
    if (isOff(given)) continue;
    const definition = ruleByKey(key);
    if (definition === undefined) throw fail(`config.rules.${key}: there is no rule of this key`);
    const own = isSection(given) ? given : {};
    const timers = [...timerLayer(config, key)].map(([name, { value }]) => [name, value] as const);
    const [contradiction] = timerContradictions(config, key, [own]);
    if (contradiction !== undefined)
      throw fail(`config.${keyText(contradiction.path)}: ${contradiction.text}`);
    const block = deepMerge({ ...Object.fromEntries(timers), ...inherited }, own);
    const parsed = definition.config.safeParse(withSingleCooldown(config, key, block));
    if (!parsed.success) throw fail(issueText(`config.rules.${key}`, parsed.error));
    configured.push({ definition, config: parsed.data });
  }
  checkTogether(config, configured, fail);
  return configured;
}

/** What every rule takes over from `general`. */
function inheritedKeys(general: SectionOf<'general'>, config: Section, fail: Fail): Section {
  const { includeFees, breachAtEquality, markPrice } = general;
  const inherited = {
    includeFees,
    breachAtEquality,
    markPrice,
    quoteMaxAgeSeconds: quoteMaxAgeSeconds(config, fail),
  };
  return Object.fromEntries(Object.entries(inherited).filter(([, value]) => value !== undefined));
}

function isOff(given: unknown): boolean {
  return given === null || given === false || (isSection(given) && given['enabled'] === false);
}

/** Source: rules 10.7, numbers 5, 6, 8 and 15; between enabled rules and given values only. */
function checkTogether(config: Section, rules: readonly RuleConfigured[], fail: Fail): void {
  const given = (key: string, name = 'limit'): number | undefined => {
    if (valueAt(config, ['rules', key, name]) === undefined) return undefined;
    const value = configOf(rules, key)?.[name];
    return typeof value === 'number' ? value : undefined;
  };
  const isCounted = configOf(rules, 'maxContracts')?.['countType'] !== 'miniEquivalent';
  const isTarget = configOf(rules, 'maxUnrealizedProfit')?.['mode'] === 'profitTarget';
  const [realized, unrealized] = [given('dailyRealizedLoss'), given('dailyUnrealizedLoss')];
  // A loss is below 0, so the tighter one is the greater number.
  if (realized !== undefined && unrealized !== undefined && unrealized <= realized) {
    throw fail(
      'config.rules.dailyUnrealizedLoss.limit: the unrealized limit is tighter than the realized one',
    );
  }
  const single = given('maxContractsPerInstrument', 'defaultLimit');
  if (isCounted && exceeds(single, given('maxContracts'))) {
    throw fail(
      'config.rules.maxContractsPerInstrument.defaultLimit: not greater than maxContracts.limit',
    );
  }
  const target = given('maxUnrealizedProfit', 'target');
  if (isTarget && exceeds(target, given('dailyRealizedProfit', 'target'))) {
    throw fail(
      'config.rules.maxUnrealizedProfit.target: not greater than dailyRealizedProfit.target',
    );
  }
  checkResetTwice(config, configOf(rules, 'dailyRealizedLoss'), fail);
}

/** False where one of them is not given. */
function exceeds(value: number | undefined, bound: number | undefined): boolean {
  return value !== undefined && bound !== undefined && value > bound;
}

function checkResetTwice(config: Section, rule: Section | undefined, fail: Fail): void {
  for (const [key, name] of [
    ['resetTime', 'time'],
    ['timezone', 'timezone'],
  ] as const) {
    const [own, reset] = [rule?.[key], valueAt(config, ['dailyReset', name])];
    if (own !== undefined && reset !== undefined && own !== reset)
      throw fail(`config.rules.dailyRealizedLoss.${key}: the same as dailyReset.${name}`);
  }
}

function configOf(rules: readonly RuleConfigured[], key: string): Section | undefined {
  return rules.find(({ definition }) => definition.key === key)?.config as Section | undefined;
}

function invalid(scenario: Scenario, what: string): Error {
  return invalidFile(
    scenario.file,
    1,
    `"${scenario.name}": ${what}`,
    'correct the configuration of the scenario',
  );
}
