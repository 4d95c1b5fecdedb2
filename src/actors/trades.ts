import type { OrderId } from '../domain/ids.ts';
import type { TradeFacts } from '../domain/view.ts';
import { limits } from '../kernel/limits.ts';
import type { FillRow } from '../ports/journal.port.ts';
/** The trading day's executions, at hand for the rules that count them; rebuilt at the start from what is booked. */
import type { AccountRuntime } from './account-runtime.ts';
import type { World } from './world.ts';

/** Adds a booked execution of the present trading day, in the order of venue time. */
export function addTrade(account: AccountRuntime, row: FillRow): void {
  if (row.tradingDay !== account.tradingDay) return;
  const trade = tradeOf(row);
  const { trades } = account;
  let index = trades.length;
  while (index > 0 && (trades[index - 1]?.atMs ?? 0) > trade.atMs) index -= 1;
  trades.splice(index, 0, trade);
  // The oldest leave first; the counts of a day that is busier than the bound are then too low by what left.
  if (trades.length > limits.tradesPerDayMax) trades.shift();
  account.touch();
}

/** A voided execution no longer counts. */
export function dropTrade(account: AccountRuntime, fillId: string): void {
  const index = account.trades.findIndex((trade) => trade.fillId === fillId);
  if (index < 0) return;
  account.trades.splice(index, 1);
  account.touch();
}

export function restoreTrades(world: World, account: AccountRuntime): void {
  const { journal } = world.options;
  account.trades.length = 0;
  for (const row of journal.fillsOfDay(account.id, account.tradingDay)) {
    if (!journal.hasDedupeKey(voidKey(account.id, row.fill.fillId))) addTrade(account, row);
  }
}

/** Key under which a void is remembered. */
export function voidKey(account: string, fillId: string): string {
  return `void|${account}|${fillId}`;
}

function tradeOf({
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
