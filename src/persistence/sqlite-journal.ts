/**
 * The one writer of an open journal: one transaction per turn.
 *
 * Before a commit nothing of the turn is on the disk; after it everything is. A commit that throws
 * `StoreFailure` is in doubt (a failed fsync may still have written), so nothing more is taken
 * and the process has to stop, recover and reconcile. Source: durability C1 to C8.
 */
import type Database from 'better-sqlite3';
import { invariant, InvariantViolation } from '../kernel/assert.ts';
import type { Clock } from '../kernel/clock.ts';
import { errorText, StoreFailure } from '../kernel/errors.ts';
import type {
  ActorState,
  DeniedIntent,
  FillRow,
  Head,
  JournalEntry,
  JournalPort,
  KnownMachine,
  Recovered,
  TurnBatch,
  VerifyReport,
} from '../ports/journal.port.ts';
import { foldHistory, readHistory, type StoredHistory } from './actor-history.ts';
import { ActorIndex } from './actor-index.ts';
import { assertDurable, logBytes } from './connection.ts';
import { dropBallast, journalFile } from './data-directory.ts';
import { DeniedIntents } from './denied-intents.ts';
import { sqliteCode } from './faults.ts';
import { rowHash } from './hash-chain.ts';
import type { EngineLock } from './lock-file.ts';
import { readHead, recoverAll } from './recovery.ts';
import { RowReader } from './rows.ts';
import { readMeta, readMetaNumber, writeMeta, type Environment } from './schema.ts';
import { Snapshots } from './snapshots.ts';
import { fillColumns, fillRowOf, type StoredFill } from './stored-fill.ts';
import { TurnTables } from './turn-tables.ts';
import { verifyJournal } from './verify.ts';
import { noteReached } from './writer-book.ts';

const MIB = 1024 * 1024;

/** The log of a checkpointed database stays far below; more means that checkpoints fail or a reader stays. */
const LOG_BYTES_MAX = 64 * MIB;

/** Commits between two looks at the size of the log. */
const COMMITS_PER_LOOK = 64;

/** Keys of inbound events are kept for a week of market time: no venue repeats an event later. */
const DEDUPE_KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** What an operator should hear of, beside what is thrown. */
export type JournalHealth =
  | { readonly type: 'storeFailed'; readonly code: string; readonly text: string }
  | { readonly type: 'ballastDropped' }
  /** No room for the ballast: the next full disk will find nothing to give back. */
  | { readonly type: 'ballastMissing' }
  /** The write-ahead log passed `bytes`: checkpoints fail, or a reader holds a transaction. */
  | { readonly type: 'logGrown'; readonly bytes: number };

export type OpenJournalOptions = {
  /** Data directory; created with mode 0700. */
  readonly directory: string;
  readonly environment: Environment;
  /** All machine versions this program can restore. */
  readonly knownMachines: readonly KnownMachine[];
  readonly clock: Clock;
  readonly appVersion: string;
  /** Taken for a new database only; not part of the hash chain. */
  readonly databaseUuid: string;
  readonly onHealth?: (health: JournalHealth) => void;
  /** Size of the file that is given back on a full disk; 0 for none. */
  readonly ballastBytes?: number;
  /** Size to which the write-ahead log is grown at the start. */
  readonly logBytes?: number;
  /** How long events and signals are known, where that is longer than the week that they always are. */
  readonly dedupeKeptMs?: number;
  /** Goes on with a journal that is older than its directory; its epoch is one that nobody has had. */
  readonly isRestoredAccepted?: boolean;
};

export class SqliteJournal implements JournalPort {
  readonly epoch: number;
  readonly databaseUuid: string;
  private readonly database: Database.Database;
  private readonly lock: EngineLock;
  private readonly wasClean: boolean;
  private readonly options: OpenJournalOptions;
  private readonly path: string;
  private readonly index: ActorIndex;
  private readonly rows: RowReader;
  private readonly snapshots: Snapshots;
  private readonly tables: TurnTables;
  private readonly denied: DeniedIntents;
  private readonly begin: Database.Statement<[]>;
  private readonly end: Database.Statement<[]>;
  private readonly insertRow: Database.Statement;
  private readonly fill: Database.Statement<[string, string], StoredFill>;
  private readonly dayFills: Database.Statement<[string, string], StoredFill>;
  private readonly dedupe: Database.Statement<[string], number>;
  private current: Head;
  private currentAtMs: number;
  private commits = 0;
  private logBytesTold = LOG_BYTES_MAX;
  private failure: string | undefined;
  private isClosed = false;

  constructor(
    database: Database.Database,
    lock: EngineLock,
    wasClean: boolean,
    options: OpenJournalOptions,
  ) {
    this.database = database;
    this.lock = lock;
    this.wasClean = wasClean;
    this.options = options;
    this.path = journalFile(options.directory);
    this.epoch = readMetaNumber(database, 'writer_epoch');
    this.databaseUuid = readMeta(database, 'db_uuid') ?? '';
    this.rows = new RowReader(database);
    this.snapshots = new Snapshots(database);
    this.tables = new TurnTables(database);
    this.denied = new DeniedIntents(database);
    this.begin = database.prepare('BEGIN IMMEDIATE');
    this.end = database.prepare('COMMIT');
    this.insertRow = database.prepare(
      'INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.fill = database.prepare(
      `SELECT ${fillColumns} FROM fill WHERE account = ? AND fill_id = ?`,
    );
    this.dayFills = database.prepare(
      `SELECT ${fillColumns} FROM fill WHERE account = ? AND trading_day = ? ORDER BY cause_seq`,
    );
    this.dedupe = database.prepare<[string], number>('SELECT 1 FROM dedupe WHERE key = ?').pluck();
    const { atMs, ...head } = readHead(database);
    this.current = head;
    this.currentAtMs = atMs;
    this.index = new ActorIndex(database, options.knownMachines);
    this.index.load(this.rows);
  }

  get head(): Head {
    return this.current;
  }

  get headAtMs(): number {
    return this.currentAtMs;
  }

  get tailRows(): number {
    return this.current.seq - this.index.floor(this.current.seq);
  }

  commit(batch: TurnBatch): Head {
    const head = this.transact(() => {
      const written = this.writeEntries(batch.entries);
      this.tables.write(batch, written.seq);
      return written;
    });
    this.current = head;
    this.currentAtMs = batch.entries.at(-1)?.atMs ?? this.currentAtMs;
    this.commits += 1;
    if (this.commits === 1) this.checkDurable();
    if (this.commits % COMMITS_PER_LOOK === 0) this.watchLog();
    return head;
  }

  recover(): Recovered {
    const startedMs = this.options.clock.monotonicMs();
    const recovered = recoverAll(this.database, this.path);
    this.transact(() => {
      this.database
        .prepare('DELETE FROM dedupe WHERE at_ms < ?')
        .run(recovered.lastAtMs - Math.max(DEDUPE_KEPT_MS, this.options.dedupeKeptMs ?? 0));
    });
    return {
      ...recovered,
      wasClean: this.wasClean,
      milliseconds: this.options.clock.monotonicMs() - startedMs,
    };
  }

  readActor(actor: string): ActorState | undefined {
    const history = this.readHistory(actor);
    return history === undefined ? undefined : foldHistory(history);
  }

  readHistory(actor: string): StoredHistory | undefined {
    return readHistory(this.index.find(actor), this.snapshots, this.rows);
  }

  findFill(account: string, fillId: string): FillRow | undefined {
    const found = this.read(() => this.fill.get(account, fillId));
    return found === undefined ? undefined : fillRowOf(found);
  }

  fillsOfDay(account: string, tradingDay: string): readonly FillRow[] {
    return this.dayFills.all(account, tradingDay).map(fillRowOf);
  }

  hasDedupeKey(key: string): boolean {
    return this.read(() => this.dedupe.get(key)) === 1;
  }

  findDenied(account: string, intentId: string): DeniedIntent | undefined {
    return this.read(() => this.denied.find(account, intentId));
  }

  staleActors(countMax: number): readonly string[] {
    const names: string[] = [];
    for (const actor of this.index.uncovered) {
      if (names.length >= countMax) break;
      names.push(actor.name);
    }
    return names;
  }

  writeSnapshots(actors: readonly ActorState[]): void {
    this.transact(() => {
      for (const state of actors) {
        const known = this.index.find(state.actor);
        invariant(
          known?.seq === state.seq && known.actorSeq === state.actorSeq,
          () =>
            `a snapshot is of the last row of its actor, was ${state.actor} at ${state.seq}, not ${known?.seq ?? 0}`,
        );
        this.snapshots.write(
          known.id,
          this.index.versionId(state.machine, state.machineVersion),
          state,
        );
        this.index.cover(known);
      }
      writeMeta(this.database, 'snapshot_floor', String(this.index.floor(this.current.seq)));
    });
    this.index.trim();
  }

  verify(): VerifyReport {
    return verifyJournal(this.database);
  }

  close(options: { readonly isClean: boolean } = { isClean: true }): void {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      if (options.isClean && this.failure === undefined) {
        this.transact(() => writeMeta(this.database, 'clean_shutdown', '1'));
        noteReached(this.options.directory, {
          epoch: this.epoch,
          seq: readHead(this.database).seq,
        });
      }
    } finally {
      this.database.close();
      this.lock.release();
    }
  }

  /** Runs `look`; a store that cannot be read has failed as one that cannot be written. */
  private read<Result>(look: () => Result): Result {
    try {
      return look();
    } catch (error) {
      const code = sqliteCode(error);
      throw code === undefined ? error : this.fail(code, error);
    }
  }

  /** Runs `write` as one transaction; what it throws of its own undoes it, what the store throws ends the store. */
  private transact<Result>(write: () => Result): Result {
    if (this.failure !== undefined) {
      throw new StoreFailure(`the store has failed before and takes nothing more: ${this.failure}`);
    }
    try {
      this.begin.run();
      const result = write();
      this.end.run();
      return result;
    } catch (error) {
      throw this.undo(error);
    }
  }

  private writeEntries(entries: readonly JournalEntry[]): Head {
    let { seq, hash } = this.current;
    for (const entry of entries) {
      seq += 1;
      invariant(
        entry.seq === seq,
        () => `rows are numbered without a gap: ${seq}, was ${entry.seq}`,
      );
      expectEntry(entry);
      const isInput = entry.machine === 'input';
      const actor = this.index.take(entry);
      const previousSeq = actor.seq;
      invariant(
        entry.actorSeq === (isInput ? 0 : actor.actorSeq + 1),
        () =>
          `steps of ${entry.actor} are numbered without a gap after ${actor.actorSeq}, was ${entry.actorSeq}`,
      );
      const monotonicMs = Math.floor(entry.monotonicMs);
      hash = rowHash(hash, entry, monotonicMs, this.epoch);
      this.insertRow.run(
        seq,
        entry.atMs,
        monotonicMs,
        this.epoch,
        actor.id,
        entry.actorSeq,
        previousSeq,
        actor.versionId,
        entry.causeSeq,
        entry.correlationSeq,
        entry.eventJson,
        entry.fromState,
        entry.toState,
        entry.contextDiffJson,
        hash,
      );
      if (!isInput) this.index.append(actor, seq, entry.actorSeq);
    }
    return seq === this.current.seq ? this.current : { seq, hash };
  }

  private undo(error: unknown): unknown {
    const code = sqliteCode(error);
    const isOurs = code === undefined || isConstraint(code, error);
    try {
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      // Rows, actors and snapshots of the turn are in the index already.
      if (isOurs) this.index.load(this.rows);
    } catch (second) {
      return this.fail(sqliteCode(second) ?? 'UNKNOWN', second);
    }
    if (!isOurs) return this.fail(code, error);
    if (code === undefined) return error;
    return new InvariantViolation(`Invariant: a turn fits the tables: ${errorText(error)}`, {
      cause: error,
    });
  }

  private fail(code: string, error: unknown): StoreFailure {
    const text = `${errorText(error)} (${code})`;
    this.failure = text;
    this.options.onHealth?.({ type: 'storeFailed', code, text });
    if (code === 'SQLITE_FULL' && dropBallast(this.options.directory)) {
      this.options.onHealth?.({ type: 'ballastDropped' });
    }
    return new StoreFailure(`the store failed, what was not acknowledged is in doubt: ${text}`, {
      cause: error,
    });
  }

  private checkDurable(): void {
    try {
      assertDurable(this.database, this.path);
    } catch (error) {
      this.failure = errorText(error);
      throw error;
    }
  }

  /** A failing checkpoint says nothing by itself: the log grows (durability 2.2). */
  private watchLog(): void {
    const bytes = logBytes(this.path);
    if (bytes <= this.logBytesTold) return;
    this.logBytesTold = bytes * 2;
    this.options.onHealth?.({ type: 'logGrown', bytes });
  }
}

function expectEntry(entry: JournalEntry): void {
  const { seq, atMs, causeSeq, correlationSeq } = entry;
  invariant(
    Number.isSafeInteger(atMs),
    () => `the time of a row is a whole millisecond, was ${atMs}`,
  );
  invariant(
    causeSeq >= 0 && causeSeq < seq && correlationSeq >= 1 && correlationSeq <= seq,
    () => `row ${seq} has an earlier cause, was ${causeSeq} of input ${correlationSeq}`,
  );
}

/**
 * A turn that does not fit the tables (a fill or an effect twice) is our bug and is undone. The
 * number of a row or an actor that is taken is something else: another process has written (C8).
 */
function isConstraint(code: string, error: unknown): boolean {
  return (
    code.startsWith('SQLITE_CONSTRAINT') &&
    !/\b(?:journal\.seq|actor\.|machine_version\.)/u.test(errorText(error))
  );
}
