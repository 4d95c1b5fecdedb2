/**
 * Orders that a lock forbids and the venue still works. A lock cancels what may add risk when it begins, and what is
 * found later when it is found; a cancel that the venue refused then is asked for again with every picture that shows
 * the order. Source: execution 10 (LOCKED), 11.3 (extra_order).
 */
import type { WorkingOrderFacts } from '../domain/view.ts';
import { orderRegions } from '../machines/order.machine.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { Cycle } from './reconciliation-cycle.ts';
import { restingThatAdd } from './resting-orders.ts';
import { actorId } from './world.ts';

const openStatuses: ReadonlySet<string> = new Set(['working', 'partial', 'suspended', 'triggered']);

/** With a complete picture: what it shows open although a lock forbids it, and nobody has asked for its end, ends. */
export function cancelUnderLocks(cycle: Cycle): void {
  const { account, turn, snapshot } = cycle;
  if (account.locks.size === 0) return;
  const shown = new Set<string>(
    snapshot.orders
      .filter(({ status }) => openStatuses.has(status))
      .map(({ orderId, venueOrderId }) => orderId ?? venueOrderId),
  );
  for (const order of restingThatAdd(account)) {
    const { orderId, instrument, side, leavesLots } = order;
    if (!shown.has(orderId) || !isForbidden(account, order) || !isIdle(cycle, order)) continue;
    cycle.note({
      difference: 'locked_order',
      evidence: `${orderId} ${side} ${leavesLots} ${instrument} works while a lock forbids new exposure`,
      action: 'its cancel is asked for again',
      result: 'still counted in the exposure',
    });
    const reason = 'still works while a lock forbids new exposure';
    const event = { type: 'order.cancelRequested', reason, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, `order/${orderId}`, event, cycle.cause);
  }
}

/** A hedge takes risk off another position: whoever placed it looks after it. */
function isForbidden(account: AccountRuntime, { instrument, purpose }: WorkingOrderFacts): boolean {
  if (purpose === 'hedge') return false;
  const scopes = new Set<string>(['account', `symbol:${instrument}`, `contract:${instrument}`]);
  return [...account.locks.values()].some(
    ({ scope, keepsOrders }) => keepsOrders !== true && scopes.has(scope),
  );
}

/** Nothing is asked of it that the venue has not answered. */
function isIdle({ world, account }: Cycle, { orderId }: WorkingOrderFacts): boolean {
  const cell = world.cells.get(actorId(account.id, `order/${orderId}`));
  if (cell?.status !== 'live') return false;
  return orderRegions(cell.live() as Parameters<typeof orderRegions>[0]).request === 'none';
}
