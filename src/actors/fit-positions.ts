/**
 * At the end of a turn orders and positions are made to fit: protection goes with its position or is cut to it, and what
 * was filled beyond the quantity of an order is closed. Source: execution 2.4, 3.5, 7.2, 15 (`order.overfillPolicy`).
 */
import type { InstrumentId, OrderId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { WorkingOrderFacts } from '../domain/view.ts';
import { isExitSide, protects } from '../rules/exposure.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { drain } from './deliver.ts';
import { refreshExits } from './fills.ts';
import { outside, type Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** At the end of a turn in which positions have become smaller: protection goes with a position, or is cut to it. */
export function fitProtection(world: World, turn: Turn): void {
  for (const account of world.accounts.values()) {
    if (account.justReduced.size === 0) continue;
    const reduced = new Map(account.justReduced);
    account.justReduced.clear();
    for (const order of account.workingOrders.values()) {
      const beforeLots = reduced.get(order.instrument);
      if (beforeLots === undefined || order.purpose === 'exit') continue;
      if (!isExitSide(order.side, beforeLots) || !protects(order, beforeLots)) continue;
      fit({ world, turn, account, order, beforeLots });
    }
    drain(world, turn);
  }
}

type Fitting = {
  readonly world: World;
  readonly turn: Turn;
  readonly account: AccountRuntime;
  readonly order: WorkingOrderFacts;
  readonly beforeLots: Lots;
};

function fit({ world, turn, account, order, beforeLots }: Fitting): void {
  const { orderId, instrument, leavesLots } = order;
  const filledLots = filledOfOurs(world, account, orderId);
  // Sets and rules look after what is theirs.
  if (filledLots === undefined || account.setOf.has(orderId)) return;
  const openLots = account.openLots(instrument);
  const to = `order/${orderId}` as const;
  if (Math.sign(openLots) !== Math.sign(beforeLots)) {
    const reason = 'the position it protects is gone';
    const event = { type: 'order.cancelRequested', reason, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, to, event, outside);
    return;
  }
  // An exit that is under way may close more in a moment, and takes the rest with it.
  if (leavesLots <= Math.abs(openLots) || account.activeExits.has(instrument)) return;
  const values = { quantityLots: filledLots + Math.abs(openLots) };
  const event = { type: 'order.modifyRequested', values, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, to, event, outside);
}

/** What is filled of an order of a trader or a strategy, in lots; undefined where it is of somebody else. */
function filledOfOurs(world: World, account: AccountRuntime, orderId: OrderId): Lots | undefined {
  const context = world.cells.get(actorId(account.id, `order/${orderId}`))?.context;
  if (context === undefined || context['adopted'] !== undefined) return undefined;
  const isOurs = context['source'] === 'operator' || context['source'] === 'strategy';
  return isOurs ? (context['filledLots'] as Lots) : undefined;
}

/** At the end of a turn: the excess is closed, as far as it is open. */
export function closeOverfills(world: World, turn: Turn): void {
  for (const account of world.accounts.values()) {
    const overfills = account.overfills.splice(0);
    if (overfills.length === 0) continue;
    const excess = new Map<InstrumentId, { lots: number; reason: string }>();
    for (const { orderId, instrument, side, lots } of overfills) {
      const isOpen = account.openLots(instrument) > 0 === (side === 'buy');
      if (account.openLots(instrument) === 0 || !isOpen) continue;
      const known = excess.get(instrument)?.lots ?? 0;
      excess.set(instrument, { lots: known + lots, reason: `${orderId} was overfilled` });
    }
    for (const [instrument, { lots, reason }] of excess) {
      const openLots = account.openLots(instrument);
      const leftLots = Math.max(0, Math.abs(openLots) - lots);
      const event = {
        type: 'exit.required',
        targetLots: Math.sign(openLots) * leftLots,
        reason,
        source: 'overfill',
        facts: account.exitFacts(instrument),
        atMs: turn.atMs,
      } as const;
      turn.sendSibling(account.id, `exit/${instrument}`, event, outside);
    }
    drain(world, turn);
    if (account.activeExits.size > 0) refreshExits(world, turn, account.id);
  }
}
