/** Verifies: style 1.5: requirements have ids, tests name them, and the list of both is made from the tests. */
import { describe, expect, it } from 'vitest';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import { faults, namesOfCase, withoutPart } from '../support/negative-cases.ts';
import {
  contract,
  crashInvariants,
  idsIn,
  invariantTexts,
  requirementGroups,
  verifiedIds,
  verifiesText,
} from '../support/requirements-page.ts';
import { readTree } from '../support/source-tree.ts';

const verified = verifiedIds(readTree());

describe('a requirement', () => {
  it.each(ruleCatalogue.map(({ id }) => id))('%s has a test that names it', (id) => {
    expect(verified.get(id) ?? []).not.toEqual([]);
  });

  it.each(Object.keys(contract))('%s of the contract has a test that names it', (id) => {
    expect(verified.get(id) ?? []).not.toEqual([]);
  });

  it('of the contract or of a crash is one that exists', () => {
    const known = new Set([...Object.keys(contract), ...Object.keys(crashInvariants)]);
    expect([...verified.keys()].filter((id) => /^[CI]\d/u.test(id) && !known.has(id))).toEqual([]);
  });

  it('that is an invariant is stated where it is kept', () => {
    const stated = invariantTexts(readTree());
    expect([...verified.keys()].filter((id) => id.startsWith('INV-') && !stated.has(id))).toEqual(
      [],
    );
  });

  it('has words', () => {
    const silent = requirementGroups().flatMap(({ rows }) =>
      rows.filter(({ text }) => text === ''),
    );
    expect(silent.map(({ id }) => id)).toEqual([]);
  });
});

describe('a negative case', () => {
  const cases = Object.keys(faults).filter((id) => /^[TOA]\d/u.test(id));

  it.each(cases.filter((id) => withoutPart[id] === undefined))(
    '%s stands in the name of a test or a scenario',
    (id) => {
      expect(namesOfCase(readTree(), id)).not.toEqual([]);
    },
  );

  it('is found in the names of tests and scenarios, and nowhere else', () => {
    const files = [
      {
        path: 'test/unit/one.test.ts',
        text: "it('A1: blocks', run); // A1\nit.each([1])('x', f);",
      },
      { path: 'test/unit/two.test.ts', text: "submit('A1');\nit('of account A1', run);" },
      { path: 'test/scenarios/one.yaml', text: 'scenario: G1, A1 a guard\naccount: { id: A1 }\n' },
    ];
    expect(namesOfCase(files, 'A1')).toEqual([
      'test/unit/one.test.ts: A1: blocks',
      'test/scenarios/one.yaml: G1, A1 a guard',
    ]);
  });
});

describe('the header of a test', () => {
  it('is read until its first empty line', () => {
    const text = '/**\n * Of orders.\n *\n * Verifies: C1, C2 and\n * I1 to I3\n *\n * G9\n */\n';
    expect(idsIn(verifiesText(text))).toEqual(['C1', 'C2', 'I1', 'I2', 'I3']);
  });

  it.each<[string, readonly string[]]>([
    ['RULE-001, INV-POS-1 to 3', ['RULE-001', 'INV-POS-1', 'INV-POS-2', 'INV-POS-3']],
    ['execution 3.10, style 6.2', []],
    ['account A1, BH-1', []],
    ['durability contract C7 (unknown schema), C8', ['C7', 'C8']],
  ])('%s names %j', (text, ids) => {
    expect(idsIn(text)).toEqual(ids);
  });

  it('that says nothing verifies nothing', () => {
    expect(verifiesText('/** C1 */\nconst a = 1; // Verifies: C2\n')).toBe('');
  });
});

it('finds ids in headers of tests and in names of scenarios, and nowhere else', () => {
  const files = [
    { path: 'test/unit/one.test.ts', text: '/** Verifies: C1 */' },
    { path: 'test/scenarios/one.yaml', text: 'scenario: G4 a loss\nsteps: [] # G5\n' },
    { path: 'src/domain/one.ts', text: '/** Verifies: C2 */' },
  ];
  expect([...verifiedIds(files)]).toEqual([
    ['C1', ['test/unit/one.test.ts']],
    ['G4', ['test/scenarios/one.yaml']],
  ]);
});

it('reads what an invariant says, over several lines', () => {
  const text =
    '/**\n * - INV-A-1: one thing\n *   and another.\n * - INV-A-2: more.\n *\n * Rest.\n */';
  expect([...invariantTexts([{ path: 'src/domain/one.ts', text }])]).toEqual([
    ['INV-A-1', 'one thing and another.'],
    ['INV-A-2', 'more.'],
  ]);
});
