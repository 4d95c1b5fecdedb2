/**
 * The evaluator of a scenario: the one without threads, which shares its core with the workers. A scenario that makes a
 * worker fail gets a real worker that fails, from that step on.
 */
import type { AccountId, InstrumentId, RuleId } from '../../domain/ids.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { VerdictChange } from '../../domain/verdict.ts';
import type { AccountFacts, Mark, Quote } from '../../domain/view.ts';
import { condition } from '../../kernel/assert.ts';
import type { Clock } from '../../kernel/clock.ts';
import type {
  EvaluatorHealth,
  RuleEvaluatorPort,
  RuleSetting,
} from '../../ports/rule-evaluator.port.ts';
import { ruleById } from '../../rules/registry.ts';
import { createEvaluator } from '../../workers/evaluator.ts';
import { createInlineEvaluator } from '../../workers/inline-evaluator.ts';
import type { OutlierSettings } from '../../workers/outlier-guard.ts';

/** Real time that a hanging worker is given. */
const hangMs = 250;

export class ScenarioEvaluator implements RuleEvaluatorPort {
  private readonly clock: Clock;
  private inner: RuleEvaluatorPort;
  private sink: (changes: readonly VerdictChange[]) => void = () => undefined;
  private readonly instruments = new Map<InstrumentId, Instrument>();
  private readonly accounts = new Map<AccountId, readonly [AccountFacts, readonly RuleSetting[]]>();
  private readonly quotes = new Map<InstrumentId, Quote>();
  private readonly closing: Promise<void>[] = [];

  constructor(clock: Clock, outliers: OutlierSettings | undefined) {
    this.clock = clock;
    this.inner = createInlineEvaluator(outliers === undefined ? {} : { outliers });
  }

  async start(sink: (changes: readonly VerdictChange[]) => void): Promise<void> {
    this.sink = sink;
    await this.inner.start(sink);
  }

  putInstrument(instrument: Instrument): void {
    this.instruments.set(instrument.id, instrument);
    this.inner.putInstrument(instrument);
  }

  putAccount(facts: AccountFacts, rules: readonly RuleSetting[]): void {
    this.accounts.set(facts.accountId, [facts, rules]);
    this.inner.putAccount(facts, rules);
  }

  removeAccount(accountId: AccountId): void {
    this.accounts.delete(accountId);
    this.inner.removeAccount(accountId);
  }

  putQuote(quote: Quote): void {
    this.quotes.set(quote.instrument, { ...this.quotes.get(quote.instrument), ...quote });
    this.inner.putQuote(quote);
  }

  isDirty(nowMs: number): boolean {
    return this.inner.isDirty(nowMs);
  }

  ring(nowMs: number): void {
    this.inner.ring(nowMs);
  }

  settle(): Promise<void> {
    return this.inner.settle();
  }

  markOf(instrument: InstrumentId): Mark | undefined {
    return this.inner.markOf(instrument);
  }

  get health(): EvaluatorHealth {
    return this.inner.health;
  }

  async close(): Promise<void> {
    this.abandon();
    await this.gone();
  }

  /** Leaves without waiting, as a process that dies. */
  abandon(): void {
    this.sink = () => undefined;
    this.closing.push(this.inner.close());
  }

  /** Resolves when no thread is left. */
  async gone(): Promise<void> {
    await Promise.all(this.closing);
  }

  /** The rules move to a real worker that fails at the next evaluation of the rule (of any rule, when none is named). */
  async fail(how: 'crash' | 'hang', rule: string | undefined): Promise<void> {
    const ruleId = rule ?? this.anyMarketRule();
    const worker = createEvaluator({
      workers: 1,
      deadlineMs: hangMs,
      fault: { ruleId: ruleId as RuleId, kind: how === 'crash' ? 'exit' : 'hang', times: 1 },
    });
    await worker.start((changes) => this.sink(changes));
    const before = this.inner;
    this.inner = worker;
    await before.close();
    for (const instrument of this.instruments.values()) worker.putInstrument(instrument);
    for (const quote of this.quotes.values()) worker.putQuote(quote);
    for (const [facts, rules] of this.accounts.values()) worker.putAccount(facts, rules);
    worker.ring(this.clock.nowMs());
    await worker.settle();
  }

  private anyMarketRule(): string {
    const ids = [...this.accounts.values()].flatMap(([, rules]) =>
      rules.map(({ ruleId }) => ruleId),
    );
    const market = ids.find((id) => ruleById(id)?.triggers.market === true);
    condition(
      market !== undefined,
      'a worker fails while it evaluates: some enabled rule looks at the market',
    );
    return market;
  }
}
