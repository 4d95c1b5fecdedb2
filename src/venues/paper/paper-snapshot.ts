/** The complete picture that a reconciliation asks for. A list that cannot be read fails the whole call. */
import type { AccountId } from '../../domain/ids.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { VenueSnapshot } from '../../ports/venue.port.ts';
import type { DelayLine } from './delay-line.ts';
import type { PaperBook } from './paper-book.ts';
import type { FaultSwitch } from './paper-faults.ts';
import { listed } from './paper-order.ts';

type Parts = {
  readonly clock: Clock;
  readonly book: PaperBook;
  readonly faults: FaultSwitch;
  readonly wire: DelayLine;
};

export function createSnapshots({ clock, book, faults, wire }: Parts) {
  const failure = (): string | undefined => {
    const { link, nullLists, missingAccount } = faults.now;
    if (link === 'downAll') return 'the venue cannot be reached';
    const failed = faults.queryFailure({ command: 'query' }, clock.nowMs());
    if (failed !== undefined) return `the query failed: ${failed}`;
    if (nullLists) return 'the lists are null';
    return missingAccount ? 'the account is absent from the account list' : undefined;
  };

  const take = (accountId: AccountId, sinceMs: number): VenueSnapshot => {
    book.commit();
    const nowMs = clock.nowMs();
    return {
      asOfMs: nowMs,
      balanceUnits: book.balanceOf(accountId),
      orders: book.store
        .ordersSince(accountId, sinceMs)
        .filter(
          ({ orderId, instrument, side }) =>
            !faults.isHidden({ orderId, instrument, side, command: 'query' }, nowMs),
        )
        .map(listed),
      positions: book.store
        .positions()
        .filter((row) => row.accountId === accountId && row.book.openLots !== 0)
        .map(({ instrument, book: { openLots, costUnits } }) => ({
          instrument,
          openLots,
          costUnits,
        })),
      fills: book.store.fillsSince(accountId, sinceMs),
    };
  };

  return (accountId: AccountId, sinceMs: number): Promise<VenueSnapshot> =>
    new Promise((resolve, reject) => {
      wire.push(faults.now.latencyMs, () => {
        const reason = failure();
        const snapshot = reason === undefined ? take(accountId, sinceMs) : undefined;
        wire.push(faults.now.latencyMs, () => {
          if (snapshot === undefined)
            reject(new Error(`no snapshot of ${accountId}: ${reason ?? ''}`));
          else resolve(snapshot);
        });
      });
    });
}
