/**
 * Verifies: execution 3.10, INV-ORD-1, INV-ORD-2, INV-ORD-3
 *
 * - INV-ORD-1: a fill counts once, however often it is reported.
 * - INV-ORD-2: `filledLots` never falls, unless the venue voids a trade.
 * - INV-ORD-3: once closed, an order is never live again, unless the venue proves otherwise: then integrity says so.
 * - Whatever the order of arrival, with duplicates: the same filled quantity, the same final status.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isClosed } from '../../src/domain/order.ts';
import { leavesLots } from '../../src/machines/order.machine.ts';
import {
  createOrder,
  orderWords,
  restoreOrder,
  sortedJson,
  type OrderDriver,
} from '../support/order-driver.ts';

type Story = {
  readonly name: string;
  /** In order; what comes after may arrive in any order. */
  readonly first: readonly string[];
  readonly events: readonly string[];
  readonly final: string;
  readonly filledLots: number;
};

const sent = ['commit', 'send'];

/** What venues really send about one order, each report with the venue's own version. */
const stories: readonly Story[] = [
  {
    name: 'filled in two trades',
    first: sent,
    events: [
      'accepted answer id=V1',
      'opened t=1 c=0',
      'fill a 1 t=2 c=1',
      'fill b 2 t=3 c=3',
      'statusFilled t=3 c=3',
    ],
    final: 'filled',
    filledLots: 3,
  },
  {
    name: 'canceled after a part, with the refusal of a second cancel',
    first: [...sent, 'cancel'],
    events: [
      'accepted answer',
      'opened t=1 c=0',
      'fill a 1 t=2 c=1',
      'cancelAccepted t=3 c=1',
      'canceled t=4 c=1',
      'cancelRejected',
    ],
    final: 'canceled',
    filledLots: 1,
  },
  {
    name: 'expired after a part',
    first: sent,
    events: ['accepted answer', 'opened t=1 c=0', 'fill a 2 t=2 c=2', 'expired t=3 c=2'],
    final: 'expired',
    filledLots: 2,
  },
  {
    name: 'the remainder rejected',
    first: sent,
    events: ['accepted answer', 'fill a 1 t=2 c=1', 'venueRejected t=3 c=1'],
    final: 'canceled',
    filledLots: 1,
  },
  {
    name: 'a bracket child that triggers and fills',
    first: sent,
    events: [
      'accepted answer',
      'suspended t=1 c=0',
      'opened t=2 c=0',
      'triggered t=3 c=0',
      'fill a 3 t=4 c=3',
    ],
    final: 'filled',
    filledLots: 3,
  },
  {
    name: 'the answer lost, found by query',
    first: [...sent, 'placeAmbiguous answer'],
    events: [
      'opened t=1 c=0',
      'fill a 1 t=2 c=1',
      'fill b 1 t=3 c=2',
      'opened t=3 c=2 query',
      'canceled t=4 c=2 query',
    ],
    final: 'canceled',
    filledLots: 2,
  },
  {
    name: 'filled while we modify and cancel',
    first: [...sent, 'accepted', 'modify p=90', 'cancel'],
    events: [
      'updated p=90 answer',
      'cancelRejected answer',
      'fill a 3 t=5 c=3',
      'statusFilled t=5 c=3',
    ],
    final: 'filled',
    filledLots: 3,
  },
];

/** INV-ORD-1 to 3 over one step. */
function checkStep(order: OrderDriver, line: string): void {
  const { before, after } = order.send(line);
  const leastLots = line.startsWith('voided') ? 0 : before.context.filledLots;
  expect(after.context.filledLots).toBeGreaterThanOrEqual(leastLots);
  const wasClosed = isClosed(before.value.execution as never);
  const isLive = !isClosed(after.value.execution as never);
  expect(wasClosed && isLive && after.value.integrity === 'clean', 'INV-ORD-3').toBe(false);
  expect(leavesLots(after.context, order.regions)).toBeGreaterThanOrEqual(0);
}

describe('an order', () => {
  it.each(stories)(
    'ends the same in every order of arrival, with duplicates: $name',
    ({ first, events, final, filledLots }) => {
      fc.assert(
        fc.property(
          fc.shuffledSubarray([...events], { minLength: events.length }),
          fc.array(fc.tuple(fc.constantFrom(...events), fc.nat()), { maxLength: 4 }),
          (shuffled, repeats) => {
            const order = createOrder().sendAll(first);
            const lines = [...shuffled];
            for (const [line, at] of repeats)
              lines.splice(lines.indexOf(line) + 1 + (at % lines.length), 0, line);
            for (const line of lines) checkStep(order, line);
            expect([order.regions.execution, order.context.filledLots]).toEqual([
              final,
              filledLots,
            ]);
            expect(order.regions.request).toBe('none');
            order.stop();
          },
        ),
        { numRuns: 500 },
      );
    },
  );

  it('INV-ORD-1, INV-ORD-2, INV-ORD-3 hold for any events in any order, and a restart changes nothing', () => {
    const seen = new Set<string>();
    const small = fc.integer({ min: 0, max: 6 });
    const line = fc
      .record({
        word: fc.constantFrom(...orderWords),
        id: fc.constantFrom('a', 'b', 'c', 'd'),
        lots: fc.integer({ min: 1, max: 4 }),
        t: fc.option(small),
        c: small,
        q: fc.integer({ min: 1, max: 5 }),
        origin: fc.constantFrom('answer', 'stream', 'query'),
      })
      .map(({ word, id, lots, t, c, q, origin }) =>
        [
          word,
          ...(word === 'fill' || word === 'voided' ? [id, lots] : []),
          ...(t === null ? [] : [`t=${t}`, `c=${c}`]),
          `q=${q}`,
          origin,
        ].join(' '),
      );
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 5, maxLength: 40 }),
        fc.boolean(),
        (lines, isSent) => {
          const order = createOrder().sendAll(isSent ? sent : []);
          for (const one of lines) {
            checkStep(order, one);
            seen.add(order.state);
          }
          const restored = restoreOrder(order.snapshot);
          expect(sortedJson(restored.snapshot.context)).toBe(sortedJson(order.context));
          order.stop();
          restored.stop();
        },
      ),
      { numRuns: 1_000 },
    );
    // A generator that reaches only a few configurations would prove nothing.
    expect(seen.size).toBeGreaterThan(60);
  });
});
