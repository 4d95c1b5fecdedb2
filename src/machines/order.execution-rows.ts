/** Rows of the execution region that several states share, named after the cells of execution 3.3. */
import type { Finished } from './order.setup.ts';

/** Not applied; integrity becomes conflict and the venue is asked. Cell `C`. */
export const contradiction = {
  actions: ['reportContradiction', 'countContradiction', 'findContradiction'],
} as const;
export const knownContradiction = { guard: 'isKnown', ...contradiction } as const;
/** Journalled, counted, not applied. Cell `st`. */
export const stale = { guard: 'isStale', actions: 'countRejected' } as const;
/** In doubt every report helps that is not plainly older. */
export const older = { guard: 'isOlder', actions: 'countRejected' } as const;
export const counted = { actions: 'countRejected' } as const;
export const confirm = { actions: ['sendWhatWaited', 'confirmOrder'] } as const;
/** A late REST answer only binds the venue's id. */
export const bind = { actions: 'bindOrder' } as const;
export const close = { actions: ['endRequests', 'closeOrder'] } as const;
const closeRemainder = { actions: ['endRequests', 'closeRemainder'] } as const;
export const takeFill = { actions: ['takeFill', 'bookFill'] } as const;
export const takeOverfill = { actions: ['takeFill', 'bookFill', 'findOverfill'] } as const;
export const ignoreKnown = { guard: 'isKnown' } as const;
export const repeatedFill = { guard: 'isRepeatedFill' } as const;

export const voided = [
  { guard: 'isRepeatedVoid' },
  { guard: 'doesVoidFit', actions: ['reportVoid', 'voidFill', 'findContradiction'] },
  knownContradiction,
] as const;

/** Nothing of this is news in any state in which the venue has the order or has finished it. */
const settledQuestions = {
  'order.acknowledgementOverdue': {},
  'order.notFoundConfirmed': {},
  'order.fillVoided': voided,
  // An unknown word for a state is no state. Source: execution 3.9.
  'order.stateUnreadable': contradiction,
} as const;

// Orders that may still fill ----------------------------------------------------------------------

/** Fill rows of N, S, W, T, P, U. The order of the lines is the order of likelihood. */
export const openFill = [
  { guard: 'isCompletingFill', target: 'filled', ...takeFill },
  { guard: 'isPartialFill', target: 'partial', ...takeFill },
  repeatedFill,
  { guard: 'isOverfill', target: 'filled', ...takeOverfill },
  knownContradiction,
] as const;

/** Rows that end an order that the venue has shown; `first` refuses what is stale. */
export const endings = <First extends typeof stale | typeof older>(first: First) =>
  ({
    'order.statusFilled': [first, { guard: 'isKnown', target: 'filled', ...close }],
    'order.canceled': [first, { guard: 'isKnown', target: 'canceled', ...close }],
    'order.expired': [first, { guard: 'isKnown', target: 'expired', ...close }],
    'order.venueRejected': [
      first,
      // The remainder has ended; the fills are kept.
      { guard: 'hasFills', target: 'canceled', ...closeRemainder },
      { guard: 'isKnown', target: 'rejected', ...close },
    ],
  }) as const;

/** Rows that S, W, T and P share. */
export const live = {
  ...settledQuestions,
  ...endings(stale),
  'order.placeAccepted': confirm,
  'order.placeAmbiguous': {},
  'order.placeRejected': contradiction,
  'order.filled': openFill,
  'order.updated': [
    stale,
    {
      guard: 'isEndedByUpdate',
      target: 'filled',
      actions: ['endRequests', 'applyEndingUpdate'],
    },
    { actions: ['sendNextModify', 'applyUpdate'] },
  ],
  'order.missingInQuery': [
    // Never directly canceled or rejected: absence is no proof.
    { guard: 'isMissingTooOften', target: 'unknown', actions: 'countMissing' },
    { actions: 'countMissing' },
  ],
  'order.fillsOverdue': {},
} as const;

export const toLive = [
  { guard: 'isFilledInPart', target: 'partial', ...confirm },
  { target: 'working', ...confirm },
] as const;

export const triggered = [
  stale,
  { guard: 'isTriggerable', target: 'triggered', ...confirm },
  contradiction,
] as const;

// Finished orders ---------------------------------------------------------------------------------

/** Rows that X, E, R, D, A share. */
export const finished = {
  ...settledQuestions,
  'order.missingInQuery': {},
  'order.fillsOverdue': [
    { guard: 'areFillsDue', actions: ['queryOrder', 'forgetAwaitedFills'] },
    {},
  ],
} as const;

/** Booked always, and late unless a report has already counted it. Fill rows of X and E. */
const fillAfter = <State extends Finished>(finishedAs: State) => {
  const takeLate = { type: 'takeLateFill', params: { finishedAs } } as const;
  return [
    { guard: 'isExpectedCompletingFill', target: 'filled', ...takeFill },
    { guard: 'isExpectedPartialFill', ...takeFill },
    {
      guard: 'isCompletingFill',
      target: 'filled',
      actions: [takeLate, 'bookLateFill', 'findLate'],
    },
    { guard: 'isPartialFill', actions: [takeLate, 'bookLateFill', 'findLate'] },
    repeatedFill,
    {
      guard: 'isOverfill',
      target: 'filled',
      actions: [takeLate, 'bookLateFill', 'findLate', 'findOverfill'],
    },
    contradiction,
  ] as const;
};

/** Fill rows of R and A: the order lives finishedAs all, `partial` says as what. */
export const fillReopening = <State extends Finished, Target extends 'unknown' | 'partial'>(
  finishedAs: State,
  partial: Target,
) => {
  const takeLate = { type: 'takeLateFill', params: { finishedAs } } as const;
  return [
    {
      guard: 'isCompletingFill',
      target: 'filled',
      actions: [takeLate, 'bookLateFill', 'findLate'],
    },
    {
      guard: 'isPartialFill',
      target: partial,
      actions: [takeLate, 'bookReopeningFill', 'findLate'],
    },
    repeatedFill,
    {
      guard: 'isOverfill',
      target: 'filled',
      actions: [takeLate, 'bookLateFill', 'findLate', 'findOverfill'],
    },
    contradiction,
  ] as const;
};

export const filledAfter = <State extends Finished>(finishedAs: State) =>
  ({
    target: 'filled',
    actions: [
      { type: 'takeLateFill', params: { finishedAs } },
      'endRequests',
      'closeLate',
      'findLate',
    ],
  }) as const;

/** Cell `st/C`. */
const staleOrContradiction = [{ guard: 'isNewer', ...contradiction }, counted] as const;

/** X and E. */
export const ended = <State extends 'CANCELED' | 'EXPIRED'>(finishedAs: State) =>
  ({
    on: {
      ...finished,
      'order.placeAccepted': bind,
      'order.placeAmbiguous': {},
      'order.placeRejected': {},
      'order.opened': staleOrContradiction,
      'order.suspended': staleOrContradiction,
      'order.triggered': staleOrContradiction,
      'order.filled': fillAfter(finishedAs),
      'order.statusFilled': [stale, filledAfter(finishedAs)],
      'order.updated': staleOrContradiction,
      'order.venueRejected': {},
      'order.canceled': {},
      'order.expired': {},
    },
  }) as const;

/** Found although it counted as failed. Cells `L:W`, `L:S`, `L:T`. */
export const reopen = { actions: ['reportLateOrder', 'reopenOrder', 'findLate'] } as const;
export const reopenLive = [
  { guard: 'isFilledInPart', target: 'partial', ...reopen },
  { target: 'working', ...reopen },
] as const;

/** An order that we never sent was executed: booked like every trade, and a conflict. */
export function fillOfDenied() {
  const takeLate = { type: 'takeLateFill', params: { finishedAs: 'DENIED' } } as const;
  return [
    {
      guard: 'isCompletingFill',
      target: 'filled',
      actions: [takeLate, 'bookLateFill', 'findLate', 'findContradiction'],
    },
    {
      guard: 'isPartialFill',
      target: 'unknown',
      actions: [takeLate, 'bookReopeningFill', 'findLate', 'findContradiction'],
    },
    repeatedFill,
    {
      guard: 'isOverfill',
      target: 'filled',
      actions: [takeLate, 'bookLateFill', 'findLate', 'findOverfill', 'findContradiction'],
    },
    contradiction,
  ] as const;
}
