/**
 * One query of a person over the views of a journal: read only, without a way to the tables, to other files or to the
 * settings of the connection. How long it may take is not decided here: SQLite cannot be interrupted from inside, so the
 * process around this is killed. Source: durability 2.4, inspector 3 (Journal, SQL).
 */
import Database from 'better-sqlite3';
import { journalRedactor } from '../domain/classified-fields.ts';
import { ownerSight } from '../domain/redaction.ts';
import { errorText } from '../kernel/errors.ts';
import { journalFile } from './data-directory.ts';
import { openFault } from './faults.ts';
import { recoverAll } from './recovery.ts';
import { createSqlViews } from './sql-views.ts';

export type SqlValue = string | number | null;
export type SqlTable = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** There was more than is given. */
  readonly isCut: boolean;
};
/** Line and column from 1. */
export type SqlPosition = { readonly line: number; readonly column: number };

/** The query is wrong or asks for what nobody may; where, if that can be told. */
export class SqlRefused extends Error {
  override readonly name = 'SqlRefused';
  readonly position: SqlPosition | undefined;

  constructor(message: string, position?: SqlPosition) {
    super(message);
    this.position = position;
  }
}

export type SqlLimits = { readonly rowsMax: number; readonly charactersMax: number };

/** Sorting and grouping may take so much memory and no more. */
const heapBytesMax = 268_435_456;

export class SqlReader {
  private readonly database: Database.Database;
  private readonly states: Database.Database;
  private readonly path: string;

  /** @throws OperatorError as a look at the journal */
  constructor(directory: string) {
    this.path = journalFile(directory);
    try {
      this.database = openReadonly(this.path);
      this.states = openReadonly(this.path);
      this.prepare();
    } catch (error) {
      throw openFault(this.path, error);
    }
  }

  /** @throws SqlRefused */
  run(sql: string, { rowsMax, charactersMax }: SqlLimits): SqlTable {
    refuseForbidden(sql);
    const statement = this.compile(sql);
    if (!statement.reader || !statement.readonly)
      throw new SqlRefused('only queries are answered: SELECT, WITH or VALUES');
    const columns = statement.columns().map(({ name }) => name);
    const rows: SqlValue[][] = [];
    let characters = 0;
    try {
      for (const row of statement.raw().iterate() as IterableIterator<unknown[]>) {
        if (rows.length >= rowsMax || characters > charactersMax)
          return { columns, rows, isCut: true };
        const values = row.map(valueOf);
        for (const value of values) characters += typeof value === 'string' ? value.length : 8;
        rows.push(values);
      }
    } catch (error) {
      throw new SqlRefused(errorText(error));
    }
    return { columns, rows, isCut: false };
  }

  close(): void {
    this.database.close();
    this.states.close();
  }

  private prepare(): void {
    const { database, states, path } = this;
    database.function('redacted', { deterministic: true }, (text: unknown) =>
      typeof text === 'string' ? redactedText(text) : null,
    );
    database.table('bulkhead_states', {
      columns: [
        'actor',
        'account',
        'machine',
        'machine_version',
        'state',
        'context_json',
        'step',
        'seq',
      ],
      *rows() {
        const { actors } = states.transaction(() => recoverAll(states, path)).deferred();
        for (const one of actors)
          yield [
            one.actor,
            one.account,
            one.machine,
            one.machineVersion,
            one.stateJson,
            redactedText(one.contextJson),
            one.actorSeq,
            one.seq,
          ];
      },
    });
    // A change of the temporary store drops what is in it: first the store, then the views.
    database.pragma('temp_store = MEMORY');
    createSqlViews(database);
    database.pragma(`hard_heap_limit = ${heapBytesMax}`);
    database.pragma('query_only = ON');
    states.pragma('query_only = ON');
  }

  private compile(sql: string): Database.Statement {
    try {
      return this.database.prepare(sql);
    } catch (error) {
      const message = errorText(error);
      throw new SqlRefused(wordsOf(message), this.positionOf(sql, message));
    }
  }

  /** SQLite names the word, not its place: the first place where the text up to it fails in the same way is it. */
  private positionOf(sql: string, message: string): SqlPosition | undefined {
    if (message === 'incomplete input') return placeOf(sql, sql.trimEnd().length);
    const near = /^near "(.*)": syntax error$/su.exec(message)?.[1];
    const named = near ?? /^no such (?:column|table|function): (.+)$/u.exec(message)?.[1];
    if (named === undefined || named === '') return undefined;
    const word = named.split('.').at(-1) ?? named;
    for (let index = sql.indexOf(word); index !== -1; index = sql.indexOf(word, index + 1)) {
      const fits =
        near === undefined
          ? isWholeWord(sql, index, word)
          : this.failsWith(sql.slice(0, index + word.length), message);
      if (fits) return placeOf(sql, index);
    }
    return undefined;
  }

  private failsWith(sql: string, message: string): boolean {
    try {
      this.database.prepare(sql);
      return false;
    } catch (error) {
      return errorText(error) === message;
    }
  }
}

/** Who may ask here sees what the owner of the journal sees: everything but secrets. */
function redactedText(text: string): string {
  return String(journalRedactor.shown(text, ownerSight));
}

function openReadonly(path: string): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  database.pragma('trusted_schema = OFF');
  return database;
}

/** Keywords with which a query begins; SQLite then says itself whether it only reads. */
const beginnings = /^(?:select|with|values|explain\s+query\s+plan)\b/iu;
/**
 * Names of SQLite's own tables, and of the database behind the views. An identifier cannot be written in another way than
 * by its letters, so a text without these words does not name them.
 */
const forbidden = /sqlite_\w*|pragma_\w*|dbstat|\bmain\b/iu;

function refuseForbidden(sql: string): void {
  const text = withoutComments(sql);
  if (!beginnings.test(text.trimStart()))
    throw new SqlRefused('a query begins with SELECT, WITH or VALUES', { line: 1, column: 1 });
  const found = forbidden.exec(sql);
  if (found !== null)
    throw new SqlRefused(
      `"${found[0]}" is not for queries: ask the views, such as v_rows`,
      placeOf(sql, found.index),
    );
}

/** Comments before the first word. */
function withoutComments(sql: string): string {
  return sql.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/u, '');
}

/** What the names over the tables say instead of their rows. */
function wordsOf(message: string): string {
  const table = /^no such table: temp\.(\w+): (.+)$/u.exec(message);
  return table === null ? message : `no such table: ${table[1]} (${table[2]})`;
}

function isWholeWord(sql: string, index: number, word: string): boolean {
  const around = `${sql[index - 1] ?? ' '}${sql[index + word.length] ?? ' '}`;
  return !/\w/u.test(around);
}

function placeOf(sql: string, index: number): SqlPosition {
  const before = sql.slice(0, index).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function valueOf(value: unknown): SqlValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  return Buffer.isBuffer(value) ? `x'${value.toString('hex')}'` : JSON.stringify(value);
}
