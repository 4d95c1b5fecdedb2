/**
 * What becomes of a command whose call failed: sent again only where the venue certainly has not processed it.
 *
 * 401: the session is renewed once and the same command leaves again. 429 on a placement: one search by its id that
 * succeeds and shows nothing, then the same id again after a random pause, at most three times. Everything else stays in
 * doubt and is searched for. Source: execution 2.3, 13.1, REQ-CB1.
 */
import type { AccountId, OrderId } from '../domain/ids.ts';
import type { OrderVenueEvent } from '../domain/order-event.ts';
import { isRepeatable } from '../domain/venue-call.ts';
import { errorText } from '../kernel/errors.ts';
import { orderRegions } from '../machines/order.machine.ts';
import type { VenueEvent } from '../ports/venue.port.ts';
import { riskEffect } from '../rules/exposure.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { noteFailure, noteRejection, noteSuccess } from './breakers.ts';
import { killOver } from './kill-scope.ts';
import type { TimedCall } from './latency.ts';
import { lookAtSafety } from './safety.ts';
import { outside, type Turn } from './turn.ts';
import type { Unanswered } from './venue-gateway.ts';
import { actorId, type World } from './world.ts';

type CallEvent = Extract<VenueEvent, { type: 'venue.call' }>;
type OrderReport = Extract<VenueEvent, { type: 'venue.order' }>;

/** A placement that may leave again with the same id. */
export type Resend = {
  readonly accountId: AccountId;
  readonly again: () => void;
  /** Times it has left again. */
  sent: number;
  /** The venue said that it was too much, or a search that it does not have it. */
  readonly why: 'limited' | 'notFound';
  retryAfterMs: number;
  /** What left last was said to be too much: a search that shows nothing lets it leave again. */
  isLimited: boolean;
  /** Its search has been answered: it leaves when the pause is over. */
  isWaiting: boolean;
};

/** Source: execution 2.3. */
const resendsMax = 3;

/** A call has failed at the level of the transport. */
export function routeCall(world: World, turn: Turn, event: CallEvent): void {
  const { call, status, reason, accountId, orderId } = event;
  const given = {
    ...(status === undefined ? {} : { status }),
    ...(accountId === undefined ? {} : { accountId }),
  };
  noteFailure(world, turn, { call, reason, ...given });
  if (accountId !== undefined && orderId !== undefined)
    repeatCall(world, turn, { ...event, accountId, orderId });
}

function repeatCall(
  world: World,
  turn: Turn,
  event: CallEvent & { readonly accountId: AccountId; readonly orderId: OrderId },
): void {
  const { call, status, reason, accountId, orderId, retryAfterMs } = event;
  if (call === 'query' && isRepeatable(status))
    world.gateway.retryRead(accountId, orderId, retryAfterMs);
  if (call !== 'place' && call !== 'cancel' && call !== 'modify') return;
  const sent = world.gateway.unanswered.get(`${call}|${orderId}`);
  if (status === 401) renewAndRepeat(world, turn, { accountId, orderId, call, reason }, sent);
  else if (status === 429 && call === 'place' && sent !== undefined)
    awaitSearch(world, sent, retryAfterMs);
}

/** The limiter has probably not processed it: a search that shows nothing lets it leave again. */
function awaitSearch(world: World, sent: Unanswered, retryAfterMs = 0): void {
  const { accountId, orderId, again } = sent;
  world.resends.set(orderId, {
    accountId,
    again,
    sent: world.resends.get(orderId)?.sent ?? 0,
    why: 'limited',
    retryAfterMs,
    isLimited: true,
    isWaiting: false,
  });
}

/** Not processed: once more with a new session; a second time it is a refusal. */
function renewAndRepeat(
  world: World,
  turn: Turn,
  about: {
    readonly accountId: AccountId;
    readonly orderId: OrderId;
    readonly call: Unanswered['call'];
    readonly reason: string;
  },
  sent: Unanswered | undefined,
): void {
  const { accountId, orderId, call, reason } = about;
  const refuse = (refusing: Turn, why: string): void =>
    refusing.sendSibling(accountId, `order/${orderId}`, refusal(call, why, refusing.atMs), outside);
  if (sent === undefined || sent.isRenewed) {
    world.gateway.answered(call, orderId);
    refuse(turn, reason);
    return;
  }
  sent.isRenewed = true;
  turn.addInput(accountId, { type: 'engine.sessionRenewed', orderId, call });
  turn.releases.push(() => {
    // The same failure may be told twice, and the command be refused before the session is back: then nothing leaves.
    const isAwaited = (): boolean => world.gateway.unanswered.get(`${call}|${orderId}`) === sent;
    const fail = (error: unknown, status?: 401): void => {
      const failed = { type: 'venue.call', call, accountId, orderId } as const;
      const atMs = world.options.clock.nowMs();
      const told = { ...failed, reason: `${reason}: ${errorText(error)}` };
      const event = status === undefined ? told : { ...told, status };
      world.inbox.put('venue', { type: 'venue', event, atMs });
    };
    const repeat = (): void => {
      try {
        if (isAwaited()) sent.again();
      } catch (error) {
        // Nobody knows whether it has left: without a status it is in doubt, and searched for.
        fail(error);
      }
    };
    // Not renewed, so not sent: the refusal comes in by the same door.
    renewed(world).then(repeat, (error: unknown) => fail(error, 401));
  });
}

/** A venue that throws where it should reject has not renewed either. */
async function renewed(world: World): Promise<void> {
  await world.gateway.renew();
}

function refusal(call: Unanswered['call'], reason: string, atMs: number): OrderVenueEvent {
  const told = { reason, origin: 'answer', atMs } as const;
  switch (call) {
    case 'place':
      return { type: 'order.placeRejected', ...told };
    case 'cancel':
      return { type: 'order.cancelRejected', ...told };
    case 'modify':
      return { type: 'order.modifyRejected', ...told };
  }
}

/** A report of an order: what it says of the call that it answers. */
export function noteAnswer(world: World, turn: Turn, report: OrderReport): void {
  const { event, orderId, accountId } = report;
  if (!('origin' in event)) return;
  if (event.origin === 'query') {
    world.gateway.readAnswered(orderId);
    noteSuccess(world, turn, 'query');
  }
  if (event.origin !== 'answer') return;
  const call = callOf(event.type);
  if (call === undefined) return;
  const isOpen = event.type.endsWith('Ambiguous');
  // What is left open stays known: a further failure of the same command may be told.
  if (!isOpen) {
    const sent = world.gateway.answered(call, orderId);
    if (sent !== undefined) noteLatency(world, call, sent.sentAtMs);
    world.resends.delete(orderId);
  }
  const reason = 'reason' in event ? event.reason : '';
  if (!isOpen && !reason.startsWith('HTTP ')) noteSuccess(world, turn, call);
  const account = world.accounts.get(accountId);
  if (event.type === 'order.placeRejected' && account !== undefined)
    noteRejection(world, turn, account);
}

/** From the wire to the first answer that is one. */
function noteLatency(world: World, call: TimedCall, sentAtMs: number): void {
  const { latency, options, accounts } = world;
  const durationMs = options.clock.monotonicMs() - sentAtMs;
  latency.note(call, durationMs, options.clock.nowMs());
  const isSlow = [...accounts.values()].some(
    ({ controls }) => durationMs > controls.safety.latencyMs,
  );
  if (isSlow) lookAtSafety(world);
}

function callOf(type: string): Unanswered['call'] | undefined {
  if (type.startsWith('order.place')) return 'place';
  if (type.startsWith('order.cancel')) return 'cancel';
  return type.startsWith('order.modify') || type === 'order.updated' ? 'modify' : undefined;
}

/** No answer in time: a failure of the call, unless it was heard of meanwhile. */
export function noteOverdue(
  world: World,
  turn: Turn,
  accountId: AccountId,
  orderId: OrderId,
  timer: string,
): void {
  const call = overdueCalls[timer];
  if (call === undefined) return;
  const sent = world.gateway.unanswered.get(`${call}|${orderId}`);
  if (sent === undefined) return;
  noteFailure(world, turn, { call, reason: 'no answer in time', accountId });
}

const overdueCalls: Readonly<Record<string, Unanswered['call']>> = {
  'order.acknowledgementOverdue': 'place',
  'order.cancelOverdue': 'cancel',
  'order.modifyOverdue': 'modify',
};

/**
 * A search that succeeded does not show the order. True when it will leave again: then its absence proves nothing yet.
 */
export function leavesAgain(world: World, turn: Turn, orderId: OrderId): boolean {
  const resend = world.resends.get(orderId);
  if (resend === undefined || !resend.isLimited) return false;
  if (resend.isWaiting) return true;
  if (resend.sent >= resendsMax) return false;
  const { accountId, sent, retryAfterMs } = resend;
  resend.isWaiting = true;
  const pauseMs = world.gateway.pauseMs(sent, retryAfterMs);
  const input = { type: 'resend', accountId, orderId } as const;
  turn.releases.push(() => {
    world.gateway.later(pauseMs, () =>
      world.inbox.put('timer', { ...input, atMs: world.options.clock.nowMs() }),
    );
  });
  return true;
}

/** Every search has said that the venue does not have it: where that is configured it leaves once more. */
export function leavesOnceMore(
  world: World,
  turn: Turn,
  accountId: AccountId,
  orderId: OrderId,
): boolean {
  const { resendAfterNotFound, maxAgeSeconds } = world.execution.intent;
  if (resendAfterNotFound !== 'once' || world.resends.get(orderId)?.why === 'notFound')
    return false;
  const sent = world.gateway.unanswered.get(`place|${orderId}`);
  const cell = world.cells.get(actorId(accountId, `order/${orderId}`));
  const createdAtMs = cell?.context['createdAtMs'];
  if (sent === undefined || typeof createdAtMs !== 'number') return false;
  if (turn.atMs - createdAtMs > maxAgeSeconds * 1_000) return false;
  const { again } = sent;
  const resend = { accountId, again, why: 'notFound', retryAfterMs: 0, isLimited: false } as const;
  world.resends.set(orderId, { ...resend, sent: 0, isWaiting: true });
  return sendAgain(world, turn, accountId, orderId);
}

/**
 * The pause is over. It leaves unless it was found, nobody wants it any more, or it may not add risk any more; what only
 * breakers and budgets stand in the way of does leave: it was approved, its own failures may have opened them, and it
 * is what the pause was for.
 */
export function sendAgain(
  world: World,
  turn: Turn,
  accountId: AccountId,
  orderId: OrderId,
): boolean {
  const resend = world.resends.get(orderId);
  const cell = world.cells.get(actorId(accountId, `order/${orderId}`));
  const account = world.accounts.get(accountId);
  if (resend === undefined || cell?.status !== 'live' || account === undefined) return false;
  resend.isWaiting = false;
  // Until the venue says so of this one too, its absence from a list is only that.
  resend.isLimited = false;
  const { execution } = orderRegions(cell.live() as Parameters<typeof orderRegions>[0]);
  if (execution !== 'unknown') return false;
  const isWanted = cell.context['cancel'] === 'none';
  if (!isWanted || isForbiddenAgain(world, account, orderId)) {
    world.resends.set(orderId, { ...resend, sent: resendsMax });
    return false;
  }
  resend.sent += 1;
  turn.addInput(accountId, {
    type: 'engine.orderSentAgain',
    orderId,
    time: resend.sent,
    why: resend.why,
  });
  // A new submission begins its own window of searches.
  world.searches.set(orderId, { asked: 1, absences: 0 });
  turn.releases.push(() => {
    world.counters.submissions += 1;
    resend.again();
  });
  return true;
}

/** It may not add risk any more; breakers and budgets alone do not forbid what was approved before them. */
export function isForbiddenAgain(world: World, account: AccountRuntime, orderId: OrderId): boolean {
  const order = account.workingOrders.get(orderId);
  if (order === undefined) return true;
  if (order.purpose === 'exit') return false;
  const facts = account.facts();
  const others = facts.workingOrders.filter((other) => other.orderId !== orderId);
  if (
    riskEffect(
      { ...facts, workingOrders: others },
      { ...order, quantityLots: order.leavesLots },
    ) !== 'increase'
  )
    return false;
  const isCovered = [...account.locks.values()].some(
    ({ scope }) => scope === 'account' || scope.endsWith(`:${order.instrument}`),
  );
  if (isCovered || killOver(world, account, order) !== undefined) return true;
  if (account.supervisorCauses.size > 0) return true;
  return account.causes.some(
    (cause) => !cause.startsWith('breaker:') && !cause.startsWith('budget:'),
  );
}
