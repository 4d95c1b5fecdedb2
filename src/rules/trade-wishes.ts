/** What RULE-012 wants done with the orders beside a position. Pure. */
import type { Lots, Ticks } from '../domain/instrument.ts';
import type { RuleMemory, WantedAction } from '../domain/verdict.ts';
import type { PositionFacts, WorkingOrderFacts } from '../domain/view.ts';
import type { Wish } from './asking.ts';
import { gain, type Beside } from './protection.ts';
import type { RuleContext } from './rule.ts';
import { levelsOf, type HeldBeside } from './trade-levels.ts';
import type { TradeManagement } from './trade-management.rule.ts';

/** A wish with how it is carried out, depending on how often it was asked in vain. */
export type Wanted = Wish & { readonly actions: (tries: number) => readonly WantedAction[] };

/** A change that was asked so often without effect is given up for a new order. Source: rules 3, RULE-012. */
const modifyTriesMax = 2;

/** Placing or changing the stop, and the target. Pure. */
export function plannedWishes(
  context: RuleContext,
  config: TradeManagement,
  held: HeldBeside,
  state: RuleMemory,
): readonly Wanted[] {
  const { stopTicks, targetTicks } = levelsOf(context, config, held, state);
  const { stops, targets } = held.beside;
  return [
    ...wishOf('stop', held, stops, stopTicks),
    ...wishOf('target', held, targets, targetTicks),
  ];
}

/**
 * Own orders that a better one of the full size makes unnecessary: what a replacement leaves behind. The
 * better one must work before the other goes. Pure.
 */
export function superfluous(
  { stops, targets }: Beside,
  { openLots }: PositionFacts,
): readonly WorkingOrderFacts[] {
  const isLong = openLots > 0;
  const spare = (
    orders: readonly WorkingOrderFacts[],
    priceOf: (order: WorkingOrderFacts) => Ticks | undefined,
    isStop: boolean,
  ): readonly WorkingOrderFacts[] => {
    const own = orders.filter(({ purpose }) => purpose === 'protective');
    const full = own.find((order) => order.isOpen && order.leavesLots === Math.abs(openLots));
    const best = full === undefined ? undefined : priceOf(full);
    if (best === undefined) return [];
    return own.filter((order) => {
      const price = priceOf(order);
      if (order === full || price === undefined) return false;
      // For a long the nearest stop is the highest, the nearest target the lowest.
      return isStop ? gain(isLong, best, price) >= 0 : gain(isLong, price, best) >= 0;
    });
  };
  return [
    ...spare(stops, ({ stopTicks }) => stopTicks, true),
    ...spare(targets, ({ limitTicks }) => limitTicks, false),
  ];
}

type Kind = 'stop' | 'target';

/** The order of a kind that is missing, or the change of the one that is there. */
function wishOf(
  kind: Kind,
  { position }: HeldBeside,
  orders: readonly WorkingOrderFacts[],
  level: Ticks | undefined,
): readonly Wanted[] {
  const size: Lots = Math.abs(position.openLots);
  const own = orders.filter(({ purpose }) => purpose === 'protective');
  const [changed] = own.length > 0 ? own : orders;
  if (changed !== undefined) {
    // With several orders of a kind only their owner knows which is to hold how much.
    const isResized = own.length === 1 && changed.leavesLots !== size;
    if (level === undefined && !isResized) return [];
    return changeOf(kind, position, { changed, isResized }, level);
  }
  if (level === undefined) return [];
  return [{ kind, key: `${level}x${size}`, actions: () => [placed(kind, position, level)] }];
}

/** A new price, the quantity of the position, or both. What cannot be moved, or will not, is placed anew. */
function changeOf(
  kind: Kind,
  position: PositionFacts,
  { changed, isResized }: { readonly changed: WorkingOrderFacts; readonly isResized: boolean },
  level: Ticks | undefined,
): readonly Wanted[] {
  const size: Lots = Math.abs(position.openLots);
  const ticks = level ?? (kind === 'stop' ? changed.stopTicks : changed.limitTicks);
  if (ticks === undefined) return [];
  const modify: WantedAction = {
    type: 'modifyProtective',
    orderId: changed.orderId,
    ...(isResized ? { quantityLots: size } : {}),
    ...(level === undefined ? {} : priced(kind, level)),
  };
  const canModify = level === undefined || kind === 'target' || changed.orderType === 'stop';
  const actions = (tries: number): readonly WantedAction[] =>
    canModify && tries < modifyTriesMax ? [modify] : [placed(kind, position, ticks)];
  return [{ kind, key: `${ticks}x${size}`, actions }];
}

function placed(kind: Kind, { instrument, openLots }: PositionFacts, ticks: Ticks): WantedAction {
  return {
    type: 'placeProtective',
    instrument,
    side: openLots > 0 ? 'sell' : 'buy',
    quantityLots: Math.abs(openLots),
    ...priced(kind, ticks),
  };
}

function priced(kind: Kind, ticks: Ticks): { stopTicks: Ticks } | { limitTicks: Ticks } {
  return kind === 'stop' ? { stopTicks: ticks } : { limitTicks: ticks };
}
