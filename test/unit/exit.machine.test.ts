/** Verifies: execution 8, rules 1.5, INV-EXIT-1, INV-EXIT-2, INV-EXIT-3 */
import { describe, expect, it } from 'vitest';
import { exitMachine } from '../../src/machines/exit.machine.ts';
import { expectScript, runLive, type Vocabulary } from '../support/machine-run.ts';
import { accountId, facts, lossRule, MNQ } from '../support/machine-samples.ts';

const input = { accountId, instrument: MNQ };
const number = (word: string | undefined): number => Number(word ?? 0);

/** Facts are three numbers: open lots, lots that closes in flight may still fill, other orders. */
const words: Vocabulary = {
  require: ([target, open, leaves, others], atMs) => ({
    type: 'exit.required',
    targetLots: number(target),
    reason: 'loss limit',
    source: lossRule,
    facts: facts(number(open), number(leaves), number(others)),
    atMs,
  }),
  changed: ([open, leaves, others], atMs) => ({
    type: 'exit.factsChanged',
    facts: facts(number(open), number(leaves), number(others)),
    atMs,
  }),
  verify: ([open, leaves, others], atMs) => ({
    type: 'exit.verifyDue',
    facts: facts(number(open), number(leaves), number(others)),
    atMs,
  }),
};

const expectExit = (script: string) => expectScript(exitMachine, input, words, script);

describe('an exit', () => {
  it('cancels entries, closes, cancels the rest, and ends when nothing is left', () => {
    expectExit(`
      start => idle
      require 0  5 0 2 => closing      # long 5, two other orders
        + account account.exitStarted MNQ
        + cancel increasing MNQ
        + intent sell 5
        + timer verify at 11000
      changed 5 5 1 => closing
      changed 2 2 1 => closing         # partly filled: the close covers the rest
      changed 0 0 1 => verifying       # flat, one protective order left
        + cancel all MNQ
      changed 0 0 0 => idle
        + timer verify off
        + account account.exitEnded MNQ
    `);
  });

  it('closes a short position by buying', () => {
    expectExit(`
      start => idle
      require 0 -3 => closing
        + account account.exitStarted MNQ
        + intent buy 3
        + timer verify at 11000
      changed 0 => idle
        + timer verify off
        + account account.exitEnded MNQ
    `);
  });

  it('reduces to a target and leaves what may stay', () => {
    expectExit(`
      start => idle
      require 2 5 0 1 => closing
        + account account.exitStarted MNQ
        + cancel increasing MNQ
        + intent sell 3
        + timer verify at 11000
      changed 2 0 1 => idle           # a protective order may stay with what is kept
        + timer verify off
        + account account.exitEnded MNQ
    `);
  });

  it('never opens: less than the target, or the other side of it, is not filled up', () => {
    expectExit(`
      start => idle
      require 3 1 => idle
        + timer verify off
        + account account.exitEnded MNQ
      require 3 -2 => closing
        + account account.exitStarted MNQ
        + intent buy 2
        + timer verify at 12000
      changed 0 => idle
        + timer verify off
        + account account.exitEnded MNQ
    `);
  });

  it('takes the strictest of two requirements and closes only the difference', () => {
    expectExit(`
      start => idle
      require 4 6 => closing
        + account account.exitStarted MNQ
        + intent sell 2
        + timer verify at 11000
      require 0 6 2 => closing
        + account account.exitStarted MNQ
        + intent sell 4
        + timer verify at 12000
      require 3 6 6 => closing        # looser: nothing more to do
        + account account.exitStarted MNQ
        + timer verify at 13000
      changed 0 => idle
        + timer verify off
        + account account.exitEnded MNQ
    `);
  });

  it('names every source at the end', () => {
    const run = runLive(exitMachine, input);
    const required = {
      type: 'exit.required',
      targetLots: 0,
      reason: 'x',
      facts: facts(2),
    } as const;
    run.send({ ...required, source: lossRule, atMs: 1 });
    run.send({ ...required, source: 'operator', atMs: 1 });
    run.send({ ...required, source: lossRule, atMs: 1 });
    const { recorded } = run.send({ type: 'exit.factsChanged', facts: facts(0), atMs: 2 });
    expect(recorded).toContainEqual({
      type: 'message',
      to: 'account',
      event: {
        type: 'account.exitEnded',
        instrument: MNQ,
        sources: [lossRule, 'operator'],
        atMs: 2,
      },
    });
  });

  it('does not close twice when two rules require it in one instant, before the first close is seen', () => {
    const run = runLive(exitMachine, input);
    const event = { type: 'exit.required', targetLots: 0, reason: 'x', facts: facts(2), atMs: 7 };
    const first = run.send({ ...event, source: lossRule });
    const second = run.send({ ...event, source: 'RULE-004' });
    const intents = [...first.recorded, ...second.recorded].filter(({ type }) => type === 'intent');
    expect(intents).toHaveLength(1);
  });

  it('sends the next round when a close was rejected, and calls a person after five', () => {
    expectExit(`
      start => idle
      require 0 1 => closing
        + account account.exitStarted MNQ
        + intent sell 1
        + timer verify at 11000
      changed 1 => closing
        + intent sell 1
        + timer verify at 12000
      changed 1 => closing
        + intent sell 1
        + timer verify at 13000
      changed 1 => closing
        + intent sell 1
        + timer verify at 14000
      changed 1 => closing
        + intent sell 1
        + timer verify at 15000
      changed 1 => paced
        + incident FLATTEN_INCOMPLETE
        + account account.exitDelayed MNQ
        + timer verify at 36000
      changed 1 => paced
      require 0 1 => paced
        + account account.exitStarted MNQ
      verify 1 => paced
        + intent sell 1
        + timer verify at 39000
      changed 0 => idle
        + timer verify off
        + account account.exitEnded MNQ
    `);
  });

  it('waits for a close that is in doubt and never repeats it blindly', () => {
    expectExit(`
      start => idle
      require 0 2 => closing
        + account account.exitStarted MNQ
        + intent sell 2
        + timer verify at 11000
      verify 2 2 => closing
        + timer verify at 12000
      verify 2 2 => closing
        + timer verify at 13000
      verify 2 2 => closing
        + timer verify at 14000
      verify 2 2 => closing
        + timer verify at 15000
      verify 2 2 => paced
        + incident FLATTEN_INCOMPLETE
        + account account.exitDelayed MNQ
        + timer verify at 36000
      verify 2 2 => paced
        + timer verify at 37000
    `);
  });

  it('closes the other side when a position overshoots', () => {
    expectExit(`
      start => idle
      require 0 2 => closing
        + account account.exitStarted MNQ
        + intent sell 2
        + timer verify at 11000
      changed -1 => closing
        + intent buy 1
        + timer verify at 12000
      changed 0 => idle
        + timer verify off
        + account account.exitEnded MNQ
    `);
  });

  it('takes back a close that is larger than what is left, once between two checks', () => {
    expectExit(`
      start => idle
      require 0 3 => closing
        + account account.exitStarted MNQ
        + intent sell 3
        + timer verify at 11000
      changed 1 3 => closing           # a stop has filled meanwhile
        + order/C1 order.cancelRequested
      changed 1 3 => closing
      verify 0 3 => closing
        + order/C1 order.cancelRequested
        + timer verify at 14000
      changed 0 0 => idle
        + timer verify off
        + account account.exitEnded MNQ
    `);
  });

  it('does not end a flatten while another order may still fill', () => {
    expectExit(`
      start => idle
      require 0 0 0 1 => canceling
        + account account.exitStarted MNQ
        + cancel all MNQ
        + timer verify at 11000
      changed 0 0 1 => canceling
      verify 0 0 1 => canceling
        + cancel all MNQ
        + timer verify at 13000
      changed 2 0 0 => closing        # it filled
        + intent sell 2
        + timer verify at 14000
      changed 0 => idle
        + timer verify off
        + account account.exitEnded MNQ
    `);
  });

  it('closes through the gate as a reduce-only market order that does not get too old', () => {
    const run = runLive(exitMachine, input);
    const { recorded } = run.send({
      type: 'exit.required',
      targetLots: 0,
      reason: 'x',
      source: lossRule,
      facts: facts(2),
      atMs: 7,
    });
    expect(recorded.find(({ type }) => type === 'intent')).toEqual({
      type: 'intent',
      intent: {
        accountId,
        instrument: MNQ,
        side: 'sell',
        orderType: 'market',
        quantityLots: 2,
        timeInForce: 'day',
        reduceOnly: true,
        purpose: 'exit',
        source: 'rule',
        by: lossRule,
        maxAgeMs: 86_400_000,
        atMs: 7,
      },
    });
  });
});
