import { describe, expect, it } from 'vitest';
import { blank, readTree, type SourceFile } from '../support/source-tree.ts';
import {
  aliasFindings,
  barrelFindings,
  importFindings,
  importsOf,
  parseMayImport,
} from '../support/tidy-imports.ts';
import { describeFinding, expectNoFindings, type Finding } from '../support/tidy.ts';

const tree = readTree();

const textOf = (path: string): string => {
  const file = tree.find((one) => one.path === path);
  if (file === undefined) throw new Error(`the tree has a file ${path}`);
  return file.text;
};

const table = parseMayImport(textOf('docs/architecture.md'));

describe('the tree', () => {
  it('imports only what the table of docs/architecture.md allows', () => {
    expectNoFindings(importFindings(tree, table));
  });

  it('has no barrels', () => {
    expectNoFindings(tree.flatMap(barrelFindings));
  });

  it('has no aliases', () => {
    const files = tree.filter(({ path }) => /^(?:tsconfig[\w.]*|package)\.json$/u.test(path));
    expect(files.length).toBeGreaterThan(2);
    expectNoFindings(files.flatMap(aliasFindings));
  });

  it('has a table that names only folders with a row of their own', () => {
    const unknown = [...table.values()].flatMap((allowed) =>
      [...(allowed ?? [])].filter((folder) => !table.has(folder)),
    );
    expect(unknown).toEqual([]);
  });

  it('is read without losing track of strings and comments', () => {
    const unbalanced = tree
      .filter(({ path }) => /^(?:src|test)\/.*\.ts$/u.test(path))
      .filter(({ text }) => {
        const code = blank(text, 'code');
        return code.split('{').length !== code.split('}').length;
      });
    expect(unbalanced.map(({ path }) => path)).toEqual([]);
  });
});

describe('a violation', () => {
  const small = parseMayImport(
    [
      '## May import',
      '',
      '| Folder | May import |',
      '|---|---|',
      '| `kernel` | – |',
      '| `domain` | `kernel` |',
      '| `machines` | `domain` `kernel` |',
      '| `persistence` | `kernel` |',
      '| `bin` | everything |',
      '## Next',
      '| `workers` | – |',
    ].join('\n'),
  );

  const check = (path: string, text: string): readonly Finding[] =>
    importFindings([{ path, text }], small);

  it.each<[string, string]>([
    ['static', `import { store } from '../persistence/x.ts';`],
    ['type', `import type { Store } from '../persistence/x.ts';`],
    ['side effect', `import '../persistence/x.ts';`],
    ['several lines', `import {\n  a,\n  b,\n} from '../persistence/x.ts';`],
    ['export from', `export { a } from '../persistence/x.ts';`],
    ['dynamic', `const x = await import('../persistence/x.ts');`],
    ['import type', `type X = import('../persistence/x.ts').X;`],
    ['worker url', `const url = new URL('../persistence/x.ts', import.meta.url);`],
  ])('is found in a %s import', (_name, text) => {
    const findings = check('src/machines/order.machine.ts', text);
    expect(findings.map(({ found }) => found)).toEqual([
      'src/machines/order.machine.ts -> src/persistence/x.ts',
    ]);
    expect(describeFinding(findings[0] as Finding)).toContain('machines may import domain, kernel');
  });

  it.each<[string, string, string]>([
    ['a folder without a row', 'src/workers/pool.ts', ''],
    ['a file outside the folders', 'src/main.ts', ''],
    ['an import of test', 'src/bin/bulkhead.ts', `import { x } from '../../test/support/x.ts';`],
    ['a computed import', 'src/bin/bulkhead.ts', 'await import(name);'],
    ['a disk in the decision core', 'src/domain/order.ts', `import { open } from 'node:fs';`],
    ['a package outside its home', 'src/bin/x.ts', `import Database from 'better-sqlite3';`],
  ])('is %s', (_name, path, text) => {
    expect(check(path, text)).toHaveLength(1);
  });

  it.each<[string, string, string]>([
    ['an allowed folder', 'src/domain/order.ts', `import { a } from '../kernel/assert.ts';`],
    ['the same folder', 'src/domain/order.ts', `import { a } from './fill.ts';`],
    ['everything for bin', 'src/bin/x.ts', `import { a } from '../persistence/x.ts';`],
    ['a comment', 'src/kernel/a.ts', `// import { a } from '../persistence/x.ts';`],
    ['a string', 'src/kernel/a.ts', `const text = "import x from '../persistence/x.ts'";`],
    ['a package of the core', 'src/domain/order.ts', `import { z } from 'zod';`],
  ])('is not %s', (_name, path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  it('is a barrel', () => {
    const barrel = (path: string, text: string): SourceFile => ({ path, text });
    expect(barrelFindings(barrel('src/domain/index.ts', ''))).toHaveLength(1);
    expect(barrelFindings(barrel('src/domain/all.ts', `export * from './order.ts';`))).toHaveLength(
      1,
    );
    expect(barrelFindings(barrel('src/domain/order.ts', 'export const a = 2 * 3;'))).toEqual([]);
  });

  it('is an alias', () => {
    const text = '{ "compilerOptions": { "paths": { "@/*": ["src/*"] } } }';
    expect(aliasFindings({ path: 'tsconfig.json', text })).toHaveLength(1);
    expect(aliasFindings({ path: 'tsconfig.json', text: '{}' })).toEqual([]);
  });

  it('is a missing table', () => {
    expect(() => parseMayImport('# Architecture\n')).toThrow('has a table');
  });
});

describe('importsOf', () => {
  it('gives the line of each import', () => {
    expect(importsOf(`\nimport a from 'a';\n\nimport b from "b";`)).toEqual([
      { line: 2, specifier: 'a' },
      { line: 4, specifier: 'b' },
    ]);
  });
});

describe('blank', () => {
  it.each<[string, string, string]>([
    ['a line comment', 'a // b\nc', 'a     \nc'],
    ['a block comment', 'a /* b\nc */ d', 'a     \n     d'],
    ['a string', `a('b\\'c')`, `a('    ')`],
    ['a template with code inside', 'a`b${c({d: `e`})}f`g', 'a` ${c({d: ` `})} `g'],
    ['a regular expression', `a = /['"/]/u; b`, `a = /     /u; b`],
    ['a division', `a / b / 'c'`, `a / b / ' '`],
    ['a slash in a string', `'//' + b`, `'  ' + b`],
  ])('empties %s', (_name, text, expected) => {
    expect(blank(text, 'code').replaceAll(' ', '.')).toBe(expected.replaceAll(' ', '.'));
  });

  it('keeps strings when asked', () => {
    expect(blank(`a('b') // c`, 'codeAndStrings')).toBe(`a('b')     `);
  });
});
