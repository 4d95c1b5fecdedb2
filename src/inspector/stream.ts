/**
 * The live feeds: what changed, as it is committed, to whoever keeps up.
 *
 * A reader that is slow gets a gap to fetch later; one that stops reading is closed. The protocol's own ping finds dead
 * lines, which sockets do not. Source: inspector 2, security 1.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { journalRedactor } from '../domain/classified-fields.ts';
import { ownerSight, sightOf } from '../domain/redaction.ts';
import type { Cancel, Clock } from '../kernel/clock.ts';
import type { ViewedRow } from '../ports/journal-view.port.ts';
import type { InspectorSources } from './api.ts';
import type { OwnAddress } from './bind.ts';
import {
  actorReference,
  frameBytesMax,
  FrameRoom,
  frameText,
  newestThatFit,
  statelyText,
} from './frames.ts';
import { isOwnHost, isOwnOrigin } from './http-guard.ts';
import { ClientFrame, type ServerFrame } from './protocol-reports.ts';
import type { RowSummary, Wall } from './protocol.ts';
import { summaryOf } from './row-report.ts';
import type { Known } from './server.ts';
import { StatelyFrames } from './stately-frames.ts';
import { wallOf } from './wall-report.ts';

export type StreamOptions = {
  readonly clock: Clock;
  readonly sources: InspectorSources;
  readonly identify: (request: IncomingMessage) => Known | undefined;
  readonly isStillValid: (known: Known) => boolean;
  /** A reader has said something. */
  readonly onUse: (known: Known) => void;
  readonly onViewers: (count: number) => void;
};

const socketsMax = 20;
const socketsPerTokenMax = 5;
const pingPauseMs = 15_000;
const missesMax = 2;
const framesPerMinute = 600;
/** Rows that a reader may be behind before it gets a gap. */
const credit = 1_000;
const gapBytes = 1_048_576;
const closeBytes = 8_388_608;
/** Feeds of a reader that says nothing end after this. */
const silenceMs = 60_000;
/** Rows of one look that a reader of the public shape is told. */
const statelyRowsMax = 500;

const closeCodes = { notText: 1003, policy: 1008, tooSlow: 1013 } as const;

type Viewer = {
  readonly socket: WebSocket;
  readonly known: Known;
  readonly feeds: Map<'index' | 'tail' | 'live', Filter>;
  ackedSeq: number;
  sentSeq: number;
  lastWordMs: number;
  misses: number;
  frames: number[];
  /** Rows that were left out since. */
  gapFrom: number | undefined;
  /** Actors that have changed and were not told yet. */
  readonly pending: Set<string>;
  /** Set for a reader of the public shape: it says nothing, and gets nothing else. */
  readonly stately: { readonly frames: StatelyFrames; readonly filter: Filter } | undefined;
};

type Filter = { readonly account?: string; readonly actor?: string };

export class Stream {
  private readonly options: StreamOptions;
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: frameBytesMax });
  private readonly viewers = new Set<Viewer>();
  private cancelPing: Cancel | undefined;

  constructor(options: StreamOptions) {
    this.options = options;
  }

  get count(): number {
    return this.viewers.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, own: OwnAddress): void {
    // A line that breaks while it is opened is no reason to fall.
    socket.on('error', () => socket.destroy());
    const status = this.refusalOf(request, own);
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const known = this.options.identify(request);
    if (known === undefined) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const search = new URLSearchParams((request.url ?? '').split('?', 2)[1] ?? '');
    this.server.handleUpgrade(request, socket, head, (opened) => this.add(opened, known, search));
  }

  /** Tells viewers what was committed. */
  publish(changed: ReadonlySet<string>, rows: readonly ViewedRow[]): void {
    if (this.viewers.size === 0) return;
    for (const viewer of this.viewers) this.publishTo(viewer, changed, rows);
  }

  /** The wall, a few times a second. */
  publishWall(): void {
    // Made once, however many look, and not at all when nobody wants it.
    let made: Wall | undefined;
    for (const viewer of this.viewers) {
      // A reader that is behind needs no older walls.
      const isBehind = viewer.socket.bufferedAmount > gapBytes;
      if (!viewer.feeds.has('live') || isBehind || this.isSilent(viewer)) continue;
      made ??= journalRedactor.shown(wallOf(this.options.sources.wall()), ownerSight) as Wall;
      const wall = made;
      const accounts = wall.accounts.filter(({ account }) => maySee(viewer, account));
      this.send(viewer, { type: 'live', wall: { ...wall, accounts } });
    }
  }

  /** Ends the sockets of tokens that no longer hold. */
  revalidate(): void {
    for (const viewer of this.viewers) {
      if (this.options.isStillValid(viewer.known)) continue;
      viewer.feeds.clear();
      viewer.socket.close(closeCodes.policy, 'the token is revoked or expired');
    }
  }

  close(): void {
    this.cancelPing?.();
    for (const viewer of this.viewers) {
      this.send(viewer, { type: 'bye', reason: 'the service stops' });
      viewer.socket.terminate();
    }
    this.server.close();
  }

  private refusalOf(request: IncomingMessage, own: OwnAddress): string | undefined {
    if (!isOwnHost(request.headers.host, own)) return '421 Misdirected Request';
    if (!isOwnOrigin(request, own)) return '403 Forbidden';
    const path = (request.url ?? '').split('?', 1)[0];
    if (path !== '/api/stream') return '404 Not Found';
    return this.viewers.size >= socketsMax ? '503 Service Unavailable' : undefined;
  }

  private add(socket: WebSocket, known: Known, search: URLSearchParams): void {
    const { tokenId } = known.identity;
    const own = [...this.viewers].filter((viewer) => viewer.known.identity.tokenId === tokenId);
    if (own.length >= socketsPerTokenMax) {
      socket.close(closeCodes.policy, `a token has at most ${socketsPerTokenMax} sockets`);
      return;
    }
    // First: what was committed is taken in, so that the line begins at the head.
    this.options.onViewers(this.viewers.size + 1);
    const nowMs = this.options.clock.nowMs();
    const { seq } = this.options.sources.index;
    const viewer: Viewer = {
      socket,
      known,
      feeds: new Map(),
      ackedSeq: seq,
      sentSeq: seq,
      lastWordMs: nowMs,
      misses: 0,
      frames: [],
      gapFrom: undefined,
      pending: new Set(),
      stately: search.get('shape') === 'statelyai' ? this.statelyOf(search, known) : undefined,
    };
    this.viewers.add(viewer);
    socket.on('pong', () => {
      viewer.misses = 0;
      // Receivers of the public shape say nothing else.
      if (viewer.stately !== undefined) viewer.lastWordMs = this.options.clock.nowMs();
    });
    socket.on('message', (data, isBinary) => {
      if (isBinary || !Buffer.isBuffer(data)) socket.close(closeCodes.notText, 'frames are text');
      else this.take(viewer, data.toString('utf8'));
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.viewers.delete(viewer);
      this.options.onViewers(this.viewers.size);
    });
    if (viewer.stately === undefined)
      this.send(viewer, {
        type: 'hello',
        hello: this.options.sources.hello(known.identity, known.csrf),
      });
    this.armPing();
  }

  private statelyOf(search: URLSearchParams, known: Known): Viewer['stately'] {
    const [account, actor] = [search.get('account'), search.get('actor')];
    return {
      frames: new StatelyFrames(this.options.sources.stately, sightOf(known.identity)),
      filter: Object.assign(
        {},
        account === null ? {} : { account },
        actor === null ? {} : { actor },
      ),
    };
  }

  private take(viewer: Viewer, text: string): void {
    const nowMs = this.options.clock.nowMs();
    viewer.frames = viewer.frames.filter((atMs) => nowMs - atMs < 60_000);
    viewer.frames.push(nowMs);
    if (viewer.frames.length > framesPerMinute) {
      viewer.socket.close(closeCodes.policy, 'too many frames');
      return;
    }
    const frame = ClientFrame.safeParse(parsed(text));
    if (!frame.success) {
      viewer.socket.close(closeCodes.policy, 'not a frame of this protocol');
      return;
    }
    viewer.lastWordMs = nowMs;
    this.options.onUse(viewer.known);
    this.handle(viewer, frame.data);
  }

  private handle(viewer: Viewer, frame: ClientFrame): void {
    switch (frame.type) {
      case 'subscribe':
        this.subscribe(viewer, frame);
        return;
      case 'unsubscribe':
        viewer.feeds.delete(frame.feed);
        return;
      case 'ack':
        viewer.ackedSeq = Math.max(viewer.ackedSeq, frame.seq);
        return;
      case 'ping':
        this.send(viewer, { type: 'pong' });
    }
  }

  private subscribe(
    viewer: Viewer,
    { feed, account, actor, fromSeq }: Extract<ClientFrame, { type: 'subscribe' }>,
  ): void {
    viewer.feeds.set(feed, {
      ...(account === undefined ? {} : { account }),
      ...(actor === undefined ? {} : { actor }),
    });
    if (feed === 'live') this.publishWall();
    if (feed === 'tail') viewer.ackedSeq = Math.max(viewer.ackedSeq, viewer.sentSeq);
    // What lies between is fetched, as every other gap.
    if (feed === 'tail' && fromSeq !== undefined && fromSeq < viewer.sentSeq)
      this.send(viewer, { type: 'gap', from: fromSeq + 1, to: viewer.sentSeq });
  }

  private publishTo(
    viewer: Viewer,
    changed: ReadonlySet<string>,
    rows: readonly ViewedRow[],
  ): void {
    if (viewer.feeds.has('index')) for (const id of changed) viewer.pending.add(id);
    if (viewer.socket.bufferedAmount > closeBytes) {
      // One that does not read would not answer a polite goodbye either.
      viewer.socket.close(closeCodes.tooSlow, 'too slow');
      viewer.socket.terminate();
      return;
    }
    if (this.isSilent(viewer) || viewer.socket.bufferedAmount > gapBytes) {
      viewer.gapFrom ??= rows[0]?.seq;
      return;
    }
    if (viewer.stately !== undefined) this.sendStately(viewer, viewer.stately, rows);
    this.sendIndex(viewer, rows.at(-1)?.seq ?? viewer.sentSeq);
    this.sendTail(viewer, rows);
  }

  /** One frame a tick: an actor that changes often is told once. */
  private sendIndex(viewer: Viewer, headSeq: number): void {
    const filter = viewer.feeds.get('index');
    if (filter === undefined || viewer.pending.size === 0) return;
    const { index } = this.options.sources;
    const room = new FrameRoom();
    for (const id of viewer.pending) {
      const summary = index.summary(id);
      if (summary !== undefined && maySee(viewer, summary.account) && matches(filter, summary)) {
        const added = room.add(summary);
        if (added === 'full') break;
        if (added === 'never') this.send(viewer, actorReference(id));
      }
      viewer.pending.delete(id);
    }
    const { rows } = room;
    if (rows.length > 0) this.send(viewer, { type: 'index.delta', rows, headSeq });
  }

  /** The newest rows that fit; a gap stands for those before, and for all while too many are not acknowledged. */
  private sendTail(viewer: Viewer, rows: readonly ViewedRow[]): void {
    const filter = viewer.feeds.get('tail');
    const [first, last] = [rows[0]?.seq, rows.at(-1)?.seq];
    if (first === undefined || last === undefined) return;
    if (filter === undefined) {
      viewer.sentSeq = last;
      viewer.gapFrom = undefined;
      return;
    }
    if (viewer.sentSeq - viewer.ackedSeq > credit) {
      viewer.gapFrom ??= first;
      return;
    }
    const wanted = rows.filter(
      (row) => maySee(viewer, row.account) && matches(filter, { ...row, id: row.actor }),
    );
    this.sendRows(viewer, first, last, wanted.map(summaryOf));
    viewer.sentSeq = last;
  }

  /** @param first, last seqs of this look, wanted or not; when not even the newest row fits, all of it is a gap */
  private sendRows(
    viewer: Viewer,
    first: number,
    last: number,
    wanted: readonly RowSummary[],
  ): void {
    const fitting = newestThatFit(wanted);
    const oldest = fitting.length < wanted.length ? (fitting[0]?.seq ?? last + 1) : first;
    const from = viewer.gapFrom ?? first;
    if (from < oldest) this.send(viewer, { type: 'gap', from, to: oldest - 1 });
    viewer.gapFrom = undefined;
    if (fitting.length > 0) this.send(viewer, { type: 'tail', rows: fitting });
  }

  private sendStately(
    { socket, known }: Viewer,
    { frames, filter }: NonNullable<Viewer['stately']>,
    rows: readonly ViewedRow[],
  ): void {
    for (const row of rows.slice(-statelyRowsMax)) {
      if (!maySee({ known }, row.account) || !matches(filter, { ...row, id: row.actor })) continue;
      for (const frame of frames.of(row))
        if (socket.readyState === socket.OPEN) socket.send(statelyText(frame));
    }
  }

  private isSilent(viewer: Viewer): boolean {
    return this.options.clock.nowMs() - viewer.lastWordMs > silenceMs;
  }

  private send({ socket }: Viewer, frame: ServerFrame): void {
    if (socket.readyState === socket.OPEN) socket.send(frameText(frame));
  }

  private armPing(): void {
    const { clock } = this.options;
    this.cancelPing ??= clock.schedule(clock.nowMs() + pingPauseMs, () => {
      this.cancelPing = undefined;
      for (const viewer of this.viewers) {
        viewer.misses += 1;
        if (viewer.misses > missesMax) viewer.socket.terminate();
        else viewer.socket.ping();
      }
      this.revalidate();
      if (this.viewers.size > 0) this.armPing();
    });
  }
}

function matches(
  filter: Filter,
  { account, id }: { readonly account: string; readonly id: string },
): boolean {
  return (filter.account ?? account) === account && (filter.actor ?? id) === id;
}

/** Rows of no account may be about any: a token of some accounts does not see them. */
function maySee({ known }: Pick<Viewer, 'known'>, account: string): boolean {
  const { accounts } = known.identity;
  return accounts === undefined || accounts.includes(account);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
