/** One actor, now or after any row of the past. Source: inspector 3 (Actor), 4. */
import type { JournalView } from '../ports/journal-view.port.ts';
import {
  activePaths,
  contextOf,
  stateText,
  type ActorIndex,
  type IndexedActor,
} from './actor-index.ts';
import { always, type Chart } from './chart.ts';
import { actorAt } from './past.ts';
import type { ActorDetail, ActorSummary, NextTransition } from './protocol.ts';
import { redacted } from './redact.ts';
import { detailOf } from './row-report.ts';

const effectsShownMax = 100;
const crashesShownMax = 20;

export type ActorSource = {
  readonly view: JournalView;
  readonly index: ActorIndex;
  readonly charts: ReadonlyMap<string, Chart>;
  /** Hash of a machine as the engine knows it, by id. */
  readonly machineHashes: ReadonlyMap<string, string>;
};

/** Undefined when there is no such actor, or was none by then. */
export function actorDetail(
  source: ActorSource,
  id: string,
  at: number | undefined,
): ActorDetail | undefined {
  const { view, index } = source;
  const present = index.get(id);
  const summary = index.summary(id);
  if (present === undefined || summary === undefined) return undefined;
  const isPast = at !== undefined && at < present.lastSeq;
  const shown = isPast ? pastOf(view, id, at, summary) : presentOf(present, summary);
  if (shown === undefined) return undefined;
  const active = activePaths(shown.stateJson);
  return {
    summary: shown.summary,
    seq: shown.seq,
    isPast,
    machine: {
      id: present.kind,
      version: shown.machineVersion,
      hash: source.machineHashes.get(present.kind) ?? '',
    },
    active,
    context: redacted(shown.context),
    next: nextTransitions(source.charts.get(present.kind), active),
    ...surroundings(source, id, isPast ? undefined : shown.seq, present.steps),
    ...around(view, id, shown.seq, isPast),
  };
}

type Shown = {
  readonly summary: ActorSummary;
  readonly seq: number;
  readonly stateJson: string;
  readonly machineVersion: string;
  readonly context: unknown;
};

function presentOf(actor: IndexedActor, summary: ActorSummary): Shown {
  const { lastSeq: seq, stateJson, machineVersion } = actor;
  return { summary, seq, stateJson, machineVersion, context: contextOf(actor) };
}

function pastOf(
  view: JournalView,
  id: string,
  at: number,
  summary: ActorSummary,
): Shown | undefined {
  const past = actorAt(view, id, at);
  if (past === undefined) return undefined;
  const { seq, steps, stateJson, machineVersion, context } = past;
  const then = { ...summary, state: stateText(stateJson), lastSeq: seq, steps };
  return { summary: then, seq, stateJson, machineVersion, context };
}

/** Its own row, and where the rows before and after it are. */
function around(
  view: JournalView,
  id: string,
  seq: number,
  isPast: boolean,
): Pick<ActorDetail, 'lastRow' | 'previousSeq' | 'nextSeq'> {
  const row = view.row(seq);
  const [before] = view.rowsOfActor(id, seq, 1);
  const next = isPast ? view.nextOfActor(id, seq) : undefined;
  return {
    ...(row === undefined ? {} : { lastRow: detailOf(row) }),
    ...(before === undefined ? {} : { previousSeq: before.seq }),
    ...(next === undefined ? {} : { nextSeq: next }),
  };
}

/** What stands around the actor now: timers, effects, waiting messages, crashes. The past has none of it at hand. */
function surroundings(
  { view, index }: ActorSource,
  id: string,
  seq: number | undefined,
  steps: number,
): Pick<ActorDetail, 'timers' | 'effects' | 'mailbox' | 'crashes'> {
  if (seq === undefined) return { timers: [], effects: [], mailbox: [], crashes: [] };
  const rows = view.rowsOfActor(id, seq + 1, Math.min(steps, effectsShownMax));
  const effects = rows.flatMap((row) => view.effectsBetween(row.seq, row.seq));
  return {
    timers: view.timers(id).map(({ name, dueAtMs, event }) => ({ name, dueAtMs, event })),
    effects: effects.map((effect) => ({
      id: effect.id,
      kind: effect.kind,
      state: effect.state,
      causeSeq: effect.causeSeq,
    })),
    mailbox: index.waiting(id),
    crashes: view.crashes(crashesShownMax, id).map((crash) => ({
      atMs: crash.atMs,
      kind: crash.kind,
      message: crash.message,
      stack: crash.stack,
      event: crash.eventJson,
    })),
  };
}

/** What could happen from the active states, innermost first, with the guard that decides. */
export function nextTransitions(
  chart: Chart | undefined,
  active: readonly string[],
): readonly NextTransition[] {
  if (chart === undefined) return [];
  const on = new Set(['', ...active]);
  return chart.edges
    .filter(({ source, event }) => on.has(source) && event !== always)
    .toSorted((one, other) => other.source.length - one.source.length)
    .map(({ source, event, guard, targets }) => {
      const transition = { event, targets, isInnermost: active.includes(source) };
      return guard === undefined ? transition : Object.assign(transition, { guard });
    });
}
