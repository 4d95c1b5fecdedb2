import type { AccountProgress, JournalLine, StatusReport } from '../cli/dependencies.ts';
import type { InstrumentId } from '../domain/ids.ts';
import { formatLots, type Instrument } from '../domain/instrument.ts';
import { builtInInstruments } from '../domain/instruments.ts';
import type { LockInput, TradingState, TradingStateCause } from '../domain/machine-event.ts';
import { formatMoney } from '../domain/money.ts';
import { isClosed, type ExecutionState } from '../domain/order.ts';
import { averagePriceText, type PositionBook } from '../domain/position.ts';
import { systemClock } from '../kernel/clock.ts';
import {
  openJournalReader,
  verifyDirectory,
  type StoredEntry,
} from '../persistence/journal-reader.ts';
import { isEngineRunning } from '../persistence/lock-file.ts';
import type { ActorState, VerifyReport } from '../ports/journal.port.ts';
/** What the commands that only look see of a data directory: committed rows, with or without a running engine. */
import { isoText } from './progress.ts';

/** How often `journal tail --follow` looks for new rows. */
const followMs = 200;
const rowsPerLook = 1_000;

/** The last committed state. Marks are not stored, so open profit is unknown here. */
export async function statusOf(dataDir: string): Promise<StatusReport> {
  const reader = openJournalReader(dataDir);
  try {
    const recovered = reader.recovered();
    const { seq, hash } = recovered.head;
    return await Promise.resolve({
      dataDir,
      isRunning: isEngineRunning(dataDir),
      wasClean: reader.wasClean,
      headSeq: seq,
      headHash: hash,
      lastAt: seq === 0 ? 'never' : isoText(recovered.lastAtMs),
      epoch: reader.epoch,
      openEffects: recovered.openEffects.length,
      quarantined: recovered.quarantines.map(({ actor }) => actor),
      accounts: accountsOf(recovered.actors),
    });
  } finally {
    reader.close();
  }
}

export async function journalVerify(dataDir: string): Promise<VerifyReport> {
  return Promise.resolve(verifyDirectory(dataDir));
}

export async function journalTail(
  options: {
    readonly dataDir: string;
    readonly count: number;
    readonly follow: boolean;
    readonly actor?: string;
  },
  onLine: (line: JournalLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = openJournalReader(options.dataDir);
  try {
    const rows = reader.lastRows(options.count, options.actor);
    let last = reader.head.seq;
    for (const row of rows) onLine(lineOf(row));
    while (options.follow && !signal.aborted) {
      const news = reader.rowsAfter(last, rowsPerLook);
      for (const row of news) {
        last = row.seq;
        if (options.actor === undefined || row.actor === options.actor) onLine(lineOf(row));
      }
      if (news.length === rowsPerLook) continue;
      await pause(followMs, signal);
    }
  } finally {
    reader.close();
  }
}

/** Resolves after the time, or at once when the signal comes. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = systemClock.schedule(systemClock.nowMs() + milliseconds, end);
    signal.addEventListener('abort', end);
  });
}

function lineOf(row: StoredEntry): JournalLine {
  const { type } = JSON.parse(row.eventJson) as { type: string };
  return {
    seq: row.seq,
    at: isoText(row.atMs),
    actor: row.machine === 'input' ? `${row.account || 'engine'} (input)` : row.actor,
    event: type,
    from: row.fromState,
    to: row.toState,
    cause: row.causeSeq,
  };
}

function accountsOf(actors: readonly ActorState[]): readonly AccountProgress[] {
  return actors
    .filter(({ machine }) => machine === 'account')
    .map((state) =>
      accountOf(
        state,
        actors.filter(({ account }) => account === state.account),
      ),
    );
}

function accountOf(account: ActorState, actors: readonly ActorState[]): AccountProgress {
  const { causes = {} } = JSON.parse(account.contextJson) as {
    causes?: Record<string, TradingStateCause>;
  };
  const ledger = actors.find(({ machine }) => machine === 'ledger');
  const {
    realizedUnits = 0,
    feesUnits = 0,
    currency = 'USD',
  } = JSON.parse(ledger?.contextJson ?? '{}') as {
    realizedUnits?: number;
    feesUnits?: number;
    currency?: string;
  };
  const open = actors.filter(({ machine, stateJson }) => {
    if (machine !== 'order') return false;
    return !isClosed((JSON.parse(stateJson) as { execution: ExecutionState }).execution);
  });
  return {
    accountId: account.account,
    tradingState: String(JSON.parse(account.stateJson)).toUpperCase() as TradingState,
    causes: Object.entries(causes).map(([name, { reason }]) => `${name}: ${reason}`),
    realized: formatMoney(realizedUnits, currency),
    fees: formatMoney(feesUnits, currency),
    net: formatMoney(realizedUnits - feesUnits, currency),
    unrealized: 'unknown',
    positions: actors.flatMap(positionOf),
    workingOrders: open.length,
    rules: actors.filter(({ machine }) => machine === 'rule').map(ruleOf),
    locks: actors.flatMap(lockOf),
  };
}

function positionOf(state: ActorState): AccountProgress['positions'] {
  if (state.machine !== 'position') return [];
  const { instrument: id, book } = JSON.parse(state.contextJson) as {
    instrument: InstrumentId;
    book: PositionBook;
  };
  if (book.openLots === 0) return [];
  const instrument: Instrument | undefined = builtInInstruments.get(id);
  return [
    {
      instrument: id,
      quantity:
        instrument === undefined ? `${book.openLots} lots` : formatLots(instrument, book.openLots),
      average:
        instrument === undefined ? 'unknown' : (averagePriceText(book, instrument, 4) ?? 'unknown'),
      unrealized: 'unknown',
    },
  ];
}

function ruleOf(state: ActorState): AccountProgress['rules'][number] {
  const value: unknown = JSON.parse(state.stateJson);
  const { ruleId } = JSON.parse(state.contextJson) as { ruleId: string };
  return {
    ruleId,
    title: '',
    state: typeof value === 'string' ? value : state.stateJson,
    verdict: 'unknown',
    observed: 'unknown',
    limit: 'unknown',
  };
}

function lockOf(state: ActorState): AccountProgress['locks'] {
  if (state.machine !== 'lock' || state.stateJson !== '"active"') return [];
  const lock = JSON.parse(state.contextJson) as LockInput;
  const until = lock.expiresAtMs === undefined ? 'no end in time' : isoText(lock.expiresAtMs);
  return [
    {
      lockId: lock.lockId,
      rule: lock.source,
      kind: lock.kind,
      scope: lock.scope,
      reason: lock.reason,
      until,
    },
  ];
}
