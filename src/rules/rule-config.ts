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
  });
}

/** A whole number with a lower bound only. */
export function wholeFrom(min: number) {
  return WholeValue.refine((value) => value >= min, { error: `a whole number, at least ${min}` });
}

/**
 * Keys common to every rule block.
 * `enabled`: false takes the rule out of evaluation. `operatorUnlock`: who may end its lock early.
 * `irrevocable`: nobody may. `severity`: of its alerts.
 */
export function commonKeys(severity: Severity) {
  return {
    enabled: FlagValue.default(true),
    operatorUnlock: z.enum(['never', 'admin', 'fourEyes']).default('admin'),
    irrevocable: FlagValue.default(false),
    severity: z.enum(severities).default(severity),
  };
}

/**
 * Keys that a rule inherits from `general`; the loader merges them in, a rule that has no use for one
 * ignores it. `includeFees`: money limits are net of fees. `breachAtEquality`: the limit itself breaches.
 * `markPrice`: which price closes a position. `quoteMaxAgeSeconds` 1..3600 (5): older is unknown.
 */
export function inheritedKeys() {
  return {
    includeFees: FlagValue.default(true),
    breachAtEquality: FlagValue.default(true),
    markPrice: z.enum(['exitSide', 'last', 'mid']).default('exitSide'),
    quoteMaxAgeSeconds: wholeBetween(1, limits.quoteAgeSecondsMax).default(5),
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
