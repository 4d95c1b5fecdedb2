/** Committed rows for the inspector: one read-only connection, short looks. */
import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import type { ChainChecker, JournalView, ViewedRow } from '../ports/journal-view.port.ts';
import type {
  ActorState,
  CrashRow,
  DeadLetterRow,
  DenialRow,
  EffectRow,
  Head,
  IncidentRow,
  PoisonRow,
  QuarantineRow,
  TimerRow,
} from '../ports/journal.port.ts';
import { ChainCheck } from './chain-check.ts';
import { openForReading } from './connection.ts';
import { journalFile } from './data-directory.ts';
import { openFault } from './faults.ts';
import { readHead, recoverAll } from './recovery.ts';
import { RowReader } from './rows.ts';
import { inspectSchema, readMeta, readMetaNumber } from './schema.ts';

/** @throws OperatorError as `openJournalReader` */
export function openJournalView(directory: string): JournalView {
  const path = journalFile(directory);
  const database = openForReading(path);
  try {
    if (inspectSchema(database, path) === 'known') return new SqliteJournalView(database, path);
    throw new Error('the database is empty');
  } catch (error) {
    database.close();
    throw openFault(path, error);
  }
}

const effectColumns = `id, kind, account, payload AS payloadJson, cause_seq AS causeSeq, state FROM effect`;

class SqliteJournalView implements JournalView {
  private readonly database: Database.Database;
  private readonly path: string;
  private readonly rows: RowReader;
  /** Looks come ten times a second, and the few queries are always the same ones. */
  private readonly statements = new Map<string, Database.Statement<(string | number)[]>>();

  constructor(database: Database.Database, path: string) {
    this.database = database;
    this.path = path;
    this.rows = new RowReader(database);
  }

  get environment(): string {
    return readMeta(this.database, 'environment') ?? '';
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

  get headAtMs(): number {
    return readHead(this.database).atMs;
  }

  get bytes(): number {
    return sizeOf(this.path) + sizeOf(`${this.path}-wal`);
  }

  states(): readonly ActorState[] {
    return this.database.transaction(() => recoverAll(this.database, this.path)).deferred().actors;
  }

  row(seq: number): ViewedRow | undefined {
    return this.rows.row(seq);
  }

  rowsAfter(seq: number, countMax: number): readonly ViewedRow[] {
    return this.rows.rowsAfter(seq, countMax);
  }

  rowsBefore(seq: number, countMax: number): readonly ViewedRow[] {
    return this.rows.rowsBefore(seq, countMax);
  }

  rowsOfActor(actor: string, beforeSeq: number, countMax: number): readonly ViewedRow[] {
    return this.rows.rowsOfActor(actor, beforeSeq, countMax);
  }

  nextOfActor(actor: string, seq: number): number | undefined {
    return this.rows.nextOfActor(actor, seq);
  }

  checkpointSeq(): number {
    const rows: readonly { readonly seq: number | null }[] = this.select(
      'SELECT MAX(seq) AS seq FROM snapshot',
      [],
    );
    return rows[0]?.seq ?? 0;
  }

  timers(owner?: string): readonly TimerRow[] {
    const where = owner === undefined ? '' : 'WHERE owner = ?';
    return this.select(
      `SELECT owner, name, due_at_ms AS dueAtMs, event FROM timer ${where} ORDER BY due_at_ms, owner, name`,
      owner === undefined ? [] : [owner],
    );
  }

  effectsBetween(fromSeq: number, toSeq: number): readonly EffectRow[] {
    return this.select(
      `SELECT ${effectColumns} WHERE cause_seq BETWEEN ? AND ? ORDER BY cause_seq, id`,
      [fromSeq, toSeq],
    );
  }

  openEffects(): readonly EffectRow[] {
    return this.select(
      `SELECT ${effectColumns} WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN') ORDER BY cause_seq, id`,
      [],
    );
  }

  alerts(countMax: number): readonly EffectRow[] {
    return this.select(
      `SELECT ${effectColumns} WHERE kind = 'alert' ORDER BY cause_seq DESC LIMIT ?`,
      [countMax],
    );
  }

  deadLetters(countMax: number): readonly DeadLetterRow[] {
    return this.select(
      `SELECT at_ms AS atMs, sender AS "from", receiver AS "to", event_json AS eventJson, reason
         FROM dead_letter ORDER BY id DESC LIMIT ?`,
      [countMax],
    );
  }

  crashes(countMax: number, actor?: string): readonly CrashRow[] {
    return this.select(
      `SELECT at_ms AS atMs, actor, kind, event_json AS eventJson, message, stack,
         machine_version AS machineVersion FROM crash
        ${actor === undefined ? '' : 'WHERE actor = ?'} ORDER BY id DESC LIMIT ?`,
      actor === undefined ? [countMax] : [actor, countMax],
    );
  }

  poisons(countMax: number): readonly PoisonRow[] {
    return this.select(
      `SELECT seq, actor, event_json AS eventJson, stack, machine_version AS machineVersion
         FROM poison ORDER BY id DESC LIMIT ?`,
      [countMax],
    );
  }

  quarantines(): readonly QuarantineRow[] {
    return this.select(
      `SELECT actor, at_ms AS atMs, reason, last_good_seq AS lastGoodSeq FROM quarantine ORDER BY actor`,
      [],
    );
  }

  incidents(countMax: number): readonly IncidentRow[] {
    return this.select(
      `SELECT at_ms AS atMs, account, code, text, cause_seq AS causeSeq FROM incident
        ORDER BY id DESC LIMIT ?`,
      [countMax],
    );
  }

  denials(countMax: number): readonly DenialRow[] {
    return this.select(`SELECT ${denialColumns} ORDER BY id DESC LIMIT ?`, [countMax]);
  }

  denialOf(intentId: string): DenialRow | undefined {
    return this.select(`SELECT ${denialColumns} WHERE intent_id = ? ORDER BY id DESC LIMIT 1`, [
      intentId,
    ])[0];
  }

  chainChecker(): ChainChecker {
    return new ChainCheck(this.rows, 0);
  }

  value(key: string): string | undefined {
    return this.database
      .prepare<[string], string>('SELECT value FROM value WHERE key = ?')
      .pluck()
      .get(key);
  }

  close(): void {
    this.database.close();
  }

  /** Columns are named as the fields of the row that the caller promises. */
  private select(sql: string, parameters: readonly (string | number)[]): readonly never[] {
    const known = this.statements.get(sql);
    const statement = known ?? this.database.prepare<(string | number)[]>(sql);
    if (known === undefined) this.statements.set(sql, statement);
    return statement.all(...parameters) as never[];
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

const denialColumns = `at_ms AS atMs, account, intent_id AS intentId, code, text,
  cause_seq AS causeSeq FROM denial`;
