/** Verifies: security 3 (denied and failed attempts), security 9 case 3: a flood is a row a minute. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openControlSocket } from '../../../src/bin/control-socket.ts';
import type { DeniedAccess, DeniedAccesses } from '../../../src/domain/access-denied.ts';
import { DenialBook } from '../../../src/inspector/denial-book.ts';
import { answerCommand, deniedBy } from '../../../src/inspector/denied-requests.ts';
import { answerProblem } from '../../../src/inspector/http-guard.ts';
import { SimulatedClock, systemClock } from '../../../src/kernel/clock.ts';

const denied = (kind: 'INVALID_JSON' | 'TOO_LARGE', ip = '127.0.0.1') => ({ kind, text: 'x', ip });

function book(): { clock: SimulatedClock; told: DeniedAccesses[]; book: DenialBook } {
  const clock = new SimulatedClock(1_000_000);
  const told: DeniedAccesses[] = [];
  return { clock, told, book: new DenialBook(clock, (one) => told.push(one)) };
}

it('tells the first at once, and a flood of 10,000 as one row a minute with its counts', () => {
  const { clock, told, book: kept } = book();
  kept.add(denied('INVALID_JSON'));
  expect(told).toEqual([{ first: denied('INVALID_JSON'), counts: { INVALID_JSON: 1 } }]);
  for (let minute = 0; minute < 3; minute += 1) {
    for (let count = 0; count < 10_000; count += 1)
      kept.add(denied(count % 10 === 0 ? 'TOO_LARGE' : 'INVALID_JSON'));
    clock.advanceTo(clock.nowMs() + 60_000);
  }
  expect(told).toHaveLength(4);
  expect(told[3]).toEqual({
    first: denied('TOO_LARGE'),
    counts: { TOO_LARGE: 1_000, INVALID_JSON: 9_000 },
  });
});

it('tells at once again after a quiet minute, and what is still counted when it ends', () => {
  const { clock, told, book: kept } = book();
  kept.add(denied('INVALID_JSON'));
  clock.advanceTo(clock.nowMs() + 60_000);
  expect(told).toHaveLength(1);
  kept.add(denied('TOO_LARGE'));
  expect(told).toHaveLength(2);
  kept.add(denied('TOO_LARGE', '127.0.0.2'));
  expect(told).toHaveLength(2);
  kept.close();
  expect(told[2]).toEqual({ first: denied('TOO_LARGE', '127.0.0.2'), counts: { TOO_LARGE: 1 } });
});

it('hears of lines of the control socket that are no command, and of none that is one', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-denied-'));
  const heard: DeniedAccess[] = [];
  const accept = async () => ({ outcome: 'accepted', text: 'done' }) as const;
  const server = await openControlSocket(directory, accept, systemClock, (one) => heard.push(one));
  const answers = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(join(directory, 'control.sock'), () =>
      socket.write('no JSON\n{"verb":"none"}\n{"requestId":"r1","verb":"pause","by":"ann"}\n'),
    );
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.split('\n').length > 3) socket.end();
    });
    socket.on('close', () => resolve(text));
  });
  await server.close();
  rmSync(directory, { recursive: true });
  expect(answers).toContain('accepted');
  expect(heard.map(({ kind, ip }) => [kind, ip])).toEqual([
    ['INVALID_REQUEST', 'control socket'],
    ['INVALID_REQUEST', 'control socket'],
  ]);
});

describe('which answers are told', () => {
  const identity = { tokenId: 'tok', role: 'viewer', by: 'tom' } as const;
  const response = () =>
    ({ writeHead: () => undefined, end: () => undefined }) as unknown as ServerResponse;
  const request = (url: string, method = 'POST') =>
    ({ url, method, socket: { remoteAddress: '127.0.0.1' } }) as unknown as IncomingMessage;

  it('a command that the engine could not read, also one that the policy has denied before', () => {
    const role = { status: 403, code: 'ROLE', text: 'role' } as const;
    for (const denial of [undefined, role]) {
      const answer = response();
      const result = { outcome: 'refused', text: 'mode: x', isInvalid: true } as const;
      answerCommand(answer, result, denial);
      const told = deniedBy(request('/api/command'), answer, () => identity);
      expect(told).toEqual({
        kind: 'INVALID_REQUEST',
        text: 'it was no command',
        ip: '127.0.0.1',
        ...identity,
      });
    }
  });

  it('none that the engine has a row of', () => {
    const answer = response();
    const role = { status: 403, code: 'ROLE', text: 'role' } as const;
    answerCommand(answer, { outcome: 'refused', text: 'role' }, role);
    expect(deniedBy(request('/api/command'), answer, () => identity)).toBeUndefined();
  });

  it.each([
    ['a wrong token at the sign-in', '/api/session', 'NOT_SIGNED_IN', 'SIGN_IN_FAILED'],
    ['a wrong proof', '/api/session/proof', 'NOT_PROVEN', 'SIGN_IN_FAILED'],
    ['no token', '/api/command', 'NOT_SIGNED_IN', 'NOT_SIGNED_IN'],
    ['another site, anywhere', '/api/machine/simulate', 'OTHER_SITE', 'OTHER_SITE'],
    ['too many', '/api/command', 'TOO_MANY_COMMANDS', 'TOO_MANY_COMMANDS'],
  ])('%s', (_, url, code, kind) => {
    const answer = response();
    answerProblem(answer, 400, code, 'why');
    expect(deniedBy(request(url), answer, () => undefined)).toMatchObject({ kind, text: 'why' });
    expect(deniedBy(request(url, 'GET'), answer, () => undefined)).toBeUndefined();
  });

  it('no question, and nothing that was only asked wrongly', () => {
    const answer = response();
    answerProblem(answer, 400, 'INVALID_REQUEST', 'why');
    expect(deniedBy(request('/api/machine/simulate'), answer, () => identity)).toBeUndefined();
  });
});
