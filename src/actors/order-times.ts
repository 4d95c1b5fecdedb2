/** How long our own orders may live, and which of them have not been heard of for too long. Source: execution 3.8, 15. */
import type { OrderId } from '../domain/ids.ts';
import { isClosed, type OrderIntent } from '../domain/order.ts';
import type { Cancel } from '../kernel/clock.ts';
import type { OrderContext, OrderRegions } from '../machines/order.machine.ts';
import { raiseAlert } from './alerts.ts';
import type { Cell } from './cell.ts';
import { askFor } from './search.ts';
import { outside, type Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/**
 * Time from sending to our own cancel: the order's own, or that of its kind. An operator's order has none, and what
 * protects or closes never goes by time alone. A strategy's order never outlives `order.maxAgeSeconds`.
 */
export function timeToLiveOf(
  world: World,
  intent: OrderIntent,
): { readonly timeToLiveMs?: number } {
  const { order } = world.execution;
  const isEntry = intent.purpose === 'entry' && !intent.reduceOnly;
  const isStrategys = intent.source === 'strategy' && isEntry;
  const postOnlyMs = intent.isPostOnly === true ? order.postOnlyTtlSeconds * 1_000 : undefined;
  const ownMs = intent.timeToLiveMs ?? postOnlyMs;
  if (!isStrategys) return ownMs === undefined ? {} : { timeToLiveMs: ownMs };
  const wantedMs = ownMs ?? order.cancelAfterSeconds * 1_000;
  return { timeToLiveMs: Math.min(wantedMs, order.maxAgeSeconds * 1_000) };
}

type Watched = { readonly cell: Cell; sinceMs: number; readonly isTold: boolean };

/** What this process has heard of open orders, by monotonic time; oldest first. A start asks the venue for all of them. */
export type OrderWatch = {
  readonly silent: Map<OrderId, Watched>;
  /** Partly filled entries of strategies, since their last execution. */
  readonly partial: Map<OrderId, Watched & { readonly filledLots: number }>;
  cancel: Cancel | undefined;
  /** Monotonic time of the look that is armed. */
  dueMs: number;
};

export function emptyOrderWatch(): OrderWatch {
  return { silent: new Map(), partial: new Map(), cancel: undefined, dueMs: Infinity };
}

/** After every step of an order. `isAnswer`: it only said what a question of ours asked for. */
export function watchOrder(world: World, cell: Cell, isAnswer: boolean): void {
  if (cell.hosted.id !== 'order') return;
  const { orderWatch: watch, options } = world;
  const context = cell.context as unknown as OrderContext;
  const { orderId, filledLots, quantityLots } = context;
  const { execution } = (cell.live() as { readonly value: OrderRegions }).value;
  const sinceMs = options.clock.monotonicMs();
  const before = watch.silent.get(orderId);
  watch.silent.delete(orderId);
  if (isClosed(execution)) {
    watch.partial.delete(orderId);
    return;
  }
  watch.silent.set(orderId, { cell, sinceMs, isTold: isAnswer && before?.isTold === true });
  const isWatched = filledLots > 0 && filledLots < quantityLots && isOfStrategy(context);
  if (isWatched && watch.partial.get(orderId)?.filledLots !== filledLots) {
    watch.partial.delete(orderId);
    watch.partial.set(orderId, { cell, sinceMs, isTold: false, filledLots });
  }
  arm(world);
}

function isOfStrategy({ source, purpose, reduceOnly }: OrderContext): boolean {
  return source === 'strategy' && purpose === 'entry' && !reduceOnly;
}

function durations({ execution: { order } }: World): { silentMs: number; partialMs: number } {
  return {
    silentMs: order.stuckAfterSeconds * 1_000,
    partialMs: order.partialFillTimeoutSeconds * 1_000,
  };
}

/** Nothing waits any more: the engine has stopped. */
export function closeOrderWatch(watch: OrderWatch): void {
  watch.cancel?.();
  watch.cancel = undefined;
  watch.silent.clear();
  watch.partial.clear();
}

/** When the oldest of them is due; they stand in the order of their times. */
function oldest(all: ReadonlyMap<OrderId, Watched>, afterMs: number): number {
  const [first] = all.values();
  return first === undefined ? Infinity : first.sinceMs + afterMs;
}

/** One wait, for the oldest of both kinds. */
function arm(world: World): void {
  const { orderWatch: watch, options, inbox } = world;
  const { silentMs, partialMs } = durations(world);
  const dueMs = Math.min(oldest(watch.silent, silentMs), oldest(watch.partial, partialMs));
  // An earlier look than needed finds nothing and arms again.
  if (watch.cancel !== undefined && watch.dueMs <= dueMs) return;
  watch.cancel?.();
  watch.cancel = undefined;
  watch.dueMs = dueMs;
  if (dueMs === Infinity) return;
  const inMs = Math.max(0, Math.ceil(dueMs - options.clock.monotonicMs()));
  watch.cancel = options.clock.scheduleIn(inMs, () => {
    watch.cancel = undefined;
    inbox.put('timer', { type: 'orderWatch', atMs: options.clock.nowMs() });
  });
}

/** The wait is over: silent orders are asked about and told of, partly filled ones without progress lose their rest. */
export function lookAtOrders(world: World, turn: Turn): void {
  const { orderWatch: watch, options } = world;
  const nowMs = options.clock.monotonicMs();
  const { silentMs, partialMs } = durations(world);
  for (const [orderId, one] of watch.silent) {
    if (nowMs - one.sinceMs < silentMs) break;
    watch.silent.delete(orderId);
    if (world.cells.get(one.cell.id)?.status !== 'live') continue;
    watch.silent.set(orderId, { ...one, sinceMs: nowMs, isTold: true });
    turn.addInput(one.cell.account, { type: 'engine.orderSilent', orderId });
    askFor(world, turn, one.cell.account, orderId);
    if (!one.isTold) tell(world, turn, one.cell, orderId, silentMs);
  }
  for (const [orderId, one] of watch.partial) {
    if (nowMs - one.sinceMs < partialMs) break;
    watch.partial.delete(orderId);
    const reason = `partly filled and no progress for ${partialMs / 1_000} s`;
    const event = { type: 'order.cancelRequested', reason, atMs: turn.atMs } as const;
    turn.send({
      to: actorId(one.cell.account, `order/${orderId}`),
      account: one.cell.account,
      event,
      ...outside,
    });
  }
  arm(world);
}

/** An open order at rest is only worth a line; one that nobody has confirmed, or that owes us an answer, is worth a look. */
function tell(world: World, turn: Turn, cell: Cell, orderId: OrderId, silentMs: number): void {
  const account = world.accounts.get(cell.account);
  if (account === undefined) return;
  const { execution, request } = JSON.parse(cell.stateJson) as OrderRegions;
  const isAtRest = execution === 'working' && request === 'none';
  const { version } = cell.context as unknown as OrderContext;
  // By the venue's own clock where it stamps its reports.
  const agedMs =
    version?.updatedAtMs === undefined
      ? silentMs
      : Math.max(silentMs, world.brokerClock.nowMs() - version.updatedAtMs);
  const text = `${orderId}: nothing heard for ${Math.floor(agedMs / 1_000)} s, it is ${execution}; the venue is asked`;
  raiseAlert(
    turn,
    account,
    {
      severity: isAtRest ? 'info' : 'warning',
      code: 'ORDER_STUCK',
      text,
      entity: `order/${orderId}`,
      isLasting: false,
    },
    outside,
  );
}
