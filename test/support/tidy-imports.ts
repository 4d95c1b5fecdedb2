/** Who imports whom: the table of docs/architecture.md and the imports of the sources, compared. */
import { posix } from 'node:path';
import { blank, lineAt, type SourceFile } from './source-tree.ts';
import type { Finding } from './tidy.ts';

/** Folder of `src` → folders it may import; `undefined` means all of them. */
export type MayImport = ReadonlyMap<string, ReadonlySet<string> | undefined>;

export type Import = {
  readonly line: number;
  /** Absent when it is computed at run time. */
  readonly specifier?: string;
};

/**
 * Reads the table below the heading `## May import`: first column a folder, second the folders it
 * may import, `–` for none and `everything` for all.
 *
 * @throws Error when there is no such table
 */
export function parseMayImport(markdown: string): MayImport {
  const section = /^## May import$([\s\S]*?)(?=^## |(?![\s\S]))/mu.exec(markdown)?.[1] ?? '';
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim()))
    .slice(2);
  if (rows.length === 0) throw new Error('docs/architecture.md has a table below "## May import"');
  return new Map(
    rows.map(([, folder = '', allowed = '']) => [
      folder,
      allowed === 'everything' ? undefined : new Set(allowed.match(/[a-z]+/gu)),
    ]),
  );
}

/** Every module a TypeScript text names: import, export … from, import(), import type, new URL(…, import.meta.url). */
export function importsOf(text: string): readonly Import[] {
  const code = blank(text, 'codeAndStrings');
  const bare = blank(text, 'code');
  const literal = String.raw`\s*(['"\x60])(?<specifier>[^'"\x60\n]+)\1`;
  const forms = [
    String.raw`\bfrom${literal}`,
    String.raw`\bimport${literal}`,
    String.raw`\bimport\s*\(${literal}`,
    String.raw`\brequire\s*\(${literal}`,
    String.raw`\bnew\s+URL\s*\(${literal}\s*,\s*import\.meta\.url`,
  ];
  const named = forms.flatMap((form) =>
    [...code.matchAll(new RegExp(form, 'gu'))]
      // The keyword itself must be code, not a word inside a string.
      .filter((match) => bare[match.index] === code[match.index])
      .map((match) => ({
        line: lineAt(code, match.index),
        specifier: match.groups?.['specifier'] ?? '',
      })),
  );
  const computed = [...bare.matchAll(/\bimport\s*\(\s*(?!['"`])/gu)].map((match) => ({
    line: lineAt(bare, match.index),
  }));
  return [...named, ...computed].toSorted((left, right) => left.line - right.line);
}

/** Imports of `src` that the table does not allow, in the form `importer -> imported`. */
export function importFindings(files: readonly SourceFile[], table: MayImport): readonly Finding[] {
  return files.filter(isSource).flatMap((file) => {
    const folder = folderOf(file.path);
    if (folder === undefined) {
      return [
        { path: file.path, found: 'no folder', reason: 'Every source lives in a folder of src.' },
      ];
    }
    if (!table.has(folder)) {
      const reason = 'Every folder of src has a row below "## May import" in docs/architecture.md.';
      return [{ path: file.path, found: `src/${folder}`, reason }];
    }
    return importsOf(file.text).flatMap((one) => edgeFindings(file, folder, one, table));
  });
}

function edgeFindings(
  file: SourceFile,
  folder: string,
  { line, specifier }: Import,
  table: MayImport,
): readonly Finding[] {
  if (file.text.split('\n')[line - 1]?.includes('// tidy-ok: ') === true) return [];
  const at = { path: file.path, line };
  if (specifier === undefined) {
    const reason = 'A computed import hides who imports whom; hand the module in from bin.';
    return [{ ...at, found: 'import(…)', reason }];
  }
  if (!specifier.startsWith('.')) return packageFindings(at, folder, specifier);

  const target = posix.join(posix.dirname(file.path), specifier);
  const found = `${file.path} -> ${target}`;
  if (!target.startsWith('src/')) {
    return [
      { ...at, found, reason: 'Sources import sources; nothing of src may need test or config.' },
    ];
  }
  const allowed = table.get(folder);
  const targetFolder = folderOf(target) ?? '';
  if (allowed === undefined || targetFolder === folder || allowed.has(targetFolder)) return [];
  const names = [...allowed].join(', ') || 'nothing of ours';
  return [
    { ...at, found, reason: `${folder} may import ${names} (docs/architecture.md, May import).` },
  ];
}

/** The decision core must be able to run without a disk, a socket or a thread. */
const coreFolders = new Set(['kernel', 'domain', 'rules', 'machines', 'ports', 'strategies']);
const corePackages =
  /^(?:zod|luxon|xstate(?:\/\w+)?|node:(?:assert|buffer|crypto|perf_hooks|util)(?:\/\w+)?)$/u;

/** Packages with one home, so that replacing one touches one folder. */
const packageHomes: ReadonlyMap<string, readonly string[]> = new Map([
  // The paper venue keeps a book of its own: it stands for another machine's database.
  ['better-sqlite3', ['persistence', 'venues']],
  ['piscina', ['workers']],
  ['xstate', ['machines', 'actors', 'inspector', 'backtest', 'bin']],
]);

function packageFindings(
  at: Pick<Finding, 'path' | 'line'>,
  folder: string,
  specifier: string,
): readonly Finding[] {
  const found = `${at.path} -> ${specifier}`;
  const homes = packageHomes.get(specifier.split('/')[0] ?? '');
  if (homes !== undefined && !homes.includes(folder)) {
    return [{ ...at, found, reason: `${specifier} is used only in ${homes.join(', ')}.` }];
  }
  if (coreFolders.has(folder) && !corePackages.test(specifier)) {
    const reason = `${folder} belongs to the decision core, which runs without a disk, a socket or a thread.`;
    return [{ ...at, found, reason }];
  }
  return [];
}

/** Files that only pass on what others export, and `export *`: they hide where a thing lives. */
export function barrelFindings(file: SourceFile): readonly Finding[] {
  if (!isSource(file)) return [];
  const reason = 'No barrels: import from the file that defines the thing.';
  if (/(?:^|\/)index\.ts$/u.test(file.path))
    return [{ path: file.path, found: 'index.ts', reason }];
  const code = blank(file.text, 'code');
  return [...code.matchAll(/\bexport\s+(?:type\s+)?\*/gu)].map((match) => ({
    path: file.path,
    line: lineAt(code, match.index),
    found: 'export *',
    reason,
  }));
}

/** `paths` and `imports` give one file two names, and only the compiler knows both. */
export function aliasFindings({ path, text }: SourceFile): readonly Finding[] {
  const key = path === 'package.json' ? 'imports' : 'paths';
  return new RegExp(`"${key}"\\s*:`, 'u').test(text)
    ? [{ path, found: `"${key}"`, reason: 'No aliases: an import names its file.' }]
    : [];
}

const isSource = ({ path }: SourceFile): boolean => /^src\/.*\.ts$/u.test(path);

const folderOf = (path: string): string | undefined => /^src\/([^/]+)\//u.exec(path)?.[1];
