/** Verifies: style 5.1 and prop-firm 7, grids of price and quantity and what a move is worth. */
import { describe, expect, it } from 'vitest';
import { ZodError } from 'zod';
import {
  createInstrument,
  feeUnits,
  formatLots,
  formatTicks,
  parseLots,
  parseTicks,
  positionValue,
  unrealizedUnits,
  type InstrumentSpec,
} from '../../../src/domain/instrument.ts';
import { ConditionFailed, InvariantViolation } from '../../../src/kernel/assert.ts';

const mnqSpec: InstrumentSpec = {
  id: 'MNQ',
  kind: 'future',
  settlementCurrency: 'USD',
  tickSize: '0.25',
  multiplier: '2',
  feePerContract: '0.74',
  calendar: 'futures',
};
const mnq = createInstrument(mnqSpec);
const coin = createInstrument({
  id: 'BTC-USD',
  kind: 'spot',
  settlementCurrency: 'USD',
  tickSize: '0.01',
  lotSize: '0.00000001',
  multiplier: '1',
  feePpm: 4000,
  calendar: 'continuous',
});
const inverse = createInstrument({
  id: 'XBT-USD',
  kind: 'perpetual',
  payoff: 'inverse',
  settlementCurrency: 'BTC',
  tickSize: '0.5',
  multiplier: '1',
  feePpm: 750,
  calendar: 'continuous',
});

describe('grids', () => {
  it('take prices and quantities that are on them', () => {
    expect(parseTicks(mnq, '21000.75')).toBe(84_003);
    expect(parseTicks(mnq, '21000.80')).toBeUndefined();
    expect(parseTicks(mnq, '-37.50')).toBe(-150);
    expect(parseLots(mnq, '3')).toBe(3);
    expect(parseLots(mnq, '0.5')).toBeUndefined();
    expect(parseLots(coin, '0.00000001')).toBe(1);
  });

  it('write them back', () => {
    expect(formatTicks(mnq, 84_003)).toBe('21000.75');
    expect(formatLots(mnq, -3)).toBe('-3');
    expect(formatLots(coin, 12_345)).toBe('0.00012345');
  });

  it.each([{ tickSize: '0' }, { lotSize: '0.0' }, { multiplier: '0' }])(
    'are not made of %o',
    (part) => {
      expect(() => createInstrument({ ...mnqSpec, ...part })).toThrow(ConditionFailed);
    },
  );

  it.each([
    { tickSize: '-1' },
    { tickSize: '1e-5' },
    { multiplier: 'NaN' },
    { id: '' },
    { feePpm: -1 },
    { extra: 1 },
  ])('are refused when they are written as %o', (part) => {
    expect(() => createInstrument({ ...mnqSpec, ...part })).toThrow(ZodError);
  });
});

describe('values', () => {
  it('of a linear contract are quantity × price × multiplier', () => {
    expect(positionValue(mnq, 2, 84_000)).toBe(84_000_000_000);
    expect(positionValue(mnq, -2, 84_000)).toBe(-84_000_000_000);
    // Two MNQ from 21,000 to 20,700 lose $1,200.
    expect(unrealizedUnits(mnq, 2, positionValue(mnq, 2, 84_000), 82_800)).toBe(-1_200_000_000);
  });

  it('of a linear contract exist below zero too', () => {
    expect(positionValue(mnq, 1, -4)).toBe(-2_000_000);
  });

  it('of an inverse contract are quantity ÷ price, in coins', () => {
    const cost = positionValue(inverse, -100_000, 20_000);
    expect(cost).toBe(10_000_000_000);
    expect(unrealizedUnits(inverse, -100_000, cost, 22_000)).toBe(-909_090_909);
  });

  it('of an inverse contract have a price above zero', () => {
    expect(() => positionValue(inverse, 1, 0)).toThrow(
      'Condition failed: a price of XBT-USD is greater than 0, was 0 ticks',
    );
    expect(unrealizedUnits(inverse, 0, 0, 0)).toBe(0);
  });

  it('beyond the range of money are an error', () => {
    expect(() => positionValue(mnq, 10 ** 6, 10 ** 6)).toThrow(InvariantViolation);
    expect(() => unrealizedUnits(mnq, 10, -(2 ** 53 - 1), 100)).toThrow(InvariantViolation);
  });
});

describe('fees', () => {
  it('are per contract', () => {
    expect(feeUnits(mnq, 5, 84_000)).toBe(3_700_000);
  });

  it('are a share of the value, rounded against us', () => {
    // 0.4 % of 0.00000001 BTC at 60,000.01 is 2.4000004 micro-dollars.
    expect(feeUnits(coin, 1, 6_000_001)).toBe(3);
    // The value alone would round to 250 units; the share of it must not fall to 1.
    expect(feeUnits(coin, 1, 2_500_001)).toBe(2);
    expect(feeUnits(inverse, 100_000, 22_901)).toBe(6_549_933);
  });
});
