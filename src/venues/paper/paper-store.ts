/**
 * The simulator's own ledger, not ours: a venue keeps its books whether or not the engine lives.
 *
 * SQLite in WAL with synchronous=NORMAL: what was committed survives a kill of the process, which is all that a
 * simulated venue has to survive; losing the machine would take the engine's own journal (FULL) with it.
 * Money, prices and quantities are inside JSON rows as safe integers. Without a directory the book lives in memory.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import type { Fill } from '../../domain/fill.ts';
import type { AccountId, FillId, InstrumentId, OrderId, VenueOrderId } from '../../domain/ids.ts';
import type { Currency, Units } from '../../domain/money.ts';
import type { PositionBook } from '../../domain/position.ts';
import { errorText, exitCodes, OperatorError } from '../../kernel/errors.ts';
import type { PaperOrder } from './paper-order.ts';

export type PositionRow = {
  readonly accountId: AccountId;
  readonly instrument: InstrumentId;
  readonly book: PositionBook;
};
export type BalanceRow = {
  readonly accountId: AccountId;
  readonly currency: Currency;
  readonly units: Units;
};
export type SubmissionRow = {
  readonly orderId: OrderId;
  readonly count: number;
  readonly lastAtMs: number;
};

/** What one entry changed; written in one transaction. */
export type BookChanges = {
  readonly orders: ReadonlySet<PaperOrder>;
  readonly fills: readonly Fill[];
  readonly positions: ReadonlyMap<string, PositionRow>;
  readonly balances: ReadonlyMap<string, BalanceRow>;
  readonly submissions: readonly { readonly orderId: OrderId; readonly atMs: number }[];
  /** The last one given away. */
  readonly tradeNumber: number;
};

export interface PaperStore {
  /** Grows at every opening, so that keys of reports are never used twice. */
  readonly epoch: number;
  readonly lastOrderNumber: number;
  readonly lastTradeNumber: number;
  openOrders(): readonly PaperOrder[];
  positions(): readonly PositionRow[];
  balances(): readonly BalanceRow[];
  submissionCount(orderId: OrderId): number;
  submissions(): readonly SubmissionRow[];
  findOrder(id: OrderId | VenueOrderId): PaperOrder | undefined;
  ordersSince(accountId: AccountId, sinceMs: number): readonly PaperOrder[];
  allOrders(): readonly PaperOrder[];
  findFill(accountId: AccountId, fillId: FillId): Fill | undefined;
  fillsOf(orderId: OrderId): readonly Fill[];
  fillsSince(accountId: AccountId, sinceMs: number): readonly Fill[];
  allFills(): readonly Fill[];
  removeFill(accountId: AccountId, fillId: FillId): void;
  /** Another fee of an execution that is booked. */
  changeFill(fill: Fill): void;
  write(changes: BookChanges): void;
  close(): void;
}

const schema = `
  CREATE TABLE IF NOT EXISTS value (name TEXT PRIMARY KEY, whole INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS paper_order (
    venue_order_id TEXT PRIMARY KEY, number INTEGER NOT NULL, order_id TEXT, account TEXT NOT NULL,
    is_open INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS paper_order_id ON paper_order (order_id);
  CREATE INDEX IF NOT EXISTS paper_order_open ON paper_order (is_open) WHERE is_open = 1;
  CREATE INDEX IF NOT EXISTS paper_order_time ON paper_order (account, updated_at_ms);
  CREATE TABLE IF NOT EXISTS paper_fill (
    number INTEGER PRIMARY KEY, account TEXT NOT NULL, fill_id TEXT NOT NULL, order_id TEXT,
    venue_time_ms INTEGER NOT NULL, json TEXT NOT NULL, UNIQUE (account, fill_id)) STRICT;
  CREATE INDEX IF NOT EXISTS paper_fill_order ON paper_fill (order_id);
  CREATE INDEX IF NOT EXISTS paper_fill_time ON paper_fill (account, venue_time_ms);
  CREATE TABLE IF NOT EXISTS position (
    account TEXT NOT NULL, instrument TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (account, instrument)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS balance (
    account TEXT NOT NULL, currency TEXT NOT NULL, units INTEGER NOT NULL,
    PRIMARY KEY (account, currency)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS submission (
    order_id TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** @throws OperatorError exit 73 when the directory or the file cannot be written */
export function openPaperStore(directory: string | undefined): PaperStore {
  const database = openDatabase(directory);
  database.exec(schema);
  const statements = prepare(database);
  const epoch = statements.bump.pluck().get('epoch') as number;
  return {
    epoch,
    lastOrderNumber: (statements.lastOrder.pluck().get() as number | null) ?? 0,
    lastTradeNumber: (statements.lastTrade.pluck().get() as number | undefined) ?? 0,
    openOrders: () => parsed(statements.openOrders.pluck().all()) as PaperOrder[],
    positions: () => parsed(statements.positions.pluck().all()) as PositionRow[],
    balances: () => statements.balances.all() as BalanceRow[],
    submissionCount: (orderId) =>
      (statements.submissionCount.pluck().get(orderId) as number | undefined) ?? 0,
    submissions: () => statements.submissions.all() as SubmissionRow[],
    findOrder: (id) =>
      parsed(statements.findOrder.pluck().all(id, id))[0] as PaperOrder | undefined,
    ordersSince: (accountId, sinceMs) =>
      parsed(statements.ordersSince.pluck().all(accountId, sinceMs)) as PaperOrder[],
    allOrders: () => parsed(statements.allOrders.pluck().all()) as PaperOrder[],
    findFill: (accountId, fillId) =>
      parsed(statements.findFill.pluck().all(accountId, fillId))[0] as Fill | undefined,
    fillsOf: (orderId) => parsed(statements.fillsOf.pluck().all(orderId)) as Fill[],
    fillsSince: (accountId, sinceMs) =>
      parsed(statements.fillsSince.pluck().all(accountId, sinceMs)) as Fill[],
    allFills: () => parsed(statements.allFills.pluck().all()) as Fill[],
    removeFill: (accountId, fillId) => void statements.removeFill.run(accountId, fillId),
    changeFill: (fill) =>
      void statements.changeFill.run(JSON.stringify(fill), fill.accountId, fill.fillId),
    write: database.transaction((changes: BookChanges) => writeChanges(statements, changes)),
    close: () => void database.close(),
  };
}

/** Rows of the json column: written by this file only, so their shape is its own. */
function parsed(rows: readonly unknown[]): unknown[] {
  return rows.map((row): unknown => JSON.parse(row as string));
}

function openDatabase(directory: string | undefined): Database.Database {
  if (directory === undefined) return new Database(':memory:');
  const file = join(directory, 'paper-venue.db');
  try {
    ensureDirectory(directory);
    const database = new Database(file);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    return database;
  } catch (error) {
    throw new OperatorError({
      code: 'PAPER_BOOK_UNWRITABLE',
      exitCode: exitCodes.cannotCreate,
      message: `the book of the paper venue cannot be opened: ${file}: ${errorText(error)}`,
      remedy: 'name a data directory that can be written',
      cause: error,
    });
  }
}

/** Level by level: the recursive form of Node never returns where a parent takes no directories, such as /proc. */
function ensureDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) ensureDirectory(parent);
  mkdirSync(directory);
}

function prepare(database: Database.Database) {
  const sql = (text: string) => database.prepare(text);
  return {
    bump: sql(
      `INSERT INTO value (name, whole) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET whole = whole + 1 RETURNING whole`,
    ),
    lastOrder: sql(`SELECT max(number) FROM paper_order`),
    lastTrade: sql(`SELECT whole FROM value WHERE name = 'trade'`),
    putTrade: sql(
      `INSERT INTO value (name, whole) VALUES ('trade', ?) ON CONFLICT (name) DO UPDATE SET whole = max(whole, excluded.whole)`,
    ),
    openOrders: sql(`SELECT json FROM paper_order WHERE is_open = 1 ORDER BY number`),
    positions: sql(`SELECT json FROM position ORDER BY account, instrument`),
    balances: sql(
      `SELECT account AS accountId, currency, units FROM balance ORDER BY account, currency`,
    ),
    submissionCount: sql(`SELECT count FROM submission WHERE order_id = ?`),
    submissions: sql(
      `SELECT order_id AS orderId, count, last_at_ms AS lastAtMs FROM submission ORDER BY order_id`,
    ),
    findOrder: sql(
      `SELECT json FROM paper_order WHERE order_id = ? OR venue_order_id = ? ORDER BY number LIMIT 1`,
    ),
    ordersSince: sql(
      `SELECT json FROM paper_order WHERE account = ? AND (is_open = 1 OR updated_at_ms >= ?) ORDER BY number`,
    ),
    allOrders: sql(`SELECT json FROM paper_order ORDER BY number`),
    findFill: sql(`SELECT json FROM paper_fill WHERE account = ? AND fill_id = ?`),
    fillsOf: sql(`SELECT json FROM paper_fill WHERE order_id = ? ORDER BY number`),
    fillsSince: sql(
      `SELECT json FROM paper_fill WHERE account = ? AND venue_time_ms >= ? ORDER BY venue_time_ms, number`,
    ),
    allFills: sql(`SELECT json FROM paper_fill ORDER BY number`),
    changeFill: sql(`UPDATE paper_fill SET json = ? WHERE account = ? AND fill_id = ?`),
    removeFill: sql(`DELETE FROM paper_fill WHERE account = ? AND fill_id = ?`),
    putOrder: sql(
      `INSERT INTO paper_order (venue_order_id, number, order_id, account, is_open, updated_at_ms, json)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (venue_order_id) DO UPDATE SET
       is_open = excluded.is_open, updated_at_ms = excluded.updated_at_ms, json = excluded.json`,
    ),
    putFill: sql(
      `INSERT INTO paper_fill (account, fill_id, order_id, venue_time_ms, json) VALUES (?, ?, ?, ?, ?)`,
    ),
    putPosition: sql(
      `INSERT INTO position (account, instrument, json) VALUES (?, ?, ?)
       ON CONFLICT (account, instrument) DO UPDATE SET json = excluded.json`,
    ),
    putBalance: sql(
      `INSERT INTO balance (account, currency, units) VALUES (?, ?, ?)
       ON CONFLICT (account, currency) DO UPDATE SET units = excluded.units`,
    ),
    putSubmission: sql(
      `INSERT INTO submission (order_id, count, last_at_ms) VALUES (?, 1, ?)
       ON CONFLICT (order_id) DO UPDATE SET count = count + 1, last_at_ms = excluded.last_at_ms`,
    ),
  };
}

const openStatusNames = new Set(['working', 'partial', 'triggered', 'suspended']);

function writeChanges(statements: ReturnType<typeof prepare>, changes: BookChanges): void {
  for (const { orderId, atMs } of changes.submissions) statements.putSubmission.run(orderId, atMs);
  for (const order of changes.orders) {
    statements.putOrder.run(
      order.venueOrderId,
      order.number,
      order.orderId ?? null,
      order.accountId,
      openStatusNames.has(order.status) ? 1 : 0,
      order.updatedAtMs,
      JSON.stringify(order),
    );
  }
  for (const fill of changes.fills) {
    statements.putFill.run(
      fill.accountId,
      fill.fillId,
      fill.orderId ?? null,
      fill.venueTimeMs,
      JSON.stringify(fill),
    );
  }
  if (changes.fills.length > 0) statements.putTrade.run(changes.tradeNumber);
  for (const row of changes.positions.values()) {
    statements.putPosition.run(row.accountId, row.instrument, JSON.stringify(row));
  }
  for (const row of changes.balances.values()) {
    statements.putBalance.run(row.accountId, row.currency, row.units);
  }
}
