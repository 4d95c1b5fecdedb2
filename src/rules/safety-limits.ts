/**
 * The safety limits of an account, each with its level and what is left until the next. Pure; judged by whoever has the
 * facts, remembered by nobody here. A limit whose input is missing says so instead of a level. Source: execution 10.
 *
 * Sizes (drawdown, value, positions, margin) are reached at equality; counts of faults, latency and clock are permitted
 * up to their number.
 */
import { addExact, mulDiv, quotient, quotientText } from '../domain/arithmetic.ts';
import { drawdownFloor, drawdownUnits, raisePeak } from '../domain/drawdown.ts';
import { formatMoney, type Units } from '../domain/money.ts';
import {
  safetyChecks,
  safetyLimits,
  type SafetyLevel,
  type SafetyLimit,
  type SafetyReading,
} from '../domain/safety.ts';
import { freeMargin } from './portfolio/funds.ts';
import {
  exposureOf,
  heldNotional,
  instrumentsAtStake,
  netAssetValue,
  sum,
  type Money,
  type PortfolioView,
} from './portfolio/notional.ts';
import { isOn } from './portfolio/switches.ts';
import { limitUnits } from './rule-config.ts';

const million = 1_000_000;

/** What is known of the way to the venue. */
export type VenueHealth = {
  /** Refusals of orders of this account within its cycle. */
  readonly rejections: number;
  /** Failed calls of the last minute. */
  readonly apiErrors: number;
  /** Answers of the last minute that were slower than permitted. */
  readonly slowAnswers: number;
  /** How far the clocks differ at least; absent while no call was answered. */
  readonly driftMs?: number;
};

export type SafetyView = PortfolioView & { readonly health: VenueHealth };

/** Whether any limit that moves with the market is in force. */
export function watchesMarket({ controls }: Pick<SafetyView, 'controls'>): boolean {
  return (['drawdown', 'notional', 'margin', 'singlePosition'] as const).some((limit) =>
    isOn(controls, safetyChecks[limit]),
  );
}

/** Every limit that is in force. */
export function judgeSafety(view: SafetyView): readonly SafetyReading[] {
  return safetyLimits
    .filter((limit) => isOn(view.controls, safetyChecks[limit]))
    .map((limit) => judges[limit](view));
}

const judges: Readonly<Record<SafetyLimit, (view: SafetyView) => SafetyReading>> = {
  drawdown: judgeDrawdown,
  notional: judgeNotional,
  positions: judgePositions,
  margin: judgeMargin,
  singlePosition: judgeSinglePosition,
  rejections: ({ controls: { safety, cycle }, health }) =>
    faults('rejections', health.rejections, safety.rejectsPerCycle, (seen, max) => {
      return `${seen} orders refused within ${cycle.intervalSeconds} s, at most ${max} are permitted`;
    }),
  apiErrors: ({ controls: { safety }, health }) =>
    faults('apiErrors', health.apiErrors, safety.apiErrorsPerMinute, (seen, max) => {
      return `${seen} calls failed within a minute, at most ${max} are permitted`;
    }),
  latency: ({ controls: { safety }, health }) =>
    faults('latency', health.slowAnswers, safety.confirmations - 1, (seen) => {
      return `${seen} answers of the venue within a minute took longer than ${safety.latencyMs} ms`;
    }),
  clockSkew: judgeClockSkew,
};

function judgeDrawdown(view: SafetyView): SafetyReading {
  const { controls, context } = view;
  const { drawdownDegradedPct, drawdownHaltPct } = controls.safety;
  const worth = netAssetValue(view);
  if (!worth.isKnown) return unknownReading('drawdown', 'money', worth);
  const peak = raisePeak(context.facts.portfolio?.highWaterUnits, worth.units);
  const isLost = peak <= 0 && worth.units < peak;
  const at = (ppm: number): Units => drawdownUnits(peak, drawdownFloor(peak, ppm));
  return reading({
    limit: 'drawdown',
    unit: 'money',
    observed: drawdownUnits(peak, worth.units),
    // Without anything to lose a share of, any loss is beyond every share.
    degradedAt: peak > 0 ? at(drawdownDegradedPct) : isLost ? 1 : 0,
    haltAt: peak > 0 ? at(drawdownHaltPct) : isLost ? 1 : 0,
    isReached: peak > 0 || isLost,
    text: (observed) =>
      `a drawdown of ${formatMoney(observed, context.facts.currency)}, ${share(observed, peak)} of the high-water mark`,
  });
}

function judgeNotional(view: SafetyView): SafetyReading {
  const { currency } = view.context.facts;
  const value = sum(instrumentsAtStake(view).map((id) => exposureOf(view, id)));
  if (!value.isKnown) return unknownReading('notional', 'money', value);
  return reading({
    limit: 'notional',
    unit: 'money',
    observed: value.units,
    degradedAt: limitUnits(view.controls.safety.maxNotional, currency),
    isReached: true,
    text: (observed) => `positions and orders worth ${formatMoney(observed, currency)}`,
  });
}

function judgePositions({ context, controls }: SafetyView): SafetyReading {
  const { positionsDegraded, positionsHalt } = controls.safety;
  return reading({
    limit: 'positions',
    unit: 'count',
    observed: context.facts.positions.length,
    degradedAt: positionsDegraded,
    haltAt: positionsHalt,
    isReached: true,
    text: (observed) => `${observed} open positions`,
  });
}

function judgeMargin(view: SafetyView): SafetyReading {
  const { marginDegradedPct, marginHaltPct } = view.controls.safety;
  const [worth, free] = [netAssetValue(view), freeMargin(view)];
  if (!worth.isKnown || !free.isKnown)
    return unknownReading('margin', 'ppm', worth.isKnown ? free : worth);
  const used = Math.max(0, addExact(worth.units, -free.units));
  return reading({
    limit: 'margin',
    unit: 'ppm',
    observed: shareOf(used, worth.units),
    degradedAt: marginDegradedPct,
    haltAt: marginHaltPct,
    isReached: true,
    text: (observed) => `margin of ${percentText(observed)} of the net asset value is used`,
  });
}

function judgeSinglePosition(view: SafetyView): SafetyReading {
  const { positions } = view.context.facts;
  const worth = netAssetValue(view);
  const values = positions.map(({ instrument, openLots }) =>
    heldNotional(view, instrument, openLots, openLots > 0 ? 'buy' : 'sell'),
  );
  const all = sum(values);
  if (!worth.isKnown || !all.isKnown)
    return unknownReading('singlePosition', 'ppm', worth.isKnown ? all : worth);
  const largest = Math.max(0, ...values.map((one) => (one.isKnown ? one.units : 0)));
  return reading({
    limit: 'singlePosition',
    unit: 'ppm',
    observed: shareOf(largest, worth.units),
    degradedAt: view.controls.safety.singlePositionPct,
    isReached: true,
    text: (observed) => `one position is ${percentText(observed)} of the net asset value`,
  });
}

/** Nobody can tell before the first answer of the venue; LIVE does not start without. */
function judgeClockSkew({ controls, health }: SafetyView): SafetyReading {
  const limitMs = controls.safety.clockSkewSeconds * 1_000;
  const observed = Math.abs(health.driftMs ?? 0);
  return faults('clockSkew', observed, limitMs, (seen, max) => {
    return `the clock of this machine differs from the venue's by ${seen} ms, at most ${max} ms is permitted`;
  });
}

/** A number of faults up to which nothing is wrong. */
function faults(
  limit: SafetyLimit,
  observed: number,
  permitted: number,
  text: (observed: number, permitted: number) => string,
): SafetyReading {
  return reading({
    limit,
    unit: limit === 'clockSkew' ? 'ms' : 'count',
    observed,
    degradedAt: addExact(permitted, 1),
    isReached: true,
    text: (seen) => text(seen, permitted),
  });
}

function reading(said: {
  readonly limit: SafetyLimit;
  readonly unit: SafetyReading['unit'];
  readonly observed: number;
  readonly degradedAt: number;
  readonly haltAt?: number;
  /** False: the thresholds mean nothing now. */
  readonly isReached: boolean;
  readonly text: (observed: number) => string;
}): SafetyReading {
  const { limit, unit, observed, degradedAt, haltAt, isReached } = said;
  const isHalt = isReached && haltAt !== undefined && observed >= haltAt;
  const isDegraded = isReached && observed >= degradedAt;
  const level: SafetyLevel = isHalt ? 'halt' : isDegraded ? 'degraded' : 'ok';
  return {
    limit,
    unit,
    verdict: level === 'ok' ? 'PASS' : 'DENY',
    level,
    observed,
    degradedAt,
    ...(haltAt === undefined ? {} : { haltAt }),
    headroom: Math.max(0, addExact(degradedAt, -observed)),
    text: said.text(observed),
  };
}

function unknownReading(
  limit: SafetyLimit,
  unit: SafetyReading['unit'],
  money: Money,
): SafetyReading {
  return { limit, unit, verdict: 'UNKNOWN', missing: money.isKnown ? [] : money.missing };
}

/** Parts per million, rounded up; of nothing, anything is more than everything. */
function shareOf(part: Units, whole: Units): number {
  if (part === 0) return 0;
  if (whole <= 0 || part >= mulDiv(whole, shareMax, million, 'floor')) return shareMax;
  return quotient([part, million], [whole], 'ceil');
}

/** A thousand times the whole: above every limit that can be configured. */
const shareMax = 1_000_000_000;

function percentText(ppm: number): string {
  return ppm >= shareMax ? 'more than 100,000 %' : `${quotientText([ppm], [10_000], 2)} %`;
}

function share(part: Units, whole: Units): string {
  return whole > 0 ? `${quotientText([part, 100], [whole], 2)} %` : 'all';
}
