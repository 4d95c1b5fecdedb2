/** Verifies: the number of commands a minute over the control socket, and what it never refuses. Source: security 2, limits. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { controlSocketName } from '../../src/bin/control-path.ts';
import { openControlSocket, type ControlSocket } from '../../src/bin/control-socket.ts';
import { limits } from '../../src/kernel/limits.ts';

let folder = '';
let socket: ControlSocket;
let nowMs = 1_000;
const asked: string[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-limit-'));
  asked.length = 0;
  nowMs = 1_000;
  const clock = { monotonicMs: () => nowMs };
  socket = await openControlSocket(
    folder,
    async ({ verb }) => {
      asked.push(verb);
      return await Promise.resolve({ outcome: 'accepted', text: 'done' });
    },
    clock,
  );
});
afterEach(async () => {
  await socket.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends lines over one connection and resolves with the outcome of each. */
async function outcomes(requests: readonly object[]): Promise<readonly string[]> {
  const client = connect(join(folder, controlSocketName));
  client.setEncoding('utf8');
  let text = '';
  await new Promise<void>((done, fail) => {
    client.on('error', fail);
    client.on('data', (chunk: string) => {
      text += chunk;
      if (text.split('\n').length > requests.length) done();
    });
    client.write(requests.map((one) => `${JSON.stringify(one)}\n`).join(''));
  });
  client.destroy();
  const lines = text.trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { readonly outcome: string }).outcome);
}

const resume = { verb: 'resume', by: 'ann', reason: 'mended', requestId: 'r' };
const kill = { verb: 'kill', by: 'ann', reason: 'runaway', requestId: 'k' };

it('takes a hundred commands a minute over all connections, and a kill on top of them', async () => {
  const all = Array.from({ length: limits.controlCommandsPerMinuteMax }, () => resume);
  const first = await outcomes(all.slice(0, 60));
  const second = await outcomes(all.slice(60));
  expect(new Set([...first, ...second])).toEqual(new Set(['accepted']));
  expect(await outcomes([resume, kill, resume])).toEqual(['refused', 'accepted', 'refused']);
  expect(asked.filter((verb) => verb === 'resume')).toHaveLength(100);
  nowMs += 59_999;
  expect(await outcomes([resume])).toEqual(['refused']);
  nowMs += 1;
  expect(await outcomes([resume])).toEqual(['accepted']);
});
