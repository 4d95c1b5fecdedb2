/** Verifies: execution 4 (request ids), security 3 (audit rows), rules 5.5 (four eyes, irrevocable), rules 11, V4 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import type { ActorId, OrderId, RuleId } from '../../src/domain/ids.ts';
import type { OperatorCommand } from '../../src/domain/operator.ts';
import { limits } from '../../src/kernel/limits.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { commandOf, operate } from '../support/operate.ts';

const opened: TestEngine[] = [];
async function start(options: Parameters<typeof startTestEngine>[0] = {}): Promise<TestEngine> {
  const test = await startTestEngine(options);
  opened.push(test);
  return test;
}
afterEach(() => {
  for (const { directory } of opened.splice(0)) removeDirectory(directory);
});

/** Ends the process as a crash would, and starts it again on the same directory. */
async function crash(
  test: TestEngine,
  options: Parameters<typeof startTestEngine>[0] = {},
): Promise<TestEngine> {
  test.engine.abandon();
  test.crash();
  return start({ ...options, directory: test.directory, startMs: test.clock.nowMs() });
}

type Row = OperatorCommand & {
  readonly type: string;
  readonly command: OperatorCommand;
  readonly outcome: string;
  readonly text: string;
};

/** Rows of commands as they are on the disk. */
function rows(test: TestEngine): readonly Row[] {
  const file = readdirSync(test.directory).find((name) => name === 'journal.db') ?? '';
  const database = new Database(join(test.directory, file), { readonly: true });
  try {
    return database
      .prepare<[], { event_json: string }>(
        `SELECT event_json FROM journal WHERE event_json LIKE '{"type":"operator.command"%' ORDER BY seq`,
      )
      .all()
      .map((row) => JSON.parse(row.event_json) as Row);
  } finally {
    database.close();
  }
}

const lockAccount = { verb: 'lock', scope: 'account', isIrrevocable: false } as const;
const locksOf = ({ engine }: TestEngine) => [
  ...(engine.world.accounts.values().next().value?.locks.values() ?? []),
];

describe('a request id', () => {
  it('is answered once: a repeat gets the first answer and does nothing, also after a restart', async () => {
    const first = await start();
    const command = commandOf(lockAccount, { requestId: 'r1' });
    const answers: unknown[] = [];
    first.engine.operate(command, (answer) => answers.push(answer));
    first.engine.rest();
    operate(first.engine, { verb: 'unlock' });
    first.engine.operate(command, (answer) => answers.push(answer));
    first.engine.rest();
    expect(answers).toHaveLength(2);
    expect(answers[1]).toEqual(answers[0]);
    expect(locksOf(first)).toEqual([]);
    const second = await crash(first);
    second.engine.operate(command, (answer) => answers.push(answer));
    second.engine.rest();
    expect(answers[2]).toEqual(answers[0]);
    expect(locksOf(second)).toEqual([]);
    expect(rows(second).map(({ command: { verb } }) => verb)).toEqual(['lock', 'unlock']);
  });

  it('repeated within one turn does nothing twice', async () => {
    const test = await start();
    const command = commandOf({ verb: 'recordTransfer', amountUnits: 5_000_000 });
    const answers: unknown[] = [];
    for (let asked = 0; asked < 3; asked += 1)
      test.engine.operate(command, (answer) => answers.push(answer));
    test.engine.rest();
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    const ledger = test.engine.world.cells.get('account/A1/ledger' as ActorId);
    expect(ledger?.context['balanceUnits']).toBe(50_005_000_000);
  });

  it('of another command is refused', async () => {
    const test = await start();
    operate(test.engine, lockAccount, { requestId: 'r1' });
    expect(operate(test.engine, { verb: 'unlock' }, { requestId: 'r1' })).toMatchObject({
      outcome: 'refused',
      text: expect.stringMatching(/requestId/),
    });
    expect(locksOf(test)).toHaveLength(1);
  });

  it('stays known when its answer is no longer kept', async () => {
    const test = await start();
    operate(test.engine, lockAccount, { requestId: 'old' });
    operate(test.engine, { verb: 'unlock' });
    const other = { verb: 'resume', strategy: 'none', skipEvent: false } as const;
    for (let asked = 0; asked < limits.operatorAnswersMax + 1; asked += 1)
      test.engine.operate(commandOf(other));
    test.engine.rest();
    expect(operate(test.engine, lockAccount, { requestId: 'old' }).outcome).toBe('refused');
    expect(locksOf(test)).toEqual([]);
    expect(test.engine.world.operators.answers.size).toBeLessThanOrEqual(limits.operatorAnswersMax);
  });
});

describe('the row of a command', () => {
  it('holds who, as whom, what, why and what came of it, also for a refusal', async () => {
    const test = await start();
    operate(test.engine, lockAccount, { role: 'viewer', by: 'tom', reason: 'tired' });
    operate(test.engine, { verb: 'unlock' }, { role: 'viewer', by: 'tom', reason: 'awake' });
    expect(rows(test)).toMatchObject([
      {
        command: { verb: 'lock', role: 'viewer', by: 'tom', reason: 'tired', accountId: 'A1' },
        outcome: 'accepted',
      },
      {
        command: { verb: 'unlock', role: 'viewer', by: 'tom', reason: 'awake' },
        outcome: 'refused',
        text: expect.stringMatching(/role: unlock is for operator or admin, was viewer/),
      },
    ]);
  });
});

describe('an account', () => {
  it('is named where there are several, and exists', async () => {
    const test = await start({ accounts: ['A1', 'A2'] });
    expect(operate(test.engine, lockAccount)).toMatchObject({
      outcome: 'refused',
      text: expect.stringMatching(/account: name one of A1, A2/),
    });
    expect(operate(test.engine, lockAccount, { account: 'A9' })).toMatchObject({
      outcome: 'refused',
      text: expect.stringMatching(/account: there is no A9/),
    });
    expect(operate(test.engine, lockAccount, { account: 'A2' }).outcome).toBe('accepted');
    expect(locksOf(test)).toEqual([]);
    expect(test.engine.world.accounts.get('A2' as never)?.tradingState).toBe('LOCKED');
  });
});

describe('what a person names', () => {
  it('has to exist', async () => {
    const test = await start();
    const orderId = 'no-such-order' as OrderId;
    const wrong = [
      { verb: 'cancel', orderId },
      { verb: 'resolve', orderId, outcome: 'failed', evidence: 'none' },
      { verb: 'acknowledge', orderId },
      { verb: 'lock', scope: 'symbol:NOPE', isIrrevocable: false },
      { verb: 'flatten', instrument: 'NOPE' as never },
      { verb: 'limit', rule: 'RULE-003' as RuleId, key: 'limit', value: '-1' },
      { verb: 'pause', actor: 'account/A1/position/NOPE' as ActorId },
      { verb: 'resume', actor: 'account/A1/ledger' as ActorId, skipEvent: true },
      { verb: 'recordTransfer', amountUnits: 0 },
      { verb: 'unlock', rule: 'RULE-003' as RuleId },
    ] as const;
    for (const verb of wrong) {
      const answer = operate(test.engine, verb);
      expect(answer.outcome, JSON.stringify(verb)).toBe('refused');
      expect(answer.text, JSON.stringify(verb)).not.toBe('');
    }
    expect(locksOf(test)).toEqual([]);
  });
});

describe('a lock by hand', () => {
  it('that is irrevocable and has no duration ends with the trading day', async () => {
    const test = await start();
    operate(test.engine, { verb: 'lock', scope: 'account', isIrrevocable: true });
    const endMs = test.engine.world.options.calendar.nextBoundaryMs(test.clock.nowMs());
    expect(locksOf(test)).toMatchObject([{ expiresAtMs: endMs }]);
    expect(operate(test.engine, { verb: 'unlock' })).toMatchObject({
      outcome: 'refused',
      text: expect.stringMatching(/irrevocable until 2026-03-10T22:00:00/),
    });
    await test.lockstep.advanceTo(endMs);
    expect(locksOf(test)).toEqual([]);
  });

  it('that is longer and can be revoked stands beside an irrevocable one', async () => {
    const test = await start();
    const hour = 3_600_000;
    operate(test.engine, { ...lockAccount, isIrrevocable: true, durationMs: hour });
    operate(test.engine, { ...lockAccount, durationMs: 2 * hour });
    expect(locksOf(test)).toHaveLength(2);
    operate(test.engine, { ...lockAccount, isIrrevocable: true, durationMs: 3 * hour });
    expect(locksOf(test)).toHaveLength(2);
    expect(operate(test.engine, { verb: 'unlock' })).toMatchObject({ outcome: 'refused' });
    expect(locksOf(test)).toHaveLength(2);
  });

  it('is a new record when the one before has ended', async () => {
    const test = await start();
    operate(test.engine, lockAccount);
    operate(test.engine, { verb: 'unlock' });
    operate(test.engine, lockAccount);
    expect(locksOf(test)).toHaveLength(1);
    expect(locksOf(test)[0]?.lockId).toMatch(/^operator:account#\d+$/);
  });
});

describe('a tightened limit', () => {
  const rule = { verb: 'limit', rule: 'RULE-001' as RuleId, key: 'limit' } as const;
  const limitOf = ({ engine }: TestEngine): unknown =>
    [...engine.world.accounts.values()].map(({ rules }) => rules[0]?.config)[0];

  it('survives a restart, and goes with the configuration of its key', async () => {
    const configured = { rules: { maxContracts: { limit: '5' } } };
    const first = await start(configured);
    operate(first.engine, { ...rule, value: '3' }, { role: 'viewer' });
    operate(first.engine, { ...rule, value: '2' }, { role: 'viewer' });
    expect(operate(first.engine, { ...rule, value: '3' }, { role: 'admin' }).outcome).toBe(
      'refused',
    );
    expect(limitOf(first)).toMatchObject({ limit: 2 });
    const second = await crash(first, configured);
    expect(limitOf(second)).toMatchObject({ limit: 2 });
    const third = await crash(second, { rules: { maxContracts: { limit: '4' } } });
    expect(limitOf(third)).toMatchObject({ limit: 4 });
    const fourth = await crash(third, configured);
    expect(limitOf(fourth)).toMatchObject({ limit: 5 });
    await fourth.engine.stop();
  });
});

describe('a pause', () => {
  it('of an actor is not ended by dropping what waited for it', async () => {
    const test = await start();
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const actor = 'account/A1/position/MNQ' as ActorId;
    expect(operate(test.engine, { verb: 'pause', actor }).outcome).toBe('accepted');
    await test.submit({
      instrument: 'MNQ',
      side: 'sell',
      quantityLots: 1,
      purpose: 'exit',
      reduceOnly: true,
    });
    const answer = operate(test.engine, { verb: 'resume', actor, skipEvent: true });
    expect(answer).toMatchObject({ outcome: 'accepted' });
    expect(test.engine.world.cells.get(actor)?.context['book']).toMatchObject({ openLots: 0 });
  });

  it('is there after a restart, and ends by a word', async () => {
    const first = await start();
    operate(first.engine, { verb: 'pause', strategy: 'scalp' });
    await first.quote('MNQ', 80_000, 80_001);
    await first.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const actor = 'account/A1/position/MNQ' as ActorId;
    operate(first.engine, { verb: 'pause', actor });
    const second = await crash(first);
    expect(second.engine.world.operators.strategies).toMatchObject([{ strategy: 'scalp' }]);
    expect(second.engine.world.cells.get(actor)?.status).toBe('quarantined');
    expect(operate(second.engine, { verb: 'resume', skipEvent: true }).text).toMatch(
      /resumed strategy scalp, account\/A1\/position\/MNQ/,
    );
    await second.lockstep.rest();
    expect(second.engine.world.cells.get(actor)?.status).toBe('live');
    expect(second.engine.world.cells.get(actor)?.context['book']).toMatchObject({ openLots: 1 });
  });
});
