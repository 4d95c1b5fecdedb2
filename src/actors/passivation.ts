import type { ActorId, OrderId } from '../domain/ids.ts';
import { limits } from '../kernel/limits.ts';
/** Closed orders leave memory; snapshots keep the tail of the journal short. Both in small portions between turns. */
import type { Cell } from './cell.ts';
import type { World } from './world.ts';

/** Actors written in one go: about a millisecond. */
const portion = 64;

/** Closed orders that heard nothing for a minute become a row; the next message addressed to one restores it. */
export function passivate(world: World, nowMs: number): void {
  const due: Cell[] = [];
  while (due.length < portion) {
    const oldest = world.closedOrders[0];
    if (oldest === undefined || nowMs - oldest.atMs < limits.passivateTerminalOrderMs) break;
    world.closedOrders.shift();
    const cell = world.cells.get(oldest.id);
    if (cell !== undefined && canRest(world, cell)) due.push(cell);
  }
  if (due.length === 0) return;
  world.options.journal.writeSnapshots(due.map((cell) => cell.state()));
  for (const cell of due) {
    cell.stop();
    world.cells.delete(cell.id);
    world.supervision.delete(cell.id);
    world.questions.delete(cell.context['orderId'] as OrderId);
    world.linked.delete(cell.id);
    world.retired.delete(cell.id);
  }
}

/** Actors that are written often: the ledger, a position, a rule. */
export function snapshotLong(world: World, cells: Iterable<Cell>): void {
  const live = [...cells].filter((cell) => cell.status === 'live');
  if (live.length === 0) return;
  world.options.journal.writeSnapshots(live.map((cell) => cell.state()));
  for (const cell of live) cell.rowsUncovered = 0;
}

/** When the tail has grown beyond `rowsMax`, writes the snapshots of the actors that hold it longest. */
export function writeDueSnapshots(world: World, rowsMax: number): void {
  const { journal } = world.options;
  if (journal.tailRows > rowsMax) writeStale(world, portion);
}

/** Every actor that has rows after its snapshot: the last act before the store is closed. */
export function writeAllSnapshots(world: World): void {
  while (writeStale(world, portion) > 0);
}

function writeStale(world: World, count: number): number {
  const { journal } = world.options;
  const states = [];
  for (const actor of journal.staleActors(count)) {
    const cell = world.cells.get(actor as ActorId);
    // A cell that is down has its truth in the journal only.
    const state = cell?.status === 'live' ? cell.state() : journal.readActor(actor);
    if (state !== undefined) states.push(state);
  }
  if (states.length > 0) journal.writeSnapshots(states);
  return states.length;
}

function canRest(world: World, cell: Cell): boolean {
  // A set or group that is over hears nothing any more.
  if (cell.hosted.id === 'oco' || cell.hosted.id === 'group') return cell.status === 'live';
  return (
    cell.status === 'live' &&
    !world.openEffects.has(String(cell.context['orderId'])) &&
    cell.stateJson.includes('"integrity":"clean"')
  );
}
