/** From the configuration of a scenario to the settings of an engine. Same rules and schemas as the product's own files. */
import { z } from 'zod';
import {
  defaultOrderSettings,
  type AccountSettings,
  type OrderSettings,
  type RuleConfigured,
} from '../../actors/world.ts';
import { FlagValue, WholeValue } from '../../domain/config-values.ts';
import { AccountId } from '../../domain/ids.ts';
import { parseMoney } from '../../domain/money.ts';
import { createSessionCalendar } from '../../domain/session-calendar.ts';
import type { SessionCalendar } from '../../domain/session.ts';
import { TradingCalendar } from '../../domain/trading-day.ts';
import { isTimeOfDay } from '../../domain/wall-clock.ts';
import { condition } from '../../kernel/assert.ts';
import { ruleByKey } from '../../rules/registry.ts';
import {
  EarlyCloseList,
  HolidaysBlock,
  SessionHoursBlock,
  sessionSettings,
} from '../configuration/sessions.ts';
import type { AccountEntry, Scenario } from './format.ts';
import { isZoneName } from './times.ts';
import { Unsupported } from './unsupported.ts';
import { invalidFile } from './yaml-text.ts';

export type EngineSettings = {
  readonly accounts: readonly AccountSettings[];
  readonly calendar: TradingCalendar;
  readonly sessions?: SessionCalendar;
  readonly mode: 'DRY_RUN' | 'PAPER';
  readonly quoteMaxAgeMs: number;
  readonly intentMaxAgeMs: number;
  readonly orders: Partial<OrderSettings>;
};

type Section = Readonly<Record<string, unknown>>;

const seconds = (min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `a whole number from ${min} to ${max}`,
  });

const General = z.strictObject({
  includeFees: FlagValue.optional(),
  breachAtEquality: FlagValue.optional(),
  markPrice: z.enum(['exitSide', 'last', 'mid']).optional(),
  quoteMaxAgeSeconds: seconds(1, 3600).optional(),
  timezone: z.string().refine(isZoneName, { error: 'an IANA zone' }).optional(),
  instruments: z.array(z.string()).optional(),
  unrealizedEventStep: z.string().optional(),
  logging: z.unknown().optional(),
  database: z.unknown().optional(),
  notifications: z.unknown().optional(),
});

const DailyReset = z.strictObject({
  enabled: FlagValue.default(true),
  time: z.string().refine(isTimeOfDay, { error: 'HH:MM in 24-hour form' }).default('17:00'),
  timezone: z.string().refine(isZoneName, { error: 'an IANA zone' }).default('America/Chicago'),
  calendar: z.enum(['futures', 'continuous']).default('futures'),
  resetActions: z
    .strictObject({
      clearDailyPnl: FlagValue.default(true),
      unlockDailyLoss: FlagValue.default(true),
      unlockDailyProfit: FlagValue.default(true),
      clearTradeCount: FlagValue.default(true),
    })
    .default({
      clearDailyPnl: true,
      unlockDailyLoss: true,
      unlockDailyProfit: true,
      clearTradeCount: true,
    }),
});

const Order = z.strictObject({
  ackTimeoutSeconds: seconds(1, 60).optional(),
  cancelConfirmMs: WholeValue.optional(),
  cancelConfirmExtraMs: WholeValue.optional(),
});

/** @throws OperatorError exit 2 for a value that is not one; Unsupported for a setting that this version does not have */
export function engineSettings(scenario: Scenario): EngineSettings {
  const { config } = scenario;
  const accounts = scenario.accounts.map((entry) => accountSettings(scenario, entry));
  const general = section(scenario, General, config, 'general');
  const order = section(scenario, Order, config, 'order', isKnownKey(Order));
  const intent = section(
    scenario,
    z.strictObject({ maxAgeSeconds: seconds(1, 86_400).optional() }),
    config,
    'intent',
  );
  const staleness = section(
    scenario,
    z.strictObject({ quoteMaxAgeSeconds: seconds(1, 3600).optional() }),
    config,
    'staleness',
  );
  const sessions = sessionsOf(scenario);
  refuseOthers(config);
  const extraMs =
    order.cancelConfirmMs === undefined && order.cancelConfirmExtraMs === undefined
      ? undefined
      : (order.cancelConfirmMs ?? 1_000) + (order.cancelConfirmExtraMs ?? 500);
  return {
    accounts,
    calendar: calendarOf(scenario),
    ...(sessions === undefined ? {} : { sessions }),
    mode: modeOf(scenario),
    quoteMaxAgeMs: (general.quoteMaxAgeSeconds ?? staleness.quoteMaxAgeSeconds ?? 5) * 1_000,
    intentMaxAgeMs: (intent.maxAgeSeconds ?? 30) * 1_000,
    orders: {
      ...defaultOrderSettings,
      ...(order.ackTimeoutSeconds === undefined
        ? {}
        : { acknowledgeDurationMs: order.ackTimeoutSeconds * 1_000 }),
      ...(extraMs === undefined ? {} : { cancelDurationMs: extraMs }),
    },
  };
}

const sectionsHere = new Set([
  'rules',
  'general',
  'dailyReset',
  'sessionHours',
  'holidays',
  'earlyClose',
  'order',
  'intent',
  'staleness',
  'mode',
  'readOnly',
]);

/** A section that is only switched off asks for nothing. */
function refuseOthers(config: Section): void {
  for (const [key, value] of Object.entries(config)) {
    if (sectionsHere.has(key)) continue;
    const isSwitchedOff =
      isSection(value) && Object.keys(value).join() === 'enabled' && value['enabled'] === false;
    if (!isSwitchedOff) throw new Unsupported(`the configuration of ${key}`);
  }
}

function modeOf(scenario: Scenario): 'DRY_RUN' | 'PAPER' {
  const { config } = scenario;
  const mode = config['mode'] ?? 'PAPER';
  if (config['readOnly'] === true) throw new Unsupported('the configuration of readOnly');
  if (mode === 'PAPER' || mode === 'DRY_RUN') return mode;
  if (mode === 'LIVE') throw new Unsupported('mode LIVE');
  throw invalid(scenario, `config.mode: DRY_RUN, PAPER or LIVE, was ${JSON.stringify(mode)}`);
}

function calendarOf(scenario: Scenario): TradingCalendar {
  const { enabled, time, timezone, calendar, resetActions } = section(
    scenario,
    DailyReset,
    scenario.config,
    'dailyReset',
  );
  if (!enabled) throw new Unsupported('dailyReset.enabled false');
  if (Object.values(resetActions).includes(false))
    throw new Unsupported('dailyReset.resetActions that are off');
  return new TradingCalendar({ time, zone: timezone, kind: calendar });
}

function sessionsOf(scenario: Scenario): SessionCalendar | undefined {
  const { config } = scenario;
  const earlyClose = EarlyCloseList.safeParse(config['earlyClose'] ?? []);
  if (!earlyClose.success) throw invalidSection(scenario, 'config.earlyClose', earlyClose.error);
  const settings = sessionSettings({
    sessionHours: section(scenario, SessionHoursBlock, config, 'sessionHours'),
    holidays: section(scenario, HolidaysBlock, config, 'holidays'),
    earlyClose: earlyClose.data,
  });
  return settings === undefined ? undefined : createSessionCalendar(settings);
}

function accountSettings(scenario: Scenario, entry: AccountEntry): AccountSettings {
  const overrides = entry.configOverrides ?? {};
  const other = Object.keys(overrides).find((key) => key !== 'rules' && key !== 'general');
  if (other !== undefined) throw new Unsupported(`the configuration of ${other} for one account`);
  if (entry.mode !== undefined && entry.mode !== (scenario.config['mode'] ?? 'PAPER')) {
    throw new Unsupported('a mode of its own for one account');
  }
  const merged = deepMerge(scenario.config, overrides);
  const id = AccountId.safeParse(entry.id);
  if (!id.success)
    throw invalid(scenario, `accounts: ${JSON.stringify(entry.id)} is not an account id`);
  return {
    id: id.data,
    currency: 'USD',
    startBalanceUnits: balanceUnits(scenario, entry),
    rules: rulesOf(scenario, merged),
  };
}

function balanceUnits(scenario: Scenario, { balance }: AccountEntry): number {
  const text = balance ?? '50000';
  if (text === 'NaN') throw invalid(scenario, 'account.balance: an amount of money, was NaN');
  return parseMoney(text, 'USD');
}

/** Rules that are named, with what they inherit; a rule of this version that is not named is off. */
function rulesOf(scenario: Scenario, config: Section): readonly RuleConfigured[] {
  const inherited = inheritedKeys(section(scenario, General, config, 'general'));
  const named = isSection(config['rules']) ? config['rules'] : {};
  const configured: RuleConfigured[] = [];
  for (const [key, given] of Object.entries(named)) {
    if (isOff(given)) continue;
    const definition = ruleByKey(key);
    if (definition === undefined) throw new Unsupported(`the rule ${key}`);
    const parsed = definition.config.safeParse({
      ...inherited,
      ...(isSection(given) ? given : {}),
    });
    if (!parsed.success) throw invalidSection(scenario, `config.rules.${key}`, parsed.error);
    refuseFourEyes(parsed.data);
    configured.push({ definition, config: parsed.data });
  }
  checkTogether(scenario, configured);
  return configured;
}

/** What every rule takes over from `general`. */
function inheritedKeys(general: z.output<typeof General>): Section {
  const { includeFees, breachAtEquality, markPrice, quoteMaxAgeSeconds } = general;
  const inherited = { includeFees, breachAtEquality, markPrice, quoteMaxAgeSeconds };
  return Object.fromEntries(Object.entries(inherited).filter(([, value]) => value !== undefined));
}

function isOff(given: unknown): boolean {
  return given === null || given === false || (isSection(given) && given['enabled'] === false);
}

function refuseFourEyes(config: unknown): void {
  if ((config as { operatorUnlock?: string }).operatorUnlock === 'fourEyes')
    throw new Unsupported('unlocking with four eyes');
}

/** Source: rules 10.7, numbers 5 and 6; between enabled rules and given values only. */
function checkTogether(scenario: Scenario, rules: readonly RuleConfigured[]): void {
  const given = (key: string, name = 'limit'): number | undefined => {
    const named = scenario.config['rules'];
    const block = isSection(named) ? named[key] : undefined;
    if (!isSection(block) || block[name] === undefined) return undefined;
    const value = configOf(rules, key)?.[name];
    return typeof value === 'number' ? value : undefined;
  };
  const [realized, unrealized] = [given('dailyRealizedLoss'), given('dailyUnrealizedLoss')];
  if (realized !== undefined && unrealized !== undefined && unrealized <= realized) {
    throw invalid(
      scenario,
      'config.rules.dailyUnrealizedLoss.limit: the unrealized limit is tighter than the realized one',
    );
  }
  const [whole, single] = [
    given('maxContracts'),
    given('maxContractsPerInstrument', 'defaultLimit'),
  ];
  const isCounted = configOf(rules, 'maxContracts')?.['countType'] !== 'miniEquivalent';
  if (isCounted && whole !== undefined && single !== undefined && single > whole) {
    throw invalid(
      scenario,
      'config.rules.maxContractsPerInstrument.defaultLimit: not greater than maxContracts.limit',
    );
  }
}

function configOf(rules: readonly RuleConfigured[], key: string): Section | undefined {
  return rules.find(({ definition }) => definition.key === key)?.config as Section | undefined;
}

/** Maps merge by key, everything else is replaced. Source: rules 11. */
function deepMerge(base: Section, over: Section): Section {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isSection(below) && isSection(value) ? deepMerge(below, value) : value;
  }
  return merged;
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isKnownKey(schema: z.ZodObject): (key: string) => boolean {
  return (key) => Object.hasOwn(schema.shape, key);
}

function section<Schema extends z.ZodObject>(
  scenario: Scenario,
  schema: Schema,
  config: Section,
  key: string,
  isKnown: (name: string) => boolean = isKnownKey(schema),
): z.output<Schema> {
  const value = config[key] ?? {};
  const other = isSection(value) ? Object.keys(value).find((name) => !isKnown(name)) : undefined;
  if (other !== undefined) throw new Unsupported(`the configuration of ${key}.${other}`);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidSection(scenario, `config.${key}`, parsed.error);
  return parsed.data;
}

function invalidSection(scenario: Scenario, path: string, error: z.ZodError): Error {
  const [issue] = error.issues;
  condition(issue !== undefined, 'a failed parse has an issue');
  const keys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const where = [path, ...issue.path.map(String), ...keys].join('.');
  const what =
    issue.code === 'unrecognized_keys'
      ? 'there is no such key'
      : issue.message.replace('Invalid input: ', '');
  return invalid(scenario, `${where}: ${what}`);
}

function invalid(scenario: Scenario, what: string): Error {
  return invalidFile(
    scenario.file,
    1,
    `"${scenario.name}": ${what}`,
    'correct the configuration of the scenario',
  );
}
