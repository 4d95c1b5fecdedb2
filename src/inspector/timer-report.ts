/**
 * Timers of an actor after any of its steps, each with the step that set it: the journal keeps no timers of the past, but
 * a step taken again records the same ones. Source: inspector 4 (delayed transitions).
 */
import { applyContextDiff } from '../domain/context-diff.ts';
import type { JournalView } from '../ports/journal-view.port.ts';
import type { GuardMoment } from './guard-report.ts';
import type { ActorDetail } from './protocol.ts';

/** What one step did to the timers of its actor; undefined where it cannot be taken again with the same outcome. */
export type TimerPort = (machine: string, step: StepToRepeat) => readonly TimerChange[] | undefined;

/** A step as the journal has it; before the first one the state is empty. */
export type StepToRepeat = {
  readonly before: GuardMoment;
  readonly eventJson: string;
  readonly after: GuardMoment;
};

export type TimerChange =
  | { readonly name: string; readonly dueAtMs: number; readonly event: string }
  | { readonly name: string; readonly isGone: true };

/** Steps that are taken again for one look. */
const stepsMax = 200;

type Timer = ActorDetail['timers'][number];

export type TimerQuery = {
  readonly view: JournalView;
  readonly changesOf: TimerPort;
  readonly machine: string;
  readonly id: string;
  readonly seq: number;
  readonly steps: number;
  readonly isPast: boolean;
};

/** Of the present what the store holds; of the past what the steps say. Undefined: too many steps to go through. */
export function timersOf(query: TimerQuery): readonly Timer[] | undefined {
  const { view, id, isPast } = query;
  const set = query.steps > stepsMax ? undefined : timersBySteps(query);
  if (isPast) return set;
  return view.timers(id).map(({ name, dueAtMs, event }): Timer => {
    const setBy = set?.find((timer) => timer.name === name && timer.dueAtMs === dueAtMs)?.setBySeq;
    const timer = { name, dueAtMs, event };
    return setBy === undefined ? timer : Object.assign(timer, { setBySeq: setBy });
  });
}

function timersBySteps({
  view,
  changesOf,
  machine,
  id,
  seq,
}: TimerQuery): readonly Timer[] | undefined {
  const timers = new Map<string, Timer>();
  let before: GuardMoment = { stateJson: '', context: {} };
  for (const row of view.rowsOfActor(id, seq + 1, stepsMax).toReversed()) {
    const after = {
      stateJson: row.toState,
      context: applyContextDiff(before.context, row.contextDiffJson),
    };
    const changes = changesOf(machine, { before, eventJson: row.eventJson, after });
    if (changes === undefined) return undefined;
    // A timer that fires is gone before its event is handled.
    const { type } = JSON.parse(row.eventJson) as { readonly type?: string };
    for (const [name, timer] of timers)
      if (timer.event === type && timer.dueAtMs <= row.atMs) timers.delete(name);
    for (const change of changes) {
      const { name } = change;
      if ('isGone' in change) timers.delete(name);
      else
        timers.set(name, { name, dueAtMs: change.dueAtMs, event: change.event, setBySeq: row.seq });
    }
    before = after;
  }
  return [...timers.values()].toSorted((one, other) => one.dueAtMs - other.dueAtMs);
}
