/**
 * Mean reversion to the session's volume-weighted average price, one position per instrument.
 *
 * Far from the average (more than k deviations) it trades against the distance; it leaves at the average or after
 * a time-out. Spot is only bought. State is a function of the ticks seen and of the view, nothing else.
 */
import type { InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { TradingCalendar } from '../domain/trading-day.ts';
import type { Quote } from '../domain/view.ts';
import type { Proposal, Strategy, StrategyView } from '../ports/strategy.port.ts';
import {
  propose,
  sessionCalendar,
  signalPrice,
  unitLots,
  type InstrumentLookup,
} from './signal.ts';

export type VwapOptions = {
  /** Deviations of the session between price and average that make a signal. */
  readonly entryDeviations: number;
  /** Prices of the session that must have been seen. */
  readonly samplesMin: number;
  /** A position is left after this much market time. */
  readonly holdDurationMs: number;
  /** Least time between two proposals of one instrument. */
  readonly spacingMs: number;
  /** Value of one unit where contracts are not the measure. */
  readonly dollars: number;
};

export const vwapDefaults: VwapOptions = {
  entryDeviations: 2,
  samplesMin: 60,
  holdDurationMs: 45 * 60_000,
  spacingMs: 60_000,
  dollars: 2_000,
};

type State = {
  readonly instrument: Instrument;
  readonly calendar: TradingCalendar;
  session: string;
  samples: number;
  volume: number;
  average: number;
  /** Volume-weighted sum of squared distances from the average (West 1979). */
  squares: number;
  openSinceMs: number | undefined;
  lastProposalMs: number;
};

export function createVwapReversion(
  instrumentOf: InstrumentLookup,
  options: VwapOptions = vwapDefaults,
): Strategy {
  const states = new Map<InstrumentId, State>();
  return {
    name: 'vwap',
    onTick(quote, view, isWarmup) {
      const price = signalPrice(quote);
      const state = stateOf(states, instrumentOf, quote.instrument);
      if (price === undefined || price <= 0 || state === undefined) return [];
      learn(state, quote, price);
      noteOpen(state, quote, view);
      if (isWarmup) return [];
      const proposal = decide(state, { quote, view, price, options });
      if (proposal === undefined) return [];
      state.lastProposalMs = quote.receivedAtMs;
      return [proposal];
    },
  };
}

function stateOf(
  states: Map<InstrumentId, State>,
  instrumentOf: InstrumentLookup,
  id: InstrumentId,
): State | undefined {
  const existing = states.get(id);
  const instrument = existing?.instrument ?? instrumentOf(id);
  if (existing !== undefined || instrument === undefined) return existing;
  const state: State = {
    instrument,
    calendar: sessionCalendar(instrument),
    session: '',
    samples: 0,
    volume: 0,
    average: 0,
    squares: 0,
    openSinceMs: undefined,
    lastProposalMs: Number.NEGATIVE_INFINITY,
  };
  states.set(id, state);
  return state;
}

function learn(state: State, quote: Quote, price: number): void {
  const session = state.calendar.tradingDayOf(quote.receivedAtMs);
  if (session !== state.session) {
    Object.assign(state, { session, samples: 0, volume: 0, average: 0, squares: 0 });
  }
  // A quote without a trade counts like the smallest trade, so that a market of quotes has an average too.
  const weight = Math.max(1, quote.lastLots ?? 1);
  const distance = price - state.average;
  state.samples += 1;
  state.volume += weight;
  state.average += (distance * weight) / state.volume;
  state.squares += weight * distance * (price - state.average);
}

function noteOpen(state: State, quote: Quote, view: StrategyView): void {
  if (view.openLots(quote.instrument) === 0) state.openSinceMs = undefined;
  else state.openSinceMs ??= quote.receivedAtMs;
}

type Moment = {
  readonly quote: Quote;
  readonly view: StrategyView;
  readonly price: number;
  readonly options: VwapOptions;
};

function decide(state: State, moment: Moment): Proposal | undefined {
  const { quote, view, options } = moment;
  if (view.workingOrders(quote.instrument) > 0) return undefined;
  if (quote.receivedAtMs - state.lastProposalMs < options.spacingMs) return undefined;
  return view.openLots(quote.instrument) === 0 ? entry(state, moment) : exit(state, moment);
}

function entry(state: State, { quote, price, options }: Moment): Proposal | undefined {
  if (state.samples < options.samplesMin) return undefined;
  const deviation = Math.sqrt(state.squares / state.volume);
  const distance = price - state.average;
  if (deviation < 1 || Math.abs(distance) <= options.entryDeviations * deviation) return undefined;
  const side = distance > 0 ? 'sell' : 'buy';
  if (side === 'sell' && state.instrument.kind === 'spot') return undefined;
  const touch = side === 'buy' ? quote.askTicks : quote.bidTicks;
  return propose({
    quote,
    signalType: 'vwap.entry',
    side,
    quantityLots: unitLots(state.instrument, Math.max(1, Math.round(price)), options.dollars),
    purpose: 'entry',
    ...(touch === undefined ? {} : { limitTicks: touch }),
    maxAgeMs: 5_000,
  });
}

function exit(state: State, { quote, view, price, options }: Moment): Proposal | undefined {
  const open = view.openLots(quote.instrument);
  const isBack = open > 0 ? price >= state.average : price <= state.average;
  const heldMs = quote.receivedAtMs - (state.openSinceMs ?? quote.receivedAtMs);
  if (!isBack && heldMs < options.holdDurationMs) return undefined;
  return propose({
    quote,
    signalType: isBack ? 'vwap.target' : 'vwap.timeout',
    side: open > 0 ? 'sell' : 'buy',
    quantityLots: Math.abs(open),
    purpose: 'exit',
    maxAgeMs: 30_000,
  });
}
