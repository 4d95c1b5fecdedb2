/** What the readers of the formats share. */
import type { Instrument, Lots, Ticks } from '../../domain/instrument.ts';
import type { MarketTick } from '../../ports/market-data.port.ts';
import { badRow, type Place } from './recorded-fields.ts';

/** Finds the instrument that a text of the file means. */
export type FindInstrument = (...names: readonly string[]) => Instrument;

export type RowCounts = { rows: number; emptyRows: number; revisions: number };

export interface RowReader {
  /** Reads one row and adds its ticks. @throws OperatorError BAD_ROW */
  read(line: string, place: Place, out: MarketTick[]): void;
  /** Adds what was held back. */
  end(out: MarketTick[]): void;
  readonly instruments: readonly Instrument[];
  readonly intervalMsMax: number;
}

/** Cells of a row by the names of the header; refuses a row that is longer or shorter. */
export type Cells = (line: string, place: Place) => readonly string[];

export function splitCells(header: readonly string[]): Cells {
  return (line, place) => {
    const cells = line.split(',');
    if (cells.length !== header.length) {
      throw badRow(
        place,
        'the row',
        line,
        `has ${header.length} cells like the header, has ${cells.length}`,
      );
    }
    return cells;
  };
}

/** Index of a named column, or -1. */
export function columnOf(header: readonly string[], ...names: readonly string[]): number {
  for (const name of names) {
    const index = header.indexOf(name);
    if (index >= 0) return index;
  }
  return -1;
}

/** Refuses a row that is older than the one before: time never falls. */
export function forwardOnly(field: string): (atMs: number, text: string, place: Place) => void {
  let lastMs = 0;
  return (atMs, text, place) => {
    if (atMs < lastMs) throw badRow(place, field, text, 'is not before the row above');
    lastMs = atMs;
  };
}

export type TickFields = {
  readonly bidTicks?: Ticks | undefined;
  readonly askTicks?: Ticks | undefined;
  readonly lastTicks?: Ticks | undefined;
  readonly lastLots?: Lots | undefined;
};

/** A tick of what was reported; absent stays absent. */
export function tickOf(
  instrument: Instrument,
  atMs: number,
  venueTimeMs: number,
  fields: TickFields,
): MarketTick {
  const { bidTicks, askTicks, lastTicks, lastLots } = fields;
  return {
    atMs,
    quote: {
      instrument: instrument.id,
      ...(bidTicks === undefined ? {} : { bidTicks }),
      ...(askTicks === undefined ? {} : { askTicks }),
      ...(lastTicks === undefined ? {} : { lastTicks }),
      ...(lastLots === undefined ? {} : { lastLots }),
      venueTimeMs,
      receivedAtMs: atMs,
    },
  };
}
