/** What linked orders and groups are told: their orders and positions as they are committed or just stepped. */
import { quotient } from '../domain/arithmetic.ts';
import type { ActorId, InstrumentId, OrderId } from '../domain/ids.ts';
import type { GroupFacts, LinkedOrder, OcoFacts } from '../domain/linked-event.ts';
import { isClosed } from '../domain/order.ts';
import type { GroupContext } from '../machines/group.context.ts';
import { sidedLots, type OcoContext } from '../machines/oco.context.ts';
import { leavesLots, type OrderContext, type OrderRegions } from '../machines/order.machine.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { Cell } from './cell.ts';
import { actorId, type World } from './world.ts';

const openAtVenue: ReadonlySet<string> = new Set(['working', 'triggered', 'partial']);
const refused: ReadonlySet<string> = new Set(['rejected', 'failed', 'denied']);

/** An order by its id, also one that has been passivated; undefined where no actor has it. */
function linkedOrder(
  world: World,
  account: AccountRuntime,
  orderId: OrderId,
): LinkedOrder | undefined {
  const id = actorId(account.id, `order/${orderId}`);
  const cell = world.cells.get(id);
  const stored = cell === undefined ? world.options.journal.readActor(id) : undefined;
  const state = cell ?? stored;
  if (state === undefined || state.stateJson === '') return undefined;
  const context = cell === undefined ? JSON.parse(stored?.contextJson ?? '{}') : cell.context;
  return shapeOf(context as OrderContext, JSON.parse(state.stateJson) as OrderRegions);
}

function shapeOf(context: OrderContext, regions: OrderRegions): LinkedOrder {
  const { quantityLots, filledLots, filledTicksLots, unattributedLots, orderType } = context;
  const { execution, request } = regions;
  const known = filledLots - unattributedLots;
  const average = (rounding: 'floor' | 'ceil') =>
    quotient([filledTicksLots, 1], [known, 1], rounding);
  return {
    quantityLots,
    filledLots,
    leavesLots: leavesLots(context, regions),
    ...(known > 0 ? { averageTicks: { low: average('floor'), high: average('ceil') } } : {}),
    isClosed: isClosed(execution),
    isOpen: openAtVenue.has(execution),
    isRefused: refused.has(execution),
    isTriggered:
      execution === 'triggered' || (execution === 'partial' && orderType === 'stopLimit'),
    isBusy: request !== 'none',
  };
}

function ordersOf(
  world: World,
  account: AccountRuntime,
  ids: readonly (OrderId | '')[],
): Record<OrderId, LinkedOrder> {
  const orders: Record<OrderId, LinkedOrder> = {};
  for (const id of ids) {
    if (id === '') continue;
    const order = linkedOrder(world, account, id);
    if (order !== undefined) orders[id] = order;
  }
  return orders;
}

function positionsOf(
  account: AccountRuntime,
  instruments: readonly InstrumentId[],
): Record<InstrumentId, number> {
  const open: Record<InstrumentId, number> = {};
  for (const instrument of new Set(instruments)) {
    const lots = account.openLots(instrument);
    if (lots !== 0) open[instrument] = lots;
  }
  return open;
}

function ocoFacts(world: World, account: AccountRuntime, cell: Cell): OcoFacts {
  const { parent, members, setId, createdAtMs } = cell.context as unknown as OcoContext;
  const instruments = [
    ...(parent === undefined ? [] : [parent.instrument]),
    ...members.map(({ instrument }) => instrument),
  ];
  const ids = [
    ...(parent === undefined ? [] : [parent.orderId]),
    ...members.flatMap(({ orderId, replaced }) => [orderId, replaced]),
  ];
  const others = parent === undefined ? [] : besides(world, account, cell);
  const isClosing = instruments.some((one) => account.exitFacts(one).closeLeavesLots > 0);
  const openLots = positionsOf(account, instruments);
  const sideLots =
    parent === undefined ? 0 : sidedLots(openLots[parent.instrument] ?? 0, parent.side);
  const othersLots = others.reduce((sum, { ownLots }) => sum + ownLots, 0);
  const isNewest = !others.some(
    (one) =>
      one.ownLots > 0 &&
      (one.createdAtMs > createdAtMs || (one.createdAtMs === createdAtMs && one.setId > setId)),
  );
  const orders = ordersOf(world, account, ids);
  return { openLots, othersLots: Math.min(othersLots, sideLots), isNewest, isClosing, orders };
}

/** Other brackets that guard the same side of the same instrument. */
function besides(world: World, account: AccountRuntime, { context }: Cell): readonly OcoContext[] {
  const { parent, setId } = context as unknown as OcoContext;
  return [...liveSets(world, account)].filter(
    (other) =>
      other.setId !== setId &&
      other.parent?.instrument === parent?.instrument &&
      other.parent?.side === parent?.side,
  );
}

function* liveSets(world: World, account: AccountRuntime): Iterable<OcoContext> {
  const prefix = actorId(account.id, 'oco/');
  for (const id of world.linked.keys()) {
    const cell = id.startsWith(prefix) ? world.cells.get(id) : undefined;
    if (cell?.stateJson === '"guarding"' || cell?.stateJson === '"settling"')
      yield cell.context as unknown as OcoContext;
  }
}

function groupFacts(world: World, account: AccountRuntime, cell: Cell): GroupFacts {
  const { legs, task } = cell.context as unknown as GroupContext;
  const openLots = positionsOf(
    account,
    legs.map(({ instrument }) => instrument),
  );
  const orders = ordersOf(world, account, [...legs.map(({ orderId }) => orderId), task.orderId]);
  const state = account.effectiveState;
  const mayHedge = state === 'ACTIVE' || state === 'REDUCING';
  return { openLots, orders, mayHedge, isCompared: account.isReconciled };
}

/** The facts of a linked set or group; undefined for any other actor. */
export function factsFor(world: World, id: ActorId): OcoFacts | GroupFacts | undefined {
  const cell = world.cells.get(id);
  const account = cell === undefined ? undefined : world.accounts.get(cell.account);
  if (cell === undefined || account === undefined) return undefined;
  if (cell.hosted.id === 'oco') return ocoFacts(world, account, cell);
  return cell.hosted.id === 'group' ? groupFacts(world, account, cell) : undefined;
}
