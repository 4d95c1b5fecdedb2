/** Adapters for the kinds about sizes, stops that follow, and floors: the pure arithmetic of the domain. */
import { z } from 'zod';
import { decimalRatio, wholeUnits } from '../../domain/arithmetic.ts';
import {
  dayFloor,
  firstFloor,
  isBelowFloor,
  raiseFloor,
  roomAbove,
  type TrailingLoss,
} from '../../domain/drawdown.ts';
import { createInstrument, formatLots, formatTicks, type Ticks } from '../../domain/instrument.ts';
import { parseMoney } from '../../domain/money.ts';
import type { Side } from '../../domain/position.ts';
import { fixedRiskLots } from '../../domain/sizing.ts';
import { nextTrailingStop, type TrailDistance } from '../../domain/trailing.ts';
import { condition } from '../../kernel/assert.ts';
import { same, sameDecimal, sameMoney, type Check, type Outcome } from './compare.ts';
import { instrumentOfCase, lotsOf, ticksOf } from './instrument-of-case.ts';
import { Decimal, VectorSide } from './vectors.ts';

const currency = 'USD';
const ppm = { num: 1, den: 1_000_000 };
const bps = { num: 1, den: 10_000 };

function scaled(text: string, unit: { readonly num: number; readonly den: number }): number {
  const units = wholeUnits(text, unit);
  condition(units !== undefined, () => `a share with fewer decimals, was ${text}`);
  return units;
}

const NoBound = z.literal('None').transform(() => undefined);
export const FixedRiskCase = z.object({
  input: z.strictObject({
    eq: Decimal,
    entry: Decimal,
    stop: Decimal,
    risk: Decimal,
    batch: Decimal,
    fx: Decimal.optional(),
    hard: Decimal.optional(),
    units: Decimal.optional(),
    maxq: z.union([Decimal, NoBound]),
  }),
  expect: z.strictObject({ qty: Decimal }),
});

export function checkFixedRisk({ input, expect }: z.output<typeof FixedRiskCase>): Outcome {
  const { eq, entry, stop, risk, batch, fx, hard, units, maxq } = input;
  const instrument = instrumentOfCase({ prices: [entry, stop], quantities: [batch] });
  const lots = fixedRiskLots({
    instrument,
    equityUnits: parseMoney(eq, currency),
    riskPpm: scaled(risk, ppm),
    entryTicks: ticksOf(instrument, entry),
    stopTicks: ticksOf(instrument, stop),
    batchLots: lotsOf(instrument, batch),
    ...(fx === undefined ? {} : { exchange: decimalRatio(fx) }),
    ...(hard === undefined ? {} : { hardLimitLots: lotsOf(instrument, hard) }),
    ...(units === undefined ? {} : { orders: scaled(units, { num: 1, den: 1 }) }),
    ...(maxq === undefined ? {} : { lotsMax: lotsOf(instrument, maxq) }),
  });
  return { checks: [sameDecimal('qty', expect.qty, formatLots(instrument, lots))] };
}

export const TrailingStopCase = z.object({
  input: z.strictObject({
    side: VectorSide,
    trigger: Decimal,
    offsetType: z.enum(['PRICE', 'TICKS', 'BPS']),
    offset: Decimal,
    basis: Decimal,
    tick: Decimal,
  }),
  expect: z.strictObject({ newTrigger: Decimal.nullable() }),
});

export function checkTrailingStop({ input, expect }: z.output<typeof TrailingStopCase>): Outcome {
  const { side, trigger, offsetType, offset, basis, tick } = input;
  const instrument = createInstrument({
    id: 'VECTOR',
    kind: 'perpetual',
    settlementCurrency: currency,
    tickSize: tick,
    multiplier: '1',
    calendar: 'continuous',
  });
  const whole = { num: 1, den: 1 };
  const distance: TrailDistance =
    offsetType === 'BPS'
      ? { kind: 'bps', bps: scaled(offset, whole) }
      : {
          kind: 'ticks',
          ticks: offsetType === 'TICKS' ? scaled(offset, whole) : ticksOf(instrument, offset),
        };
  const moved = nextTrailingStop({
    side,
    triggerTicks: ticksOf(instrument, trigger),
    basisTicks: ticksOf(instrument, basis),
    distance,
  });
  const actual = moved === undefined ? undefined : formatTicks(instrument, moved);
  return {
    checks: [
      expect.newTrigger === null
        ? same('newTrigger', null, actual ?? null)
        : sameDecimal('newTrigger', expect.newTrigger, actual),
    ],
  };
}

const Step = z.strictObject({ price: Decimal, pct: Decimal, stop: Decimal });
export const RatchetCase = z.object({
  input: z.strictObject({ side: z.enum(['LONG', 'SHORT']), open: Decimal }),
  expect: z.strictObject({ steps: z.array(Step).min(1) }),
});

export function checkRatchet({ input, expect }: z.output<typeof RatchetCase>): Outcome {
  const { steps } = expect;
  const prices = steps.flatMap(({ price, stop }) => [price, stop]);
  const instrument = instrumentOfCase({ prices, quantities: ['1'] });
  const side: Side = input.side === 'LONG' ? 'sell' : 'buy';
  let triggerTicks: Ticks | undefined;
  const checks: Check[] = [];
  for (const [index, { price, pct, stop }] of steps.entries()) {
    const distance = { kind: 'bps', bps: scaled(pct, bps) } as const;
    const basisTicks = ticksOf(instrument, price);
    triggerTicks = nextTrailingStop({ side, triggerTicks, basisTicks, distance }) ?? triggerTicks;
    const actual = triggerTicks === undefined ? undefined : formatTicks(instrument, triggerTicks);
    checks.push(sameDecimal(`stop[${index}]`, stop, actual));
  }
  return { checks };
}

const Point = z.strictObject({ kind: z.enum(['MARK', 'EOD']), equity: Decimal });
export const TrailingFloorCase = z.object({
  input: z.strictObject({
    start: Decimal,
    maxLoss: Decimal,
    mode: z.enum(['INTRADAY', 'EOD']),
    lockAt: Decimal.nullable(),
    points: z.array(Point).min(1),
  }),
  expect: z.strictObject({
    floor: z.array(Decimal),
    room: z.array(Decimal),
    breached: z.array(z.boolean()),
  }),
});

export function checkTrailingFloor({ input, expect }: z.output<typeof TrailingFloorCase>): Outcome {
  const { start, maxLoss, mode, lockAt, points } = input;
  const loss: TrailingLoss = {
    startUnits: parseMoney(start, currency),
    lossUnitsMax: parseMoney(maxLoss, currency),
    anchor: mode === 'EOD' ? 'endOfDay' : 'intraday',
    ...(lockAt === null ? {} : { locksAtUnits: parseMoney(lockAt, currency) }),
  };
  let floor = firstFloor(loss);
  const checks: Check[] = [];
  for (const [index, { kind, equity }] of points.entries()) {
    const equityUnits = parseMoney(equity, currency);
    floor = raiseFloor(loss, floor, { equityUnits, isEndOfDay: kind === 'EOD' });
    const room = roomAbove(floor, equityUnits);
    const money = (units: number) => ({ units, currency, fills: 0 });
    checks.push(
      sameMoney(`floor[${index}]`, expect.floor[index] ?? '', money(floor)),
      sameMoney(`room[${index}]`, expect.room[index] ?? '', money(room)),
      same(`breached[${index}]`, expect.breached[index], isBelowFloor(room)),
    );
  }
  return { checks };
}

export const RoomCase = z.object({
  input: z.strictObject({ cash: Decimal, openPnl: Decimal, floor: Decimal }),
  expect: z.strictObject({ room: Decimal }),
});

export function checkRoom({ input, expect }: z.output<typeof RoomCase>): Outcome {
  const [floor, cash, open] = [input.floor, input.cash, input.openPnl].map((text) =>
    parseMoney(text, currency),
  ) as [number, number, number];
  const units = roomAbove(floor, cash, open);
  return { checks: [sameMoney('room', expect.room, { units, currency, fills: 0 })] };
}

export const DayFloorCase = z.object({
  input: z.strictObject({
    initial: Decimal,
    dayStartBalance: Decimal,
    pct: Decimal,
    equity: z.array(Decimal).min(1),
  }),
  expect: z.strictObject({ floor: Decimal, breached: z.array(z.boolean()) }),
});

export function checkDayFloor({ input, expect }: z.output<typeof DayFloorCase>): Outcome {
  const { initial, dayStartBalance, pct, equity } = input;
  const units = dayFloor(
    parseMoney(dayStartBalance, currency),
    parseMoney(initial, currency),
    scaled(pct, ppm),
  );
  const checks = [sameMoney('floor', expect.floor, { units, currency, fills: 0 })];
  for (const [index, text] of equity.entries()) {
    const room = roomAbove(units, parseMoney(text, currency));
    checks.push(same(`breached[${index}]`, expect.breached[index], isBelowFloor(room)));
  }
  return { checks };
}
