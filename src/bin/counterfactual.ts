/** The smallest change that would have given another verdict, from the numbers on which the rule decided. */
import type { RuleFinding } from '../domain/verdict.ts';

/** A hundredth of the currency in accounting units of it. */
const centUnits = 10_000;

/** Undefined where the finding has no figures. */
export function counterfactualOf(
  finding: RuleFinding,
  text: (value: number) => string,
): string | undefined {
  const { verdict, observed, limit, unit, missing } = finding;
  if (verdict === 'UNKNOWN') return `It could be judged if ${missing.join(' and ')} were known.`;
  if (observed === undefined || limit === undefined) return undefined;
  const step = unit === 'money' ? centUnits : 1;
  const isFloor = limit < 0;
  if (verdict === 'DENY') {
    const needed = isFloor ? limit + step : unit === 'money' ? limit - step : limit;
    return `It would have passed with ${text(needed)} instead of ${text(observed)}: ${text(Math.abs(needed - observed))} ${isFloor ? 'more' : 'less'}.`;
  }
  const breach = unit === 'money' ? limit : limit + step;
  return `It would have been a breach with ${text(breach)} instead of ${text(observed)}.`;
}
