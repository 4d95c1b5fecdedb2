/** Verifies: REQ-AL1, trading-controls 5, G49, T2, T3 */
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/kernel/limits.ts';
import { alertsMachine } from '../../src/machines/alerts.machine.ts';
import { expectScript, runLive, type Vocabulary } from '../support/machine-run.ts';
import { accountId } from '../support/machine-samples.ts';

const settings = {
  minSeverity: 'warning',
  dedupeMs: 60_000,
  escalateMs: 120_000,
  cleanupMs: 300_000,
};

/** `raise SEVERITY CODE ENTITY AT_SECONDS [over]`; the time of the line itself does not matter here. */
const words: Vocabulary = {
  raise: ([severity, code, entity, at, over]) => ({
    type: 'alert.raised',
    severity,
    code,
    entity,
    text: `${code} at ${at} of ${entity}`,
    isLasting: over === undefined,
    settings,
    atMs: Number(at) * 1_000,
  }),
  resolve: ([entity, at]) => ({ type: 'alert.resolved', entity, atMs: Number(at) * 1_000 }),
  due: ([at]) => ({ type: 'alert.escalationDue', atMs: Number(at) * 1_000 }),
};

const expectDesk = (script: string) => expectScript(alertsMachine, { accountId }, words, script);

describe('the alert desk', () => {
  it('G49: sends the same alert once within 60 s, and one level up at 120 s without another notice', () => {
    expectDesk(`
      start => watching
      raise warning CONNECTION_LOST link 0 => watching
        + send warning CONNECTION_LOST
        + timer escalate at 120000
      raise warning CONNECTION_LOST link 59 => watching
        + timer escalate at 120000
      due 120 => watching
        + send error CONNECTION_LOST
        + timer escalate off
      due 240 => watching
        + timer escalate off
    `);
  });

  it('T3: knows an alert by what it is about, whatever numbers its text holds', () => {
    const run = runLive(alertsMachine, { accountId });
    let sent = 0;
    for (let count = 0; count < 10; count += 1) {
      const { recorded } = run.send({
        type: 'alert.raised',
        severity: 'error',
        code: 'MONEY_DIFFERENCE',
        entity: 'account',
        text: `difference ${count * 7}.00`,
        isLasting: true,
        settings,
        atMs: count * 1_000,
      });
      sent += recorded.filter(({ type }) => type === 'alert.send').length;
    }
    expect(sent).toBe(1);
  });

  it('T2: escalates from the first time, also when it was repeated meanwhile', () => {
    expectDesk(`
      start => watching
      raise error ORDER_INTEGRITY order/1 10 => watching
        + send error ORDER_INTEGRITY
        + timer escalate at 130000
      raise error ORDER_INTEGRITY order/1 100 => watching
        + send error ORDER_INTEGRITY
        + timer escalate at 130000
      due 130 => watching
        + send critical ORDER_INTEGRITY
        + timer escalate off
    `);
  });

  it('never escalates what was resolved or has happened and is over', () => {
    expectDesk(`
      start => watching
      raise warning STALENESS RULE-004/MNQ 0 => watching
        + send warning STALENESS
        + timer escalate at 120000
      resolve RULE-004/MNQ 30 => watching
        + timer escalate off
      raise warning LOCK_CHANGED lock/1 40 over => watching
        + send warning LOCK_CHANGED
        + timer escalate off
      due 500 => watching
        + timer escalate off
    `);
  });

  it('tells entities and severities apart, and stays silent below the least severity', () => {
    expectDesk(`
      start => watching
      raise warning QUARANTINE order/1 0 => watching
        + send warning QUARANTINE
        + timer escalate at 120000
      raise warning QUARANTINE order/2 1 => watching
        + send warning QUARANTINE
        + timer escalate at 120000
      raise critical QUARANTINE order/1 2 => watching
        + send critical QUARANTINE
        + timer escalate at 120000
      raise info POSITION_OPENED account 3 => watching
    `);
  });

  it('remembers a bounded number', () => {
    const run = runLive(alertsMachine, { accountId });
    let kept = 0;
    for (let count = 0; count < limits.alertsPerAccountMax + 20; count += 1) {
      const { context } = run.send({
        type: 'alert.raised',
        severity: 'error',
        code: 'ORDER_INTEGRITY',
        entity: `order/${count}`,
        text: '',
        isLasting: true,
        settings,
        atMs: count,
      });
      kept = Object.keys((context as { alerts: object }).alerts).length;
    }
    expect(kept).toBe(limits.alertsPerAccountMax);
  });
});
