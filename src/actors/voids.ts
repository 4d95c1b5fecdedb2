/** A trade that the venue takes back, or that only stood in for another: out of the books, once. Source: rules 8. */
import type { Fill } from '../domain/fill.ts';
import { bookedRow, isVoided } from './booked.ts';
import { withWaiting } from './corrections.ts';
import { drain } from './deliver.ts';
import { closeWhatALockForbids, refreshExits } from './fills.ts';
import { dropRecent } from './portfolio.ts';
import { weekOf } from './reset-calendar.ts';
import { dropTrade, voidKey } from './trades.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

/**
 * The venue takes a trade back. Remembered by its id: it counts no more, whatever is repeated.
 *
 * @param isReplaced the true execution follows in the same turn: what the void opens in between is no exposure
 */
export function routeVoid(world: World, turn: Turn, fill: Fill, isReplaced = false): void {
  if (isVoided(world, turn, fill)) return;
  const account = world.accounts.get(fill.accountId);
  const instrument = world.options.instruments.get(fill.instrument);
  const row = bookedRow(world, turn, fill);
  if (account === undefined || instrument === undefined) return;
  const known = row === undefined ? undefined : withWaiting(world, account, row);
  const key = voidKey(fill.accountId, fill.fillId);
  if (known === undefined && world.pendingFills.has(`${account.id}|${fill.fillId}`)) {
    // Its ledger is down and will book it: the comparison after that tells the difference.
    world.picturesWanted.add(account.id);
    return;
  }
  turn.takenKeys.add(key);
  turn.dedupeKeys.push({ key, atMs: turn.atMs });
  const seq = turn.addInput(fill.accountId, { type: 'venue.fillVoided', fill });
  // Heard before the trade itself, which then is not booked.
  if (known === undefined) return;
  const cause = { causeSeq: seq, correlationSeq: seq };
  const { atMs } = turn;
  dropTrade(account, fill.fillId);
  dropRecent(account, fill.fillId);
  account.reconciliation.synthetic.delete(fill.fillId);
  const before = account.openLots(fill.instrument);
  const facts = { fill: known.fill, instrument, realizedUnits: known.realizedUnits, atMs };
  const week = weekOf(world, account.id, known.fill.venueTimeMs);
  const { tradingDay } = known;
  turn.sendSibling(
    account.id,
    'ledger',
    { type: 'ledger.fillVoided', ...facts, tradingDay, ...week },
    cause,
  );
  turn.sendSibling(
    account.id,
    `position/${fill.instrument}`,
    { type: 'position.fillVoided', ...facts },
    cause,
  );
  const { orderId } = known.fill;
  if (orderId !== undefined) {
    const event = { type: 'order.fillVoided', fill: known.fill, origin: 'stream', atMs } as const;
    turn.sendSibling(account.id, `order/${orderId}`, event, cause);
  }
  drain(world, turn);
  // Whether the venue's position has the trade or not is for the venue to say: a picture may already be without it.
  world.picturesWanted.add(account.id);
  if (isReplaced) return;
  closeWhatALockForbids(world, turn, account, { instrument: fill.instrument }, before, cause);
  refreshExits(world, turn, account.id);
}
