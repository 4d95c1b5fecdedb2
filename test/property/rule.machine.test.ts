/** Verifies: INV-RULE-1, INV-RULE-2, INV-RULE-3, rules 1.5, 1.6 */
import fc from 'fast-check';
import { assert, it } from 'vitest';
import type { LockId } from '../../src/domain/ids.ts';
import type { RuleEvent } from '../../src/domain/machine-event.ts';
import type { RuleEntity } from '../../src/domain/verdict.ts';
import { ruleMachine } from '../../src/machines/rule.machine.ts';
import { runLive } from '../support/machine-run.ts';
import { accountId, finding, lossRule, MES, MNQ } from '../support/machine-samples.ts';

const entity = fc.constantFrom<RuleEntity>('account', MNQ, MES);
const lockId = fc.constantFrom('hard' as LockId, 'cool' as LockId);
const event: fc.Arbitrary<RuleEvent> = fc.oneof(
  fc
    .record({
      entity,
      verdict: fc.constantFrom('PASS' as const, 'DENY' as const, 'UNKNOWN' as const),
    })
    .map((one) => ({
      type: 'rule.verdictChanged' as const,
      finding: finding(one.verdict, one.entity, [{ type: 'flattenAccount' }]),
      nextBoundaryMs: 60_000,
      atMs: 1,
    })),
  entity.map((instrument) => ({ type: 'rule.enforcementAchieved' as const, instrument, atMs: 1 })),
  entity.map((instrument) => ({
    type: 'rule.enforcementDelayed' as const,
    instrument,
    reason: 'x',
    atMs: 1,
  })),
  lockId.map((id) => ({
    type: 'rule.lockSet' as const,
    lockId: id,
    kind: id === 'cool' ? ('cooldown' as const) : ('untilReset' as const),
    atMs: 1,
  })),
  lockId.map((id) => ({ type: 'rule.lockEnded' as const, lockId: id, atMs: 1 })),
  fc.constantFrom<RuleEvent>(
    { type: 'rule.evaluationFailed', reason: 'x', atMs: 1 },
    { type: 'rule.disabled', atMs: 1 },
    { type: 'rule.enabled', atMs: 1 },
  ),
);

/** The weightiest condition, from the sets that the events make. */
function weightiest(known: {
  isDisabled: boolean;
  locks: Set<string>;
  enforcing: Set<string>;
  causes: Set<string>;
}): string {
  if (known.isDisabled) return 'disabled';
  if (known.locks.has('hard')) return 'locked';
  if (known.locks.has('cool')) return 'cooling';
  if (known.enforcing.size > 0) return 'enforcing';
  return known.causes.size > 0 ? 'unknown' : 'armed';
}

it('asks once per entity in flight, holds one cause per entity it cannot judge, and shows the weightiest condition', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (all) => {
      const run = runLive(ruleMachine, { accountId, ruleId: lossRule, severity: 'error' });
      const known = {
        isDisabled: false,
        locks: new Set<string>(),
        enforcing: new Set<string>(),
        causes: new Set<string>(),
      };
      for (const one of all) {
        const { state, recorded } = run.send(one);
        if (one.type === 'rule.enforcementAchieved') known.enforcing.delete(one.instrument);
        if (one.type === 'rule.lockSet') known.locks.add(one.lockId);
        if (one.type === 'rule.lockEnded' && known.locks.delete(one.lockId)) {
          if (known.locks.size === 0) known.enforcing.delete('account');
        }
        if (one.type === 'rule.lockEnded' && known.locks.size === 0 && !known.isDisabled) {
          known.enforcing.delete('account');
        }
        if (one.type === 'rule.disabled') {
          known.isDisabled = true;
          known.enforcing.clear();
        }
        if (one.type === 'rule.enabled') known.isDisabled = false;
        for (const each of recorded) {
          if (each.type !== 'message') continue;
          if (each.event.type === 'account.enforcementWanted') {
            const name = each.event.finding.entity;
            assert.strictEqual(known.enforcing.has(name), false, `INV-RULE-1 ${name}`);
            known.enforcing.add(name);
          } else if (each.event.type === 'account.causeAdded') {
            const { cause } = each.event.cause;
            assert.strictEqual(known.causes.has(cause), false, `INV-RULE-2 ${cause}`);
            known.causes.add(cause);
          } else if (each.event.type === 'account.causeRemoved') {
            assert.strictEqual(known.causes.delete(each.event.cause), true, 'INV-RULE-2');
          }
        }
        assert.strictEqual(state, weightiest(known), 'INV-RULE-3');
        if (state === 'disabled') assert.deepEqual([...known.causes], [], 'INV-RULE-2');
        if (one.type === 'rule.verdictChanged' && !known.isDisabled) {
          const { entity: judged, verdict } = one.finding;
          const isHeld = known.causes.has(`unknown:${lossRule}:${judged}`);
          assert.strictEqual(isHeld, verdict === 'UNKNOWN', 'INV-RULE-2');
          if (verdict === 'DENY') assert.strictEqual(known.enforcing.has(judged), true);
        }
        seen.set(state, (seen.get(state) ?? 0) + 1);
      }
    }),
    { numRuns: 1_000 },
  );
  for (const state of ['armed', 'enforcing', 'locked', 'cooling', 'unknown', 'disabled']) {
    assert.isAbove(seen.get(state) ?? 0, 20, state);
  }
});
