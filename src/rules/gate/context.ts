/**
 * What the gate may look at, and what a check of it is. Plain data and look-ups: same context, same decision.
 * Source: trading-controls 2, execution 2.1 and 6.
 */
import type { Controls } from '../../domain/controls.ts';
import type { Denial } from '../../domain/denial.ts';
import type { InstrumentId, OrderId } from '../../domain/ids.ts';
import type { TradingState } from '../../domain/machine-event.ts';
import type { KillScope } from '../../domain/operator.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { Side } from '../../domain/position.ts';
import type { LockKind, LockScope } from '../../domain/verdict.ts';
import type { RiskEffect } from '../exposure.ts';
import type { RuleContext, RuleDefinition } from '../rule.ts';

export type GateMode = 'DRY_RUN' | 'PAPER' | 'LIVE';

export type GateLock = {
  readonly scope: LockScope;
  /** Rule id, or `operator`. */
  readonly source: string;
  readonly kind: LockKind;
  readonly reason: string;
  readonly expiresAtMs?: number;
};

/** An enabled rule with its parsed configuration. */
export type GateRule = { readonly definition: RuleDefinition; readonly config: unknown };

/** A kill switch that is latched, or on its way there. */
export type GateKill = {
  readonly scope: KillScope;
  /** Instrument or strategy name; absent for account and all. */
  readonly target?: string;
  readonly reason: string;
};

/** What the venue says of a product. `unknown`: it reports statuses, and has reported none of this one. */
export type ProductStatus =
  | 'trading'
  | 'postOnly'
  | 'limitOnly'
  | 'cancelOnly'
  | 'offline'
  | 'unknown';

/** Messages that have left, in simulated time; what is asked about is not among them. */
export type MessageCounts = {
  /** In the second that ends now. */
  readonly submits: number;
  readonly modifies: number;
  /** Orders, changes and cancels of the trading day. */
  readonly today: number;
};

export const duplicateLayers = ['L1', 'L2', 'L3', 'L4', 'L5'] as const;
export type DuplicateLayer = (typeof duplicateLayers)[number];

/** The layers as they hold for one account. Source: execution 6 and 15; decision 0006. */
export type DuplicatePolicy = {
  readonly layers: ReadonlySet<DuplicateLayer>;
  /** A position may be added to: L3 lets it pass, `maxAdds` times where that is above 0. */
  readonly pyramiding: boolean;
  readonly maxAdds: number;
  /** L4 stops at every order of the same side at the venue, or only at those that are not our own. */
  readonly venueOrders: 'any' | 'foreign';
};

/** An open order as the venue lists it. */
export type OpenVenueOrder = {
  readonly venueOrderId: string;
  readonly orderId?: OrderId;
  readonly instrument: InstrumentId;
  readonly side: Side;
  /** A resting stop or target of a position: never taken for a second entry. */
  readonly isProtective: boolean;
};

/** What L4 knows of the venue's open orders. */
export type VenueOrdersFact =
  | { readonly state: 'notAsked' }
  | { readonly state: 'failed'; readonly reason: string }
  | {
      readonly state: 'known';
      readonly orders: readonly OpenVenueOrder[];
      readonly asOfMs: number;
    };

export type GateContext = {
  readonly mode: GateMode;
  readonly tradingState: TradingState;
  /** Why the state is not ACTIVE (`stale:ES`, `lock:…`, `startup`); helps to name the real reason. */
  readonly stateCauses?: readonly string[];
  /** Active locks of the account. */
  readonly locks: readonly GateLock[];
  /** Why the intent's strategy is paused, as a refusal; undefined when it is not. */
  readonly paused: Denial | undefined;
  /** Active kill switches that cover the account. */
  readonly kills: readonly GateKill[];
  /** Enabled rules of the account; any order. */
  readonly rules: readonly GateRule[];
  /** Controls of the account beside its rules. */
  readonly controls: Controls;
  /** Facts, marks and market time of the decision. */
  readonly context: RuleContext;
  /** Minted by the caller. */
  readonly orderId: OrderId;
  readonly productStatus: (instrument: InstrumentId) => ProductStatus;
  /** Deviation of our clock from a trusted one, ms; undefined: nobody can say. */
  readonly clockDriftMs: number | undefined;
  readonly clockDriftMsMax: number;
  readonly messages: MessageCounts;
  /** Breakers that are being tried and have as many calls under way as they take; left out: none. */
  readonly busyBreakers?: readonly string[];
  /** Rate budgets of the venue that are used up, by name. */
  readonly exhaustedBudgets: readonly string[];
  /** Why the intent's strategy sends no more until a person lets it; undefined when it may. */
  readonly strategyDisabled: string | undefined;
  /** The same order of the same strategy that has left within `windowMs`. */
  readonly identicalSends: (intent: OrderIntent, windowMs: number) => number;
  readonly duplicates: DuplicatePolicy;
  /** True when a signal of this key (see `signalKey`) was taken before. */
  readonly seenSignals: (key: string) => boolean;
  readonly venueOrders: VenueOrdersFact;
  /** True while a close of the instrument is in flight. */
  readonly exitInFlight: boolean;
  /** Older reference prices are stale for new risk; ms. */
  readonly quoteMaxAgeMs: number;
};

/**
 * One check. Pure; says nothing when the intent passes. Every check sees every intent, also one that an earlier
 * check refuses: what fails besides is part of the explanation. A check whose input is not known denies with
 * its own code and `unknown=<input>`.
 */
export type GateCheck = (
  intent: OrderIntent,
  gate: GateContext,
  effect: RiskEffect,
) => readonly Denial[];
