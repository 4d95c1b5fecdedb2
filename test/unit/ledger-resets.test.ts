/** Verifies: rules 7.2, 7.3, 8 (rebuild, equity high-water mark), T4, V3, V4 */
import { afterEach, describe, expect, it } from 'vitest';
import { drain } from '../../src/actors/deliver.ts';
import { runReset } from '../../src/actors/resets.ts';
import { Turn } from '../../src/actors/turn.ts';
import type { Fill } from '../../src/domain/fill.ts';
import type { AccountId, FillId, InstrumentId, LockId } from '../../src/domain/ids.ts';
import type { LockInput } from '../../src/domain/machine-event.ts';
import { ledgerMachine } from '../../src/machines/ledger.machine.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { recordText, runLive, type Run } from '../support/machine-run.ts';
import { ledgerInput, lockInput } from '../support/machine-samples.ts';

const A1 = 'A1' as AccountId;
const engines: TestEngine[] = [];
afterEach(() => {
  for (const run of engines.splice(0)) {
    run.crash();
    removeDirectory(run.directory);
  }
});
async function start(options: Parameters<typeof startTestEngine>[0] = {}): Promise<TestEngine> {
  const run = await startTestEngine(options);
  engines.push(run);
  return run;
}
const ledgerOf = ({ engine }: TestEngine): Readonly<Record<string, unknown>> =>
  engine.world.cells.get('account/A1/ledger' as never)?.context ?? {};
const accountOf = ({ engine }: TestEngine) => {
  const account = engine.world.accounts.get(A1);
  if (account === undefined) throw new Error('the account is there');
  return account;
};
function fillOf(run: TestEngine, id: string, more: Partial<Fill> = {}): Fill {
  return {
    fillId: id as FillId,
    accountId: A1,
    instrument: 'MNQ' as InstrumentId,
    side: 'buy',
    lots: 1,
    ticks: 84_000,
    feeUnits: 500_000,
    venueTimeMs: run.clock.nowMs(),
    ...more,
  };
}

describe('the high-water mark', () => {
  const mark = (run: Run, equityUnits: number, atMs: number): readonly string[] =>
    run.send({ type: 'ledger.equityMarked', equityUnits, atMs }).recorded.map(recordText);
  const marks = (run: Run) =>
    (
      run.snapshot().context as {
        highWater: Record<string, { equityUnits: number; source: string }>;
      }
    ).highWater;

  it('T4: is updated at every equity mark, so that a drawdown is measured from it', () => {
    const run = runLive(ledgerMachine, ledgerInput);
    for (const [index, equity] of [100, 120, 107].entries()) mark(run, equity * 1_000_000, index);
    const { ever } = marks(run);
    expect(ever).toMatchObject({ equityUnits: 120_000_000, source: 'venue' });
    // 10.8 % below, exactly: a limit of 10 % is passed.
    expect((120_000_000 - 107_000_000) * 10 > 120_000_000).toBe(true);
  });

  it('is none before the first mark: the configured balance is no mark', () => {
    expect(marks(runLive(ledgerMachine, ledgerInput))).toEqual({});
  });

  it('is never made of an equity that is not above zero', () => {
    const run = runLive(ledgerMachine, ledgerInput);
    for (const equity of [0, -1]) mark(run, equity, 1);
    expect(marks(run)).toEqual({});
  });

  it('follows deposits and withdrawals', () => {
    const run = runLive(ledgerMachine, ledgerInput);
    mark(run, 100_000_000, 1);
    run.send({ type: 'ledger.transferRecorded', amountUnits: 30_000_000, reason: 'in', atMs: 2 });
    expect(marks(run)['ever']).toMatchObject({ equityUnits: 130_000_000, source: 'transfer' });
    run.send({
      type: 'ledger.transferRecorded',
      amountUnits: -130_000_000,
      reason: 'out',
      atMs: 3,
    });
    expect(marks(run)).toEqual({});
  });

  it('believes a jump when a later mark confirms it, and then the lower of the two', () => {
    const run = runLive(ledgerMachine, ledgerInput);
    mark(run, 100_000_000, 1);
    expect(mark(run, 150_000_001, 2)).toEqual(['incident EQUITY_IMPLAUSIBLE']);
    expect(marks(run)['ever']).toMatchObject({ equityUnits: 100_000_000 });
    mark(run, 160_000_000, 900);
    expect(marks(run)['ever']).toMatchObject({ equityUnits: 100_000_000 });
    mark(run, 160_000_000, 1_002);
    expect(marks(run)['ever']).toMatchObject({ equityUnits: 150_000_001 });
  });

  it('forgets a jump that the next mark does not confirm', () => {
    const run = runLive(ledgerMachine, ledgerInput);
    for (const [atMs, equity] of [
      [1, 100],
      [2, 900],
      [3, 101],
    ] as const)
      mark(run, equity * 1_000_000, atMs);
    expect(marks(run)).toMatchObject({ ever: { equityUnits: 101_000_000 } });
    expect(marks(run)).not.toHaveProperty('doubted');
  });

  it('of the day begins anew with the day, the other one goes on', () => {
    const run = runLive(ledgerMachine, ledgerInput);
    mark(run, 100_000_000, 1);
    run.send({ type: 'ledger.dayRolled', tradingDay: '2026-11-23', boundaryMs: 5_000, atMs: 2 });
    expect(marks(run)).toMatchObject({ ever: { equityUnits: 100_000_000 } });
    expect(marks(run)).not.toHaveProperty('ofDay');
    mark(run, 90_000_000, 3);
    expect(marks(run)).toMatchObject({
      ever: { equityUnits: 100_000_000 },
      ofDay: { equityUnits: 90_000_000 },
    });
  });

  it('is not made while an open position has no fresh price', async () => {
    const run = await start();
    const before = accountOf(run).highWater.ever?.equityUnits;
    expect(before).toBe(50_000_000_000);
    run.venue.externalFill(fillOf(run, 'F1', { feeUnits: -9_000_000 }));
    await run.lockstep.rest();
    expect(ledgerOf(run)['balanceUnits']).toBe(50_009_000_000);
    expect(accountOf(run).highWater.ever?.equityUnits).toBe(before);
  });
});

describe('the rebuild at a resynchronisation', () => {
  it('tells of a day that is booked otherwise than the venue lists it, once, and of the end of it', async () => {
    const run = await start();
    run.venue.externalFill(fillOf(run, 'F1'));
    await run.lockstep.rest();
    // Heard on the stream, and on no list: its money never was.
    run.venue.announce({
      type: 'venue.fill',
      fill: fillOf(run, 'GHOST', { lots: 1, feeUnits: 20_000 }),
    });
    await run.lockstep.rest();
    const resync = async (): Promise<void> => {
      run.venue.setFaults({ link: 'down' });
      await run.lockstep.rest();
      run.venue.setFaults({ link: 'up' });
      await run.lockstep.advanceTo(run.clock.nowMs() + 1_000);
      await run.lockstep.rest();
    };
    const mismatches = (): number =>
      run.alerts.filter(({ code }) => code === 'DATA_MISMATCH').length;
    expect(mismatches()).toBe(0);
    await resync();
    expect(mismatches()).toBe(1);
    expect(ledgerOf(run)['differenceUnits']).toBe(-20_000);
    await resync();
    expect(mismatches()).toBe(1);
    run.venue.announce({
      type: 'venue.fillVoided',
      fill: fillOf(run, 'GHOST', { feeUnits: 20_000 }),
    });
    await resync();
    expect(ledgerOf(run)['differenceUnits']).toBe(0);
    expect(mismatches()).toBe(1);
  });

  it('a difference of a cent is none', async () => {
    const run = await start();
    run.venue.announce({ type: 'venue.fill', fill: fillOf(run, 'GHOST', { feeUnits: 10_000 }) });
    await run.lockstep.rest();
    run.venue.setFaults({ link: 'down' });
    await run.lockstep.rest();
    run.venue.setFaults({ link: 'up' });
    await run.lockstep.rest();
    expect(run.alerts.filter(({ code }) => code === 'DATA_MISMATCH')).toEqual([]);
  });
});

describe('a void', () => {
  it('that is heard before its trade keeps the trade out', async () => {
    const run = await start();
    run.venue.announce({ type: 'venue.fillVoided', fill: fillOf(run, 'F1') });
    await run.lockstep.rest();
    run.venue.announce({ type: 'venue.fill', fill: fillOf(run, 'F1') });
    await run.lockstep.rest();
    expect(accountOf(run).openLots('MNQ' as InstrumentId)).toBe(0);
    expect(accountOf(run).feesUnits).toBe(0);
  });
});

describe('the weekly reset', () => {
  /** Sunday before a Monday boundary at 17:00 in Chicago, which has daylight saving since that day. */
  const sundayMs = Date.UTC(2026, 2, 8, 18);
  const mondayMs = Date.UTC(2026, 2, 9, 22);

  function makeLock(run: TestEngine, more: Partial<LockInput>): LockId {
    const turn = new Turn(run.engine.world);
    const input = lockInput({
      source: 'operator',
      kind: 'operator',
      createdAtMs: run.clock.nowMs(),
      ...more,
    });
    const { expiresAtMs: _, ...lasting } = input;
    const cause = { causeSeq: turn.addInput('A1', { type: 'test' }), correlationSeq: 0 };
    turn.create(A1, `lock/${input.lockId}`, 'lock', lasting, cause);
    drain(run.engine.world, turn);
    run.engine.world.options.journal.commit(turn.batch());
    return input.lockId;
  }

  it('clears the sums of the week and the locks that end with it, after the daily one of the same instant', async () => {
    const run = await start({ startMs: sundayMs });
    run.venue.externalFill(fillOf(run, 'F1'));
    await run.lockstep.rest();
    const weekly = makeLock(run, { lockId: 'W' as LockId, clearsOn: ['weeklyReset'] });
    const other = makeLock(run, {
      lockId: 'O' as LockId,
      clearsOn: ['operatorAck'],
      scope: 'symbol:ES',
    });
    expect(accountOf(run).week).toMatchObject({ feesUnits: 500_000, fills: 1 });
    await run.lockstep.advanceTo(mondayMs);
    await run.lockstep.rest();
    expect(run.notes.filter((note) => /^(DAY|WEEK)/u.test(note))).toEqual([
      'DAY A1: trading day 2026-03-10 begins',
      'WEEK A1: the week from 2026-03-09T22:00:00.000Z begins',
    ]);
    expect(accountOf(run).week).toMatchObject({ startMs: mondayMs, feesUnits: 0, fills: 0 });
    expect([...accountOf(run).locks.keys()]).toEqual([other]);
    expect(weekly).not.toBe(other);
    expect(ledgerOf(run)['balanceUnits']).toBe(49_999_500_000);
  });

  it('V3: by hand once for each week, and locks that nobody may end early stay', async () => {
    const run = await start({ startMs: sundayMs });
    run.venue.externalFill(fillOf(run, 'F1'));
    await run.lockstep.rest();
    makeLock(run, { lockId: 'W' as LockId, clearsOn: ['weeklyReset'] });
    const kept = makeLock(run, {
      lockId: 'I' as LockId,
      clearsOn: ['weeklyReset'],
      irrevocable: true,
      scope: 'symbol:ES',
    });
    const ask = (): string => {
      const turn = new Turn(run.engine.world);
      const { outcome } = runReset(run.engine.world, turn, accountOf(run), 'weekly', 'ann');
      drain(run.engine.world, turn);
      if (!turn.isEmpty) run.engine.world.options.journal.commit(turn.batch());
      return outcome;
    };
    expect([ask(), ask()]).toEqual(['accepted', 'refused']);
    expect(accountOf(run).week).toMatchObject({ feesUnits: 0, fills: 0 });
    expect([...accountOf(run).locks.keys()]).toEqual([kept]);
  });
});
