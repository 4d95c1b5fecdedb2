/**
 * What lists and look-ups show: the book as it is, or as it was a while ago where the venue is only eventually
 * consistent, with rows left out or wrong where it lies. The book itself is never touched. Source: projectx 15 (F13, F16).
 */
import { mulDiv } from '../../domain/arithmetic.ts';
import type { Fill } from '../../domain/fill.ts';
import type { AccountId, OrderId, VenueOrderId } from '../../domain/ids.ts';
import type { Units } from '../../domain/money.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { PaperBook } from './paper-book.ts';
import type { FaultSwitch } from './paper-faults.ts';
import { isOpen, type PaperOrder } from './paper-order.ts';
import type { PositionRow } from './paper-store.ts';

/** Everything of one account that a list can show. */
export type Shown = {
  readonly orders: readonly PaperOrder[];
  readonly positions: readonly PositionRow[];
  readonly fills: readonly Fill[];
  readonly balanceUnits: Units;
};

type Picture = {
  readonly atMs: number;
  readonly revision: number;
  readonly orders: readonly PaperOrder[];
  readonly positions: readonly PositionRow[];
  readonly fills: readonly Fill[];
  readonly balances: ReadonlyMap<AccountId, Units>;
};

type Parts = {
  /** Real time: a lag is a duration. */
  readonly clock: Clock;
  readonly book: PaperBook;
  readonly faults: FaultSwitch;
};

export class Pictures {
  private readonly parts: Parts;
  /** Oldest first; the newest that is old enough is shown. */
  private history: Picture[] = [];
  private readonly accounts = new Set<AccountId>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Remembers the book as it is now; nothing while lists do not lag. Called after every entry. */
  remember(): void {
    const { book, clock, faults } = this.parts;
    if (faults.now.listLagMs === 0) {
      this.history = [];
      return;
    }
    if (this.history.at(-1)?.revision === book.revision) return;
    this.history.push({
      atMs: clock.nowMs(),
      revision: book.revision,
      orders: book.store.allOrders(),
      positions: book.store.positions(),
      fills: book.store.allFills(),
      balances: new Map([...this.accounts].map((id) => [id, book.balanceOf(id)])),
    });
    this.past();
  }

  show(accountId: AccountId, sinceMs: number): Shown {
    this.accounts.add(accountId);
    const { wrongPositionLots } = this.parts.faults.now;
    const then = this.past();
    if (then !== undefined && then.revision !== this.parts.book.revision)
      this.parts.faults.note('stale list');
    if (wrongPositionLots !== 0) this.parts.faults.note('wrong positions');
    const shown =
      then === undefined ? this.present(accountId, sinceMs) : this.asOf(then, accountId, sinceMs);
    return {
      orders: this.drop(shown.orders),
      positions: this.drop(
        shown.positions
          .map((row) => wrongly(row, wrongPositionLots))
          .filter(({ book: { openLots } }) => openLots !== 0),
      ),
      fills: this.drop(shown.fills),
      balanceUnits: shown.balanceUnits,
    };
  }

  /** The order as a look-up shows it; `unsettled`: it may be there and not be shown yet. */
  lookUp(id: OrderId | VenueOrderId): PaperOrder | 'unsettled' | undefined {
    const then = this.past();
    if (then === undefined) return this.parts.book.findOrder(id);
    const order = then.orders.find(
      ({ orderId, venueOrderId }) => orderId === id || venueOrderId === id,
    );
    return order ?? 'unsettled';
  }

  private past(): Picture | undefined {
    const { clock, faults } = this.parts;
    const { listLagMs } = faults.now;
    if (listLagMs === 0 || this.history.length === 0) return undefined;
    const asOfMs = clock.nowMs() - listLagMs;
    while (this.history.length > 1 && (this.history[1]?.atMs ?? Infinity) <= asOfMs)
      this.history.shift();
    return this.history[0];
  }

  private drop<Row>(rows: readonly Row[]): readonly Row[] {
    const { faults } = this.parts;
    const { halfListsPpm } = faults.now;
    if (halfListsPpm === 0) return rows;
    const kept = rows.filter(() => !faults.happens(halfListsPpm));
    if (kept.length < rows.length) faults.note('half list');
    return kept;
  }

  private present(accountId: AccountId, sinceMs: number): Shown {
    const { book } = this.parts;
    return {
      orders: book.store.ordersSince(accountId, sinceMs),
      positions: book.store.positions().filter((row) => row.accountId === accountId),
      fills: book.store.fillsSince(accountId, sinceMs),
      balanceUnits: book.balanceOf(accountId),
    };
  }

  private asOf(
    { orders, positions, fills, balances }: Picture,
    accountId: AccountId,
    sinceMs: number,
  ): Shown {
    const isOf = (row: { readonly accountId: AccountId }): boolean => row.accountId === accountId;
    return {
      orders: orders.filter(
        (order) => isOf(order) && (isOpen(order) || order.updatedAtMs >= sinceMs),
      ),
      positions: positions.filter(isOf),
      fills: fills.filter((fill) => isOf(fill) && fill.venueTimeMs >= sinceMs),
      balanceUnits: balances.get(accountId) ?? this.parts.book.balanceOf(accountId),
    };
  }
}

/** On open positions only: a venue that invents positions out of nothing is told by `externalPosition`. */
function wrongly(row: PositionRow, byLots: number): PositionRow {
  const { openLots, costUnits } = row.book;
  if (byLots === 0 || openLots === 0) return row;
  const wrongLots = openLots + byLots;
  const cost = wrongLots === 0 ? 0 : mulDiv(costUnits, wrongLots, openLots);
  return { ...row, book: { ...row.book, openLots: wrongLots, costUnits: cost } };
}
