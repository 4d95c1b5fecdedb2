/**
 * A change that waited for an answer, or for room in the budget, leaves into another world than the one it was judged in:
 * more risk that a kill, a lock or the trading state forbids by now never leaves. Source: execution 2.4, 3.4, 10.
 */
import { denialText, type Denial } from '../domain/denial.ts';
import type { OrderId } from '../domain/ids.ts';
import type { ModifyOrder } from '../domain/order.ts';
import { riskEffect, riskEffectOfModify } from '../rules/exposure.ts';
import { judgeLateChange } from '../rules/gate/judge-change.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { outside, type Cause, type Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Why a change may not leave (any more); undefined when it may. */
export function lateDenial(
  world: World,
  account: AccountRuntime,
  modify: ModifyOrder,
): Denial | undefined {
  const order = account.workingOrders.get(modify.orderId);
  if (order === undefined || !addsRisk(world, account, modify)) return undefined;
  return judgeLateChange(order, {
    tradingState: account.effectiveState,
    stateCauses: account.causes,
    locks: [...account.locks.values()],
    kills: account.kills,
  });
}

/** More that can open a position, or protection that moves away, measured against the order as the venue has it. */
function addsRisk(world: World, account: AccountRuntime, modify: ModifyOrder): boolean {
  const { accountId, orderId, instrument, quantityLots, stopTicks } = modify;
  const order = account.workingOrders.get(orderId);
  const cell = world.cells.get(actorId(accountId, `order/${orderId}`));
  if (order === undefined || cell === undefined || order.purpose === 'exit') return false;
  const facts = account.facts();
  const { quantityLots: hasLots, filledLots } = cell.context as unknown as {
    readonly quantityLots: number;
    readonly filledLots: number;
  };
  if (quantityLots !== undefined && quantityLots > hasLots) {
    const workingOrders = facts.workingOrders.filter((one) => one.orderId !== orderId);
    const larger = { ...order, quantityLots: quantityLots - filledLots };
    if (riskEffect({ ...facts, workingOrders }, larger) === 'increase') return true;
  }
  if (stopTicks === undefined) return false;
  const moved = { accountId, orderId, instrument, stopTicks };
  return riskEffectOfModify(facts, moved, order.stopTicks) === 'increase';
}

/** A change that may not leave any more is refused, with its row. @returns true when it was */
export function refuseLateChange(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  modify: ModifyOrder,
  cause: Cause,
): boolean {
  const denial = lateDenial(world, account, modify);
  if (denial === undefined) return false;
  const { orderId } = modify;
  const text = denialText(denial);
  const { atMs } = turn;
  world.counters.denials += 1;
  turn.denials.push({
    atMs,
    account: account.id,
    intentId: orderId,
    code: denial.code,
    text,
    causeSeq: cause.causeSeq,
  });
  tellNotChanged(turn, account, orderId, text, cause);
  return true;
}

/** The order stays as the venue has it. */
export function tellNotChanged(
  turn: Turn,
  account: AccountRuntime,
  orderId: OrderId,
  reason: string,
  cause: Cause = outside,
): void {
  const event = {
    type: 'order.modifyRejected',
    reason,
    origin: 'answer',
    atMs: turn.atMs,
  } as const;
  turn.sendSibling(account.id, `order/${orderId}`, event, cause);
}
