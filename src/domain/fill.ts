/** One execution, as the venue reported it. */
import { addExact } from './arithmetic.ts';
import type { AccountId, FillId, InstrumentId, OrderId, VenueOrderId } from './ids.ts';
import type { Lots, Ticks } from './instrument.ts';
import type { Currency, Units } from './money.ts';
import type { Side } from './position.ts';

export type Fill = {
  readonly fillId: FillId;
  readonly accountId: AccountId;
  /** Ours, where the execution belongs to one of our orders; absent for orders placed elsewhere. */
  readonly orderId?: OrderId;
  /** The venue's id of an order placed elsewhere, where it reports one: executions of one order belong together. */
  readonly venueOrderId?: VenueOrderId;
  readonly instrument: InstrumentId;
  readonly side: Side;
  /** > 0 */
  readonly lots: Lots;
  readonly ticks: Ticks;
  /** Settlement currency of the instrument; positive = cost. */
  readonly feeUnits: Units;
  /** Quantity kept by the venue as fee (spot pairs). */
  readonly feeLots?: Lots;
  /** Fees in other currencies, kept apart, never summed. */
  readonly otherFees?: Readonly<Record<Currency, Units>>;
  /** Profit as the venue reports it, before fees; absent where it reports none: the ledger computes. */
  readonly venueRealizedUnits?: Units;
  readonly venueTimeMs: number;
  /** The time the venue gave, where it is not believed and `venueTimeMs` is that of its report. Source: execution 12. */
  readonly claimedTimeMs?: number;
  /** No execution that the venue reported: a change that only its position showed. Source: execution 11.4. */
  readonly synthetic?: SyntheticOrigin;
};

/**
 * external: somebody else traded, or the venue liquidated. inferred: an own order that the venue reports as filled
 * without telling its trades. `pricedBy` `average` means that no price is known (`unpriced`).
 */
export type SyntheticOrigin = {
  readonly kind: 'external' | 'inferred';
  readonly pricedBy: 'money' | 'calculated' | 'mid' | 'average';
};

/** What two reports of one trade id must agree on. Source: execution 4. */
export function fillContent(fill: Fill): string {
  return `${fill.instrument}|${fill.side}|${fill.lots}|${fill.ticks}`;
}

/**
 * Fees of executions by currency, each in its own accounting units, never added up across currencies. Pure.
 *
 * @param settlementCurrency of the instrument of all these fills
 */
export function feesByCurrency(
  fills: readonly Fill[],
  settlementCurrency: Currency,
): Readonly<Record<Currency, Units>> {
  const fees = new Map<Currency, Units>();
  const add = (currency: Currency, units: Units): void => {
    if (units !== 0) fees.set(currency, addExact(fees.get(currency) ?? 0, units));
  };
  for (const { feeUnits, otherFees } of fills) {
    add(settlementCurrency, feeUnits);
    for (const [currency, units] of Object.entries(otherFees ?? {})) add(currency, units);
  }
  return Object.fromEntries(fees);
}
