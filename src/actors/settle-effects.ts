import type { AccountId, OrderId } from '../domain/ids.ts';
import { isClosed } from '../domain/order.ts';
import { orderRegions } from '../machines/order.machine.ts';
/** The life of an effect after it was sent: from the order's own state, never from a timer alone (execution 2.3). */
import type { Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Called after an order has taken a report. Idempotent. */
export function settleOrderEffects(
  world: World,
  turn: Turn,
  account: AccountId,
  orderId: OrderId,
  event: { readonly type: string },
): void {
  const cell = world.cells.get(actorId(account, `order/${orderId}`));
  if (cell === undefined || cell.status !== 'live') return;
  const { execution, request } = orderRegions(cell.live() as Parameters<typeof orderRegions>[0]);
  settleSubmit(world, turn, orderId, execution, event.type);
  if (request === 'none' || isClosed(execution)) {
    for (const id of world.requestEffects.get(orderId) ?? []) turn.changeEffect(id, 'ACKED');
    world.requestEffects.delete(orderId);
  }
  if (isClosed(execution) && !world.openEffects.has(orderId))
    world.closedOrders.push({ id: cell.id, atMs: turn.atMs });
}

function settleSubmit(
  world: World,
  turn: Turn,
  orderId: OrderId,
  execution: string,
  eventType: string,
): void {
  const state = world.openEffects.get(orderId);
  if (state === undefined || execution === 'none') return;
  if (execution === 'unknown') {
    if (state !== 'UNKNOWN') turn.changeEffect(orderId, 'UNKNOWN');
    return;
  }
  if (state === 'UNKNOWN' || execution === 'failed') turn.changeEffect(orderId, 'RECONCILED');
  else turn.changeEffect(orderId, eventType === 'order.placeRejected' ? 'REJECTED' : 'ACKED');
}
