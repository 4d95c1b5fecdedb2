/**
 * A venue whose clock went back: what it says since looks older than what it said before, for ever. Where its answers
 * insist, only their time can be wrong, and the report is judged by what it says. Source: execution 3.2, projectx 15 (F18).
 */
import type { OrderVenueEvent } from '../domain/order-event.ts';
import type { VenueEvent } from '../ports/venue.port.ts';
import { actorId, type World } from './world.ts';

type OrderReport = Extract<VenueEvent, { type: 'venue.order' }>;

const finalTypes: ReadonlySet<OrderVenueEvent['type']> = new Set([
  'order.statusFilled',
  'order.venueRejected',
  'order.canceled',
  'order.expired',
]);

/** Without the venue's time; what it counts as filled stays. */
export function withoutTime(event: OrderVenueEvent): OrderVenueEvent {
  const { version, ...rest } = event;
  return version === undefined
    ? event
    : { ...rest, version: { cumulativeLots: version.cumulativeLots } };
}

/**
 * The report as the order shall hear it: an answer to a question that says the same end of an open order so many times in
 * a row loses its time.
 */
export function believed(world: World, report: OrderReport): OrderVenueEvent {
  const { accountId, orderId, event } = report;
  const account = world.accounts.get(accountId);
  if (account === undefined || event.origin !== 'query') return event;
  const { insisted } = account.reconciliation;
  if (!finalTypes.has(event.type) || !isOpenHere(world, report)) {
    insisted.delete(orderId);
    return event;
  }
  const said = `${event.type}|${event.version?.updatedAtMs}|${event.version?.cumulativeLots}`;
  const known = insisted.get(orderId);
  const times = known?.said === said ? known.times + 1 : 1;
  insisted.set(orderId, { said, times });
  return times < world.execution.reconcile.openMissingRetries ? event : withoutTime(event);
}

function isOpenHere(world: World, { accountId, orderId }: OrderReport): boolean {
  const cell = world.cells.get(actorId(accountId, `order/${orderId}`));
  return cell?.status === 'live' && cell.context['isClosed'] !== true;
}
