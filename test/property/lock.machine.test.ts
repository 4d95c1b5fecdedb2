/** Verifies: INV-LOCK-1, INV-LOCK-2, INV-LOCK-3, INV-LOCK-4, rules 5.2, 5.5 */
import fc from 'fast-check';
import { assert, it } from 'vitest';
import type { LockEvent, LockInput } from '../../src/domain/machine-event.ts';
import { lockMachine } from '../../src/machines/lock.machine.ts';
import { runLive } from '../support/machine-run.ts';
import { lockInput } from '../support/machine-samples.ts';

const time = fc.integer({ min: 0, max: 200_000 });
const clearing = fc.constantFrom(
  ...([
    'dailyReset',
    'weeklyReset',
    'sessionStart',
    'canTrade',
    'expiry',
    'config',
    'operatorAck',
  ] as const),
);

const event: fc.Arbitrary<LockEvent> = fc.oneof(
  fc.record(
    { type: fc.constant('lock.expiryReached' as const), atMs: time, monotonicElapsedMs: time },
    { requiredKeys: ['type', 'atMs'] },
  ),
  fc.record(
    {
      type: fc.constant('lock.extended' as const),
      reason: fc.constant('again'),
      atMs: time,
      expiresAtMs: time,
    },
    { requiredKeys: ['type', 'reason', 'atMs'] },
  ),
  fc.record({
    type: fc.constant('lock.cleared' as const),
    on: clearing,
    by: fc.constantFrom('ann', 'bob'),
    reason: fc.constant('asked'),
    atMs: time,
  }),
);

const input: fc.Arbitrary<LockInput> = fc
  .record({
    createdAtMs: fc.integer({ min: 0, max: 50_000 }),
    clearsOn: fc.uniqueArray(clearing),
    operatorUnlock: fc.constantFrom('never' as const, 'admin' as const, 'fourEyes' as const),
    irrevocable: fc.boolean(),
  })
  .map((more) => lockInput({ ...more, expiresAtMs: more.createdAtMs + 60_000 }));

it('ends by time only when both clocks have reached its end, and otherwise only by what clears it', () => {
  const seen = { expired: 0, cleared: 0, early: 0, refused: 0 };
  fc.assert(
    fc.property(input, fc.array(event, { maxLength: 30 }), (lock, all) => {
      const run = runLive(lockMachine, lock);
      for (const one of all) {
        const { value, context } = run.snapshot();
        if (value !== 'active') break;
        const { expiresAtMs, createdAtMs } = context as {
          expiresAtMs: number;
          createdAtMs: number;
        };
        const after = run.send(one);
        const expiresAfterMs = after.context['expiresAtMs'] as number;
        assert.isAtLeast(expiresAfterMs, expiresAtMs, 'INV-LOCK-2');
        if (after.state === 'expired') {
          seen.expired += 1;
          if (one.type !== 'lock.expiryReached') throw new Error('only a timer lets a lock expire');
          assert.isAtLeast(one.atMs, expiresAtMs, 'INV-LOCK-1');
          const elapsedMs = one.monotonicElapsedMs ?? expiresAtMs - createdAtMs;
          assert.isAtLeast(createdAtMs + elapsedMs, expiresAtMs, 'INV-LOCK-1');
        } else if (after.state === 'cleared') {
          seen.cleared += 1;
          if (one.type !== 'lock.cleared') throw new Error('only clearing clears a lock');
          assert.include(lock.clearsOn, one.on, 'INV-LOCK-3');
          assert.notStrictEqual(one.on, 'expiry');
          if (one.on === 'operatorAck') {
            assert.deepEqual([lock.operatorUnlock === 'never', lock.irrevocable], [false, false]);
          }
        } else if (one.type === 'lock.expiryReached') {
          seen.early += 1;
          const timer = after.recorded.find(({ type }) => type === 'timer.put');
          assert.include(timer, { timer: 'expiry' });
        } else if (one.type === 'lock.cleared' && one.on === 'operatorAck') {
          seen.refused += 1;
          assert.deepEqual(
            after.recorded.map(({ type }) => type),
            ['alert', 'incident'],
          );
        }
      }
    }),
    { numRuns: 1_000 },
  );
  for (const count of Object.values(seen)) assert.isAbove(count, 20);
});

it('under four eyes ends only when two different people say so within a quarter of an hour', () => {
  const seen = { cleared: 0, same: 0, late: 0 };
  const word = fc.record({
    by: fc.constantFrom('ann', 'bob', 'cat'),
    pauseMs: fc.constantFrom(1, 60_000, 899_999, 900_000, 900_001, 2_000_000),
  });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (words) => {
      const { expiresAtMs: _, ...endless } = lockInput({
        operatorUnlock: 'fourEyes',
        clearsOn: ['operatorAck'],
      });
      const run = runLive(lockMachine, endless);
      let first: { by: string; atMs: number } | undefined;
      let atMs = 0;
      for (const { by, pauseMs } of words) {
        atMs += pauseMs;
        const isWaiting = first !== undefined && atMs - first.atMs <= 900_000;
        const { state } = run.send({
          type: 'lock.cleared',
          on: 'operatorAck',
          by,
          reason: 'r',
          atMs,
        });
        const isSecond = isWaiting && first?.by !== by;
        assert.strictEqual(state, isSecond ? 'cleared' : 'active', 'INV-LOCK-4');
        if (isSecond) seen.cleared += 1;
        else if (isWaiting) seen.same += 1;
        else if (first !== undefined) seen.late += 1;
        if (isSecond) return;
        if (!isWaiting) first = { by, atMs };
      }
    }),
    { numRuns: 500 },
  );
  for (const count of Object.values(seen)) assert.isAbove(count, 20);
});
