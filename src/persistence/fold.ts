/** The fold: state of an actor = its snapshot and then every row behind it (C5). */
import { applyContextDiff } from '../domain/context-diff.ts';
import type { ActorState, JournalEntry } from '../ports/journal.port.ts';
import type { JournalRow } from './rows.ts';

type Context = Readonly<Record<string, unknown>>;

/** One actor while its rows are applied. */
export class FoldedActor {
  private state: Omit<ActorState, 'contextJson'>;
  /** Parsed only when a row needs it: most actors of a start have no row behind their snapshot. */
  private contextJson: string | undefined;
  private context: Context = {};

  private constructor(state: Omit<ActorState, 'contextJson'>, contextJson: string | undefined) {
    this.state = state;
    this.contextJson = contextJson;
  }

  static ofSnapshot(snapshot: ActorState): FoldedActor {
    return new FoldedActor(snapshot, snapshot.contextJson);
  }

  /** @param row first row of an actor; not of an input */
  static ofFirstRow(row: JournalRow): FoldedActor {
    const folded = new FoldedActor(stateAfter(row), undefined);
    folded.context = applyContextDiff({}, row.contextDiffJson);
    return folded;
  }

  get seq(): number {
    return this.state.seq;
  }

  get actorSeq(): number {
    return this.state.actorSeq;
  }

  get stateJson(): string {
    return this.state.stateJson;
  }

  apply(row: JournalRow): void {
    this.state = stateAfter(row);
    if (row.contextDiffJson === '{}') return;
    if (this.contextJson !== undefined) {
      this.context = JSON.parse(this.contextJson) as Context;
      this.contextJson = undefined;
    }
    this.context = applyContextDiff(this.context, row.contextDiffJson);
  }

  result(): ActorState {
    this.contextJson ??= JSON.stringify(this.context);
    return { ...this.state, contextJson: this.contextJson };
  }
}

/** Why a row does not continue its actor; undefined when it does. Inputs continue nothing. */
export function stepProblem(row: JournalRow, before: FoldedActor | undefined): string | undefined {
  if (row.machine === 'input') return undefined;
  const steps = before?.actorSeq ?? 0;
  if (row.actorSeq !== steps + 1) {
    return `row ${row.seq} is step ${row.actorSeq} of ${row.actor}, after step ${steps}`;
  }
  if (row.previousSeq !== (before?.seq ?? 0)) {
    return `row ${row.seq} of ${row.actor} points back to row ${row.previousSeq}, not to ${before?.seq ?? 0}`;
  }
  return undefined;
}

/** What a row left of its actor, but for the data; not of an input. */
export function stateAfter(row: JournalEntry): Omit<ActorState, 'contextJson'> {
  return {
    actor: row.actor,
    account: row.account,
    // Inputs are never folded.
    machine: row.machine as ActorState['machine'],
    machineVersion: row.machineVersion,
    actorSeq: row.actorSeq,
    seq: row.seq,
    stateJson: row.toState,
  };
}
