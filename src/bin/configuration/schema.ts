/** The keys of a configuration. Source: rules 10, style 13; defaults of rules stand in the rules themselves. */
import { z } from 'zod';
import { FlagValue, MoneyValue, WholeValue } from '../../domain/config-values.ts';
import { AccountId } from '../../domain/ids.ts';
import { InstrumentSpec } from '../../domain/instrument.ts';
import { isTimeOfDay, isZone } from '../../domain/trading-day.ts';
import { limits } from '../../kernel/limits.ts';
import { ruleCatalogue } from '../../rules/registry.ts';
import { traderNames } from '../../strategies/catalogue.ts';

/** A rule block or a part of one; the rule's own schema judges what it means together with the inherited keys. */
const RuleBlock = z.record(z.string(), z.unknown());

const Rules = z.strictObject(
  Object.fromEntries(ruleCatalogue.map(({ key }) => [key, RuleBlock.optional()])),
);

const whole = (min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `a whole number from ${min} to ${max}`,
  });

const Zone = z.string().refine(isZone, { error: 'an IANA zone such as America/Chicago' });
const TimeOfDay = z.string().refine(isTimeOfDay, { error: 'HH:MM in 24-hour form, in quotes' });

/** Keys that every rule inherits. */
const inheritedShape = {
  includeFees: FlagValue,
  breachAtEquality: FlagValue,
  markPrice: z.enum(['exitSide', 'last', 'mid']),
  quoteMaxAgeSeconds: whole(1, limits.quoteAgeSecondsMax),
};
export const inheritedKeys = Object.keys(inheritedShape);

const General = z.strictObject({ timezone: Zone, ...inheritedShape }).partial();

const Mode = z
  .string()
  .transform((text) => text.toUpperCase())
  .pipe(z.enum(['DRY_RUN', 'PAPER', 'LIVE']));

const Trader = z.enum(traderNames);

const Account = z.strictObject({
  id: AccountId,
  name: z.string().optional(),
  balance: MoneyValue.refine((units) => units > 0, { error: 'an amount above 0' }).default(
    50_000_000_000,
  ),
  strategy: Trader.optional(),
  configOverrides: z
    .strictObject({ general: General.omit({ timezone: true }), rules: Rules })
    .partial()
    .prefault({}),
});

const Instrument = InstrumentSpec.extend({
  feePpm: whole(0, 1_000_000).default(0),
  miniWeightPpm: whole(0, 100_000_000).default(1_000_000),
});

export const ConfigurationFile = z.strictObject({
  mode: Mode.default('PAPER'),
  readOnly: FlagValue.default(true),
  general: General.prefault({}),
  rules: Rules.prefault({}),
  dailyReset: z
    .strictObject({
      enabled: FlagValue.default(true),
      time: TimeOfDay.default('17:00'),
      timezone: Zone.default('America/Chicago'),
      calendar: z.enum(['futures', 'continuous']).default('futures'),
    })
    .prefault({}),
  accounts: z
    .array(Account)
    .min(1, { error: 'at least one account' })
    .max(limits.accountsMax)
    .prefault([{ id: 'A1' }]),
  instruments: z.array(Instrument).max(limits.instrumentsMax).prefault([]),
  venue: z
    .strictObject({
      paper: z
        .strictObject({
          latencyMs: whole(0, 60_000).default(0),
          slippageTicks: whole(0, 1_000).default(0),
          lotsPerLevel: whole(1, 1_000_000_000).optional(),
        })
        .prefault({}),
    })
    .prefault({}),
  trader: Trader.default('vwap'),
});
export type ConfigurationFile = z.output<typeof ConfigurationFile>;
