/** The merged picture of every instrument on the main thread: sparse quotes update the last full one. */
import type { InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { Mark, Quote } from '../domain/view.ts';
import { condition } from '../kernel/assert.ts';
import { limits } from '../kernel/limits.ts';
import { closingTicks, markDefect, type MarkDefect } from '../rules/marks.ts';
import { OutlierGuard, type OutlierSettings, type Picture } from './outlier-guard.ts';
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
  private readonly guard: OutlierGuard | undefined;

  /** With settings, a tick far outside what the market did waits until others confirm it. */
  constructor(outliers?: OutlierSettings) {
    this.guard = outliers === undefined ? undefined : new OutlierGuard(outliers);
  }

  /** Ticks that the outlier guard has flagged. */
  get flagged(): number {
    return this.guard?.flagged ?? 0;
  }

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

  /** Merges a quote and returns its row; undefined when the outlier guard keeps it back. */
  put(quote: Quote): MarketRow | undefined {
    const row = this.byId.get(quote.instrument) ?? this.rowOf(quote.instrument);
    if (this.guard !== undefined && !this.guard.accepts(quote, row, joinedPicture(row, quote)))
      return undefined;
    merge(row, quote);
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

function merge(row: MarketRow, quote: Quote): void {
  if (quote.bidTicks !== undefined) row.bidTicks = quote.bidTicks;
  if (quote.askTicks !== undefined) row.askTicks = quote.askTicks;
  if (quote.lastTicks !== undefined) row.lastTicks = quote.lastTicks;
  row.receivedAtMs = quote.receivedAtMs;
  if (row.defect === undefined) row.before.set(row.closing);
  else row.before.fill(Number.NaN);
  row.defect = markDefect(row);
  if (row.defect !== undefined) return;
  for (let basis = 0; basis < bases.length; basis += 1) {
    const name = bases[basis] ?? 'exitSide';
    row.closing[2 * basis] = closingTicks(row, true, name) ?? Number.NaN;
    row.closing[2 * basis + 1] = closingTicks(row, false, name) ?? Number.NaN;
  }
}

/** The picture with the quote; a field that was not reported stays as it was. */
function joinedPicture(row: Picture, quote: Quote): Picture {
  return {
    bidTicks: quote.bidTicks ?? row.bidTicks,
    askTicks: quote.askTicks ?? row.askTicks,
    lastTicks: quote.lastTicks ?? row.lastTicks,
  };
}
