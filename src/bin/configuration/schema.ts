/** The keys of a configuration. Source: rules 10, style 13; defaults of rules stand in the rules themselves. */
import { z } from 'zod';
import { FlagValue, MoneyValue, WholeValue } from '../../domain/config-values.ts';
import { Controls } from '../../domain/controls.ts';
import { ExecutionSettings } from '../../domain/execution-settings.ts';
import { AccountId } from '../../domain/ids.ts';
import { InstrumentSpec } from '../../domain/instrument.ts';
import { limits } from '../../kernel/limits.ts';
import { ruleCatalogue } from '../../rules/registry.ts';
import { traderNames } from '../../strategies/catalogue.ts';
import { GroupList } from './account-groups.ts';
import { timerNames } from './account-timers.ts';
import { apiShape } from './api-schema.ts';
import { AccountGeneral, General } from './general-schema.ts';
import { SecretReference } from './secrets.ts';
import { EarlyCloseList, HolidaysBlock, SessionHoursBlock } from './sessions.ts';
import {
  AdvancedBlock,
  DailyResetBlock,
  LockoutDurationsBlock,
  WeeklyResetBlock,
} from './timers.ts';

export { inheritedKeys } from './general-schema.ts';

/** A rule block or a part of one; the rule's own schema judges what it means together with the inherited keys. */
const RuleBlock = z.record(z.string(), z.unknown());
const ruleTitle = (id: string, title: string): string => `${id}, ${title}: see rules.md`;

const Rules = z.strictObject(
  Object.fromEntries(
    ruleCatalogue.map(({ key, id, title }) => [
      key,
      RuleBlock.optional().describe(ruleTitle(id, title)),
    ]),
  ),
);

const whole = (min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `a whole number from ${min} to ${max}`,
  }).meta({ minimum: min, maximum: max });

const Mode = z
  .string()
  .transform((text) => text.toUpperCase())
  .pipe(z.enum(['DRY_RUN', 'PAPER', 'LIVE']))
  .meta({ values: '`DRY_RUN` or `PAPER`, in any case', examples: ['DRY_RUN', 'PAPER'] });

const Trader = z.enum(traderNames);

/** Controls of one account: judged by their own schema, together with what stands below them. */
const controlBlocks = Object.fromEntries(
  Object.keys(Controls.shape).map((key) => [key, z.unknown().optional()]),
);

/** Trading days, resets and hours of one account: judged the same way. */
const timerBlocks = Object.fromEntries(timerNames.map((key) => [key, z.unknown().optional()]));

/** What may differ from account to account; also the whole of a file that `riskConfigFile` names. */
export const AccountRisk = z
  .strictObject({ general: AccountGeneral, rules: Rules, ...timerBlocks, ...controlBlocks })
  .partial();

/** How a venue is reached. */
const GatewayBlock = z.strictObject({
  username: SecretReference.optional().describe('who signs in'),
  apiKey: SecretReference.optional().describe('with which key'),
  apiUrl: z.url().optional().describe('address of the calls'),
  websocketUrl: z.url().optional().describe('address of the stream'),
});

const Account = z.strictObject({
  id: AccountId.meta({
    values: 'text, 1 to 64 characters',
    description: 'name of the account in the journal and towards the venue; no two are the same',
  }),
  name: z.string().optional().describe('label for people; the id when it is left out'),
  balance: MoneyValue.refine((units) => units > 0, { error: 'an amount above 0' })
    .meta({ exclusiveMinimum: 0 })
    .default(50_000_000_000)
    .meta({
      default: 50_000,
      description: 'money at the start, in USD; a journal that exists wins',
    }),
  strategy: Trader.optional().describe('who trades the account; `trader` when it is left out'),
  accountType: z
    .enum(['practice', 'live', 'combine', 'xfa'])
    .default('practice')
    .describe('what kind of account the venue says it is'),
  description: z.string().max(500).default('').describe('for people'),
  enabled: FlagValue.default(true).describe('false: the account is left alone'),
  gateway: z.string().min(1).optional().describe('name of a gateway block; topstepx else'),
  mode: Mode.optional().describe('not above the mode of the engine, which it has else'),
  riskConfigFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'file with `general`, `rules`, hours, resets and controls of this account; beside this one',
    ),
  propFirmProfile: z
    .string()
    .min(1)
    .optional()
    .describe('bounds of a firm; this version knows no profile and refuses every name'),
  configOverrides: AccountRisk.partial()
    .prefault({})
    .describe(
      'values of `general`, `rules`, hours, resets and controls that differ for this account',
    ),
});

const decimal = { values: 'a number, 0 or more' };
const { shape } = InstrumentSpec;
const Instrument = InstrumentSpec.extend({
  id: shape.id.meta({
    values: 'text, 1 to 40 characters',
    description: 'root or pair; the id of a built-in instrument replaces it',
  }),
  aliases: shape.aliases.describe('other spellings that mean this instrument'),
  kind: shape.kind.describe('what it is'),
  payoff: shape.payoff.describe('linear: profit in the settlement currency; inverse: in the coin'),
  settlementCurrency: shape.settlementCurrency.describe('in which profit and loss is paid'),
  tickSize: shape.tickSize.meta({ ...decimal, description: 'smallest step of the price' }),
  lotSize: shape.lotSize.meta({ ...decimal, description: 'smallest quantity' }),
  multiplier: shape.multiplier.meta({
    ...decimal,
    description: 'money per price point and contract or coin; inverse: quote money per contract',
  }),
  feePerContract: shape.feePerContract.meta({
    ...decimal,
    description: 'cost of one contract or coin, one side',
  }),
  feePpm: whole(0, 1_000_000)
    .default(0)
    .describe('cost in parts per million of the traded value, one side, on top'),
  calendar: shape.calendar.describe('days on which it trades: Monday to Friday, or every day'),
  miniWeightPpm: whole(0, 100_000_000)
    .default(1_000_000)
    .describe('weight under miniEquivalent in parts per million: a micro weighs 100000'),
});

export const ConfigurationFile = z.strictObject({
  mode: Mode.default('PAPER').describe(
    'DRY_RUN sends no orders, PAPER trades with the simulated venue; there is no live venue yet',
  ),
  readOnly: FlagValue.default(true).describe(
    'forbids orders to a real venue; without effect on the simulated one',
  ),
  general: General.prefault({}).describe('what every rule inherits'),
  rules: Rules.prefault({}).describe(
    'one block for each rule; a rule that is not named has its defaults',
  ),
  dailyReset: DailyResetBlock.prefault({}).describe(
    'when the trading day changes: daily results begin anew, daily locks end',
  ),
  weeklyReset: WeeklyResetBlock.prefault({}).describe('when the week begins anew'),
  lockoutDurations: LockoutDurationsBlock.prefault({}).describe('how long locks hold'),
  sessionHours: SessionHoursBlock.prefault({}).describe(
    'trading hours, kept by sessionBlockOutside',
  ),
  holidays: HolidaysBlock.prefault({}).describe('dates on which there is no session'),
  earlyClose: EarlyCloseList.default([]).describe('dates on which sessions end earlier'),
  advanced: AdvancedBlock.prefault({}).describe('sweeps, and nights in which clocks change'),
  accounts: z
    .array(Account)
    .min(1, { error: 'at least one account' })
    .max(limits.accountsMax)
    .prefault([{ id: 'A1' }])
    .describe('the accounts that are protected, each by itself'),
  groups: GroupList.default([]).describe(
    'limits of several accounts together, beside those of each account',
  ),
  instruments: z
    .array(Instrument)
    .max(limits.instrumentsMax)
    .prefault([])
    .describe('instruments beside the built-in ones'),
  venue: z
    .strictObject({
      paper: z
        .strictObject({
          latencyMs: whole(0, 60_000)
            .default(0)
            .describe('market time until a command arrives, and until its answer does'),
          slippageTicks: whole(0, 1_000)
            .default(0)
            .describe('how much worse than the touch a market order fills'),
          lotsPerLevel: whole(1, 1_000_000_000)
            .optional()
            .describe('lots at each price; as many as wanted when it is left out'),
        })
        .prefault({})
        .describe('the simulated venue'),
    })
    .prefault({})
    .describe('where orders go'),
  ...ExecutionSettings.shape,
  ...Controls.shape,
  ...apiShape,
  gateways: z
    .record(z.string().min(1), GatewayBlock)
    .default({})
    .describe('how venues are reached; a file may also have a block under the name of a gateway'),
  trader: Trader.default('vwap').describe(
    'who trades accounts that name nobody; without any configuration file it is reckless',
  ),
});
export type ConfigurationFile = z.output<typeof ConfigurationFile>;
