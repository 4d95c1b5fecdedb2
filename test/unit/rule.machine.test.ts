/** Verifies: rules 1.5, 1.6, RULE-001, RULE-003, RULE-004, INV-RULE-1, INV-RULE-2, INV-RULE-3 */
import { describe, expect, it } from 'vitest';
import type { RuleEntity, WantedAction } from '../../src/domain/verdict.ts';
import { ruleMachine } from '../../src/machines/rule.machine.ts';
import { expectScript, runLive, type Vocabulary } from '../support/machine-run.ts';
import { accountId, finding, lossLock, lossRule } from '../support/machine-samples.ts';

const input = { accountId, ruleId: lossRule, severity: 'error' };
const wants: readonly WantedAction[] = [{ type: 'flattenAccount' }];
const entityOf = (word: string | undefined): RuleEntity => (word ?? 'account') as RuleEntity;
const words: Vocabulary = {
  deny: ([entity, at], atMs) => ({
    type: 'rule.verdictChanged',
    finding: finding('DENY', entityOf(entity), wants),
    nextBoundaryMs: 60_000,
    atMs: at === undefined ? atMs : Number(at),
  }),
  pass: ([entity], atMs) => ({
    type: 'rule.verdictChanged',
    finding: finding('PASS', entityOf(entity)),
    atMs,
  }),
  unknown: ([entity], atMs) => ({
    type: 'rule.verdictChanged',
    finding: finding('UNKNOWN', entityOf(entity)),
    atMs,
  }),
  achieved: ([instrument], atMs) => ({ type: 'rule.enforcementAchieved', instrument, atMs }),
  delayed: ([instrument], atMs) => ({
    type: 'rule.enforcementDelayed',
    instrument,
    reason: 'rejected',
    atMs,
  }),
  lock: ([lockId, kind], atMs) => ({ type: 'rule.lockSet', lockId, kind, atMs }),
  unlock: ([lockId], atMs) => ({ type: 'rule.lockEnded', lockId, atMs }),
  failed: (_, atMs) => ({ type: 'rule.evaluationFailed', reason: 'worker lost', atMs }),
  disable: (_, atMs) => ({ type: 'rule.disabled', atMs }),
  enable: (_, atMs) => ({ type: 'rule.enabled', atMs }),
};
const expectRule = (script: string) => expectScript(ruleMachine, input, words, script);

describe('a rule', () => {
  it('enforces a breach once, is locked with it, and is armed again after the lock', () => {
    expectRule(`
      start => armed
      pass account => armed
      deny account => enforcing
        + account account.enforcementWanted
        + alert error DAILY_LOSS_REACHED
      deny account => enforcing
      lock RULE-003:account untilReset => locked
      deny account => locked           # still in flight
      achieved account => locked
      deny account => locked
        + account account.enforcementWanted
        + alert error DAILY_LOSS_REACHED
      achieved account => locked
      pass account => locked
      unlock RULE-003:account => armed
    `);
  });

  it('hands the breach on as it was judged', () => {
    const run = runLive(ruleMachine, input);
    const judged = finding('DENY', 'account', wants);
    const { recorded } = run.send({
      type: 'rule.verdictChanged',
      finding: judged,
      nextBoundaryMs: 60_000,
      atMs: 5,
    });
    expect(recorded[0]).toEqual({
      type: 'message',
      to: 'account',
      event: {
        type: 'account.enforcementWanted',
        finding: judged,
        actions: wants,
        nextBoundaryMs: 60_000,
        atMs: 5,
      },
    });
    expect(run.snapshot().context).toMatchObject({
      enforcing: { account: { sinceMs: 5, code: 'DAILY_LOSS_REACHED', observed: -501_200_000 } },
      last: { account: { verdict: 'DENY', limit: -500_000_000 } },
    });
  });

  it('enforces each position by itself and keeps enforcing until it is achieved', () => {
    expectRule(`
      start => armed
      deny MNQ => enforcing
        + account account.enforcementWanted
        + alert error DAILY_LOSS_REACHED
      deny MES => enforcing
        + account account.enforcementWanted
        + alert error DAILY_LOSS_REACHED
      pass MNQ => enforcing
      achieved MNQ => enforcing
      delayed MES => enforcing
      delayed MNQ => enforcing
      achieved MES => armed
      achieved MES => armed
    `);
  });

  it('asks again when the answer to an enforcement was lost', () => {
    expectRule(`
      start => armed
      deny account 1000 => enforcing
        + account account.enforcementWanted
        + alert error DAILY_LOSS_REACHED
      deny account 60999 => enforcing
      deny account 61000 => enforcing
        + account account.enforcementWanted
        + alert error DAILY_LOSS_REACHED
    `);
  });

  it('takes the end of its lock as the end of the breach behind it', () => {
    expectRule(`
      start => armed
      deny account => enforcing
        + account account.enforcementWanted
        + alert error DAILY_LOSS_REACHED
      lock RULE-003:account untilReset => locked
      unlock RULE-003:account => armed
      deny account => enforcing
        + account account.enforcementWanted
        + alert error DAILY_LOSS_REACHED
    `);
  });

  it('cools down under a cooldown, and stays while any lock is left', () => {
    expectRule(`
      start => armed
      lock L1 cooldown => cooling
      lock L2 untilReset => locked
      unlock L2 => cooling
      unlock L1 => armed
    `);
  });

  it('holds the account in one cause per entity that it cannot judge', () => {
    expectRule(`
      start => armed
      unknown MNQ => unknown
        + account account.causeAdded unknown:RULE-003:MNQ
        + alert warning RULE_UNKNOWN
        + timer attention at 31000
      unknown MNQ => unknown
      unknown account => unknown
        + account account.causeAdded unknown:RULE-003:account
        + alert warning RULE_UNKNOWN
      pass MNQ => unknown
        + account account.causeRemoved unknown:RULE-003:MNQ
        + timer attention at 33000
      deny account => enforcing
        + account account.causeRemoved unknown:RULE-003:account
        + account account.enforcementWanted
        + alert error DAILY_LOSS_REACHED
        + timer attention off
    `);
  });

  it('reads unknown while its evaluation fails, until it judges again', () => {
    expectRule(`
      start => armed
      failed => unknown
        + account account.causeAdded unknown:RULE-003:evaluation
        + alert warning RULE_UNKNOWN
        + timer attention at 31000
      failed => unknown
      pass account => armed
        + account account.causeRemoved unknown:RULE-003:evaluation
        + timer attention off
    `);
  });

  it('does nothing while disabled and remembers its locks', () => {
    expectRule(`
      start => armed
      unknown MNQ => unknown
        + account account.causeAdded unknown:RULE-003:MNQ
        + alert warning RULE_UNKNOWN
        + timer attention at 31000
      disable => disabled
        + account account.causeRemoved unknown:RULE-003:MNQ
        + timer attention off
      deny account => disabled
      failed => disabled
      lock RULE-003:account untilReset => disabled
      enable => locked
      enable => locked
    `);
  });

  it('tells people when a close takes longer than its grace, and when a doubt lasts half a minute, once each', () => {
    const run = runLive(ruleMachine, input);
    const judged = { ...finding('DENY', 'account', wants), graceMs: 10_000 };
    const begun = run.send({ type: 'rule.verdictChanged', finding: judged, atMs: 5 });
    expect(begun.recorded).toContainEqual({
      type: 'timer.put',
      timer: 'attention',
      dueAtMs: 10_005,
      event: 'rule.attentionDue',
    });
    expect(run.send({ type: 'rule.attentionDue', atMs: 10_004 }).recorded).toEqual([]);
    const late = run.send({ type: 'rule.attentionDue', atMs: 10_005 }).recorded;
    expect(late).toMatchObject([
      { type: 'alert', severity: 'critical', code: 'ENFORCEMENT_INCOMPLETE' },
      { type: 'timer.delete', timer: 'attention' },
    ]);
    expect(run.send({ type: 'rule.attentionDue', atMs: 10_006 }).recorded).toEqual([]);
    run.send({ ...words['unknown']?.(['MNQ'], 20_000), type: 'rule.verdictChanged' });
    const lasting = run.send({ type: 'rule.attentionDue', atMs: 50_000 }).recorded;
    expect(lasting).toMatchObject([
      { type: 'alert', severity: 'error', code: 'QUARANTINE', entity: 'RULE-003/MNQ' },
      { type: 'timer.delete' },
    ]);
    expect(run.send({ type: 'rule.attentionDue', atMs: 90_000 }).recorded).toEqual([]);
  });

  it('has nothing to tell of a close that is done in time', () => {
    const run = runLive(ruleMachine, input);
    const judged = { ...finding('DENY', 'account', wants), graceMs: 10_000 };
    run.send({ type: 'rule.verdictChanged', finding: judged, atMs: 5 });
    const done = { type: 'rule.enforcementAchieved', instrument: 'account', atMs: 9 };
    expect(run.send(done).recorded).toEqual([{ type: 'timer.delete', timer: 'attention' }]);
  });

  it('leaves the alert to the account where its configuration asks for one', () => {
    const run = runLive(ruleMachine, input);
    const judged = finding('DENY', 'account', [{ type: 'alert', severity: 'critical' }]);
    const { recorded } = run.send({ type: 'rule.verdictChanged', finding: judged, atMs: 5 });
    expect(recorded.map(({ type }) => type)).toEqual(['message']);
  });

  it('forgets the oldest passed entity at its bound, never a breach', () => {
    const run = runLive(ruleMachine, input);
    run.send(words['deny']?.(['X0'], 0) ?? { type: '' });
    for (let index = 1; index < 70; index += 1) {
      run.send(words['pass']?.([`X${index}`], index) ?? { type: '' });
    }
    const { last } = run.snapshot().context as { last: Record<string, unknown> };
    expect(Object.keys(last)).toHaveLength(65);
    expect(last).toHaveProperty('X0');
    expect(last).not.toHaveProperty('X1');
    expect(last).toHaveProperty('X69');
    expect(lossLock).toBe('RULE-003:account');
  });
});
