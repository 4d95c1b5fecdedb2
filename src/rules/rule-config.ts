/** Configuration keys that every rule has, and those it inherits from `general`. Source: rules 3, 10.2. */
import { z } from 'zod';
import { mulDiv } from '../domain/arithmetic.ts';
import { DurationValue, FlagValue, WholeValue } from '../domain/config-values.ts';
import { unitsPerWhole, type Currency, type Units } from '../domain/money.ts';
import type { Severity } from '../domain/verdict.ts';
import { limits } from '../kernel/limits.ts';

const severities = ['info', 'warning', 'error', 'critical'] as const;
const dayMs = 86_400_000;

/** A whole number within a range, bounds included. */
export function wholeBetween(min: number, max: number) {
  return WholeValue.refine((value) => value >= min && value <= max, {
    error: `a whole number from ${min} to ${max}`,
  }).meta({ minimum: min, maximum: max });
}

/** A whole number with a lower bound only. */
export function wholeFrom(min: number) {
  return WholeValue.refine((value) => value >= min, {
    error: `a whole number, at least ${min}`,
  }).meta({ minimum: min });
}

/**
 * Keys common to every rule block.
 * `enabled`: false takes the rule out of evaluation. `operatorUnlock`: who may end its lock early.
 * `irrevocable`: nobody may. `severity`: of its alerts.
 */
export function commonKeys(severity: Severity) {
  return {
    enabled: FlagValue.default(true).describe(
      'false takes the rule out of evaluation: nothing is judged, nothing is enforced',
    ),
    operatorUnlock: z
      .enum(['never', 'admin', 'fourEyes'])
      .default('admin')
      .describe('who may end a lock of this rule before its time'),
    irrevocable: FlagValue.default(false).describe(
      'true: nobody may end a lock of this rule before its time, whatever operatorUnlock says',
    ),
    severity: z.enum(severities).default(severity).describe('of the alert that a breach raises'),
  };
}

/**
 * Keys that a rule inherits from `general`; the loader merges them in, a rule that has no use for one
 * ignores it. `includeFees`: money limits are net of fees. `breachAtEquality`: the limit itself breaches.
 * `markPrice`: which price closes a position. `quoteMaxAgeSeconds` 1..3600 (5): older is unknown.
 */
export function inheritedKeys() {
  return {
    includeFees: FlagValue.default(true).describe(
      'limits of realized money are net of fees; false: fees do not count against them',
    ),
    breachAtEquality: FlagValue.default(true).describe(
      'a loss equal to its limit is a breach; false: only one beyond it',
    ),
    markPrice: z
      .enum(['exitSide', 'last', 'mid'])
      .default('exitSide')
      .describe(
        'price at which an open position is judged: exitSide is the bid for a long and the ask for a short',
      ),
    quoteMaxAgeSeconds: wholeBetween(1, limits.quoteAgeSecondsMax)
      .default(5)
      .describe('an older price makes the verdict UNKNOWN: no new risk, no close on a guess'),
  };
}

/** A duration of a lock: within 1 s and 24 h. Source: rules 10.3. */
export const LockDuration = DurationValue.refine((value) => value >= 1_000 && value <= dayMs, {
  error: 'a duration of a lock is within 1s and 24h',
});

/**
 * A limit of the configuration in the accounting units of the account's currency. Amounts are parsed in
 * micro-units; the accounts of coins count finer.
 */
export function limitUnits(configured: Units, currency: Currency): Units {
  const [from, to] = [unitsPerWhole('USD'), unitsPerWhole(currency)];
  return from === to ? configured : mulDiv(configured, to, from);
}
