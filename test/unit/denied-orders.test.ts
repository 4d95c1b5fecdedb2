/** Verifies: execution 3.3 (column D) and 3.5, N1: what the venue says of an order that our own gate has refused */
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountId, ActorId, FillId, InstrumentId, OrderId } from '../../src/domain/ids.ts';
import type { OrderVenueEvent } from '../../src/domain/order-event.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

async function start(options: Parameters<typeof startTestEngine>[0] = {}): Promise<TestEngine> {
  const started = await startTestEngine(options);
  if (!directories.includes(started.directory)) directories.push(started.directory);
  return started;
}

const account = 'A1' as AccountId;
const instrument = 'MNQ' as InstrumentId;

/** The venue knows the id only because a test says so. */
async function denied(test: TestEngine): Promise<OrderId> {
  await test.quote('MNQ', 80_000, 80_001);
  const seen: OrderId[] = [];
  const { journal } = test.engine.world.options;
  const commit = journal.commit.bind(journal);
  journal.commit = (batch) => {
    for (const { intentId } of batch.denials ?? []) seen.push(intentId as OrderId);
    return commit(batch);
  };
  // A limit order without its price.
  await test.submit({
    instrument: 'MNQ',
    side: 'buy',
    quantityLots: 3,
    orderType: 'limit',
    by: 'nobody',
  });
  journal.commit = commit;
  const [orderId] = seen;
  if (orderId === undefined) throw new Error('the gate refuses it');
  return orderId;
}

async function fill(test: TestEngine, orderId: OrderId, id: string, lots: number): Promise<void> {
  test.venue.announce({
    type: 'venue.fill',
    fill: {
      fillId: id as FillId,
      accountId: account,
      orderId,
      instrument,
      side: 'buy',
      lots,
      ticks: 80_000,
      feeUnits: 0,
      venueTimeMs: test.clock.nowMs(),
    },
  });
  await test.lockstep.rest();
}

async function report(test: TestEngine, orderId: OrderId, type: string): Promise<void> {
  test.venue.announce({
    type: 'venue.order',
    key: `${type}:${orderId}`,
    accountId: account,
    orderId,
    event: { type, origin: 'stream', atMs: test.clock.nowMs() } as OrderVenueEvent,
  });
  await test.lockstep.rest();
}

function state(test: TestEngine, orderId: OrderId): unknown {
  const row = test.engine.world.options.journal.readActor(`account/A1/order/${orderId}`);
  return row === undefined ? undefined : JSON.parse(row.stateJson);
}

function openLots(test: TestEngine): number | undefined {
  return test.engine.world.accounts.get(account)?.openLots(instrument);
}

function incidents(test: TestEngine): readonly string[] {
  return test.notes.map((note) => note.split(' ', 1)[0] ?? '');
}

async function restarted(test: TestEngine): Promise<TestEngine> {
  test.crash();
  return start({ directory: test.directory, startMs: test.clock.nowMs() + 1_000 });
}

describe('an order that the gate has refused', () => {
  it('has no actor while nobody speaks of it', async () => {
    const test = await start();
    const orderId = await denied(test);
    expect(state(test, orderId)).toBeUndefined();
  });

  it('N1: is filled and in conflict once it is executed, and the trade is booked once', async () => {
    const test = await start();
    const orderId = await denied(test);
    await fill(test, orderId, 'f1', 3);
    await fill(test, orderId, 'f1', 3);
    expect(state(test, orderId)).toMatchObject({ execution: 'filled', integrity: 'conflict' });
    expect(openLots(test)).toBe(3);
    expect(incidents(test)).toEqual(
      expect.arrayContaining(['LATE_FILL_AFTER_DENIED', 'ORDER_CONFLICT']),
    );
    expect(incidents(test)).not.toContain('FILL_OF_UNKNOWN_ORDER');
  });

  it('N1: is in doubt once a part of it is executed, and what may still come is counted', async () => {
    const test = await start();
    const orderId = await denied(test);
    await fill(test, orderId, 'f1', 1);
    expect(state(test, orderId)).toMatchObject({ execution: 'unknown', integrity: 'conflict' });
    expect(openLots(test)).toBe(1);
    const orders = test.engine.world.accounts.get(account)?.workingOrders;
    expect(orders?.get(orderId)).toMatchObject({ leavesLots: 2 });
  });

  it.each(['order.opened', 'order.canceled', 'order.placeAccepted', 'order.statusFilled'])(
    'contradicts %s: nothing is applied, and the venue is asked',
    async (type) => {
      const test = await start();
      const orderId = await denied(test);
      const asked: OrderId[] = [];
      const { venue } = test.engine.world.options;
      venue.query = (_, id) => void asked.push(id);
      await report(test, orderId, type);
      expect(state(test, orderId)).toMatchObject({ execution: 'denied', integrity: 'conflict' });
      expect(incidents(test)).toContain('ORDER_CONFLICT');
      expect(asked).toEqual([orderId]);
      expect(openLots(test)).toBe(0);
    },
  );

  it('N1: is known by a later process, and its conflict still stands in the one after that', async () => {
    const first = await start();
    const orderId = await denied(first);
    const second = await restarted(first);
    expect(state(second, orderId)).toBeUndefined();
    await fill(second, orderId, 'f1', 3);
    expect(state(second, orderId)).toMatchObject({ execution: 'filled', integrity: 'conflict' });
    const third = await restarted(second);
    expect(state(third, orderId)).toMatchObject({ execution: 'filled', integrity: 'conflict' });
    expect(third.engine.world.accounts.get(account)?.reconciliation.conflicts).toContain(orderId);
    await fill(third, orderId, 'f2', 1);
    expect(incidents(third)).toContain('OVERFILL');
    const { journal } = third.engine.world.options;
    expect(journal.verify().problems).toEqual([]);
  });
});

describe('an id that the gate has never refused', () => {
  it('gets no actor from a trade or a report', async () => {
    const test = await start();
    await denied(test);
    const orderId = 'TEST-9-9' as OrderId;
    await fill(test, orderId, 'f1', 1);
    expect(openLots(test)).toBe(1);
    await report(test, orderId, 'order.opened');
    expect(incidents(test)).toContain('FILL_OF_UNKNOWN_ORDER');
    expect(test.engine.world.cells.has(`account/A1/order/${orderId}` as ActorId)).toBe(false);
    expect(state(test, orderId)).toBeUndefined();
  });

  it('is not looked for among the refused ones while its order is at hand', async () => {
    const test = await start();
    await test.quote('MNQ', 80_000, 80_001);
    const { journal } = test.engine.world.options;
    let looks = 0;
    journal.findDenied = () => {
      looks += 1;
      return undefined;
    };
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    expect(openLots(test)).toBe(1);
    expect(looks).toBe(0);
  });
});
