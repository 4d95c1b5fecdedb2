/** Verifies: durability C1, a context rebuilt from its recorded changes is the context that was. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyContextDiff, contextDiff } from '../../src/domain/context-diff.ts';

/** Names that every object inherits are among them: `in` is not the question to ask. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'constructor', 'toString', '__proto__', '', 'a"b'),
  fc.string({ maxLength: 3 }).filter((text) => text !== '-'),
);
const value = fc.oneof(
  fc.constant(undefined),
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.dictionary(fc.string({ maxLength: 2 }), fc.integer(), { maxKeys: 2, noNullPrototype: true }),
);
const context = fc
  .array(fc.tuple(key, value), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries) as Record<string, unknown>);

/** What a stored context reads back as. */
const stored = (of: Record<string, unknown>): Record<string, unknown> =>
  JSON.parse(JSON.stringify(of)) as Record<string, unknown>;

const sorted = (of: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1)));

describe('context changes', () => {
  it('rebuild every context of a chain, the first from nothing', () => {
    fc.assert(
      fc.property(fc.array(context, { minLength: 1, maxLength: 6 }), (chain) => {
        let before: Record<string, unknown> | undefined;
        let rebuilt: Readonly<Record<string, unknown>> = {};
        for (const after of chain) {
          rebuilt = applyContextDiff(rebuilt, contextDiff(before, after));
          expect(sorted(rebuilt)).toBe(sorted(stored(after)));
          before = after;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('say nothing about keys whose value stayed the same', () => {
    fc.assert(
      fc.property(context, key, fc.integer(), (before, changed, to) => {
        fc.pre(before[changed] !== to);
        const after = Object.defineProperty({ ...before }, changed, {
          value: to,
          enumerable: true,
          configurable: true,
          writable: true,
        });
        expect(Object.keys(JSON.parse(contextDiff(before, after)) as object)).toEqual([changed]);
        expect(contextDiff(before, { ...before })).toBe('{}');
      }),
    );
  });
});
