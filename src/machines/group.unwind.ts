/** How a group gives back what it holds, risk first. Source: execution 5 (#2), 7.1. */
import type { Lots } from '../domain/instrument.ts';
import type { GroupFacts } from '../domain/linked-event.ts';
import { netLots, noTask, type GroupState } from './group.context.ts';
import { causeOf, report, withLeg, type Draft } from './group.draft.ts';
import { heldLots } from './group.exposure.ts';

/** What a hedge filled beyond its size goes back. */
export function reverse(draft: Draft, facts: GroupFacts, lots: Lots): void {
  const index = draft.context.legs.findIndex((leg) => leg.hedgedLots > 0);
  const leg = draft.context.legs[index];
  if (leg === undefined) return;
  const openLots = facts.openLots[leg.instrument] ?? 0;
  const reason = `group ${draft.context.groupId}: a hedge filled ${lots} lots too many`;
  const targetLots =
    leg.side === 'buy' ? Math.max(0, openLots - lots) : Math.min(0, openLots + lots);
  draft.records.push({ type: 'incident', code: 'OVERFILL', text: reason });
  draft.records.push({
    type: 'exit.require',
    instrument: leg.instrument,
    targetLots,
    reason,
    source: `group/${draft.context.groupId}`,
  });
  draft.context = {
    ...draft.context,
    legs: withLeg(draft.context.legs, index, { unwoundLots: leg.unwoundLots + lots }),
  };
}

/** From here on the group only gives back, risk first. An order on its way is canceled and waited for. */
export function unwind(draft: Draft, reason: string): void {
  const { context, atMs } = draft;
  const { task } = context;
  draft.context = { ...context, mode: 'unwinding', reason, isHedgeArmed: false };
  if (context.isHedgeArmed) draft.records.push({ type: 'timer.delete', timer: 'hedge' });
  report(draft, 'GROUP_ABORTED', reason);
  if (task.kind === 'none' || task.orderId === '' || task.isCancelAsked) return;
  const to = `order/${task.orderId}` as const;
  draft.records.push({
    type: 'message',
    to,
    event: { type: 'order.cancelRequested', reason, atMs },
  });
  draft.context = { ...draft.context, task: { ...task, isCancelAsked: true } };
}

export function unwindNext(draft: Draft, facts: GroupFacts): void {
  const { context } = draft;
  if (context.task.kind !== 'none') return;
  const index = context.legs.findLastIndex((leg) => heldLots(context, leg, facts) > 0);
  const leg = context.legs[index];
  if (leg === undefined) {
    ended(draft);
    return;
  }
  const lots = heldLots(context, leg, facts);
  const openLots = facts.openLots[leg.instrument] ?? 0;
  const targetLots = leg.side === 'buy' ? openLots - lots : openLots + lots;
  const source = `group/${context.groupId}`;
  const reason = `${source} is undone: ${context.reason}`;
  draft.records.push({
    type: 'exit.require',
    instrument: leg.instrument,
    targetLots,
    reason,
    source,
  });
  draft.context = { ...context, task: { ...noTask, kind: 'unwind', leg: index, lots, targetLots } };
}

/** The exit has its own rounds and its own alarm: the group only waits for what it has reached. */
export function followUnwind(draft: Draft, facts: GroupFacts): boolean {
  const { task, legs } = draft.context;
  const leg = legs[task.leg];
  if (leg === undefined) return true;
  const openLots = facts.openLots[leg.instrument] ?? 0;
  const isReached = leg.side === 'buy' ? openLots <= task.targetLots : openLots >= task.targetLots;
  if (!isReached) return false;
  draft.context = {
    ...draft.context,
    task: noTask,
    legs: withLeg(legs, task.leg, { unwoundLots: leg.unwoundLots + netLots(leg) }),
  };
  return true;
}

const byWayOf: Readonly<Partial<Record<GroupState, GroupState>>> = {
  validated: 'failed',
  hedgeSubmitted: 'failed',
  hedgeFilled: 'failed',
  riskSubmitted: 'failed',
  partiallyFilled: 'emergencyHedged',
  partiallyExposed: 'emergencyHedged',
  filled: 'closed',
  hedged: 'closed',
  emergencyHedged: 'closed',
};

/** Nothing of the group is left: failed where it never stood, closed where it did. */
function ended(draft: Draft): void {
  draft.next = byWayOf[draft.from] ?? draft.next;
  if (!draft.context.isExhausted) return;
  const cause = causeOf(draft.context.groupId);
  const event = { type: 'account.causeRemoved', cause, atMs: draft.atMs } as const;
  draft.records.push({ type: 'message', to: 'account', event });
  draft.context = { ...draft.context, isExhausted: false };
}
