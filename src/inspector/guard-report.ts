/**
 * What guards say: of the step that was shown, and of those that could come next, with the last time they were asked.
 * Source: inspector 3 (Actor: guard results, "why blocked"), 4.
 */
import { applyContextDiff } from '../domain/context-diff.ts';
import type { JournalView } from '../ports/journal-view.port.ts';
import { activePaths } from './actor-index.ts';
import { always, type Chart } from './chart.ts';
import type { GuardStep, NextTransition } from './protocol.ts';

/** An actor between two of its steps. */
export type GuardMoment = {
  readonly stateJson: string;
  readonly context: Readonly<Record<string, unknown>>;
};

/** One transition, the `index`-th of its state and event, and what its guard says. */
export type GuardAsked = {
  readonly source: string;
  readonly event: string;
  readonly index: number;
  /** `needsEvent`: the data alone does not decide. */
  readonly result: 'met' | 'notMet' | 'needsEvent';
};

/** Asks the guards of a machine; with a type instead of an event only for what the data alone decides. */
export type GuardPort = (
  machine: string,
  moment: GuardMoment,
  event: { readonly type: string; readonly [field: string]: unknown } | string,
) => readonly GuardAsked[];

/** Actors with more steps are not gone through from their first one for the sake of old guards. */
const stepsMax = 2_000;

type Before = GuardMoment & {
  readonly seq: number;
  readonly event: { readonly type: string; readonly [field: string]: unknown };
};

/** The newest step of each type of event up to a row, each with the moment before it. */
function newestSteps(
  view: JournalView,
  id: string,
  seq: number,
  steps: number,
): ReadonlyMap<string, Before> {
  const newest = new Map<string, Before>();
  if (steps > stepsMax) return newest;
  let moment: GuardMoment = { stateJson: '', context: {} };
  for (const row of view.rowsOfActor(id, seq + 1, stepsMax).toReversed()) {
    const event = JSON.parse(row.eventJson) as Before['event'];
    newest.set(event.type, { ...moment, seq: row.seq, event });
    moment = {
      stateJson: row.toState,
      context: applyContextDiff(moment.context, row.contextDiffJson),
    };
  }
  return newest;
}

export type GuardQuery = {
  readonly view: JournalView;
  readonly ask: GuardPort;
  readonly chart: Chart | undefined;
  readonly id: string;
  /** The row that is shown, and the actor after it. */
  readonly seq: number;
  readonly steps: number;
  readonly shown: GuardMoment;
  readonly lastEvent: string;
};

/** Guards of the step that led here, and of what could come next. */
export function guardReport(query: GuardQuery): {
  readonly next: readonly NextTransition[];
  readonly guards: readonly GuardStep[];
} {
  const { view, ask, chart, id, seq, steps, shown, lastEvent } = query;
  if (chart === undefined) return { next: [], guards: [] };
  const newest = newestSteps(view, id, seq, steps);
  const machine = chart.id;
  const guardsOf = guardsBySource(query, newest);
  const last = newest.get(lastEvent);
  const asked = last?.seq !== seq || last.stateJson === '' ? [] : ask(machine, last, last.event);
  return {
    guards: untilMet(asked).flatMap(({ source, event, index, result }) => {
      const edge = edgesOf(chart, source, event)[index];
      if (edge?.guard === undefined || result === 'needsEvent') return [];
      const { guard, targets } = edge;
      return [{ source, event, guard, targets, isMet: result === 'met' }];
    }),
    next: nextTransitions(chart, activePaths(shown.stateJson)).map((next) =>
      next.guard === undefined ? next : Object.assign(next, guardsOf(next)),
    ),
  };
}

/** Behind a guard that is met, and behind a transition without one, the others of its state were not asked. */
function untilMet(asked: readonly GuardAsked[]): readonly GuardAsked[] {
  return asked.filter(
    ({ source, index }) =>
      !asked.some(
        (before) => before.source === source && before.index < index && before.result === 'met',
      ),
  );
}

type Judged = Pick<NextTransition, 'now' | 'lastAsked'>;

/** Each event is asked for once, however many transitions it has. */
function guardsBySource(
  { ask, chart, shown }: GuardQuery,
  newest: ReadonlyMap<string, Before>,
): (next: NextTransition) => Judged {
  const machine = chart?.id ?? '';
  const known = new Map<
    string,
    readonly [now: readonly GuardAsked[], then: readonly GuardAsked[]]
  >();
  const askedFor = (event: string) => {
    const before = newest.get(event);
    const isThen = before !== undefined && before.stateJson !== '';
    const asked = known.get(event) ?? [
      ask(machine, shown, event),
      isThen ? ask(machine, before, before.event) : [],
    ];
    known.set(event, asked);
    return asked;
  };
  return ({ source, event, index }) => {
    const [now, then] = askedFor(event).map(
      (asked) => asked.find((one) => one.source === source && one.index === index)?.result,
    );
    const seq = newest.get(event)?.seq;
    return {
      ...(now === undefined ? {} : { now }),
      ...(seq === undefined || then === undefined || then === 'needsEvent'
        ? {}
        : { lastAsked: { seq, isMet: then === 'met' } }),
    };
  };
}

function edgesOf(chart: Chart, source: string, event: string): Chart['edges'] {
  return chart.edges.filter((edge) => edge.source === source && edge.event === event);
}

/** What could happen from the active states, innermost first, with the guard that decides. */
export function nextTransitions(
  chart: Chart,
  active: readonly string[],
): readonly NextTransition[] {
  const on = new Set(['', ...active]);
  return chart.edges
    .filter(({ source, event }) => on.has(source) && event !== always)
    .toSorted((one, other) => other.source.length - one.source.length)
    .map((edge) => {
      const { source, event, guard, targets } = edge;
      const index = edgesOf(chart, source, event).indexOf(edge);
      const transition = { source, index, event, targets, isInnermost: active.includes(source) };
      return guard === undefined ? transition : Object.assign(transition, { guard });
    });
}
