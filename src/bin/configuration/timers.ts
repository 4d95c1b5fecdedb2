/**
 * The blocks of `timers.yaml` beside the trading hours, and what they say to single rules.
 *
 * Some values stand in two files: the lengths of locks are also keys of their rules. Given once they hold wherever
 * they stand; given twice they must agree. Source: rules 7, 10.4 and 10.7 (15).
 */
import { z } from 'zod';
import { DurationValue, FlagValue, WholeValue } from '../../domain/config-values.ts';
import { ResetActions, type ResetSettings, WeeklyResetBlock } from '../../domain/reset-settings.ts';
import { isTimeOfDay, isZone } from '../../domain/wall-clock.ts';
import { LockDuration } from '../../rules/rule-config.ts';
import { keyText, valueAt, type KeyPath } from './problem.ts';

const seconds = (min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `whole seconds from ${min} to ${max}`,
  }).meta({ minimum: min, maximum: max });

const TimeOfDay = z
  .string()
  .refine(isTimeOfDay, { error: 'HH:MM in 24-hour form, in quotes' })
  .meta({ values: '`HH:MM`, 24 hours, in quotes' });

export const DailyResetBlock = z.strictObject({
  enabled: FlagValue.default(true).describe(
    'false is refused while a rule locks until the reset: its lock would never end',
  ),
  time: TimeOfDay.default('17:00').describe('local time at which the trading day changes'),
  timezone: z
    .string()
    .refine(isZone, { error: 'an IANA zone such as America/Chicago' })
    .meta({ values: 'an IANA zone' })
    .default('America/Chicago')
    .describe('zone of that time'),
  calendar: z
    .enum(['futures', 'continuous'])
    .default('futures')
    .describe('futures: Monday to Friday; continuous: every day'),
  resetActions: ResetActions.prefault({}).describe('what the change of the day does'),
});

const lockLength = (initial: number, text: string, description: string) =>
  LockDuration.default(initial).meta({
    default: text,
    values: 'a duration, 1s to 24h',
    description,
  });

export const LockoutDurationsBlock = z.strictObject({
  hardLockout: z
    .strictObject({
      dailyRealizedLoss: z.literal('untilReset').default('untilReset').describe('of RULE-003'),
      dailyRealizedProfit: z.literal('untilReset').default('untilReset').describe('of RULE-013'),
      sessionBlockOutside: z
        .literal('untilSessionStart')
        .default('untilSessionStart')
        .describe('of RULE-009'),
      authLossGuard: z
        .enum(['untilRestored', 'untilReset'])
        .default('untilRestored')
        .describe('of RULE-010; the same as its lockoutDuration where both are given'),
    })
    .prefault({})
    .describe('locks that end by an event'),
  timerCooldown: z
    .strictObject({
      tradeFrequency: z
        .strictObject({
          perMinuteBreach: lockLength(60_000, '60s', 'of RULE-006, too many in a minute'),
          perHourBreach: lockLength(1_800_000, '30m', 'of RULE-006, too many in an hour'),
          perSessionBreach: lockLength(
            3_600_000,
            '1h',
            'of RULE-006 with sessionBreach cooldown, too many in a session',
          ),
        })
        .prefault({})
        .describe('the same as cooldownOnBreach of the rule where both are given'),
      cooldownAfterLoss: lockLength(
        900_000,
        '15m',
        'of RULE-007 with a single threshold that has no duration of its own',
      ),
    })
    .prefault({})
    .describe('locks that end by time'),
});

export const AdvancedBlock = z.strictObject({
  checkInterval: seconds(1, 60)
    .default(10)
    .describe('safety sweep beside the exact timers; checked, and without effect in this version'),
  sessionCloseGrace: seconds(0, 600)
    .default(60)
    .describe('sessionCloseGraceSeconds of RULE-009 where the rule has none of its own'),
  autoUnlock: z
    .strictObject({
      enabled: FlagValue.default(true).describe('locks end by their own timers in any case'),
      checkInterval: seconds(1, 3_600).default(30).describe('seconds between two sweeps'),
      notify: FlagValue.default(true).describe('whether the end of a lock is told'),
    })
    .prefault({})
    .describe('sweep for locks that have ended; checked, and without effect in this version'),
  dst: z
    .strictObject({
      springGap: z
        .literal('nextValid')
        .default('nextValid')
        .describe('a local time that does not exist is the next valid instant'),
      autumnRepeat: z
        .literal('first')
        .default('first')
        .describe('a local time that occurs twice is its first'),
    })
    .prefault({})
    .describe('nights in which the clocks are changed; the other choices are not in this version'),
});

export { WeeklyResetBlock };

/** What the two resets do. */
export function resetSettings(
  daily: z.output<typeof DailyResetBlock>,
  weekly: z.output<typeof WeeklyResetBlock>,
): ResetSettings {
  return {
    daily: { isEnabled: daily.enabled, ...daily.resetActions },
    weekly: { isEnabled: weekly.enabled, day: weekly.day, time: weekly.time },
  };
}

type Shared = {
  /** Where `timers.yaml` has it. */
  readonly from: KeyPath;
  readonly rule: string;
  /** Where the block of the rule has it. */
  readonly to: readonly string[];
  /** Both may be given when they say the same. */
  readonly mustAgree: boolean;
};

const frequency = ['lockoutDurations', 'timerCooldown', 'tradeFrequency'];
const shared: readonly Shared[] = [
  ...(['perMinute', 'perHour', 'perSession'] as const).map((window) => ({
    from: [...frequency, `${window}Breach`],
    rule: 'tradeFrequencyLimit',
    to: ['cooldownOnBreach', window],
    mustAgree: true,
  })),
  {
    from: ['lockoutDurations', 'hardLockout', 'authLossGuard'],
    rule: 'authLossGuard',
    to: ['lockoutDuration'],
    mustAgree: true,
  },
  {
    from: ['advanced', 'sessionCloseGrace'],
    rule: 'sessionBlockOutside',
    to: ['sessionCloseGraceSeconds'],
    mustAgree: false,
  },
];

/** What timers say to a rule: the lowest layer of its block. `path` names where the first of the values stands. */
export function timerLayer(
  tree: unknown,
  rule: string,
): ReadonlyMap<string, { readonly value: unknown; readonly path: KeyPath }> {
  const layer = new Map<string, { value: unknown; path: KeyPath }>();
  for (const one of shared) {
    const value = valueAt(tree, one.from);
    const [key, inner] = one.to;
    if (one.rule !== rule || value === undefined || key === undefined) continue;
    const known = layer.get(key);
    layer.set(key, {
      value: inner === undefined ? value : { ...(known?.value as object), [inner]: value },
      path: known?.path ?? one.from,
    });
  }
  return layer;
}

/** A single threshold of RULE-007 without a duration takes the one of the timers. */
export function withSingleCooldown(
  tree: unknown,
  rule: string,
  block: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const cooldown = valueAt(tree, ['lockoutDurations', 'timerCooldown', 'cooldownAfterLoss']);
  const thresholds = block['lossThresholds'];
  if (rule !== 'cooldownAfterLoss' || cooldown === undefined || !Array.isArray(thresholds))
    return block;
  const [single] = thresholds as readonly unknown[];
  const isBare =
    thresholds.length === 1 &&
    typeof single === 'object' &&
    single !== null &&
    !('cooldownDuration' in single);
  if (!isBare) return block;
  return { ...block, lossThresholds: [{ ...single, cooldownDuration: cooldown }] };
}

/** Values that are given for a rule and in the timers, and do not say the same. */
export function timerContradictions(
  tree: unknown,
  rule: string,
  blocks: readonly unknown[],
): readonly { readonly path: KeyPath; readonly text: string }[] {
  return shared.flatMap(({ from, rule: owner, to, mustAgree }) => {
    const timer = valueAt(tree, from);
    if (owner !== rule || !mustAgree || timer === undefined) return [];
    return blocks.flatMap((block) => {
      const own = valueAt(block, to);
      if (own === undefined || isSame(own, timer)) return [];
      const text = `was ${JSON.stringify(timer)}: the same as ${keyText(['rules', rule, ...to])}, ${JSON.stringify(own)}`;
      return [{ path: from, text }];
    });
  });
}

function isSame(one: unknown, other: unknown): boolean {
  const [first, second] = [one, other].map((value) => DurationValue.safeParse(value));
  if (first?.success === true && second?.success === true) return first.data === second.data;
  return one === other;
}
