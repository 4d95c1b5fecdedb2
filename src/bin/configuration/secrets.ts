/**
 * References to secrets: a configuration names where a secret is, and never holds one.
 *
 * `NAME` or `${NAME}` is a variable of the environment, or of a file `.env` beside the configuration; `file:/path` is
 * a file that holds the secret alone. The value stays out of the tree, of every print and of every error.
 * Source: rules 10.1 and 10.7 (11).
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { errorText } from '../../kernel/errors.ts';
import { readPlainFile } from './plain-file.ts';
import { keyText, type KeyPath, type Problem } from './problem.ts';

const variable = /^(?:\$\{(?<braced>[A-Za-z_][A-Za-z0-9_]*)\}|(?<bare>[A-Z_][A-Z0-9_]*))$/;
const file = /^file:(?<path>.+)$/;

/** The text of a secret field. */
export const SecretReference = z
  .string()
  .refine(isSecretReference, {
    error: 'a reference: ${NAME} of the environment, or file:/path; never the secret itself',
  })
  .meta({
    values: '`${NAME}` of the environment or of `.env`, or `file:/path`',
    class: 'secret',
  });

export function isSecretReference(text: string): boolean {
  return variable.test(text) || file.test(text);
}

/** Keys that hold secrets wherever they stand. */
const secretKey =
  /^(?:.*[-_]?(?:api[-_]?key|passw(?:or)?d|passphrase|private[-_]?key|credentials?)|.*token|.*secret|.*webhook(?:url)?)$/i;

/** Text that is a secret by its looks, whatever the key: a key block, a signed token, or a long random word. */
const keyLike =
  /-----BEGIN |^eyJ[\w-]{10,}\.|^(?:sk|pk|ghp|xox[abp])[-_][A-Za-z0-9-_]{16,}$|^(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/_=-]{40,}$|\/api\/webhooks\/\d+\//;

export function isSecretKey(key: string): boolean {
  return secretKey.test(key);
}

export function looksLikeSecret(text: string): boolean {
  return keyLike.test(text);
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment with what `.env` beside the configuration adds; a variable that is set wins. */
export function withEnvFile(environment: Environment, configPath: string | undefined): Environment {
  if (configPath === undefined || !existsSync(configPath)) return environment;
  const folder = statSync(configPath).isDirectory() ? configPath : dirname(configPath);
  const path = join(folder, '.env');
  if (!existsSync(path)) return environment;
  const added: Record<string, string> = {};
  for (const line of readPlainFile(path).split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line);
    const [, name, value] = match ?? [];
    if (name !== undefined && value !== undefined) added[name] = unquoted(value.trim());
  }
  return { ...added, ...environment };
}

function unquoted(text: string): string {
  const match = /^(['"])(.*)\1$/.exec(text);
  return match?.[2] ?? text;
}

/** References of a tree that lead nowhere, and references where no secret stands. */
export function referenceProblems(
  tree: unknown,
  environment: Environment,
  whereOf: (path: KeyPath) => string,
  isSecretField: (path: KeyPath) => boolean,
): readonly Problem[] {
  return [...leavesOf(tree, [])].flatMap(([path, text]): readonly Problem[] => {
    const isSecret = isSecretField(path);
    if (!isSecret && !text.includes('${')) return [];
    const at = { where: whereOf(path), key: keyText(path) };
    const missing = missingVariable(text, environment);
    if (missing !== undefined) return [{ ...at, text: missing }];
    if (isSecret) return [];
    return [{ ...at, text: 'is a reference: only fields for secrets may be one' }];
  });
}

function missingVariable(text: string, environment: Environment): string | undefined {
  const path = file.exec(text)?.groups?.['path'];
  if (path !== undefined) return missingFile(path);
  const { braced, bare } = variable.exec(text)?.groups ?? {};
  const inner = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/.exec(text)?.[1];
  const name = braced ?? bare ?? inner;
  if (name === undefined) return 'is no reference that can be read';
  const value = environment[name];
  if (value !== undefined && value !== '') return undefined;
  return `names the variable ${name}, which is not set`;
}

function missingFile(path: string): string | undefined {
  try {
    return statSync(path).size > 0 ? undefined : `names the file ${path}, which is empty`;
  } catch (error) {
    return `names the file ${path}, which cannot be read: ${errorText(error)}`;
  }
}

function* leavesOf(value: unknown, path: KeyPath): Generator<readonly [KeyPath, string]> {
  if (typeof value === 'string') yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value))
    yield* leavesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]);
}
