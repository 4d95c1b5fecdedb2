/** Money: safe integers in the accounting unit of its currency (micro-units for fiat and stablecoins, 10⁻⁹ for coins). */
import { condition } from '../kernel/assert.ts';
import { decimalText, wholeUnits, type Ratio } from './arithmetic.ts';

/** ISO code or the venue's code of a coin: `USD`, `BTC`. */
export type Currency = string;

/** Whole accounting units of a currency; signed; −2^53 < x < 2^53. */
export type Units = number;

const coins = new Set(['BTC', 'ETH', 'XBT', 'SOL', 'AVAX', 'FIL']);

/** Accounting units in one whole unit of the currency: 10⁹ for coins, 10⁶ for everything else. */
export function unitsPerWhole(currency: Currency): number {
  return coins.has(currency) ? 1_000_000_000 : 1_000_000;
}

/**
 * @param text plain decimal text, `-500.10`
 * @throws ConditionFailed when it is no decimal, or finer than the accounting unit
 */
export function parseMoney(text: string, currency: Currency): Units {
  const units = wholeUnits(text, unitRatio(currency));
  condition(
    units !== undefined,
    () => `an amount of ${currency} has at most ${digits(currency)} decimals, was ${text}`,
  );
  return units;
}

/** Decimal text with at least two decimals: `-500.10`. */
export function formatMoney(units: Units, currency: Currency): string {
  const exact = decimalText(units, unitRatio(currency));
  return exact.replace(/(\.\d\d\d*?)0+$/, '$1');
}

function unitRatio(currency: Currency): Ratio {
  return { num: 1, den: unitsPerWhole(currency) };
}

function digits(currency: Currency): number {
  return coins.has(currency) ? 9 : 6;
}
