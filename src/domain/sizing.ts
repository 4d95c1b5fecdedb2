/**
 * How large an order is: by the money it may lose, or by the money it may cost. Exact integers; a division that does
 * not come out even is rounded so that the risk is never larger than asked for. Source: trading-controls REQ-X3.
 */
import { condition } from '../kernel/assert.ts';
import { mulDiv, quotient, ratioProduct, type Ratio } from './arithmetic.ts';
import { positionValue, type Instrument, type Lots, type Ticks } from './instrument.ts';
import type { Units } from './money.ts';

const million = 1_000_000;

/** What a fixed-risk size depends on. */
export type FixedRisk = {
  readonly instrument: Instrument;
  readonly equityUnits: Units;
  /** Share of the equity that may be lost between entry and stop, parts per million. */
  readonly riskPpm: number;
  readonly entryTicks: Ticks;
  readonly stopTicks: Ticks;
  /** Account money for one unit of settlement money; 1 when left out. */
  readonly exchange?: Ratio;
  /** The size is shared evenly among so many orders, > 0; 1 when left out. */
  readonly orders?: number;
  /** The size is a multiple of this, > 0; one lot when left out. */
  readonly batchLots?: Lots;
  /** Upper bound of the whole size, before it is shared. */
  readonly hardLimitLots?: Lots;
  /** Upper bound of one order. */
  readonly lotsMax?: Lots;
};

/**
 * Lots of one order of a linear instrument that lose `riskPpm` of the equity when the stop is hit. 0 when nothing can
 * be risked: no equity, no distance to the stop, no exchange rate, or less than one batch. Pure.
 *
 * @throws ConditionFailed for an inverse instrument, or a batch or number of orders below 1
 */
export function fixedRiskLots(risk: FixedRisk): Lots {
  const { instrument, equityUnits, riskPpm, orders = 1, batchLots = 1 } = risk;
  const exchange = risk.exchange ?? { num: 1, den: 1 };
  condition(instrument.payoff === 'linear', () => `${instrument.id} is linear, was inverse`);
  condition(orders >= 1 && batchLots >= 1, 'a size is shared and batched by whole numbers');
  const distanceTicks = Math.abs(risk.entryTicks - risk.stopTicks);
  if (equityUnits <= 0 || riskPpm <= 0 || distanceTicks === 0 || exchange.num <= 0) return 0;
  const perTick = ratioProduct(instrument.value, exchange);
  const whole = quotient(
    [equityUnits, riskPpm, perTick.den],
    [million, distanceTicks, perTick.num],
    'floor',
  );
  const shared = Math.floor(Math.min(whole, risk.hardLimitLots ?? whole) / orders);
  const batched = shared - (shared % batchLots);
  return Math.min(batched, risk.lotsMax ?? batched);
}

/** What must be paid so that `netUnits` remain after a fee of `feeBps`: net ÷ (1 − fee), rounded up. */
export function grossForNet(netUnits: Units, feeBps: number): Units {
  return mulDiv(netUnits, 10_000, 10_000 - feeBps, 'ceil');
}

/** What remains of `grossUnits` after a fee of `feeBps`, rounded down. */
export function netOfFee(grossUnits: Units, feeBps: number): Units {
  return mulDiv(grossUnits, 10_000 - feeBps, 10_000, 'floor');
}

/** The fee on a value, rounded up: it is never less than what will be taken. */
export function feeOn(valueUnits: Units, feeBps: number): Units {
  return mulDiv(valueUnits, feeBps, 10_000, 'ceil');
}

/**
 * The smallest whole number of lots that is worth at least `netUnits` after the fee: rounded up to the increment.
 *
 * @param ticks > 0
 */
export function lotsForNet(
  instrument: Instrument,
  ticks: Ticks,
  netUnits: Units,
  feeBps: number,
): Lots {
  const grossUnits = grossForNet(netUnits, feeBps);
  return lotsWorth(instrument, ticks, grossUnits, 'ceil');
}

/** The largest whole number of lots that costs no more than `budgetUnits` with its fee. */
export function lotsWithin(
  instrument: Instrument,
  ticks: Ticks,
  budgetUnits: Units,
  feeBps: number,
): Lots {
  const valueUnits = mulDiv(Math.max(0, budgetUnits), 10_000, 10_000 + feeBps, 'floor');
  return lotsWorth(instrument, ticks, valueUnits, 'floor');
}

/** What a quantity is worth at a price; always ≥ 0. */
export function notionalUnits(instrument: Instrument, lots: Lots, ticks: Ticks): Units {
  return Math.abs(positionValue(instrument, lots, ticks));
}

function lotsWorth(
  { payoff, value }: Instrument,
  ticks: Ticks,
  units: Units,
  rounding: 'ceil' | 'floor',
): Lots {
  condition(ticks > 0, () => `a price is greater than 0, was ${ticks} ticks`);
  return payoff === 'linear'
    ? quotient([units, value.den], [ticks, value.num], rounding)
    : quotient([units, ticks, value.den], [value.num], rounding);
}
