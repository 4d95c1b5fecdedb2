/** Changes and cancels that somebody asks for: judged, then passed to the order. Source: execution 2.4 and 3.4. */
import { denialText, type Denial } from '../domain/denial.ts';
import type { AccountId, IntentId, OrderId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import { judgeCancel, judgeModify } from '../rules/gate/judge-change.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { gateContext } from './gate-context.ts';
import type { EngineInput } from './input.ts';
import { outside, type Cause, type Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** A change of an order of ours. One that nobody knows is a dead letter, and refused. */
export function modifyOrder(
  world: World,
  turn: Turn,
  input: Extract<EngineInput, { type: 'modify' }>,
): void {
  const { accountId, orderId, values, by } = input;
  const account = world.accounts.get(accountId);
  const order = account?.workingOrders.get(orderId);
  const answer = (said: { readonly orderId: OrderId } | { readonly denial: Denial }): void => {
    turn.releases.push(() => input.answer?.(said));
  };
  if (account === undefined || order === undefined) {
    turn.addDeadLetter(
      by,
      actorId(accountId, `order/${orderId}`),
      { type: 'command.modify', values },
      'unknown',
    );
    answer({ denial: { code: 'SCHEMA_INVALID', facts: [{ name: 'order', value: orderId }] } });
    return;
  }
  const seq = turn.addInput(account.id, { type: 'command.modify', orderId, values, by });
  const cell = world.cells.get(actorId(accountId, `order/${orderId}`));
  const decision = judgeModify(
    {
      order,
      values,
      by,
      filledLots: (cell?.context as { readonly filledLots?: number } | undefined)?.filledLots ?? 0,
      ...(input.offGrid === undefined ? {} : { offGrid: input.offGrid }),
    },
    changeContext(world, account, orderId, by),
  );
  if ('denial' in decision) {
    deny(world, turn, account, orderId, decision.denial, seq);
    answer({ denial: decision.denial });
    return;
  }
  world.submission.sends.noteModify(turn, account);
  const cause = { causeSeq: seq, correlationSeq: seq };
  const event = { type: 'order.modifyRequested', values, atMs: turn.atMs } as const;
  turn.sendSibling(accountId, `order/${orderId}`, event, cause);
  answer({ orderId });
}

/**
 * A cancel that somebody asks for. Refused only where it would take the protection from a position that stays open, while
 * the account is LOCKED or HALTED.
 *
 * @returns why not; undefined when it is on its way
 */
export function cancelOrder(
  world: World,
  turn: Turn,
  { accountId, orderId, reason }: { accountId: AccountId; orderId: OrderId; reason: string },
  cause: Cause = outside,
): Denial | undefined {
  const account = world.accounts.get(accountId);
  const order = account?.workingOrders.get(orderId);
  if (account !== undefined && order !== undefined) {
    const isClosing = account.activeExits.has(order.instrument);
    const denial = judgeCancel(order, changeContext(world, account, orderId, reason), isClosing);
    if (denial !== undefined) {
      const seq = turn.addInput(account.id, { type: 'command.cancel', orderId, reason });
      deny(world, turn, account, orderId, denial, seq);
      return denial;
    }
    world.submission.sends.noteMessage(turn, account);
  }
  const event = { type: 'order.cancelRequested', reason, atMs: turn.atMs } as const;
  turn.sendSibling(accountId, `order/${orderId}`, event, cause);
  return undefined;
}

function changeContext(world: World, account: AccountRuntime, orderId: OrderId, by: string) {
  const order = account.workingOrders.get(orderId);
  const intent = {
    ...order,
    accountId: account.id,
    intentId: orderId as string as IntentId,
    source: 'operator',
    by,
  } as unknown as OrderIntent;
  return gateContext(world, account, {
    intent,
    venueOrders: { state: 'notAsked' },
    isWaiting: false,
  });
}

function deny(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  orderId: OrderId,
  denial: Denial,
  causeSeq: number,
): void {
  world.counters.denials += 1;
  turn.denials.push({
    atMs: turn.atMs,
    account: account.id,
    intentId: orderId,
    code: denial.code,
    text: denialText(denial),
    causeSeq,
  });
}
