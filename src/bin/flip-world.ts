/** What a change of one value changes: the world that a rule looks at, or the settings of the rule. */
import type { InstrumentId } from '../domain/ids.ts';
import type { SubmitOrder } from '../domain/order.ts';
import type { Mark } from '../domain/view.ts';
import type { RuleContext } from '../rules/rule.ts';

/** Everything that a rule looks at, with the prices as a table that can be changed. */
export type JudgedWorld = Omit<RuleContext, 'marks'> & {
  readonly marks: ReadonlyMap<InstrumentId, Mark>;
  /** The order that is judged, where it is one and not what is open. */
  readonly order?: SubmitOrder;
};

/** A changed world in which the verdict is another one, and the change in words. */
export type Flip = {
  readonly world: JudgedWorld;
  /** Only where a setting of the rule is what was changed. */
  readonly config?: unknown;
  readonly words: string;
};

/** One value that can be changed in steps: 1 is the least change. */
export type Change = {
  readonly stepsMax: number;
  /** Undefined where there is no such step. */
  at(steps: number): Flip | undefined;
};

/** Accounting units of a hundredth of the currency, the step in which money is changed. */
export const centUnits = 10_000;
export const stepsMax = 1_000_000_000;
export const lotsMax = 1_000_000_000_000;
export const secondsMax = 8 * 86_400;

export const bothWays = [1, -1] as const;

/** A configuration by its keys. */
export function settingsOf(config: unknown): Readonly<Record<string, unknown>> {
  return config as Readonly<Record<string, unknown>>;
}
