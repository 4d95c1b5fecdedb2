/**
 * Tables of the journal database, version 1.
 *
 * `journal` is append-only and has no secondary index: one more index costs three times the commit
 * (decision 0003). `actor_prev` is the previous row of the same actor, so an actor's rows are
 * reached by walking back along the primary key. All other tables follow from the journal or stand
 * beside it; whatever one turn writes is one transaction.
 */
import type Database from 'better-sqlite3';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { genesisHash } from './hash-chain.ts';

/** Stored in `PRAGMA user_version`. A database of a higher version is refused. */
export const schemaVersion = 1;

/** "BLKH" in `PRAGMA application_id`: tells our files from any other SQLite file. */
const applicationId = 0x42_4c_4b_48;

export type Environment = 'DRY_RUN' | 'PAPER' | 'LIVE';

const tables = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE writer (
  epoch INTEGER PRIMARY KEY, environment TEXT NOT NULL, app_version TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE actor (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, account TEXT NOT NULL, machine TEXT NOT NULL,
  UNIQUE (name, account, machine)
) STRICT;
CREATE TABLE machine_version (
  id INTEGER PRIMARY KEY, machine TEXT NOT NULL, version TEXT NOT NULL, hash TEXT NOT NULL,
  UNIQUE (machine, version)
) STRICT;
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY, ts_wall INTEGER NOT NULL, ts_mono INTEGER NOT NULL,
  epoch INTEGER NOT NULL, actor INTEGER NOT NULL, actor_seq INTEGER NOT NULL,
  actor_prev INTEGER NOT NULL, machine_ver INTEGER NOT NULL, cause_seq INTEGER NOT NULL,
  corr_seq INTEGER NOT NULL, event_json TEXT NOT NULL, from_state TEXT NOT NULL,
  to_state TEXT NOT NULL, ctx_diff_json TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TABLE snapshot (
  actor INTEGER PRIMARY KEY, seq INTEGER NOT NULL, actor_seq INTEGER NOT NULL,
  machine_ver INTEGER NOT NULL, schema_ver INTEGER NOT NULL, state_json TEXT NOT NULL,
  context_json TEXT NOT NULL, body_hash TEXT NOT NULL
) STRICT;
CREATE TABLE effect (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, payload TEXT NOT NULL,
  cause_seq INTEGER NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE INDEX effect_open ON effect (state) WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN');
CREATE TABLE timer (
  owner TEXT NOT NULL, name TEXT NOT NULL, due_at_ms INTEGER NOT NULL, event TEXT NOT NULL,
  PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE fill (
  account TEXT NOT NULL, fill_id TEXT NOT NULL, instrument TEXT NOT NULL,
  trading_day TEXT NOT NULL, realized_units INTEGER NOT NULL, opened_lots INTEGER NOT NULL,
  closed_lots INTEGER NOT NULL, is_enforcement INTEGER NOT NULL, cause_seq INTEGER NOT NULL,
  fill_json TEXT NOT NULL, PRIMARY KEY (account, fill_id)
) STRICT;
CREATE TABLE dedupe (key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE dead_letter (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, sender TEXT NOT NULL, receiver TEXT NOT NULL,
  event_json TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE TABLE crash (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL,
  event_json TEXT NOT NULL, message TEXT NOT NULL, stack TEXT NOT NULL,
  machine_version TEXT NOT NULL
) STRICT;
CREATE TABLE poison (
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, actor TEXT NOT NULL, event_json TEXT NOT NULL,
  stack TEXT NOT NULL, machine_version TEXT NOT NULL
) STRICT;
CREATE TABLE quarantine (
  actor TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, reason TEXT NOT NULL,
  last_good_seq INTEGER NOT NULL
) STRICT;
CREATE TABLE incident (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, account TEXT NOT NULL, code TEXT NOT NULL,
  text TEXT NOT NULL, cause_seq INTEGER NOT NULL
) STRICT;
CREATE TABLE denial (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, account TEXT NOT NULL,
  intent_id TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL, cause_seq INTEGER NOT NULL
) STRICT;
CREATE TABLE value (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE wal_space (body BLOB NOT NULL) STRICT;
`;

/** Tables whose rows a person may want counted. */
export const countedTables = [
  'journal',
  'actor',
  'snapshot',
  'effect',
  'timer',
  'fill',
  'dedupe',
  'dead_letter',
  'crash',
  'poison',
  'quarantine',
  'incident',
  'denial',
  'value',
] as const;
export type CountedTable = (typeof countedTables)[number];

export type MetaKey =
  | 'schema_version'
  | 'genesis'
  | 'db_uuid'
  | 'environment'
  | 'app_version'
  | 'writer_epoch'
  | 'clean_shutdown'
  | 'snapshot_floor';

/** A stored fact about the database as a whole; undefined when it was never written. */
export function readMeta(database: Database.Database, key: MetaKey): string | undefined {
  return database
    .prepare<[string], string>('SELECT value FROM meta WHERE key = ?')
    .pluck()
    .get(key);
}

export function writeMeta(database: Database.Database, key: MetaKey, value: string): void {
  database
    .prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
    .run(key, value);
}

/** A stored whole number; 0 when it was never written. */
export function readMetaNumber(database: Database.Database, key: MetaKey): number {
  return Number.parseInt(readMeta(database, key) ?? '0', 10);
}

/**
 * Looks at an open database and says whether it is empty (new) or ours.
 *
 * @throws OperatorError NEWER_DATABASE or FOREIGN_DATABASE, exit 78
 */
export function inspectSchema(database: Database.Database, path: string): 'new' | 'known' {
  const version = Number(database.pragma('user_version', { simple: true })); // tidy-ok: a small integer of SQLite's header
  const owner = database.pragma('application_id', { simple: true });
  const objects = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (version === 0 && owner === 0 && objects === 0) return 'new';
  if (owner !== applicationId || version === 0) {
    throw new OperatorError({
      code: 'FOREIGN_DATABASE',
      exitCode: exitCodes.configuration,
      message: `this file is a database of something else: ${path}`,
      remedy: 'choose another --data-dir',
    });
  }
  if (version > schemaVersion) {
    throw new OperatorError({
      code: 'NEWER_DATABASE',
      exitCode: exitCodes.configuration,
      message: `the database has schema version ${version}, this program knows up to ${schemaVersion}: ${path}`,
      remedy: 'start the newer version of bulkhead that wrote it',
    });
  }
  return 'known';
}

/** Creates all tables of a new database. The caller holds the transaction. */
export function createSchema(
  database: Database.Database,
  facts: {
    readonly databaseUuid: string;
    readonly environment: Environment;
    readonly appVersion: string;
  },
): void {
  database.exec(tables);
  writeMeta(database, 'schema_version', String(schemaVersion));
  writeMeta(database, 'genesis', genesisHash);
  writeMeta(database, 'db_uuid', facts.databaseUuid);
  writeMeta(database, 'environment', facts.environment);
  writeMeta(database, 'app_version', facts.appVersion);
  writeMeta(database, 'writer_epoch', '0');
  writeMeta(database, 'clean_shutdown', '1');
  writeMeta(database, 'snapshot_floor', '0');
  database.pragma(`application_id = ${applicationId}`);
  database.pragma(`user_version = ${schemaVersion}`);
}
