/** What a rule is: a pure evaluator with its configuration. One file per rule; the registry lists them. */
import type { ZodType } from 'zod';
import type { DenialCode } from '../domain/denial.ts';
import type { InstrumentId, RuleId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { SubmitOrder } from '../domain/order.ts';
import type { SessionCalendar } from '../domain/session.ts';
import type { LockScope, RuleEntity, RuleFinding } from '../domain/verdict.ts';
import type { AccountFacts, Marks } from '../domain/view.ts';

/** Which price closes a position: its exit side (bid for a long, ask for a short), the last trade, or the middle. */
export type PriceBasis = 'exitSide' | 'last' | 'mid';

/** Everything an evaluation may look at. Same facts, same findings. */
export type RuleContext = {
  readonly facts: AccountFacts;
  readonly marks: Marks;
  readonly instrumentOf: (id: InstrumentId) => Instrument | undefined;
  /** Market time of the evaluation, UTC ms. */
  readonly nowMs: number;
  /** Trading hours; absent where nothing is known of them (workers judge no session rules). */
  readonly sessions?: SessionCalendar;
  /** Facts of all members of a group of accounts, the own ones among them; undefined: not all are known. */
  readonly membersOf?: (group: string) => readonly AccountFacts[] | undefined;
};

/**
 * A bound on an open profit that a worker can compare in a column of floats before the exact evaluation.
 * `worst` looks at the lowest open profit since the last evaluation, `best` at the highest.
 */
export type Watch = {
  readonly entity: RuleEntity;
  /** Open profit of one position, or the sum over the account. */
  readonly measure: 'position' | 'account';
  readonly side: 'worst' | 'best';
  /** Settlement units: the exact evaluation is due when the measure has reached it (≤ for worst, ≥ for best). */
  readonly atUnits: number;
};

export type RuleDefinition<Config = unknown> = {
  readonly id: RuleId;
  /** Key in the configuration: `dailyRealizedLoss`. */
  readonly key: string;
  readonly title: string;
  /** What its refusals and breaches are called, also while UNKNOWN. */
  readonly code: DenialCode;
  /** Place in the order of evaluation (rules 4.1); lower is earlier. */
  readonly precedence: number;
  readonly config: ZodType<Config>;
  /** What makes an evaluation due. Market-driven rules are also judged by the workers. */
  readonly triggers: {
    readonly market: boolean;
    readonly position: boolean;
    readonly ledger: boolean;
  };
  /** One finding per entity, always complete: an entity that is not named has nothing to watch and reads PASS. */
  evaluate(context: RuleContext, config: Config): readonly RuleFinding[];
  /** Bounds for the workers; empty for rules that the market does not drive. */
  watches(context: RuleContext, config: Config): readonly Watch[];
  /** Ages of a mark, in ms, past which time alone may change a verdict. Absent: none. */
  markAges?(config: Config): readonly number[];
  /** The price that counts as closing price; absent for rules that look at no price. */
  priceBasis?(config: Config): PriceBasis;
  /** Pre-trade: would this order be refused? A finding of PASS, DENY or UNKNOWN for it. Absent: the rule has no say at the gate. */
  judgeOrder?(context: RuleContext, config: Config, order: SubmitOrder): RuleFinding;
  /**
   * Does the configuration still ask for a lock that only the configuration ends? Asked at a start; absent: as
   * long as the rule is enabled.
   */
  keepsLock?(context: Pick<RuleContext, 'instrumentOf'>, config: Config, scope: LockScope): boolean;
};
