/** Verifies: architecture 7, the simulated clock: order of callbacks, timers armed in callbacks, never back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedClock, type Cancel } from '../../src/kernel/clock.ts';

type Ran = { readonly id: number; readonly atMs: number };

type Operation =
  | { readonly do: 'schedule'; readonly inMs: number; readonly thenInMs: number | undefined }
  | { readonly do: 'cancel'; readonly pick: number }
  | { readonly do: 'advance'; readonly byMs: number };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('schedule' as const),
      // Few distinct times, so that equal due times are common; negative ones are in the past.
      inMs: fc.integer({ min: -3, max: 12 }),
      thenInMs: fc.option(fc.integer({ min: -2, max: 6 }), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('advance' as const), byMs: fc.nat({ max: 8 }) }),
  },
);

/** The same, by the definition: look through a plain list for the earliest, of equals the first armed. */
class ReferenceClock {
  readonly ran: Ran[] = [];
  private entries: { id: number; dueAtMs: number; thenInMs: number | undefined }[] = [];
  private atMs = 1000;

  schedule(id: number, inMs: number, thenInMs: number | undefined): void {
    this.entries.push({ id, dueAtMs: Math.max(this.atMs, this.atMs + inMs), thenInMs });
  }

  cancel(id: number): void {
    this.entries = this.entries.filter((entry) => entry.id !== id);
  }

  advance(byMs: number): void {
    const toMs = this.atMs + byMs;
    for (;;) {
      const due = this.entries.filter((entry) => entry.dueAtMs <= toMs);
      const earliest = Math.min(...due.map((entry) => entry.dueAtMs));
      const next = due.find((entry) => entry.dueAtMs === earliest);
      if (next === undefined) break;
      this.entries = this.entries.filter((entry) => entry !== next);
      this.atMs = next.dueAtMs;
      this.ran.push({ id: next.id, atMs: this.atMs });
      if (next.thenInMs !== undefined) this.schedule(next.id + 10_000, next.thenInMs, undefined);
    }
    this.atMs = toMs;
  }
}

describe('the simulated clock', () => {
  it('runs every callback once, by due time and then by order of scheduling, at its own due time', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
        const clock = new SimulatedClock(1000);
        const reference = new ReferenceClock();
        const ran: Ran[] = [];
        const cancels: { id: number; cancel: Cancel }[] = [];
        const arm = (id: number, inMs: number, thenInMs: number | undefined): void => {
          const cancel = clock.schedule(clock.nowMs() + inMs, () => {
            ran.push({ id, atMs: clock.nowMs() });
            if (thenInMs !== undefined) arm(id + 10_000, thenInMs, undefined);
          });
          cancels.push({ id, cancel });
        };
        let id = 0;
        for (const step of operations) {
          if (step.do === 'schedule') {
            id += 1;
            arm(id, step.inMs, step.thenInMs);
            reference.schedule(id, step.inMs, step.thenInMs);
          } else if (step.do === 'cancel') {
            const picked = cancels[step.pick % Math.max(1, cancels.length)];
            picked?.cancel();
            if (picked !== undefined) reference.cancel(picked.id);
          } else {
            clock.advanceTo(clock.nowMs() + step.byMs);
            reference.advance(step.byMs);
          }
        }
        clock.advanceTo(clock.nowMs() + 100);
        reference.advance(100);
        expect(ran).toEqual(reference.ran);
        expect(clock.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('never shows an earlier time than before', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 20 }), { maxLength: 60 }), (delays) => {
        const clock = new SimulatedClock(0);
        let lastMs = 0;
        const look = (): void => {
          expect(clock.nowMs()).toBeGreaterThanOrEqual(lastMs);
          expect(clock.monotonicMs()).toBe(clock.nowMs());
          lastMs = clock.nowMs();
        };
        for (const delay of delays) {
          clock.schedule(clock.nowMs() + delay, () => {
            look();
            clock.schedule(clock.nowMs() - 1, look);
          });
          clock.runNext(clock.nowMs() + 3);
          look();
        }
        clock.advanceTo(10_000);
        look();
      }),
    );
  });

  it('keeps no more than the armed callbacks and a bounded rest when deadlines are moved again and again', () => {
    const clock = new SimulatedClock(0);
    let cancel: Cancel = () => undefined;
    for (let moves = 0; moves < 100_000; moves += 1) {
      cancel();
      cancel = clock.schedule(86_400_000 + moves, () => undefined);
    }
    expect(clock.size).toBeLessThan(200);
  });
});
