/** Verifies: REQ-X3 fee-aware sizing, SIZE-N-000 … SIZE-N-009 */
import { describe, expect, it } from 'vitest';
import {
  feeOn,
  fixedRiskLots,
  grossForNet,
  lotsForNet,
  lotsWithin,
  netOfFee,
} from '../../../src/domain/sizing.ts';
import { instrumentOf, lots, ticks, usd } from '../../support/rule-facts.ts';

const es = instrumentOf('ES');
const btc = instrumentOf('BTC-USD');
const risk = {
  instrument: es,
  equityUnits: usd('100000'),
  riskPpm: 10_000,
  entryTicks: ticks('ES', '5000'),
  stopTicks: ticks('ES', '4995'),
};

describe('the size of a fixed risk', () => {
  it('loses no more than the share when the stop is hit', () => {
    // 5 points are 250 dollars a contract, 1,000 dollars may be lost.
    expect(fixedRiskLots(risk)).toBe(4);
    expect(fixedRiskLots({ ...risk, stopTicks: ticks('ES', '4994') })).toBe(3);
  });

  it('is the same for a short', () => {
    expect(fixedRiskLots({ ...risk, stopTicks: ticks('ES', '5005') })).toBe(4);
  });

  it('is shared, batched and bounded, each time downwards', () => {
    expect(fixedRiskLots({ ...risk, orders: 3 })).toBe(1);
    expect(fixedRiskLots({ ...risk, batchLots: 3 })).toBe(3);
    expect(fixedRiskLots({ ...risk, hardLimitLots: 2 })).toBe(2);
    expect(fixedRiskLots({ ...risk, lotsMax: 1 })).toBe(1);
    expect(fixedRiskLots({ ...risk, batchLots: 5 })).toBe(0);
  });

  it('costs more of an account in another currency', () => {
    expect(fixedRiskLots({ ...risk, exchange: { num: 2, den: 1 } })).toBe(2);
  });

  it.each([
    ['no equity', { equityUnits: 0 }],
    ['a debt', { equityUnits: -1 }],
    ['no risk', { riskPpm: 0 }],
    ['no distance', { stopTicks: risk.entryTicks }],
    ['no exchange rate', { exchange: { num: 0, den: 1 } }],
  ])('is none with %s', (_, given) => {
    expect(fixedRiskLots({ ...risk, ...given })).toBe(0);
  });

  it('is refused for an inverse instrument and for half an order', () => {
    expect(() => fixedRiskLots({ ...risk, instrument: instrumentOf('XBT-INV') })).toThrow('linear');
    expect(() => fixedRiskLots({ ...risk, orders: 0 })).toThrow('whole numbers');
  });
});

describe('a size with its fee', () => {
  it('pays so much that the wanted amount is left', () => {
    expect(grossForNet(usd('994'), 60)).toBe(usd('1000'));
    expect(netOfFee(usd('1000'), 60)).toBe(usd('994'));
    expect(grossForNet(1, 60)).toBe(2);
  });

  it('rounds the fee up', () => {
    expect(feeOn(usd('1000'), 60)).toBe(usd('6'));
    expect(feeOn(1, 1)).toBe(1);
  });

  it('rounds up to the increment, so that the minimum is met after the fee', () => {
    const price = ticks('BTC-USD', '64321.98');
    const sized = lotsForNet(btc, price, usd('10'), 60);
    const net = (quantity: number): number => netOfFee(Math.floor(quantity * 643.2198), 60);
    expect(net(sized)).toBeGreaterThanOrEqual(usd('10') - 643);
    expect(lotsForNet(es, ticks('ES', '5000'), usd('250001'), 0)).toBe(2);
  });

  it('spends no more than the budget, its fee included', () => {
    const price = ticks('BTC-USD', '50000');
    expect(lotsWithin(btc, price, usd('1006'), 60)).toBe(lots('BTC-USD', '0.02'));
    expect(lotsWithin(btc, price, usd('1005.99'), 60)).toBeLessThan(lots('BTC-USD', '0.02'));
    expect(lotsWithin(btc, price, -1, 60)).toBe(0);
  });
});
