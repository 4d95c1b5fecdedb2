/** Resting orders beside a position: which of them can add to it at worst. Source: execution 2.4, 10 (LOCKED). */
import type { InstrumentId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { WorkingOrderFacts } from '../domain/view.ts';
import { isExitSide } from '../rules/exposure.ts';
import type { AccountRuntime } from './account-runtime.ts';

/**
 * Orders that can make some position larger: all on its own side, and of those on the other side what is left when
 * protection, then stops, then the oldest have taken what is open. Never a close of the engine.
 *
 * @param isClosing a close of the position is under way: of those on the other side only stops may stay beside it
 */
export function restingThatAdd(
  account: AccountRuntime,
  isClosing = false,
): readonly WorkingOrderFacts[] {
  const roomLots = new Map<InstrumentId, Lots>();
  const orders = [...account.workingOrders.values()].filter(({ purpose }) => purpose !== 'exit');
  const room = (instrument: InstrumentId): Lots =>
    roomLots.get(instrument) ?? Math.abs(account.openLots(instrument));
  // Reduce-only orders together never take more than is open.
  for (const order of orders) {
    if (!isLinked(order) || !isExitSide(order.side, account.openLots(order.instrument))) continue;
    const openLots = Math.abs(account.openLots(order.instrument));
    const leftLots = Math.max(0, openLots - order.leavesLots);
    roomLots.set(order.instrument, Math.min(room(order.instrument), leftLots));
  }
  const plain = orders.filter((order) => !isLinked(order));
  const stopsFirst = [...plain.filter(isStop), ...plain.filter((order) => !isStop(order))];
  return stopsFirst.filter((order) => {
    const { instrument, side, leavesLots } = order;
    if (!isExitSide(side, account.openLots(instrument))) return true;
    if (leavesLots > room(instrument) || (isClosing && order.stopTicks === undefined)) return true;
    roomLots.set(instrument, room(instrument) - leavesLots);
    return false;
  });
}

function isLinked({ reduceOnly, purpose }: WorkingOrderFacts): boolean {
  return reduceOnly || purpose === 'protective';
}

function isStop({ stopTicks }: { readonly stopTicks?: number }): boolean {
  return stopTicks !== undefined;
}
