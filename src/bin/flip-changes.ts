/** Values of the world that can be changed in steps until a rule says something else, one kind after the other. */
import { formatTicks, type Instrument } from '../domain/instrument.ts';
import { formatMoney } from '../domain/money.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import type {
  AccountFacts,
  Mark,
  PositionFacts,
  TradeFacts,
  WorkingOrderFacts,
} from '../domain/view.ts';
import {
  bothWays,
  centUnits,
  lotsMax,
  secondsMax,
  settingsOf,
  stepsMax,
  type Change,
  type Flip,
  type JudgedWorld,
} from './flip-world.ts';

/** A smaller order, and a larger one. */
export function quantityChanges(world: JudgedWorld): readonly Change[] {
  const { order } = world;
  if (order === undefined) return [];
  const { quantityLots, instrument } = order;
  const sized = (lots: number): Flip => ({
    world: { ...world, order: { ...order, quantityLots: lots } },
    words: `with an order for ${countText(lots, 'lot')} of ${instrument} instead of ${quantityLots}`,
  });
  return [
    ...(quantityLots > 1
      ? [{ stepsMax: quantityLots - 1, at: (steps: number) => sized(quantityLots - steps) }]
      : []),
    { stepsMax: lotsMax, at: (steps: number) => sized(quantityLots + steps) },
  ];
}

function withFacts(world: JudgedWorld, facts: Partial<AccountFacts>): JudgedWorld {
  return { ...world, facts: { ...world.facts, ...facts } };
}

export function resultChanges(
  world: JudgedWorld,
  _: RuleFinding,
  config: unknown,
): readonly Change[] {
  const { realizedUnits, feesUnits: fees, currency } = world.facts;
  // As the rule counts it.
  const isAfterFees = settingsOf(config)['includeFees'] === true;
  const feesUnits = isAfterFees ? fees : 0;
  return bothWays.map((sign) => ({
    stepsMax,
    at(steps) {
      const units = realizedUnits + sign * steps * centUnits;
      if (!Number.isSafeInteger(units)) return undefined;
      const by = `${formatMoney(steps * centUnits, currency)} ${sign > 0 ? 'more' : 'less'}`;
      const told = (value: number): string => formatMoney(value - feesUnits, currency);
      return {
        world: withFacts(world, { realizedUnits: units }),
        words: `with a realized result of ${told(units)} ${isAfterFees ? 'after fees ' : ''}instead of ${told(realizedUnits)}: ${by}`,
      };
    },
  }));
}

/** The instrument of the finding first; a mark moves as a whole, as a market does. */
export function priceChanges(world: JudgedWorld, { entity }: RuleFinding): readonly Change[] {
  const held = world.facts.positions.map(({ instrument }) => instrument);
  const concerned = held.filter((id) => entity === 'account' || id === entity);
  return (concerned.length === 0 ? held : concerned).flatMap((id) => {
    const [instrument, mark] = [world.instrumentOf(id), world.marks.get(id)];
    if (instrument === undefined || mark === undefined) return [];
    const priceTicks = mark.lastTicks ?? mark.bidTicks ?? mark.askTicks;
    if (priceTicks === undefined) return [];
    return bothWays.map((sign) => ({
      stepsMax: sign > 0 ? 100 * priceTicks : priceTicks - 1,
      at: (steps: number) =>
        priceFlip(world, instrument, mark, { priceTicks, ticks: sign * steps }),
    }));
  });
}

function priceFlip(
  world: JudgedWorld,
  instrument: Instrument,
  mark: Mark,
  { priceTicks, ticks }: { readonly priceTicks: number; readonly ticks: number },
): Flip | undefined {
  const moved = Object.entries(mark).map(([name, value]) => [
    name,
    name === 'receivedAtMs' ? value : value + ticks,
  ]);
  if (moved.some(([name, value]) => name !== 'receivedAtMs' && Number(value) <= 0))
    return undefined;
  const changed = Object.fromEntries(moved) as Mark;
  const price = (value: number): string => formatTicks(instrument, value);
  return {
    world: { ...world, marks: new Map(world.marks).set(instrument.id, changed) },
    words: `with ${instrument.id} at ${price(priceTicks + ticks)} instead of ${price(priceTicks)}: ${countText(Math.abs(ticks), 'tick')}`,
  };
}

/** Each position smaller or larger; without lots there is none. */
export function lotChanges(world: JudgedWorld, { entity }: RuleFinding): readonly Change[] {
  const { positions } = world.facts;
  const concerned = positions.filter(
    ({ instrument }) => entity === 'account' || instrument === entity,
  );
  return (concerned.length === 0 ? positions : concerned).flatMap((position) => {
    const size = Math.abs(position.openLots);
    const sized = (lots: number): Flip => {
      const changed: readonly PositionFacts[] =
        lots === 0 ? [] : [{ ...position, openLots: Math.sign(position.openLots) * lots }];
      return {
        world: withFacts(world, {
          positions: positions.flatMap((one) => (one === position ? changed : [one])),
        }),
        words: `with ${countText(lots, 'lot')} of ${position.instrument} instead of ${size}`,
      };
    };
    return [
      { stepsMax: size, at: (steps: number) => sized(size - steps) },
      { stepsMax: lotsMax, at: (steps: number) => sized(size + steps) },
    ];
  });
}

/** Each open order smaller or larger; without a rest there is none. */
export function orderChanges(world: JudgedWorld): readonly Change[] {
  const { workingOrders } = world.facts;
  return workingOrders.flatMap((order) => {
    const sized = (lots: number): Flip => {
      const changed: readonly WorkingOrderFacts[] =
        lots === 0 ? [] : [{ ...order, leavesLots: lots }];
      const rest =
        lots === 0
          ? `without the open order ${order.orderId}`
          : `with ${countText(lots, 'lot')} open of order ${order.orderId} instead of ${order.leavesLots}`;
      return {
        world: withFacts(world, {
          workingOrders: workingOrders.flatMap((one) => (one === order ? changed : [one])),
        }),
        words: rest,
      };
    };
    return [
      { stepsMax: order.leavesLots, at: (steps: number) => sized(order.leavesLots - steps) },
      { stepsMax: lotsMax, at: (steps: number) => sized(order.leavesLots + steps) },
    ];
  });
}

/** A stop for the whole of a position, ever farther from its price; and without each stop that there is. */
export function stopChanges(world: JudgedWorld, { entity }: RuleFinding): readonly Change[] {
  const { facts, marks, instrumentOf } = world;
  const { workingOrders } = facts;
  const added = facts.positions.flatMap((position): readonly Change[] => {
    const { instrument: id, openLots } = position;
    const [instrument, mark] = [instrumentOf(id), marks.get(id)];
    const isLong = openLots > 0;
    const price = (isLong ? mark?.bidTicks : mark?.askTicks) ?? mark?.lastTicks ?? mark?.bidTicks;
    if ((entity !== 'account' && entity !== id) || instrument === undefined || price === undefined)
      return [];
    return [
      {
        stepsMax: price - 1,
        at(steps) {
          const stopTicks = isLong ? price - steps : price + steps;
          const stop: WorkingOrderFacts = {
            orderId: 'a-stop' as WorkingOrderFacts['orderId'],
            instrument: id,
            side: isLong ? 'sell' : 'buy',
            leavesLots: Math.abs(openLots),
            purpose: 'protective',
            reduceOnly: true,
            orderType: 'stop',
            stopTicks,
            isOpen: true,
          };
          return {
            world: withFacts(world, { workingOrders: [...workingOrders, stop] }),
            words: `with an open stop for all ${countText(Math.abs(openLots), 'lot')} of ${id} at ${formatTicks(instrument, stopTicks)}`,
          };
        },
      },
    ];
  });
  return added;
}

/** The newest trades not made, one more like the newest, and the result of each another one. */
export function tradeChanges(world: JudgedWorld): readonly Change[] {
  const { trades, currency } = world.facts;
  const newest = trades.at(-1);
  if (newest === undefined) return [];
  const fewer: Change = {
    stepsMax: trades.length,
    at: (steps) => ({
      world: withFacts(world, { trades: trades.slice(0, trades.length - steps) }),
      words: `without the last ${steps === 1 ? 'trade' : `${steps} trades`} of the day`,
    }),
  };
  const more: Change = {
    stepsMax: 1_000,
    at: (steps) => ({
      world: withFacts(world, {
        trades: [...trades, ...Array.from({ length: steps }, (_, index) => again(newest, index))],
      }),
      words: `with ${countText(steps, 'trade')} more like the last one`,
    }),
  };
  const results = trades.flatMap((trade) => {
    const { realizedUnits } = trade;
    if (realizedUnits === undefined) return [];
    return bothWays.map((sign): Change => ({
      stepsMax,
      at(steps) {
        const units = realizedUnits + sign * steps * centUnits;
        const changed = { ...trade, realizedUnits: units };
        const was = formatMoney(realizedUnits, currency);
        return {
          world: withFacts(world, { trades: trades.map((one) => (one === trade ? changed : one)) }),
          words: `with a result of ${formatMoney(units, currency)} instead of ${was} of trade ${trade.fillId}`,
        };
      },
    }));
  });
  return [fewer, more, ...results];
}

function again(trade: TradeFacts, index: number): TradeFacts {
  const number = index + 1;
  const orderId = trade.orderId && (`${trade.orderId}+${number}` as typeof trade.orderId);
  return {
    ...trade,
    fillId: `${trade.fillId}+${number}` as TradeFacts['fillId'],
    ...(orderId === undefined ? {} : { orderId }),
  };
}

export function permissionChanges(world: JudgedWorld): readonly Change[] {
  return [true, false].flatMap((canTrade) => {
    if (world.facts.canTrade === canTrade) return [];
    const words = canTrade
      ? 'with the permission of the venue to trade'
      : 'without the permission of the venue to trade';
    return [{ stepsMax: 1, at: () => ({ world: withFacts(world, { canTrade }), words }) }];
  });
}

/** Prices stay as old as they are: only the clock of the rule moves. */
export function timeChanges(world: JudgedWorld, { entity }: RuleFinding): readonly Change[] {
  const root = entity === 'account' ? [] : [entity];
  const moment = world.sessions?.at(world.nowMs, ...root);
  // A session is too short to be met by steps that grow.
  const start = moment?.isOpen === false ? moment.nextStartMs : undefined;
  const atStart: readonly Change[] =
    start === undefined ? [] : [{ stepsMax: 1, at: () => movedBy(world, start - world.nowMs) }];
  const inSteps = bothWays.map((sign) => ({
    stepsMax: secondsMax,
    at: (steps: number) => movedBy(world, sign * steps * 1_000),
  }));
  return [...atStart, ...inSteps];
}

function movedBy(world: JudgedWorld, byMs: number): Flip {
  const marks = [...world.marks].map(
    ([id, mark]) => [id, { ...mark, receivedAtMs: mark.receivedAtMs + byMs }] as const,
  );
  return {
    world: { ...world, nowMs: world.nowMs + byMs, marks: new Map(marks) },
    words: `${durationText(Math.ceil(Math.abs(byMs) / 1_000))} ${byMs > 0 ? 'later' : 'earlier'}`,
  };
}

function durationText(seconds: number): string {
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3_600)];
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${minutes} min ${seconds % 60} s`;
  return `${hours} h ${minutes % 60} min ${seconds % 60} s`;
}

function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
