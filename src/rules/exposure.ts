/**
 * Worst-case exposure and the risk effect of what is asked. Computed here, never taken from the caller's
 * flag. Pure. Source: execution 2.4.
 *
 * For a position `pos` with working buys `b` and sells `s`: worst long = max(0, pos + b), worst short =
 * max(0, s − pos). Orders of the exit side that are reduce-only or protective cannot turn the position
 * round (the venue or the engine cuts them), so together they count at most once the position, and once
 * together with a new reduce-only exit.
 */
import { addExact } from '../domain/arithmetic.ts';
import type { InstrumentId, OrderId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { ModifyOrder, Purpose, SubmitOrder } from '../domain/order.ts';
import type { Side } from '../domain/position.ts';
import type { AccountFacts, WorkingOrderFacts } from '../domain/view.ts';

export type RiskEffect = 'increase' | 'reduce' | 'neutral';

/** What may be open at worst, in lots, both ≥ 0. */
export type WorstCase = { readonly longLots: Lots; readonly shortLots: Lots };

/** As much of an order as its effect on the exposure depends on. */
export type OrderShape = Pick<
  SubmitOrder,
  'instrument' | 'side' | 'quantityLots' | 'reduceOnly'
> & { readonly purpose?: Purpose };

/** Signed position of an instrument; 0 when flat. */
export function openLotsOf(facts: AccountFacts, instrument: InstrumentId): Lots {
  return facts.positions.find((position) => position.instrument === instrument)?.openLots ?? 0;
}

/**
 * Where the position of one instrument can end up when everything of one side fills, signed; with
 * `order` when given. `highLots` ≥ position ≥ `lowLots`.
 */
export function reachableLots(
  facts: AccountFacts,
  instrument: InstrumentId,
  order?: OrderShape,
): { readonly highLots: Lots; readonly lowLots: Lots } {
  const position = openLotsOf(facts, instrument);
  const working = facts.workingOrders.filter((one) => one.instrument === instrument);
  const added = order?.instrument === instrument ? order : undefined;
  return {
    highLots: addExact(position, workingLots('buy', position, working, added)),
    lowLots: addExact(position, -workingLots('sell', position, working, added)),
  };
}

/** The worst case of one instrument with everything that works, and with `order` when given. */
export function worstCase(
  facts: AccountFacts,
  instrument: InstrumentId,
  order?: OrderShape,
): WorstCase {
  const { highLots, lowLots } = reachableLots(facts, instrument, order);
  return { longLots: Math.max(0, highLots), shortLots: Math.max(0, -lowLots) };
}

/**
 * What a new order does to the exposure. `reduce` only when neither worst case grows and the position can
 * only shrink; a reduce-only flag on a flat position is not believed.
 *
 * @param order its quantity is a whole number > 0
 */
export function riskEffect(facts: AccountFacts, order: OrderShape): RiskEffect {
  const position = openLotsOf(facts, order.instrument);
  const before = worstCase(facts, order.instrument);
  const after = worstCase(facts, order.instrument, order);
  if (after.longLots > before.longLots || after.shortLots > before.shortLots) return 'increase';
  return isExitSide(order.side, position) ? 'reduce' : 'increase';
}

/** What a cancel does: an entry's is neutral; losing the protection of an open position is an increase. */
export function riskEffectOfCancel(facts: AccountFacts, orderId: OrderId): RiskEffect {
  const order = facts.workingOrders.find((one) => one.orderId === orderId);
  if (order === undefined || order.purpose !== 'protective') return 'neutral';
  return isExitSide(order.side, openLotsOf(facts, order.instrument)) ? 'increase' : 'neutral';
}

/**
 * What a change of a working order does. Larger is an increase unless it only protects more of the open
 * position; smaller protection, and a protective stop moved away, are increases.
 *
 * @param stopTicks of the order as it works now, where it has one
 */
export function riskEffectOfModify(
  facts: AccountFacts,
  modify: ModifyOrder,
  stopTicks?: number,
): RiskEffect {
  const order = facts.workingOrders.find((one) => one.orderId === modify.orderId);
  if (order === undefined) return 'increase';
  const position = openLotsOf(facts, order.instrument);
  const quantity = modify.quantityLots ?? order.leavesLots;
  if (order.purpose === 'protective' && isExitSide(order.side, position)) {
    if (quantity < order.leavesLots || movesAway(order.side, modify, stopTicks)) return 'increase';
  }
  if (quantity <= order.leavesLots) return 'neutral';
  const others = facts.workingOrders.filter((one) => one !== order);
  const without = { ...facts, workingOrders: others };
  const effect = riskEffect(without, { ...order, quantityLots: quantity });
  return effect === 'increase' ? 'increase' : 'neutral';
}

/** A protective stop further from the market; one whose place is not known may have been anywhere. */
function movesAway(side: Side, modify: ModifyOrder, stopTicks: number | undefined): boolean {
  if (modify.stopTicks === undefined) return false;
  if (stopTicks === undefined) return true;
  return side === 'sell' ? modify.stopTicks < stopTicks : modify.stopTicks > stopTicks;
}

/** True when an order of this side makes the position smaller. */
export function isExitSide(side: Side, position: Lots): boolean {
  return side === 'sell' ? position > 0 : position < 0;
}

function workingLots(
  side: Side,
  position: Lots,
  working: readonly WorkingOrderFacts[],
  added: OrderShape | undefined,
): Lots {
  const isExit = isExitSide(side, position);
  let plain = 0;
  let linked = 0;
  for (const order of working) {
    if (order.side !== side) continue;
    if (isExit && isLinked(order)) linked = addExact(linked, order.leavesLots);
    else plain = addExact(plain, order.leavesLots);
  }
  linked = Math.min(linked, Math.abs(position));
  if (added?.side !== side) return addExact(plain, linked);
  if (isExit && isLinked(added)) return addExact(plain, Math.max(linked, added.quantityLots));
  return addExact(addExact(plain, linked), added.quantityLots);
}

function isLinked(order: { readonly reduceOnly: boolean; readonly purpose?: Purpose }): boolean {
  return order.reduceOnly || order.purpose === 'protective';
}
