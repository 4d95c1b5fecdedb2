/** Directories, rows and a model of the journal for its tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contextDiff } from '../../src/domain/context-diff.ts';
import type { Fill } from '../../src/domain/fill.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';
import { openJournal } from '../../src/persistence/journal.ts';
import type { OpenJournalOptions } from '../../src/persistence/sqlite-journal.ts';
import type {
  ActorState,
  FillRow,
  JournalEntry,
  JournalPort,
  KnownMachine,
} from '../../src/ports/journal.port.ts';

export const knownMachines: readonly KnownMachine[] = [
  { id: 'order', version: '1', hash: 'order-hash' },
  { id: 'position', version: '1', hash: 'position-hash' },
];

export const startMs = Date.UTC(2026, 10, 20, 14, 30);

/** Calls back with a fresh directory and removes it afterwards. */
export function withDirectory<Result>(run: (directory: string) => Result): Result {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-journal-'));
  try {
    return run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Opens with small files; everything can be overridden. */
export function open(directory: string, changes: Partial<OpenJournalOptions> = {}): JournalPort {
  return openJournal({
    directory,
    environment: 'PAPER',
    knownMachines,
    clock: new SimulatedClock(startMs),
    appVersion: '0.1.0',
    databaseUuid: '0b7c1f6e-5a0e-4f44-9a53-8f6a6f0f1a11',
    ballastBytes: 0,
    logBytes: 0,
    ...changes,
  });
}

type Context = Readonly<Record<string, unknown>>;

/** Actors as the engine would hold them: makes the rows of their steps and knows what must be recovered. */
export class Model {
  readonly states = new Map<string, ActorState>();
  private readonly contexts = new Map<string, Context>();
  seq: number;

  constructor(seq = 0) {
    this.seq = seq;
  }

  /** Goes on with an actor that was recovered. */
  restore(state: ActorState): void {
    this.states.set(state.actor, state);
    this.contexts.set(state.actor, JSON.parse(state.contextJson) as Context);
  }

  input(eventJson = '{"type":"market.opened"}', account = ''): JournalEntry {
    this.seq += 1;
    return {
      seq: this.seq,
      atMs: startMs + this.seq,
      monotonicMs: this.seq + 0.75,
      account,
      actor: '',
      actorSeq: 0,
      machine: 'input',
      machineVersion: '',
      eventJson,
      causeSeq: 0,
      correlationSeq: this.seq,
      fromState: '',
      toState: '',
      contextDiffJson: '{}',
    };
  }

  /** One step of an actor, with its next state and context. */
  step(name: string, toState: string, context: Context, causeSeq = 0): JournalEntry {
    const before = this.states.get(name);
    this.seq += 1;
    const entry: JournalEntry = {
      seq: this.seq,
      atMs: startMs + this.seq,
      monotonicMs: this.seq,
      account: 'A1',
      actor: name,
      actorSeq: (before?.actorSeq ?? 0) + 1,
      machine: 'order',
      machineVersion: '1',
      eventJson: `{"type":"order.filled","row":${this.seq}}`,
      causeSeq,
      correlationSeq: causeSeq === 0 ? this.seq : causeSeq,
      fromState: before?.stateJson ?? '',
      toState: JSON.stringify(toState),
      contextDiffJson: contextDiff(this.contexts.get(name), context),
    };
    this.contexts.set(name, context);
    this.states.set(name, {
      actor: name,
      account: 'A1',
      machine: 'order',
      machineVersion: '1',
      actorSeq: entry.actorSeq,
      seq: entry.seq,
      stateJson: entry.toState,
      contextJson: JSON.stringify(context),
    });
    return entry;
  }

  /** The state an actor must have; fails when it never made a step. */
  state(name: string): ActorState {
    const state = this.states.get(name);
    if (state === undefined) throw new Error(`the model has no actor ${name}`);
    return state;
  }
}

/** Actor states in an order and with a key order that do not matter. */
export function sortedStates(states: Iterable<ActorState>): readonly unknown[] {
  const parsed = Array.from(states, (state) => {
    const { contextJson, ...rest } = state;
    return { ...rest, context: JSON.parse(contextJson) as unknown };
  });
  return parsed.toSorted((left, right) => left.actor.localeCompare(right.actor));
}

export function fillRow(fillId: string, accountId: string, causeSeq: number): FillRow {
  const fill = {
    fillId,
    accountId,
    orderId: 'BH-1-1',
    instrument: 'MNQ',
    side: 'buy',
    lots: 2,
    ticks: 84_211,
    feeUnits: 740_000,
    otherFees: { USDT: 12 },
    venueTimeMs: startMs,
  } as unknown as Fill;
  return {
    fill,
    tradingDay: '2026-11-20',
    realizedUnits: -1_250_000,
    openedLots: 0,
    closedLots: 1,
    isEnforcement: false,
    causeSeq,
  };
}
