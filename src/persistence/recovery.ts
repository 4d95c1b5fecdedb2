/** Recovery: from what is on the disk to the state of every actor. The same for a start and for a look. */
import type Database from 'better-sqlite3';
import type { EffectRow, Head, QuarantineRow, Recovered, TimerRow } from '../ports/journal.port.ts';
import { ChainCheck } from './chain-check.ts';
import { journalBroken, openFault } from './faults.ts';
import { FoldedActor, stepProblem } from './fold.ts';
import { genesisHash } from './hash-chain.ts';
import { RowReader } from './rows.ts';
import { readMetaNumber } from './schema.ts';
import { Snapshots, snapshotProblem, stateOf } from './snapshots.ts';

/** What is on the disk, whoever asks. */
type Committed = Omit<Recovered, 'wasClean' | 'milliseconds'>;

/** Last row, or what stands before the first. */
export function readHead(database: Database.Database): Head & { readonly atMs: number } {
  const found = database
    .prepare<[], Head & { atMs: number }>(
      'SELECT seq, hash, ts_wall AS atMs FROM journal ORDER BY seq DESC LIMIT 1',
    )
    .get();
  return found ?? { seq: 0, hash: genesisHash, atMs: 0 };
}

/**
 * Reads everything the engine needs to go on, and proves it on the way: the hash of every
 * snapshot, the hash chain, order of writers and steps of the tail.
 *
 * Changes nothing, so recovering twice gives the same.
 *
 * @param path for messages
 * @throws OperatorError JOURNAL_BROKEN, exit 78, with the row that does not fit; STORE_CORRUPT, STORE_FAILED, exit 74
 */
export function recoverAll(database: Database.Database, path: string): Committed {
  try {
    return { ...recoverActors(database, path), ...recoverRest(database) };
  } catch (error) {
    throw openFault(path, error);
  }
}

function recoverActors(
  database: Database.Database,
  path: string,
): Pick<Recovered, 'head' | 'lastAtMs' | 'actors'> {
  const { atMs, ...head } = readHead(database);
  const floor = readMetaNumber(database, 'snapshot_floor');
  if (floor > head.seq) {
    throw journalBroken(path, `snapshots cover row ${floor}, the last row is ${head.seq}`);
  }
  const actors = foldSnapshots(database, path, head.seq);
  foldTail(database, path, floor, actors);
  return { head, lastAtMs: atMs, actors: [...actors.values()].map((actor) => actor.result()) };
}

function foldSnapshots(
  database: Database.Database,
  path: string,
  headSeq: number,
): Map<number, FoldedActor> {
  const actors = new Map<number, FoldedActor>();
  for (const snapshot of new Snapshots(database).readAll()) {
    const problem = snapshotProblem(snapshot);
    if (problem !== undefined) throw journalBroken(path, problem);
    if (snapshot.seq > headSeq) {
      throw journalBroken(
        path,
        `the snapshot of ${snapshot.actor} is of row ${snapshot.seq}, the last row is ${headSeq}`,
      );
    }
    actors.set(snapshot.actorId, FoldedActor.ofSnapshot(stateOf(snapshot)));
  }
  return actors;
}

function foldTail(
  database: Database.Database,
  path: string,
  floor: number,
  actors: Map<number, FoldedActor>,
): void {
  const rows = new RowReader(database);
  const chain = new ChainCheck(rows, floor);
  for (const row of rows.allAfter(floor)) {
    const actor = actors.get(row.actorId);
    const isCovered = actor !== undefined && row.seq <= actor.seq;
    const problem = chain.next(row) ?? (isCovered ? undefined : stepProblem(row, actor));
    if (problem !== undefined) throw journalBroken(path, problem);
    if (isCovered || row.machine === 'input') continue;
    if (actor === undefined) actors.set(row.actorId, FoldedActor.ofFirstRow(row));
    else actor.apply(row);
  }
}

/** The open ends beside the actors. */
function recoverRest(
  database: Database.Database,
): Pick<Recovered, 'timers' | 'openEffects' | 'quarantines' | 'values'> {
  const timers = database.prepare<[], TimerRow>(
    'SELECT owner, name, due_at_ms AS dueAtMs, event FROM timer ORDER BY due_at_ms, owner, name',
  );
  const effects = database.prepare<[], EffectRow>(
    `SELECT id, kind, account, payload AS payloadJson, cause_seq AS causeSeq, state FROM effect
      WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN') ORDER BY cause_seq, id`,
  );
  const quarantines = database.prepare<[], QuarantineRow>(
    'SELECT actor, at_ms AS atMs, reason, last_good_seq AS lastGoodSeq FROM quarantine ORDER BY actor',
  );
  const values = database
    .prepare<[], [string, string]>('SELECT key, value FROM value ORDER BY key')
    .raw();
  return {
    timers: timers.all(),
    openEffects: effects.all(),
    quarantines: quarantines.all(),
    values: new Map(values.all()),
  };
}
