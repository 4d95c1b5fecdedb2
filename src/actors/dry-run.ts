/**
 * DRY_RUN: what would have left is a row of its own and nothing leaves, exits included. The order that was not sent ends
 * as not sent; a change or a cancel that was not sent ends as refused. Source: execution 14, REQ-M1.
 */
import type { CancelOrder, ModifyOrder, SubmitOrder } from '../domain/order.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { Cause, Turn } from './turn.ts';
import { modeOf, type World } from './world.ts';

const reason = 'DRY_RUN: recorded, not sent';

type Intended =
  | { readonly kind: 'submit'; readonly order: SubmitOrder }
  | { readonly kind: 'cancel'; readonly order: CancelOrder }
  | { readonly kind: 'modify'; readonly order: ModifyOrder };

/** True when the account sends nothing: then the intention is recorded and the order hears that it was not sent. */
export function isOnlyIntended(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  { kind, order }: Intended,
  cause: Cause,
): boolean {
  if (modeOf(world, account.id) !== 'DRY_RUN') return false;
  turn.addInput(account.id, { type: 'dryRun.intended', command: kind, ...order });
  const { atMs } = turn;
  const answer = { reason, origin: 'answer', atMs } as const;
  const event =
    kind === 'submit'
      ? ({ type: 'order.notSent', reason, atMs } as const)
      : kind === 'cancel'
        ? ({ type: 'order.cancelRejected', ...answer } as const)
        : ({ type: 'order.modifyRejected', ...answer } as const);
  turn.sendSibling(account.id, `order/${order.orderId}`, event, cause);
  return true;
}
