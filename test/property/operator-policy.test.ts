/**
 * Verifies: security 1 (one policy table verb × role × mode, deny by default), security 3 (refusals are rows too),
 * rules 5.5 (making things safer needs less authority)
 */
import fc from 'fast-check';
import { afterAll, assert, beforeAll, describe, expect, it } from 'vitest';
import type { LockId, OrderId, RuleId } from '../../src/domain/ids.ts';
import { isPermitted, operatorPolicy } from '../../src/domain/operator-policy.ts';
import { roles, type OperatorVerb, type Role } from '../../src/domain/operator.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { commandOf, operate } from '../support/operate.ts';

/** Written down once more, as the specification says it: the table must say the same. */
const expected: Readonly<Record<OperatorVerb['verb'], readonly Role[]>> = {
  lock: ['viewer', 'operator', 'admin'],
  limit: ['viewer', 'operator', 'admin'],
  cancel: ['operator', 'admin'],
  flatten: ['operator', 'admin'],
  pause: ['operator', 'admin'],
  kill: ['operator', 'admin'],
  resume: ['operator', 'admin'],
  resolve: ['operator', 'admin'],
  acknowledge: ['operator', 'admin'],
  recordTransfer: ['operator', 'admin'],
  unlock: ['operator', 'admin'],
  rearm: ['operator', 'admin'],
  reset: ['admin'],
};

const verbs: readonly OperatorVerb[] = [
  { verb: 'unlock', lockId: 'operator:account' as LockId },
  { verb: 'lock', scope: 'symbol:ES', isIrrevocable: false },
  {
    verb: 'kill',
    kill: { scope: 'account', isEmergency: false, trigger: 'operator' },
  },
  { verb: 'rearm' },
  { verb: 'pause', strategy: 'scalp' },
  { verb: 'resume', strategy: 'trend', skipEvent: false },
  { verb: 'cancel', orderId: 'o-1' as OrderId },
  { verb: 'flatten' },
  { verb: 'resolve', orderId: 'o-1' as OrderId, outcome: 'failed', evidence: 'none' },
  { verb: 'acknowledge' },
  { verb: 'recordTransfer', amountUnits: 1_000_000 },
  { verb: 'limit', rule: 'RULE-001' as RuleId, key: 'limit', value: '1' },
  { verb: 'reset', reset: 'daily' },
];

describe('the policy table', () => {
  it('is the one of the specification, in every mode, and denies what it does not name', () => {
    for (const verb of Object.keys(operatorPolicy) as OperatorVerb['verb'][])
      for (const role of roles)
        for (const mode of ['DRY_RUN', 'PAPER', 'LIVE'])
          expect(isPermitted(verb, role, mode), `${verb} ${role} ${mode}`).toBe(
            expected[verb].includes(role),
          );
    expect(Object.keys(operatorPolicy).toSorted()).toEqual(Object.keys(expected).toSorted());
    expect(verbs.map(({ verb }) => verb).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [verb, role, mode] of [
      ['sell', 'admin', 'PAPER'],
      ['toString', 'admin', 'PAPER'],
      ['flatten', 'root', 'PAPER'],
      ['flatten', 'admin', 'TEST'],
    ] as const)
      expect(isPermitted(verb, role, mode)).toBe(false);
  });
});

describe('a running engine', () => {
  let test: TestEngine;
  beforeAll(async () => {
    test = await startTestEngine({ rules: { maxContracts: { limit: '5' } } });
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    operate(test.engine, { verb: 'lock', scope: 'account', isIrrevocable: false });
    operate(test.engine, { verb: 'pause', strategy: 'trend' });
    await test.lockstep.rest();
  });
  afterAll(async () => {
    await test.engine.stop();
    removeDirectory(test.directory);
  });

  /** Everything that a command could change, but the alerts about it. */
  function picture(): string {
    const { world } = test.engine;
    const cells = [...world.cells.values()].filter(({ hosted }) => hosted.id !== 'alerts');
    const { strategies, actors, limits, voices } = world.operators;
    return JSON.stringify({
      cells: cells.map(({ id, status, stateJson, context }) => [id, status, stateJson, context]),
      operators: [strategies, actors, [...limits], [...voices]],
      rules: [...world.accounts.values()].map(({ rules }) => rules.map(({ config }) => config)),
      submissions: world.counters.submissions,
    });
  }

  it('leaves everything as it was for whoever may not, and writes a row of it', () => {
    const denied = verbs.flatMap((verb) =>
      roles.filter((role) => !expected[verb.verb].includes(role)).map((role) => ({ verb, role })),
    );
    assert.isAbove(denied.length, 20);
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.constantFrom(...denied), ({ verb, role }) => {
        seen.add(`${verb.verb} ${role}`);
        const [before, { head }] = [picture(), test.engine.world.options.journal];
        const command = commandOf(verb, { role, by: 'eve', reason: 'because' });
        let outcome = '';
        test.engine.operate(command, (answer) => {
          outcome = answer.outcome;
        });
        test.engine.rest();
        assert.strictEqual(outcome, 'refused');
        assert.strictEqual(picture(), before);
        assert.isAbove(test.engine.world.options.journal.head.seq, head.seq, 'a row');
        // A repeat is known: the row holds the command with its outcome.
        const kept = test.engine.world.operators.answers.get(command.requestId);
        assert.strictEqual(kept?.answer.outcome, 'refused');
      }),
      { numRuns: 200 },
    );
    assert.strictEqual(seen.size, denied.length);
  });

  it('needs a reason wherever something becomes looser', () => {
    for (const verb of verbs.filter((one) => operatorPolicy[one.verb].needsReason)) {
      const before = picture();
      const answer = operate(test.engine, verb, { reason: ' ' });
      expect(answer, verb.verb).toMatchObject({
        outcome: 'refused',
        text: expect.stringMatching(/^reason: /),
      });
      expect(picture(), verb.verb).toBe(before);
    }
  });

  it('pauses nothing that protects the account', () => {
    const protectors = [...test.engine.world.cells.values()].filter(
      ({ hosted }) => hosted.id !== 'order' && hosted.id !== 'position',
    );
    assert.isAbove(protectors.length, 3);
    for (const { id } of protectors) {
      const before = picture();
      expect(operate(test.engine, { verb: 'pause', actor: id }).outcome, id).toBe('refused');
      expect(picture(), id).toBe(before);
    }
  });
});
