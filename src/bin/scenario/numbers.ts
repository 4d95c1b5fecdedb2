/** From number text to the exact numbers of the domain. What cannot be delivered exactly is refused by name. */
import {
  decimalRatio,
  mulRatio,
  ratioInverse,
  ratioProduct,
  wholeUnits,
} from '../../domain/arithmetic.ts';
import {
  parseLots,
  parseTicks,
  type Instrument,
  type Lots,
  type Ticks,
} from '../../domain/instrument.ts';
import { parseMoney, type Units } from '../../domain/money.ts';
import { condition } from '../../kernel/assert.ts';
import { Unsupported } from './unsupported.ts';
import type { NumberText } from './values.ts';

function isDecimal(text: NumberText | undefined): text is string {
  return text !== undefined && text !== null && text !== 'NaN';
}

/** A whole number. @throws ConditionFailed */
export function wholeNumber(value: unknown): number {
  const number = typeof value === 'string' ? wholeUnits(value, { num: 1, den: 1 }) : undefined;
  condition(number !== undefined, () => `a whole number, was ${JSON.stringify(value)}`);
  return number;
}

export function money(text: NumberText): Units {
  if (!isDecimal(text)) throw new Unsupported('amounts of money that are no number');
  return parseMoney(text, 'USD');
}

/** Quantities and prices that a venue would have to deliver: it cannot deliver what is no number. */
export function lots(instrument: Instrument, text: NumberText): Lots {
  const value = isDecimal(text) ? parseLots(instrument, text) : undefined;
  if (value === undefined)
    throw new Unsupported(
      `a quantity that is not on the grid of ${instrument.id} (${String(text)})`,
    );
  return value;
}

export function ticks(instrument: Instrument, text: NumberText): Ticks {
  const value = isDecimal(text) ? parseTicks(instrument, text) : undefined;
  if (value === undefined)
    throw new Unsupported(`a price that is not on the grid of ${instrument.id} (${String(text)})`);
  return value;
}

/** A price of a quote as it is delivered: null is not reported, what is no price of the grid is no number. */
export function quotedTicks(
  instrument: Instrument,
  text: NumberText | undefined,
): Ticks | undefined {
  if (text === undefined || text === null) return undefined;
  return (isDecimal(text) ? parseTicks(instrument, text) : undefined) ?? Number.NaN;
}

/** What an open quantity cost at an average price that need not be on the grid. */
export function costUnits(
  instrument: Instrument,
  openLots: Lots,
  averagePrice: NumberText | undefined,
): Units {
  if (openLots === 0) return 0;
  if (!isDecimal(averagePrice) || instrument.payoff !== 'linear')
    throw new Unsupported('a position without an average price');
  const perLot = ratioProduct(
    decimalRatio(averagePrice),
    ratioInverse(instrument.tick),
    instrument.value,
  );
  return mulRatio(openLots, 1, perLot);
}
