/**
 * How a contribution enters a trading day and a week of the ledger, and how days and weeks end. Pure.
 *
 * The totals of a day are always of that day alone; what a reset keeps or takes away beside a boundary is an offset
 * (`carried…`), so that the archive stays the sum of its fills whatever is configured. Source: rules 7.2, 7.3 and 8.
 */
import { addExact } from '../domain/arithmetic.ts';
import type { Units } from '../domain/money.ts';
import { limits } from '../kernel/limits.ts';

/** Sums of one trading day. `realizedUnits` is before fees; fees are positive = cost. */
export type DayTotals = {
  readonly tradingDay: string;
  readonly realizedUnits: Units;
  readonly feesUnits: Units;
  readonly fills: number;
};

/** Sums of one week, from its boundary on; a week of the configuration without weekly resets never ends. */
export type WeekTotals = {
  /** Boundary at which it began; 0 while nothing resets it. */
  readonly startMs: number;
  readonly realizedUnits: Units;
  readonly feesUnits: Units;
  readonly fills: number;
};

/** As much of the ledger as its calendar is about. */
export type LedgerDays = {
  readonly tradingDay: string;
  readonly lastBoundaryMs: number;
  readonly balanceUnits: Units;
  readonly realizedUnits: Units;
  readonly feesUnits: Units;
  readonly fillsToday: number;
  /** What the day's result is counted from: earlier days where the reset keeps them, less what a manual reset took. */
  readonly carriedRealizedUnits: Units;
  readonly carriedFeesUnits: Units;
  readonly archive: readonly DayTotals[];
  readonly nextDays: readonly DayTotals[];
  readonly weekStartMs: number;
  readonly weeks: readonly WeekTotals[];
};

export type Delta = Omit<DayTotals, 'tradingDay'>;

/** Adds a contribution to the balance, its day and its week. */
export function contribute(
  context: LedgerDays,
  when: { readonly tradingDay: string; readonly weekStartMs?: number },
  delta: Delta,
): Partial<LedgerDays> {
  const netUnits = addExact(delta.realizedUnits, -delta.feesUnits);
  return {
    balanceUnits: addExact(context.balanceUnits, netUnits),
    weeks: addToWeek(context.weeks, when.weekStartMs ?? context.weekStartMs, delta),
    ...addToDay(context, when.tradingDay, delta),
  };
}

function addToDay(context: LedgerDays, tradingDay: string, delta: Delta): Partial<LedgerDays> {
  if (tradingDay > context.tradingDay)
    return { nextDays: addTo(context.nextDays, tradingDay, delta) };
  if (tradingDay < context.tradingDay) {
    // A day that has left the archive has its fills in the store and its sums in the journal.
    if (isGone(context, tradingDay)) return {};
    return { archive: bounded(addTo(context.archive, tradingDay, delta)) };
  }
  const { realizedUnits, feesUnits, fills } = plus(today(context), delta);
  return { realizedUnits, feesUnits, fillsToday: fills };
}

function isGone({ archive }: LedgerDays, tradingDay: string): boolean {
  const [oldest] = archive;
  return (
    oldest !== undefined &&
    archive.length >= limits.ledgerArchiveDaysMax &&
    tradingDay < oldest.tradingDay
  );
}

function addTo(days: readonly DayTotals[], tradingDay: string, delta: Delta): DayTotals[] {
  const known = days.find((day) => day.tradingDay === tradingDay);
  const day = plus(known ?? { tradingDay, realizedUnits: 0, feesUnits: 0, fills: 0 }, delta);
  const others = days.filter((other) => other !== known);
  return [...others, day].toSorted((a, b) => (a.tradingDay < b.tradingDay ? -1 : 1));
}

function plus<Totals extends Delta>(totals: Totals, delta: Delta): Totals {
  return {
    ...totals,
    realizedUnits: addExact(totals.realizedUnits, delta.realizedUnits),
    feesUnits: addExact(totals.feesUnits, delta.feesUnits),
    fills: totals.fills + delta.fills,
  };
}

function today(context: LedgerDays): DayTotals {
  const { tradingDay, realizedUnits, feesUnits, fillsToday } = context;
  return { tradingDay, realizedUnits, feesUnits, fills: fillsToday };
}

/** The oldest days leave; their fills stay in the store. */
function bounded(days: readonly DayTotals[]): readonly DayTotals[] {
  return days.slice(-limits.ledgerArchiveDaysMax);
}

function addToWeek(
  weeks: readonly WeekTotals[],
  startMs: number,
  delta: Delta,
): readonly WeekTotals[] {
  const known = weeks.find((week) => week.startMs === startMs);
  const [oldest] = weeks;
  const isFull = weeks.length >= limits.ledgerWeeksMax;
  if (known === undefined && isFull && oldest !== undefined && startMs < oldest.startMs)
    return weeks;
  const week = plus(known ?? { startMs, realizedUnits: 0, feesUnits: 0, fills: 0 }, delta);
  const isEmpty = week.fills === 0 && week.realizedUnits === 0 && week.feesUnits === 0;
  const others = weeks.filter((other) => other !== known);
  const all = isEmpty ? others : [...others, week];
  return all.toSorted((a, b) => a.startMs - b.startMs).slice(-limits.ledgerWeeksMax);
}

/** The day is archived and the next one begins with what has been booked for it already. */
export function rollDay(
  context: LedgerDays,
  {
    tradingDay,
    boundaryMs,
    keepsResult,
  }: {
    readonly tradingDay: string;
    readonly boundaryMs: number;
    readonly keepsResult?: true;
  },
): Partial<LedgerDays> {
  if (tradingDay <= context.tradingDay) return { lastBoundaryMs: boundaryMs };
  const isBefore = (day: DayTotals): boolean => day.tradingDay < tradingDay;
  const begun = context.nextDays.find((day) => day.tradingDay === tradingDay) ?? nothing;
  const skipped = context.nextDays.filter(isBefore);
  const carried = keepsResult === true ? carriedOn(context, skipped) : nothing;
  return {
    tradingDay,
    lastBoundaryMs: boundaryMs,
    realizedUnits: begun.realizedUnits,
    feesUnits: begun.feesUnits,
    fillsToday: begun.fills,
    carriedRealizedUnits: carried.realizedUnits,
    carriedFeesUnits: carried.feesUnits,
    archive: bounded([...context.archive, today(context), ...skipped]),
    nextDays: context.nextDays.filter((day) => day.tradingDay > tradingDay),
  };
}

const nothing: Delta = { realizedUnits: 0, feesUnits: 0, fills: 0 };

/** What the new day's result begins with where the reset keeps it: everything so far. */
function carriedOn(context: LedgerDays, skipped: readonly DayTotals[]): Delta {
  const { carriedRealizedUnits: realizedUnits, carriedFeesUnits: feesUnits } = context;
  return [today(context), ...skipped].reduce<Delta>(plus, { realizedUnits, feesUnits, fills: 0 });
}

/** A manual reset: the result of the day counts from here; the day's own totals go on. */
export function clearResult(context: LedgerDays): Partial<LedgerDays> {
  return {
    carriedRealizedUnits: 0 - context.realizedUnits,
    carriedFeesUnits: 0 - context.feesUnits,
  };
}

/** A manual weekly reset: the sums of the week begin again. */
export function clearWeek(context: LedgerDays): Partial<LedgerDays> {
  return { weeks: context.weeks.filter(({ startMs }) => startMs !== context.weekStartMs) };
}

/** Sums of the present week. */
export function thisWeek({ weeks, weekStartMs }: LedgerDays): WeekTotals {
  return (
    weeks.find(({ startMs }) => startMs === weekStartMs) ?? {
      startMs: weekStartMs,
      realizedUnits: 0,
      feesUnits: 0,
      fills: 0,
    }
  );
}
