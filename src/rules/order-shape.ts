import {
  decimalRatio,
  isDecimalText,
  mulRatio,
  ratioInverse,
  ratioProduct,
} from '../domain/arithmetic.ts';
/** Is an order well formed? Shape only: no state, no market. Source: trading-controls 2, check 14. */
import type { Denial } from '../domain/denial.ts';
import {
  parseLots,
  parseTicks,
  type Instrument,
  type Lots,
  type Ticks,
} from '../domain/instrument.ts';
import type { OffGrid, OrderIntent, OrderType, SubmitOrder } from '../domain/order.ts';
import type { Side } from '../domain/position.ts';
import type { VerdictInput } from '../domain/verdict.ts';
import { limits } from '../kernel/limits.ts';

const neededPrices: Readonly<Record<OrderType, readonly PriceField[]>> = {
  market: [],
  limit: ['limitTicks'],
  stop: ['stopTicks'],
  stopLimit: ['limitTicks', 'stopTicks'],
  trailingStop: ['trailTicks'],
};
const priceFields = ['limitTicks', 'stopTicks', 'trailTicks'] as const;
type PriceField = (typeof priceFields)[number];
type Shape = Omit<SubmitOrder, 'orderId'>;

/** The first thing that is wrong with the shape of an order, or undefined. Pure. */
export function shapeDenial(order: Shape): Denial | undefined {
  return schemaDenial(order) ?? quantityDenial(order);
}

/** SCHEMA_INVALID when prices do not fit the type, or are not whole ticks above 0. */
export function schemaDenial(order: Shape): Denial | undefined {
  const faults: VerdictInput[] = [];
  for (const field of priceFields) {
    const value = order[field];
    const isNeeded = neededPrices[order.orderType].includes(field);
    if (isNeeded && value === undefined) faults.push({ name: field, value: 'missing' });
    if (!isNeeded && value !== undefined) faults.push({ name: field, value: 'not for this type' });
    if (isNeeded && value !== undefined && !isWholeAboveZero(value)) {
      faults.push({ name: field, value: String(value) });
    }
  }
  return faults.length === 0 ? undefined : { code: 'SCHEMA_INVALID', facts: faults };
}

/** QUANTITY_OUT_OF_RANGE when the quantity is not a whole number of lots above 0, or beyond all reason. */
export function quantityDenial(order: Pick<Shape, 'quantityLots'>): Denial | undefined {
  return isWholeAboveZero(order.quantityLots) && order.quantityLots <= limits.orderLotsMax
    ? undefined
    : {
        code: 'QUANTITY_OUT_OF_RANGE',
        facts: [{ name: 'quantityLots', value: String(order.quantityLots) }],
      };
}

/** PRICE_OFF_TICK with the prices as they were given. */
export function priceGridDenial({ offGrid }: Pick<OrderIntent, 'offGrid'>): Denial | undefined {
  const facts = (['limitPrice', 'stopPrice'] as const).flatMap((name) => {
    const value = offGrid?.[name];
    return value === undefined ? [] : [{ name, value }];
  });
  return facts.length === 0 ? undefined : { code: 'PRICE_OFF_TICK', facts };
}

/** QUANTITY_OFF_INCREMENT with the quantity as it was given. */
export function quantityGridDenial({ offGrid }: Pick<OrderIntent, 'offGrid'>): Denial | undefined {
  const value = offGrid?.quantity;
  return value === undefined
    ? undefined
    : { code: 'QUANTITY_OFF_INCREMENT', facts: [{ name: 'quantity', value }] };
}

/** Numbers of an order as a person or a program writes them. */
export type WrittenNumbers = {
  readonly quantity: string;
  readonly limitPrice?: string | undefined;
  readonly stopPrice?: string | undefined;
};

/** The same on the grid of an instrument. */
export type GridNumbers = {
  readonly quantityLots: Lots;
  readonly limitTicks?: Ticks;
  readonly stopTicks?: Ticks;
  readonly offGrid?: OffGrid;
};

/**
 * Puts the numbers of an order on the grid. What is off it is kept as it was written, so that the gate can refuse it, and
 * is rounded for an exit, which is never refused for that: the quantity down, so that it adds nothing; a limit to the
 * side that fills, a stop to the side that triggers sooner. What is no decimal number becomes NaN. Pure.
 */
export function numbersOnGrid(
  instrument: Instrument,
  side: Side,
  written: WrittenNumbers,
): GridNumbers {
  const offGrid: { -readonly [Key in keyof OffGrid]: OffGrid[Key] } = {};
  const prices: { limitTicks?: Ticks; stopTicks?: Ticks } = {};
  for (const [field, target] of [
    ['limitPrice', 'limitTicks'],
    ['stopPrice', 'stopTicks'],
  ] as const) {
    const text = written[field];
    if (text === undefined) continue;
    const exact = isDecimalText(text) ? parseTicks(instrument, text) : Number.NaN;
    // A buy's limit goes up, a sell's down: it fills rather. A sell stop goes up, a buy stop down: it triggers sooner.
    const isUp = (field === 'limitPrice') === (side === 'buy');
    prices[target] = exact ?? roundedTo(text, instrument.tick, isUp ? 'ceil' : 'floor');
    if (exact === undefined) offGrid[field] = text;
  }
  const { quantity } = written;
  const lots = isDecimalText(quantity) ? parseLots(instrument, quantity) : Number.NaN;
  if (lots === undefined) offGrid.quantity = quantity;
  return {
    quantityLots: lots ?? roundedTo(quantity, instrument.lot, 'floor'),
    ...prices,
    ...(Object.keys(offGrid).length === 0 ? {} : { offGrid }),
  };
}

function roundedTo(text: string, unit: Instrument['tick'], rounding: 'floor' | 'ceil'): number {
  return mulRatio(1, 1, ratioProduct(decimalRatio(text), ratioInverse(unit)), rounding);
}

function isWholeAboveZero(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
