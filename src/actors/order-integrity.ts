/**
 * What follows from the doubt about an order: an alert, a symbol that may only reduce while it is in conflict, and that
 * what was filled beyond its quantity is remembered. Source: execution 3.5, 15 (`order.overfillPolicy`), trading-controls
 * 5 (ORDER_INTEGRITY).
 */
import type { Denial } from '../domain/denial.ts';
import type { OrderId } from '../domain/ids.ts';
import type { MachineEvent } from '../domain/machine-event.ts';
import type { OrderIntent } from '../domain/order.ts';
import { orderRegions, type OrderContext, type OrderRegions } from '../machines/order.machine.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { raiseAlert, resolveAlerts } from './alerts.ts';
import type { Cell } from './cell.ts';
import { restingThatAdd } from './resting-orders.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Why an alert about an order is open, and what it says. */
const troubles = {
  unknown: 'nobody knows what became of it; its exposure stays counted',
  late: 'it was executed, or found, after it counted as finished',
  overfilled: 'more was filled than was ordered',
  conflict: 'what the venue says of it does not fit together',
} as const;

type Trouble = keyof typeof troubles;

/** After every step of an order: ORDER_INTEGRITY begins with its doubt and ends with it. */
export function followIntegrity(world: World, turn: Turn, cell: Cell, cause: Cause): void {
  if (cell.hosted.id !== 'order') return;
  const account = world.accounts.get(cell.account);
  if (account === undefined) return;
  const context = cell.context as unknown as OrderContext;
  const regions = regionsOf(cell);
  for (const trouble of Object.keys(troubles) as Trouble[]) {
    const entity = `order/${context.orderId}/${trouble}`;
    if (regions.execution !== trouble && regions.integrity !== trouble)
      resolveAlerts(turn, account, entity, cause);
    else if (!account.openAlerts.has(entity)) {
      const text = `${context.orderId} in ${context.instrument}: ${troubles[trouble]}`;
      const code = 'ORDER_INTEGRITY';
      raiseAlert(turn, account, { severity: 'error', code, text, entity, isLasting: true }, cause);
      if (trouble === 'late') cancelUnderLock(turn, account, context, cause);
    }
  }
}

/** It counted as finished when the lock came, so nobody has canceled it: what it could add is as forbidden as any. */
function cancelUnderLock(
  turn: Turn,
  account: AccountRuntime,
  { orderId, instrument }: OrderContext,
  cause: Cause,
): void {
  const scopes = new Set<string>(['account', `symbol:${instrument}`, `contract:${instrument}`]);
  if (![...account.locks.values()].some(({ scope }) => scopes.has(scope))) return;
  if (!restingThatAdd(account).some((order) => order.orderId === orderId)) return;
  const reason = 'found under a lock, after it counted as never placed';
  const event = { type: 'order.cancelRequested', reason, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, `order/${orderId}`, event, cause);
}

function regionsOf(cell: Cell): OrderRegions {
  return orderRegions(cell.live() as Parameters<typeof orderRegions>[0]);
}

/** Why an instrument takes in no new risk: an order in it contradicts itself. Undefined when none does. */
export function conflictDenial(
  world: World,
  account: AccountRuntime,
  { instrument }: Pick<OrderIntent, 'instrument'>,
): Denial | undefined {
  for (const orderId of account.reconciliation.conflicts) {
    const cell = world.cells.get(actorId(account.id, `order/${orderId}`));
    if (cell?.context['instrument'] !== instrument || cell.status !== 'live') continue;
    if (regionsOf(cell).integrity !== 'conflict') continue;
    const facts = [
      { name: 'state', value: 'REDUCING' },
      { name: 'cause', value: `conflict:${instrument}` },
      { name: 'order', value: orderId },
    ];
    return { code: 'TRADING_STATE_FORBIDS', facts };
  }
  return undefined;
}

/** After a step of an order: what a trade has filled beyond its quantity is remembered until the end of the turn. */
export function noteOverfill(world: World, cell: Cell, event: MachineEvent): void {
  if (cell.hosted.id !== 'order' || event.type !== 'order.filled') return;
  if (world.execution.order.overfillPolicy !== 'close') return;
  const account = world.accounts.get(cell.account);
  const context = cell.context as unknown as OrderContext;
  const { orderId, instrument, side, purpose, filledLots, quantityLots, adopted, fillIdsSeen } =
    context;
  // The engine's own exit looks at what is left by itself, and so do sets and groups of orders.
  if (account === undefined || purpose === 'exit' || adopted !== undefined) return;
  if (account.setOf.has(orderId) || isOfGroup(world, cell)) return;
  if (filledLots <= quantityLots || fillIdsSeen.at(-1) !== event.fill.fillId) return;
  const beyondLots = Math.min(event.fill.lots, filledLots - quantityLots);
  account.overfills.push({ orderId, instrument, side, lots: beyondLots });
}

/** A group turns back itself what its orders fill beyond their quantity. */
function isOfGroup(world: World, { account, context }: Cell): boolean {
  for (const id of world.linked.keys()) {
    const group = world.cells.get(id);
    if (group?.account !== account || group.hosted.id !== 'group') continue;
    if (JSON.stringify(group.context).includes(`"${context['orderId'] as OrderId}"`)) return true;
  }
  return false;
}
