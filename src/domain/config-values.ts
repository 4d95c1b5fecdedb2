/**
 * Values as people write them in configuration and scenario files.
 *
 * The loaders hand every number over as its source text, so that no amount passes through a binary float;
 * whole numbers may also come as numbers.
 */
import { z } from 'zod';
import { condition, ConditionFailed } from '../kernel/assert.ts';
import { isDecimalText, wholeUnits } from './arithmetic.ts';
import { parseMoney, type Units } from './money.ts';

const currencyOfLimits = 'USD';

/** Runs an exact parser inside a schema: what it refuses becomes an issue of the field instead of an exception. */
function exactly<Text>(parse: (value: Text) => number) {
  return (value: Text, context: z.RefinementCtx): number => {
    try {
      return parse(value);
    } catch (thrown) {
      if (!(thrown instanceof ConditionFailed)) throw thrown;
      context.addIssue({
        code: 'custom',
        message: thrown.message.replace('Condition failed: ', ''),
      });
      return z.NEVER;
    }
  };
}

/** An amount of the account currency (`-500`, `"12.50"`) as settlement units. */
export const MoneyValue = z
  .union([z.string(), z.int()])
  .transform(exactly((value): Units => parseMoney(String(value), currencyOfLimits)));

/** A whole number, as text or number. */
export const WholeValue = z
  .union([z.int(), z.string().regex(/^[+-]?\d+$/)])
  .transform(exactly((value) => wholeUnits(String(value), { num: 1, den: 1 }) ?? 0));

/** `true`/`false`, also as text. */
export const FlagValue = z.union([
  z.boolean(),
  z.enum(['true', 'false']).transform((value) => value === 'true'),
]);

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `250ms`, `90s`, `15m`, `2h`, `1d` as milliseconds, ≥ 0. */
export const DurationValue = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, { error: 'a duration is a whole number with ms, s, m, h or d' })
  .transform(
    exactly((value) => {
      const [, count = '0', unit = 'ms'] = /^(\d+)(ms|s|m|h|d)$/.exec(value) ?? [];
      return wholeUnits(count, { num: 1, den: unitMs[unit as keyof typeof unitMs] }) ?? 0;
    }),
  );

/** A share written as a plain number (`0.9`) in parts per million; at most 6 decimals. */
export const PpmValue = z
  .union([z.string(), z.int()])
  .transform(exactly((value) => scaled(String(value), 1_000_000)));

/** A percentage (`-3`, `"0.25"`) in parts per million; at most 4 decimals. */
export const PercentValue = z
  .union([z.string(), z.int()])
  .transform(exactly((value) => scaled(String(value), 10_000)));

/** @throws ConditionFailed when it is no decimal number or has too many decimals */
function scaled(text: string, perOne: number): number {
  condition(isDecimalText(text), () => `a decimal number, was ${text}`);
  const scaledValue = wholeUnits(text, { num: 1, den: perOne });
  condition(scaledValue !== undefined, () => `a number with fewer decimals, was ${text}`);
  return scaledValue;
}
