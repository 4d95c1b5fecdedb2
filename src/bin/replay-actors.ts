/**
 * Recorded rows run again through the machines of this program, actor by actor: each event goes into a cell of its own, and
 * what comes out is compared with what the journal says. Source: inspector 3 (Replay, version diff), durability C5.
 */
import { Cell, StepCrash, type StepResult } from '../actors/cell.ts';
import { applyContextDiff } from '../domain/context-diff.ts';
import type { AccountId, ActorId, InstrumentId } from '../domain/ids.ts';
import { builtInInstruments } from '../domain/instruments.ts';
import type { MachineId } from '../domain/machine-event.ts';
import type { Recorded } from '../domain/recorded.ts';
import type { Divergence } from '../inspector/tool-reports.ts';
import { errorText } from '../kernel/errors.ts';
import { machines } from '../machines/catalogue.ts';
import { stateAfter } from '../persistence/fold.ts';
import type { ViewedRow } from '../ports/journal-view.port.ts';
import type { ActorState } from '../ports/journal.port.ts';

type Context = Readonly<Record<string, unknown>>;
type Event = { readonly type: string; readonly [field: string]: unknown };
type Told = {
  readonly problem: Divergence['problem'];
  readonly expected: string;
  readonly actual: string;
};

type Replayed = {
  readonly cell: Cell | undefined;
  /** What the rows add up to. */
  context: Context;
  /** It went another way: the rows behind it tell of somebody else. */
  isLost: boolean;
};

/** A cell per actor; keeps what the journal says beside what the machine does. */
export class ActorReplay {
  private readonly actors = new Map<string, Replayed>();

  /** How many actors have had a row. */
  get actorCount(): number {
    return this.actors.size;
  }

  /**
   * Runs the next row; rows come in the order of the journal. What the step records is handed to `onRecorded`.
   *
   * @returns the first difference of this actor; undefined when it agrees, or has gone another way before
   */
  take(
    row: ViewedRow,
    onRecorded?: (recorded: readonly Recorded[]) => void,
  ): Divergence | undefined {
    if (row.machine === 'input') return undefined;
    const actor = this.actors.get(row.actor) ?? begin(row);
    this.actors.set(row.actor, actor);
    actor.context = applyContextDiff(actor.context, row.contextDiffJson);
    if (actor.isLost) return undefined;
    const told = this.compare(actor, row, onRecorded);
    if (told === undefined) return undefined;
    actor.isLost = true;
    return divergenceOf(row, told);
  }

  private compare(
    { cell, context }: Replayed,
    row: ViewedRow,
    onRecorded: ((recorded: readonly Recorded[]) => void) | undefined,
  ): Told | undefined {
    if (cell === undefined)
      return { problem: 'machine', expected: row.machine, actual: 'there is no such machine' };
    if (row.actorSeq !== cell.actorSeq + 1) {
      // What was before this row is not here: the actor goes on from what the row left.
      return restored(cell, { ...stateAfter(row), contextJson: JSON.stringify(context) });
    }
    let result: StepResult;
    try {
      result = step(cell, row);
    } catch (error) {
      const cause = error instanceof StepCrash ? error.cause : error;
      return { problem: 'crash', expected: row.toState, actual: errorText(cause) };
    }
    if (!result.isHandled)
      return { problem: 'unhandled', expected: row.toState, actual: 'no transition takes it' };
    onRecorded?.(result.recorded);
    if (result.toState !== row.toState)
      return { problem: 'state', expected: row.toState, actual: result.toState };
    const difference = firstDifference(context, plainOf(cell.context), '');
    return difference === undefined ? undefined : { problem: 'context', ...difference };
  }
}

function begin({ actor, account, machine }: ViewedRow): Replayed {
  const hosted = machines[machine as MachineId] as (typeof machines)[MachineId] | undefined;
  const cell =
    hosted === undefined ? undefined : new Cell(actor as ActorId, account as AccountId, hosted);
  return { cell, context: {}, isLost: false };
}

function restored(cell: Cell, state: ActorState): Told | undefined {
  try {
    cell.restore(state);
    return undefined;
  } catch (error) {
    return { problem: 'crash', expected: state.stateJson, actual: errorText(error) };
  }
}

function step(cell: Cell, { eventJson }: ViewedRow): StepResult {
  const event = JSON.parse(eventJson) as Event;
  return cell.actorSeq === 0 ? cell.create(event['input']) : cell.send(withInstrument(event));
}

/** Rows name instruments by id; an event with an execution carries the instrument itself. */
function withInstrument(event: Event): Event {
  const { fill, instrument: id } = event;
  const instrument =
    fill !== undefined && typeof id === 'string'
      ? builtInInstruments.get(id as InstrumentId)
      : undefined;
  return instrument === undefined ? event : { ...event, instrument };
}

function divergenceOf(row: ViewedRow, told: Told): Divergence {
  const { seq, actor, account, machine, machineVersion, eventJson } = row;
  const hosted = machines[machine as MachineId] as (typeof machines)[MachineId] | undefined;
  return {
    actor,
    account,
    machine,
    recordedVersion: machineVersion,
    presentVersion: hosted?.version ?? '',
    seq,
    event: (JSON.parse(eventJson) as Event).type,
    ...told,
  };
}

/** As the journal would have it: without what JSON leaves out. */
function plainOf(context: Context): Context {
  return JSON.parse(JSON.stringify(context)) as Context;
}

/** The first leaf that differs, by its path. */
export function firstDifference(
  before: unknown,
  after: unknown,
  path: string,
): { readonly expected: string; readonly actual: string } | undefined {
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const inner = path === '' ? key : `${path}.${key}`;
      const found = firstDifference(before[key], after[key], inner);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const [one, other] = [JSON.stringify(before) ?? 'nothing', JSON.stringify(after) ?? 'nothing'];
  return one === other ? undefined : { expected: `${path} = ${one}`, actual: `${path} = ${other}` };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
