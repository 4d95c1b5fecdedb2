/** From parsed blocks to what the engine takes. */
import type { AccountSettings, OrderSettings } from '../../actors/world.ts';
import { addExact } from '../../domain/arithmetic.ts';
import type { ExecutionSettings } from '../../domain/execution-settings.ts';
import { createSessionCalendar } from '../../domain/session-calendar.ts';
import { TradingCalendar } from '../../domain/trading-day.ts';
import type { CalendarConfiguration } from './account-timers.ts';

/** Limits of an order: those that its machine knows. Source: execution 15. */
export function orderSettings({ order, reconcile }: ExecutionSettings): Partial<OrderSettings> {
  return {
    acknowledgeDurationMs: order.ackTimeoutSeconds * 1_000,
    cancelDurationMs: addExact(order.cancelConfirmMs, order.cancelConfirmExtraMs),
    missingQueriesMax: reconcile.openMissingRetries,
  };
}

/** Hours and resets that an account has for itself. */
export function calendarSettings({
  calendar,
  sessions,
  resets,
}: CalendarConfiguration): Required<Pick<AccountSettings, 'calendar' | 'sessions' | 'resets'>> {
  return {
    calendar: new TradingCalendar(calendar),
    sessions: sessions === 'none' ? 'none' : createSessionCalendar(sessions),
    resets,
  };
}
