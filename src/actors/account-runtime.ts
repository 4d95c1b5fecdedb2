import { defaultControls, type Controls } from '../domain/controls.ts';
import type { Fill } from '../domain/fill.ts';
import type { AccountId, InstrumentId, OrderId, RuleId } from '../domain/ids.ts';
import type { ActiveKill } from '../domain/kill.ts';
import type { ExitFacts, ExitPace, TradingState } from '../domain/machine-event.ts';
import type { Currency, Units } from '../domain/money.ts';
import type { RecentTrade } from '../domain/portfolio.ts';
import type { Side } from '../domain/position.ts';
import type { LockKind, LockScope, RuleFinding, RuleMemory } from '../domain/verdict.ts';
import {
  memoryKey,
  type AccountFacts,
  type PositionFacts,
  type TradeFacts,
  type WorkingOrderFacts,
} from '../domain/view.ts';
import type { Cancel } from '../kernel/clock.ts';
import { limits } from '../kernel/limits.ts';
import type { WeekTotals } from '../machines/ledger.days.ts';
import type { HighWater } from '../machines/ledger.high-water.ts';
import { isExitSide } from '../rules/exposure.ts';
import { portfolioFacts, type PortfolioMoney } from './portfolio.ts';
/** What the engine keeps at hand of one account: the facts for rules and gate, derived from the cells after each step. */
import { ReconciliationMemory } from './reconciliation-memory.ts';
import type { RuleConfigured } from './world.ts';

export type LockFacts = {
  readonly lockId: string;
  readonly scope: LockScope;
  readonly source: string;
  readonly kind: LockKind;
  readonly reason: string;
  readonly expiresAtMs?: number;
  /** Working orders that could increase exposure stay. */
  readonly keepsOrders?: true;
};

/** Net realized result, as the rule counts it, at the moment of an unlock. Source: rules 5.5. */
export type AcknowledgedResult = { readonly tradingDay: string; readonly units: Units };

export class AccountRuntime {
  readonly id: AccountId;
  readonly currency: Currency;
  /** A reload of the configuration replaces these two as a whole. */
  rules: readonly RuleConfigured[];
  controls: Controls;
  /** Version of the facts from which on the rules are these: verdicts on older ones were judged by others. */
  rulesSince = 0;
  readonly positions = new Map<InstrumentId, PositionFacts>();
  readonly workingOrders = new Map<OrderId, WorkingOrderFacts>();
  /** Last verdict per `rule|entity`: only changes reach the rule actors. */
  readonly lastFindings = new Map<string, RuleFinding>();
  readonly locks = new Map<string, LockFacts>();
  /** Entities that a rule is enforcing, by rule. */
  readonly enforcing = new Map<RuleId, readonly string[]>();
  /** Times of the crashes of its actors within some minutes. */
  readonly crashesMs: number[] = [];
  /** Rules whose last evaluation failed. */
  readonly failedRules = new Set<RuleId>();
  /** Kill runs that are on, of every scope that touches this account. */
  kills: readonly ActiveKill[] = [];
  /** What was left in the scope of each of them at the last look. */
  readonly killRemains = new Map<string, { readonly orders: number; readonly rest: string }>();
  /** Facts and time of the last look at what is left. */
  killLook = { version: -1, atMs: 0 };
  /** Set of linked orders by order. */
  readonly setOf = new Map<OrderId, string>();
  /** What was open before the position of this turn became smaller, signed. */
  readonly justReduced = new Map<InstrumentId, number>();
  /** Instruments whose position has gone in this turn. */
  readonly justFlat = new Set<InstrumentId>();
  /** What trades of this turn have filled beyond the quantity of their orders. */
  readonly overfills: { orderId: OrderId; instrument: InstrumentId; side: Side; lots: number }[] =
    [];
  /** Instruments whose exit is under way. */
  readonly activeExits = new Set<InstrumentId>();
  /** What some open alert is about. */
  openAlerts: ReadonlySet<string> = new Set();
  /** Causes of the account's own supervisor: they hold also while the account actor itself is down. */
  readonly supervisorCauses = new Set<string>();
  tradingState: TradingState = 'REDUCING';
  /** Effective state at the end of the last turn. */
  stateSeen: TradingState = 'REDUCING';
  /** Names of the causes of the trading state. */
  causes: readonly string[] = [];
  isReconciled = false;
  /** Executions booked by this process, and the last of them by id: a picture may be older than they are. */
  fillsBooked = 0;
  readonly lastFills: Fill[] = [];
  realizedUnits: Units = 0;
  feesUnits: Units = 0;
  tradingDay = '';
  dayStartMs = 0;
  /** Realized profit and fees of the present week. Source: rules 7.3. */
  week: WeekTotals | undefined;
  /** Highest equity ever and of this trading day; absent while no mark was known. Source: rules 8. */
  highWater: HighWater = {};
  /** A picture of the venue has been held against the balance in this process. */
  isBalanceConfirmed = false;
  /** Balance, week and marks as checks 6 to 8 see them; absent until the ledger was heard. */
  money: PortfolioMoney | undefined;
  /** Halted for its drawdown, until somebody re-arms it. */
  isDrawdownLatched = false;
  /** Executions of the recent past by venue time; kept only for controls that ask for them. */
  readonly recentTrades: RecentTrade[] = [];
  /** Boundary of the last daily and weekly reset that the reset log has. Source: rules 7.2. */
  readonly lastResets: { daily: number; weekly: number } = { daily: 0, weekly: 0 };
  /** Executions before the trading day, by venue time: the windows of RULE-006 go on over a reset. */
  readonly earlierTrades: TradeFacts[] = [];
  /** The daily reset leaves the session count as it is. */
  keepsTradeCount = false;
  /** Executions of the trading day that count, by venue time. */
  readonly trades: TradeFacts[] = [];
  canTrade: boolean | undefined;
  readonly reconciliation = new ReconciliationMemory();
  /** What each rule remembers, by entity. */
  readonly memories = new Map<RuleId, Readonly<Record<string, RuleMemory>>>();
  /** Stops the next judgement that only time asks for. */
  cancelJudgement: Cancel | undefined;
  /** Loss of the day that an operator has acknowledged by an unlock; of that trading day only. */
  acknowledged: AcknowledgedResult | undefined;
  /** The same for the profit target. */
  acknowledgedProfit: AcknowledgedResult | undefined;
  version = 1;
  /** Facts changed since the last inline evaluation, and since the evaluator last heard. */
  isDirty = true;
  isUnpublished = true;
  private cached: AccountFacts | undefined;

  constructor(
    id: AccountId,
    currency: Currency,
    rules: readonly RuleConfigured[],
    controls: Controls = defaultControls,
  ) {
    this.id = id;
    this.currency = currency;
    this.rules = rules;
    this.controls = controls;
  }

  /** The strictest of what the account actor says and what its supervisor knows. */
  get effectiveState(): TradingState {
    if (this.supervisorCauses.size > 0 && this.tradingState === 'ACTIVE') return 'REDUCING';
    return this.tradingState;
  }

  touch(): void {
    this.version += 1;
    this.isDirty = true;
    this.isUnpublished = true;
    this.cached = undefined;
  }

  /** Locks have changed: facts made from now on show them. Nothing becomes due by that alone. */
  showLocks(): void {
    this.cached = undefined;
  }

  facts(): AccountFacts {
    this.cached ??= {
      accountId: this.id,
      version: this.version,
      currency: this.currency,
      isReconciled: this.isReconciled,
      realizedUnits: this.realizedUnits,
      feesUnits: this.feesUnits,
      ...(this.acknowledged?.tradingDay === this.tradingDay
        ? { acknowledgedLossUnits: this.acknowledged.units }
        : {}),
      ...(this.acknowledgedProfit?.tradingDay === this.tradingDay
        ? { acknowledgedProfitUnits: this.acknowledgedProfit.units }
        : {}),
      locks: [...this.locks.values()].map(({ source, scope }) => ({ source, scope })),
      positions: [...this.positions.values()],
      workingOrders: [...this.workingOrders.values()],
      trades: [...this.trades],
      earlierTrades: [...this.earlierTrades],
      keepsTradeCount: this.keepsTradeCount,
      dayStartMs: this.dayStartMs,
      ...(this.canTrade === undefined ? {} : { canTrade: this.canTrade }),
      ...portfolioFacts(this),
      memory: this.allMemory(),
    };
    return this.cached;
  }

  private allMemory(): Readonly<Record<string, RuleMemory>> {
    const all: Record<string, RuleMemory> = {};
    for (const [ruleId, entities] of this.memories) {
      for (const [entity, memory] of Object.entries(entities))
        all[memoryKey(ruleId, entity)] = memory;
    }
    return all;
  }

  noteFill(fill: Fill): void {
    this.fillsBooked += 1;
    this.lastFills.push(fill);
    if (this.lastFills.length > limits.fillsSincePictureMax) this.lastFills.shift();
  }

  openLots(instrument: InstrumentId): number {
    return this.positions.get(instrument)?.openLots ?? 0;
  }

  /** The supervisor's word of a poisonous event ends with the halt that it asked for. */
  forgetPoison(): void {
    for (const cause of this.supervisorCauses)
      if (cause.startsWith('poison:')) this.supervisorCauses.delete(cause);
  }

  /** Where exits are repeated at another pace than usual. */
  exitPace: ExitPace | undefined;

  /** What the exit of an instrument is told: its position and everything that may still fill there. */
  exitFacts(instrument: InstrumentId): ExitFacts {
    const openLots = this.openLots(instrument);
    const otherOrderIds: OrderId[] = [];
    const closeOrderIds: OrderId[] = [];
    const strayOrderIds: OrderId[] = [];
    let closeLeavesLots = 0;
    for (const order of this.workingOrders.values()) {
      if (order.instrument !== instrument) continue;
      if (order.purpose !== 'exit') {
        otherOrderIds.push(order.orderId);
        continue;
      }
      closeOrderIds.push(order.orderId);
      if (openLots !== 0 && !isExitSide(order.side, openLots)) strayOrderIds.push(order.orderId);
      else closeLeavesLots += order.leavesLots;
    }
    const strays = strayOrderIds.length === 0 ? {} : { strayOrderIds };
    const pace = this.exitPace === undefined ? {} : { pace: this.exitPace };
    return { openLots, otherOrderIds, closeOrderIds, closeLeavesLots, ...strays, ...pace };
  }

  /** Instruments with a position or an order that may still fill. */
  exposedInstruments(): readonly InstrumentId[] {
    const exposed = new Set<InstrumentId>(this.positions.keys());
    for (const order of this.workingOrders.values()) exposed.add(order.instrument);
    return [...exposed].toSorted();
  }
}
