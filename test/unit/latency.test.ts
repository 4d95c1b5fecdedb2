/** Verifies: REQ-OB1 (rolling samples, objective p95 ≤ 1 s and p99 ≤ 2 s), trading-controls 5 row 5 */
import { describe, expect, it } from 'vitest';
import { LatencyWindow } from '../../src/actors/latency-window.ts';
import { keepsObjective, LatencyMonitor } from '../../src/actors/latency.ts';

const objective = { p95Seconds: 1, p99Seconds: 2 };

function windowOf(...durations: readonly (readonly [count: number, durationMs: number])[]) {
  const window = new LatencyWindow();
  for (const [count, durationMs] of durations)
    for (let index = 0; index < count; index += 1) window.note(durationMs, index);
  return window;
}

describe('the objective for answers', () => {
  it.each([
    ['all fast', [[100, 500]], true],
    [
      'five of a hundred above a second',
      [
        [95, 1_000],
        [5, 1_001],
      ],
      true,
    ],
    [
      'six of a hundred above a second',
      [
        [94, 1_000],
        [6, 1_001],
      ],
      false,
    ],
    [
      'one of a hundred above two seconds',
      [
        [99, 10],
        [1, 2_001],
      ],
      true,
    ],
    [
      'two of a hundred above two seconds',
      [
        [98, 10],
        [2, 2_001],
      ],
      false,
    ],
    ['too few to say so', [[19, 60_000]], undefined],
  ] as const)('%s', (_, durations, isKept) => {
    expect(keepsObjective(windowOf(...durations), objective)).toBe(isKept);
  });
});

describe('a window of answers', () => {
  it('keeps the last thousand and counts all of them', () => {
    const window = windowOf([1_000, 9_000], [1_000, 10]);
    expect(window.count).toBe(1_000);
    expect(window.noted).toBe(2_000);
    expect(window.slowerThan(10)).toBe(0);
    expect(window.quantileMs(99)).toBe(10);
  });

  it('knows its percentiles', () => {
    const window = new LatencyWindow();
    expect(window.quantileMs(50)).toBeUndefined();
    for (let durationMs = 1; durationMs <= 100; durationMs += 1) window.note(durationMs, 0);
    expect([50, 95, 99].map((percent) => window.quantileMs(percent))).toEqual([50, 95, 99]);
  });

  it('tells slow answers of a time', () => {
    const monitor = new LatencyMonitor();
    monitor.note('place', 6_000, 1_000);
    monitor.note('cancel', 6_000, 50_000);
    monitor.note('modify', 100, 50_000);
    expect(monitor.slowerThan(5_000, 0)).toBe(2);
    expect(monitor.slowerThan(5_000, 1_000)).toBe(1);
    expect(monitor.slowerThan(6_000, 0)).toBe(0);
  });
});
