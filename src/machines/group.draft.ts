/** The step of a group in the making: what it becomes and what it records. */
import type { Recorded } from '../domain/recorded.ts';
import type { GroupContext, GroupLeg, GroupState } from './group.context.ts';

export type GroupStep = {
  readonly next: GroupState;
  readonly context: GroupContext;
  readonly records: readonly Recorded[];
};

export type Draft = {
  next: GroupState;
  context: GroupContext;
  readonly records: Recorded[];
  readonly atMs: number;
  readonly from: GroupState;
};

/** It has had its time: canceled, and nothing follows before the venue has confirmed what it filled. */
export function overdue(draft: Draft): void {
  const { task, hedgeTimeoutMs } = draft.context;
  const { atMs } = draft;
  const reason = `${task.kind} of a group: not filled in time`;
  const to = `order/${task.orderId}` as const;
  draft.records.push({
    type: 'message',
    to,
    event: { type: 'order.cancelRequested', reason, atMs },
  });
  if (task.isCancelAsked) {
    const text = `${draft.context.groupId}: the cancel of ${task.orderId} is not confirmed`;
    draft.records.push({ type: 'alert', severity: 'critical', code: 'GROUP_UNCONFIRMED', text });
  }
  draft.context = { ...draft.context, task: { ...task, isCancelAsked: true, isOverdue: false } };
  armTask(draft, hedgeTimeoutMs);
}

export function causeOf(groupId: string): string {
  return `hedge:${groupId}`;
}

export function armTask(draft: Draft, durationMs: number): void {
  const dueAtMs = draft.atMs + durationMs;
  draft.records.push({ type: 'timer.put', timer: 'task', dueAtMs, event: 'group.taskDue' });
}

export function report(draft: Draft, code: string, why: string): void {
  const text = `group ${draft.context.groupId}: ${why}`;
  draft.records.push({ type: 'alert', severity: 'error', code, text });
}

export function taskKey({ task, depth, groupId }: GroupContext): string {
  return `${groupId}:${task.kind}:${task.leg}:${depth}:${task.lots}`;
}

export function legName({ legs }: GroupContext, index: number): string {
  const leg = legs[index];
  return leg === undefined ? 'a leg' : `leg ${leg.legId}`;
}

export function withLeg(
  legs: readonly GroupLeg[],
  index: number,
  change: Partial<GroupLeg>,
): readonly GroupLeg[] {
  return legs.map((leg, at) => (at === index ? { ...leg, ...change } : leg));
}
