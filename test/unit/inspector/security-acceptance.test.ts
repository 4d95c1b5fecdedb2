/**
 * The acceptance cases of the service's security, each by its number, over real sockets. Those of a whole process (2, 6, 7
 * and 8) are in `test/e2e/security-acceptance.test.ts`; 8 is in `test/unit/audit.test.ts` as well.
 *
 * Verifies: security 9 cases 1, 3, 4, 5, 7 and 11, security 3
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { operatorPolicy } from '../../../src/domain/operator-policy.ts';
import { roles } from '../../../src/domain/operator.ts';
import { createLog } from '../../../src/observability/log.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../../support/engine.ts';
import { ask, startTestInspector, until, type TestInspector } from '../../support/inspector.ts';

// Real sockets and a real store: a loaded machine takes its time.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let test: TestEngine;
let inspector: TestInspector;
beforeAll(async () => {
  test = await startTestEngine({ accounts: ['A1', 'B2'], rules: { maxContracts: { limit: '5' } } });
  await test.quote('MNQ', 80_000, 80_001);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2, account: 'A1' });
  inspector = await startTestInspector(test);
});
afterAll(async () => {
  await inspector.close();
  await test.engine.stop();
  removeDirectory(test.directory);
});

const host = (): string => `127.0.0.1:${inspector.port}`;
const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const headSeq = (): number => test.engine.world.options.journal.head.seq;

function post(
  token: string | undefined,
  body: string,
  more: Readonly<Record<string, string>> = {},
  path = '/api/command',
): ReturnType<typeof ask> {
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { host: host(), ...authorization, ...more };
  return ask(inspector.port, path, { method: 'POST', headers, body });
}

type Line = { readonly socket: WebSocket; readonly closed: Promise<number> };
function line(token: string): Promise<Line> {
  const socket = new WebSocket(`ws://${host()}/api/stream`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve);
    socket.on('error', () => resolve(0));
  });
  const opened = new Promise<void>((resolve) => {
    socket.on('message', () => resolve());
  });
  return Promise.race([opened, closed]).then(() => ({ socket, closed }));
}

describe('case 1: host and origin', () => {
  it('a foreign host is 421 on a request and on upgrade, a foreign origin opens no line, and nothing allows another site', async () => {
    const { token } = inspector.client('admin');
    const authorization = `Bearer ${token}`;
    const foreign = { host: 'evil.example', authorization };
    const answers = [
      await ask(inspector.port, '/api/hello', { headers: foreign }),
      await ask(inspector.port, '/api/stream', { headers: { ...foreign, ...upgrade } }),
      await ask(inspector.port, '/api/stream', {
        headers: { host: host(), authorization, origin: 'http://evil.example', ...upgrade },
      }),
      await ask(inspector.port, '/api/hello', { headers: { host: host(), authorization } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([421, 421, 403, 200]);
    for (const { headers } of answers)
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

describe('case 3: verb × role × mode', () => {
  const modes = ['DRY_RUN', 'PAPER', 'LIVE'] as const;

  it('a denied verb is a row with its hashes, and changes nothing', async () => {
    const auditor = inspector.client('auditor');
    for (const role of roles) {
      const client = inspector.client(role);
      for (const [verb, policy] of Object.entries(operatorPolicy)) {
        if (policy.roles.includes(role)) continue;
        const before = headSeq();
        const requestId = `case-3-${role}-${verb}`;
        const given = { requestId, verb, account: 'A1', reason: 'x', order: 'o', rule: 'RULE-001' };
        const more = { key: 'limit', value: '1', amount: '1', lock: 'l', scope: scopeOf(verb) };
        const answer = await client.command({ ...given, ...more });
        expect(answer, `${role} ${verb}`).toMatchObject({ status: 403, outcome: 'refused' });
        const [row] = (await auditor.get('audit')).rows;
        expect(row?.seq, `${role} ${verb}`).toBeGreaterThan(before);
        expect(row).toMatchObject({ verb, role, outcome: 'refused', ip: '127.0.0.1' });
        expect(row?.paramsHash).toMatch(/^[0-9a-f]{64}$/u);
        expect(row?.afterHash).toBe(row?.beforeHash);
        expect(row?.hash).toMatch(/^[0-9a-f]{64}$/u);
      }
    }
    for (const { modes: allowed } of Object.values(operatorPolicy))
      expect(allowed.toSorted()).toEqual(modes.toSorted());
  });

  function scopeOf(verb: string): string {
    if (verb === 'reset') return 'daily';
    return verb === 'pause' || verb === 'resume' ? 'strategy:s' : 'account';
  }

  it('what nobody could read is a row as well: one for many, with their number', async () => {
    const { token } = inspector.client('operator');
    const auditor = inspector.client('auditor');
    const before = headSeq();
    for (const body of ['{', '[]', 'x'.repeat(65_537), '{"requestId":"12345678","verb":"none"}'])
      expect((await post(token, body)).status, body.slice(0, 10)).toBeGreaterThanOrEqual(400);
    expect((await post(undefined, '{}')).status).toBe(401);
    expect((await post('bh_admin_0123456789abcdef01234', '{}')).status).toBe(401);
    const denied = await until(() => {
      const reader = headSeq() > before;
      return reader;
    }, 'the row of the denial');
    expect(denied).toBe(true);
    const { rows } = await auditor.get('audit');
    const [row, second] = rows.filter(({ verb }) => verb === 'unread request');
    expect(row).toMatchObject({ role: 'operator', outcome: 'denied', ip: '127.0.0.1' });
    expect(row?.text).toMatch(/^[A-Z_]+ ×\d+: /u);
    // The others of this minute are still counted: a flood writes no more rows than this.
    expect(second).toBeUndefined();
    const news = await auditor.get('rows', { after: before, limit: 50 });
    expect(new Set(news.rows.map(({ event }) => event))).toEqual(new Set(['operator.denied']));
  });
});

describe('case 4: a token that is revoked', () => {
  it('its open lines end at once with 1008', async () => {
    const { token } = inspector.client('viewer');
    const [one, other] = [await line(token), await line(token)];
    const { tokenId } = inspector.tokens.identify(token) ?? { tokenId: '' };
    const fromMs = performance.now();
    inspector.tokens.revoke(tokenId);
    expect(await one.closed).toBe(1008);
    expect(await other.closed).toBe(1008);
    expect(performance.now() - fromMs).toBeLessThan(2_000);
    expect((await post(token, '{}')).status).toBe(401);
  });
});

describe('case 5: limits', () => {
  it('a frame of 64 KiB and a byte ends the line with 1009, one of 64 KiB does not', async () => {
    const { token } = inspector.client('viewer');
    const { socket, closed } = await line(token);
    const ping = '{"type":"ping"}';
    socket.send(ping.padEnd(65_536, ' '));
    await new Promise((resolve) => {
      socket.once('message', resolve);
    });
    socket.send(ping.padEnd(65_537, ' '));
    expect(await closed).toBe(1009);
  });

  it('the 101st command of a minute is 429', async () => {
    const { token } = inspector.client('operator');
    const statuses = new Set<number>();
    for (let count = 0; count < 100; count += 1) statuses.add((await post(token, '{}')).status);
    expect([...statuses]).toEqual([400]);
    expect((await post(token, '{}')).status).toBe(429);
  });

  it('the 6th socket of a token is closed, and the 21st of all is not opened', async () => {
    const lines: Line[] = [];
    const sixth: number[] = [];
    for (let holder = 0; holder < 4; holder += 1) {
      const { token } = inspector.client('viewer');
      for (let count = 0; count < 5; count += 1) lines.push(await line(token));
      if (holder < 3) sixth.push(await (await line(token)).closed);
    }
    expect(sixth).toEqual([1008, 1008, 1008]);
    const { token } = inspector.client('viewer');
    const headers = { host: host(), authorization: `Bearer ${token}`, ...upgrade };
    expect((await ask(inspector.port, '/api/stream', { headers })).status).toBe(503);
    for (const { socket } of lines) socket.terminate();
    await until(() => lines.every(({ socket }) => socket.readyState === socket.CLOSED), 'the end');
  });

  it('a request whose headers do not come is ended after 5 s, one whose body does not come after 10 s', async () => {
    const { token } = inspector.client('viewer');
    const lengthOf = async (text: string): Promise<number> => {
      const fromMs = performance.now();
      await new Promise<void>((resolve) => {
        const socket = connect(inspector.port, '127.0.0.1', () => socket.write(text));
        socket.on('data', () => undefined);
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
      });
      return performance.now() - fromMs;
    };
    const start = `POST /api/command HTTP/1.1\r\nHost: ${host()}\r\n`;
    const [headers, body] = await Promise.all([
      lengthOf(start),
      lengthOf(`${start}Authorization: Bearer ${token}\r\nContent-Length: 100\r\n\r\n{`),
    ]);
    expect(headers).toBeGreaterThan(4_000);
    expect(headers).toBeLessThan(8_000);
    expect(body).toBeGreaterThan(9_000);
    expect(body).toBeLessThan(14_000);
  });

  it('the 6th sign-in of a minute is 429', async () => {
    const wrong = JSON.stringify({ token: 'bh_admin_0123456789abcdef0123456789' });
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1)
      statuses.push((await post(undefined, wrong, {}, '/api/session')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });
});

describe('case 7: canaries', () => {
  const secret = 'aB3kQ9'.repeat(8);
  const canaries = [`bh_admin_${secret}`, secret, 'hunter2-canary', 'canary-person-ann'];
  const text = `venue said: token ${canaries[0]} and ${secret}, password=hunter2-canary`;

  it('are in no answer, no frame, no metric and no line of the log; a person only where the role sees persons', async () => {
    const admin = inspector.client('admin');
    test.engine.operate(
      {
        verb: 'pause',
        strategy: 'canary',
        requestId: 'canary-1',
        role: 'admin',
        by: 'canary-person-ann',
        reason: text,
        origin: { tokenId: 'tok', ip: '127.0.0.1' },
        accountId: 'A1' as never,
      },
      () => undefined,
    );
    test.engine.operate(
      {
        verb: 'lock',
        scope: 'symbol:ES',
        isIrrevocable: false,
        requestId: 'canary-lock',
        role: 'admin',
        by: 'ann',
        reason: text,
        accountId: 'A1' as never,
      },
      () => undefined,
    );
    test.engine.rest();
    const readers = [
      { reader: inspector.client('viewer', ['A1']), hidden: canaries },
      { reader: admin, hidden: canaries.slice(0, 3) },
    ];
    for (const { reader, hidden } of readers) {
      const frames: string[] = [];
      const shaped = new WebSocket(`ws://${host()}/api/stream?shape=statelyai`, {
        headers: { authorization: `Bearer ${reader.token}` },
      });
      shaped.on('message', (data: Buffer) => frames.push(data.toString('utf8')));
      const open = reader.stream((frame) => frames.push(JSON.stringify(frame)));
      await until(() => frames.length > 0, 'hello');
      for (const feed of ['index', 'tail', 'live'] as const) open.send({ type: 'subscribe', feed });
      open.send({ type: 'ping' });
      await until(() => frames.some((frame) => frame.includes('"pong"')), 'the subscription');
      inspector.tell({
        type: 'live',
        live: { nowMs: 1, commitMsP99: 1, evaluator: 'inline', accounts: [] },
      });
      await test.quote('MNQ', 80_000, 80_002);
      await test.submit({ instrument: 'MNQ', side: 'sell', quantityLots: 1, account: 'A1' });
      await until(() => frames.some((frame) => frame.includes('"tail"')), 'rows');
      const answers: string[] = [];
      for (const path of paths()) {
        const headers = { host: host(), authorization: `Bearer ${reader.token}` };
        answers.push((await ask(inspector.port, `/api/${path}`, { headers })).text);
      }
      expect(answers.join('').length).toBeGreaterThan(5_000);
      for (const canary of hidden) {
        expect(frames.join('').includes(canary), `a frame shows ${canary}`).toBe(false);
        paths().forEach((path, at) =>
          expect(answers[at]?.includes(canary), `${path} shows ${canary}`).toBe(false),
        );
      }
      open.close();
      shaped.terminate();
    }
    expect((await admin.get('audit')).rows[1]?.by).toBe('canary-person-ann');
  });

  it('an error says nothing of what it was given', async () => {
    const { token } = inspector.client('admin');
    const answer = await post(
      token,
      JSON.stringify({ requestId: 'canary-2', verb: `kill ${secret}` }),
    );
    expect(answer.text).not.toContain(secret);
  });

  it('a search finds nothing in what its reader may not see', async () => {
    const viewer = inspector.client('viewer', ['A1']);
    const admin = inspector.client('admin');
    const query = { account: 'A1', q: 'canary-person' };
    expect((await viewer.get('rows', query)).rows).toEqual([]);
    expect((await admin.get('rows', query)).rows.length).toBeGreaterThan(0);
    expect((await admin.get('rows', { q: 'hunter2' })).rows).toEqual([]);
  });

  it('the log holds none, neither as a field, inside a text, nor in an error', () => {
    const log = createLog(test.directory);
    log.info(
      { apiKey: 'hunter2-canary', note: text, deep: { clientSecret: 'hunter2-canary' } },
      text,
    );
    log.error(new Error(text), 'it failed');
    log.warn({ err: new Error(text), lines: 'one\r\ntwo' }, `%s ${text}`, secret);
    const written = readFileSync(join(test.directory, 'bulkhead.log'), 'utf8');
    expect(written).toContain('it failed');
    expect(written.trim().split('\n')).toHaveLength(3);
    for (const canary of canaries.slice(0, 3)) expect(written.includes(canary), canary).toBe(false);
  });

  function paths(): readonly string[] {
    const seq = headSeq();
    return [
      'hello',
      'wall',
      'index',
      'rows?account=A1&limit=500',
      ...Array.from({ length: 12 }, (_, back) => `row?seq=${Math.max(1, seq - back)}`),
      'faults',
      'audit',
      'rules',
      'metrics',
      'actor?id=account/A1/ledger',
      'actor?id=account/A1',
      `rewind?account=A1&at=${seq}`,
      `diff?account=A1&a=1&b=${seq}`,
      `why?seq=${seq}`,
      'series?account=A1',
      'correlation?seq=1',
      'nothing',
    ];
  }
});

describe('case 11: the page', () => {
  it('has no inline script, no other origin, trusted types, and takes venue text as text', async () => {
    const answer = await ask(inspector.port, '/', { headers: { host: host() } });
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/u);
    const admin = inspector.client('admin');
    const hostile = '<img src=x onerror=alert(1)>';
    await admin.command({
      requestId: 'hostile-text',
      verb: 'pause',
      strategy: 's',
      reason: hostile,
    });
    const headers = { host: host(), authorization: `Bearer ${admin.token}` };
    const audit = await ask(inspector.port, '/api/audit', { headers });
    expect(audit.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(audit.headers['x-content-type-options']).toBe('nosniff');
    expect((JSON.parse(audit.text) as { rows: { reason: string }[] }).rows[0]?.reason).toBe(
      hostile,
    );
  });
});
