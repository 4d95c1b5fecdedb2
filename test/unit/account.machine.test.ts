/** Verifies: rules 1.5, 4.2, 5, 7.2, execution 10, INV-ACC-1, INV-ACC-2, INV-ACC-3, V4, V8, V14 */
import { describe, expect, it } from 'vitest';
import type { LockInput, TradingStateCause } from '../../src/domain/machine-event.ts';
import type { Recorded } from '../../src/domain/recorded.ts';
import type { WantedAction } from '../../src/domain/verdict.ts';
import { accountMachine } from '../../src/machines/account.machine.ts';
import { expectScript, recordText, runLive, type Vocabulary } from '../support/machine-run.ts';
import { accountId, finding, lockInput, lossRule, MES, MNQ } from '../support/machine-samples.ts';

const input = { accountId, atMs: 0 };
const lockLoss: WantedAction = { type: 'setLock', scope: 'account', kind: 'untilReset' };
const actionSets: Readonly<Record<string, readonly WantedAction[]>> = {
  flatten: [{ type: 'flattenAccount' }, lockLoss],
  close: [{ type: 'closePosition', instrument: MNQ }],
  warn: [{ type: 'alert', severity: 'warning' }],
};
const words: Vocabulary = {
  add: ([cause, state], atMs) => ({
    type: 'account.causeAdded',
    cause: { cause, state, reason: 'because' },
    atMs,
  }),
  remove: ([cause], atMs) => ({ type: 'account.causeRemoved', cause, atMs }),
  reconciled: (_, atMs) => ({ type: 'account.reconciled', atMs }),
  rearm: (_, atMs) => ({ type: 'account.rearmed', by: 'ann', reason: 'checked', atMs }),
  lock: ([scope], atMs) => ({ type: 'account.lockStarted', lock: scopedLock(scope), atMs }),
  unlock: ([scope], atMs) => ({
    type: 'account.lockEnded',
    lockId: scopedLock(scope).lockId,
    source: lossRule,
    how: 'expiry',
    atMs,
  }),
  breach: ([what, entity], atMs) => ({
    type: 'account.enforcementWanted',
    finding: finding('DENY', (entity ?? 'account') as 'account'),
    actions: actionSets[what ?? ''] ?? [],
    nextBoundaryMs: 60_000,
    atMs,
  }),
  added: ([instrument, keepLots], atMs) => ({
    type: 'account.exposureAdded',
    instrument,
    keepLots: Number(keepLots ?? 0),
    atMs,
  }),
  exitStarted: ([instrument, ...sources], atMs) => ({
    type: 'account.exitStarted',
    instrument,
    sources,
    atMs,
  }),
  exitEnded: ([instrument, ...sources], atMs) => ({
    type: 'account.exitEnded',
    instrument,
    sources,
    atMs,
  }),
  exitDelayed: ([instrument, ...sources], atMs) => ({
    type: 'account.exitDelayed',
    instrument,
    sources,
    reason: 'rejected',
    atMs,
  }),
  day: ([boundaryMs], atMs) => ({
    type: 'account.dayRolled',
    tradingDay: '2026-11-23',
    boundaryMs: Number(boundaryMs),
    atMs,
  }),
};

function scopedLock(scope = 'account'): LockInput {
  const lockId = `RULE-003:${scope}` as LockInput['lockId'];
  return lockInput({ lockId, scope: scope as LockInput['scope'], createdAtMs: 500 });
}

const expectAccount = (script: string) => expectScript(accountMachine, input, words, script);

/** What a breach with these actions makes the account do. */
function enforce(
  actions: readonly WantedAction[],
  more: { nextBoundaryMs?: number; rulePolicies?: object } = { nextBoundaryMs: 60_000 },
): readonly Recorded[] {
  const { rulePolicies, ...boundary } = more;
  const run = runLive(
    accountMachine,
    rulePolicies === undefined ? input : { ...input, rulePolicies },
  );
  const event = {
    type: 'account.enforcementWanted',
    finding: finding('DENY'),
    actions,
    atMs: 5_000,
  };
  return run.send({ ...event, ...boundary }).recorded;
}

function lockOf(records: readonly Recorded[]): LockInput | undefined {
  return records.flatMap((one) => (one.type === 'lock.create' ? [one.input] : []))[0];
}

describe('the trading state', () => {
  it('starts as reducing, becomes active by reconciliation, and is the worst of its causes', () => {
    expectAccount(`
      start => reducing
      reconciled => active
      add link REDUCING => reducing
      lock account => locked
        + cancel increasing
      add kill HALTED => halted
        + alert critical ACCOUNT_HALTED
      remove link => halted
      rearm => locked
        + alert warning ACCOUNT_REARMED
        + incident ACCOUNT_REARMED
      unlock account => active
      reconciled => active
      rearm => active
    `);
  });

  it('leaves a halt only by a named person and a lock only by its end', () => {
    expectAccount(`
      start => reducing
      reconciled => active
      add kill HALTED => halted
        + alert critical ACCOUNT_HALTED
      add kill HALTED => halted
      add kill REDUCING => halted       # no weakening
      remove kill => halted
      reconciled => halted
      lock account => halted
        + cancel increasing
      rearm => locked
        + alert warning ACCOUNT_REARMED
        + incident ACCOUNT_REARMED
      remove lock:RULE-003:account => locked
    `);
  });

  it('keeps the time of a cause that is added again and takes a graver one', () => {
    const run = expectAccount(`
      start => reducing
      add link REDUCING => reducing
      add link REDUCING => reducing
      add link HALTED => halted
        + alert critical ACCOUNT_HALTED
    `);
    const { causes } = run.snapshot().context as { causes: Record<string, TradingStateCause> };
    expect(causes['link']).toEqual({ state: 'HALTED', reason: 'because', sinceMs: 1000 });
  });

  it('is not changed by the lock of one symbol', () => {
    expectAccount(`
      start => reducing
      reconciled => active
      lock symbol:MNQ => active
        + cancel increasing MNQ
      lock symbol:MNQ => active         # extended
      added MES 0 => active
      added MNQ 1 => active
        + incident EXPOSURE_WHILE_LOCKED
        + exit MNQ 1 for RULE-003
      unlock symbol:MNQ => active
      added MNQ 1 => active
    `);
  });
});

describe('a breach', () => {
  it('locks first, then closes everywhere, and is over when every exit has ended', () => {
    expectAccount(`
      start => reducing
      reconciled => active
      breach flatten => active
        + lock.create RULE-003:account untilReset
        + exit all 0 for RULE-003
      lock account => locked
        + cancel increasing
      exitStarted MNQ RULE-003 => locked
      exitStarted MES RULE-003 operator => locked
      exitEnded MNQ RULE-003 => locked
        + rule/RULE-003 rule.enforcementAchieved MNQ
      exitDelayed MES RULE-003 operator => locked
        + alert critical ENFORCEMENT_INCOMPLETE
        + rule/RULE-003 rule.enforcementDelayed MES
        + rule/RULE-003 rule.enforcementDelayed account
      exitEnded MES RULE-003 operator => locked
        + rule/RULE-003 rule.enforcementAchieved MES
        + rule/RULE-003 rule.enforcementAchieved account
    `);
  });

  it('is over at once when there was nothing to close', () => {
    expectAccount(`
      start => reducing
      breach warn => reducing
        + alert warning DAILY_LOSS_REACHED
        + rule/RULE-003 rule.enforcementAchieved account
      breach flatten => reducing
        + lock.create RULE-003:account untilReset
        + exit all 0 for RULE-003
      exitEnded account RULE-003 => reducing
        + rule/RULE-003 rule.enforcementAchieved account
    `);
  });

  it('of a position waits for the exit of that position', () => {
    expectAccount(`
      start => reducing
      breach close account => reducing
        + exit MNQ 0 for RULE-003
      exitEnded MES RULE-003 => reducing
        + rule/RULE-003 rule.enforcementAchieved MES
      exitEnded MNQ RULE-003 => reducing
        + rule/RULE-003 rule.enforcementAchieved MNQ
        + rule/RULE-003 rule.enforcementAchieved account
      exitEnded MNQ operator => reducing
    `);
  });

  it('does every action of the closed list, each once, in order', () => {
    const records = enforce([
      { type: 'alert', severity: 'error' },
      { type: 'reducePosition', instrument: MNQ, targetLots: -2 },
      { type: 'closePosition', instrument: MES },
      { type: 'closePosition', instrument: MES },
      { type: 'reducePosition', instrument: MES, targetLots: 1 },
      { type: 'cancelOrdersBySymbol', instrument: MNQ },
      { type: 'setLock', scope: 'symbol:MNQ', kind: 'permanent' },
    ]);
    expect(records.map(recordText)).toEqual([
      'lock.create RULE-003:symbol:MNQ permanent',
      'cancel all MNQ',
      'exit MES 0 for RULE-003',
      'exit MNQ -2 for RULE-003',
      'alert error DAILY_LOSS_REACHED',
    ]);
  });

  it('lets a flatten supersede single closes and cancels', () => {
    const records = enforce([
      { type: 'closePosition', instrument: MES },
      { type: 'reducePosition', instrument: MNQ, targetLots: 1 },
      { type: 'cancelOrdersBySymbol', instrument: MNQ },
      { type: 'flattenAccount' },
      { type: 'cancelAllOrders' },
    ]);
    expect(records.map(recordText)).toEqual(['exit all 0 for RULE-003']);
  });

  it('makes a lock that says why, until when, and who may end it', () => {
    const [record] = enforce([lockLoss]);
    expect(record).toEqual({
      type: 'lock.create',
      input: lockInput({
        createdAtMs: 5_000,
        reason: 'DAILY_LOSS_REACHED: observed=-501.20, limit=-500.00, realized=-501.20',
      }),
      ifExists: {
        type: 'lock.extended',
        reason: 'DAILY_LOSS_REACHED: observed=-501.20, limit=-500.00, realized=-501.20',
        expiresAtMs: 60_000,
        observed: -501_200_000,
        atMs: 5_000,
      },
    });
  });

  it.each<[string, WantedAction, object]>([
    [
      'a cooldown',
      { type: 'setLock', scope: 'account', kind: 'cooldown', durationMs: 900 },
      { expiresAtMs: 5_900, clearsOn: ['expiry', 'operatorAck'] },
    ],
    [
      'until restored',
      { type: 'setLock', scope: 'account', kind: 'untilRestored' },
      { clearsOn: ['canTrade', 'operatorAck'] },
    ],
    [
      'until the session',
      { type: 'setLock', scope: 'account', kind: 'untilSessionStart' },
      { clearsOn: ['sessionStart', 'operatorAck'] },
    ],
    [
      'permanent',
      { type: 'setLock', scope: 'symbol:MNQ', kind: 'permanent' },
      { clearsOn: ['config'] },
    ],
    [
      'of the operator',
      { type: 'setLock', scope: 'account', kind: 'operator' },
      { clearsOn: ['expiry', 'operatorAck'] },
    ],
  ])('makes a lock %s with its own end', (_, action, expected) => {
    const lock = lockOf(enforce([action]));
    expect(lock).toMatchObject(expected);
    expect(lock !== undefined && 'expiresAtMs' in lock).toBe('expiresAtMs' in expected);
  });

  it('never makes a lock that is over before it begins', () => {
    expect(lockOf(enforce([lockLoss], {}))).not.toHaveProperty('expiresAtMs');
    expect(lockOf(enforce([lockLoss], { nextBoundaryMs: 5_000 }))).not.toHaveProperty(
      'expiresAtMs',
    );
  });

  it('makes a lock that no operator ends where the policy says so', () => {
    const rulePolicies = { [lossRule]: { operatorUnlock: 'never', irrevocable: false } };
    const lock = lockOf(enforce([lockLoss], { rulePolicies }));
    expect(lock).toMatchObject({ clearsOn: ['dailyReset'], operatorUnlock: 'never' });
  });
});

describe('a lock of the account', () => {
  it('closes what a fill adds, down to what was there before', () => {
    expectAccount(`
      start => reducing
      added MNQ 2 => reducing
      lock account => locked
        + cancel increasing
      added MNQ 2 => locked
        + incident EXPOSURE_WHILE_LOCKED
        + exit MNQ 2 for RULE-003
    `);
  });

  it('is cleared by the boundary once, and not by one that it is younger than', () => {
    expectAccount(`
      start => reducing
      lock account => locked
        + cancel increasing
      lock symbol:MES => locked
        + cancel increasing MES
      day 500 => locked
      day 500 => locked
      day 501 => locked
        + lock/RULE-003:account lock.cleared dailyReset
        + lock/RULE-003:symbol:MES lock.cleared dailyReset
      day 501 => locked
    `);
  });

  it('that does not end with the reset is left alone by it', () => {
    const run = runLive(accountMachine, input);
    const lock = lockInput({ clearsOn: ['canTrade'], kind: 'untilRestored' });
    run.send({ type: 'account.lockStarted', lock, atMs: 1 });
    const { recorded } = run.send(words['day']?.(['9999'], 2) ?? { type: '' });
    expect(recorded).toEqual([]);
  });
});
