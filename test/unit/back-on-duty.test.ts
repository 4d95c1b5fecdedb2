/** Verifies: supervision 5 to 8, execution 10, 11 and 13; each was found by the simulation first */
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountId, ActorId } from '../../src/domain/ids.ts';
import { TradingCalendar } from '../../src/domain/trading-day.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import { fuse, removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { operate } from '../support/operate.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

const planted = () => fuse((actor, target) => actor.endsWith(target));

async function start(options: Parameters<typeof startTestEngine>[0] = {}): Promise<TestEngine> {
  const started = await startTestEngine(options);
  directories.push(started.directory);
  return started;
}

const account = 'A1' as AccountId;
const actor = 'account/A1' as ActorId;

function runtime({ engine }: TestEngine) {
  const found = engine.world.accounts.get(account);
  if (found === undefined) throw new Error('A1 is configured');
  return found;
}

function cell(test: TestEngine, sibling: string) {
  return test.engine.world.cells.get(`account/A1/${sibling}` as ActorId);
}

async function wait(test: TestEngine, durationMs: number): Promise<void> {
  await test.lockstep.advanceTo(test.clock.nowMs() + durationMs);
}

/** The next process on what this one left. */
async function again(test: TestEngine, options: Parameters<typeof startTestEngine>[0] = {}) {
  test.engine.abandon();
  test.crash();
  return start({ ...options, directory: test.directory, startMs: test.clock.nowMs() });
}

/** Another configuration, with these rules alone. */
function reload(test: TestEngine, rules: Readonly<Record<string, object>>): void {
  const configured = Object.entries(rules).flatMap(([key, config]) => {
    const definition = ruleCatalogue.find((rule) => rule.key === key);
    return definition === undefined
      ? []
      : [{ definition, config: definition.config.parse({ enabled: true, ...config }) }];
  });
  test.engine.reload(
    {
      hash: '0000000000000001',
      settings: {
        accounts: [
          { id: account, currency: 'USD', startBalanceUnits: 50_000_000_000, rules: configured },
        ],
        calendar: new TradingCalendar({ time: '17:00', zone: 'America/Chicago', kind: 'futures' }),
        mode: 'PAPER',
        quoteMaxAgeMs: 5_000,
      },
    },
    () => undefined,
  );
  test.engine.rest();
}

const loss = { dailyUnrealizedLoss: { limit: '-1000' } };

describe('an account that was set aside when the link fell', () => {
  it('trades again once it is resumed, though the link was back before the next process began', async () => {
    const { burn, hook } = planted();
    const first = await start({ beforeStep: hook });
    burn('account/A1', 'account.causeAdded', 2);
    first.venue.setFaults({ link: 'down' });
    await first.lockstep.rest();
    await wait(first, 1_000);
    expect(first.engine.world.cells.get(actor)?.status).toBe('quarantined');
    const second = await again(first);
    operate(second.engine, { verb: 'resume', actor, skipEvent: false });
    operate(second.engine, { verb: 'rearm' }, { account });
    await wait(second, 5_000);
    expect(runtime(second).causes).toEqual([]);
    expect(runtime(second).effectiveState).toBe('ACTIVE');
  });

  it('may only reduce while the link is down, although a person left out the event that said so', async () => {
    const { burn, hook } = planted();
    const test = await start({ beforeStep: hook });
    burn('account/A1', 'account.causeAdded', 2);
    test.venue.setFaults({ link: 'down' });
    await test.lockstep.rest();
    await wait(test, 1_000);
    expect(test.engine.world.cells.get(actor)?.status).toBe('quarantined');
    operate(test.engine, { verb: 'resume', actor, skipEvent: true });
    operate(test.engine, { verb: 'rearm' }, { account });
    expect(runtime(test).causes).toEqual(['link:paper']);
    expect(runtime(test).effectiveState).toBe('REDUCING');
    test.venue.setFaults({ link: 'up' });
    await wait(test, 5_000);
    expect(runtime(test).effectiveState).toBe('ACTIVE');
  });
});

describe('an account that was halted by a poisonous event', () => {
  it('is free once it is re-armed, also when its own actor failed over the re-arm', async () => {
    const { burn, hook } = planted();
    const test = await start({ beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    burn('/position/MNQ', 'position.filled', 2);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await wait(test, 1_000);
    expect(runtime(test).effectiveState).toBe('HALTED');
    burn('account/A1', 'account.rearmed', 1);
    operate(test.engine, { verb: 'rearm' }, { account });
    await wait(test, 1_000);
    const position = 'account/A1/position/MNQ' as ActorId;
    operate(test.engine, { verb: 'resume', actor: position, skipEvent: false });
    await wait(test, 1_000);
    expect([...runtime(test).supervisorCauses]).toEqual([]);
    await test.quote('MNQ', 80_000, 80_001);
    expect(runtime(test).effectiveState).toBe('ACTIVE');
  });
});

describe('a rule whose event was left out as poison', () => {
  it('is on duty all the same when the event had put it there, and enforces', async () => {
    const { burn, hook } = planted();
    const test = await start({ rules: loss, beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    reload(test, {});
    expect(cell(test, 'rule/RULE-004')?.stateJson).toBe('"disabled"');
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    burn('/rule/RULE-004', 'rule.enabled', 2);
    reload(test, loss);
    await test.quote('MNQ', 70_000, 70_001);
    await wait(test, 2_000);
    expect(cell(test, 'rule/RULE-004')?.stateJson).not.toBe('"disabled"');
    expect(runtime(test).openLots('MNQ' as never)).toBe(0);
    expect(test.venue.ledger().positions).toMatchObject([{ book: { openLots: 0 } }]);
  });

  it('holds nobody when the event had taken it off duty', async () => {
    const { burn, hook } = planted();
    const test = await start({ rules: loss, beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await wait(test, 8_000);
    expect(runtime(test).causes).toContain('unknown:RULE-004:MNQ');
    burn('/rule/RULE-004', 'rule.disabled', 2);
    reload(test, {});
    await wait(test, 1_000);
    await test.quote('MNQ', 80_000, 80_001);
    await wait(test, 1_000);
    expect(cell(test, 'rule/RULE-004')?.stateJson).toBe('"disabled"');
    expect(runtime(test).causes).toEqual([]);
  });
});

describe('a rule that was down when it could not judge', () => {
  it('is told what holds by the next process, which has nothing left to judge', async () => {
    const { burn, hook } = planted();
    const first = await start({ rules: loss, beforeStep: hook });
    await first.quote('MNQ', 80_000, 80_001);
    await first.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    burn('/rule/RULE-004', 'rule.verdictChanged', 1);
    // The doubt comes in the very moment at which the process dies: it waits for the actor, and is in the journal.
    for (let step = 0; step < 500; step += 1) {
      if (cell(first, 'rule/RULE-004')?.status === 'backoff') break;
      await wait(first, 20);
    }
    expect(cell(first, 'rule/RULE-004')?.status).toBe('backoff');
    const [entry] = first.venue.ledger().fills;
    if (entry === undefined) throw new Error('a market order trades');
    const { orderId: _, ...traded } = entry;
    first.engine.abandon();
    first.venue.externalFill({ ...traded, fillId: 'X1' as never, side: 'sell' });
    first.crash();
    const startMs = first.clock.nowMs();
    const second = await start({ rules: loss, directory: first.directory, startMs });
    for (let round = 0; round < 5; round += 1) {
      await second.quote('MNQ', 80_000, 80_001);
      await wait(second, 1_000);
    }
    expect(runtime(second).openLots('MNQ' as never)).toBe(0);
    expect(cell(second, 'rule/RULE-004')?.context['unknown']).toEqual({});
    expect(runtime(second).effectiveState).toBe('ACTIVE');
  });
});

describe('an alert desk that is set aside', () => {
  it('keeps no alert back that it was told before', async () => {
    const { burn, hook } = planted();
    const test = await start({ beforeStep: hook });
    burn('/alerts', 'alert.raised', 2);
    const kill = { scope: 'account', isEmergency: false, trigger: 'operator' } as const;
    operate(test.engine, { verb: 'kill', kill }, { account });
    await wait(test, 2_000);
    expect(cell(test, 'alerts')?.status).toBe('quarantined');
    expect(test.alerts).toContainEqual(
      expect.objectContaining({ code: 'KILL_SWITCH', severity: 'critical' }),
    );
  });
});

describe('a kill whose actor is set aside', () => {
  it('stops the account, cancels its orders and is told to a person all the same', async () => {
    const { burn, hook } = planted();
    const test = await start({ beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    const limit = { orderType: 'limit', limitTicks: 79_000, timeInForce: 'gtc' } as const;
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1, ...limit });
    const order = {
      scope: 'order',
      target: 'none',
      isEmergency: false,
      trigger: 'operator',
    } as const;
    burn('/kill', 'kill.triggered', 2);
    operate(test.engine, { verb: 'kill', kill: order }, { account });
    await wait(test, 1_000);
    expect(cell(test, 'kill')?.status).toBe('quarantined');
    operate(test.engine, { verb: 'rearm' }, { account });
    test.alerts.length = 0;
    expect(runtime(test).workingOrders.size).toBe(1);
    const kill = { scope: 'account', isEmergency: false, trigger: 'operator' } as const;
    operate(test.engine, { verb: 'kill', kill }, { account });
    await wait(test, 1_000);
    expect(runtime(test).workingOrders.size).toBe(0);
    expect(runtime(test).effectiveState).toBe('HALTED');
    expect(test.alerts).toContainEqual(
      expect.objectContaining({ code: 'KILL_SWITCH', severity: 'critical' }),
    );
  });
});

describe('a kill that is pulled again soon after a re-arm', () => {
  it('is told to a person again', async () => {
    const test = await start();
    const kill = { scope: 'account', isEmergency: false, trigger: 'operator' } as const;
    for (let time = 0; time < 2; time += 1) {
      operate(test.engine, { verb: 'kill', kill }, { account });
      await wait(test, 2_000);
      for (const by of ['ann', 'bob']) operate(test.engine, { verb: 'rearm' }, { account, by });
      await wait(test, 1_000);
      expect(runtime(test).kills).toEqual([]);
    }
    expect(test.alerts.filter(({ code }) => code === 'KILL_SWITCH')).toHaveLength(2);
  });
});

describe('orders that were withdrawn in their turn', () => {
  it('are known to their set at once', async () => {
    const { burn, hook } = planted();
    const test = await start({ beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    const bracket = { stopTicks: 40, targetTicks: 60 };
    const limit = { orderType: 'limit', limitTicks: 79_990, timeInForce: 'gtc' } as const;
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1, ...limit, bracket });
    burn('', 'oco.factsChanged', 2);
    await test.quote('MNQ', 79_980, 79_981);
    await wait(test, 1_000);
    const set = [...test.engine.world.cells.values()].find(({ hosted }) => hosted.id === 'oco');
    if (set === undefined) throw new Error('the bracket has a set');
    expect(set.status).toBe('quarantined');
    const [entry] = test.venue.ledger().fills;
    if (entry === undefined) throw new Error('a market order trades');
    const { orderId: _, ...traded } = entry;
    test.venue.externalFill({ ...traded, fillId: 'X1' as never, side: 'sell' });
    await test.lockstep.rest();
    // What waited for it still shows the position, and nothing may be added: what it places never leaves.
    const before = test.venue.ledger().submissions.size;
    operate(test.engine, { verb: 'resume', actor: set.id, skipEvent: false });
    await test.lockstep.rest();
    expect(test.venue.ledger().submissions.size).toBe(before);
    expect(test.notes.filter((note) => note.startsWith('ORDER_WITHDRAWN'))).toHaveLength(2);
    expect(set.stateJson).toBe('"done"');
  });
});

const dayLoss = { dailyRealizedLoss: { limit: '-500' } };

/** A market order for two, and a fall that breaches the limit of the day. */
async function lose(test: TestEngine): Promise<void> {
  await test.quote('MNQ', 80_000, 80_001);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
  await wait(test, 200);
  await test.quote('MNQ', 79_000, 79_001);
  await wait(test, 2_000);
}

async function quoteLow(test: TestEngine): Promise<void> {
  await test.quote('MNQ', 79_000, 79_001);
  await wait(test, 2_000);
}

/** What the rule believes, what holds, and what the account makes of it. */
function beliefs(test: TestEngine) {
  const rule = cell(test, 'rule/RULE-003');
  return {
    rule: rule?.stateJson,
    enforcing: rule?.context['enforcing'],
    locks: [...runtime(test).locks.keys()],
    state: runtime(test).effectiveState,
    openLots: runtime(test).openLots('MNQ' as never),
  };
}

const enforced = {
  rule: '"locked"',
  enforcing: {},
  locks: ['RULE-003:account'],
  state: 'LOCKED',
  openLots: 0,
};
const unlocked = { ...enforced, rule: '"armed"', locks: [], state: 'ACTIVE' };

describe('an unlock of which the lock hears only when a person resumes it', () => {
  it('acknowledges the loss of the day: the next process does not enforce it again', async () => {
    const { burn, hook } = planted();
    const first = await start({ rules: dayLoss, beforeStep: hook });
    await lose(first);
    burn('/lock/RULE-003:account', 'lock.cleared', 2);
    operate(first.engine, { verb: 'unlock' }, { account });
    await wait(first, 2_000);
    const lock = 'account/A1/lock/RULE-003:account' as ActorId;
    expect(first.engine.world.cells.get(lock)?.status).toBe('quarantined');
    operate(first.engine, { verb: 'resume', actor: lock, skipEvent: false });
    operate(first.engine, { verb: 'rearm' }, { account });
    await quoteLow(first);
    expect(beliefs(first)).toEqual(unlocked);
    const second = await again(first, { rules: dayLoss });
    await quoteLow(second);
    expect(beliefs(second)).toEqual(unlocked);
  });
});

describe('a breach whose enforcement lost a message that a person left out', () => {
  it.each([
    ['account/A1', 'account.enforcementWanted'],
    ['account/A1', 'account.lockStarted'],
    ['account/A1', 'account.exitEnded'],
    ['account/A1/exit/MNQ', 'exit.required'],
  ])('is enforced to its end all the same: %s without %s', async (id, type) => {
    const { burn, hook } = planted();
    const test = await start({ rules: dayLoss, beforeStep: hook });
    burn(id, type, 2);
    await lose(test);
    expect(test.engine.world.cells.get(id as ActorId)?.status).toBe('quarantined');
    operate(test.engine, { verb: 'resume', actor: id as ActorId, skipEvent: true });
    operate(test.engine, { verb: 'rearm' }, { account });
    await quoteLow(test);
    expect(beliefs(test)).toEqual(enforced);
    expect(test.engine.world.cells.get(actor)?.context['exits']).toEqual({});
    expect(test.venue.ledger().positions).toMatchObject([{ book: { openLots: 0 } }]);
    const second = await again(test, { rules: dayLoss });
    await quoteLow(second);
    expect(beliefs(second)).toEqual(enforced);
  });

  it('has its lock, which nobody can leave out before it began', async () => {
    const { burn, hook } = planted();
    const test = await start({ rules: dayLoss, beforeStep: hook });
    burn('/lock/RULE-003:account', 'actor.created', 2);
    await lose(test);
    const lock = 'account/A1/lock/RULE-003:account' as ActorId;
    expect(beliefs(test).locks).toEqual([]);
    const skipping = { verb: 'resume', actor: lock, skipEvent: true } as const;
    expect(operate(test.engine, skipping)).toMatchObject({ outcome: 'refused' });
    operate(test.engine, { ...skipping, skipEvent: false });
    operate(test.engine, { verb: 'rearm' }, { account });
    await quoteLow(test);
    expect(beliefs(test)).toEqual(enforced);
  });
});

describe('a rule that never heard of its lock', () => {
  it.each([
    ['rule.lockSet', false, enforced],
    ['rule.lockEnded', true, unlocked],
  ] as const)('shows what holds: without %s', async (type, isUnlocked, expected) => {
    const { burn, hook } = planted();
    const test = await start({ rules: dayLoss, beforeStep: hook });
    burn('/rule/RULE-003', type, 2);
    await lose(test);
    if (isUnlocked) operate(test.engine, { verb: 'unlock' }, { account });
    await quoteLow(test);
    expect(beliefs(test)).toEqual(expected);
  });
});
