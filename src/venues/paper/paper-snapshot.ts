/** The complete picture that a reconciliation asks for. A list that cannot be read fails the whole call. */
import type { AccountId, InstrumentId } from '../../domain/ids.ts';
import { VenueCallFailed } from '../../domain/venue-call.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { VenueEvent, VenueOrder, VenueSnapshot } from '../../ports/venue.port.ts';
import type { DelayLine } from './delay-line.ts';
import type { PaperBook } from './paper-book.ts';
import { statusIn, type FaultSwitch } from './paper-faults.ts';
import { listed } from './paper-order.ts';
import type { Pictures } from './paper-pictures.ts';

type Parts = {
  /** The venue's own. */
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly book: PaperBook;
  readonly faults: FaultSwitch;
  readonly pictures: Pictures;
  readonly wire: DelayLine;
};

/** Open orders, at once where the venue does not hang: it is in this process. Fails as a picture would. */
export function createOpenOrders({ clock, book, faults, pictures, wire }: Parts) {
  const read = (accountId: AccountId, instrument: InstrumentId): readonly VenueOrder[] => {
    const nowMs = clock.nowMs();
    const rows = faults.isHonest
      ? book.openOrders(instrument).filter((order) => order.accountId === accountId)
      : pictures
          .show(accountId, Number.MAX_SAFE_INTEGER)
          .orders.filter((order) => order.instrument === instrument);
    return rows
      .filter(
        ({ orderId, side }) =>
          !faults.isHidden({ orderId, instrument, side, command: 'query' }, nowMs),
      )
      .map(listed)
      .filter(({ status }) => openStatuses.has(status));
  };
  return (
    accountId: AccountId,
    instrument: InstrumentId,
  ): readonly VenueOrder[] | Promise<readonly VenueOrder[]> => {
    const reason = failureOf({ clock, faults });
    if (reason !== undefined) throw failedCall(`no open orders of ${accountId}`, reason);
    book.commit();
    const { lateMs, isLost } = silenceOf(faults);
    const rows = read(accountId, instrument);
    if (lateMs === 0 && !isLost) return rows;
    return new Promise((resolve) => {
      if (!isLost) wire.push(lateMs, () => resolve(rows));
    });
  };
}

/** How the answer to a question for a list is kept back. */
function silenceOf(faults: FaultSwitch): { readonly lateMs: number; readonly isLost: boolean } {
  const lateMs = faults.find('hang', { command: 'query' })?.forMs ?? 0;
  return { lateMs, isLost: faults.find('loseAck', { command: 'query' }) !== undefined };
}

const openStatuses: ReadonlySet<VenueOrder['status']> = new Set([
  'working',
  'partial',
  'suspended',
  'triggered',
]);

function failureOf({ clock, faults }: Pick<Parts, 'clock' | 'faults'>): string | undefined {
  const { link, nullLists, missingAccount } = faults.now;
  if (link === 'downAll') return unreachable;
  const failed = faults.queryFailure({ command: 'query' }, clock.nowMs());
  if (failed !== undefined) return `${queryFailed}: ${failed}`;
  if (nullLists) return 'the lists are null';
  return missingAccount ? absentAccount : undefined;
}

/** A list that came and is of no use is no fault of the line. */
function failedCall(what: string, reason: string): Error {
  const text = `${what}: ${reason}`;
  const isOfLine = reason === unreachable || reason.startsWith(queryFailed);
  return isOfLine ? new VenueCallFailed(text, statusIn(reason).status) : new Error(text);
}

const unreachable = 'the venue cannot be reached';
const queryFailed = 'the query failed';
const absentAccount = 'the account is absent from the account list';

/** @param permissions what the venue has said of each account; the account list says it again */
export function createSnapshots(
  { clock, book, faults, pictures, wire }: Parts,
  permissions: Map<AccountId, boolean>,
  say: (event: VenueEvent) => void,
) {
  const absent = new Set<AccountId>();
  /** An account that its list lacks is not tradable, and is again when it is back. Source: rules 3 (RULE-010). */
  const lookUp = (accountId: AccountId, isAbsent: boolean): void => {
    if (isAbsent === absent.has(accountId)) return;
    if (isAbsent) absent.add(accountId);
    else absent.delete(accountId);
    const canTrade = !isAbsent && permissions.get(accountId) !== false;
    const venueTimeMs = clock.nowMs();
    say({ type: 'venue.permission', accountId, canTrade, venueTimeMs });
  };

  const failure = (): string | undefined => failureOf({ clock, faults });

  const take = (accountId: AccountId, sinceMs: number): VenueSnapshot => {
    book.commit();
    const nowMs = clock.nowMs();
    const canTrade = permissions.get(accountId);
    const shown = pictures.show(accountId, sinceMs);
    return {
      asOfMs: nowMs,
      balanceUnits: shown.balanceUnits,
      ...(canTrade === undefined ? {} : { canTrade }),
      orders: shown.orders
        .filter(
          ({ orderId, instrument, side }) =>
            !faults.isHidden({ orderId, instrument, side, command: 'query' }, nowMs),
        )
        .map(listed),
      positions: shown.positions.map(({ instrument, book: { openLots, costUnits } }) => ({
        instrument,
        openLots,
        costUnits,
      })),
      fills: shown.fills,
    };
  };

  return (accountId: AccountId, sinceMs: number): Promise<VenueSnapshot> =>
    new Promise((resolve, reject) => {
      wire.push(faults.now.latencyMs, () => {
        const reason = failure();
        if (reason === undefined || reason === absentAccount)
          lookUp(accountId, reason === absentAccount);
        const snapshot = reason === undefined ? take(accountId, sinceMs) : undefined;
        const { lateMs, isLost } = silenceOf(faults);
        if (isLost) return;
        wire.push(faults.now.latencyMs + lateMs, () => {
          if (snapshot === undefined)
            reject(failedCall(`no snapshot of ${accountId}`, reason ?? ''));
          else resolve(snapshot);
        });
      });
    });
}
