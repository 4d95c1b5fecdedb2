import type { Fill } from '../../../domain/fill.ts';
/** Steps that change what is true at the venue or in the market: prices, executions, positions, orders, money. */
import type { FillId, OrderId, VenueOrderId } from '../../../domain/ids.ts';
import type { Quote } from '../../../domain/view.ts';
import type { VenueOrder } from '../../../ports/venue.port.ts';
import { costUnits, lots, money, quotedTicks, ticks } from '../numbers.ts';
import type { Stage } from '../stage.ts';
import type { Step } from '../step-format.ts';
import { venueTimeMs } from './venue-time.ts';

type Of<Action extends Step['action']> = Extract<Step, { action: Action }>;

export async function playQuote(stage: Stage, { body }: Of<'quote'>): Promise<void> {
  const instrument = stage.names.findAtVenue(body.instrument);
  if (instrument === undefined) return;
  const fields = {
    bidTicks: quotedTicks(instrument, body.bid),
    askTicks: quotedTicks(instrument, body.ask),
    lastTicks: quotedTicks(instrument, body.last),
  };
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  const quote: Quote = {
    instrument: instrument.id,
    ...(Object.fromEntries(known) as Pick<Quote, 'bidTicks' | 'askTicks' | 'lastTicks'>),
    venueTimeMs: venueTimeMs(stage, body.venueTime),
    receivedAtMs: stage.engineClock.nowMs(),
  };
  stage.prices.note(quote);
  // Without specification there is no grid in which a price could be told to the engine; the venue trades on it.
  if (stage.names.known.has(instrument.id)) await stage.quote(quote);
  else stage.venue.onQuote(quote);
}

export function playFill(stage: Stage, step: Of<'fill'>): void {
  const { body } = step;
  const instrument = stage.names.get(body.instrument);
  const orderId = ownOrder(stage, body.orderId);
  const fill: Fill = {
    fillId: body.id as FillId,
    accountId: stage.accountOf(step),
    ...(orderId === undefined ? elsewhere(body.orderId) : { orderId }),
    instrument: instrument.id,
    side: body.side,
    lots: lots(instrument, body.quantity),
    ticks: ticks(instrument, body.price),
    feeUnits: body.fees === undefined || body.fees === null ? 0 : money(body.fees),
    ...(body.realizedPnl === undefined || body.realizedPnl === null
      ? {}
      : { venueRealizedUnits: money(body.realizedPnl) }),
    venueTimeMs: venueTimeMs(stage, body.venueTime),
  };
  if (body.voided === true) stage.venue.voidFill(fill);
  else stage.venue.externalFill(fill);
}

/** An id that names no order here is one of the venue's. */
function elsewhere(text: string | undefined): Pick<Fill, 'venueOrderId'> {
  return text === undefined ? {} : { venueOrderId: text as VenueOrderId };
}

/** An order id of the file: a ref of ours, or the venue's id of one of our orders. */
function ownOrder(stage: Stage, text: string | undefined): OrderId | undefined {
  if (text === undefined) return undefined;
  return stage.orderIdOf(text) ?? stage.venueOrder(undefined, text)?.orderId;
}

export function playPosition(stage: Stage, step: Of<'position'>): void {
  const { body } = step;
  const instrument = stage.names.get(body.instrument);
  const openLots = lots(instrument, body.quantity);
  stage.venue.externalPosition({
    accountId: stage.accountOf(step),
    instrument: instrument.id,
    openLots,
    costUnits: costUnits(instrument, openLots, body.averagePrice),
    venueTimeMs: venueTimeMs(stage, body.venueTime),
  });
}

const statusNames = {
  open: 'working',
  filled: 'filled',
  canceled: 'canceled',
  expired: 'expired',
  rejected: 'rejected',
  suspended: 'suspended',
  pendingCancel: 'working',
  // It may fill, and protects nothing.
  none: 'suspended',
  // Known and counted like an open one, and no protection until it is: what `suspended` means here.
  pending: 'suspended',
} as const;

export function playOrder(stage: Stage, step: Of<'order'>): void {
  const { body } = step;
  const instrument = stage.names.get(body.instrument);
  const filledLots =
    body.filled === undefined || body.filled === null ? 0 : lots(instrument, body.filled);
  const name = statusNames[body.status];
  const order: VenueOrder = {
    venueOrderId: body.venueOrderId as VenueOrderId,
    accountId: stage.accountOf(step),
    instrument: instrument.id,
    side: body.side,
    orderType: body.type,
    quantityLots: lots(instrument, body.quantity),
    filledLots,
    ...(body.limitPrice === undefined ? {} : { limitTicks: ticks(instrument, body.limitPrice) }),
    ...(body.stopPrice === undefined ? {} : { stopTicks: ticks(instrument, body.stopPrice) }),
    status: name === 'working' && filledLots > 0 ? 'partial' : name,
    ...(body.status === 'pendingCancel' ? { isCancelPending: true } : {}),
    ...(body.status === 'none' ? { isUnreadable: true } : {}),
    updatedAtMs: venueTimeMs(stage, body.venueTime),
  };
  stage.venue.externalOrder(order);
}

export function playAccount(stage: Stage, step: Of<'account'>): void {
  const { body } = step;
  const account =
    body.id === undefined ? stage.accountOf(step) : stage.accountOf({ account: body.id });
  if (body.canTrade !== undefined) {
    stage.venue.announce({
      type: 'venue.permission',
      accountId: account,
      canTrade: body.canTrade,
      venueTimeMs: venueTimeMs(stage, body.venueTime),
    });
  }
  if (body.isVisible !== undefined) {
    const { isVisible } = body;
    const venueTime = venueTimeMs(stage, body.venueTime);
    const event = { type: 'venue.visibility', accountId: account, isVisible } as const;
    stage.venue.announce({ ...event, venueTimeMs: venueTime });
  }
  if (body.balance === undefined) return;
  stage.venue.setBalance(account, money(body.balance), venueTimeMs(stage, body.venueTime));
}
