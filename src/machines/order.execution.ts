/**
 * What the venue has done with the order. Table: execution 3.3; the comments name its cells.
 *
 * A missing event is a `dl` cell: it cannot happen by construction, and the engine makes a dead letter of it.
 * `{}` is a `=` cell that teaches nothing.
 */
import {
  bind,
  close,
  confirm,
  contradiction,
  counted,
  ended,
  endings,
  fillOfDenied,
  fillReopening,
  filledAfter,
  finished,
  ignoreKnown,
  knownContradiction,
  live,
  older,
  openFill,
  reopen,
  reopenLive,
  repeatedFill,
  stale,
  takeFill,
  takeOverfill,
  toLive,
  triggered,
  voided,
} from './order.execution-rows.ts';
import { orderSetup } from './order.setup.ts';

export const execution = orderSetup.createStateConfig({
  initial: 'none',
  states: {
    /** The venue has not confirmed. Before the order is sent the venue's events are dead letters: guard isKnown. */
    none: {
      always: { guard: 'isAdopted', target: 'adopted' },
      exit: 'disarmAcknowledgement',
      on: {
        ...endings(older),
        'order.intentCommitted': { guard: 'isUncommitted', actions: 'noteCommit' },
        'order.gateDenied': { guard: 'isUnsent', target: 'denied', ...close },
        'order.notSent': { target: 'failed', ...close },
        'order.sendStarted': { guard: 'isReadyToSend', actions: ['submitOrder', 'noteSending'] },
        'order.placeAccepted': { guard: 'isKnown', target: 'working', ...confirm },
        'order.placeAmbiguous': { guard: 'isKnown', target: 'unknown', actions: 'queryOrder' },
        'order.placeRejected': { guard: 'isKnown', target: 'rejected', ...close },
        'order.acknowledgementOverdue': [
          { guard: 'isAcknowledgementDue', target: 'unknown', actions: 'queryOrder' },
          ignoreKnown,
        ],
        'order.opened': [older, { guard: 'isKnown', target: 'working', ...confirm }],
        'order.suspended': [older, { guard: 'isKnown', target: 'suspended', ...confirm }],
        'order.triggered': [
          older,
          { guard: 'isTriggerable', target: 'triggered', ...confirm },
          knownContradiction,
        ],
        'order.filled': openFill,
        'order.fillVoided': voided,
        'order.updated': [stale, { guard: 'isKnown', actions: ['sendNextModify', 'applyUpdate'] }],
        'order.stateUnreadable': knownContradiction,
        'order.missingInQuery': ignoreKnown,
        'order.notFoundConfirmed': ignoreKnown,
        'order.fillsOverdue': ignoreKnown,
      },
    },
    /** Never rests here: where an order found at the venue starts. Not open to our own. Source: execution 3.7. */
    adopted: {
      always: [
        { guard: { type: 'wasAdoptedAs', params: 'working' }, target: 'working' },
        { guard: { type: 'wasAdoptedAs', params: 'partial' }, target: 'partial' },
        { guard: { type: 'wasAdoptedAs', params: 'suspended' }, target: 'suspended' },
        { guard: { type: 'wasAdoptedAs', params: 'triggered' }, target: 'triggered' },
        { guard: { type: 'wasAdoptedAs', params: 'filled' }, target: 'filled' },
        { guard: { type: 'wasAdoptedAs', params: 'canceled' }, target: 'canceled' },
        { guard: { type: 'wasAdoptedAs', params: 'expired' }, target: 'expired' },
        { target: 'rejected' },
      ],
    },
    suspended: {
      on: {
        ...live,
        'order.opened': [stale, ...toLive],
        'order.suspended': [stale, confirm],
        'order.triggered': triggered,
      },
    },
    working: {
      on: {
        ...live,
        'order.opened': [stale, confirm],
        'order.suspended': [stale, { target: 'suspended', ...confirm }],
        'order.triggered': triggered,
      },
    },
    triggered: {
      on: {
        ...live,
        'order.opened': [stale, confirm],
        'order.suspended': [stale, contradiction],
        'order.triggered': [stale, { guard: 'isTriggerable', ...confirm }, contradiction],
      },
    },
    /** The fact of a fill is never lost by a later acceptance. */
    partial: {
      on: {
        ...live,
        'order.opened': [stale, confirm],
        'order.suspended': [stale, contradiction],
        'order.triggered': [stale, { guard: 'isTriggerable', ...confirm }, contradiction],
      },
    },
    /** The venue may or may not have it: id and exposure are kept, nothing is sent again. */
    unknown: {
      on: {
        ...endings(older),
        'order.placeAccepted': toLive,
        'order.placeAmbiguous': {},
        'order.placeRejected': [
          { guard: 'isFilledInPart', ...contradiction },
          { target: 'rejected', ...close },
        ],
        'order.acknowledgementOverdue': {},
        'order.opened': [older, ...toLive],
        'order.suspended': [older, { target: 'suspended', ...confirm }],
        'order.triggered': [
          older,
          { guard: 'isTriggerable', target: 'triggered', ...confirm },
          contradiction,
        ],
        'order.filled': openFill,
        'order.fillVoided': voided,
        'order.updated': [
          stale,
          {
            guard: 'isEndedByUpdate',
            target: 'filled',
            actions: ['endRequests', 'applyEndingUpdate'],
          },
          {
            guard: 'isFilledInPart',
            target: 'partial',
            actions: ['sendNextModify', 'applyUpdate'],
          },
          { target: 'working', actions: ['sendNextModify', 'applyUpdate'] },
        ],
        'order.stateUnreadable': contradiction,
        'order.missingInQuery': {},
        'order.notFoundConfirmed': [
          {
            guard: 'isPlainlyAbsent',
            target: 'failed',
            actions: ['endRequests', 'failOrder'],
          },
          contradiction,
        ],
        'order.fillsOverdue': {},
        'order.resolvedByOperator': [
          { guard: 'isCanceledByOperator', target: 'canceled', ...close },
          { target: 'failed', ...close },
        ],
      },
    },
    filled: {
      on: {
        ...finished,
        'order.placeAccepted': bind,
        'order.placeAmbiguous': {},
        'order.placeRejected': contradiction,
        'order.opened': counted,
        'order.suspended': counted,
        'order.triggered': counted,
        'order.filled': [
          // The status came before its trades.
          { guard: 'isCompletingFill', ...takeFill },
          { guard: 'isPartialFill', ...takeFill },
          repeatedFill,
          { guard: 'isOverfill', ...takeOverfill },
          contradiction,
        ],
        'order.statusFilled': {},
        'order.updated': counted,
        'order.venueRejected': contradiction,
        'order.canceled': counted,
        'order.expired': counted,
      },
    },
    canceled: ended('CANCELED'),
    expired: ended('EXPIRED'),
    rejected: {
      on: {
        ...finished,
        'order.placeAccepted': contradiction,
        'order.placeAmbiguous': {},
        'order.placeRejected': {},
        'order.opened': contradiction,
        'order.suspended': contradiction,
        'order.triggered': contradiction,
        'order.filled': fillReopening('REJECTED', 'unknown'),
        'order.statusFilled': filledAfter('REJECTED'),
        'order.updated': contradiction,
        'order.venueRejected': {},
        'order.canceled': {},
        'order.expired': {},
      },
    },
    /** Refused by our own gate: whatever the venue says of it contradicts that. */
    denied: {
      on: {
        ...finished,
        'order.placeAccepted': contradiction,
        'order.opened': contradiction,
        'order.suspended': contradiction,
        'order.triggered': contradiction,
        'order.filled': fillOfDenied(),
        'order.statusFilled': contradiction,
        'order.updated': contradiction,
        'order.venueRejected': contradiction,
        'order.canceled': contradiction,
        'order.expired': contradiction,
      },
    },
    /** Never sent, or not found after the window: on watch, it may still appear. */
    failed: {
      on: {
        ...finished,
        'order.placeAccepted': reopenLive,
        'order.placeAmbiguous': {},
        'order.placeRejected': { target: 'rejected', ...close },
        'order.opened': [older, ...reopenLive],
        'order.suspended': [older, { target: 'suspended', ...reopen }],
        'order.triggered': [
          older,
          { guard: 'isTriggerable', target: 'triggered', ...reopen },
          contradiction,
        ],
        'order.filled': fillReopening('FAILED', 'partial'),
        'order.statusFilled': filledAfter('FAILED'),
        'order.updated': [stale, ...reopenLive],
        'order.venueRejected': { target: 'rejected', ...close },
        'order.canceled': { target: 'canceled', ...close },
        'order.expired': { target: 'expired', ...close },
      },
    },
  },
});
