import type { NewValues, OrderEventType } from '../domain/order-event.ts';
import type { CancelOrder } from '../domain/order.ts';
import { sendsNextModify } from './order.changes.ts';
/** What an order's steps record: calls to the venue, timers, incidents. Run before the context changes. */
import type { OrderContext, OrderMachineEvent } from './order.context.ts';
import {
  atMsOf,
  fillOf,
  isFinding,
  judgeFill,
  lacksFills,
  reasonOf,
  settlesModify,
  totalWith,
  wantedOnFinding,
} from './order.evidence.ts';
import { record } from './step.ts';

export type OrderTimer = 'acknowledgement' | 'timeToLive' | 'cancel' | 'modify' | 'fills';

function putTimer(timer: OrderTimer, dueAtMs: number, event: OrderEventType): void {
  record({ type: 'timer.put', timer, dueAtMs, event });
}

export function deleteTimer(timer: OrderTimer): void {
  record({ type: 'timer.delete', timer });
}

function addressOf({ orderId, accountId, instrument }: OrderContext): CancelOrder {
  return { orderId, accountId, instrument };
}

export function recordIncident(context: OrderContext, code: string, text: string): void {
  record({ type: 'incident', code, text: `order ${context.orderId}: ${text}` });
}

export function recordQuery(context: OrderContext): void {
  record({ type: 'venue.queryOrder', orderId: context.orderId });
}

export function recordSubmit(context: OrderContext, event: OrderMachineEvent): void {
  const atMs = atMsOf(event);
  record({ type: 'venue.submitOrder', orderId: context.orderId });
  putTimer('acknowledgement', atMs + context.acknowledgeDurationMs, 'order.acknowledgementOverdue');
  if (context.timeToLiveMs !== undefined) {
    putTimer('timeToLive', atMs + context.timeToLiveMs, 'order.timeToLiveElapsed');
  }
}

/** Leaving `none`: the answer is there, or it has been given up. A timer that has fired is gone already. */
export function recordAnswered(context: OrderContext, event: OrderMachineEvent): void {
  if (context.sentAtMs === undefined || context.adopted !== undefined) return;
  if (event.type !== 'order.acknowledgementOverdue') deleteTimer('acknowledgement');
}

export function recordCancel(context: OrderContext, event: OrderMachineEvent): void {
  record({ type: 'venue.cancelOrder', cancel: addressOf(context) });
  recordCancelTimer(context, event);
}

export function recordCancelTimer(context: OrderContext, event: OrderMachineEvent): void {
  putTimer('cancel', atMsOf(event) + context.cancelDurationMs, 'order.cancelOverdue');
}

export function recordModify(
  context: OrderContext,
  event: OrderMachineEvent,
  values: NewValues,
): void {
  record({ type: 'venue.modifyOrder', modify: { ...addressOf(context), ...values } });
  putTimer('modify', atMsOf(event) + context.modifyDurationMs, 'order.modifyOverdue');
}

/** The order is found: what waited for that goes out. */
export function recordFound(context: OrderContext, event: OrderMachineEvent): void {
  if (!isFinding(context, event)) return;
  switch (wantedOnFinding(context, event)) {
    case 'cancel':
      recordCancel(context, event);
      return;
    case 'modify':
      recordModify(context, event, context.deferred);
      return;
    case 'nothing':
  }
}

/** A new trade: what it ends, and what it shows to be wrong. */
export function recordFill(context: OrderContext, event: OrderMachineEvent): void {
  const fill = fillOf(event);
  const total = totalWith(context, fill);
  if (total > context.quantityLots) {
    const excess = `${total} of ${context.quantityLots} lots are filled, last by trade ${fill.fillId}`;
    recordIncident(context, 'OVERFILL', excess);
  }
  if (context.fillsDueAtMs > 0 && total >= context.reportedLots) deleteTimer('fills');
  if (total < context.quantityLots) recordFound(context, event);
  else if (!context.isClosed) recordDisarm(context);
}

export function recordLateFill(
  context: OrderContext,
  event: OrderMachineEvent,
  finishedAs: string,
): void {
  const what =
    'fill' in event
      ? `trade ${event.fill.fillId} of ${event.fill.lots} lots`
      : 'the report of its execution';
  recordIncident(
    context,
    `LATE_FILL_AFTER_${finishedAs}`,
    `${what} came after the order was ${finishedAs}`,
  );
  if (finishedAs === 'DENIED')
    recordIncident(context, 'ORDER_CONFLICT', 'it was executed, and nobody here has sent it');
}

/** Not applied. The venue is asked what is true, unless this is its answer to just that question. */
export function recordContradiction(context: OrderContext, event: OrderMachineEvent): void {
  if (event.type === 'order.filled') {
    recordFillContradiction(context, event);
  } else {
    const reason = reasonOf(event);
    const why = reason === undefined ? '' : ` (${reason})`;
    recordIncident(context, 'ORDER_CONFLICT', `${event.type}${why} contradicts what is known`);
  }
  if (!('origin' in event) || event.origin !== 'query') recordQuery(context);
}

function recordFillContradiction(context: OrderContext, event: OrderMachineEvent): void {
  const { fillId, side, lots, ticks, instrument } = fillOf(event);
  if (judgeFill(context, event) === 'unrememberable') {
    const text = `trade ${fillId} is beyond the number of trades that an order remembers, was ${context.fillIdsSeen.length}`;
    recordIncident(context, 'FILLS_PER_ORDER_MAX', text);
    return;
  }
  const content = `${side} ${lots} ${instrument} at ${ticks} ticks`;
  recordIncident(
    context,
    'TRADE_ID_CONFLICT',
    `trade ${fillId} does not fit what is known, was ${content}`,
  );
}

export function recordVoid(context: OrderContext, event: OrderMachineEvent): void {
  const { fillId, lots } = fillOf(event);
  recordIncident(context, 'ORDER_CONFLICT', `the venue voided trade ${fillId} of ${lots} lots`);
  recordQuery(context);
}

/** The order is finished; trades that are counted but not yet told are waited for, and asked for. */
export function recordClose(context: OrderContext, event: OrderMachineEvent): void {
  if (!context.isClosed) recordDisarm(context);
  if (!lacksFills(context, event)) return;
  if (event.type !== 'order.statusFilled') recordQuery(context);
  putTimer('fills', atMsOf(event) + context.fillsDurationMs, 'order.fillsOverdue');
}

/** Every timer that may be armed while an order lives. The acknowledgement goes when execution leaves `none`. */
function recordDisarm(context: OrderContext): void {
  if (context.timeToLiveMs !== undefined && context.sentAtMs !== undefined)
    deleteTimer('timeToLive');
  if (context.cancel === 'sent') deleteTimer('cancel');
  if (context.modify === 'sent') deleteTimer('modify');
}

export function recordUpdate(context: OrderContext, event: OrderMachineEvent): void {
  if (!settlesModify(context, event)) {
    recordFound(context, event);
  } else if (sendsNextModify(context)) {
    recordModify(context, event, context.deferred);
  } else if (context.modify === 'sent') {
    deleteTimer('modify');
  }
}
