/**
 * Reads YAML files into one tree in which every number is its source text.
 *
 * Strict: duplicate keys, aliases and every warning of the parser are errors; the files of a folder are a flat
 * union of their top-level keys. Files `*.example.yaml` of a folder are left alone. Source: style 13, rules 10.1.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
} from 'yaml';
import { errorText, exitCodes, OperatorError } from '../../kernel/errors.ts';
import { readPlainFile } from './plain-file.ts';
import type { KeyPath, Problem } from './problem.ts';
import { isSecretKey, isSecretReference, looksLikeSecret } from './secrets.ts';

export type YamlSource = {
  readonly tree: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  /** `risk.yaml:12` for a key that a file names, else undefined. */
  whereOf(path: KeyPath): string | undefined;
};

type Part = {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
};

/**
 * @param path a file, or a folder of `*.yaml`
 * @throws OperatorError exit 66 when there is nothing to read
 */
export function readYaml(path: string): YamlSource {
  const problems: Problem[] = [];
  const tree: Record<string, unknown> = {};
  const owner = new Map<string, Part>();
  for (const file of filesOf(path)) {
    const part = parsePart(file, problems);
    if (part === undefined) continue;
    for (const [key, value] of Object.entries(plainTree(part, problems))) {
      const first = owner.get(key);
      if (first === undefined) {
        owner.set(key, part);
        tree[key] = value;
      } else {
        problems.push({
          where: whereIn(part, [key]),
          key,
          text: `is also in ${first.file}: one file has each key`,
        });
      }
    }
  }
  return {
    tree,
    problems,
    whereOf(keyPath) {
      const part = owner.get(String(keyPath[0]));
      return part === undefined ? undefined : whereIn(part, keyPath);
    },
  };
}

function filesOf(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const files = readdirSync(path).filter((name) => /(?<!\.example)\.ya?ml$/.test(name));
    if (files.length > 0) return files.toSorted().map((name) => join(path, name));
  } catch (error) {
    throw noInput(`the configuration ${path} cannot be read: ${errorText(error)}`, error);
  }
  throw noInput(`the configuration folder ${path} holds no *.yaml file`);
}

function noInput(message: string, cause?: unknown): OperatorError {
  return new OperatorError({
    code: 'CONFIGURATION_NOT_FOUND',
    exitCode: exitCodes.noInput,
    message,
    remedy: 'Name an existing file or folder with --config.',
    cause,
  });
}

function parsePart(path: string, problems: Problem[]): Part | undefined {
  const file = basename(path);
  let text: string;
  try {
    text = readPlainFile(path);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw noInput(`the configuration ${path} cannot be read: ${errorText(error)}`, error);
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    strict: true,
    uniqueKeys: true,
    lineCounter: lines,
    prettyErrors: false,
  });
  const [document, second] = [...documents];
  if (document === undefined) return undefined;
  const part: Part = { file, document, lines };
  if (second !== undefined) {
    problems.push({ where: file, key: '---', text: 'begins a second document: a file holds one' });
  }
  const faults = [...document.errors, ...document.warnings];
  for (const fault of faults) {
    const where = `${file}:${lines.linePos(fault.pos[0]).line}`;
    problems.push({ where, key: fault.code, text: `is not permitted: ${fault.message}` });
  }
  if (faults.length > 0 || document.contents === null) return undefined;
  if (isMap(document.contents)) return part;
  problems.push({ where: file, key: '(top)', text: 'is no map of keys' });
  return undefined;
}

/** The document as plain values; numbers as text; aliases and literal secrets refused. */
function plainTree(part: Part, problems: Problem[]): Record<string, unknown> {
  let isRefused = false;
  visit(part.document, {
    Alias(_, node) {
      isRefused = true;
      const line = part.lines.linePos(node.range?.[0] ?? 0).line;
      problems.push({
        where: `${part.file}:${line}`,
        key: `*${node.source}`,
        text: 'is an alias: write the value out',
      });
    },
    Pair(_, pair) {
      const { key, value } = pair;
      if (!isScalar(key) || !holdsSecret(String(key.value), value)) return;
      isRefused = true;
      const line = part.lines.linePos(key.range?.[0] ?? 0).line;
      problems.push({
        where: `${part.file}:${line}`,
        key: String(key.value),
        text: 'holds a secret: secrets come from the environment, write ${NAME}',
      });
    },
    Scalar(position, node) {
      if (position !== 'key' && typeof node.value === 'number')
        node.value = node.source ?? String(node.value);
    },
  });
  if (isRefused) return {};
  return part.document.toJS({ maxAliasCount: 0 }) as Record<string, unknown>;
}

/** A literal where only a reference may stand, or text that looks like a secret wherever it stands. */
function holdsSecret(key: string, value: unknown): boolean {
  if (isSeq(value)) return isSecretKey(key) || value.items.some((item) => holdsSecret('', item));
  if (!isScalar(value)) return false;
  const text = typeof value.value === 'string' ? value.value : undefined;
  if (text !== undefined && looksLikeSecret(text)) return true;
  const isReference = value.value === null || (text !== undefined && isSecretReference(text));
  return isSecretKey(key) && !isReference;
}

/** File and line of the deepest part of the path that the file names. */
function whereIn({ file, document, lines }: Part, path: KeyPath): string {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    const holder = depth === 1 ? document.contents : parent;
    const pair = isMap(holder)
      ? holder.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      : undefined;
    const node = isScalar(pair?.key) ? pair.key : document.getIn(path.slice(0, depth), true);
    const range = isNode(node) ? node.range : undefined;
    if (range) return `${file}:${lines.linePos(range[0]).line}`;
  }
  return file;
}

function isNode(
  node: unknown,
): node is { readonly range?: readonly [number, number, number] | null } {
  return typeof node === 'object' && node !== null && 'range' in node && !isAlias(node);
}
