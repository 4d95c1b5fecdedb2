/** The files of this repository as text, and TypeScript text without its comments and strings. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One file: its path from the root of the repository with `/`, and its text. */
export type SourceFile = { readonly path: string; readonly text: string };

/** Where the repository is checked out. */
export const repositoryRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What `.gitignore` names: nobody's source. */
const ignoredNames = new Set(['node_modules', 'dist', 'coverage', '.git', 'data', '.bulkhead']);

const textExtensions = new Set(
  '.ts .mjs .js .json .md .yaml .yml .html .css .svg .sh .txt .sql .mmd .jsonl .csv .toml'.split(
    ' ',
  ),
);

/** Files without an extension that are text all the same. */
const textNames = new Set(['run', 'LICENSE', 'Dockerfile', '.npmrc', '.nvmrc', '.gitignore']);

let tree: readonly SourceFile[] | undefined;

/** Every text file of the repository, sorted by path. Read once per test file. */
export function readTree(): readonly SourceFile[] {
  tree ??= pathsBelow(repositoryRoot)
    .filter(
      (path) => textExtensions.has(extname(path)) || textNames.has(path.split('/').at(-1) ?? ''),
    )
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(repositoryRoot, path), 'utf8') }));
  return tree;
}

function pathsBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (ignoredNames.has(entry.name)) return [];
    if (entry.isDirectory()) return pathsBelow(path);
    return entry.isFile() ? [relative(repositoryRoot, path).split(sep).join('/')] : [];
  });
}

/**
 * The text with comments, and with `what: 'code'` also the content of strings and regular
 * expressions, replaced by blanks of the same length: lines and columns stay where they are.
 * Code inside `${…}` of a template stays code.
 */
export function blank(text: string, what: 'code' | 'codeAndStrings'): string {
  const keepStrings = what === 'codeAndStrings';
  let out = '';
  let at = 0;
  /** Depth of braces for each template we are inside of; `${` opens one, its `}` closes it. */
  const templates: number[] = [];
  let braces = 0;

  const blanked = (end: number, keep: boolean): void => {
    const part = text.slice(at, end);
    out += keep ? part : part.replaceAll(/[^\n]/gu, ' ');
    at = end;
  };

  /** From the character after a backtick or after the `}` of a `${…}` to the next of them. */
  const templatePart = (): void => {
    let end = at;
    while (end < text.length && text[end] !== '`' && !text.startsWith('${', end)) {
      end += text[end] === '\\' ? 2 : 1;
    }
    blanked(Math.min(end, text.length), keepStrings);
    if (text.startsWith('${', at)) {
      blanked(at + 2, true);
      templates.push(braces);
    } else {
      blanked(Math.min(at + 1, text.length), true);
    }
  };

  while (at < text.length) {
    const char = text[at] ?? '';
    if (text.startsWith('//', at)) {
      blanked(endOf(text, '\n', at), false);
    } else if (text.startsWith('/*', at)) {
      blanked(Math.min(endOf(text, '*/', at + 2) + 2, text.length), false);
    } else if (char === "'" || char === '"') {
      blanked(at + 1, true);
      blanked(endOfQuoted(text, char, at), keepStrings);
      blanked(Math.min(at + 1, text.length), true);
    } else if (char === '`') {
      blanked(at + 1, true);
      templatePart();
    } else if (char === '/' && beginsRegExp(out)) {
      blanked(at + 1, true);
      blanked(endOfRegExp(text, at), false);
      blanked(Math.min(at + 1, text.length), true);
    } else if (char === '}' && templates.at(-1) === braces) {
      templates.pop();
      blanked(at + 1, true);
      templatePart();
    } else {
      if (char === '{') braces += 1;
      if (char === '}') braces -= 1;
      blanked(at + 1, true);
    }
  }
  return out;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found;
}

/** Index of the closing quote, or of the end of the line when there is none. */
function endOfQuoted(text: string, quote: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') {
    at += text[at] === '\\' ? 2 : 1;
  }
  return Math.min(at, text.length);
}

/** Index of the closing slash, or of the end of the line when there is none. */
function endOfRegExp(text: string, from: number): number {
  let at = from;
  let isInClass = false;
  while (at < text.length && text[at] !== '\n' && (isInClass || text[at] !== '/')) {
    if (text[at] === '[') isInClass = true;
    if (text[at] === ']') isInClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return Math.min(at, text.length);
}

/** Whether a slash after this code begins a regular expression and not a division. */
function beginsRegExp(before: string): boolean {
  const code = before.trimEnd();
  if (code === '') return true;
  if (/[\w$)\]}'"`]$/u.test(code)) {
    return /(?:^|[^\w$.])(?:return|typeof|case|in|of|void|delete|throw|await|yield)$/u.test(code);
  }
  return true;
}

/** Number of the line, from 1, of a place in the text. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}
