/**
 * The rule evaluator on worker threads: accounts are dealt over shards, quotes go through shared memory,
 * verdict changes come back.
 *
 * `sink` is called from a ring, from `settle` and from messages, never from a put. Changes of one instant
 * arrive in the order of shards, accounts, rules and entities when `settle` follows the ring: two runs of
 * the same input say the same in the same order.
 */
import { availableParallelism } from 'node:os';
import type { AccountId, InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { RuleFinding, VerdictChange } from '../domain/verdict.ts';
import type { AccountFacts, Mark, Quote } from '../domain/view.ts';
import { condition } from '../kernel/assert.ts';
import { systemClock, type Cancel, type Clock } from '../kernel/clock.ts';
import { limits } from '../kernel/limits.ts';
import type {
  EvaluatorHealth,
  RuleEvaluatorPort,
  RuleSetting,
} from '../ports/rule-evaluator.port.ts';
import { KnownFindings } from './known-findings.ts';
import { MarketBook } from './market-book.ts';
import type { OutlierSettings } from './outlier-guard.ts';
import { ResidentPool } from './pool.ts';
import type { PlannedFault } from './protocol.ts';
import { WorkerShard, type ShardOwner } from './worker-shard.ts';

export type EvaluatorOptions = {
  /** Worker threads; default: one less than the processors, at least 1, at most 4. */
  readonly workers?: number;
  /**
   * Longest evaluation before the worker counts as lost, ms of the real clock. Default
   * `limits.evaluationDurationMsMax`; lockstep wants `limits.evaluationLockstepDurationMsMax`.
   */
  readonly deadlineMs?: number;
  /** Window of the breaker, and its pause before a probe; ms. */
  readonly failureWindowMs?: number;
  /** Heap of one worker, MB (256). */
  readonly heapMbMax?: number;
  /** Real time, for deadlines; never the simulated one. */
  readonly clock?: Clock;
  /** Holds single absurd prints back until others confirm them; absent: every tick counts at once. */
  readonly outliers?: OutlierSettings;
  /** Makes workers fail on purpose; for tests. */
  readonly fault?: PlannedFault;
};

/** An evaluator on worker threads; while none is healthy it evaluates on the calling thread. */
export function createEvaluator(options: EvaluatorOptions = {}): RuleEvaluatorPort {
  return new WorkerEvaluator(options);
}

class WorkerEvaluator implements RuleEvaluatorPort, ShardOwner {
  readonly market: MarketBook;
  readonly pool: ResidentPool;
  isSettling = false;
  private readonly clock: Clock;
  private readonly deadlineMs: number;
  private readonly failureWindowMs: number;
  private readonly shards: readonly WorkerShard[];
  private readonly shardOf = new Map<AccountId, WorkerShard>();
  private readonly known = new KnownFindings();
  private readonly fault: PlannedFault | undefined;
  private faultsLeft: number;
  private sink: (changes: readonly VerdictChange[]) => void = () => {};
  private dealt = 0;
  private changes = 0;
  private failures = 0;
  private failedAtMs: number[] = [];
  private isBreakerOpen = false;
  private isClosed = false;
  private cancelWatch: Cancel | undefined;
  private readonly cancels = new Set<Cancel>();
  private onStarted: (() => void) | undefined;

  constructor(options: EvaluatorOptions) {
    const workers = options.workers ?? Math.min(4, Math.max(1, availableParallelism() - 1));
    condition(
      Number.isSafeInteger(workers) && workers > 0,
      () => `workers number at least 1, was ${workers}`,
    );
    this.market = new MarketBook(options.outliers);
    this.clock = options.clock ?? systemClock;
    this.deadlineMs = options.deadlineMs ?? limits.evaluationDurationMsMax;
    this.failureWindowMs = options.failureWindowMs ?? limits.workerFailureWindowMs;
    this.fault = options.fault;
    this.faultsLeft = options.fault?.times ?? 0;
    this.pool = new ResidentPool(workers, options.heapMbMax ?? 256);
    this.shards = Array.from({ length: workers }, () => new WorkerShard(this));
  }

  async start(sink: (changes: readonly VerdictChange[]) => void): Promise<void> {
    this.sink = sink;
    for (const shard of this.shards) shard.start();
    await new Promise<void>((resolve) => {
      this.onStarted = resolve;
      // Without workers the shards are served on this thread; that is slower, not wrong.
      this.later(limits.workerStartDurationMsMax, resolve);
    });
    this.onStarted = undefined;
  }

  putInstrument(instrument: Instrument): void {
    const row = this.market.rowOf(instrument.id);
    row.instrument = instrument;
    for (const shard of this.shards) shard.feed.putInstrument(row);
  }

  putAccount(facts: AccountFacts, rules: readonly RuleSetting[]): void {
    this.shardFor(facts.accountId).feed.putAccount(facts, rules);
  }

  removeAccount(accountId: AccountId): void {
    this.shardOf.get(accountId)?.feed.removeAccount(accountId);
    this.shardOf.delete(accountId);
    this.known.forget(accountId);
  }

  putQuote(quote: Quote): void {
    const row = this.market.put(quote);
    if (row === undefined) return;
    for (const shard of this.shards) shard.feed.putQuote(row);
  }

  isDirty(nowMs: number): boolean {
    return this.shards.some((shard) => shard.isDirty(nowMs));
  }

  ring(nowMs: number): void {
    for (const shard of this.shards) if (shard.isDirty(nowMs)) shard.ring(nowMs);
    this.watch();
  }

  async settle(): Promise<void> {
    this.isSettling = true;
    try {
      for (const shard of this.shards) {
        while (!shard.finishWithin(limits.settleBlockMsMax)) await shard.answered();
      }
    } finally {
      this.isSettling = false;
    }
  }

  markOf(instrument: InstrumentId): Mark | undefined {
    return this.market.markOf(instrument);
  }

  get health(): EvaluatorHealth {
    return {
      mode: this.shards.some(({ isInline }) => isInline) ? 'inline' : 'worker',
      workerFailures: this.failures,
      evaluations: this.shards.reduce((sum, { evaluations }) => sum + evaluations, 0),
      changes: this.changes,
      outliers: this.market.flagged,
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.sink = () => {};
    this.cancelWatch?.();
    for (const cancel of this.cancels) cancel();
    for (const shard of this.shards) shard.close();
    await this.pool.close();
  }

  deliver(changes: readonly VerdictChange[]): void {
    // An account that was removed meanwhile has no more verdicts.
    const wanted = changes.filter(({ accountId }) => this.shardOf.has(accountId));
    if (wanted.length === 0) return;
    this.known.note(wanted);
    this.changes += wanted.length;
    this.sink(wanted);
  }

  knownOf(id: AccountId): readonly RuleFinding[] {
    return this.known.of(id);
  }

  nextFault(): PlannedFault | undefined {
    if (this.faultsLeft === 0) return undefined;
    this.faultsLeft -= 1;
    return this.fault;
  }

  /** Replaces the worker; after too many failures only when some time has passed, as a probe. */
  onFailure(shard: WorkerShard): void {
    if (this.isClosed) return;
    const nowMs = this.clock.monotonicMs();
    this.failures += 1;
    this.failedAtMs = [...this.failedAtMs, nowMs].filter((at) => nowMs - at < this.failureWindowMs);
    if (!this.isBreakerOpen && this.failedAtMs.length < limits.workerFailuresMax) {
      shard.start();
      return;
    }
    this.isBreakerOpen = true;
    this.later(this.failureWindowMs, () => shard.start());
  }

  onReady(): void {
    if (this.shards.every(({ isInline }) => !isInline)) this.onStarted?.();
  }

  onProved(): void {
    this.isBreakerOpen = false;
  }

  monotonicMs(): number {
    return this.clock.monotonicMs();
  }

  private shardFor(accountId: AccountId): WorkerShard {
    const known = this.shardOf.get(accountId);
    if (known !== undefined) return known;
    const shard = this.shards[this.dealt % this.shards.length];
    condition(shard !== undefined, 'an evaluator has a shard');
    this.dealt += 1;
    this.shardOf.set(accountId, shard);
    return shard;
  }

  /** One timer for all shards, only while something is in flight. */
  private watch(): void {
    if (this.cancelWatch !== undefined || !this.shards.some((shard) => shard.hasRingInFlight))
      return;
    this.cancelWatch = this.clock.schedule(this.clock.nowMs() + this.deadlineMs, () => {
      this.cancelWatch = undefined;
      for (const shard of this.shards) if (shard.isLate(this.deadlineMs)) shard.fail('late');
      this.watch();
    });
  }

  private later(delayMs: number, run: () => void): void {
    const cancel = this.clock.schedule(this.clock.nowMs() + delayMs, () => {
      this.cancels.delete(cancel);
      run();
    });
    this.cancels.add(cancel);
  }
}
