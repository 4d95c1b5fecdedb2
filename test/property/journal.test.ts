/**
 * Verifies: C5 (state = fold of the journal) and I10 (recovery is idempotent).
 *
 * For any sequence of turns, snapshots, clean and unclean restarts:
 * - what is recovered is what the actors were after the last commit, with or without snapshots;
 * - recovering again gives the same, and reading one actor gives the same as recovering all;
 * - the journal proves itself.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Model, open, sortedStates, withDirectory } from '../support/journal-fixture.ts';

const name = fc.integer({ min: 1, max: 5 }).map((number) => `account/A1/order/BH-1-${number}`);

const value = fc.oneof(
  fc.integer(),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.boolean(),
  fc.array(fc.integer(), { maxLength: 3 }),
);
const context = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'é', 'lots'), value, {
  noNullPrototype: true,
});

const step = fc.record({
  kind: fc.constant('step' as const),
  name,
  toState: fc.constantFrom('working', 'filled', 'settled'),
  context,
  isCaused: fc.boolean(),
});
const input = fc.record({
  kind: fc.constant('input' as const),
  text: fc.string({ unit: 'grapheme', maxLength: 20 }),
});

const action = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('turn' as const),
      rows: fc.array(fc.oneof(step, input), { maxLength: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('snapshots' as const),
      countMax: fc.integer({ min: 0, max: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), isClean: fc.boolean() }),
  },
);

describe('the journal', () => {
  it('recovers exactly what was committed', () => {
    const seen = { snapshots: 0, restarts: 0, rows: 0 };
    fc.assert(
      fc.property(fc.array(action, { minLength: 1, maxLength: 12 }), (actions) => {
        withDirectory((directory) => {
          const model = new Model();
          let journal = open(directory);
          for (const next of actions) {
            if (next.kind === 'restart') {
              seen.restarts += 1;
              journal.close({ isClean: next.isClean });
              journal = open(directory);
            } else if (next.kind === 'snapshots') {
              const stale = journal.staleActors(next.countMax);
              seen.snapshots += stale.length;
              journal.writeSnapshots(stale.map((actor) => model.state(actor)));
            } else {
              const entries = next.rows.map((row) =>
                row.kind === 'input'
                  ? model.input(JSON.stringify(row.text))
                  : model.step(row.name, row.toState, row.context, row.isCaused ? model.seq : 0),
              );
              seen.rows += entries.length;
              journal.commit({ entries });
            }
          }
          const expected = sortedStates(model.states.values());
          const recovered = journal.recover();
          expect(recovered.head.seq).toBe(model.seq);
          expect(sortedStates(recovered.actors)).toEqual(expected);
          expect(journal.recover()).toEqual(recovered);
          const read = recovered.actors.map(({ actor }) => journal.readActor(actor));
          expect(read).toEqual(recovered.actors);
          expect(journal.verify()).toMatchObject({ ok: true, rows: model.seq, problems: [] });
          journal.close();
        });
      }),
      { numRuns: 150 },
    );
    // A run that never wrote a snapshot or never started again has shown nothing.
    expect(Math.min(seen.snapshots, seen.restarts, seen.rows)).toBeGreaterThan(20);
  });
});
