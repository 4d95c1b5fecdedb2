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
    code: 'TRADING_NOT_PERMITTED',
    meaning: 'RULE-010: the venue does not permit trading on this account',
    remedy: 'ask the venue why; the lock ends when it permits trading again',
  },
  {
    code: 'OUTSIDE_SESSION',
    meaning: 'RULE-009: outside the trading hours, or too close to their end',
    remedy: 'wait for the next session',
  },
  {
    code: 'DAILY_LOSS_REACHED',
    meaning: 'RULE-003: the daily loss limit is reached',
    remedy: 'wait for the daily reset',
  },
  {
    code: 'DAILY_PROFIT_REACHED',
    meaning: 'RULE-013: the daily profit target is reached',
    remedy: 'wait for the daily reset',
  },
  {
    code: 'CONTRACTS_MAX',
    meaning: 'RULE-001: more contracts than the account may hold',
    remedy: 'reduce the quantity to the headroom',
  },
  {
    code: 'INSTRUMENT_CONTRACTS_MAX',
    meaning: 'RULE-002: more contracts than may be held in this instrument',
    remedy: 'reduce the quantity to the headroom',
  },
  {
    code: 'UNREALIZED_LOSS_REACHED',
    meaning: 'RULE-004: the open loss limit is reached',
    remedy: 'close or reduce the position',
  },
  {
    code: 'UNREALIZED_PROFIT_REACHED',
    meaning: 'RULE-005: the open profit is at its target, or back at entry after it was armed',
    remedy: 'wait until the position is closed',
  },
  {
    code: 'SYMBOL_BLOCKED',
    meaning: 'RULE-011: the instrument may not be traded',
    remedy: 'trade another instrument, or change symbolBlocks.blockedSymbols',
  },
  {
    code: 'STOP_REQUIRED',
    meaning: 'RULE-008: a position has no valid stop, or the entry comes without one',
    remedy: 'place a stop that covers the whole position',
  },
  {
    code: 'TRADE_FREQUENCY_REACHED',
    meaning: 'RULE-006: more trades than a window may hold',
    remedy: 'wait for the end of the cooldown, or for the daily reset',
  },
  {
    code: 'LOSS_COOLDOWN_ACTIVE',
    meaning: 'RULE-007: a loss is followed by a pause',
    remedy: 'wait for the end of the cooldown',
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
