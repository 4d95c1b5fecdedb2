/**
 * Quotes in memory that two threads share, conflated: per instrument the latest picture and, since the
 * last evaluation, the extremes at which a position could have been closed.
 *
 * Two buffers take turns. The main thread writes one while the worker reads the other, and they change
 * places only at a ring while the worker is idle. A reader therefore never meets a half-written row, and
 * an evaluation sees the market of its ring, not a later one: no row needs a lock or a version.
 *
 * ```
 *   putQuote → buffer A (open window)        ring: A is handed over, B opens
 *   worker   → buffer B (nothing to read)    worker → A, putQuote → B
 * ```
 */
import { limits } from '../kernel/limits.ts';
import type { MarkDefect } from '../rules/marks.ts';
import type { PriceBasis } from '../rules/rule.ts';
import type { MarketRow } from './market-book.ts';

/** Price bases in the order of their cells. */
export const bases: readonly PriceBasis[] = ['exitSide', 'last', 'mid'];

/** Cells of one row of one buffer. An absent price is NaN. */
export const cell = {
  bid: 0,
  ask: 1,
  last: 2,
  receivedAtMs: 3,
  defect: 4,
  /** Per basis: closing price of a long, of a short (latest without a defect). */
  closing: 5,
  /** The same before the first quote of the window; NaN when there was a defect. */
  start: 11,
  /** Per basis: lowest and highest for a long, lowest and highest for a short. NaN: none in this window. */
  window: 17,
  stride: 29,
} as const;

const windowCells = cell.stride - cell.window;

const defects: readonly (MarkDefect | undefined)[] = [undefined, 'quote', 'crossed', 'impossible'];

/** The extremes of one row, taken out of its buffer: 4 cells per basis. */
export type Window = readonly number[];

/** A window and what the row closed at before it (as a window, too). */
export type Span = { readonly window: Window; readonly start: Window };

const rowsMax = limits.instrumentsMax;
const dirtyStride = rowsMax + 1;
const cellBytes = 2 * rowsMax * cell.stride * Float64Array.BYTES_PER_ELEMENT;
const dirtyBytes = 2 * dirtyStride * Int32Array.BYTES_PER_ELEMENT;

export class QuoteTable {
  readonly memory: ArrayBuffer | SharedArrayBuffer;
  private readonly cells: Float64Array;
  /** Per buffer: how many rows are dirty, then which. */
  private readonly dirty: Int32Array;
  /** Where a row stands in the dirty list of the open buffer, plus one. */
  private readonly isOpen = new Uint8Array(rowsMax);
  private writing = 0;

  /** A fresh table, or (in a worker) the view of one that the main thread made. */
  constructor(memory: ArrayBuffer | SharedArrayBuffer) {
    this.memory = memory;
    this.cells = new Float64Array(memory, 0, 2 * rowsMax * cell.stride);
    this.dirty = new Int32Array(memory, cellBytes, 2 * dirtyStride);
  }

  static shared(): QuoteTable {
    return new QuoteTable(new SharedArrayBuffer(cellBytes + dirtyBytes));
  }

  static local(): QuoteTable {
    return new QuoteTable(new ArrayBuffer(cellBytes + dirtyBytes));
  }

  /** Number of rows with an open window. */
  get openCount(): number {
    return this.dirty[this.writing * dirtyStride] ?? 0;
  }

  /** True when the open window of a row says something of the time before now: a price, or a defect since. */
  hasNews(source: MarketRow): boolean {
    if (this.isOpen[source.row] !== 1) return false;
    const { window, start } = this.spanOf(this.writing, source.row);
    return hasPrice(window) || (source.defect !== undefined && hasPrice(start));
  }

  /** A quote has come: its window opens or widens by the closing prices. */
  put(source: MarketRow): void {
    const at = this.place(source.row);
    if (this.isOpen[source.row] !== 1) this.open(source.row, source.before);
    this.write(source, at);
    if (source.defect === undefined) this.stretch(at + cell.window, source.closing);
  }

  /** The picture as it is, for somebody who has not seen it; no price has come. */
  touch(source: MarketRow): void {
    const at = this.place(source.row);
    if (this.isOpen[source.row] !== 1) this.open(source.row, presentOf(source));
    this.write(source, at);
  }

  /** Takes the open window of a row out and begins a new one, empty. */
  restart(source: MarketRow): Span {
    const span = this.spanOf(this.writing, source.row);
    this.clearWindow(source.row, presentOf(source));
    return span;
  }

  /** Widens the open window of a row by extremes from elsewhere. */
  widen(source: MarketRow, { window, start }: Span): void {
    this.touch(source);
    const at = this.place(source.row);
    const mine = this.spanOf(this.writing, source.row);
    this.cells.set(joinWindows(mine.window, window), at + cell.window);
    for (let index = 0; index < source.closing.length; index += 1) {
      this.cells[at + cell.start + index] = start[2 * index] ?? Number.NaN;
    }
  }

  /** Closes the open buffer for a reader and opens the other. Returns the buffer to read. */
  flip(): number {
    const closed = this.writing;
    this.writing = 1 - closed;
    this.dirty[this.writing * dirtyStride] = 0;
    this.isOpen.fill(0);
    return closed;
  }

  /** Rows that a buffer holds a picture of. */
  rowsOf(buffer: number): Int32Array {
    const start = buffer * dirtyStride;
    return this.dirty.subarray(start + 1, start + 1 + (this.dirty[start] ?? 0));
  }

  /** The cells of one row; see `cell`. */
  rowCells(buffer: number, row: number): Float64Array {
    const at = (buffer * rowsMax + row) * cell.stride;
    return this.cells.subarray(at, at + cell.stride);
  }

  /** The two windows of a row, the one handed over and the open one; for a reader that never came. */
  takeSpans(row: number): readonly Span[] {
    const found: Span[] = [];
    for (const buffer of [this.writing, 1 - this.writing]) {
      if (this.rowsOf(buffer).includes(row)) found.push(this.spanOf(buffer, row));
    }
    return found;
  }

  /** Two cells, lowest and highest, for each closing price. */
  private stretch(window: number, closing: Float64Array): void {
    const { cells } = this;
    for (let index = 0; index < closing.length; index += 1) {
      const price = closing[index] as number;
      const at = window + 2 * index;
      // Written so that the NaN of a window without a price gives way.
      if (!((cells[at] as number) <= price)) cells[at] = price;
      if (!((cells[at + 1] as number) >= price)) cells[at + 1] = price;
    }
  }

  private spanOf(buffer: number, row: number): Span {
    const cells = this.rowCells(buffer, row);
    return { window: [...cells.subarray(cell.window)], start: startOf(cells) };
  }

  private place(row: number): number {
    return (this.writing * rowsMax + row) * cell.stride;
  }

  private write(source: MarketRow, at: number): void {
    const { cells } = this;
    const { closing } = source;
    cells[at + cell.bid] = source.bidTicks ?? Number.NaN;
    cells[at + cell.ask] = source.askTicks ?? Number.NaN;
    cells[at + cell.last] = source.lastTicks ?? Number.NaN;
    cells[at + cell.receivedAtMs] = source.receivedAtMs;
    cells[at + cell.defect] = defects.indexOf(source.defect);
    for (let index = 0; index < closing.length; index += 1) {
      cells[at + cell.closing + index] = closing[index] as number;
    }
  }

  private open(row: number, start: Float64Array): void {
    const list = this.writing * dirtyStride;
    const count = this.dirty[list] ?? 0;
    this.dirty[list + 1 + count] = row;
    this.dirty[list] = count + 1;
    this.isOpen[row] = 1;
    this.clearWindow(row, start);
  }

  private clearWindow(row: number, start: Float64Array): void {
    const at = this.place(row);
    this.cells.set(start, at + cell.start);
    this.cells.fill(Number.NaN, at + cell.window, at + cell.stride);
  }
}

/** What a row closed at before its window, as a window. */
export function startOf(cells: Float64Array): Window {
  return [...cells.subarray(cell.start, cell.window)].flatMap((price) => [price, price]);
}

/** What a row closes at now; NaN while nobody can say. */
function presentOf({ defect, closing }: MarketRow): Float64Array {
  return defect === undefined ? closing : new Float64Array(closing.length).fill(Number.NaN);
}

/** True when a price has come in the window. */
export function hasPrice(window: Window): boolean {
  return window.some((price) => !Number.isNaN(price));
}

/** The smallest window that holds both; NaN counts as nothing. */
export function joinWindows(one: ArrayLike<number>, other: ArrayLike<number>): number[] {
  const cells: number[] = [];
  for (let index = 0; index < windowCells; index += 1) {
    const [a, b] = [one[index] ?? Number.NaN, other[index] ?? Number.NaN];
    if (Number.isNaN(a) || Number.isNaN(b)) cells.push(Number.isNaN(a) ? b : a);
    else cells.push(index % 2 === 0 ? Math.min(a, b) : Math.max(a, b));
  }
  return cells;
}

/** The window of both where there are two. */
export function joined(one: Window | undefined, other: Window | undefined): Window | undefined {
  return one === undefined || other === undefined ? (one ?? other) : joinWindows(one, other);
}

/** Words that both threads read and write with Atomics, and the numbers published with them. */
export class Doorbell {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly numbers: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.words = new Int32Array(memory, 0, 8);
    this.numbers = new Float64Array(memory, 32, 4);
  }

  /** A bell of a shard that has not rung yet: nothing is due. */
  static make(): Doorbell {
    const bell = new Doorbell(new SharedArrayBuffer(64));
    bell.numbers[number.dueAtMs] = Infinity;
    return bell;
  }
}

export const word = {
  /** Number of the latest ring; −1: the worker leaves. */
  rung: 0,
  /** Number of the latest ring that was answered. */
  answered: 1,
  /** Buffer that belongs to the latest ring. */
  buffer: 2,
  /** 1: the main thread sleeps or waits and wants a message for this answer. */
  wanted: 3,
} as const;

export const number = {
  /** Market time of the ring, UTC ms. */
  nowMs: 0,
  /** When time alone makes the next evaluation due; −Infinity: at once. */
  dueAtMs: 1,
  /** Positions screened and rules evaluated exactly, since the worker began. */
  evaluations: 2,
} as const;
