/**
 * Judges market-driven rules away from the turn. Only changes of verdict come back.
 * A late, failed or crashed worker gives UNKNOWN for its accounts; the implementation falls back to inline evaluation.
 */
import type { AccountId, InstrumentId, RuleId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { VerdictChange } from '../domain/verdict.ts';
import type { AccountFacts, Mark, Quote } from '../domain/view.ts';

/** Enabled rules of an account with their parsed configuration. */
export type RuleSetting = { readonly ruleId: RuleId; readonly config: unknown };

export type EvaluatorHealth = {
  readonly mode: 'worker' | 'inline';
  readonly workerFailures: number;
  readonly evaluations: number;
  readonly changes: number;
  /** Ticks that the outlier guard has flagged; they waited for others to confirm them. */
  readonly outliers: number;
};

export interface RuleEvaluatorPort {
  /** Called once before use; resolves when the workers are ready. */
  start(sink: (changes: readonly VerdictChange[]) => void): Promise<void>;
  putInstrument(instrument: Instrument): void;
  /** Replaces the committed view of an account. Call it after the commit that produced it. */
  putAccount(facts: AccountFacts, rules: readonly RuleSetting[]): void;
  removeAccount(accountId: AccountId): void;
  /** Conflating: the latest price per instrument wins, the extremes since the last evaluation are kept. */
  putQuote(quote: Quote): void;
  /** True when an evaluation at `nowMs` could change a verdict (something is dirty, or a mark may have become stale). */
  isDirty(nowMs: number): boolean;
  /** Starts an evaluation at market time `nowMs` of everything dirty; one in flight per shard. */
  ring(nowMs: number): void;
  /** Resolves when every verdict of what was put before is delivered: the lockstep of simulated time. */
  settle(): Promise<void>;
  /** Current mark of an instrument, for the gate and inline rules. */
  markOf(instrument: InstrumentId): Mark | undefined;
  readonly health: EvaluatorHealth;
  close(): Promise<void>;
}
