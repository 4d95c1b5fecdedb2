/**
 * The inspector of the real process: a breach seen through it, its numbers those of the journal; a viewer who may not act;
 * a token that is taken away; a directory without an engine.
 *
 * Verifies: inspector 1, 3 and 5, inspector 13 cases 5 and 6, security 1 (Bind, Token), security 9 cases 1, 2 and 4
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InspectorClient } from '../../src/inspector/client.ts';
import { openJournalReader } from '../../src/persistence/journal-reader.ts';
import { runBulkhead, startBulkhead, type Running } from '../support/bulkhead.ts';

let root = '';
let directory = '';
let url = '';
let service: Running;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'bulkhead-inspect-'));
  directory = join(root, 'data');
  const args = ['run', '--data-dir', directory, '--speed', '2000', '--progress', 'none'];
  [service, url] = await startWithInspector([...args, '--inspector-port', '0', '--allow-actions']);
}, 60_000);
afterAll(async () => {
  service.child.kill('SIGTERM');
  await service.ended;
  rmSync(root, { recursive: true, force: true });
});

/** Until the address is printed. */
function startWithInspector(args: readonly string[]): Promise<[Running, string]> {
  return new Promise((resolve, reject) => {
    const running = startBulkhead(args, (line) => {
      const found = /^inspector: (http:\/\/127\.0\.0\.1:\d+\/)#token=bh_once_[\w-]{43}$/u.exec(
        line,
      );
      if (found?.[1] !== undefined) resolve([running, found[1]]);
    });
    running.ended.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
}

async function tokenOf(
  role: string,
  ...more: readonly string[]
): Promise<{ id: string; token: string }> {
  const words = ['token', 'create', '--data-dir', directory, '--role', role, '--by', 'ann'];
  const { stdout } = await runBulkhead([...words, ...more, '--json']);
  return JSON.parse(stdout) as { id: string; token: string };
}

describe('a running service', () => {
  it('shows a breach with the numbers of the journal, and the chain that proves them', async () => {
    const client = new InspectorClient(url, (await tokenOf('auditor')).token);
    let breach: { seq: number; event: string } | undefined;
    for (let tries = 0; tries < 300 && breach === undefined; tries += 1) {
      const { rows } = await client.get('rows', {
        type: 'rule.verdictChanged',
        importance: 'anomaly',
      });
      breach = rows.find(({ to }) => to.startsWith('enforcing'));
      if (breach === undefined) await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const seq = breach?.seq ?? 0;
    expect(seq, 'the reckless trader breaches a rule').toBeGreaterThan(0);
    const reader = openJournalReader(directory);
    const [row] = reader.rowsAfter(seq - 1, 1);
    reader.close();
    const { finding } = JSON.parse(row?.eventJson ?? '{}') as {
      finding: { ruleId: string; observed: number; limit: number; unit: string };
    };
    const text = (value: number): string =>
      finding.unit === 'money' ? String(value / 1_000_000) : String(value);
    const why = await client.get('why', { seq });
    const facts = why.chain.at(-1)?.facts ?? [];
    const value = (name: string): number => Number(facts.find((fact) => fact.name === name)?.value);
    expect(String(value('observed'))).toBe(text(finding.observed));
    expect(String(value('limit'))).toBe(text(finding.limit));
    expect(why.verdict).toContain(finding.ruleId);
    expect(why.counterfactual).toMatch(/^It would have passed /u);
    const { chain } = await client.get('audit');
    expect(chain.isProven).toBe(true);
    expect(chain.upToSeq).toBeGreaterThanOrEqual(seq);
    const picture = await client.get('rewind', { account: 'A1', at: seq });
    expect(picture.actors.find(({ id }) => id === row?.actor)?.state).toBe('enforcing');
  });

  it('lets a viewer tighten and nothing else; what was denied is in the audit', async () => {
    const { id, token } = await tokenOf('viewer', '--account', 'A1');
    const viewer = new InspectorClient(url, token);
    const denied = await viewer.command({ requestId: 'e2e-kill-1', verb: 'kill', account: 'A1' });
    expect(denied).toMatchObject({ status: 403, code: 'ROLE', outcome: 'refused' });
    const locked = await viewer.command({
      requestId: 'e2e-lock-1',
      verb: 'lock',
      account: 'A1',
      scope: 'symbol:ES',
    });
    expect(locked).toMatchObject({ status: 200, outcome: 'accepted' });
    const { rows } = await viewer.get('audit');
    expect(rows.map(({ verb, outcome, tokenId, ip }) => [verb, outcome, tokenId, ip])).toEqual([
      ['lock', 'accepted', id, '127.0.0.1'],
      ['kill', 'refused', id, '127.0.0.1'],
    ]);
    const [account] = (await viewer.get('wall')).accounts;
    expect(account?.killed).toBe(false);
  });

  it('ends the line of a token that was revoked, from another process, with 1008', async () => {
    const { id, token } = await tokenOf('viewer');
    const client = new InspectorClient(url, token);
    const frames: string[] = [];
    const line = client.stream(({ type }) => frames.push(type));
    line.send.bind(line);
    for (let tries = 0; tries < 200 && frames.length === 0; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(frames[0]).toBe('hello');
    expect((await runBulkhead(['token', 'revoke', id, '--data-dir', directory])).code).toBe(0);
    expect(await line.closed).toMatchObject({ code: 1008 });
    await expect(client.get('hello')).rejects.toMatchObject({ status: 401 });
  });

  it('listens on the loopback only', async () => {
    const port = Number(new URL(url).port);
    // Another address of the loopback answers only where somebody listens on every address at once.
    const answer = await new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.2', port, timeout: 2_000 }, () => resolve('open'));
      socket.on('error', () => resolve('refused'));
      socket.on('timeout', () => resolve('silent'));
    });
    expect(answer).toBe('refused');
    for (const option of ['--inspector-host', '--host', '--bind'])
      expect((await runBulkhead(['run', option, '0.0.0.0'])).code, option).toBe(2);
  });
});

describe('a directory', () => {
  it('with a running engine is refused by inspect', async () => {
    const { code, stderr } = await runBulkhead(['inspect', '--data-dir', directory, '--port', '0']);
    expect(code).toBe(75);
    expect(stderr).toMatch(/an engine runs on/u);
  });

  it('without one can be looked at, and nothing can be changed in it', async () => {
    const copy = join(root, 'ended');
    await runBulkhead([
      'run',
      '--data-dir',
      copy,
      '--for',
      '2h',
      '--speed',
      'max',
      '--progress',
      'none',
    ]);
    const [running, address] = await startWithInspector([
      'inspect',
      '--data-dir',
      copy,
      '--port',
      '0',
    ]);
    const { stdout } = await runBulkhead([
      'token',
      'create',
      '--data-dir',
      copy,
      '--role',
      'admin',
      '--by',
      'ann',
    ]);
    const client = new InspectorClient(address, stdout.trim());
    const hello = await client.get('hello');
    expect(hello).toMatchObject({ isRunning: false, allowActions: false, role: 'admin' });
    const refused = await client.command({ requestId: 'e2e-lock-2', verb: 'lock', account: 'A1' });
    expect(refused).toMatchObject({ status: 409, outcome: 'refused' });
    expect((await client.get('hello')).headSeq).toBe(hello.headSeq);
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });

  it('whose list of tokens others may read is refused, exit 78', async () => {
    const copy = join(root, 'open');
    await runBulkhead([
      'run',
      '--data-dir',
      copy,
      '--for',
      '10m',
      '--speed',
      'max',
      '--progress',
      'none',
    ]);
    await runBulkhead(['token', 'create', '--data-dir', copy, '--role', 'viewer', '--by', 'tom']);
    chmodSync(join(copy, 'inspector-tokens.json'), 0o644);
    for (const words of [
      ['token', 'list'],
      ['inspect', '--port', '0'],
      ['run', '--inspector-port', '0', '--for', '1m'],
    ]) {
      const { code, stderr } = await runBulkhead([...words, '--data-dir', copy]);
      expect(code, words.join(' ')).toBe(78);
      expect(stderr, words.join(' ')).toMatch(/others may read .*chmod 600/u);
    }
  });
});
