/** The market as one shard knows it: pictures, windows, ages. Fed from the quote table at each evaluation. */
import type { InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { AccountFacts, Mark, PositionFacts } from '../domain/view.ts';
import type { PriceBasis } from '../rules/rule.ts';
import type { RowColumns, Worth } from './row-columns.ts';
import {
  bases,
  cell,
  joinWindows,
  startOf,
  type QuoteTable,
  type Window,
} from './shared-tables.ts';

type Picture = {
  readonly id: InstrumentId;
  instrument: Instrument | undefined;
  readonly cells: Float64Array;
  hasWindow: boolean;
  defectBefore: number;
  mark: Mark | undefined;
};

/** How extremes are looked at: for which rule, at what time. */
export type Look = {
  readonly basis: PriceBasis;
  readonly side: 'worst' | 'best';
  readonly nowMs: number;
  /** Above this age the rule takes no mark; ms. */
  readonly ageMsMax: number;
  /** Facts that are gone: their last price is news too, for nobody judges them at the present. */
  readonly isPast: boolean;
  /** Where a position without a price in the window stood before it; undefined: at its present mark. */
  readonly restOf: (row: number) => Window | undefined;
};

export class RowPictures {
  private readonly rows: (Picture | undefined)[] = [];
  private readonly byId = new Map<InstrumentId, number>();
  private readonly usedBases = new Set<number>();
  private readonly ages = new Set<number>();
  private open: number[] = [];
  private judgedAtMs = -Infinity;
  private readonly worth: Worth = {
    longLow: 0,
    longHigh: 0,
    shortLow: 0,
    shortHigh: 0,
    longNowLow: 0,
    longNowHigh: 0,
    shortNowLow: 0,
    shortNowHigh: 0,
  };

  name(row: number, id: InstrumentId, instrument: Instrument | undefined): void {
    const known = this.rows[row];
    this.byId.set(id, row);
    if (known !== undefined) {
      known.instrument = instrument ?? known.instrument;
      return;
    }
    const cells = new Float64Array(cell.stride).fill(Number.NaN);
    cells[cell.defect] = 1;
    this.rows[row] = {
      id,
      instrument,
      cells,
      hasWindow: false,
      defectBefore: 1,
      mark: undefined,
    };
  }

  useBasis(basis: PriceBasis): void {
    this.usedBases.add(bases.indexOf(basis));
  }

  useAge(ageMs: number): void {
    this.ages.add(ageMs);
  }

  rowOf(id: InstrumentId): number | undefined {
    return this.byId.get(id);
  }

  instrumentOf(id: InstrumentId): Instrument | undefined {
    return this.pictureOf(id)?.instrument;
  }

  /** Copies the rows of a buffer and opens their windows. Returns which. */
  read(table: QuoteTable, buffer: number): Int32Array {
    const rows = table.rowsOf(buffer);
    for (const row of rows) {
      const picture = this.rows[row];
      if (picture === undefined) continue;
      picture.defectBefore = picture.cells[cell.defect] ?? 1;
      picture.cells.set(table.rowCells(buffer, row));
      picture.hasWindow = true;
      picture.mark = undefined;
      this.open.push(row);
    }
    return rows;
  }

  /** Adds extremes of an earlier part of the window, for the screen. */
  widen(row: number, window: Window): void {
    const picture = this.rows[row];
    if (picture === undefined) return;
    const mine = picture.cells.subarray(cell.window);
    this.earlier.set(row, joinWindows(this.earlier.get(row) ?? mine, window));
  }
  private readonly earlier = new Map<number, Window>();

  closeWindows(): void {
    for (const row of this.open) {
      const picture = this.rows[row];
      if (picture !== undefined) picture.hasWindow = false;
    }
    this.open = [];
    this.earlier.clear();
  }

  openWindow(row: number): Window | undefined {
    const picture = this.rows[row];
    return picture?.hasWindow === true ? [...picture.cells.subarray(cell.window)] : undefined;
  }

  /** What a row closed at before its open window, as a window. */
  startOf(row: number): Window | undefined {
    const picture = this.rows[row];
    return picture?.hasWindow === true ? startOf(picture.cells) : undefined;
  }

  /** The quality of the picture changed, or it was old when it came: every holder is evaluated. */
  isDoubtful(row: number, nowMs: number): boolean {
    const picture = this.rows[row];
    if (picture === undefined) return true;
    return picture.cells[cell.defect] !== picture.defectBefore || this.isFaulty(row, nowMs);
  }

  /** Nobody can use this picture now: it has a defect or has passed one of the ages. */
  isFaulty(row: number, nowMs: number): boolean {
    const picture = this.rows[row];
    if (picture === undefined || picture.cells[cell.defect] !== 0) return true;
    const receivedAtMs = picture.cells[cell.receivedAtMs] ?? Number.NaN;
    for (const ageMs of this.ages) if (nowMs - receivedAtMs > ageMs) return true;
    return !(receivedAtMs <= nowMs);
  }

  /** Rows that have passed one of the ages since they were last looked at. */
  agedRows(nowMs: number): readonly number[] {
    const aged: number[] = [];
    for (const [row, picture] of this.rows.entries()) {
      if (picture === undefined) continue;
      const receivedAtMs = picture.cells[cell.receivedAtMs] ?? Number.NaN;
      for (const ageMs of this.ages) {
        const atMs = receivedAtMs + ageMs + 1;
        if (atMs > this.judgedAtMs && atMs <= nowMs) {
          aged.push(row);
          break;
        }
      }
    }
    this.judgedAtMs = nowMs;
    return aged;
  }

  /** The next instant at which a picture passes an age. */
  nextAgeMs(nowMs: number): number {
    let next = Infinity;
    for (const picture of this.rows) {
      if (picture === undefined) continue;
      const receivedAtMs = picture.cells[cell.receivedAtMs] ?? Number.NaN;
      for (const ageMs of this.ages) {
        const atMs = receivedAtMs + ageMs + 1;
        if (atMs > nowMs && atMs < next) next = atMs;
      }
    }
    return next;
  }

  /** Worth of one lot over the window and now. The same object every time. */
  worthOf(row: number): Worth {
    const { worth } = this;
    const picture = this.rows[row];
    const value = valueOf(picture?.instrument);
    for (const name of worthNames) worth[name] = Number.NaN;
    if (picture === undefined) return worth;
    const window = this.earlier.get(row) ?? picture.cells.subarray(cell.window);
    for (const basis of this.usedBases) {
      const at = 4 * basis;
      const long = picture.cells[cell.closing + 2 * basis] ?? Number.NaN;
      const short = picture.cells[cell.closing + 2 * basis + 1] ?? Number.NaN;
      widest(worth, 'longLow', 'longHigh', value(window[at]), value(window[at + 1]));
      widest(worth, 'shortLow', 'shortHigh', value(window[at + 2]), value(window[at + 3]));
      widest(worth, 'longNowLow', 'longNowHigh', value(long), value(long));
      widest(worth, 'shortNowLow', 'shortNowHigh', value(short), value(short));
    }
    return worth;
  }

  /** Fills in what a position that has just come is worth now. */
  presentProfit(row: number, columns: RowColumns, index: number): void {
    const worth = this.worthOf(row);
    const lots = columns.lots[index] ?? 0;
    const cost = columns.cost[index] ?? 0;
    const isLong = lots > 0;
    columns.nowLow[index] = lots * (isLong ? worth.longNowLow : worth.shortNowHigh) - cost;
    columns.nowHigh[index] = lots * (isLong ? worth.longNowHigh : worth.shortNowLow) - cost;
  }

  markOf(id: InstrumentId): Mark | undefined {
    const picture = this.pictureOf(id);
    if (picture === undefined || Number.isNaN(picture.cells[cell.receivedAtMs])) return undefined;
    picture.mark ??= markOfCells(picture.cells);
    return picture.mark;
  }

  /** The present picture with the extremes of a window on one price basis. */
  markWith(id: InstrumentId, basis: PriceBasis, window: Window | undefined): Mark | undefined {
    const mark = this.markOf(id);
    if (mark === undefined || window === undefined) return mark;
    const first = 4 * bases.indexOf(basis);
    const extremes: { -readonly [Key in keyof Mark]?: number } = {};
    for (const [at, name] of extremeNames.entries()) {
      const ticks = window[first + at];
      if (ticks !== undefined && !Number.isNaN(ticks)) extremes[name] = ticks;
    }
    return { ...mark, ...extremes };
  }

  /**
   * Marks in which every position stands at its worst (or best) closing price of the window; undefined
   * when no window of the account holds anything but the present. Where several instruments moved, their
   * extremes may not have coincided: then the marks are worse than any moment was, never better.
   */
  extremes(
    facts: AccountFacts,
    look: Look,
    windowOf: (row: number) => Window | undefined,
  ): ReadonlyMap<InstrumentId, Mark> | undefined {
    const marks = new Map<InstrumentId, Mark>();
    let hasNews = false;
    for (const position of facts.positions) {
      const stood = this.standingOf(position, look, windowOf);
      if (stood === undefined) continue;
      marks.set(position.instrument, stood.mark);
      hasNews ||= stood.isNews;
    }
    // Facts that are gone are not judged at the present, so their last price is news too.
    return hasNews || look.isPast ? marks : undefined;
  }

  /** Where one position stood at the extreme; undefined when nobody could tell. */
  private standingOf(
    { instrument: id, openLots }: PositionFacts,
    look: Look,
    windowOf: (row: number) => Window | undefined,
  ): { readonly mark: Mark; readonly isNews: boolean } | undefined {
    const row = this.byId.get(id);
    const cells = this.pictureOf(id)?.cells;
    const mark = this.markOf(id);
    if (row === undefined || cells === undefined || mark === undefined) return undefined;
    const isLong = openLots > 0;
    const moved = extremeOf(windowOf(row), look, isLong);
    const rest = Number.isNaN(moved) ? look.restOf(row) : undefined;
    const ticks = rest === undefined ? moved : extremeOf(rest, look, isLong);
    if (Number.isNaN(ticks)) return rest === undefined ? { mark, isNews: false } : undefined;
    const isNews = !isClosingNow(cells, look.basis, isLong, ticks);
    const receivedAtMs = rest === undefined ? arrivalOf(mark, look) : mark.receivedAtMs;
    return { mark: flatMark(ticks, receivedAtMs), isNews };
  }

  private pictureOf(id: InstrumentId): Picture | undefined {
    const row = this.byId.get(id);
    return row === undefined ? undefined : this.rows[row];
  }
}

/** A price of this window was fresh when it came, however late it is looked at. */
function arrivalOf({ receivedAtMs }: Mark, { nowMs, ageMsMax }: Look): number {
  return nowMs - receivedAtMs > ageMsMax ? nowMs : receivedAtMs;
}

/** A mark that closes at one price on whichever basis. */
function flatMark(ticks: number, receivedAtMs: number): Mark {
  return { bidTicks: ticks, askTicks: ticks, lastTicks: ticks, receivedAtMs };
}

/** The worst price for a long is its lowest, for a short its highest. NaN: the window holds none. */
function extremeOf(window: Window | undefined, { basis, side }: Look, isLong: boolean): number {
  const first = 4 * bases.indexOf(basis) + (isLong ? 0 : 2);
  return window?.[first + (isLong === (side === 'worst') ? 0 : 1)] ?? Number.NaN;
}

/** True when the picture is sound and closes at this price: the extreme says nothing that the present does not. */
function isClosingNow(
  cells: Float64Array,
  basis: PriceBasis,
  isLong: boolean,
  ticks: number,
): boolean {
  const place = cell.closing + 2 * bases.indexOf(basis) + (isLong ? 0 : 1);
  return cells[cell.defect] === 0 && cells[place] === ticks;
}

/** In the order of a window's places. */
const extremeNames = ['longLowTicks', 'longHighTicks', 'shortLowTicks', 'shortHighTicks'] as const;

const worthNames = [
  'longLow',
  'longHigh',
  'shortLow',
  'shortHigh',
  'longNowLow',
  'longNowHigh',
  'shortNowLow',
  'shortNowHigh',
] as const;
type WorthName = (typeof worthNames)[number];

function widest(worth: Worth, low: WorthName, high: WorthName, from: number, to: number): void {
  // A NaN in the worth is nothing yet; a NaN price adds nothing.
  if (!(worth[low] <= from) && !Number.isNaN(from)) worth[low] = from;
  if (!(worth[high] >= to) && !Number.isNaN(to)) worth[high] = to;
}

/** Settlement units of one lot at a price, as a float; grows with the price for both kinds of payoff. */
function valueOf(instrument: Instrument | undefined): (ticks: number | undefined) => number {
  if (instrument === undefined) return () => Number.NaN;
  const { num, den } = instrument.value;
  const factor = num / den;
  return instrument.payoff === 'linear'
    ? (ticks = Number.NaN) => ticks * factor
    : (ticks = Number.NaN) => -factor / ticks;
}

function markOfCells(cells: Float64Array): Mark {
  const price = (at: number): number | undefined => {
    const value = cells[at];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  };
  const [bid, ask, last] = [price(cell.bid), price(cell.ask), price(cell.last)];
  return {
    ...(bid === undefined ? {} : { bidTicks: bid }),
    ...(ask === undefined ? {} : { askTicks: ask }),
    ...(last === undefined ? {} : { lastTicks: last }),
    receivedAtMs: cells[cell.receivedAtMs] ?? Number.NaN,
  };
}
