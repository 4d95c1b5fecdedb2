/**
 * The evaluation of one shard of accounts; the same code in a worker and on the main thread.
 *
 * Floats screen, integers judge: a position or an account is evaluated exactly only when its open profit
 * (at the latest price or at an extreme since the last evaluation) may have reached a bound of a rule,
 * when its facts changed, when a mark became doubtful or good, or when time alone makes a mark stale.
 *
 * Invariants (test/property/rules.test.ts):
 * - INV-EVAL-1: the changes add up to what evaluating every rule of every account exactly would say.
 * - INV-EVAL-2: a breach of any quote since the last evaluation is found, however quotes were conflated.
 */
import type { AccountId, InstrumentId, RuleId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { RuleEntity, RuleFinding, VerdictChange } from '../domain/verdict.ts';
import type { AccountFacts, Mark } from '../domain/view.ts';
import { condition } from '../kernel/assert.ts';
import { errorText } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { unknownFinding } from '../rules/findings.ts';
import type { RuleContext, RuleDefinition } from '../rules/rule.ts';
import { bandsOf, type Bands } from './bands.ts';
import { changedFindings, findingKey, forgetAsked, isPlainPass, withExtremes } from './changes.ts';
import { closedByRow, type PlacedWindow, type ShardMessage } from './protocol.ts';
import { AccountColumns, RowColumns, type Slot } from './row-columns.ts';
import { RowPictures } from './row-pictures.ts';
import { settingOf, type Account, type Setting } from './shard-account.ts';
import { hasPrice, joined, type QuoteTable, type Window } from './shared-tables.ts';

/** From after one place in the queue up to another; Infinity: the present. */
type Period = { readonly since: number; readonly until: number };

export type CoreOptions = {
  readonly source: VerdictChange['source'];
  /** Called before each exact evaluation of a rule. */
  readonly beforeRule?: (ruleId: RuleId) => void;
};

export class ShardCore {
  /** When time alone makes an evaluation due; −Infinity: at once; Infinity: never. */
  dueAtMs = Infinity;
  /** Positions screened and rules evaluated exactly. */
  evaluations = 0;

  private readonly options: CoreOptions;
  private readonly accounts = new Map<AccountId, Account>();
  private readonly byIndex: (Account | undefined)[] = [];
  private readonly freeIndexes: number[] = [];
  private readonly totals = new AccountColumns();
  private readonly columns: RowColumns[] = [];
  private readonly pictures = new RowPictures();
  private messages: ShardMessage[] = [];
  private readonly due = new Set<number>();
  private recheck = new Set<number>();
  /** Windows that ended since the last evaluation, in order; `place` is that of the message that ended them. */
  private closed = new Map<number, PlacedWindow[]>();
  private place = 0;
  private ring = 0;
  private changes: VerdictChange[] = [];

  constructor(options: CoreOptions) {
    this.options = options;
  }

  /** Takes messages; they count from the next evaluation on, in their order. */
  queue(messages: readonly ShardMessage[]): void {
    this.messages.push(...messages);
  }

  /** Evaluates everything that may have changed. Returns changes in a fixed order of accounts, rules, entities. */
  evaluate(table: QuoteTable, buffer: number, nowMs: number): readonly VerdictChange[] {
    this.ring = (this.ring + 1) | 0;
    this.changes = [];
    this.due.clear();
    for (const message of this.messages) if (message.type === 'row') this.putRow(message);
    const rows = this.pictures.read(table, buffer);
    this.closed = closedByRow(this.messages);
    for (const [index, message] of this.messages.entries()) {
      this.place = index + 1;
      this.apply(message, nowMs);
    }
    this.messages = [];
    for (const index of this.recheck) this.due.add(index);
    this.recheck.clear();
    this.scanRows(rows, nowMs);
    this.scanAges(nowMs);
    const due = [...this.due].toSorted((one, other) => one - other);
    for (const index of due) {
      const account = this.byIndex[index];
      if (account !== undefined) this.evaluateExactly(account, nowMs);
    }
    this.pictures.closeWindows();
    this.closed.clear();
    this.place = 0;
    for (const index of due) {
      const account = this.byIndex[index];
      if (account !== undefined) account.since = 0;
    }
    this.dueAtMs = this.recheck.size > 0 ? -Infinity : this.pictures.nextAgeMs(nowMs);
    return this.changes;
  }

  private apply(message: ShardMessage, nowMs: number): void {
    switch (message.type) {
      case 'row':
        break;
      case 'account':
        this.putAccount(message, nowMs);
        break;
      case 'removed':
        this.removeAccount(message.accountId);
        break;
    }
  }

  private putRow({ row, id, instrument }: Extract<ShardMessage, { type: 'row' }>): void {
    this.columns[row] ??= new RowColumns(row);
    this.pictures.name(row, id, instrument);
    // A specification changes what every holder is worth.
    this.holdersAreDue(row);
  }

  private putAccount(message: Extract<ShardMessage, { type: 'account' }>, nowMs: number): void {
    const { facts, rules, known } = message;
    let account = this.accounts.get(facts.accountId);
    if (account === undefined) {
      account = this.addAccount(facts);
    } else if (this.closed.size > 0) {
      this.evaluateExtremes(account, nowMs);
    }
    account.since = this.place;
    account.facts = facts;
    // What was asked of facts that are gone may not have been heard: it is said again if it still holds.
    forgetAsked(account.known);
    if (rules !== undefined) {
      account.settings = rules.flatMap(settingOf);
      for (const { definition, config, basis } of account.settings) {
        this.pictures.useBasis(basis);
        for (const ageMs of definition.markAges?.(config) ?? []) this.pictures.useAge(ageMs);
      }
    }
    for (const finding of known ?? []) account.known.set(findingKey(finding), finding);
    this.placePositions(account);
    this.due.add(account.index);
  }

  private addAccount(facts: AccountFacts): Account {
    const index = this.freeIndexes.pop() ?? this.byIndex.length;
    condition(index < limits.accountsMax, () => `accounts number at most ${limits.accountsMax}`);
    const account: Account = {
      index,
      facts,
      settings: [],
      slots: [],
      known: new Map(),
      isUnknown: true,
      since: 0,
    };
    this.accounts.set(facts.accountId, account);
    this.byIndex[index] = account;
    this.totals.reserve(index);
    return account;
  }

  private removeAccount(id: AccountId): void {
    const account = this.accounts.get(id);
    if (account === undefined) return;
    for (const slot of account.slots) this.columns[slot.row]?.remove(slot);
    this.accounts.delete(id);
    this.byIndex[account.index] = undefined;
    this.freeIndexes.push(account.index);
    this.due.delete(account.index);
    this.recheck.delete(account.index);
    this.changes = this.changes.filter(({ accountId }) => accountId !== id);
  }

  private placePositions(account: Account): void {
    for (const slot of account.slots) this.columns[slot.row]?.remove(slot);
    const slots: Slot[] = [];
    for (const { instrument, openLots, costUnits } of account.facts.positions) {
      const row = this.pictures.rowOf(instrument);
      const columns = row === undefined ? undefined : this.columns[row];
      if (row !== undefined && columns !== undefined) {
        const slot = columns.add(account.index, openLots, costUnits);
        this.pictures.presentProfit(row, columns, slot.index);
        slots.push(slot);
      }
    }
    account.slots = slots;
  }

  private scanRows(rows: Int32Array, nowMs: number): void {
    const touched: number[] = [];
    const run = {
      ring: this.ring,
      isJoint: rows.length > 1 || this.closed.size > 0,
      touched,
      onDue: (account: number): void => void this.due.add(account),
    };
    for (const [row, ended] of this.closed) {
      for (const { window } of ended) this.pictures.widen(row, window);
    }
    for (const row of rows) {
      const columns = this.columns[row];
      if (columns === undefined || columns.count === 0) continue;
      this.evaluations += columns.count;
      if (this.pictures.isDoubtful(row, nowMs)) this.holdersAreDue(row);
      columns.scan(this.pictures.worthOf(row), this.totals, run);
    }
    for (const index of touched) {
      if (this.byIndex[index]?.isUnknown === true || this.totals.hasLeftBand(index)) {
        this.due.add(index);
      }
    }
  }

  /** Rows whose picture has passed an age since the last evaluation without a new quote. */
  private scanAges(nowMs: number): void {
    for (const row of this.pictures.agedRows(nowMs)) this.holdersAreDue(row);
  }

  private holdersAreDue(row: number): void {
    const columns = this.columns[row];
    if (columns === undefined) return;
    for (let index = 0; index < columns.count; index += 1) {
      this.due.add(columns.account[index] ?? 0);
    }
  }

  /** Judges at the latest prices and at the extremes, says what changed, and sets the bands anew. */
  private evaluateExactly(account: Account, nowMs: number): void {
    const findings: RuleFinding[] = [];
    for (const setting of account.settings) {
      const period = { since: account.since, until: Infinity };
      const marks = (id: InstrumentId): Mark | undefined => this.markSince(id, setting, period);
      const now = this.findingsOf(account, setting, nowMs, marks);
      const extremes = this.findingsAtExtremes(account, setting, nowMs, period);
      const merged = withExtremes(now, extremes);
      findings.push(...merged.findings);
      // What held only at an extreme is said now, and taken back at the next evaluation.
      if (merged.isPassing) this.recheck.add(account.index);
    }
    this.say(account, findings, nowMs);
    this.setBands(account, nowMs, findings);
  }

  /** The latest picture with what was passed on the way: high-water marks are taken from that. */
  private markSince(id: InstrumentId, { basis }: Setting, period: Period): Mark | undefined {
    const window = this.windowIn(this.pictures.rowOf(id) ?? -1, period);
    return this.pictures.markWith(id, basis, window);
  }

  /** Breaches of the facts that are about to be replaced, in windows that end with them. */
  private evaluateExtremes(account: Account, nowMs: number): void {
    const past = { since: account.since, until: this.place };
    for (const setting of account.settings) {
      for (const finding of this.findingsAtExtremes(account, setting, nowMs, past)) {
        const before = account.known.get(findingKey(finding));
        if (finding.verdict !== 'DENY' || before?.verdict === 'DENY') continue;
        this.emit(account, finding, nowMs);
      }
    }
  }

  private findingsAtExtremes(
    account: Account,
    setting: Setting,
    nowMs: number,
    period: Period,
  ): RuleFinding[] {
    const { basis, ageMsMax } = setting;
    const isPast = period.until < Infinity;
    const restOf = (row: number): Window | undefined => this.startAfter(row, period.since);
    const at = (of: (row: number) => Window | undefined): RuleFinding[] =>
      (['worst', 'best'] as const).flatMap((side) => {
        const look = { basis, side, nowMs, ageMsMax, isPast, restOf };
        const marks = this.pictures.extremes(account.facts, look, of);
        return marks === undefined
          ? []
          : this.findingsOf(account, setting, nowMs, (id) => marks.get(id));
      });
    const window = (row: number): Window | undefined => this.windowIn(row, period);
    const moved = this.movedIn(account, window);
    if (moved.length === 0) return [];
    const extremes = at(window).filter(
      ({ entity }) => entity === 'account' || moved.includes(entity),
    );
    if (moved.length === 1) return extremes;
    // One instrument may have moved before another: for sums the prices before the window belong to it.
    const sums = at((row) => {
      const moves = window(row);
      return hasPrice(moves ?? []) ? joined(moves, restOf(row)) : undefined;
    });
    return [...extremes, ...sums.filter(({ entity }) => entity === 'account')];
  }

  private movedIn({ facts }: Account, window: (row: number) => Window | undefined): InstrumentId[] {
    return facts.positions
      .map(({ instrument }) => instrument)
      .filter((id) => hasPrice(window(this.pictures.rowOf(id) ?? -1) ?? []));
  }

  /** Extremes of a row between two places in the queue; the open window is after the last. */
  private windowIn(row: number, { since, until }: Period): Window | undefined {
    let window = until < Infinity ? undefined : this.pictures.openWindow(row);
    for (const { window: ended, place } of this.closed.get(row) ?? []) {
      if (place > since && place <= until) window = joined(window, ended);
    }
    return window;
  }

  /** What a row closed at when the message at a place came, if a price has come since. */
  private startAfter(row: number, place: number): Window | undefined {
    const next = this.closed.get(row)?.find((one) => one.place > place);
    return next?.start ?? this.pictures.startOf(row);
  }

  private findingsOf(
    account: Account,
    { definition, config }: Setting,
    nowMs: number,
    marks: (id: InstrumentId) => Mark | undefined,
  ): readonly RuleFinding[] {
    const context = this.contextOf(account, nowMs, marks);
    this.evaluations += 1;
    if (this.options.source === 'worker') {
      this.options.beforeRule?.(definition.id);
      return definition.evaluate(context, config);
    }
    // There is nobody behind the inline evaluation: a rule that throws reads UNKNOWN, the others go on.
    try {
      return definition.evaluate(context, config);
    } catch (thrown) {
      const missing = [`evaluation:${errorText(thrown)}`];
      return [
        unknownFinding(definition, { entity: 'account', unit: 'money', inputs: [], missing }),
      ];
    }
  }

  private contextOf(
    { facts }: Account,
    nowMs: number,
    marks: (id: InstrumentId) => Mark | undefined,
  ): RuleContext {
    const instrumentOf = (id: InstrumentId): Instrument | undefined =>
      this.pictures.instrumentOf(id);
    return { facts, marks, instrumentOf, nowMs };
  }

  private say(account: Account, findings: readonly RuleFinding[], nowMs: number): void {
    for (const finding of changedFindings(account.known, findings)) {
      this.emit(account, finding, nowMs);
    }
  }

  private emit(account: Account, finding: RuleFinding, nowMs: number): void {
    const { accountId, version } = account.facts;
    const { source } = this.options;
    if (isPlainPass(finding)) {
      account.known.delete(findingKey(finding));
    } else {
      account.known.set(findingKey(finding), finding);
    }
    this.changes.push({ accountId, finding, viewVersion: version, atMs: nowMs, source });
  }

  /** The distances within which no verdict of the account can change. */
  private setBands(account: Account, nowMs: number, findings: readonly RuleFinding[]): void {
    const context = this.contextOf(account, nowMs, (id) => this.pictures.markOf(id));
    const watches = account.settings.flatMap(({ definition, config }) =>
      this.watchesOf(definition, config, context),
    );
    const { index } = account;
    const { totals } = this;
    const rowOf = (entity: RuleEntity): number | undefined =>
      entity === 'account' ? undefined : this.pictures.rowOf(entity);
    const bands: Bands = bandsOf(account.slots, this.columns, watches, rowOf);
    totals.sumLow[index] = bands.sumLow;
    totals.sumHigh[index] = bands.sumHigh;
    totals.lower[index] = bands.lower;
    totals.upper[index] = bands.upper;
    account.isUnknown =
      Number.isNaN(bands.sumLow) ||
      account.slots.length < account.facts.positions.length ||
      account.slots.some(({ row }) => this.pictures.isFaulty(row, nowMs)) ||
      findings.some(({ verdict }) => verdict === 'UNKNOWN');
  }

  private watchesOf(definition: RuleDefinition, config: unknown, context: RuleContext) {
    if (this.options.source === 'worker') return definition.watches(context, config);
    try {
      return definition.watches(context, config);
    } catch {
      // Its evaluation has already said UNKNOWN, so every touch evaluates it again.
      return [];
    }
  }
}
