/** The tradable thing: grids of price and quantity, and what a move is worth. */
import { z } from 'zod';
import { condition } from '../kernel/assert.ts';
import {
  addExact,
  decimalRatio,
  decimalText,
  divRatio,
  mulRatio,
  quotient,
  ratioInverse,
  ratioProduct,
  wholeUnits,
  type Ratio,
} from './arithmetic.ts';
import { InstrumentId } from './ids.ts';
import { unitsPerWhole, type Units } from './money.ts';

/** Price in whole ticks of its instrument. */
export type Ticks = number;
/** Quantity in whole lots (size increments) of its instrument; signed for positions only. */
export type Lots = number;

const Decimal = z.string().regex(/^\d+(\.\d+)?$/);

/** What a person writes to define an instrument; all numbers are decimal text. */
export const InstrumentSpec = z.strictObject({
  id: InstrumentId,
  /** The venue's roots or spellings that mean this instrument. */
  aliases: z.array(z.string()).default([]),
  kind: z.enum(['future', 'spot', 'perpetual']),
  payoff: z.enum(['linear', 'inverse']).default('linear'),
  /** Currency in which profit and loss is paid. */
  settlementCurrency: z.string(),
  tickSize: Decimal,
  /** Smallest quantity, in contracts or coins. */
  lotSize: Decimal.default('1'),
  /** Linear: settlement money per price point and whole contract or coin. Inverse: quote money per contract. */
  multiplier: Decimal,
  /** Cost of one contract, one side, in settlement currency. */
  feePerContract: Decimal.default('0'),
  /** Cost as parts per million of the traded value, added to the fee per contract. */
  feePpm: z.int().min(0).default(0),
  calendar: z.enum(['futures', 'continuous']),
  /** Weight in the `miniEquivalent` count, parts per million: a micro weighs 100,000. */
  miniWeightPpm: z.int().min(0).default(1_000_000),
});
export type InstrumentSpec = z.input<typeof InstrumentSpec>;

/** A parsed instrument. `value` is settlement units per tick and lot (linear), or units × tick per lot (inverse). */
export type Instrument = Readonly<z.output<typeof InstrumentSpec>> & {
  readonly tick: Ratio;
  readonly lot: Ratio;
  readonly value: Ratio;
};

/** @throws ConditionFailed when tick, lot or multiplier is zero */
export function createInstrument(input: InstrumentSpec): Instrument {
  const spec = InstrumentSpec.parse(input);
  const [tick, lot, multiplier] = [spec.tickSize, spec.lotSize, spec.multiplier].map(
    decimalRatio,
  ) as [Ratio, Ratio, Ratio];
  for (const [field, ratio] of Object.entries({ tickSize: tick, lotSize: lot, multiplier })) {
    condition(ratio.num > 0, () => `${field} of ${spec.id} is greater than 0, was 0`);
  }
  const money: Ratio = { num: unitsPerWhole(spec.settlementCurrency), den: 1 };
  const value =
    spec.payoff === 'linear'
      ? ratioProduct(multiplier, tick, lot, money)
      : ratioProduct(multiplier, lot, money, ratioInverse(tick));
  return { ...spec, tick, lot, value };
}

/**
 * Signed settlement value of `lots` at a price, the basis of every profit: profit = value(exit) − value(entry). Pure.
 * Linear: lots × price × multiplier. Inverse: −lots × multiplier ÷ price. Rounded half-even to the accounting unit.
 *
 * @param lots signed; ticks > 0 for inverse instruments
 */
export function positionValue(instrument: Instrument, lots: Lots, ticks: Ticks): Units {
  if (instrument.payoff === 'linear') return mulRatio(lots, ticks, instrument.value);
  condition(ticks > 0, () => `a price of ${instrument.id} is greater than 0, was ${ticks} ticks`);
  return -divRatio(lots, ticks, instrument.value) + 0;
}

/** Unrealized profit of an open quantity whose entry value is `costUnits`. Settlement units, before fees. */
export function unrealizedUnits(
  instrument: Instrument,
  openLots: Lots,
  costUnits: Units,
  markTicks: Ticks,
): Units {
  return openLots === 0 ? 0 : addExact(positionValue(instrument, openLots, markTicks), -costUnits);
}

/** Fee of one execution: per contract plus a share of its value; positive = cost; rounded up (against us). */
export function feeUnits(instrument: Instrument, lots: Lots, ticks: Ticks): Units {
  const perContract = ratioProduct(decimalRatio(instrument.feePerContract), instrument.lot, {
    num: unitsPerWhole(instrument.settlementCurrency),
    den: 1,
  });
  const share = instrument.feePpm === 0 ? 0 : valueShare(instrument, lots, ticks);
  return addExact(mulRatio(lots, 1, perContract, 'ceil'), share);
}

/** `feePpm` of the value that is traded: one rounding, so that it is never less than the exact share. */
function valueShare({ id, payoff, value, feePpm }: Instrument, lots: Lots, ticks: Ticks): Units {
  if (payoff === 'linear') {
    return quotient([lots, Math.abs(ticks), value.num, feePpm], [value.den, 1_000_000], 'ceil');
  }
  condition(ticks > 0, () => `a price of ${id} is greater than 0, was ${ticks} ticks`);
  return quotient([lots, value.num, feePpm], [ticks, value.den, 1_000_000], 'ceil');
}

/** Decimal price text as ticks; undefined when it is off the grid. @throws ConditionFailed when it is no decimal */
export function parseTicks(instrument: Instrument, text: string): Ticks | undefined {
  return wholeUnits(text, instrument.tick);
}

/** Decimal quantity text as lots; undefined when it is off the grid. @throws ConditionFailed when it is no decimal */
export function parseLots(instrument: Instrument, text: string): Lots | undefined {
  return wholeUnits(text, instrument.lot);
}

export function formatTicks(instrument: Instrument, ticks: Ticks): string {
  return decimalText(ticks, instrument.tick);
}

export function formatLots(instrument: Instrument, lots: Lots): string {
  return decimalText(lots, instrument.lot);
}
