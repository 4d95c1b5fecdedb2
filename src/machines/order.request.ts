/**
 * What we have asked of the venue and not yet heard. Table: execution 3.4; the comments name what it leaves open.
 *
 * This region owns the steps of requests and their answers. On events of the execution region it only moves.
 * A finished order has nothing outstanding: every state leaves for `none` then.
 */
import { orderSetup } from './order.setup.ts';

const whenClosed = { guard: 'isClosed', target: 'none' } as const;
/** `alreadyDone` to the one who asked. */
const alreadyDone = { guard: 'isClosed' } as const;
const known = { guard: 'isKnown' } as const;
const counted = { guard: 'isKnown', actions: 'countRejected' } as const;
const refuse = <Why extends 'cancelPending' | 'unresolved' | 'notFound'>(why: Why) =>
  ({ actions: { type: 'refuseModify', params: { why } } }) as const;

const cancel = { actions: ['cancelOrder', 'noteCancel'] } as const;
const older = { guard: 'isOlder', actions: 'countRejected' } as const;
/** Canceled elsewhere, or our cancel is on its way: the end is awaited. */
const awaitCancel = { guard: 'isKnown', actions: ['awaitCancel', 'noteCancel'] } as const;
const forgetModify = { actions: ['disarmModify', 'forgetModify'] } as const;
const doubtModify = { actions: ['disarmModify', 'queryOrder', 'doubtModify'] } as const;
const forgetCancel = { actions: ['disarmCancel', 'forgetCancel'] } as const;
const doubtCancel = { actions: ['disarmRequests', 'queryOrder', 'doubtCancel'] } as const;

/** The order was found: what waited for that is on the wire now; the execution region has recorded it. */
const found = [
  { guard: 'findsWithCancel', target: 'pendingCancel' },
  { guard: 'findsWithModify', target: 'pendingUpdate' },
] as const;
const foundNew = [...found, { guard: 'isFinding', target: 'none' }] as const;

/** A query shows it open: a cancel that is still wanted is sent again, and what was in doubt is settled. */
const shownOpen = [
  { guard: 'reissuesCancel', target: 'pendingCancel' },
  { guard: 'endsDoubt', target: 'none' },
] as const;
const shownAsleep = [
  { guard: 'reissuesCancelAsleep', target: 'pendingCancel' },
  { guard: 'endsDoubtAsleep', target: 'none' },
] as const;

/** Answers to requests that are not outstanding. */
const strayAnswers = {
  'order.modifyRejected': counted,
  'order.modifyAmbiguous': known,
  'order.modifyOverdue': {},
  'order.cancelRejected': counted,
  'order.cancelAmbiguous': known,
  'order.cancelOverdue': {},
} as const;

export const request = orderSetup.createStateConfig({
  initial: 'none',
  states: {
    none: {
      on: {
        ...strayAnswers,
        'order.intentCommitted': { guard: 'isUncommitted', target: 'pendingNew' },
        'order.placeAccepted': found,
        'order.opened': found,
        'order.suspended': found,
        'order.triggered': found,
        'order.filled': found,
        'order.updated': found,
        'order.modifyRequested': [
          alreadyDone,
          {
            guard: 'isAddressable',
            target: 'pendingUpdate',
            actions: ['modifyOrder', 'noteModify'],
          },
          refuse('notFound'),
        ],
        'order.cancelRequested': [
          alreadyDone,
          { guard: 'isAddressable', target: 'pendingCancel', ...cancel },
          // Nothing to address yet.
          { actions: 'wantCancel' },
        ],
        'order.timeToLiveElapsed': [
          alreadyDone,
          { guard: 'isAddressable', target: 'pendingCancel', ...cancel },
          { actions: 'wantCancel' },
        ],
        'order.modifyRejected': [alreadyDone, counted],
        'order.cancelRejected': [alreadyDone, counted],
        'order.cancelAccepted': [alreadyDone, older, { target: 'pendingCancel', ...awaitCancel }],
      },
    },
    pendingNew: {
      always: whenClosed,
      on: {
        ...strayAnswers,
        'order.placeAccepted': foundNew,
        'order.opened': foundNew,
        'order.suspended': foundNew,
        'order.triggered': foundNew,
        'order.filled': foundNew,
        'order.updated': foundNew,
        'order.placeAmbiguous': { guard: 'isKnown', target: 'none' },
        'order.acknowledgementOverdue': { guard: 'isAcknowledgementDue', target: 'none' },
        'order.modifyRequested': { actions: 'deferModify' },
        'order.cancelRequested': { actions: 'wantCancel' },
        'order.timeToLiveElapsed': { actions: 'wantCancel' },
        'order.cancelAccepted': [older, { target: 'pendingCancel', ...awaitCancel }],
      },
    },
    pendingUpdate: {
      always: whenClosed,
      on: {
        ...strayAnswers,
        'order.updated': [{ guard: 'keepsUpdating' }, { guard: 'settlesModify', target: 'none' }],
        // One on the wire, the latest waits.
        'order.modifyRequested': { actions: 'deferModify' },
        'order.cancelRequested': { target: 'pendingBoth', ...cancel },
        'order.timeToLiveElapsed': { target: 'pendingBoth', ...cancel },
        'order.modifyRejected': [
          { guard: 'hasDeferredModify', actions: ['modifyNext', 'noteNextModify'] },
          { target: 'none', ...forgetModify },
        ],
        'order.modifyAmbiguous': { target: 'ambiguous', ...doubtModify },
        'order.modifyOverdue': [{ guard: 'isModifyDue', target: 'ambiguous', ...doubtModify }, {}],
        'order.cancelAccepted': [older, { target: 'pendingBoth', ...awaitCancel }],
      },
    },
    pendingCancel: {
      always: whenClosed,
      on: {
        ...strayAnswers,
        'order.modifyRequested': refuse('cancelPending'),
        'order.cancelRequested': {},
        'order.timeToLiveElapsed': {},
        // The update that is still in doubt has its answer.
        'order.modifyRejected': [{ guard: 'isModifyDoubted', actions: 'forgetModify' }, counted],
        'order.cancelAccepted': {},
        'order.cancelRejected': [
          // No answer of a racing modify is lost: it stays in doubt (N2).
          { guard: 'isModifyDoubted', target: 'ambiguous', ...forgetCancel },
          { target: 'none', ...forgetCancel },
        ],
        'order.cancelAmbiguous': { target: 'ambiguous', ...doubtCancel },
        'order.cancelOverdue': [{ guard: 'isCancelDue', target: 'ambiguous', ...doubtCancel }, {}],
      },
    },
    pendingBoth: {
      always: whenClosed,
      on: {
        'order.updated': { guard: 'settlesModify', target: 'pendingCancel' },
        'order.modifyRequested': refuse('cancelPending'),
        'order.cancelRequested': {},
        'order.timeToLiveElapsed': {},
        'order.modifyRejected': { target: 'pendingCancel', ...forgetModify },
        'order.modifyAmbiguous': { target: 'pendingCancel', ...doubtModify },
        'order.modifyOverdue': [
          { guard: 'isModifyDue', target: 'pendingCancel', ...doubtModify },
          {},
        ],
        'order.cancelAccepted': {},
        'order.cancelRejected': { target: 'pendingUpdate', ...forgetCancel },
        'order.cancelAmbiguous': { target: 'ambiguous', ...doubtCancel },
        'order.cancelOverdue': [{ guard: 'isCancelDue', target: 'ambiguous', ...doubtCancel }, {}],
      },
    },
    /** The outcome of an update, of a cancel, or of both is not known. */
    ambiguous: {
      always: whenClosed,
      on: {
        ...strayAnswers,
        // The venue shows it open: a cancel that is still wanted is sent again, a modify is not.
        'order.opened': shownOpen,
        'order.suspended': shownAsleep,
        'order.triggered': shownOpen,
        'order.updated': { guard: 'endsDoubt', target: 'none' },
        'order.modifyRequested': refuse('unresolved'),
        'order.cancelRequested': { target: 'pendingCancel', ...cancel },
        'order.timeToLiveElapsed': { target: 'pendingCancel', ...cancel },
        'order.modifyRejected': [
          { guard: 'areBothDoubted', actions: 'forgetModify' },
          { guard: 'isModifyDoubted', target: 'none', actions: 'forgetModify' },
          counted,
        ],
        'order.cancelAccepted': [older, { target: 'pendingCancel', ...awaitCancel }],
        'order.cancelRejected': [
          { guard: 'areBothDoubted', actions: 'forgetCancel' },
          { guard: 'isCancelDoubted', target: 'none', actions: 'forgetCancel' },
          counted,
        ],
      },
    },
  },
});
