import { describe, expect, it } from 'vitest';
/** Verifies: execution 5 (#12), 12; negative case O4 */
import { BrokerClock, hearVenue } from '../../src/actors/broker-clock.ts';
import { TimerService } from '../../src/actors/timer-service.ts';
import { SkewedClock } from '../../src/bin/scenario/skewed-clock.ts';
import type { Fill } from '../../src/domain/fill.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';

function clocks() {
  const world = new SimulatedClock(1_000_000);
  const machine = new SkewedClock(world);
  return { world, machine, broker: new BrokerClock(machine) };
}

describe('the venue clock as we know it', () => {
  it('is our own and says so while the venue has given no time', () => {
    const { broker } = clocks();
    expect(broker.isKnown).toBe(false);
    expect(broker.nowMs()).toBe(1_000_000);
  });

  it('O4 goes on by the monotonic clock without updates, 40 s ahead, through a step of the wall clock', () => {
    const { world, machine, broker } = clocks();
    broker.hear(1_040_000);
    world.advanceTo(1_010_000);
    expect(broker.nowMs()).toBe(1_050_000);
    machine.skewMs = -3_600_000;
    expect(broker.nowMs()).toBe(1_050_000);
  });

  it('does not follow one old stamp, and follows a clock that stays back', () => {
    const { broker } = clocks();
    broker.hear(1_040_000);
    broker.hear(900_000);
    expect(broker.nowMs()).toBe(1_040_000);
    for (let times = 0; times < 5; times += 1) broker.hear(1_000_000);
    expect(broker.nowMs()).toBe(1_000_000);
  });

  it('does not follow one stamp of the far future, however often it is repeated', () => {
    const { world, broker } = clocks();
    broker.hear(1_000_000);
    for (let times = 0; times < 9; times += 1) broker.hear(4_600_000);
    expect(broker.nowMs()).toBe(1_000_000);
    expect(broker.isBelievable(4_600_000)).toBe(false);
    expect(broker.isOfTheFuture(4_600_000)).toBe(true);
    world.advanceTo(1_001_000);
    broker.hear(1_001_000);
    broker.hear(9_999_999);
    broker.hear(4_601_000);
    expect(broker.nowMs()).toBe(1_001_000);
  });

  it('follows a venue whose clock was set far ahead once its stamps go on in step', () => {
    const { world, broker } = clocks();
    broker.hear(1_000_000);
    for (const atMs of [1_001_000, 1_002_000, 1_003_000]) {
      world.advanceTo(atMs);
      broker.hear(atMs + 3_600_000);
    }
    expect(broker.nowMs()).toBe(4_603_000);
  });

  it.each([
    [30_000, true],
    [30_001, false],
    [-30_000, true],
    [-30_001, false],
    [Number.NaN, false],
  ])('believes a time %i ms off: %s', (offMs, isBelieved) => {
    const { broker } = clocks();
    broker.hear(1_000_000);
    expect(broker.isBelievable(1_000_000 + offMs)).toBe(isBelieved);
  });

  it('learns nothing of the time from an execution that is told late, or an order that changed long ago', () => {
    const { broker } = clocks();
    broker.hear(1_000_000);
    const late = { venueTimeMs: 400_000 } as unknown as Fill;
    for (let times = 0; times < 9; times += 1)
      hearVenue(broker, { type: 'venue.fill', fill: late });
    expect(broker.nowMs()).toBe(1_000_000);
  });

  it('smooths what is only jitter', () => {
    const { broker } = clocks();
    broker.hear(1_000_000);
    broker.hear(1_000_800);
    expect(broker.nowMs()).toBe(1_000_100);
  });
});

describe('a durable deadline that is a duration', () => {
  it.each([-3_600_000, 3_600_000])(
    'O4 comes when its time has passed, whatever the wall clock does (%i ms)',
    (stepMs) => {
      const { world, machine } = clocks();
      const due: string[] = [];
      const timers = new TimerService(machine, ({ name }) => due.push(name));
      const row = { owner: 'account/A1/order/O1', dueAtMs: 1_005_000 } as const;
      timers.arm({ ...row, name: 'cancel', event: 'order.cancelOverdue' });
      machine.skewMs = stepMs;
      world.advanceTo(1_004_999);
      expect(due).toEqual([]);
      world.advanceTo(1_005_000);
      expect(due).toEqual(['cancel']);
    },
  );

  it('leaves an instant of the calendar to the wall clock', () => {
    const { world, machine } = clocks();
    const due: string[] = [];
    const timers = new TimerService(machine, ({ name }) => due.push(name));
    timers.arm({
      owner: 'account/A1/account',
      name: 'day',
      dueAtMs: 1_005_000,
      event: 'scheduler.boundaryReached',
    });
    machine.skewMs = -10_000;
    world.advanceTo(1_006_000);
    expect(due).toEqual([]);
    world.advanceTo(1_015_000);
    expect(due).toEqual(['day']);
  });
});
