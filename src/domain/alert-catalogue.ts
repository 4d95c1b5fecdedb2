/**
 * What people can hear of: alerts, incidents and durable timers, by name. The reference page is made from it, and a test
 * holds it against the code. Breaches of rules raise an alert with the code of their refusal: see the denial codes.
 * Source: trading-controls 5 (matrix), execution 11.3.
 */
import type { Severity } from './verdict.ts';

export type AlertEntry = {
  readonly code: string;
  /** As it is raised first; one that stays open for `alerts.escalateSeconds` goes out again one level up. */
  readonly severity: Severity;
  readonly meaning: string;
  readonly remedy: string;
};

/** Beside the codes of refusals. */
export const alertCatalogue: readonly AlertEntry[] = [
  alert(
    'KILL_SWITCH',
    'critical',
    'a kill switch has been pulled',
    'see its run; re-arm it when the cause is gone',
  ),
  alert(
    'KILL_BYPASSED',
    'critical',
    'an order went out although a kill covers it',
    'look at the order at the venue',
  ),
  alert(
    'KILL_INCOMPLETE',
    'critical',
    'a kill run has not reached its end in time',
    'close by hand at the venue',
  ),
  alert(
    'KILL_LATCHED',
    'critical',
    'a start has found a kill that nobody has re-armed',
    're-arm it, or leave it',
  ),
  alert(
    'KILL_VERIFIED',
    'warning',
    'a kill run has ended, and the venue has confirmed it',
    're-arm it when the cause is gone',
  ),
  alert('KILL_REARMED', 'warning', 'a person has re-armed a kill switch', 'nothing'),
  alert(
    'MAX_DRAWDOWN',
    'critical',
    'the account is halted for its drawdown',
    're-arm it when the loss is understood',
  ),
  alert(
    'ACCOUNT_HALTED',
    'critical',
    'a cause halts the account until somebody re-arms it',
    'see the cause; re-arm the account',
  ),
  alert('ACCOUNT_REARMED', 'warning', 'a person has re-armed the account', 'nothing'),
  alert(
    'API_ERROR_BURST',
    'warning',
    'calls to the venue fail in a row, a breaker opens or closes',
    'look at the state of the venue',
  ),
  alert(
    'MAINTENANCE',
    'warning',
    'the venue has closed everything that it trades',
    'wait until it trades again; exits are tried meanwhile',
  ),
  alert(
    'VOLATILITY',
    'warning',
    'a price that is held or worked moves too much',
    'reduce; it ends by itself',
  ),
  alert(
    'LATENCY',
    'warning',
    'the answers of the venue are slower than the objective',
    'look at the network and the state of the venue',
  ),
  alert(
    'SAFETY_LIMIT',
    'warning',
    'a safety limit lets the account only reduce until it is kept again',
    'see which limit; reduce, or look at the venue',
  ),
  alert(
    'ORDER_REJECTION_BURST',
    'warning',
    'the venue refuses many orders',
    'see the reasons of the refusals; stop the strategy',
  ),
  alert(
    'EXCEPTION_BURST',
    'critical',
    'three crashes of actors of the account within five minutes',
    'see the crashes in the journal',
  ),
  alert(
    'LOCK_CHANGED',
    'warning',
    'a lock began or was unlocked, or an unlock was refused',
    'nothing',
  ),
  alert(
    'ENFORCEMENT_INCOMPLETE',
    'critical',
    'what a rule closes is not closed in time; the work goes on',
    'close by hand at the venue',
  ),
  alert(
    'ORDER_INTEGRITY',
    'error',
    'an order is unknown, filled late or beyond its quantity, or contradicts itself',
    'look at the order at the venue, then resolve or acknowledge it',
  ),
  alert(
    'ORDER_STUCK',
    'warning',
    'nothing was heard of a working order for long',
    'look at the order at the venue',
  ),
  alert(
    'RECONCILIATION',
    'error',
    'the venue and the books differ, or could not be compared',
    'see the incident; correct what is wrong at the venue',
  ),
  alert(
    'CONNECTION_LOST',
    'warning',
    'the link to the venue is lost',
    'check the network and the state of the venue',
  ),
  alert(
    'AUTH_FAILED',
    'error',
    'the venue does not accept the login',
    'check user name, key and token, then restart',
  ),
  alert(
    'ACCOUNT_INVISIBLE',
    'warning',
    'the venue no longer shows the account',
    'ask the venue or the firm why',
  ),
  alert(
    'HEDGE_FAILURE',
    'critical',
    'the hedge of a group failed: IMMEDIATE_MANUAL_HEDGE',
    'hedge by hand, now',
  ),
  alert('EMERGENCY_HEDGE', 'error', 'a group hedged what it could not unwind', 'look at both legs'),
  alert(
    'GROUP_UNCONFIRMED',
    'critical',
    'nobody knows whether a leg of a group exists',
    'look at the legs at the venue',
  ),
  alert(
    'OCO_BOTH_FILLED',
    'error',
    'two orders that exclude each other were both filled',
    'look at the position; the excess is closed',
  ),
  alert(
    'EXIT_ESCALATED',
    'warning',
    'an exit that did not fill went on as a market order',
    'nothing',
  ),
  alert(
    'PROTECTION_REFUSED',
    'critical',
    'the venue refuses the stop of a position',
    'place a stop by hand, or close',
  ),
  alert(
    'QUARANTINE',
    'error',
    'an actor is paused after its crashes, or a rule cannot judge for longer than 30 s',
    'see its crashes, then resume it; or mend what the rule misses',
  ),
  alert(
    'RULE_UNKNOWN',
    'warning',
    'a rule cannot judge; no new risk until it can',
    'mend what it misses',
  ),
  alert('STALENESS', 'warning', 'a price that is needed is too old', 'check the market data'),
  alert(
    'DATA_MISMATCH',
    'error',
    'the ledger differs from the trades of the venue by more than a cent',
    'compare both lists of trades',
  ),
  alert(
    'CONFIG_REJECTED',
    'error',
    'a new configuration is not valid; the old one stays',
    'correct what the alert names',
  ),
  alert(
    'OPERATIONS',
    'warning',
    'clock drift, or a budget of calls that is nearly used up',
    'set the clock; ask less often',
  ),
];

/** Kept in the journal with what they are about. */
export const incidentCatalogue: Readonly<Record<string, string>> = {
  ACCOUNT_REARMED: 'a person has re-armed the account',
  ACTOR_QUARANTINED: 'an actor is paused after its crashes',
  CAUSES_ACKNOWLEDGED: 'a person has acknowledged causes of the trading state',
  CLOSE_NOT_FORMED: 'an exit could not be made into an order',
  CURRENCY_NOT_OF_ACCOUNT: 'a trade in other money than that of the account',
  DATA_MISMATCH: 'the ledger differs from the trades of the venue',
  EQUITY_IMPLAUSIBLE: 'an equity that cannot be was not taken for a mark',
  EXPOSURE_WHILE_LOCKED: 'a position grew although the account was locked; it is closed',
  EXTERNAL_CLOSE: 'a position was closed by nobody here',
  EXTERNAL_ORDER: 'an order was placed elsewhere',
  FILLS_PER_ORDER_MAX: 'an order has more trades than it remembers',
  FILL_CORRECTED: 'the venue says another fee or profit of a booked trade',
  FILL_NOT_BOOKED: 'a trade could not be booked',
  FILL_OF_PAST_DAY: 'a trade belongs to an earlier trading day',
  FILL_OF_UNKNOWN_ORDER: 'a trade of an order that nobody here knows',
  FILL_VOIDED: 'the venue takes a trade back',
  FLATTEN_INCOMPLETE: 'an exit is not done after its rounds; it goes on at a slower pace',
  GHOST_POSITION: 'the venue has a position that is not in the books',
  HEDGE_FAILURE: 'the hedge of a group failed',
  INTEGRITY_ACKNOWLEDGED: 'a person has acknowledged the doubt about an order',
  KILL_BYPASSED: 'an order went out although a kill covers it',
  KILL_INCOMPLETE: 'a kill run has not reached its end in time',
  KILL_REARMED: 'a person has re-armed a kill switch',
  KILL_SWITCH: 'a kill switch has been pulled',
  KILL_VERIFIED: 'the venue has confirmed the end of a kill run',
  LATE_FILL_AFTER_CANCELED: 'a trade of an order that counted as canceled',
  LATE_FILL_AFTER_DENIED: 'a trade of an order that the gate had refused',
  LATE_FILL_AFTER_EXPIRED: 'a trade of an order that counted as expired',
  LATE_FILL_AFTER_FAILED: 'a trade of an order that counted as never placed',
  LATE_FILL_AFTER_FILLED: 'a trade of an order that counted as filled',
  LATE_FILL_AFTER_REJECTED: 'a trade of an order that counted as rejected',
  LATE_ORDER: 'an order is at the venue although its placement had been given up',
  LOCK_UNLOCKED: 'a person has ended a lock',
  LOCK_UNLOCK_ASKED: 'the first of two persons wants to end a lock',
  LOCK_UNLOCK_REFUSED: 'an unlock was refused',
  MONEY_DIFFERENCE: 'the balance of the venue is not explained by the books',
  OCO_BOTH_FILLED: 'two orders that exclude each other were both filled',
  ORDER_CONFLICT: 'what the venue says of an order does not fit together',
  ORDER_RESOLVED: 'a person has said what became of an order',
  ORDER_WITHDRAWN: 'an approved order was taken back before it left',
  OVERFILL: 'more was filled than was ordered',
  POSITION_COST_MISMATCH: 'the average price of the venue is another one',
  POSITION_DOUBTED: 'a position may be another one than the books say',
  POSITION_MISMATCH: 'the venue has another quantity',
  QUANTITY_MISMATCH: 'the venue has another quantity',
  RECONCILIATION_FAILED: 'the venue could not be compared with the books',
  STRATEGY_DISABLED: 'a strategy was switched off for its refusals',
  TRADE_ID_CONFLICT: 'two trades have one id',
  UNKNOWN_ORDER: 'nobody knows what became of an order',
  UNPROTECTED_POSITION: 'a position has no stop',
  VENUE_TIME_DOUBTED: 'the venue gave a time that is not believed',
  ZOMBIE_POSITION: 'the books have a position that the venue has not',
};

/** Durable timers by name. */
export const timerCatalogue: Readonly<Record<string, string>> = {
  acknowledgement: 'of an order: the answer to its placement is overdue',
  attention: 'of a rule: a close has taken its grace, or it has not been able to judge for 30 s',
  cancel: 'of an order: the answer to its cancel is overdue',
  dailyBoundary: 'of an account: the trading day changes',
  escalate:
    'of the alert desk: an alert has been open for its time; of linked orders, with the order: an exit goes on as a market order',
  expiry: 'of a lock: it ends',
  fills: 'of an order: the trades that its quantity tells of are overdue',
  hedge: 'of a group: its hedge is due',
  kill: 'of a kill run: the next look at what is left',
  modify: 'of an order: the answer to its change is overdue',
  question: 'of an order: the venue is asked again',
  search: 'of an order in doubt: it is looked for again',
  task: 'of a group: its present task is overdue',
  timeToLive: 'of an order: it is canceled',
  verify: 'of an exit: the next look at what is open',
  weeklyBoundary: 'of an account: the week changes',
};

function alert(code: string, severity: Severity, meaning: string, remedy: string): AlertEntry {
  return { code, severity, meaning, remedy };
}
