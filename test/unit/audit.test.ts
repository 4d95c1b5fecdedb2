/**
 * The audit: what a row of a command says, and that a change of it is found.
 *
 * Verifies: security 3, security 9 case 8
 */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AuditAnchor, auditVerify } from '../../src/bin/audit-anchor.ts';
import { paramsHash } from '../../src/domain/audit-hash.ts';
import type { OrderId } from '../../src/domain/ids.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';
import { rowHash } from '../../src/persistence/hash-chain.ts';
import { openJournalReader } from '../../src/persistence/journal-reader.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { operate } from '../support/operate.ts';

vi.setConfig({ testTimeout: 30_000 });

const opened: TestEngine[] = [];
afterEach(() => {
  for (const { directory } of opened.splice(0)) removeDirectory(directory);
});
async function start(): Promise<TestEngine> {
  const test = await startTestEngine({ accounts: ['A1', 'B2'] });
  opened.push(test);
  return test;
}

type AuditEvent = Readonly<
  Record<'paramsHash' | 'beforeHash' | 'afterHash' | 'outcome', string>
> & {
  readonly command: Readonly<Record<string, unknown>>;
};

/** Events of commands, oldest first. */
function rowsOf({ directory }: TestEngine): readonly AuditEvent[] {
  const reader = openJournalReader(directory);
  const rows = reader.rowsAfter(0, 10_000);
  reader.close();
  return rows
    .filter(({ eventJson }) => eventJson.startsWith('{"type":"operator.command"'))
    .map(({ eventJson }) => JSON.parse(eventJson) as AuditEvent);
}

const lock = { verb: 'lock', scope: 'account', isIrrevocable: false } as const;

describe('a row of a command', () => {
  it('holds the hash of what was asked: the same for the same, whoever asks, and another for another', async () => {
    const test = await start();
    operate(test.engine, lock, { account: 'A1' });
    operate(test.engine, lock, { account: 'A1', by: 'bob', reason: 'other' });
    operate(test.engine, lock, { account: 'B2' });
    operate(test.engine, { ...lock, durationMs: 60_000 }, { account: 'A1' });
    const [one, same, other, longer] = rowsOf(test).map((row) => row.paramsHash);
    expect(one).toMatch(/^[0-9a-f]{64}$/u);
    expect(same).toBe(one);
    expect(new Set([one, other, longer]).size).toBe(3);
    for (const row of rowsOf(test)) expect(paramsHash(row.command)).toBe(row.paramsHash);
  });

  it('holds the states before and after: the same where it was refused, others where it changed something', async () => {
    const test = await start();
    operate(test.engine, lock, { account: 'A1', role: 'auditor' });
    operate(test.engine, lock, { account: 'A1' });
    operate(test.engine, { verb: 'pause', strategy: 'scalp' }, {});
    operate(
      test.engine,
      { verb: 'kill', kill: { scope: 'account', isEmergency: false, trigger: 'api' } },
      { account: 'B2' },
    );
    const [refused, locked, paused, killed] = rowsOf(test);
    expect(refused?.outcome).toBe('refused');
    expect(refused?.afterHash).toBe(refused?.beforeHash);
    for (const row of [locked, paused, killed]) {
      expect(row?.outcome).toBe('accepted');
      expect(row?.afterHash).not.toBe(row?.beforeHash);
    }
    // The next command about the same states begins where this one ended.
    operate(test.engine, lock, { account: 'A1', role: 'auditor' });
    expect(rowsOf(test).at(-1)?.beforeHash).toBe(locked?.afterHash);
  });

  it('is about the actor that it names', async () => {
    const test = await start();
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit({
      instrument: 'MNQ',
      side: 'buy',
      quantityLots: 1,
      orderType: 'limit',
      limitTicks: 79_000,
      account: 'A1',
    });
    const order = [...test.engine.world.cells.values()].find(({ hosted }) => hosted.id === 'order');
    const orderId = (order?.id.split('/').at(-1) ?? '') as OrderId;
    expect(orderId).not.toBe('');
    operate(test.engine, { verb: 'cancel', orderId }, { account: 'A1' });
    const [cancel] = rowsOf(test);
    expect(cancel?.outcome).toBe('accepted');
    expect(cancel?.afterHash).not.toBe(cancel?.beforeHash);
  });
});

describe('audit verify', () => {
  /** A closed journal with commands, and the heads that were written down meanwhile. */
  async function journal(): Promise<{ test: TestEngine; anchor: string; file: string }> {
    const test = await start();
    const { journal: store } = test.engine.world.options;
    const anchor = join(test.directory, 'outside', 'heads.jsonl');
    mkdirSync(join(test.directory, 'outside'));
    const heads = new AuditAnchor(anchor, store, test.clock, () => undefined);
    for (const account of ['A1', 'B2', 'A1']) {
      operate(test.engine, { ...lock, durationMs: 60_000 }, { account });
      heads.write();
    }
    heads.close();
    await test.engine.stop();
    return { test, anchor, file: join(test.directory, 'journal.db') };
  }

  /** Changes the file as somebody with the rights to it would. */
  function tamper(file: string, change: (database: Database.Database) => void): void {
    const database = new Database(file);
    const triggers = database
      .prepare<[], { name: string; sql: string }>(
        `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`,
      )
      .all();
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
    change(database);
    for (const { sql } of triggers) database.exec(sql);
    database.close();
  }

  /** Every hash made anew, as somebody who knows how would. */
  function rehash(database: Database.Database): void {
    const rows = database
      .prepare<[], Record<string, never>>(
        `SELECT j.*, a.name, a.account, a.machine, v.version FROM journal j
           JOIN actor a ON a.id = j.actor JOIN machine_version v ON v.id = j.machine_ver ORDER BY seq`,
      )
      .all();
    let previous = database
      .prepare(`SELECT value FROM meta WHERE key = 'genesis'`)
      .pluck()
      .get() as string;
    for (const row of rows) {
      const entry = {
        seq: row['seq'],
        atMs: row['ts_wall'],
        account: row['account'],
        actor: row['name'],
        actorSeq: row['actor_seq'],
        machine: row['machine'],
        machineVersion: row['version'],
        eventJson: row['event_json'],
        causeSeq: row['cause_seq'],
        correlationSeq: row['corr_seq'],
        fromState: row['from_state'],
        toState: row['to_state'],
        contextDiffJson: row['ctx_diff_json'],
      } as unknown as Parameters<typeof rowHash>[1];
      previous = rowHash(previous, entry, row['ts_mono'] ?? 0, row['epoch'] ?? 0);
      database.prepare('UPDATE journal SET hash = ? WHERE seq = ?').run(previous, row['seq']);
    }
  }

  it('holds for what nobody touched, with and without heads from outside', async () => {
    const { test, anchor } = await journal();
    expect(await auditVerify(test.directory)).toMatchObject({ ok: true, anchors: 0, auditRows: 3 });
    const proof = await auditVerify(test.directory, anchor);
    expect(proof).toMatchObject({ ok: true, problems: [] });
    expect(proof.anchors).toBeGreaterThanOrEqual(3);
    expect(proof.headSeq).toBe(proof.rows);
  });

  it('case 8: finds a change, by the chain alone', async () => {
    const { test, file } = await journal();
    tamper(file, (database) => {
      database.exec(`UPDATE journal SET event_json = replace(event_json, '"by":"ann"', '"by":"eve"')
        WHERE event_json LIKE '{"type":"operator.%'`);
    });
    const proof = await auditVerify(test.directory);
    expect(proof.ok).toBe(false);
    expect(proof.problems[0]).toMatch(/^row \d+ does not have the hash of its content/u);
  });

  it('case 8: finds a deletion, by the chain alone', async () => {
    const { test, file } = await journal();
    tamper(file, (database) => {
      database.exec(`DELETE FROM journal WHERE seq =
        (SELECT min(seq) FROM journal WHERE event_json LIKE '{"type":"operator.%')`);
    });
    const proof = await auditVerify(test.directory);
    expect(proof.problems.join()).toMatch(/row \d+ is missing/u);
  });

  it('case 8: finds a cut end with heads from outside, and only with them', async () => {
    const { test, anchor, file } = await journal();
    tamper(file, (database) => {
      database.exec(`DELETE FROM journal WHERE seq >=
        (SELECT max(seq) FROM journal WHERE event_json LIKE '{"type":"operator.%')`);
    });
    expect(await auditVerify(test.directory)).toMatchObject({ ok: true });
    const proof = await auditVerify(test.directory, anchor);
    expect(proof.ok).toBe(false);
    expect(proof.problems.join()).toMatch(
      /written down at .* is missing: the journal ends at row/u,
    );
  });

  it('case 8: finds a journal that was written anew as a whole with heads from outside, and only with them', async () => {
    const { test, anchor, file } = await journal();
    tamper(file, (database) => {
      database.exec(`UPDATE journal SET event_json = replace(event_json, '"by":"ann"', '"by":"eve"')
        WHERE event_json LIKE '{"type":"operator.%'`);
      rehash(database);
    });
    expect(await auditVerify(test.directory)).toMatchObject({ ok: true });
    const proof = await auditVerify(test.directory, anchor);
    expect(proof.problems.join()).toMatch(/had the hash [0-9a-f]{64}, now it is/u);
  });

  it('finds what was asked changed although every hash of the chain was made anew', async () => {
    const { test, file } = await journal();
    tamper(file, (database) => {
      database.exec(`UPDATE journal SET event_json = replace(event_json, '"durationMs":60000', '"durationMs":1')
        WHERE event_json LIKE '{"type":"operator.%'`);
      rehash(database);
    });
    const proof = await auditVerify(test.directory);
    expect(proof.problems.join()).toMatch(/does not have the hash of what was asked/u);
  });

  it('finds that the triggers are gone, and a database that took the place of another', async () => {
    const { test, anchor, file } = await journal();
    const database = new Database(file);
    database.exec('DROP TRIGGER journal_no_update');
    database.exec(`UPDATE meta SET value = 'another' WHERE key = 'db_uuid'`);
    database.close();
    const { problems } = await auditVerify(test.directory, anchor);
    expect(problems.join()).toMatch(/journal_no_update is gone/u);
    expect(problems.join()).toMatch(/is of another database/u);
  });

  it('takes a last line that a crash has cut off, and refuses a file that is none', async () => {
    const { test, anchor } = await journal();
    appendFileSync(anchor, '{"atMs":1,"se');
    expect(await auditVerify(test.directory, anchor)).toMatchObject({ ok: true });
    appendFileSync(anchor, '\n');
    expect(() => auditVerify(test.directory, anchor)).toThrow(/line \d+ is no head/u);
    expect(() => auditVerify(test.directory, join(test.directory, 'none'))).toThrow(
      /cannot be read/u,
    );
    expect(() => auditVerify(join(test.directory, 'none'))).toThrow(/there is no journal/u);
  });
});

describe('the anchor', () => {
  it('adds a line a minute and one on demand, never twice for the same head, for its owner only', () => {
    const directory = mkdtempSync(join(tmpdir(), 'bulkhead-anchor-'));
    const path = join(directory, 'heads.jsonl');
    writeFileSync(path, '', { mode: 0o600 });
    const clock = new SimulatedClock(1_700_000_000_000);
    const source = { databaseUuid: 'u', head: { seq: 1, hash: 'a'.repeat(64) } };
    const lines = () => readFileSync(path, 'utf8').trim().split('\n');
    const anchor = new AuditAnchor(path, source, clock, () => undefined);
    anchor.write();
    anchor.write();
    source.head = { seq: 2, hash: 'b'.repeat(64) };
    anchor.look();
    expect(lines()).toHaveLength(1);
    clock.advanceTo(clock.nowMs() + 60_000);
    anchor.look();
    anchor.look();
    expect(lines()).toHaveLength(2);
    source.head = { seq: 3, hash: 'c'.repeat(64) };
    anchor.close();
    expect(lines().map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2, 3]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    writeFileSync(`${path}.wide`, '', { mode: 0o644 });
    expect(() => new AuditAnchor(`${path}.wide`, source, clock, () => undefined)).toThrow(
      /others may read or write it/u,
    );
    removeDirectory(directory);
  });
});
