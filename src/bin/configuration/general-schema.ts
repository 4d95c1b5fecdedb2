/** The section `general` of `risk.yaml`: what every rule inherits, and the service around the engine. Source: rules 10.2. */
import { z } from 'zod';
import { FlagValue, MoneyValue, WholeValue } from '../../domain/config-values.ts';
import { isZone } from '../../domain/wall-clock.ts';
import { limits } from '../../kernel/limits.ts';
import { SecretReference } from './secrets.ts';

const whole = (min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `a whole number from ${min} to ${max}`,
  }).meta({ minimum: min, maximum: max });

/** Keys that every rule inherits. */
const inheritedShape = {
  includeFees: FlagValue.describe('limits of realized money are net of fees'),
  breachAtEquality: FlagValue.describe('a loss equal to its limit is a breach'),
  markPrice: z
    .enum(['exitSide', 'last', 'mid'])
    .describe('price at which an open position is judged'),
  quoteMaxAgeSeconds: whole(1, limits.quoteAgeSecondsMax).describe(
    'an older price makes a verdict UNKNOWN; raised for a recording whose prices come less often',
  ),
};
export const inheritedKeys = Object.keys(inheritedShape);

const unused = 'checked, and without effect in this version';

const Logging = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
    .default('info')
    .describe('least weight of a line'),
  logToFile: FlagValue.default(true).describe('whether lines go to a file'),
  logDirectory: z.string().min(1).default('logs').describe('where the files are'),
  maxLogSizeMb: whole(1, 10_000).default(100).describe('size at which a file is full'),
  logRetentionDays: whole(1, 3_650).default(90).describe('days for which files are kept'),
});

const Database = z.strictObject({
  backups: z
    .strictObject({
      enabled: FlagValue.default(true).describe('whether copies are made'),
      intervalHours: whole(1, 8_760).default(24).describe('hours between two copies'),
      keep: whole(1, 1_000).default(7).describe('copies that are kept'),
    })
    .prefault({})
    .describe('copies of the journal'),
});

const isOn = FlagValue.default(false).describe('whether alerts go there');

const Notifications = z.strictObject({
  discord: z
    .strictObject({
      enabled: isOn,
      webhookUrl: SecretReference.optional().describe('address of the channel'),
    })
    .prefault({})
    .describe('messages to a Discord channel'),
  telegram: z
    .strictObject({
      enabled: isOn,
      botToken: SecretReference.optional().describe('of the bot that speaks'),
      chatId: SecretReference.optional().describe('to whom it speaks'),
    })
    .prefault({})
    .describe('messages of a Telegram bot'),
  webhook: z
    .strictObject({
      enabled: isOn,
      url: SecretReference.optional().describe('address that is called'),
    })
    .prefault({})
    .describe('calls of an address'),
});

export const General = z
  .strictObject({
    timezone: z.string().refine(isZone, { error: 'an IANA zone such as America/Chicago' }).meta({
      values: 'an IANA zone',
      default: 'America/Chicago',
      description: 'zone in which times are shown; checked, and without effect in this version',
    }),
    ...inheritedShape,
    instruments: z
      .array(z.string().min(1))
      .describe(`roots that the account intends to trade; ${unused}`),
    unrealizedEventStep: MoneyValue.refine((units) => units > 0, { error: 'an amount above 0' })
      .meta({ exclusiveMinimum: 0, default: 10 })
      .describe(`least change of the open result that is told; ${unused}`),
    logging: Logging.describe(`lines of the service; ${unused}`),
    database: Database.describe(`the journal; ${unused}`),
    notifications: Notifications.describe(`where alerts go; ${unused}`),
  })
  .partial();

/** What an account may say differently. */
export const AccountGeneral = z.strictObject(inheritedShape).partial();
