import { fillContent, type Fill } from '../domain/fill.ts';
import type { Lots } from '../domain/instrument.ts';
import type { NewValues, OrderEventType, OrderVenueEvent } from '../domain/order-event.ts';
import { InvariantViolation } from '../kernel/assert.ts';
import { limits } from '../kernel/limits.ts';
/**
 * What an event means for an order as it stands: pure judgements, shared by guards, records and context changes,
 * so that the regions cannot disagree. All of them look at the context from before the event.
 */
import { asksSomething, type OrderContext, type OrderMachineEvent } from './order.context.ts';

/** Misses in a row before an order that the venue once showed is unknown, where nothing else is configured. */
const missingQueriesMax = 5;

const finalTypes: ReadonlySet<OrderEventType> = new Set([
  'order.placeRejected',
  'order.statusFilled',
  'order.venueRejected',
  'order.canceled',
  'order.expired',
]);

/**
 * Sent, finished without ever being sent, or shown by the venue after that: only then may the venue speak of it.
 * Source: execution 3.3, note on column N.
 */
export function isKnown(context: OrderContext): boolean {
  return context.sentAtMs !== undefined || context.isClosed || context.confirmedAtMs !== undefined;
}

/** True when a cancel or modify has something to address. */
export function isAddressable(context: OrderContext): boolean {
  return context.confirmedAtMs !== undefined || context.venueOrderId !== undefined;
}

/** The event as a report of the venue. @throws InvariantViolation for local events: a transition that asks is wrong */
export function reportOf(event: OrderMachineEvent): OrderVenueEvent {
  if ('origin' in event) return event;
  throw new InvariantViolation(
    `Invariant: only reports of the venue are judged, was ${event.type}`,
  );
}

/** Engine time at which the event was taken in. */
export function atMsOf(event: OrderMachineEvent): number {
  if ('atMs' in event) return event.atMs;
  throw new InvariantViolation(
    `Invariant: every event from outside carries its time, was ${event.type}`,
  );
}

/** The reason an event gives, if it gives one. */
export function reasonOf(event: OrderMachineEvent): string | undefined {
  return 'reason' in event ? event.reason : undefined;
}

export function isFinalReport(report: OrderVenueEvent): boolean {
  return finalTypes.has(report.type);
}

/** The cumulative fill that a report counts; undefined when it counts none. */
export function reportedCumulative(
  context: OrderContext,
  report: OrderVenueEvent,
): Lots | undefined {
  if (report.version !== undefined) return report.version.cumulativeLots;
  return report.type === 'order.statusFilled' ? context.quantityLots : undefined;
}

export type ReportAge = 'older' | 'same' | 'newer';

/**
 * How a status report compares with the newest one applied: by (update time, cumulative fill), then by finality.
 * Without times on both sides only growth of the fill or the step to finished counts. Source: execution 3.2.
 */
export function reportAge(context: OrderContext, report: OrderVenueEvent): ReportAge {
  const stored = context.version;
  if (stored === undefined) return 'newer';
  const updatedAtMs = report.version?.updatedAtMs;
  const cumulativeLots = reportedCumulative(context, report) ?? stored.cumulativeLots;
  const growth = Math.sign(cumulativeLots - stored.cumulativeLots);
  const finality = finalRank(isFinalReport(report)) - finalRank(stored.isFinal);
  if (updatedAtMs !== undefined && stored.updatedAtMs !== undefined) {
    return ageOf(Math.sign(updatedAtMs - stored.updatedAtMs) || growth || finality);
  }
  if (growth > 0 || finality > 0) return 'newer';
  // Nothing moved back: what brings a time where there was none is news.
  return Math.min(growth, finality) < 0 ? 'older' : ageOf(updatedAtMs === undefined ? 0 : 1);
}

const finalRank = (isFinal: boolean): number => (isFinal ? 1 : 0);

function ageOf(order: number): ReportAge {
  if (order === 0) return 'same';
  return order > 0 ? 'newer' : 'older';
}

export function isOlder(context: OrderContext, event: OrderMachineEvent): boolean {
  return isKnown(context) && reportAge(context, reportOf(event)) === 'older';
}

/** The answer to our own modify is never stale; a query repeats the state by nature, so there only what is older is. */
export function isStale(context: OrderContext, event: OrderMachineEvent): boolean {
  const report = reportOf(event);
  if (!isKnown(context)) return false;
  if (report.type === 'order.updated' && report.origin === 'answer') return false;
  const age = reportAge(context, report);
  return age === 'older' || (age === 'same' && report.origin !== 'query');
}

export type FillJudgement =
  | 'unsent'
  | 'repeated'
  | 'conflicting'
  | 'unrememberable'
  | 'partial'
  | 'completing'
  | 'overfilling';

/** The trade of the event. */
export function fillOf(event: OrderMachineEvent): Fill {
  if ('fill' in event) return event.fill;
  throw new InvariantViolation(`Invariant: a fill event carries its trade, was ${event.type}`);
}

/** Where the trade stands in `fillIdsSeen`; −1 when it is new. */
export function seenAt(context: OrderContext, fill: Fill): number {
  return context.fillIdsSeen.indexOf(fill.fillId);
}

/** What of a new trade was already counted when the order was adopted. */
export function attributedLots(context: OrderContext, fill: Fill): Lots {
  return fill.venueTimeMs <= context.createdAtMs
    ? Math.min(fill.lots, context.unattributedLots)
    : 0;
}

/** Filled quantity once this new trade is booked. */
export function totalWith(context: OrderContext, fill: Fill): Lots {
  return context.filledLots + fill.lots - attributedLots(context, fill);
}

/** A trade is judged by its id and content only, never by its place in time. Source: execution 3.2, 4. */
export function judgeFill(context: OrderContext, event: OrderMachineEvent): FillJudgement {
  const fill = fillOf(event);
  if (!isKnown(context)) return 'unsent';
  const index = seenAt(context, fill);
  if (index >= 0) {
    const seen = context.fillContents[index];
    const content = fillContent(fill);
    return seen === content || seen === `${content} voided` ? 'repeated' : 'conflicting';
  }
  if (fill.side !== context.side || fill.instrument !== context.instrument) return 'conflicting';
  if (context.fillIdsSeen.length >= limits.fillsPerOrderMax) return 'unrememberable';
  const total = totalWith(context, fill);
  if (total === context.quantityLots) return 'completing';
  return total < context.quantityLots ? 'partial' : 'overfilling';
}

/** A status report has already counted this trade: it completes the picture, it is not late. */
export function isExpectedFill(context: OrderContext, event: OrderMachineEvent): boolean {
  return totalWith(context, fillOf(event)) <= context.reportedLots;
}

/** The same void, reported again. */
export function isRepeatedVoid(context: OrderContext, event: OrderMachineEvent): boolean {
  const index = seenAt(context, fillOf(event));
  return index >= 0 && (context.fillContents[index] ?? '').endsWith(' voided');
}

/** Fills are booked, or a report counts some. */
export function hasFills(context: OrderContext, event: OrderMachineEvent): boolean {
  return context.filledLots > 0 || (reportOf(event).version?.cumulativeLots ?? 0) > 0;
}

/** Only these types wait for a trigger and then rest. Source: execution 3.3. */
export function isTriggerable(context: OrderContext): boolean {
  return context.orderType === 'stopLimit';
}

/** True when this miss is one too many. */
export function isMissingTooOften(context: OrderContext): boolean {
  return context.missingQueries + 1 >= (context.missingQueriesMax ?? missingQueriesMax);
}

/** The event shows that the venue has the order, in a state where that can be news. */
export function isFinding(context: OrderContext, event: OrderMachineEvent): boolean {
  if (!isKnown(context)) return false;
  if (event.type === 'order.placeAccepted') return true;
  if (event.type === 'order.filled') return judgeFill(context, event) === 'partial';
  if (event.type === 'order.updated') return !isStale(context, event);
  if (event.type === 'order.triggered' && !isTriggerable(context)) return false;
  return showingTypes.has(event.type) && !isOlder(context, event);
}

const showingTypes: ReadonlySet<string> = new Set([
  'order.opened',
  'order.suspended',
  'order.triggered',
]);

/** What still waits to be sent now that the order is found: a cancel goes before a modify. */
export function wantedOnFinding(
  context: OrderContext,
  event: OrderMachineEvent,
): 'cancel' | 'modify' | 'nothing' {
  if (context.cancel === 'wanted') return 'cancel';
  if (context.cancel === 'doubted') return resolvesDoubt(event) ? 'cancel' : 'nothing';
  return context.cancel === 'none' && context.modify === 'none' && asksSomething(context.deferred)
    ? 'modify'
    : 'nothing';
}

type Shown = Extract<
  OrderVenueEvent,
  { type: 'order.opened' | 'order.suspended' | 'order.triggered' }
>;

/** A query shows the order open, in whichever way; only where its state takes the report does that count. */
function isShown(event: OrderMachineEvent): event is Shown {
  return showingTypes.has(event.type) && 'origin' in event && event.origin === 'query';
}

/** Open says that no cancel has happened. */
export function resolvesDoubt(event: OrderMachineEvent): boolean {
  return isShown(event);
}

/** The doubted modify is settled by this report: a query that names the values it found. */
export function resolvesModify(context: OrderContext, event: OrderMachineEvent): boolean {
  return context.modify === 'doubted' && isShown(event) && event.values !== undefined;
}

/** The values that the query found; `{}` when it named none. */
export function shownValues(event: OrderMachineEvent): NewValues {
  return (isShown(event) ? event.values : undefined) ?? {};
}

/** The report shows exactly what the modify asked for. */
function matchesModify(context: OrderContext, values: NewValues): boolean {
  const wanted = context.modifyValues;
  return (
    (wanted.quantityLots ?? values.quantityLots) === values.quantityLots &&
    (wanted.limitTicks ?? values.limitTicks) === values.limitTicks &&
    (wanted.stopTicks ?? values.stopTicks) === values.stopTicks
  );
}

/** The report ends the modify on the wire, or the doubted one when it matches. */
export function settlesModify(context: OrderContext, event: OrderMachineEvent): boolean {
  if (event.type !== 'order.updated' || isStale(context, event)) return false;
  return (
    context.modify === 'sent' ||
    (context.modify === 'doubted' && matchesModify(context, event.values))
  );
}

/** The size after a venue-side change; a bare answer to our modify means what we asked for. */
export function updatedValues(context: OrderContext, event: OrderMachineEvent): NewValues {
  if (event.type !== 'order.updated') return {};
  return context.modify === 'sent' ? { ...context.modifyValues, ...event.values } : event.values;
}

/** The venue's change leaves nothing to fill. Source: execution 3.3, Updated in P. */
export function isEndedByUpdate(context: OrderContext, event: OrderMachineEvent): boolean {
  const quantityLots = updatedValues(context, event).quantityLots ?? context.quantityLots;
  return context.filledLots > 0 && context.filledLots >= quantityLots;
}

/** Trades that a finishing report counts and nobody has told us yet. */
export function lacksFills(context: OrderContext, event: OrderMachineEvent): boolean {
  const report = 'origin' in event ? event : undefined;
  const cumulative = report === undefined ? undefined : reportedCumulative(context, report);
  return cumulative !== undefined && cumulative > context.filledLots;
}
