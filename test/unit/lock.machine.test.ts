/** Verifies: rules 5, INV-LOCK-1, INV-LOCK-2, INV-LOCK-3, V4, V9, V10 */
import { describe, expect, it } from 'vitest';
import { lockMachine } from '../../src/machines/lock.machine.ts';
import { expectScript, runLive, type Vocabulary } from '../support/machine-run.ts';
import { lockInput } from '../support/machine-samples.ts';

const number = (word: string | undefined): number => Number(word ?? 0);
const words: Vocabulary = {
  extend: ([expires], atMs) => ({
    type: 'lock.extended',
    reason: 'breached again',
    ...(expires === undefined ? {} : { expiresAtMs: number(expires) }),
    atMs,
  }),
  /** Wall time, then the elapsed time where this process has seen the lock begin. */
  due: ([atMs, elapsed]) => ({
    type: 'lock.expiryReached',
    ...(elapsed === undefined ? {} : { monotonicElapsedMs: number(elapsed) }),
    atMs: number(atMs),
  }),
  clear: ([on], atMs) => ({ type: 'lock.cleared', on, by: 'ann', reason: 'asked', atMs }),
  unlock: ([by, atMs]) => ({
    type: 'lock.cleared',
    on: 'operatorAck',
    by,
    reason: 'asked',
    atMs: number(atMs),
  }),
};
const atStart = `
  start => active
    + timer expiry at 60000
    + alert warning LOCK_CHANGED
    + account account.lockStarted
    + rule/RULE-003 rule.lockSet RULE-003:account
`;
const atEnd = `
    + account account.lockEnded RULE-003:account
    + rule/RULE-003 rule.lockEnded RULE-003:account
`;
const expectLock = (script: string, more: Parameters<typeof lockInput>[0] = {}) =>
  expectScript(lockMachine, lockInput(more), words, script);

describe('a lock', () => {
  it('ends at its end, the boundary included, and answers afterwards', () => {
    expectLock(`${atStart}
      due 59999 => active
        + timer expiry at 60000
      due 60000 => expired
        ${atEnd}
      due 60001 => expired
      clear dailyReset => expired
    `);
  });

  it('ends only when wall time and elapsed time have both reached the end', () => {
    expectLock(`${atStart}
      due 90000 1000 => active         # the wall clock jumped
        + timer expiry at 148500
      due 90000 59500 => expired
        ${atEnd}
    `);
  });

  it('is extended, never shortened', () => {
    const run = expectLock(`${atStart}
      extend 50000 => active
        + timer expiry at 60000
        + account account.lockStarted
      extend 70000 => active
        + timer expiry at 70000
        + account account.lockStarted
      extend => active
        + timer expiry at 70000
        + account account.lockStarted
      due 60000 => active
        + timer expiry at 70000
    `);
    expect(run.snapshot().context).toMatchObject({ expiresAtMs: 70_000, reason: 'breached again' });
  });

  it.each([
    ['no earlier', 60_000, 'untilReset', ['dailyReset'], 2],
    ['earlier', 59_999, 'cooldown', ['expiry'], 1],
  ])('of a cooldown becomes hard when that ends %s', (_, expiresAtMs, kind, clearsOn, told) => {
    const run = runLive(lockMachine, lockInput({ kind: 'cooldown', clearsOn: ['expiry'] }));
    const harder = { kind: 'untilReset', clearsOn: ['dailyReset'] } as const;
    const event = { type: 'lock.extended', reason: 'again', expiresAtMs, harder, atMs: 5 } as const;
    const { recorded } = run.send(event);
    expect(run.snapshot().context).toMatchObject({ kind, clearsOn, expiresAtMs: 60_000 });
    expect(recorded.filter((one) => one.type === 'message')).toHaveLength(told);
  });

  it('without an end in time takes none from a later breach', () => {
    const { expiresAtMs: _, ...endless } = lockInput();
    const run = runLive(lockMachine, endless);
    run.send({ type: 'lock.extended', reason: 'again', expiresAtMs: 1000, atMs: 5 });
    run.send({ type: 'lock.expiryReached', atMs: 99_999 });
    expect(run.snapshot().value).toBe('active');
    expect(run.snapshot().context).not.toHaveProperty('expiresAtMs');
  });

  it('is cleared only by what clears it', () => {
    expectLock(`${atStart}
      clear weeklyReset => active
      clear sessionStart => active
      clear canTrade => active
      clear config => active
      clear expiry => active           # the end in time is the timer's business
      clear dailyReset => cleared
        + timer expiry off
        ${atEnd}
    `);
  });

  it('is unlocked by an operator who may, with a trace', () => {
    expectLock(`${atStart}
      clear operatorAck => cleared
        + timer expiry off
        + alert warning LOCK_CHANGED
        + incident LOCK_UNLOCKED
        ${atEnd}
    `);
  });

  it.each([
    ['the policy is never', { operatorUnlock: 'never' }],
    ['it is irrevocable', { irrevocable: true }],
    ['only the reset clears it', { clearsOn: ['dailyReset'] }],
  ] as const)('refuses an operator when %s, with a trace', (_, more) => {
    expectLock(
      `${atStart}
      clear operatorAck => active
        + alert warning LOCK_CHANGED
        + incident LOCK_UNLOCK_REFUSED
    `,
      more,
    );
  });

  it('under four eyes ends by the word of two different people', () => {
    const asked = '+ alert warning LOCK_CHANGED\n        + incident LOCK_UNLOCK_ASKED';
    const refused = '+ alert warning LOCK_CHANGED\n        + incident LOCK_UNLOCK_REFUSED';
    expectLock(
      `${atStart}
      unlock ann 1000 => active
        ${asked}
      unlock ann 2000 => active         # twice is once
        ${refused}
      unlock bob 901001 => active       # a quarter of an hour is over
        ${asked}
      unlock ann 1801001 => cleared
        + timer expiry off
        + alert warning LOCK_CHANGED
        + incident LOCK_UNLOCKED
        ${atEnd}
    `,
      { operatorUnlock: 'fourEyes' },
    );
  });

  it('by hand becomes one that nobody ends early', () => {
    const run = runLive(lockMachine, lockInput({ source: 'operator', kind: 'operator' }));
    const event = { type: 'lock.extended', reason: 'again', atMs: 5 } as const;
    run.send({ ...event, expiresAtMs: 70_000, isIrrevocable: true });
    expect(run.snapshot().context).toMatchObject({ irrevocable: true, expiresAtMs: 70_000 });
    run.send({ type: 'lock.cleared', on: 'operatorAck', by: 'ann', reason: 'please', atMs: 9 });
    expect(run.snapshot().value).toBe('active');
  });

  it('begins again when a breach crosses its end', () => {
    expectLock(`${atStart}
      clear dailyReset => cleared
        + timer expiry off
        ${atEnd}
      extend 90000 => active
        + timer expiry at 90000
        + alert warning LOCK_CHANGED
        + account account.lockStarted
        + rule/RULE-003 rule.lockSet RULE-003:account
      due 60000 => active
        + timer expiry at 90000
      due 90000 => expired
        ${atEnd}
    `);
  });

  it('of an operator tells no rule', () => {
    const run = runLive(lockMachine, lockInput({ source: 'operator' }));
    const end = run.send({ type: 'lock.expiryReached', atMs: 60_000 });
    const receivers = [...run.start.recorded, ...end.recorded].flatMap((one) =>
      one.type === 'message' ? [one.to] : [],
    );
    expect(receivers).toEqual(['account', 'account']);
  });
});
