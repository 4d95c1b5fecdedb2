/**
 * A cell hosts one real XState actor, as its own root, and is the only code that talks to it.
 *
 * A step either succeeds and leaves a new last-good state with what it recorded, or fails and leaves nothing:
 * the actor is then thrown away and rebuilt from what was committed (reference/xstate: life of a cell).
 */
import { createActor, type Actor, type AnyEventObject, type AnyStateMachine } from 'xstate';
import { contextDiff } from '../domain/context-diff.ts';
import type { ActorId, AccountId } from '../domain/ids.ts';
import type { MachineId } from '../domain/machine-event.ts';
import type { Recorded } from '../domain/recorded.ts';
import { InvariantViolation, invariant } from '../kernel/assert.ts';
import { collect } from '../machines/step.ts';
import type { ActorState } from '../ports/journal.port.ts';

export type Context = Readonly<Record<string, unknown>>;

/** One machine as the engine hosts it. */
export type HostedMachine = {
  readonly id: MachineId;
  readonly version: string;
  readonly machine: AnyStateMachine;
};

export type StepResult = {
  readonly recorded: readonly Recorded[];
  readonly fromState: string;
  readonly toState: string;
  readonly contextDiffJson: string;
  /** False when no transition of the machine takes this event in this state: a dead letter. */
  readonly isHandled: boolean;
};

/** A machine threw inside a step. Nothing of the step is kept. */
export class StepCrash extends Error {
  override readonly name = 'StepCrash';
}

/** Machines take the time from their events; a timer armed inside a machine would be lost by a restart. */
const tripWire = {
  setTimeout: (): never => {
    throw new InvariantViolation('Invariant: machines arm no timers of their own');
  },
  clearTimeout: (): void => undefined,
};

export type CellStatus = 'live' | 'backoff' | 'quarantined';

export class Cell {
  readonly id: ActorId;
  readonly account: AccountId;
  readonly hosted: HostedMachine;
  status: CellStatus = 'live';
  /** Steps so far. */
  actorSeq = 0;
  /** Last journal row. */
  seq = 0;
  /** Rows since the last snapshot that this process knows of. */
  rowsUncovered = 0;
  /** Compact JSON of the state value with sorted keys; empty before the first step. */
  stateJson = '';
  context: Context = {};
  private actor: Actor<AnyStateMachine> | undefined;
  private snapshot: unknown;
  private fault: unknown;

  constructor(id: ActorId, account: AccountId, hosted: HostedMachine) {
    this.id = id;
    this.account = account;
    this.hosted = hosted;
  }

  /** The first step: creates the actor and runs its entry actions. @throws StepCrash */
  create(input: unknown): StepResult {
    invariant(this.actorSeq === 0, () => `a cell is created once, was ${this.id}`);
    return this.run(() => {
      this.actor = this.host({ input });
      this.actor.start();
    });
  }

  /** One event. @throws StepCrash when the machine threw; the actor is then gone and must be restored */
  send(event: AnyEventObject): StepResult {
    const actor = this.actor;
    invariant(
      actor !== undefined && this.status === 'live',
      () => `only a live cell takes events, was ${this.id} ${this.status}`,
    );
    const before = this.snapshot;
    const result = this.run(() => actor.send(event));
    const isSame = this.snapshot === before && result.recorded.length === 0;
    if (!isSame) return result;
    // The snapshot object stays the same both for an ignored and for an unhandled event.
    const snapshot = actor.getSnapshot();
    if (this.hosted.machine.getTransitionData(snapshot, event).length > 0) return result;
    this.actorSeq -= 1;
    return { ...result, isHandled: false };
  }

  /** Rebuilds the actor from its committed state. @throws StepCrash when the state does not fit the machine */
  restore(state: ActorState): void {
    const value: unknown = JSON.parse(state.stateJson);
    const context = JSON.parse(state.contextJson) as Context;
    try {
      this.hosted.machine.resolveState({ value: value as never, context });
    } catch (error) {
      throw new StepCrash(
        `the stored state of ${this.id} does not exist in machine ${this.hosted.id}`,
        { cause: error },
      );
    }
    this.stop();
    this.actorSeq = state.actorSeq;
    this.seq = state.seq;
    const recorded = collect(() => {
      this.actor = this.host({
        input: context,
        snapshot: { status: 'active', value, context, historyValue: {}, children: {} },
      });
      this.actor.start();
    });
    invariant(recorded.length === 0, () => `a restored actor records nothing, was ${this.id}`);
    this.take();
    this.status = 'live';
  }

  /** What a snapshot of this cell holds; the caller commits it. */
  state(): ActorState {
    return {
      actor: this.id,
      account: this.account,
      machine: this.hosted.id,
      machineVersion: this.hosted.version,
      actorSeq: this.actorSeq,
      seq: this.seq,
      stateJson: this.stateJson,
      contextJson: JSON.stringify(this.context),
    };
  }

  /** The live XState snapshot, for pure helpers of the machine. */
  live(): unknown {
    return this.snapshot;
  }

  stop(): void {
    this.actor?.stop();
    this.actor = undefined;
    this.snapshot = undefined;
  }

  private host(options: { input: unknown; snapshot?: unknown }): Actor<AnyStateMachine> {
    this.fault = undefined;
    const actor: Actor<AnyStateMachine> = createActor(this.hosted.machine, {
      id: this.id,
      clock: tripWire,
      logger: () => {
        throw new InvariantViolation(`Invariant: machines do not log, was ${this.id}`);
      },
      ...options,
    } as never);
    actor.subscribe({
      error: (error: unknown) => {
        this.fault = error;
      },
    });
    return actor;
  }

  private run(step: () => void): StepResult {
    const fromState = this.stateJson;
    const before = this.actorSeq === 0 ? undefined : this.context;
    let recorded: readonly Recorded[];
    try {
      recorded = collect(step);
      this.take();
    } catch (error) {
      this.stop();
      throw error instanceof StepCrash
        ? error
        : new StepCrash(`${this.id} threw`, { cause: error });
    }
    this.actorSeq += 1;
    const contextDiffJson = contextDiff(before, this.context);
    return { recorded, fromState, toState: this.stateJson, contextDiffJson, isHandled: true };
  }

  private take(): void {
    const snapshot = this.actor?.getSnapshot() as
      | { status: string; value: unknown; context: Context; error?: unknown }
      | undefined;
    if (snapshot === undefined || snapshot.status === 'error' || this.fault !== undefined) {
      throw new StepCrash(`${this.id} threw`, { cause: this.fault ?? snapshot?.error });
    }
    if (snapshot === this.snapshot) return;
    this.snapshot = snapshot;
    this.context = snapshot.context;
    this.stateJson = sortedJson(snapshot.value);
  }
}

/** JSON with sorted keys: the key order of a parallel machine's value is not stable. */
export function sortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const record = value as Record<string, unknown>;
  let text = '';
  for (const key of Object.keys(record).toSorted()) {
    text += `${text === '' ? '' : ','}"${key}":${sortedJson(record[key])}`;
  }
  return `{${text}}`;
}
