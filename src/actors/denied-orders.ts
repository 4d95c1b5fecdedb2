/**
 * Orders that our own gate has refused. They have no actor: most are never heard of again. When the venue speaks of one
 * all the same, its actor is made from what was asked for and stands in `denied`, so that the order's own table says
 * what that means. Source: execution 3.3 (column D), N1.
 */
import type { OrderId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import { submitOf } from '../rules/gate/judge.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { drain } from './deliver.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/**
 * Called before an order hears of the venue. Asks the store only about ids that have no actor; nothing comes of an id
 * that the gate has never refused.
 *
 * @returns true when it made the actor
 */
export function recallDenied(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  orderId: OrderId,
  { correlationSeq }: Pick<Cause, 'correlationSeq'>,
): boolean {
  const { journal, instruments } = world.options;
  const sibling = `order/${orderId}`;
  const actor = actorId(account.id, sibling);
  if (world.cells.has(actor) || journal.readActor(actor) !== undefined) return false;
  const denied = journal.findDenied(account.id, orderId);
  if (denied === undefined) return false;
  const intent = JSON.parse(denied.intentJson) as OrderIntent;
  // Of an instrument that nobody knows nothing can be booked either.
  if (!instruments.has(intent.instrument)) return false;
  const { purpose, source, by } = intent;
  const { denial, submitSeq } = denied;
  const input = {
    ...submitOf(intent, orderId),
    ...world.orderSettings,
    purpose,
    source,
    by,
    createdAtMs: denial.atMs,
  };
  const cause = { causeSeq: submitSeq, correlationSeq };
  const { atMs } = turn;
  const reason = `${denial.code}: ${denial.text}`;
  turn.create(account.id, sibling, 'order', input, cause);
  turn.sendSibling(account.id, sibling, { type: 'order.intentCommitted', atMs }, cause);
  turn.sendSibling(account.id, sibling, { type: 'order.gateDenied', reason, atMs }, cause);
  drain(world, turn);
  return true;
}
