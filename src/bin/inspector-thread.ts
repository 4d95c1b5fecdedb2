/**
 * The inspector's side of the line: its own thread, its own read-only connection, its own server. It looks at committed
 * rows and hands commands over; a slow look never holds up a decision.
 */
import { statfsSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { formatMoney } from '../domain/money.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import { ActorIndex, contextOf, parentOf } from '../inspector/actor-index.ts';
import type { HandedAnswer, InspectorSources } from '../inspector/api.ts';
import { statelyJson } from '../inspector/chart-export.ts';
import { layoutOf, type ChartLayout } from '../inspector/chart-layout.ts';
import { HistoryScan } from '../inspector/history-scan.ts';
import { PageFiles } from '../inspector/page-files.ts';
import { PastAccounts } from '../inspector/past.ts';
import { protocolVersion, type Hello } from '../inspector/protocol.ts';
import { InspectorServer } from '../inspector/server.ts';
import { Sessions, TokenFile } from '../inspector/tokens.ts';
import type { LiveEngine, WallSource } from '../inspector/wall-report.ts';
import type { FromInspector, InspectorStart, ToInspector } from '../inspector/worker-messages.ts';
import { systemClock, type Cancel } from '../kernel/clock.ts';
import { openJournalView } from '../persistence/journal-view.ts';
import type { JournalView } from '../ports/journal-view.port.ts';
import { ruleCatalogue } from '../rules/registry.ts';
import { counterfactualOf } from './counterfactual.ts';
import { chartsOfEngine } from './machine-files.ts';
import { knownMachines } from './machines.ts';
import { metricsText } from './metrics.ts';
import { triedCounterfactual } from './rule-rerun.ts';
import { simulateMachine } from './simulate-machine.ts';

const currency = 'USD';
const unitsPerDollar = 1_000_000;
/** How often what was committed is looked at while somebody watches. While nobody does, nothing is looked at. */
const watchedPauseMs = 100;
/** A page that asks without a line is watching for this long after its last question. */
const askedDurationMs = 10_000;
/** Behind by more rows than this, the states are read anew instead of the rows. */
const rowsBehindMax = 20_000;
/** Rows that are proven in one slice: a few milliseconds. */
const rowsProvenPerLook = 2_000;
/** What the engine has said is no longer the present after this. */
const liveDurationMs = 10_000;

export class InspectorThread {
  private readonly start: InspectorStart;
  private readonly port: MessagePort;
  private readonly view: JournalView;
  private readonly index: ActorIndex;
  private readonly server: InspectorServer;
  private readonly sessions: Sessions;
  private readonly answers = new Map<number, (answer: HandedAnswer) => void>();
  private readonly layouts = new Map<string, Promise<ChartLayout>>();
  private readonly scan: HistoryScan;
  private live: LiveEngine | undefined;
  private liveAtMs = 0;
  private nextCommand = 1;
  private viewers = 0;
  private askedAtMs = 0;
  private lookedAtMs = 0;
  private cancelLook: Cancel | undefined;
  private isClosed = false;

  constructor(start: InspectorStart, port: MessagePort) {
    this.start = start;
    this.port = port;
    this.view = openJournalView(start.dataDir);
    this.index = new ActorIndex(this.view);
    this.index.load();
    this.scan = new HistoryScan(this.view);
    const tokens = new TokenFile(start.dataDir, systemClock);
    // A list that others may read or write ends the start, not the first sign-in.
    tokens.list();
    this.sessions = new Sessions(tokens, systemClock);
    this.server = new InspectorServer({
      port: start.port,
      clock: systemClock,
      tokens,
      sessions: this.sessions,
      sources: this.sources(),
      page: new PageFiles(start.pageFolder),
      command: (handed) => {
        if (!start.isRunning)
          return Promise.resolve({ outcome: 'refused', text: 'no engine runs on this directory' });
        const id = this.nextCommand++;
        return new Promise((resolve) => {
          this.answers.set(id, resolve);
          this.tell({ type: 'command', id, handed });
        });
      },
      guard: () => ({
        mode: this.view.environment,
        allowActions: start.allowActions,
        headSeq: this.index.seq,
        accounts: this.index.accounts(),
        lastSeqOf: (actor) => this.index.get(actor)?.lastSeq,
      }),
      onLook: () => this.onLook(),
      onViewers: (count) => this.onViewers(count),
    });
    port.on('message', (message: ToInspector) => this.take(message));
  }

  async run(): Promise<void> {
    const port = await this.server.listen();
    this.tell({ type: 'listening', port, signIn: this.sessions.createSignIn() });
  }

  private take(message: ToInspector): void {
    switch (message.type) {
      case 'live':
        this.live = message.live;
        this.liveAtMs = systemClock.nowMs();
        this.server.stream.publishWall();
        return;
      case 'answer':
        this.answers.get(message.id)?.(message.answer);
        this.answers.delete(message.id);
        return;
      case 'stop':
        void this.stop();
    }
  }

  private async stop(): Promise<void> {
    this.isClosed = true;
    this.cancelLook?.();
    await this.server.close();
    this.view.close();
    this.port.close();
  }

  private onViewers(count: number): void {
    const isFirst = this.viewers === 0 && count > 0;
    this.viewers = count;
    this.tell({ type: 'viewers', count });
    if (isFirst) this.onLook(true);
  }

  /** Somebody asks: what was committed meanwhile is taken in, and looked at again for a while. */
  private onLook(isFirst = this.viewers === 0): void {
    const nowMs = systemClock.nowMs();
    if (this.viewers === 0) this.askedAtMs = nowMs;
    if (nowMs - this.lookedAtMs < watchedPauseMs && this.cancelLook !== undefined) return;
    // Lines that are open get every row, or a gap.
    if (isFirst && this.view.head.seq - this.index.seq > rowsBehindMax) this.index.load();
    this.look();
  }

  /** Takes in the journal's tail and goes on as long as somebody watches. */
  private look(): void {
    if (this.isClosed) return;
    this.cancelLook?.();
    this.cancelLook = undefined;
    const { changed, rows } = this.index.advance();
    this.server.stream.publish(changed, rows);
    this.server.stream.revalidate();
    this.scan.advance(rowsProvenPerLook);
    const nowMs = systemClock.nowMs();
    this.lookedAtMs = nowMs;
    if (this.viewers > 0 || nowMs - this.askedAtMs < askedDurationMs)
      this.cancelLook = systemClock.schedule(nowMs + watchedPauseMs, () => this.look());
  }

  private tell(message: FromInspector): void {
    this.port.postMessage(message, []);
  }

  private sources(): InspectorSources {
    const { view, index, scan } = this;
    const past = new PastAccounts(view);
    const charts = new Map(chartsOfEngine().map((chart) => [chart.id, chart] as const));
    const machineHashes = new Map(knownMachines.map(({ id, hash }) => [id as string, hash]));
    return {
      view,
      index,
      past,
      actors: { view, index, charts, machineHashes },
      why: {
        view,
        index,
        figureText: (_, unit, value) => text(unit, value),
        counterfactual: (account, finding: RuleFinding, atSeq) => {
          const tried = triedCounterfactual(past.at(account, atSeq), finding);
          if (tried !== undefined) return { text: tried, by: 'rule' };
          const said = counterfactualOf(finding, (value) => text(finding.unit, value));
          return said === undefined ? undefined : { text: said, by: 'figures' };
        },
      },
      wall: () => this.wallSource(),
      layoutOf: async (id) => {
        const chart = charts.get(id);
        if (chart === undefined) return undefined;
        const known = this.layouts.get(id) ?? layoutOf(chart);
        this.layouts.set(id, known);
        return known;
      },
      simulate: simulateMachine,
      wholeMoney: (units) => units / unitsPerDollar, // tidy-ok: a number for drawing a line
      hello: (identity, csrf) => this.hello(identity.role, csrf, identity.accounts),
      scan,
      stately: {
        contextOf: (id) => {
          const actor = index.get(id);
          return actor === undefined ? {} : contextOf(actor);
        },
        parentOf: (id) => parentOf(id, index.get(id)?.account ?? ''),
        definitionOf: (machine) => {
          const chart = charts.get(machine);
          return chart === undefined ? undefined : JSON.stringify(statelyJson(chart));
        },
        actorOfRow: (seq) => view.row(seq)?.actor,
      },
      metrics: () => metricsText(this.wallSource()),
    };
  }

  private wallSource(): WallSource {
    return {
      view: this.view,
      index: this.index,
      live: systemClock.nowMs() - this.liveAtMs < liveDurationMs ? this.live : undefined,
      isRunning: this.start.isRunning,
      diskFreeBytes: diskFree(this.start.dataDir),
      nowMs: systemClock.nowMs(),
      ruleTitles: new Map(ruleCatalogue.map(({ id, title }) => [id as string, title])),
      moneyText: (units) => formatMoney(units, currency),
      figureText: text,
    };
  }

  private hello(role: Hello['role'], csrf: string, only: readonly string[] | undefined): Hello {
    const { seq, hash } = this.view.head;
    return {
      protocol: protocolVersion,
      version: this.start.version,
      role,
      mode: this.view.environment,
      epoch: this.view.epoch,
      headSeq: seq,
      headHash: hash,
      atMs: this.live?.nowMs ?? this.view.headAtMs,
      isRunning: this.start.isRunning,
      allowActions: this.start.allowActions,
      accounts: only ?? this.index.accounts(),
      csrf,
    };
  }
}

function text(unit: string, value: number): string {
  return unit === 'money' ? formatMoney(value, currency) : String(value);
}

function diskFree(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
