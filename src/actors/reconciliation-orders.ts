import type { OrderId } from '../domain/ids.ts';
import type { NewValues, OrderVenueEvent } from '../domain/order-event.ts';
import { isClosed } from '../domain/order.ts';
import type { ExecutionState, RequestState } from '../domain/order.ts';
import { orderRegions } from '../machines/order.machine.ts';
import type { VenueOrder } from '../ports/venue.port.ts';
/**
 * Orders against the venue's list. A report is told to the order's machine where it says something new, and once:
 * the same report is not told again, whatever the machine made of it, so no comparison can run in circles.
 * Source: execution 3.7, 3.10, 11.1 (6), 11.3.
 */
import type { Cell } from './cell.ts';
import { drain } from './deliver.ts';
import { withoutTime } from './insisted.ts';
import type { Cycle } from './reconciliation-cycle.ts';
import { askFor, isProvenAbsent } from './search.ts';
import { settleOrderEffects } from './settle-effects.ts';
import { isOrderInTime } from './venue-times.ts';
import { actorId, type World } from './world.ts';

/** Younger orders may not be in a picture yet. Source: appendix B, `open_check threshold_ms`. */
const listedAfterMs = 5_000;
const toldMax = 1_024;
const openStatuses: ReadonlySet<string> = new Set(['working', 'partial', 'suspended', 'triggered']);

export function reconcileOrders(cycle: Cycle): void {
  const reported = new Map<string, VenueOrder>();
  for (const order of cycle.snapshot.orders) {
    if (openStatuses.has(order.status) && !isKnownHere(cycle, order)) adopt(cycle, order);
    reported.set(order.orderId ?? order.venueOrderId, order);
  }
  for (const orderId of mayFill(cycle)) {
    const order = reported.get(orderId);
    if (order === undefined) missing(cycle, orderId);
    else listed(cycle, orderId, order);
  }
}

/** Orders that may still fill, and orders whose submission is in doubt. */
function mayFill(cycle: Cycle): readonly OrderId[] {
  const { world, account, snapshot } = cycle;
  const open = new Set<OrderId>(account.workingOrders.keys());
  // What is over for us may still be open there.
  for (const { orderId, status } of snapshot.orders)
    if (orderId !== undefined && openStatuses.has(status)) open.add(orderId);
  for (const id of world.openEffects.keys()) {
    if (world.cells.get(actorId(account.id, `order/${id}`))?.hosted.id === 'order')
      open.add(id as OrderId);
  }
  for (const orderId of conflicting(cycle)) open.add(orderId);
  return [...open].toSorted();
}

/** Orders about which the venue contradicts itself: two pictures that agree end that. Source: execution 3.5. */
function conflicting({ world, account }: Cycle): readonly OrderId[] {
  const found: OrderId[] = [];
  for (const orderId of account.reconciliation.conflicts) {
    const cell = cellOf(world, account.id, orderId);
    if (cell?.status === 'live' && regionsOf(cell).integrity === 'conflict') found.push(orderId);
    else account.reconciliation.conflicts.delete(orderId);
  }
  return found;
}

function listed(cycle: Cycle, orderId: OrderId, order: VenueOrder): void {
  const { world, account, turn } = cycle;
  const cell = cellOf(world, account.id, orderId);
  if (cell?.status === 'live') {
    // It is in conflict for just this, and stays so until the venue says something.
    if (order.isUnreadable === true && regionsOf(cell).integrity === 'conflict') return;
    const differs = differenceOf(cell, order);
    if (differs === undefined) {
      agree(cycle, orderId, cell);
      return;
    }
    const isRepeated = isTold(cycle, orderId, order);
    if (isInsisted(cycle, orderId)) {
      tell(cycle, orderId, withoutTime(statusEvent(order, turn.atMs)));
      return;
    }
    if (isRepeated) return;
    cycle.note({
      difference: cell.context['isClosed'] === true ? 'late_order' : 'order_differs',
      evidence: `${orderId}: ${differs}`,
      action: 'told to the order',
      result: 'the order decides',
    });
  } else if (isTold(cycle, orderId, order)) {
    return;
  }
  const event = statusEvent(order, turn.atMs);
  tell(cycle, orderId, isOrderInTime(world, order) ? event : withoutTime(event));
}

/** In a loop, a machine that has heard just this, and has stayed as it is, would hear it for ever. */
function isTold(cycle: Cycle, orderId: OrderId, order: VenueOrder): boolean {
  const { told } = cycle.account.reconciliation;
  const { venueOrderId, status, updatedAtMs, filledLots, quantityLots, limitTicks, stopTicks } =
    order;
  const report = [status, updatedAtMs, filledLots, quantityLots, limitTicks, stopTicks].join('|');
  const known = told.get(orderId);
  const times = known?.report === report ? known.times + 1 : 1;
  told.delete(orderId);
  told.set(orderId, { report, times });
  const [oldest] = told.keys();
  if (told.size > toldMax && oldest !== undefined) told.delete(oldest);
  if (times > 1) cycle.isDifferent = true;
  if (times === cycle.world.execution.reconcile.openMissingRetries) {
    const text = `${venueOrderId} (${orderId}) is ${status} in ${times} lists in a row, and the order does not follow`;
    cycle.incident('ORDER_CONFLICT', text);
    cycle.alert(`order/${orderId}`, text);
    cycle.unresolved += 1;
  }
  return times > 1 && cycle.kind === 'poll';
}

/**
 * So many lists in a row say the same that only the time in them can be wrong: the venue's clock went back after an
 * earlier report, and everything since looks older than it. Without its time the report is judged by what it says.
 */
function isInsisted({ account, world }: Cycle, orderId: OrderId): boolean {
  const times = account.reconciliation.told.get(orderId)?.times ?? 0;
  return times === world.execution.reconcile.openMissingRetries;
}

function agree(cycle: Cycle, orderId: OrderId, cell: Cell): void {
  if (regionsOf(cell).integrity !== 'conflict') return;
  tell(cycle, orderId, {
    type: 'order.reconciliationAgreed',
    origin: 'query',
    atMs: cycle.turn.atMs,
  });
}

/** The picture is complete, so an order that is not in it is gone or was never there; the machine decides which. */
function missing(cycle: Cycle, orderId: OrderId): void {
  const { world, account, turn, kind, snapshot } = cycle;
  const cell = cellOf(world, account.id, orderId);
  const state = cell?.status === 'live' ? regionsOf(cell).execution : 'unknown';
  if (isClosed(state)) return;
  const isSearched = state === 'unknown' || state === 'none';
  // A poll is no answer to the search for an order in doubt: that search has its own pace and its own count.
  if (kind === 'poll' && (isSearched || isYoung(cell, snapshot.asOfMs))) return;
  if (isSearched) {
    if (!isProvenAbsent(world, account.id, orderId)) return;
    tell(cycle, orderId, { type: 'order.notFoundConfirmed', origin: 'query', atMs: turn.atMs });
    return;
  }
  cycle.note({
    difference: 'missing_order',
    evidence: `${orderId} is ${state} here and not in the venue's list`,
    action: 'counted, and asked about',
    result: 'still counted in the exposure',
  });
  tell(cycle, orderId, { type: 'order.missingInQuery', origin: 'query', atMs: turn.atMs });
  askFor(world, turn, account.id, orderId);
}

function isYoung(cell: Cell | undefined, asOfMs: number): boolean {
  const since = cell?.context['confirmedAtMs'] ?? cell?.context['sentAtMs'];
  return typeof since === 'number' && since > asOfMs - listedAfterMs;
}

function tell(cycle: Cycle, orderId: OrderId, event: OrderVenueEvent): void {
  const { world, turn, account } = cycle;
  turn.sendSibling(account.id, `order/${orderId}`, event, cycle.cause);
  drain(world, turn);
  settleOrderEffects(world, turn, account.id, orderId, event);
}

type Ours = {
  readonly filledLots: number;
  readonly reportedLots: number;
  readonly quantityLots: number;
  readonly limitTicks?: number;
  readonly stopTicks?: number;
  readonly venueOrderId?: string;
};

/** What the venue's line says that our order does not, in words; undefined when it says nothing new. */
function differenceOf(cell: Cell, theirs: VenueOrder): string | undefined {
  const { execution, request } = regionsOf(cell);
  const ours = cell.context as unknown as Ours;
  if (theirs.isUnreadable === true) return 'its state there is none that is known';
  if (!isSameState(execution, theirs)) return `${execution} here, ${theirs.status} there`;
  if (request === 'pendingNew' || request === 'ambiguous') return `${request} here, listed there`;
  if (ours.venueOrderId !== theirs.venueOrderId) return `the venue's id is ${theirs.venueOrderId}`;
  if (theirs.filledLots > Math.max(ours.filledLots, ours.reportedLots))
    return `${ours.filledLots} lots filled here, ${theirs.filledLots} there`;
  if (request !== 'none') return undefined;
  return theirs.isCancelPending === true
    ? 'its end is asked for there'
    : valuesDiffer(ours, theirs);
}

function isSameState(execution: ExecutionState, { status, filledLots }: VenueOrder): boolean {
  if (execution === status) return true;
  const isOpenInPart = execution === 'partial' && (status === 'working' || status === 'triggered');
  return isOpenInPart && filledLots > 0;
}

function valuesDiffer(ours: Ours, theirs: VenueOrder): string | undefined {
  if (ours.quantityLots !== theirs.quantityLots)
    return `${ours.quantityLots} lots here, ${theirs.quantityLots} there`;
  for (const key of ['limitTicks', 'stopTicks'] as const) {
    const [our, their] = [ours[key], theirs[key]];
    if (their !== undefined && our !== undefined && our !== their)
      return `${key} ${our} here, ${their} there`;
  }
  return undefined;
}

function statusEvent(order: VenueOrder, atMs: number): OrderVenueEvent {
  const base = {
    origin: 'query',
    venueOrderId: order.venueOrderId,
    version: { updatedAtMs: order.updatedAtMs, cumulativeLots: order.filledLots },
    atMs,
  } as const;
  if (order.isUnreadable === true) return { type: 'order.stateUnreadable', ...base };
  if (order.isCancelPending === true && openStatuses.has(order.status))
    return { type: 'order.cancelAccepted', ...base };
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

/** Ours by its tag, or adopted before; one that carries our tag and was never written here is not. */
function isKnownHere({ world, account }: Cycle, { orderId, venueOrderId }: VenueOrder): boolean {
  const actor = actorId(account.id, `order/${orderId ?? venueOrderId}`);
  return world.cells.has(actor) || world.options.journal.readActor(actor) !== undefined;
}

/** An order placed elsewhere: it may fill, so it has an actor, and counts in every exposure. */
function adopt(cycle: Cycle, order: VenueOrder): void {
  const { world, turn, account } = cycle;
  const orderId = order.orderId ?? (order.venueOrderId as string as OrderId);
  const { instrument, side, orderType, quantityLots, venueOrderId, status, filledLots } = order;
  const source = order.orderId === undefined ? 'external' : 'recovered';
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
    adopted: { source, status, filledLots, venueOrderId },
  };
  const what = `${venueOrderId} ${side} ${quantityLots} ${instrument}`;
  cycle.incident('EXTERNAL_ORDER', `${what} was placed elsewhere`);
  turn.create(account.id, `order/${orderId}`, 'order', input, cycle.cause);
  if (order.isCancelPending === true || order.isUnreadable === true)
    turn.sendSibling(account.id, `order/${orderId}`, statusEvent(order, turn.atMs), cycle.cause);
  const isForbidden = mayIncreaseWhileLocked(cycle, order);
  cycle.adopted += 1;
  cycle.note({
    difference: 'extra_order',
    evidence: `${what} is ${status} at the venue`,
    action: isForbidden ? 'adopted, and canceled under the lock' : 'adopted as an external order',
    result: 'counted in the exposure',
  });
  if (!isForbidden) return;
  const reason = 'placed elsewhere while a lock forbids new exposure';
  const event = { type: 'order.cancelRequested', reason, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, `order/${orderId}`, event, cycle.cause);
}

function mayIncreaseWhileLocked({ account }: Cycle, order: VenueOrder): boolean {
  const { instrument, side, quantityLots, filledLots } = order;
  const scopes = new Set(['account', `symbol:${instrument}`, `contract:${instrument}`]);
  const isLocked =
    account.effectiveState === 'LOCKED' ||
    [...account.locks.values()].some(({ scope }) => scopes.has(scope));
  if (!isLocked) return false;
  const openLots = account.openLots(instrument);
  const isOpposite = side === 'buy' ? openLots < 0 : openLots > 0;
  return !isOpposite || quantityLots - filledLots > Math.abs(openLots);
}

function cellOf(
  world: World,
  accountId: Cycle['account']['id'],
  orderId: OrderId,
): Cell | undefined {
  return world.cells.get(actorId(accountId, `order/${orderId}`));
}

function regionsOf(cell: Cell): {
  readonly execution: ExecutionState;
  readonly request: RequestState;
  readonly integrity: string;
} {
  return orderRegions(cell.live() as Parameters<typeof orderRegions>[0]);
}
