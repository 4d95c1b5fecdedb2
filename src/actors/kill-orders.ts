/** Pulls the kill switch, and cancels what a run wants gone. */
import type { OrderId } from '../domain/ids.ts';
import {
  flattens,
  isWide,
  killKey,
  type ActiveKill,
  type KillEvent,
  type KillKey,
} from '../domain/kill.ts';
import type { KillRequest } from '../domain/operator.ts';
import type { CancelOrder } from '../domain/order.ts';
import type { Recorded } from '../domain/recorded.ts';
import { orderRegions } from '../machines/order.machine.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { planAlert } from './alerts.ts';
import { isCancelUnderWay, ordersIn, remainsIn } from './kill-scope.ts';
import type { StepContext } from './recorded.ts';
import type { Cause, Turn } from './turn.ts';
import { priorities } from './venue-gateway.ts';
import { actorId, type World } from './world.ts';

/** What somebody wants killed, and who that is. */
export type KillWish = KillRequest & { readonly by: string; readonly reason: string };

/**
 * Starts the run of one account, or joins the one that is on; the caller drains. Also cancels and alerts should the
 * commit of this turn fail: those can only reduce.
 */
export function triggerKill(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  { by, reason, ...request }: KillWish,
  cause: Cause,
): void {
  const { killSwitch, order } = world.execution;
  const mode = request.isEmergency ? 'flatten' : (request.mode ?? killSwitch.defaultMode);
  const key = killKey(request);
  const { keepProtectiveStops } = killSwitch;
  const wish = {
    type: 'kill.triggered',
    key,
    runId: `${key}@${turn.seq}`,
    request: { ...request, mode },
    by,
    reason,
    settings: { keepProtectiveStops, pausesMs: order.cancelRetryMs },
    atMs: turn.atMs,
  } as const;
  const run = beginning(wish);
  const event = { ...wish, remains: remainsIn(world, account, run) };
  turn.sendSibling(account.id, 'kill', event, cause);
  prepareWithoutStore(world, turn, account, run);
}

type Triggered = Extract<KillEvent, { type: 'kill.triggered' }>;

/** A run as it is before its first step. */
function beginning({
  key,
  runId,
  request,
  by,
  reason,
  settings,
  atMs,
}: Omit<Triggered, 'remains'>): ActiveKill {
  const { scope, target, mode } = request;
  return {
    key,
    runId,
    scope,
    ...(target === undefined ? {} : { target }),
    mode,
    reason,
    by,
    triggeredAtMs: atMs,
    phase: 'canceling',
    isHeld: false,
    isIncomplete: false,
    keepProtectiveStops: settings.keepProtectiveStops,
    steps: {},
    result: 'open',
    lastLook: 'none',
  };
}

/**
 * The actor of the kills is down: its run begins when it is back, maybe by a person's word. What stops and what can only
 * reduce does not wait for that, and a person hears of it. Source: REQ-K1, supervision 6.
 */
export function killWithoutActor(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  event: Triggered,
): void {
  const run = beginning(event);
  const { key, reason, mode, by } = run;
  const { atMs } = turn;
  const seq = turn.addInput(account.id, { type: 'kill.withoutActor', key, runId: run.runId });
  const cause = { causeSeq: seq, correlationSeq: seq };
  if (isWide(run)) {
    const halted = { cause: `kill:${key}`, state: 'HALTED', reason } as const;
    const added = { type: 'account.causeAdded', cause: halted, atMs } as const;
    turn.sendSibling(account.id, 'account', added, cause);
  }
  for (const orderId of ordersIn(world, account, run).going) {
    const asked = {
      type: 'order.cancelRequested',
      reason: `kill switch: ${reason}`,
      atMs,
    } as const;
    turn.sendSibling(account.id, `order/${orderId}`, asked, cause);
  }
  const text = `${key}, ${mode}, by ${by}: ${reason}; its actor is down: orders are canceled, nothing is flattened until the actor is resumed`;
  const alert = { id: `input:${seq}`, atMs, account: account.id, severity: 'critical' } as const;
  planAlert(world, turn, { ...alert, code: 'KILL_SWITCH', text }, seq);
}

/** A rule, a breaker or another machine pulls it. */
export function requireKill(
  context: StepContext,
  recorded: Extract<Recorded, { type: 'kill.require' }>,
): void {
  const { world, turn, account, seq, correlationSeq } = context;
  const { type: _, ...wish } = recorded;
  const accounts = wish.scope === 'all' ? [...world.accounts.values()] : [account];
  for (const one of accounts)
    triggerKill(world, turn, one, wish, { causeSeq: seq, correlationSeq });
}

/** Asks every order to go that has to and has not been asked; those in flight go as soon as they appear. */
export function cancelKilled(context: StepContext, key: KillKey): void {
  const { world, turn, account, seq, correlationSeq } = context;
  // The step that asks is observed already, so the run is as it decided.
  const run = account.kills.find((kill) => kill.key === key);
  if (run === undefined) return;
  for (const orderId of ordersIn(world, account, run).going) {
    const cell = world.cells.get(actorId(account.id, `order/${orderId}`));
    if (cell === undefined) continue;
    if (cell.status === 'live') {
      const regions = orderRegions(cell.live() as Parameters<typeof orderRegions>[0]);
      if (isCancelUnderWay(cell, regions)) continue;
    }
    const reason = `kill switch: ${run.reason}`;
    const event = { type: 'order.cancelRequested', reason, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, `order/${orderId}`, event, {
      causeSeq: seq,
      correlationSeq,
    });
  }
}

/** Source: execution 9.2, step 1; durability C4. */
function prepareWithoutStore(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  run: ActiveKill,
): void {
  const { id } = account;
  turn.withoutStore.push(() => {
    const text = `${run.key}, ${run.mode}, by ${run.by}: ${run.reason}; the store fails, cancels are sent from memory`;
    world.options.onKillWithoutStore?.({
      account: id,
      mode: flattens(run) ? 'flatten' : 'cancelOnly',
      by: run.by,
      reason: run.reason,
    });
    const alert = { id: `${run.runId}:${id}`, atMs: turn.atMs, account: id, text } as const;
    world.options.alerts.raise({ ...alert, severity: 'critical', code: 'KILL_SWITCH' });
    for (const orderId of ordersIn(world, account, run).going)
      world.gateway.cancel(addressOf(account, orderId), priorities.emergency);
  });
}

function addressOf(account: AccountRuntime, orderId: OrderId): CancelOrder {
  const instrument = account.workingOrders.get(orderId)?.instrument;
  return {
    accountId: account.id,
    orderId,
    instrument: instrument ?? ('' as CancelOrder['instrument']),
  };
}
