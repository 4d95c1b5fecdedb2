/** The sections of a scenario's configuration: the schemas of the product's own files, and what this version lacks of them. */
import { z } from 'zod';
import { FlagValue, MoneyValue, WholeValue } from '../../domain/config-values.ts';
import { Controls } from '../../domain/controls.ts';
import { ExecutionSettings } from '../../domain/execution-settings.ts';
import { condition } from '../../kernel/assert.ts';
import { checksNamed } from '../../rules/portfolio/switches.ts';
import { GroupList } from '../configuration/account-groups.ts';
import { timerNames } from '../configuration/account-timers.ts';
import { apiShape } from '../configuration/api-schema.ts';
import type { KeyPath } from '../configuration/problem.ts';
import { EarlyCloseList, HolidaysBlock, SessionHoursBlock } from '../configuration/sessions.ts';
import {
  AdvancedBlock,
  DailyResetBlock,
  LockoutDurationsBlock,
  WeeklyResetBlock,
} from '../configuration/timers.ts';
import { isZoneName } from './times.ts';
import { Unsupported } from './unsupported.ts';

export type Section = Readonly<Record<string, unknown>>;

const General = z.strictObject({
  includeFees: FlagValue.optional(),
  breachAtEquality: FlagValue.optional(),
  markPrice: z.enum(['exitSide', 'last', 'mid']).optional(),
  quoteMaxAgeSeconds: WholeValue.refine((value) => value >= 1 && value <= 3600, {
    error: 'a whole number from 1 to 3600',
  }).optional(),
  timezone: z.string().refine(isZoneName, { error: 'an IANA zone' }).optional(),
  instruments: z.array(z.string()).optional(),
  unrealizedEventStep: MoneyValue.refine((units) => units > 0, {
    error: 'an amount above 0',
  }).optional(),
  logging: z.unknown().optional(),
  database: z.unknown().optional(),
  notifications: z.unknown().optional(),
});

/** Every section but `rules`, with defaults for what is not given. */
export const sectionSchemas = {
  general: General.prefault({}),
  dailyReset: DailyResetBlock.prefault({}),
  weeklyReset: WeeklyResetBlock.prefault({}),
  lockoutDurations: LockoutDurationsBlock.prefault({}),
  sessionHours: SessionHoursBlock.prefault({}),
  holidays: HolidaysBlock.prefault({}),
  earlyClose: EarlyCloseList.default([]),
  groups: GroupList.default([]),
  advanced: AdvancedBlock.prefault({}),
  ...ExecutionSettings.shape,
  ...Controls.shape,
  ...apiShape,
};
export type SectionName = keyof typeof sectionSchemas;
export type SectionOf<Name extends SectionName> = z.output<(typeof sectionSchemas)[Name]>;

const controlNames = Object.keys(Controls.shape);
const executionNames = Object.keys(ExecutionSettings.shape);
/** Sections that may differ from account to account. */
export const accountSections: ReadonlySet<string> = new Set([
  'general',
  'rules',
  ...timerNames,
  ...controlNames,
]);
const knownSections: ReadonlySet<string> = new Set([
  ...Object.keys(sectionSchemas),
  'rules',
  'mode',
  'readOnly',
]);

/** Keys that the files have and this version does not. */
const missingKeys: Readonly<Record<string, readonly string[]>> = {
  group: ['marginBuffer'],
  alerts: ['webhook', 'escalationWebhook'],
  fees: ['perContract'],
};

/** Choices that the files have and this version does not, by path. */
const missingChoices: readonly (readonly [KeyPath, (value: string) => boolean])[] = [
  [['advanced', 'dst', 'springGap'], (value) => value === 'skip'],
  [['advanced', 'dst', 'autumnRepeat'], (value) => value === 'second'],
  ...['dailyRealizedLoss', 'dailyRealizedProfit', 'sessionBlockOutside'].map(
    (rule) =>
      [
        ['lockoutDurations', 'hardLockout', rule],
        (value: string) => /^\d+[smh]$/.test(value),
      ] as const,
  ),
];

/** Controls with an `enabled` of their own: in a scenario whoever configures one wants it. */
const optionalControls: ReadonlySet<string> = new Set([
  'caps',
  'stops',
  'frequency',
  'lossCooldown',
  'cooldowns',
  'margin',
  'safety',
]);

/** @throws Unsupported for a setting of the files that this version does not have */
export function refuseMissing(config: Section): void {
  for (const [key, value] of Object.entries(config)) {
    if (!knownSections.has(key) && !isSwitchedOff(value))
      throw new Unsupported(`the configuration of ${key}`);
    const missing = missingKeys[key]?.find((name) => isSection(value) && value[name] !== undefined);
    if (missing !== undefined) throw new Unsupported(`the configuration of ${key}.${missing}`);
  }
  for (const [path, isMissing] of missingChoices) {
    const value = path.reduce<unknown>(
      (at, key) => (isSection(at) ? at[String(key)] : undefined),
      config,
    );
    if (typeof value === 'string' && isMissing(value))
      throw new Unsupported(`the configuration of ${path.join('.')} ${value}`);
  }
}

/** A section that is only switched off asks for nothing. */
function isSwitchedOff(value: unknown): boolean {
  return isSection(value) && Object.keys(value).join() === 'enabled' && value['enabled'] === false;
}

/** One section with its defaults. `invalid` makes the error of a value that is none. */
export function sectionOf<Name extends SectionName>(
  config: Section,
  name: Name,
  invalid: (what: string) => Error,
): SectionOf<Name> {
  const parsed = sectionSchemas[name].safeParse(config[name] ?? undefined);
  if (!parsed.success) throw invalid(issueText(`config.${name}`, parsed.error));
  return parsed.data as SectionOf<Name>;
}

export function executionOf(config: Section, invalid: (what: string) => Error): ExecutionSettings {
  const parsed = ExecutionSettings.safeParse(pick(config, executionNames));
  if (!parsed.success) throw invalid(issueText('config', parsed.error));
  return parsed.data;
}

export function controlsOf(config: Section, invalid: (what: string) => Error): Controls {
  const given = Object.entries(pick(config, controlNames)).map(([key, value]) => [
    key,
    optionalControls.has(key) && isSection(value) ? { enabled: true, ...value } : value,
  ]);
  const parsed = Controls.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw invalid(issueText('config', parsed.error));
  return { ...parsed.data, only: checksNamed(config) };
}

function pick(config: Section, names: readonly string[]): Section {
  const given = Object.entries(config).filter(
    ([key, value]) => names.includes(key) && value !== null,
  );
  return Object.fromEntries(given);
}

/** The first thing that is wrong, with its path. */
export function issueText(path: string, error: z.ZodError): string {
  const [issue] = error.issues;
  condition(issue !== undefined, 'a failed parse has an issue');
  const keys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const where = [path, ...issue.path.map(String), ...keys].join('.');
  const what =
    issue.code === 'unrecognized_keys'
      ? 'there is no such key'
      : issue.message.replace('Invalid input: ', '');
  return `${where}: ${what}`;
}

export function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Maps merge by key, everything else is replaced. Source: rules 11. */
export function deepMerge(base: Section, over: Section): Section {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isSection(below) && isSection(value) ? deepMerge(below, value) : value;
  }
  return merged;
}
