/**
 * Worst-case exposure and the risk effect of what is asked. Computed here, never taken from the caller's
 * flag. Pure. Source: execution 2.4.
 *
 * For a position `pos` with working buys `b` and sells `s`: worst long = max(0, pos + b), worst short =
 * max(0, s − pos). Orders of the exit side that are reduce-only or protective cannot turn the position
 * round (the venue or the engine cuts them), so together they count at most once the position, and once
 * together with a new reduce-only exit. A plain stop that protects counts once beside such an exit, which it must not
 * trap; beside anything else it counts in full, for it may trigger before its cancel has reached the venue. Orders of
 * one OCO group exclude each other: the largest of them counts.
 */
import { addExact } from '../domain/arithmetic.ts';
import type { InstrumentId, OrderId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { ModifyOrder, OrderIntent, OrderType, Purpose, SubmitOrder } from '../domain/order.ts';
import type { Side } from '../domain/position.ts';
import type { AccountFacts, WorkingOrderFacts } from '../domain/view.ts';

export type RiskEffect = 'increase' | 'reduce' | 'neutral';

/** What may be open at worst, in lots, both ≥ 0. */
export type WorstCase = { readonly longLots: Lots; readonly shortLots: Lots };

/** As much of an order as its effect on the exposure depends on. */
export type OrderShape = Pick<
  SubmitOrder,
  'instrument' | 'side' | 'quantityLots' | 'reduceOnly' | 'ocoGroupId'
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

/** The larger of both sides: how much may be open at worst. */
export function worstLots({ longLots, shortLots }: WorstCase): Lots {
  return Math.max(longLots, shortLots);
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
  // One that is larger than the position could turn it round, whatever else is counted already.
  return wouldReduceOnly(order, position) ? 'reduce' : 'increase';
}

/**
 * What a cancel does: an entry's is neutral; losing the protection of an open position is an increase, unless other
 * stops still cover all of it.
 */
export function riskEffectOfCancel(facts: AccountFacts, orderId: OrderId): RiskEffect {
  const order = facts.workingOrders.find((one) => one.orderId === orderId);
  if (order === undefined) return 'neutral';
  const position = openLotsOf(facts, order.instrument);
  if (!isProtection(order, position)) return 'neutral';
  const stopsLeft = facts.workingOrders
    .filter(
      (one) =>
        one !== order &&
        one.instrument === order.instrument &&
        one.side === order.side &&
        isProtection(one, position) &&
        one.isOpen &&
        stopTypes.has(one.orderType),
    )
    .reduce((lots, one) => addExact(lots, one.leavesLots), 0);
  return stopsLeft >= Math.abs(position) ? 'neutral' : 'increase';
}

const stopTypes: ReadonlySet<OrderType> = new Set(['stop', 'stopLimit', 'trailingStop']);

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
  if (isProtection(order, position)) {
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

/** A close that is larger than the position, cut to it; everything else stays as it is. Pure. */
export function cappedToPosition(intent: OrderIntent, facts: AccountFacts): OrderIntent {
  const position = openLotsOf(facts, intent.instrument);
  const isLarger = isExitSide(intent.side, position) && intent.quantityLots > Math.abs(position);
  return isLarger ? { ...intent, quantityLots: Math.abs(position) } : intent;
}

/**
 * True when an order alone can only make the position smaller: the exit side, and no more than is open. The caller's
 * flag has no say.
 */
export function wouldReduceOnly(
  order: Pick<OrderShape, 'side' | 'quantityLots'>,
  position: Lots,
): boolean {
  return isExitSide(order.side, position) && order.quantityLots <= Math.abs(position);
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
  const ofSide = working.filter((order) => order.side === side);
  const isExiting = added?.side === side && isExit && isLinked(added);
  const isHeld = (order: WorkingOrderFacts): boolean =>
    isExit && (isExiting ? protects(order, position) : isLinked(order));
  const plain = ofSide.filter((order) => !isHeld(order)).map(counted);
  const held = Math.min(lotsOnce(ofSide.filter(isHeld).map(counted)), Math.abs(position));
  if (added?.side !== side) return addExact(lotsOnce(plain), held);
  if (isExiting) return addExact(lotsOnce(plain), Math.max(held, added.quantityLots));
  return addExact(lotsOnce([...plain, added]), held);
}

type Counted = Pick<OrderShape, 'quantityLots' | 'ocoGroupId'>;

function counted({ leavesLots, ocoGroupId }: WorkingOrderFacts): Counted {
  return { quantityLots: leavesLots, ...(ocoGroupId === undefined ? {} : { ocoGroupId }) };
}

/** The sum, with every OCO group at its largest member. */
function lotsOnce(orders: readonly Counted[]): Lots {
  const groups = new Map<string, Lots>();
  let lots = 0;
  for (const { quantityLots, ocoGroupId } of orders) {
    if (ocoGroupId === undefined) lots = addExact(lots, quantityLots);
    else groups.set(ocoGroupId, Math.max(groups.get(ocoGroupId) ?? 0, quantityLots));
  }
  for (const largest of groups.values()) lots = addExact(lots, largest);
  return lots;
}

/**
 * True for an order on the exit side that goes, or is cut, when the position does: reduce-only, protective, or a stop
 * that is no larger than the position. Plain limit orders are not, nor a stop that brings a stop of its own: it opens.
 */
export function protects(order: WorkingOrderFacts, position: Lots): boolean {
  return isLinked(order) || (isPlainStop(order) && order.leavesLots <= Math.abs(position));
}

/** Placed to protect the position, or a stop that does. */
function isProtection(order: WorkingOrderFacts, position: Lots): boolean {
  if (!isExitSide(order.side, position)) return false;
  return order.purpose === 'protective' || isPlainStop(order);
}

/** One that brings a stop of its own is no stop of this position: it opens another. */
function isPlainStop(order: WorkingOrderFacts): boolean {
  return stopTypes.has(order.orderType) && order.hasBracketStop !== true;
}

function isLinked(order: { readonly reduceOnly: boolean; readonly purpose?: Purpose }): boolean {
  return order.reduceOnly || order.purpose === 'protective';
}
