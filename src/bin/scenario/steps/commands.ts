/** Our own commands and those of an operator. */
import type { AccountId, InstrumentId } from '../../../domain/ids.ts';
import type { Instrument } from '../../../domain/instrument.ts';
import type { OrderIntent, Purpose } from '../../../domain/order.ts';
import type { Side } from '../../../domain/position.ts';
import { condition } from '../../../kernel/assert.ts';
import { numbersOnGrid, type GridNumbers } from '../../../rules/order-shape.ts';
import type { Stage } from '../stage.ts';
import type { Body, Step } from '../step-format.ts';
import { durationMs } from '../times.ts';
import { Unsupported } from '../unsupported.ts';
import { linksOf } from './linked.ts';
import { venueTimeMs } from './venue-time.ts';

type Of<Action extends Step['action']> = Extract<Step, { action: Action }>;
type Wish = Omit<OrderIntent, 'intentId'>;

export function playSubmit(stage: Stage, step: Of<'submit'>): void {
  stage.submit(step.body.ref, wishOf(stage, step));
}

function wishOf(stage: Stage, step: Of<'submit'>): Wish {
  const { body } = step;
  const atMs = stage.engineClock.nowMs();
  const instrument = stage.names.find(body.instrument);
  // A child only closes what its parent opens.
  const reduceOnly = body.reduceOnly ?? body.parent !== undefined;
  return {
    accountId: stage.accountOf(step),
    instrument: instrument?.id ?? (body.instrument as InstrumentId),
    side: body.side,
    orderType: body.type,
    ...trailed(stage, body, instrument, numbers(instrument, body.side, body)),
    ...linksOf(stage, body),
    timeInForce: body.timeInForce ?? 'day',
    reduceOnly,
    ...(body.postOnly === true ? { isPostOnly: true as const } : {}),
    purpose: purposeOf(body, reduceOnly),
    source: body.strategy === undefined ? 'operator' : 'strategy',
    by: body.strategy ?? 'trader',
    ...signalOf(stage, body),
    maxAgeMs: body.maxAge === undefined ? stage.settings.intentMaxAgeMs : durationMs(body.maxAge),
    // The age of an intent counts from its signal.
    atMs:
      body.signalTime === undefined ? atMs : Math.min(atMs, venueTimeMs(stage, body.signalTime)),
  };
}

/**
 * The format gives a trailing stop its price; what it keeps is the distance of that price from the market. Without a
 * price, or without a market, there is no distance, and the gate says what is missing.
 */
function trailed(
  stage: Stage,
  { type, side }: Body<'submit'>,
  instrument: Instrument | undefined,
  { stopTicks, ...given }: GridNumbers,
): GridNumbers & Pick<Wish, 'trailTicks'> {
  if (type !== 'trailingStop') return stopTicks === undefined ? given : { ...given, stopTicks };
  const reference = instrument && stage.prices.reference(instrument.id, side);
  if (reference === undefined || stopTicks === undefined) return given;
  return { ...given, trailTicks: side === 'buy' ? stopTicks - reference : reference - stopTicks };
}

/** A signal has an identity of its own, a time, or both. */
function signalOf(
  stage: Stage,
  { signalId, signalType, signalTime }: Body<'submit'>,
): Pick<Wish, 'signal'> {
  if (signalId === undefined && signalTime === undefined) return {};
  // One without a time is the same signal whenever it comes.
  const atMs = signalTime === undefined ? 0 : venueTimeMs(stage, signalTime);
  return { signal: { id: signalId ?? '', type: signalType ?? 'signal', atMs } };
}

function purposeOf({ type }: Body<'submit'>, reduceOnly: boolean): Purpose {
  if (!reduceOnly) return 'entry';
  return type === 'market' ? 'exit' : 'protective';
}

function text(value: string | null): string {
  return value ?? 'NaN';
}

/** What is no number is delivered as such, and what is off the grid as it was written: the gate has to refuse it. */
function numbers(
  instrument: Instrument | undefined,
  side: Side,
  { quantity, limitPrice, stopPrice }: Written,
): GridNumbers {
  const written = {
    quantity: text(quantity),
    ...(limitPrice === undefined ? {} : { limitPrice: text(limitPrice) }),
    ...(stopPrice === undefined ? {} : { stopPrice: text(stopPrice) }),
  };
  if (instrument !== undefined) return numbersOnGrid(instrument, side, written);
  if (limitPrice !== undefined || stopPrice !== undefined)
    throw new Unsupported('priced orders of an instrument without specification');
  return { quantityLots: Number(written.quantity) };
}

type Written = {
  readonly quantity: string | null;
  readonly limitPrice?: string | null | undefined;
  readonly stopPrice?: string | null | undefined;
};

/** Other values for a working order; what is not named stays. */
export function playModify(stage: Stage, { body }: Of<'modify'>): void {
  const { ref, quantity, limitPrice, stopPrice } = body;
  const orderId = stage.orderIdOf(ref);
  condition(orderId !== undefined, () => `a change is of an order that was not denied, was ${ref}`);
  const accountId = accountOfOrder(stage, ref);
  const { engine } = stage.running;
  const order = stage.wishes.get(ref);
  const instrument = order === undefined ? undefined : stage.names.known.get(order.instrument);
  condition(
    order !== undefined && instrument !== undefined,
    () => `a change is of an order of a known instrument, was ${ref}`,
  );
  const asked = { quantity: quantity === undefined ? '0' : quantity, limitPrice, stopPrice };
  const { quantityLots, offGrid, ...prices } = numbers(instrument, order.side, asked);
  engine.modify({
    accountId,
    orderId,
    values: { ...(quantity === undefined ? {} : { quantityLots }), ...prices },
    ...(offGrid === undefined ? {} : { offGrid }),
    by: 'trader',
  });
}

export function playCancel(stage: Stage, step: Of<'cancel'>): void {
  cancel(stage, step.body.ref);
}

function cancel(stage: Stage, ref: string): void {
  const orderId = stage.orderIdOf(ref);
  condition(orderId !== undefined, () => `a cancel is of an order that was not denied, was ${ref}`);
  stage.running.engine.cancel(accountOfOrder(stage, ref), orderId, 'asked for by the scenario');
}

function accountOfOrder(stage: Stage, ref: string): AccountId {
  const orderId = stage.orderIdOf(ref);
  for (const account of stage.running.engine.world.accounts.values()) {
    if (stage.running.journal.readActor(`account/${account.id}/order/${orderId}`) !== undefined)
      return account.id;
  }
  return stage.accountOf({});
}

/** `ledger`, `position/MNQ` or the whole path. */
export function actorName(accountId: AccountId, name: string): string {
  if (name.startsWith('account/')) return name;
  return name === 'account' ? `account/${accountId}` : `account/${accountId}/${name}`;
}
