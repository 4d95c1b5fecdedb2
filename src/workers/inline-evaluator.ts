/**
 * The evaluator without threads: few accounts, tests. It shares the core with the workers, so it says the
 * same; a ring evaluates and delivers before it returns.
 */
import type { AccountId, InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { VerdictChange } from '../domain/verdict.ts';
import type { AccountFacts, Mark, Quote } from '../domain/view.ts';
import type {
  EvaluatorHealth,
  RuleEvaluatorPort,
  RuleSetting,
} from '../ports/rule-evaluator.port.ts';
import { MarketBook } from './market-book.ts';
import type { OutlierSettings } from './outlier-guard.ts';
import { ShardCore } from './shard-core.ts';
import { ShardFeed } from './shard-feed.ts';
import { QuoteTable } from './shared-tables.ts';

/** An evaluator on the calling thread. */
export function createInlineEvaluator(
  options: { readonly outliers?: OutlierSettings } = {},
): RuleEvaluatorPort {
  return new InlineEvaluator(options.outliers);
}

class InlineEvaluator implements RuleEvaluatorPort {
  private readonly market: MarketBook;
  private readonly feed: ShardFeed;
  private readonly core = new ShardCore({ source: 'inline' });
  private sink: (changes: readonly VerdictChange[]) => void = () => {};
  private changes = 0;

  constructor(outliers: OutlierSettings | undefined) {
    this.market = new MarketBook(outliers);
    this.feed = new ShardFeed(this.market, QuoteTable.local());
  }

  async start(sink: (changes: readonly VerdictChange[]) => void): Promise<void> {
    this.sink = sink;
  }

  putInstrument(instrument: Instrument): void {
    const row = this.market.rowOf(instrument.id);
    row.instrument = instrument;
    this.feed.putInstrument(row);
  }

  putAccount(facts: AccountFacts, rules: readonly RuleSetting[]): void {
    this.feed.putAccount(facts, rules);
  }

  removeAccount(accountId: AccountId): void {
    this.feed.removeAccount(accountId);
  }

  putQuote(quote: Quote): void {
    const row = this.market.put(quote);
    if (row !== undefined) this.feed.putQuote(row);
  }

  isDirty(nowMs: number): boolean {
    return this.feed.isDirty || nowMs >= this.core.dueAtMs;
  }

  ring(nowMs: number): void {
    const { feed, core } = this;
    core.queue(feed.take());
    const changes = core.evaluate(feed.table, feed.table.flip(), nowMs);
    feed.settled();
    if (changes.length === 0) return;
    this.changes += changes.length;
    this.sink(changes);
  }

  async settle(): Promise<void> {
    // A ring has delivered everything when it returns.
  }

  markOf(instrument: InstrumentId): Mark | undefined {
    return this.market.markOf(instrument);
  }

  get health(): EvaluatorHealth {
    const { changes, core, market } = this;
    return {
      mode: 'inline',
      workerFailures: 0,
      evaluations: core.evaluations,
      changes,
      outliers: market.flagged,
    };
  }

  async close(): Promise<void> {
    this.sink = () => {};
  }
}
