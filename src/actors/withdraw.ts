import type { SubmitOrder } from '../domain/order.ts';
import { riskEffect } from '../rules/exposure.ts';
/**
 * A submit leaves after the commit of its turn. What the same turn has learned meanwhile (a breach, a lock, a crash)
 * counts: an order that adds risk and may no longer do so never leaves. Source: execution 2.2, 10.
 */
import type { AccountRuntime } from './account-runtime.ts';
import { drain } from './deliver.ts';
import { tellLinkedAgain } from './follow-linked.ts';
import { judgeChanged, ruleContext } from './judge.ts';
import { killOver } from './kill-scope.ts';
import { outside, type Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Rules of how much may be open at worst. */
const exposureRules: ReadonlySet<string> = new Set(['RULE-001', 'RULE-002']);

/** What was executed in the same turn, after it was approved or beyond what was ordered, has taken its room. */
function isBeyondLimit(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  order: SubmitOrder,
): boolean {
  const purpose = account.workingOrders.get(order.orderId)?.purpose;
  if (purpose !== 'entry' || order.reduceOnly) return false;
  if (!turn.fills.some(({ fill }) => fill.accountId === account.id)) return false;
  const facts = account.facts();
  const workingOrders = facts.workingOrders.filter(({ orderId }) => orderId !== order.orderId);
  const without = { ...facts, workingOrders };
  if (riskEffect(without, order) !== 'increase') return false;
  const context = ruleContext(world, without);
  return account.rules.some(
    ({ definition, config }) =>
      exposureRules.has(definition.id) &&
      definition.judgeOrder?.(context, config, order)?.verdict === 'DENY',
  );
}

/** Runs at the end of a turn, before its commit, and again when kills have had their say. */
export function withdrawForbidden(world: World, turn: Turn): void {
  for (const submission of turn.submissions) {
    if (submission.isWithdrawn) continue;
    const { order } = submission;
    const account = world.accounts.get(order.accountId);
    if (account === undefined) continue;
    const isUnwanted = isCancelWanted(world, order);
    if (
      !isUnwanted &&
      !isForbidden(world, account, order) &&
      !isBeyondLimit(world, turn, account, order)
    )
      continue;
    submission.isWithdrawn = true;
    const why = isUnwanted
      ? 'its cancel was asked for before it left'
      : 'new risk was forbidden before it left';
    withdraw(world, turn, order, why);
  }
}

function withdraw(
  world: World,
  turn: Turn,
  { accountId, orderId }: SubmitOrder,
  reason: string,
): void {
  const at = turn.effects.findIndex(({ id }) => id === orderId);
  if (at >= 0) turn.effects.splice(at, 1);
  world.openEffects.delete(orderId);
  turn.addIncident(accountId, 'ORDER_WITHDRAWN', `${orderId}: ${reason}`, 0);
  const event = { type: 'order.notSent', reason, atMs: turn.atMs } as const;
  turn.sendSibling(accountId, `order/${orderId}`, event, outside);
  drain(world, turn);
  judgeChanged(world, turn, outside);
  drain(world, turn);
  tellLinkedAgain(world, turn, accountId);
}

/**
 * Somebody has asked for the end of an entry that has not left: sent all the same, it could fill before its cancel is
 * there. What closes or protects goes its way, and its owner ends it.
 */
export function isCancelWanted(world: World, { accountId, orderId }: SubmitOrder): boolean {
  const context = world.cells.get(actorId(accountId, `order/${orderId}`))?.context;
  return context?.['purpose'] === 'entry' && context['cancel'] === 'wanted';
}

function isForbidden(world: World, account: AccountRuntime, order: SubmitOrder): boolean {
  const { orderId, instrument } = order;
  // The engine's own close passes in every state.
  const purpose = account.workingOrders.get(orderId)?.purpose;
  if (purpose === 'exit') return false;
  // A hedge takes risk off another position: it passes where the account may still act on its own.
  if (purpose === 'hedge' && account.effectiveState === 'REDUCING') return false;
  const scopes: ReadonlySet<string> = new Set([
    'account',
    `symbol:${instrument}`,
    `contract:${instrument}`,
  ]);
  const isLocked = [...account.locks.values()].some(({ scope }) => scopes.has(scope));
  const isKilled = killOver(world, account, order) !== undefined;
  if (account.effectiveState === 'ACTIVE' && !isLocked && !isKilled) return false;
  const facts = account.facts();
  const workingOrders = facts.workingOrders.filter((other) => other.orderId !== orderId);
  return riskEffect({ ...facts, workingOrders }, order) === 'increase';
}
