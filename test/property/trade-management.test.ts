/** Verifies: RULE-012: ratchet, side of the market, pace and size, against a venue that may refuse */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuleMemory, WantedAction } from '../../src/domain/verdict.ts';
import { memoryKey, type WorkingOrderFacts } from '../../src/domain/view.ts';
import { context, facts, nowMs, position, ruleOf, ticks, working } from '../support/rule-facts.ts';

const rule = ruleOf('RULE-012');
const config = rule.config.parse({
  enabled: true,
  autoStop: { enabled: true },
  autoBreakeven: { enabled: true },
  trailingStop: { enabled: true },
});
const entry = ticks('MNQ', '21000');
const pauseMs = 500;

const Step = fc.record({
  move: fc.integer({ min: -6, max: 6 }),
  afterMs: fc.integer({ min: 1, max: 700 }),
  isRefused: fc.boolean(),
});

/** One position, its stops, and a venue that answers at once or refuses. */
class Stage {
  atMs = nowMs;
  stops: WorkingOrderFacts[] = [];
  memory: RuleMemory = {};
  asks: number[] = [];
  readonly faults: string[] = [];
  readonly isLong: boolean;
  private price = entry;

  constructor(isLong: boolean) {
    this.isLong = isLong;
  }

  step(move: number, afterMs: number, isRefused: boolean): void {
    this.atMs += afterMs;
    this.price += move;
    const account = facts({
      positions: [position('MNQ', this.isLong ? '2' : '-2', '21000')],
      workingOrders: this.stops,
      memory: { [memoryKey(rule.id, 'MNQ')]: this.memory },
    });
    const mark = { lastTicks: this.price, receivedAtMs: this.atMs };
    const [finding] = rule.evaluate(
      { ...context(account), nowMs: this.atMs, marks: () => mark },
      config,
    );
    this.memory = finding?.remember ?? this.memory;
    for (const want of finding?.wants ?? []) this.carryOut(want, isRefused);
    // A stop that the market has reached is filled; the position of this stage is kept.
    this.stops = this.stops.filter(({ stopTicks = 0 }) => this.side(this.price, stopTicks) > 0);
  }

  get best(): number | undefined {
    const prices = this.stops.map(({ stopTicks = 0 }) => stopTicks);
    if (prices.length === 0) return undefined;
    return this.isLong ? Math.max(...prices) : Math.min(...prices);
  }

  side(price: number, than: number): number {
    return this.isLong ? price - than : than - price;
  }

  private carryOut(want: WantedAction, isRefused: boolean): void {
    if (want.type === 'cancelOrder') {
      this.stops = this.stops.filter(({ orderId }) => orderId !== want.orderId);
      return;
    }
    if (want.type !== 'placeProtective' && want.type !== 'modifyProtective') {
      throw new Error(`an automation never wants ${want.type}`);
    }
    const { stopTicks = 0 } = want;
    if (this.side(this.price, stopTicks) <= 0) this.faults.push('beyond the market');
    if (this.atMs - (this.asks.at(-1) ?? -Infinity) < pauseMs) this.faults.push('too soon');
    this.asks.push(this.atMs);
    if (isRefused) return;
    if (want.type === 'modifyProtective') {
      this.stops = this.stops.map((one) =>
        one.orderId === want.orderId ? { ...one, stopTicks } : one,
      );
      return;
    }
    if (want.quantityLots !== 2) this.faults.push('another size');
    if (want.side !== (this.isLong ? 'sell' : 'buy')) this.faults.push('another side');
    const options = { purpose: 'protective', orderType: 'stop', stopTicks } as const;
    this.stops = [...this.stops, working('MNQ', want.side, '2', options)];
  }
}

describe('the automation beside a position', () => {
  it('moves the stop only toward profit, never beyond the market, and at its pace', () => {
    let moves = 0;
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(Step, { minLength: 1, maxLength: 60 }),
        (isLong, steps) => {
          const stage = new Stage(isLong);
          for (const { move, afterMs, isRefused } of steps) {
            const [before, there] = [stage.best, stage.stops.length];
            stage.step(move, afterMs, isRefused);
            if (before === undefined || stage.stops.length < there) continue;
            if (stage.best !== before) moves += 1;
            if (stage.side(stage.best ?? before, before) < 0) stage.faults.push('away from profit');
          }
          expect(stage.faults).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
    expect(moves).toBeGreaterThan(15);
  });
});
