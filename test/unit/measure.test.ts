/** Verifies: the arithmetic behind docs/benchmarks.md. */
import { describe, expect, it } from 'vitest';
import { interleaved, judged, median, medianRatio, percentile, rate } from '../bench/measure.ts';

describe('a percentile', () => {
  it('is a value that was measured, by nearest rank', () => {
    const values = [5, 1, 4, 2, 3];
    expect([0, 0.2, 0.21, 0.5, 1].map((share) => percentile(values, share))).toEqual([
      1, 1, 2, 3, 5,
    ]);
    expect(values).toEqual([5, 1, 4, 2, 3]);
  });

  it('of nothing is no number', () => {
    expect(median([])).toBeNaN();
  });
});

describe('a ratio', () => {
  it('is taken within each round, so that a slow phase of the machine cancels out', () => {
    expect(medianRatio([10, 100, 12], [20, 200, 20])).toBe(0.5);
  });

  it('counts per second', () => {
    expect(rate(500, 250)).toBe(2_000);
  });
});

describe('rounds', () => {
  it('take turns', async () => {
    const order: string[] = [];
    const run = (name: string) => () => order.push(name);
    const result = await interleaved(2, { one: run('one'), two: run('two') });
    expect(order).toEqual(['one', 'two', 'one', 'two']);
    expect(result).toEqual({ one: [1, 3], two: [2, 4] });
  });
});

describe('a judgement', () => {
  it('is met when every bound holds', () => {
    expect(judged([0.8, { atLeast: 0.8 }], [2, { atMost: 2.5 }])).toEqual({ isMet: true });
  });

  it('says how far the worst value is off', () => {
    expect(judged([0.4, { atLeast: 0.8 }], [10, { atMost: 2.5 }])).toEqual({
      isMet: false,
      miss: 'reaches 25 % of it',
    });
  });

  it('is not met by what could not be measured', () => {
    expect(judged([Number.NaN, { atMost: 1 }])).toEqual({ isMet: false, miss: 'unknown' });
  });
});
