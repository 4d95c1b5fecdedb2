/** Is an order well formed? Shape only: no state, no market. Source: trading-controls 2, check 14. */
import type { Denial } from '../domain/denial.ts';
import type { OrderType, SubmitOrder } from '../domain/order.ts';
import type { VerdictInput } from '../domain/verdict.ts';

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

/** QUANTITY_OUT_OF_RANGE when the quantity is not a whole number of lots above 0. */
export function quantityDenial(order: Pick<Shape, 'quantityLots'>): Denial | undefined {
  return isWholeAboveZero(order.quantityLots)
    ? undefined
    : {
        code: 'QUANTITY_OUT_OF_RANGE',
        facts: [{ name: 'quantityLots', value: String(order.quantityLots) }],
      };
}

function isWholeAboveZero(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
