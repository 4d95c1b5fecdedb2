/**
 * The shadow verifier: the state that lives in memory is compared with what the journal gives, all the time.
 *
 * Two comparisons: the fold of the stored rows equals the live state, and the machine itself, run again on the stored
 * events, gives what the rows say. A difference is quarantine: nobody trades on a state that cannot be explained.
 * Source: durability C5.
 */
import { createActor, type AnyEventObject, type AnyStateMachine } from 'xstate';
import { applyContextDiff } from '../domain/context-diff.ts';
import type { InstrumentId } from '../domain/ids.ts';
import { collect } from '../machines/step.ts';
import type { ActorHistory, JournalEntry } from '../ports/journal.port.ts';
import { sortedJson, type Cell, type Context } from './cell.ts';
import { quarantine } from './supervisor.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

/** Steps run again at one look: a look must not hold up a turn. */
const rowsReplayed = 16;

/** What is wrong with one live actor; undefined when journal, machine and memory agree. */
export function shadowProblem(world: World, cell: Cell): string | undefined {
  const history = world.options.journal.readHistory(cell.id);
  if (history === undefined) return `${cell.id} has no row`;
  const folded = foldProblem(cell, history);
  return folded ?? replayProblem(world, cell, history);
}

/** Verifies some live actors, quarantines what cannot be explained. @returns how many were wrong */
export function verifyShadows(world: World, turn: Turn, cells: readonly Cell[]): number {
  let wrong = 0;
  for (const cell of cells) {
    if (cell.status !== 'live') continue;
    const problem = shadowProblem(world, cell);
    if (problem === undefined) continue;
    wrong += 1;
    quarantine(world, turn, cell, `shadow verifier: ${problem}`);
  }
  return wrong;
}

/** A live actor chosen by chance; undefined when there is none. */
export function chooseShadow(world: World, chance: number): Cell | undefined {
  const cells = [...world.cells.values()];
  return cells[Math.floor(chance * cells.length)];
}

function foldProblem(cell: Cell, { before, rows }: ActorHistory): string | undefined {
  let stateJson = before?.stateJson ?? '';
  let context = before === undefined ? {} : (JSON.parse(before.contextJson) as Context);
  for (const row of rows) {
    stateJson = row.toState;
    context = applyContextDiff(context, row.contextDiffJson);
  }
  if (stateJson !== cell.stateJson)
    return `${cell.id} is in ${cell.stateJson}, its rows give ${stateJson}`;
  return plain(context) === plain(cell.context)
    ? undefined
    : `${cell.id} does not have the context that its rows give`;
}

function replayProblem(
  world: World,
  cell: Cell,
  { before, rows }: ActorHistory,
): string | undefined {
  const { machine } = cell.hosted;
  let stateJson = before?.stateJson;
  let context = before === undefined ? undefined : (JSON.parse(before.contextJson) as Context);
  const from = rows.length - rowsReplayed;
  for (const [index, row] of rows.entries()) {
    if (index >= from && stateJson !== undefined && context !== undefined) {
      const after = step(machine, { stateJson, context }, eventOf(world, row));
      if (sortedJson(after.value) !== row.toState) {
        return `${cell.id} at row ${row.seq}: the machine gives ${sortedJson(after.value)}, the row says ${row.toState}`;
      }
      const expected = applyContextDiff(context, row.contextDiffJson);
      if (plain(after.context) !== plain(expected))
        return `${cell.id} at row ${row.seq}: the machine gives another context`;
    }
    stateJson = row.toState;
    context = applyContextDiff(context ?? {}, row.contextDiffJson);
  }
  return undefined;
}

/** One pure step: what the actor would have done, without an actor. What it records is dropped. */
function step(
  machine: AnyStateMachine,
  from: { readonly stateJson: string; readonly context: Context },
  event: AnyEventObject,
): { readonly value: unknown; readonly context: Context } {
  const value: unknown = JSON.parse(from.stateJson);
  const snapshot = machine.resolveState({ value: value as never, context: from.context });
  let after = snapshot as { value: unknown; context: unknown };
  collect(() => {
    after = machine.transition(snapshot, event, scopeOf(machine) as never) as typeof after;
  });
  return { value: after.value, context: after.context as Context };
}

type Scope = Readonly<Record<string, unknown>>;
const nothing = (): void => undefined;
const scopes = new WeakMap<AnyStateMachine, Scope>();

/** One scope per machine, reused: building one costs an actor. Source: reference of XState, replay. */
function scopeOf(machine: AnyStateMachine): Scope {
  const known = scopes.get(machine);
  if (known !== undefined) return known;
  const self = createActor(machine, { input: {} } as never);
  const scope = {
    self,
    id: '',
    sessionId: '',
    system: self.system,
    defer: nothing,
    logger: nothing,
    stopChild: nothing,
    emit: nothing,
    actionExecutor: (action: {
      type: string;
      exec?: (info: unknown, params: unknown) => void;
      info: unknown;
      params: unknown;
    }) => {
      if (!action.type.startsWith('xstate.')) action.exec?.(action.info, action.params);
    },
  };
  scopes.set(machine, scope);
  return scope;
}

/** Rows name instruments by id; the catalogue holds them. */
function eventOf(world: World, row: JournalEntry): AnyEventObject {
  const event = JSON.parse(row.eventJson) as AnyEventObject & {
    fill?: unknown;
    instrument?: unknown;
  };
  if (event.fill === undefined || typeof event.instrument !== 'string') return event;
  const instrument = world.options.instruments.get(event.instrument as InstrumentId);
  return instrument === undefined ? event : { ...event, instrument };
}

/** JSON with sorted keys at every depth, so that the order of keys does not count. */
function plain(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    const record = inner as Record<string, unknown>;
    return Object.fromEntries(
      Object.keys(record)
        .toSorted()
        .map((key) => [key, record[key]]),
    );
  });
}
