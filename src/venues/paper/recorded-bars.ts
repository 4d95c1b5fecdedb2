/**
 * Bars become ticks: open, then the two extremes (the low first in a rising bar), then close, spread over the interval.
 *
 * A bar says nothing of the way between its prices; going to the far extreme first is the way that hurts a position most
 * often, and every extreme is seen. Bars stamped at their end are moved back to their beginning.
 */
import { mulDiv } from '../../domain/arithmetic.ts';
import type { Instrument, Lots, Ticks } from '../../domain/instrument.ts';
import type { MarketTick } from '../../ports/market-data.port.ts';
import {
  badRow,
  optionalLots,
  parseTime,
  priceColumn,
  type Place,
  type PriceColumn,
  type TimeForm,
} from './recorded-fields.ts';
import {
  columnOf,
  forwardOnly,
  splitCells,
  tickOf,
  type RowCounts,
  type RowReader,
  type TickFields,
} from './recorded-row.ts';

export type BarFormat = {
  readonly timeColumn: string;
  readonly timeForm: TimeForm;
  /** Which end of the interval the time means. */
  readonly stampedAt: 'start' | 'close';
  /** Volume in contracts or coins; false where it is an amount of money. */
  readonly isVolumeInLots: boolean;
};

type Point = 'open' | 'high' | 'low' | 'close';
const points: readonly Point[] = ['open', 'high', 'low', 'close'];
const shortNames = { open: 'o', high: 'h', low: 'l', close: 'c' } as const;

type Bar = { readonly startMs: number; readonly closeTicks: Ticks | undefined };
type Columns = Readonly<
  Record<Point, { readonly index: number; readonly price: PriceColumn; readonly name: string }>
>;

const minuteMs = 60_000;

export type BarParts = {
  readonly header: readonly string[];
  readonly format: BarFormat;
  readonly instrument: Instrument;
  readonly counts: RowCounts;
  /** First rows of the file: they show how long a bar is. */
  readonly sample: readonly string[];
  readonly place: Place;
};

export function createBarReader({
  header,
  format,
  instrument,
  counts,
  sample,
  place,
}: BarParts): RowReader {
  const cellsOf = splitCells(header);
  const time = header.indexOf(format.timeColumn);
  const volume = columnOf(header, 'volume');
  const trade = columnsOf(header, instrument, (point) => point);
  const bid = columnsOf(header, instrument, (point) => `bid_${shortNames[point]}`);
  const ask = columnsOf(header, instrument, (point) => `ask_${shortNames[point]}`);
  const intervalMs = intervalOf(sample, time, format, place);
  const check = forwardOnly(format.timeColumn);
  let held: { readonly bar: Bar; readonly revisedTicks: Ticks } | undefined;
  let last: Bar | undefined;

  /** A revised close is one tick at the end of its bar: the prices before it were already told. */
  const release = (out: MarketTick[]): void => {
    if (held === undefined) return;
    const atMs = held.bar.startMs + intervalMs - 1;
    out.push(tickOf(instrument, atMs, atMs, { lastTicks: held.revisedTicks }));
    held = undefined;
  };

  /** True for another version of the bar that was told last. */
  const isRevision = (startMs: number, prices: Prices | undefined): boolean => {
    if (last?.startMs !== startMs) return false;
    counts.revisions += 1;
    if (prices !== undefined && prices.close !== last.closeTicks) {
      held = { bar: last, revisedTicks: prices.close };
      last = { startMs, closeTicks: prices.close };
    }
    return true;
  };

  return {
    instruments: [instrument],
    intervalMsMax: intervalMs,
    read(line, at, out) {
      const cells = cellsOf(line, at);
      const text = cells[time] ?? '';
      const stampMs = parseTime(format.timeForm, format.timeColumn, text, at);
      check(stampMs, text, at);
      const startMs = format.stampedAt === 'start' ? stampMs : stampMs - intervalMs;
      const prices = readPrices(trade, cells, at);
      if (prices === undefined) counts.emptyRows += 1;
      else checkExtremes(prices, cells, trade, at);
      const volumeLots = optionalLots(instrument, 'volume', cells[volume] ?? '', at);
      if (isRevision(startMs, prices)) return;
      release(out);
      last = { startMs, closeTicks: prices?.close };
      const lots = format.isVolumeInLots ? volumeLots : undefined;
      const quotes = { bid: readPrices(bid, cells, at), ask: readPrices(ask, cells, at) };
      pushBar(out, instrument, { startMs, intervalMs, prices, quotes, lots });
    },
    end: release,
  };
}

type Prices = Readonly<Record<Point, Ticks>>;

function columnsOf(
  header: readonly string[],
  instrument: Instrument,
  nameOf: (point: Point) => string,
): Columns | undefined {
  const columns = points.map((point) => {
    const name = nameOf(point);
    return [
      point,
      { index: header.indexOf(name), price: priceColumn(instrument, name), name },
    ] as const;
  });
  if (columns.some(([, { index }]) => index < 0)) return undefined;
  return Object.fromEntries(columns) as Columns;
}

/** The four prices, or undefined when all four cells are empty. */
function readPrices(
  columns: Columns | undefined,
  cells: readonly string[],
  place: Place,
): Prices | undefined {
  if (columns === undefined) return undefined;
  const isEmpty = points.every((point) => cells[columns[point].index] === '');
  if (isEmpty) return undefined;
  const read = (point: Point): Ticks =>
    columns[point].price(cells[columns[point].index] ?? '', place);
  return { open: read('open'), high: read('high'), low: read('low'), close: read('close') };
}

function checkExtremes(
  prices: Prices,
  cells: readonly string[],
  columns: Columns | undefined,
  place: Place,
): void {
  const { open, high, low, close } = prices;
  if (high < Math.max(open, close, low)) {
    throw badRow(
      place,
      'high',
      cells[columns?.high.index ?? 0] ?? '',
      'is the highest price of its bar',
    );
  }
  if (low > Math.min(open, close)) {
    throw badRow(
      place,
      'low',
      cells[columns?.low.index ?? 0] ?? '',
      'is the lowest price of its bar',
    );
  }
}

type BarTicks = {
  readonly startMs: number;
  readonly intervalMs: number;
  readonly prices: Prices | undefined;
  readonly quotes: { readonly bid: Prices | undefined; readonly ask: Prices | undefined };
  readonly lots: Lots | undefined;
};

function pushBar(out: MarketTick[], instrument: Instrument, bar: BarTicks): void {
  const { prices, quotes, startMs, intervalMs, lots = 0 } = bar;
  const way = prices ?? quotes.bid ?? quotes.ask;
  if (way === undefined) return;
  const order = way.close >= way.open ? risingWay : fallingWay;
  const share = mulDiv(lots, 1, order.length, 'floor');
  const lastStep = order.length - 1;
  for (const [step, point] of order.entries()) {
    const isLast = step === lastStep;
    const atMs = startMs + (isLast ? intervalMs - 1 : Math.floor((step * intervalMs) / lastStep));
    const lastLots = isLast ? lots - share * lastStep : share;
    const touch = touchAt(quotes, point);
    if (prices !== undefined) {
      const trade = { lastTicks: prices[point], lastLots: lastLots === 0 ? undefined : lastLots };
      out.push(tickOf(instrument, atMs, atMs, { ...touch, ...trade }));
    } else if (touch !== undefined) {
      out.push(tickOf(instrument, atMs, atMs, touch));
    }
  }
}

/** Bid and ask of one bar cross in the auction before an opening: no prices at which anybody could trade. */
function touchAt({ bid, ask }: BarTicks['quotes'], point: Point): TickFields | undefined {
  const [bidTicks, askTicks] = [bid?.[point], ask?.[point]];
  if (bidTicks !== undefined && askTicks !== undefined && bidTicks > askTicks) return undefined;
  return { bidTicks, askTicks };
}

const risingWay: readonly Point[] = ['open', 'low', 'high', 'close'];
const fallingWay: readonly Point[] = ['open', 'high', 'low', 'close'];

/** The smallest distance between two rows of the sample; a minute when there is only one. */
function intervalOf(
  sample: readonly string[],
  time: number,
  format: BarFormat,
  place: Place,
): number {
  let smallest = Infinity;
  let before: number | undefined;
  for (const line of sample) {
    const text = line.split(',')[time];
    if (text === undefined || text === '') continue;
    let atMs: number;
    try {
      atMs = parseTime(format.timeForm, format.timeColumn, text, place);
    } catch {
      // The row is complained about, with its own line, when it is read.
      continue;
    }
    if (before !== undefined && atMs > before) smallest = Math.min(smallest, atMs - before);
    before = atMs;
  }
  return Number.isFinite(smallest) ? smallest : minuteMs;
}
