/**
 * Keeps single absurd prints away from decisions: a tick far outside what the market did lately waits until further
 * ticks say the same. Source: REQ-O1, rules 3 (RULE-004 edge cases), negative case T7.
 *
 * Two tests, either one flags: (a) the middle of bid and ask, or the last price, moved more than `sigma` standard
 * deviations of its changes in the window, or the spread is above its maximum; (b) the last price is more than `pct`
 * away from the mean of the latest `periods` prints while its quantity is below `minVolumeFactor` of their average.
 * With too little history a test is skipped. Statistics screen only: no money is computed here.
 */
import type { Controls } from '../domain/controls.ts';
import type { Quote } from '../domain/view.ts';

export type OutlierSettings = Controls['outlier'] & {
  /** Ticks that must agree, the flagged one included, before it counts; 1 switches the guard off. */
  readonly confirmations: number;
};

/** What the book believes, and what it would believe with the tick. Prices in ticks. */
export type Picture = {
  readonly bidTicks: number | undefined;
  readonly askTicks: number | undefined;
  readonly lastTicks: number | undefined;
};

const samplesMax = 256;

/** Changes of one price within the window. */
class Changes {
  private readonly atMs = new Float64Array(samplesMax);
  private readonly values = new Float64Array(samplesMax);
  private first = 0;
  private count = 0;
  private sum = 0;
  private squares = 0;

  /** Standard deviation in ticks, at least one tick; undefined with too little history. */
  deviation(nowMs: number, windowMs: number, samplesMin: number): number | undefined {
    while (this.count > 0 && (this.atMs[this.first] ?? 0) <= nowMs - windowMs) this.drop();
    if (this.count < samplesMin) return undefined;
    const mean = this.sum / this.count;
    return Math.max(1, Math.sqrt(Math.max(0, this.squares / this.count - mean * mean)));
  }

  add(atMs: number, change: number): void {
    if (this.count === samplesMax) this.drop();
    const index = (this.first + this.count) % samplesMax;
    this.atMs[index] = atMs;
    this.values[index] = change;
    this.count += 1;
    this.sum += change;
    this.squares += change * change;
  }

  clear(): void {
    this.count = 0;
    this.sum = 0;
    this.squares = 0;
  }

  private drop(): void {
    const value = this.values[this.first] ?? 0;
    this.sum -= value;
    this.squares -= value * value;
    this.first = (this.first + 1) % samplesMax;
    this.count -= 1;
  }
}

type Prints = { readonly ticks: number[]; readonly lots: number[] };

/** History of one instrument. */
type History = {
  readonly mid: Changes;
  readonly last: Changes;
  readonly prints: Prints;
  /** The flagged tick that waits, and how many in a row agree with it. */
  suspect: { mid: number | undefined; last: number | undefined; seen: number } | undefined;
};

export class OutlierGuard {
  /** Ticks that were flagged. */
  flagged = 0;
  private readonly settings: OutlierSettings;
  private readonly histories = new Map<string, History>();

  constructor(settings: OutlierSettings) {
    this.settings = settings;
  }

  /** Whether the tick may count. `before` is what is believed, `after` what would be. */
  accepts(quote: Quote, before: Picture, after: Picture): boolean {
    if (this.settings.confirmations <= 1) return true;
    const history = this.historyOf(quote.instrument);
    const [mid, last] = [middle(after), after.lastTicks];
    if (!this.isOutlier(history, quote, before, after)) {
      history.suspect = undefined;
      this.learn(history, quote, before, after);
      return true;
    }
    this.flagged += 1;
    const isAgreed = history.suspect !== undefined && agrees(history.suspect, mid, last, before);
    const seen = isAgreed ? (history.suspect?.seen ?? 0) + 1 : 1;
    history.suspect = { mid, last, seen };
    if (seen < this.settings.confirmations) return false;
    // The market is there now: what it did before says nothing about what is usual here.
    this.histories.delete(quote.instrument);
    return true;
  }

  private historyOf(instrument: string): History {
    const known = this.histories.get(instrument);
    if (known !== undefined) return known;
    const made: History = {
      mid: new Changes(),
      last: new Changes(),
      prints: { ticks: [], lots: [] },
      suspect: undefined,
    };
    this.histories.set(instrument, made);
    return made;
  }

  private isOutlier(history: History, quote: Quote, before: Picture, after: Picture): boolean {
    const { maxSpreadTicks } = this.settings;
    const { bidTicks: bid, askTicks: ask } = after;
    if (maxSpreadTicks !== undefined && bid !== undefined && ask !== undefined) {
      if (ask - bid > maxSpreadTicks) return true;
    }
    return (
      this.jumps(history.mid, quote, middle(before), middle(after)) ||
      this.lastJumps(history, quote, before, after) ||
      this.isThinPrint(history.prints, quote)
    );
  }

  private jumps(
    changes: Changes,
    quote: Quote,
    from: number | undefined,
    to: number | undefined,
  ): boolean {
    if (from === undefined || to === undefined || from === to) return false;
    const limit = this.limitOf(changes, quote);
    return limit !== undefined && Math.abs(to - from) > limit;
  }

  /** A last price that bid and ask confirm is no outlier. */
  private lastJumps(history: History, quote: Quote, before: Picture, after: Picture): boolean {
    if (quote.lastTicks === undefined) return false;
    if (!this.jumps(history.last, quote, before.lastTicks, after.lastTicks)) return false;
    const isTouchFresh = quote.bidTicks !== undefined && quote.askTicks !== undefined;
    const limit = this.limitOf(history.last, quote) ?? 0;
    const [bid, ask] = [quote.bidTicks ?? 0, quote.askTicks ?? 0];
    return !isTouchFresh || quote.lastTicks < bid - limit || quote.lastTicks > ask + limit;
  }

  private limitOf(changes: Changes, quote: Quote): number | undefined {
    const { sigma, windowSeconds, periods } = this.settings;
    const deviation = changes.deviation(quote.receivedAtMs, windowSeconds * 1_000, periods);
    return deviation === undefined ? undefined : sigma * deviation;
  }

  private isThinPrint({ ticks, lots }: Prints, { lastTicks, lastLots }: Quote): boolean {
    const { periods, pct, minVolumeFactor } = this.settings;
    if (lastTicks === undefined || lastLots === undefined || ticks.length < periods) return false;
    const mean = average(ticks);
    const isFar = Math.abs(lastTicks - mean) * 1_000_000 > mean * pct;
    return isFar && lastLots * 1_000_000 < average(lots) * minVolumeFactor;
  }

  private learn(history: History, quote: Quote, before: Picture, after: Picture): void {
    const { receivedAtMs: atMs, lastTicks, lastLots } = quote;
    const [fromMid, toMid] = [middle(before), middle(after)];
    if (fromMid !== undefined && toMid !== undefined) history.mid.add(atMs, toMid - fromMid);
    if (lastTicks === undefined) return;
    if (before.lastTicks !== undefined) history.last.add(atMs, lastTicks - before.lastTicks);
    if (lastLots === undefined) return;
    history.prints.ticks.push(lastTicks);
    history.prints.lots.push(lastLots);
    if (history.prints.ticks.length > this.settings.periods) {
      history.prints.ticks.shift();
      history.prints.lots.shift();
    }
  }
}

function middle({ bidTicks, askTicks }: Picture): number | undefined {
  return bidTicks === undefined || askTicks === undefined ? undefined : (bidTicks + askTicks) / 2;
}

/** On the same side of what is believed, and at least half as far from it. */
function agrees(
  suspect: { readonly mid: number | undefined; readonly last: number | undefined },
  mid: number | undefined,
  last: number | undefined,
  before: Picture,
): boolean {
  return isAlike(suspect.mid, mid, middle(before)) && isAlike(suspect.last, last, before.lastTicks);
}

function isAlike(
  one: number | undefined,
  other: number | undefined,
  from: number | undefined,
): boolean {
  if (one === undefined || other === undefined || from === undefined) return true;
  const [first, second] = [one - from, other - from];
  return first === 0
    ? true
    : Math.sign(first) === Math.sign(second) && Math.abs(second) * 2 >= Math.abs(first);
}

function average(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
