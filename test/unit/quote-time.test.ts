/** Verifies: execution 12 and rules 1.6, a price whose venue stamp is far from the venue's time decides nothing. */
import { describe, expect, it } from 'vitest';
import { InstrumentId } from '../../src/domain/ids.ts';
import { quoteInVenueTime } from '../../src/domain/quote-time.ts';
import type { Mark, Quote } from '../../src/domain/view.ts';
import { markFault } from '../../src/rules/marks.ts';

const nowMs = 1_773_155_000_000;
const ageMsMax = 5_000;

function quoteStamped(offMs: number): Quote {
  return {
    instrument: InstrumentId.parse('ES'),
    bidTicks: 23_200,
    askTicks: 23_201,
    venueTimeMs: nowMs + offMs,
    receivedAtMs: nowMs,
  };
}

function faultOf(quote: Quote): string | undefined {
  const { bidTicks, askTicks, receivedAtMs } = quote;
  const mark = { bidTicks, askTicks, receivedAtMs } as Mark;
  return markFault(mark, nowMs, ageMsMax)?.name;
}

describe('a quote and the time that the venue stamped on it', () => {
  it('is let be within half a minute of the venue time, to the millisecond', () => {
    for (const offMs of [0, 30_000, -30_000]) {
      const quote = quoteStamped(offMs);
      expect(quoteInVenueTime(quote, nowMs)).toBe(quote);
      expect(faultOf(quoteInVenueTime(quote, nowMs))).toBeUndefined();
    }
  });

  it('is of the future beyond it', () => {
    expect(faultOf(quoteInVenueTime(quoteStamped(30_001), nowMs))).toBe('future');
  });

  it('is stale when the stamp is as far behind', () => {
    expect(faultOf(quoteInVenueTime(quoteStamped(-30_001), nowMs))).toBe('stale');
  });

  it('is measured at the venue clock and not at ours', () => {
    const quote = quoteStamped(40_000);
    expect(quoteInVenueTime(quote, nowMs + 40_000)).toBe(quote);
  });

  it('is let be when the stamp is no number', () => {
    const quote = { ...quoteStamped(0), venueTimeMs: Number.NaN };
    expect(quoteInVenueTime(quote, nowMs)).toBe(quote);
  });
});
