/** Adapters for the kinds that are position arithmetic: each translates a case into calls of the product, no more. */
import { z } from 'zod';
import { quotientText, wholeUnits } from '../../domain/arithmetic.ts';
import { feeUnits, formatLots, unrealizedUnits } from '../../domain/instrument.ts';
import { unitsPerWhole } from '../../domain/money.ts';
import {
  applyFill,
  averagePriceText,
  emptyBook,
  netRealizedUnits,
  netTotalUnits,
} from '../../domain/position.ts';
import { condition } from '../../kernel/assert.ts';
import { decimalsOf, sameDecimal, sameMoney, type Check, type Outcome } from './compare.ts';
import { booksAfter, fillOfCase, instrumentOfCase, lotsOf, ticksOf } from './instrument-of-case.ts';
import { Decimal, VectorSide } from './vectors.ts';

/** Places of an average price: more than any case gives. */
const averageDigits = 12;

export const NettingCase = z.object({
  input: z.strictObject({
    fills: z
      .array(z.strictObject({ side: VectorSide, qty: Decimal, price: Decimal, fee: Decimal }))
      .min(1),
    multiplier: Decimal,
    inverse: z.boolean(),
    mark: Decimal.optional(),
  }),
  expect: z.strictObject({
    qty: Decimal.optional(),
    avgPx: Decimal.optional(),
    lastAvgPx: Decimal.optional(),
    realizedGross: Decimal.optional(),
    realizedNet: Decimal.optional(),
    unrealized: Decimal.optional(),
    totalNet: Decimal.optional(),
    fees: Decimal.optional(),
    tolerance: Decimal.optional(),
  }),
});

export function checkNetting({ input, expect }: z.output<typeof NettingCase>): Outcome {
  const { fills, multiplier, inverse, mark } = input;
  const prices = [...fills.map(({ price }) => price), ...(mark === undefined ? [] : [mark])];
  const quantities = fills.map(({ qty }) => qty);
  const instrument = instrumentOfCase({ prices, quantities, multiplier, inverse });
  const books = booksAfter(instrument, fills, emptyBook);
  const book = books.at(-1) ?? emptyBook;
  const averages = books.flatMap((each) => averagePriceText(each, instrument, averageDigits) ?? []);
  const markTicks = (): number => {
    condition(mark !== undefined, 'a case that expects open profit has a mark');
    return ticksOf(instrument, mark);
  };
  const { tolerance } = expect;
  const checks: Check[] = [];
  const decimal = (
    field: 'qty' | 'avgPx' | 'lastAvgPx',
    actual: () => string | undefined,
  ): void => {
    const expected = expect[field];
    if (expected !== undefined) checks.push(sameDecimal(field, expected, actual(), tolerance));
  };
  const money = (
    field: 'realizedGross' | 'realizedNet' | 'unrealized' | 'totalNet' | 'fees',
    units: () => number,
  ): void => {
    const expected = expect[field];
    if (expected === undefined) return;
    const actual = { units: units(), currency: instrument.settlementCurrency, fills: fills.length };
    checks.push(sameMoney(field, expected, actual, tolerance));
  };
  decimal('qty', () => formatLots(instrument, book.openLots));
  decimal('avgPx', () => averagePriceText(book, instrument, averageDigits));
  decimal('lastAvgPx', () => averages.at(-1));
  money('realizedGross', () => book.realizedUnits);
  money('realizedNet', () => netRealizedUnits(book));
  money('unrealized', () =>
    unrealizedUnits(instrument, book.openLots, book.costUnits, markTicks()),
  );
  money('totalNet', () => netTotalUnits(book, instrument, markTicks()));
  money('fees', () => book.feesUnits);
  return { checks };
}

export const BaseFeeCase = z.object({
  input: z.strictObject({
    fills: z
      .array(
        z.strictObject({
          side: VectorSide,
          qty: Decimal,
          price: Decimal,
          feeBase: Decimal.optional(),
          feeQuote: Decimal.optional(),
        }),
      )
      .min(1),
    spot: z.literal(true).optional(),
  }),
  expect: z.strictObject({ qty: Decimal, realizedNet: Decimal.optional() }),
});

export function checkBaseFee({ input, expect }: z.output<typeof BaseFeeCase>): Outcome {
  const { fills } = input;
  const quantities = fills.flatMap(({ qty, feeBase }) =>
    feeBase === undefined ? [qty] : [qty, feeBase],
  );
  const instrument = instrumentOfCase({ prices: fills.map(({ price }) => price), quantities });
  const taken = fills.map(({ feeQuote, ...fill }) => ({ ...fill, fee: feeQuote }));
  const book = booksAfter(instrument, taken, emptyBook).at(-1) ?? emptyBook;
  const checks = [sameDecimal('qty', expect.qty, formatLots(instrument, book.openLots))];
  if (expect.realizedNet !== undefined) {
    const actual = {
      units: netRealizedUnits(book),
      currency: instrument.settlementCurrency,
      fills: fills.length,
    };
    checks.push(sameMoney('realizedNet', expect.realizedNet, actual));
  }
  return { checks };
}

const Leg = z.strictObject({ qty: Decimal, fee: Decimal });
export const FlipSplitCase = z.object({
  input: z.strictObject({
    /** Signed. */
    position: Decimal,
    fill: z.strictObject({ side: VectorSide, qty: Decimal, price: Decimal, fee: Decimal }),
  }),
  expect: z.strictObject({ close: Leg, open: Leg, position: Decimal }),
});

export function checkFlipSplit({ input, expect }: z.output<typeof FlipSplitCase>): Outcome {
  const { position, fill } = input;
  const instrument = instrumentOfCase({ prices: [fill.price], quantities: [position, fill.qty] });
  // The case gives no entry price, and the split does not depend on it.
  const entry = {
    side: position.startsWith('-') ? 'sell' : 'buy',
    qty: position.replace(/^[+-]/, ''),
    price: fill.price,
  } as const;
  const { book } = applyFill(emptyBook, instrument, fillOfCase(instrument, entry));
  const change = applyFill(book, instrument, fillOfCase(instrument, fill));
  const money = (units: number) => ({ units, currency: instrument.settlementCurrency, fills: 1 });
  return {
    checks: [
      sameDecimal('close.qty', expect.close.qty, formatLots(instrument, change.closedLots)),
      sameMoney('close.fee', expect.close.fee, money(change.closedFeeUnits)),
      sameDecimal('open.qty', expect.open.qty, formatLots(instrument, change.openedLots)),
      sameMoney('open.fee', expect.open.fee, money(change.openedFeeUnits)),
      sameDecimal('position', expect.position, formatLots(instrument, change.book.openLots)),
    ],
  };
}

/** These cases have their numbers in their description: `2.2M USDJPY @120.31 x 0.00002 …`. */
const commissionText =
  /^(inverse )?([\d.]+)(M?)(?: [A-Z]{3}([A-Z]{3}))? @([\d.]+) (?:x|taker) ([\d.]+)/;
const million = { num: 1, den: 1_000_000 };

export const CommissionCase = z.object({
  desc: z
    .string()
    .regex(commissionText, { error: 'reads "[inverse ]QUANTITY[M][ PAIR] @PRICE x RATE"' }),
  input: z.strictObject({ formula: z.literal('notional*rate rounded to currency precision') }),
  expect: z.strictObject({ commission: Decimal }),
});

export function checkCommission({ desc, expect }: z.output<typeof CommissionCase>): Outcome {
  const [, inverse, number = '', unit = '', quote, price = '', rate = ''] =
    commissionText.exec(desc) ?? [];
  const quantity = unit === 'M' ? String(wholeUnits(number, million)) : number;
  const feePpm = wholeUnits(rate, million);
  condition(
    feePpm !== undefined,
    () => `a fee rate is a whole number of parts per million, was ${rate}`,
  );
  const currency = quote === undefined ? {} : { currency: quote };
  const numbers = {
    prices: [price],
    quantities: [quantity],
    inverse: inverse !== undefined,
    feePpm,
    ...currency,
  };
  const instrument = instrumentOfCase(numbers);
  const units = feeUnits(instrument, lotsOf(instrument, quantity), ticksOf(instrument, price));
  // The engine counts fees in accounting units; the currency of the case is shown with fewer places.
  const shown = quotientText(
    [units],
    [unitsPerWhole(instrument.settlementCurrency)],
    decimalsOf(expect.commission),
  );
  return { checks: [sameDecimal('commission', expect.commission, shown)] };
}
