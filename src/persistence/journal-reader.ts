/** Looks into a journal without writing: for `status`, `journal tail` and `journal verify`, also while an engine runs. */
import type Database from 'better-sqlite3';
import type {
  ActorState,
  Head,
  JournalEntry,
  Recovered,
  VerifyReport,
} from '../ports/journal.port.ts';
import { openForReading } from './connection.ts';
import { journalFile } from './data-directory.ts';
import { openFault } from './faults.ts';
import { readHead, recoverAll } from './recovery.ts';
import { RowReader } from './rows.ts';
import {
  countedTables,
  inspectSchema,
  readMeta,
  readMetaNumber,
  type CountedTable,
  type Environment,
} from './schema.ts';
import { verifyJournal } from './verify.ts';

/** A row as it was committed, with its writer and its hash. */
export type StoredEntry = JournalEntry & { readonly epoch: number; readonly hash: string };

export interface JournalReader {
  readonly databaseUuid: string;
  readonly environment: Environment;
  /** Writer that started last. */
  readonly epoch: number;
  /** False while an engine runs, and after a kill or crash. */
  readonly wasClean: boolean;
  readonly head: Head;
  /** The newest rows, of one actor or of all, oldest first. */
  lastRows(count: number, actor?: string): readonly StoredEntry[];
  /** Rows behind `seq`, oldest first, at most `limit`. */
  rowsAfter(seq: number, limit: number): readonly StoredEntry[];
  /** Committed state of every actor. @throws OperatorError JOURNAL_BROKEN, exit 78 */
  latestStates(): readonly ActorState[];
  /** What a start would find. @throws OperatorError JOURNAL_BROKEN, exit 78 */
  recovered(): Omit<Recovered, 'milliseconds'>;
  counts(): Readonly<Record<CountedTable, number>>;
  verify(): VerifyReport;
  close(): void;
}

/**
 * Opens a journal for looking: takes no lock and counts no writer.
 *
 * @throws OperatorError exit 66 NO_JOURNAL; 74 STORE_CORRUPT; 78 NEWER_DATABASE, FOREIGN_DATABASE
 */
export function openJournalReader(directory: string): JournalReader {
  const path = journalFile(directory);
  const database = openForReading(path);
  try {
    const state = inspectSchema(database, path);
    if (state === 'known') return new SqliteJournalReader(database, path);
    throw new Error('the database is empty');
  } catch (error) {
    database.close();
    throw openFault(path, error);
  }
}

/** Proves the journal of a directory. @throws OperatorError when it cannot even be opened */
export function verifyDirectory(directory: string): VerifyReport {
  const reader = openJournalReader(directory);
  try {
    return reader.verify();
  } finally {
    reader.close();
  }
}

class SqliteJournalReader implements JournalReader {
  private readonly database: Database.Database;
  private readonly path: string;
  private readonly rows: RowReader;

  constructor(database: Database.Database, path: string) {
    this.database = database;
    this.path = path;
    this.rows = new RowReader(database);
  }

  get databaseUuid(): string {
    return readMeta(this.database, 'db_uuid') ?? '';
  }

  get environment(): Environment {
    return readMeta(this.database, 'environment') as Environment;
  }

  get epoch(): number {
    return readMetaNumber(this.database, 'writer_epoch');
  }

  get wasClean(): boolean {
    return readMeta(this.database, 'clean_shutdown') === '1';
  }

  get head(): Head {
    const { seq, hash } = readHead(this.database);
    return { seq, hash };
  }

  lastRows(count: number, actor?: string): readonly StoredEntry[] {
    return this.rows.lastRows(count, actor);
  }

  rowsAfter(seq: number, limit: number): readonly StoredEntry[] {
    return this.rows.rowsAfter(seq, limit);
  }

  latestStates(): readonly ActorState[] {
    return this.recovered().actors;
  }

  recovered(): Omit<Recovered, 'milliseconds'> {
    // One transaction, so that states, effects and timers belong together while an engine writes.
    const read = this.database.transaction(() => ({
      ...recoverAll(this.database, this.path),
      wasClean: this.wasClean,
    }));
    return read.deferred();
  }

  counts(): Readonly<Record<CountedTable, number>> {
    const counts: Partial<Record<CountedTable, number>> = {};
    for (const table of countedTables) {
      counts[table] =
        this.database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
    }
    return counts as Record<CountedTable, number>;
  }

  verify(): VerifyReport {
    return verifyJournal(this.database);
  }

  close(): void {
    this.database.close();
  }
}
