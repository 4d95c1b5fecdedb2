/** What the daily and the weekly reset do, as `timers.yaml` says it. Source: rules 7.2, 7.3 and 10.4. */
import { z } from 'zod';
import { FlagValue, WholeValue } from './config-values.ts';
import { isTimeOfDay } from './wall-clock.ts';

/** Keys of `dailyReset.resetActions`: everything a boundary of the trading day does unless it is switched off. */
export const ResetActions = z.strictObject({
  clearDailyPnl: FlagValue.default(true).describe(
    'the result of the day is archived and starts at zero',
  ),
  unlockDailyLoss: FlagValue.default(true).describe(
    'false: the lock of RULE-003 ends by an operator acknowledgement only',
  ),
  unlockDailyProfit: FlagValue.default(true).describe(
    'false: the lock of RULE-013 ends by an operator acknowledgement only',
  ),
  clearTradeCount: FlagValue.default(true).describe('trade and session counters start at zero'),
});

/** Block `weeklyReset`; its zone is that of the daily reset. */
export const WeeklyResetBlock = z.strictObject({
  enabled: FlagValue.default(true).describe('false: nothing is cleared weekly'),
  day: WholeValue.refine((day) => day >= 0 && day <= 6, {
    error: 'a weekday from 0 (Monday) to 6 (Sunday)',
  })
    .meta({ values: '0 (Monday) to 6 (Sunday)' })
    .default(0)
    .describe('weekday of the weekly reset'),
  time: z
    .string()
    .refine(isTimeOfDay, { error: 'HH:MM in 24-hour form, in quotes' })
    .meta({ values: '`HH:MM`, 24 hours, in quotes' })
    .default('17:00')
    .describe('local time of the weekly reset, in the zone of the daily one'),
});

export type ResetSettings = {
  readonly daily: {
    readonly isEnabled: boolean;
    readonly clearDailyPnl: boolean;
    readonly unlockDailyLoss: boolean;
    readonly unlockDailyProfit: boolean;
    readonly clearTradeCount: boolean;
  };
  readonly weekly: {
    readonly isEnabled: boolean;
    /** 0 (Monday) to 6 (Sunday). */
    readonly day: number;
    /** `HH:MM` in the zone of the daily reset. */
    readonly time: string;
  };
};

/** Every key at its default. */
export const defaultResetSettings: ResetSettings = {
  daily: {
    isEnabled: true,
    clearDailyPnl: true,
    unlockDailyLoss: true,
    unlockDailyProfit: true,
    clearTradeCount: true,
  },
  weekly: { isEnabled: true, day: 0, time: '17:00' },
};
