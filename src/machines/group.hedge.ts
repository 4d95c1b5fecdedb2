/** What is exposed is hedged: once for the sum, after a pause, and the rest one level deeper. Source: execution 5 (#3, #11). */
import type { Lots } from '../domain/instrument.ts';
import type { GroupFacts } from '../domain/linked-event.ts';
import { limits } from '../kernel/limits.ts';
import { noTask, type GroupState } from './group.context.ts';
import { armTask, causeOf, overdue, taskKey, type Draft } from './group.draft.ts';
import { exposureOf } from './group.exposure.ts';
import { unwind } from './group.unwind.ts';

/** The rest of a hedge is a hedge of its own, one level deeper, and at the bound a person is called. */
export function deepen(draft: Draft): void {
  const { depth, maxDepth, groupId } = draft.context;
  if (depth < maxDepth) {
    draft.context = { ...draft.context, depth: depth + 1 };
    return;
  }
  if (draft.context.isExhausted) return;
  draft.context = { ...draft.context, isExhausted: true };
  const text = `IMMEDIATE_MANUAL_HEDGE: group ${groupId} is exposed after ${maxDepth} further hedges`;
  draft.records.push({ type: 'alert', severity: 'critical', code: 'HEDGE_FAILURE', text });
  draft.records.push({ type: 'incident', code: 'HEDGE_FAILURE', text });
  const cause = { cause: causeOf(groupId), state: 'REDUCING', reason: text } as const;
  const event = { type: 'account.causeAdded', cause, atMs: draft.atMs } as const;
  draft.records.push({ type: 'message', to: 'account', event });
}

const exposable: ReadonlySet<GroupState> = new Set([
  'riskSubmitted',
  'partiallyFilled',
  'filled',
  'hedged',
]);

/** Exposure is hedged after the pause, for the sum; never twice at a time, and not against what takes it away again. */
export function watchExposure(draft: Draft, facts: GroupFacts, isDue: boolean): void {
  const { context, from } = draft;
  const exposure = exposureOf(context, facts);
  if (exposure === undefined) {
    calm(draft);
    return;
  }
  if (exposable.has(from)) draft.next = 'partiallyExposed';
  if (context.task.kind === 'entry') {
    // First the leg that makes it worse goes away.
    if (!context.task.isCancelAsked) overdue(draft);
    return;
  }
  if (context.task.kind !== 'none' || context.isExhausted) return;
  if (!facts.isCompared) waitForComparison(draft);
  else if (!facts.mayHedge) unwind(draft, 'exposed where nothing may be added');
  else if (isDue || isPauseOver(draft)) {
    if (relapses(draft) > limits.groupRelapsesMax)
      unwind(draft, 'what hedges it is taken away again and again');
    else hedge(draft, exposure);
  } else armHedge(draft);
}

/** A further level of one hedge is none: it goes on where the one before ended. */
function relapses({ context, atMs }: Draft): number {
  const { depth, lastHedgeAtMs, wasHedged, relapses: before = 0 } = context;
  if (depth > 0) return before;
  return wasHedged && atMs < lastHedgeAtMs + limits.groupRelapseMs ? before + 1 : 0;
}

/** What happened while nobody listened may have hedged it already: the pause begins with the comparison. Source: execution 5 (#6). */
function waitForComparison(draft: Draft): void {
  if (!draft.context.isHedgeArmed) return;
  draft.records.push({ type: 'timer.delete', timer: 'hedge' });
  draft.context = { ...draft.context, isHedgeArmed: false };
}

/** The rest of a hedge follows at once, but never sooner than the pause after the hedge before it. */
function isPauseOver({ context, atMs }: Draft): boolean {
  return context.depth > 0 && atMs >= context.lastHedgeAtMs + context.hedgeDebounceMs;
}

function armHedge(draft: Draft): void {
  const { context, atMs } = draft;
  if (context.isHedgeArmed) return;
  const pauseEndsMs = context.lastHedgeAtMs + context.hedgeDebounceMs;
  const firstMs = context.depth > 0 ? pauseEndsMs : atMs + context.hedgeDebounceMs;
  const dueAtMs = Math.max(pauseEndsMs, firstMs);
  draft.records.push({ type: 'timer.put', timer: 'hedge', dueAtMs, event: 'group.hedgeDue' });
  draft.context = { ...context, isHedgeArmed: true };
}

function hedge(draft: Draft, { leg: index, lots }: { leg: number; lots: Lots }): void {
  const { context, atMs } = draft;
  const leg = context.legs[index];
  if (leg === undefined) return;
  draft.context = {
    ...context,
    isHedgeArmed: false,
    lastHedgeAtMs: atMs,
    relapses: relapses(draft),
    task: { ...noTask, kind: 'hedge', leg: index, lots },
  };
  const { accountId, groupId } = context;
  const text = `group ${groupId}: ${lots} lots of ${leg.instrument} are hedged at depth ${context.depth}`;
  draft.records.push({ type: 'alert', severity: 'error', code: 'EMERGENCY_HEDGE', text });
  draft.records.push({
    type: 'order.place',
    key: taskKey(draft.context),
    via: 'engine',
    intent: {
      accountId,
      instrument: leg.instrument,
      side: leg.side,
      orderType: 'market',
      quantityLots: lots,
      timeInForce: 'day',
      reduceOnly: false,
      purpose: 'hedge',
      source: 'automation',
      by: `group/${groupId}`,
      groupId,
      legId: leg.legId,
      maxAgeMs: 86_400_000,
      atMs,
    },
  });
  armTask(draft, context.hedgeTimeoutMs);
}

/** Nothing is exposed: what the exposure has caused is taken back. */
function calm(draft: Draft): void {
  const { context, from, atMs } = draft;
  if (context.isHedgeArmed) draft.records.push({ type: 'timer.delete', timer: 'hedge' });
  if (context.isExhausted) {
    const event = { type: 'account.causeRemoved', cause: causeOf(context.groupId), atMs } as const;
    draft.records.push({ type: 'message', to: 'account', event });
  }
  if (
    context.isHedgeArmed ||
    context.isExhausted ||
    (context.depth > 0 && context.task.kind === 'none')
  )
    draft.context = { ...context, isHedgeArmed: false, isExhausted: false, depth: 0 };
  if (from === 'partiallyExposed' && context.task.kind === 'none')
    draft.next = context.wasHedged ? 'emergencyHedged' : 'hedged';
}
