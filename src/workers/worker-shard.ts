/**
 * One shard of accounts with its worker, or without: while no healthy worker serves it, the same core
 * evaluates on the main thread.
 *
 * ```
 *   inline ──start──▶ starting ──ready──▶ worker ──late, threw, exited──▶ inline
 * ```
 */
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { AccountId } from '../domain/ids.ts';
import type { RuleFinding, VerdictChange } from '../domain/verdict.ts';
import { limits } from '../kernel/limits.ts';
import { unknownFinding } from '../rules/findings.ts';
import { ruleById } from '../rules/registry.ts';
import type { MarketBook } from './market-book.ts';
import type { ResidentPool, TaskEnd } from './pool.ts';
import type { PlannedFault, ShardAnswer } from './protocol.ts';
import { ShardCore } from './shard-core.ts';
import { ShardFeed } from './shard-feed.ts';
import { Doorbell, number, QuoteTable, word } from './shared-tables.ts';

/** What a shard needs from the evaluator that owns it. */
export type ShardOwner = {
  readonly market: MarketBook;
  readonly pool: ResidentPool;
  deliver(changes: readonly VerdictChange[]): void;
  knownOf(id: AccountId): readonly RuleFinding[];
  nextFault(): PlannedFault | undefined;
  /** The worker failed; the verdicts of its accounts are already safe. */
  onFailure(shard: WorkerShard): void;
  onReady(): void;
  /** A worker has answered for the first time. */
  onProved(): void;
  /** While true, answers wait until they are asked for, so that shards answer in their order. */
  readonly isSettling: boolean;
  monotonicMs(): number;
};

type Link = {
  readonly bell: Doorbell;
  readonly port: MessagePort;
  readonly stop: () => void;
  readonly answers: ShardAnswer[];
};

export class WorkerShard {
  readonly feed: ShardFeed;
  private readonly owner: ShardOwner;
  private mode: 'inline' | 'starting' | 'worker' = 'inline';
  private core = new ShardCore({ source: 'inline' });
  private link: Link | undefined;
  private ringNumber = 0;
  private rungAtMs = 0;
  private isInFlight = false;
  /** Ring that was asked for while one was in flight. */
  private pendingMs: number | undefined;
  private lastNowMs = 0;
  private waiting: (() => void)[] = [];
  private evaluationsBefore = 0;

  constructor(owner: ShardOwner) {
    this.owner = owner;
    this.feed = new ShardFeed(owner.market, QuoteTable.local());
  }

  get isInline(): boolean {
    return this.mode !== 'worker';
  }

  get evaluations(): number {
    const worker = this.link?.bell.numbers[number.evaluations] ?? 0;
    return this.evaluationsBefore + this.core.evaluations + worker;
  }

  isDirty(nowMs: number): boolean {
    if (this.feed.isDirty || this.pendingMs !== undefined) return true;
    const dueAtMs =
      this.mode === 'worker' && this.link !== undefined
        ? (this.link.bell.numbers[number.dueAtMs] ?? Infinity)
        : this.core.dueAtMs;
    // While a ring is in flight its answer will say when the next is due.
    return !this.isInFlight && nowMs >= dueAtMs;
  }

  ring(nowMs: number): void {
    this.lastNowMs = nowMs;
    if (this.mode !== 'worker' || this.link === undefined) {
      this.ringInline(nowMs);
      return;
    }
    if (this.isInFlight) this.finish();
    if (this.isInFlight) {
      this.pendingMs = nowMs;
      this.wantAnswer();
      return;
    }
    const { bell, port } = this.link;
    const messages = this.feed.take();
    if (messages.length > 0) port.postMessage(messages, []);
    bell.numbers[number.nowMs] = nowMs;
    Atomics.store(bell.words, word.buffer, this.feed.table.flip());
    this.ringNumber += 1;
    this.isInFlight = true;
    this.rungAtMs = this.owner.monotonicMs();
    Atomics.store(bell.words, word.rung, this.ringNumber);
    Atomics.notify(bell.words, word.rung);
  }

  /** Blocks for a moment for the answer; true when nothing is in flight any more. */
  finishWithin(blockMs: number): boolean {
    if (!this.isInFlight || this.link === undefined) return true;
    const { words } = this.link.bell;
    const untilMs = this.owner.monotonicMs() + blockMs;
    for (;;) {
      const answered = Atomics.load(words, word.answered);
      const leftMs = untilMs - this.owner.monotonicMs();
      if (answered === this.ringNumber || leftMs <= 0) break;
      Atomics.wait(words, word.answered, answered, leftMs);
    }
    this.finish();
    return !this.isInFlight;
  }

  /** Resolves when there may be something to finish, or the worker is gone. */
  async answered(): Promise<void> {
    if (!this.isInFlight) return;
    await new Promise<void>((resolve) => {
      this.waiting.push(resolve);
      this.wantAnswer();
    });
  }

  /** Takes an answer that has come; rings again when that was asked for meanwhile. */
  finish(): void {
    const { link } = this;
    if (!this.isInFlight || link === undefined || !this.hasAnswered) return;
    for (;;) {
      const received = receiveMessageOnPort(link.port);
      if (received === undefined) break;
      link.answers.push(received.message as ShardAnswer);
    }
    this.isInFlight = false;
    this.feed.settled();
    if (this.ringNumber === 1) this.owner.onProved();
    const changes = link.answers
      .splice(0)
      .flatMap((answer) => (answer.type === 'answered' ? answer.changes : []));
    if (changes.length > 0) this.owner.deliver(changes);
    const nowMs = this.pendingMs;
    this.pendingMs = undefined;
    if (nowMs !== undefined) this.ring(nowMs);
    // The message that would have woken whoever waits may have been taken just now.
    this.wake();
  }

  /** True when a ring has been in flight for longer than `deadlineMs`; the first judges every account, in cold code. */
  isLate(deadlineMs: number): boolean {
    if (this.hasAnswered) {
      // Whoever settles takes the answers in the order of the shards.
      if (!this.owner.isSettling) this.finish();
      return false;
    }
    const allowedMs =
      this.ringNumber > 1 ? deadlineMs : Math.max(deadlineMs, limits.evaluationFirstDurationMsMax);
    return this.isInFlight && this.owner.monotonicMs() - this.rungAtMs >= allowedMs;
  }

  /** The answer is there, taken or not. */
  private get hasAnswered(): boolean {
    const { link } = this;
    if (!this.isInFlight || link === undefined) return true;
    return Atomics.load(link.bell.words, word.answered) === this.ringNumber;
  }

  get hasRingInFlight(): boolean {
    return this.isInFlight;
  }

  /** Starts a worker; the main thread serves the shard until it is ready. */
  start(): void {
    if (this.mode !== 'inline') return;
    this.mode = 'starting';
    const { port1, port2 } = new MessageChannel();
    const table = QuoteTable.shared();
    const bell = Doorbell.make();
    const fault = this.owner.nextFault();
    const answers: ShardAnswer[] = [];
    const task = {
      port: port2,
      table: table.memory as SharedArrayBuffer,
      doorbell: bell.memory,
      ...(fault === undefined ? {} : { fault }),
    };
    const { stop } = this.owner.pool.start(task, (end: TaskEnd) => {
      if (this.link?.bell === bell) this.fail(end.fault);
    });
    this.link = { bell, port: port1, stop, answers };
    port1.on('message', (answer: ShardAnswer) => {
      if (this.link?.bell !== bell) return;
      if (answer.type === 'ready') this.becomeWorker(table);
      else this.take(answer);
    });
  }

  /**
   * The worker is lost: its accounts read UNKNOWN, and at once what the main thread finds, from the same
   * facts, prices and extremes.
   */
  fail(fault: string): void {
    const wasServing = this.mode === 'worker';
    this.dropLink();
    this.mode = 'inline';
    if (wasServing) {
      this.owner.deliver(this.unknowns(fault));
      this.evaluationsBefore += this.core.evaluations;
      this.core = new ShardCore({ source: 'inline' });
      this.feed.restart(QuoteTable.local(), (id) => this.owner.knownOf(id));
      this.ringInline(this.lastNowMs);
    }
    this.isInFlight = false;
    this.pendingMs = undefined;
    this.wake();
    this.owner.onFailure(this);
  }

  close(): void {
    const { link } = this;
    if (link !== undefined) {
      Atomics.store(link.bell.words, word.rung, -1);
      Atomics.notify(link.bell.words, word.rung);
    }
    this.link?.port.close();
    this.link = undefined;
    this.mode = 'inline';
    this.isInFlight = false;
    this.wake();
  }

  private becomeWorker(table: QuoteTable): void {
    this.mode = 'worker';
    this.ringNumber = 0;
    this.isInFlight = false;
    this.feed.restart(table, (id) => this.owner.knownOf(id));
    this.owner.onReady();
  }

  private take(answer: ShardAnswer): void {
    this.link?.answers.push(answer);
    if (this.owner.isSettling) {
      this.wake();
      return;
    }
    this.finish();
    // The message overtook the word that completes the answer.
    if (this.isInFlight) this.wantAnswer();
  }

  /** Asks for a message with the answer; an answer that has just come is taken at once. */
  private wantAnswer(): void {
    const { link } = this;
    if (link === undefined) return;
    Atomics.store(link.bell.words, word.wanted, 1);
    if (Atomics.load(link.bell.words, word.answered) !== this.ringNumber) return;
    if (this.owner.isSettling) this.wake();
    else this.finish();
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private ringInline(nowMs: number): void {
    const { core, feed } = this;
    core.queue(feed.take());
    const changes = core.evaluate(feed.table, feed.table.flip(), nowMs);
    feed.settled();
    if (changes.length > 0) this.owner.deliver(changes);
  }

  private unknowns(fault: string): readonly VerdictChange[] {
    const changes: VerdictChange[] = [];
    for (const [accountId, { facts, rules }] of this.feed.accounts()) {
      for (const { ruleId } of rules) {
        const definition = ruleById(ruleId);
        if (definition?.triggers.market !== true) continue;
        const missing = [`worker:${fault}`];
        const finding = unknownFinding(definition, {
          entity: 'account',
          unit: 'money',
          inputs: [],
          missing,
        });
        const [viewVersion, atMs] = [facts.version, this.lastNowMs];
        changes.push({ accountId, finding, viewVersion, atMs, source: 'worker' });
      }
    }
    return changes;
  }

  private dropLink(): void {
    if (this.link === undefined) return;
    this.evaluationsBefore += this.link.bell.numbers[number.evaluations] ?? 0;
    this.link.stop();
    this.link.port.close();
    this.link = undefined;
  }
}
