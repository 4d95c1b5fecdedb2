/**
 * The inspector's side of the line: its own thread, its own read-only connection, its own server. It looks at committed
 * rows and hands commands over; a slow look never holds up a decision.
 */
import { statfsSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { formatMoney } from '../domain/money.ts';
import type { OrderIntent } from '../domain/order.ts';
import { createSessionCalendar } from '../domain/session-calendar.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import { ActorIndex, contextOf, parentOf } from '../inspector/actor-index.ts';
import type { HandedAnswer, InspectorSources } from '../inspector/api.ts';
import { bindOf, type Bind } from '../inspector/bind.ts';
import { statelyJson } from '../inspector/chart-export.ts';
import { layoutOf, type ChartLayout } from '../inspector/chart-layout.ts';
import { DenialBook } from '../inspector/denial-book.ts';
import { HistoryScan } from '../inspector/history-scan.ts';
import { PageFiles } from '../inspector/page-files.ts';
import { PastAccounts, type PastAccount } from '../inspector/past.ts';
import { protocolVersion, type Hello } from '../inspector/protocol.ts';
import { InspectorServer } from '../inspector/server.ts';
import { Sessions, TokenFile } from '../inspector/tokens.ts';
import type { LiveEngine, WallSource } from '../inspector/wall-report.ts';
import type { FromInspector, InspectorStart, ToInspector } from '../inspector/worker-messages.ts';
import { systemClock, type Cancel } from '../kernel/clock.ts';
import { openJournalView } from '../persistence/journal-view.ts';
import type { JournalView, ViewedRow } from '../ports/journal-view.port.ts';
import type { RuleWorld } from '../ports/live-picture.port.ts';
import { ruleCatalogue } from '../rules/registry.ts';
import { counterfactualOf } from './counterfactual.ts';
import { AskedFigures } from './figures/asked-figures.ts';
import { askGuards } from './guard-ask.ts';
import { largestOrders } from './largest-order.ts';
import { chartsOfEngine } from './machine-files.ts';
import { knownMachines } from './machines.ts';
import { metricsText } from './metrics.ts';
import { tradesOfPast } from './past-facts.ts';
import { triedCounterfactual, triedRefusal, type RerunSources } from './rule-rerun.ts';
import { simulateMachine } from './simulate-machine.ts';
import { timerChangesOf } from './step-again.ts';
import { toolSources } from './tool-sources.ts';

const currency = 'USD';
const unitsPerDollar = 1_000_000;
/** How often what was committed is looked at while somebody watches. While nobody does, nothing is looked at. */
const watchedPauseMs = 100;
/** A page that asks without a line is watching for this long after its last question. */
const askedDurationMs = 10_000;
/** Behind by more rows than this, the states are read anew instead of the rows. */
const rowsBehindMax = 20_000;
/** Rows that are proven in one slice; beside a running engine so few that it does not feel them. */
const rowsProvenPerLook = { running: 500, resting: 2_000 } as const;
/** What the engine has said is no longer the present after this. */
const liveDurationMs = 10_000;

/** What a start would read on from is looked up at most so often. */
const checkpointPauseMs = 1_000;
const nothingKnown: ReadonlyMap<string, string> = new Map();

export class InspectorThread {
  private readonly start: InspectorStart;
  private readonly port: MessagePort;
  private readonly view: JournalView;
  private readonly index: ActorIndex;
  private readonly server: InspectorServer;
  private readonly sessions: Sessions;
  private readonly bind: Bind;
  private readonly denials: DenialBook;
  private readonly figures = new AskedFigures((id) => this.tell({ type: 'figures', id }));
  private readonly answers = new Map<number, (answer: HandedAnswer) => void>();
  private readonly layouts = new Map<string, Promise<ChartLayout>>();
  private readonly scan: HistoryScan;
  /** What the rules of each account looked at last. */
  private readonly worlds = new Map<string, RuleWorld>();
  private live: LiveEngine | undefined;
  private liveAtMs = 0;
  private checkpointAtMs = 0;
  private checkpointSeq = 0;
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
    this.bind = bindOf(start.bind ?? {}, tokens.hasValid());
    this.sessions = new Sessions(tokens, systemClock);
    this.denials = new DenialBook(systemClock, (denied) => this.tell({ type: 'denied', denied }));
    this.server = new InspectorServer({
      bind: this.bind,
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
      onDenied: (denied) => this.denials.add(denied),
      onLook: () => this.onLook(),
      onViewers: (count) => this.onViewers(count),
    });
    port.on('message', (message: ToInspector) => this.take(message));
  }

  async run(): Promise<void> {
    const port = await this.server.listen();
    const { scheme, address } = this.bind;
    const url = `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}/`;
    this.tell({ type: 'listening', port, signIn: this.sessions.createSignIn(), url });
  }

  private take(message: ToInspector): void {
    switch (message.type) {
      case 'live':
        this.live = message.live;
        this.liveAtMs = systemClock.nowMs();
        this.server.stream.publishWall();
        return;
      case 'rules':
        for (const world of message.worlds) this.worlds.set(world.accountId, world);
        return;
      case 'answer':
        this.answers.get(message.id)?.(message.answer);
        this.answers.delete(message.id);
        return;
      case 'figures':
        this.figures.answer(message.id, message.text);
        return;
      case 'stop':
        void this.stop();
    }
  }

  private async stop(): Promise<void> {
    this.isClosed = true;
    this.cancelLook?.();
    await this.server.close();
    this.denials.close();
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
    this.prove(rows);
    const nowMs = systemClock.nowMs();
    this.lookedAtMs = nowMs;
    if (this.viewers > 0 || nowMs - this.askedAtMs < askedDurationMs)
      this.cancelLook = systemClock.schedule(nowMs + watchedPauseMs, () => this.look());
  }

  /** New rows are not read twice; what lies behind them is caught up with, faster than it grows. */
  private prove(rows: readonly ViewedRow[]): void {
    const { running, resting } = rowsProvenPerLook;
    if (rows.length <= resting && this.scan.take(rows)) return;
    this.scan.advance(this.start.isRunning ? Math.max(running, 2 * rows.length) : resting);
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
      actors: { view, index, charts, machineHashes, askGuards, timerChanges: timerChangesOf },
      why: {
        view,
        index,
        figureText: (_, unit, value) => text(unit, value),
        counterfactual: (account, finding: RuleFinding, atSeq) => {
          const picture = past.at(account, atSeq);
          const tried = triedCounterfactual(
            picture,
            finding,
            this.rerunSources(picture, finding, past),
          );
          if (tried !== undefined) return { text: tried, by: 'rule' };
          const said = counterfactualOf(finding, (value) => text(finding.unit, value));
          return said === undefined ? undefined : { text: said, by: 'figures' };
        },
        refusedOrder: ({ denial, intent }) => {
          const picture = past.at(denial.account, denial.causeSeq - 1);
          const world = this.worlds.get(denial.account);
          const refusal = { ...denial, intent: intent as OrderIntent };
          const tried = triedRefusal({ ...picture, atMs: denial.atMs }, refusal, {
            trades: () => tradesOfPast(this.view, picture),
            configOf: (id) => world?.rules.find(({ ruleId }) => ruleId === id)?.config,
            sessions:
              world?.sessions === undefined ? undefined : createSessionCalendar(world.sessions),
          });
          return tried === undefined ? undefined : { text: tried, by: 'rule' };
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
      start: this.start.recovery,
      metrics: async () =>
        metricsText(this.wallSource(), this.start.isRunning ? await this.figures.text() : ''),
      tools: toolSources(this.start),
    };
  }

  /** What may be known of a verdict of the past besides the states of its actors. */
  private rerunSources(
    picture: PastAccount,
    finding: RuleFinding,
    past: PastAccounts,
  ): RerunSources {
    const account = [...picture.actors.values()][0]?.account ?? '';
    const world = this.worlds.get(account);
    const row = this.view.row(picture.seq);
    const before = row === undefined ? undefined : past.at(account, row.correlationSeq - 1);
    return {
      before,
      trades: () => tradesOfPast(this.view, picture),
      config: world?.rules.find(({ ruleId }) => ruleId === finding.ruleId)?.config,
      sessions: world?.sessions === undefined ? undefined : createSessionCalendar(world.sessions),
    };
  }

  private wallSource(): WallSource {
    return {
      view: this.view,
      index: this.index,
      live: systemClock.nowMs() - this.liveAtMs < liveDurationMs ? this.live : undefined,
      isRunning: this.start.isRunning,
      diskFreeBytes: diskFree(this.start.dataDir),
      checkpointSeq: this.checkpoint(),
      largestOrders: (account) => {
        const world = this.worlds.get(account);
        return world === undefined ? nothingKnown : largestOrders(world);
      },
      nowMs: systemClock.nowMs(),
      marketRules: new Set(
        ruleCatalogue.flatMap(({ id, triggers }) => (triggers.market ? [id] : [])),
      ),
      ruleTitles: new Map(ruleCatalogue.map(({ id, title }) => [id as string, title])),
      moneyText: (units) => formatMoney(units, currency),
      figureText: text,
    };
  }

  /** Looked up at most once a second: the wall is told ten times as often. */
  private checkpoint(): number {
    const nowMs = systemClock.nowMs();
    if (nowMs - this.checkpointAtMs >= checkpointPauseMs)
      [this.checkpointAtMs, this.checkpointSeq] = [nowMs, this.view.checkpointSeq()];
    return this.checkpointSeq;
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
