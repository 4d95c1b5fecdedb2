import type { AccountId, OrderId } from '../domain/ids.ts';
import { limits } from '../kernel/limits.ts';
import { orderRegions } from '../machines/order.machine.ts';
/**
 * Orders in doubt are looked for until the venue shows them, or until it has said often enough, over long enough, that
 * it does not have them. Only answers count: a search that failed is no evidence. Source: execution 2.3.
 */
import type { Cell } from './cell.ts';
import type { Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

export const searchEvent = 'engine.searchDue';
const searchTimer = 'search';

/** After every step of an order: the search begins when it comes into doubt and ends when it leaves it. */
export function followDoubt(world: World, turn: Turn, cell: Cell): void {
  if (cell.hosted.id !== 'order') return;
  const orderId = cell.context['orderId'] as OrderId;
  const isSearched = world.searches.has(orderId);
  const isInDoubt = isUnknown(cell);
  if (isInDoubt && !isSearched) {
    // The machine itself asks once when it comes into doubt.
    world.searches.set(orderId, { asked: 1, absences: 0 });
    armNext(turn, cell, 1);
  } else if (!isInDoubt && isSearched) {
    world.searches.delete(orderId);
    turn.deleteTimer(cell.id, searchTimer);
  }
}

/** The next look-up of an order that is still in doubt. */
export function searchAgain(world: World, turn: Turn, accountId: AccountId, owner: string): void {
  const cell = world.cells.get(owner as Cell['id']);
  if (cell === undefined || cell.status !== 'live' || !isUnknown(cell)) return;
  const orderId = cell.context['orderId'] as OrderId;
  const search = world.searches.get(orderId) ?? { asked: 0, absences: 0 };
  const asked = search.asked + 1;
  world.searches.set(orderId, { ...search, asked });
  turn.addInput(accountId, { type: searchEvent, orderId, asked });
  turn.releases.push(() => world.options.venue.query(accountId, orderId));
  armNext(turn, cell, asked);
}

/** Takes note that a search succeeded and did not show the order. True when that is proof enough. */
export function isProvenAbsent(world: World, accountId: AccountId, orderId: OrderId): boolean {
  const cell = world.cells.get(actorId(accountId, `order/${orderId}`));
  if (cell === undefined || cell.status !== 'live' || !isUnknown(cell)) return true;
  const search = world.searches.get(orderId) ?? { asked: 1, absences: 0 };
  const absences = search.absences + 1;
  world.searches.set(orderId, { ...search, absences });
  return absences >= limits.searchPausesMs.length + 1;
}

function armNext(turn: Turn, cell: Cell, asked: number): void {
  const pauseMs = limits.searchPausesMs[asked - 1] ?? limits.searchPauseMsMax;
  const dueAtMs = turn.atMs + pauseMs;
  turn.putTimer({ owner: cell.id, name: searchTimer, dueAtMs, event: searchEvent });
}

function isUnknown(cell: Cell): boolean {
  return orderRegions(cell.live() as Parameters<typeof orderRegions>[0]).execution === 'unknown';
}
