/** What the venue says of an order: the truth changes first where the event is about it, then it is announced. */
import type { FillId, OrderId } from '../../../domain/ids.ts';
import type { Instrument, Lots } from '../../../domain/instrument.ts';
import type { NewValues, OrderVenueEvent } from '../../../domain/order-event.ts';
import { condition, unreachable } from '../../../kernel/assert.ts';
import { lots, ticks } from '../numbers.ts';
import type { Stage } from '../stage.ts';
import type { Body, Step } from '../step-format.ts';
import { Unsupported } from '../unsupported.ts';
import { venueTimeMs } from './venue-time.ts';

type EventStep = Extract<Step, { action: 'venueEvent' }>;
type Event = Body<'venueEvent'>;
type VenueSide = ReturnType<Stage['venueOrder']>;

export function playVenueEvent(stage: Stage, step: EventStep): void {
  const { body } = step;
  const order = stage.venueOrder(body.ref, body.venueOrderId);
  const { event } = body;
  if (event === 'partlyFilled' || event === 'filled') playFill(stage, step, order);
  else if (event === 'fillVoided') playVoid(stage, body);
  else if (event === 'canceled' || event === 'expired' || event === 'rejected')
    playEnd(stage, step, order, event);
  else {
    const what = told(stage, body, order);
    if (order !== undefined && body.venueTime === undefined) change(stage, order, what);
    announce(stage, step, order, what);
  }
}

/** What the venue lists from now on; a report with a time of its own may be an old one, and changes nothing. */
function change(stage: Stage, order: NonNullable<VenueSide>, what: Told): void {
  const changes = changesOf(order, what);
  if (changes !== undefined)
    stage.venue.changeOrder(order.venueOrderId, { ...changes, updatedAtMs: stage.nowMs() });
}

function changesOf(
  order: NonNullable<VenueSide>,
  what: Told,
): Parameters<Stage['venue']['changeOrder']>[1] | undefined {
  if (what.type === 'order.opened') return { status: order.filledLots > 0 ? 'partial' : 'working' };
  if (what.type === 'order.suspended') return { status: 'suspended' };
  if (what.type === 'order.triggered') return { status: 'triggered' };
  if (what.type === 'order.statusFilled')
    return { status: 'filled', filledLots: order.quantityLots };
  return what.type === 'order.updated' ? what.values : undefined;
}

type Told = OrderVenueEvent extends infer One
  ? One extends OrderVenueEvent
    ? Omit<One, 'atMs' | 'origin' | 'venueOrderId' | 'version'>
    : never
  : never;

function told(stage: Stage, body: Event, order: VenueSide): Told {
  const { event } = body;
  switch (event) {
    case 'accepted':
      return { type: 'order.placeAccepted' };
    case 'open':
      return { type: 'order.opened' };
    case 'suspended':
      return { type: 'order.suspended' };
    case 'triggered':
      return { type: 'order.triggered' };
    case 'statusFilled':
      return { type: 'order.statusFilled' };
    case 'updated':
      return { type: 'order.updated', values: newValues(stage, body, order) };
    case 'modifyRejected':
      return { type: 'order.modifyRejected', reason: 'scripted' };
    case 'cancelPending':
      return { type: 'order.cancelAccepted' };
    case 'cancelRejected':
      return { type: 'order.cancelRejected', reason: 'scripted' };
    case 'canceled':
      return { type: 'order.canceled', reason: 'scripted' };
    case 'expired':
      return { type: 'order.expired' };
    case 'rejected':
      return { type: 'order.venueRejected', reason: 'scripted' };
    case 'partlyFilled':
    case 'filled':
    case 'fillVoided':
      throw new Unsupported(`the event ${event} without its execution`);
    default:
      return unreachable(event);
  }
}

function newValues(stage: Stage, body: Event, order: VenueSide): NewValues {
  const { quantity, price } = body;
  const instrument = instrumentOf(stage, body, order);
  const isStop = order?.orderType === 'stop';
  return {
    ...(quantity === undefined ? {} : { quantityLots: lots(instrument, quantity) }),
    ...(price === undefined
      ? {}
      : isStop
        ? { stopTicks: ticks(instrument, price) }
        : { limitTicks: ticks(instrument, price) }),
  };
}

function instrumentOf(stage: Stage, body: Event, order: VenueSide): Instrument {
  const name =
    order?.instrument ??
    (body.ref === undefined ? undefined : stage.wishes.get(body.ref)?.instrument);
  const instrument = name === undefined ? undefined : stage.names.atVenue.get(name);
  condition(instrument !== undefined, 'the event is about an order of the scenario');
  return instrument;
}

/** Cumulative fill as of the time of the report: an old report knows less. */
function cumulativeLots(stage: Stage, order: VenueSide, atMs: number): Lots {
  if (order === undefined) return 0;
  return stage.venue
    .ledger()
    .fills.filter((fill) => fill.orderId === order.orderId && fill.venueTimeMs <= atMs)
    .reduce((sum, fill) => sum + fill.lots, 0);
}

function announce(stage: Stage, step: EventStep, order: VenueSide, what: Told): void {
  const { body } = step;
  const wish = body.ref === undefined ? undefined : stage.wishes.get(body.ref);
  const own = wish?.intentId as string as OrderId | undefined;
  const orderId = own ?? order?.orderId ?? (body.venueOrderId as OrderId | undefined);
  condition(orderId !== undefined, () => `${body.ref ?? ''} is an order that was not denied`);
  const atMs = venueTimeMs(stage, body.venueTime);
  const event = {
    ...what,
    atMs: stage.engineClock.nowMs(),
    origin: body.event === 'accepted' ? 'answer' : 'stream',
    ...(order === undefined ? {} : { venueOrderId: order.venueOrderId }),
    version: { updatedAtMs: atMs, cumulativeLots: cumulativeLots(stage, order, atMs) },
  } as OrderVenueEvent;
  stage.venue.announce({
    type: 'venue.order',
    key: stage.nextKey(),
    accountId: order?.accountId ?? stage.accountOf(step),
    orderId,
    event,
  });
}

function playFill(stage: Stage, step: EventStep, order: VenueSide): void {
  const { body } = step;
  if (order === undefined) {
    playUnknownFill(stage, step);
    return;
  }
  const instrument = instrumentOf(stage, body, order);
  const leaves = Math.max(0, order.quantityLots - order.filledLots);
  const known = stage.venue
    .ledger()
    .fills.find(({ fillId, accountId }) => fillId === body.fillId && accountId === order.accountId);
  if (known !== undefined) {
    stage.venue.externalFill(known);
    return;
  }
  const price =
    body.price === undefined
      ? (order.limitTicks ?? order.stopTicks)
      : ticks(instrument, body.price);
  if (price === undefined) throw new Unsupported('a fill of a market order without a price');
  const fill = {
    lots: body.quantity === undefined ? leaves : lots(instrument, body.quantity),
    ticks: price,
    ...(body.fillId === undefined ? {} : { fillId: body.fillId as FillId }),
    venueTimeMs: venueTimeMs(stage, body.venueTime),
  };
  const isBooked = stage.venue.fillOrder({
    orderId: order.orderId ?? (order.venueOrderId as string as OrderId),
    ...fill,
  });
  condition(isBooked, 'the venue books the fill');
}

/** An execution of an order of ours that never reached the venue, or was never sent: it must be booked all the same. */
function playUnknownFill(stage: Stage, { body }: EventStep): void {
  const wish = body.ref === undefined ? undefined : stage.wishes.get(body.ref);
  const instrument = wish === undefined ? undefined : stage.names.atVenue.get(wish.instrument);
  condition(
    wish !== undefined && instrument !== undefined,
    () => `a fill is of an order of the scenario, was ${body.ref ?? body.venueOrderId ?? ''}`,
  );
  const price = body.price === undefined ? wish.limitTicks : ticks(instrument, body.price);
  if (price === undefined) throw new Unsupported('a fill of a market order without a price');
  stage.venue.externalFill({
    fillId: (body.fillId ?? stage.nextKey()) as FillId,
    accountId: wish.accountId,
    orderId: wish.intentId as string as OrderId,
    instrument: wish.instrument,
    side: wish.side,
    lots: body.quantity === undefined ? wish.quantityLots : lots(instrument, body.quantity),
    ticks: price,
    feeUnits: 0,
    venueTimeMs: venueTimeMs(stage, body.venueTime),
  });
}

function playVoid(stage: Stage, { fillId }: Event): void {
  const fill = stage.venue.ledger().fills.find((one) => one.fillId === fillId);
  condition(
    fill !== undefined,
    () => `a voided fill is one that the venue has, was ${fillId ?? 'none'}`,
  );
  stage.venue.voidFill(fill);
}

function playEnd(
  stage: Stage,
  step: EventStep,
  order: VenueSide,
  event: 'canceled' | 'expired' | 'rejected',
): void {
  const isChanged =
    order?.orderId !== undefined &&
    step.body.venueTime === undefined &&
    stage.venue.endOrder(order.orderId, event, 'scripted');
  if (!isChanged) announce(stage, step, order, told(stage, step.body, order));
}
