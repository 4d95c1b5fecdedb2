/** Verifies: reference on trading engines 1, 3.2, 3.3, 6: each hole has evidence, and every evidence exists. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../support/engine-hole.ts';
import { holeGroups } from '../support/engine-holes.ts';

const root = join(import.meta.dirname, '..');
const all = holeGroups.flatMap(({ section, rows }) =>
  rows.map((row, index) => ({ ...row, id: `${section}.${index + 1}` })),
);

function isThere([file, name]: Evidence): boolean {
  const path = join(root, file);
  return existsSync(path) && readFileSync(path, 'utf8').includes(name);
}

describe('a hole of other engines', () => {
  it.each(all.map(({ id, hole, evidence, later }) => [id, hole, evidence, later] as const))(
    '%s (%s) is shown by tests that exist, or belongs to later work',
    (_id, _hole, evidence, later) => {
      expect(evidence.filter((one) => !isThere(one))).toEqual([]);
      expect(evidence.length > 0).toBe(later === undefined);
    },
  );

  it('is missing where its evidence is not in the file that is named', () => {
    expect(isThere(['scenarios/kill.yaml', 'a scenario that nobody has written'])).toBe(false);
    expect(isThere(['scenarios/nothing.yaml', ''])).toBe(false);
  });
});

const reference = join(root, '../../shared/reference/trading-engines.md');
if (!existsSync(reference))
  console.warn('SKIPPED: no ../shared/reference; whether every hole is listed is not checked');

describe.skipIf(!existsSync(reference))('the list of holes, beside the reference', () => {
  it.each([
    ['1', /^\d+\. \*\*/gmu, '## 1.', '## 2.'],
    ['3.2', /^\| [A-Z(n]/gmu, '### 3.2', '### 3.3'],
    ['6', /^\| [A-Z]/gmu, '## 6.', '## 7.'],
  ] as const)('holds every row of section %s', (section, row, from, to) => {
    const text = readFileSync(reference, 'utf8');
    const part = text.slice(text.indexOf(`\n${from}`), text.indexOf(`\n${to}`));
    const head = section === '1' ? 0 : 1;
    const rows = [...part.matchAll(row)].length - head;
    expect(holeGroups.find((group) => group.section === section)?.rows.length).toBe(rows);
  });
});
