/** `journal verify`: proves the whole journal and everything that claims to follow from it. */
import { isDeepStrictEqual } from 'node:util';
import type Database from 'better-sqlite3';
import { errorText } from '../kernel/errors.ts';
import type { VerifyReport } from '../ports/journal.port.ts';
import { ChainCheck } from './chain-check.ts';
import { FoldedActor, stepProblem } from './fold.ts';
import { readHead } from './recovery.ts';
import { RowReader, type JournalRow } from './rows.ts';
import { Snapshots, snapshotProblem, type StoredSnapshot } from './snapshots.ts';

/** More than this is not read by anybody; the count of the rest is given. */
const PROBLEMS_LISTED_MAX = 100;

class Problems {
  readonly listed: string[] = [];
  private count = 0;

  add(problem: string | undefined): void {
    if (problem === undefined) return;
    this.count += 1;
    if (this.listed.length < PROBLEMS_LISTED_MAX) this.listed.push(problem);
  }

  all(): readonly string[] {
    const unlisted = this.count - this.listed.length;
    return unlisted === 0 ? this.listed : [...this.listed, `and ${unlisted} more`];
  }
}

/**
 * Checks the file, the hash chain of all rows, the steps of each actor, that each snapshot is what
 * the rows give (C5), and that every cause exists. An engine may be writing: what it adds meanwhile
 * is left out.
 */
export function verifyJournal(database: Database.Database): VerifyReport {
  const problems = new Problems();
  const head = readHead(database);
  let rows = 0;
  try {
    checkFile(database, problems);
    rows = checkRows(database, head.seq, problems);
    checkCauses(database, problems);
  } catch (error) {
    problems.add(`the journal cannot be read to its end: ${errorText(error)}`);
  }
  const found = problems.all();
  const { seq: headSeq, hash: headHash } = head;
  return { ok: found.length === 0, rows, headSeq, headHash, problems: found };
}

function checkFile(database: Database.Database, problems: Problems): void {
  const answers = database.prepare<[], string>('PRAGMA integrity_check').pluck().all();
  for (const answer of answers) if (answer !== 'ok') problems.add(`database file: ${answer}`);
}

function checkRows(database: Database.Database, headSeq: number, problems: Problems): number {
  const rows = new RowReader(database);
  const chain = new ChainCheck(rows, 0);
  const snapshots = new Map(
    new Snapshots(database).readAll().map((snapshot) => [snapshot.actorId, snapshot]),
  );
  // Asked after the snapshots were read: an engine may be writing both.
  const headNow = readHead(database).seq;
  const actors = new Map<number, FoldedActor>();
  let count = 0;
  for (const row of rows.allAfter(0)) {
    if (row.seq > headSeq) break;
    count += 1;
    problems.add(chain.next(row));
    if (row.machine === 'input') continue;
    const actor = foldRow(row, actors, problems);
    const snapshot = snapshots.get(row.actorId);
    if (snapshot?.seq === row.seq) {
      problems.add(compare(snapshot, actor));
      snapshots.delete(row.actorId);
    }
  }
  for (const { seq, actor } of snapshots.values()) {
    if (seq <= headSeq || seq > headNow) {
      problems.add(`the snapshot of ${actor} is of row ${seq}, which is no row of it`);
    }
  }
  return count;
}

function foldRow(
  row: JournalRow,
  actors: Map<number, FoldedActor>,
  problems: Problems,
): FoldedActor {
  const before = actors.get(row.actorId);
  problems.add(stepProblem(row, before));
  const fromState = before?.stateJson ?? '';
  if (row.fromState !== fromState) {
    problems.add(`row ${row.seq} of ${row.actor} leaves ${row.fromState}, it was in ${fromState}`);
  }
  if (before !== undefined) {
    before.apply(row);
    return before;
  }
  const first = FoldedActor.ofFirstRow(row);
  actors.set(row.actorId, first);
  return first;
}

/** Key order says nothing about a state, so parsed values are compared. */
function compare(snapshot: StoredSnapshot, actor: FoldedActor): string | undefined {
  const problem = snapshotProblem(snapshot);
  if (problem !== undefined) return problem;
  const folded = actor.result();
  const isSame =
    folded.actorSeq === snapshot.actorSeq &&
    folded.machineVersion === snapshot.machineVersion &&
    folded.stateJson === snapshot.stateJson &&
    isDeepStrictEqual(JSON.parse(folded.contextJson), JSON.parse(snapshot.contextJson));
  return isSame
    ? undefined
    : `the snapshot of ${snapshot.actor} at row ${snapshot.seq} is not what its rows give`;
}

/** Rows are gapless (checked above), so a cause exists when it lies between the first and the last. */
function checkCauses(database: Database.Database, problems: Problems): void {
  const isNoRow = 'cause_seq < 1 OR cause_seq > (SELECT coalesce(max(seq), 0) FROM journal)';
  const find = (what: string, table: string, wrong: string, id: string, text: string): void => {
    const found = database
      .prepare<[], string>(`SELECT ${id} FROM ${table} WHERE ${wrong} ORDER BY 1`)
      .pluck();
    for (const name of found.iterate()) problems.add(`${what} ${name} ${text}`);
  };
  find('effect', 'effect', isNoRow, 'id', 'names a cause that is no row');
  find('fill', 'fill', isNoRow, 'fill_id', 'names a cause that is no row');
  const isOther = `fill_json ->> '$.fillId' <> fill_id OR fill_json ->> '$.accountId' <> account`;
  find('fill', 'fill', isOther, 'fill_id', 'is stored under the id of another');
}
