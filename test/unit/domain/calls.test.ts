/** Verifies: execution 13.1 to 13.3, REQ-CB1 (back-off, budgets, circuit breakers as pure values). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullJitterMs, retryAfterMs } from '../../../src/domain/backoff.ts';
import {
  afterFailure,
  afterSuccess,
  afterTime,
  breakerSettings,
  CallWindow,
  closedBreaker,
  type BreakerState,
  type CallCounts,
} from '../../../src/domain/breaker.ts';
import { RateBudget } from '../../../src/domain/token-bucket.ts';
import { createRandom } from '../../../src/kernel/random.ts';

const settings = breakerSettings({ rateLimitSeconds: 60, apiErrors: 3, apiWindowSeconds: 300 });
const few: CallCounts = { calls: 3, failed: 3 };

function failed(state: BreakerState, name: keyof typeof settings, times: number, atMs = 0) {
  let next = state;
  for (let time = 0; time < times; time += 1) next = afterFailure(next, settings[name], few, atMs);
  return next;
}

describe('full jitter', () => {
  const retry = { baseMs: 1_000, capMs: 30_000 };

  it('draws from 0 to min(30 s, 1 s × 2^attempt), both ends included', () => {
    const random = createRandom('jitter');
    for (const [attempt, bound] of [
      [0, 1_000],
      [1, 2_000],
      [2, 4_000],
      [5, 30_000],
      [60, 30_000],
    ] as const) {
      const drawn = Array.from({ length: 2_000 }, () => fullJitterMs(attempt, retry, random));
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...drawn)).toBeLessThanOrEqual(bound);
      expect(Math.max(...drawn)).toBeGreaterThan(bound * 0.9);
      expect(Math.min(...drawn)).toBeLessThan(bound * 0.1);
      expect(drawn.every((value) => Number.isSafeInteger(value))).toBe(true);
    }
  });

  it('reads Retry-After as seconds or as a date, and nothing else', () => {
    const nowMs = Date.parse('2026-03-10T15:00:00Z');
    expect(retryAfterMs('7', nowMs)).toBe(7_000);
    expect(retryAfterMs(' 0 ', nowMs)).toBe(0);
    expect(retryAfterMs('Tue, 10 Mar 2026 15:00:30 GMT', nowMs)).toBe(30_000);
    expect(retryAfterMs('Tue, 10 Mar 2026 14:00:00 GMT', nowMs)).toBe(0);
    for (const text of ['', 'soon', '-1', '1.5', '2026-03-10', '99999999999'])
      expect(retryAfterMs(text, nowMs)).toBeUndefined();
  });
});

describe('a rate budget', () => {
  it('gives normal traffic 70 of 100 calls and enforcement 90, whoever came first', () => {
    const budget = new RateBudget({ max: 100, windowMs: 60_000 });
    const take = (traffic: 'normal' | 'enforcement', atMs: number): number => {
      let count = 0;
      while (budget.take(traffic, atMs)) count += 1;
      return count;
    };
    expect(take('normal', 0)).toBe(70);
    expect(take('enforcement', 1_000)).toBe(20);
    expect(budget.usedPpmAt(1_000)).toBe(900_000);
    expect(budget.freeAtMs('normal', 1_000)).toBe(60_000);
    expect(budget.freeAtMs('enforcement', 1_000)).toBe(60_000);
    expect(take('normal', 60_000)).toBe(50);
  });

  it('counts a call until its window is over, to the millisecond', () => {
    const budget = new RateBudget({ max: 2, windowMs: 1_000 });
    expect(budget.boundOf('normal')).toBe(1);
    expect(budget.take('normal', 5)).toBe(true);
    expect(budget.take('normal', 1_004)).toBe(false);
    expect(budget.freeAtMs('normal', 1_004)).toBe(1_005);
    expect(budget.take('normal', 1_005)).toBe(true);
  });

  it('never permits more than 90 % of the limit in any window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.boolean()), { maxLength: 200 }),
        (max, calls) => {
          const budget = new RateBudget({ max, windowMs: 1_000 });
          const taken: { atMs: number; isNormal: boolean }[] = [];
          let atMs = 0;
          for (const [pauseMs, isNormal] of calls) {
            atMs += pauseMs;
            if (budget.take(isNormal ? 'normal' : 'enforcement', atMs))
              taken.push({ atMs, isNormal });
          }
          for (const { atMs: endMs } of taken) {
            const within = taken.filter((one) => one.atMs > endMs - 1_000 && one.atMs <= endMs);
            expect(within.length).toBeLessThanOrEqual(Math.max(1, Math.floor(max * 0.9)));
            const normal = within.filter(({ isNormal }) => isNormal);
            expect(normal.length).toBeLessThanOrEqual(Math.max(1, Math.floor(max * 0.7)));
          }
        },
      ),
    );
  });
});

describe('a circuit breaker of a call class', () => {
  it.each([
    ['general', 5, 60_000],
    ['orders', 3, 30_000],
    ['history', 10, 120_000],
    ['hub', 3, 10_000],
  ] as const)(
    '%s opens after %i failures in a row and is tried after %i ms',
    (name, times, openMs) => {
      expect(failed(closedBreaker, name, times - 1).phase).toBe('closed');
      const open = failed(closedBreaker, name, times);
      expect(open).toMatchObject({ phase: 'open', openUntilMs: openMs, trips: 1 });
      expect(afterTime(open, settings[name], openMs - 1)).toBe(open);
      expect(afterTime(open, settings[name], openMs).phase).toBe('halfOpen');
    },
  );

  it('counts failures in a row only: one success begins anew', () => {
    const two = failed(closedBreaker, 'orders', 2);
    expect(failed(afterSuccess(two, settings.orders), 'orders', 2).phase).toBe('closed');
  });

  it('opens by the share of failures from ten calls on, and not before', () => {
    const oneFailure = (counts: CallCounts) =>
      afterFailure(closedBreaker, settings.orders, counts, 0);
    expect(oneFailure({ calls: 10, failed: 3 }).phase).toBe('open');
    expect(oneFailure({ calls: 10, failed: 2 }).phase).toBe('closed');
    expect(oneFailure({ calls: 9, failed: 9 }).phase).toBe('closed');
  });

  it('closes after five successes of orders while it is tried, and opens again at the first failure', () => {
    let state = afterTime(failed(closedBreaker, 'orders', 3), settings.orders, 30_000);
    for (let time = 0; time < 4; time += 1) state = afterSuccess(state, settings.orders);
    expect(state.phase).toBe('halfOpen');
    expect(afterSuccess(state, settings.orders)).toEqual({ ...closedBreaker, trips: 1 });
    const again = afterFailure(state, settings.orders, few, 31_000);
    expect(again).toMatchObject({ phase: 'open', openUntilMs: 61_000, trips: 2 });
  });

  it('is not closed early by a success of a call that left before it opened', () => {
    const open = failed(closedBreaker, 'orders', 3);
    expect(afterSuccess(open, settings.orders).phase).toBe('open');
  });
});

describe('breakers of all calls', () => {
  it('rate_limit opens at once, begins anew with every further 429, and closes by time alone', () => {
    const open = afterFailure(closedBreaker, settings.rate_limit, few, 1_000);
    expect(open).toMatchObject({ phase: 'open', openUntilMs: 61_000 });
    const later = afterFailure(open, settings.rate_limit, few, 50_000);
    expect(later).toMatchObject({ phase: 'open', openUntilMs: 110_000, trips: 1 });
    expect(afterSuccess(later, settings.rate_limit).phase).toBe('open');
    expect(afterTime(later, settings.rate_limit, 110_000).phase).toBe('closed');
  });

  it('api_health opens at the third error in a row within 300 s, and closes at a success', () => {
    const slow = afterFailure(
      failed(closedBreaker, 'api_health', 2),
      settings.api_health,
      few,
      300_001,
    );
    expect(slow).toMatchObject({ phase: 'closed', failures: 1 });
    const open = afterFailure(
      failed(closedBreaker, 'api_health', 2),
      settings.api_health,
      few,
      300_000,
    );
    expect(open).toMatchObject({ phase: 'open', openUntilMs: 0 });
    expect(afterTime(open, settings.api_health, 10 ** 12)).toBe(open);
    expect(afterSuccess(open, settings.api_health).phase).toBe('closed');
  });
});

describe('the window of calls', () => {
  it('counts the last ten seconds and forgets what is older', () => {
    const window = new CallWindow();
    for (let second = 0; second < 20; second += 1) {
      window.noteCall(second * 1_000);
      if (second % 2 === 0) window.noteFailure(second * 1_000);
    }
    expect(window.countsAt(19_000)).toEqual({ calls: 10, failed: 5 });
    expect(window.countsAt(28_999)).toEqual({ calls: 1, failed: 0 });
    expect(window.countsAt(60_000)).toEqual({ calls: 0, failed: 0 });
  });
});
