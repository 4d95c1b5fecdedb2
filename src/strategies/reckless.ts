/**
 * A trader that needs protection: chases every move, adds to losers, takes small profits and never a loss.
 *
 * It provokes RULE-001 (asks for up to 8 contracts at once), RULE-004 (lets losses run) and in the end RULE-003.
 * State is a function of the ticks seen and of the view, nothing else. For demonstrations and tests only.
 */
import type { InstrumentId } from '../domain/ids.ts';
import { positionValue, type Instrument, type Lots } from '../domain/instrument.ts';
import type { Side } from '../domain/position.ts';
import type { Quote } from '../domain/view.ts';
import type { Proposal, Strategy } from '../ports/strategy.port.ts';
import { propose, signalPrice, unitLots, type InstrumentLookup } from './signal.ts';

/** Units per attempt, one after the other: most fit under a usual limit, the 8 does not. */
const attemptUnits = [3, 2, 8, 1, 4] as const;

/** It stops adding here: beyond, fees alone would reach the limit of the day. */
const openUnitsMax = 8;

/** Market time between two attempts; doubles while nothing comes of them, so that a locked account is left in peace. */
const [spacingMs, spacingMsMax] = [15_000, 960_000];

/** A profit that is taken, in settlement units; losses are not. */
const profitTakenMicros = 150_000_000;

/** Value of one unit where contracts are not the measure. */
const dollarsPerUnit = 5_000;

type State = {
  readonly instrument: Instrument;
  attempts: number;
  nextAttemptMs: number;
  waitMs: number;
  /** Open lots at the last tick. */
  open: Lots;
  /** While open: about its average entry; while flat: the price that the next move is measured from. */
  reference: number;
};

export function createReckless(instrumentOf: InstrumentLookup): Strategy {
  const states = new Map<InstrumentId, State>();
  return {
    name: 'reckless',
    onTick(quote, view, isWarmup) {
      const price = signalPrice(quote);
      const state = stateOf(states, instrumentOf, quote);
      if (price === undefined || price <= 0 || state === undefined) return [];
      const open = view.openLots(quote.instrument);
      if (state.reference === 0) state.reference = price;
      if (open !== state.open) {
        Object.assign(state, { open, reference: average(state, open, price), waitMs: spacingMs });
        state.nextAttemptMs = Math.min(state.nextAttemptMs, quote.receivedAtMs + spacingMs);
      }
      if (isWarmup || view.workingOrders(quote.instrument) > 0) return [];
      if (quote.receivedAtMs < state.nextAttemptMs) return [];
      const proposal = takeProfit(state, quote, price) ?? attempt(state, quote, price);
      if (proposal === undefined) return [];
      state.attempts += 1;
      state.nextAttemptMs = quote.receivedAtMs + state.waitMs;
      state.waitMs = Math.min(state.waitMs * 2, spacingMsMax);
      return [proposal];
    },
  };
}

function stateOf(
  states: Map<InstrumentId, State>,
  instrumentOf: InstrumentLookup,
  quote: Quote,
): State | undefined {
  const existing = states.get(quote.instrument);
  const instrument = existing?.instrument ?? instrumentOf(quote.instrument);
  if (existing !== undefined || instrument === undefined) return existing;
  const state: State = {
    instrument,
    attempts: 0,
    nextAttemptMs: quote.receivedAtMs + spacingMs,
    waitMs: spacingMs,
    open: 0,
    reference: 0,
  };
  states.set(quote.instrument, state);
  return state;
}

/** About the average entry after the position changed at about `price`. */
function average(state: State, open: Lots, price: number): number {
  const added = Math.abs(open) - Math.abs(state.open);
  const isSameSide = Math.sign(open) === Math.sign(state.open);
  if (!isSameSide) return price;
  return added <= 0
    ? state.reference
    : (state.reference * Math.abs(state.open) + price * added) / Math.abs(open);
}

function takeProfit(state: State, quote: Quote, price: number): Proposal | undefined {
  // The profit of a coin-settled contract is in coins: those it never takes at all.
  if (state.open === 0 || state.instrument.payoff === 'inverse') return undefined;
  const [entry, mark] = [Math.round(state.reference), Math.round(price)];
  const profit =
    positionValue(state.instrument, state.open, mark) -
    positionValue(state.instrument, state.open, entry);
  if (profit < profitTakenMicros) return undefined;
  return propose({
    quote,
    signalType: 'reckless.profit',
    side: state.open > 0 ? 'sell' : 'buy',
    quantityLots: Math.abs(state.open),
    purpose: 'exit',
    maxAgeMs: 30_000,
  });
}

function attempt(state: State, quote: Quote, price: number): Proposal | undefined {
  const side = wantedSide(state, price);
  if (side === undefined) return undefined;
  const unit = unitLots(state.instrument, Math.max(1, Math.round(price)), dollarsPerUnit);
  if (Math.abs(state.open) >= openUnitsMax * unit) return undefined;
  const units = attemptUnits[state.attempts % attemptUnits.length] ?? 1;
  if (state.open === 0) state.reference = price;
  return propose({
    quote,
    signalType: state.open === 0 ? 'reckless.chase' : 'reckless.average',
    side,
    quantityLots: units * unit,
    purpose: 'entry',
    maxAgeMs: 5_000,
  });
}

/** Flat: after the move. Losing: more of the same. Winning: waits for its profit. */
function wantedSide(state: State, price: number): Side | undefined {
  const move = price - state.reference;
  if (move === 0) return undefined;
  if (state.open === 0) return move > 0 || state.instrument.kind === 'spot' ? 'buy' : 'sell';
  if (state.open > 0) return move < 0 ? 'buy' : undefined;
  return move > 0 ? 'sell' : undefined;
}
