/**
 * Reading marks: what a position could be closed at, or why nobody can say.
 *
 * Anything doubtful has a name instead of a number, so that it can never be compared with a limit.
 */
import { addExact } from '../domain/arithmetic.ts';
import { formatTicks, unrealizedUnits, type Instrument, type Ticks } from '../domain/instrument.ts';
import type { Units } from '../domain/money.ts';
import type { VerdictInput } from '../domain/verdict.ts';
import type { Mark, PositionFacts } from '../domain/view.ts';
import { limits } from '../kernel/limits.ts';
import type { PriceBasis, RuleContext } from './rule.ts';

/** What is wrong with a mark as it stands, whatever its age. */
export type MarkDefect = 'quote' | 'crossed' | 'impossible';

/** The prices of a picture, in ticks. */
export type Prices = {
  readonly bidTicks?: Ticks | undefined;
  readonly askTicks?: Ticks | undefined;
  readonly lastTicks?: Ticks | undefined;
};

/** How a rule reads marks; part of its parsed configuration. */
export type MarkReading = { readonly markPrice: PriceBasis; readonly quoteMaxAgeSeconds: number };

/** The open profit of one position, or the name of what is missing to know it. */
export type OpenProfit =
  | { readonly isKnown: true; readonly units: Units; readonly input: VerdictInput }
  /** `staleMs`: for how long the quote has been too old; absent when age is not the reason. */
  | { readonly isKnown: false; readonly missing: string; readonly staleMs?: number };

/**
 * The defect of a picture of prices, or undefined. A price that is not a whole number of ticks above 0
 * is impossible; a last price outside bid and ask is possible. Source: rules 1.6.
 */
export function markDefect(prices: Prices): MarkDefect | undefined {
  const { bidTicks: bid, askTicks: ask, lastTicks: last } = prices;
  if (bid === undefined && ask === undefined && last === undefined) return 'quote';
  for (const price of [bid, ask, last]) {
    if (price !== undefined && !(Number.isSafeInteger(price) && price > 0)) return 'impossible';
  }
  return bid !== undefined && ask !== undefined && bid > ask ? 'crossed' : undefined;
}

/**
 * The price at which a long (or short) could be closed, in ticks; undefined when the picture lacks it.
 * The middle of an odd spread is rounded against the position. Source: rules 1.1.
 */
export function closingTicks(
  prices: Prices,
  isLong: boolean,
  basis: PriceBasis,
): Ticks | undefined {
  const { bidTicks: bid, askTicks: ask, lastTicks: last } = prices;
  if (basis === 'last') return last ?? (isLong ? bid : ask);
  if (basis === 'mid' && bid !== undefined && ask !== undefined) {
    return isLong ? Math.floor((bid + ask) / 2) : Math.ceil((bid + ask) / 2);
  }
  return (isLong ? bid : ask) ?? last;
}

/**
 * The best price at which a long (or short) could have been closed since the last evaluation, the present
 * included; undefined when the picture lacks it.
 */
export function bestTicks(mark: Mark, isLong: boolean, basis: PriceBasis): Ticks | undefined {
  const now = closingTicks(mark, isLong, basis);
  const extreme = isLong ? mark.longHighTicks : mark.shortLowTicks;
  if (now === undefined || extreme === undefined) return now;
  return isLong ? Math.max(now, extreme) : Math.min(now, extreme);
}

/** Open profit of a position at its mark, exact. The names of what is missing end in the instrument. */
export function openProfit(
  context: RuleContext,
  position: PositionFacts,
  reading: MarkReading,
): OpenProfit {
  const id = position.instrument;
  const instrument = context.instrumentOf(id);
  if (instrument === undefined) return { isKnown: false, missing: `instrument:${id}` };
  if (instrument.settlementCurrency !== context.facts.currency) {
    return { isKnown: false, missing: `currency:${id}` };
  }
  const mark = context.marks(id);
  const fault = markFault(mark, context.nowMs, reading.quoteMaxAgeSeconds * 1_000);
  if (fault !== undefined) {
    return fault.staleMs === undefined
      ? { isKnown: false, missing: `${fault.name}:${id}` }
      : { isKnown: false, missing: `${fault.name}:${id}`, staleMs: fault.staleMs };
  }
  const ticks =
    mark === undefined ? undefined : closingTicks(mark, position.openLots > 0, reading.markPrice);
  if (mark === undefined || ticks === undefined) return { isKnown: false, missing: `quote:${id}` };
  return {
    isKnown: true,
    units: unrealizedUnits(instrument, position.openLots, position.costUnits, ticks),
    input: markInput(instrument, ticks, context.nowMs - mark.receivedAtMs),
  };
}

/** The sum of open profits, exact, with everything that is missing for it. */
export function sumProfits(profits: readonly OpenProfit[]): {
  readonly units: Units;
  readonly inputs: readonly VerdictInput[];
  readonly missing: readonly string[];
} {
  let units = 0;
  const inputs: VerdictInput[] = [];
  const missing: string[] = [];
  for (const profit of profits) {
    if (profit.isKnown) {
      units = addExact(units, profit.units);
      inputs.push(profit.input);
    } else {
      missing.push(profit.missing);
    }
  }
  return { units, inputs, missing };
}

/** Why a mark cannot be used now; undefined when it can. `staleMs` when only its age is the reason. */
export function markFault(
  mark: Mark | undefined,
  nowMs: number,
  ageMsMax: number,
): { readonly name: MarkDefect | 'stale' | 'future'; readonly staleMs?: number } | undefined {
  if (mark === undefined) return { name: 'quote' };
  const defect = markDefect(mark);
  const ageMs = nowMs - mark.receivedAtMs;
  // Stale outranks a defect: a picture that has stood too long is given up however wrong it is.
  if (ageMs > ageMsMax) return { name: 'stale', staleMs: ageMs - ageMsMax };
  if (defect !== undefined) return { name: defect };
  if (!(ageMs >= -limits.quoteSkewMsMax)) return { name: 'future' };
  return undefined;
}

function markInput(instrument: Instrument, ticks: Ticks, ageMs: number): VerdictInput {
  return { name: `mark:${instrument.id}`, value: formatTicks(instrument, ticks), ageMs };
}
