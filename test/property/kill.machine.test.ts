/**
 * The kill switch under every order of what can happen to it.
 *
 * Verifies: INV-KILL-1, INV-KILL-2, INV-KILL-3; negative cases: "killed" is reported while orders or positions remain,
 * a halt is lost by a restart
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KillEvent, KillRemains, KillRun } from '../../src/domain/kill.ts';
import { killMachine } from '../../src/machines/kill.machine.ts';
import { left, triggered } from '../support/kill-samples.ts';
import { runLive } from '../support/machine-run.ts';
import { accountId } from '../support/machine-samples.ts';

type Told = KillEvent extends infer Event
  ? Event extends KillEvent
    ? Omit<Event, 'atMs'>
    : never
  : never;

const something: fc.Arbitrary<KillRemains> = fc
  .tuple(
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: -2, max: 2 }),
    fc.boolean(),
    fc.integer({ min: 0, max: 1 }),
  )
  .map(([orders, lots, isExiting, kept]) => left(orders, lots, { isExiting, kept }));
const remains = fc.oneof(
  { weight: 3, arbitrary: fc.constant(left(0)) },
  { weight: 1, arbitrary: something },
);
const mode = fc.constantFrom('cancelOnly' as const, 'flatten' as const);

const told: fc.Arbitrary<Told> = fc.oneof(
  fc
    .tuple(mode, remains, fc.boolean())
    .map(([how, what, isEmergency]) =>
      Object.assign(
        { type: 'kill.triggered' as const },
        triggered(isEmergency ? 'flatten' : how, what, { isEmergency }),
      ),
    ),
  remains.map((account) => ({ type: 'kill.remainsChanged' as const, remains: { account } })),
  remains.map((account) => ({ type: 'kill.pictureTaken' as const, remains: { account } })),
  remains.map((account) => ({ type: 'kill.checkDue' as const, remains: { account } })),
  fc.constant({ type: 'kill.pictureFailed' as const, reason: 'timeout' }),
  remains.map((account) => ({
    type: 'kill.recovered' as const,
    emergencyFreshMs: 120_000,
    remains: { account },
  })),
  fc.constant({
    type: 'kill.rearmed' as const,
    keys: ['account' as const],
    by: 'ann',
    reason: 'ok',
  }),
);

it('INV-KILL-1 to 3: it ends only by a person, latches only on proof, and closes only in mode flatten', () => {
  const problems: string[] = [];
  const seen = { latched: 0, ended: 0, closed: 0, held: 0 };
  fc.assert(
    fc.property(
      fc.array(fc.tuple(told, fc.integer({ min: 1, max: 8_000 })), { maxLength: 40 }),
      (story) => {
        const run = runLive(killMachine, { accountId });
        let atMs = 0;
        let empty = 0;
        let before: KillRun | undefined;
        for (const [event, pauseMs] of story) {
          atMs += pauseMs;
          const { recorded, context } = run.send({ ...event, atMs });
          const { account: after } = context['runs'] as Readonly<
            Record<string, KillRun | undefined>
          >;
          if (event.type === 'kill.pictureFailed') empty = 0;
          if (event.type === 'kill.pictureTaken') {
            const what = event.remains.account ?? left(1);
            const needsFlat = before?.mode === 'flatten' && !before.isHeld;
            const isFlat = what.positions.length === 0 && what.kept === 0;
            const isEmpty = what.orders === 0 && (!needsFlat || isFlat);
            empty = isEmpty ? empty + 1 : 0;
          }
          if (before !== undefined && after === undefined) {
            const mayEnd = before.phase === 'latched' || before.isIncomplete;
            if (event.type !== 'kill.rearmed' || !mayEnd) problems.push(`ended by ${event.type}`);
            seen.ended += 1;
          }
          if (after?.phase === 'latched' && before?.phase !== 'latched') {
            if (event.type !== 'kill.pictureTaken' || empty < 2)
              problems.push(`latched by ${event.type} after ${empty} empty pictures`);
            seen.latched += 1;
          }
          if (recorded.some(({ type }) => type === 'exit.require')) {
            if (after?.mode !== 'flatten' || after.isHeld) problems.push('closed without leave');
            seen.closed += 1;
          }
          if (after?.isHeld === true) seen.held += 1;
          before = after;
        }
      },
    ),
    { numRuns: 500, seed: 4 },
  );
  expect(problems).toEqual([]);
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
});
