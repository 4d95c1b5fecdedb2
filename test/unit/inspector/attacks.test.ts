/**
 * Attacks on the inspector's server, over real sockets.
 *
 * Verifies: security 1 (Host, Origin, Token, Browser session, AuthZ, Limits, CSP, Hostile data, Redaction), security 9
 * cases 1, 3, 5, 7 and 11, inspector 13 cases 6, 8 and 9
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { operatorPolicy } from '../../../src/domain/operator-policy.ts';
import { roles } from '../../../src/domain/operator.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../../support/engine.ts';
import { ask, startTestInspector, type TestInspector } from '../../support/inspector.ts';

// Real sockets and a real store: a loaded machine takes its time.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let test: TestEngine;
let inspector: TestInspector;
let page = '';
const canary = 'canary-4f1b9c-secret';

beforeAll(async () => {
  process.env['BULKHEAD_CANARY_KEY'] = canary;
  test = await startTestEngine({ accounts: ['A1', 'B2'], rules: { maxContracts: { limit: '5' } } });
  await test.quote('MNQ', 80_000, 80_001);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
  page = mkdtempSync(join(tmpdir(), 'bulkhead-page-'));
  mkdirSync(join(page, 'assets'));
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(page, 'assets/app.js'), 'void 0;');
  inspector = await startTestInspector(test, { pageFolder: page });
});
afterAll(async () => {
  await inspector.close();
  await test.engine.stop();
  removeDirectory(test.directory);
  rmSync(page, { recursive: true });
  delete process.env['BULKHEAD_CANARY_KEY'];
});

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

function own(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { host: `127.0.0.1:${inspector.port}`, ...more };
}

function bearer(token: string): Record<string, string> {
  return own({ authorization: `Bearer ${token}` });
}

describe('whose host and origin', () => {
  it.each(['evil.example', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example:7788'])(
    'answers 421 to the host %j, also on upgrade',
    async (host) => {
      const { token } = inspector.client('admin');
      const headers = { ...bearer(token), host };
      expect((await ask(inspector.port, '/api/hello', { headers })).status).toBe(421);
      expect((await ask(inspector.port, '/', { headers: { host } })).status).toBe(421);
      const opened = await ask(inspector.port, '/api/stream', {
        headers: { ...headers, ...upgrade },
      });
      expect(opened.status).toBe(421);
    },
  );

  it.each(['http://evil.example', 'null', 'https://127.0.0.1', 'http://127.0.0.1:1'])(
    'opens no line for the origin %s, whatever token it brings',
    async (origin) => {
      const { token } = inspector.client('admin');
      const headers = { ...bearer(token), ...upgrade, origin };
      expect((await ask(inspector.port, '/api/stream', { headers })).status).toBe(403);
    },
  );

  it('opens a line for its own origin and for a program with a token, and for nobody without', async () => {
    const { token } = inspector.client('viewer');
    const origin = `http://127.0.0.1:${inspector.port}`;
    const open = (headers: Record<string, string>) =>
      ask(inspector.port, '/api/stream', { headers: { ...headers, ...upgrade } });
    expect((await open({ ...bearer(token), origin })).status).toBe(101);
    expect((await open(bearer(token))).status).toBe(101);
    expect((await open(own({ origin }))).status).toBe(401);
    expect((await open(own())).status).toBe(403);
    expect((await open(bearer('bh_admin_0123456789abcdef0123456789'))).status).toBe(401);
  });

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'http://evil.example' }],
  ])('takes nothing that changes something from %j', async (headers) => {
    const { token } = inspector.client('admin');
    const before = test.engine.world.options.journal.head.seq;
    const body = JSON.stringify({ requestId: 'cross-site-1', verb: 'pause', account: 'A1' });
    for (const path of ['/api/command', '/api/session']) {
      const answer = await ask(inspector.port, path, {
        method: 'POST',
        headers: { ...bearer(token), ...headers },
        body,
      });
      expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('OTHER_SITE') });
    }
    // Nothing but the row that says so, and that once a minute.
    const auditor = inspector.client('auditor');
    const { rows } = await auditor.get('rows', { after: before, limit: 10 });
    expect(rows.map(({ event }) => event)).toEqual(rows.length === 0 ? [] : ['operator.denied']);
  });
});

describe('who asks', () => {
  const paths = [
    'hello',
    'wall',
    'index',
    'actor?id=account/A1',
    'actor/history?id=account/A1',
    'rows',
    'row?seq=1',
    'correlation?seq=1',
    'why?seq=1',
    'rewind?account=A1&at=5',
    'diff?account=A1&a=1&b=5',
    'blast?id=account/A1',
    'rules',
    'faults',
    'audit',
    'series?account=A1',
    'machines',
    'machine?id=order',
    'metrics',
    'nothing',
  ];

  it('gives nothing without a token, and says no more than that', async () => {
    for (const path of paths) {
      const answer = await ask(inspector.port, `/api/${path}`, { headers: own() });
      expect(answer, path).toMatchObject({ status: 401 });
      expect(JSON.parse(answer.text), path).toMatchObject({ code: 'NOT_SIGNED_IN' });
    }
  });

  it('gives a token of B2 nothing of A1', async () => {
    const { token } = inspector.client('viewer', ['B2']);
    const say = (path: string) => ask(inspector.port, `/api/${path}`, { headers: bearer(token) });
    for (const path of paths.filter((one) => one.includes('A1')))
      expect((await say(path)).status, path).toBe(403);
    for (const path of ['row?seq=1', 'why?seq=1', 'rows', 'rows?account=A1', 'metrics'])
      expect((await say(path)).status, path).toBe(403);
    for (const path of ['wall', 'index', 'rules', 'faults', 'audit', 'correlation?seq=1']) {
      const answer = await say(path);
      expect(answer.status, path).toBe(200);
      expect(answer.text, path).not.toContain('A1');
    }
    expect((await say('rewind?account=B2&at=50')).text).toContain('account/B2');
  });

  it('stamps every answer, also a refusal, with the headers that protect the page', async () => {
    const { token } = inspector.client('viewer');
    const answers = [
      await ask(inspector.port, '/', { headers: own() }),
      await ask(inspector.port, '/assets/app.js', { headers: own() }),
      await ask(inspector.port, '/missing.js', { headers: own() }),
      await ask(inspector.port, '/api/wall', { headers: bearer(token) }),
      await ask(inspector.port, '/api/wall', { headers: own() }),
      await ask(inspector.port, '/api/metrics', { headers: bearer(token) }),
      await ask(inspector.port, '/', { headers: { host: 'evil.example' } }),
      await ask(inspector.port, '/api/session', { method: 'POST', headers: own(), body: 'x' }),
    ];
    for (const { status, headers } of answers) {
      const csp = String(headers['content-security-policy']);
      expect(csp, String(status)).toContain("default-src 'none'");
      expect(csp).toContain("script-src 'self'");
      expect(csp).toContain("frame-ancestors 'none'");
      expect(csp).toContain("require-trusted-types-for 'script'");
      expect(csp).not.toMatch(/unsafe|https?:|\*/u);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 200, 401, 200, 421, 400]);
  });

  it('serves the page from memory: no path of a request is looked up', async () => {
    writeFileSync(join(page, 'later.js'), 'later');
    for (const path of [
      '/later.js',
      '/../../../../etc/passwd.js',
      '/%2e%2e/%2e%2e/etc/hosts.js',
      '/..%2f..%2fpackage.json',
      '/assets/../../package.json',
      '/inspector-tokens.json',
      '/journal.db',
    ])
      expect((await ask(inspector.port, path, { headers: own() })).status, path).toBe(404);
    const view = await ask(inspector.port, '/actor/anything', { headers: own() });
    expect(view.text).toContain('<title>page</title>');
  });
});

describe('what is too much or no request', () => {
  const send = (port: number, bytes: string): Promise<string> =>
    new Promise((resolve) => {
      let said = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
      socket.setEncoding('utf8');
      socket.on('data', (chunk: string) => {
        said += chunk;
      });
      socket.on('close', () => resolve(said));
      socket.on('error', () => resolve(said));
    });

  it('takes 64 KiB and not a byte more', async () => {
    const { token } = inspector.client('viewer');
    const post = (body: string) =>
      ask(inspector.port, '/api/command', { method: 'POST', headers: bearer(token), body });
    expect((await post('x'.repeat(65_536))).status).toBe(400);
    expect((await post('x'.repeat(65_537))).status).toBe(413);
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"verb":1}',
    '{"verb":"lock"}',
    '{"requestId":"12345678"}',
  ])('answers 400 to the command %j and asks the engine nothing', async (body) => {
    const { token } = inspector.client('admin');
    const before = inspector.commands.length;
    const answer = await ask(inspector.port, '/api/command', {
      method: 'POST',
      headers: bearer(token),
      body,
    });
    expect(answer.status).toBe(400);
    expect(inspector.commands.length).toBe(before);
  });

  it.each([
    'index?limit=501',
    'index?limit=-1',
    'index?what=1',
    'rows?after=x',
    'rewind?account=A1',
    'rewind?account=A1&at=1e99',
    'series?account=A1&points=9',
    'why?seq=-1',
  ])('answers 400 to %s', async (path) => {
    const { token } = inspector.client('admin');
    const answer = await ask(inspector.port, `/api/${path}`, { headers: bearer(token) });
    expect(answer.status).toBe(400);
  });

  it('answers bytes that are no request, and lives on', async () => {
    const said = await send(inspector.port, 'GET / HTTP/1.1\r\nbad header\r\n\r\n');
    expect(said).toMatch(/^HTTP\/1\.1 400 /u);
    expect(said.toLowerCase()).toContain("default-src 'none'");
    await send(inspector.port, '\0\0\0\0\r\n\r\n');
    expect(await send(inspector.port, 'GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 4\d\d /u);
    const twice = `GET / HTTP/1.1\r\nHost: a\r\nHost: 127.0.0.1:${inspector.port}\r\nConnection: close\r\n\r\n`;
    expect(await send(inspector.port, twice)).toMatch(/^HTTP\/1\.1 (?:400|421) /u);
    expect((await ask(inspector.port, '/', { headers: own() })).status).toBe(200);
  });

  it('reads with GET and acts with POST, nothing else', async () => {
    const { token } = inspector.client('admin');
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await ask(inspector.port, '/api/wall', { method, headers: bearer(token) });
      expect(answer.status, method).toBe(405);
    }
    const got = await ask(inspector.port, '/api/command', { headers: bearer(token) });
    expect(got.status).toBe(405);
  });

  it('takes 100 commands a minute from one token', async () => {
    const client = inspector.client('viewer');
    const statuses: number[] = [];
    for (let count = 0; count < 101; count += 1) {
      const answer = await ask(inspector.port, '/api/command', {
        method: 'POST',
        headers: bearer(client.token),
        body: '{}',
      });
      statuses.push(answer.status);
    }
    expect(statuses.slice(0, 100)).not.toContain(429);
    expect(statuses[100]).toBe(429);
  });
});

describe('every verb and role', () => {
  const requests: Readonly<Record<string, object>> = {
    unlock: { lock: 'operator:account' },
    lock: { scope: 'symbol:ES' },
    kill: { scope: 'account' },
    rearm: {},
    pause: { strategy: 'scalp' },
    resume: { strategy: 'scalp' },
    cancel: { order: 'o-1' },
    flatten: {},
    resolve: { order: 'o-1', outcome: 'failed', evidence: 'none' },
    acknowledge: {},
    recordTransfer: { amount: '1' },
    limit: { rule: 'RULE-001', key: 'limit', value: '4' },
    reset: { reset: 'daily' },
  };

  it('denies with 403 exactly what the policy table denies, changes nothing, and leaves a row', async () => {
    expect(Object.keys(requests).toSorted()).toEqual(Object.keys(operatorPolicy).toSorted());
    const auditor = inspector.client('auditor');
    let denied = 0;
    for (const role of roles) {
      const client = inspector.client(role);
      for (const [verb, fields] of Object.entries(requests)) {
        const policy = operatorPolicy[verb as keyof typeof operatorPolicy];
        if (policy.roles.includes(role)) continue;
        denied += 1;
        const requestId = `deny-${role}-${verb}`;
        const before = test.engine.world.options.journal.head.seq;
        const answer = await client.command({
          requestId,
          verb,
          account: 'A1',
          reason: 'because',
          blastSeq: before,
          ...fields,
        });
        expect(answer, `${role} ${verb}`).toMatchObject({
          status: 403,
          code: 'ROLE',
          outcome: 'refused',
        });
        const { rows } = await auditor.get('audit');
        expect(rows[0], `${role} ${verb}`).toMatchObject({
          verb,
          role,
          outcome: 'refused',
          ip: '127.0.0.1',
          by: `${role} ann`,
          target: 'A1',
        });
        expect(rows[0]?.tokenId).toMatch(/^[\w-]{8}$/u);
        expect(rows[0]?.seq).toBe(before + 1);
        // Nothing but the row, and what tells of a refused unlock.
        const news = await auditor.get('rows', { after: before, limit: 50 });
        const others = news.rows.filter(
          ({ machine }) => machine !== 'input' && machine !== 'alerts',
        );
        expect(others, `${role} ${verb}`).toEqual([]);
      }
    }
    expect(denied).toBe(11 + 1 + 13);
  });

  it('keeps a token to its accounts, also by an actor’s path or a wide kill', async () => {
    const client = inspector.client('operator', ['B2']);
    for (const fields of [
      { verb: 'pause', account: 'A1' },
      { verb: 'pause' },
      { verb: 'kill', account: 'B2', scope: 'all' },
      { verb: 'pause', account: 'B2', actor: 'account/A1/position/MNQ' },
    ]) {
      const answer = await client.command({
        requestId: `other-${JSON.stringify(fields).length}-${fields.verb}`,
        ...fields,
      });
      expect(answer, JSON.stringify(fields)).toMatchObject({ status: 403, code: 'OTHER_ACCOUNT' });
    }
    const locked = await client.command({
      requestId: 'own-account',
      verb: 'lock',
      account: 'B2',
      scope: 'symbol:ES',
    });
    expect(locked).toMatchObject({ status: 200, outcome: 'accepted' });
    const states = [...test.engine.world.accounts.values()].map(({ kills }) => kills.length);
    expect(states).toEqual([0, 0]);
  });

  it('wants a fresh look at what hangs on it before a verb that ends or changes something', async () => {
    const client = inspector.client('operator');
    const flatten = (blastSeq?: number) =>
      client.command({
        requestId: `flatten-${blastSeq ?? 'none'}-x`,
        verb: 'flatten',
        account: 'A1',
        ...(blastSeq === undefined ? {} : { blastSeq }),
      });
    expect(await flatten()).toMatchObject({ status: 409, code: 'NO_BLAST' });
    const { seq, inFlight } = await client.get('blast', { id: 'account/A1' });
    expect(inFlight).toEqual([]);
    const last = (await client.get('actor', { id: 'account/A1' })).seq;
    expect(await flatten(last - 1)).toMatchObject({ status: 409, code: 'OLD_BLAST' });
    expect(await flatten(seq + 1_000_000)).toMatchObject({ status: 409, code: 'OLD_BLAST' });
    expect(await flatten(seq)).toMatchObject({ status: 200, outcome: 'accepted' });
  });
});

describe('hostile text and secrets', () => {
  const hostile = '<img src=x onerror=alert(1)>\r\nSet-Cookie: a=b';

  it('gives hostile text back as JSON text only', async () => {
    const client = inspector.client('admin');
    const answer = await ask(inspector.port, '/api/command', {
      method: 'POST',
      headers: bearer(client.token),
      body: JSON.stringify({
        requestId: 'hostile-1',
        verb: 'pause',
        account: 'A1',
        strategy: hostile.trim(),
        reason: hostile,
      }),
    });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['set-cookie']).toBeUndefined();
    for (const path of [
      'audit',
      'rows?type=operator.',
      `why?order=${encodeURIComponent(hostile)}`,
      'actor?id=%3Cscript%3E',
    ]) {
      const read = await ask(inspector.port, `/api/${path}`, { headers: bearer(client.token) });
      expect(read.headers['content-type'], path).toBe('application/json; charset=utf-8');
      expect(read.headers['x-content-type-options']).toBe('nosniff');
      expect(() => JSON.parse(read.text) as unknown).not.toThrow();
    }
    const page404 = await ask(inspector.port, '/<img src=x>.js'.replaceAll(' ', '%20'), {
      headers: own(),
    });
    expect(page404.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('shows no secret: no token, hash, session, or value of the environment in any answer', async () => {
    const client = inspector.client('admin');
    const stored = inspector.tokens.list().map(({ hash }) => hash);
    for (const path of [
      'hello',
      'wall',
      'index',
      'rows?limit=500',
      'faults',
      'audit',
      'rules',
      'metrics',
      'rewind?account=A1&at=1000',
    ]) {
      const { text } = await ask(inspector.port, `/api/${path}`, { headers: bearer(client.token) });
      for (const secret of [canary, client.token, inspector.signIn, ...stored])
        expect(text.includes(secret), `${path} shows ${secret.slice(0, 8)}…`).toBe(false);
    }
  });
});
