/**
 * From the wish to the gate's decision. A turn never waits: an intent that only something passing stands in the way of is
 * kept in memory and judged again when that is over; nothing of it exists before the commit of the decision.
 * Source: execution 2.1 and 6.
 */
import { denialText, type Denial } from '../domain/denial.ts';
import type { IntentId, OrderId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import { errorText } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { VenueOrder } from '../ports/venue.port.ts';
import type { GateContext, VenueOrdersFact } from '../rules/gate/context.ts';
import { asksVenue, layerOf } from '../rules/gate/duplicates.ts';
import { judge } from '../rules/gate/judge.ts';
import { signalKey } from '../rules/gate/signal.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { gateContext, isSignalTaken, signalRow } from './gate-context.ts';
import type { EngineInput, SubmitAnswer } from './input.ts';
import { joinParent, linkApproved, noteSet, withExitLimit } from './linked.ts';
import { placeOrder } from './place-order.ts';
import { disableStrategy } from './strategy-switch.ts';
import type { WaitingIntent } from './submission-state.ts';
import type { Cause, Turn } from './turn.ts';
import type { World } from './world.ts';

/** A strategy's or operator's intent: judged, then denied with a row, or committed and sent, or kept until it can be. */
export function submitIntent(
  world: World,
  turn: Turn,
  input: Extract<EngineInput, { type: 'submit' }>,
): void {
  const account = world.accounts.get(input.intent.accountId);
  if (account === undefined) {
    turn.addDeadLetter('outside', `account/${input.intent.accountId}`, input.intent, 'unknown');
    const facts = [{ name: 'unknown', value: `account:${input.intent.accountId}` }];
    turn.releases.push(() => input.answer?.({ denial: { code: 'SCHEMA_INVALID', facts } }));
    return;
  }
  const orderId = world.options.ids.mint() as OrderId;
  const wish: OrderIntent = { ...input.intent, intentId: orderId as string as IntentId };
  const intent = withExitLimit(world, wish);
  const seq = turn.addInput(account.id, { type: 'command.submit', intent });
  const { answer } = input;
  if (joinParent({ world, turn, account, cause: causeOf(seq) }, intent, orderId)) {
    turn.releases.push(() => answer?.({ orderId }));
    return;
  }
  offerIntent(world, turn, account, {
    intent,
    cause: causeOf(seq),
    ...(answer === undefined
      ? {}
      : { onDecided: (deciding, said) => deciding.releases.push(() => answer(said)) }),
  });
}

function causeOf(seq: number): Cause {
  return { causeSeq: seq, correlationSeq: seq };
}

export type Offer = {
  /** Its id is that of the order it becomes. */
  readonly intent: OrderIntent;
  readonly cause: Cause;
  /** Hears of the decision within the turn that makes it; may be a later one. */
  readonly onDecided?: (turn: Turn, answer: SubmitAnswer) => void;
};

/** The one way to an order that is judged. */
export function offerIntent(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  { intent, cause, onDecided }: Offer,
): void {
  const ageMs = Math.max(0, turn.atMs - intent.atMs);
  const patienceMs = Math.min(
    world.orderSettings.acknowledgeDurationMs,
    Math.max(0, intent.maxAgeMs - ageMs),
  );
  consider(world, turn, account, {
    intent,
    cause,
    deadlineMs: turn.atMs + patienceMs,
    venueOrders: { state: 'notAsked' },
    isAsking: false,
    version: account.version,
    isDue: false,
    timers: [],
    ...(onDecided === undefined ? {} : { onDecided }),
  });
}

/** The venue has answered, or time is up: the intent is due. */
export function wakeIntent(
  world: World,
  { intentId, venueOrders }: Extract<EngineInput, { type: 'intentDue' }>,
): void {
  const item = world.submission.waiting.get(intentId);
  if (item === undefined) return;
  item.isDue = true;
  if (venueOrders === undefined) return;
  item.venueOrders = venueOrders;
  item.isAsking = false;
}

/** Judges an intent as things stand: it leaves, is refused, or waits. */
export function consider(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  item: WaitingIntent,
): void {
  const { waiting } = world.submission;
  const beganMs = performance.now();
  const isWaiting = waiting.has(item.intent.intentId);
  noteSet(account, item.intent);
  const isOver = turn.atMs >= item.deadlineMs;
  if (item.isAsking && isOver) item.venueOrders = { state: 'failed', reason: 'no answer in time' };
  const asked = { intent: item.intent, isWaiting };
  let gate = gateContext(world, account, { ...asked, venueOrders: item.venueOrders });
  let result = judge(item.intent, gate);
  if ('denial' in result && asksVenue(failingOf(result), gate) && !item.isAsking) {
    askVenue(world, account, item);
    if (item.venueOrders.state !== 'notAsked') {
      gate = gateContext(world, account, { ...asked, venueOrders: item.venueOrders });
      result = judge(item.intent, gate);
    }
  }
  const spentMs = performance.now() - beganMs;
  world.telemetry.noteGate('denial' in result ? failingOf(result) : [], spentMs);
  if (!('denial' in result)) {
    leave(world, item);
    takeSignal(world, turn, account, item.intent);
    const placed = { ...item.intent, quantityLots: result.approved.quantityLots };
    world.submission.sends.noteSubmit(turn, account, placed);
    placeOrder(world, turn, account, placed, result.approved, item.cause);
    linkApproved({ world, turn, account, cause: item.cause }, placed, result.approved);
    item.onDecided?.(turn, { orderId: result.approved.orderId });
    return;
  }
  const failing = failingOf(result);
  if (!isOver && mayWait(world, account, item, failing, gate)) {
    wait(world, turn, account, item, failing);
    return;
  }
  leave(world, item);
  takeSignal(world, turn, account, item.intent);
  refuse(world, turn, account, item, failing);
}

function failingOf(result: {
  readonly denial: Denial;
  readonly alsoFailing: readonly Denial[];
}): readonly Denial[] {
  return [result.denial, ...result.alsoFailing];
}

/** Refusals of something that may pass. */
type WaitCode =
  | 'SYMBOL_BUSY'
  | 'LOCAL_PENDING'
  | 'VENUE_ORDER_EXISTS'
  | 'MESSAGE_LIMIT'
  | 'SELF_MATCH';

/** True when all that stands in the way passes by itself, or by what we do about it. */
function mayWait(
  world: World,
  account: AccountRuntime,
  item: WaitingIntent,
  failing: readonly Denial[],
  gate: GateContext,
): boolean {
  const { waiting } = world.submission;
  if (waiting.size >= limits.intentsWaitingMax && !waiting.has(item.intent.intentId)) return false;
  const isBusy = failing.some(({ code }) => code === 'SYMBOL_BUSY');
  const { messages, selfMatch } = account.controls;
  return failing.every((denial) => {
    switch (denial.code as WaitCode | 'other') {
      case 'SYMBOL_BUSY':
        return true;
      case 'LOCAL_PENDING':
        return isBusy;
      case 'VENUE_ORDER_EXISTS':
        return gate.venueOrders.state === 'notAsked';
      case 'MESSAGE_LIMIT':
        return messages.mode === 'buffer' && isAbout(denial, 'submitsInSecond');
      case 'SELF_MATCH':
        return selfMatch === 'cancelOlder' && isEntry(account, denial);
      case 'other':
      default:
        return false;
    }
  });
}

function isAbout({ facts }: Denial, name: string): boolean {
  return facts.some((fact) => fact.name === name);
}

/** Only an entry makes way for another order: what protects or closes a position stays. */
function isEntry(account: AccountRuntime, denial: Denial): boolean {
  const order = account.workingOrders.get(orderOf(denial));
  return order?.purpose === 'entry' && !order.reduceOnly;
}

function orderOf({ facts }: Denial): OrderId {
  return (facts.find(({ name }) => name === 'order')?.value ?? '') as OrderId;
}

function wait(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  item: WaitingIntent,
  failing: readonly Denial[],
): void {
  const { submission, options } = world;
  const { intentId } = item.intent;
  item.version = account.version;
  // What the venue said is old by the time the way is free.
  if (!item.isAsking) item.venueOrders = { state: 'notAsked' };
  const wakeAt = (atMs: number): void => {
    const wake = { type: 'intentDue', intentId } as const;
    item.timers.push(
      options.clock.schedule(atMs, () => {
        world.inbox.put('timer', { ...wake, atMs: options.clock.nowMs() });
      }),
    );
  };
  if (!submission.waiting.has(intentId)) {
    submission.waiting.set(intentId, item);
    wakeAt(item.deadlineMs);
  }
  for (const denial of failing) {
    if (denial.code === 'MESSAGE_LIMIT')
      wakeAt(submission.sends.submitFreeAtMs(account, turn.atMs));
    if (denial.code !== 'SELF_MATCH') continue;
    const event = {
      type: 'order.cancelRequested',
      reason: 'makes way for a newer order on the other side',
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(account.id, `order/${orderOf(denial)}`, event, item.cause);
  }
}

function leave(world: World, item: WaitingIntent): void {
  world.submission.waiting.delete(item.intent.intentId);
  for (const cancel of item.timers.splice(0)) cancel();
}

/** Recorded on success and on failure: a refused signal is not tried again at full speed. */
function takeSignal(world: World, turn: Turn, account: AccountRuntime, intent: OrderIntent): void {
  const key = signalKey(intent);
  if (key === undefined || isSignalTaken(world, account, key)) return;
  const row = signalRow(account, key);
  world.signals.add(row);
  turn.dedupeKeys.push({ key: row, atMs: turn.atMs });
}

function refuse(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  item: WaitingIntent,
  failing: readonly Denial[],
): void {
  const [denial, ...others] = failing;
  if (denial === undefined) return;
  const { causeSeq } = item.cause;
  world.counters.denials += 1;
  for (const each of failing) {
    const layer = layerOf(each);
    if (layer !== undefined) world.submission.layerDenials[layer] += 1;
  }
  const also = [...new Set(others.map(({ code }) => code))].join(', ');
  turn.denials.push({
    atMs: turn.atMs,
    account: account.id,
    intentId: item.intent.intentId,
    code: denial.code,
    text: also === '' ? denialText(denial) : `${denialText(denial)}; also ${also}`,
    causeSeq,
  });
  // The repeat as such disables, whatever else refuses it.
  if (failing.some((each) => each.code === 'REPEATED_EXECUTION' && isAbout(each, 'repeats')))
    disableStrategy(world, turn, account.id, item.intent.by, causeSeq);
  item.onDecided?.(turn, { denial });
}

/** Asks for the venue's open orders. An answer that is here at once is in the intent when this returns. */
function askVenue(world: World, account: AccountRuntime, item: WaitingIntent): void {
  const { options, submission, inbox, gateway } = world;
  const { clock } = options;
  const { instrument, intentId } = item.intent;
  const asOfMs = clock.nowMs();
  const known = (orders: readonly VenueOrder[]): VenueOrdersFact => ({
    state: 'known',
    asOfMs,
    orders: orders.map(({ orderId, venueOrderId, side, instrument: where }) => ({
      venueOrderId,
      instrument: where,
      side,
      ...(orderId === undefined ? {} : { orderId }),
      isProtective: isProtective(account, orderId),
    })),
  });
  let answer: readonly VenueOrder[] | Promise<readonly VenueOrder[]>;
  try {
    answer =
      gateway.openOrders(account.id, instrument) ??
      gateway.snapshot(account.id, asOfMs).then(({ orders }) => orders.filter(isOpen));
  } catch (error) {
    item.venueOrders = failed(error);
    return;
  }
  if (!(answer instanceof Promise)) {
    item.venueOrders = known(answer);
    return;
  }
  item.isAsking = true;
  submission.asking += 1;
  const hear = (venueOrders: VenueOrdersFact): void => {
    submission.asking -= 1;
    inbox.put('venue', { type: 'intentDue', intentId, venueOrders, atMs: clock.nowMs() });
  };
  answer.then(
    (orders) => hear(known(orders)),
    (error: unknown) => hear(failed(error)),
  );
}

function failed(error: unknown): VenueOrdersFact {
  return { state: 'failed', reason: errorText(error) };
}

function isOpen({ status }: VenueOrder): boolean {
  return ['working', 'partial', 'suspended', 'triggered'].includes(status);
}

/** Stops and targets of a position, of ours: the venue does not say what an order is for. */
function isProtective(account: AccountRuntime, orderId: OrderId | undefined): boolean {
  const order = orderId === undefined ? undefined : account.workingOrders.get(orderId);
  return order !== undefined && (order.purpose !== 'entry' || order.reduceOnly);
}
