/** Verifies: REQ-O1, T7, rules 3 (bad ticks of RULE-003, RULE-004, RULE-005) */
import { describe, expect, it } from 'vitest';
import { defaultControls } from '../../src/domain/controls.ts';
import type { InstrumentId } from '../../src/domain/ids.ts';
import type { Quote } from '../../src/domain/view.ts';
import { MarketBook } from '../../src/workers/market-book.ts';

const instrument = 'MNQ' as InstrumentId;
const settings = { ...defaultControls.outlier, confirmations: 2 };

/** A book that has seen `count` quiet ticks of one second each, around 1,000. */
function quietBook(count: number, changes: Partial<typeof settings> = {}) {
  const book = new MarketBook({ ...settings, ...changes });
  let atMs = 0;
  const put = (quote: Partial<Quote>): boolean => {
    atMs += 1_000;
    return book.put({ instrument, venueTimeMs: atMs, receivedAtMs: atMs, ...quote }) !== undefined;
  };
  const quote = (mid: number): boolean => put({ bidTicks: mid - 1, askTicks: mid + 1 });
  for (let tick = 0; tick < count; tick += 1) quote(1_000 + (tick % 3));
  return { book, put, quote };
}

describe('the outlier guard', () => {
  it('keeps one absurd tick back and forgets it when the market goes on as before', () => {
    const { book, quote } = quietBook(40);
    expect(quote(900)).toBe(false);
    expect(book.markOf(instrument)?.bidTicks).toBe(999);
    expect(quote(1_001)).toBe(true);
    expect(quote(900)).toBe(false);
    expect(book.flagged).toBe(2);
  });

  it('believes a move that a second tick confirms', () => {
    const { book, quote } = quietBook(40);
    expect(quote(900)).toBe(false);
    expect(quote(905)).toBe(true);
    expect(book.markOf(instrument)?.bidTicks).toBe(904);
  });

  it('asks for as many ticks as are configured, in a row and on the same side', () => {
    const { quote } = quietBook(40, { confirmations: 3 });
    expect([quote(900), quote(1_100), quote(1_100), quote(1_101)]).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('flags nothing with too little history, nor when one tick is enough', () => {
    expect(quietBook(10).quote(500)).toBe(true);
    expect(quietBook(40, { confirmations: 1 }).quote(500)).toBe(true);
  });

  it('T7: the test of deviations flags what the test of thin prints lets pass', () => {
    const { put, quote } = quietBook(40);
    for (let print = 0; print < 25; print += 1) put({ lastTicks: 1_000, lastLots: 100 });
    expect(put({ lastTicks: 950, lastLots: 100 })).toBe(false);
    expect(quote(1_000)).toBe(true);
  });

  it('T7: the test of thin prints flags what the test of deviations lets pass', () => {
    const { put } = quietBook(0, { sigma: 100 });
    const swings = (print: number): number => (print % 2 === 0 ? 1_000 : 1_040);
    for (let print = 0; print < 30; print += 1) put({ lastTicks: swings(print), lastLots: 100 });
    expect(put({ lastTicks: 1_150, lastLots: 9 })).toBe(false);
    expect(put({ lastTicks: 1_000, lastLots: 100 })).toBe(true);
    expect(put({ lastTicks: 1_150, lastLots: 50 })).toBe(true);
  });

  it('lets a last price pass that bid and ask of the same report confirm', () => {
    const { put } = quietBook(0);
    for (let print = 0; print < 30; print += 1)
      put({ lastTicks: 1_000, bidTicks: 999, askTicks: 1_001 });
    expect(put({ lastTicks: 1_050, bidTicks: 1_000, askTicks: 1_002 })).toBe(false);
    const sparse = quietBook(0);
    for (let print = 0; print < 30; print += 1) sparse.put({ lastTicks: 1_000 });
    expect(sparse.put({ lastTicks: 1_050, bidTicks: 1_049, askTicks: 1_051 })).toBe(true);
  });

  it('flags a spread above its maximum', () => {
    const { put } = quietBook(5, { maxSpreadTicks: 10 });
    expect(put({ bidTicks: 990, askTicks: 1_001 })).toBe(false);
    expect(put({ bidTicks: 991, askTicks: 1_001 })).toBe(true);
  });
});
