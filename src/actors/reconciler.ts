import type { Fill } from '../domain/fill.ts';
import type { AccountId, InstrumentId, OrderId } from '../domain/ids.ts';
import { formatMoney } from '../domain/money.ts';
import type { NewValues, OrderVenueEvent } from '../domain/order-event.ts';
import type { PositionBook } from '../domain/position.ts';
import { orderRegions } from '../machines/order.machine.ts';
import type { VenueOrder, VenueSnapshot } from '../ports/venue.port.ts';
/**
 * Compares what we believe with what the venue says: orders, fills, positions, money. The venue wins;
 * every difference is an incident. Nothing that adds risk is sent before an account has been through here.
 */
import type { AccountRuntime } from './account-runtime.ts';
import { drain } from './deliver.ts';
import { closeWhatALockForbids, refreshExits, routeFill } from './fills.ts';
import { isProvenAbsent } from './search.ts';
import { settleOrderEffects } from './settle-effects.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** One complete comparison. Idempotent: a second one with the same picture changes nothing. */
export function reconcile(
  world: World,
  turn: Turn,
  accountId: AccountId,
  snapshot: VenueSnapshot,
  fillsBefore: number,
): void {
  const account = world.accounts.get(accountId);
  if (account === undefined) return;
  const later = fillsLaterThan(account, snapshot, fillsBefore);
  const { asOfMs, balanceUnits, orders, fills, positions } = snapshot;
  const summary = { asOfMs, balanceUnits, orders: orders.length, fills: fills.length, positions };
  const seq = turn.addInput(accountId, { type: 'venue.snapshot', ...summary });
  const cause = { causeSeq: seq, correlationSeq: seq };
  for (const fill of fills) {
    routeFill(world, turn, fill);
    repeatToOrder(world, turn, account, fill, cause);
  }
  drain(world, turn);
  reconcileOrders(world, turn, account, snapshot, cause);
  if (!reconcilePositions(world, turn, account, snapshot, later, cause)) {
    // Executions overtook the picture, and it cannot be told what is missing in it: it is taken again.
    world.picturesWanted.add(accountId);
    refreshExits(world, turn, accountId);
    return;
  }
  if (later.length === 0) reconcileMoney(world, turn, account, snapshot, seq);
  account.isReconciled = true;
  account.touch();
  turn.sendSibling(accountId, 'account', { type: 'account.reconciled', atMs: turn.atMs }, cause);
  refreshExits(world, turn, accountId);
}

/** Executions that were booked while the picture was on its way and are not in it. */
function fillsLaterThan(
  account: AccountRuntime,
  snapshot: VenueSnapshot,
  fillsBefore: number,
): readonly Fill[] {
  const count = account.fillsBooked - fillsBefore;
  if (count === 0) return [];
  const known = new Set(snapshot.fills.map(({ fillId }) => fillId));
  return account.lastFills.slice(-count).filter(({ fillId }) => !known.has(fillId));
}

/** A fill that the ledger has booked and its order has not seen (its actor was down): the order hears of it again. */
function repeatToOrder(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  fill: VenueSnapshot['fills'][number],
  cause: Cause,
): void {
  if (fill.orderId === undefined) return;
  const cell = world.cells.get(actorId(account.id, `order/${fill.orderId}`));
  const seen = cell?.context['fillIdsSeen'];
  if (cell?.status !== 'live' || (Array.isArray(seen) && seen.includes(fill.fillId))) return;
  turn.sendSibling(
    account.id,
    `order/${fill.orderId}`,
    { type: 'order.filled', fill, origin: 'query', atMs: turn.atMs },
    cause,
  );
}

function reconcileOrders(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  snapshot: VenueSnapshot,
  cause: Cause,
): void {
  const reported = new Map<string, VenueOrder>();
  for (const order of snapshot.orders) {
    if (order.orderId === undefined) adopt(world, turn, account, order, cause);
    reported.set(order.orderId ?? order.venueOrderId, order);
  }
  for (const orderId of openOrders(world, account, snapshot)) {
    const order = reported.get(orderId);
    const event =
      order === undefined ? absent(world, turn, account, orderId) : statusEvent(order, turn.atMs);
    const isAbsent = event.type === 'order.notFoundConfirmed';
    if (isAbsent && !isProvenAbsent(world, account.id, orderId)) continue;
    turn.sendSibling(account.id, `order/${orderId}`, event, cause);
    drain(world, turn);
    settleOrderEffects(world, turn, account.id, orderId, event);
  }
}

/** Orders that may still fill, and orders whose submission is in doubt. */
function openOrders(
  world: World,
  account: AccountRuntime,
  { orders }: VenueSnapshot,
): readonly OrderId[] {
  const open = new Set<OrderId>(account.workingOrders.keys());
  // What is over for us may still be open there.
  for (const { orderId, status } of orders)
    if (orderId !== undefined && openStatuses.has(status)) open.add(orderId);
  for (const id of world.openEffects.keys()) {
    if (world.cells.get(actorId(account.id, `order/${id}`))?.hosted.id === 'order')
      open.add(id as OrderId);
  }
  return [...open].toSorted();
}

/** The picture is complete, so an order that is not in it is gone or was never there; the machine decides which. */
function absent(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  orderId: OrderId,
): OrderVenueEvent {
  const cell = world.cells.get(actorId(account.id, `order/${orderId}`));
  const execution =
    cell?.status === 'live'
      ? orderRegions(cell.live() as Parameters<typeof orderRegions>[0]).execution
      : 'unknown';
  const type =
    execution === 'unknown' || execution === 'none'
      ? 'order.notFoundConfirmed'
      : 'order.missingInQuery';
  return { type, origin: 'query', atMs: turn.atMs };
}

function statusEvent(order: VenueOrder, atMs: number): OrderVenueEvent {
  const base = {
    origin: 'query',
    venueOrderId: order.venueOrderId,
    version: { updatedAtMs: order.updatedAtMs, cumulativeLots: order.filledLots },
    atMs,
  } as const;
  switch (order.status) {
    case 'working':
    case 'partial':
      return { type: 'order.opened', values: valuesOf(order), ...base };
    case 'suspended':
      return { type: 'order.suspended', values: valuesOf(order), ...base };
    case 'triggered':
      return { type: 'order.triggered', values: valuesOf(order), ...base };
    case 'filled':
      return { type: 'order.statusFilled', ...base };
    case 'canceled':
      return { type: 'order.canceled', reason: 'found by reconciliation', ...base };
    case 'expired':
      return { type: 'order.expired', ...base };
    case 'rejected':
      return { type: 'order.venueRejected', reason: 'found by reconciliation', ...base };
  }
}

/** What the venue shows now: it settles a change whose answer was lost. */
function valuesOf({ quantityLots, limitTicks, stopTicks }: VenueOrder): NewValues {
  return {
    quantityLots,
    ...(limitTicks === undefined ? {} : { limitTicks }),
    ...(stopTicks === undefined ? {} : { stopTicks }),
  };
}

const openStatuses: ReadonlySet<string> = new Set(['working', 'partial', 'suspended', 'triggered']);

/** An order placed elsewhere: it may fill, so it has an actor, under the venue's id, and counts in every exposure. */
function adopt(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  order: VenueOrder,
  cause: Cause,
): void {
  const orderId = order.venueOrderId as string as OrderId;
  const isKnown = world.cells.has(actorId(account.id, `order/${orderId}`));
  if (isKnown || !openStatuses.has(order.status)) return;
  const { instrument, side, orderType, quantityLots, venueOrderId, status, filledLots } = order;
  const input = {
    orderId,
    accountId: account.id,
    instrument,
    side,
    orderType,
    quantityLots,
    ...(order.limitTicks === undefined ? {} : { limitTicks: order.limitTicks }),
    ...(order.stopTicks === undefined ? {} : { stopTicks: order.stopTicks }),
    timeInForce: 'gtc',
    reduceOnly: false,
    ...world.orderSettings,
    purpose: 'entry',
    source: 'operator',
    by: 'external',
    createdAtMs: turn.atMs,
    adopted: { source: 'external', status, filledLots, venueOrderId },
  };
  turn.addIncident(
    account.id,
    'EXTERNAL_ORDER',
    `${venueOrderId} ${side} ${quantityLots} ${instrument} was placed elsewhere`,
    cause.causeSeq,
  );
  turn.create(account.id, `order/${orderId}`, 'order', input, cause);
}

/** Positions that wait for the venue to agree, also those that are flat. */
function doubted(world: World, account: AccountRuntime): readonly InstrumentId[] {
  return [...world.cells.values()]
    .filter(
      ({ account: owner, hosted, stateJson }) =>
        owner === account.id && hosted.id === 'position' && stateJson.includes('"doubted"'),
    )
    .map(({ context }) => context['instrument'] as InstrumentId);
}

function reconcilePositions(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  snapshot: VenueSnapshot,
  later: readonly Fill[],
  cause: Cause,
): boolean {
  let isComplete = true;
  const reported = new Map(snapshot.positions.map((position) => [position.instrument, position]));
  const instruments = new Set<InstrumentId>([
    ...reported.keys(),
    ...account.positions.keys(),
    ...doubted(world, account),
  ]);
  for (const instrument of [...instruments].toSorted()) {
    const theirs = reported.get(instrument);
    const oursLots = account.openLots(instrument);
    const missing = later.filter((fill) => fill.instrument === instrument);
    const missingLots = missing.reduce(
      (sum, { side, lots }) => sum + (side === 'buy' ? lots : -lots),
      0,
    );
    if ((theirs?.openLots ?? 0) + missingLots === oursLots) {
      const agreed = { type: 'position.agreed', atMs: turn.atMs } as const;
      turn.sendSibling(account.id, `position/${instrument}`, agreed, cause);
      continue;
    }
    if (missing.length > 0) {
      isComplete = false;
      continue;
    }
    const name =
      theirs === undefined
        ? 'MISSING_POSITION'
        : oursLots === 0
          ? 'EXTRA_POSITION'
          : 'QUANTITY_MISMATCH';
    const text = `${instrument}: ours ${oursLots} lots, the venue's ${theirs?.openLots ?? 0}; the venue's holds`;
    turn.addIncident(account.id, name, text, cause.causeSeq);
    const { openLots, costUnits } = theirs ?? { openLots: 0, costUnits: 0 };
    const event = {
      type: 'position.reported',
      openLots,
      costUnits,
      venueTimeMs: snapshot.asOfMs,
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(account.id, `position/${instrument}`, event, cause);
    drain(world, turn);
    closeWhatALockForbids(world, turn, account, { instrument }, oursLots, cause);
  }
  drain(world, turn);
  return isComplete;
}

/** Unexplained money blocks new risk until somebody explains it. Source: execution 11.5. */
function reconcileMoney(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  snapshot: VenueSnapshot,
  seq: number,
): void {
  const ledger = world.cells.get(actorId(account.id, 'ledger'));
  const ours = ledger?.context['balanceUnits'];
  // A ledger that is down has not booked everything.
  if (ledger?.status !== 'live' || typeof ours !== 'number') return;
  const cause = { causeSeq: seq, correlationSeq: seq };
  const books = (ledger.context['books'] ?? {}) as Readonly<Record<InstrumentId, PositionBook>>;
  const difference = snapshot.balanceUnits - ours - splitUnits(world, account, snapshot, books);
  const isAgreed = Math.abs(difference) <= moneyToleranceUnits;
  const name = 'money:unexplained';
  const isDoubted = account.causes.includes(name);
  if (isAgreed) {
    if (isDoubted)
      turn.sendSibling(
        account.id,
        'account',
        { type: 'account.causeRemoved', cause: name, atMs: turn.atMs },
        cause,
      );
    return;
  }
  const money = (units: number): string => formatMoney(units, account.currency);
  const reason = `balance ours ${money(ours)}, the venue's ${money(snapshot.balanceUnits)}, unexplained ${money(difference)}`;
  if (!isDoubted) turn.addIncident(account.id, 'MONEY_MISMATCH', reason, seq);
  const added = { cause: name, state: 'REDUCING', reason } as const;
  turn.sendSibling(
    account.id,
    'account',
    { type: 'account.causeAdded', cause: added, atMs: turn.atMs },
    cause,
  );
}

/**
 * How much less profit and less open cost the venue has booked than we have: the two take the same executions in
 * another order when some are heard of late. It is the same money, and it is no difference.
 */
function splitUnits(
  world: World,
  account: AccountRuntime,
  { positions }: VenueSnapshot,
  books: Readonly<Record<InstrumentId, PositionBook>>,
): number {
  let units = 0;
  for (const { instrument, openLots, costUnits } of positions) {
    const currency = world.options.instruments.get(instrument)?.settlementCurrency;
    const book = books[instrument];
    if (currency === account.currency && book?.openLots === openLots)
      units += costUnits - book.costUnits;
  }
  return units;
}

/** One cent. Source: execution 15, reconcile.moneyTolerance. */
const moneyToleranceUnits = 10_000;
