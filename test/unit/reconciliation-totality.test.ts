/** Verifies: execution 11.4, 11.5 (a picture of the venue never ends the engine), supervision 4 (what is set aside) */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { actorId } from '../../src/actors/world.ts';
import type { AccountId, InstrumentId } from '../../src/domain/ids.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { operate } from '../support/operate.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

const account = 'A1' as AccountId;
const mnq = 'MNQ' as InstrumentId;
const positionActor = actorId(account, 'position/MNQ');

async function start(options: Parameters<typeof startTestEngine>[0] = {}): Promise<TestEngine> {
  const started = await startTestEngine(options);
  directories.push(started.directory);
  await started.quote('MNQ', 84_000, 84_001);
  return started;
}

/** Ends the process as a crash would, and starts it again on the same directory. */
async function crash(test: TestEngine): Promise<TestEngine> {
  test.engine.abandon();
  test.crash();
  return start({ directory: test.directory, startMs: test.clock.nowMs() });
}

function runtime({ engine }: TestEngine) {
  const found = engine.world.accounts.get(account);
  if (found === undefined) throw new Error('A1 is configured');
  return found;
}

async function pass({ lockstep, clock }: TestEngine, milliseconds: number): Promise<void> {
  await lockstep.advanceTo(clock.nowMs() + milliseconds);
}

function position(test: TestEngine, openLots: number, ticks: number): void {
  // A tick of MNQ is worth half a dollar.
  const costUnits = openLots * ticks * 500_000;
  test.venue.externalPosition({ accountId: account, instrument: mnq, openLots, costUnits });
}

function notesOf({ notes }: TestEngine, code: string): number {
  return notes.filter((note) => note.startsWith(code)).length;
}

/** Two lots that somebody has closed, booked while the balance had not moved. @returns that balance */
async function closedWithoutMoney(test: TestEngine): Promise<number> {
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
  const { balanceUnits } = await test.venue.snapshot(account, 0);
  test.venue.setFaults({ link: 'down' });
  position(test, 0, 0);
  test.venue.setBalance(account, balanceUnits);
  test.venue.setFaults({ link: 'up' });
  await test.lockstep.rest();
  return balanceUnits;
}

/** The next picture shows this balance. */
async function showBalance(test: TestEngine, balanceUnits: number): Promise<void> {
  test.venue.setFaults({ link: 'down' });
  test.venue.setBalance(account, balanceUnits);
  test.venue.setFaults({ link: 'up' });
  await test.lockstep.rest();
}

describe('a position that is set aside', () => {
  it('is counted from the ledger after a restart as before it', async () => {
    const first = await start();
    await first.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    operate(first.engine, { verb: 'pause', actor: positionActor });
    const exit = { purpose: 'exit', reduceOnly: true } as const;
    await first.submit({ instrument: 'MNQ', side: 'sell', quantityLots: 1, ...exit });
    expect(runtime(first).openLots(mnq)).toBe(1);
    const second = await crash(first);
    expect(second.engine.world.cells.get(positionActor)?.status).toBe('quarantined');
    expect(runtime(second).openLots(mnq)).toBe(1);
    expect(notesOf(second, 'QUANTITY_MISMATCH')).toBe(0);
  });

  it('takes the price that late money implies: what is booked anew has an id of its own', async () => {
    const test = await start();
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    operate(test.engine, { verb: 'pause', actor: positionActor });
    const { balanceUnits } = await test.venue.snapshot(account, 0);
    test.venue.setFaults({ link: 'down' });
    position(test, 0, 0);
    test.venue.setBalance(account, balanceUnits);
    test.venue.setFaults({ link: 'up' });
    await test.lockstep.rest();
    expect(runtime(test).openLots(mnq)).toBe(0);
    await showBalance(test, balanceUnits - 20_000_000);
    expect(runtime(test).openLots(mnq)).toBe(0);
    const [priced] = [...runtime(test).reconciliation.synthetic.values()];
    // The fee of the exit is a part of what has moved.
    expect(runtime(test).realizedUnits).toBe((priced?.feeUnits ?? 0) - 20_000_000);
  });
});

describe('late money that no price explains', () => {
  it('leaves the change booked without a price, is told once, and is not tried again', async () => {
    const test = await start();
    const balanceUnits = await closedWithoutMoney(test);
    // Two lots are worth 84,000 dollars: a loss of 200,000 is no price above 0.
    await showBalance(test, balanceUnits - 200_000_000_000);
    expect(runtime(test).openLots(mnq)).toBe(0);
    expect(notesOf(test, 'MONEY_DIFFERENCE')).toBe(1);
    expect([...runtime(test).reconciliation.synthetic.values()]).toMatchObject([
      { side: 'sell', lots: 2, synthetic: { pricedBy: 'average' } },
    ]);
    const [known] = [...runtime(test).reconciliation.synthetic.keys()];
    await showBalance(test, balanceUnits - 200_000_000_000);
    expect([...runtime(test).reconciliation.synthetic.keys()]).toEqual([known]);
    expect(notesOf(test, 'MONEY_DIFFERENCE')).toBe(1);
  });

  it('does not end the engine when the books do not have what the change closed', async () => {
    const left = new Set(['ledger.fillVoided', 'position.fillVoided']);
    const test = await start({
      beforeStep: (_, event) => {
        if (left.delete(event.type)) throw new Error('planted');
      },
    });
    const balanceUnits = await closedWithoutMoney(test);
    await showBalance(test, balanceUnits - 20_000_000);
    expect(left.size).toBe(0);
    expect(notesOf(test, 'MONEY_DIFFERENCE')).toBe(1);
    await pass(test, 5_000);
    expect(test.engine.world.cells.get(positionActor)?.status).toBe('live');
    expect(runtime(test).openLots(mnq)).toBe(0);
    expect(runtime(test).reconciliation.synthetic.size).toBe(1);
  });
});

type Step =
  | { readonly kind: 'pass' | 'pause' | 'resume' | 'crash' }
  | {
      /** A picture while the engine runs, or the first one of the next process. */
      readonly kind: 'show' | 'crashAndShow';
      readonly lots: number;
      readonly ticks: number;
      readonly movedUnits: number;
    };

/** @returns the engine that runs after it */
async function act(test: TestEngine, step: Step): Promise<TestEngine> {
  if (step.kind === 'pass') await pass(test, 10_000);
  if (step.kind === 'crash') return crash(test);
  if (step.kind === 'pause') operate(test.engine, { verb: 'pause', actor: positionActor });
  if (step.kind === 'resume')
    operate(test.engine, { verb: 'resume', actor: positionActor, skipEvent: false });
  if ('lots' in step) {
    const { balanceUnits } = await test.venue.snapshot(account, 0);
    test.venue.setFaults({ link: 'down' });
    position(test, step.lots, step.ticks);
    test.venue.setBalance(account, balanceUnits + step.movedUnits);
    if (step.kind === 'crashAndShow') return crash(test);
    test.venue.setFaults({ link: 'up' });
  }
  await test.lockstep.rest();
  return test;
}

/** Set aside while long, turned round without money, and back when the next process sees the money. */
const turned: Step[] = [
  { kind: 'pause' },
  { kind: 'show', lots: -1, ticks: 84_000, movedUnits: 0 },
  { kind: 'crashAndShow', lots: 2, ticks: 84_000, movedUnits: -20_000_000 },
];

/** Turned round at a price that nobody knows: no quote has come since the process began. */
const unpriced: Step[] = [{ kind: 'crashAndShow', lots: -1, ticks: 0, movedUnits: 0 }];

describe('a picture of the venue', () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('show' as const, 'crashAndShow' as const),
      lots: fc.integer({ min: -3, max: 3 }),
      ticks: fc.constantFrom(0, 1, 79_000, 84_000, 200_000),
      movedUnits: fc.constantFrom(0, -370_000, -20_000_000, 75_000_000, -300_000_000_000),
    }),
    fc.record({ kind: fc.constantFrom('pass', 'pause', 'resume', 'crash') }),
  );

  it('never ends the engine, and its positions hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async (steps) => {
        let test = await start();
        await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
        const [shown, held]: [number[], number[]] = [[], []];
        for (const one of steps) {
          test = await act(test, one);
          const isLive = test.engine.world.cells.get(positionActor)?.status === 'live';
          if (!('lots' in one) || !isLive) continue;
          shown.push(one.lots);
          held.push(runtime(test).openLots(mnq));
        }
        expect(held).toEqual(shown);
        await test.engine.stop();
      }),
      { numRuns: 25, examples: [[turned], [unpriced]] },
    );
  }, 30_000);
});
