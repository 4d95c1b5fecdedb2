/**
 * Looking at committed rows: what the inspector reads. It takes no lock, writes nothing and never meets an actor.
 *
 * Every look is short; rows are never changed, so looks fit together.
 */
import type {
  ActorState,
  CrashRow,
  DeadLetterRow,
  DenialRow,
  EffectRow,
  Head,
  IncidentRow,
  JournalEntry,
  PoisonRow,
  QuarantineRow,
  TimerRow,
} from './journal.port.ts';

/** A row as it was committed, with its writer and its hash. */
export type ViewedRow = JournalEntry & { readonly epoch: number; readonly hash: string };

/** Walks rows in order, from the first one on, and says what does not fit. */
export interface ChainChecker {
  /** What is wrong with the next row; undefined when it follows from the one before it. */
  next(row: ViewedRow): string | undefined;
}

export interface JournalView {
  readonly environment: string;
  readonly epoch: number;
  readonly wasClean: boolean;
  readonly head: Head;
  readonly headAtMs: number;
  /** Bytes of the database file and its log. */
  readonly bytes: number;
  /** Committed state of every actor that ever was, in no order. */
  states(): readonly ActorState[];
  row(seq: number): ViewedRow | undefined;
  /** Rows behind `seq`, oldest first. */
  rowsAfter(seq: number, countMax: number): readonly ViewedRow[];
  /** Rows before `seq`, newest first. */
  rowsBefore(seq: number, countMax: number): readonly ViewedRow[];
  /** Rows of one actor before `seq`, newest first. */
  rowsOfActor(actor: string, beforeSeq: number, countMax: number): readonly ViewedRow[];
  /** Seq of the actor's first row behind `seq`. */
  nextOfActor(actor: string, seq: number): number | undefined;
  /** Newest row that a stored state of an actor holds; 0 before the first. */
  checkpointSeq(): number;
  timers(owner?: string): readonly TimerRow[];
  /** Effects that rows from `fromSeq` to `toSeq` have caused. */
  effectsBetween(fromSeq: number, toSeq: number): readonly EffectRow[];
  openEffects(): readonly EffectRow[];
  /** Newest first. */
  alerts(countMax: number): readonly EffectRow[];
  deadLetters(countMax: number): readonly DeadLetterRow[];
  crashes(countMax: number, actor?: string): readonly CrashRow[];
  poisons(countMax: number): readonly PoisonRow[];
  quarantines(): readonly QuarantineRow[];
  incidents(countMax: number): readonly IncidentRow[];
  denials(countMax: number): readonly DenialRow[];
  denialOf(intentId: string): DenialRow | undefined;
  /** Proves the hash chain, row by row; each one begins at the first row. */
  chainChecker(): ChainChecker;
  /** Small durable values, such as waiting messages of an actor. */
  value(key: string): string | undefined;
  close(): void;
}
