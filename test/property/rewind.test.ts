/**
 * Verifies: inspector 13 case 4 (rewind to seq N equals a fold of the journal to N; stepping back and forth is exact),
 * security 3 (the chain is proven row by row)
 *
 * For any journal and any walk over it:
 * - the picture of an account at a row is what the store's own fold gives of its rows up to there;
 * - it does not depend on what was looked at before;
 * - the walk finds the first row that does not fit, and proves no row behind it.
 */
import fc from 'fast-check';
import { assert, describe, expect, it } from 'vitest';
import { ownerSight } from '../../src/domain/redaction.ts';
import { pictureOf } from '../../src/inspector/account-report.ts';
import { ActorIndex } from '../../src/inspector/actor-index.ts';
import { HistoryScan } from '../../src/inspector/history-scan.ts';
import { actorAt, PastAccounts } from '../../src/inspector/past.ts';
import { FoldedActor } from '../../src/persistence/fold.ts';
import { openJournalView } from '../../src/persistence/journal-view.ts';
import type { JournalRow } from '../../src/persistence/rows.ts';
import type { JournalView, ViewedRow } from '../../src/ports/journal-view.port.ts';
import type { JournalEntry } from '../../src/ports/journal.port.ts';
import { Model, open, withDirectory } from '../support/journal-fixture.ts';

const value = fc.oneof(
  fc.integer(),
  fc.string({ maxLength: 6 }),
  fc.boolean(),
  fc.dictionary(fc.constantFrom('x', 'y'), fc.integer(), { noNullPrototype: true }),
);
type Step = {
  readonly name: number;
  readonly toState: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly isInput: boolean;
};
const step: fc.Arbitrary<Step> = fc.record({
  name: fc.integer({ min: 1, max: 4 }),
  toState: fc.constantFrom('working', 'filled', 'settled'),
  context: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value, { noNullPrototype: true }),
  isInput: fc.boolean(),
});

function written(directory: string, steps: readonly Step[]): void {
  const journal = open(directory);
  const model = new Model();
  const entries: JournalEntry[] = steps.map(({ name, toState, context, isInput }) =>
    isInput ? model.input() : model.step(`account/A1/order/BH-1-${name}`, toState, context),
  );
  for (let start = 0; start < entries.length; start += 50)
    journal.commit({ entries: entries.slice(start, start + 50) });
  journal.close({ isClean: true });
}

type Folded = Readonly<Record<string, { readonly state: string; readonly context: unknown }>>;

/** By the fold that recovery uses. */
function foldedTo(view: JournalView, seq: number): Folded {
  const actors = new Map<string, FoldedActor>();
  for (const row of view.rowsAfter(0, seq)) {
    if (row.machine === 'input' || row.account !== 'A1') continue;
    const known = actors.get(row.actor);
    if (known === undefined) actors.set(row.actor, FoldedActor.ofFirstRow(row as JournalRow));
    else known.apply(row as JournalRow);
  }
  return Object.fromEntries(
    [...actors].map(([id, actor]) => {
      const { stateJson, contextJson } = actor.result();
      return [
        id,
        { state: JSON.parse(stateJson) as string, context: JSON.parse(contextJson) as unknown },
      ];
    }),
  );
}

function pictured(view: JournalView, past: PastAccounts, scan: HistoryScan, seq: number): Folded {
  const picture = pictureOf(view, past, scan, 'A1', seq, ownerSight);
  assert.strictEqual(picture.seq, seq);
  return Object.fromEntries(
    picture.actors.map(({ id, state, context }) => [id, { state, context }]),
  );
}

describe('a picture of the past', () => {
  it('is the fold of the journal, in whatever order it is asked', () => {
    const walk = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 900, size: 'max' }),
        walk,
        (steps, places) =>
          withDirectory((directory) => {
            written(directory, steps);
            const view = openJournalView(directory);
            try {
              const past = new PastAccounts(view);
              const scan = new HistoryScan(view);
              for (const place of places) {
                const seq = 1 + Math.floor(place * (steps.length - 1));
                const expected = foldedTo(view, seq);
                assert.deepEqual(pictured(view, past, scan, seq), expected);
                for (const near of [seq - 1, seq, seq + 1, seq]) {
                  if (near < 1 || near > steps.length) continue;
                  assert.deepEqual(pictured(view, past, scan, near), foldedTo(view, near));
                }
                for (const [id, { context }] of Object.entries(expected))
                  assert.deepEqual(actorAt(view, id, seq)?.context, context);
              }
              const index = new ActorIndex(view);
              index.load();
              assert.deepEqual(
                Object.keys(foldedTo(view, steps.length)).toSorted(),
                index
                  .ofAccount('A1')
                  .map(({ id }) => id)
                  .toSorted(),
              );
            } finally {
              view.close();
            }
          }),
      ),
      { numRuns: 25 },
    );
  });

  it('is exact for every step over the pictures that are kept, forward and back', () => {
    withDirectory((directory) => {
      const steps = Array.from({ length: 1_200 }, (_, index) => ({
        name: 1 + (index % 4),
        toState: index % 3 === 0 ? 'working' : 'filled',
        context: { a: index, [`b${index % 5}`]: index },
        isInput: index % 7 === 0,
      }));
      written(directory, steps);
      const view = openJournalView(directory);
      const scan = new HistoryScan(view);
      const known = new Map<number, string>();
      const past = new PastAccounts(view);
      for (let seq = 1; seq <= 1_200; seq += 1)
        known.set(seq, JSON.stringify(pictured(view, past, scan, seq)));
      for (let seq = 1_200; seq >= 1; seq -= 1)
        expect(JSON.stringify(pictured(view, past, scan, seq))).toBe(known.get(seq));
      for (const seq of [1, 249, 250, 251, 600, 1_200])
        expect(JSON.parse(known.get(seq) ?? '')).toEqual(foldedTo(view, seq));
      view.close();
    });
  });
});

describe('the walk over all rows', () => {
  it('proves what fits, and nothing from the first row on that does not', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 5, maxLength: 60 }),
        fc.nat(),
        fc.constantFrom('hash', 'eventJson', 'toState', 'contextDiffJson', 'atMs', 'missing'),
        fc.integer({ min: 1, max: 40 }),
        (steps, where, field, slice) =>
          withDirectory((directory) => {
            written(directory, steps);
            const view = openJournalView(directory);
            const whole = new HistoryScan(view);
            while (whole.advance(slice));
            assert.deepEqual(whole.proof, { isProven: true, upToSeq: steps.length });
            const broken = 1 + (where % steps.length);
            const scan = new HistoryScan(tampered(view, broken, field));
            while (scan.advance(slice));
            assert.strictEqual(scan.proof.isProven, field === 'missing' && broken === steps.length);
            assert.strictEqual(scan.proof.upToSeq, broken - 1);
            view.close();
          }),
      ),
      { numRuns: 60 },
    );
  });
});

/** Rows as somebody would have changed them behind the engine's back. */
function tampered(view: JournalView, seq: number, field: string): JournalView {
  const isMissing = field === 'missing';
  const changed = (row: ViewedRow): ViewedRow => {
    if (row.seq !== seq || isMissing) return row;
    if (field === 'atMs') return { ...row, atMs: row.atMs + 1 };
    return { ...row, [field]: `${row[field as 'hash']} ` };
  };
  return Object.assign(Object.create(view) as JournalView, {
    chainChecker: () => view.chainChecker(),
    rowsAfter: (from: number, count: number) =>
      view
        .rowsAfter(from, count + 1)
        .filter((row) => !isMissing || row.seq !== seq)
        .slice(0, count)
        .map(changed),
  });
}
