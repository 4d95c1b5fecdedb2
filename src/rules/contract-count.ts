/**
 * Counting contracts and coins exactly: every instrument counts lots × weight over one common denominator,
 * so 0.1 of a coin counts 0.1 and nothing is a float. Pure.
 */
import { mulDiv, mulRatio, type Ratio } from '../domain/arithmetic.ts';
import type { InstrumentId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { AccountFacts } from '../domain/view.ts';

/** Counts are whole multiples of 1/`den` contract; `perLot` says how many of them one lot weighs. */
export type CountScale = {
  readonly den: number;
  readonly perLot: ReadonlyMap<InstrumentId, number>;
  /** `instrument:X` for those whose weight is not known. */
  readonly missing: readonly string[];
};

/** Instruments with a position or a working order. */
export function touchedInstruments(facts: AccountFacts): readonly InstrumentId[] {
  return [...new Set([...facts.positions, ...facts.workingOrders].map((one) => one.instrument))];
}

/** @param weightOf contracts that one lot counts; undefined when nobody knows */
export function countScale(
  ids: readonly InstrumentId[],
  weightOf: (id: InstrumentId) => Ratio | undefined,
): CountScale {
  const weights = new Map<InstrumentId, Ratio>();
  const missing: string[] = [];
  let den = 1;
  for (const id of ids) {
    const weight = weightOf(id);
    if (weight === undefined) {
      missing.push(`instrument:${id}`);
      continue;
    }
    weights.set(id, weight);
    den = leastCommonMultiple(den, weight.den);
  }
  const perLot = new Map(
    [...weights].map(([id, weight]) => [id, mulDiv(weight.num, den, weight.den)]),
  );
  return { den, perLot, missing };
}

/** Signed weight of so many lots. */
export function weigh(scale: CountScale, instrument: InstrumentId, lots: Lots): number {
  return mulRatio(lots, scale.perLot.get(instrument) ?? 0, { num: 1, den: 1 });
}

/** The largest quantity below one that fails which passes, by halving; a quantity beyond one that fails fails too. */
export function largestPassing(fails: Lots, doesPass: (lots: Lots) => boolean): Lots {
  let [low, high] = [0, fails];
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (doesPass(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function leastCommonMultiple(left: number, right: number): number {
  let [a, b] = [left, right];
  while (b !== 0) [a, b] = [b, a % b];
  return mulDiv(left, right, a);
}
