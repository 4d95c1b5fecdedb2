/**
 * A browser's session over HTTP: cookie, header, sign-out, attempts.
 *
 * Verifies: security 1 (Browser session, Limits: login), security 9 case 5
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { SessionAnswer } from '../../../src/inspector/protocol.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../../support/engine.ts';
import { ask, startTestInspector, type TestInspector } from '../../support/inspector.ts';

// Real sockets and a real store: a loaded machine takes its time.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let test: TestEngine;
let inspector: TestInspector;
beforeAll(async () => {
  test = await startTestEngine();
  inspector = await startTestInspector(test);
});
afterAll(async () => {
  await inspector.close();
  await test.engine.stop();
  removeDirectory(test.directory);
});

const host = (): string => `127.0.0.1:${inspector.port}`;

function signIn(token: string) {
  const body = JSON.stringify({ token });
  return ask(inspector.port, '/api/session', { method: 'POST', headers: { host: host() }, body });
}

async function signedIn(token: string): Promise<{ cookie: string; csrf: string }> {
  const answer = await signIn(token);
  expect(answer.status).toBe(200);
  const [set = ''] = answer.headers['set-cookie'] ?? [];
  const { csrf } = JSON.parse(answer.text) as SessionAnswer;
  return { cookie: set.split(';', 1)[0] ?? '', csrf };
}

it('begins with the link of the start, once, in a cookie that scripts and other sites do not get', async () => {
  const answer = await signIn(inspector.signIn);
  expect(answer.status).toBe(200);
  expect(String(answer.headers['set-cookie'])).toMatch(
    new RegExp(
      `^bulkhead_session_${inspector.port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/; Max-Age=\\d+$`,
      'u',
    ),
  );
  expect(JSON.parse(answer.text)).toMatchObject({ role: 'admin', csrf: expect.any(String) });
  expect((await signIn(inspector.signIn)).status).toBe(401);
});

it('acts with the header that only its page knows, and never shows its own secrets', async () => {
  const { cookie, csrf } = await signedIn(inspector.client('operator').token);
  const command = (more: Record<string, string>) =>
    ask(inspector.port, '/api/command', {
      method: 'POST',
      headers: { host: host(), cookie, ...more },
      body: JSON.stringify({ requestId: 'with-cookie-1', verb: 'lock', scope: 'symbol:ES' }),
    });
  expect(await command({})).toMatchObject({ status: 403, text: expect.stringContaining('CSRF') });
  expect((await command({ 'x-bulkhead-csrf': `${csrf}x` })).status).toBe(403);
  expect(inspector.commands).toEqual([]);
  expect((await command({ 'x-bulkhead-csrf': csrf })).status).toBe(200);
  const secret = cookie.split('=')[1] ?? '';
  for (const path of ['hello', 'audit', 'rows', 'wall']) {
    const { text, status } = await ask(inspector.port, `/api/${path}`, {
      headers: { host: host(), cookie },
    });
    expect(status, path).toBe(200);
    expect(text.includes(secret), path).toBe(false);
    expect(JSON.stringify(inspector.commands)).not.toContain(secret);
  }
});

it('opens a line with the cookie and the own origin only, and loses it at sign-out', async () => {
  const { cookie } = await signedIn(inspector.client('viewer').token);
  const open = (
    headers: Record<string, string>,
  ): Promise<{ socket: WebSocket; code: Promise<number> }> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://${host()}/api/stream`, {
        headers: { cookie, ...headers },
      });
      const code = new Promise<number>((done) => {
        socket.on('close', done);
      });
      socket.on('open', () => resolve({ socket, code }));
      socket.on('error', reject);
    });
  await expect(open({})).rejects.toThrow(/403/u);
  await expect(open({ origin: 'http://evil.example' })).rejects.toThrow(/403/u);
  const { code } = await open({ origin: `http://${host()}` });
  const out = await ask(inspector.port, '/api/session', {
    method: 'DELETE',
    headers: { host: host(), cookie },
  });
  expect(out.status).toBe(200);
  expect(await code).toBe(1008);
  const after = await ask(inspector.port, '/api/hello', { headers: { host: host(), cookie } });
  expect(after.status).toBe(401);
});

it('shows a token again where an admin’s sign-in is old, with the header', async () => {
  const { token } = inspector.client('admin');
  const { cookie, csrf } = await signedIn(token);
  const prove = (given: string, more: Record<string, string>) =>
    ask(inspector.port, '/api/session/proof', {
      method: 'POST',
      headers: { host: host(), cookie, ...more },
      body: JSON.stringify({ token: given }),
    });
  expect((await prove(token, {})).status).toBe(403);
  expect((await prove(token, { 'x-bulkhead-csrf': csrf })).status).toBe(200);
  const other = inspector.client('viewer').token;
  expect(await prove(other, { 'x-bulkhead-csrf': csrf })).toMatchObject({
    status: 403,
    text: expect.stringContaining('NOT_PROVEN'),
  });
});

it('lets nobody try a 6th time within a minute', async () => {
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 6; attempt += 1)
    statuses.push((await signIn(`bh_admin_wrong-token-${attempt}`)).status);
  // One wrong link was tried above.
  expect(statuses.slice(0, 4)).toEqual([401, 401, 401, 401]);
  expect(statuses[5]).toBe(429);
  expect((await signIn(inspector.client('admin').token)).status).toBe(429);
});
