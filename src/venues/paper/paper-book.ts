import { addExact } from '../../domain/arithmetic.ts';
import type { Fill } from '../../domain/fill.ts';
/** What is true at the venue: orders, fills, positions, money. Changes are written once per entry. */
import type { AccountId, FillId, InstrumentId, OrderId, VenueOrderId } from '../../domain/ids.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { Currency, Units } from '../../domain/money.ts';
import { applyFill, emptyBook, type PositionBook } from '../../domain/position.ts';
import { condition, invariant } from '../../kernel/assert.ts';
import { isOpen, type PaperOrder } from './paper-order.ts';
import {
  openPaperStore,
  type BalanceRow,
  type PaperStore,
  type PositionRow,
} from './paper-store.ts';

export type PaperAccount = { readonly startBalanceUnits: Units; readonly currency: Currency };

/** Everything the venue holds, for tests and for the comparison after a crash. */
export type PaperLedger = {
  /** How many times the venue received each client order id. */
  readonly submissions: ReadonlyMap<OrderId, number>;
  readonly fills: readonly Fill[];
  readonly orders: readonly PaperOrder[];
  readonly positions: readonly PositionRow[];
  readonly balances: readonly BalanceRow[];
};

export type BookOptions = {
  readonly directory: string | undefined;
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
  readonly accountOf: (accountId: AccountId) => PaperAccount;
};

type Changes = {
  readonly orders: Set<PaperOrder>;
  readonly fills: Fill[];
  readonly positions: Map<string, PositionRow>;
  readonly balances: Map<string, BalanceRow>;
  readonly submissions: { readonly orderId: OrderId; readonly atMs: number }[];
};

/** Open orders, positions and money are in memory; everything finished is read from the store. */
export class PaperBook {
  readonly store: PaperStore;
  private readonly options: BookOptions;
  private readonly open = new Map<InstrumentId, Map<VenueOrderId, PaperOrder>>();
  private readonly openById = new Map<OrderId, PaperOrder>();
  private readonly positions: Map<string, PositionRow>;
  private readonly balances: Map<string, BalanceRow>;
  private readonly changes: Changes = {
    orders: new Set(),
    fills: [],
    positions: new Map(),
    balances: new Map(),
    submissions: [],
  };
  /** Grows with every change that is written. */
  revision = 0;
  private orderNumber: number;
  private tradeNumber: number;
  private openCount = 0;

  /** @throws OperatorError exit 73 when the book cannot be written */
  constructor(options: BookOptions) {
    this.options = options;
    this.store = openPaperStore(options.directory);
    this.positions = new Map(
      this.store.positions().map((row) => [positionKey(row.accountId, row.instrument), row]),
    );
    this.balances = new Map(
      this.store.balances().map((row) => [balanceKey(row.accountId, row.currency), row]),
    );
    this.orderNumber = this.store.lastOrderNumber;
    this.tradeNumber = this.store.lastTradeNumber;
    for (const order of this.store.openOrders()) this.list(order);
  }

  /** Grows at every opening: keys of reports hold it, so that none is used twice. */
  get epoch(): number {
    return this.store.epoch;
  }

  get openOrderCount(): number {
    return this.openCount;
  }

  instrumentOf(id: InstrumentId): Instrument | undefined {
    return this.options.instruments.get(id);
  }

  /** In order of acceptance; a copy, because orders end while one goes through them. */
  openOrders(instrument: InstrumentId): readonly PaperOrder[] {
    return [...(this.open.get(instrument)?.values() ?? [])];
  }

  allOpenOrders(): readonly PaperOrder[] {
    const all: PaperOrder[] = [];
    for (const orders of this.open.values()) all.push(...orders.values());
    return all;
  }

  hasOpenOrders(instrument: InstrumentId): boolean {
    return (this.open.get(instrument)?.size ?? 0) > 0;
  }

  /** By our id or the venue's, open or finished. */
  findOrder(id: OrderId | VenueOrderId): PaperOrder | undefined {
    const open = this.openById.get(id as OrderId);
    if (open !== undefined) return open;
    for (const order of this.changes.orders) if (order.orderId === id) return order;
    for (const orders of this.open.values()) {
      const order = orders.get(id as VenueOrderId);
      if (order !== undefined) return order;
    }
    return this.store.findOrder(id);
  }

  nextOrderNumber(): number {
    this.orderNumber += 1;
    return this.orderNumber;
  }

  nextTradeNumber(): number {
    this.tradeNumber += 1;
    return this.tradeNumber;
  }

  /** Counts a submission; the number received before this one. */
  receive(orderId: OrderId, atMs: number): number {
    const { submissions } = this.changes;
    const pending = submissions.filter((submission) => submission.orderId === orderId).length;
    submissions.push({ orderId, atMs });
    return this.store.submissionCount(orderId) + pending;
  }

  /** Adds the order or takes note of its change. */
  put(order: PaperOrder): void {
    this.list(order);
    this.changes.orders.add(order);
  }

  positionOf(accountId: AccountId, instrument: InstrumentId): PositionBook {
    return this.positions.get(positionKey(accountId, instrument))?.book ?? emptyBook;
  }

  setPosition(accountId: AccountId, instrument: InstrumentId, book: PositionBook): void {
    const row = { accountId, instrument, book };
    this.positions.set(positionKey(accountId, instrument), row);
    this.changes.positions.set(positionKey(accountId, instrument), row);
  }

  /** Books an execution: position, money, list. False when this trade id was booked before. */
  addFill(fill: Fill): boolean {
    const { accountId, fillId } = fill;
    const isPending = this.changes.fills.some(
      (other) => other.fillId === fillId && other.accountId === accountId,
    );
    if (isPending || this.store.findFill(accountId, fillId) !== undefined) return false;
    const instrument = this.instrumentOf(fill.instrument);
    condition(
      instrument !== undefined,
      () => `a fill is of a known instrument, was ${fill.instrument}`,
    );
    const before = this.positionOf(accountId, fill.instrument);
    const { book, realizedUnits } = applyFill(before, instrument, fill);
    this.setPosition(accountId, fill.instrument, book);
    const profit = fill.venueRealizedUnits ?? realizedUnits;
    this.addMoney(accountId, fill.instrument, addExact(profit, -fill.feeUnits));
    this.changes.fills.push(fill);
    return true;
  }

  /** Takes an execution out of the lists; position and money stay what they are. */
  removeFill(accountId: AccountId, fillId: FillId): void {
    invariant(this.changes.fills.length === 0, 'a fill is taken out between entries');
    this.store.removeFill(accountId, fillId);
  }

  /** In the currency of the account. */
  balanceOf(accountId: AccountId): Units {
    return this.money(accountId, this.options.accountOf(accountId).currency);
  }

  setBalance(accountId: AccountId, units: Units): void {
    this.putMoney(accountId, this.options.accountOf(accountId).currency, units);
  }

  /** Adds to the balance in the settlement currency of the instrument. */
  addMoney(accountId: AccountId, instrument: InstrumentId, units: Units): void {
    const currency =
      this.instrumentOf(instrument)?.settlementCurrency ??
      this.options.accountOf(accountId).currency;
    this.putMoney(accountId, currency, addExact(this.money(accountId, currency), units));
  }

  /** Writes what changed since the last call, in one transaction. */
  commit(): void {
    const { orders, fills, positions, balances, submissions } = this.changes;
    const count = orders.size + fills.length + positions.size + balances.size + submissions.length;
    if (count === 0) return;
    this.revision += 1;
    this.store.write({ ...this.changes, tradeNumber: this.tradeNumber });
    orders.clear();
    positions.clear();
    balances.clear();
    fills.length = 0;
    submissions.length = 0;
  }

  ledger(): PaperLedger {
    this.commit();
    const { store } = this;
    return {
      submissions: new Map(store.submissions().map(({ orderId, count }) => [orderId, count])),
      fills: store.allFills(),
      orders: store.allOrders(),
      positions: store.positions(),
      balances: store.balances(),
    };
  }

  close(): void {
    this.commit();
    this.store.close();
  }

  private list(order: PaperOrder): void {
    const orders = this.open.get(order.instrument) ?? new Map<VenueOrderId, PaperOrder>();
    this.open.set(order.instrument, orders);
    const wasOpen = orders.has(order.venueOrderId);
    if (isOpen(order)) {
      orders.set(order.venueOrderId, order);
      if (order.orderId !== undefined) this.openById.set(order.orderId, order);
    } else {
      orders.delete(order.venueOrderId);
      if (order.orderId !== undefined) this.openById.delete(order.orderId);
    }
    if (isOpen(order) && !wasOpen) this.openCount += 1;
    if (!isOpen(order) && wasOpen) this.openCount -= 1;
  }

  private money(accountId: AccountId, currency: Currency): Units {
    const account = this.options.accountOf(accountId);
    const startUnits = currency === account.currency ? account.startBalanceUnits : 0;
    return this.balances.get(balanceKey(accountId, currency))?.units ?? startUnits;
  }

  private putMoney(accountId: AccountId, currency: Currency, units: Units): void {
    const row = { accountId, currency, units };
    this.balances.set(balanceKey(accountId, currency), row);
    this.changes.balances.set(balanceKey(accountId, currency), row);
  }
}

function positionKey(accountId: AccountId, instrument: InstrumentId): string {
  return `${accountId}|${instrument}`;
}

function balanceKey(accountId: AccountId, currency: Currency): string {
  return `${accountId}|${currency}`;
}
