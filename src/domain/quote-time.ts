/** When a price counts as come: the venue's stamp has a say where it is far from the venue's time. */
import { limits } from '../kernel/limits.ts';
import type { Quote } from './view.ts';

/**
 * The quote as it may be judged. A stamp within the permitted skew of the venue's time is let be; one beyond it shifts
 * the arrival by what it is off, so that an old stamp is a stale price and one of the future is none at all. Pure.
 *
 * @param venueNowMs the venue's time as far as it is known; ms since the epoch
 * @see execution 12, rules 1.6
 */
export function quoteInVenueTime(quote: Quote, venueNowMs: number): Quote {
  const offMs = quote.venueTimeMs - venueNowMs;
  if (!Number.isFinite(offMs) || Math.abs(offMs) <= limits.quoteSkewMsMax) return quote;
  return { ...quote, receivedAtMs: quote.receivedAtMs + offMs };
}
