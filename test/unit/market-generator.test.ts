/** Verifies: the built-in market is deterministic by seed, on its grids, and keeps the hours of its instruments. */
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { builtInInstruments } from '../../src/domain/instruments.ts';
import type { MarketTick } from '../../src/ports/market-data.port.ts';
import {
  createGeneratedMarket,
  generatedStartMs,
} from '../../src/venues/paper/market-generator.ts';

const dayMs = 86_400_000;

async function ticksUntil(
  seed: string,
  untilMs: number,
  startMs = generatedStartMs,
): Promise<MarketTick[]> {
  const market = createGeneratedMarket({ seed, startMs, instruments: builtInInstruments });
  const ticks: MarketTick[] = [];
  for (;;) {
    const batch = await market.next();
    if (batch === undefined) return ticks;
    for (const tick of batch) {
      if (tick.atMs > untilMs) return ticks;
      ticks.push(tick);
    }
  }
}

type Hour = { readonly weekday: number; readonly hour: number };
const hours = new Map<number, Hour>();

/** Weekday and hour on a clock in Chicago; remembered per hour because calendars are slow. */
function inChicago(atMs: number): Hour {
  const bucket = Math.floor(atMs / 3_600_000);
  const known = hours.get(bucket);
  if (known !== undefined) return known;
  const { weekday, hour } = DateTime.fromMillis(bucket * 3_600_000, { zone: 'America/Chicago' });
  hours.set(bucket, { weekday, hour });
  return { weekday, hour };
}

describe('the generated market', () => {
  it('starts on Monday 2 March 2026 at 08:30 in Chicago', () => {
    const start = DateTime.fromMillis(generatedStartMs, { zone: 'America/Chicago' });
    expect(start.toISO()).toBe('2026-03-02T08:30:00.000-06:00');
  });

  it('gives the same ticks for the same seed and others for another', async () => {
    const untilMs = generatedStartMs + 3_600_000;
    const [first, second, other] = await Promise.all(
      ['a', 'a', 'b'].map((seed) => ticksUntil(seed, untilMs)),
    );
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('gives one instrument the same path whatever order the batches are taken in', async () => {
    const short = await ticksUntil('a', generatedStartMs + 600_000);
    const long = await ticksUntil('a', generatedStartMs + dayMs);
    expect(long.slice(0, short.length)).toEqual(short);
  });

  it('makes a day of fifty to eighty thousand ticks of all three instruments', async () => {
    const ticks = await ticksUntil('a', generatedStartMs + dayMs);
    expect(ticks.length).toBeGreaterThan(50_000);
    expect(ticks.length).toBeLessThan(80_000);
    expect(new Set(ticks.map(({ quote }) => quote.instrument))).toEqual(
      new Set(['MNQ', 'MES', 'BTC-PERP']),
    );
  });

  it('keeps time, grids and spreads', async () => {
    const ticks = await ticksUntil('a', generatedStartMs + dayMs);
    const bad = ticks.filter(({ atMs, quote }, index) => {
      const { bidTicks = 0, askTicks = 0, lastTicks, lastLots = 0 } = quote;
      const isWhole = [atMs, bidTicks, askTicks, lastTicks, lastLots].every(Number.isSafeInteger);
      const isTouch = bidTicks > 0 && bidTicks < askTicks && lastLots > 0;
      const isTraded = lastTicks === bidTicks || lastTicks === askTicks;
      return !(
        isWhole &&
        isTouch &&
        isTraded &&
        atMs >= (ticks[index - 1]?.atMs ?? generatedStartMs)
      );
    });
    expect(bad).toEqual([]);
  });

  it('closes futures for the daily break and the weekend, also when the clocks change, and never the perpetual', async () => {
    // The week of 8 March 2026 begins with the change to daylight saving.
    const ticks = await ticksUntil('a', generatedStartMs + 8 * dayMs);
    const futures = ticks
      .filter(({ quote }) => quote.instrument !== 'BTC-PERP')
      .map(({ atMs }) => inChicago(atMs));
    expect(futures.filter(({ hour }) => hour === 16)).toEqual([]);
    expect(
      futures.filter(({ weekday, hour }) => weekday === 6 || (weekday === 7 && hour < 17)),
    ).toEqual([]);
    expect(futures.filter(({ weekday, hour }) => weekday === 5 && hour >= 17)).toEqual([]);
    expect(futures.some(({ weekday, hour }) => weekday === 7 && hour === 17)).toBe(true);
    const saturday = ticks.filter(({ atMs }) => inChicago(atMs).weekday === 6);
    expect(saturday.length).toBeGreaterThan(10_000);
  });

  it('is busier and wilder around the opening of the stock market than at night', async () => {
    const ticks = (await ticksUntil('a', generatedStartMs + 4 * dayMs)).filter(
      ({ quote }) => quote.instrument === 'MNQ',
    );
    const moves = (wanted: readonly number[]) => {
      const chosen = ticks.filter(({ atMs }) => wanted.includes(inChicago(atMs).hour));
      let sum = 0;
      for (const [index, tick] of chosen.entries()) {
        const before = chosen[index - 1];
        if (before !== undefined && tick.atMs - before.atMs < 60_000) {
          sum += Math.abs((tick.quote.lastTicks ?? 0) - (before.quote.lastTicks ?? 0));
        }
      }
      return { count: chosen.length, path: sum };
    };
    const [open, night] = [moves([9, 10]), moves([21, 22])];
    expect(open.count).toBeGreaterThan(night.count * 1.3);
    expect(open.path).toBeGreaterThan(night.path * 1.5);
  });

  it('opens with a gap after a closed market', async () => {
    const ticks = (await ticksUntil('a', generatedStartMs + 7 * dayMs)).filter(
      ({ quote }) => quote.instrument === 'MES',
    );
    const first = ticks.findIndex(
      ({ atMs }, index) => atMs - (ticks[index - 1]?.atMs ?? atMs) > dayMs,
    );
    const gap = Math.abs(
      (ticks[first]?.quote.lastTicks ?? 0) - (ticks[first - 1]?.quote.lastTicks ?? 0),
    );
    expect(first).toBeGreaterThan(0);
    expect(gap).toBeGreaterThan(4);
  });
});
