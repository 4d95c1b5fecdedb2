import type { AccountId, OrderId } from '../domain/ids.ts';
import { limits } from '../kernel/limits.ts';
import { orderRegions, type OrderRegions } from '../machines/order.machine.ts';
/**
 * Orders in doubt are looked for until the venue shows them, or until it has said often enough, over long enough, that
 * it does not have them. Only answers count: a search that failed is no evidence. Source: execution 2.3.
 */
import type { Cell } from './cell.ts';
import type { Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

export const searchEvent = 'engine.searchDue';
export const questionEvent = 'engine.questionDue';
const searchTimer = 'search';
const questionTimer = 'question';
/** A question after so long a silence begins at the shortest pause again. */
const quietMs = 5_000;

/**
 * Asks the venue for an order, once; needs no row, because recovery asks again by itself. Questions about one order
 * keep their distance: a venue that answers every cancel with an error must not be asked and told again without end.
 */
export function askFor(world: World, turn: Turn, accountId: AccountId, orderId: OrderId): void {
  const known = world.questions.get(orderId);
  if (known !== undefined && turn.atMs < known.nextAtMs) {
    const owner = actorId(accountId, `order/${orderId}`);
    turn.putTimer({ owner, name: questionTimer, dueAtMs: known.nextAtMs, event: questionEvent });
    return;
  }
  const isRepeated = known !== undefined && turn.atMs < known.nextAtMs + quietMs;
  const asked = isRepeated ? known.asked + 1 : 0;
  // A venue in trouble is asked at the slow pace from the start. Source: execution 13.3.
  const isPaced = world.breakers.open.length > 0;
  const pauseMs =
    (isPaced ? undefined : limits.questionPausesMs[asked]) ?? limits.questionPauseMsMax;
  world.questions.set(orderId, { asked, nextAtMs: turn.atMs + pauseMs });
  turn.releases.push(() => world.gateway.query(accountId, orderId));
}

/** After every step of an order: the search begins when it comes into doubt and ends when it leaves it. */
export function followDoubt(world: World, turn: Turn, cell: Cell): void {
  if (cell.hosted.id !== 'order') return;
  const orderId = cell.context['orderId'] as OrderId;
  const isSearched = world.searches.has(orderId);
  const isInDoubt = isDoubted(cell);
  if (isInDoubt && !isSearched) {
    // The machine itself asks once when it comes into doubt.
    world.searches.set(orderId, { asked: 1, absences: 0 });
    armNext(world, turn, cell, 1);
  } else if (!isInDoubt && isSearched) {
    world.searches.delete(orderId);
    turn.deleteTimer(cell.id, searchTimer);
  }
}

/** The next look-up of an order that is still in doubt. */
export function searchAgain(world: World, turn: Turn, accountId: AccountId, owner: string): void {
  const cell = world.cells.get(owner as Cell['id']);
  if (cell === undefined) return;
  const orderId = cell.context['orderId'] as OrderId;
  const search = world.searches.get(orderId) ?? { asked: 0, absences: 0 };
  if (cell.status !== 'live') {
    // Its actor is down: an answer would only wait there.
    armNext(world, turn, cell, search.asked);
    return;
  }
  if (!isDoubted(cell)) return;
  const asked = search.asked + 1;
  world.searches.set(orderId, { ...search, asked });
  const seq = turn.addInput(accountId, { type: searchEvent, orderId, asked });
  if (asked === world.execution.reconcile.inflightRetries) {
    const text = `order ${orderId}: asked about ${asked} times, and nobody knows what became of it; its exposure stays counted`;
    turn.addIncident(accountId, 'UNKNOWN_ORDER', text, seq);
  }
  askFor(world, turn, accountId, orderId);
  armNext(world, turn, cell, asked);
}

/** Takes note that a search succeeded and did not show the order. True when that is proof enough. */
export function isProvenAbsent(world: World, accountId: AccountId, orderId: OrderId): boolean {
  const cell = world.cells.get(actorId(accountId, `order/${orderId}`));
  if (cell === undefined) return true;
  // It will be asked about again when it is back: what it missed is no proof of anything.
  if (cell.status !== 'live') return false;
  if (!isUnknown(cell)) return true;
  const search = world.searches.get(orderId) ?? { asked: 1, absences: 0 };
  const absences = search.absences + 1;
  world.searches.set(orderId, { ...search, absences });
  return absences >= pausesMs(world).length + 1;
}

/** A second look soon, then the configured rounds. */
function pausesMs({ execution }: World): readonly number[] {
  const rounds = execution.intent.notFoundRoundsSeconds.map((seconds) => seconds * 1_000);
  return [limits.searchFirstPauseMs, ...rounds];
}

function armNext(world: World, turn: Turn, cell: Cell, asked: number): void {
  const pauseMs = pausesMs(world)[asked - 1] ?? limits.searchPauseMsMax;
  const dueAtMs = turn.atMs + pauseMs;
  turn.putTimer({ owner: cell.id, name: searchTimer, dueAtMs, event: searchEvent });
}

function isUnknown(cell: Cell): boolean {
  return regionsOf(cell).execution === 'unknown';
}

/** The order itself, or what was asked of it last. */
export function isDoubted(cell: Cell): boolean {
  const { execution, request } = regionsOf(cell);
  return execution === 'unknown' || request === 'ambiguous';
}

function regionsOf(cell: Cell): OrderRegions {
  return orderRegions(cell.live() as Parameters<typeof orderRegions>[0]);
}
