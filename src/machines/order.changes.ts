import { addExact } from '../domain/arithmetic.ts';
import { fillContent } from '../domain/fill.ts';
import type { NewValues, OrderVenueEvent } from '../domain/order-event.ts';
import { invariant } from '../kernel/assert.ts';
/** How the context of an order changes: pure, one function per kind of event, each the only writer of its step. */
import {
  asksSomething,
  namedValues,
  nothing,
  type OrderContext,
  type OrderMachineEvent,
  type Refusal,
  type StoredVersion,
} from './order.context.ts';
import {
  atMsOf,
  attributedLots,
  fillOf,
  isFinalReport,
  isFinding,
  lacksFills,
  reasonOf,
  reportAge,
  reportedCumulative,
  reportOf,
  resolvesModify,
  seenAt,
  settlesModify,
  shownValues,
  totalWith,
  updatedValues,
  wantedOnFinding,
} from './order.evidence.ts';

export type Change = { -readonly [Key in keyof OrderContext]?: OrderContext[Key] };

/** What every report teaches: the venue's id, its version, and that the order is there. */
export function noted(context: OrderContext, report: OrderVenueEvent): Change {
  const change: Change = {};
  if (report.venueOrderId !== undefined && report.venueOrderId !== context.venueOrderId) {
    change.venueOrderId = report.venueOrderId;
  }
  if (context.missingQueries > 0) change.missingQueries = 0;
  // A trade is judged by its id only: it must not make a status report look stale.
  return report.type === 'order.filled'
    ? change
    : Object.assign(change, versioned(context, report));
}

/** The newest version that was applied, and the largest fill that was counted. */
function versioned(context: OrderContext, report: OrderVenueEvent): Change {
  const { version = {} as Partial<StoredVersion>, filledLots, reportedLots } = context;
  const isFinal = isFinalReport(report);
  const saysNothing = report.version === undefined && !isFinal;
  if (saysNothing || reportAge(context, report) !== 'newer') return {};
  const cumulativeLots =
    reportedCumulative(context, report) ?? version.cumulativeLots ?? filledLots;
  const updatedAtMs = report.version?.updatedAtMs ?? version.updatedAtMs;
  return {
    version: { ...(updatedAtMs === undefined ? {} : { updatedAtMs }), cumulativeLots, isFinal },
    ...(cumulativeLots > reportedLots ? { reportedLots: cumulativeLots } : {}),
  };
}

/** The venue has the order: what waited for that is sent now, and doubts that the report ends are gone. */
export function confirmed(context: OrderContext, event: OrderMachineEvent): Change {
  const change = noted(context, reportOf(event));
  if (context.confirmedAtMs === undefined) change.confirmedAtMs = atMsOf(event);
  if (resolvesModify(context, event)) {
    Object.assign(change, withoutModify(), namedValues(shownValues(event)));
  }
  return Object.assign(change, wantedSent(context, event));
}

function wantedSent(context: OrderContext, event: OrderMachineEvent): Change {
  if (!isFinding(context, event)) return {};
  switch (wantedOnFinding(context, event)) {
    case 'cancel':
      return cancelSent(context, event);
    case 'modify':
      return modifySent(context, event, context.deferred);
    case 'nothing':
      return {};
  }
}

/** Found after it counted as never placed. */
export function reopened(context: OrderContext, event: OrderMachineEvent): Change {
  return { ...confirmed(context, event), isClosed: false, hasLateEvidence: true };
}

/** Finished: nothing of ours is outstanding any more. A cancel that is wanted outlives only `failed`. */
export function closed(
  context: OrderContext,
  event: OrderMachineEvent,
  reason: string | undefined,
): Change {
  const change: Change = 'origin' in event ? noted(context, event) : {};
  change.isClosed = true;
  if (reason !== undefined) change.reason = reason;
  if (lacksFills(context, event)) change.fillsDueAtMs = atMsOf(event) + context.fillsDurationMs;
  return Object.assign(change, withoutRequests(context));
}

/** Not found at the venue: if it appears after all, a cancel that was wanted is still wanted. */
export function failed(context: OrderContext, event: OrderMachineEvent): Change {
  const change = closed(context, event, reasonOf(event) ?? 'notFoundAfterWindow');
  if (context.cancel === 'wanted') delete change.cancel;
  return change;
}

function withoutRequests(context: OrderContext): Change {
  const change: Change = {};
  if (context.cancel !== 'none') Object.assign(change, withoutCancel());
  if (context.modify !== 'none') Object.assign(change, withoutModify());
  if (asksSomething(context.deferred)) change.deferred = nothing;
  return change;
}

/** One more trade. INV-ORD-1: its id must be new. INV-ORD-2: the filled quantity never falls here. */
export function filled(
  context: OrderContext,
  event: OrderMachineEvent,
  phase: 'open' | 'late' | 'reopening',
): Change {
  const fill = fillOf(event);
  invariant(seenAt(context, fill) < 0, 'INV-ORD-1: a fill counts once');
  invariant(fill.lots > 0, 'INV-ORD-2: filledLots never falls');
  const filledLots = totalWith(context, fill);
  const change =
    phase === 'open' || phase === 'reopening'
      ? confirmed(context, event)
      : noted(context, reportOf(event));
  change.fillIdsSeen = [...context.fillIdsSeen, fill.fillId];
  change.fillContents = [...context.fillContents, fillContent(fill)];
  change.filledLots = filledLots;
  change.filledTicksLots = addExact(context.filledTicksLots, fill.ticks * fill.lots);
  const attributed = attributedLots(context, fill);
  if (attributed > 0) change.unattributedLots = context.unattributedLots - attributed;
  if (context.fillsDueAtMs > 0 && filledLots >= context.reportedLots) change.fillsDueAtMs = 0;
  if (filledLots > context.quantityLots) change.hasOverfill = true;
  if (context.isClosed && phase !== 'open' && filledLots > context.reportedLots)
    change.hasLateEvidence = true;
  if (filledLots >= context.quantityLots) {
    Object.assign(change, { isClosed: true }, withoutRequests(context));
  } else if (phase === 'reopening') {
    change.isClosed = false;
  }
  return change;
}

/** The venue takes a trade back. One that never reached us is remembered, so that it cannot count later. */
export function voided(context: OrderContext, event: OrderMachineEvent): Change {
  const fill = fillOf(event);
  const content = `${fillContent(fill)} voided`;
  const index = seenAt(context, fill);
  const change: Change = { agreements: 0 };
  if (index < 0) {
    change.fillIdsSeen = [...context.fillIdsSeen, fill.fillId];
    change.fillContents = [...context.fillContents, content];
    return change;
  }
  change.fillContents = context.fillContents.with(index, content);
  change.filledLots = context.filledLots - fill.lots;
  change.filledTicksLots = addExact(context.filledTicksLots, -fill.ticks * fill.lots);
  return change;
}

/** New size or prices at the venue. Ends the modify it answers and sends the one that waited. */
export function updated(
  context: OrderContext,
  event: OrderMachineEvent,
  isEnding: boolean,
): Change {
  const values = updatedValues(context, event);
  const change: Change = isEnding ? noted(context, reportOf(event)) : confirmed(context, event);
  Object.assign(change, namedValues(values));
  if (values.quantityLots !== undefined && context.filledLots > values.quantityLots)
    change.hasOverfill = true;
  if (isEnding) return Object.assign(change, { isClosed: true }, withoutRequests(context));
  if (!settlesModify(context, event)) return change;
  if (sendsNextModify(context))
    return Object.assign(change, modifySent(context, event, context.deferred));
  return Object.assign(change, withoutModify());
}

/** A coalesced modify waits and nothing stands against sending it. */
export function sendsNextModify(context: OrderContext): boolean {
  return context.modify === 'sent' && context.cancel === 'none' && asksSomething(context.deferred);
}

export function modifySent(
  context: OrderContext,
  event: OrderMachineEvent,
  values: NewValues,
): Change {
  const change: Change = {
    modify: 'sent',
    modifyValues: values,
    modifyDueAtMs: atMsOf(event) + context.modifyDurationMs,
  };
  if (asksSomething(context.deferred)) change.deferred = nothing;
  return change;
}

/** The latest wish wins, field by field. */
export function modifyDeferred(context: OrderContext, event: OrderMachineEvent): Change {
  return event.type === 'order.modifyRequested'
    ? { deferred: { ...context.deferred, ...event.values } }
    : {};
}

/** A cancel goes before any change that waits. */
export function cancelSent(context: OrderContext, event: OrderMachineEvent): Change {
  return {
    cancel: 'sent',
    cancelDueAtMs: atMsOf(event) + context.cancelDurationMs,
    ...droppedDeferral(context, 'cancelPending'),
  };
}

/** There is nothing to address yet: the cancel goes out as soon as the venue shows the order. */
export function cancelWanted(context: OrderContext): Change {
  return { cancel: 'wanted', ...droppedDeferral(context, 'cancelPending') };
}

function droppedDeferral(context: OrderContext, refusal: Refusal): Change {
  return asksSomething(context.deferred) ? { deferred: nothing, ...refused(context, refusal) } : {};
}

export function withoutModify(): Change {
  return { modify: 'none', modifyValues: nothing, modifyDueAtMs: 0 };
}

export function withoutCancel(): Change {
  return { cancel: 'none', cancelDueAtMs: 0 };
}

/** The outcome of the modify is not known: both sizes count until it is. */
export function modifyDoubted(context: OrderContext): Change {
  return { modify: 'doubted', modifyDueAtMs: 0, ...droppedDeferral(context, 'unresolved') };
}

/** The cancel stays wanted; a modify still on the wire is in doubt with it. */
export function cancelDoubted(context: OrderContext): Change {
  return {
    cancel: 'doubted',
    cancelDueAtMs: 0,
    ...(context.modify === 'sent' ? modifyDoubted(context) : {}),
  };
}

export function refused(context: OrderContext, lastRefusal: Refusal): Change {
  return { rejectedEvents: context.rejectedEvents + 1, lastRefusal };
}

export function rejected(context: OrderContext): Change {
  return { rejectedEvents: context.rejectedEvents + 1 };
}

/** The report is not applied; two agreeing reconciliations have to start over. */
export function contradicted(context: OrderContext): Change {
  return { rejectedEvents: context.rejectedEvents + 1, agreements: 0 };
}
