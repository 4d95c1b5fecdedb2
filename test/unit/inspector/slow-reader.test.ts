/**
 * Readers that do not read, do not answer, or say nothing; time is simulated, the sockets are real.
 *
 * Verifies: inspector 2 (gap mode, own heartbeat, feeds stop 60 s after the last word), inspector 13 case 2
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { InspectorSources } from '../../../src/inspector/api.ts';
import { loopbackBind } from '../../../src/inspector/bind.ts';
import type { ServerFrame } from '../../../src/inspector/protocol-reports.ts';
import { Stream } from '../../../src/inspector/stream.ts';
import { SimulatedClock } from '../../../src/kernel/clock.ts';
import type { ViewedRow } from '../../../src/ports/journal-view.port.ts';
import { until } from '../../support/inspector.ts';

// Real sockets and a real store: a loaded machine takes its time.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let clock: SimulatedClock;
let server: Server;
let stream: Stream;
let seq = 0;
let viewers = 0;
const frames: ServerFrame[] = [];

beforeEach(async () => {
  clock = new SimulatedClock(1_000_000);
  [seq, viewers] = [0, 0];
  frames.length = 0;
  const summary = (id: string) => ({ id, account: 'A1', padding: 'x'.repeat(500) });
  const index = {
    get seq() {
      return seq;
    },
    summary,
  };
  stream = new Stream({
    clock,
    sources: { index, hello: () => ({ headSeq: seq }) } as unknown as InspectorSources,
    identify: () => ({ identity: { tokenId: 't', role: 'viewer', by: 'tom' }, csrf: '' }),
    isStillValid: () => true,
    onUse: () => undefined,
    onViewers: (count) => {
      viewers = count;
    },
  });
  server = createServer();
  server.on('upgrade', (request, socket, head) => {
    const { port } = server.address() as AddressInfo;
    stream.upgrade(request, socket, head, { ...loopbackBind, port });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterEach(() => {
  stream.close();
  server.close();
});

async function open(): Promise<{ socket: WebSocket; closed: Promise<number> }> {
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/stream`, {
    headers: { authorization: 'Bearer x' },
    autoPong: false,
  });
  socket.on('message', (data) => {
    if (Buffer.isBuffer(data)) frames.push(JSON.parse(data.toString()) as ServerFrame);
  });
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve);
  });
  await until(() => frames.some(({ type }) => type === 'hello'), 'hello');
  for (const feed of ['index', 'tail'] as const)
    socket.send(JSON.stringify({ type: 'subscribe', feed }));
  await said(socket);
  return { socket, closed };
}

/** Whatever was sent before has been taken. */
async function said(socket: WebSocket): Promise<void> {
  const pongs = (): number => frames.filter(({ type }) => type === 'pong').length;
  const before = pongs();
  socket.send('{"type":"ping"}');
  await until(() => pongs() > before, 'pong');
}

/** 100 actors change, each with a row. */
function publish(): void {
  const ids = Array.from({ length: 100 }, (_, number) => `account/A1/order/${number}`);
  const rows = ids.map((actor) => {
    seq += 1;
    const row = { seq, atMs: seq, account: 'A1', actor, actorSeq: 1, machine: 'order' };
    const states = { fromState: '"a"', toState: '"b"', causeSeq: 0, correlationSeq: 0 };
    return { ...row, ...states, eventJson: '{"type":"order.changed"}' } as unknown as ViewedRow;
  });
  stream.publish(new Set(ids), rows);
}

it('keeps about a megabyte for a reader that does not read, whatever happens meanwhile', async () => {
  const { socket } = await open();
  socket.pause();
  for (let count = 0; count < 1_000; count += 1) {
    publish();
    if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.resume();
  await said(socket);
  const deltas = frames.filter(({ type }) => type === 'index.delta').length;
  // 1,000 looks of 56 KB are 56 MB; what waits is a megabyte here, and what the system keeps of a line.
  expect(deltas).toBeGreaterThan(5);
  expect(deltas).toBeLessThan(500);
});

it('gives a gap to a reader that reads again', async () => {
  const { socket } = await open();
  publish();
  await until(() => frames.some(({ type }) => type === 'tail'), 'rows');
  for (let count = 0; count < 30; count += 1) publish();
  const behind = seq;
  socket.send(JSON.stringify({ type: 'ack', seq: behind }));
  await said(socket);
  publish();
  const gap = await until(() => frames.find(({ type }) => type === 'gap'), 'gap');
  expect(gap).toMatchObject({ type: 'gap', to: behind });
  const told = frames.flatMap((frame) => (frame.type === 'tail' ? frame.rows : []));
  // The credit is 1,000 rows, and what one look adds.
  expect(told.length).toBeLessThanOrEqual(1_000 + 200 + 100);
  expect(told.at(-1)?.seq).toBe(seq);
});

it('tells a reader nothing that has said nothing for 60 s, until it speaks', async () => {
  const { socket } = await open();
  publish();
  await until(() => frames.some(({ type }) => type === 'tail'), 'rows');
  socket.on('ping', () => socket.pong());
  for (let passed = 0; passed < 5; passed += 1) {
    clock.advanceTo(clock.nowMs() + 13_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const count = frames.length;
  publish();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(frames.length).toBe(count);
  await said(socket);
  publish();
  const gap = await until(() => frames.find(({ type }) => type === 'gap'), 'gap');
  expect(gap).toEqual({ type: 'gap', from: 101, to: 200 });
});

it('ends a line that answers no ping, after two misses and not before', async () => {
  const { closed } = await open();
  clock.advanceTo(clock.nowMs() + 15_000);
  clock.advanceTo(clock.nowMs() + 15_000);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(viewers).toBe(1);
  clock.advanceTo(clock.nowMs() + 15_000);
  expect(await closed).toBe(1006);
  await until(() => viewers === 0, 'the end of the reader');
});
