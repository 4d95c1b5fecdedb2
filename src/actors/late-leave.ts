/**
 * What leaves later than it was approved: held back for want of budget, or sent again with a new session. What has
 * happened meanwhile counts: new risk that a kill, a lock or the trading state forbids by now never leaves; what protects
 * or closes goes its way. Source: execution 2.2, 2.4, 9.2 (step 2), 10.
 */
import type { ModifyOrder, SubmitOrder } from '../domain/order.ts';
import { drain } from './deliver.ts';
import { refreshExits } from './fills.ts';
import type { EngineInput } from './input.ts';
import { lateDenial, tellNotChanged } from './late-change.ts';
import { isDoubted } from './search.ts';
import { settleOrderEffects } from './settle-effects.ts';
import { outside, type Turn } from './turn.ts';
import { isForbiddenAgain } from './venue-calls.ts';
import { isCancelWanted } from './withdraw.ts';
import { actorId, type World } from './world.ts';

/** Asked just before it leaves. An account that nobody knows permits nothing. */
export function mayStillLeave(
  world: World,
  order: SubmitOrder | ModifyOrder,
  call: 'place' | 'modify',
): boolean {
  const account = world.accounts.get(order.accountId);
  if (account === undefined) return false;
  if (call === 'modify') return lateDenial(world, account, order) === undefined;
  return (
    !isCancelWanted(world, order as SubmitOrder) && !isForbiddenAgain(world, account, order.orderId)
  );
}

/** It never left: whoever asked for it decides anew. */
export function takeNotSent(
  world: World,
  turn: Turn,
  { accountId, orderId, what }: Extract<EngineInput, { type: 'notSent' }>,
): void {
  const account = world.accounts.get(accountId);
  const cell = world.cells.get(actorId(accountId, `order/${orderId}`));
  const reason = 'no room in the budget of calls, or forbidden before it left';
  if (what === 'modify') {
    if (account !== undefined) tellNotChanged(turn, account, orderId, reason);
    drain(world, turn);
    return;
  }
  // One that may have been there before stays in doubt: its search goes on.
  if (cell?.status === 'live' && isDoubted(cell)) return;
  const event = { type: 'order.notSent', reason, atMs: turn.atMs } as const;
  turn.sendSibling(accountId, `order/${orderId}`, event, outside);
  drain(world, turn);
  settleOrderEffects(world, turn, accountId, orderId, event);
  refreshExits(world, turn, accountId);
}
