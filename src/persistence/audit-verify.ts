/**
 * `audit verify`: whether the rows of people's commands are those that were written. The chain of hashes finds a changed
 * and a missing row; only heads that were written down elsewhere find a journal that was cut or written anew. Works on the
 * file alone, also while an engine runs. Source: security 3.
 */
import type Database from 'better-sqlite3';
import { paramsHash } from '../domain/audit-hash.ts';
import { errorText } from '../kernel/errors.ts';
import type { AnchoredHead, AuditVerifyReport } from '../ports/audit.port.ts';
import { ChainCheck } from './chain-check.ts';
import { openForReading } from './connection.ts';
import { journalFile } from './data-directory.ts';
import { openFault } from './faults.ts';
import { readHead } from './recovery.ts';
import { RowReader, type JournalRow } from './rows.ts';
import { inspectSchema, readMeta } from './schema.ts';

const problemsListedMax = 100;
const triggers = ['journal_no_update', 'journal_no_delete'] as const;

/** @throws OperatorError as `openJournalReader`, when there is nothing that can be read */
export function verifyAudit(
  directory: string,
  anchors: readonly AnchoredHead[],
): AuditVerifyReport {
  const path = journalFile(directory);
  const database = openForReading(path);
  try {
    if (inspectSchema(database, path) !== 'known') throw new Error('the database is empty');
    return verify(database, anchors);
  } catch (error) {
    throw openFault(path, error);
  } finally {
    database.close();
  }
}

function verify(database: Database.Database, anchors: readonly AnchoredHead[]): AuditVerifyReport {
  const { seq: headSeq, hash: headHash } = readHead(database);
  const problems: string[] = [...missingTriggers(database)];
  const uuid = readMeta(database, 'db_uuid') ?? '';
  const expected = new Map<number, AnchoredHead>();
  for (const anchor of anchors) {
    if (anchor.database === uuid) problems.push(...twice(expected.get(anchor.seq), anchor));
    else problems.push(`${named(anchor)} is of another database: this one was made anew`);
    expected.set(anchor.seq, anchor);
  }
  const counts = walk(database, headSeq, expected, problems);
  for (const anchor of expected.values())
    if (anchor.seq > counts.lastSeq && anchor.seq > 0)
      problems.push(`${named(anchor)} is missing: the journal ends at row ${counts.lastSeq}`);
  const { rows, auditRows } = counts;
  const listed = problems.slice(0, problemsListedMax);
  if (problems.length > listed.length) listed.push(`and ${problems.length - listed.length} more`);
  const ok = problems.length === 0;
  return { ok, rows, auditRows, headSeq, headHash, anchors: anchors.length, problems: listed };
}

/** Rows are append-only by two triggers; without them anybody with a connection may change one. */
function missingTriggers(database: Database.Database): readonly string[] {
  const found = new Set(
    database
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`)
      .pluck()
      .all(),
  );
  return triggers
    .filter((name) => !found.has(name))
    .map((name) => `the trigger ${name} is gone: rows could be changed`);
}

function twice(known: AnchoredHead | undefined, anchor: AnchoredHead): readonly string[] {
  if (known === undefined || known.hash === anchor.hash) return [];
  return [`${named(anchor)} was written down twice with different hashes`];
}

type Walked = { readonly rows: number; readonly auditRows: number; readonly lastSeq: number };

function walk(
  database: Database.Database,
  headSeq: number,
  expected: ReadonlyMap<number, AnchoredHead>,
  problems: string[],
): Walked {
  const reader = new RowReader(database);
  const chain = new ChainCheck(reader, 0);
  let [rows, auditRows, lastSeq] = [0, 0, 0];
  try {
    for (const row of reader.allAfter(0)) {
      if (row.seq > headSeq) break;
      rows += 1;
      lastSeq = row.seq;
      const problem = chain.next(row);
      if (problem !== undefined) problems.push(problem);
      const anchor = expected.get(row.seq);
      if (anchor !== undefined && anchor.hash !== row.hash)
        problems.push(`${named(anchor)} had the hash ${anchor.hash}, now it is ${row.hash}`);
      if (!row.eventJson.startsWith('{"type":"operator.')) continue;
      auditRows += 1;
      problems.push(...contentProblems(row));
    }
  } catch (error) {
    problems.push(`the journal cannot be read to its end: ${errorText(error)}`);
  }
  return { rows, auditRows, lastSeq };
}

/** The row says what was asked, and the hash of it. */
function contentProblems({ seq, eventJson }: JournalRow): readonly string[] {
  const event = JSON.parse(eventJson) as {
    readonly command?: Readonly<Record<string, unknown>>;
    readonly paramsHash?: string;
  };
  if (event.command === undefined || event.paramsHash === undefined) return [];
  if (paramsHash(event.command) === event.paramsHash) return [];
  return [`row ${seq} does not have the hash of what was asked in it`];
}

function named({ seq, atMs }: AnchoredHead): string {
  return `row ${seq}, written down at ${new Date(atMs).toISOString()},`;
}
