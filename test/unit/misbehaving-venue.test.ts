/** Verifies: execution 3.2, 11.1 to 11.5 and 12, rules 8, projectx 15; each was found by the simulation first */
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountId, ActorId, InstrumentId } from '../../src/domain/ids.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { operate } from '../support/operate.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

const account = 'A1' as AccountId;
const mnq = 'MNQ' as InstrumentId;
/** A tick of one lot of MNQ. */
const tickUnits = 500_000;

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

async function pass({ lockstep, clock }: TestEngine, milliseconds: number): Promise<void> {
  await lockstep.advanceTo(clock.nowMs() + milliseconds);
}

/** The venue has another position, and nobody was told of a trade. */
function position(test: TestEngine, openLots: number, ticks: number): void {
  const costUnits = openLots * ticks * tickUnits;
  test.venue.externalPosition({ accountId: account, instrument: mnq, openLots, costUnits });
}

function ledger({ engine }: TestEngine): Readonly<Record<string, unknown>> {
  return engine.world.cells.get('account/A1/ledger' as ActorId)?.context ?? {};
}

describe('a venue that corrects a fee', () => {
  it('is believed once, however often it says so while the ledger is down', async () => {
    let left = 0;
    const beforeStep = (actor: string, { type }: { type: string }): void => {
      if (left === 0 || !actor.endsWith('/ledger') || type !== 'ledger.fillCorrected') return;
      left -= 1;
      throw new Error('planted');
    };
    const test = await start({ beforeStep });
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const [fill] = test.venue.ledger().fills;
    if (fill === undefined) throw new Error('a market order trades');
    left = 1;
    for (let time = 0; time < 4; time += 1) {
      test.venue.externalFill({ ...fill, feeUnits: fill.feeUnits + 10_000 });
      await test.lockstep.rest();
    }
    await pass(test, 5_000);
    expect(left).toBe(0);
    expect(ledger(test)['feesUnits']).toBe(fill.feeUnits + 10_000);
  });
});

describe('money that nobody can explain', () => {
  it('is explained once a person has accepted it, also where open cost differs as well', async () => {
    const test = await start();
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    position(test, 2, 84_010);
    await pass(test, 15_000);
    expect(runtime(test).causes).toContain('money:unexplained');
    operate(test.engine, { verb: 'acknowledge' }, { account });
    await pass(test, 60_000);
    expect(runtime(test).causes).not.toContain('money:unexplained');
  });
});

describe('a venue whose clock was ahead', () => {
  it('is believed again by its lists, also where it says nothing else', async () => {
    const test = await start();
    test.venue.setFaults({ clockSkewMs: 30_000 });
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const aheadMs = (): number => test.engine.world.brokerClock.nowMs() - test.clock.nowMs();
    expect(aheadMs()).toBeGreaterThan(20_000);
    // A venue that may hide something is asked for its lists.
    test.venue.setFaults({ clockSkewMs: 0, hideFromSearch: [{ match: { side: 'sell' } }] });
    await pass(test, 120_000);
    expect(Math.abs(aheadMs())).toBeLessThan(1_000);
  });
});

describe('a venue whose clock went back', () => {
  it('is believed when its lists insist, also where a new connection brings the list that decides', async () => {
    const test = await start();
    const order = { orderType: 'stopLimit', stopTicks: 83_900, limitTicks: 84_100 } as const;
    await test.submit({ instrument: 'MNQ', side: 'sell', quantityLots: 1, ...order });
    test.venue.setFaults({ clockSkewMs: -30_000 });
    await test.quote('MNQ', 83_890, 83_891);
    const working = [...runtime(test).workingOrders.keys()];
    const cell = test.engine.world.cells.get(`account/A1/order/${working[0]}` as ActorId);
    for (let list = 0; list < 12; list += 1) {
      // Every list is that of a new connection.
      test.venue.setFaults({ link: 'down' });
      await pass(test, 100);
      test.venue.setFaults({ link: 'up' });
      await pass(test, 1_000);
    }
    expect(test.venue.ledger().orders).toMatchObject([{ status: 'triggered' }]);
    expect(cell?.stateJson).toContain('"execution":"triggered"');
  });
});

describe('a venue that tells of an expired session twice', () => {
  it('is sent an order that was refused no more', async () => {
    const test = await start();
    test.venue.setFaults({ duplicateEvents: true, status: [{ match: {}, code: 401 }] });
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await pass(test, 2_000);
    const [[, count] = ['', 0]] = test.venue.ledger().submissions;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(2);
  });
});
