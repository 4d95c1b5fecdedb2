import type { OrderId } from '../domain/ids.ts';
import type { TradeFacts } from '../domain/view.ts';
import { limits } from '../kernel/limits.ts';
import type { FillRow } from '../ports/journal.port.ts';
/**
 * Executions at hand for the rules that count them: those of the trading day, and before it those that a window of
 * trades still holds. Rebuilt from what is booked, at the start and when a day begins.
 */
import type { AccountRuntime } from './account-runtime.ts';
import { calendarOf, resetsOf } from './reset-calendar.ts';
import type { Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Adds a booked execution, in the order of venue time. One of a day that has not begun is read when it begins. */
export function addTrade(account: AccountRuntime, row: FillRow): void {
  if (row.tradingDay > account.tradingDay) return;
  const isToday = row.tradingDay === account.tradingDay;
  insert(isToday ? account.trades : account.earlierTrades, tradeOf(row));
  if (!isToday) trimEarlier(account);
  account.touch();
}

function insert(trades: TradeFacts[], trade: TradeFacts): void {
  let index = trades.length;
  while (index > 0 && (trades[index - 1]?.atMs ?? 0) > trade.atMs) index -= 1;
  trades.splice(index, 0, trade);
  // The oldest leave first; the counts of a day that is busier than the bound are then too low by what left.
  if (trades.length > limits.tradesPerDayMax) trades.shift();
}

/** A voided execution no longer counts. */
export function dropTrade(account: AccountRuntime, fillId: string): void {
  for (const trades of [account.trades, account.earlierTrades]) {
    const index = trades.findIndex((trade) => trade.fillId === fillId);
    if (index < 0) continue;
    trades.splice(index, 1);
    account.touch();
  }
}

/** An execution whose fee or profit is another one now. */
export function changeTrade(account: AccountRuntime, row: FillRow): void {
  for (const trades of [account.trades, account.earlierTrades]) {
    const index = trades.findIndex((trade) => trade.fillId === row.fill.fillId);
    if (index < 0) continue;
    trades[index] = tradeOf(row);
    account.touch();
  }
}

/** The trading day has changed: what was today's is earlier now. */
export function carryTrades(account: AccountRuntime): void {
  const { trades, earlierTrades } = account;
  for (const trade of trades) insert(earlierTrades, trade);
  trades.length = 0;
  trimEarlier(account);
}

/** A daily reset by hand: the session count begins again, the windows of time go on. */
export function endSession(turn: Turn, account: AccountRuntime): void {
  const { tradingDay } = account;
  const from: SessionStart = { tradingDay, afterSeq: turn.seq - 1 };
  turn.values.set(sessionKey(account), JSON.stringify(from));
  if (account.keepsTradeCount) return;
  carryTrades(account);
  account.touch();
}

/** Executions of the present day that were booked before it began, now that it has; and what the settings keep. */
export function beginDay(world: World, turn: Turn, account: AccountRuntime): void {
  const { tradingDay } = account;
  const { journal } = world.options;
  const known = new Set(account.trades.map(({ fillId }) => fillId));
  const rows = new Map(
    journal.fillsOfDay(account.id, tradingDay).map((row) => [row.fill.fillId, row]),
  );
  for (const row of [...turn.fills, ...turn.takenFills.values()]) {
    if (row.fill.accountId === account.id && row.tradingDay === tradingDay)
      rows.set(row.fill.fillId, row);
  }
  for (const [fillId, row] of rows) {
    const key = voidKey(account.id, fillId);
    if (known.has(fillId) || turn.takenKeys.has(key) || journal.hasDedupeKey(key)) continue;
    addTrade(account, row);
  }
}

type SessionStart = { readonly tradingDay: string; readonly afterSeq: number };

/** Reads everything anew. @param values the durable values of the store */
export function restoreTrades(
  world: World,
  account: AccountRuntime,
  values: ReadonlyMap<string, string>,
): void {
  const { journal } = world.options;
  applyCountSetting(world, account);
  account.trades.length = 0;
  account.earlierTrades.length = 0;
  const stored = values.get(sessionKey(account));
  const session = stored === undefined ? undefined : (JSON.parse(stored) as SessionStart);
  for (const tradingDay of [...earlierDays(world, account), account.tradingDay]) {
    for (const row of journal.fillsOfDay(account.id, tradingDay)) {
      if (journal.hasDedupeKey(voidKey(account.id, row.fill.fillId))) continue;
      const isBeforeSession =
        session?.tradingDay === tradingDay && row.causeSeq <= session.afterSeq;
      if (isBeforeSession && tradingDay === account.tradingDay && !account.keepsTradeCount)
        insert(account.earlierTrades, tradeOf(row));
      else addTrade(account, row);
    }
  }
  trimEarlier(account);
}

/** Whether the daily reset clears the session count, as configured now. */
export function applyCountSetting(world: World, account: AccountRuntime): void {
  const { daily } = resetsOf(world, account.id);
  account.keepsTradeCount = !(daily.isEnabled && daily.clearTradeCount);
}

/** Days whose executions may still be in a window: the one before, or all of the archive where the count goes on. */
function earlierDays(world: World, account: AccountRuntime): readonly string[] {
  if (account.tradingDay === '') return [];
  if (!account.keepsTradeCount) {
    const before = calendarOf(world, account.id).tradingDayOf(account.dayStartMs - 1);
    return before < account.tradingDay ? [before] : [];
  }
  const ledger = world.cells.get(actorId(account.id, 'ledger'));
  const archive = (ledger?.context['archive'] ?? []) as readonly { readonly tradingDay: string }[];
  return archive.map(({ tradingDay }) => tradingDay);
}

/** Only what a window can still hold stays: an hour, or everything where the count goes on. */
function trimEarlier(account: AccountRuntime): void {
  if (account.keepsTradeCount) return;
  const { earlierTrades, trades, dayStartMs } = account;
  const sinceMs = dayStartMs - limits.tradeWindowMsMax;
  const kept = earlierTrades.filter(({ atMs }) => atMs > sinceMs);
  const ids = new Set(trades.map(({ fillId }) => fillId));
  earlierTrades.splice(0, earlierTrades.length, ...kept.filter(({ fillId }) => !ids.has(fillId)));
}

function sessionKey(account: AccountRuntime): string {
  return `session.${account.id}`;
}

/** Key under which a void is remembered. */
export function voidKey(account: string, fillId: string): string {
  return `void|${account}|${fillId}`;
}

/** An execution as the rules that count trades see it. */
export function tradeOf({
  fill,
  realizedUnits,
  openedLots,
  closedLots,
  isEnforcement,
}: FillRow): TradeFacts {
  // An order placed elsewhere is adopted under the venue's id.
  const orderId = fill.orderId ?? (fill.venueOrderId as string | undefined as OrderId | undefined);
  return {
    fillId: fill.fillId,
    ...(orderId === undefined ? {} : { orderId }),
    instrument: fill.instrument,
    atMs: fill.venueTimeMs,
    openedLots,
    closedLots,
    ...(closedLots === 0 ? {} : { realizedUnits }),
    feeUnits: fill.feeUnits,
    isEnforcement,
  };
}
