/**
 * The positions of one instrument as columns of floats: the screen that decides which accounts need an
 * exact evaluation. It may err only by asking for too many.
 */
import { invariant } from '../kernel/assert.ts';

/** Where a position stands in its row; moves when another position leaves. */
export type Slot = { readonly row: number; index: number };

/**
 * Worth of one lot at the prices of a row, in settlement units: profit = lots × worth − cost.
 * `low`/`high` are taken over everything since the last evaluation, `nowLow`/`nowHigh` over the present
 * (they differ only where rules disagree on the price that closes). Shorts turn low and high round.
 */
export type Worth = {
  longLow: number;
  longHigh: number;
  shortLow: number;
  shortHigh: number;
  longNowLow: number;
  longNowHigh: number;
  shortNowLow: number;
  shortNowHigh: number;
};

/** Sums over the positions of each account, by account index. */
export class AccountColumns {
  /** Open profit at present: lowest and highest over the price bases. */
  sumLow = new Float64Array(64);
  sumHigh = new Float64Array(64);
  /** How much lower and higher it may have been since the last evaluation. */
  dip = new Float64Array(64);
  rise = new Float64Array(64);
  /** The verdict can only change at or beyond these. */
  lower = new Float64Array(64);
  upper = new Float64Array(64);
  /** Ring in which the account was last touched. */
  touchedAt = new Int32Array(64);

  /** The first time in a ring true; then dip and rise begin at nothing. */
  touch(owner: number, ring: number): boolean {
    if (this.touchedAt[owner] === ring) return false;
    this.touchedAt[owner] = ring;
    this.dip[owner] = 0;
    this.rise[owner] = 0;
    return true;
  }

  /** Present sums change with a position. */
  move(owner: number, low: number, high: number): void {
    this.sumLow[owner] = (this.sumLow[owner] as number) + low;
    this.sumHigh[owner] = (this.sumHigh[owner] as number) + high;
  }

  /** A position has been so far beyond its present; what is not above 0 (or no number) adds nothing. */
  stretch(owner: number, dip: number, rise: number): void {
    if (dip > 0) this.dip[owner] = (this.dip[owner] as number) + dip;
    if (rise > 0) this.rise[owner] = (this.rise[owner] as number) + rise;
  }

  /** Whether the sum may have reached a bound since the last evaluation. */
  hasLeftBand(owner: number): boolean {
    const low = (this.sumLow[owner] as number) - (this.dip[owner] as number);
    const high = (this.sumHigh[owner] as number) + (this.rise[owner] as number);
    return low <= (this.lower[owner] as number) || high >= (this.upper[owner] as number);
  }

  /** Makes room for an account index. */
  reserve(account: number): void {
    if (account < this.sumLow.length) return;
    const size = Math.max(account + 1, this.sumLow.length * 2);
    this.sumLow = grownFloats(this.sumLow, size);
    this.sumHigh = grownFloats(this.sumHigh, size);
    this.dip = grownFloats(this.dip, size);
    this.rise = grownFloats(this.rise, size);
    this.lower = grownFloats(this.lower, size);
    this.upper = grownFloats(this.upper, size);
    const touchedAt = new Int32Array(size);
    touchedAt.set(this.touchedAt);
    this.touchedAt = touchedAt;
  }
}

export class RowColumns {
  count = 0;
  account = new Int32Array(16);
  lots = new Float64Array(16);
  cost = new Float64Array(16);
  lower = new Float64Array(16);
  upper = new Float64Array(16);
  nowLow = new Float64Array(16);
  nowHigh = new Float64Array(16);
  private readonly slots: Slot[] = [];
  private readonly row: number;

  constructor(row: number) {
    this.row = row;
  }

  add(account: number, lots: number, cost: number): Slot {
    const index = this.count;
    if (index === this.lots.length) this.grow();
    this.count += 1;
    this.account[index] = account;
    this.lots[index] = lots;
    this.cost[index] = cost;
    this.lower[index] = -Infinity;
    this.upper[index] = Infinity;
    this.nowLow[index] = Number.NaN;
    this.nowHigh[index] = Number.NaN;
    const slot = { row: this.row, index };
    this.slots.push(slot);
    return slot;
  }

  /** The last position takes the place of the one that leaves. */
  remove({ index }: Slot): void {
    const last = this.count - 1;
    const moved = this.slots.pop();
    invariant(moved !== undefined && index <= last, 'a position that leaves is in its row');
    this.count = last;
    if (index === last) return;
    for (const column of this.columns()) column[index] = column[last] ?? 0;
    this.slots[index] = moved;
    moved.index = index;
  }

  /** Marks every position; tells which accounts were touched and which have left their band. */
  scan(worth: Worth, totals: AccountColumns, run: ScanRun): void {
    const { account, lots, cost, lower, upper, count } = this;
    for (let index = 0; index < count; index += 1) {
      const size = lots[index] as number;
      const paid = cost[index] as number;
      const isLong = size > 0;
      const low = size * (isLong ? worth.longLow : worth.shortHigh) - paid;
      const high = size * (isLong ? worth.longHigh : worth.shortLow) - paid;
      const nowLow = size * (isLong ? worth.longNowLow : worth.shortNowHigh) - paid;
      const nowHigh = size * (isLong ? worth.longNowHigh : worth.shortNowLow) - paid;
      const owner = account[index] as number;
      if (low <= (lower[index] as number) || high >= (upper[index] as number)) run.onDue(owner);
      if (totals.touch(owner, run.ring)) run.touched.push(owner);
      const thenLow = this.nowLow[index] as number;
      const thenHigh = this.nowHigh[index] as number;
      this.nowLow[index] = nowLow;
      this.nowHigh[index] = nowHigh;
      // Several instruments moved: the price before the window belongs to it, for another may have moved first.
      const from = run.isJoint ? Math.min(thenLow, low) : low;
      const to = run.isJoint ? Math.max(thenHigh, high) : high;
      totals.move(owner, nowLow - thenLow, nowHigh - thenHigh);
      totals.stretch(owner, nowLow - from, to - nowHigh);
    }
  }

  private columns() {
    const { account, lots, cost, lower, upper, nowLow, nowHigh } = this;
    return [account, lots, cost, lower, upper, nowLow, nowHigh];
  }

  private grow(): void {
    const size = this.lots.length * 2;
    const account = new Int32Array(size);
    account.set(this.account);
    this.account = account;
    this.lots = grownFloats(this.lots, size);
    this.cost = grownFloats(this.cost, size);
    this.lower = grownFloats(this.lower, size);
    this.upper = grownFloats(this.upper, size);
    this.nowLow = grownFloats(this.nowLow, size);
    this.nowHigh = grownFloats(this.nowHigh, size);
  }
}

/** One evaluation as the scans see it. */
export type ScanRun = {
  readonly ring: number;
  /** More than one instrument has an open window. */
  readonly isJoint: boolean;
  readonly touched: number[];
  readonly onDue: (account: number) => void;
};

function grownFloats(column: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(size);
  grown.set(column);
  return grown;
}
