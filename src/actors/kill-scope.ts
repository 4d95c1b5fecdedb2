/** What is left in the scope of a kill: as we believe it, and as a picture of the venue shows it. The worse counts. */
import type { InstrumentId, OrderId } from '../domain/ids.ts';
import {
  coversOrder,
  flattens,
  type ActiveKill,
  type KillPosition,
  type KillRemains,
  type RemainsByKey,
} from '../domain/kill.ts';
import { isClosed, type ExecutionState, type OrderType } from '../domain/order.ts';
import type { Side } from '../domain/position.ts';
import type { VenueOrder, VenueSnapshot } from '../ports/venue.port.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { Cell } from './cell.ts';
import { actorId, type World } from './world.ts';

type Shape = {
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly orderType: OrderType;
};

/** Who placed it, and which kills were on when the gate let it pass. */
type Origin = {
  readonly by?: string;
  readonly purpose?: string;
  readonly source?: string;
  readonly duringKills?: readonly string[];
};

const stopTypes: ReadonlySet<OrderType> = new Set(['stop', 'stopLimit', 'trailingStop']);

/** Every run of the account with what is left in its scope. */
export function remainsOf(
  world: World,
  account: AccountRuntime,
  snapshot?: VenueSnapshot,
): RemainsByKey {
  return Object.fromEntries(
    account.kills.map((kill) => [kill.key, remainsIn(world, account, kill, snapshot)]),
  );
}

/** What is left in one scope; the run need not have begun. */
export function remainsIn(
  world: World,
  account: AccountRuntime,
  kill: ActiveKill,
  snapshot?: VenueSnapshot,
): KillRemains {
  const positions = positionsIn(world, account, kill, snapshot);
  const { going, kept } = ordersIn(world, account, kill);
  const ours = new Set<string>(going);
  const stays = new Set<string>(kept);
  for (const order of snapshot?.orders ?? []) {
    const id = order.orderId ?? order.venueOrderId;
    if (!openStatuses.has(order.status) || ours.has(id) || stays.has(id)) continue;
    const origin = originOf(world, account, id as OrderId);
    if (!coversOrder(kill, { ...order, orderId: id, ...origin })) continue;
    if (isKept(account, kill, order, origin)) stays.add(id);
    else ours.add(id);
  }
  return { orders: ours.size, kept: stays.size, positions };
}

const openStatuses: ReadonlySet<VenueOrder['status']> = new Set([
  'working',
  'partial',
  'suspended',
  'triggered',
]);

/** Orders of ours, adopted ones included, that may still fill. */
export function ordersIn(
  world: World,
  account: AccountRuntime,
  kill: ActiveKill,
): { readonly going: readonly OrderId[]; readonly kept: readonly OrderId[] } {
  const going: OrderId[] = [];
  const kept: OrderId[] = [];
  for (const order of account.workingOrders.values()) {
    const origin = originOf(world, account, order.orderId);
    if (!coversOrder(kill, { ...order, ...origin })) continue;
    (isKept(account, kill, order, origin) ? kept : going).push(order.orderId);
  }
  return { going, kept };
}

/**
 * Stops of open positions stay in mode cancelOnly; the engine's own close under way stays, and so does what reduces
 * and was let through while the kill was on, for as long as there is something to reduce. Exits are never trapped.
 */
function isKept(
  account: AccountRuntime,
  kill: ActiveKill,
  { instrument, side, orderType }: Shape,
  { purpose, source, duringKills }: Origin,
): boolean {
  if (kill.scope === 'order') return false;
  if (purpose === 'exit' && source === 'rule') return true;
  const openLots = account.openLots(instrument);
  const isReducing = openLots !== 0 && openLots > 0 === (side === 'sell');
  if (!isReducing) return false;
  if (duringKills?.includes(kill.runId) === true) return true;
  if (purpose === 'exit' && orderType === 'market') return true;
  return kill.keepProtectiveStops && !flattens(kill) && stopTypes.has(orderType);
}

function originOf(world: World, account: AccountRuntime, orderId: OrderId): Origin {
  return world.cells.get(actorId(account.id, `order/${orderId}`))?.context ?? {};
}

function positionsIn(
  world: World,
  account: AccountRuntime,
  kill: ActiveKill,
  snapshot: VenueSnapshot | undefined,
): readonly KillPosition[] {
  const lots = new Map<InstrumentId, number>();
  const note = (instrument: InstrumentId, openLots: number): void => {
    if (openLots === 0 || !coversPosition(world, account, kill, instrument)) return;
    if (Math.abs(openLots) > Math.abs(lots.get(instrument) ?? 0)) lots.set(instrument, openLots);
  };
  for (const { instrument, openLots } of account.positions.values()) note(instrument, openLots);
  for (const { instrument, openLots } of snapshot?.positions ?? []) note(instrument, openLots);
  return [...lots]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([instrument, openLots]) => ({
      instrument,
      openLots,
      isExiting: account.activeExits.has(instrument),
    }));
}

/**
 * A position belongs to an account and an instrument, not to a strategy: a strategy's are those of the instruments in
 * which it has traded today or has an order.
 */
function coversPosition(
  world: World,
  account: AccountRuntime,
  kill: ActiveKill,
  instrument: InstrumentId,
): boolean {
  switch (kill.scope) {
    case 'account':
    case 'all':
      return true;
    case 'instrument':
      return instrument === kill.target;
    case 'order':
      return false;
    case 'strategy':
      return isTradedBy(world, account, kill.target, instrument);
  }
}

function isTradedBy(
  world: World,
  account: AccountRuntime,
  strategy: string | undefined,
  instrument: InstrumentId,
): boolean {
  const orders = [...account.workingOrders.values(), ...account.trades]
    .filter((one) => one.instrument === instrument)
    .flatMap(({ orderId }) => (orderId === undefined ? [] : [orderId]));
  return [...new Set(orders)].some((orderId) => {
    const { by } = originOf(world, account, orderId);
    return (by ?? storedBy(world, account, orderId)) === strategy;
  });
}

/** The order has been passivated. */
function storedBy(world: World, account: AccountRuntime, orderId: OrderId): string | undefined {
  const state = world.options.journal.readActor(actorId(account.id, `order/${orderId}`));
  return state === undefined ? undefined : (JSON.parse(state.contextJson) as Origin).by;
}

/** Has been asked to go, and the answer is awaited. */
export function isCancelUnderWay(
  cell: Cell,
  regions: { readonly execution: ExecutionState; readonly request: string },
): boolean {
  if (isClosed(regions.execution)) return true;
  const isPending = regions.request === 'pendingCancel' || regions.request === 'pendingBoth';
  return isPending || cell.context['cancel'] === 'wanted';
}

/** The kill that denies this order, whoever wants it: for the last look before it leaves. */
export function killOver(
  world: World,
  account: AccountRuntime,
  order: { readonly instrument: InstrumentId; readonly orderId: OrderId },
): ActiveKill | undefined {
  const { by } = originOf(world, account, order.orderId);
  return account.kills.find((kill) =>
    coversOrder(kill, { ...order, ...(by === undefined ? {} : { by }) }),
  );
}
