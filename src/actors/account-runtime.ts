import type { Fill } from '../domain/fill.ts';
import type { AccountId, InstrumentId, OrderId, RuleId } from '../domain/ids.ts';
import type { ExitFacts, TradingState } from '../domain/machine-event.ts';
import type { Currency, Units } from '../domain/money.ts';
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
/** What the engine keeps at hand of one account: the facts for rules and gate, derived from the cells after each step. */
import type { RuleConfigured } from './world.ts';

export type LockFacts = {
  readonly lockId: string;
  readonly scope: LockScope;
  readonly source: string;
  readonly kind: LockKind;
  readonly reason: string;
  readonly expiresAtMs?: number;
};

/** Net realized result, as the rule counts it, at the moment of an unlock. Source: rules 5.5. */
export type AcknowledgedResult = { readonly tradingDay: string; readonly units: Units };

export class AccountRuntime {
  readonly id: AccountId;
  readonly currency: Currency;
  readonly rules: readonly RuleConfigured[];
  readonly positions = new Map<InstrumentId, PositionFacts>();
  readonly workingOrders = new Map<OrderId, WorkingOrderFacts>();
  /** Last verdict per `rule|entity`: only changes reach the rule actors. */
  readonly lastFindings = new Map<string, RuleFinding>();
  readonly locks = new Map<string, LockFacts>();
  /** Entities that a rule is enforcing, by rule. */
  readonly enforcing = new Map<RuleId, readonly string[]>();
  /** Rules whose last evaluation failed. */
  readonly failedRules = new Set<RuleId>();
  /** Instruments whose exit is under way. */
  readonly activeExits = new Set<InstrumentId>();
  /** Causes of the account's own supervisor: they hold also while the account actor itself is down. */
  readonly supervisorCauses = new Set<string>();
  tradingState: TradingState = 'REDUCING';
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
  /** Executions of the trading day that count, by venue time. */
  readonly trades: TradeFacts[] = [];
  canTrade: boolean | undefined;
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

  constructor(id: AccountId, currency: Currency, rules: readonly RuleConfigured[]) {
    this.id = id;
    this.currency = currency;
    this.rules = rules;
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
      dayStartMs: this.dayStartMs,
      ...(this.canTrade === undefined ? {} : { canTrade: this.canTrade }),
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

  /** What the exit of an instrument is told: its position and everything that may still fill there. */
  exitFacts(instrument: InstrumentId): ExitFacts {
    const otherOrderIds: OrderId[] = [];
    const closeOrderIds: OrderId[] = [];
    let closeLeavesLots = 0;
    for (const order of this.workingOrders.values()) {
      if (order.instrument !== instrument) continue;
      if (order.purpose === 'exit') {
        closeOrderIds.push(order.orderId);
        closeLeavesLots += order.leavesLots;
      } else {
        otherOrderIds.push(order.orderId);
      }
    }
    return { openLots: this.openLots(instrument), otherOrderIds, closeOrderIds, closeLeavesLots };
  }

  /** Instruments with a position or an order that may still fill. */
  exposedInstruments(): readonly InstrumentId[] {
    const exposed = new Set<InstrumentId>(this.positions.keys());
    for (const order of this.workingOrders.values()) exposed.add(order.instrument);
    return [...exposed].toSorted();
  }
}
