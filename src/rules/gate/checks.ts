/**
 * The checks of the gate in the order of the denial catalogue. A new check is one entry here and its code there.
 * Source: trading-controls 2.
 */
import {
  entryFrequency,
  exposureCaps,
  funds,
  positionLimits,
  positionSize,
  shorting,
  strategyBudget,
} from '../portfolio/checks.ts';
import type { GateCheck } from './context.ts';
import {
  duplicateIntent,
  identicalOrder,
  localPending,
  positionExists,
  symbolBusy,
  venueOrderExists,
} from './duplicates.ts';
import {
  breakerOpen,
  intentExpired,
  killSwitchActive,
  lockActive,
  modeForbids,
  notReconciled,
  otherAccount,
  productDisabled,
  strategyPaused,
  tradingStateForbids,
} from './general.ts';
import {
  clockUntrusted,
  instrumentUnknown,
  marketData,
  messageLimit,
  onGrid,
  priceCollar,
  quantityMax,
  rateBudget,
  repeatedExecution,
  selfMatch,
  valueMax,
  wellFormed,
} from './technical.ts';

/** Checks 1 to 5, before the account rules: mode, start, age, product, kill switch, state and locks. */
export const generalChecks: readonly GateCheck[] = [
  modeForbids,
  notReconciled,
  intentExpired,
  breakerOpen,
  productDisabled,
  killSwitchActive,
  tradingStateForbids,
  strategyPaused,
  lockActive,
];

/** Checks 6 to 13: stops, caps, frequency, cooldowns, margin; each is silent while its control is off. */
export const portfolioChecks: readonly GateCheck[] = [
  strategyBudget,
  exposureCaps,
  entryFrequency,
  positionLimits,
  positionSize,
  shorting,
  funds,
];

/** Check 14. */
export const technicalChecks: readonly GateCheck[] = [
  otherAccount,
  wellFormed,
  instrumentUnknown,
  onGrid,
  quantityMax,
  valueMax,
  priceCollar,
  marketData,
  clockUntrusted,
  duplicateIntent,
  identicalOrder,
  symbolBusy,
  positionExists,
  venueOrderExists,
  localPending,
  selfMatch,
  repeatedExecution,
  messageLimit,
  rateBudget,
];

/** What an order that can only reduce meets: mode, account and form; one close in flight is the judge's own. */
export const reduceChecks: readonly GateCheck[] = [modeForbids, otherAccount, wellFormed];
