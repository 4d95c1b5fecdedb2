/** What can be wrong with a store, in the words of the person who has to mend it. */
import Database from 'better-sqlite3';
import { errorText, exitCodes, OperatorError } from '../kernel/errors.ts';

/** Result code of SQLite (`SQLITE_FULL`, `SQLITE_IOERR_FSYNC` …), or undefined for other errors. */
export function sqliteCode(thrown: unknown): string | undefined {
  return thrown instanceof Database.SqliteError ? thrown.code : undefined;
}

/** The directory or a file in it cannot be written: exit 73. */
export function notWritable(path: string, reason: string, cause?: unknown): OperatorError {
  return new OperatorError({
    code: 'DATA_DIR_NOT_WRITABLE',
    exitCode: exitCodes.cannotCreate,
    message: `the data directory cannot be written: ${path}: ${reason}`,
    remedy: 'give the user of this process write access to it, or choose another --data-dir',
    cause,
  });
}

/** The file is damaged, or is not a database: exit 74. */
function storeCorrupt(path: string, reason: string, cause?: unknown): OperatorError {
  return new OperatorError({
    code: 'STORE_CORRUPT',
    exitCode: exitCodes.storeFailed,
    message: `the journal is damaged: ${path}: ${reason}`,
    remedy: 'keep the files for examination and restore the last backup into a new directory',
    cause,
  });
}

/** What is stored contradicts itself: refuse to trade on it (C7), exit 78. */
export function journalBroken(path: string, reason: string): OperatorError {
  return new OperatorError({
    code: 'JOURNAL_BROKEN',
    exitCode: exitCodes.configuration,
    message: `the journal does not prove itself: ${path}: ${reason}`,
    remedy:
      'do not trade on it: run `bulkhead journal verify`, then restore the last backup into a new directory',
  });
}

/** Translates what SQLite says while a database is opened. Anything else is given back as it is. */
export function openFault(path: string, thrown: unknown): unknown {
  const code = sqliteCode(thrown);
  if (code === undefined) return thrown;
  const text = `${errorText(thrown)} (${code})`;
  if (/^SQLITE_(?:CANTOPEN|READONLY|PERM|AUTH)/u.test(code)) {
    return notWritable(path, text, thrown);
  }
  if (/^SQLITE_(?:NOTADB|CORRUPT)/u.test(code)) return storeCorrupt(path, text, thrown);
  return new OperatorError({
    code: 'STORE_FAILED',
    exitCode: exitCodes.storeFailed,
    message: `the journal cannot be opened: ${path}: ${text}`,
    remedy: 'check the disk (space, errors in the system log), then start again',
    cause: thrown,
  });
}
