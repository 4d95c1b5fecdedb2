/** One actor, now or after any row of the past. Source: inspector 3 (Actor), 4. */
import { journalRedactor } from '../domain/classified-fields.ts';
import type { Sight } from '../domain/redaction.ts';
import type { JournalView } from '../ports/journal-view.port.ts';
import {
  activePaths,
  contextOf,
  stateText,
  type ActorIndex,
  type IndexedActor,
} from './actor-index.ts';
import type { Chart } from './chart.ts';
import { guardReport, type GuardPort } from './guard-report.ts';
import { actorAt } from './past.ts';
import type { ActorDetail, ActorSummary } from './protocol.ts';
import { expectedRestart } from './restart-report.ts';
import { detailOf } from './row-report.ts';
import { timersOf, type TimerPort } from './timer-report.ts';

const effectsShownMax = 100;
const crashesShownMax = 20;

export type ActorSource = {
  readonly view: JournalView;
  readonly index: ActorIndex;
  readonly charts: ReadonlyMap<string, Chart>;
  /** Hash of a machine as the engine knows it, by id. */
  readonly machineHashes: ReadonlyMap<string, string>;
  readonly askGuards: GuardPort;
  readonly timerChanges: TimerPort;
};

/** Undefined when there is no such actor, or was none by then. */
export function actorDetail(
  source: ActorSource,
  id: string,
  at: number | undefined,
  sight: Sight,
): ActorDetail | undefined {
  const { view, index } = source;
  const present = index.get(id);
  const summary = index.summary(id);
  if (present === undefined || summary === undefined) return undefined;
  const isPast = at !== undefined && at < present.lastSeq;
  const shown = isPast ? pastOf(view, id, at, summary) : presentOf(present, summary);
  if (shown === undefined) return undefined;
  const active = activePaths(shown.stateJson);
  const shownRow = around(view, id, shown.seq, isPast, sight);
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
    context: journalRedactor.shown(shown.context, sight),
    ...surroundings(source, id, isPast ? undefined : shown.seq, present.steps, sight),
    ...timersAndRestart(source, shown, present, isPast),
    ...shownRow,
    ...guardReport({
      view,
      ask: source.askGuards,
      chart: source.charts.get(present.kind),
      id,
      seq: shown.seq,
      steps: shown.summary.steps,
      shown: { stateJson: shown.stateJson, context: shown.context },
      lastEvent: shownRow.lastRow?.event ?? '',
    }),
  };
}

type Shown = {
  readonly summary: ActorSummary;
  readonly seq: number;
  readonly stateJson: string;
  readonly machineVersion: string;
  readonly context: Readonly<Record<string, unknown>>;
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
  sight: Sight,
): Pick<ActorDetail, 'lastRow' | 'previousSeq' | 'nextSeq'> {
  const row = view.row(seq);
  const [before] = view.rowsOfActor(id, seq, 1);
  const next = isPast ? view.nextOfActor(id, seq) : undefined;
  return {
    ...(row === undefined ? {} : { lastRow: detailOf(row, sight) }),
    ...(before === undefined ? {} : { previousSeq: before.seq }),
    ...(next === undefined ? {} : { nextSeq: next }),
  };
}

/** Timers, also of the past; and when an actor that crashed is expected back. */
function timersAndRestart(
  { view, index, timerChanges }: ActorSource,
  { seq, summary }: Shown,
  { id, kind: machine }: IndexedActor,
  isPast: boolean,
): Pick<ActorDetail, 'timers' | 'areTimersKnown' | 'restart'> {
  const { steps } = summary;
  const timers = timersOf({ view, changesOf: timerChanges, machine, id, seq, steps, isPast });
  const restart = isPast ? undefined : expectedRestart(view, index, id);
  return {
    timers: timers ?? [],
    areTimersKnown: timers !== undefined,
    ...(restart === undefined ? {} : { restart }),
  };
}

/** What stands around the actor now: effects, waiting messages, crashes. The past has none of it at hand. */
function surroundings(
  { view, index }: ActorSource,
  id: string,
  seq: number | undefined,
  steps: number,
  sight: Sight,
): Pick<ActorDetail, 'effects' | 'mailbox' | 'crashes'> {
  if (seq === undefined) return { effects: [], mailbox: [], crashes: [] };
  const rows = view.rowsOfActor(id, seq + 1, Math.min(steps, effectsShownMax));
  const effects = rows.flatMap((row) => view.effectsBetween(row.seq, row.seq));
  return {
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
      event: String(journalRedactor.shown(crash.eventJson, sight)),
    })),
  };
}
