/**
 * When the trading day, the week and the sessions of an account begin and end, and what its resets do, as configured
 * now: its own settings, and those of the engine where it has none. Source: rules 7.2, 7.3, 10.4 and 11.
 */
import type { AccountId } from '../domain/ids.ts';
import { defaultResetSettings, type ResetSettings } from '../domain/reset-settings.ts';
import type { SessionCalendar } from '../domain/session.ts';
import { WeeklyCalendar, type TradingCalendar } from '../domain/trading-day.ts';
import type { EngineOptions, World } from './world.ts';

type Calendars = {
  readonly trading: TradingCalendar;
  /** Absent: there are no hours to keep. */
  readonly sessions?: SessionCalendar;
  readonly resets: ResetSettings;
  /** Weekly boundaries in the zone of the daily ones. */
  readonly weekly: WeeklyCalendar;
};

const known = new WeakMap<EngineOptions, Map<AccountId, Calendars>>();

function calendarsOf({ options }: World, id: AccountId): Calendars {
  let byAccount = known.get(options);
  if (byAccount === undefined) {
    byAccount = new Map();
    known.set(options, byAccount);
  }
  const made = byAccount.get(id) ?? calendarsFrom(options, id);
  byAccount.set(id, made);
  return made;
}

function calendarsFrom(options: EngineOptions, id: AccountId): Calendars {
  const own = options.accounts.find((account) => account.id === id);
  const trading = own?.calendar ?? options.calendar;
  const resets = own?.resets ?? options.resets ?? defaultResetSettings;
  const sessions = own?.sessions ?? options.sessions;
  const { day, time } = resets.weekly;
  return {
    trading,
    resets,
    weekly: new WeeklyCalendar({ day, time, zone: trading.settings.zone }),
    ...(sessions === undefined || sessions === 'none' ? {} : { sessions }),
  };
}

/** The trading days of an account. */
export function calendarOf(world: World, id: AccountId): TradingCalendar {
  return calendarsOf(world, id).trading;
}

/** Trading hours of an account; undefined where it has none to keep. */
export function sessionsOf(world: World, id: AccountId): SessionCalendar | undefined {
  return calendarsOf(world, id).sessions;
}

/** What the resets of an account do. */
export function resetsOf(world: World, id: AccountId): ResetSettings {
  return calendarsOf(world, id).resets;
}

export function weeklyCalendarOf(world: World, id: AccountId): WeeklyCalendar {
  return calendarsOf(world, id).weekly;
}

/** The week of an instant for the ledger; without weekly resets everything is one week. */
export function weekOf(
  world: World,
  id: AccountId,
  atMs: number,
): { readonly weekStartMs?: number } {
  if (!resetsOf(world, id).weekly.isEnabled) return {};
  return { weekStartMs: weeklyCalendarOf(world, id).latestBoundaryMs(atMs) };
}
