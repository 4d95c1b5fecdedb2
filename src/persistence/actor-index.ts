/**
 * What the writer remembers of the actors, so that the journal needs no index by actor: the last
 * row of each, how many steps it has made, and whether a snapshot covers them.
 *
 * Memory is bounded: what is known of an actor that is covered by a snapshot can be read back, so a
 * large index drops those.
 */
import type Database from 'better-sqlite3';
import { InvariantViolation, invariant } from '../kernel/assert.ts';
import type { JournalEntry, KnownMachine } from '../ports/journal.port.ts';
import type { RowReader } from './rows.ts';
import { readMetaNumber } from './schema.ts';

/** Covered actors kept; about 300 bytes each. */
const ACTORS_KEPT_MAX = 16_384;

export type IndexedActor = {
  readonly id: number;
  readonly name: string;
  readonly account: string;
  readonly machine: string;
  /** Last row; 0 before the first, and for inputs, which are not chained. */
  seq: number;
  actorSeq: number;
  /** First row that no snapshot covers; 0 when all are covered. */
  uncoveredSeq: number;
  machineVersion: string;
  versionId: number;
};

type TailRow = readonly [seq: number, actor: number, actorSeq: number];
type Found = {
  readonly id: number;
  readonly account: string;
  readonly machine: string;
  readonly seq: number | null;
  readonly actorSeq: number | null;
};

export class ActorIndex {
  /** Actors with rows that no snapshot covers, in the order of the first such row. */
  readonly uncovered = new Set<IndexedActor>();
  private readonly actors = new Map<string, IndexedActor>();
  private readonly inputs = new Map<string, IndexedActor>();
  private readonly versions = new Map<string, number>();
  private readonly knownHashes: ReadonlyMap<string, string>;
  private readonly database: Database.Database;
  private readonly findActor: Database.Statement<[string], Found>;
  private readonly findInput: Database.Statement<[string, string], number>;
  private readonly insertActor: Database.Statement<[string, string, string]>;
  private readonly findVersion: Database.Statement<[string, string], number>;
  private readonly insertVersion: Database.Statement<[string, string, string]>;

  constructor(database: Database.Database, machines: readonly KnownMachine[]) {
    this.database = database;
    this.knownHashes = new Map(
      machines.map((known) => [versionKey(known.id, known.version), known.hash]),
    );
    this.findActor = database.prepare(
      `SELECT a.id, a.account, a.machine, s.seq, s.actor_seq AS actorSeq
         FROM actor a LEFT JOIN snapshot s ON s.actor = a.id
        WHERE a.name = ? AND a.machine <> 'input'`,
    );
    this.findInput = database
      .prepare<[string, string], number>(
        `SELECT id FROM actor WHERE name = ? AND account = ? AND machine = 'input'`,
      )
      .pluck();
    this.insertActor = database.prepare(
      'INSERT INTO actor (name, account, machine) VALUES (?, ?, ?)',
    );
    this.findVersion = database
      .prepare<[string, string], number>(
        'SELECT id FROM machine_version WHERE machine = ? AND version = ?',
      )
      .pluck();
    this.insertVersion = database.prepare(
      'INSERT INTO machine_version (machine, version, hash) VALUES (?, ?, ?)',
    );
  }

  /** Forgets everything and reads it back: at the start, and after a transaction that was rolled back. */
  load(rows: RowReader): void {
    this.actors.clear();
    this.inputs.clear();
    this.versions.clear();
    this.uncovered.clear();
    const snapshotSeq = this.database
      .prepare<[number], number>('SELECT seq FROM snapshot WHERE actor = ?')
      .pluck();
    const floor = readMetaNumber(this.database, 'snapshot_floor');
    const tail = this.database
      .prepare<[number], TailRow>(
        'SELECT seq, actor, actor_seq FROM journal WHERE seq > ? ORDER BY seq',
      )
      .raw();
    const byId = new Map<number, { readonly entry: IndexedActor; readonly coveredSeq: number }>();
    for (const [seq, id, actorSeq] of tail.iterate(floor)) {
      let found = byId.get(id);
      if (found === undefined) {
        const name = rows.actorName(id);
        if (name === undefined || name.machine === 'input') continue;
        found = {
          entry: blank(id, name.name, name.account, name.machine),
          coveredSeq: snapshotSeq.get(id) ?? 0,
        };
        byId.set(id, found);
        this.actors.set(name.name, found.entry);
      }
      this.append(found.entry, seq, actorSeq, seq <= found.coveredSeq);
    }
  }

  /** Notes a row that is being written. */
  append(actor: IndexedActor, seq: number, actorSeq: number, isCovered = false): void {
    actor.seq = seq;
    actor.actorSeq = actorSeq;
    if (isCovered || actor.uncoveredSeq !== 0) return;
    actor.uncoveredSeq = seq;
    this.uncovered.add(actor);
  }

  /** Notes that a snapshot covers all rows of the actor. */
  cover(actor: IndexedActor): void {
    actor.uncoveredSeq = 0;
    this.uncovered.delete(actor);
  }

  /** Every actor with rows at or before this seq has a snapshot that covers them. */
  floor(headSeq: number): number {
    for (const actor of this.uncovered) return actor.uncoveredSeq - 1;
    return headSeq;
  }

  /** Gives memory back: what a snapshot covers can be read again. Under load some actors are always uncovered. */
  trim(): void {
    if (this.actors.size - this.uncovered.size <= ACTORS_KEPT_MAX) return;
    for (const [name, actor] of this.actors) {
      if (actor.uncoveredSeq === 0 && actor.seq !== 0) this.actors.delete(name);
    }
  }

  /** The actor of that name, or undefined when it never had a row. */
  find(name: string): IndexedActor | undefined {
    const known = this.actors.get(name);
    if (known !== undefined) return known;
    const found = this.findActor.get(name);
    if (found === undefined) return undefined;
    const { seq, actorSeq } = found;
    if (seq === null || actorSeq === null) {
      throw new InvariantViolation(
        `Invariant: an actor behind the tail has a snapshot, was ${name}`,
      );
    }
    const actor = { ...blank(found.id, name, found.account, found.machine), seq, actorSeq };
    this.actors.set(name, actor);
    return actor;
  }

  /** The dictionary entry for a row that is being written; new ones are inserted. */
  take(entry: JournalEntry): IndexedActor {
    const actor = entry.machine === 'input' ? this.takeInput(entry) : this.takeActor(entry);
    if (actor.machineVersion !== entry.machineVersion || actor.versionId === 0) {
      actor.machineVersion = entry.machineVersion;
      actor.versionId = this.takeVersion(entry.machine, entry.machineVersion);
    }
    return actor;
  }

  versionId(machine: string, version: string): number {
    return this.takeVersion(machine, version);
  }

  private takeActor(entry: JournalEntry): IndexedActor {
    const known = this.find(entry.actor);
    if (known !== undefined) {
      invariant(
        known.account === entry.account && known.machine === entry.machine,
        () =>
          `an actor keeps its account and machine, was ${entry.actor}: ${entry.account}, ${entry.machine}`,
      );
      return known;
    }
    const actor = this.insert(entry);
    this.actors.set(entry.actor, actor);
    return actor;
  }

  private takeInput(entry: JournalEntry): IndexedActor {
    const key = `${entry.account}\n${entry.actor}`;
    const known = this.inputs.get(key);
    if (known !== undefined) return known;
    const id = this.findInput.get(entry.actor, entry.account);
    const actor =
      id === undefined ? this.insert(entry) : blank(id, entry.actor, entry.account, 'input');
    this.inputs.set(key, actor);
    return actor;
  }

  private insert({ actor, account, machine }: JournalEntry): IndexedActor {
    return blank(rowId(this.insertActor.run(actor, account, machine)), actor, account, machine);
  }

  private takeVersion(machine: string, version: string): number {
    const key = versionKey(machine, version);
    let id = this.versions.get(key) ?? this.findVersion.get(machine, version);
    if (id === undefined) {
      const hash = machine === 'input' ? '' : this.knownHashes.get(key);
      invariant(hash !== undefined, () => `only known machines write rows, was ${key}`);
      id = rowId(this.insertVersion.run(machine, version, hash));
    }
    this.versions.set(key, id);
    return id;
  }
}

export function versionKey(machine: string, version: string): string {
  return `${machine}@${version}`;
}

function blank(id: number, name: string, account: string, machine: string): IndexedActor {
  return {
    id,
    name,
    account,
    machine,
    seq: 0,
    actorSeq: 0,
    uncoveredSeq: 0,
    machineVersion: '',
    versionId: 0,
  };
}

function rowId({ lastInsertRowid }: Database.RunResult): number {
  return Number(lastInsertRowid); // tidy-ok: a row id of a table that holds thousands of rows
}
