/** What is wrong with a configuration: every problem at once, each with file, key, value and expectation. */
import { z } from 'zod';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import { successorOf } from './predecessor.ts';

export type KeyPath = readonly (string | number)[];

export type Problem = {
  /** `risk.yaml:12`, `--mode`, `default`. */
  readonly where: string;
  /** `rules.dailyRealizedLoss.limit` */
  readonly key: string;
  /** What is wrong, with the value where it may be shown: `was "5": a loss limit is below 0`. */
  readonly text: string;
};

/** `accounts[0].id` */
export function keyText(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** One line for all problems. @throws OperatorError exit 78 when there is one */
export function refuseProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const lines = [...new Set(problems.map(({ where, key, text }) => `${where} ${key} ${text}`))];
  const count = lines.length === 1 ? '' : `${lines.length} problems in the configuration: `;
  throw new OperatorError({
    code: 'CONFIGURATION_INVALID',
    exitCode: exitCodes.configuration,
    message: `${count}${lines.join('; ')}`,
    remedy: 'Correct the named keys; config/bulkhead.example.yaml shows every key.',
  });
}

/** The issues of a schema as problems; `whereOf` names the file and line of a path. */
export function issueProblems(
  schema: z.ZodType,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  whereOf: (path: KeyPath) => string,
): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, path);
      return issue.keys.map((key) => ({
        where: whereOf([...path, key]),
        key: keyText([...path, key]),
        text: `is no key of this version${hint(key, known)}`,
      }));
    }
    const actual = valueAt(value, path);
    const text =
      actual === undefined
        ? `is missing: ${expectation(issue)}`
        : `was ${shown(actual)}: ${expectation(issue)}`;
    return [{ where: whereOf(path), key: keyText(path), text }];
  });
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_type') return `a value of type ${issue.expected}`;
  if (issue.code === 'invalid_union') {
    // The branch that looked at the text says most: the others only miss their type.
    const inners = issue.errors.flat().filter(({ code }) => code !== 'invalid_type');
    const inner = inners.find(({ code }) => code === 'invalid_format') ?? inners[0];
    return inner === undefined ? 'another kind of value' : expectation(inner);
  }
  if (issue.code === 'invalid_format' && issue.format === 'regex') {
    return issue.message.startsWith('Invalid string')
      ? `text of the form ${issue.pattern ?? ''}`
      : issue.message;
  }
  return issue.message;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: KeyPath): unknown {
  let current: unknown = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

/** Keys that the schema knows at a path; empty when it is no object there. */
function keysAt(schema: z.ZodType, path: KeyPath): readonly string[] {
  const [part, ...rest] = path;
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodArray) return keysAt(inner.element as z.ZodType, rest);
  if (!(inner instanceof z.ZodObject)) return [];
  const shape = inner.shape as Readonly<Record<string, z.ZodType>>;
  if (part === undefined) return Object.keys(shape);
  const next = shape[String(part)];
  return next === undefined ? [] : keysAt(next, rest);
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return unwrapped(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? unwrapped(schema.in as z.ZodType) : schema;
}

/** What to write instead: the name that a key of the predecessor has today, or the nearest one. */
function hint(key: string, known: readonly string[]): string {
  const successor = successorOf(key, known);
  if (successor === undefined) return suggestion(key, known);
  return `, ${key} of the predecessor is ${successor} here`;
}

/** `, did you mean x?` for the nearest known key, or nothing. */
export function suggestion(key: string, known: readonly string[]): string {
  const [best] = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .toSorted((left, right) => left.distance - right.distance);
  const near = Math.max(2, Math.floor(key.length / 3));
  return best !== undefined && best.distance <= near ? `, did you mean ${best.name}?` : '';
}

/** Levenshtein. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, char] of left.split('').entries()) {
    const next = [index + 1];
    for (const [column, other] of right.split('').entries()) {
      const replaced = (row[column] ?? 0) + (char === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
