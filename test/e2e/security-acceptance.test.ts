/**
 * The acceptance cases of the service's security that need the whole process; the others are in
 * `test/unit/inspector/security-acceptance.test.ts`.
 *
 * Verifies: security 9 cases 2, 6, 7 and 8, security 4
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBulkhead, startBulkhead } from '../support/bulkhead.ts';
import { until } from '../support/inspector.ts';

let root = '';
/** A directory of a run that has ended. */
let directory = '';
const canary = 'canary-5d1f-environment';

const job = ['--for', '10m', '--speed', 'max', '--progress', 'none'];
const run = (dataDir: string, ...more: readonly string[]) =>
  runBulkhead(['run', '--data-dir', dataDir, ...job, ...more]);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'bulkhead-security-'));
  directory = join(root, 'data');
  await run(directory);
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('case 2: an address that other machines reach', () => {
  // Of a range that is kept for documentation: the start is refused before anything listens there.
  const outside = '192.0.2.1';
  // The conditions are for other machines; TLS itself is the same on the loopback.
  const inside = '127.0.0.2';
  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

  it.each([
    ['nothing', []],
    ['TLS only', ['--inspector-cert', 'c.pem', '--inspector-key', 'k.pem']],
    ['the word only', ['--i-understand']],
    [
      'TLS and the word, but no token',
      ['--inspector-cert', 'c.pem', '--inspector-key', 'k.pem', '--i-understand'],
    ],
  ])('is refused with exit 78 with %s', async (_, more) => {
    const copy = join(root, 'outside');
    const options = ['--inspector-port', '0', '--inspector-address', outside, ...more];
    const { code, stderr } = await run(copy, ...options);
    expect(code).toBe(78);
    expect(stderr).toMatch(/is reached from other machines, and there is no /u);
    expect(stderr).not.toMatch(/ {4}at /u);
  });

  it('is refused as a name, and as every address at once', async () => {
    for (const wrong of ['0.0.0.0', '::', 'localhost']) {
      const { code } = await run(
        join(root, 'outside'),
        '--inspector-port',
        '0',
        '--inspector-address',
        wrong,
      );
      expect(code, wrong).toBe(78);
    }
  });

  it.skipIf(!hasOpenssl)(
    'is served by TLS only where a certificate is given, under its own name',
    async () => {
      const copy = join(root, 'tls');
      const [cert, key] = [join(root, 'c.pem'), join(root, 'k.pem')];
      const subject = ['-subj', '/CN=bulkhead', '-addext', `subjectAltName=IP:${inside}`];
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '2',
          ...subject,
          '-keyout',
          key,
          '-out',
          cert,
        ],
        { stdio: 'ignore' },
      );
      await run(copy);
      const made = await runBulkhead([
        'token',
        'create',
        '--data-dir',
        copy,
        '--role',
        'viewer',
        '--by',
        'ann',
      ]);
      let url = '';
      const options = ['--inspector-port', '0', '--inspector-address', inside];
      const tls = ['--inspector-cert', cert, '--inspector-key', key, '--i-understand'];
      const { child, ended } = startBulkhead(
        ['run', '--data-dir', copy, '--progress', 'none', ...options, ...tls],
        (line) => {
          url ||= /https:\/\/[\d.]+:\d+\//u.exec(line)?.[0] ?? '';
        },
      );
      await until(() => url !== '', 'the address');
      const ca = readFileSync(cert);
      const ask = (headers: Record<string, string>) =>
        new Promise<number>((resolve, reject) => {
          const sent = request(`${url}api/hello`, { ca, headers, agent: false }, (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          });
          sent.on('error', reject);
          sent.end();
        });
      const authorization = `Bearer ${made.stdout.trim()}`;
      expect(await ask({ authorization })).toBe(200);
      expect(await ask({ authorization, host: '127.0.0.1:1' })).toBe(421);
      expect(await ask({})).toBe(401);
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
    },
    60_000,
  );
});

describe('case 6: files that others may read, and links', () => {
  it('every file of a run is for its owner only', () => {
    expect(statSync(directory).mode & 0o077).toBe(0);
    for (const name of readdirSync(directory))
      expect(statSync(join(directory, name)).mode & 0o077, name).toBe(0);
  });

  it.each(['', 'journal.db', 'bulkhead.log'])(
    'a start with a wider mode of %j is refused, and says what to do',
    async (name) => {
      const path = join(directory, name);
      const mode = statSync(path).mode & 0o777;
      chmodSync(path, mode | 0o044);
      const { code, stderr } = await run(directory);
      chmodSync(path, mode);
      expect(code).toBe(78);
      expect(stderr).toMatch(/others may read or write .* \(mode 0[67]44\)\. chmod [67]00 /u);
    },
  );

  it('a list of tokens or a journal that is a link is refused', async () => {
    const copy = join(root, 'linked');
    await run(copy);
    renameSync(join(copy, 'journal.db'), join(root, 'elsewhere.db'));
    symlinkSync(join(root, 'elsewhere.db'), join(copy, 'journal.db'));
    const { code, stderr } = await run(copy);
    expect(code).toBe(78);
    expect(stderr).toContain('journal.db is a link');
  });

  it('a configuration that is a link is refused, alone and in a folder', async () => {
    const folder = join(root, 'config');
    mkdirSync(folder);
    writeFileSync(join(root, 'real.yaml'), 'mode: PAPER\n');
    symlinkSync(join(root, 'real.yaml'), join(folder, 'risk.yaml'));
    for (const path of [folder, join(folder, 'risk.yaml')]) {
      const { code, stderr } = await run(join(root, 'configured'), '--config', path);
      expect(code, path).toBe(78);
      expect(stderr).toMatch(/risk\.yaml is a link/u);
    }
  });
});

describe('case 7: canaries in configuration and environment', () => {
  it('are in no file of the run and nowhere in what it prints', async () => {
    process.env['BULKHEAD_CANARY_KEY'] = canary;
    const copy = join(root, 'canary');
    const configuration = join(root, 'canary.yaml');
    writeFileSync(
      configuration,
      'gateways:\n  topstepx:\n    username: ${BULKHEAD_CANARY_KEY}\n    apiKey: ${BULKHEAD_CANARY_KEY}\n',
    );
    const said: string[] = [];
    const ended = await run(copy, '--config', configuration, '--json');
    delete process.env['BULKHEAD_CANARY_KEY'];
    expect(ended.stderr).not.toMatch(/not set|is not/u);
    expect(ended.code).toBe(0);
    said.push(ended.stdout, ended.stderr);
    for (const words of [
      ['journal', 'tail', '--json'],
      ['status', '--json'],
      ['rules', 'explain', 'RULE-003'],
      ['token', 'list'],
    ]) {
      const { stdout, stderr } = await runBulkhead([...words, '--data-dir', copy]);
      said.push(stdout, stderr);
    }
    expect(said.join('').length).toBeGreaterThan(1_000);
    expect(said.join('').includes(canary)).toBe(false);
    for (const name of readdirSync(copy)) {
      const path = join(copy, name);
      if (!statSync(path).isFile()) continue;
      expect(readFileSync(path).includes(canary), name).toBe(false);
    }
  }, 60_000);
});

describe('case 8: the audit', () => {
  it('is proven by a command: exit 0, 1 when it was cut, 2 when it cannot be read', async () => {
    const copy = join(root, 'audited');
    const anchor = join(root, 'heads.jsonl');
    expect((await run(copy, '--audit-anchor', anchor)).code).toBe(0);
    expect(statSync(anchor).mode & 0o777).toBe(0o600);
    const verify = (...more: readonly string[]) =>
      runBulkhead(['audit', 'verify', '--data-dir', copy, ...more]);
    const good = await verify('--anchor', anchor);
    expect(good.code, good.stderr).toBe(0);
    expect(good.stdout).toMatch(/^verified to row \d+, head [0-9a-f]{64}\n/u);
    const database = new Database(join(copy, 'journal.db'));
    const triggers = database
      .prepare<[], string>(`SELECT sql FROM sqlite_schema WHERE type = 'trigger'`)
      .pluck()
      .all();
    for (const name of ['journal_no_update', 'journal_no_delete'])
      database.exec(`DROP TRIGGER ${name}`);
    database.exec('DELETE FROM journal WHERE seq > (SELECT max(seq) - 3 FROM journal)');
    for (const sql of triggers) database.exec(sql);
    database.close();
    expect((await verify()).code).toBe(0);
    const cut = await verify('--anchor', anchor, '--json');
    expect(cut.code).toBe(1);
    expect(JSON.parse(cut.stdout)).toMatchObject({ ok: false });
    expect((await verify('--anchor', join(root, 'none'))).code).toBe(2);
    expect((await runBulkhead(['audit', 'verify', '--data-dir', join(root, 'none')])).code).toBe(2);
  }, 60_000);
});
