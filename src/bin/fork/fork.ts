/**
 * A sandbox: an engine of its own that begins with the state of the journal after one row, hears again what came from
 * outside behind it, or what is injected, and hands nothing on. Afterwards it stands beside what really happened.
 *
 * Source: inspector 3 (Rewind, Fork), 4, 13 case 12.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fill } from '../../domain/fill.ts';
import type { ForkReport, ForkRequest, InjectedEvent } from '../../inspector/tool-reports.ts';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import { createFromExtract, extractRows, type Extract } from '../../persistence/extract.ts';
import { openJournalView } from '../../persistence/journal-view.ts';
import type { JournalView, ViewedRow } from '../../ports/journal-view.port.ts';
import type { EffectRow } from '../../ports/journal.port.ts';
import { knownMachines } from '../machines.ts';
import { endsOf, named, Names, Paths } from './compare.ts';
import { quotesOf, recordedEvent, RecordedStates, RecordedTimers } from './recorded-past.ts';
import { Sandbox, type Ahead } from './sandbox.ts';

export type ForkOptions = Omit<ForkRequest, 'inject'> & {
  readonly dataDir: string;
  readonly inject: readonly InjectedEvent[];
  /** Rules and controls of the sandbox: the journal does not hold them. Left out: the demonstration's. */
  readonly configPath?: string;
};

/** Rows before a fork, which are read as a whole. */
const rowsBeforeMax = 500_000;
const tapeRowsMax = 100_000;
const memoryFolder = '/dev/shm';

/** @throws OperatorError NO_JOURNAL, FORK_IMPOSSIBLE, UNKNOWN_MACHINE, FORK_EVENT_INVALID */
export async function forkSandbox(options: ForkOptions): Promise<ForkReport> {
  const { dataDir } = options;
  const { at, ...ahead } = lookAhead(options);
  const past = extractRows(dataDir, { isWanted: () => true, toSeq: at, rowsMax: rowsBeforeMax });
  if (past === undefined)
    throw impossible(`there are more than ${rowsBeforeMax} rows before row ${at}`);
  if (past.rows.at(-1)?.seq !== at) throw impossible(`there is no row ${at}`);
  // Nothing of it has to outlive the process: in memory its commits cost no disk.
  const root = existsSync(memoryFolder) ? memoryFolder : tmpdir();
  const folder = mkdtempSync(join(root, 'bulkhead-fork-'));
  try {
    return await playOn({ ...options, at }, past, ahead, join(folder, 'data'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * An input and everything that it caused is one whole: a fork is behind all of it. Orders that the engine made itself
 * behind it have their names from the journal.
 */
function lookAhead({ dataDir, at, rows = tapeRowsMax }: ForkOptions): Ahead & {
  readonly at: number;
} {
  const view = openJournalView(dataDir);
  try {
    let end = at;
    const ownIds: string[] = [];
    const fills = new Map<string, Fill>();
    for (const row of tapeOf(view, at, rows)) {
      if (row.correlationSeq <= end && row.seq === end + 1) end = row.seq;
      else ownIds.push(...ownOrderOf(row));
      const { fill } = recordedEvent(row) as { readonly fill?: Fill };
      const orderId = fill?.orderId;
      if (fill !== undefined && orderId !== undefined && !fills.has(orderId))
        fills.set(orderId, fill);
    }
    return { at: end, ownIds, fills };
  } finally {
    view.close();
  }
}

/** Orders that people and strategies have asked for bring their names with them. */
function ownOrderOf({ machine, actorSeq, eventJson }: ViewedRow): readonly string[] {
  if (machine !== 'order' || actorSeq !== 1) return [];
  const { input } = JSON.parse(eventJson) as {
    readonly input?: { readonly orderId: string; readonly source: string };
  };
  if (input === undefined || input.source === 'strategy' || input.source === 'operator') return [];
  return [input.orderId];
}

async function playOn(
  options: ForkOptions,
  past: Extract,
  ahead: Ahead,
  sandboxDir: string,
): Promise<ForkReport> {
  const [states, timers] = [new RecordedStates(), new RecordedTimers()];
  for (const row of past.rows) {
    states.take(row);
    timers.take(row);
  }
  const settled = (past.tables.effects ?? []).map(asSettled);
  const { fills = [], denials = [] } = past.tables;
  const tables = { effects: settled, timersPut: timers.rows(), fills, denials };
  createFromExtract(sandboxDir, { ...past, tables }, knownMachines);
  const view = openJournalView(options.dataDir);
  const sandbox = await Sandbox.open({
    directory: sandboxDir,
    environment: past.environment,
    atMs: past.rows.at(-1)?.atMs ?? 0,
    accounts: accountsOf(past),
    fills: fills.map(({ fill }): Fill => fill),
    ahead,
    ...(options.configPath === undefined ? {} : { configPath: options.configPath }),
  });
  try {
    for (const row of past.rows) sandbox.putQuotes(quotesOf(row, sandbox.instruments));
    return await playTape(options, past, view, sandbox, states);
  } finally {
    view.close();
    await sandbox.close();
  }
}

/** Nothing of the past is sent again, and nothing of it is asked about. */
function asSettled({ id, kind, account, payloadJson, causeSeq }: EffectRow): EffectRow {
  return { id, kind, account, payloadJson, causeSeq, state: 'ACKED' };
}

async function playTape(
  options: ForkOptions,
  past: Extract,
  view: JournalView,
  sandbox: Sandbox,
  states: RecordedStates,
): Promise<ForkReport> {
  const { at, inject, rows: rowsMax = tapeRowsMax } = options;
  await sandbox.start();
  const fromSeq = sandbox.headSeq;
  const [theirs, mine] = [new Names(), new Names()];
  const journalPaths = new Paths(states.actors, theirs);
  const sandboxPaths = new Paths(sandbox.states(), mine);
  let [seq, atMs, injected] = [at, past.rows.at(-1)?.atMs ?? 0, 0];
  const injectUpTo = async (upTo: number): Promise<void> => {
    for (const [index, { afterSeq = at, event }] of inject.entries()) {
      if (Math.max(afterSeq, at) !== upTo) continue;
      await sandbox.inject(event, index);
      injected += 1;
    }
  };
  await injectUpTo(at);
  for (const row of tapeOf(view, at, rowsMax)) {
    states.take(row);
    journalPaths.take(row);
    await sandbox.play(row);
    ({ seq, atMs } = row);
    await injectUpTo(seq);
  }
  await sandbox.rest();
  const steps = sandbox.rowsAfter(fromSeq);
  for (const row of steps) sandboxPaths.take(row);
  const firstDivergence = sandboxPaths.divergenceFrom(journalPaths);
  return {
    at,
    toSeq: seq,
    atMs,
    played: sandbox.tape.played,
    injected,
    steps: steps.filter(({ machine }) => machine !== 'input').length,
    withheld: sandbox.withheld,
    ...(firstDivergence === undefined ? {} : { firstDivergence }),
    actors: endsOf(named(sandbox.states(), mine), named(states.actors, theirs)),
    notes: notesOf(sandbox, options),
  };
}

function* tapeOf(view: JournalView, at: number, rowsMax: number): Generator<ViewedRow, void, void> {
  let [seq, count] = [at, 0];
  for (;;) {
    const rows = view.rowsAfter(seq, Math.min(500, rowsMax - count));
    if (rows.length === 0) return;
    yield* rows;
    count += rows.length;
    seq = rows.at(-1)?.seq ?? seq;
  }
}

function accountsOf({ rows }: Extract): readonly string[] {
  return [...new Set(rows.map(({ account }) => account))].filter((account) => account !== '');
}

function notesOf(sandbox: Sandbox, { configPath, inject }: ForkOptions): readonly string[] {
  const notes = [
    configPath === undefined
      ? 'rules and controls are those of the demonstration: name the configuration with --config'
      : `rules and controls are those of ${configPath}`,
    'prices are those that executions and verdicts of the journal name; between them they stand still',
    'what was in doubt at the fork counts as answered; counters beside the actors begin anew',
  ];
  const left = [...sandbox.tape.notPlayed].map(([type, count]) => `${count} × ${type}`);
  if (left.length > 0) notes.push(`not played: ${left.join(', ')}`);
  if (inject.length > 0) notes.push('injected events come on top of what really happened');
  return notes;
}

function impossible(message: string): OperatorError {
  return new OperatorError({
    code: 'FORK_IMPOSSIBLE',
    exitCode: exitCodes.usage,
    message,
    remedy: 'Name a row of the journal with --at; export an account first where it is long.',
  });
}
