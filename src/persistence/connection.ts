/**
 * Connections to the journal database.
 *
 * better-sqlite3 is compiled so that `synchronous` silently becomes NORMAL after the first read in
 * WAL mode: no fsync per commit, and acknowledged rows are lost with the power (durability 2.1).
 * So FULL is set before the first read and asserted after it, and again after the first commit.
 */
import { chmodSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { preparePrivateFile } from './data-directory.ts';
import { openFault, sqliteCode } from './faults.ts';

/** `PRAGMA synchronous` that makes a commit durable. */
const FULL = 2;

/** How long a commit waits for another connection: only a foreign writer holds the lock longer. */
const BUSY_DURATION_MS = 5000;

/** Opens (or creates) the database for the one writer. @throws OperatorError */
export function openForWriting(path: string): Database.Database {
  preparePrivateFile(path);
  return open(path, { timeout: BUSY_DURATION_MS }, (database) => {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    // 200 pages, not the 1000 of durability 3: a log of 0.8 MB is recycled while it is hot, the
    // longest stall of a checkpoint falls from 2.8 ms to 1.7 ms (performance 3.2).
    database.pragma('wal_autocheckpoint = 200');
    // The log is grown once at the start and must keep its size.
    database.pragma('journal_size_limit = -1');
    database.pragma('foreign_keys = ON');
    database.prepare('SELECT 1 FROM sqlite_schema').get();
    assertDurable(database, path);
  });
}

/** Opens an existing database for looking only; an engine may be writing it. @throws OperatorError */
export function openForReading(path: string): Database.Database {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new OperatorError({
      code: 'NO_JOURNAL',
      exitCode: exitCodes.noInput,
      message: `there is no journal: ${path}`,
      remedy: 'name the data directory of a run with --data-dir',
    });
  }
  const options = { readonly: true, fileMustExist: true, timeout: BUSY_DURATION_MS };
  return open(path, options, (database) => {
    database.pragma('query_only = ON');
    database.prepare('SELECT 1 FROM sqlite_schema').get();
  });
}

/** @throws OperatorError NOT_DURABLE, exit 78, when a commit of this connection would not be on the disk */
export function assertDurable(database: Database.Database, path: string): void {
  const synchronous = database.pragma('synchronous', { simple: true });
  const mode = database.pragma('journal_mode', { simple: true });
  if (synchronous === FULL && mode === 'wal') return;
  throw new OperatorError({
    code: 'NOT_DURABLE',
    exitCode: exitCodes.configuration,
    message: `the store does not write through to the disk (synchronous ${String(synchronous)}, journal mode ${String(mode)}): ${path}`,
    remedy: 'put the data directory on a local disk and use the pinned better-sqlite3',
  });
}

/**
 * Grows the write-ahead log to `bytes`, so that commits overwrite it instead of growing the file:
 * an fsync that also has to store a new file size takes twice as long (performance 3.2).
 */
export function growLog(database: Database.Database, path: string, bytes: number): void {
  if (logBytes(path) >= bytes) return;
  try {
    database.prepare('INSERT INTO wal_space VALUES (zeroblob(?))').run(bytes);
    database.prepare('DELETE FROM wal_space').run();
    database.pragma('wal_checkpoint(PASSIVE)');
  } catch (error) {
    // A start on a full disk goes on with what room there is: cancels and closes must be journaled.
    if (sqliteCode(error) !== 'SQLITE_FULL') throw error;
  }
}

/** Size of the write-ahead log now. */
export function logBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

/** The log and its index hold the same secrets as the database. */
export function restrictSideFiles(path: string): void {
  for (const side of [`${path}-wal`, `${path}-shm`]) {
    if (((statSync(side, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0) {
      chmodSync(side, 0o600);
    }
  }
}

function open(
  path: string,
  options: Database.Options,
  prepare: (database: Database.Database) => void,
): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, options);
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    prepare(database);
    return database;
  } catch (error) {
    database?.close();
    throw openFault(path, error);
  }
}
