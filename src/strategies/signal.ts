/** What the built-in strategies share: the price they look at, sizes in lots, and how a proposal is written. */
import {
  decimalRatio,
  mulDiv,
  mulRatio,
  ratioInverse,
  ratioProduct,
} from '../domain/arithmetic.ts';
import type { InstrumentId } from '../domain/ids.ts';
import { positionValue, type Instrument, type Lots, type Ticks } from '../domain/instrument.ts';
import type { OrderType, Purpose } from '../domain/order.ts';
import type { Side } from '../domain/position.ts';
import { TradingCalendar } from '../domain/trading-day.ts';
import type { Quote } from '../domain/view.ts';
import type { Proposal } from '../ports/strategy.port.ts';

/** Looks up the specification of an instrument; undefined: the strategy leaves it alone. */
export type InstrumentLookup = (id: InstrumentId) => Instrument | undefined;

/** The price a signal is computed from: the last trade, else the middle of bid and ask, in ticks (may be a half). */
export function signalPrice(quote: Quote): number | undefined {
  if (quote.lastTicks !== undefined) return quote.lastTicks;
  const { bidTicks, askTicks } = quote;
  return bidTicks === undefined || askTicks === undefined ? undefined : (bidTicks + askTicks) * 0.5;
}

/**
 * Lots of one trading unit: a contract for a future, about `dollars` of value for everything else; at least 1.
 *
 * @param ticks current price, > 0
 */
export function unitLots(instrument: Instrument, ticks: Ticks, dollars: number): Lots {
  if (instrument.kind === 'future') return 1;
  if (instrument.payoff === 'inverse') {
    const perLot = ratioProduct(decimalRatio(instrument.multiplier), instrument.lot);
    return Math.max(1, mulRatio(dollars, 1, ratioInverse(perLot), 'floor'));
  }
  // A million lots at once: the value of a single lot of a coin can be less than an accounting unit.
  const million = positionValue(instrument, 1_000_000, ticks);
  return million <= 0 ? 1 : Math.max(1, mulDiv(dollars * 1_000_000, 1_000_000, million, 'floor'));
}

/** Sessions of the signals; the account's own trading day does not matter to them. */
export function sessionCalendar(instrument: Instrument): TradingCalendar {
  return new TradingCalendar({ time: '17:00', zone: 'America/Chicago', kind: instrument.calendar });
}

export type Wish = {
  readonly quote: Quote;
  /** `vwap.entry` */
  readonly signalType: string;
  readonly side: Side;
  readonly quantityLots: Lots;
  readonly purpose: Purpose;
  /** Absent: a market order. */
  readonly limitTicks?: Ticks;
  readonly maxAgeMs: number;
};

/** The proposal for a wish. Its signal id names instrument, kind and instant: the same signal twice is one signal. */
export function propose(wish: Wish): Proposal {
  const { quote, signalType, side, quantityLots, purpose, limitTicks, maxAgeMs } = wish;
  const orderType: OrderType = limitTicks === undefined ? 'market' : 'limit';
  return {
    instrument: quote.instrument,
    side,
    orderType,
    quantityLots,
    ...(limitTicks === undefined ? {} : { limitTicks }),
    timeInForce: limitTicks === undefined ? 'day' : 'ioc',
    reduceOnly: purpose === 'exit',
    purpose,
    signal: {
      id: `${signalType}:${quote.instrument}:${quote.receivedAtMs}`,
      type: signalType,
      atMs: quote.receivedAtMs,
    },
    maxAgeMs,
  };
}
