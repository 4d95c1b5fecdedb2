/**
 * The journal: remembers before anything acts. One implementation on SQLite (`src/persistence`).
 *
 * Contract (durability C1–C8): `commit` is one transaction with synchronous=FULL; when it returns, everything in the
 * batch is durable; when it throws `StoreFailure`, the batch is in doubt and the process must stop.
 */
import type { Fill } from '../domain/fill.ts';
import type { MachineId } from '../domain/machine-event.ts';

/** One step of one actor, or an input that no single actor received (`machine` is then `input`). */
export type JournalEntry = {
  /** Assigned by the writer of the batch: `nextSeq()`, gapless. */
  readonly seq: number;
  readonly atMs: number;
  readonly monotonicMs: number;
  /** Empty for engine-wide rows. */
  readonly account: string;
  readonly actor: string;
  /** Steps of this actor so far, from 1, gapless; 0 for inputs. */
  readonly actorSeq: number;
  readonly machine: MachineId | 'input';
  readonly machineVersion: string;
  readonly eventJson: string;
  /** Row that caused this one; 0 for an input from outside. */
  readonly causeSeq: number;
  /** Ties all rows of one input together: the seq of its first row. */
  readonly correlationSeq: number;
  /** Compact JSON of the state value with sorted keys; empty for the first step of an actor and for inputs. */
  readonly fromState: string;
  readonly toState: string;
  /** `contextDiff` of domain/context-diff.ts; for the first step the whole context. */
  readonly contextDiffJson: string;
};

export type EffectState = 'PLANNED' | 'SENT' | 'ACKED' | 'REJECTED' | 'UNKNOWN' | 'RECONCILED';
export type EffectRow = {
  /** For submissions the client order id; else `<actor>:<actorSeq>:<n>`. */
  readonly id: string;
  readonly kind:
    | 'venue.submitOrder'
    | 'venue.cancelOrder'
    | 'venue.modifyOrder'
    | 'venue.queryOrder'
    | 'alert';
  readonly account: string;
  readonly payloadJson: string;
  readonly causeSeq: number;
  readonly state: EffectState;
};
export type EffectChange = { readonly id: string; readonly state: EffectState };

export type TimerRow = {
  readonly owner: string;
  readonly name: string;
  readonly dueAtMs: number;
  readonly event: string;
};

export type DeadLetterReason = 'stopped' | 'unknown' | 'mailbox_full' | 'expired' | 'unhandled';
export type DeadLetterRow = {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly eventJson: string;
  readonly reason: DeadLetterReason;
};

export type CrashKind = 'transient' | 'poison' | 'corrupt' | 'bug' | 'resource';
export type CrashRow = {
  readonly atMs: number;
  readonly actor: string;
  readonly kind: CrashKind;
  readonly eventJson: string;
  readonly message: string;
  readonly stack: string;
  readonly machineVersion: string;
};
export type PoisonRow = {
  readonly seq: number;
  readonly actor: string;
  readonly eventJson: string;
  readonly stack: string;
  readonly machineVersion: string;
};
export type QuarantineRow = {
  readonly actor: string;
  readonly atMs: number;
  readonly reason: string;
  readonly lastGoodSeq: number;
};

export type IncidentRow = {
  readonly atMs: number;
  readonly account: string;
  readonly code: string;
  readonly text: string;
  readonly causeSeq: number;
};
export type DenialRow = {
  readonly atMs: number;
  readonly account: string;
  readonly intentId: string;
  readonly code: string;
  readonly text: string;
  readonly causeSeq: number;
};

/** A refused intent: why, and what was asked for. */
export type DeniedIntent = {
  readonly denial: DenialRow;
  /** Row of the input that asked for it. */
  readonly submitSeq: number;
  /** An `OrderIntent`. */
  readonly intentJson: string;
};

/** A booked execution: one row per (account, fill id). */
export type FillRow = {
  readonly fill: Fill;
  readonly tradingDay: string;
  readonly realizedUnits: number;
  /** Unsigned; a flip has both. */
  readonly openedLots: number;
  readonly closedLots: number;
  /** It belongs to a close that the engine itself has sent. */
  readonly isEnforcement: boolean;
  readonly causeSeq: number;
};

/** One turn. Everything in it becomes durable together or not at all. Empty lists may be left out. */
export type TurnBatch = {
  readonly entries: readonly JournalEntry[];
  readonly effects?: readonly EffectRow[];
  readonly effectChanges?: readonly EffectChange[];
  readonly timersPut?: readonly TimerRow[];
  readonly timersDeleted?: readonly { readonly owner: string; readonly name: string }[];
  readonly fills?: readonly FillRow[];
  /** Booked executions with other figures from now on; an execution that is not booked is refused. */
  readonly fillCorrections?: readonly FillRow[];
  /** Keys of inbound events that must not be taken twice. */
  readonly dedupeKeys?: readonly { readonly key: string; readonly atMs: number }[];
  readonly deadLetters?: readonly DeadLetterRow[];
  readonly crashes?: readonly CrashRow[];
  readonly poisons?: readonly PoisonRow[];
  readonly quarantines?: readonly QuarantineRow[];
  readonly quarantinesEnded?: readonly string[];
  readonly incidents?: readonly IncidentRow[];
  readonly denials?: readonly DenialRow[];
  /** Small durable values, such as the market position of a replay. */
  readonly values?: readonly { readonly key: string; readonly value: string }[];
};

export type Head = { readonly seq: number; readonly hash: string };

/** The committed state of one actor: what the fold of its rows gives. */
export type ActorState = {
  readonly actor: string;
  readonly account: string;
  readonly machine: MachineId;
  readonly machineVersion: string;
  readonly actorSeq: number;
  /** Last row of the actor. */
  readonly seq: number;
  readonly stateJson: string;
  readonly contextJson: string;
};

export type Recovered = {
  readonly head: Head;
  readonly lastAtMs: number;
  readonly actors: readonly ActorState[];
  readonly timers: readonly TimerRow[];
  /** Effects that are not settled: PLANNED, SENT, UNKNOWN. */
  readonly openEffects: readonly EffectRow[];
  readonly quarantines: readonly QuarantineRow[];
  readonly values: ReadonlyMap<string, string>;
  /** False after a kill or crash. */
  readonly wasClean: boolean;
  readonly milliseconds: number;
};

/** An actor's snapshot, if it has one, and its rows after it, oldest first. */
export type ActorHistory = { readonly before?: ActorState; readonly rows: readonly JournalEntry[] };

export type VerifyReport = {
  readonly ok: boolean;
  readonly rows: number;
  readonly headSeq: number;
  readonly headHash: string;
  /** Each with what is wrong and where. */
  readonly problems: readonly string[];
};

export interface JournalPort {
  readonly epoch: number;
  readonly databaseUuid: string;
  readonly head: Head;
  /** Time of the last row; 0 while the journal is empty. Known before `recover`, to set a clock by. */
  readonly headAtMs: number;
  /** Throws `StoreFailure` when the outcome is in doubt. */
  commit(batch: TurnBatch): Head;
  recover(): Recovered;
  /** Committed state of one actor, or undefined when it never had a row. */
  readActor(actor: string): ActorState | undefined;
  /** What its state is made of; undefined when it never had a row. */
  readHistory(actor: string): ActorHistory | undefined;
  /** The stored execution, if this fill id was booked for the account. */
  findFill(account: string, fillId: string): FillRow | undefined;
  /** Booked executions of one trading day, by venue time. */
  fillsOfDay(account: string, tradingDay: string): readonly FillRow[];
  hasDedupeKey(key: string): boolean;
  /** The intent that became no order because the gate refused it; slow, for ids that nothing else knows. */
  findDenied(account: string, intentId: string): DeniedIntent | undefined;
  /** Writes snapshots of the given actors, each of its last row; allowed at any time between commits. */
  writeSnapshots(actors: readonly ActorState[]): void;
  /** Actors whose last rows no snapshot covers, the longest waiting first, at most `countMax`. */
  staleActors(countMax: number): readonly string[];
  /** Rows behind which every live actor has a snapshot. */
  readonly tailRows: number;
  verify(): VerifyReport;
  /** Marks the shutdown as clean (unless the caller says it is not) and closes. */
  close(options?: { readonly isClean: boolean }): void;
}

/** What the store must know to refuse snapshots and rows of machines it does not know (C7). */
export type KnownMachine = {
  readonly id: MachineId;
  readonly version: string;
  readonly hash: string;
};
