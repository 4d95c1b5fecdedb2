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
    code: 'BREAKER_OPEN',
    meaning: 'too many calls to the venue have failed, or prices stay away',
    remedy: 'wait until it closes by itself; what reduces risk goes on',
  },
  {
    code: 'PRODUCT_DISABLED',
    meaning: 'the venue does not trade the instrument now, or does not say that it does',
    remedy: 'wait until the venue trades it again',
  },
  {
    code: 'KILL_SWITCH_ACTIVE',
    meaning: 'a kill switch covers this order',
    remedy: 're-arm it when its cause is gone',
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
    code: 'DAILY_STOP',
    meaning: 'the loss of the trading day is at its share of the net asset value',
    remedy: 'wait for the daily reset, or for the loss to become smaller',
  },
  {
    code: 'WEEKLY_STOP',
    meaning: 'the loss of the week is at its share of the net asset value',
    remedy: 'wait for the weekly reset, or for the loss to become smaller',
  },
  {
    code: 'DRAWDOWN_MAX',
    meaning: 'the equity has fallen too far from its high-water mark',
    remedy: 're-arm the account when its cause is understood',
  },
  {
    code: 'STRATEGY_CAP',
    meaning: 'the strategy is off, or has used its budget',
    remedy: 'reduce the order, wait for the next cycle, or enable the strategy',
  },
  {
    code: 'AT_RISK_CAP',
    meaning: 'more at risk than the account may have in all',
    remedy: 'reduce the order to the headroom',
  },
  {
    code: 'SPACING',
    meaning: 'too soon after the last entry',
    remedy: 'wait until the time named',
  },
  {
    code: 'FREQUENCY_CAP',
    meaning: 'as many entries as a window may hold',
    remedy: 'wait until the oldest has left the window',
  },
  {
    code: 'CONSECUTIVE_LOSSES',
    meaning: 'a row of losses is followed by a pause',
    remedy: 'wait until the time named',
  },
  {
    code: 'POSITIONS_MAX',
    meaning: 'as many positions as may be open',
    remedy: 'close one first',
  },
  {
    code: 'COOLDOWN_ACTIVE',
    meaning: 'the instrument pauses after a fill, a win, a loss or a stop',
    remedy: 'wait until the time named',
  },
  {
    code: 'SYMBOL_SPACING',
    meaning: 'too soon after the last entry in this instrument',
    remedy: 'wait until the time named',
  },
  {
    code: 'ASSET_CAP',
    meaning: 'more at stake than one instrument may have',
    remedy: 'reduce the order to the headroom',
  },
  {
    code: 'THEME_CAP',
    meaning: 'more at stake than one theme may have',
    remedy: 'reduce the order to the headroom',
  },
  {
    code: 'POSITION_CAP',
    meaning: 'the order is larger than one may be',
    remedy: 'reduce the order to the headroom',
  },
  {
    code: 'POSITION_TOO_SMALL',
    meaning: 'the order is too small to be worth its fees, or for the venue',
    remedy: 'order more, or nothing',
  },
  {
    code: 'SHORTING_DISALLOWED',
    meaning: 'more would be sold than is held and not already for sale',
    remedy: 'sell what is available',
  },
  {
    code: 'FUNDS_INSUFFICIENT',
    meaning: 'the order needs more cash or margin than is free',
    remedy: 'reduce the order, or cancel what reserves the rest',
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
    code: 'PRICE_OFF_TICK',
    meaning: 'the price is not a multiple of the tick',
    remedy: 'round the price to the tick',
  },
  {
    code: 'QUANTITY_OFF_INCREMENT',
    meaning: 'the quantity is not a multiple of the increment',
    remedy: 'round the quantity to the increment',
  },
  {
    code: 'QUANTITY_OUT_OF_RANGE',
    meaning: 'the quantity is not within the permitted range',
    remedy: 'correct the quantity',
  },
  {
    code: 'PRICE_COLLAR',
    meaning: 'the price is too far from the market',
    remedy: 'correct the price, or widen collar.pct or collar.ticks',
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
    code: 'CLOCK_UNTRUSTED',
    meaning: 'nobody can vouch for the time of this machine',
    remedy: 'set the clock by a time source that answers',
  },
  {
    code: 'DUPLICATE_INTENT',
    meaning: 'the same signal was already taken',
    remedy: 'send a new signal identity',
  },
  {
    code: 'SYMBOL_BUSY',
    meaning: 'another order of this instrument is on its way',
    remedy: 'wait for its outcome',
  },
  {
    code: 'POSITION_EXISTS',
    meaning: 'a position is open and may not be added to',
    remedy: 'close it first, or permit duplicates.pyramiding',
  },
  {
    code: 'VENUE_ORDER_EXISTS',
    meaning: 'the venue has an open order of this instrument and side, or could not say',
    remedy: 'cancel it, or wait until the venue answers',
  },
  {
    code: 'LOCAL_PENDING',
    meaning: 'an own order of this instrument and side has an open fate',
    remedy: 'wait for its outcome',
  },
  {
    code: 'SELF_MATCH',
    meaning: 'it would trade against an order of the same account',
    remedy: 'cancel the other order, or correct the price',
  },
  {
    code: 'REPEATED_EXECUTION',
    meaning: 'the strategy has sent the same order too often and is disabled',
    remedy: 'find out why, then resume the strategy',
  },
  {
    code: 'MESSAGE_LIMIT',
    meaning: 'too many messages or working orders',
    remedy: 'wait, or raise the limit in controls.yaml',
  },
  {
    code: 'RATE_BUDGET_EXHAUSTED',
    meaning: 'the request budget of the venue is used up',
    remedy: 'wait until it has recovered',
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
