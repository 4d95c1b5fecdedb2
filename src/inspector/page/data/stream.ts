/**
 * The line to the server: opens again when it breaks, says how far it has read, and fetches what was left out.
 *
 * Only feeds that a visible part of the page wants are subscribed. Source: inspector 2.
 */
import { useEffect } from 'preact/hooks';
import type { ClientFrame, ServerFrame } from '../../protocol-reports.ts';
import type { ActorDetail, Hello, IndexPage, RowsPage, Wall } from '../../protocol.ts';
import { recordActivity } from './activity.ts';
import { get } from './api.ts';
import { actorsMax } from './crowd.ts';
import { store } from './store.ts';

type Feed = 'index' | 'tail' | 'live';

const firstPauseMs = 500;
const pauseMaxMs = 10_000;
const ackPauseMs = 500;
const keepAliveMs = 20_000;
const silenceMs = 45_000;
/** Rows of a gap that are fetched; a longer one is left to the journal page. */
const gapRowsMax = 2_000;

const wanted = new Map<Feed, number>();
let socket: WebSocket | undefined;
let pauseMs = firstPauseMs;
let seenSeq = 0;
let ackedSeq = 0;
let lastWordMs = 0;
let isStarted = false;

export function startStream(): void {
  if (isStarted) return;
  isStarted = true;
  connect();
  setInterval(acknowledge, ackPauseMs);
  setInterval(keepAlive, keepAliveMs);
  document.addEventListener('visibilitychange', lookAgain);
}

function connect(): void {
  if (store.getSnapshot().context.session !== 'signedIn') {
    setTimeout(connect, firstPauseMs);
    return;
  }
  store.trigger.linkChanged({ link: 'connecting' });
  const opened = new WebSocket(`ws://${window.location.host}/api/stream`);
  socket = opened;
  opened.addEventListener('message', ({ data }) => {
    lastWordMs = performance.now();
    if (typeof data === 'string') take(JSON.parse(data) as ServerFrame);
  });
  opened.addEventListener('close', () => {
    if (socket === opened) socket = undefined;
    store.trigger.linkChanged({ link: 'offline' });
    setTimeout(connect, pauseMs);
    pauseMs = Math.min(pauseMs * 2, pauseMaxMs);
    // A revoked token ends the line: this tells, and signs out.
    void get('hello').catch(() => undefined);
  });
}

function take(frame: ServerFrame): void {
  switch (frame.type) {
    case 'hello':
      greeted(frame.hello);
      return;
    case 'index.delta':
      seenSeq = Math.max(seenSeq, frame.headSeq);
      recordActivity(frame.rows);
      store.trigger.actorsCame({ rows: frame.rows, headSeq: frame.headSeq });
      return;
    case 'tail':
      seenSeq = Math.max(seenSeq, frame.rows.at(-1)?.seq ?? 0);
      store.trigger.rowsCame({ rows: frame.rows });
      return;
    case 'live':
      seenSeq = Math.max(seenSeq, frame.wall.engine.headSeq);
      store.trigger.wallCame({ wall: frame.wall });
      return;
    case 'gap':
      seenSeq = Math.max(seenSeq, frame.to);
      void fillGap(frame.from, frame.to);
      return;
    case 'ref':
      void fetchReferred(frame).catch(() => undefined);
      return;
    case 'bye':
      socket?.close();
      return;
    case 'pong':
  }
}

function greeted(hello: Hello): void {
  pauseMs = firstPauseMs;
  seenSeq = hello.headSeq;
  ackedSeq = 0;
  store.trigger.helloCame({ hello });
  store.trigger.linkChanged({ link: 'live' });
  for (const feed of wanted.keys()) send({ type: 'subscribe', feed });
  if (wanted.has('index')) void loadIndex();
}

/** What was too large for a frame. */
async function fetchReferred({ of, path }: Extract<ServerFrame, { type: 'ref' }>): Promise<void> {
  const address = path.slice('/api/'.length);
  if (of === 'hello') greeted(await get<Hello>(address));
  else if (of === 'wall') store.trigger.wallCame({ wall: await get<Wall>(address) });
  else {
    const { summary, seq } = await get<ActorDetail>(address);
    store.trigger.actorsCame({ rows: [summary], headSeq: seq });
  }
}

async function fillGap(from: number, to: number): Promise<void> {
  // The index has no gaps: what changed meanwhile is told as soon as there is room.
  if (!wanted.has('tail')) return;
  let after = Math.max(from, to - gapRowsMax) - 1;
  while (after < to) {
    const { rows } = await get<RowsPage>('rows', { after, limit: 500 });
    const last = rows.at(-1);
    if (last === undefined) return;
    store.trigger.rowsCame({ rows });
    after = last.seq;
  }
}

/** Every actor, page after page; of very many only those that are not over. */
export async function loadIndex(): Promise<void> {
  const { total } = await get<IndexPage>('index', { limit: 1 });
  const passive = total > actorsMax ? '0' : '1';
  let after: string | undefined;
  do {
    const page: IndexPage = await get<IndexPage>('index', { after, limit: 500, passive });
    recordActivity(page.rows);
    store.trigger.actorsCame({ rows: page.rows });
    if (after === undefined) store.trigger.actorsLeftOut({ count: total - page.total });
    after = page.next;
  } while (after !== undefined);
  store.trigger.indexLoaded();
}

export async function loadWall(): Promise<void> {
  store.trigger.wallCame({ wall: await get<Wall>('wall') });
}

function acknowledge(): void {
  // A page that nobody looks at falls silent, and the server spends nothing on it.
  if (seenSeq <= ackedSeq || document.visibilityState !== 'visible') return;
  ackedSeq = seenSeq;
  send({ type: 'ack', seq: seenSeq });
}

/** What was missed while nobody looked. */
function lookAgain(): void {
  if (document.visibilityState !== 'visible') return;
  send({ type: 'ping' });
  void loadWall().catch(() => undefined);
  if (wanted.has('index')) void loadIndex().catch(() => undefined);
}

/** The server stops the feeds of a silent reader; a line that says nothing for long is broken. */
function keepAlive(): void {
  if (socket === undefined) return;
  if (lastWordMs > 0 && performance.now() - lastWordMs > silenceMs) {
    socket.close();
    return;
  }
  if (document.visibilityState === 'visible') send({ type: 'ping' });
}

function send(frame: ClientFrame): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

/** A feed is open as long as one part of the page wants it. */
export function useFeed(feed: Feed): void {
  useEffect(() => {
    const count = wanted.get(feed) ?? 0;
    wanted.set(feed, count + 1);
    if (count === 0) {
      send({ type: 'subscribe', feed });
      if (feed === 'index') void loadIndex().catch(() => undefined);
    }
    return () => {
      const left = (wanted.get(feed) ?? 1) - 1;
      if (left > 0) {
        wanted.set(feed, left);
        return;
      }
      wanted.delete(feed);
      send({ type: 'unsubscribe', feed });
    };
  }, [feed]);
}
