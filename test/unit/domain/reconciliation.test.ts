/** Verifies: execution 11.4 and 11.5, prices of changes that nobody reported, windows of fills, money */
import { describe, expect, it } from 'vitest';
import type { InstrumentId } from '../../../src/domain/ids.ts';
import { createInstrument } from '../../../src/domain/instrument.ts';
import { builtInInstruments } from '../../../src/domain/instruments.ts';
import { parseMoney } from '../../../src/domain/money.ts';
import {
  adjustWindow,
  gridFills,
  holdingAt,
  holdingsMatch,
  impliedExit,
  judgeMoney,
  priceOfChange,
  reconciliationPrice,
  ticksOfChange,
  type TimedFill,
} from '../../../src/domain/reconciliation.ts';

const es = builtInInstruments.get('ES' as InstrumentId);
if (es === undefined) throw new Error('ES is built in');
const usd = (text: string): number => parseMoney(text, 'USD');
const fill = (side: 'buy' | 'sell', lots: number, ticks: number, atMs: number): TimedFill => ({
  side,
  lots,
  ticks,
  atMs,
  feeUnits: 0,
});

describe('the price that the money implies', () => {
  it('is the example of the specification: 2 ES at 5,800.00, −1,252.80, fees 2.80', () => {
    const position = holdingAt(es, 2, 23_200);
    const { change, realizedUnits } = impliedExit(position, 2, usd('-1252.80'), usd('2.80'));
    expect(realizedUnits).toBe(usd('-1250.00'));
    expect(priceOfChange(es, change, 2)).toBe('5787.50');
  });

  it('turns the sign for a short', () => {
    const position = holdingAt(es, -2, 23_200);
    const { change } = impliedExit(position, -2, usd('-1250.00'), 0);
    expect(priceOfChange(es, change, 2)).toBe('5812.50');
  });

  it('closes a part at its share of the cost', () => {
    const position = holdingAt(es, 4, 23_200);
    const { change } = impliedExit(position, 1, usd('50.00'), 0);
    expect([change.openLots, priceOfChange(es, change, 2)]).toEqual([1, '5801.00']);
  });

  it('refuses to close more than there is', () => {
    expect(() => impliedExit(holdingAt(es, 1, 23_200), 2, 0, 0)).toThrow('an exit closes part');
  });
});

describe('the calculated reconciliation price', () => {
  it('has no answer where the figures would give a price below 0', () => {
    const current = holdingAt(es, 10, 40_000);
    expect(reconciliationPrice(current, holdingAt(es, 11, 100))).toBeUndefined();
  });

  it('works for a contract whose value falls with the price', () => {
    const inverse = createInstrument({
      id: 'XBT',
      kind: 'perpetual',
      payoff: 'inverse',
      settlementCurrency: 'BTC',
      tickSize: '1',
      multiplier: '1',
      calendar: 'continuous',
    });
    const change = reconciliationPrice(
      holdingAt(inverse, 100, 50_000),
      holdingAt(inverse, 200, 40_000),
    );
    expect(change === undefined ? undefined : ticksOfChange(inverse, change)).toBe(33_333);
  });
});

describe('fills on the grid', () => {
  it('are two where the average lies between two ticks, and cost the same', () => {
    const cost = holdingAt(es, 1, 100).costUnits + 2 * holdingAt(es, 1, 101).costUnits;
    expect(gridFills(es, { openLots: 3, costUnits: cost })).toEqual([
      { lots: 1, ticks: 100 },
      { lots: 2, ticks: 101 },
    ]);
  });

  it('are one where it lies on one', () => {
    expect(gridFills(es, holdingAt(es, -3, 100))).toEqual([{ lots: 3, ticks: 100 }]);
  });
});

describe('a window of fills', () => {
  it('keeps nothing of a life cycle whose figures do not fit the venue', () => {
    const fills = [fill('buy', 2, 100, 1), fill('sell', 2, 110, 2), fill('buy', 1, 120, 3)];
    expect(adjustWindow(es, fills, holdingAt(es, 3, 118))).toEqual({
      action: 'ReplaceCurrentLifecycle',
      afterMs: 2,
      opening: holdingAt(es, 3, 118),
    });
  });

  it('is left alone where the venue is flat, or where it ends flat', () => {
    const fills = [fill('buy', 2, 100, 1), fill('sell', 2, 110, 2)];
    expect(adjustWindow(es, fills, holdingAt(es, 0, 0)).action).toBe('NoAdjustment');
    expect(adjustWindow(es, fills, holdingAt(es, 2, 100)).action).toBe('NoAdjustment');
  });
});

describe('agreement', () => {
  it('allows a hundredth of a percent between averages, and no lot', () => {
    const ours = holdingAt(es, 2, 20_000);
    expect(holdingsMatch(ours, holdingAt(es, 2, 20_002))).toBe(true);
    expect(holdingsMatch(ours, holdingAt(es, 2, 20_003))).toBe(false);
    expect(holdingsMatch(ours, holdingAt(es, 3, 20_000))).toBe(false);
  });

  it.each([
    ['0.01', 'agrees'],
    ['-0.01', 'agrees'],
    ['0.02', 'unexplained'],
    ['-10.00', 'unexplained'],
    ['-10.01', 'grave'],
  ])('of money: %s is %s', (difference, verdict) => {
    expect(judgeMoney(usd(difference), usd('0.01'), usd('10.00'))).toBe(verdict);
  });
});
