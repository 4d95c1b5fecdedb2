/** Orders, positions and money by hand: cancel, flatten, resolve, acknowledge, record a transfer. */
import { denialText } from '../domain/denial.ts';
import type { OrderId } from '../domain/ids.ts';
import { formatMoney } from '../domain/money.ts';
import type { OperatorAnswer } from '../domain/operator.ts';
import { isClosed, type ExecutionState, type IntegrityState } from '../domain/order.ts';
import type { GroupContext, GroupState } from '../machines/group.context.ts';
import { groupTable } from '../machines/group.machine.ts';
import type { ActorState } from '../ports/journal.port.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { Cell } from './cell.ts';
import { cancelOrder } from './changes.ts';
import { drain } from './deliver.ts';
import { accepted, accountOf, refused, whyDown, type VerbHandler } from './operator-answer.ts';
import { unlockMeant } from './operator-locks.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Source of exits that a person asks for. */
const byPeople = 'operator';

type Regions = { readonly execution: ExecutionState; readonly integrity: IntegrityState };

/** The order as it is committed, live or set down. */
function orderOf(world: World, account: AccountRuntime, orderId: OrderId): Regions | undefined {
  const actor = actorId(account.id, `order/${orderId}`);
  const live = world.cells.get(actor)?.stateJson;
  const state: ActorState | undefined =
    live === undefined ? world.options.journal.readActor(actor) : undefined;
  const json = live ?? state?.stateJson;
  return json === undefined ? undefined : (JSON.parse(json) as Regions);
}

export const cancel: VerbHandler<'cancel'> = (world, turn, command, cause) => {
  const account = accountOf(world, command);
  const { orderId, by, reason } = command;
  const order = orderOf(world, account, orderId);
  if (order === undefined) return refused(`order: account ${account.id} has no ${orderId}`);
  if (isClosed(order.execution)) return refused(`order: ${orderId} is ${order.execution} already`);
  if (account.workingOrders.get(orderId)?.purpose === 'exit')
    return refused(`order: ${orderId} closes a position; what closes is not cancelled`);
  const why = reason === '' ? `cancelled by ${by}` : `${by}: ${reason}`;
  const denial = cancelOrder(world, turn, { accountId: account.id, orderId, reason: why }, cause);
  if (denial !== undefined) return refused(`order: ${denialText(denial)}`);
  return accepted(`${orderId} is being cancelled`);
};

/** Asks for the obligation to be flat; the exits do the rest, as for a rule. */
export const flatten: VerbHandler<'flatten'> = (world, turn, command, cause) => {
  const account = accountOf(world, command);
  const { instrument, groupId, by, reason: given } = command;
  if (groupId !== undefined) return closeGroup(world, turn, account, { groupId, by, given }, cause);
  if (instrument !== undefined && !world.options.instruments.has(instrument))
    return refused(`instrument: there is no instrument ${instrument}`);
  const exposed = account.exposedInstruments();
  const meant = instrument === undefined ? exposed : exposed.filter((id) => id === instrument);
  if (meant.length === 0) return accepted('nothing is open there');
  const reason = given === '' ? `flattened by ${by}` : `${by}: ${given}`;
  for (const id of meant) {
    const event = {
      type: 'exit.required',
      targetLots: 0,
      reason,
      source: byPeople,
      facts: account.exitFacts(id),
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(account.id, `exit/${id}`, event, cause);
  }
  return accepted(`closing ${meant.join(', ')}`);
};

/** A group gives back what it holds by itself, risk first, and what is on its way is canceled. Source: execution 5 (#2). */
function closeGroup(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  { groupId, by, given }: { readonly groupId: string; readonly by: string; readonly given: string },
  cause: Cause,
): OperatorAnswer {
  const sibling = `group/${groupId}` as const;
  const cell = world.cells.get(actorId(account.id, sibling));
  if (cell?.status !== 'live')
    return refused(`group: account ${account.id} has no open group ${groupId}`);
  const { state, mode } = groupStateOf(cell);
  if (groupTable[state].length === 0) return refused(`group: ${groupId} is ${state} already`);
  if (mode === 'unwinding') return accepted(`${groupId} is being undone already`);
  const reason = given === '' ? `closed by ${by}` : `${by}: ${given}`;
  const event = { type: 'group.closeRequested', reason, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, sibling, event, cause);
  return accepted(`${groupId} gives back what it holds`);
}

function groupStateOf({ stateJson, context }: Cell): {
  readonly state: GroupState;
  readonly mode: GroupContext['mode'];
} {
  const { mode } = context as unknown as GroupContext;
  return { state: JSON.parse(stateJson) as GroupState, mode };
}

/** Ends the doubt about an order that the venue cannot answer for. Source: execution 3.3, OperatorResolved. */
export const resolve: VerbHandler<'resolve'> = (world, turn, command, cause) => {
  const account = accountOf(world, command);
  const { orderId, outcome, evidence, by, reason } = command;
  const order = orderOf(world, account, orderId);
  if (order === undefined) return refused(`order: account ${account.id} has no ${orderId}`);
  if (order.execution !== 'unknown')
    return refused(`order: ${orderId} is ${order.execution}; only one in doubt is resolved`);
  if (evidence.trim() === '')
    return refused('evidence: what the venue shows of the order has to be said');
  // What waits for the order may end the doubt by itself.
  const down = whyDown(world, actorId(account.id, `order/${orderId}`));
  if (down !== undefined) return refused(`order: ${down}`);
  const why = `${by}: ${reason} (${evidence})`;
  const event = {
    type: 'order.resolvedByOperator',
    outcome,
    reason: why,
    atMs: turn.atMs,
  } as const;
  turn.sendSibling(account.id, `order/${orderId}`, event, cause);
  drain(world, turn);
  const now = orderOf(world, account, orderId)?.execution;
  turn.addIncident(account.id, 'ORDER_RESOLVED', `${orderId} is ${now}: ${why}`, cause.causeSeq);
  return accepted(`${orderId} is ${now}`);
};

/** What was found and nobody could explain is known and accepted. A lock that is named is unlocked under its policy. */
export const acknowledge: VerbHandler<'acknowledge'> = (world, turn, command, cause) => {
  const { orderId, rule, lockId, scope } = command;
  if (orderId === undefined && (rule ?? lockId ?? scope) !== undefined)
    return unlockMeant(world, turn, command, cause);
  return orderId === undefined
    ? acknowledgeDifferences(world, turn, command, cause)
    : acknowledgeOrder(world, turn, { ...command, orderId }, cause);
};

type Handle = VerbHandler<'acknowledge'>;

function acknowledgeOrder(
  world: Parameters<Handle>[0],
  turn: Parameters<Handle>[1],
  command: Parameters<Handle>[2] & { readonly orderId: OrderId },
  cause: Parameters<Handle>[3],
): ReturnType<Handle> {
  const account = accountOf(world, command);
  const { orderId, by, reason } = command;
  const order = orderOf(world, account, orderId);
  if (order === undefined) return refused(`order: account ${account.id} has no ${orderId}`);
  if (order.integrity === 'clean') return refused(`order: nothing is wrong with ${orderId}`);
  const why = `${by}: ${reason}`;
  const event = { type: 'order.integrityAcknowledged', reason: why, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, `order/${orderId}`, event, cause);
  const text = `${orderId} was ${order.integrity}: ${why}`;
  turn.addIncident(account.id, 'INTEGRITY_ACKNOWLEDGED', text, cause.causeSeq);
  return accepted(`${orderId} is acknowledged`);
}

/** Causes of the trading state that a person may accept: differences with the venue that nobody could explain. */
const acceptable = /^(?:money|drift|reconcile|conflict)\b/u;

/**
 * The cause goes, halting or not, and unexplained money is booked as a transfer: else the next comparison would find
 * it again.
 */
const acknowledgeDifferences: Handle = (world, turn, command, cause) => {
  const account = accountOf(world, command);
  const { by } = command;
  const causes = account.causes.filter((name) => acceptable.test(name));
  if (causes.length === 0)
    return refused(`nothing is unexplained; causes are ${account.causes.join(', ') || 'none'}`);
  const reason = `${by}: ${command.reason}`;
  const { atMs } = turn;
  if (causes.some((name) => name.startsWith('money'))) acceptMoney(turn, account, reason, cause);
  for (const name of causes)
    turn.sendSibling(
      account.id,
      'account',
      { type: 'account.causeRemoved', cause: name, atMs },
      cause,
    );
  // What halts goes only by name; what only reduces has gone already.
  const ended = { type: 'account.rearmed', by, reason: command.reason, causes, atMs } as const;
  if (account.tradingState === 'HALTED') turn.sendSibling(account.id, 'account', ended, cause);
  drain(world, turn);
  const text = `${causes.join(', ')}: ${reason}`;
  turn.addIncident(account.id, 'CAUSES_ACKNOWLEDGED', text, cause.causeSeq);
  world.picturesWanted.add(account.id);
  return accepted(`acknowledged: ${causes.join(', ')}`);
};

function acceptMoney(
  turn: Parameters<Handle>[1],
  account: AccountRuntime,
  reason: string,
  cause: Parameters<Handle>[3],
): void {
  // Not the plain difference of the balances: profit that the venue still counts as open cost is explained.
  const amountUnits = account.reconciliation.unexplainedUnits;
  if (amountUnits === 0) return;
  account.reconciliation.unexplainedUnits = 0;
  const event = { type: 'ledger.transferRecorded', amountUnits, reason, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'ledger', event, cause);
}

/** Money that came or went, so that the balance is explained. Source: execution 11.5. */
export const recordTransfer: VerbHandler<'recordTransfer'> = (world, turn, command, cause) => {
  const account = accountOf(world, command);
  const { amountUnits, by } = command;
  if (amountUnits === 0) return refused('amount: a transfer of nothing is none');
  const reason = `${by}: ${command.reason}`;
  const event = { type: 'ledger.transferRecorded', amountUnits, reason, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'ledger', event, cause);
  drain(world, turn);
  // Whether that explains the balance is for the venue to say.
  world.picturesWanted.add(account.id);
  return accepted(`${formatMoney(amountUnits, account.currency)} is recorded`);
};
