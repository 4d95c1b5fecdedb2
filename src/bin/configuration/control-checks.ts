/**
 * Contradictions between keys of `controls.yaml` and `execution.yaml`; equality is allowed.
 * Source: trading-controls 6; the numbers are those of its list.
 */
import { addExact, mulDiv } from '../../domain/arithmetic.ts';
import type { Controls } from '../../domain/controls.ts';
import type { ExecutionSettings } from '../../domain/execution-settings.ts';
import { keyText, type KeyPath } from './problem.ts';

export type ControlFault = { readonly path: KeyPath; readonly text: string };

/** One inequality between two values that stand at two keys. */
type Order = {
  readonly lower: KeyPath;
  readonly upper: KeyPath;
  readonly isKept: boolean;
  readonly shown: readonly [string, string];
};

/**
 * @param isGiven whether somebody wrote a value at a path; what nobody wrote contradicts nothing
 * @param strictness `one`: a given value is held against defaults too; `both`: only two given values contradict
 */
export function controlFaults(
  controls: Controls,
  execution: ExecutionSettings,
  isGiven: (path: KeyPath) => boolean,
  strictness: 'one' | 'both',
): readonly ControlFault[] {
  const isMeant = ({ lower, upper }: Order): boolean =>
    strictness === 'both' ? isGiven(lower) && isGiven(upper) : isGiven(lower) || isGiven(upper);
  const orders = [
    ...capOrders(controls),
    ...stopOrders(controls),
    ...frequencyOrders(controls),
    ...safetyOrders(controls),
    ...lifetimeOrders(execution),
  ];
  const faults = orders
    .filter((order) => !order.isKept && isMeant(order))
    .map(({ lower, upper, shown: [low, high] }) => ({
      path: lower,
      text: `was ${low}: not greater than ${keyText(upper)}, ${high}`,
    }));
  const maxAdds = ['duplicates', 'maxAdds'];
  const isAddsMeant = strictness === 'one' || isGiven(maxAdds);
  return isAddsMeant ? [...faults, ...pyramidingFaults(execution)] : faults;
}

/** Number 5: permitted, and probably not meant. */
export function controlWarnings(controls: Controls): readonly string[] {
  const { maxOpenPositions, perPositionPct, totalAtRiskPct } = controls.caps;
  const all = mulDiv(maxOpenPositions, perPositionPct, 1);
  if (all <= totalAtRiskPct) return [];
  return [
    `caps.maxOpenPositions ${maxOpenPositions} × caps.perPositionPct ${percent(perPositionPct)} is more than caps.totalAtRiskPct ${percent(totalAtRiskPct)}`,
  ];
}

/** Numbers 1, 2 and 4. */
function capOrders({ caps }: Controls): readonly Order[] {
  const themes = Object.entries(caps.themes);
  const sum = themes.reduce((total, [, pct]) => addExact(total, pct), 0);
  return [
    percents(['caps', 'themes'], sum, ['caps', 'totalAtRiskPct'], caps.totalAtRiskPct),
    percents(['caps', 'perAssetPct'], caps.perAssetPct, ['caps', 'perThemePct'], caps.perThemePct),
    ...themes.map(([name, pct]) =>
      percents(['caps', 'perAssetPct'], caps.perAssetPct, ['caps', 'themes', name], pct),
    ),
    percents(
      ['caps', 'perPositionPct'],
      caps.perPositionPct,
      ['caps', 'totalAtRiskPct'],
      caps.totalAtRiskPct,
    ),
  ];
}

/** Numbers 7 and 8. */
function stopOrders({ stops, fees }: Controls): readonly Order[] {
  const [daily, weekly] = [Math.abs(stops.dailyPct), Math.abs(stops.weeklyPct)];
  return [
    percents(['stops', 'dailyPct'], daily, ['stops', 'weeklyPct'], weekly),
    counts(['fees', 'makerBps'], fees.makerBps, ['fees', 'takerBps'], fees.takerBps),
  ];
}

/** Numbers 10 and 11. */
function frequencyOrders({ frequency }: Controls): readonly Order[] {
  const { perHour, perDay, newPerHour } = frequency;
  return [
    {
      ...counts(['frequency', 'perHour'], perHour, ['frequency', 'perDay'], perDay),
      isKept: perHour * 24 <= perDay * 2,
      shown: [`${perHour} (24 hours: ${perHour * 24})`, `twice which is ${perDay * 2}`],
    },
    counts(['frequency', 'newPerHour'], newPerHour, ['frequency', 'perHour'], perHour),
  ];
}

/** The second level is not before the first; the objective for most answers is not above that for nearly all. */
function safetyOrders({ safety, latency }: Controls): readonly Order[] {
  const { drawdownDegradedPct, drawdownHaltPct, marginDegradedPct, marginHaltPct } = safety;
  return [
    percents(
      ['safety', 'drawdownDegradedPct'],
      drawdownDegradedPct,
      ['safety', 'drawdownHaltPct'],
      drawdownHaltPct,
    ),
    percents(
      ['safety', 'marginDegradedPct'],
      marginDegradedPct,
      ['safety', 'marginHaltPct'],
      marginHaltPct,
    ),
    counts(
      ['safety', 'positionsDegraded'],
      safety.positionsDegraded,
      ['safety', 'positionsHalt'],
      safety.positionsHalt,
    ),
    counts(
      ['latency', 'p95Seconds'],
      latency.p95Seconds,
      ['latency', 'p99Seconds'],
      latency.p99Seconds,
    ),
  ];
}

/** Number 9: an order that is tried again lives no longer than the first, and none longer than the longest. */
function lifetimeOrders({ order }: ExecutionSettings): readonly Order[] {
  const { postOnlyTtlSeconds, cancelAfterSeconds, maxAgeSeconds } = order;
  return [
    counts(
      ['order', 'postOnlyTtlSeconds'],
      postOnlyTtlSeconds,
      ['order', 'cancelAfterSeconds'],
      cancelAfterSeconds,
    ),
    counts(
      ['order', 'cancelAfterSeconds'],
      cancelAfterSeconds,
      ['order', 'maxAgeSeconds'],
      maxAgeSeconds,
    ),
  ];
}

/** Number 6. */
function pyramidingFaults({ duplicates }: ExecutionSettings): readonly ControlFault[] {
  if (duplicates.pyramiding !== true || duplicates.maxAdds > 0) return [];
  const text = `was ${duplicates.maxAdds}: above 0 where duplicates.pyramiding is true`;
  return [{ path: ['duplicates', 'maxAdds'], text }];
}

function percents(lower: KeyPath, low: number, upper: KeyPath, high: number): Order {
  return { lower, upper, isKept: low <= high, shown: [percent(low), percent(high)] };
}

function counts(lower: KeyPath, low: number, upper: KeyPath, high: number): Order {
  return { lower, upper, isKept: low <= high, shown: [String(low), String(high)] };
}

/** Parts per million as people write percentages. */
function percent(ppm: number): string {
  return String(ppm / 10_000);
}
