/**
 * Trading days, resets and hours of one account, where its own layers speak of them. Source: rules 10.4 and 11.
 *
 * An account that says nothing of them keeps those of the engine.
 */
import { z } from 'zod';
import type { ResetSettings } from '../../domain/reset-settings.ts';
import type { SessionSettings } from '../../domain/session-calendar.ts';
import type { CalendarSettings } from '../../domain/trading-day.ts';
import { effectiveBlocks, type ConfiguredValue, type Layer } from './effective-blocks.ts';
import { valueAt, type KeyPath, type Problem } from './problem.ts';
import { EarlyCloseList, HolidaysBlock, SessionHoursBlock, sessionSettings } from './sessions.ts';
import { DailyResetBlock, resetSettings, WeeklyResetBlock } from './timers.ts';

/** The blocks of `timers.yaml` that may differ from account to account. */
export const AccountTimers = z.strictObject({
  dailyReset: DailyResetBlock.prefault({}),
  weeklyReset: WeeklyResetBlock.prefault({}),
  sessionHours: SessionHoursBlock.prefault({}),
  holidays: HolidaysBlock.prefault({}),
  earlyClose: EarlyCloseList.default([]),
});
export type AccountTimers = z.output<typeof AccountTimers>;

export const timerNames: readonly string[] = Object.keys(AccountTimers.shape);

/** What an engine is told of them. */
export type CalendarConfiguration = {
  readonly calendar: CalendarSettings;
  /** `none`: there are no hours to keep. */
  readonly sessions: SessionSettings | 'none';
  readonly resets: ResetSettings;
};

export type EffectiveTimers = {
  readonly timers?: AccountTimers;
  /** Absent: the account says nothing of its own. */
  readonly calendars?: CalendarConfiguration;
  /** Values that the account has for itself. */
  readonly values: readonly ConfiguredValue[];
  readonly problems: readonly Problem[];
  readonly whereGiven: (path: KeyPath) => string | undefined;
};

export function effectiveTimers(layers: readonly Layer[], account: string): EffectiveTimers {
  const [, ...own] = layers;
  const isOwn = (path: KeyPath): boolean =>
    own.some(({ tree, prefix }) => valueAt(tree, [...prefix, ...path]) !== undefined);
  const { parsed, values, problems, whereGiven } = effectiveBlocks(AccountTimers, layers, account);
  const hasOwn = timerNames.some((name) => isOwn([name]));
  return {
    ...(parsed === undefined ? {} : { timers: parsed }),
    ...(parsed === undefined || !hasOwn ? {} : { calendars: calendarsFrom(parsed) }),
    values: values.filter(({ key }) => isOwn(key.split('.'))),
    // What all accounts have is judged with the file.
    problems: hasOwn ? problems : [],
    whereGiven,
  };
}

export function calendarsFrom(timers: AccountTimers): CalendarConfiguration {
  const { dailyReset, weeklyReset } = timers;
  const { time, timezone, calendar } = dailyReset;
  return {
    calendar: { time, zone: timezone, kind: calendar },
    sessions: sessionSettings(timers) ?? 'none',
    resets: resetSettings(dailyReset, weeklyReset),
  };
}
