/** Opens the journal: who may write it, whether this program may go on with it, and as which writer. */
import type Database from 'better-sqlite3';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import type { JournalPort, KnownMachine } from '../ports/journal.port.ts';
import { versionKey } from './actor-index.ts';
import { growLog, openForWriting, restrictSideFiles } from './connection.ts';
import { journalFile, keepBallast, prepareDirectory } from './data-directory.ts';
import { openFault } from './faults.ts';
import { acquireEngineLock } from './lock-file.ts';
import { readHead } from './recovery.ts';
import {
  createSchema,
  inspectSchema,
  readMeta,
  readMetaNumber,
  writeMeta,
  type Environment,
} from './schema.ts';
import { SqliteJournal, type OpenJournalOptions } from './sqlite-journal.ts';
import { expectLatestJournal, lastReached, noteReached } from './writer-book.ts';

const MIB = 1024 * 1024;

/** Written once and kept aside for the moment when the disk is full. Source: durability 2.3. */
const BALLAST_BYTES = 16 * MIB;

/** Grown once at the start: six times what the checkpoint at 200 pages leaves in use. */
const LOG_BYTES_START = 5 * MIB;

/**
 * Opens the journal of a data directory for its one writer.
 *
 * @throws OperatorError exit 73 DATA_DIR_NOT_WRITABLE; 74 STORE_CORRUPT, STORE_FAILED; 75 SINGLE_INSTANCE;
 * 78 NEWER_DATABASE, FOREIGN_DATABASE, FOREIGN_ENVIRONMENT, UNKNOWN_MACHINE, NOT_DURABLE, RESTORED_JOURNAL
 */
export function openJournal(options: OpenJournalOptions): JournalPort {
  const { directory } = options;
  prepareDirectory(directory);
  const lock = acquireEngineLock(directory);
  const path = journalFile(directory);
  let database: Database.Database | undefined;
  try {
    database = openForWriting(path);
    const wasClean = becomeWriter(database, path, options);
    growLog(database, path, options.logBytes ?? LOG_BYTES_START);
    restrictSideFiles(path);
    const bytes = options.ballastBytes ?? BALLAST_BYTES;
    if (!keepBallast(directory, bytes)) options.onHealth?.({ type: 'ballastMissing' });
    return new SqliteJournal(database, lock, wasClean, options);
  } catch (error) {
    database?.close();
    lock.release();
    throw openFault(path, error);
  }
}

/** Checks that the database is ours to write, and counts this writer. @returns whether the last one ended well */
function becomeWriter(
  database: Database.Database,
  path: string,
  options: OpenJournalOptions,
): boolean {
  const isNew = inspectSchema(database, path) === 'new';
  const last = lastReached(options.directory);
  let reached = last;
  const start = database.transaction(() => {
    if (isNew) createSchema(database, options);
    expectEnvironment(database, path, options.environment);
    expectKnownMachines(database, path, options.knownMachines);
    const wasClean = readMeta(database, 'clean_shutdown') === '1';
    const known = { epoch: readMetaNumber(database, 'writer_epoch'), seq: readHead(database).seq };
    if (options.isRestoredAccepted !== true) expectLatestJournal(path, known, last);
    const epoch = Math.max(known.epoch, last.epoch) + 1;
    reached = { epoch, seq: known.seq };
    writeMeta(database, 'writer_epoch', String(epoch));
    writeMeta(database, 'clean_shutdown', '0');
    writeMeta(database, 'app_version', options.appVersion);
    database
      .prepare('INSERT INTO writer VALUES (?, ?, ?, ?)')
      .run(epoch, options.environment, options.appVersion, options.clock.nowMs());
    return wasClean;
  });
  const wasClean = start.immediate();
  noteReached(options.directory, reached);
  return wasClean;
}

/** Real orders and play money never share a journal (durability 4). */
function expectEnvironment(database: Database.Database, path: string, wanted: Environment): void {
  const stored = readMeta(database, 'environment') ?? 'none';
  const foreign = database
    .prepare<[string], string>('SELECT environment FROM writer WHERE environment <> ? LIMIT 1')
    .pluck()
    .get(wanted);
  if (stored === wanted && foreign === undefined) return;
  throw new OperatorError({
    code: 'FOREIGN_ENVIRONMENT',
    exitCode: exitCodes.configuration,
    message: `the journal was written in mode ${foreign ?? stored}, this run is ${wanted}: ${path}`,
    remedy: 'choose the mode it was written in, or another --data-dir',
  });
}

/** Rows of a machine that this program does not know cannot be gone on with (C7). */
function expectKnownMachines(
  database: Database.Database,
  path: string,
  machines: readonly KnownMachine[],
): void {
  const known = new Map(machines.map(({ id, version, hash }) => [versionKey(id, version), hash]));
  const stored = database
    .prepare<[], KnownMachine>(
      `SELECT machine AS id, version, hash FROM machine_version WHERE machine <> 'input' ORDER BY id`,
    )
    .all();
  for (const { id, version, hash } of stored) {
    const mine = known.get(versionKey(id, version));
    if (mine === hash) continue;
    const what = mine === undefined ? 'is not known' : 'is another machine here';
    throw new OperatorError({
      code: 'UNKNOWN_MACHINE',
      exitCode: exitCodes.configuration,
      message: `the journal has rows of machine ${id} version ${version}, which ${what}: ${path}`,
      remedy: 'start the version of bulkhead that wrote it, or choose another --data-dir',
    });
  }
}
