/** The data directory: who may write it, the files in it, and the ballast that is dropped on a full disk. */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorText } from '../kernel/errors.ts';
import { notWritable } from './faults.ts';

const MIB = 1024 * 1024;

/** Path of the journal in its directory. */
export function journalFile(directory: string): string {
  return join(directory, 'journal.db');
}

/**
 * Creates the directory (mode 0700) where it is missing and proves that it can be written.
 *
 * The mode is looked at as well, not only the answer of the system: the administrator is let into
 * a directory without write bits, but somebody has taken them away on purpose.
 *
 * @throws OperatorError DATA_DIR_NOT_WRITABLE, exit 73
 */
export function prepareDirectory(directory: string): void {
  const path = resolve(directory);
  try {
    const existing = nearestExisting(path);
    const { mode } = statSync(existing);
    if ((mode & 0o222) === 0) throw notWritable(existing, 'it is marked as read-only');
    makeDirectories(path, existing);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw isSystemError(error) ? notWritable(path, errorText(error), error) : error;
  }
}

/**
 * Creates a file for its owner only, or takes the rights of others away.
 *
 * An existing file is never opened here: closing a second descriptor of a database would drop the
 * locks that SQLite holds in this process.
 *
 * @throws OperatorError DATA_DIR_NOT_WRITABLE, exit 73
 */
export function preparePrivateFile(path: string): void {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      closeSync(openSync(path, 'wx', 0o600));
    } else {
      if ((found.mode & 0o222) === 0) throw notWritable(path, 'it is marked as read-only');
      if ((found.mode & 0o077) !== 0) chmodSync(path, 0o600);
    }
  } catch (error) {
    throw isSystemError(error) ? notWritable(path, errorText(error), error) : error;
  }
}

/** Room that must be left beside the ballast, in ballasts: what was given back is not taken again at once. */
const BALLASTS_FREE_MIN = 4;

/**
 * Makes sure that `bytes` of the disk are really taken (written, not only reserved), to be given
 * back when the disk is full. Source: durability 2.3.
 *
 * @returns false when there is no room for it
 */
export function keepBallast(directory: string, bytes: number): boolean {
  const path = ballastFile(directory);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= bytes) return true;
  try {
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize < bytes * BALLASTS_FREE_MIN) return false;
    const file = openSync(path, 'w', 0o600);
    try {
      const block = Buffer.alloc(Math.min(bytes, MIB), 'ballast ');
      for (let written = 0; written < bytes;) {
        written += writeSync(file, block, 0, Math.min(block.length, bytes - written));
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return true;
  } catch {
    rmSync(path, { force: true });
    return false;
  }
}

/** Gives the ballast back to the disk. @returns whether there was one */
export function dropBallast(directory: string): boolean {
  const path = ballastFile(directory);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
  rmSync(path, { force: true });
  return true;
}

function ballastFile(directory: string): string {
  return join(directory, 'ballast');
}

/** One by one: the recursive form of Node never returns on a system that answers ENOENT, such as /proc. */
function makeDirectories(path: string, existing: string): void {
  if (path === existing) return;
  makeDirectories(dirname(path), existing);
  mkdirSync(path, { mode: 0o700 });
}

function nearestExisting(path: string): string {
  for (let candidate = path; ; candidate = dirname(candidate)) {
    const found = statSync(candidate, { throwIfNoEntry: false });
    if (found !== undefined || candidate === dirname(candidate)) return candidate;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
