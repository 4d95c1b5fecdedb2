/** Journal rows as they are read back, in order, in short reads. */
import type Database from 'better-sqlite3';
import type { MachineId } from '../domain/machine-event.ts';
import type { JournalEntry } from '../ports/journal.port.ts';

export type JournalRow = JournalEntry & {
  readonly epoch: number;
  readonly actorId: number;
  /** Seq of the actor's row before this one; 0 for its first and for inputs. */
  readonly previousSeq: number;
  readonly hash: string;
};

type Tuple = readonly [
  seq: number,
  atMs: number,
  monotonicMs: number,
  epoch: number,
  actor: number,
  actorSeq: number,
  actorPrevious: number,
  machineVersion: number,
  causeSeq: number,
  correlationSeq: number,
  eventJson: string,
  fromState: string,
  toState: string,
  contextDiffJson: string,
  hash: string,
];

export type ActorName = {
  readonly name: string;
  readonly account: string;
  readonly machine: MachineId | 'input';
};

/** Rows of one read: short, because a reader that stays makes the write-ahead log grow. */
const CHUNK_ROWS = 4096;

const columns = `seq, ts_wall, ts_mono, epoch, actor, actor_seq, actor_prev, machine_ver, cause_seq,
  corr_seq, event_json, from_state, to_state, ctx_diff_json, hash`;

/** Reads rows through one connection; keeps the dictionaries of actors and machine versions. */
export class RowReader {
  private readonly after: Database.Statement<[number, number], Tuple>;
  private readonly one: Database.Statement<[number], Tuple>;
  private readonly newest: Database.Statement<[number], Tuple>;
  private readonly newestOfActor: Database.Statement<[string, number], Tuple>;
  private readonly before: Database.Statement<[number, number], Tuple>;
  private readonly newestOfActorBefore: Database.Statement<[string, number], Tuple>;
  private readonly nextOf: Database.Statement<[string, number], number>;
  private readonly actor: Database.Statement<[number], ActorName>;
  private readonly version: Database.Statement<[number], string>;
  private readonly actors = new Map<number, ActorName>();
  private readonly versions = new Map<number, string>();

  constructor(database: Database.Database) {
    const select = `SELECT ${columns} FROM journal`;
    this.after = database
      .prepare<[number, number], Tuple>(`${select} WHERE seq > ? ORDER BY seq LIMIT ?`)
      .raw();
    this.one = database.prepare<[number], Tuple>(`${select} WHERE seq = ?`).raw();
    this.newest = database.prepare<[number], Tuple>(`${select} ORDER BY seq DESC LIMIT ?`).raw();
    this.newestOfActor = database
      .prepare<[string, number], Tuple>(
        `${select} WHERE actor IN (SELECT id FROM actor WHERE name = ?) ORDER BY seq DESC LIMIT ?`,
      )
      .raw();
    this.before = database
      .prepare<[number, number], Tuple>(`${select} WHERE seq < ? ORDER BY seq DESC LIMIT ?`)
      .raw();
    const ofActor = 'actor IN (SELECT id FROM actor WHERE name = ?)';
    this.newestOfActorBefore = database
      .prepare<[string, number], Tuple>(
        `${select} WHERE ${ofActor} AND seq < ? ORDER BY seq DESC LIMIT 1`,
      )
      .raw();
    this.nextOf = database
      .prepare<[string, number], number>(
        `SELECT seq FROM journal WHERE ${ofActor} AND seq > ? ORDER BY seq LIMIT 1`,
      )
      .pluck();
    this.actor = database.prepare('SELECT name, account, machine FROM actor WHERE id = ?');
    this.version = database
      .prepare<[number], string>('SELECT version FROM machine_version WHERE id = ?')
      .pluck();
  }

  /** Rows behind `seq`, oldest first, at most `limit`. */
  rowsAfter(seq: number, limit: number): readonly JournalRow[] {
    return this.after.all(seq, limit).map((tuple) => this.toRow(tuple));
  }

  /** All rows behind `seq`, oldest first, read in chunks. Rows are never changed, so chunks fit together. */
  *allAfter(seq: number): Generator<JournalRow, void, void> {
    for (let last = seq; ;) {
      const chunk = this.after.all(last, CHUNK_ROWS);
      for (const tuple of chunk) {
        yield this.toRow(tuple);
        [last] = tuple;
      }
      if (chunk.length < CHUNK_ROWS) return;
    }
  }

  row(seq: number): JournalRow | undefined {
    const tuple = this.one.get(seq);
    return tuple === undefined ? undefined : this.toRow(tuple);
  }

  /** The newest rows, of one actor or of all, oldest first. */
  lastRows(count: number, actor?: string): readonly JournalRow[] {
    const found =
      actor === undefined ? this.newest.all(count) : this.newestOfActor.all(actor, count);
    return found.map((tuple) => this.toRow(tuple)).toReversed();
  }

  /** Rows before `seq`, newest first. */
  rowsBefore(seq: number, limit: number): readonly JournalRow[] {
    return this.before.all(seq, limit).map((tuple) => this.toRow(tuple));
  }

  /** Rows of one actor before `seq`, newest first; found by walking back along its chain. */
  rowsOfActor(actor: string, beforeSeq: number, limit: number): readonly JournalRow[] {
    const found: JournalRow[] = [];
    let row = this.lastOfActorBefore(actor, beforeSeq);
    while (row !== undefined && found.length < limit) {
      found.push(row);
      row = row.previousSeq === 0 ? undefined : this.row(row.previousSeq);
    }
    return found;
  }

  /** Seq of the actor's first row behind `seq`. */
  nextOfActor(actor: string, seq: number): number | undefined {
    return this.nextOf.get(actor, seq);
  }

  private lastOfActorBefore(actor: string, beforeSeq: number): JournalRow | undefined {
    const tuple = this.newestOfActorBefore.get(actor, beforeSeq);
    return tuple === undefined ? undefined : this.toRow(tuple);
  }

  actorName(id: number): ActorName | undefined {
    let found = this.actors.get(id);
    if (found === undefined) {
      found = this.actor.get(id);
      if (found !== undefined) this.actors.set(id, found);
    }
    return found;
  }

  versionName(id: number): string | undefined {
    let found = this.versions.get(id);
    if (found === undefined) {
      found = this.version.get(id);
      if (found !== undefined) this.versions.set(id, found);
    }
    return found;
  }

  /** A row whose actor or machine version is not in the dictionary gets a name that breaks its hash. */
  private toRow(tuple: Tuple): JournalRow {
    const actor = this.actorName(tuple[4]);
    return {
      seq: tuple[0],
      atMs: tuple[1],
      monotonicMs: tuple[2],
      epoch: tuple[3],
      actorId: tuple[4],
      account: actor?.account ?? '',
      actor: actor?.name ?? `?${tuple[4]}`,
      machine: actor?.machine ?? 'input',
      actorSeq: tuple[5],
      previousSeq: tuple[6],
      machineVersion: this.versionName(tuple[7]) ?? '?',
      causeSeq: tuple[8],
      correlationSeq: tuple[9],
      eventJson: tuple[10],
      fromState: tuple[11],
      toState: tuple[12],
      contextDiffJson: tuple[13],
      hash: tuple[14],
    };
  }
}
