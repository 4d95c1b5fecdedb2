/** A stream of prices in market time: generated or recorded. Pull-based, so that simulated time decides the pace. */
import type { Instrument } from '../domain/instrument.ts';
import type { Quote } from '../domain/view.ts';

export type MarketTick = {
  /** Market time of the tick, whole milliseconds UTC; never falls within one source. */
  readonly atMs: number;
  readonly quote: Quote;
};

export type MarketProgress = {
  /** Input rows or generated ticks read so far. */
  readonly rows: number;
  /** Rows of the whole input where known. */
  readonly rowsTotal?: number;
  /** Rows that hold no usable price (no trade, no quote change): counted, not errors. */
  readonly emptyRows: number;
};

export interface MarketSource {
  /** `es-1m`, `generator`, … for people. */
  readonly name: string;
  readonly instruments: readonly Instrument[];
  /** How far apart prices of one instrument may regularly be: the staleness bound of a replay rests on it. */
  readonly intervalMsMax: number;
  readonly progress: MarketProgress;
  /** Next batch of ticks in order, or undefined at the end. @throws OperatorError with file and line for a bad row */
  next(): Promise<readonly MarketTick[] | undefined>;
  close(): Promise<void>;
}
