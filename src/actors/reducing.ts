/** What becomes of resting entries when an account may only reduce. Source: execution 10, 15 (tradingState). */
import type { AccountRuntime } from './account-runtime.ts';
import { drain } from './deliver.ts';
import { restingThatAdd } from './resting-orders.ts';
import { outside, type Turn } from './turn.ts';
import type { World } from './world.ts';

/** At the end of a turn: accounts that have just become REDUCING lose their entries, where that is configured. */
export function cancelEntriesOfReducing(world: World, turn: Turn): void {
  for (const account of world.accounts.values()) {
    const { effectiveState, stateSeen } = account;
    if (effectiveState === stateSeen) continue;
    account.stateSeen = effectiveState;
    const isFallen = stateSeen === 'ACTIVE' && effectiveState === 'REDUCING';
    if (isFallen && world.execution.tradingState.cancelEntriesOnReducing)
      cancelEntries(world, turn, account, 'the account may only reduce');
  }
}

/** Resting entries go; what protects or closes stays. */
export function cancelEntries(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  reason: string,
): void {
  for (const { orderId } of restingThatAdd(account)) {
    const event = { type: 'order.cancelRequested', reason, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, `order/${orderId}`, event, outside);
  }
  drain(world, turn);
}
