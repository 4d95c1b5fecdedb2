/** The merged picture of every instrument on the main thread: sparse quotes update the last full one. */
import type { InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { Mark, Quote } from '../domain/view.ts';
import { condition } from '../kernel/assert.ts';
import { limits } from '../kernel/limits.ts';
import { closingTicks, markDefect, type MarkDefect } from '../rules/marks.ts';
import { bases } from './shared-tables.ts';

/** One instrument. Prices in ticks; `closing` holds, per price basis, what a long and a short close at. */
export type MarketRow = {
  readonly row: number;
  readonly id: InstrumentId;
  instrument: Instrument | undefined;
  bidTicks: number | undefined;
  askTicks: number | undefined;
  lastTicks: number | undefined;
  receivedAtMs: number;
  defect: MarkDefect | undefined;
  /** Long and short by basis, of the latest picture without a defect; NaN before the first. */
  readonly closing: Float64Array;
  /** `closing` before the latest quote; NaN when the picture had a defect. */
  readonly before: Float64Array;
};

export class MarketBook {
  readonly rows: MarketRow[] = [];
  private readonly byId = new Map<InstrumentId, MarketRow>();

  /** The row of an instrument, made when it is first named. @throws ConditionFailed at the bound of instruments */
  rowOf(id: InstrumentId): MarketRow {
    const known = this.byId.get(id);
    if (known !== undefined) return known;
    const row = this.rows.length;
    condition(
      row < limits.instrumentsMax,
      () => `instruments number at most ${limits.instrumentsMax}`,
    );
    const made: MarketRow = {
      row,
      id,
      instrument: undefined,
      bidTicks: undefined,
      askTicks: undefined,
      lastTicks: undefined,
      receivedAtMs: Number.NaN,
      defect: 'quote',
      closing: new Float64Array(2 * bases.length).fill(Number.NaN),
      before: new Float64Array(2 * bases.length).fill(Number.NaN),
    };
    this.rows.push(made);
    this.byId.set(id, made);
    return made;
  }

  /** Merges a quote and returns its row. */
  put(quote: Quote): MarketRow {
    const row = this.byId.get(quote.instrument) ?? this.rowOf(quote.instrument);
    if (quote.bidTicks !== undefined) row.bidTicks = quote.bidTicks;
    if (quote.askTicks !== undefined) row.askTicks = quote.askTicks;
    if (quote.lastTicks !== undefined) row.lastTicks = quote.lastTicks;
    row.receivedAtMs = quote.receivedAtMs;
    if (row.defect === undefined) row.before.set(row.closing);
    else row.before.fill(Number.NaN);
    row.defect = markDefect(row);
    if (row.defect === undefined) {
      for (let basis = 0; basis < bases.length; basis += 1) {
        const name = bases[basis] ?? 'exitSide';
        row.closing[2 * basis] = closingTicks(row, true, name) ?? Number.NaN;
        row.closing[2 * basis + 1] = closingTicks(row, false, name) ?? Number.NaN;
      }
    }
    return row;
  }

  /** The current picture, or undefined when no price was ever reported. */
  markOf(id: InstrumentId): Mark | undefined {
    const row = this.byId.get(id);
    if (row === undefined || Number.isNaN(row.receivedAtMs)) return undefined;
    return {
      ...(row.bidTicks === undefined ? {} : { bidTicks: row.bidTicks }),
      ...(row.askTicks === undefined ? {} : { askTicks: row.askTicks }),
      ...(row.lastTicks === undefined ? {} : { lastTicks: row.lastTicks }),
      receivedAtMs: row.receivedAtMs,
    };
  }
}
