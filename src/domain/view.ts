/** What rules and the gate look at: the committed facts of one account plus the market. Plain data, no behaviour. */
import type { AccountId, InstrumentId, OrderId } from './ids.ts';
import type { Lots, Ticks } from './instrument.ts';
import type { Currency, Units } from './money.ts';
import type { Purpose } from './order.ts';
import type { Side } from './position.ts';

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
};

/** Looks up the mark of an instrument; undefined when no price was ever reported. */
export type Marks = (instrument: InstrumentId) => Mark | undefined;
