/**
 * Queries of people: what they may read, what they may not, and that a long one is ended without anybody else noticing.
 *
 * Verifies: inspector 3 (Journal, SQL), 5 (Roles), 13 cases 3, 7 and 9, durability 2.4
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runSql } from '../../../src/bin/sql-query.ts';
import { savedQueries, sqlLimits, type SqlAnswer } from '../../../src/inspector/sql.ts';
import { SqlReader, SqlRefused } from '../../../src/persistence/sql-reader.ts';
import { sqlViews } from '../../../src/persistence/sql-views.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../../support/engine.ts';
import { ask, startTestInspector, type TestInspector } from '../../support/inspector.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let test: TestEngine;
let reader: SqlReader;
let inspector: TestInspector;
const limits = { rowsMax: sqlLimits.rowsMax, charactersMax: sqlLimits.charactersMax };
const canary = 'hunter2-canary-93';
const endless =
  'WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';

beforeAll(async () => {
  test = await startTestEngine({ accounts: ['A1', 'B2'], rules: { maxContracts: { limit: '5' } } });
  await test.quote('MNQ', 80_000, 80_001);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 9 });
  test.engine.operate({
    verb: 'lock',
    accountId: 'A1',
    scope: 'account',
    durationMs: 60_000,
    requestId: 'request-1',
    role: 'operator',
    by: 'ann',
    reason: `password=${canary}`,
  } as never);
  await test.lockstep.rest();
  reader = new SqlReader(test.directory);
  inspector = await startTestInspector(test);
});
afterAll(async () => {
  reader.close();
  await inspector.close();
  await test.engine.stop();
  removeDirectory(test.directory);
});

function refusalOf(sql: string): SqlRefused {
  try {
    reader.run(sql, limits);
  } catch (error) {
    if (error instanceof SqlRefused) return error;
    throw error;
  }
  throw new Error(`it was answered: ${sql}`);
}

describe('what is read', () => {
  it.each(sqlViews.map(({ name, columns }) => [name, columns] as const))(
    '%s gives its columns',
    (name, columns) => {
      expect(reader.run(`SELECT * FROM ${name}`, limits).columns).toEqual(columns);
    },
  );

  it('reads the same rows as the journal has, and the newest states', () => {
    const { rows } = reader.run('SELECT count(*), max(seq) FROM v_rows', limits);
    const head = test.engine.world.options.journal.head.seq;
    expect(rows).toEqual([[head, head]]);
    const positions = 'SELECT account, instrument, open_lots, exposure FROM v_positions';
    expect(reader.run(positions, limits).rows).toEqual([['A1', 'MNQ', 2, 'long']]);
    const orders = "SELECT filled_lots, execution FROM v_orders WHERE side = 'buy'";
    expect(reader.run(orders, limits).rows).toEqual([[2, 'filled']]);
    expect(reader.run('SELECT code FROM v_denials', limits).rows).toEqual([['CONTRACTS_MAX']]);
    expect(reader.run('SELECT lots, side FROM v_fills', limits).rows).toEqual([[2, 'buy']]);
    const commands = 'SELECT verb, by_whom, outcome FROM v_commands';
    expect(reader.run(commands, limits).rows).toEqual([['lock', 'ann', 'accepted']]);
  });

  it.each(savedQueries.map(({ id, sql }) => [id, sql] as const))(
    'saved query %s holds',
    (_, sql) => {
      expect(reader.run(sql, limits).columns.length).toBeGreaterThan(1);
    },
  );

  it('gives at most 10,000 rows and says that there are more', () => {
    const many =
      'WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c LIMIT 10001) SELECT x FROM c';
    const { rows, isCut } = reader.run(many, limits);
    expect([rows.length, isCut]).toEqual([10_000, true]);
  });

  it('case 9: no secret comes out, by whatever view and however it is cut up', () => {
    for (const { name } of sqlViews) {
      const { rows } = reader.run(`SELECT * FROM ${name}`, limits);
      expect(JSON.stringify(rows), name).not.toContain(canary);
    }
    const cut = "SELECT replace(event_json, 'a', '_') FROM v_rows WHERE event = 'operator.command'";
    const text = JSON.stringify(reader.run(cut, limits).rows);
    expect(text).toContain('_nn');
    expect(text).not.toContain(canary.replaceAll('a', '_'));
  });
});

describe('what is refused', () => {
  it.each([
    'DELETE FROM v_locks',
    'UPDATE journal SET event_json = 1',
    "INSERT INTO value VALUES ('a', 'b')",
    'WITH a AS (SELECT 1) INSERT INTO value SELECT 1, 2',
    'DROP VIEW v_rows',
    'CREATE TEMP TABLE a (b)',
    "ATTACH DATABASE '/etc/passwd' AS other",
    'PRAGMA query_only = OFF',
    'BEGIN',
    "VACUUM INTO 'copy.db'",
    'SELECT 1; DELETE FROM journal',
    'SELECT * FROM main.journal',
    'SELECT * FROM "main"."journal"',
    'SELECT * FROM [MAIN] . journal',
    'SELECT * FROM journal',
    'SELECT * FROM value',
    'SELECT * FROM meta',
    'SELECT sql FROM sqlite_schema',
    'SELECT * FROM temp.sqlite_master',
    'SELECT * FROM pragma_database_list',
    "SELECT load_extension('x')",
    "SELECT readfile('/etc/passwd')",
    '',
  ])('%s', (sql) => {
    const before = test.engine.world.options.journal.head;
    expect(refusalOf(sql).message).not.toBe('');
    expect(test.engine.world.options.journal.head).toEqual(before);
  });

  it('case 7: a lock is still there after every way to write it away', () => {
    for (const table of ['v_locks', 'v_actors', 'snapshot', 'timer', 'main.snapshot'])
      refusalOf(`DELETE FROM ${table}`);
    const { rows } = reader.run("SELECT count(*) FROM v_locks WHERE state = 'active'", limits);
    expect(rows).toEqual([[1]]);
  });

  it.each([
    ['SELECT seq\n  FRM v_rows', { line: 2, column: 7 }, 'near "v_rows": syntax error'],
    ['SELECT seq,\n nope FROM v_rows', { line: 2, column: 2 }, 'no such column: nope'],
    ['SELECT * FROM v_nothing', { line: 1, column: 15 }, 'no such table: v_nothing'],
    ['SELECT count(', { line: 1, column: 14 }, 'incomplete input'],
    ['SELECT a FROM main.journal', { line: 1, column: 15 }, 'ask the views'],
  ])('%j is wrong at its place', (sql, position, message) => {
    const refusal = refusalOf(sql);
    expect(refusal.position).toEqual(position);
    expect(refusal.message).toContain(message);
  });
});

describe('the budget', () => {
  it('case 3: a heavy query is killed, and the main loop turns on meanwhile', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 5);
    const answer = await runSql({ dataDir: test.directory, sql: endless });
    clearInterval(timer);
    expect(answer.outcome).toBe('killed');
    expect(turns).toBeGreaterThan(20);
  });

  it('answers from the process as it does inside it', async () => {
    const answer = await runSql({ dataDir: test.directory, sql: 'SELECT seq FROM v_rows LIMIT 2' });
    expect(answer).toMatchObject({ outcome: 'rows', columns: ['seq'], rows: [[1], [2]] });
    const wrong = await runSql({ dataDir: test.directory, sql: 'SELECT nope FROM v_rows' });
    expect(wrong).toMatchObject({ outcome: 'refused', position: { line: 1, column: 8 } });
  });

  it('says what is wrong when there is no journal', async () => {
    const asked = runSql({ dataDir: '/nowhere', sql: 'SELECT 1' });
    await expect(asked).rejects.toMatchObject({ code: 'SQL_FAILED' });
  });
});

describe('who may ask', () => {
  const post = (token: string, sql: string) =>
    ask(inspector.port, '/api/sql/run', {
      method: 'POST',
      headers: { host: `127.0.0.1:${inspector.port}`, authorization: `Bearer ${token}` },
      body: JSON.stringify({ sql }),
    });

  it.each(['operator', 'admin', 'auditor'] as const)('%s', async (role) => {
    const { token } = inspector.client(role);
    const { status, text } = await post(token, 'SELECT max(seq) FROM v_rows');
    expect(status).toBe(200);
    expect((JSON.parse(text) as SqlAnswer).outcome).toBe('rows');
  });

  it('not a viewer, and not a token of some accounts', async () => {
    const tokens = [inspector.client('viewer'), inspector.client('auditor', ['A1'])];
    for (const { token } of tokens) {
      const { status, text } = await post(token, 'SELECT 1');
      expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([403, 'ROLE']);
    }
  });
});
