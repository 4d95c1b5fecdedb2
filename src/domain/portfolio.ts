/** What the controls of checks 6 to 13 look at beside positions and orders: the account's money and its recent trades. */
import type { FillId, InstrumentId, OrderId } from './ids.ts';
import type { Lots } from './instrument.ts';
import type { Units } from './money.ts';
import type { Side } from './position.ts';

/** One execution of the recent past, also from before the last boundary. Half-turns: a flip opens and closes. */
export type RecentTrade = {
  readonly fillId: FillId;
  /** Ours, or the venue's of an order placed elsewhere: executions of one order belong together. */
  readonly orderId?: OrderId;
  readonly instrument: InstrumentId;
  readonly side: Side;
  /** Venue time. */
  readonly atMs: number;
  readonly openedLots: Lots;
  readonly closedLots: Lots;
  /** Profit of what it closed, before fees; 0 when it closed nothing. */
  readonly realizedUnits: Units;
  /** Positive = cost. */
  readonly feeUnits: Units;
  /** It belongs to a stop. */
  readonly isStop: boolean;
  /** Strategy or person behind its order; absent where nobody knows. */
  readonly by?: string;
};

/** Money in accounting units of the account. */
export type PortfolioFacts = {
  /** Start + all realized profit − all fees + transfers. Open profit is not in it. */
  readonly balanceUnits: Units;
  /** Realized profit less fees since the last weekly boundary. */
  readonly weekNetUnits: Units;
  /** Highest equity ever and of this trading day, moved by deposits and withdrawals; absent while none was known. */
  readonly highWaterUnits?: Units;
  readonly highWaterOfDayUnits?: Units;
  /** The account is halted for its drawdown, until an operator re-arms it. */
  readonly isDrawdownLatched: boolean;
  /** By venue time, oldest first; bounded by limits.recentTradesMax. Empty while no control asks for them. */
  readonly trades: readonly RecentTrade[];
};
