import { journalRedactor } from '../domain/classified-fields.ts';
import { ownerSight, type Sight } from '../domain/redaction.ts';
/** Rows of the journal for people: what happened, from which state to which, and how much it matters. */
import type { JournalView, ViewedRow } from '../ports/journal-view.port.ts';
import { stateText } from './actor-index.ts';
import type { HistoryScan } from './history-scan.ts';
import type { RowDetail, RowSummary, RowsPage } from './protocol.ts';

type Event = { readonly type?: string; readonly [field: string]: unknown };

/** Types that say that something is not as it should be. */
const anomalies: ReadonlySet<string> = new Set([
  'account.causeAdded',
  'account.enforcementWanted',
  'account.exitDelayed',
  'account.exposureAdded',
  'account.lockStarted',
  'actor.crashed',
  'order.placeAmbiguous',
  'order.placeRejected',
  'order.venueRejected',
  'order.ackTimeout',
  'order.cancelRejected',
  'order.modifyRejected',
  'order.fillVoided',
  'position.doubted',
  'rule.enforcementDelayed',
  'rule.evaluationFailed',
  'venue.fillVoided',
  'kill.requested',
]);

const decisions: ReadonlySet<string> = new Set([
  'command.submit',
  'operator.command',
  'account.lockEnded',
  'account.causeRemoved',
  'account.rearmed',
  'account.reconciled',
  'account.dayRolled',
  'order.intentCommitted',
  'order.cancelRequested',
  'order.modifyRequested',
  'rule.verdictChanged',
  'exit.required',
  'ledger.dayRolled',
  'engine.reload',
]);

export function eventOf(row: ViewedRow): Event {
  return JSON.parse(row.eventJson) as Event;
}

/** Whether a row says that something is not as it should be; reads the event only where its type does not tell. */
export function isAnomaly(row: ViewedRow): boolean {
  const type = /^\{"type":"([^"\\]*)"/u.exec(row.eventJson)?.[1];
  if (type === undefined || type === 'rule.verdictChanged')
    return importanceOf(eventOf(row)) === 'anomaly';
  return anomalies.has(type);
}

export function summaryOf(row: ViewedRow): RowSummary {
  const event = eventOf(row);
  return {
    seq: row.seq,
    atMs: row.atMs,
    account: row.account,
    actor: row.actor,
    actorSeq: row.actorSeq,
    machine: row.machine,
    event: event.type ?? '',
    from: stateText(row.fromState),
    to: stateText(row.toState),
    causeSeq: row.causeSeq,
    correlationSeq: row.correlationSeq,
    importance: importanceOf(event),
  };
}

export function detailOf(row: ViewedRow, sight: Sight): RowDetail {
  return {
    ...summaryOf(row),
    body: journalRedactor.shown(eventOf(row), sight),
    contextDiff: journalRedactor.shown(JSON.parse(row.contextDiffJson), sight),
    hash: row.hash,
    epoch: row.epoch,
  };
}

function importanceOf(event: Event): RowSummary['importance'] {
  const { type = '', finding } = event;
  if (type === 'rule.verdictChanged') {
    const { verdict } = (finding ?? {}) as { readonly verdict?: string };
    return verdict === 'PASS' ? 'decision' : 'anomaly';
  }
  if (anomalies.has(type)) return 'anomaly';
  return decisions.has(type) ? 'decision' : 'normal';
}

export type RowsQuery = {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
  readonly account?: string | undefined;
  readonly actor?: string | undefined;
  readonly type?: string | undefined;
  readonly q?: string | undefined;
  readonly importance?: 'anomaly' | 'decision' | undefined;
  /** A search finds nothing in what its reader may not see. */
  readonly sight?: Sight;
};

/** Rows that one look goes through at most before it says where it stopped. */
const rowsSearchedMax = 20_000;
const rowsPerLook = 1_000;

/** Rows that match, newest first, or oldest first behind `after`; `next` is where the next page begins. */
export function rowsPage(view: JournalView, query: RowsQuery): RowsPage {
  const isForward = query.after !== undefined;
  const rows: RowSummary[] = [];
  let from = query.after ?? query.before ?? Number.MAX_SAFE_INTEGER;
  let searched = 0;
  while (searched < rowsSearchedMax) {
    const look = lookAt(view, query, isForward, from);
    for (const row of look) {
      from = row.seq;
      searched += 1;
      if (!isWanted(row, query)) continue;
      rows.push(summaryOf(row));
      if (rows.length === query.limit) return { rows, next: from };
    }
    if (look.length < rowsPerLook) return { rows };
  }
  return { rows, next: from };
}

function lookAt(
  view: JournalView,
  { actor }: RowsQuery,
  isForward: boolean,
  from: number,
): readonly ViewedRow[] {
  if (isForward) return view.rowsAfter(from, rowsPerLook);
  if (actor !== undefined) return view.rowsOfActor(actor, from, rowsPerLook);
  return view.rowsBefore(from, rowsPerLook);
}

function isWanted(row: ViewedRow, query: RowsQuery): boolean {
  const { account, actor, q = '', sight = ownerSight } = query;
  return (
    (account === undefined || row.account === account) &&
    (actor === undefined || row.actor === actor) &&
    (q === '' || containsText(row, q.toLowerCase(), sight)) &&
    isOfKind(row, query)
  );
}

/** The event is read only where it has to be. */
function isOfKind(row: ViewedRow, { type, importance }: RowsQuery): boolean {
  if (type === undefined && importance === undefined) return true;
  const event = eventOf(row);
  if (type !== undefined && !(event.type ?? '').startsWith(type)) return false;
  if (importance === undefined) return true;
  const found = importanceOf(event);
  return importance === 'decision' ? found !== 'normal' : found === 'anomaly';
}

function containsText(row: ViewedRow, words: string, sight: Sight): boolean {
  if (row.actor.toLowerCase().includes(words) || row.toState.toLowerCase().includes(words))
    return true;
  if (!row.eventJson.toLowerCase().includes(words)) return false;
  return JSON.stringify(journalRedactor.shown(eventOf(row), sight))
    .toLowerCase()
    .includes(words);
}

/** The whole correlation of a row, oldest first: what one input has caused. Its rows stand close together. */
export function correlationOf(view: JournalView, seq: number): readonly RowSummary[] {
  const start = view.row(seq)?.correlationSeq;
  if (start === undefined) return [];
  return view
    .rowsAfter(start - 1, correlationRowsMax)
    .filter(({ correlationSeq }) => correlationSeq === start)
    .map(summaryOf);
}

const correlationRowsMax = 5_000;

/** The next and the previous row of an account, seen from a row, and those that matter as far as the walk has come. */
export function neighboursOf(
  view: JournalView,
  scan: HistoryScan,
  account: string,
  seq: number,
): {
  readonly previousSeq?: number;
  readonly nextSeq?: number;
  readonly previousAnomalySeq?: number;
  readonly nextAnomalySeq?: number;
} {
  const { before, after } = scan.anomaliesAround(account, seq);
  const found = {
    previousSeq: nearest(account, seq, (from, count) => view.rowsBefore(from, count)),
    nextSeq: nearest(account, seq, (from, count) => view.rowsAfter(from, count)),
    previousAnomalySeq: before,
    nextAnomalySeq: after,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Looks widen: the neighbour is mostly near, and is looked for no farther than a page is. */
function nearest(
  account: string,
  seq: number,
  look: (from: number, count: number) => readonly ViewedRow[],
): number | undefined {
  let from = seq;
  let searched = 0;
  for (let count = 16; searched < rowsSearchedMax; count = Math.min(count * 4, rowsPerLook)) {
    const rows = look(from, count);
    const hit = rows.find((row) => row.account === account);
    const last = rows.at(-1);
    if (hit !== undefined || last === undefined) return hit?.seq;
    searched += rows.length;
    from = last.seq;
  }
  return undefined;
}
