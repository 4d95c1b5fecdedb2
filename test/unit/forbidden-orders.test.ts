/** Verifies: execution 2.2, 2.3, 10 (LOCKED) and 11.3 (extra_order); each was found by the simulation first */
import { afterEach, describe, expect, it } from 'vitest';
import type {
  AccountId,
  ActorId,
  InstrumentId,
  OrderId,
  VenueOrderId,
} from '../../src/domain/ids.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

const account = 'A1' as AccountId;
const mnq = 'MNQ' as InstrumentId;

async function start(options: Parameters<typeof startTestEngine>[0] = {}): Promise<TestEngine> {
  const started = await startTestEngine(options);
  directories.push(started.directory);
  await started.quote('MNQ', 80_000, 80_001);
  return started;
}

function runtime({ engine }: TestEngine) {
  const found = engine.world.accounts.get(account);
  if (found === undefined) throw new Error('A1 is configured');
  return found;
}

async function pass({ lockstep, clock }: TestEngine, milliseconds: number): Promise<void> {
  await lockstep.advanceTo(clock.nowMs() + milliseconds);
}

function order({ engine }: TestEngine, orderId: string) {
  return engine.world.cells.get(`account/A1/order/${orderId}` as ActorId);
}

function onlyOrder(test: TestEngine): OrderId {
  const found = [...test.engine.world.cells.values()].find(({ hosted }) => hosted.id === 'order');
  if (found === undefined) throw new Error('there is an order');
  return found.context['orderId'] as OrderId;
}

describe('an order that a lock forbids', () => {
  it('is canceled later when the venue refused the first cancel, also one that was placed elsewhere', async () => {
    const test = await start({ rules: { dailyRealizedLoss: { limit: '-100' } } });
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    await test.quote('MNQ', 79_800, 79_801);
    expect(runtime(test).effectiveState).toBe('LOCKED');
    test.venue.setFaults({ reject: [{ match: { command: 'cancel' }, code: 'NOT_TODAY' }] });
    test.venue.externalOrder({
      venueOrderId: 'F1' as VenueOrderId,
      accountId: account,
      instrument: mnq,
      side: 'buy',
      orderType: 'limit',
      quantityLots: 1,
      filledLots: 0,
      limitTicks: 79_000,
      status: 'working',
      updatedAtMs: test.clock.nowMs(),
    });
    await pass(test, 20_000);
    expect(order(test, 'F1')?.stateJson).toContain('"execution":"working"');
    test.venue.setFaults({ reject: undefined });
    await pass(test, 60_000);
    expect(order(test, 'F1')?.stateJson).toContain('"execution":"canceled"');
    expect(runtime(test).workingOrders.size).toBe(0);
  });

  it('stays where the lock keeps working orders', async () => {
    const test = await start({
      rules: { tradeFrequencyLimit: { limits: { perMinute: 1 }, cancelIncreasingOrders: false } },
    });
    const rest = { orderType: 'limit', limitTicks: 79_000, timeInForce: 'gtc' } as const;
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1, ...rest });
    for (const side of ['buy', 'sell', 'buy', 'sell', 'buy', 'sell'] as const)
      await test.submit({ instrument: 'MNQ', side, quantityLots: 1 });
    expect([...runtime(test).locks.values()]).toMatchObject([{ keepsOrders: true }]);
    await pass(test, 40_000);
    expect(runtime(test).locks.size).toBe(1);
    const [kept] = runtime(test).workingOrders.keys();
    expect(order(test, kept ?? '')?.stateJson).toBe(
      '{"execution":"working","integrity":"clean","request":"none"}',
    );
  });
});

describe('an entry whose cancel is asked for in the turn that approved it', () => {
  it('never leaves', async () => {
    const test = await start();
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const before = test.venue.ledger().submissions.size;
    const atMs = test.clock.nowMs();
    // A stop of the exit side: approved as protection of a position that the next input of the turn takes away.
    test.engine.submit({
      accountId: account,
      instrument: mnq,
      side: 'sell',
      orderType: 'stop',
      stopTicks: 79_900,
      timeInForce: 'gtc',
      quantityLots: 1,
      reduceOnly: false,
      purpose: 'entry',
      source: 'operator',
      by: 'test',
      maxAgeMs: 30_000,
      atMs,
    });
    const [entry] = test.venue.ledger().fills;
    if (entry === undefined) throw new Error('a market order trades');
    const { orderId: _, ...traded } = entry;
    const fill = { ...traded, fillId: 'X1' as never, side: 'sell' } as const;
    test.engine.put('command', { type: 'venue', event: { type: 'venue.fill', fill }, atMs });
    await test.lockstep.rest();
    expect(test.venue.ledger().submissions.size).toBe(before);
    const withdrawn = test.notes.filter((note) => note.startsWith('ORDER_WITHDRAWN'));
    expect(withdrawn).toHaveLength(1);
    expect(withdrawn[0]).toContain('its cancel was asked for');
    expect([...runtime(test).workingOrders.values()]).toEqual([]);
  });
});

describe('a command that leaves again with a new session', () => {
  it('is in doubt and searched for when the adapter throws then', async () => {
    const test = await start();
    const submit = test.venue.submit.bind(test.venue);
    let sent = 0;
    Object.assign(test.venue, {
      submit: (...given: Parameters<typeof submit>) => {
        sent += 1;
        if (sent === 2) throw new Error('the adapter is broken');
        submit(...given);
      },
    });
    test.venue.setFaults({ status: [{ match: { command: 'submit' }, code: 401, times: 1 }] });
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const orderId = onlyOrder(test);
    expect(sent).toBe(2);
    expect(order(test, orderId)?.stateJson).toContain('"request":"pendingNew"');
    await pass(test, 120_000);
    expect(sent).toBe(2);
    expect(order(test, orderId)?.stateJson).toContain('"execution":"failed"');
    expect(test.engine.world.openEffects.has(orderId)).toBe(false);
  });

  it('is refused when the adapter throws instead of renewing', async () => {
    const test = await start();
    Object.assign(test.venue, {
      renew: () => {
        throw new Error('no way to renew');
      },
    });
    test.venue.setFaults({ status: [{ match: { command: 'submit' }, code: 401 }] });
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await pass(test, 1_000);
    const { stateJson, context } = order(test, onlyOrder(test)) ?? {};
    expect(stateJson).toContain('"execution":"rejected"');
    expect(context?.['reason']).toContain('no way to renew');
  });
});
