/**
 * One engine per data directory (C8).
 *
 * The lock is a SQLite file held in `BEGIN EXCLUSIVE`: the operating system lets go of it when the
 * process dies, however it dies, and keeps it while the process is only stopped. The journal itself
 * is not locked, because `status`, backups and the inspector read it while the engine runs.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { preparePrivateFile } from './data-directory.ts';
import { openFault, sqliteCode } from './faults.ts';

/** A look of `isEngineRunning` holds the file for less than this; an engine that starts waits that long. */
const LOOK_DURATION_MS = 250;

export type EngineLock = { release(): void };

/**
 * Takes the lock of the directory.
 *
 * @throws OperatorError SINGLE_INSTANCE, exit 75, when another engine holds it
 */
export function acquireEngineLock(directory: string): EngineLock {
  const path = lockFile(directory);
  preparePrivateFile(path);
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: LOOK_DURATION_MS });
    const held = database;
    held.exec('BEGIN EXCLUSIVE');
    return { release: () => held.close() };
  } catch (error) {
    database?.close();
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY') !== true) throw openFault(path, error);
    throw new OperatorError({
      code: 'SINGLE_INSTANCE',
      exitCode: exitCodes.busy,
      message: `the single-instance lock is held: another instance works in this data directory: ${directory}`,
      remedy: 'stop it first, or give this one a --data-dir of its own',
      cause: error,
    });
  }
}

/** Whether some process holds the lock of the directory now. Never blocks an engine. */
export function isEngineRunning(directory: string): boolean {
  const path = lockFile(directory);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
  const database = new Database(path, { readonly: true, timeout: 0 });
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY') === true) return true;
    throw openFault(path, error);
  } finally {
    database.close();
  }
}

function lockFile(directory: string): string {
  return join(directory, 'engine.lock');
}
