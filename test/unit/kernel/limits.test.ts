/** Verifies: style 3.3, every bound is a positive whole number. */
import { expect, it } from 'vitest';
import { limits } from '../../../src/kernel/limits.ts';

it.each(Object.entries(limits))('%s is a positive whole number, or some', (_name, value) => {
  const bounds = typeof value === 'number' ? [value] : value;
  expect(bounds.length).toBeGreaterThan(0);
  for (const bound of bounds) {
    expect(Number.isSafeInteger(bound)).toBe(true);
    expect(bound).toBeGreaterThan(0);
  }
});

it('bounds that depend on each other agree', () => {
  expect(limits.turnEventsMax).toBeLessThanOrEqual(limits.inboxDepthMax);
  expect(limits.inboxAlarmPercent).toBeLessThan(100);
  expect(limits.restartBackoffMs).toBeLessThan(limits.restartBackoffMsMax);
  expect(limits.evaluationDurationMsMax).toBeLessThan(limits.evaluationLockstepDurationMsMax);
});
