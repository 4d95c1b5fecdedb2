/**
 * Part of a journal: rows, what stands beside them, and a journal made of them again, for a bundle or for a sandbox. A
 * journal that was made so keeps the numbers and hashes of its rows; its gaps are part of it, so its chain proves nothing.
 * Source: inspector 4 (Exports), durability 2.4.
 */
import type Database from 'better-sqlite3';
import { applyContextDiff, contextDiff } from '../domain/context-diff.ts';
import type {
  DeadLetterRow,
  FillRow,
  JournalEntry,
  KnownMachine,
  TimerRow,
  TurnBatch,
} from '../ports/journal.port.ts';
import { openForReading, openForWriting } from './connection.ts';
import { journalFile, prepareDirectory } from './data-directory.ts';
import { stateAfter } from './fold.ts';
import { RowReader, type JournalRow } from './rows.ts';
import { createSchema, readMeta, writeMeta, type Environment } from './schema.ts';
import { Snapshots } from './snapshots.ts';
import { fillColumns, fillRowOf, type StoredFill } from './stored-fill.ts';
import { TurnTables } from './turn-tables.ts';

export type ExtractedRow = JournalEntry & { readonly epoch: number; readonly hash: string };

/** Context of an actor after a row, where rows between it and the one before it are left out. */
export type ExtractedBase = {
  readonly actor: string;
  readonly seq: number;
  readonly contextJson: string;
};

export type ExtractedTables = Pick<
  TurnBatch,
  | 'effects'
  | 'timersPut'
  | 'fills'
  | 'deadLetters'
  | 'crashes'
  | 'poisons'
  | 'quarantines'
  | 'incidents'
  | 'denials'
  | 'values'
>;

export type Extract = {
  readonly environment: Environment;
  readonly databaseUuid: string;
  readonly appVersion: string;
  readonly rows: readonly ExtractedRow[];
  readonly bases: readonly ExtractedBase[];
  readonly tables: ExtractedTables;
};

/** Which rows; the second look is given what the first one found. */
export type Wanted = {
  /** Rows that are asked for. */
  readonly isWanted: (row: JournalRow) => boolean;
  /** Rows that come along with those. */
  readonly comesAlong?: (row: JournalRow, wanted: ReadonlySet<number>) => boolean;
  readonly toSeq?: number;
  readonly rowsMax: number;
};

/** @throws OperatorError NO_JOURNAL; undefined when there are more rows than are wanted at most */
export function extractRows(directory: string, wanted: Wanted): Extract | undefined {
  const path = journalFile(directory);
  const database = openForReading(path);
  try {
    return database.transaction(() => readExtract(database, wanted)).deferred();
  } finally {
    database.close();
  }
}

function readExtract(database: Database.Database, wanted: Wanted): Extract | undefined {
  const reader = new RowReader(database);
  const seqs = chosenSeqs(reader, wanted);
  if (seqs === undefined) return undefined;
  const { rows, bases, actors } = readRows(reader, seqs);
  return {
    environment: readMeta(database, 'environment') as Environment,
    databaseUuid: readMeta(database, 'db_uuid') ?? '',
    appVersion: readMeta(database, 'app_version') ?? '',
    rows,
    bases,
    tables: tablesOf(database, seqs, actors, rows),
  };
}

/** Undefined: too many. */
function chosenSeqs(reader: RowReader, wanted: Wanted): ReadonlySet<number> | undefined {
  const { isWanted, comesAlong } = wanted;
  const seqs = new Set<number>();
  if (!choose(reader, wanted, seqs, isWanted)) return undefined;
  if (comesAlong !== undefined) {
    const first = new Set(seqs);
    if (!choose(reader, wanted, seqs, (row) => comesAlong(row, first))) return undefined;
  }
  // What caused a row belongs to it, up to the input from outside.
  for (const seq of seqs) {
    const { causeSeq = 0 } = reader.row(seq) ?? {};
    if (causeSeq > 0) seqs.add(causeSeq);
  }
  return seqs;
}

/** @returns false when there are too many */
function choose(
  reader: RowReader,
  { toSeq = Number.MAX_SAFE_INTEGER, rowsMax }: Wanted,
  seqs: Set<number>,
  isChosen: (row: JournalRow) => boolean,
): boolean {
  for (const row of reader.allAfter(0)) {
    if (row.seq > toSeq) break;
    if (isChosen(row)) seqs.add(row.seq);
    if (seqs.size > rowsMax) return false;
  }
  return true;
}

type Context = Readonly<Record<string, unknown>>;

/** The chosen rows; where rows of their actor before them are left out, with the whole context after them. */
function readRows(reader: RowReader, seqs: ReadonlySet<number>) {
  const rows: ExtractedRow[] = [];
  const bases: ExtractedBase[] = [];
  const contexts = new Map<string, Context>();
  const steps = new Map<string, number>();
  let left = seqs.size;
  for (const row of reader.allAfter(0)) {
    if (left === 0) break;
    const { actor, actorSeq, seq, machine } = row;
    if (machine !== 'input')
      contexts.set(actor, applyContextDiff(contexts.get(actor) ?? {}, row.contextDiffJson));
    if (!seqs.has(seq)) continue;
    left -= 1;
    const { actorId: _, previousSeq: __, ...kept } = row;
    rows.push(kept);
    if (machine === 'input') continue;
    if (actorSeq !== (steps.get(actor) ?? 0) + 1)
      bases.push({ actor, seq, contextJson: JSON.stringify(contexts.get(actor)) });
    steps.set(actor, actorSeq);
  }
  return { rows, bases, actors: new Set(steps.keys()) };
}

function tablesOf(
  database: Database.Database,
  seqs: ReadonlySet<number>,
  actors: ReadonlySet<string>,
  rows: readonly ExtractedRow[],
): ExtractedTables {
  const isCaused = ({ causeSeq }: { readonly causeSeq: number }): boolean => seqs.has(causeSeq);
  const isOfActor = ({ actor }: { readonly actor: string }): boolean => actors.has(actor);
  // Columns are named as the fields of the row that the caller promises.
  const all = (sql: string): readonly never[] => database.prepare(sql).all() as never[];
  const fills: readonly StoredFill[] = all(`SELECT ${fillColumns} FROM fill ORDER BY cause_seq`);
  const lastAtMs = rows.at(-1)?.atMs ?? 0;
  return {
    effects: all(
      `SELECT id, kind, account, payload AS payloadJson, cause_seq AS causeSeq, state FROM effect ORDER BY cause_seq, id`,
    ).filter(isCaused),
    timersPut: all(
      'SELECT owner, name, due_at_ms AS dueAtMs, event FROM timer ORDER BY due_at_ms',
    ).filter(({ owner }: TimerRow) => actors.has(owner)),
    fills: fills.map(fillRowOf).filter((fill: FillRow) => isCaused(fill)),
    deadLetters: all(
      `SELECT at_ms AS atMs, sender AS "from", receiver AS "to", event_json AS eventJson, reason FROM dead_letter`,
    ).filter(({ atMs, to }: DeadLetterRow) => actors.has(to) && atMs <= lastAtMs),
    crashes: all(
      `SELECT at_ms AS atMs, actor, kind, event_json AS eventJson, message, stack,
         machine_version AS machineVersion FROM crash`,
    ).filter(isOfActor),
    poisons: all(
      `SELECT seq, actor, event_json AS eventJson, stack, machine_version AS machineVersion FROM poison`,
    ).filter(isOfActor),
    quarantines: all(
      'SELECT actor, at_ms AS atMs, reason, last_good_seq AS lastGoodSeq FROM quarantine',
    ).filter(isOfActor),
    incidents: all(
      'SELECT at_ms AS atMs, account, code, text, cause_seq AS causeSeq FROM incident',
    ).filter(isCaused),
    denials: all(
      `SELECT at_ms AS atMs, account, intent_id AS intentId, code, text, cause_seq AS causeSeq FROM denial`,
    ).filter(isCaused),
  };
}

/**
 * Makes a journal of an extract, in a new directory. Every actor gets a snapshot of its last row, so nothing is folded at
 * the start of whoever opens it.
 *
 * @param machines those whose versions this program knows; others keep no hash and cannot be gone on with
 */
export function createFromExtract(
  directory: string,
  extract: Extract,
  machines: readonly KnownMachine[],
): void {
  prepareDirectory(directory);
  const path = journalFile(directory);
  const database = openForWriting(path);
  try {
    database.transaction(() => writeExtract(database, extract, machines)).immediate();
  } finally {
    database.close();
  }
}

function writeExtract(
  database: Database.Database,
  extract: Extract,
  machines: readonly KnownMachine[],
): void {
  const { environment, databaseUuid, appVersion, rows, bases, tables } = extract;
  createSchema(database, { environment, databaseUuid, appVersion });
  const writer = new RowWriter(database, machines);
  const contexts = new Map(bases.map(({ seq, contextJson }) => [seq, contextJson]));
  for (const row of rows) writer.write(row, contexts.get(row.seq));
  writer.writeSnapshots();
  const [headSeq, epoch] = [rows.at(-1)?.seq ?? 0, rows.at(-1)?.epoch ?? 1];
  new TurnTables(database).write({ entries: [], ...tables }, headSeq);
  const started = database.prepare('INSERT INTO writer VALUES (?, ?, ?, ?)');
  started.run(epoch, environment, appVersion, rows[0]?.atMs ?? 0);
  writeMeta(database, 'writer_epoch', String(epoch));
  writeMeta(database, 'snapshot_floor', String(headSeq));
}

class RowWriter {
  private readonly database: Database.Database;
  private readonly hashes: ReadonlyMap<string, string>;
  private readonly ids = new Map<string, number>();
  private readonly versions = new Map<string, number>();
  private readonly states = new Map<
    string,
    { state: ReturnType<typeof stateAfter>; context: Context }
  >();
  private readonly insert: Database.Statement;

  constructor(database: Database.Database, machines: readonly KnownMachine[]) {
    this.database = database;
    this.hashes = new Map(machines.map(({ id, version, hash }) => [`${id} ${version}`, hash]));
    this.insert = database.prepare(
      'INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
  }

  /** @param base the whole context after this row, where the rows before it are not here */
  write(row: ExtractedRow, base: string | undefined): void {
    const isInput = row.machine === 'input';
    const before = this.states.get(row.actor);
    const diff =
      base === undefined
        ? row.contextDiffJson
        : contextDiff(before?.context, JSON.parse(base) as Context);
    this.insert.run(
      row.seq,
      row.atMs,
      row.monotonicMs,
      row.epoch,
      this.actorId(row),
      row.actorSeq,
      isInput ? 0 : (before?.state.seq ?? 0),
      this.versionId(row),
      row.causeSeq,
      row.correlationSeq,
      row.eventJson,
      row.fromState,
      row.toState,
      diff,
      row.hash,
    );
    if (isInput) return;
    const context = applyContextDiff(before?.context ?? {}, diff);
    this.states.set(row.actor, { state: stateAfter(row), context });
  }

  writeSnapshots(): void {
    const snapshots = new Snapshots(this.database);
    for (const { state, context } of this.states.values()) {
      const whole = { ...state, contextJson: JSON.stringify(context) };
      snapshots.write(this.ids.get(nameOf(whole)) ?? 0, this.versionId(whole), whole);
    }
  }

  private actorId(row: Pick<ExtractedRow, 'actor' | 'account' | 'machine'>): number {
    const name = nameOf(row);
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    const { lastInsertRowid } = this.database
      .prepare('INSERT INTO actor (name, account, machine) VALUES (?, ?, ?)')
      .run(row.actor, row.account, row.machine);
    const id = Number(lastInsertRowid); // tidy-ok: a small row number of SQLite
    this.ids.set(name, id);
    return id;
  }

  private versionId(row: Pick<ExtractedRow, 'machine' | 'machineVersion'>): number {
    const name = `${row.machine} ${row.machineVersion}`;
    const known = this.versions.get(name);
    if (known !== undefined) return known;
    const { lastInsertRowid } = this.database
      .prepare('INSERT INTO machine_version (machine, version, hash) VALUES (?, ?, ?)')
      .run(row.machine, row.machineVersion, this.hashes.get(name) ?? '');
    const id = Number(lastInsertRowid); // tidy-ok: a small row number of SQLite
    this.versions.set(name, id);
    return id;
  }
}

function nameOf({
  actor,
  account,
  machine,
}: Pick<ExtractedRow, 'actor' | 'account' | 'machine'>): string {
  return `${machine} ${account} ${actor}`;
}
