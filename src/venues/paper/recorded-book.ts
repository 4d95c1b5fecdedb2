/** Order-by-order files: the best bid and ask are what remains of all orders; one tick per instant that changed them. */
import type { Instrument, Lots, Ticks } from '../../domain/instrument.ts';
import type { MarketTick } from '../../ports/market-data.port.ts';
import { badRow, optionalLots, parseTime, priceColumn, type Place } from './recorded-fields.ts';
import {
  forwardOnly,
  splitCells,
  tickOf,
  type RowCounts,
  type RowReader,
  type TickFields,
} from './recorded-row.ts';
import { tickIntervalMsMax } from './recorded-trades.ts';

type BookSide = 'B' | 'A';
type Resting = { readonly side: BookSide; readonly ticks: Ticks; readonly lots: Lots };

/** Header `ts_recv_ns,ts_event_ns,action,side,price,size,order_id,flags,sequence`. */
export function createOrderBookReader(
  header: readonly string[],
  instrument: Instrument,
  counts: RowCounts,
): RowReader {
  const cellsOf = splitCells(header);
  const names = ['ts_recv_ns', 'ts_event_ns', 'action', 'side', 'price', 'size', 'order_id'];
  const columns = names.map((name) => header.indexOf(name));
  const rowOf = (cells: readonly string[]) => {
    const [receive = '', event = '', action = '', side = '', price = '', size = '', id = ''] =
      columns.map((index) => cells[index]);
    return { receive, event, action, side, price, size, id };
  };
  const prices = priceColumn(instrument, 'price');
  const check = forwardOnly('ts_recv_ns');
  const book = new RestingOrders();
  let pending: { readonly atMs: number; readonly venueTimeMs: number } | undefined;

  const tell = (out: MarketTick[]): void => {
    if (pending === undefined) return;
    const touch = book.newTouch();
    const { atMs, venueTimeMs } = pending;
    if (touch !== undefined) out.push(tickOf(instrument, atMs, venueTimeMs, touch));
    pending = undefined;
  };

  return {
    instruments: [instrument],
    intervalMsMax: tickIntervalMsMax,
    read(line, place, out) {
      const row = rowOf(cellsOf(line, place));
      const atMs = parseTime('ns', 'ts_recv_ns', row.receive, place);
      check(atMs, row.receive, place);
      const venueTimeMs = parseTime('ns', 'ts_event_ns', row.event, place);
      const lots = optionalLots(instrument, 'size', row.size, place);
      if (pending?.atMs !== atMs || row.action === 'T') tell(out);
      switch (row.action) {
        case 'T':
          out.push(
            tickOf(instrument, atMs, venueTimeMs, {
              lastTicks: prices(row.price, place),
              lastLots: lots,
            }),
          );
          return;
        case 'F':
          // The fill of a resting order: the cancel or change that follows takes it from the book.
          counts.emptyRows += 1;
          return;
        case 'R':
          book.clear();
          break;
        case 'C':
          book.take(row.id, lots);
          break;
        case 'A':
        case 'M':
          book.take(row.id);
          book.put(row.id, {
            side: sideOf(row.side, place),
            ticks: prices(row.price, place),
            lots: lots ?? 0,
          });
          break;
        default:
          throw badRow(place, 'action', row.action, 'is one of A, C, M, T, F, R');
      }
      pending = { atMs, venueTimeMs };
    },
    end: tell,
  };
}

/** All orders of one book and what they add up to per price. */
class RestingOrders {
  private readonly orders = new Map<string, Resting>();
  private readonly levels = { B: new Map<Ticks, Lots>(), A: new Map<Ticks, Lots>() };
  private told: { bid: Ticks | undefined; ask: Ticks | undefined } = {
    bid: undefined,
    ask: undefined,
  };

  put(id: string, order: Resting): void {
    const level = this.levels[order.side];
    this.orders.set(id, order);
    level.set(order.ticks, (level.get(order.ticks) ?? 0) + order.lots);
  }

  /** Takes the lots, or the whole order, off the book. */
  take(id: string, wanted?: Lots): void {
    const order = this.orders.get(id);
    if (order === undefined) return;
    const lots = Math.min(order.lots, wanted ?? order.lots);
    const level = this.levels[order.side];
    const left = (level.get(order.ticks) ?? 0) - lots;
    if (left > 0) level.set(order.ticks, left);
    else level.delete(order.ticks);
    if (lots === order.lots) this.orders.delete(id);
    else this.orders.set(id, { ...order, lots: order.lots - lots });
  }

  clear(): void {
    this.orders.clear();
    this.levels.A.clear();
    this.levels.B.clear();
  }

  /** The best prices when they are others than last time, else undefined. */
  newTouch(): TickFields | undefined {
    const [bid, ask] = [best(this.levels.B.keys(), Math.max), best(this.levels.A.keys(), Math.min)];
    if (bid === this.told.bid && ask === this.told.ask) return undefined;
    if (bid === undefined && ask === undefined) return undefined;
    // Before an opening the orders of the auction may cross; there is no touch until they have traded.
    if (bid !== undefined && ask !== undefined && bid > ask) return undefined;
    this.told = { bid, ask };
    return { bidTicks: bid, askTicks: ask };
  }
}

function sideOf(text: string, place: Place): BookSide {
  if (text === 'B' || text === 'A') return text;
  throw badRow(place, 'side', text, 'is B or A');
}

function best(
  prices: Iterable<Ticks>,
  better: (left: number, right: number) => number,
): Ticks | undefined {
  let result: Ticks | undefined;
  for (const ticks of prices) result = result === undefined ? ticks : better(result, ticks);
  return result;
}
