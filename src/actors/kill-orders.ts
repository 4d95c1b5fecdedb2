/** Pulls the kill switch, and cancels what a run wants gone. */
import type { OrderId } from '../domain/ids.ts';
import { flattens, killKey, type ActiveKill, type KillKey } from '../domain/kill.ts';
import type { KillRequest } from '../domain/operator.ts';
import type { CancelOrder } from '../domain/order.ts';
import type { Recorded } from '../domain/recorded.ts';
import { orderRegions } from '../machines/order.machine.ts';
import type { AccountRuntime } from './account-runtime.ts';
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
  const run: ActiveKill = {
    key,
    runId: `${key}@${turn.seq}`,
    scope: request.scope,
    ...(request.target === undefined ? {} : { target: request.target }),
    mode,
    reason,
    by,
    triggeredAtMs: turn.atMs,
    phase: 'canceling',
    isHeld: false,
    isIncomplete: false,
    keepProtectiveStops,
    steps: {},
    result: 'open',
    lastLook: 'none',
  };
  const event = {
    type: 'kill.triggered',
    key,
    runId: run.runId,
    request: { ...request, mode },
    by,
    reason,
    settings: { keepProtectiveStops, pausesMs: order.cancelRetryMs },
    remains: remainsIn(world, account, run),
    atMs: turn.atMs,
  } as const;
  turn.sendSibling(account.id, 'kill', event, cause);
  prepareWithoutStore(world, turn, account, run);
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
