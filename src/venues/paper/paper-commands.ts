/** What the venue does with a command that has reached it. Source: execution 2.3, 3.2; scenario-format 2. */
import type { AccountId, OrderId, VenueOrderId } from '../../domain/ids.ts';
import type { Ticks } from '../../domain/instrument.ts';
import type { NewValues } from '../../domain/order-event.ts';
import type { CancelOrder, ModifyOrder, SubmitOrder } from '../../domain/order.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { PaperBook } from './paper-book.ts';
import type { Executor } from './paper-executor.ts';
import {
  statusIn,
  type CancelRaceFault,
  type FaultSubject,
  type FaultSwitch,
} from './paper-faults.ts';
import { isOpen, leavesOf, type PaperOrder } from './paper-order.ts';
import type { Pictures } from './paper-pictures.ts';
import type { Reporter, Told } from './paper-reports.ts';

export type CommandParts = {
  /** The venue's own: the times that it writes down. */
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly book: PaperBook;
  readonly faults: FaultSwitch;
  readonly pictures: Pictures;
  readonly reporter: Reporter;
  readonly executor: Executor;
  /** End of the running session, for day orders; undefined when the venue never closes. */
  readonly sessionEndMs: ((nowMs: number) => number | undefined) | undefined;
  readonly armExpiry: (atMs: number) => void;
  /** Runs later as an entry of its own. */
  readonly later: (delayMs: number, run: () => void) => void;
  readonly count: (what: 'submissions' | 'duplicates' | 'accepted' | 'rejected') => void;
};

/** Codes of the transport that say no; 401 was not processed, every other one leaves the outcome open. Source: execution 2.3. */
const refusals: ReadonlySet<number> = new Set([400, 403]);

type Subject = FaultSubject & { readonly orderId: OrderId };
type About = { readonly accountId: AccountId; readonly orderId: OrderId };

/** How a command is refused, and how it is left open. */
const answers = {
  place: {
    refused: (reason: string): Told => ({ type: 'order.placeRejected', reason }),
    open: (reason: string): Told => ({ type: 'order.placeAmbiguous', reason }),
  },
  cancel: {
    refused: (reason: string): Told => ({ type: 'order.cancelRejected', reason }),
    open: (reason: string): Told => ({ type: 'order.cancelAmbiguous', reason }),
  },
  modify: {
    refused: (reason: string): Told => ({ type: 'order.modifyRejected', reason }),
    open: (reason: string): Told => ({ type: 'order.modifyAmbiguous', reason }),
  },
} as const;

export class Commands {
  private readonly parts: CommandParts;

  constructor(parts: CommandParts) {
    this.parts = parts;
  }

  submit(request: SubmitOrder): void {
    const { book, clock, count } = this.parts;
    const isClose = request.reduceOnly && request.orderType === 'market';
    const subject: Subject = { ...subjectOf(request), command: isClose ? 'close' : 'submit' };
    const before = book.receive(request.orderId, clock.nowMs());
    count('submissions');
    if (before > 0 && book.findOrder(request.orderId) !== undefined) {
      count('duplicates');
      // The first one reached us: whether it lives is for a query to find out (execution 2.3, last row).
      this.answerUnknown(request, answers.place.open(duplicateReason), subject);
      return;
    }
    const transport = this.answerByTransport(request, subject, answers.place);
    if (transport === 'stopped') return;
    this.place(request, subject, transport === 'answered');
  }

  cancel(request: CancelOrder): void {
    const { book, faults } = this.parts;
    const order = book.findOrder(request.orderId);
    const subject: Subject = { ...subjectOf({ ...request, side: order?.side }), command: 'cancel' };
    const transport = this.answerByTransport(request, subject, answers.cancel);
    if (transport === 'stopped') return;
    const race = order === undefined ? undefined : this.raceBefore(order, subject);
    const refusal = faults.refusal(subject) ?? closedReason(order);
    if (refusal === undefined && order !== undefined) {
      const isSilent = transport === 'answered' || this.isLost(subject);
      this.endOnRequest(order, subject, isSilent, race);
    } else if (transport === 'none') {
      const told = answers.cancel.refused(refusal ?? unknownOrder);
      this.answer(order ?? request, told, subject);
    }
  }

  private endOnRequest(
    order: PaperOrder,
    subject: Subject,
    isSilent: boolean,
    race: CancelRaceFault | undefined,
  ): void {
    const { executor, later } = this.parts;
    const channel = isSilent ? 'silent' : 'answer';
    executor.end(order, 'canceled', 'canceled on request', channel, this.delayMs(subject));
    if (race?.race === 'fillAfter') later(race.afterMs ?? 0, () => executor.race(order, 1));
  }

  /** What trades before a cancel arrives. */
  private raceBefore(order: PaperOrder, subject: Subject): CancelRaceFault | undefined {
    const { executor, faults } = this.parts;
    if (!isOpen(order) || order.isExternal) return undefined;
    const fault = faults.find('cancelRace', subject);
    if (fault?.race === 'fillFirst') executor.race(order, leavesOf(order));
    else if (fault?.race === 'fillBeside') executor.race(order, leavesOf(order) - 1);
    return fault;
  }

  modify(request: ModifyOrder): void {
    const { book, faults } = this.parts;
    const order = book.findOrder(request.orderId);
    const subject: Subject = { ...subjectOf({ ...request, side: order?.side }), command: 'modify' };
    const transport = this.answerByTransport(request, subject, answers.modify);
    if (transport === 'stopped') return;
    const refusal = faults.refusal(subject) ?? changeRefusal(order, request);
    if (refusal !== undefined || order === undefined) {
      const told = answers.modify.refused(refusal ?? unknownOrder);
      if (transport === 'none') this.answer(order ?? request, told, subject);
      return;
    }
    this.change(order, request, subject, transport === 'answered');
  }

  query(accountId: AccountId, orderId: OrderId): void {
    const { book, clock, faults, pictures, reporter } = this.parts;
    const about = { accountId, orderId };
    const shown = pictures.lookUp(orderId);
    const order = shown === 'unsettled' ? undefined : shown;
    const { instrument, side } = order ?? {};
    const subject: Subject = { orderId, instrument, side, command: 'query' };
    // A question that fails gives no evidence of the order at all.
    const failure = faults.queryFailure(subject, clock.nowMs());
    if (failure !== undefined) {
      const failed = { type: 'venue.call', call: 'query', ...about, reason: failure } as const;
      reporter.say({ ...failed, ...statusIn(failure) }, 'query');
      return;
    }
    if (this.isLost(subject)) return;
    const delayMs = this.delayMs(subject);
    // What it hides it denies to have, like an order that never came: nobody can tell the two apart.
    const isHidden = faults.isHidden(subject, clock.nowMs());
    if (shown === 'unsettled') {
      reporter.tellUnknown(about, { type: 'order.missingInQuery' }, 'query', delayMs);
    } else if (isHidden || order === undefined) {
      reporter.tellUnknown(about, { type: 'order.notFoundConfirmed' }, 'query', delayMs);
    } else {
      // The executions come first: the status alone would make the reader wait for them.
      for (const fill of book.store.fillsOf(orderId)) {
        // An older state knows no later executions.
        if (faults.now.listLagMs > 0 && fill.venueTimeMs > order.updatedAtMs) continue;
        reporter.say({ type: 'venue.fill', fill }, 'query', delayMs);
      }
      reporter.tell(order, statusOf(order), 'query', delayMs);
    }
  }

  private place(request: SubmitOrder, subject: Subject, isAnswered: boolean): void {
    const { book, count, executor, faults, armExpiry } = this.parts;
    const order = newOrder(request, this.parts);
    const refusal = faults.refusal(subject, request.orderType) ?? refusalOf(request, book);
    count(refusal === undefined ? 'accepted' : 'rejected');
    if (refusal !== undefined) {
      order.status = 'rejected';
      order.reason = refusal;
    }
    book.put(order);
    const told: Told =
      refusal === undefined ? { type: 'order.placeAccepted' } : answers.place.refused(refusal);
    if (!isAnswered) this.answer(order, told, subject);
    if (refusal !== undefined) return;
    executor.attempt(order, undefined);
    if (order.expiresAtMs !== undefined && isOpen(order)) armExpiry(order.expiresAtMs);
  }

  private change(
    order: PaperOrder,
    request: ModifyOrder,
    subject: Subject,
    isAnswered: boolean,
  ): void {
    const { book, clock, executor } = this.parts;
    const values = changeOrder(order, request);
    order.updatedAtMs = clock.nowMs();
    book.put(order);
    if (!isAnswered) this.answer(order, { type: 'order.updated', values }, subject);
    if (isOpen(order)) executor.attempt(order, undefined);
  }

  private delayMs(subject: Subject): number {
    return this.parts.faults.find('hang', subject)?.forMs ?? 0;
  }

  private isLost(subject: Subject): boolean {
    return this.parts.faults.find('loseAck', subject) !== undefined;
  }

  private answer(about: PaperOrder | About, told: Told, subject: Subject): void {
    if (!('venueOrderId' in about)) this.answerUnknown(about, told, subject);
    else if (!this.isLost(subject)) {
      this.parts.reporter.tell(about, told, 'answer', this.delayMs(subject));
    }
  }

  private answerUnknown(about: About, told: Told, subject: Subject): void {
    if (this.isLost(subject)) return;
    this.parts.reporter.tellUnknown(about, told, 'answer', this.delayMs(subject));
  }

  /** An answer of the transport instead of the venue's; `stopped` when the command goes no further. */
  private answerByTransport(
    { accountId, orderId }: About,
    subject: Subject,
    told: (typeof answers)[keyof typeof answers],
  ): 'none' | 'answered' | 'stopped' {
    const fault = this.parts.faults.find('status', subject);
    if (fault === undefined) return 'none';
    const reason = `HTTP ${fault.code}`;
    if (!refusals.has(fault.code)) {
      const call = calls[subject.command];
      const failed = { type: 'venue.call', call, accountId, orderId, status: fault.code } as const;
      if (!this.isLost(subject))
        this.parts.reporter.say({ ...failed, reason }, 'answer', this.delayMs(subject));
    }
    // Not processed: whether it is sent again is for whoever sent it to say.
    if (fault.code === 401) return 'stopped';
    const event = refusals.has(fault.code) ? told.refused(reason) : told.open(reason);
    this.answerUnknown({ accountId, orderId }, event, subject);
    return fault.isProcessed === true ? 'answered' : 'stopped';
  }
}

const calls = {
  submit: 'place',
  close: 'place',
  cancel: 'cancel',
  modify: 'modify',
  query: 'query',
} as const;

const unknownOrder = 'unknown order';
const duplicateReason = 'duplicate client order id';

function subjectOf({
  orderId,
  instrument,
  side,
}: Pick<FaultSubject, 'instrument' | 'side'> & { readonly orderId: OrderId }) {
  return { orderId, instrument, side };
}

function newOrder(request: SubmitOrder, { book, clock, sessionEndMs }: CommandParts): PaperOrder {
  const number = book.nextOrderNumber();
  const expiresAtMs = request.timeInForce === 'day' ? sessionEndMs?.(clock.nowMs()) : undefined;
  return {
    number,
    venueOrderId: `P${number}` as VenueOrderId,
    orderId: request.orderId,
    accountId: request.accountId,
    instrument: request.instrument,
    side: request.side,
    orderType: request.orderType,
    timeInForce: request.timeInForce,
    reduceOnly: request.reduceOnly,
    ...(request.trailTicks === undefined ? {} : { trailTicks: request.trailTicks }),
    isExternal: false,
    quantityLots: request.quantityLots,
    ...(request.limitTicks === undefined ? {} : { limitTicks: request.limitTicks }),
    ...(request.stopTicks === undefined ? {} : { stopTicks: request.stopTicks }),
    filledLots: 0,
    status: 'working',
    reason: '',
    isTriggered: false,
    updatedAtMs: clock.nowMs(),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    reports: 0,
  };
}

/** Why the venue does not take an order that is well delivered; undefined when it does. */
function refusalOf(request: SubmitOrder, book: PaperBook): string | undefined {
  if (book.instrumentOf(request.instrument) === undefined)
    return `unknown instrument ${request.instrument}`;
  if (!Number.isSafeInteger(request.quantityLots) || request.quantityLots <= 0)
    return 'quantity is not greater than 0';
  const missing = missingPrice(request);
  if (missing !== undefined) return `${missing} is missing`;
  if (!request.reduceOnly) return undefined;
  const { openLots } = book.positionOf(request.accountId, request.instrument);
  const reducible = request.side === 'sell' ? openLots : -openLots;
  return reducible > 0 ? undefined : 'reduce-only: nothing to reduce';
}

function missingPrice({
  orderType,
  limitTicks,
  stopTicks,
  trailTicks,
}: SubmitOrder): string | undefined {
  const needsLimit = orderType === 'limit' || orderType === 'stopLimit';
  if (needsLimit && limitTicks === undefined) return 'limit price';
  if ((orderType === 'stop' || orderType === 'stopLimit') && stopTicks === undefined)
    return 'stop price';
  if (orderType === 'trailingStop' && (trailTicks === undefined || trailTicks <= 0))
    return 'trail distance';
  return undefined;
}

function closedReason(order: PaperOrder | undefined): string | undefined {
  if (order === undefined) return unknownOrder;
  return isOpen(order) ? undefined : `already ${order.status}`;
}

function changeRefusal(
  order: PaperOrder | undefined,
  { quantityLots: wanted, limitTicks, stopTicks }: ModifyOrder,
): string | undefined {
  if (order === undefined || !isOpen(order)) return closedReason(order);
  const quantityLots = wanted ?? order.quantityLots;
  if (quantityLots <= 0) return 'quantity is not greater than 0';
  return quantityLots < order.filledLots
    ? 'quantity is less than what is filled'
    : priceRefusal(order, limitTicks, stopTicks);
}

function priceRefusal(
  order: PaperOrder,
  limitTicks: Ticks | undefined,
  stopTicks: Ticks | undefined,
): string | undefined {
  const kind = `a ${order.orderType} order has no`;
  if (limitTicks !== undefined && order.limitTicks === undefined) return `${kind} limit price`;
  if (stopTicks === undefined) return undefined;
  if (order.stopTicks === undefined) return `${kind} stop price`;
  return order.isTriggered ? 'the stop is already triggered' : undefined;
}

function changeOrder(
  order: PaperOrder,
  { quantityLots, limitTicks, stopTicks }: ModifyOrder,
): NewValues {
  if (quantityLots !== undefined) order.quantityLots = quantityLots;
  if (limitTicks !== undefined) order.limitTicks = limitTicks;
  if (stopTicks !== undefined) order.stopTicks = stopTicks;
  if (order.quantityLots === order.filledLots) order.status = 'filled';
  return {
    ...(quantityLots === undefined ? {} : { quantityLots }),
    ...(limitTicks === undefined ? {} : { limitTicks }),
    ...(stopTicks === undefined ? {} : { stopTicks }),
  };
}

/** Size and prices as they are now: they settle a modify that is in doubt. */
function valuesOf({ quantityLots, limitTicks, stopTicks }: PaperOrder): NewValues {
  return {
    quantityLots,
    ...(limitTicks === undefined ? {} : { limitTicks }),
    ...(stopTicks === undefined ? {} : { stopTicks }),
  };
}

/** The status of an order as a report. */
export function statusOf(order: PaperOrder): Told {
  if (order.isUnreadable === true) return { type: 'order.stateUnreadable' };
  if (order.isCancelPending === true && isOpen(order)) return { type: 'order.cancelAccepted' };
  switch (order.status) {
    case 'working':
    case 'partial':
      return { type: 'order.opened', values: valuesOf(order) };
    case 'triggered':
      return { type: 'order.triggered', values: valuesOf(order) };
    case 'suspended':
      return { type: 'order.suspended', values: valuesOf(order) };
    case 'filled':
      return { type: 'order.statusFilled' };
    case 'canceled':
      return { type: 'order.canceled', reason: order.reason };
    case 'expired':
      return { type: 'order.expired' };
    case 'rejected':
      return order.reports > 1
        ? { type: 'order.venueRejected', reason: order.reason }
        : { type: 'order.placeRejected', reason: order.reason };
  }
}
