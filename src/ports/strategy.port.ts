/** A pure trader: sees ticks and its own account, proposes intents, never sees a venue. */
import type { AccountId, InstrumentId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { Quote } from '../domain/view.ts';

/** What a strategy may know of its account at the moment of a tick. */
export type StrategyView = {
  readonly accountId: AccountId;
  readonly openLots: (instrument: InstrumentId) => Lots;
  /** Orders of this strategy that may still fill. */
  readonly workingOrders: (instrument: InstrumentId) => number;
};

/** An intent before identity and account are added. */
export type Proposal = Omit<OrderIntent, 'intentId' | 'accountId' | 'by' | 'source' | 'atMs'>;

export interface Strategy {
  readonly name: string;
  /** Called for every tick in order; must be deterministic. When `isWarmup`, learns and proposes nothing. */
  onTick(quote: Quote, view: StrategyView, isWarmup: boolean): readonly Proposal[];
}
