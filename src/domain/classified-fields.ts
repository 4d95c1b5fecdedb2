/**
 * The fields of commands, events, contexts and stored values that carry a class, as a schema: what holds a name in the
 * journal holds it here. Shapes of names are declared too, because money is called `…Units` everywhere (style 4.2).
 */
import { z } from 'zod';
import { Redactor } from './redaction.ts';

/** Name of a person, or of a strategy that stands in the same field. */
export const PersonName = z.string().meta({ class: 'pii' });
/** Names a token without being one. */
export const TokenId = z.string().meta({ class: 'pii' });
const IpAddress = z.string().meta({ class: 'pii' });
/** The account as the venue calls it: a number that names its holder. */
const VenueAccountName = z.string().meta({ class: 'pii' });
/** Settlement units or a decimal text. */
const Amount = z.union([z.number(), z.string()]).meta({ class: 'money' });
/** SHA-256 of a secret, and what a browser proves itself with. */
export const SecretText = z.string().meta({ class: 'secret' });

/** Who asks, as a command carries it. */
const OriginFields = z.strictObject({ tokenId: TokenId, ip: IpAddress });

const PersonFields = z.object({
  by: PersonName,
  origin: OriginFields,
  tokenId: TokenId,
  ip: IpAddress,
  /** First voices of commands that need two. */
  voices: z.record(z.string(), z.unknown()).meta({ class: 'pii' }),
  venueAccount: VenueAccountName,
  venueAccountId: VenueAccountName,
  venueAccountName: VenueAccountName,
});

const MoneyFields = z.object({
  amount: Amount,
  balance: Amount,
  /** Of a finding, whose `unit` is mostly money. */
  observed: Amount,
  limit: Amount,
});
/** `realizedUnits`, `weekNetUnits`, `costMicros` … */
const moneyNames = ['Units', 'Micros'].map((ending) =>
  z.record(z.templateLiteral([z.string(), ending]), Amount),
);

const SecretFields = z.object({ csrf: SecretText });

/** Schemas of everything that stands in a journal. */
export const classifiedFields: readonly z.ZodType[] = [
  PersonFields,
  MoneyFields,
  SecretFields,
  ...moneyNames,
];

/** For everything that was read from a journal. */
export const journalRedactor = new Redactor(classifiedFields);
