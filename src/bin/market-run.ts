import { actorId } from '../actors/world.ts';
import type { RunOptions, RunProgress, RunReport, Speed } from '../cli/dependencies.ts';
import type { AccountId, InstrumentId } from '../domain/ids.ts';
import { formatMoney } from '../domain/money.ts';
import type { PositionBook } from '../domain/position.ts';
import type { Quote } from '../domain/view.ts';
import { systemClock } from '../kernel/clock.ts';
import type { MarketSource, MarketTick } from '../ports/market-data.port.ts';
import type { Strategy } from '../ports/strategy.port.ts';
import { CommandQueue } from './command-queue.ts';
import type { Composition } from './composition.ts';
import { KillWatch } from './kill-watch.ts';
/** `bulkhead run`: a market plays, a trader trades, the engine protects; until the market ends or somebody stops it. */
import { accountProgress, isoText } from './progress.ts';

/** Wall time between two pictures of the run. */
const progressMs = 100;
/** How far market time may run ahead of the wall before the run waits. */
const paceMs = 5;
/** Notes of one picture. */
const notesMax = 50;

export type Trader = { readonly accountId: AccountId; readonly strategy: Strategy };

export type MarketRunParts = {
  readonly composition: Composition;
  readonly source: MarketSource;
  /** Ticks that were read to find the start of the market. */
  readonly first: readonly MarketTick[];
  readonly traders: readonly Trader[];
  readonly speed: Speed;
  readonly options: RunOptions;
};

export class MarketRun {
  /** Commands of people; they are taken in between two ticks. */
  readonly commands = new CommandQueue();
  /** Kills are taken at once. */
  readonly killWatch: KillWatch;
  /** Called when the market is over, before the engine stops. */
  onStopping: () => void = () => undefined;
  private readonly parts: MarketRunParts;
  private readonly onProgress: (progress: RunProgress) => void;
  private readonly signal: AbortSignal;
  private readonly startedMs = systemClock.monotonicMs();
  private nextProgressMs = 0;
  private marketFromMs = 0;
  private events = 0;
  private skipped = 0;
  /** Rows of the input that earlier runs have consumed. */
  private readonly resumeAfter: number;
  private ticks = 0;

  constructor(
    parts: MarketRunParts,
    onProgress: (progress: RunProgress) => void,
    signal: AbortSignal,
  ) {
    this.parts = parts;
    this.onProgress = onProgress;
    this.signal = signal;
    this.resumeAfter = parts.composition.cursor.resumeAfter;
    this.killWatch = new KillWatch(parts.composition.engine, parts.options.dataDir);
  }

  async run(): Promise<RunReport> {
    const { composition, source } = this.parts;
    this.marketFromMs = composition.clock.nowMs();
    let ended: RunReport['ended'] = 'end of data';
    let batch: readonly MarketTick[] | undefined = this.parts.first;
    const stopWatching = this.killWatch.start();
    try {
      while (batch !== undefined) {
        const stop = await this.play(batch);
        if (stop !== undefined) {
          ended = stop;
          break;
        }
        batch = await source.next();
      }
      await composition.lockstep.rest();
      composition.engine.commitStamp();
      const report = this.report(ended);
      this.onProgress(this.progress());
      this.onStopping();
      await composition.engine.stop();
      return report;
    } catch (error) {
      await composition.engine.abort();
      throw error;
    } finally {
      this.commands.close();
      stopWatching();
      await source.close();
    }
  }

  private async play(batch: readonly MarketTick[]): Promise<RunReport['ended'] | undefined> {
    const { composition, options } = this.parts;
    for (const tick of batch) {
      this.ticks += 1;
      if (this.ticks <= this.resumeAfter) {
        this.warmUp(tick.quote);
        continue;
      }
      if (this.signal.aborted) return 'stopped';
      if (options.forMs !== undefined && tick.atMs > this.marketFromMs + options.forMs)
        return 'duration reached';
      await this.pace(tick.atMs);
      await this.obey();
      if (this.killWatch.look(tick.atMs)) await composition.lockstep.rest();
      composition.cursor.resumeAfter = this.ticks;
      await composition.lockstep.advanceTo(Math.max(tick.atMs, composition.clock.nowMs()));
      await composition.lockstep.quote({ ...tick.quote, receivedAtMs: composition.clock.nowMs() });
      this.events += 1;
      await this.trade(tick.quote);
      this.tellProgress();
    }
    // Lets signals and sockets in also at full speed.
    await new Promise<void>((resolve) => setImmediate(resolve));
    return undefined;
  }

  /** What people have asked for meanwhile; the clock stands while it is done. */
  private async obey(): Promise<void> {
    if (this.commands.isEmpty) return;
    const { engine, lockstep } = this.parts.composition;
    for (const { command, answer } of this.commands.take()) engine.operate(command, answer);
    for (const denied of this.commands.takeDenied())
      engine.put('command', {
        type: 'accessDenied',
        denied,
        atMs: this.parts.composition.clock.nowMs(),
      });
    await lockstep.rest();
  }

  private warmUp(quote: Quote): void {
    this.skipped += 1;
    for (const { accountId, strategy } of this.parts.traders) {
      strategy.onTick(quote, { accountId, openLots: () => 0, workingOrders: () => 0 }, true);
    }
  }

  private async trade(quote: Quote): Promise<void> {
    const { composition, traders } = this.parts;
    const { engine, clock, lockstep } = composition;
    for (const { accountId, strategy } of traders) {
      const account = engine.world.accounts.get(accountId);
      const instrument = composition.instruments.get(quote.instrument);
      // A trader trades what settles in the currency of its account.
      if (account === undefined || instrument?.settlementCurrency !== account.currency) continue;
      const view = {
        accountId,
        openLots: (id: InstrumentId) => account.openLots(id),
        workingOrders: (id: InstrumentId) =>
          [...account.workingOrders.values()].filter((order) => order.instrument === id).length,
      };
      const proposals = strategy.onTick(quote, view, false);
      if (proposals.length === 0) continue;
      for (const proposal of proposals) {
        engine.submit({
          ...proposal,
          accountId,
          by: strategy.name,
          source: 'strategy',
          atMs: clock.nowMs(),
        });
      }
      await lockstep.rest();
    }
  }

  private async pace(marketMs: number): Promise<void> {
    const { speed } = this.parts;
    if (speed === 'max') return;
    const dueMs = this.startedMs + (marketMs - this.marketFromMs) / speed;
    for (;;) {
      const waitMs = dueMs - systemClock.monotonicMs();
      if (waitMs <= paceMs || this.signal.aborted) return;
      await new Promise<void>((resolve) => {
        systemClock.schedule(
          systemClock.nowMs() + Math.ceil(Math.min(waitMs, progressMs)),
          resolve,
        );
      });
      this.tellProgress();
      await this.obey();
    }
  }

  private tellProgress(): void {
    // Looking at the clock for every tick would cost more than the tick.
    if (this.parts.speed === 'max' && this.events % 256 !== 0) return;
    const nowMs = systemClock.monotonicMs();
    if (nowMs < this.nextProgressMs) return;
    this.nextProgressMs = nowMs + progressMs;
    this.onProgress(this.progress());
  }

  private progress(): RunProgress {
    const { composition, source } = this.parts;
    const { world } = composition.engine;
    const { counters, options } = world;
    const wallMs = systemClock.monotonicMs() - this.startedMs;
    const { rows, rowsTotal } = source.progress;
    return {
      marketTime: isoText(composition.clock.nowMs()),
      wallMs: Math.round(wallMs),
      rows,
      ...(rowsTotal === undefined ? {} : { rowsTotal }),
      events: this.events,
      eventsPerSecond: Math.round((this.events * 1000) / Math.max(1, wallMs)),
      transitions: counters.transitions,
      orders: counters.orders,
      denials: counters.denials,
      fills: counters.fills,
      submissions: counters.submissions,
      headSeq: options.journal.head.seq,
      headHash: options.journal.head.hash,
      commitMsP99: composition.feed.commitMsP99(),
      evaluator: options.evaluator.health.mode,
      accounts: [...world.accounts.values()].map((account) => accountProgress(world, account)),
      notes: composition.feed.notes(notesMax),
    };
  }

  private report(ended: RunReport['ended']): RunReport {
    const { composition, source } = this.parts;
    const { world } = composition.engine;
    const { counters, options } = world;
    const {
      inputs,
      transitions,
      orders,
      denials,
      fills,
      submissions,
      breaches,
      locks,
      alerts,
      incidents,
      deadLetters,
    } = counters;
    const totals = bookTotals(composition);
    return {
      ended,
      marketFrom: isoText(this.marketFromMs),
      marketTo: isoText(composition.clock.nowMs()),
      rows: source.progress.rows,
      emptyRows: source.progress.emptyRows,
      events: this.events + inputs,
      transitions,
      orders,
      denials,
      fills,
      submissions,
      realizedPnl: totals.realized,
      fees: totals.fees,
      breaches,
      locks,
      alerts,
      incidents,
      deadLetters,
      headSeq: options.journal.head.seq,
      headHash: options.journal.head.hash,
      wallMs: Math.round(systemClock.monotonicMs() - this.startedMs),
      recovery: composition.recovery,
      accounts: [...world.accounts.values()].map((account) => accountProgress(world, account)),
    };
  }
}

/** Profit before fees, and fees, over the whole life of the accounts, in their currency. */
function bookTotals(composition: Composition): { realized: string; fees: string } {
  const { world } = composition.engine;
  let [realized, fees] = [0, 0];
  let currency = 'USD';
  for (const account of world.accounts.values()) {
    currency = account.currency;
    const books = (world.cells.get(actorId(account.id, 'ledger'))?.context['books'] ??
      {}) as Record<string, PositionBook>;
    for (const [id, book] of Object.entries(books)) {
      if (composition.instruments.get(id as InstrumentId)?.settlementCurrency !== currency)
        continue;
      realized += book.realizedUnits;
      fees += book.feesUnits;
    }
  }
  return { realized: formatMoney(realized, currency), fees: formatMoney(fees, currency) };
}
