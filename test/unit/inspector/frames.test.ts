/**
 * No frame of the line is above 64 KiB, however much changes at once and however large one thing is.
 *
 * Verifies: inspector 2 (index.delta, tail), security 1 (Limits)
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { InspectorSources } from '../../../src/inspector/api.ts';
import { loopbackBind } from '../../../src/inspector/bind.ts';
import {
  frameBytesMax,
  frameText,
  newestThatFit,
  statelyText,
} from '../../../src/inspector/frames.ts';
import type { ServerFrame } from '../../../src/inspector/protocol-reports.ts';
import type { RowSummary, Wall } from '../../../src/inspector/protocol.ts';
import type { StatelyFrame } from '../../../src/inspector/stately-frames.ts';
import { Stream } from '../../../src/inspector/stream.ts';
import { SimulatedClock } from '../../../src/kernel/clock.ts';
import type { ViewedRow } from '../../../src/ports/journal-view.port.ts';
import { until } from '../../support/inspector.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const huge = 'x'.repeat(70_000);
let server: Server;
let stream: Stream;
let seq = 0;
let alarms: Record<string, string> = {};
let sizes: number[] = [];
let frames: ServerFrame[] = [];

beforeEach(async () => {
  [seq, alarms, sizes, frames] = [0, {}, [], []];
  const index = {
    get seq() {
      return seq;
    },
    summary: (id: string) => ({ id, account: 'A1', alarm: alarms[id] ?? 'a'.repeat(120) }),
  };
  stream = new Stream({
    clock: new SimulatedClock(1_000_000),
    sources: { index, hello: () => ({ headSeq: seq }) } as unknown as InspectorSources,
    identify: () => ({ identity: { tokenId: 't', role: 'operator', by: 'tom' }, csrf: '' }),
    isStillValid: () => true,
    onUse: () => undefined,
    onViewers: () => undefined,
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

async function open(): Promise<WebSocket> {
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/stream`, {
    headers: { authorization: 'Bearer x' },
  });
  // What an earlier line still says is not of this one.
  const [told, lengths] = [frames, sizes];
  socket.on('message', (data) => {
    if (!Buffer.isBuffer(data)) return;
    lengths.push(data.length);
    told.push(JSON.parse(data.toString()) as ServerFrame);
  });
  await until(() => frames.some(({ type }) => type === 'hello'), 'hello');
  for (const feed of ['index', 'tail'] as const)
    socket.send(JSON.stringify({ type: 'subscribe', feed }));
  await said(socket);
  return socket;
}

async function said(socket: WebSocket): Promise<void> {
  const pongs = (): number => frames.filter(({ type }) => type === 'pong').length;
  const before = pongs();
  socket.send('{"type":"ping"}');
  await until(() => pongs() > before, 'pong');
}

function row(actor: string, eventType = 'order.changed'): ViewedRow {
  seq += 1;
  const states = { fromState: '"a"', toState: '"b"', causeSeq: 0, correlationSeq: 0 };
  return {
    seq,
    atMs: seq,
    account: 'A1',
    actor,
    actorSeq: 1,
    machine: 'order',
    ...states,
    eventJson: JSON.stringify({ type: eventType }),
  } as unknown as ViewedRow;
}

it('tells of 10,000 actors that change at once in frames of at most 64 KiB, each actor once', async () => {
  const socket = await open();
  const ids = Array.from({ length: 10_000 }, (_, number) => `account/A1/order/${number}`);
  stream.publish(
    new Set(ids),
    ids.map((id) => row(id)),
  );
  for (let tick = 0; tick < 60; tick += 1) {
    stream.publish(new Set(), []);
    if (tick % 10 === 0) await said(socket);
  }
  await said(socket);
  const told = frames.flatMap((frame) => (frame.type === 'index.delta' ? frame.rows : []));
  expect(told.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(Math.max(...sizes)).toBeLessThanOrEqual(frameBytesMax);
  expect(Math.max(...sizes)).toBeGreaterThan(50_000);
  // Rows that did not fit are a gap, and nothing is lost between the two.
  const gap = frames.find(({ type }) => type === 'gap');
  const tail = frames.flatMap((frame) => (frame.type === 'tail' ? frame.rows : []));
  expect(gap).toEqual({ type: 'gap', from: 1, to: (tail[0]?.seq ?? 0) - 1 });
  expect(tail.at(-1)?.seq).toBe(10_000);
});

it('tells of one actor that is larger than a frame by its address, and of those around it as always', async () => {
  const socket = await open();
  alarms = { b: huge };
  stream.publish(new Set(['a', 'b', 'c']), [row('a')]);
  stream.publish(new Set(), []);
  await said(socket);
  expect(frames).toContainEqual({ type: 'ref', of: 'actor', path: '/api/actor?id=b' });
  const told = frames.flatMap((frame) => (frame.type === 'index.delta' ? frame.rows : []));
  expect(told.map(({ id }) => id)).toEqual(['a', 'c']);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(frameBytesMax);
});

it('leaves a gap for a row that is larger than a frame, also when it is the newest', async () => {
  const socket = await open();
  stream.publish(new Set(), [row('a'), row('b', huge)]);
  stream.publish(new Set(), [row('c')]);
  await said(socket);
  expect(frames).toContainEqual({ type: 'gap', from: 1, to: 2 });
  const tail = frames.flatMap((frame) => (frame.type === 'tail' ? frame.rows : []));
  expect(tail.map((one) => one.seq)).toEqual([3]);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(frameBytesMax);
});

it('keeps to the bound where rows fill a frame to its last byte', () => {
  for (let length = 600; length < 640; length += 1) {
    const rows = Array.from({ length: 400 }, () => ({ pad: 'x'.repeat(length) }));
    const fitting = newestThatFit(rows as unknown as RowSummary[]);
    const bytes = Buffer.byteLength(JSON.stringify({ type: 'tail', rows: fitting }));
    expect(bytes, String(length)).toBeLessThanOrEqual(frameBytesMax);
    expect(bytes, String(length)).toBeGreaterThan(frameBytesMax - 2_000);
  }
});

it('gives the address of a wall that is too large, and a small one whole', () => {
  const wall = (text: string) => ({ type: 'live', wall: { text } as unknown as Wall }) as const;
  expect(JSON.parse(frameText(wall(huge)))).toEqual({ type: 'ref', of: 'wall', path: '/api/wall' });
  expect(JSON.parse(frameText(wall('x')))).toEqual(wall('x'));
});

it('leaves the data of a too large actor out of the public shape, and says where it is', () => {
  const frame = {
    sessionId: 'account/A1/order/o 1',
    type: '@xstate.snapshot',
    event: { type: 'order.filled', note: huge },
    snapshot: { status: 'active', value: 'working', context: { note: huge }, children: {} },
  } as unknown as StatelyFrame;
  const text = statelyText(frame);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(frameBytesMax);
  expect(JSON.parse(text)).toMatchObject({
    event: { type: 'order.filled' },
    snapshot: {
      value: 'working',
      context: { elsewhere: '/api/actor?id=account%2FA1%2Forder%2Fo%201' },
    },
  });
});
