/** Tick files: quotes and trades as they were received. */
import type { Instrument, Lots, Ticks } from '../../domain/instrument.ts';
import type { MarketTick } from '../../ports/market-data.port.ts';
import {
  badRow,
  optionalLots,
  parseTime,
  priceColumn,
  type Place,
  type PriceColumn,
} from './recorded-fields.ts';
import {
  columnOf,
  forwardOnly,
  splitCells,
  tickOf,
  type FindInstrument,
  type RowCounts,
  type RowReader,
  type TickFields,
} from './recorded-row.ts';

/** How far apart ticks of a tick file may regularly be: these markets trade many times a minute. */
export const tickIntervalMsMax = 60_000;

/** The price columns of one instrument, made when its first row comes. */
type Columns = {
  readonly instrument: Instrument;
  readonly bid: PriceColumn;
  readonly ask: PriceColumn;
  readonly trade: PriceColumn;
};

function columnsFor(
  instrument: Instrument,
  names: { bid: string; ask: string; trade: string },
): Columns {
  return {
    instrument,
    bid: priceColumn(instrument, names.bid),
    ask: priceColumn(instrument, names.ask),
    trade: priceColumn(instrument, names.trade),
  };
}

function checkTouch(bid: Ticks, ask: Ticks, text: string, place: Place): void {
  if (bid > ask) throw badRow(place, 'bid', text, 'is not above the ask');
}

/**
 * Merged Binance markets by receive time: `local_ns,[venue,]type,exch_T_ms,exch_E_ms,bid,…`.
 * The recorder's clock decides the order; the exchange's is kept as venue time, whatever the distance between them.
 */
export function createBinanceReader(
  header: readonly string[],
  instrumentOf: (venue: string, place: Place) => Instrument,
  fixed: readonly Instrument[],
): RowReader {
  const cellsOf = splitCells(header);
  const [local, venue, type] = [
    header.indexOf('local_ns'),
    header.indexOf('venue'),
    header.indexOf('type'),
  ];
  const [traded, sent] = [header.indexOf('exch_T_ms'), header.indexOf('exch_E_ms')];
  const [bid, ask] = [header.indexOf('bid'), header.indexOf('ask')];
  const [price, quantity] = [header.indexOf('trade_price'), header.indexOf('trade_qty')];
  const check = forwardOnly('local_ns');
  const byVenue = new Map<string, Columns>();
  return {
    instruments: fixed,
    intervalMsMax: tickIntervalMsMax,
    read(line, place, out) {
      const cells = cellsOf(line, place);
      const cell = (index: number): string => cells[index] ?? '';
      const atMs = parseTime('ns', 'local_ns', cell(local), place);
      check(atMs, cell(local), place);
      const name = venue < 0 ? '' : cell(venue);
      let columns = byVenue.get(name);
      if (columns === undefined) {
        columns = columnsFor(instrumentOf(name, place), {
          bid: 'bid',
          ask: 'ask',
          trade: 'trade_price',
        });
        byVenue.set(name, columns);
      }
      const { instrument } = columns;
      const venueText = cell(traded) === '' ? cell(sent) : cell(traded);
      const venueTimeMs = venueText === '' ? atMs : parseTime('ms', 'exch_T_ms', venueText, place);
      if (cell(type) === 'q') {
        const bidTicks = columns.bid(cell(bid), place);
        const askTicks = columns.ask(cell(ask), place);
        checkTouch(bidTicks, askTicks, cell(bid), place);
        out.push(tickOf(instrument, atMs, venueTimeMs, { bidTicks, askTicks }));
      } else if (cell(type) === 't') {
        const lastTicks = columns.trade(cell(price), place);
        const lastLots = optionalLots(instrument, 'trade_qty', cell(quantity), place);
        out.push(tickOf(instrument, atMs, venueTimeMs, { lastTicks, lastLots }));
      } else {
        throw badRow(place, 'type', cell(type), 'is q or t');
      }
    },
    end: () => undefined,
  };
}

/** Tardis files: one symbol, exchange time and receive time in µs. The receive time decides the order. */
export function createTardisReader(header: readonly string[], instrument: Instrument): RowReader {
  const cellsOf = splitCells(header);
  const at = (name: string): number => header.indexOf(name);
  const [venueTime, local] = [at('timestamp'), at('local_timestamp')];
  const [bid, ask, price, amount] = [at('bid_price'), at('ask_price'), at('price'), at('amount')];
  const columns = columnsFor(instrument, { bid: 'bid_price', ask: 'ask_price', trade: 'price' });
  const check = forwardOnly('local_timestamp');
  return {
    instruments: [instrument],
    intervalMsMax: tickIntervalMsMax,
    read(line, place, out) {
      const cells = cellsOf(line, place);
      const cell = (index: number): string => cells[index] ?? '';
      const atMs = parseTime('us', 'local_timestamp', cell(local), place);
      check(atMs, cell(local), place);
      const venueTimeMs = parseTime('us', 'timestamp', cell(venueTime), place);
      if (price >= 0) {
        const lastTicks = columns.trade(cell(price), place);
        const lastLots = optionalLots(instrument, 'amount', cell(amount), place);
        out.push(tickOf(instrument, atMs, venueTimeMs, { lastTicks, lastLots }));
        return;
      }
      const bidTicks = columns.bid(cell(bid), place);
      const askTicks = columns.ask(cell(ask), place);
      checkTouch(bidTicks, askTicks, cell(bid), place);
      out.push(tickOf(instrument, atMs, venueTimeMs, { bidTicks, askTicks }));
    },
    end: () => undefined,
  };
}

/**
 * Trade prints of a futures root: `ts_file_clock,contract,price,size`. Several delivery months share the file and are
 * different markets: only the month that leads the first rows is played, rows of the others count as empty.
 */
export function createContractTradeReader(
  header: readonly string[],
  instrument: Instrument,
  counts: RowCounts,
  sample: readonly string[],
): RowReader {
  const cellsOf = splitCells(header);
  const [time, contract, price, size] = ['ts_file_clock', 'contract', 'price', 'size'].map((name) =>
    header.indexOf(name),
  ) as [number, number, number, number];
  const leader = mostFrequent(sample.map((line) => line.split(',')[contract] ?? ''));
  const column = priceColumn(instrument, 'price');
  const check = forwardOnly('ts_file_clock');
  return {
    instruments: [instrument],
    intervalMsMax: tickIntervalMsMax,
    read(line, place, out) {
      const cells = cellsOf(line, place);
      const text = cells[time] ?? '';
      const atMs = parseTime('text', 'ts_file_clock', text, place);
      check(atMs, text, place);
      const lastTicks = column(cells[price] ?? '', place);
      const lastLots: Lots | undefined = optionalLots(instrument, 'size', cells[size] ?? '', place);
      if (cells[contract] === leader)
        out.push(tickOf(instrument, atMs, atMs, { lastTicks, lastLots }));
      else counts.emptyRows += 1;
    },
    end: () => undefined,
  };
}

function mostFrequent(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best = '';
  for (const [value, count] of counts) if (count > (counts.get(best) ?? 0)) best = value;
  return best;
}

/**
 * Our own format, header `time,instrument,bid,ask,last,size` in any order (`venue_time` optional): times as text with
 * or without offset (UTC), prices and size as decimal text, empty where not reported.
 */
export function createPlainReader(
  header: readonly string[],
  find: FindInstrument,
  counts: RowCounts,
): RowReader {
  const cellsOf = splitCells(header);
  const at = (name: string): number => columnOf(header, name);
  const order = ['time', 'instrument', 'bid', 'ask', 'last', 'size', 'venue_time'].map(at);
  const plain = createPlainTicks(find, counts);
  return {
    get instruments() {
      return plain.instruments();
    },
    intervalMsMax: tickIntervalMsMax,
    read(line, place, out) {
      const cells = cellsOf(line, place);
      const [time = '', instrument = '', bid = '', ask = '', last = '', size = '', venueTime = ''] =
        order.map((index) => cells[index] ?? '');
      plain.push({ time, instrument, bid, ask, last, size, venue_time: venueTime }, place, out);
    },
    end: () => undefined,
  };
}

export type PlainRow = Readonly<
  Record<'time' | 'instrument' | 'bid' | 'ask' | 'last' | 'size' | 'venue_time', string>
>;

/** Rows of our own format, from csv or jsonl. */
export function createPlainTicks(find: FindInstrument, counts: RowCounts) {
  const columns = new Map<string, Columns>();
  const check = forwardOnly('time');
  const columnsOf = (name: string): Columns => {
    const known =
      columns.get(name) ?? columnsFor(find(name), { bid: 'bid', ask: 'ask', trade: 'last' });
    columns.set(name, known);
    return known;
  };
  return {
    instruments: () => [...columns.values()].map(({ instrument }) => instrument),
    push(row: PlainRow, place: Place, out: MarketTick[]): void {
      const atMs = parseTime('text', 'time', row.time, place);
      check(atMs, row.time, place);
      if (row.instrument === '') throw badRow(place, 'instrument', '', 'is named');
      const known = columnsOf(row.instrument);
      const fields = plainFields(row, known, place);
      const venueTimeMs =
        row.venue_time === '' ? atMs : parseTime('text', 'venue_time', row.venue_time, place);
      const isEmpty = row.bid === '' && row.ask === '' && row.last === '';
      if (isEmpty) counts.emptyRows += 1;
      else out.push(tickOf(known.instrument, atMs, venueTimeMs, fields));
    },
  };
}

function plainFields(row: PlainRow, columns: Columns, place: Place): TickFields {
  const bidTicks = row.bid === '' ? undefined : columns.bid(row.bid, place);
  const askTicks = row.ask === '' ? undefined : columns.ask(row.ask, place);
  if (bidTicks !== undefined && askTicks !== undefined) {
    checkTouch(bidTicks, askTicks, row.bid, place);
  }
  const lastLots = optionalLots(columns.instrument, 'size', row.size, place);
  if (row.last === '') return { bidTicks, askTicks };
  return { bidTicks, askTicks, lastTicks: columns.trade(row.last, place), lastLots };
}
