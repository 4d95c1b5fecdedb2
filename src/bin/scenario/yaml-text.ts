/** YAML 1.2 as plain values in which every number is still the text that was written: no amount becomes a float. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
} from 'yaml';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';

/** Text, flag, null, list or map. Numbers are text; not-a-number is the text `NaN`. */
export type Plain = string | boolean | null | readonly Plain[] | PlainMap;
export type PlainMap = { readonly [key: string]: Plain };

export type YamlText = {
  readonly value: Plain;
  /** Line of the value at a path, or of the nearest value above it; from 1. */
  lineOf(path: readonly PropertyKey[]): number;
};

/** A file that is not a scenario: names the file, the line and the path, and what to write instead. */
export function invalidFile(
  file: string,
  line: number,
  what: string,
  remedy: string,
): OperatorError {
  return new OperatorError({
    code: 'SCENARIO_INVALID',
    exitCode: exitCodes.usage,
    message: `${file}:${line}: ${what}`,
    remedy,
  });
}

/**
 * All documents of a text. Aliases, duplicate keys and everything the parser warns of are refused.
 *
 * @throws OperatorError exit 2 with file and line
 */
export function readYaml(file: string, text: string): readonly YamlText[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: '1.2',
    lineCounter: lines,
    stringKeys: true,
  });
  if (!Array.isArray(documents)) {
    throw invalidFile(file, 1, 'the file is empty', 'write at least one scenario document');
  }
  const read = documents as readonly Document.Parsed[];
  return read.map((document) => {
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) {
      const line = fault.linePos?.[0].line ?? 1;
      const [what = 'not YAML'] = fault.message.split('\n');
      throw invalidFile(file, line, what.replace(/ at line .*$/u, ''), 'write plain YAML 1.2');
    }
    const lineAt = lineReader(lines);
    return {
      value: plain(file, document.contents, lineAt),
      lineOf: (path) => lineAt(nearest(document, path)),
    };
  });
}

function lineReader(lines: LineCounter): (node: Node | null) => number {
  return (node) => {
    const start = node?.range?.[0];
    return start === undefined ? 1 : lines.linePos(start).line;
  };
}

function plain(file: string, node: unknown, lineAt: (node: Node) => number): Plain {
  if (node === null || node === undefined) return null;
  if (isScalar(node)) return scalar(node.value, node.source);
  if (isSeq(node)) return node.items.map((item) => plain(file, item, lineAt));
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }): [string, Plain] => [
      isScalar(key) ? (key.source ?? String(key.value)) : String(key),
      plain(file, value, lineAt),
    ]);
    return Object.fromEntries(entries);
  }
  const line = isAlias(node) ? lineAt(node) : 1;
  throw invalidFile(file, line, 'an alias is not allowed', 'write the value out');
}

function scalar(value: unknown, source: string | undefined): Plain {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isNaN(value)) return 'NaN';
  return source ?? (typeof value === 'string' ? value : JSON.stringify(value));
}

function nearest(document: Document.Parsed, path: readonly PropertyKey[]): Node | null {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isScalar(node) || isMap(node) || isSeq(node)) return node;
  }
  return document.contents;
}
