import type { ActorId, AccountId } from '../domain/ids.ts';
import type { MachineEvent, MachineId } from '../domain/machine-event.ts';
import type { SubmitOrder } from '../domain/order.ts';
import type { Recorded } from '../domain/recorded.ts';
import { limits } from '../kernel/limits.ts';
import type {
  CrashRow,
  DeadLetterReason,
  DeadLetterRow,
  DenialRow,
  EffectChange,
  EffectRow,
  EffectState,
  FillRow,
  IncidentRow,
  JournalEntry,
  PoisonRow,
  QuarantineRow,
  TimerRow,
  TurnBatch,
} from '../ports/journal.port.ts';
/** One turn: everything that becomes durable together, and everything that may happen only after that. */
import type { Cell, StepResult } from './cell.ts';
import { actorId, type World } from './world.ts';

/** An event on its way to one actor. */
export type Delivery = {
  readonly to: ActorId;
  readonly account: AccountId;
  readonly event: MachineEvent;
  readonly causeSeq: number;
  readonly correlationSeq: number;
  /** Creates the actor instead: its first step is this input. */
  readonly create?: { readonly machine: MachineId; readonly input: unknown };
};

/** Which row caused something, and the first row of its input; 0 for what came from outside. */
export type Cause = { readonly causeSeq: number; readonly correlationSeq: number };
export const outside: Cause = { causeSeq: 0, correlationSeq: 0 };

export class Turn {
  readonly entries: JournalEntry[] = [];
  readonly effects: EffectRow[] = [];
  readonly effectChanges: EffectChange[] = [];
  readonly timersPut = new Map<string, TimerRow>();
  readonly timersDeleted = new Map<string, { owner: string; name: string }>();
  readonly fills: FillRow[] = [];
  /** Rows of booked executions whose fee or profit the venue has corrected. */
  readonly fillCorrections: FillRow[] = [];
  readonly dedupeKeys: { key: string; atMs: number }[] = [];
  readonly deadLetters: DeadLetterRow[] = [];
  readonly crashes: CrashRow[] = [];
  readonly poisons: PoisonRow[] = [];
  readonly quarantines: QuarantineRow[] = [];
  readonly quarantinesEnded: string[] = [];
  readonly incidents: IncidentRow[] = [];
  readonly denials: DenialRow[] = [];
  readonly values = new Map<string, string>();
  /** Orders that leave after the commit, unless the end of the turn forbids it. */
  readonly submissions: { readonly order: SubmitOrder; isWithdrawn: boolean }[] = [];
  /** Actors whose waiting messages changed: they are stored with the turn. */
  readonly mailboxes = new Set<ActorId>();
  /** The only things that happen although the commit has failed: cancels and alerts of a kill. Source: durability C4. */
  readonly withoutStore: (() => void)[] = [];
  /** Accounts of which some actor has stepped: only their linked orders can have something to hear. */
  readonly stepped = new Set<AccountId>();
  /** Legs of groups that are to be judged like any intent. */
  readonly offers: {
    readonly actor: ActorId;
    readonly recorded: Extract<Recorded, { type: 'order.place' }>;
    readonly cause: Cause;
  }[] = [];
  /** Runs after the commit, in order. */
  readonly releases: (() => void)[] = [];
  /** Messages of the input in progress, first in first out. */
  readonly queue: Delivery[] = [];
  queueHead = 0;
  /** Actors with many rows since their snapshot: one is written after the commit. */
  readonly longCells = new Set<Cell>();
  /** Fill ids and report keys taken in this turn. */
  readonly takenFills = new Map<string, FillRow>();
  readonly takenKeys = new Set<string>();
  readonly atMs: number;
  private readonly monotonicMs: number;
  private readonly world: World;
  private nextSeq: number;

  constructor(world: World) {
    this.world = world;
    this.atMs = world.options.clock.nowMs();
    this.monotonicMs = Math.floor(world.options.clock.monotonicMs());
    this.nextSeq = world.options.journal.head.seq + 1;
  }

  get isEmpty(): boolean {
    return (
      this.entries.length === 0 &&
      this.deadLetters.length === 0 &&
      this.crashes.length === 0 &&
      this.effectChanges.length === 0 &&
      this.timersPut.size === 0 &&
      this.timersDeleted.size === 0 &&
      this.values.size === 0 &&
      this.quarantinesEnded.length === 0 &&
      this.incidents.length === 0
    );
  }

  /** Seq of the next row. */
  get seq(): number {
    return this.nextSeq;
  }

  /** A row for an input that no single actor receives. */
  addInput(
    account: string,
    event: { readonly type: string; readonly [field: string]: unknown },
  ): number {
    const seq = this.nextSeq++;
    this.entries.push({
      seq,
      atMs: this.atMs,
      monotonicMs: this.monotonicMs,
      account,
      actor: '',
      actorSeq: 0,
      machine: 'input',
      machineVersion: '',
      eventJson: JSON.stringify(event),
      causeSeq: 0,
      correlationSeq: seq,
      fromState: '',
      toState: '',
      contextDiffJson: '{}',
    });
    return seq;
  }

  /** What came of an input of this turn belongs to its row. */
  amendInput(
    seq: number,
    event: { readonly type: string; readonly [field: string]: unknown },
  ): void {
    const at = this.entries.findIndex((entry) => entry.seq === seq);
    const entry = this.entries[at];
    if (entry !== undefined) this.entries[at] = { ...entry, eventJson: JSON.stringify(event) };
  }

  /** A row for one step. `causeSeq` 0 means that the event itself came from outside. */
  addStep(
    cell: Cell,
    eventJson: string,
    result: StepResult,
    causeSeq: number,
    correlationSeq: number,
  ): number {
    const seq = this.nextSeq++;
    cell.seq = seq;
    cell.rowsUncovered += 1;
    if (cell.rowsUncovered >= limits.rowsPerActorMax) this.longCells.add(cell);
    this.entries.push({
      seq,
      atMs: this.atMs,
      monotonicMs: this.monotonicMs,
      account: cell.account,
      actor: cell.id,
      actorSeq: cell.actorSeq,
      machine: cell.hosted.id,
      machineVersion: cell.hosted.version,
      eventJson,
      causeSeq,
      correlationSeq: correlationSeq === 0 ? seq : correlationSeq,
      fromState: result.fromState,
      toState: result.toState,
      contextDiffJson: result.contextDiffJson,
    });
    this.world.counters.transitions += 1;
    return seq;
  }

  addDeadLetter(from: string, to: string, event: unknown, reason: DeadLetterReason): void {
    this.world.counters.deadLetters += 1;
    this.deadLetters.push({ atMs: this.atMs, from, to, eventJson: JSON.stringify(event), reason });
  }

  addIncident(account: string, code: string, text: string, causeSeq: number): void {
    this.world.counters.incidents += 1;
    this.incidents.push({ atMs: this.atMs, account, code, text, causeSeq });
    this.note(`${code} ${account}: ${text}`);
  }

  putTimer(row: TimerRow): void {
    const key = `${row.owner}|${row.name}`;
    this.timersDeleted.delete(key);
    this.timersPut.set(key, row);
  }

  deleteTimer(owner: string, name: string): void {
    const key = `${owner}|${name}`;
    this.timersPut.delete(key);
    this.timersDeleted.set(key, { owner, name });
  }

  changeEffect(id: string, state: EffectState): void {
    this.effectChanges.push({ id, state });
    if (state === 'UNKNOWN' || state === 'SENT') this.world.openEffects.set(id, state);
    else this.world.openEffects.delete(id);
  }

  note(text: string): void {
    const { onNote } = this.world.options;
    if (onNote !== undefined) this.releases.push(() => onNote(text));
  }

  send(delivery: Delivery): void {
    this.queue.push(delivery);
  }

  /** An event to a sibling within the account, by its name there: `ledger`, `order/BH-1-3`, `account`. */
  sendSibling(account: AccountId, sibling: string, event: MachineEvent, cause: Cause): void {
    this.queue.push({ to: actorId(account, sibling), account, event, ...cause });
  }

  /** A new actor, in order with the messages around it. */
  create(
    account: AccountId,
    sibling: string,
    machine: MachineId,
    input: unknown,
    cause: Cause,
  ): void {
    const event = { type: 'actor.created' } as unknown as MachineEvent;
    this.queue.push({
      to: actorId(account, sibling),
      account,
      event,
      ...cause,
      create: { machine, input },
    });
  }

  batch(): TurnBatch {
    return {
      entries: this.entries,
      effects: this.effects,
      effectChanges: this.effectChanges,
      timersPut: [...this.timersPut.values()],
      timersDeleted: [...this.timersDeleted.values()],
      fills: this.fills,
      fillCorrections: this.fillCorrections,
      dedupeKeys: this.dedupeKeys,
      deadLetters: this.deadLetters,
      crashes: this.crashes,
      poisons: this.poisons,
      quarantines: this.quarantines,
      quarantinesEnded: this.quarantinesEnded,
      incidents: this.incidents,
      denials: this.denials,
      values: [...this.values].map(([key, value]) => ({ key, value })),
    };
  }
}
