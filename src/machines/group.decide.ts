/** What an order group does next: pure, from its state, its context and the facts of an event. Source: execution 5, 7.1. */
import type { OrderId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { GroupEvent, GroupFacts, LinkedOrder } from '../domain/linked-event.ts';
import {
  noTask,
  rankedLegs,
  type GroupContext,
  type GroupInput,
  type GroupState,
  type GroupTask,
} from './group.context.ts';
import {
  armTask,
  legName,
  overdue,
  report,
  taskKey,
  withLeg,
  type Draft,
  type GroupStep,
} from './group.draft.ts';
import { counted, exposureOf, isFlat } from './group.exposure.ts';
import { deepen, watchExposure } from './group.hedge.ts';
import { followUnwind, reverse, unwind, unwindNext } from './group.unwind.ts';

export function initialGroup(input: GroupInput): GroupContext {
  return {
    ...input,
    legs: rankedLegs(input.legs),
    mode: 'entering',
    task: noTask,
    depth: 0,
    isHedgeArmed: false,
    lastHedgeAtMs: 0,
    wasHedged: false,
    isExhausted: false,
    reason: '',
  };
}

/** The decision of one event. */
export function decide(from: GroupState, context: GroupContext, event: GroupEvent): GroupStep {
  const draft: Draft = { next: from, context, records: [], atMs: event.atMs, from };
  switch (event.type) {
    case 'group.validated':
      if (from === 'created') draft.next = 'validated';
      break;
    case 'group.refused':
      if (from === 'created') draft.next = 'failed';
      draft.context = { ...context, reason: event.reason };
      report(draft, 'GROUP_REFUSED', event.reason);
      break;
    case 'group.placed':
      takePlaced(draft, event.key, event.orderId);
      break;
    case 'group.legRefused':
      takeRefused(draft, event.key, event.code);
      break;
    case 'group.closeRequested':
      if (context.mode !== 'unwinding') unwind(draft, event.reason);
      break;
    case 'group.taskDue':
      draft.context = { ...context, task: { ...context.task, isOverdue: true } };
      proceed(draft, event.facts);
      break;
    case 'group.hedgeDue':
      draft.context = { ...context, isHedgeArmed: false };
      proceed(draft, event.facts, true);
      break;
    case 'group.factsChanged':
      proceed(draft, event.facts);
      break;
  }
  return draft;
}

function takePlaced(draft: Draft, key: string, orderId: OrderId): void {
  const { context } = draft;
  const { task } = context;
  if (key !== taskKey(context)) return;
  draft.context = { ...context, task: { ...task, orderId } };
  if (task.kind !== 'entry') return;
  draft.context = { ...draft.context, legs: withLeg(context.legs, task.leg, { orderId }) };
  const role = context.legs[task.leg]?.role;
  if (draft.from === 'validated' && role === 'hedge') draft.next = 'hedgeSubmitted';
  if (draft.from === 'hedgeFilled' && role === 'risk') draft.next = 'riskSubmitted';
}

function takeRefused(draft: Draft, key: string, code: string): void {
  const { task } = draft.context;
  if (key !== taskKey(draft.context)) return;
  draft.context = { ...draft.context, task: noTask };
  draft.records.push({ type: 'timer.delete', timer: 'task' });
  if (task.kind === 'entry')
    unwind(draft, `${legName(draft.context, task.leg)} was refused: ${code}`);
  else deepen(draft);
}

/** Everything that facts can ask for, one thing at a time. */
function proceed(draft: Draft, facts: GroupFacts, isHedgeDue = false): void {
  const overfilled = takeFacts(draft, facts);
  const { from } = draft;
  if (from === 'created') return;
  if (draft.context.task.kind !== 'none') {
    if (!followTask(draft, facts)) {
      // What is exposed while a leg is on its way does not wait for the end of the leg.
      if (draft.context.mode === 'entering' && hasRiskOn(from)) watchExposure(draft, facts, false);
      return;
    }
  }
  if (draft.context.mode === 'unwinding') {
    unwindNext(draft, facts);
    return;
  }
  if (overfilled > 0) reverse(draft, facts, overfilled);
  if (draft.context.mode === 'entering') enter(draft);
  if (hasRiskOn(draft.from) || draft.context.wasHedged) watchExposure(draft, facts, isHedgeDue);
  stand(draft, facts);
}

/** Fills of the orders of the group as they are now. @returns what a hedge filled beyond its size */
function takeFacts(draft: Draft, facts: GroupFacts): Lots {
  const { context } = draft;
  const legs = context.legs.map((leg) => counted(leg, facts));
  draft.context = { ...context, legs };
  const { task } = context;
  const order = task.kind === 'hedge' ? facts.orders[task.orderId as OrderId] : undefined;
  return order === undefined || !order.isClosed ? 0 : Math.max(0, order.filledLots - task.lots);
}

/** @returns true when the task is over and the next thing may be done */
function followTask(draft: Draft, facts: GroupFacts): boolean {
  const { task } = draft.context;
  if (task.kind === 'unwind') return followUnwind(draft, facts);
  if (task.orderId === '') {
    // An order that nobody placed in its time: the process may have died over it.
    if (task.isOverdue) takeRefused(draft, taskKey(draft.context), 'not placed in time');
    return false;
  }
  const order = facts.orders[task.orderId];
  if (order === undefined) return false;
  if (isPartOfRisk(draft, order)) draft.next = 'partiallyFilled';
  if (!order.isClosed) {
    if (task.isOverdue) overdue(draft);
    return false;
  }
  draft.records.push({ type: 'timer.delete', timer: 'task' });
  draft.context = { ...draft.context, task: noTask };
  if (task.kind === 'entry') endEntry(draft, task.leg, order);
  else endHedge(draft, task, order);
  return true;
}

/** A risk leg has begun to fill and is not full. */
function isPartOfRisk({ context, from }: Draft, order: LinkedOrder): boolean {
  const { task, legs } = context;
  const isRisk = task.kind === 'entry' && legs[task.leg]?.role === 'risk';
  return (
    isRisk &&
    from === 'riskSubmitted' &&
    order.filledLots > 0 &&
    order.filledLots < order.quantityLots
  );
}

function endEntry(draft: Draft, leg: number, order: LinkedOrder): void {
  if (order.filledLots >= order.quantityLots) return;
  const name = legName(draft.context, leg);
  const how = order.isRefused ? 'was refused by the venue' : 'has not filled in time';
  unwind(draft, `${name} ${how}: ${order.filledLots} of ${order.quantityLots} lots`);
}

function endHedge(draft: Draft, task: GroupTask, order: LinkedOrder): void {
  const { legs } = draft.context;
  const hedgedLots = (legs[task.leg]?.hedgedLots ?? 0) + order.filledLots;
  draft.context = {
    ...draft.context,
    wasHedged: true,
    legs: withLeg(legs, task.leg, { hedgedLots }),
  };
  if (order.filledLots < task.lots) deepen(draft);
  else draft.context = { ...draft.context, depth: 0 };
}

/** The next leg goes out when the one before is filled, and not before. */
function enter(draft: Draft): void {
  const { context } = draft;
  const { legs, task } = context;
  if (task.kind !== 'none') return;
  const areHedgesFilled = legs.every(
    (leg) => leg.role !== 'hedge' || leg.filledLots >= leg.quantityLots,
  );
  const hedges = legs.filter(({ role }) => role === 'hedge').length;
  if (draft.from === 'validated' && hedges === 0) {
    draft.next = 'hedgeSubmitted';
    return;
  }
  if (draft.from === 'hedgeSubmitted' && areHedgesFilled) {
    draft.next = 'hedgeFilled';
    return;
  }
  const index = legs.findIndex((leg) => leg.filledLots < leg.quantityLots);
  const leg = legs[index];
  if (leg === undefined) {
    draft.context = { ...context, mode: 'standing' };
    if (draft.from === 'riskSubmitted' || draft.from === 'partiallyFilled') draft.next = 'filled';
    return;
  }
  if (leg.role === 'risk' && !areHedgesFilled) return;
  draft.context = {
    ...context,
    task: { ...noTask, kind: 'entry', leg: index, lots: leg.quantityLots },
  };
  const { accountId, groupId, source, by, maxAgeMs } = context;
  const { instrument, side, orderType, quantityLots, limitTicks, legId } = leg;
  draft.records.push({
    type: 'order.place',
    key: taskKey(draft.context),
    via: 'gate',
    intent: {
      accountId,
      instrument,
      side,
      orderType,
      quantityLots,
      ...(limitTicks === undefined ? {} : { limitTicks }),
      timeInForce: 'day',
      reduceOnly: false,
      purpose: 'entry',
      source,
      by,
      groupId,
      legId,
      maxAgeMs,
      atMs: draft.atMs,
    },
  });
  armTask(draft, context.entryFillMs);
}

const riskStates: ReadonlySet<GroupState> = new Set([
  'riskSubmitted',
  'partiallyFilled',
  'partiallyExposed',
  'filled',
  'hedged',
  'emergencyHedged',
]);

function hasRiskOn(state: GroupState): boolean {
  return riskStates.has(state);
}

const standingStates: ReadonlySet<GroupState> = new Set(['filled', 'hedged', 'emergencyHedged']);

/** States in which nothing is to be done but to look. */
function stand(draft: Draft, facts: GroupFacts): void {
  const { context, from } = draft;
  if (context.mode !== 'standing' || context.task.kind !== 'none' || draft.next !== from) return;
  if (isFlat(context, facts) && standingStates.has(from)) {
    draft.next = 'closed';
    if (context.isHedgeArmed) draft.records.push({ type: 'timer.delete', timer: 'hedge' });
    return;
  }
  const isCovered = exposureOf(context, facts) === undefined;
  if (from === 'filled' && isCovered && context.legs.some(({ role }) => role === 'hedge'))
    draft.next = 'hedged';
}
