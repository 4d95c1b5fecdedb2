/** Verifies: rules 1.2 and INV-POS-1 to 3 of domain/position.ts, by example. */
import { describe, expect, it } from 'vitest';
import { createInstrument } from '../../../src/domain/instrument.ts';
import {
  applyFill,
  averagePriceText,
  emptyBook,
  netRealizedUnits,
  netTotalUnits,
  type BookFill,
  type PositionBook,
} from '../../../src/domain/position.ts';
import { InvariantViolation } from '../../../src/kernel/assert.ts';

const mnq = createInstrument({
  id: 'MNQ',
  kind: 'future',
  settlementCurrency: 'USD',
  tickSize: '0.25',
  multiplier: '2',
  calendar: 'futures',
});
const pair = createInstrument({
  id: 'ETH-USD',
  kind: 'spot',
  settlementCurrency: 'USD',
  tickSize: '1',
  lotSize: '0.001',
  multiplier: '1',
  calendar: 'continuous',
});

const fill = (
  side: 'buy' | 'sell',
  lots: number,
  ticks: number,
  feeUnits = 0,
  feeLots?: number,
): BookFill => ({
  side,
  lots,
  ticks,
  feeUnits,
  ...(feeLots === undefined ? {} : { feeLots }),
});
const play = (instrument: typeof mnq, ...fills: readonly BookFill[]): PositionBook =>
  fills.reduce((book, each) => applyFill(book, instrument, each).book, emptyBook);

describe('a position book', () => {
  it('closes before it opens when a fill flips it, and splits the fee by quantity', () => {
    const long = play(mnq, fill('buy', 2, 72_000, 1_480_000));
    const change = applyFill(long, mnq, fill('sell', 5, 72_042, 3_700_000));
    expect(change).toEqual({
      book: {
        openLots: -3,
        costUnits: -108_063_000_000,
        realizedUnits: 42_000_000,
        feesUnits: 5_180_000,
      },
      realizedUnits: 42_000_000,
      closedLots: 2,
      openedLots: 3,
      closedFeeUnits: 1_480_000,
      openedFeeUnits: 2_220_000,
    });
    expect(netRealizedUnits(change.book)).toBe(36_820_000);
    expect(averagePriceText(change.book, mnq, 2)).toBe('18010.50');
    expect(netTotalUnits(change.book, mnq, 72_042)).toBe(36_820_000);
  });

  it('keeps the average while it is reduced and forgets it when it is flat', () => {
    const book = play(mnq, fill('buy', 1, 400), fill('buy', 2, 404), fill('sell', 1, 999));
    expect(averagePriceText(book, mnq, 6)).toBe('100.666667');
    const flat = play(mnq, fill('buy', 3, 400), fill('sell', 3, 999));
    expect(flat).toMatchObject({ openLots: 0, costUnits: 0 });
    expect(averagePriceText(flat, mnq, 2)).toBeUndefined();
  });

  it('takes the cost of what is closed to the nearest unit, on both sides', () => {
    // Three lots cost 604 dollars: one of them 201.333333, two of them 402.666667.
    const entry = [fill('buy', 1, 400), fill('buy', 2, 404)];
    expect(play(mnq, ...entry, fill('sell', 1, 404)).costUnits).toBe(402_666_667);
    expect(play(mnq, ...entry, fill('sell', 2, 404)).costUnits).toBe(201_333_333);
    const short = [fill('sell', 1, 400), fill('sell', 2, 404)];
    expect(play(mnq, ...short, fill('buy', 1, 404)).costUnits).toBe(-402_666_667);
    expect(play(mnq, ...short, fill('buy', 2, 404)).costUnits).toBe(-201_333_333);
  });

  it('counts a rebate as a negative fee', () => {
    expect(netRealizedUnits(play(mnq, fill('buy', 1, 400, -250_000)))).toBe(250_000);
  });

  it('holds less after a fee in the base currency, at the same average and without profit', () => {
    const book = play(pair, fill('buy', 1000, 2000, 0, 1));
    expect(book).toEqual({
      openLots: 999,
      costUnits: 1_998_000_000,
      realizedUnits: 0,
      feesUnits: 0,
    });
    expect(play(pair, fill('buy', 1000, 2000, 0, 1), fill('sell', 999, 2100, 2_000_000))).toEqual({
      openLots: 0,
      costUnits: 0,
      realizedUnits: 99_900_000,
      feesUnits: 2_000_000,
    });
  });

  it('is short by the fee when a close is paid in the base currency', () => {
    const book = play(pair, fill('buy', 1000, 2000), fill('sell', 1000, 2100, 0, 1));
    expect(book).toMatchObject({ openLots: -1, costUnits: -2_100_000, realizedUnits: 100_000_000 });
  });

  it('is more short after a sale that is paid in the base currency, at the same average', () => {
    const book = play(pair, fill('sell', 500, 2000, 0, 1));
    expect(book).toMatchObject({ openLots: -501, costUnits: -1_002_000_000 });
  });

  it('is flat and costs nothing when the fee takes all of it', () => {
    expect(play(pair, fill('buy', 1, 2000, 0, 1))).toMatchObject({ openLots: 0, costUnits: 0 });
  });

  it.each([fill('buy', 0, 400), fill('buy', -1, 400), fill('sell', 1, 400, 0, -1)])(
    'refuses %o',
    (bad) => {
      expect(() => applyFill(emptyBook, mnq, bad)).toThrow(InvariantViolation);
    },
  );

  it('stops where money leaves its range', () => {
    const large = play(mnq, fill('buy', 2_000_000, 8_000));
    expect(() => applyFill(large, mnq, fill('buy', 2_000_000, 8_000))).toThrow(
      'money stays within the safe integers',
    );
  });
});
