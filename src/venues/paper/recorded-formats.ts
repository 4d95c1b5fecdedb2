import { createInstrument, type Instrument, type InstrumentSpec } from '../../domain/instrument.ts';
/** Which reader a file needs: known by its header, or by the look of its first line. */
import { createResolver } from '../../domain/instruments.ts';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import { createBarReader, type BarFormat } from './recorded-bars.ts';
import { createOrderBookReader } from './recorded-book.ts';
import { badRow, type Place } from './recorded-fields.ts';
import { createPlainJsonReader, createRawBinanceReader, rawBinanceLine } from './recorded-json.ts';
import type { FindInstrument, RowCounts, RowReader } from './recorded-row.ts';
import {
  createBinanceReader,
  createContractTradeReader,
  createPlainReader,
  createTardisReader,
} from './recorded-trades.ts';

/**
 * Instruments as they were when a file was recorded, where that is not what they are today.
 * The Bitcoin perpetual of the 2022 bars holds interpolated minutes in eighths; in 2020 Binance quoted hundredths.
 */
const recordedSpecs: readonly InstrumentSpec[] = [
  { ...perpetual('BTC-PERP-2022'), tickSize: '0.125' },
  { ...perpetual('BTC-PERP-2020'), tickSize: '0.01' },
];

function perpetual(id: string) {
  return {
    id,
    kind: 'perpetual',
    settlementCurrency: 'USD',
    lotSize: '0.001',
    multiplier: '1',
    feePpm: 500,
    calendar: 'continuous',
  } as const;
}

export type FormatParts = {
  readonly file: string;
  /** File name up to its first `_` or `.`. */
  readonly stem: string;
  /** The instrument the operator named for a file that does not tell. */
  readonly wanted: string | undefined;
  readonly instruments: Iterable<Instrument>;
  readonly counts: RowCounts;
  /** First rows after the header. */
  readonly sample: readonly string[];
  readonly place: Place;
};

export type Detected = { readonly reader: RowReader; readonly hasHeader: boolean };

/** @throws OperatorError exit 65 for a header that no reader knows, or an instrument that nobody has defined */
export function detectFormat(firstLine: string, parts: FormatParts): Detected {
  const find = createFinder(parts);
  if (rawBinanceLine.test(firstLine)) {
    return { reader: createRawBinanceReader(find, parts.counts), hasHeader: false };
  }
  if (firstLine.startsWith('{'))
    return { reader: createPlainJsonReader(find, parts.counts), hasHeader: false };
  const header = firstLine
    .replace(/^\uFEFF/, '')
    .split(',')
    .map((name) => name.trim());
  const format = formats.find(({ columns }) => columns.every((column) => header.includes(column)));
  if (format === undefined) throw unknownFormat(parts.file, firstLine);
  return { reader: format.create(header, parts, find), hasHeader: true };
}

type Format = {
  readonly columns: readonly string[];
  readonly create: (
    header: readonly string[],
    parts: FormatParts,
    find: FindInstrument,
  ) => RowReader;
};

const ohlc = ['open', 'high', 'low', 'close'] as const;

/** A bar format and the instrument of such a file when neither the operator, a column nor the file name tells. */
function bars(
  columns: readonly string[],
  format: BarFormat,
  fallback: (parts: FormatParts) => readonly string[],
): Format {
  return {
    columns: [format.timeColumn, ...ohlc, ...columns],
    create: (header, parts, find) => {
      const { counts, sample, place } = parts;
      return createBarReader({
        header,
        format,
        instrument: find(...fallback(parts)),
        counts,
        sample,
        place,
      });
    },
  };
}

const text = { timeForm: 'text', isVolumeInLots: true } as const;

/** The first whose columns are all there wins: the more special stands above the more general. */
const formats: readonly Format[] = [
  {
    columns: ['local_ns', 'venue', 'type', 'bid', 'ask', 'trade_price'],
    create: (header, _parts, find) => {
      const byVenue = new Map(
        Object.entries(binanceVenues).map(([venue, names]) => [venue, find(...names)]),
      );
      const instrumentOf = (venue: string, place: Place): Instrument => {
        const instrument = byVenue.get(venue);
        if (instrument === undefined)
          throw badRow(place, 'venue', venue, `is one of ${[...byVenue.keys()].join(', ')}`);
        return instrument;
      };
      return createBinanceReader(header, instrumentOf, [...byVenue.values()]);
    },
  },
  {
    columns: ['local_ns', 'type', 'bid', 'ask', 'trade_price'],
    create: (header, { stem }, find) => {
      const instrument = find(stem, 'ETH-PERP');
      return createBinanceReader(header, () => instrument, [instrument]);
    },
  },
  {
    columns: ['ts_recv_ns', 'ts_event_ns', 'action', 'side', 'price', 'size', 'order_id'],
    create: (header, { stem, counts }, find) =>
      createOrderBookReader(header, find(stem, 'ES'), counts),
  },
  ...['bid_price', 'price'].map((column): Format => ({
    columns: ['exchange', 'symbol', 'timestamp', 'local_timestamp', column],
    create: (header, { sample }, find) =>
      createTardisReader(header, find(...tardisNames(header, sample))),
  })),
  {
    columns: ['ts_file_clock', 'contract', 'price', 'size'],
    create: (header, { stem, counts, sample }, find) =>
      createContractTradeReader(header, find(stem, 'GC'), counts, sample),
  },
  {
    columns: ['time', 'instrument', 'bid', 'ask', 'last', 'size'],
    create: (header, { counts }, find) => createPlainReader(header, find, counts),
  },
  bars(
    ['bid_o', 'ask_o'],
    { ...text, timeColumn: 'ts_file_clock', stampedAt: 'start' },
    ({ stem }) => [stem, 'ES'],
  ),
  bars([], { ...text, timeColumn: 'timestamp_utc', stampedAt: 'close' }, ({ stem }) => [
    stem,
    '6E',
  ]),
  bars(['symbol'], { ...text, timeColumn: 'datetime', stampedAt: 'start' }, ({ sample }) => [
    symbolOf(sample),
  ]),
  bars([], { ...text, timeColumn: 'datetime', stampedAt: 'start' }, ({ stem }) => [stem, 'MNQ']),
  bars(
    ['close_time_ms'],
    { timeColumn: 'open_time_ms', timeForm: 'ms', stampedAt: 'start', isVolumeInLots: true },
    ({ stem }) => [stem],
  ),
  bars([], { ...text, timeColumn: 'timestamp', stampedAt: 'close', isVolumeInLots: false }, () => [
    'BTC-PERP-2022',
  ]),
];

const binanceVenues: Readonly<Record<string, readonly string[]>> = {
  usdm: ['BTC-PERP'],
  spot: ['BTC-SPOT'],
  coinm: ['BTC-PERP-COINM'],
};

function tardisNames(header: readonly string[], sample: readonly string[]): readonly string[] {
  const cells = sample[0]?.split(',') ?? [];
  const symbol = `${cells[header.indexOf('exchange')] ?? ''}:${cells[header.indexOf('symbol')] ?? ''}`;
  return symbol === 'binance-futures:BTCUSDT' ? [symbol, 'BTC-PERP-2020'] : [symbol];
}

/** `CME_MINI:MES1!` is the continuous contract of MES. */
function symbolOf(sample: readonly string[]): string {
  const symbol = sample[0]?.split(',')[1] ?? '';
  return symbol.replace(/^.*:/, '').replace(/\d+!$/, '');
}

/** The operator's word wins; then the first name that means anything. */
function createFinder({ file, wanted, instruments }: FormatParts): FindInstrument {
  const given = [...instruments];
  const resolve = createResolver(given);
  const resolveRecorded = createResolver(recordedSpecs.map(createInstrument));
  return (...names) => {
    for (const name of wanted === undefined ? names : [wanted]) {
      const instrument = name === '' ? undefined : (resolve(name) ?? resolveRecorded(name));
      if (instrument !== undefined) return instrument;
    }
    const asked = wanted ?? names.filter((name) => name !== '').join(' or ');
    throw new OperatorError({
      code: 'INSTRUMENT_UNKNOWN',
      exitCode: exitCodes.data,
      message: `the instrument of ${file} has no specification here, was ${JSON.stringify(asked)}`,
      remedy: 'name a known one with --instrument, or add it to the configuration',
    });
  };
}

function unknownFormat(file: string, firstLine: string): OperatorError {
  const shown = firstLine.length > 80 ? `${firstLine.slice(0, 80)}…` : firstLine;
  return new OperatorError({
    code: 'MARKET_FORMAT_UNKNOWN',
    exitCode: exitCodes.data,
    message: `${file}:1: no market format has this header, was ${JSON.stringify(shown)}`,
    remedy: 'give the file a known header, such as time,instrument,bid,ask,last,size',
  });
}
