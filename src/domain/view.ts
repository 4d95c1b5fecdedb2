/** What rules and the gate look at: the committed facts of one account plus the market. Plain data, no behaviour. */
import type { AccountId, FillId, InstrumentId, OrderId, RuleId } from './ids.ts';
import type { Lots, Ticks } from './instrument.ts';
import type { Currency, Units } from './money.ts';
import type { OrderType, Purpose } from './order.ts';
import type { PortfolioFacts } from './portfolio.ts';
import type { Side } from './position.ts';
import type { LockScope, RuleMemory } from './verdict.ts';

/** A price report. Absent fields were not reported; prices in ticks. */
export type Quote = {
  readonly instrument: InstrumentId;
  readonly bidTicks?: Ticks;
  readonly askTicks?: Ticks;
  readonly lastTicks?: Ticks;
  /** Trade quantity that came with `lastTicks`, in lots; absent for pure quotes. */
  readonly lastLots?: Lots;
  readonly venueTimeMs: number;
  readonly receivedAtMs: number;
};

/** The latest full picture of one instrument, with the extremes since the last evaluation. */
export type Mark = {
  readonly bidTicks?: Ticks;
  readonly askTicks?: Ticks;
  readonly lastTicks?: Ticks;
  /** Lowest and highest price at which a long could have been closed since the last evaluation. */
  readonly longLowTicks?: Ticks;
  readonly longHighTicks?: Ticks;
  /** The same for a short. */
  readonly shortLowTicks?: Ticks;
  readonly shortHighTicks?: Ticks;
  readonly receivedAtMs: number;
};

export type PositionFacts = {
  readonly instrument: InstrumentId;
  /** Signed; never 0 in a view. */
  readonly openLots: Lots;
  readonly costUnits: Units;
  /** Venue time at which it was opened or last changed sides. */
  readonly openedAtMs?: number;
};

/** A working, in-flight or in-doubt order: it may still fill. */
export type WorkingOrderFacts = {
  readonly orderId: OrderId;
  readonly instrument: InstrumentId;
  readonly side: Side;
  /** What may still fill, worst case. */
  readonly leavesLots: Lots;
  readonly purpose: Purpose;
  readonly reduceOnly: boolean;
  readonly orderType: OrderType;
  readonly limitTicks?: Ticks;
  readonly stopTicks?: Ticks;
  /** The venue has confirmed that it is open: only such an order protects. */
  readonly isOpen: boolean;
  /** When it was made, and by whom; absent where nobody knows. */
  readonly createdAtMs?: number;
  readonly by?: string;
  /** Its placement is unanswered, or nobody knows what became of it. Absent: neither. */
  readonly isInFlight?: true;
  /** Orders of one group exclude each other: together they count as the largest of them. */
  readonly ocoGroupId?: string;
  /** It brings a stop with it that is placed as it fills. */
  readonly hasBracketStop?: true;
};

/** One execution of the trading day, as the rules that count trades see it. Half-turns: a flip opens and closes. */
export type TradeFacts = {
  readonly fillId: FillId;
  /** Ours; of an order placed elsewhere the venue's id. Absent where the venue names none. */
  readonly orderId?: OrderId;
  readonly instrument: InstrumentId;
  /** Venue time. */
  readonly atMs: number;
  readonly openedLots: Lots;
  readonly closedLots: Lots;
  /** Profit of what it closed, before fees; absent when it closed nothing. */
  readonly realizedUnits?: Units;
  readonly feeUnits: Units;
  /** A close that the engine itself has sent. */
  readonly isEnforcement: boolean;
};

/** Facts of one account. Versions grow by one with every change of position, order or ledger. */
export type AccountFacts = {
  readonly accountId: AccountId;
  readonly version: number;
  readonly currency: Currency;
  /** False until positions and orders have been compared with the venue. */
  readonly isReconciled: boolean;
  /** Realized profit of the trading day before fees, and its fees (positive = cost). */
  readonly realizedUnits: Units;
  readonly feesUnits: Units;
  /** Net realized (as configured) at which the day's loss was acknowledged by an unlock; absent if not. */
  readonly acknowledgedLossUnits?: Units;
  readonly positions: readonly PositionFacts[];
  readonly workingOrders: readonly WorkingOrderFacts[];
  /** The trading day's executions that still count, by venue time; bounded by limits.tradesPerDayMax. */
  readonly trades: readonly TradeFacts[];
  /** Executions before the trading day that the windows of trades still hold, by venue time. */
  readonly earlierTrades?: readonly TradeFacts[];
  /** The daily reset does not end the session count: earlier executions are in it. */
  readonly keepsTradeCount?: boolean;
  /** Boundary at which the trading day began. */
  readonly dayStartMs: number;
  /** The venue's permission to trade; absent while it has said nothing. */
  readonly canTrade?: boolean;
  /** Net realized at which the day's profit target was acknowledged by an unlock; absent if not. */
  readonly acknowledgedProfitUnits?: Units;
  /** Active locks, so that a rule asks for its own only once; absent where nobody has told. */
  readonly locks?: readonly { readonly source: string; readonly scope: LockScope }[];
  /** Balance, transfers and recent trades, for checks 6 to 13; absent where nobody has told. */
  readonly portfolio?: PortfolioFacts;
  /** What rules remember, by `RULE-005|MNQ` (see memoryKey). */
  readonly memory: Readonly<Record<string, RuleMemory>>;
};

/** Key of what a rule remembers of an entity. */
export function memoryKey(ruleId: RuleId, entity: string): string {
  return `${ruleId}|${entity}`;
}

/** Looks up the mark of an instrument; undefined when no price was ever reported. */
export type Marks = (instrument: InstrumentId) => Mark | undefined;
