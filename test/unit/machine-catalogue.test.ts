import { describe, expect, it } from 'vitest';
/** Verifies: durability C7, reference/xstate 3.4 */
import { setup, type AnyStateMachine } from 'xstate';
import { machines, structureOf } from '../../src/machines/catalogue.ts';

const entries = Object.entries(machines);

describe('the catalogue', () => {
  it.each(entries)('knows %s by its id, its version and its structure', (id, entry) => {
    expect(entry).toMatchObject({ id, version: expect.stringMatching(/^\d+$/u) as string });
    expect(entry.machine.options.maxIterations).toBe(1000);
    expect(structureOf(entry.machine)).toBe(entry.structure);
    const structure = JSON.parse(entry.structure) as { states: object };
    expect(Object.keys(structure.states)).not.toHaveLength(0);
    expect(entry.structure, 'everything is named').not.toMatch(/inline|xstate\.assign/u);
  });

  it('tells the machines apart', () => {
    expect(new Set(entries.map(([, { structure }]) => structure)).size).toBe(entries.length);
  });

  const base = setup({
    actions: { a: () => undefined, b: () => undefined },
    guards: { g: () => true },
  });
  const variant = (on: object): AnyStateMachine =>
    base.createMachine({
      id: 'x',
      version: '1',
      initial: 'one',
      states: { one: { on }, two: {} },
    } as never) as unknown as AnyStateMachine;

  it.each([
    ['a target', { go: 'one' }],
    ['an action', { go: { target: 'two', actions: 'b' } }],
    ['a guard', { go: { target: 'two', actions: 'a', guard: 'g' } }],
    ['an event', { went: { target: 'two', actions: 'a' } }],
  ])('sees a change of %s', (_, on) => {
    const before = structureOf(variant({ go: { target: 'two', actions: 'a' } }));
    expect(structureOf(variant(on))).not.toBe(before);
  });

  it('does not see a change of a function body: that is what the version is for', () => {
    const [one, other] = [() => 1, () => 2].map((body) =>
      structureOf(
        setup({ actions: { a: body } }).createMachine({ id: 'x', version: '1', entry: 'a' }),
      ),
    );
    expect(one).toBe(other);
  });
});
