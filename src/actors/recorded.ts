import type { InstrumentId, LockId, OrderId } from '../domain/ids.ts';
import type { LockInput } from '../domain/machine-event.ts';
import type { CancelOrder, ModifyOrder, SubmitOrder } from '../domain/order.ts';
import type { Recorded } from '../domain/recorded.ts';
import { invariant, unreachable } from '../kernel/assert.ts';
import type { EffectRow } from '../ports/journal.port.ts';
/** Carries out what a step recorded: messages and cells at once, timers with the commit, everything outward after it. */
import type { AccountRuntime } from './account-runtime.ts';
import { isDeskUp, planAlert, raiseAlert } from './alerts.ts';
import type { Cell } from './cell.ts';
import { submitLinked, submitProtective } from './commands.ts';
import { isOnlyIntended } from './dry-run.ts';
import { cancelKilled, requireKill } from './kill-orders.ts';
import { refuseLateChange } from './late-change.ts';
import { priorityOfChange, priorityOfSubmit } from './priorities.ts';
import { restingThatAdd } from './resting-orders.ts';
import { askFor } from './search.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, siblingOf, type World } from './world.ts';

export type StepContext = {
  readonly world: World;
  readonly turn: Turn;
  readonly cell: Cell;
  readonly account: AccountRuntime;
  /** Row of the step. */
  readonly seq: number;
  readonly correlationSeq: number;
};

export function carryOut(context: StepContext, recorded: Recorded, index: number): void {
  const { world, turn, cell, account } = context;
  switch (recorded.type) {
    case 'message':
      turn.sendSibling(account.id, recorded.to, recorded.event, cause(context));
      return;
    case 'lock.create':
      createLock(context, recorded);
      return;
    case 'timer.put':
      turn.putTimer({
        owner: cell.id,
        name: recorded.timer,
        dueAtMs: recorded.dueAtMs,
        event: recorded.event,
      });
      return;
    case 'timer.delete':
      turn.deleteTimer(cell.id, recorded.timer);
      return;
    case 'venue.submitOrder':
      submit(context, recorded.orderId);
      return;
    case 'venue.cancelOrder':
      cancel(context, index, recorded.cancel);
      return;
    case 'venue.modifyOrder':
      modify(context, index, recorded.modify);
      return;
    case 'venue.queryOrder':
      askFor(world, turn, account.id, recorded.orderId);
      return;
    case 'intent':
      submitProtective(context, recorded.intent);
      return;
    case 'order.place':
      submitLinked(context, recorded);
      return;
    case 'orders.cancel':
      cancelOrders(context, recorded);
      return;
    case 'exit.require':
      requireExit(context, recorded);
      return;
    case 'kill.cancelOrders':
      cancelKilled(context, recorded.key);
      return;
    case 'kill.takePicture':
      world.killPictures.add(account.id);
      return;
    case 'kill.require':
      requireKill(context, recorded);
      return;
    case 'alert':
      tellDesk(context, recorded, index);
      return;
    case 'alert.send':
      sendAlert(context, recorded, index);
      return;
    case 'incident':
      turn.addIncident(account.id, recorded.code, recorded.text, context.seq);
      return;
    default:
      unreachable(recorded);
  }
}

function cause(context: StepContext): Cause {
  return { causeSeq: context.seq, correlationSeq: context.correlationSeq };
}

function isIntended(context: StepContext, intended: Parameters<typeof isOnlyIntended>[3]): boolean {
  const { world, turn, account } = context;
  return isOnlyIntended(world, turn, account, intended, cause(context));
}

/** Intent, approval and effect are one commit; the wire follows it. The effect id is what the venue sees. */
function submit(context: StepContext, orderId: OrderId): void {
  const { world, turn, account } = context;
  const order = world.approved.get(orderId);
  invariant(
    order !== undefined,
    () => `only an order approved in this turn is sent, was ${orderId}`,
  );
  world.approved.delete(orderId);
  const payload: SubmitOrder = order;
  if (isIntended(context, { kind: 'submit', order: payload })) return;
  const row: EffectRow = {
    id: orderId,
    kind: 'venue.submitOrder',
    account: account.id,
    payloadJson: JSON.stringify(payload),
    causeSeq: context.seq,
    state: 'SENT',
  };
  turn.effects.push(row);
  world.openEffects.set(orderId, 'SENT');
  const submission = { order, isWithdrawn: false };
  turn.submissions.push(submission);
  turn.releases.push(() => {
    if (submission.isWithdrawn) return;
    world.counters.submissions += 1;
    world.gateway.submit(order, priorityOfSubmit(account, order));
  });
}

function cancel(context: StepContext, index: number, order: CancelOrder): void {
  if (isIntended(context, { kind: 'cancel', order })) return;
  outward(context, index, 'venue.cancelOrder', order, () =>
    context.world.gateway.cancel(order, priorityOfChange(context.account, order, 'cancel')),
  );
}

function modify(context: StepContext, index: number, order: ModifyOrder): void {
  if (isIntended(context, { kind: 'modify', order })) return;
  // One that has waited for an answer leaves into another world than the one it was judged in.
  if (refuseLateChange(context.world, context.turn, context.account, order, cause(context))) return;
  outward(context, index, 'venue.modifyOrder', order, () =>
    context.world.gateway.modify(order, priorityOfChange(context.account, order, 'modify')),
  );
}

/** Cancels and modifies: settled when the order's own request is (see settle-effects). */
function outward(
  context: StepContext,
  index: number,
  kind: EffectRow['kind'],
  payload: CancelOrder | ModifyOrder,
  act: () => void,
): void {
  const { world, turn, account, cell } = context;
  const id = `${cell.id}:${cell.actorSeq}:${index}`;
  turn.effects.push({
    id,
    kind,
    account: account.id,
    payloadJson: JSON.stringify(payload),
    causeSeq: context.seq,
    state: 'SENT',
  });
  world.openEffects.set(id, 'SENT');
  const { orderId } = payload;
  world.requestEffects.set(orderId, [...(world.requestEffects.get(orderId) ?? []), id]);
  turn.releases.push(act);
}

/** The desk decides whether it goes out; while the desk itself is down it goes out at once. */
function tellDesk(
  context: StepContext,
  recorded: Extract<Recorded, { type: 'alert' }>,
  index: number,
): void {
  const { world, turn, account, cell } = context;
  const { severity, code, text, entity, isOver } = recorded;
  if (!isDeskUp(world, account.id)) {
    sendAlert(context, { type: 'alert.send', severity, code, text }, index);
    return;
  }
  raiseAlert(
    turn,
    account,
    {
      severity,
      code,
      text,
      entity: entity ?? siblingOf(account.id, cell.id),
      isLasting: isOver !== true,
    },
    cause(context),
  );
}

function sendAlert(
  context: StepContext,
  recorded: Extract<Recorded, { type: 'alert.send' }>,
  index: number,
): void {
  const { world, turn, account, cell } = context;
  const { severity, code, text } = recorded;
  const id = `${cell.id}:${cell.actorSeq}:${index}`;
  const alert = { id, atMs: turn.atMs, account: account.id, severity, code, text };
  planAlert(world, turn, alert, context.seq);
  // A breach has its own note; what is graver than a breach stands out.
  if (severity === 'critical') turn.note(`CRITICAL ${code} ${account.id}: ${text}`);
}

function createLock(
  context: StepContext,
  recorded: Extract<Recorded, { type: 'lock.create' }>,
): void {
  const { world, turn, account } = context;
  const { input } = recorded;
  for (const lock of account.locks.values()) {
    if (lock.scope !== input.scope || lock.source !== input.source) continue;
    // A cooldown gives way to the hard lock of the same source; never the other way round.
    const { kind, clearsOn } = input;
    const isHarder = lock.kind === 'cooldown' && kind !== 'cooldown';
    const event = isHarder
      ? { ...recorded.ifExists, harder: { kind, clearsOn } }
      : recorded.ifExists;
    turn.sendSibling(account.id, `lock/${lock.lockId}`, event, cause(context));
    return;
  }
  const coming = lockOnItsWay(context, input);
  if (coming !== undefined) {
    turn.sendSibling(account.id, `lock/${coming}`, recorded.ifExists, cause(context));
    return;
  }
  // The record of an ended lock stays as it was: a new lock of the same scope and source is a new record.
  const base = actorId(account.id, `lock/${input.lockId}`);
  const isTaken = world.cells.has(base) || world.options.journal.readActor(base) !== undefined;
  const lockId = (isTaken ? `${input.lockId}#${context.seq}` : input.lockId) as LockId;
  world.counters.locks += 1;
  turn.note(`LOCK ${account.id} ${input.source} ${input.kind}: ${input.reason}`);
  turn.create(account.id, `lock/${lockId}`, 'lock', { ...input, lockId }, cause(context));
}

/** A lock of the same scope and source that an earlier breach of this very turn makes. */
function lockOnItsWay({ turn, account }: StepContext, input: LockInput): LockId | undefined {
  for (const delivery of turn.queue.slice(turn.queueHead)) {
    if (delivery.account !== account.id || delivery.create?.machine !== 'lock') continue;
    const made = delivery.create.input as LockInput;
    if (made.scope === input.scope && made.source === input.source) return made.lockId;
  }
  return undefined;
}

function cancelOrders(
  context: StepContext,
  recorded: Extract<Recorded, { type: 'orders.cancel' }>,
): void {
  const { turn, account } = context;
  const { which, instrument, reason } = recorded;
  // A close takes the position: beside it only stops may stay.
  const isClosing = instrument !== undefined;
  const orders =
    which === 'increasing' ? restingThatAdd(account, isClosing) : account.workingOrders.values();
  for (const order of orders) {
    // The engine's own closes are never among what it cancels.
    if (order.purpose === 'exit') continue;
    if (instrument !== undefined && order.instrument !== instrument) continue;
    const event = { type: 'order.cancelRequested', reason, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, `order/${order.orderId}`, event, cause(context));
  }
}

function requireExit(
  context: StepContext,
  recorded: Extract<Recorded, { type: 'exit.require' }>,
): void {
  const { turn, account } = context;
  const instruments: readonly InstrumentId[] =
    recorded.instrument === 'all' ? account.exposedInstruments() : [recorded.instrument];
  const { targetLots, reason, source } = recorded;
  for (const instrument of instruments) {
    const facts = account.exitFacts(instrument);
    const event = {
      type: 'exit.required',
      targetLots,
      reason,
      source,
      facts,
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(account.id, `exit/${instrument}`, event, cause(context));
  }
  if (instruments.length === 0) {
    const event = {
      type: 'account.exitEnded',
      instrument: 'account' as InstrumentId,
      sources: [source],
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(account.id, 'account', event, cause(context));
  }
}
