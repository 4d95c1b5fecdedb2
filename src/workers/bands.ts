/**
 * How far the open profit may move before a verdict can change: the float screen's bounds.
 *
 * A float profit is off by a few units in 10¹⁵ of the values it is made of, an exact one is rounded by
 * half a unit. The tolerance is far above both, so an error can only ask for an evaluation too many.
 */
import type { RuleEntity } from '../domain/verdict.ts';
import type { Watch } from '../rules/rule.ts';
import type { RowColumns, Slot } from './row-columns.ts';

export type Bands = {
  readonly sumLow: number;
  readonly sumHigh: number;
  /** Bounds of the sum over the account. */
  readonly lower: number;
  readonly upper: number;
};

/** Sets the bounds of each position in its columns and returns those of the account. */
export function bandsOf(
  slots: readonly Slot[],
  columns: readonly RowColumns[],
  watches: readonly Watch[],
  rowOf: (entity: RuleEntity) => number | undefined,
): Bands {
  let [sumLow, sumHigh, tolerance] = [0, 0, 2];
  for (const { row, index } of slots) {
    const column = columns[row];
    if (column === undefined) continue;
    const [low, high] = [column.nowLow[index] ?? 0, column.nowHigh[index] ?? 0];
    const slack = slackOf(low, high, column.cost[index] ?? 0);
    sumLow += low;
    sumHigh += high;
    tolerance += slack;
    const own = watches.filter(
      ({ measure, entity }) => measure === 'position' && rowOf(entity) === row,
    );
    const band = bandOf(own, low, high, slack);
    column.lower[index] = band.lower;
    column.upper[index] = band.upper;
  }
  const whole = watches.filter(({ measure }) => measure === 'account');
  return { sumLow, sumHigh, ...bandOf(whole, sumLow, sumHigh, tolerance) };
}

/**
 * Between the nearest bounds below and above, whichever rule drew them: what was reached is left on the
 * way back. `low` and `high` are the present by the lowest and by the highest price basis.
 */
function bandOf(
  watches: readonly Watch[],
  low: number,
  high: number,
  slack: number,
): { readonly lower: number; readonly upper: number } {
  let [lower, upper] = [-Infinity, Infinity];
  for (const { atUnits } of watches) {
    if (high < atUnits) upper = Math.min(upper, atUnits);
    else if (low > atUnits) lower = Math.max(lower, atUnits);
    // On both sides at once, for rules that disagree on the price: every touch is evaluated.
    else lower = Infinity;
  }
  return { lower: lower + slack, upper: upper - slack };
}

/** Value and cost of a position are near each other or far apart; the profit holds the difference. */
function slackOf(low: number, high: number, cost: number): number {
  const size = Math.max(Math.abs(low), Math.abs(high)) + Math.abs(cost);
  return 2 + 1e-12 * (Number.isNaN(size) ? Math.abs(cost) : size);
}
