/**
 * Verifies: INV-EXIT-1, INV-EXIT-2, INV-EXIT-3, INV-EXIT-4, execution 8
 *
 * A small venue of its own: closes are accepted, rejected, filled in parts, canceled or left hanging; other orders
 * fill or go away; facts may be those from before the last close. At the end it fills whatever it gets.
 */
import fc from 'fast-check';
import { assert, it } from 'vitest';
import type { OrderId } from '../../src/domain/ids.ts';
import type { ExitEvent, ExitFacts } from '../../src/domain/machine-event.ts';
import type { Recorded } from '../../src/domain/recorded.ts';
import { exitMachine } from '../../src/machines/exit.machine.ts';
import { runLive, type Run } from '../support/machine-run.ts';
import { accountId, lossRule, MNQ } from '../support/machine-samples.ts';

type Order = { readonly id: OrderId; readonly sign: number; leaves: number };

class Venue {
  open: number;
  atMs = 0;
  ended = 0;
  delayed = 0;
  closes: Order[] = [];
  others: Order[];
  isDue = false;
  rejects = false;
  private counter = 0;
  private readonly run: Run = runLive(exitMachine, { accountId, instrument: MNQ });
  readonly targets: number[] = [];
  readonly asked = new Set<string>();

  constructor(open: number, others: readonly number[]) {
    this.open = open;
    this.others = others.map((lots) => this.order(lots));
  }

  private order(signed: number): Order {
    this.counter += 1;
    return { id: `O${this.counter}` as OrderId, sign: Math.sign(signed), leaves: Math.abs(signed) };
  }

  get facts(): ExitFacts {
    const isStray = ({ sign }: Order): boolean => this.open !== 0 && sign === Math.sign(this.open);
    const strays = this.closes.filter(isStray).map(({ id }) => id);
    return {
      openLots: this.open,
      otherOrderIds: this.others.map(({ id }) => id),
      closeOrderIds: this.closes.map(({ id }) => id),
      closeLeavesLots: this.closes
        .filter((order) => !isStray(order))
        .reduce((sum, { leaves }) => sum + leaves, 0),
      ...(strays.length === 0 ? {} : { strayOrderIds: strays }),
    };
  }

  /** How far the position is from what may stay. */
  get excess(): number {
    const signs = new Set(this.targets.map(Math.sign));
    const nearest = this.targets.reduce(
      (a, b) => (Math.abs(b) < Math.abs(a) ? b : a),
      this.targets[0] ?? 0,
    );
    const target = signs.size > 1 ? 0 : nearest;
    if (this.open === 0) return 0;
    if (Math.sign(this.open) !== Math.sign(target)) return Math.abs(this.open);
    return Math.max(0, Math.abs(this.open) - Math.abs(target));
  }

  get state(): string {
    return String(this.run.snapshot().value);
  }

  require(target: number, facts: ExitFacts = this.facts): void {
    if (this.state === 'idle') this.targets.length = 0;
    this.targets.push(target);
    const { atMs } = this;
    this.send({
      type: 'exit.required',
      targetLots: target,
      reason: 'x',
      source: lossRule,
      facts,
      atMs,
    });
  }

  tell(type: 'exit.factsChanged' | 'exit.verifyDue' = 'exit.factsChanged'): void {
    this.atMs += 1;
    this.send({ type, facts: this.facts, atMs: this.atMs });
  }

  private send(event: ExitEvent): void {
    const { recorded } = this.run.send(event);
    for (const one of recorded) this.take(one);
    if (this.state === 'idle' || this.state === 'paced') return;
    for (const orderId of event.facts.strayOrderIds ?? [])
      assert.isTrue(this.asked.has(orderId), 'INV-EXIT-4');
  }

  private take(one: Recorded): void {
    if (one.type === 'intent') {
      const { side, quantityLots } = one.intent;
      const inFlight = this.facts.closeLeavesLots;
      assert.strictEqual(side, this.open > 0 ? 'sell' : 'buy', 'INV-EXIT-1');
      assert.isAtMost(quantityLots + inFlight, this.excess, 'INV-EXIT-1');
      if (!this.rejects)
        this.closes.push(this.order(side === 'sell' ? -quantityLots : quantityLots));
    } else if (one.type === 'timer.put') {
      this.isDue = true;
    } else if (one.type === 'timer.delete') {
      this.isDue = false;
    } else if (one.type === 'message' && one.event.type === 'account.exitEnded') {
      this.ended += 1;
      assert.strictEqual(this.excess, 0, 'INV-EXIT-2');
      assert.deepEqual(this.closes, [], 'INV-EXIT-2');
      if (this.targets.includes(0)) assert.deepEqual(this.others, [], 'INV-EXIT-2');
    } else if (one.type === 'message' && one.event.type === 'order.cancelRequested') {
      this.asked.add(one.to.slice('order/'.length));
    } else if (one.type === 'incident') {
      this.delayed += 1;
    }
  }

  fill(orders: Order[], index: number, lots: number): void {
    const order = orders[index % Math.max(1, orders.length)];
    if (order === undefined) return;
    const filled = Math.min(order.leaves, lots);
    order.leaves -= filled;
    this.open += order.sign * filled;
    this.drop();
  }

  cancel(orders: Order[], index: number): void {
    const order = orders[index % Math.max(1, orders.length)];
    if (order !== undefined) order.leaves = 0;
    this.drop();
  }

  private drop(): void {
    this.closes = this.closes.filter(({ leaves }) => leaves > 0);
    this.others = this.others.filter(({ leaves }) => leaves > 0);
  }
}

const lots = fc.integer({ min: -6, max: 6 });
const happening = fc.record({
  what: fc.constantFrom(
    'fill',
    'fill',
    'cancel',
    'fillOther',
    'cancelOther',
    'reject',
    'accept',
    'due',
    'require',
    'requireTwice',
  ),
  index: fc.nat({ max: 3 }),
  lots: fc.integer({ min: 1, max: 6 }),
  target: lots,
});

it('closes never more than is open beyond the target, and ends when the venue fills at last', () => {
  const seen = { ended: 0, delayed: 0, paced: 0 };
  fc.assert(
    fc.property(
      lots,
      fc.array(
        lots.filter((one) => one !== 0),
        { maxLength: 2 },
      ),
      lots,
      fc.array(happening, { maxLength: 30 }),
      (open, others, target, all) => {
        const venue = new Venue(open, others);
        venue.require(target);
        for (const one of all) {
          const before = venue.facts;
          if (one.what === 'fill') venue.fill(venue.closes, one.index, one.lots);
          else if (one.what === 'cancel') venue.cancel(venue.closes, one.index);
          else if (one.what === 'fillOther') venue.fill(venue.others, one.index, one.lots);
          else if (one.what === 'cancelOther') venue.cancel(venue.others, one.index);
          else if (one.what === 'reject') venue.rejects = true;
          else if (one.what === 'accept') venue.rejects = false;
          else if (one.what === 'require') venue.require(one.target);
          else if (one.what === 'requireTwice') {
            venue.atMs += 1;
            // Both requirements were made before the first close was known.
            venue.require(one.target, before);
            venue.require(0, before);
          }
          if (venue.state === 'paced') seen.paced += 1;
          venue.tell(one.what === 'due' && venue.isDue ? 'exit.verifyDue' : 'exit.factsChanged');
        }
        venue.rejects = false;
        for (let round = 0; round < 12 && venue.state !== 'idle'; round += 1) {
          while (venue.closes.length > 0) venue.fill(venue.closes, 0, 6);
          while (venue.others.length > 0) venue.cancel(venue.others, 0);
          assert.strictEqual(
            venue.isDue,
            true,
            'INV-EXIT-3: a timer stands while the exit is not over',
          );
          venue.tell('exit.verifyDue');
        }
        assert.strictEqual(venue.state, 'idle');
        seen.ended += venue.ended;
        seen.delayed += venue.delayed;
      },
    ),
    { numRuns: 1_500 },
  );
  for (const count of Object.values(seen)) assert.isAbove(count, 20);
});
