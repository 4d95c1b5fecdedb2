/** Refusals of our own gate: one catalogue; its order is the order of checking, of the docs and of the tests. */
import type { VerdictInput } from './verdict.ts';

/** Source: trading-controls 2.1; codes of checks that exist in this version. */
export const denialCatalogue = [
  { code: 'MODE_FORBIDS', meaning: 'the mode sends no orders', remedy: 'run in PAPER or LIVE' },
  {
    code: 'NOT_RECONCILED',
    meaning: 'the account has not been compared with the venue yet',
    remedy: 'wait for the reconciliation to end',
  },
  {
    code: 'INTENT_EXPIRED',
    meaning: 'the intent is older than its maximum age',
    remedy: 'send a new intent',
  },
  {
    code: 'TRADING_STATE_FORBIDS',
    meaning: 'the trading state permits no new risk',
    remedy: 'see the causes of the state',
  },
  {
    code: 'LOCK_ACTIVE',
    meaning: 'a lock forbids new risk in this scope',
    remedy: 'wait for the end of the lock',
  },
  {
    code: 'DAILY_LOSS_REACHED',
    meaning: 'RULE-003: the daily loss limit is reached',
    remedy: 'wait for the daily reset',
  },
  {
    code: 'CONTRACTS_MAX',
    meaning: 'RULE-001: more contracts than the account may hold',
    remedy: 'reduce the quantity to the headroom',
  },
  {
    code: 'UNREALIZED_LOSS_REACHED',
    meaning: 'RULE-004: the open loss limit is reached',
    remedy: 'close or reduce the position',
  },
  {
    code: 'SCHEMA_INVALID',
    meaning: 'the order is not well formed',
    remedy: 'correct the named field',
  },
  {
    code: 'INSTRUMENT_UNKNOWN',
    meaning: 'the instrument has no specification here',
    remedy: 'add it to the configuration',
  },
  {
    code: 'QUANTITY_OUT_OF_RANGE',
    meaning: 'the quantity is not within the permitted range',
    remedy: 'correct the quantity',
  },
  {
    code: 'NO_REFERENCE_PRICE',
    meaning: 'there is no quote of the instrument',
    remedy: 'wait for market data',
  },
  {
    code: 'STALE_DATA',
    meaning: 'the last quote is too old',
    remedy: 'wait for fresh market data',
  },
  {
    code: 'DUPLICATE_INTENT',
    meaning: 'the same signal was already taken',
    remedy: 'send a new signal identity',
  },
  {
    code: 'EXIT_IN_FLIGHT',
    meaning: 'a close of this instrument is already in flight',
    remedy: 'wait for its outcome',
  },
  {
    code: 'MAILBOX_FULL',
    meaning: 'the engine takes no more commands now',
    remedy: 'try again later',
  },
] as const;

export type DenialCode = (typeof denialCatalogue)[number]['code'];

/** A refusal before the venue. A value, never an exception. */
export type Denial = { readonly code: DenialCode; readonly facts: readonly VerdictInput[] };

/** `DAILY_LOSS_REACHED: realized=-501.20, limit=-500.00` */
export function denialText(denial: Denial): string {
  const facts = denial.facts.map(({ name, value }) => `${name}=${value}`).join(', ');
  return facts === '' ? denial.code : `${denial.code}: ${facts}`;
}
