/** Whole accounts: the picture after a row, what differs between two, what hangs on an actor, and how the day went. */
import { journalRedactor } from '../domain/classified-fields.ts';
import { ownerSight, type Sight } from '../domain/redaction.ts';
import type { JournalView } from '../ports/journal-view.port.ts';
import {
  contextOf,
  isOpenOrder,
  stateText,
  type ActorIndex,
  type IndexedActor,
} from './actor-index.ts';
import type { HistoryScan } from './history-scan.ts';
import { changesBetween, type PastAccounts } from './past.ts';
import type { AccountPicture, BlastReport, DiffReport, SeriesReport } from './protocol-reports.ts';
import { neighboursOf } from './row-report.ts';

/** The account after the row `at`, every actor of it. */
export function pictureOf(
  view: JournalView,
  past: PastAccounts,
  scan: HistoryScan,
  account: string,
  at: number,
  sight: Sight,
): AccountPicture {
  const picture = past.at(account, at);
  const actors = [...picture.actors.values()].map(({ id, kind, stateJson, context, seq }) => ({
    id,
    kind,
    state: stateText(stateJson),
    context: redactedOnce(context, sight),
    seq,
  }));
  const named = (kind: string) => actors.find((actor) => actor.kind === kind);
  return {
    account,
    seq: picture.seq,
    atMs: picture.atMs,
    tradingState: (named('account')?.state ?? 'none').toUpperCase(),
    ledger: (named('ledger')?.context ?? {}) as Record<string, unknown>,
    actors,
    ...neighboursOf(view, scan, account, picture.seq),
  };
}

/** States of the past never change, so each one is gone through once. */
const redactions = new WeakMap<object, unknown>();

function redactedOnce(context: Readonly<Record<string, unknown>>, sight: Sight): unknown {
  if (sight !== ownerSight) return journalRedactor.shown(context, sight);
  const known = redactions.get(context) ?? journalRedactor.shown(context, sight);
  redactions.set(context, known);
  return known;
}

export function diffOf(
  past: PastAccounts,
  account: string,
  a: number,
  b: number,
  sight: Sight,
): DiffReport {
  const changes = changesBetween(past.at(account, a), past.at(account, b));
  return {
    changes: changes.map(({ actor, path, before, after }) => ({
      actor,
      path,
      before: journalRedactor.shownAt(path, before, sight),
      after: journalRedactor.shownAt(path, after, sight),
    })),
  };
}

/** What depends on an actor and what is in flight in its account. Undefined when there is no such actor. */
export function blastOf(index: ActorIndex, id: string): BlastReport | undefined {
  const actor = index.get(id);
  if (actor === undefined) return undefined;
  const siblings = index.ofAccount(actor.account);
  const open = siblings.filter(isOpenOrder);
  return {
    id,
    seq: index.seq,
    dependents: dependentsOf(actor, siblings),
    inFlight: open.map((order) => ({
      orderId: order.id.slice(order.id.lastIndexOf('/') + 1),
      text: orderText(order),
    })),
    unprotected: unprotectedOf(siblings, open),
    ...consequences[
      actor.kind === 'account' ? 'account' : isCritical(actor) ? 'critical' : 'other'
    ],
  };
}

type Order = {
  readonly instrument?: string;
  readonly side?: string;
  readonly quantityLots?: number;
  readonly filledLots?: number;
  readonly orderType?: string;
  readonly purpose?: string;
};

function orderText(actor: IndexedActor): string {
  const {
    side,
    quantityLots = 0,
    filledLots = 0,
    instrument,
    orderType,
    purpose,
  } = contextOf(actor) as Order;
  return `${side} ${quantityLots - filledLots} ${instrument} ${orderType} (${purpose}), ${stateText(actor.stateJson)}`;
}

/** Positions whose open protective orders do not cover them. */
function unprotectedOf(
  siblings: readonly IndexedActor[],
  open: readonly IndexedActor[],
): BlastReport['unprotected'] {
  return siblings.flatMap((actor) => {
    if (actor.kind !== 'position') return [];
    const { instrument, book } = contextOf(actor) as {
      readonly instrument: string;
      readonly book: { readonly openLots: number };
    };
    let bare = Math.abs(book.openLots);
    for (const order of open) {
      const {
        purpose,
        instrument: other,
        quantityLots = 0,
        filledLots = 0,
      } = contextOf(order) as Order;
      if (purpose === 'protective' && other === instrument) bare -= quantityLots - filledLots;
    }
    return bare > 0 ? [{ instrument, quantity: `${bare} lots` }] : [];
  });
}

function dependentsOf(actor: IndexedActor, siblings: readonly IndexedActor[]): readonly string[] {
  if (actor.kind === 'account')
    return siblings.filter(({ id }) => id !== actor.id).map(({ id }) => id);
  const { instrument } = contextOf(actor) as { readonly instrument?: string };
  return siblings
    .filter(({ id, kind }) => {
      if (id === actor.id) return false;
      if (kind === 'account') return true;
      return instrument !== undefined && id.endsWith(`/${instrument}`);
    })
    .map(({ id }) => id);
}

function isCritical({ kind }: IndexedActor): boolean {
  return ['order', 'position', 'ledger', 'exit', 'rule'].includes(kind);
}

const consequences = {
  account: {
    ifRestarted: 'It comes back from its last row; nothing is sent twice, deadlines go on.',
    ifPaused: 'Nothing of the account decides: no new risk, and no enforcement either.',
    ifItDies: 'Its supervisor holds the account at REDUCING until it is resumed.',
  },
  critical: {
    ifRestarted: 'It comes back from its last row; messages wait for it in order.',
    ifPaused: 'Messages wait; the account is REDUCING: nothing that adds risk passes.',
    ifItDies: 'After three crashes it is quarantined and the account is REDUCING.',
  },
  other: {
    ifRestarted: 'It comes back from its last row.',
    ifPaused: 'Messages wait for it in order.',
    ifItDies: 'After three crashes it is quarantined; the account is REDUCING.',
  },
} as const;

type LedgerNumbers = {
  readonly realizedUnits?: number;
  readonly feesUnits?: number;
  readonly balanceUnits?: number;
};

/**
 * How the result of the account went, from its ledger's rows; thinned to `points`.
 *
 * @param whole money as a number for drawing
 */
export function seriesOf(
  view: JournalView,
  ledger: IndexedActor | undefined,
  points: number,
  limits: SeriesReport['limits'],
  whole: (units: number) => number,
): SeriesReport {
  const rows =
    ledger === undefined
      ? []
      : view.rowsOfActor(ledger.id, Number.MAX_SAFE_INTEGER, seriesRowsMax).toReversed();
  const atMs: number[] = [];
  const net: (number | undefined)[] = [];
  const balance: (number | undefined)[] = [];
  const known: Record<string, unknown> = {};
  const step = Math.max(1, Math.ceil(rows.length / points));
  for (const [index, row] of rows.entries()) {
    Object.assign(known, JSON.parse(row.contextDiffJson));
    if (index % step !== 0 && index !== rows.length - 1) continue;
    const { realizedUnits, feesUnits, balanceUnits } = known as LedgerNumbers;
    atMs.push(row.atMs);
    net.push(
      realizedUnits === undefined || feesUnits === undefined
        ? undefined
        : whole(realizedUnits - feesUnits),
    );
    balance.push(balanceUnits === undefined ? undefined : whole(balanceUnits));
  }
  return { atMs, net, balance, limits };
}

const seriesRowsMax = 20_000;
