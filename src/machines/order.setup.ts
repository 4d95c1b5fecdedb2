/**
 * The named guards and actions of the order machine.
 *
 * For each event one region owns the step: only its transition writes the context and records. The others move
 * their state by guards that look at the context from before, so the order of the regions cannot matter.
 */
import { and, assign, not, or, raise, setup, stateIn } from 'xstate';
import * as change from './order.changes.ts';
import type { AdoptedOrder, OrderContext, OrderInput, OrderMachineEvent } from './order.context.ts';
import * as evidence from './order.evidence.ts';
import * as records from './order.records.ts';

type Seen = { readonly context: OrderContext; readonly event: OrderMachineEvent };
/** Public name of the finished state in which late evidence came. */
export type Finished = 'CANCELED' | 'EXPIRED' | 'REJECTED' | 'DENIED' | 'FAILED';

const isDue = (event: OrderMachineEvent, dueAtMs: number): boolean =>
  dueAtMs > 0 && evidence.atMsOf(event) >= dueAtMs;

const maySleep = not(or([stateIn({ execution: 'triggered' }), stateIn({ execution: 'partial' })]));
const reissuesCancel = ({ context, event }: Seen): boolean =>
  context.cancel === 'doubted' &&
  evidence.isFinding(context, event) &&
  evidence.resolvesDoubt(event);
const endsDoubt = ({ context, event }: Seen): boolean =>
  context.cancel !== 'doubted' &&
  evidence.isFinding(context, event) &&
  (evidence.resolvesModify(context, event) || evidence.settlesModify(context, event));

export const orderSetup = setup({
  types: {
    input: {} as OrderInput,
    context: {} as OrderContext,
    events: {} as OrderMachineEvent,
  },
  guards: {
    isAdopted: ({ context }) => context.adopted !== undefined,
    wasAdoptedAs: ({ context }, status: AdoptedOrder['status']) =>
      context.adopted?.status === status,
    isUncommitted: ({ context }) =>
      context.committedAtMs === undefined && !evidence.isKnown(context),
    isUnsent: ({ context }) => context.sentAtMs === undefined,
    /** INV-ORD-4: an order is sent once, and not before its intent is committed. */
    isReadyToSend: ({ context }) =>
      context.committedAtMs !== undefined && context.sentAtMs === undefined,
    isKnown: ({ context }) => evidence.isKnown(context),
    isClosed: ({ context }) => context.isClosed,
    isAddressable: ({ context }) => evidence.isAddressable(context),
    isOlder: ({ context, event }) => evidence.isOlder(context, event),
    isStale: ({ context, event }) => evidence.isStale(context, event),
    isNewer: ({ context, event }) =>
      evidence.reportAge(context, evidence.reportOf(event)) === 'newer',
    isTriggerable: ({ context }) => evidence.isKnown(context) && evidence.isTriggerable(context),
    isFilledInPart: ({ context }) => context.filledLots > 0,
    hasFills: ({ context, event }) => evidence.hasFills(context, event),
    isMissingTooOften: ({ context }) => evidence.isMissingTooOften(context),
    /** Source: execution 3.3, note on NotFoundConfirmed. */
    isPlainlyAbsent: ({ context }) =>
      context.venueOrderId === undefined && context.filledLots === 0,
    isCanceledByOperator: ({ event }) =>
      event.type === 'order.resolvedByOperator' && event.outcome === 'canceled',
    isAcknowledgementDue: ({ context, event }) =>
      context.sentAtMs !== undefined &&
      isDue(event, context.sentAtMs + context.acknowledgeDurationMs),
    areFillsDue: ({ context, event }) => isDue(event, context.fillsDueAtMs),
    isModifyDue: ({ context, event }) => isDue(event, context.modifyDueAtMs),
    isCancelDue: ({ context, event }) => isDue(event, context.cancelDueAtMs),

    isPartialFill: ({ context, event }) => evidence.judgeFill(context, event) === 'partial',
    isCompletingFill: ({ context, event }) => evidence.judgeFill(context, event) === 'completing',
    isOverfill: ({ context, event }) => evidence.judgeFill(context, event) === 'overfilling',
    isRepeatedFill: ({ context, event }) => evidence.judgeFill(context, event) === 'repeated',
    isExpectedPartialFill: ({ context, event }) =>
      evidence.judgeFill(context, event) === 'partial' && evidence.isExpectedFill(context, event),
    isExpectedCompletingFill: ({ context, event }) =>
      evidence.judgeFill(context, event) === 'completing' &&
      evidence.isExpectedFill(context, event),
    isRepeatedVoid: ({ context, event }) => evidence.isRepeatedVoid(context, event),
    doesVoidFit: ({ context, event }) =>
      evidence.isKnown(context) && evidence.judgeFill(context, event) !== 'conflicting',
    isEndedByUpdate: ({ context, event }) =>
      evidence.isKnown(context) && evidence.isEndedByUpdate(context, event),

    findsWithCancel: ({ context, event }) => finds({ context, event }, 'cancel'),
    findsWithModify: ({ context, event }) => finds({ context, event }, 'modify'),
    isFinding: ({ context, event }) => evidence.isFinding(context, event),
    hasDeferredModify: ({ context }) => change.sendsNextModify(context),
    settlesModify: ({ context, event }) => evidence.settlesModify(context, event),
    keepsUpdating: ({ context, event }) =>
      evidence.settlesModify(context, event) && change.sendsNextModify(context),
    reissuesCancel,
    endsDoubt,
    // What has triggered or traded contradicts that the order sleeps: the execution region does not take it either.
    reissuesCancelAsleep: and([reissuesCancel, maySleep]),
    endsDoubtAsleep: and([endsDoubt, maySleep]),
    isModifyDoubted: ({ context }) => context.modify === 'doubted',
    isCancelDoubted: ({ context }) => context.cancel === 'doubted',
    areBothDoubted: ({ context }) => context.modify === 'doubted' && context.cancel === 'doubted',

    agreesAgain: ({ context }) => context.agreements > 0,
    agreesOnOverfill: ({ context }) => context.agreements > 0 && context.hasOverfill,
    agreesOnLateness: ({ context }) => context.agreements > 0 && context.hasLateEvidence,
  },
  actions: {
    noteCommit: assign(({ event }) => ({ committedAtMs: evidence.atMsOf(event) })),
    noteSending: assign(({ event }) => ({ sentAtMs: evidence.atMsOf(event) })),
    submitOrder: ({ context, event }) => records.recordSubmit(context, event),
    disarmAcknowledgement: ({ context, event }) => records.recordAnswered(context, event),
    queryOrder: ({ context }) => records.recordQuery(context),

    bindOrder: assign(({ context, event }) => change.noted(context, evidence.reportOf(event))),
    sendWhatWaited: ({ context, event }) => records.recordFound(context, event),
    confirmOrder: assign(({ context, event }) => change.confirmed(context, event)),
    reportLateOrder: ({ context, event }) => {
      records.recordIncident(context, 'LATE_ORDER', `the venue shows it after all (${event.type})`);
      records.recordFound(context, event);
    },
    reopenOrder: assign(({ context, event }) => change.reopened(context, event)),

    takeFill: ({ context, event }) => records.recordFill(context, event),
    takeLateFill: ({ context, event }, { finishedAs }: { finishedAs: Finished }) => {
      records.recordLateFill(context, event, finishedAs);
      if (event.type === 'order.filled') records.recordFill(context, event);
    },
    bookFill: assign(({ context, event }) => change.filled(context, event, 'open')),
    bookLateFill: assign(({ context, event }) => change.filled(context, event, 'late')),
    bookReopeningFill: assign(({ context, event }) => change.filled(context, event, 'reopening')),
    reportVoid: ({ context, event }) => records.recordVoid(context, event),
    voidFill: assign(({ context, event }) => change.voided(context, event)),
    forgetAwaitedFills: assign({ fillsDueAtMs: 0 }),

    endRequests: ({ context, event }) => records.recordClose(context, event),
    closeOrder: assign(({ context, event }) =>
      change.closed(context, event, evidence.reasonOf(event)),
    ),
    closeRemainder: assign(({ context, event }) => change.closed(context, event, 'venueRejected')),
    closeLate: assign(({ context, event }) => ({
      ...change.closed(context, event, undefined),
      hasLateEvidence: true,
    })),
    failOrder: assign(({ context, event }) => change.failed(context, event)),

    sendNextModify: ({ context, event }) => records.recordUpdate(context, event),
    applyUpdate: assign(({ context, event }) => change.updated(context, event, false)),
    applyEndingUpdate: assign(({ context, event }) => change.updated(context, event, true)),

    countMissing: assign(({ context }) => ({ missingQueries: context.missingQueries + 1 })),
    countRejected: assign(({ context }) => change.rejected(context)),
    reportContradiction: ({ context, event }) => records.recordContradiction(context, event),
    countContradiction: assign(({ context }) => change.contradicted(context)),

    modifyOrder: ({ context, event }) =>
      records.recordModify(context, event, requestedValues(event)),
    noteModify: assign(({ context, event }) =>
      change.modifySent(context, event, requestedValues(event)),
    ),
    modifyNext: ({ context, event }) => records.recordModify(context, event, context.deferred),
    noteNextModify: assign(({ context, event }) =>
      change.modifySent(context, event, context.deferred),
    ),
    deferModify: assign(({ context, event }) => change.modifyDeferred(context, event)),
    refuseModify: assign(
      ({ context }, { why }: { why: 'cancelPending' | 'unresolved' | 'notFound' }) =>
        change.refused(context, why),
    ),
    disarmModify: () => records.deleteTimer('modify'),
    forgetModify: assign(() => change.withoutModify()),
    doubtModify: assign(({ context }) => change.modifyDoubted(context)),

    cancelOrder: ({ context, event }) => records.recordCancel(context, event),
    awaitCancel: ({ context, event }) => records.recordCancelTimer(context, event),
    noteCancel: assign(({ context, event }) => change.cancelSent(context, event)),
    wantCancel: assign(({ context }) => change.cancelWanted(context)),
    disarmCancel: () => records.deleteTimer('cancel'),
    disarmRequests: ({ context }) => {
      records.deleteTimer('cancel');
      if (context.modify === 'sent') records.deleteTimer('modify');
    },
    forgetCancel: assign(() => change.withoutCancel()),
    doubtCancel: assign(({ context }) => change.cancelDoubted(context)),

    countAgreement: assign(({ context }) => ({ agreements: context.agreements + 1 })),
    forgetAgreements: assign({ agreements: 0 }),
    acknowledgeFindings: assign({ hasLateEvidence: false, hasOverfill: false, agreements: 0 }),
    findLate: raise({ type: 'integrity.late' }),
    findOverfill: raise({ type: 'integrity.overfilled' }),
    findContradiction: raise({ type: 'integrity.contradicted' }),
  },
});

function finds({ context, event }: Seen, what: 'cancel' | 'modify'): boolean {
  return evidence.isFinding(context, event) && evidence.wantedOnFinding(context, event) === what;
}

function requestedValues(event: OrderMachineEvent) {
  return event.type === 'order.modifyRequested' ? event.values : {};
}
