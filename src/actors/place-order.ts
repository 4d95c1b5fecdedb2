/** From an approval to the order actor. Every order of our own passes here. */
import type { Approved } from '../domain/approved.ts';
import type { OrderIntent, SubmitOrder } from '../domain/order.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { timeToLiveOf } from './order-times.ts';
import type { Cause, Turn } from './turn.ts';
import type { World } from './world.ts';

/** The order actor of an approved intent: committed with its effect, sent after the commit. */
export function placeOrder(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  intent: OrderIntent,
  approved: Approved<SubmitOrder>,
  cause: Cause,
): void {
  const { orderId } = approved;
  const { purpose, source, by } = intent;
  world.counters.orders += 1;
  world.approved.set(orderId, approved);
  const input = {
    ...approved,
    ...world.orderSettings,
    purpose,
    source,
    by,
    ...timeToLiveOf(world, intent),
    createdAtMs: turn.atMs,
    ...(account.kills.length === 0 ? {} : { duringKills: account.kills.map(({ runId }) => runId) }),
  };
  const sibling = `order/${orderId}`;
  turn.create(account.id, sibling, 'order', input, cause);
  turn.sendSibling(account.id, sibling, { type: 'order.intentCommitted', atMs: turn.atMs }, cause);
  turn.sendSibling(account.id, sibling, { type: 'order.sendStarted', atMs: turn.atMs }, cause);
}
