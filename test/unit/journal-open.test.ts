/**
 * Verifies: durability contract C7 (unknown schema, machine or hash: refuse), C8 (single writer), file rules of
 * durability 3, the damage cases of durability 12.8, and what a reader sees beside a running engine.
 */
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/kernel/errors.ts';
import { rowHash } from '../../src/persistence/hash-chain.ts';
import { openJournalReader, verifyDirectory } from '../../src/persistence/journal-reader.ts';
import { isEngineRunning } from '../../src/persistence/lock-file.ts';
import type { ActorState } from '../../src/ports/journal.port.ts';
import {
  knownMachines,
  Model,
  open,
  sortedStates,
  startMs,
  withDirectory,
} from '../support/journal-fixture.ts';

const ORDER = 'account/A1/order/BH-1-1';
const OTHER = 'account/A1/order/BH-1-2';

/** The operator error that `run` throws; fails when it throws none. */
function faultOf(run: () => unknown): OperatorError {
  try {
    run();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function expectFault(run: () => unknown, code: string, exitCode: number): OperatorError {
  const fault = faultOf(run);
  expect(fault).toMatchObject({ code, exitCode });
  expect(fault.message).not.toContain('\n');
  expect(fault.remedy).not.toBe('');
  return fault;
}

/** A closed journal of three rows of two actors, the first with a snapshot. */
function written(directory: string): Model {
  const model = new Model();
  const journal = open(directory);
  journal.commit({ entries: [model.step(ORDER, 'working', { marker: 'MARKER-ONE' })] });
  journal.writeSnapshots([model.state(ORDER)]);
  journal.commit({
    entries: [
      model.step(OTHER, 'working', { marker: 'MARKER-TWO' }, 1),
      model.step(ORDER, 'filled', { marker: 'MARKER-THREE' }, 2),
    ],
  });
  journal.close();
  return model;
}

/** Changes the closed database in a way the journal never would. */
function tamper(directory: string, change: (database: Database.Database) => void): void {
  const database = new Database(join(directory, 'journal.db'));
  database.exec('DROP TRIGGER journal_no_update; DROP TRIGGER journal_no_delete');
  change(database);
  database.close();
}

/** Flips one bit of the only place in the file that holds the text. */
function flipBit(path: string, text: string): void {
  const bytes = readFileSync(path);
  const place = bytes.indexOf(text);
  expect(place).toBeGreaterThan(0);
  expect(bytes.indexOf(text, place + 1)).toBe(-1);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe('the data directory', () => {
  it('is created for its owner only, with every file in it', () => {
    withDirectory((parent) => {
      const directory = join(parent, 'a', 'b');
      const journal = open(directory, { ballastBytes: 4096 });
      journal.commit({ entries: [new Model().input()] });
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      for (const name of [
        'journal.db',
        'journal.db-wal',
        'journal.db-shm',
        'engine.lock',
        'ballast',
      ]) {
        expect(statSync(join(directory, name)).mode & 0o777, name).toBe(0o600);
      }
      journal.close();
      chmodSync(join(directory, 'journal.db'), 0o644);
      open(directory).close();
      expect(statSync(join(directory, 'journal.db')).mode & 0o777).toBe(0o600);
    });
  });

  it.each([
    ['below a file', (path: string) => writeFileSync(path, ''), 'data'],
    ['on a system that refuses', (path: string) => symlinkSync('/proc/self', path), 'data'],
    ['marked as read-only', (path: string) => mkdirSync(path, { mode: 0o555 }), ''],
    [
      'in one that is marked as read-only',
      (path: string) => mkdirSync(path, { mode: 0o555 }),
      'data',
    ],
  ])('is refused %s', (_name, make, below) => {
    withDirectory((parent) => {
      const path = join(parent, 'place');
      make(path);
      const fault = expectFault(() => open(join(path, below)), 'DATA_DIR_NOT_WRITABLE', 73);
      expect(fault.message).toContain(path);
    });
  });

  it('is refused when the journal in it is marked as read-only', () => {
    withDirectory((directory) => {
      written(directory);
      chmodSync(join(directory, 'journal.db'), 0o400);
      expectFault(() => open(directory), 'DATA_DIR_NOT_WRITABLE', 73);
    });
  });

  it('belongs to one engine at a time', () => {
    withDirectory((directory) => {
      expect(isEngineRunning(directory)).toBe(false);
      const first = open(directory);
      expect(isEngineRunning(directory)).toBe(true);
      const fault = expectFault(() => open(directory), 'SINGLE_INSTANCE', 75);
      expect(fault.message).toContain('another instance');
      expect(first.commit({ entries: [new Model().input()] }).seq).toBe(1);
      first.close();
      expect(isEngineRunning(directory)).toBe(false);
      open(directory).close();
    });
  });
});

describe('a database that this program cannot go on with', () => {
  it.each([
    [
      'newer',
      'NEWER_DATABASE',
      (database: Database.Database) => database.pragma('user_version = 2'),
    ],
    [
      'of something else',
      'FOREIGN_DATABASE',
      (database: Database.Database) => database.pragma('application_id = 7'),
    ],
  ])('is refused: %s', (_name, code, change) => {
    withDirectory((directory) => {
      written(directory);
      tamper(directory, change);
      expectFault(() => open(directory), code, 78);
      expectFault(() => openJournalReader(directory), code, 78);
      expect(isEngineRunning(directory)).toBe(false);
      const database = new Database(join(directory, 'journal.db'));
      const epochs = database.prepare('SELECT max(epoch) FROM writer').pluck().get();
      database.close();
      expect(epochs).toBe(1);
    });
  });

  it('is refused in another environment', () => {
    withDirectory((directory) => {
      open(directory, { environment: 'LIVE' }).close();
      const fault = expectFault(() => open(directory), 'FOREIGN_ENVIRONMENT', 78);
      expect(fault.message).toContain('LIVE');
      open(directory, { environment: 'LIVE' }).close();
    });
  });

  it.each([
    ['not known', []],
    ['of another version', [{ id: 'order', version: '2', hash: 'order-hash' }] as const],
    ['of another hash', [{ id: 'order', version: '1', hash: 'changed' }] as const],
  ])('is refused when a machine of its rows is %s', (_name, machines) => {
    withDirectory((directory) => {
      written(directory);
      const fault = expectFault(
        () => open(directory, { knownMachines: machines }),
        'UNKNOWN_MACHINE',
        78,
      );
      expect(fault.message).toContain('machine order version 1');
      open(directory, { knownMachines: knownMachines.filter(({ id }) => id === 'order') }).close();
    });
  });

  it('is refused when it is no database', () => {
    withDirectory((directory) => {
      writeFileSync(
        join(directory, 'journal.db'),
        'not a database, but long enough to be one '.repeat(40),
      );
      expectFault(() => open(directory), 'STORE_CORRUPT', 74);
      expectFault(() => openJournalReader(directory), 'STORE_CORRUPT', 74);
      expect(isEngineRunning(directory)).toBe(false);
    });
  });
});

describe('damage', () => {
  it.each([
    ['MARKER-TWO', 'row 2 does not have the hash'],
    ['MARKER-THREE', 'row 3 does not have the hash'],
  ])('of one bit at %s is found by recovery and by verify', (marker, problem) => {
    withDirectory((directory) => {
      written(directory);
      flipBit(join(directory, 'journal.db'), marker);
      const report = verifyDirectory(directory);
      expect(report).toMatchObject({ ok: false, rows: 3, headSeq: 3 });
      expect(report.problems.join('\n')).toContain(problem);
      const journal = open(directory);
      const fault = expectFault(() => journal.recover(), 'JOURNAL_BROKEN', 78);
      expect(fault.message).toContain(problem);
      journal.close();
    });
  });

  it.each<[string, string, string]>([
    [
      'a snapshot',
      `UPDATE snapshot SET context_json = '{}'`,
      `the snapshot of ${ORDER} does not have the hash`,
    ],
    ['a missing row', 'DELETE FROM journal WHERE seq = 2', 'row 2 is missing'],
    ['missing rows at the end', 'DELETE FROM journal', 'the last row is 0'],
    ['a renamed actor', `UPDATE actor SET name = 'x' WHERE id = 2`, 'row 2 does not have the hash'],
  ])('is found by recovery: %s', (_name, sql, problem) => {
    withDirectory((directory) => {
      written(directory);
      tamper(directory, (database) => database.exec(sql));
      const reader = openJournalReader(directory);
      expect(faultOf(() => reader.recovered()).message).toContain(problem);
      expect(reader.verify().ok).toBe(false);
      reader.close();
    });
  });

  it('is found by verify: causes that do not exist', () => {
    withDirectory((directory) => {
      written(directory);
      tamper(directory, (database) => {
        database.exec(`INSERT INTO effect VALUES ('e', 'alert', '', '{}', 4, 'SENT');
          INSERT INTO fill VALUES ('A1', 'f', 'MNQ', 'd', 0, 0, 0, 0, 0, '{"fillId":"g","accountId":"A1"}')`);
      });
      expect(verifyDirectory(directory).problems).toEqual([
        'effect e names a cause that is no row',
        'fill f names a cause that is no row',
        'fill f is stored under the id of another',
      ]);
    });
  });

  it.each<
    [
      string,
      { epoch?: number; actorSeq?: number; previousSeq?: number; fromState?: string },
      string,
      boolean,
    ]
  >([
    [
      'an older writer went on writing',
      { epoch: 1 },
      'row 5 was written by the older writer 1, after rows of writer 2',
      true,
    ],
    ['a step was left out', { actorSeq: 3 }, `row 5 is step 3 of ${OTHER}, after step 1`, true],
    [
      'the rows of an actor are linked wrongly',
      { previousSeq: 1 },
      `row 5 of ${OTHER} points back to row 1, not to 2`,
      true,
    ],
    [
      'a step began elsewhere',
      { fromState: '"filled"' },
      `row 5 of ${OTHER} leaves "filled", it was in "working"`,
      false,
    ],
  ])('is found although the chain holds: %s', (_name, wrong, problem, stopsRecovery) => {
    withDirectory((directory) => {
      const model = written(directory);
      const second = open(directory);
      const head = second.commit({ entries: [model.step(ORDER, 'settled', {}, 3)] });
      second.close();
      const { epoch = 2, previousSeq = 2, ...changes } = wrong;
      const entry = { ...model.step(OTHER, 'settled', {}, 4), ...changes };
      tamper(directory, (database) => {
        const { atMs, monotonicMs, actorSeq, eventJson, fromState, toState, contextDiffJson } =
          entry;
        const hash = rowHash(head.hash, entry, monotonicMs, epoch);
        const insert = database.prepare(`INSERT INTO journal
          SELECT 5, ?, ?, ?, actor, ?, ?, machine_ver, 4, 4, ?, ?, ?, ?, ? FROM journal WHERE seq = 2`);
        insert.run(
          atMs,
          monotonicMs,
          epoch,
          actorSeq,
          previousSeq,
          eventJson,
          fromState,
          toState,
          contextDiffJson,
          hash,
        );
      });
      expect(verifyDirectory(directory).problems).toEqual([problem]);
      const journal = open(directory);
      const outcome = stopsRecovery
        ? faultOf(() => journal.recover()).message
        : `recovered to row ${journal.recover().head.seq}`;
      expect(outcome).toContain(stopsRecovery ? problem : 'row 5');
      journal.close();
    });
  });
});

describe('a start', () => {
  it('knows whether the last one ended well, and counts the writers', () => {
    withDirectory((directory) => {
      const starts: unknown[] = [];
      for (const isClean of [true, false, true, true]) {
        const journal = open(directory, { databaseUuid: `uuid of start ${starts.length}` });
        const { epoch, databaseUuid } = journal;
        starts.push([epoch, databaseUuid, journal.recover().wasClean]);
        journal.close({ isClean });
        journal.close();
      }
      const uuid = 'uuid of start 0';
      expect(starts).toEqual([
        [1, uuid, true],
        [2, uuid, true],
        [3, uuid, false],
        [4, uuid, true],
      ]);
    });
  });

  it('recovers the same, however often it is asked', () => {
    withDirectory((directory) => {
      const model = written(directory);
      const journal = open(directory);
      const first = journal.recover();
      expect(journal.recover()).toEqual(first);
      expect(first).toMatchObject({ head: journal.head, lastAtMs: startMs + 3, wasClean: true });
      expect(sortedStates(first.actors)).toEqual(sortedStates(model.states.values()));
      journal.close();
    });
  });

  it('grows the log once, so that commits overwrite it', () => {
    withDirectory((directory) => {
      const log = join(directory, 'journal.db-wal');
      const journal = open(directory, { logBytes: 1_000_000 });
      const { size } = statSync(log);
      expect(size).toBeGreaterThan(1_000_000);
      const model = new Model();
      for (let turn = 0; turn < 300; turn += 1) journal.commit({ entries: [model.input()] });
      expect(statSync(log).size).toBe(size);
      journal.close();
    });
  });
});

describe('a reader', () => {
  it('sees what is committed while the engine runs, and changes nothing', () => {
    withDirectory((directory) => {
      const model = new Model();
      const journal = open(directory);
      journal.commit({ entries: [model.step(ORDER, 'working', { lots: 1 }), model.input()] });
      const reader = openJournalReader(directory);
      const head = journal.commit({ entries: [model.step(ORDER, 'filled', { lots: 1 }, 1)] });
      expect(reader.head).toEqual(head);
      expect(reader).toMatchObject({ epoch: 1, environment: 'PAPER', wasClean: false });
      expect(reader.databaseUuid).toBe(journal.databaseUuid);
      expect(reader.lastRows(2).map(({ seq }) => seq)).toEqual([2, 3]);
      expect(reader.lastRows(5, ORDER).map(({ seq }) => seq)).toEqual([1, 3]);
      expect(reader.rowsAfter(1, 1)).toMatchObject([{ seq: 2, machine: 'input', actor: '' }]);
      const states: readonly ActorState[] = reader.latestStates();
      expect(states).toEqual([model.state(ORDER)]);
      expect(reader.recovered().head).toEqual(head);
      expect(reader.verify()).toEqual({
        ok: true,
        rows: 3,
        headSeq: 3,
        headHash: head.hash,
        problems: [],
      });
      expect(reader.counts()).toMatchObject({ journal: 3, actor: 2, snapshot: 0 });
      const connection = Reflect.get(reader, 'database') as Database.Database;
      expect(() => connection.exec(`INSERT INTO value VALUES ('a', 'b')`)).toThrow(/readonly/u);
      reader.close();
      journal.close();
    });
  });

  it('says where there is no journal', () => {
    withDirectory((directory) => {
      expectFault(() => openJournalReader(directory), 'NO_JOURNAL', 66);
      expectFault(() => verifyDirectory(directory), 'NO_JOURNAL', 66);
    });
  });
});
