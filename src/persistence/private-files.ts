/** What a start refuses: a data directory, or a file of ours in it, that others may read. Source: security 1 (Files) and 4. */
import { existsSync, lstatSync, statSync, type Stats } from 'node:fs';
import { join, resolve } from 'node:path';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { journalFile } from './data-directory.ts';

const sideFiles = ['-wal', '-shm'] as const;
/** The control socket is not among them: it is made anew at each start. */
const ownFiles = [
  'inspector-tokens.json',
  'inspector-tokens-used.json',
  'bulkhead.log',
  'writers',
] as const;

/**
 * Looks at what is there already; a directory that is not there is made for its owner only.
 *
 * @throws OperatorError DATA_DIR_OPEN, exit 78, naming the first file whose mode is too wide or that is a link
 */
export function expectPrivateDirectory(directory: string): void {
  const path = resolve(directory);
  const journal = journalFile(path);
  if (!existsSync(path)) return;
  expectMode(path, statSync(path), '700');
  const files = [
    journal,
    ...sideFiles.map((ending) => `${journal}${ending}`),
    ...ownFiles.map((name) => join(path, name)),
  ];
  for (const file of files) expectPrivate(file);
}

/** The directory may be reached by a link; a file of ours never is one. */
function expectPrivate(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() === true)
    throw refused(`${path} is a link`, 'Put the file itself there.');
  expectMode(path, found, '600');
}

function expectMode(path: string, found: Stats | undefined, wanted: string): void {
  if (found === undefined || (found.mode & 0o077) === 0) return;
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  throw refused(`others may read or write ${path} (mode ${mode})`, `chmod ${wanted} ${path}`);
}

function refused(message: string, remedy: string): OperatorError {
  return new OperatorError({
    code: 'DATA_DIR_OPEN',
    exitCode: exitCodes.configuration,
    message,
    remedy,
  });
}
