/**
 * Verifies: whatever is sent and whatever the market does, the books of the paper venue add up.
 *
 * - money = start + realized − fees, in each currency
 * - every position is the signed sum of its fills
 * - no order fills beyond its quantity; reduce-only orders never open
 * - a client order id is taken once, counted each time
 * - a restart at any point changes nothing
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { OrderType, TimeInForce } from '../../src/domain/order.ts';
import { applyFill, emptyBook, type Side } from '../../src/domain/position.ts';
import type { FaultChanges } from '../../src/venues/paper/paper-faults.ts';
import {
  coin,
  createPaperBench,
  mnq,
  paperInstruments,
  paperStartMs,
  type PaperBench,
} from '../support/paper.ts';

const lots = fc.integer({ min: 1, max: 9 });
const price = fc.integer({ min: 900, max: 1_100 });
const instrument = fc.constantFrom(mnq.id, coin.id);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('quote' as const),
      instrument,
      price,
      spread: fc.integer({ min: 0, max: 9 }),
      hasTouch: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      id: fc.integer({ min: 0, max: 30 }),
      instrument,
      side: fc.constantFrom<Side>('buy', 'sell'),
      orderType: fc.constantFrom<OrderType>('market', 'limit', 'stop', 'stopLimit', 'trailingStop'),
      timeInForce: fc.constantFrom<TimeInForce>('day', 'gtc', 'ioc', 'fok'),
      quantityLots: lots,
      limitTicks: price,
      stopTicks: price,
      trailTicks: lots,
      reduceOnly: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('cancel' as const),
      id: fc.integer({ min: 0, max: 30 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('modify' as const),
      id: fc.integer({ min: 0, max: 30 }),
      instrument,
      quantityLots: lots,
      limitTicks: price,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      forMs: fc.integer({ min: 1, max: 500 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const faults = fc.record<FaultChanges>({
  partial: fc.option(fc.record({ sizes: fc.array(lots, { minLength: 1, maxLength: 3 }) }), {
    nil: undefined,
  }),
  latencyMs: fc.constantFrom(0, 0, 30),
  slippageTicks: fc.constantFrom(0, 2),
  duplicateEvents: fc.boolean(),
  reorder: fc.boolean(),
});

const options = {
  depth: { lotsPerLevel: 4, levels: 2 },
  randomPartial: { chancePpm: 300_000, sharePercentMin: 20 },
};

function run(bench: PaperBench, one: Step): void {
  const { clock, venue } = bench;
  switch (one.do) {
    case 'quote': {
      const touch = one.hasTouch ? { bidTicks: one.price, askTicks: one.price + one.spread } : {};
      const times = { venueTimeMs: clock.nowMs(), receivedAtMs: clock.nowMs() };
      venue.onQuote({ instrument: one.instrument, ...touch, lastTicks: one.price, ...times });
      break;
    }
    case 'submit': {
      const { do: _, id, ...order } = one;
      bench.submit({ id: `o${id}`, ...order });
      break;
    }
    case 'cancel':
      bench.cancel(`o${one.id}`);
      break;
    case 'modify': {
      const about = venue.ledger().orders.find(({ orderId }) => orderId === `o${one.id}`);
      if (about?.orderId === undefined) break;
      venue.modify({
        orderId: about.orderId,
        accountId: about.accountId,
        instrument: about.instrument,
        quantityLots: one.quantityLots,
      });
      break;
    }
    case 'wait':
      clock.advanceTo(clock.nowMs() + one.forMs);
      break;
  }
}

function expectBooksToAddUp({ venue, events }: PaperBench): void {
  const { fills, positions, balances, orders, submissions } = venue.ledger();
  expect(new Set(fills.map(({ fillId }) => fillId)).size).toBe(fills.length);
  for (const known of paperInstruments.values()) {
    let book = emptyBook;
    for (const fill of fills)
      if (fill.instrument === known.id) book = applyFill(book, known, fill).book;
    const held = positions.find((row) => row.instrument === known.id)?.book ?? emptyBook;
    expect(held).toEqual(book);
    const start = known.settlementCurrency === 'USD' ? 50_000_000_000 : 0;
    const money =
      balances.find(({ currency }) => currency === known.settlementCurrency)?.units ?? start;
    expect(money).toBe(start + book.realizedUnits - book.feesUnits);
  }
  for (const order of orders) {
    const filled = fills
      .filter(({ orderId }) => orderId === order.orderId)
      .reduce((sum, fill) => sum + fill.lots, 0);
    expect(order.filledLots).toBe(filled);
    expect(filled).toBeLessThanOrEqual(order.quantityLots);
    expect(order.status === 'filled').toBe(filled === order.quantityLots);
  }
  expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(orders.length);
  expect(
    orders.filter(({ orderId }) => orderId === undefined || !submissions.has(orderId)),
  ).toEqual([]);
  const told = new Set(
    events.flatMap((event) => (event.type === 'venue.fill' ? [event.fill.fillId] : [])),
  );
  expect(told.size).toBe(fills.length);
}

/** What a reduce-only order did never made a position larger or turned it round. */
function expectReductions({ venue }: PaperBench): void {
  const { fills, orders } = venue.ledger();
  const reducing = new Set(
    orders.filter(({ reduceOnly }) => reduceOnly).map(({ orderId }) => orderId),
  );
  const open = new Map<string, number>();
  for (const fill of fills) {
    const before = open.get(fill.instrument) ?? 0;
    const after = before + (fill.side === 'buy' ? fill.lots : -fill.lots);
    open.set(fill.instrument, after);
    if (!reducing.has(fill.orderId)) continue;
    expect(Math.abs(after)).toBeLessThan(Math.abs(before));
    expect(before * after).toBeGreaterThanOrEqual(0);
  }
}

it('adds up after any orders, quotes and faults', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), faults, (steps, changes) => {
      const bench = createPaperBench({ ...options, faults: changes });
      for (const one of steps) run(bench, one);
      bench.clock.advanceTo(bench.clock.nowMs() + 1_000);
      expectBooksToAddUp(bench);
      expectReductions(bench);
    }),
    { numRuns: 300 },
  );
});

it('is the same with and without a restart in the middle', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 4, maxLength: 40 }),
      fc.array(step, { minLength: 4, maxLength: 40 }),
      (first, second) => {
        const directory = mkdtempSync(join(tmpdir(), 'bulkhead-paper-'));
        try {
          const through = createPaperBench(options);
          const before = createPaperBench(options, directory);
          for (const one of first) for (const bench of [through, before]) run(bench, one);
          const kept = before.venue.ledger();
          // No farewell: the second venue opens the book of the first as a crash has left it.
          const after = createPaperBench(
            options,
            directory,
            Math.max(paperStartMs, before.clock.nowMs()),
          );
          expect(after.venue.ledger()).toEqual(kept);
          // Prices are not part of the book: both see the market anew.
          for (const bench of [through, after]) {
            for (const id of [mnq.id, coin.id]) {
              run(bench, { do: 'quote', instrument: id, price: 1_000, spread: 1, hasTouch: true });
            }
          }
          for (const one of second) for (const bench of [through, after]) run(bench, one);
          expect(after.venue.ledger()).toEqual(through.venue.ledger());
          before.venue.close();
          after.venue.close();
        } finally {
          rmSync(directory, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: 40 },
  );
});
