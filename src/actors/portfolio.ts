/**
 * What checks 6 to 13 know of an account: its money from the ledger, its trades of the recent past, and whether it is
 * halted for its drawdown. Derived after every step and rebuilt at the start from what is booked.
 * Source: trading-controls 2, REQ-CD1, REQ-DD1.
 */
import type { Controls } from '../domain/controls.ts';
import type { OrderId } from '../domain/ids.ts';
import type { OrderType } from '../domain/order.ts';
import type { PortfolioFacts, RecentTrade } from '../domain/portfolio.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import { limits } from '../kernel/limits.ts';
import type { FillRow } from '../ports/journal.port.ts';
import { drawdownCause, drawdownStopId, watchedOf } from '../rules/portfolio/stops.ts';
import { historyMs, needsTrades } from '../rules/portfolio/switches.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { calendarOf } from './reset-calendar.ts';
import { voidKey } from './trades.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type RuleConfigured, type World } from './world.ts';

const dayMs = 86_400_000;

/** The rules of an account with the controls that are watched like rules. */
export function withWatched(
  rules: readonly RuleConfigured[],
  controls: Controls | undefined,
  quoteMaxAgeMs: number,
): readonly RuleConfigured[] {
  if (controls === undefined) return rules;
  const { quoteMaxAgeSeconds } = controls.staleness;
  const ageMs = quoteMaxAgeSeconds === undefined ? quoteMaxAgeMs : quoteMaxAgeSeconds * 1_000;
  return [...rules, ...watchedOf(controls, ageMs)];
}

/** The money of an account as its ledger has it; called after the account has taken over the ledger's own figures. */
export function observeMoney(account: AccountRuntime, balanceUnits: number): void {
  const { week, highWater } = account;
  const money: PortfolioMoney = {
    balanceUnits,
    weekNetUnits: week === undefined ? 0 : week.realizedUnits - week.feesUnits,
    ...(highWater.ever === undefined ? {} : { highWaterUnits: highWater.ever.equityUnits }),
    ...(highWater.ofDay === undefined ? {} : { highWaterOfDayUnits: highWater.ofDay.equityUnits }),
  };
  if (JSON.stringify(money) === JSON.stringify(account.money)) return;
  account.money = money;
  account.touch();
}

/** The state of the account's actor has changed: the latch of the drawdown is one of its causes. */
export function observeLatch(account: AccountRuntime): void {
  const isLatched = account.causes.includes(drawdownCause);
  if (isLatched === account.isDrawdownLatched) return;
  account.isDrawdownLatched = isLatched;
  account.touch();
}

export type PortfolioMoney = Omit<PortfolioFacts, 'trades' | 'isDrawdownLatched'>;

/** The facts; absent until the ledger was heard. */
export function portfolioFacts(account: AccountRuntime): { readonly portfolio?: PortfolioFacts } {
  const { money, isDrawdownLatched, recentTrades } = account;
  if (money === undefined) return {};
  return { portfolio: { ...money, isDrawdownLatched, trades: [...recentTrades] } };
}

/** Equity that the drawdown watch has seen goes to the ledger, which decides what is a mark. */
export function markEquity(
  turn: Turn,
  account: AccountRuntime,
  { ruleId, verdict, remember }: RuleFinding,
  cause: Cause,
): void {
  if (ruleId !== drawdownStopId || verdict !== 'PASS' || remember === undefined) return;
  const { atMs } = turn;
  const { markUnits, rebaseUnits } = remember;
  if (typeof rebaseUnits === 'number') {
    const event = { type: 'ledger.equityRebased', equityUnits: rebaseUnits, atMs } as const;
    turn.sendSibling(account.id, 'ledger', event, cause);
  } else if (typeof markUnits === 'number' && account.isBalanceConfirmed) {
    const event = { type: 'ledger.equityMarked', equityUnits: markUnits, atMs } as const;
    turn.sendSibling(account.id, 'ledger', event, cause);
  }
}

/** Adds a booked execution, in the order of venue time. */
export function addRecent(world: World, account: AccountRuntime, row: FillRow): void {
  if (!needsTrades(account.controls)) return;
  const { recentTrades } = account;
  const trade = recentOf(world, row);
  let index = recentTrades.length;
  while (index > 0 && (recentTrades[index - 1]?.atMs ?? 0) > trade.atMs) index -= 1;
  recentTrades.splice(index, 0, trade);
  trim(world, account);
  account.touch();
}

/** A voided execution no longer counts. */
export function dropRecent(account: AccountRuntime, fillId: string): void {
  const index = account.recentTrades.findIndex((trade) => trade.fillId === fillId);
  if (index < 0) return;
  account.recentTrades.splice(index, 1);
  account.touch();
}

/** An execution whose fee or profit is another one now. */
export function changeRecent(world: World, account: AccountRuntime, row: FillRow): void {
  const index = account.recentTrades.findIndex((trade) => trade.fillId === row.fill.fillId);
  if (index < 0) return;
  account.recentTrades[index] = recentOf(world, row);
  account.touch();
}

/** Reads everything anew from what is booked, as far back as the controls look. */
export function restoreRecent(world: World, account: AccountRuntime): void {
  const { journal, clock } = world.options;
  const calendar = calendarOf(world, account.id);
  account.recentTrades.length = 0;
  if (!needsTrades(account.controls)) return;
  const nowMs = clock.nowMs();
  const days = new Set<string>([account.tradingDay]);
  for (let atMs = nowMs - historyMs(account.controls); atMs <= nowMs + dayMs; atMs += dayMs / 2)
    days.add(calendar.tradingDayOf(atMs));
  for (const tradingDay of days) {
    for (const row of journal.fillsOfDay(account.id, tradingDay)) {
      if (!journal.hasDedupeKey(voidKey(account.id, row.fill.fillId)))
        account.recentTrades.push(recentOf(world, row));
    }
  }
  account.recentTrades.sort((one, other) => one.atMs - other.atMs);
  trim(world, account);
  account.touch();
}

/** What no control can ask for leaves, and beyond the bound the oldest. */
function trim(world: World, { controls, recentTrades }: AccountRuntime): void {
  const sinceMs = world.options.clock.nowMs() - historyMs(controls);
  const first = recentTrades.findIndex(({ atMs }) => atMs > sinceMs);
  const old = first < 0 ? recentTrades.length : first;
  recentTrades.splice(0, Math.max(old, recentTrades.length - limits.recentTradesMax));
}

const stopTypes: ReadonlySet<OrderType> = new Set(['stop', 'stopLimit', 'trailingStop']);

function recentOf(world: World, row: FillRow): RecentTrade {
  const { fill, openedLots, closedLots, realizedUnits } = row;
  // An order placed elsewhere is adopted under the venue's id.
  const orderId = fill.orderId ?? (fill.venueOrderId as string | undefined as OrderId | undefined);
  const order = orderId === undefined ? undefined : orderOf(world, row, orderId);
  return {
    fillId: fill.fillId,
    ...(orderId === undefined ? {} : { orderId }),
    instrument: fill.instrument,
    side: fill.side,
    atMs: fill.venueTimeMs,
    openedLots,
    closedLots,
    realizedUnits: closedLots === 0 ? 0 : realizedUnits,
    feeUnits: fill.feeUnits,
    isStop: order !== undefined && stopTypes.has(order.orderType),
    ...(order?.by === undefined ? {} : { by: order.by }),
  };
}

type OrderFacts = { readonly orderType: OrderType; readonly by?: string };

/** As much as the trades need of an order: live, or as it is stored. */
function orderOf(world: World, { fill }: FillRow, orderId: OrderId): OrderFacts | undefined {
  const actor = actorId(fill.accountId, `order/${orderId}`);
  const cell = world.cells.get(actor);
  if (cell !== undefined) return cell.context as unknown as OrderFacts;
  const state = world.options.journal.readActor(actor);
  return state === undefined ? undefined : (JSON.parse(state.contextJson) as OrderFacts);
}
