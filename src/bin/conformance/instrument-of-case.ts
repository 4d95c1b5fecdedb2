/** The instrument of a vector: grids just fine enough for the prices and quantities of the case. */
import {
  createInstrument,
  parseLots,
  parseTicks,
  type Instrument,
  type Lots,
  type Ticks,
} from '../../domain/instrument.ts';
import { parseMoney } from '../../domain/money.ts';
import { applyFill, type BookFill, type PositionBook, type Side } from '../../domain/position.ts';
import { condition } from '../../kernel/assert.ts';
import { decimalsOf } from './compare.ts';

export type CaseNumbers = {
  readonly prices: readonly string[];
  readonly quantities: readonly string[];
  readonly multiplier?: string;
  readonly inverse?: boolean;
  readonly currency?: string;
  /** Share of the value taken as fee, parts per million. */
  readonly feePpm?: number;
};

export function instrumentOfCase({
  prices,
  quantities,
  multiplier,
  inverse,
  currency,
  feePpm,
}: CaseNumbers): Instrument {
  return createInstrument({
    id: 'VECTOR',
    kind: 'perpetual',
    payoff: inverse === true ? 'inverse' : 'linear',
    settlementCurrency: currency ?? (inverse === true ? 'BTC' : 'USD'),
    tickSize: finest(prices),
    lotSize: finest(quantities),
    multiplier: multiplier ?? '1',
    ...(feePpm === undefined ? {} : { feePpm }),
    calendar: 'continuous',
  });
}

/** A fill as the vectors write it. */
export type CaseFill = {
  readonly side: Side;
  readonly qty: string;
  readonly price: string;
  readonly fee?: string | undefined;
  readonly feeBase?: string | undefined;
};

export function fillOfCase(instrument: Instrument, fill: CaseFill): BookFill {
  return {
    side: fill.side,
    lots: lotsOf(instrument, fill.qty),
    ticks: ticksOf(instrument, fill.price),
    feeUnits: fill.fee === undefined ? 0 : parseMoney(fill.fee, instrument.settlementCurrency),
    ...(fill.feeBase === undefined ? {} : { feeLots: lotsOf(instrument, fill.feeBase) }),
  };
}

/** The books after each fill. */
export function booksAfter(
  instrument: Instrument,
  fills: readonly CaseFill[],
  empty: PositionBook,
): readonly PositionBook[] {
  let book = empty;
  return fills.map((fill) => {
    ({ book } = applyFill(book, instrument, fillOfCase(instrument, fill)));
    return book;
  });
}

export function ticksOf(instrument: Instrument, text: string): Ticks {
  const ticks = parseTicks(instrument, text);
  condition(
    ticks !== undefined,
    () => `a price is on the grid of ${instrument.tickSize}, was ${text}`,
  );
  return ticks;
}

export function lotsOf(instrument: Instrument, text: string): Lots {
  const lots = parseLots(instrument, text);
  condition(
    lots !== undefined,
    () => `a quantity is on the grid of ${instrument.lotSize}, was ${text}`,
  );
  return lots;
}

/** `1`, `0.1`, `0.01` …: the decimal grid that holds all of these numbers. */
function finest(numbers: readonly string[]): string {
  const places = Math.max(0, ...numbers.map(decimalsOf));
  return places === 0 ? '1' : `0.${'1'.padStart(places, '0')}`;
}
