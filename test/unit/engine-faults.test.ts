/** Verifies: execution 2.2, 2.3, 3.8 and 8, rules 5.3, supervision 5 to 8; each was found by the simulation first */
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountId, ActorId, OrderId } from '../../src/domain/ids.ts';
import { fuse, removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { operate } from '../support/operate.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

const planted = () => fuse((actor, target) => actor.includes(target));

async function start(options: Parameters<typeof startTestEngine>[0] = {}): Promise<TestEngine> {
  const started = await startTestEngine(options);
  directories.push(started.directory);
  return started;
}

const account = 'A1' as AccountId;

function runtime({ engine }: TestEngine) {
  const found = engine.world.accounts.get(account);
  if (found === undefined) throw new Error('A1 is configured');
  return found;
}

function cell(test: TestEngine, sibling: string) {
  return test.engine.world.cells.get(`account/A1/${sibling}` as ActorId);
}

function onlyOrder(test: TestEngine) {
  const order = [...test.engine.world.cells.values()].find(({ hosted }) => hosted.id === 'order');
  if (order === undefined) throw new Error('there is an order');
  return { orderId: order.context['orderId'] as OrderId, order };
}

async function wait(test: TestEngine, durationMs: number): Promise<void> {
  await test.lockstep.advanceTo(test.clock.nowMs() + durationMs);
}

/** A wish of its owner, as it reaches the order. */
async function modify(test: TestEngine, orderId: OrderId, quantityLots: number): Promise<void> {
  test.venue.announce({
    type: 'venue.order',
    key: `wish:${orderId}:${quantityLots}`,
    accountId: account,
    orderId,
    event: { type: 'order.modifyRequested', values: { quantityLots }, atMs: 0 } as never,
  });
  await test.lockstep.rest();
}

const limitBuy = {
  instrument: 'MNQ',
  side: 'buy',
  quantityLots: 3,
  orderType: 'limit',
  limitTicks: 79_000,
  timeInForce: 'gtc',
} as const;

describe('a venue that fails', () => {
  it('is asked and told again at a distance when it answers every cancel with an error', async () => {
    const test = await start();
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit(limitBuy);
    const { orderId } = onlyOrder(test);
    test.venue.setFaults({ status: [{ code: 503, match: { command: 'cancel' } }] });
    const before = test.engine.world.options.journal.head.seq;
    test.engine.cancel(account, orderId, 'test');
    await test.lockstep.rest();
    await wait(test, 10_000);
    // Some rows for each round, and a round takes a second once it has been repeated.
    expect(test.engine.world.options.journal.head.seq - before).toBeLessThan(100);
    test.venue.setFaults({ status: undefined });
    await wait(test, 5_000);
    expect(cell(test, `order/${orderId}`)?.stateJson).toContain('"execution":"canceled"');
  });

  it('settles a modify whose answer was lost by showing the order', async () => {
    const test = await start();
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit(limitBuy);
    const { orderId } = onlyOrder(test);
    test.venue.setFaults({ loseAck: [{ match: { command: 'modify' } }] });
    await modify(test, orderId, 2);
    await wait(test, 6_000);
    expect(cell(test, `order/${orderId}`)?.stateJson).toContain('"request":"none"');
    expect(cell(test, `order/${orderId}`)?.context).toMatchObject({ quantityLots: 2 });
    expect([...test.engine.world.openEffects.keys()]).toEqual([]);
  });

  it('has what a voided fill opens closed at once while a lock stands', async () => {
    const test = await start({ rules: { dailyRealizedLoss: { limit: '-100' } } });
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    await test.quote('MNQ', 79_800, 79_801);
    expect(runtime(test).effectiveState).toBe('LOCKED');
    expect(runtime(test).openLots('MNQ' as never)).toBe(0);
    const [opening] = test.venue.ledger().fills;
    if (opening === undefined) throw new Error('the entry was filled');
    test.venue.voidFill(opening);
    await test.lockstep.rest();
    await wait(test, 1_000);
    expect(test.venue.ledger().positions).toMatchObject([{ book: { openLots: 0 } }]);
    expect(runtime(test).openLots('MNQ' as never)).toBe(0);
  });

  it('locks the account for the new day too when the breach outlives the day', async () => {
    const test = await start({
      rules: { dailyRealizedLoss: { limit: '-100' } },
      startMs: Date.UTC(2026, 2, 10, 21, 59, 50),
    });
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    test.venue.setFaults({ reject: [{ code: 'CLOSED', match: { command: 'close' } }] });
    await test.quote('MNQ', 79_800, 79_801);
    const [first] = runtime(test).locks.keys();
    expect(first).toBe('RULE-003:account');
    for (let second = 0; second < 12; second += 1) {
      await wait(test, 1_000);
      await test.quote('MNQ', 79_800, 79_801);
    }
    test.venue.setFaults({ reject: undefined });
    await wait(test, 60_000);
    expect(runtime(test).openLots('MNQ' as never)).toBe(0);
    expect(runtime(test).effectiveState).toBe('LOCKED');
    expect([...runtime(test).locks.values()]).toMatchObject([{ source: 'RULE-003' }]);
    expect([...runtime(test).locks.keys()]).not.toContain(first);
  });
});

describe('an actor that is down', () => {
  it('never sends an order late: a new attempt needs a new intent', async () => {
    const { burn, hook } = planted();
    const test = await start({ beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    burn('/order/', 'order.sendStarted', 1);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await wait(test, 1_000);
    expect(onlyOrder(test).order.stateJson).toContain('"execution":"failed"');
    expect(test.venue.ledger().submissions.size).toBe(0);
    expect(runtime(test).effectiveState).toBe('ACTIVE');
  });

  it('is made again from the same input when its very first step failed', async () => {
    const { burn, hook } = planted();
    const test = await start({ beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    burn('/position/MNQ', 'actor.created', 1);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await wait(test, 1_000);
    expect(cell(test, 'position/MNQ')?.context['book']).toMatchObject({ openLots: 1 });
    expect(runtime(test).effectiveState).toBe('ACTIVE');
  });

  it('has the outcome of its effects settled once it is back', async () => {
    const { burn, hook } = planted();
    const test = await start({ beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    burn('/order/', 'order.placeAccepted', 1);
    await test.submit(limitBuy);
    expect([...test.engine.world.openEffects.values()]).toEqual(['SENT']);
    await wait(test, 1_000);
    expect([...test.engine.world.openEffects.values()]).toEqual([]);
  });

  it('does not let its ledger book a fill twice that was reported twice meanwhile', async () => {
    const { burn, hook } = planted();
    const test = await start({ beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    test.venue.setFaults({ duplicateEvents: true });
    burn('/ledger', 'ledger.fillReported', 1);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await wait(test, 1_000);
    expect(cell(test, 'ledger')?.context['books']).toMatchObject({ MNQ: { openLots: 1 } });
    expect(cell(test, 'position/MNQ')?.context['book']).toMatchObject({ openLots: 1 });
  });

  it('finds what waited for it after the process has died, and lets the account trade once re-armed', async () => {
    const { burn, hook } = planted();
    const first = await start({ beforeStep: hook });
    await first.quote('MNQ', 80_000, 80_001);
    burn('/ledger', 'ledger.fillReported', 2);
    await first.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await wait(first, 1_000);
    expect(cell(first, 'ledger')?.status).toBe('quarantined');
    expect(runtime(first).effectiveState).toBe('HALTED');
    first.engine.abandon();
    first.crash();
    const second = await start({ directory: first.directory, startMs: first.clock.nowMs() });
    const actor = 'account/A1/ledger' as ActorId;
    operate(second.engine, { verb: 'resume', actor, skipEvent: false });
    operate(second.engine, { verb: 'rearm' }, { account });
    await second.quote('MNQ', 80_000, 80_001);
    expect(cell(second, 'ledger')?.context['books']).toMatchObject({ MNQ: { openLots: 1 } });
    expect(second.engine.world.counters.fills).toBe(1);
    expect(runtime(second).effectiveState).toBe('ACTIVE');
  });
});

describe('a rule that was set aside when it could not judge', () => {
  it('hears what holds now once it is resumed, also in a later process', async () => {
    const rules = { dailyUnrealizedLoss: { limit: '-1000' } };
    const { burn, hook } = planted();
    const first = await start({ rules, beforeStep: hook });
    await first.quote('MNQ', 80_000, 80_001);
    await first.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    burn('/rule/RULE-004', 'rule.verdictChanged', 3);
    await wait(first, 20_000);
    expect(cell(first, 'rule/RULE-004')?.status).toBe('quarantined');
    // What it could not judge is gone when the next process looks.
    first.venue.setFaults({ link: 'down' });
    const [entry] = first.venue.ledger().fills;
    if (entry === undefined) throw new Error('a market order trades');
    const { orderId: _, ...traded } = entry;
    first.venue.externalFill({ ...traded, fillId: 'X1' as never, side: 'sell' });
    await first.lockstep.rest();
    expect(runtime(first).openLots('MNQ' as never)).toBe(1);
    first.engine.abandon();
    first.crash();
    const second = await start({ rules, directory: first.directory, startMs: first.clock.nowMs() });
    await second.quote('MNQ', 80_000, 80_001);
    const actor = 'account/A1/rule/RULE-004' as ActorId;
    operate(second.engine, { verb: 'resume', actor, skipEvent: false });
    for (let round = 0; round < 10; round += 1) {
      await second.quote('MNQ', 80_000, 80_001);
      await wait(second, 1_000);
    }
    expect(cell(second, 'rule/RULE-004')?.stateJson).toBe('"armed"');
    expect(runtime(second).effectiveState).toBe('ACTIVE');
  });
});

describe('an account that was set aside when it was told that a price is stale', () => {
  it('trades again once it is resumed, though a later process never missed that price', async () => {
    const { burn, hook } = planted();
    const first = await start({ beforeStep: hook });
    await first.quote('MNQ', 80_000, 80_001);
    await first.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    burn('account/A1', 'account.causeAdded', 2);
    await wait(first, 8_000);
    expect(first.engine.world.cells.get('account/A1' as ActorId)?.status).toBe('quarantined');
    first.engine.abandon();
    first.crash();
    const second = await start({ directory: first.directory, startMs: first.clock.nowMs() });
    await second.quote('MNQ', 80_000, 80_001);
    const actor = 'account/A1' as ActorId;
    operate(second.engine, { verb: 'resume', actor, skipEvent: false });
    operate(second.engine, { verb: 'rearm' }, { account });
    for (let round = 0; round < 5; round += 1) {
      await second.quote('MNQ', 80_000, 80_001);
      await wait(second, 1_000);
    }
    expect(runtime(second).causes).toEqual([]);
    expect(runtime(second).effectiveState).toBe('ACTIVE');
  });
});

describe('what ends by itself', () => {
  it('ends after a restart too when its actor was down at the hour', async () => {
    const rules = { maxContracts: { limit: 1, lockoutOnBreach: 'cooldown:1m' } };
    const { burn, hook } = planted();
    const first = await start({ rules, beforeStep: hook });
    await first.quote('MNQ', 80_000, 80_001);
    first.venue.externalFill({
      fillId: 'X1' as never,
      accountId: account,
      instrument: 'MNQ' as never,
      side: 'buy',
      lots: 2,
      ticks: 80_000,
      feeUnits: 0,
      venueTimeMs: first.clock.nowMs(),
    });
    await first.lockstep.rest();
    expect(runtime(first).locks.size).toBe(1);
    burn('/lock/', 'lock.expiryReached', 1);
    await wait(first, 60_000);
    expect(runtime(first).locks.size).toBe(1);
    first.engine.abandon();
    first.crash();
    const second = await start({ rules, directory: first.directory, startMs: first.clock.nowMs() });
    expect(runtime(second).locks.size).toBe(0);
  });

  it('lets the account trade again in the same process when an operator has re-armed it', async () => {
    const { burn, hook } = planted();
    const test = await start({ beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    burn('/position/MNQ', 'position.filled', 2);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await wait(test, 1_000);
    expect(runtime(test).effectiveState).toBe('HALTED');
    const actor = 'account/A1/position/MNQ' as ActorId;
    operate(test.engine, { verb: 'resume', actor, skipEvent: false });
    operate(test.engine, { verb: 'rearm' }, { account });
    await test.lockstep.rest();
    expect(cell(test, 'position/MNQ')?.context['book']).toMatchObject({ openLots: 1 });
    expect(runtime(test).effectiveState).toBe('ACTIVE');
  });
});

describe('a turn that locks', () => {
  it('keeps an order back that it had approved before', async () => {
    const test = await start({ rules: { dailyRealizedLoss: { limit: '-100' } } });
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    const { clock, engine } = test;
    const wish = {
      accountId: account,
      instrument: 'MNQ' as never,
      side: 'buy',
      orderType: 'limit',
      limitTicks: 79_000,
      timeInForce: 'gtc',
      quantityLots: 1,
      reduceOnly: false,
      purpose: 'entry',
      source: 'operator',
      by: 'test',
      maxAgeMs: 30_000,
      atMs: clock.nowMs(),
    } as const;
    // A command has no priority over a fill, but an operator's cancel over both: all of them are one turn.
    engine.submit(wish);
    const finding = {
      ruleId: 'RULE-003',
      entity: 'account',
      verdict: 'DENY',
      code: 'DAILY_LOSS_REACHED',
      unit: 'money',
      observed: -200_000_000,
      limit: -100_000_000,
      inputs: [],
      missing: [],
      wants: [
        { type: 'setLock', scope: 'account', kind: 'untilReset' },
        { type: 'flattenAccount' },
      ],
    } as const;
    const change = { accountId: account, viewVersion: runtime(test).version, finding };
    engine.put('command', { type: 'verdicts', changes: [change as never], atMs: clock.nowMs() });
    const before = test.venue.ledger().submissions.size;
    await test.lockstep.rest();
    expect(runtime(test).effectiveState).toBe('LOCKED');
    const { orders } = test.venue.ledger();
    expect(orders.filter(({ orderType }) => orderType === 'limit')).toEqual([]);
    // Only the close has left.
    expect(test.venue.ledger().submissions.size).toBe(before + 1);
    expect(test.notes.some((note) => note.includes('ORDER_WITHDRAWN'))).toBe(true);
  });
});
