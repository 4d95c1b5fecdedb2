/** What a running engine tells people of an account at this moment. Amounts are decimal text, or `unknown`. */
import type { InstrumentId } from '../domain/ids.ts';
import type { SessionSettings } from '../domain/session-calendar.ts';
import type { AccountFacts, Mark } from '../domain/view.ts';
import type { RuleSetting } from './rule-evaluator.port.ts';

/** What is open in one instrument, at the price at which it could be closed. */
export type PositionPicture = {
  readonly instrument: string;
  readonly quantity: string;
  readonly average: string;
  readonly unrealized: string;
};

/** How a rule stands to its limit. */
export type RulePicture = {
  readonly ruleId: string;
  readonly title: string;
  readonly state: string;
  readonly verdict: string;
  readonly observed: string;
  readonly limit: string;
  /** How much of the limit is used, 0 … 100 and above. Absent when unknown. */
  readonly usedPercent?: number;
};

/** What the rules of an account look at, so that somebody else can ask them what they would say. Plain data. */
export type RuleWorld = {
  readonly accountId: string;
  readonly atMs: number;
  readonly facts: AccountFacts;
  readonly marks: readonly (readonly [InstrumentId, Mark])[];
  readonly rules: readonly RuleSetting[];
  readonly sessions?: SessionSettings;
};
