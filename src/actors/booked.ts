/** What is booked of a trade, in this turn or before. */
import type { Fill } from '../domain/fill.ts';
import type { FillRow } from '../ports/journal.port.ts';
import { changeRecent } from './portfolio.ts';
import { changeTrade, voidKey } from './trades.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

/** The row of a trade that is booked, in this turn or before. */
export function bookedRow(
  world: World,
  turn: Turn,
  fill: Pick<Fill, 'accountId' | 'fillId'>,
): FillRow | undefined {
  const { accountId, fillId } = fill;
  return (
    turn.takenFills.get(`${accountId}|${fillId}`) ??
    world.options.journal.findFill(accountId, fillId)
  );
}

/** True for a trade that the venue has taken back, also where that was heard before the trade itself. */
export function isVoided(
  world: World,
  turn: Turn,
  fill: Pick<Fill, 'accountId' | 'fillId'>,
): boolean {
  const key = voidKey(fill.accountId, fill.fillId);
  return turn.takenKeys.has(key) || world.options.journal.hasDedupeKey(key);
}

/** The row and what is at hand of it follow the ledger, in the same commit as its step. */
export function storeCorrection(world: World, turn: Turn, row: FillRow): void {
  const { accountId, fillId } = row.fill;
  turn.fillCorrections.push(row);
  turn.takenFills.set(`${accountId}|${fillId}`, row);
  const account = world.accounts.get(accountId);
  if (account !== undefined) {
    changeTrade(account, row);
    changeRecent(world, account, row);
  }
}
