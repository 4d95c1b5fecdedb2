/** Verifies: architecture 7, the clocks. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConditionFailed, InvariantViolation } from '../../../src/kernel/assert.ts';
import { SimulatedClock, systemClock } from '../../../src/kernel/clock.ts';

describe('the simulated clock', () => {
  it('runs what is due in order of due time, then of scheduling', () => {
    const clock = new SimulatedClock(100);
    const ran: string[] = [];
    for (const [name, dueAtMs] of [
      ['c', 130],
      ['a', 110],
      ['b1', 120],
      ['b2', 120],
    ] as const) {
      clock.schedule(dueAtMs, () => ran.push(`${name}@${clock.nowMs()}`));
    }
    clock.advanceTo(120);
    expect(ran).toEqual(['a@110', 'b1@120', 'b2@120']);
    expect(clock.nowMs()).toBe(120);
    expect(clock.nextDueMs()).toBe(130);
  });

  it('starts a timer that is armed in a callback from the time of that callback', () => {
    const clock = new SimulatedClock(0);
    const ran: number[] = [];
    clock.schedule(10, () => clock.schedule(clock.nowMs() + 5, () => ran.push(clock.nowMs())));
    clock.advanceTo(100);
    expect(ran).toEqual([15]);
  });

  it('runs a timer that is armed in the past at the present time, after those already due', () => {
    const clock = new SimulatedClock(50);
    const ran: string[] = [];
    clock.schedule(50, () => ran.push('due'));
    clock.schedule(1, () => ran.push(`past@${clock.nowMs()}`));
    clock.advanceTo(50);
    expect(ran).toEqual(['due', 'past@50']);
  });

  it('never runs a canceled callback, also when a callback of the same instant cancels it', () => {
    const clock = new SimulatedClock(0);
    const ran: string[] = [];
    clock.schedule(10, () => {
      ran.push('first');
      cancel();
    });
    const cancel = clock.schedule(10, () => ran.push('second'));
    clock.advanceTo(20);
    expect(ran).toEqual(['first']);
    expect(clock.nextDueMs()).toBeUndefined();
  });

  it('takes a cancel of what has run, or a second cancel, for nothing', () => {
    const clock = new SimulatedClock(0);
    const cancelRun = clock.schedule(1, () => undefined);
    const cancelTwice = clock.schedule(2, () => undefined);
    clock.advanceTo(1);
    cancelRun();
    cancelTwice();
    cancelTwice();
    clock.schedule(3, () => undefined);
    expect(clock.nextDueMs()).toBe(3);
    expect(clock.size).toBe(1);
  });

  it('does not go back and does not jump over a callback', () => {
    const clock = new SimulatedClock(100);
    clock.schedule(200, () => undefined);
    expect(() => clock.set(99)).toThrow(ConditionFailed);
    expect(() => clock.advanceTo(99)).toThrow(
      'Condition failed: a clock does not go back, was 99 at 100',
    );
    expect(() => clock.set(201)).toThrow(InvariantViolation);
    clock.set(200);
    expect(clock.nowMs()).toBe(200);
    expect(clock.runNext(200)).toBe(true);
    expect(clock.runNext(200)).toBe(false);
  });

  it('goes on after a callback that threw, and does not run it again', () => {
    const clock = new SimulatedClock(0);
    const ran: string[] = [];
    clock.schedule(1, () => {
      throw new Error('broken callback');
    });
    clock.schedule(1, () => ran.push('next'));
    expect(() => clock.advanceTo(5)).toThrow('broken callback');
    clock.advanceTo(5);
    expect(ran).toEqual(['next']);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5])(
    'takes whole milliseconds only, not %s',
    (atMs) => {
      const clock = new SimulatedClock(0);
      expect(() => new SimulatedClock(atMs)).toThrow(ConditionFailed);
      expect(() => clock.schedule(atMs, () => undefined)).toThrow(ConditionFailed);
      expect(() => clock.set(atMs)).toThrow(ConditionFailed);
      expect(clock.nextDueMs()).toBeUndefined();
    },
  );
});

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs once when the wall clock has reached the instant', () => {
    const run = vi.fn<() => void>();
    systemClock.schedule(systemClock.nowMs() + 500, run);
    vi.advanceTimersByTime(499);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('waits on when the wall clock has gone back meanwhile', () => {
    const run = vi.fn<() => void>();
    systemClock.schedule(1_000_500, run);
    vi.setSystemTime(999_000);
    vi.advanceTimersByTime(500);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('notices within a minute that the wall clock was set forward', () => {
    const run = vi.fn<() => void>();
    systemClock.schedule(1_000_000 + 3_600_000, run);
    vi.setSystemTime(1_000_000 + 7_200_000);
    vi.advanceTimersByTime(60_000);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('holds a delay that is longer than one timer of the platform can be', () => {
    const run = vi.fn<() => void>();
    const delayMs = 3 * 2_147_483_647;
    systemClock.schedule(systemClock.nowMs() + delayMs, run);
    vi.advanceTimersByTime(delayMs - 1);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('runs what is past due in a later turn, never inside the call', () => {
    const run = vi.fn<() => void>();
    systemClock.schedule(1, run);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('runs nothing that was canceled, also after it was armed again', () => {
    const run = vi.fn<() => void>();
    const cancel = systemClock.schedule(systemClock.nowMs() + 2 * 2_147_483_647, run);
    vi.advanceTimersByTime(2_147_483_647);
    cancel();
    vi.advanceTimersByTime(2 * 2_147_483_647);
    expect(run).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses an instant that is no whole millisecond', () => {
    expect(() => systemClock.schedule(Number.NaN, () => undefined)).toThrow(ConditionFailed);
  });

  it('has a monotonic time that does not follow the wall clock', () => {
    const beforeMs = systemClock.monotonicMs();
    vi.setSystemTime(5);
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(beforeMs);
  });
});
