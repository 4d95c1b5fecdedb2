/** Prices of stops and targets around the average of a position, and the orders that protect it. Exact and pure. */
import { quotient, type Rounding } from '../domain/arithmetic.ts';
import { positionValue, type Instrument, type Lots, type Ticks } from '../domain/instrument.ts';
import type { PositionFacts, WorkingOrderFacts } from '../domain/view.ts';

/**
 * The average entry price as whole ticks, rounded as named where it lies between two. Never a float: it
 * comes from what the open quantity has cost.
 */
function averageTicks(
  instrument: Instrument,
  { openLots, costUnits }: Pick<PositionFacts, 'openLots' | 'costUnits'>,
  rounding: Rounding,
): Ticks {
  const { num, den } = instrument.value;
  const at = (how: Rounding): Ticks =>
    instrument.payoff === 'linear'
      ? quotient([costUnits, den], [openLots, num], how)
      : quotient([-openLots, num], [den, costUnits], how);
  // A cost is rounded to the accounting unit: the tick that costs exactly this is the average.
  const nearest = at('halfEven');
  return positionValue(instrument, openLots, nearest) === costUnits ? nearest : at(rounding);
}

/** Ticks in the direction of profit: up for a long, down for a short. */
export function towardProfit(isLong: boolean, from: Ticks, by: number): Ticks {
  return isLong ? from + by : from - by;
}

/** The price from which on the position is at least `by` ticks in profit. */
export function profitLevel(instrument: Instrument, position: PositionFacts, by: number): Ticks {
  const isLong = position.openLots > 0;
  return towardProfit(isLong, averageTicks(instrument, position, isLong ? 'ceil' : 'floor'), by);
}

/** The price of a stop `by` ticks in profit (negative: in loss), rounded away from the market. */
export function stopLevel(instrument: Instrument, position: PositionFacts, by: number): Ticks {
  const isLong = position.openLots > 0;
  return towardProfit(isLong, averageTicks(instrument, position, isLong ? 'floor' : 'ceil'), by);
}

/** How much nearer to profit one price is than another; negative when it is further from it. */
export function gain(isLong: boolean, price: Ticks, than: Ticks): number {
  return isLong ? price - than : than - price;
}

/** The price most in profit; undefined of none. */
export function mostInProfit(isLong: boolean, prices: readonly Ticks[]): Ticks | undefined {
  if (prices.length === 0) return undefined;
  return isLong ? Math.max(...prices) : Math.min(...prices);
}

/** What may still fill beside a position. */
export type Beside = {
  /** Closes of the engine or of a person on their way. */
  readonly exits: readonly WorkingOrderFacts[];
  /** Stops of whomever on the side that closes, the nearest to the market first; those without a price last. */
  readonly stops: readonly WorkingOrderFacts[];
  /** Limits of whomever on the side that closes, the nearest to the market first. */
  readonly targets: readonly WorkingOrderFacts[];
  /** Protection that protects nothing: there is no position, or it is on the other side. */
  readonly leftovers: readonly WorkingOrderFacts[];
};

/** Sorts the orders of one instrument by what they are to a position of so many lots (0: flat). */
export function besides(orders: readonly WorkingOrderFacts[], openLots: Lots): Beside {
  const isLong = openLots > 0;
  const exitSide = isLong ? 'sell' : 'buy';
  const closes = openLots === 0 ? [] : orders.filter(({ side }) => side === exitSide);
  const others = closes.filter(({ purpose }) => purpose !== 'exit');
  const nearness = (ticks: Ticks | undefined, ofStop: boolean): number =>
    ticks === undefined ? Infinity : isLong === ofStop ? -ticks : ticks;
  return {
    exits: orders.filter(({ purpose }) => purpose === 'exit'),
    stops: others
      .filter(({ orderType }) => isStop(orderType))
      .toSorted((a, b) => compare(nearness(a.stopTicks, true), nearness(b.stopTicks, true))),
    targets: others
      .filter(({ orderType }) => orderType === 'limit')
      .toSorted((a, b) => compare(nearness(a.limitTicks, false), nearness(b.limitTicks, false))),
    leftovers: orders.filter(
      ({ purpose, side }) => purpose === 'protective' && (openLots === 0 || side !== exitSide),
    ),
  };
}

function compare(one: number, other: number): number {
  return one === other ? 0 : one - other;
}

function isStop(orderType: WorkingOrderFacts['orderType']): boolean {
  return orderType === 'stop' || orderType === 'stopLimit' || orderType === 'trailingStop';
}
