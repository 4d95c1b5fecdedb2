/** Verifies: execution 2.1, 6 (L2 waits, L4 asks beside the turn), A4; trading-controls 2.2 (repeats, message limits). */
import { afterEach, describe, expect, it } from 'vitest';
import type { SubmitAnswer } from '../../src/actors/input.ts';
import type { AccountId, InstrumentId } from '../../src/domain/ids.ts';
import { createInstrument } from '../../src/domain/instrument.ts';
import type { VenueOrder } from '../../src/ports/venue.port.ts';
import { SlidingWindow } from '../../src/rules/gate/sliding-window.ts';
import { numbersOnGrid } from '../../src/rules/order-shape.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';

let running: TestEngine | undefined;

afterEach(() => {
  running?.crash();
  if (running !== undefined) removeDirectory(running.directory);
  running = undefined;
});

async function started(): Promise<TestEngine> {
  running = await startTestEngine();
  await running.quote('ES', 23_200, 23_201);
  return running;
}

/** Submits without letting time or promises pass. */
function offer(test: TestEngine, maxAgeMs = 30_000): { answer: SubmitAnswer | undefined } {
  const result: { answer: SubmitAnswer | undefined } = { answer: undefined };
  test.engine.submit(
    {
      accountId: 'A1' as AccountId,
      instrument: 'ES' as InstrumentId,
      side: 'buy',
      orderType: 'market',
      quantityLots: 1,
      timeInForce: 'day',
      reduceOnly: false,
      purpose: 'entry',
      source: 'operator',
      by: 'test',
      maxAgeMs,
      atMs: test.clock.nowMs(),
    },
    (answer) => {
      result.answer = answer;
    },
  );
  test.engine.rest();
  return result;
}

/** A venue that is asked over a wire: it answers when the test says so. */
function askedOverAWire(test: TestEngine) {
  const asked: {
    resolve: (orders: readonly VenueOrder[]) => void;
    reject: (why: Error) => void;
  }[] = [];
  Object.assign(test.venue, {
    openOrders: () =>
      new Promise<readonly VenueOrder[]>((resolve, reject) => {
        asked.push({ resolve, reject });
      }),
  });
  const settle = async (): Promise<void> => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    test.engine.rest();
  };
  return { asked, settle };
}

describe('an intent that needs the open orders of a venue', () => {
  it('waits for the answer beside the turn, and goes when it comes', async () => {
    const test = await started();
    const { asked, settle } = askedOverAWire(test);
    const result = offer(test);
    expect(result.answer).toBeUndefined();
    expect(test.engine.isSynchronizing).toBe(true);
    expect(test.engine.world.submission.waiting.size).toBe(1);
    asked[0]?.resolve([]);
    await settle();
    expect(result.answer).toHaveProperty('orderId');
    expect(test.engine.world.submission.waiting.size).toBe(0);
    expect(test.engine.isSynchronizing).toBe(false);
  });

  it('A2: is refused when the question fails, or is not answered in time', async () => {
    const test = await started();
    const { asked, settle } = askedOverAWire(test);
    const failed = offer(test);
    asked[0]?.reject(new Error('HTTP 500'));
    await settle();
    expect(failed.answer).toMatchObject({
      denial: {
        code: 'VENUE_ORDER_EXISTS',
        facts: [{ name: 'unknown' }, { name: 'reason', value: 'HTTP 500' }],
      },
    });
    const unanswered = offer(test);
    await test.quote('ES', 23_200, 23_201);
    await test.lockstep.advanceTo(test.clock.nowMs() + 5_000);
    expect(unanswered.answer).toMatchObject({ denial: { code: 'VENUE_ORDER_EXISTS' } });
    expect(test.engine.world.submission.layerDenials).toMatchObject({ L1: 0, L4: 2 });
  });

  it('asks again when another order has left meanwhile', async () => {
    const test = await started();
    const { asked, settle } = askedOverAWire(test);
    const [first, second] = [offer(test), offer(test)];
    for (const { resolve } of asked) resolve([]);
    await settle();
    await test.lockstep.rest();
    expect(first.answer).toHaveProperty('orderId');
    expect(second.answer).toBeUndefined();
    expect(asked).toHaveLength(3);
    asked[2]?.resolve([]);
    await settle();
    expect(second.answer).toHaveProperty('orderId');
  });
});

it('an intent that waits longer than it may live is refused, and nothing of it is sent', async () => {
  const test = await started();
  test.venue.setFaults({ latencyMs: 2_000 });
  offer(test);
  const late = offer(test, 1_000);
  expect(late.answer).toBeUndefined();
  await test.lockstep.advanceTo(test.clock.nowMs() + 1_000);
  expect(late.answer).toMatchObject({ denial: { code: 'SYMBOL_BUSY' } });
  expect(test.engine.world.counters).toMatchObject({ orders: 1, denials: 1 });
});

it('an account that nobody knows is answered', async () => {
  const test = await started();
  let answer: SubmitAnswer | undefined;
  test.engine.submit(
    { accountId: 'ZZ' as AccountId, maxAgeMs: 1, atMs: 0 } as never,
    (given: SubmitAnswer) => {
      answer = given;
    },
  );
  test.engine.rest();
  expect(answer).toMatchObject({ denial: { code: 'SCHEMA_INVALID' } });
});

describe('a sliding window', () => {
  it('gives room again exactly one interval later', () => {
    const window = new SlidingWindow(2, 1_000);
    expect([window.reserve(1, 0), window.reserve(1, 400), window.reserve(1, 999)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(window.freeAtMs(999)).toBe(1_000);
    expect(window.reserve(1, 1_000)).toBe(true);
    expect(window.freeAtMs(1_000)).toBe(1_400);
  });

  it('gives a batch room as a whole, or none', () => {
    const window = new SlidingWindow(5, 10);
    expect([3, 3, 2, 0, 6].map((count) => window.reserve(count, 0))).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
    expect(window.received).toBe(14);
  });

  it('counts an exit without asking, and forgets what lies ahead of a clock that was set back', () => {
    const window = new SlidingWindow(1, 1_000);
    window.take(5_000);
    window.take(5_000);
    expect(window.countAt(5_000)).toBe(2);
    expect(window.freeAtMs(5_000)).toBe(6_000);
    expect(window.countAt(1_000)).toBe(0);
  });

  it.each([
    [0, 1_000],
    [1_000, 0],
    [1.5, 10],
  ])('refuses a limit of %d in %d ms', (limit, intervalMs) => {
    expect(() => new SlidingWindow(limit, intervalMs)).toThrow(/above 0/);
  });
});

describe('numbers off the grid', () => {
  const es = createInstrument({
    id: 'ES',
    kind: 'future',
    settlementCurrency: 'USD',
    tickSize: '0.25',
    multiplier: '50',
    calendar: 'futures',
  });

  it.each([
    ['buy', { quantity: '2', limitPrice: '5800.10' }, { quantityLots: 2, limitTicks: 23_201 }],
    ['sell', { quantity: '2', limitPrice: '5800.10' }, { quantityLots: 2, limitTicks: 23_200 }],
    ['sell', { quantity: '2', stopPrice: '5790.10' }, { quantityLots: 2, stopTicks: 23_161 }],
    ['buy', { quantity: '2', stopPrice: '5790.10' }, { quantityLots: 2, stopTicks: 23_160 }],
    ['buy', { quantity: '1.9' }, { quantityLots: 1 }],
  ] as const)(
    'are rounded for a %s so that an exit works and adds nothing (%#)',
    (side, written, on) => {
      const numbers = numbersOnGrid(es, side, written);
      expect(numbers).toMatchObject(on);
      expect(Object.values(numbers.offGrid ?? {})).toHaveLength(1);
    },
  );

  it('are left alone on the grid, and are NaN where they are none', () => {
    expect(numbersOnGrid(es, 'buy', { quantity: '3', limitPrice: '5800.25' })).toEqual({
      quantityLots: 3,
      limitTicks: 23_201,
    });
    expect(numbersOnGrid(es, 'buy', { quantity: 'NaN' })).toEqual({ quantityLots: Number.NaN });
  });
});
