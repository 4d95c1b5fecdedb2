/**
 * The saga of the kill switch, one run at a time.
 *
 * Verifies: execution 9.1, 9.2, REQ-K1, G50
 */
import { describe, expect, it } from 'vitest';
import type { KillRun } from '../../src/domain/kill.ts';
import { killMachine } from '../../src/machines/kill.machine.ts';
import { left, triggered } from '../support/kill-samples.ts';
import { expectScript, type Vocabulary } from '../support/machine-run.ts';
import { accountId } from '../support/machine-samples.ts';

/** `2 orders`, `3 lots`, `nothing`; `exiting`: an exit is at work; `kept`: a stop that stays. */
function remains(words: readonly string[]) {
  const number = (unit: string): number => Number(words[words.indexOf(unit) - 1] ?? 0);
  return left(
    words.includes('orders') ? number('orders') : 0,
    words.includes('lots') ? number('lots') : 0,
    {
      kept: words.includes('kept') ? 1 : 0,
      isExiting: words.includes('exiting'),
    },
  );
}

const words: Vocabulary = {
  cancelOnly: (rest, atMs) => ({
    type: 'kill.triggered',
    ...triggered('cancelOnly', remains(rest)),
    atMs,
  }),
  flatten: (rest, atMs) => ({
    type: 'kill.triggered',
    ...triggered('flatten', remains(rest)),
    atMs,
  }),
  emergency: (rest, atMs) => ({
    type: 'kill.triggered',
    ...triggered('flatten', remains(rest), { isEmergency: true }),
    atMs,
  }),
  narrow: (rest, atMs) => ({
    type: 'kill.triggered',
    ...triggered('cancelOnly', remains(rest), { key: 'instrument:MNQ' }),
    atMs,
  }),
  now: (rest, atMs) => ({ type: 'kill.remainsChanged', remains: { account: remains(rest) }, atMs }),
  picture: (rest, atMs) => ({
    type: 'kill.pictureTaken',
    remains: { account: remains(rest) },
    atMs,
  }),
  blind: (_, atMs) => ({ type: 'kill.pictureFailed', reason: 'timeout', atMs }),
  check: (rest, atMs) => ({ type: 'kill.checkDue', remains: { account: remains(rest) }, atMs }),
  late: (rest, atMs) => ({
    type: 'kill.checkDue',
    remains: { account: remains(rest) },
    atMs: atMs + 60_000,
  }),
  restart: (rest, atMs) => ({
    type: 'kill.recovered',
    emergencyFreshMs: 120_000,
    remains: { account: remains(rest) },
    atMs,
  }),
  rearm: (_, atMs) => ({ type: 'kill.rearmed', keys: ['account'], by: 'ann', reason: 'ok', atMs }),
};

const expectKill = (script: string) => expectScript(killMachine, { accountId }, words, script);

describe('the kill switch', () => {
  it('blocks and alerts before it cancels, and latches after two pictures in a row that show nothing', () => {
    const run = expectKill(`
      start => clear
      cancelOnly 2 orders => canceling
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + account account.causeAdded kill:account
      + cancel of the kill account
      + timer kill at 1250
      now 1 orders => canceling
      + cancel of the kill account
      now nothing => canceling
      + picture
      picture nothing => canceling
      + picture
      picture nothing => latched
      + alert warning KILL_VERIFIED
      + incident KILL_VERIFIED
      + timer kill off
    `);
    const { runs } = run.snapshot().context as { runs: Record<string, KillRun> };
    expect(runs['account']).toMatchObject({ result: 'flat', triggers: 1 });
    expect(runs['account']?.steps).toEqual({
      trigger: 1_000,
      block: 1_000,
      alert: 1_000,
      cancel: 1_000,
      cancelsConfirmed: 4_000,
      flat: 4_000,
      latch: 5_000,
    });
  });

  it('is not killed while the venue shows an order that we believe gone, and counts anew after a failed look', () => {
    expectKill(`
      start => clear
      cancelOnly nothing => canceling
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + account account.causeAdded kill:account
      + cancel of the kill account
      + picture
      + timer kill at 1250
      picture 1 orders => canceling
      picture nothing => canceling
      + picture
      blind => canceling
      picture nothing => canceling
      + picture
      picture 1 orders => canceling
      picture nothing => canceling
      + picture
      picture nothing => latched
      + alert warning KILL_VERIFIED
      + incident KILL_VERIFIED
      + timer kill off
    `);
  });

  it('flattens only when the cancels are confirmed, and latches when the venue shows no position twice', () => {
    expectKill(`
      start => clear
      flatten 1 orders 3 lots => canceling
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + account account.causeAdded kill:account
      + cancel of the kill account
      + timer kill at 1250
      picture 1 orders 3 lots => canceling
      picture 3 lots => flattening
      + exit MNQ 0 for kill:account
      now 3 lots exiting => flattening
      now nothing => flattening
      + picture
      picture 1 lots exiting => flattening
      picture nothing => flattening
      + picture
      picture nothing => latched
      + alert warning KILL_VERIFIED
      + incident KILL_VERIFIED
      + timer kill off
    `);
  });

  it('says loudly that it is not done, goes on, and closes what it can although cancels are refused', () => {
    expectKill(`
      start => clear
      flatten 1 orders 3 lots => canceling
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + account account.causeAdded kill:account
      + cancel of the kill account
      + timer kill at 1250
      check 1 orders 3 lots => canceling
      + cancel of the kill account
      + timer kill at 2500
      late 1 orders 3 lots => latchedIncomplete
      + alert critical KILL_INCOMPLETE
      + incident KILL_INCOMPLETE
      + cancel of the kill account
      + exit MNQ 0 for kill:account
      + picture
      + timer kill at 68000
      picture nothing => latchedIncomplete
      + picture
      picture nothing => latched
      + alert warning KILL_VERIFIED
      + incident KILL_VERIFIED
      + timer kill off
    `);
  });

  it('is one run when it is triggered again, and escalates from cancelOnly to flatten', () => {
    const run = expectKill(`
      start => clear
      cancelOnly nothing => canceling
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + account account.causeAdded kill:account
      + cancel of the kill account
      + picture
      + timer kill at 1250
      cancelOnly nothing => canceling
      emergency 2 lots => canceling
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + account account.causeAdded kill:account
      + cancel of the kill account
      + picture
      + timer kill at 3250
      cancelOnly 2 lots => canceling
    `);
    const { runs } = run.snapshot().context as { runs: Record<string, KillRun> };
    expect(Object.keys(runs)).toEqual(['account']);
    expect(runs['account']).toMatchObject({ triggers: 4, mode: 'flatten', isEmergency: true });
  });

  it('holds positions after a restart in the middle of its cancels', () => {
    expectKill(`
      start => clear
      flatten 1 orders 3 lots => canceling
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + account account.causeAdded kill:account
      + cancel of the kill account
      + timer kill at 1250
      restart 1 orders 3 lots => canceling
      + alert critical KILL_LATCHED
      + cancel of the kill account
      + picture
      + timer kill at 2250
      picture 3 lots kept => canceling
      + picture
      picture 3 lots kept => latched
      + alert warning KILL_VERIFIED
      + incident KILL_VERIFIED
      + timer kill off
    `);
  });

  it.each([
    ['a fresh emergency', 'emergency 1 orders 3 lots => canceling', ''],
    [
      'what was under way',
      'flatten 3 lots => canceling',
      'picture 3 lots => flattening\n+ exit MNQ 0 for kill:account',
    ],
  ])('goes on closing after a restart: %s', (_, trigger, before) => {
    const run = expectScript(
      killMachine,
      { accountId },
      words,
      `
      start => clear
      ${trigger}
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + account account.causeAdded kill:account
      + cancel of the kill account
      ${trigger.includes('orders') ? '' : '+ picture'}
      + timer kill at 1250
      ${before}
    `,
    );
    const after = run.send(words['restart']?.(['3', 'lots'], 20_000) ?? { type: '' });
    expect(['canceling', 'flattening']).toContain(after.state);
    const next = run.send(words['picture']?.(['3', 'lots'], 21_000) ?? { type: '' });
    expect(next.state).toBe('flattening');
    expect(next.recorded.map(({ type }) => type)).toContain('exit.require');
  });

  it('does not halt the account for one instrument', () => {
    expectKill(`
      start => clear
      narrow 1 orders => canceling
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + cancel of the kill instrument:MNQ
      + timer kill at 1250
    `);
  });

  it('notices what is opened elsewhere while it is latched: told in cancelOnly, closed in flatten', () => {
    const latch = (mode: string): string => `
      start => clear
      ${mode} nothing => canceling
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + account account.causeAdded kill:account
      + cancel of the kill account
      + picture
      + timer kill at 1250
      picture nothing => ${mode === 'flatten' ? 'flattening' : 'canceling'}
      + picture
      picture nothing => latched
      + alert warning KILL_VERIFIED
      + incident KILL_VERIFIED
      + timer kill off
    `;
    expectKill(`${latch('cancelOnly')}
      now 2 lots => latched
      + alert critical KILL_BYPASSED
      + incident KILL_BYPASSED
      now 1 lots => latched
      now 1 orders 1 lots => canceling
      + alert critical KILL_BYPASSED
      + incident KILL_BYPASSED
      + cancel of the kill account
      + picture
      + timer kill at 6250
    `);
    expectKill(`${latch('flatten')}
      now 2 lots => flattening
      + alert critical KILL_BYPASSED
      + incident KILL_BYPASSED
      + exit MNQ 0 for kill:account
      + picture
      + timer kill at 4250
    `);
  });

  it('ends by a re-arm, and not while it is at work within its time', () => {
    expectKill(`
      start => clear
      cancelOnly 1 orders => canceling
      + alert critical KILL_SWITCH
      + incident KILL_SWITCH
      + account account.causeAdded kill:account
      + cancel of the kill account
      + timer kill at 1250
      rearm => canceling
      late 1 orders => latchedIncomplete
      + alert critical KILL_INCOMPLETE
      + incident KILL_INCOMPLETE
      + cancel of the kill account
      + timer kill at 68000
      rearm => clear
      + alert warning KILL_REARMED
      + incident KILL_REARMED
      + account account.rearmed
      + timer kill off
    `);
  });
});
