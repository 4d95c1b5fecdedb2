/**
 * The daily and the weekly reset of an account: exactly once for each boundary, however long the engine was down and
 * whoever asks. Source: rules 7.2 and 7.3.
 *
 * A reset is due when the latest boundary is later than the last one that was taken; the next one is never looked at.
 * Whatever it does is one commit with its row in the reset log, whose key is (account, type, boundary instant).
 */
import type { LockInput } from '../domain/machine-event.ts';
import type { OperatorAnswer } from '../domain/operator.ts';
import type { TimerRow } from '../ports/journal.port.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { forgetAcknowledgements } from './acknowledgement.ts';
import { drain } from './deliver.ts';
import { calendarOf, resetsOf, weeklyCalendarOf } from './reset-calendar.ts';
import { applyCountSetting, beginDay, endSession } from './trades.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

export const boundaryTimer = 'dailyBoundary';
export const weekTimer = 'weeklyBoundary';

export type ResetType = 'daily' | 'weekly';

/** Runs what is due, the daily one first; then the timers stand at the next boundaries. */
export function runDueResets(world: World, turn: Turn, account: AccountRuntime): void {
  rollDay(world, turn, account);
  rollWeek(world, turn, account);
  armBoundary(world, turn, account.id);
}

/** A boundary of the ledger; 0 while it cannot be read. */
function boundaryOf(
  world: World,
  account: AccountRuntime,
  key: 'lastBoundaryMs' | 'weekStartMs',
): number {
  const value = world.cells.get(actorId(account.id, 'ledger'))?.context[key];
  return typeof value === 'number' ? value : 0;
}

/** The trading day changes: one roll for the latest boundary, also after days of downtime. */
function rollDay(world: World, turn: Turn, account: AccountRuntime): void {
  const calendar = calendarOf(world, account.id);
  const { daily } = resetsOf(world, account.id);
  const { atMs } = turn;
  const boundaryMs = calendar.latestBoundaryMs(atMs);
  if (
    boundaryMs <= Math.max(boundaryOf(world, account, 'lastBoundaryMs'), account.lastResets.daily)
  )
    return;
  const tradingDay = calendar.tradingDayOf(atMs);
  const seq = turn.addInput(account.id, {
    type: 'scheduler.boundaryReached',
    tradingDay,
    boundaryMs,
    ...(daily.isEnabled ? { reset: 'daily', by: 'schedule' } : {}),
  });
  const cause = { causeSeq: seq, correlationSeq: seq };
  const keepsResult =
    daily.isEnabled && daily.clearDailyPnl ? {} : ({ keepsResult: true } as const);
  applyCountSetting(world, account);
  turn.sendSibling(
    account.id,
    'ledger',
    { type: 'ledger.dayRolled', tradingDay, boundaryMs, ...keepsResult, atMs },
    cause,
  );
  if (daily.isEnabled) {
    log(turn, account, 'daily', boundaryMs);
    const event = { type: 'account.dayRolled', tradingDay, boundaryMs, atMs } as const;
    turn.sendSibling(account.id, 'account', event, cause);
  }
  drain(world, turn);
  beginDay(world, turn, account);
  turn.note(`DAY ${account.id}: trading day ${tradingDay} begins`);
}

function rollWeek(world: World, turn: Turn, account: AccountRuntime): void {
  if (!resetsOf(world, account.id).weekly.isEnabled) return;
  const boundaryMs = weeklyCalendarOf(world, account.id).latestBoundaryMs(turn.atMs);
  if (boundaryMs <= Math.max(boundaryOf(world, account, 'weekStartMs'), account.lastResets.weekly))
    return;
  const seq = turn.addInput(account.id, {
    type: 'scheduler.weekReached',
    boundaryMs,
    reset: 'weekly',
    by: 'schedule',
  });
  const cause = { causeSeq: seq, correlationSeq: seq };
  log(turn, account, 'weekly', boundaryMs);
  const event = { type: 'ledger.weekRolled', boundaryMs, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'ledger', event, cause);
  const reason = 'the week begins';
  clearLocks(
    world,
    turn,
    account,
    { on: 'weeklyReset', by: 'schedule', reason },
    cause,
    (lock) =>
      // A lock made after the boundary belongs to the new week: a late reset does not end it.
      lock.createdAtMs < boundaryMs,
  );
  drain(world, turn);
  turn.note(`WEEK ${account.id}: the week from ${new Date(boundaryMs).toISOString()} begins`);
}

/**
 * A reset that an operator asks for, for the present day or week: refused when that had its reset already. What is
 * due by the calendar runs first. Locks that nobody may end early stay.
 */
export function runReset(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  type: ResetType,
  by: string,
): OperatorAnswer {
  runDueResets(world, turn, account);
  const calendar = calendarOf(world, account.id);
  const boundaryMs =
    type === 'daily'
      ? calendar.latestBoundaryMs(turn.atMs)
      : weeklyCalendarOf(world, account.id).latestBoundaryMs(turn.atMs);
  const since = new Date(boundaryMs).toISOString();
  if (boundaryMs <= account.lastResets[type])
    return { outcome: 'refused', text: `the ${type} reset of the boundary ${since} has run` };
  const seq = turn.addInput(account.id, { type: 'scheduler.reset', reset: type, boundaryMs, by });
  const cause = { causeSeq: seq, correlationSeq: seq };
  log(turn, account, type, boundaryMs);
  const { atMs } = turn;
  if (type === 'weekly') {
    turn.sendSibling(account.id, 'ledger', { type: 'ledger.weekCleared', by, atMs }, cause);
  } else {
    const { clearDailyPnl, clearTradeCount } = resetsOf(world, account.id).daily;
    if (clearDailyPnl)
      turn.sendSibling(account.id, 'ledger', { type: 'ledger.resultCleared', by, atMs }, cause);
    if (clearTradeCount) endSession(turn, account);
    forgetAcknowledgements(turn, account);
  }
  const clearing = type === 'daily' ? 'dailyReset' : 'weeklyReset';
  const reason = `${type} reset by ${by}`;
  clearLocks(
    world,
    turn,
    account,
    { on: clearing, by, reason },
    cause,
    ({ irrevocable, operatorUnlock }) => !irrevocable && operatorUnlock !== 'never',
  );
  drain(world, turn);
  return { outcome: 'accepted', text: `${type} reset of ${account.id} for the boundary ${since}` };
}

/** The row of the reset log: the last boundary of each type, so none runs twice and none runs again later. */
function log(turn: Turn, account: AccountRuntime, type: ResetType, boundaryMs: number): void {
  account.lastResets[type] = boundaryMs;
  turn.values.set(logKey(account, type), String(boundaryMs));
}

function logKey(account: AccountRuntime, type: ResetType): string {
  return `reset.${type}.${account.id}`;
}

/** What an earlier run has reset. */
export function restoreResets(account: AccountRuntime, values: ReadonlyMap<string, string>): void {
  for (const type of ['daily', 'weekly'] as const)
    account.lastResets[type] = Number.parseInt(values.get(logKey(account, type)) ?? '0', 10);
}

/** Each lock decides by its own record whether this ends it. */
function clearLocks(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  what: { readonly on: 'dailyReset' | 'weeklyReset'; readonly by: string; readonly reason: string },
  cause: Cause,
  isMeant: (lock: LockInput) => boolean,
): void {
  for (const { lockId } of account.locks.values()) {
    const cell = world.cells.get(actorId(account.id, `lock/${lockId}`));
    if (cell === undefined) continue;
    const lock = cell.context as unknown as LockInput;
    if (!lock.clearsOn.includes(what.on) || !isMeant(lock)) continue;
    const event = { type: 'lock.cleared', ...what, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, `lock/${lockId}`, event, cause);
  }
}

/** The next boundaries as durable timers of the account. */
function armBoundary(world: World, turn: Turn, accountId: AccountRuntime['id']): void {
  const owner = actorId(accountId, 'account');
  const dueAtMs = calendarOf(world, accountId).nextBoundaryMs(turn.atMs);
  turn.putTimer({ owner, name: boundaryTimer, dueAtMs, event: 'scheduler.boundaryReached' });
  if (resetsOf(world, accountId).weekly.isEnabled) {
    const weekMs = weeklyCalendarOf(world, accountId).nextBoundaryMs(turn.atMs);
    turn.putTimer({ owner, name: weekTimer, dueAtMs: weekMs, event: 'scheduler.weekReached' });
  } else {
    turn.deleteTimer(owner, weekTimer);
  }
}

/** At the start: what the stored timers do not say of the boundaries as they are configured now. */
export function armAtStart(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  stored: readonly TimerRow[],
): void {
  const owner = actorId(account.id, 'account');
  const calendar = calendarOf(world, account.id);
  const due = (name: string): number | undefined =>
    stored.find((row) => row.owner === owner && row.name === name)?.dueAtMs;
  const daily = due(boundaryTimer);
  const weekly = due(weekTimer);
  const latestMs = calendar.latestBoundaryMs(turn.atMs);
  const isDue = latestMs > boundaryOf(world, account, 'lastBoundaryMs');
  const isWeekly = resetsOf(world, account.id).weekly.isEnabled;
  const weeks = weeklyCalendarOf(world, account.id);
  const isWeekDue =
    isWeekly && weeks.latestBoundaryMs(turn.atMs) > boundaryOf(world, account, 'weekStartMs');
  const isRight =
    (isDue
      ? daily !== undefined && daily <= turn.atMs
      : daily === calendar.nextBoundaryMs(turn.atMs)) &&
    (isWeekDue
      ? weekly !== undefined && weekly <= turn.atMs
      : isWeekly
        ? weekly === weeks.nextBoundaryMs(turn.atMs)
        : weekly === undefined);
  if (isRight) return;
  armBoundary(world, turn, account.id);
  if (isDue || isWeekDue) {
    const event = 'scheduler.boundaryReached';
    turn.putTimer({ owner, name: boundaryTimer, dueAtMs: turn.atMs, event });
  }
}
