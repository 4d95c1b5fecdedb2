/**
 * The main thread's side of one shard: which instruments it holds, what it must be told, and everything
 * needed to tell it again from the beginning when its worker is lost.
 */
import type { AccountId } from '../domain/ids.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import type { AccountFacts } from '../domain/view.ts';
import type { RuleSetting } from '../ports/rule-evaluator.port.ts';
import type { MarketBook, MarketRow } from './market-book.ts';
import type { ClosedWindow, ShardMessage } from './protocol.ts';
import type { QuoteTable } from './shared-tables.ts';

type Kept = { readonly facts: AccountFacts; readonly rules: readonly RuleSetting[] };
type AccountMessage = Extract<ShardMessage, { type: 'account' }>;

export class ShardFeed {
  table: QuoteTable;
  private readonly market: MarketBook;
  private readonly kept = new Map<AccountId, Kept>();
  /** Accounts that hold each row. */
  private readonly holders: number[] = [];
  /** Rows that were held since the last evaluation: prices of facts that are gone are still wanted. */
  private lingering = new Set<number>();
  private readonly named = new Set<number>();
  private log: ShardMessage[] = [];
  /** Where the latest message about an account stands in the log. */
  private places = new Map<AccountId, number>();
  /** The latest place with windows that ended: facts before and after it are not the same. */
  private lastClosing = -1;
  /** Handed over and not yet answered. */
  private handed: readonly ShardMessage[] = [];

  constructor(market: MarketBook, table: QuoteTable) {
    this.market = market;
    this.table = table;
  }

  get isDirty(): boolean {
    return this.log.length > 0 || this.table.openCount > 0;
  }

  accounts(): IterableIterator<[AccountId, Kept]> {
    return this.kept.entries();
  }

  /** Almost free when no account of the shard holds the instrument. */
  putQuote(source: MarketRow): void {
    if ((this.holders[source.row] ?? 0) > 0 || this.lingering.has(source.row)) {
      this.table.put(source);
    }
  }

  /** A specification has come or changed. */
  putInstrument(source: MarketRow): void {
    if (this.named.has(source.row)) this.log.push(rowMessage(source));
  }

  putAccount(facts: AccountFacts, rules: readonly RuleSetting[]): void {
    const before = this.kept.get(facts.accountId);
    this.kept.set(facts.accountId, { facts, rules });
    const rows = this.rowsOf(facts);
    for (const source of rows) this.name(source);
    // Prices until now belong to the facts until now.
    const closed: ClosedWindow[] = [];
    for (const source of new Set([...rows, ...this.rowsOf(before?.facts)])) {
      if (!this.table.hasNews(source)) continue;
      closed.push({ row: source.row, ...this.table.restart(source) });
    }
    this.hold(before?.facts, -1);
    this.hold(facts, 1);
    for (const source of rows) this.table.touch(source);
    const change = before?.rules === rules ? {} : { rules };
    this.tell({ type: 'account', facts, ...change, closed });
  }

  removeAccount(accountId: AccountId): void {
    const before = this.kept.get(accountId);
    if (before === undefined) return;
    this.kept.delete(accountId);
    this.hold(before.facts, -1);
    this.places.delete(accountId);
    this.log.push({ type: 'removed', accountId });
  }

  /** What the shard has not been told yet. */
  take(): readonly ShardMessage[] {
    this.handed = this.log;
    this.lingering.clear();
    this.log = [];
    this.places.clear();
    this.lastClosing = -1;
    return this.handed;
  }

  /** Everything that was handed over has been judged. */
  settled(): void {
    this.handed = [];
  }

  /**
   * Begins again with another table: all rows, all accounts, the last words, and the extremes of every
   * window that nobody has judged.
   */
  restart(table: QuoteTable, known: (id: AccountId) => readonly RuleFinding[]): void {
    const unjudged = [...this.handed, ...this.log].flatMap((message) =>
      message.type === 'account' ? message.closed : [],
    );
    const before = this.table;
    this.table = table;
    this.handed = [];
    this.log = [];
    this.places.clear();
    this.lastClosing = -1;
    for (const row of this.named) {
      const source = this.market.rows[row];
      if (source === undefined) continue;
      this.log.push(rowMessage(source));
      if ((this.holders[row] ?? 0) === 0) continue;
      table.touch(source);
      for (const span of before.takeSpans(row)) table.widen(source, span);
    }
    for (const { row, ...span } of unjudged.toReversed()) {
      const source = this.market.rows[row];
      if (source !== undefined) table.widen(source, span);
    }
    for (const [id, { facts, rules }] of this.kept) {
      this.tell({ type: 'account', facts, rules, known: known(id), closed: [] });
    }
  }

  /** A later message about an account takes the place of an earlier one between which no price came. */
  private tell(message: AccountMessage): void {
    const { accountId } = message.facts;
    const place = this.places.get(accountId);
    const earlier = place === undefined ? undefined : this.log[place];
    if (message.closed.length > 0) {
      this.lastClosing = this.log.length;
    } else if (place !== undefined && place >= this.lastClosing && earlier?.type === 'account') {
      this.log[place] = { ...earlier, ...message, closed: earlier.closed };
      return;
    }
    this.places.set(accountId, this.log.length);
    this.log.push(message);
  }

  private name(source: MarketRow): void {
    if (this.named.has(source.row)) return;
    this.named.add(source.row);
    this.log.push(rowMessage(source));
  }

  private hold(facts: AccountFacts | undefined, change: number): void {
    for (const { row } of this.rowsOf(facts)) {
      this.holders[row] = (this.holders[row] ?? 0) + change;
      if (change < 0) this.lingering.add(row);
    }
  }

  private rowsOf(facts: AccountFacts | undefined): readonly MarketRow[] {
    return (facts?.positions ?? []).map(({ instrument }) => this.market.rowOf(instrument));
  }
}

function rowMessage({ row, id, instrument }: MarketRow): ShardMessage {
  return { type: 'row', row, id, ...(instrument === undefined ? {} : { instrument }) };
}
