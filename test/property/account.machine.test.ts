/** Verifies: INV-ACC-1, INV-ACC-2, INV-ACC-3, execution 10 */
import fc from 'fast-check';
import { assert, it } from 'vitest';
import type { AccountEvent, LockInput } from '../../src/domain/machine-event.ts';
import { accountMachine } from '../../src/machines/account.machine.ts';
import { runLive } from '../support/machine-run.ts';
import { accountId, lockInput } from '../support/machine-samples.ts';

const names = ['link', 'kill', 'stale:MNQ', 'quarantine:rule'] as const;
const scopes = ['account', 'symbol:MNQ'] as const;
const sources = ['RULE-003', 'RULE-009', 'operator'] as const;

function lockOf(
  source: string,
  scope: LockInput['scope'],
  daily: boolean,
  atMs: number,
): LockInput {
  return lockInput({
    lockId: `${source}:${scope}` as LockInput['lockId'],
    source,
    scope,
    clearsOn: daily ? ['dailyReset'] : ['canTrade'],
    createdAtMs: atMs,
  });
}

const kinds = [
  'add',
  'remove',
  'lock',
  'unlock',
  'day',
  'configured',
  'reconciled',
  'rearm',
] as const;

const event: fc.Arbitrary<AccountEvent> = fc
  .record({
    kind: fc.constantFrom(...kinds),
    name: fc.constantFrom(...names, 'startup', 'lock:RULE-003:account'),
    state: fc.constantFrom('REDUCING' as const, 'LOCKED' as const, 'HALTED' as const),
    source: fc.constantFrom(...sources),
    scope: fc.constantFrom(...scopes),
    isDaily: fc.boolean(),
    atMs: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ kind, name, state, source, scope, isDaily, atMs }): AccountEvent => {
    const lock = lockOf(source, scope, isDaily, atMs);
    switch (kind) {
      case 'add': {
        const cause = name.startsWith('lock:') ? 'link' : name;
        return { type: 'account.causeAdded', cause: { cause, state, reason: 'x' }, atMs };
      }
      case 'remove':
        return { type: 'account.causeRemoved', cause: name, atMs };
      case 'lock':
        return { type: 'account.lockStarted', lock, atMs };
      case 'unlock':
        return { type: 'account.lockEnded', lockId: lock.lockId, source, how: 'expiry', atMs };
      case 'day':
        return { type: 'account.dayRolled', tradingDay: '2026-11-23', boundaryMs: atMs, atMs };
      case 'configured':
        return { type: 'account.rulesConfigured', rulePolicies: {}, atMs };
      case 'reconciled':
        return { type: 'account.reconciled', atMs };
      case 'rearm':
        return { type: 'account.rearmed', by: 'ann', reason: 'x', atMs };
    }
  });

/** The plain reference: which causes stand, by name. */
class Reference {
  readonly causes = new Map<string, 'REDUCING' | 'LOCKED' | 'HALTED'>([['startup', 'REDUCING']]);
  readonly locks = new Map<string, LockInput>();
  lastBoundaryMs = 0;

  /** Names of the locks that this event must clear. */
  take(one: AccountEvent): string[] {
    const grave = ['REDUCING', 'LOCKED', 'HALTED'];
    switch (one.type) {
      case 'account.causeAdded': {
        const { cause, state } = one.cause;
        const known = this.causes.get(cause);
        const isGraver = known === undefined || grave.indexOf(state) > grave.indexOf(known);
        if (isGraver) this.causes.set(cause, state);
        return [];
      }
      case 'account.causeRemoved':
        if (this.causes.get(one.cause) !== 'HALTED' && !one.cause.startsWith('lock:')) {
          this.causes.delete(one.cause);
        }
        return [];
      case 'account.lockStarted':
        this.locks.set(one.lock.lockId, one.lock);
        if (one.lock.scope === 'account') this.causes.set(`lock:${one.lock.lockId}`, 'LOCKED');
        return [];
      case 'account.lockEnded':
        this.locks.delete(one.lockId);
        this.causes.delete(`lock:${one.lockId}`);
        return [];
      case 'account.dayRolled': {
        if (one.boundaryMs <= this.lastBoundaryMs) return [];
        this.lastBoundaryMs = one.boundaryMs;
        return [...this.locks.values()]
          .filter(
            (lock) => lock.clearsOn.includes('dailyReset') && lock.createdAtMs < one.boundaryMs,
          )
          .map(({ lockId }) => `lock/${lockId}`);
      }
      case 'account.rulesConfigured':
        return [];
      case 'account.reconciled':
        this.causes.delete('startup');
        return [];
      case 'account.rearmed':
        for (const [name, state] of this.causes) if (state === 'HALTED') this.causes.delete(name);
        return [];
      case 'account.enforcementWanted':
      case 'account.automationWanted':
      case 'account.exposureAdded':
      case 'account.exitStarted':
      case 'account.exitEnded':
      case 'account.exitDelayed':
        throw new Error(`no ${one.type} is generated`);
    }
  }

  get state(): string {
    const states = new Set(this.causes.values());
    if (states.has('HALTED')) return 'halted';
    if (states.has('LOCKED')) return 'locked';
    return states.has('REDUCING') ? 'reducing' : 'active';
  }
}

it('is in the worst state of its causes, latches a halt, and clears by a boundary once', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (all) => {
      const run = runLive(accountMachine, { accountId, atMs: 0 });
      const reference = new Reference();
      for (const one of all) {
        // A startup cause that halts can only be re-armed: reconciliation is not a person.
        if (one.type === 'account.causeAdded' && one.cause.cause === 'startup') continue;
        const cleared = reference.take(one);
        const { state, context, recorded } = run.send(one);
        assert.strictEqual(state, reference.state, 'INV-ACC-1');
        const causes = Object.keys(context['causes'] as object);
        assert.deepEqual(causes.toSorted(), [...reference.causes.keys()].toSorted(), 'INV-ACC-2');
        const told = recorded.flatMap((each) =>
          each.type === 'message' && each.event.type === 'lock.cleared' ? [each.to] : [],
        );
        assert.deepEqual(told.toSorted(), cleared.toSorted(), 'INV-ACC-3');
        for (const what of [state, ...(told.length > 0 ? ['cleared'] : [])]) {
          seen.set(what, (seen.get(what) ?? 0) + 1);
        }
      }
    }),
    { numRuns: 1_000 },
  );
  for (const what of ['active', 'reducing', 'locked', 'halted', 'cleared']) {
    assert.isAbove(seen.get(what) ?? 0, 20, what);
  }
});
