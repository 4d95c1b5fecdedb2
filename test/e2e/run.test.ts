/**
 * The real command as a user starts it: the main job, and what it says when something is wrong.
 *
 * Verifies: G47, C7, C8
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBulkhead, startBulkhead } from '../support/bulkhead.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'bulkhead-e2e-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Report = {
  readonly headHash: string;
  readonly headSeq: number;
  readonly locks: number;
  readonly breaches: number;
  readonly fills: number;
  readonly marketFrom: string;
  readonly marketTo: string;
  readonly accounts: readonly {
    readonly tradingState: string;
    readonly positions: readonly unknown[];
    readonly locks: readonly { readonly lockId: string }[];
  }[];
};

async function play(directory: string, ...more: readonly string[]): Promise<Report> {
  const ended = await runBulkhead([
    'run',
    '--data-dir',
    directory,
    '--speed',
    'max',
    '--json',
    ...more,
  ]);
  expect(ended.code, ended.stderr).toBe(0);
  const lines = ended.stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Report;
}

/** One line that names what is wrong and a remedy, and the exit code; nothing on standard output. */
async function expectRefusal(args: readonly string[], code: number, words: RegExp): Promise<void> {
  const ended = await runBulkhead(args);
  expect(ended.code, ended.stderr).toBe(code);
  expect(ended.stdout).toBe('');
  const lines = ended.stderr.trimEnd().split('\n');
  expect(lines, ended.stderr).toHaveLength(1);
  expect(lines[0]).toMatch(/^bulkhead: /);
  expect(lines[0]).toMatch(words);
}

describe('bulkhead run on the built-in market', () => {
  it('hits a limit, flattens, locks, and the next start still holds the lock', async () => {
    const directory = join(root, 'main');
    const first = await play(directory, '--for', '2h');
    expect(first.locks).toBe(1);
    expect(first.accounts[0]?.tradingState).toBe('LOCKED');
    expect(first.accounts[0]?.positions).toEqual([]);
    const second = await play(directory, '--for', '10m');
    expect(second.marketFrom > first.marketFrom).toBe(true);
    expect(second.accounts[0]?.tradingState).toBe('LOCKED');
    expect(second.accounts[0]?.locks.map(({ lockId }) => lockId)).toEqual(
      first.accounts[0]?.locks.map(({ lockId }) => lockId),
    );
    expect(second.headSeq).toBeGreaterThan(first.headSeq);
    const verified = await runBulkhead(['journal', 'verify', '--data-dir', directory, '--json']);
    expect(verified.code, verified.stderr).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      ok: true,
      headSeq: second.headSeq,
      headHash: second.headHash,
    });
  });

  it('explains a breach: figures, inputs with their ages, the cause and what would change it', async () => {
    const directory = join(root, 'explain');
    await play(directory, '--for', '1h');
    const explained = await runBulkhead([
      'rules',
      'explain',
      'RULE-003',
      '--data-dir',
      directory,
      '--json',
    ]);
    expect(explained.code, explained.stderr).toBe(0);
    const [one] = JSON.parse(explained.stdout) as readonly Record<string, unknown>[];
    expect(one).toMatchObject({
      accountId: 'A1',
      verdict: 'DENY',
      code: 'DAILY_LOSS_REACHED',
      limit: '-500.00',
    });
    expect(one?.['inputs']).toContainEqual(
      expect.objectContaining({ name: expect.stringMatching(/^mark:/), ageMs: expect.any(Number) }),
    );
    expect(one?.['change']).toMatch(/lock RULE-003:account ends at/);
    const people = await runBulkhead(['rules', 'status', '--data-dir', directory]);
    expect(people.stdout).toMatch(
      /RULE-003 daily loss +locked\n +account +DENY +█+ -5\d\d\.\d\d of -500\.00/,
    );
    const unknown = await runBulkhead(['rules', 'explain', 'RULE-099', '--data-dir', directory]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/RULE-099.*Name one of RULE-001/);
  });

  it('shows where every value of the configuration comes from', async () => {
    const path = join(root, 'limits.yaml');
    writeFileSync(path, 'rules:\n  dailyRealizedLoss: { limit: -750.50 }\n');
    const shown = await runBulkhead(['config', 'show', '--config', path, '--json']);
    expect(shown.code, shown.stderr).toBe(0);
    const { values } = JSON.parse(shown.stdout) as {
      values: readonly { key: string; value: string; source: string }[];
    };
    expect(values).toContainEqual(
      expect.objectContaining({
        key: 'rules.dailyRealizedLoss.limit',
        value: '-750.50',
        source: expect.stringContaining('limits.yaml'),
      }),
    );
    expect(values).toContainEqual(
      expect.objectContaining({ key: 'rules.dailyRealizedLoss.warnAtPct', source: 'default' }),
    );
  });

  it('gives the same head hash for the same seed and another for another', async () => {
    const [one, two, other] = [
      await play(join(root, 'same-1'), '--for', '1h', '--seed', 's'),
      await play(join(root, 'same-2'), '--for', '1h', '--seed', 's'),
      await play(join(root, 'other'), '--for', '1h', '--seed', 't'),
    ];
    expect(one.fills).toBeGreaterThan(0);
    expect(two.headHash).toBe(one.headHash);
    expect(other.headHash).not.toBe(one.headHash);
  });

  it('ends in order on an interrupt and says where it stopped', async () => {
    const directory = join(root, 'interrupt');
    let frames = 0;
    const running = startBulkhead(
      ['run', '--data-dir', directory, '--json', '--progress', 'json'],
      () => {
        frames += 1;
        if (frames === 3) running.child.kill('SIGINT');
      },
    );
    const ended = await running.ended;
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ ended: 'stopped' });
    const status = await runBulkhead(['status', '--data-dir', directory, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ wasClean: true, isRunning: false });
  });
});

describe('bulkhead refuses', () => {
  it('a configuration with an unknown key and a wrong value, naming both', async () => {
    const path = join(root, 'bad.yaml');
    writeFileSync(
      path,
      'rules:\n  maxContract: { limit: 5 }\n  dailyRealizedLoss: { limit: 500 }\n',
    );
    await expectRefusal(
      ['run', '--config', path, '--data-dir', join(root, 'unused')],
      78,
      /maxContract.*maxContracts.*dailyRealizedLoss/s,
    );
  });

  it('a configuration that does not exist', async () => {
    await expectRefusal(
      ['run', '--config', join(root, 'none.yaml'), '--data-dir', join(root, 'unused')],
      66,
      /none\.yaml/,
    );
  });

  it('a replay with a bad row, naming the line', async () => {
    const path = join(root, 'bad.csv');
    writeFileSync(
      path,
      'time,instrument,bid,ask,last,size\n2026-03-02T14:30:00Z,MNQ,21000.00,21000.25,21000.00,1\n2026-03-02T14:30:01Z,MNQ,abc,21000.25,,\n',
    );
    await expectRefusal(
      ['run', '--replay', path, '--data-dir', join(root, 'bad-row'), '--speed', 'max'],
      65,
      /bad\.csv.*3.*bid.*abc/,
    );
  });

  it('a replay that does not exist', async () => {
    await expectRefusal(
      ['run', '--replay', join(root, 'none.csv'), '--data-dir', join(root, 'unused')],
      66,
      /none\.csv/,
    );
  });

  it('a second instance on the same store', async () => {
    const directory = join(root, 'single');
    let isUp = (): void => undefined;
    const up = new Promise<void>((resolve) => {
      isUp = resolve;
    });
    const first = startBulkhead(['run', '--data-dir', directory, '--progress', 'json'], () =>
      isUp(),
    );
    await up;
    await expectRefusal(['run', '--data-dir', directory], 75, /instance/);
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
  });

  it('a data directory that cannot be written', async () => {
    const readOnly = join(root, 'read-only');
    mkdirSync(readOnly, { mode: 0o500 });
    await expectRefusal(
      ['run', '--data-dir', readOnly],
      73,
      /read-only|not writable|cannot be written/,
    );
    writeFileSync(join(root, 'file'), '');
    await expectRefusal(['run', '--data-dir', join(root, 'file', 'below')], 73, /below/);
  });

  it('a database of a newer version', async () => {
    const directory = join(root, 'newer');
    await play(directory, '--for', '1m');
    const database = new Database(join(directory, 'journal.db'));
    database.pragma('user_version = 99');
    database.close();
    await expectRefusal(['run', '--data-dir', directory], 78, /newer|version/);
  });

  it('an option that does not exist', async () => {
    const ended = await runBulkhead(['run', '--sped', 'max']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/--speed/);
  });
});
