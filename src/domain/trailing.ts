/**
 * Where a stop belongs that follows the market: at a distance behind a price, and only ever toward profit. Exact.
 * Source: rules 3 (RULE-012), execution 7.2.
 */
import { mulDiv } from './arithmetic.ts';
import type { Ticks } from './instrument.ts';
import type { Side } from './position.ts';

/** How far behind the price: in ticks, or as a share of the price in basis points. */
export type TrailDistance =
  | { readonly kind: 'ticks'; readonly ticks: number }
  | { readonly kind: 'bps'; readonly bps: number };

/**
 * The level of a stop of this side behind a price: below it for a sell stop, above it for a buy stop. A share is
 * rounded up to whole ticks: never nearer to the market than asked for.
 */
export function trailLevel(side: Side, basisTicks: Ticks, distance: TrailDistance): Ticks {
  const by =
    distance.kind === 'ticks'
      ? distance.ticks
      : mulDiv(Math.abs(basisTicks), distance.bps, 10_000, 'ceil');
  return side === 'sell' ? basisTicks - by : basisTicks + by;
}

/**
 * The level to which a stop moves, or undefined when it stays: a stop never goes away from the market.
 *
 * @param fromTicks where it is; undefined: nowhere yet
 * @param leastTicks smaller improvements are not worth a message
 */
export function ratchetStop(
  side: Side,
  fromTicks: Ticks | undefined,
  toTicks: Ticks,
  leastTicks = 1,
): Ticks | undefined {
  if (fromTicks === undefined) return toTicks;
  const improvement = side === 'sell' ? toTicks - fromTicks : fromTicks - toTicks;
  return improvement >= leastTicks ? toTicks : undefined;
}

/** What a trailing stop does at a new price: the level it moves to, or undefined when it stays. Pure. */
export function nextTrailingStop(stop: {
  readonly side: Side;
  readonly triggerTicks: Ticks | undefined;
  readonly basisTicks: Ticks;
  readonly distance: TrailDistance;
}): Ticks | undefined {
  const { side, triggerTicks, basisTicks, distance } = stop;
  return ratchetStop(side, triggerTicks, trailLevel(side, basisTicks, distance));
}
