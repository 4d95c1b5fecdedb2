/** Files of one JSON value per line: raw Binance streams (`<receive time, ns> <message>`) and our own ticks. */
import { z } from 'zod';
import type { Instrument } from '../../domain/instrument.ts';
import { badRow, optionalLots, parseTime, priceColumn, type Place } from './recorded-fields.ts';
import {
  forwardOnly,
  tickOf,
  type FindInstrument,
  type RowCounts,
  type RowReader,
} from './recorded-row.ts';
import { createPlainTicks, tickIntervalMsMax } from './recorded-trades.ts';

const Message = z.object({ stream: z.string(), data: z.record(z.string(), z.unknown()) });
const BookTicker = z.object({ s: z.string(), b: z.string(), a: z.string() });
const Trade = z.object({
  s: z.string(),
  p: z.string(),
  q: z.string(),
  T: z.int().optional(),
  E: z.int().optional(),
});

/** What a raw line looks like. */
export const rawBinanceLine = /^\d{19} \{/;

/**
 * Book tickers and trades become ticks; depth updates and book snapshots are rows without a price for us.
 * Raw book tickers of the spot market carry no exchange time: the receive time stands in.
 */
export function createRawBinanceReader(find: FindInstrument, counts: RowCounts): RowReader {
  const check = forwardOnly('the receive time');
  const symbols = new Map<string, ReturnType<typeof columnsOf>>();
  const symbol = (name: string) => {
    const known = symbols.get(name) ?? columnsOf(find(name));
    symbols.set(name, known);
    return known;
  };
  return {
    get instruments() {
      return [...symbols.values()].map(({ instrument }) => instrument);
    },
    intervalMsMax: tickIntervalMsMax,
    read(line, place, out) {
      const space = line.indexOf(' ');
      const time = line.slice(0, Math.max(0, space));
      const atMs = parseTime('ns', 'the receive time', time, place);
      check(atMs, time, place);
      // Depth updates are most of a raw file; they are told from the rest without reading them.
      const start = line.slice(space + 1, space + 80);
      if (start.startsWith('{"lastUpdateId"') || start.includes('@depth')) {
        parseJson(line.slice(space + 1), place);
        counts.emptyRows += 1;
        return;
      }
      const message = Message.safeParse(parseJson(line.slice(space + 1), place));
      if (!message.success) throw badRow(place, 'the message', start, 'has a stream and data');
      const { stream, data } = message.data;
      if (stream.endsWith('@bookTicker')) {
        const { s, b, a } = shaped(BookTicker, data, place);
        const { instrument, bid, ask } = symbol(s);
        const [bidTicks, askTicks] = [bid(b, place), ask(a, place)];
        if (bidTicks > askTicks) throw badRow(place, 'b', b, 'is not above the ask');
        out.push(tickOf(instrument, atMs, atMs, { bidTicks, askTicks }));
      } else if (stream.endsWith('@trade') || stream.endsWith('@aggTrade')) {
        const { s, p, q, T, E } = shaped(Trade, data, place);
        const { instrument, trade } = symbol(s);
        const fields = {
          lastTicks: trade(p, place),
          lastLots: optionalLots(instrument, 'q', q, place),
        };
        out.push(tickOf(instrument, atMs, T ?? E ?? atMs, fields));
      } else {
        counts.emptyRows += 1;
      }
    },
    end: () => undefined,
  };
}

const text = z.string().default('');
const PlainLine = z.strictObject({
  time: z.string(),
  instrument: z.string(),
  bid: text,
  ask: text,
  last: text,
  size: text,
  venue_time: text,
});

/** Our own ticks as JSON: the fields of the csv format, every value as text so that no price passes a float. */
export function createPlainJsonReader(find: FindInstrument, counts: RowCounts): RowReader {
  const plain = createPlainTicks(find, counts);
  return {
    get instruments() {
      return plain.instruments();
    },
    intervalMsMax: tickIntervalMsMax,
    read(line, place, out) {
      plain.push(shaped(PlainLine, parseJson(line, place), place), place, out);
    },
    end: () => undefined,
  };
}

function columnsOf(instrument: Instrument) {
  const [bid, ask, trade] = [
    priceColumn(instrument, 'b'),
    priceColumn(instrument, 'a'),
    priceColumn(instrument, 'p'),
  ];
  return { instrument, bid, ask, trade };
}

function parseJson(source: string, place: Place): unknown {
  try {
    return JSON.parse(source);
  } catch {
    throw badRow(place, 'the row', source, 'is JSON');
  }
}

function shaped<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: Place,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw badRow(
    place,
    field === '' ? 'the row' : field,
    JSON.stringify(value),
    `is as the format says (${issue?.message ?? ''})`,
  );
}
