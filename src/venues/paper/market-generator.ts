/**
 * The market that is always there: generated, seeded, without files.
 *
 * Two index futures that move together in Globex sessions (opening gaps, U-shaped days) and one perpetual that never
 * sleeps; volatility clusters (GARCH-like), jumps, spreads that widen with volatility. Floats make the path; what
 * leaves is whole ticks and lots. The same seed and start give the same ticks.
 */
import { DateTime } from 'luxon';
import type { InstrumentId } from '../../domain/ids.ts';
import { parseTicks, type Instrument, type Lots } from '../../domain/instrument.ts';
import { condition } from '../../kernel/assert.ts';
import { createRandom, type Random } from '../../kernel/random.ts';
import type { MarketSource, MarketTick } from '../../ports/market-data.port.ts';
import { futuresSessions, sessionOpenMinute, type Session } from './market-sessions.ts';

export type GeneratedMarketOptions = {
  readonly seed: string;
  /** First instant, UTC ms. Default Monday 2026-03-02 08:30 in Chicago, the opening of the stock market. */
  readonly startMs?: number;
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
};

/** A reproducible beginning: an ordinary Monday, half an hour before anything has happened. */
export const generatedStartMs = DateTime.fromObject(
  { year: 2026, month: 3, day: 2, hour: 8, minute: 30 },
  { zone: 'America/Chicago' },
).toMillis();

type Profile = {
  readonly id: string;
  readonly price: string;
  /** Standard deviation of a day, as a share of the price. */
  readonly dayDeviation: number;
  /** Share of the variance that comes from the common factor. */
  readonly commonShare: number;
  /** Mean seconds between ticks in a quiet and in a busy hour. */
  readonly quietSeconds: number;
  readonly busySeconds: number;
  /** Jumps per day and the deviation of one. */
  readonly jumpsPerDay: number;
  readonly jumpDeviation: number;
  readonly gapDeviation: { readonly day: number; readonly weekend: number };
  readonly spreadTicks: number;
  /** Mean lots of a trade. */
  readonly lots: Lots;
};

const profiles: readonly Profile[] = [
  {
    id: 'MNQ',
    price: '21500',
    dayDeviation: 0.012,
    commonShare: 0.8,
    quietSeconds: 5,
    busySeconds: 2.4,
    jumpsPerDay: 1.5,
    jumpDeviation: 0.0025,
    gapDeviation: { day: 0.0012, weekend: 0.005 },
    spreadTicks: 2,
    lots: 3,
  },
  {
    id: 'MES',
    price: '5950',
    dayDeviation: 0.009,
    commonShare: 0.8,
    quietSeconds: 5,
    busySeconds: 2.4,
    jumpsPerDay: 1.5,
    jumpDeviation: 0.002,
    gapDeviation: { day: 0.0009, weekend: 0.004 },
    spreadTicks: 1,
    lots: 4,
  },
  {
    id: 'BTC-PERP',
    price: '92000',
    dayDeviation: 0.028,
    commonShare: 0.15,
    quietSeconds: 4.5,
    busySeconds: 3,
    jumpsPerDay: 4,
    jumpDeviation: 0.005,
    gapDeviation: { day: 0, weekend: 0 },
    spreadTicks: 3,
    lots: 120,
  },
];

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** The common factor has a variance of 1 per day. */
const perMs = 1 / dayMs;
/** GARCH(1,1) of one tick, normalised to a mean of 1. */
const garch = { news: 0.03, memory: 0.965 } as const;
/** The longest silence inside a session. */
const intervalMsMax = 30_000;
const batchTicks = 512;
const priceTicksMin = 400;

/** Volatility at a minute of a Globex day: asleep at night, U-shaped while the stock market is open. Mean about 1. */
function activityAt(minuteOfDay: number): number {
  const [open, close] = [8 * 60 + 30, 15 * 60];
  if (minuteOfDay >= open && minuteOfDay < close) {
    const position = (minuteOfDay - open) / (close - open);
    return 0.8 + 8 * (position - 0.45) ** 2;
  }
  if (minuteOfDay >= 2 * 60 && minuteOfDay < open) return 0.75;
  return minuteOfDay >= close && minuteOfDay < 16 * 60 ? 0.7 : 0.45;
}

type Walker = {
  readonly instrument: Instrument;
  readonly nextMs: () => number;
  readonly tick: () => MarketTick;
};

/** @throws ConditionFailed when one of MNQ, MES, BTC-PERP is not among the instruments */
export function createGeneratedMarket(options: GeneratedMarketOptions): MarketSource {
  const startMs = options.startMs ?? generatedStartMs;
  condition(
    Number.isSafeInteger(startMs),
    () => `a market starts at a whole millisecond, was ${startMs}`,
  );
  const random = createRandom(options.seed).fork('market');
  const common = createCommonFactor(random.fork('common'), startMs);
  const walkers = profiles.map((profile) => {
    const instrument = options.instruments.get(profile.id as InstrumentId);
    condition(
      instrument !== undefined,
      () => `the generated market needs the instrument ${profile.id}`,
    );
    return createWalker(profile, instrument, random.fork(profile.id), common, startMs);
  });
  let rows = 0;
  let isClosed = false;

  const earliest = (): Walker | undefined => {
    let best: Walker | undefined;
    let bestMs = Infinity;
    for (const walker of walkers) {
      const nextMs = walker.nextMs();
      if (nextMs < bestMs) {
        best = walker;
        bestMs = nextMs;
      }
    }
    return best;
  };

  return {
    name: `generated market, seed ${options.seed}`,
    instruments: walkers.map(({ instrument }) => instrument),
    intervalMsMax,
    get progress() {
      return { rows, emptyRows: 0 };
    },
    next() {
      if (isClosed) return Promise.resolve(undefined);
      const ticks: MarketTick[] = [];
      while (ticks.length < batchTicks) {
        const walker = earliest();
        if (walker === undefined) break;
        ticks.push(walker.tick());
      }
      rows += ticks.length;
      return Promise.resolve(ticks);
    },
    close() {
      isClosed = true;
      return Promise.resolve();
    },
  };
}

/** A random walk that several instruments share; asked in order of time. */
function createCommonFactor(random: Random, startMs: number): (atMs: number) => number {
  let value = 0;
  let lastMs = startMs;
  return (atMs) => {
    if (atMs > lastMs) {
      value += random.normal() * Math.sqrt((atMs - lastMs) * perMs);
      lastMs = atMs;
    }
    return value;
  };
}

/** Hours of one instrument: where it stands now, and how busy that hour is. */
type Hours = {
  readonly activity: (atMs: number) => number;
  readonly reach: (atMs: number) => Reached;
};
/** The instant itself or the next opening; `gap` names what lay between. */
type Reached = { readonly atMs: number; readonly gap: 'none' | 'day' | 'weekend' };

function createHours(instrument: Instrument, startMs: number): Hours {
  if (instrument.calendar === 'continuous') {
    return {
      activity: (atMs) => 0.85 + 0.3 * Math.sin(((atMs % dayMs) / dayMs) * 2 * Math.PI - 2) ** 2,
      reach: (atMs) => ({ atMs, gap: 'none' }),
    };
  }
  const sessions = futuresSessions(startMs);
  let session: Session = sessions.next().value;
  return {
    activity: (atMs) =>
      activityAt((sessionOpenMinute + Math.floor((atMs - session.openMs) / minuteMs)) % 1440),
    reach(atMs) {
      if (atMs >= session.openMs && atMs < session.closeMs) return { atMs, gap: 'none' };
      while (atMs >= session.closeMs) session = sessions.next().value;
      const gap = session.isFirstOfWeek ? 'weekend' : 'day';
      return { atMs: Math.max(atMs, session.openMs), gap };
    },
  };
}

function createWalker(
  profile: Profile,
  instrument: Instrument,
  random: Random,
  common: (atMs: number) => number,
  startMs: number,
): Walker {
  const hours = createHours(instrument, startMs);
  const startTicks = parseTicks(instrument, profile.price);
  condition(startTicks !== undefined, () => `${profile.price} is a price of ${profile.id}`);
  const ownShare = Math.sqrt(1 - profile.commonShare);
  const commonShare = Math.sqrt(profile.commonShare);
  let price = startTicks;
  let variance = 1;
  let lastMs = startMs;
  let commonBefore = 0;

  const pause = (fromMs: number): number => {
    const busy = Math.min(1, hours.activity(fromMs) / 1.2);
    const meanMs =
      1000 * (profile.quietSeconds + (profile.busySeconds - profile.quietSeconds) * busy);
    const drawn = -Math.log(1 - random.float()) * meanMs;
    return Math.min(intervalMsMax, Math.max(20, Math.round(drawn)));
  };
  let due = hours.reach(startMs + pause(startMs));

  const move = (atMs: number): void => {
    const days = Math.min(atMs - lastMs, intervalMsMax) * perMs;
    const own = random.normal();
    const factor = common(atMs);
    const shared = factor - commonBefore;
    commonBefore = factor;
    const scale = profile.dayDeviation * hours.activity(atMs) * Math.sqrt(variance);
    // Over a closed market the factor moved too; that way belongs to the gap and is drawn there.
    const sharedMove = due.gap === 'none' ? shared * commonShare : 0;
    let change = scale * (own * ownShare * Math.sqrt(days) + sharedMove);
    if (due.gap !== 'none') change += random.normal() * profile.gapDeviation[due.gap];
    if (random.float() < profile.jumpsPerDay * days)
      change += random.normal() * profile.jumpDeviation;
    variance = Math.min(
      12,
      1 - garch.news - garch.memory + variance * (garch.memory + garch.news * own * own),
    );
    // Out of reach in any run of weeks; the bound keeps a run of years above zero.
    price = Math.max(priceTicksMin, price * (1 + Math.max(-0.2, Math.min(0.2, change))));
    lastMs = atMs;
  };

  return {
    instrument,
    nextMs: () => due.atMs,
    tick() {
      const { atMs } = due;
      move(atMs);
      const mid = Math.round(price);
      const extra = Math.floor(random.float() * profile.spreadTicks * Math.sqrt(variance));
      const spread = Math.max(1, profile.spreadTicks + extra - 1);
      const bidTicks = mid - Math.floor(spread / 2);
      const askTicks = bidTicks + spread;
      const lastLots = 1 + Math.floor(-Math.log(1 - random.float()) * profile.lots);
      const quote = {
        instrument: instrument.id,
        bidTicks,
        askTicks,
        lastTicks: random.uint32() % 2 === 0 ? bidTicks : askTicks,
        lastLots,
        venueTimeMs: atMs,
        receivedAtMs: atMs,
      };
      due = hours.reach(atMs + pause(atMs));
      return { atMs, quote };
    },
  };
}
