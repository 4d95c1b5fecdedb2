/** Verifies: style 7: every refusal that an operator can meet is in the table of exit codes, at its exit code. */
import { expect, it } from 'vitest';
import { exitCodes } from '../../src/kernel/errors.ts';
import { readTree } from '../support/source-tree.ts';

type Refusal = { readonly code: string; readonly exit: number };

const refusal = /code: '([A-Z_]+)',\s*exitCode: exitCodes\.(\w+)/gu;

function refusalsIn(text: string): readonly Refusal[] {
  return [...text.matchAll(refusal)].map(([, code = '', name = '']) => ({
    code,
    exit: exitCodes[name as keyof typeof exitCodes],
  }));
}

/** `| 65 | … | `BAD_ROW`, … |` of the table. */
function documented(page: string): ReadonlyMap<number, string> {
  const rows = [...page.matchAll(/^\| (\d+) +\|(.*)$/gmu)];
  return new Map(rows.map(([, exit = '', cells = '']) => [Number.parseInt(exit, 10), cells]));
}

function missing(found: readonly Refusal[], page: string): readonly string[] {
  const rows = documented(page);
  return found
    .filter(({ code, exit }) => rows.get(exit)?.includes(`\`${code}\``) !== true)
    .map(({ code, exit }) => `${code} at exit ${exit}`);
}

const tree = readTree();
const page = tree.find(({ path }) => path === 'docs/operating/recover.md')?.text ?? '';
const sources = tree.filter(({ path }) => path.startsWith('src/'));

it('lists every refusal at its exit code', () => {
  const found = sources.flatMap(({ text }) => refusalsIn(text));
  expect(found.length).toBeGreaterThan(15);
  expect(missing(found, page)).toEqual([]);
});

it('lists every exit code', () => {
  const rows = documented(page);
  expect(Object.values(exitCodes).filter((exit) => !rows.has(exit))).toEqual([]);
});

it('finds a refusal that is missing, or at another exit code', () => {
  const text =
    "{ code: 'NEW_ONE', exitCode: exitCodes.data } { code: 'BAD_ROW',\n exitCode: exitCodes.usage }";
  expect(missing(refusalsIn(text), page)).toEqual(['NEW_ONE at exit 65', 'BAD_ROW at exit 2']);
});
