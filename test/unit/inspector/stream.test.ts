/**
 * The live line over real sockets: what it tells, how much, to whom, and when it ends.
 *
 * Verifies: inspector 2 (deltas, credit, gap, closing), security 1 (Limits, revoke closes with 1008), security 9 cases 4
 * and 5, inspector 13 case 2
 */
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { InspectorClient, InspectorLine } from '../../../src/inspector/client.ts';
import type { ServerFrame } from '../../../src/inspector/protocol-reports.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../../support/engine.ts';
import { startTestInspector, until, type TestInspector } from '../../support/inspector.ts';

// Real sockets and a real store: a loaded machine takes its time.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let test: TestEngine;
let inspector: TestInspector;
const open: InspectorLine[] = [];

beforeAll(async () => {
  test = await startTestEngine({
    accounts: ['A1', 'B2'],
    rules: { maxContracts: { limit: '50' } },
  });
  await test.quote('MNQ', 80_000, 80_001);
  inspector = await startTestInspector(test);
});
afterEach(async () => {
  for (const line of open.splice(0)) {
    line.close();
    await line.closed;
  }
});
afterAll(async () => {
  await inspector.close();
  await test.engine.stop();
  removeDirectory(test.directory);
});

type Watching = { readonly line: InspectorLine; readonly frames: ServerFrame[] };

async function watch(
  client: InspectorClient,
  ...feeds: readonly ('index' | 'tail' | 'live')[]
): Promise<Watching> {
  const frames: ServerFrame[] = [];
  const line = client.stream((frame) => frames.push(frame));
  open.push(line);
  await until(() => frames.some(({ type }) => type === 'hello'), 'hello');
  for (const feed of feeds) line.send({ type: 'subscribe', feed });
  line.send({ type: 'ping' });
  await until(() => frames.some(({ type }) => type === 'pong'), 'pong');
  return { line, frames };
}

function rowsOf(frames: readonly ServerFrame[]) {
  return frames.flatMap((frame) => (frame.type === 'tail' ? frame.rows : []));
}

const sides = { A1: 'buy', B2: 'buy' } as Record<string, 'buy' | 'sell'>;
/** In and out again, so that no limit is reached. */
async function submit(account: string): Promise<void> {
  const side = sides[account] ?? 'buy';
  sides[account] = side === 'buy' ? 'sell' : 'buy';
  await test.lockstep.advanceTo(test.clock.nowMs() + 1_000);
  await test.quote('MNQ', 80_000, 80_001);
  await test.submit({ instrument: 'MNQ', side, quantityLots: 1, account });
}

describe('a line', () => {
  it('says hello, then tells every row once and every changed actor, as it is committed', async () => {
    const { frames } = await watch(inspector.client('viewer'), 'index', 'tail');
    const { seq } = test.engine.world.options.journal.head;
    expect(frames[0]).toMatchObject({ type: 'hello', hello: { protocol: 1, headSeq: seq } });
    await submit('A1');
    const { seq: head } = test.engine.world.options.journal.head;
    await until(() => rowsOf(frames).at(-1)?.seq === head, 'the last row');
    expect(rowsOf(frames).map((row) => row.seq)).toEqual(
      Array.from({ length: head - seq }, (_, index) => seq + 1 + index),
    );
    const changed = frames.flatMap((frame) => (frame.type === 'index.delta' ? frame.rows : []));
    expect(changed.map(({ id }) => id)).toContain('account/A1/position/MNQ');
  });

  it('tells a token of B2 nothing of A1', async () => {
    const { frames } = await watch(inspector.client('viewer', ['B2']), 'index', 'tail', 'live');
    await submit('A1');
    await submit('B2');
    await until(() => rowsOf(frames).length > 5, 'rows of B2');
    expect(JSON.stringify(frames.filter(({ type }) => type !== 'hello'))).not.toContain('A1');
  });

  it('fills what lies before it by a gap to fetch', async () => {
    const { line, frames } = await watch(inspector.client('viewer'));
    const { seq } = test.engine.world.options.journal.head;
    line.send({ type: 'subscribe', feed: 'tail', fromSeq: 3 });
    const gap = await until(() => frames.find(({ type }) => type === 'gap'), 'gap');
    expect(gap).toEqual({ type: 'gap', from: 4, to: seq });
  });

  it('leaves out what a reader does not acknowledge, says so, and goes on when it does', async () => {
    const { line, frames } = await watch(inspector.client('viewer'), 'tail', 'index');
    const start = test.engine.world.options.journal.head.seq;
    const tall = async (): Promise<void> => {
      for (let count = 0; count < 100; count += 1) await submit('A1');
      // One look of the server lies between.
      await new Promise((resolve) => setTimeout(resolve, 250));
    };
    await tall();
    await tall();
    await tall();
    const { seq: head } = test.engine.world.options.journal.head;
    expect(head - start).toBeGreaterThan(1_500);
    line.send({ type: 'ack', seq: head });
    await new Promise((resolve) => setTimeout(resolve, 250));
    await submit('A1');
    const last = test.engine.world.options.journal.head.seq;
    await until(() => rowsOf(frames).at(-1)?.seq === last, 'the last row');
    const seen = new Set(rowsOf(frames).map(({ seq }) => seq));
    const gaps = frames.flatMap((frame) => (frame.type === 'gap' ? [frame] : []));
    expect(gaps.length).toBeGreaterThan(0);
    for (let seq = start + 1; seq <= last; seq += 1) {
      const isInGap = gaps.some(({ from, to }) => from <= seq && seq <= to);
      expect(seen.has(seq) !== isInGap, `row ${seq} is told once or in a gap`).toBe(true);
    }
    for (const frame of frames)
      expect(Buffer.byteLength(JSON.stringify(frame))).toBeLessThanOrEqual(65_536);
  });
});

describe('the end of a line', () => {
  it('comes with 1008 as soon as the token is revoked', async () => {
    const client = inspector.client('viewer');
    const { line } = await watch(client, 'tail');
    const id = inspector.tokens.identify(client.token)?.tokenId ?? '';
    const revokedMs = performance.now();
    inspector.tokens.revoke(id);
    expect(await line.closed).toMatchObject({ code: 1008 });
    expect(performance.now() - revokedMs).toBeLessThan(5_000);
    await expect(client.get('hello')).rejects.toMatchObject({ status: 401 });
  });

  it.each([
    ['no frame', 'hello', 1008],
    ['a frame of another protocol', '{"type":"subscribe","feed":"secrets"}', 1008],
    ['a field too many', '{"type":"ping","more":1}', 1008],
    ['64 KiB and one byte', JSON.stringify({ type: 'ping' }).padEnd(65_537), 1009],
    ['bytes', Buffer.from('{"type":"ping"}'), 1003],
  ])('comes after %s', async (_, frame, code) => {
    const { token } = inspector.client('viewer');
    const socket = new WebSocket(`${inspector.url.replace('http', 'ws')}api/stream`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const closed = new Promise<number>((resolve) => {
      socket.on('close', resolve);
    });
    await new Promise((resolve) => {
      socket.on('open', resolve);
    });
    socket.send(frame);
    expect(await closed).toBe(code);
  });

  it('takes 600 frames a minute', async () => {
    const { line } = await watch(inspector.client('viewer'));
    for (let count = 0; count < 600; count += 1) line.send({ type: 'ping' });
    expect(await line.closed).toMatchObject({ code: 1008, reason: 'too many frames' });
  });

  it('opens 5 lines for a token and 20 for all', async () => {
    const client = inspector.client('viewer');
    for (let count = 0; count < 5; count += 1) await watch(client);
    const sixth = client.stream(() => undefined);
    expect(await sixth.closed).toMatchObject({ code: 1008 });
    for (let other = 0; other < 3; other += 1) {
      const next = inspector.client('viewer');
      for (let count = 0; count < 5; count += 1) await watch(next);
    }
    const more = inspector.client('viewer').stream(() => undefined);
    expect(await more.closed).toMatchObject({ code: 1006 });
  });

  it('of a socket that breaks while it opens leaves the server as it was', async () => {
    for (let count = 0; count < 20; count += 1) {
      const socket = connect(inspector.port, '127.0.0.1', () => {
        socket.write(
          `GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:${inspector.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
        );
        socket.resetAndDestroy();
      });
      socket.on('error', () => undefined);
      await new Promise((resolve) => {
        socket.on('close', resolve);
      });
    }
    expect((await inspector.client('viewer').get('hello')).protocol).toBe(1);
  });
});

describe('the public shape', () => {
  it('introduces an actor once, with its machine once, and tells events and states', async () => {
    const { token } = inspector.client('viewer');
    const socket = new WebSocket(
      `${inspector.url.replace('http', 'ws')}api/stream?shape=statelyai&account=B2`,
      { headers: { authorization: `Bearer ${token}` } },
    );
    const frames: Record<string, unknown>[] = [];
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data))
        frames.push(JSON.parse(data.toString()) as Record<string, unknown>);
    });
    await new Promise((resolve) => {
      socket.on('open', resolve);
    });
    await submit('A1');
    await submit('B2');
    const of = (type: string) => frames.filter((frame) => frame['type'] === type);
    await until(() => of('@xstate.snapshot').length > 5, 'states');
    expect(new Set(frames.map(({ type }) => type))).toEqual(
      new Set(['@xstate.actor', '@xstate.event', '@xstate.snapshot']),
    );
    for (const frame of frames)
      expect(frame).toMatchObject({
        rootId: 'account/B2',
        sessionId: expect.stringContaining('account/B2'),
        createdAt: expect.stringMatching(/^\d+$/u),
        _version: '0.7.2',
      });
    const actors = of('@xstate.actor');
    expect(new Set(actors.map(({ name }) => name)).size).toBe(actors.length);
    const order = actors.find(({ name }) => String(name).includes('/order/'));
    expect(JSON.parse(String(order?.['definition']))).toMatchObject({ id: 'order' });
    expect(of('@xstate.event').length).toBe(of('@xstate.snapshot').length);
    expect(of('@xstate.snapshot')[0]?.['snapshot']).toMatchObject({ status: 'active' });
    socket.close();
  });
});
