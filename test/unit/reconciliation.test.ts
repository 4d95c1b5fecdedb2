/** Verifies: execution 11.1 to 11.5 and 3.3 (inferred fills), negative cases A5 and N3, in the whole engine */
import { afterEach, describe, expect, it } from 'vitest';
import { actorId } from '../../src/actors/world.ts';
import type { Fill } from '../../src/domain/fill.ts';
import type {
  AccountId,
  FillId,
  InstrumentId,
  OrderId,
  VenueOrderId,
} from '../../src/domain/ids.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { operate } from '../support/operate.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

const account = 'A1' as AccountId;
const mnq = 'MNQ' as InstrumentId;

async function start(options: Parameters<typeof startTestEngine>[0] = {}): Promise<TestEngine> {
  const started = await startTestEngine(options);
  directories.push(started.directory);
  await started.quote('MNQ', 84_000, 84_001);
  return started;
}

function runtime({ engine }: TestEngine) {
  const found = engine.world.accounts.get(account);
  if (found === undefined) throw new Error('A1 is configured');
  return found;
}

function headSeq({ engine }: TestEngine): number {
  return engine.world.options.journal.head.seq;
}

async function pass({ lockstep, clock }: TestEngine, milliseconds: number): Promise<void> {
  await lockstep.advanceTo(clock.nowMs() + milliseconds);
}

function position(test: TestEngine, openLots: number, ticks: number): void {
  // A tick of MNQ is worth half a dollar.
  const costUnits = openLots * ticks * 500_000;
  test.venue.externalPosition({ accountId: account, instrument: mnq, openLots, costUnits });
}

/** As the stream of the venue tells it, with nothing of it in the venue's own book. */
async function hear({ engine, clock, lockstep }: TestEngine, fill: Fill): Promise<void> {
  const event = { type: 'venue.fill', fill } as const;
  engine.put('venue', { type: 'venue', event, atMs: clock.nowMs() });
  await lockstep.rest();
}

function notesOf({ notes }: TestEngine, code: string): number {
  return notes.filter((note) => note.startsWith(code)).length;
}

function isStandIn(fill: unknown): boolean {
  return typeof fill === 'object' && fill !== null && 'synthetic' in fill;
}

describe('the loops', () => {
  it('write nothing while everything agrees', async () => {
    const test = await start();
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    const rest = { side: 'sell', quantityLots: 2, orderType: 'limit', limitTicks: 90_000 } as const;
    await test.submit({ instrument: 'MNQ', ...rest });
    await pass(test, 60_000);
    const before = headSeq(test);
    await pass(test, 50_000);
    expect(headSeq(test)).toBe(before);
    expect(runtime(test).reconciliation.summary).toEqual({
      onExchange: 2,
      tracked: 2,
      adopted: 0,
      forceClosed: 0,
      zombiesCleaned: 0,
      unresolved: 0,
    });
  });

  it('believe a difference only when several pictures in a row have shown it', async () => {
    const test = await start();
    test.venue.setFaults({ link: 'down' });
    position(test, 2, 84_000);
    await pass(test, 7_500);
    expect(runtime(test).openLots(mnq)).toBe(0);
    expect(runtime(test).causes).toContain('doubted:MNQ');
    await pass(test, 3_000);
    expect(runtime(test).openLots(mnq)).toBe(2);
    expect(notesOf(test, 'GHOST_POSITION')).toBe(1);
    await pass(test, 60_000);
    expect(notesOf(test, 'GHOST_POSITION')).toBe(1);
  });

  it('A5 delete nothing while a picture fails, and say so once', async () => {
    const test = await start();
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    test.venue.setFaults({ nullLists: true });
    await pass(test, 300_000);
    expect(runtime(test).openLots(mnq)).toBe(2);
    expect(notesOf(test, 'RECONCILIATION_FAILED')).toBe(1);
    expect(runtime(test).causes).toContain('reconciliation:failed');
    test.venue.setFaults({ nullLists: false });
    await pass(test, 15_000);
    expect(runtime(test).causes).not.toContain('reconciliation:failed');
  });

  it('give a picture up that takes longer than an attempt may', async () => {
    const test = await start();
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    test.venue.setFaults({ latencyMs: 20_000 });
    await pass(test, 30_000);
    expect(test.notes.some((note) => note.includes('no picture within 15 s'))).toBe(true);
  });

  it('N3 tell an order each report once, and somebody when it stays like that', async () => {
    const test = await start();
    const rest = { side: 'buy', quantityLots: 3, orderType: 'limit', limitTicks: 80_000 } as const;
    await test.submit({ instrument: 'MNQ', ...rest });
    const [order] = test.venue.ledger().orders;
    const orderId = order?.orderId as OrderId;
    // Another life of the order than the venue's: here canceled, there open and older.
    test.venue.announce({
      type: 'venue.order',
      key: 'odd',
      accountId: account,
      orderId,
      event: {
        type: 'order.canceled',
        reason: 'odd',
        origin: 'stream',
        version: { updatedAtMs: test.clock.nowMs() + 1_000, cumulativeLots: 0 },
        atMs: 0,
      },
    });
    await test.lockstep.rest();
    await pass(test, 31_000);
    const before = headSeq(test);
    await pass(test, 60_000);
    expect(headSeq(test)).toBe(before);
    expect(notesOf(test, 'ORDER_CONFLICT')).toBe(0);
    await pass(test, 600_000);
    expect(notesOf(test, 'ORDER_CONFLICT')).toBe(1);
  });
});

describe('a change that nobody reported', () => {
  async function liquidated(options: Parameters<typeof start>[0] = {}): Promise<TestEngine> {
    const test = await start(options);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    const [entry] = test.venue.ledger().fills;
    const { balanceUnits } = await test.venue.snapshot(account, 0);
    test.venue.setFaults({ link: 'down' });
    position(test, 0, 0);
    const fee = entry?.feeUnits ?? 0;
    // Twenty ticks of loss on two lots, and the fee of the exit.
    test.venue.setBalance(account, balanceUnits - 20_000_000 - fee);
    test.venue.setFaults({ link: 'up' });
    await test.lockstep.rest();
    return test;
  }

  it('is booked with the profit that the money implies, under an id that follows from the history', async () => {
    const [first, second] = [await liquidated(), await liquidated()];
    for (const test of [first, second]) {
      expect(runtime(test).openLots(mnq)).toBe(0);
      expect(runtime(test).realizedUnits).toBe(-20_000_000);
      expect(notesOf(test, 'EXTERNAL_CLOSE')).toBe(1);
    }
    const [one, other] = [first, second].map((test) => runtime(test).reconciliation.synthetic);
    expect(one?.size).toBe(1);
    expect([...(one?.keys() ?? [])]).toEqual([...(other?.keys() ?? [])]);
  });

  it('gives way to the true execution when that is reported after all', async () => {
    const test = await liquidated();
    const [entry] = test.venue.ledger().fills;
    const fill = {
      fillId: 'TRUE' as FillId,
      venueOrderId: 'V1' as VenueOrderId,
      accountId: account,
      instrument: mnq,
      side: 'sell',
      lots: 2,
      ticks: 83_981,
      feeUnits: entry?.feeUnits ?? 0,
      venueTimeMs: test.clock.nowMs() - 1,
    } as const;
    test.venue.announce({ type: 'venue.fill', fill });
    await test.lockstep.rest();
    await pass(test, 30_000);
    expect(runtime(test).openLots(mnq)).toBe(0);
    expect(runtime(test).realizedUnits).toBe(-20_000_000);
    expect(runtime(test).reconciliation.synthetic.size).toBe(0);
    expect(runtime(test).tradingState).toBe('ACTIVE');
  });

  it('is still a stand-in after a restart', async () => {
    const test = await liquidated();
    const ids = [...runtime(test).reconciliation.synthetic.keys()];
    await test.engine.stop();
    const again = await start({ directory: test.directory, startMs: test.clock.nowMs() });
    expect([...runtime(again).reconciliation.synthetic.keys()]).toEqual(ids);
    expect(runtime(again).openLots(mnq)).toBe(0);
    expect(runtime(again).realizedUnits).toBe(-20_000_000);
  });

  it('is still a stand-in after a restart on the next trading day', async () => {
    const test = await liquidated({ startMs: Date.UTC(2026, 2, 10, 21, 58) });
    const ids = [...runtime(test).reconciliation.synthetic.keys()];
    const atMs = test.clock.nowMs();
    const [entry] = test.venue.ledger().fills;
    await pass(test, 300_000);
    expect(runtime(test).tradingDay).toBe('2026-03-11');
    await test.engine.stop();
    const again = await start({ directory: test.directory, startMs: test.clock.nowMs() });
    expect([...runtime(again).reconciliation.synthetic.keys()]).toEqual(ids);
    await hear(again, {
      fillId: 'TRUE' as FillId,
      venueOrderId: 'V1' as VenueOrderId,
      accountId: account,
      instrument: mnq,
      side: 'sell',
      lots: 2,
      ticks: 83_981,
      feeUnits: entry?.feeUnits ?? 0,
      venueTimeMs: atMs - 1,
    });
    expect(runtime(again).reconciliation.synthetic.size).toBe(0);
    expect(runtime(again).openLots(mnq)).toBe(0);
  });

  it.each([
    { name: 'was set aside', crashes: 2, waitMs: 1_000 },
    { name: 'was about to be restarted', crashes: 1, waitMs: 0 },
  ])(
    'gives way in a later process whose ledger had not booked it and $name',
    async ({ crashes, waitMs }) => {
      let left = crashes;
      const test = await liquidated({
        beforeStep: (actor, event) => {
          if (left === 0 || actor !== actorId(account, 'ledger')) return;
          const isFill = event.type === 'ledger.fillReported';
          if (!isFill || !('fill' in event) || !isStandIn(event.fill)) return;
          left -= 1;
          throw new Error('planted');
        },
      });
      await pass(test, waitMs);
      const [entry] = test.venue.ledger().fills;
      const atMs = test.clock.nowMs() - waitMs;
      test.engine.abandon();
      test.crash();
      const again = await start({ directory: test.directory, startMs: test.clock.nowMs() });
      const ledger = actorId(account, 'ledger');
      if (waitMs > 0) operate(again.engine, { verb: 'resume', actor: ledger, skipEvent: false });
      expect(runtime(again).openLots(mnq)).toBe(0);
      expect(runtime(again).reconciliation.synthetic.size).toBe(1);
      await hear(again, {
        fillId: 'TRUE' as FillId,
        venueOrderId: 'V1' as VenueOrderId,
        accountId: account,
        instrument: mnq,
        side: 'sell',
        lots: 2,
        ticks: 83_981,
        feeUnits: entry?.feeUnits ?? 0,
        venueTimeMs: atMs - 1,
      });
      expect(runtime(again).reconciliation.synthetic.size).toBe(0);
      expect(runtime(again).openLots(mnq)).toBe(0);
      const books = again.engine.world.cells.get(ledger)?.context['books'];
      expect(books).toMatchObject({ MNQ: { openLots: 0 } });
    },
  );

  it('keeps its time when the money says its price later, and gives way to nothing executed since', async () => {
    const test = await start();
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    const { balanceUnits } = await test.venue.snapshot(account, 0);
    test.venue.setFaults({ link: 'down' });
    position(test, 1, 84_001);
    test.venue.setBalance(account, balanceUnits);
    test.venue.setFaults({ link: 'up' });
    await test.lockstep.rest();
    const [before] = [...runtime(test).reconciliation.synthetic.values()];
    await pass(test, 10_000);
    test.venue.setBalance(account, balanceUnits - 10_000_000);
    await pass(test, 30_000);
    const [priced] = [...runtime(test).reconciliation.synthetic.values()];
    expect(priced?.fillId).not.toBe(before?.fillId);
    expect(priced?.venueTimeMs).toBe(before?.venueTimeMs);
    await hear(test, {
      fillId: 'LATER' as FillId,
      accountId: account,
      instrument: mnq,
      side: 'sell',
      lots: 1,
      ticks: 83_990,
      feeUnits: 0,
      venueTimeMs: (before?.venueTimeMs ?? 0) + 1,
    });
    expect([...runtime(test).reconciliation.synthetic.keys()]).toContain(priced?.fillId);
  });

  it('that names an order gives way to its execution before one that nobody has explained', async () => {
    const test = await start();
    const rest = { side: 'buy', quantityLots: 1, orderType: 'limit', limitTicks: 80_000 } as const;
    await test.submit({ instrument: 'MNQ', ...rest });
    const [order] = test.venue.ledger().orders;
    if (order?.orderId === undefined) throw new Error('the order rests');
    test.venue.setFaults({ link: 'down' });
    const executedMs = test.clock.nowMs();
    position(test, 1, 80_000);
    await pass(test, 30_000);
    test.venue.externalOrder({
      ...order,
      status: 'filled',
      filledLots: 1,
      updatedAtMs: test.clock.nowMs(),
    });
    position(test, 2, 80_000);
    await pass(test, 30_000);
    const standIns = () => [...runtime(test).reconciliation.synthetic.values()];
    expect(standIns().map(({ orderId }) => orderId)).toEqual([undefined, order.orderId]);
    await hear(test, {
      fillId: 'TRUE' as FillId,
      orderId: order.orderId,
      accountId: account,
      instrument: mnq,
      side: 'buy',
      lots: 1,
      ticks: 80_000,
      feeUnits: 370_000,
      venueTimeMs: executedMs,
    });
    expect(standIns().map(({ orderId }) => orderId)).toEqual([undefined]);
    expect(notesOf(test, 'OVERFILL')).toBe(0);
    const cell = test.engine.world.cells.get(actorId(account, `order/${order.orderId}`));
    expect(cell?.context['filledLots']).toBe(1);
    expect(runtime(test).openLots(mnq)).toBe(2);
  });

  it('is an inferred fill of the own order whose trades are missing', async () => {
    const test = await start();
    const rest = { side: 'buy', quantityLots: 2, orderType: 'limit', limitTicks: 80_000 } as const;
    await test.submit({ instrument: 'MNQ', ...rest });
    const [order] = test.venue.ledger().orders;
    const orderId = order?.orderId as OrderId;
    test.venue.setFaults({ link: 'down' });
    if (order !== undefined)
      test.venue.externalOrder({
        ...order,
        status: 'filled',
        filledLots: 2,
        updatedAtMs: test.clock.nowMs(),
      });
    position(test, 2, 80_000);
    await pass(test, 30_000);
    const cell = test.engine.world.cells.get(actorId(account, `order/${orderId}`));
    expect(cell?.context['filledLots']).toBe(2);
    expect(runtime(test).openLots(mnq)).toBe(2);
    expect([...runtime(test).reconciliation.synthetic.values()]).toMatchObject([
      { orderId, synthetic: { kind: 'inferred' } },
    ]);
    expect(notesOf(test, 'GHOST_POSITION')).toBe(0);
  });

  it('gives way as a whole to one execution that had turned the position round', async () => {
    const test = await start();
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const rest = { side: 'sell', quantityLots: 3, orderType: 'limit', limitTicks: 90_000 } as const;
    await test.submit({ instrument: 'MNQ', ...rest });
    const order = test.venue.ledger().orders.find(({ side }) => side === 'sell');
    if (order?.orderId === undefined) throw new Error('the order rests');
    test.venue.setFaults({ link: 'down' });
    test.venue.externalOrder({
      ...order,
      status: 'filled',
      filledLots: 3,
      updatedAtMs: test.clock.nowMs(),
    });
    position(test, -2, 90_000);
    await pass(test, 30_000);
    // What closed and what opened are booked as two.
    expect(runtime(test).reconciliation.synthetic.size).toBe(2);
    const fill = {
      fillId: 'TRUE' as FillId,
      orderId: order.orderId,
      accountId: account,
      instrument: mnq,
      side: 'sell',
      lots: 3,
      ticks: 90_000,
      feeUnits: 1_110_000,
      venueTimeMs: test.clock.nowMs() - 30_000,
    } as const;
    await hear(test, fill);
    const cell = test.engine.world.cells.get(actorId(account, `order/${order.orderId}`));
    expect(cell?.context['fillIdsSeen']).toContain('TRUE');
    expect(runtime(test).openLots(mnq)).toBe(-2);
    expect(runtime(test).reconciliation.synthetic.size).toBe(0);
    expect(notesOf(test, 'OVERFILL')).toBe(0);
    // Nothing was closed for it.
    expect(runtime(test).activeExits.size).toBe(0);
  });
});
