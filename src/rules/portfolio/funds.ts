/**
 * What an account can pay: cash for spot, margin for everything else, with all that works reserved at its worst; no
 * sale of what is not held where shorts are not allowed. Pure. Source: trading-controls REQ-R1, execution 5 (#4).
 */
import { addExact, mulDiv, quotient } from '../../domain/arithmetic.ts';
import type { Denial } from '../../domain/denial.ts';
import type { InstrumentId } from '../../domain/ids.ts';
import type { Instrument, Lots, Ticks } from '../../domain/instrument.ts';
import { formatMoney, type Units } from '../../domain/money.ts';
import type { OrderIntent } from '../../domain/order.ts';
import { feeOn, notionalUnits } from '../../domain/sizing.ts';
import { reachableLots, worstCase } from '../exposure.ts';
import { isMeant } from '../instrument-names.ts';
import { limitUnits } from '../rule-config.ts';
import { unknownFacts } from './caps.ts';
import {
  asOrder,
  heldNotional,
  instrumentOf,
  instrumentsAtStake,
  known,
  netAssetValue,
  orderNotional,
  sum,
  unknown,
  type Money,
  type PortfolioView,
  type PricedOrder,
} from './notional.ts';
import { isOn } from './switches.ts';

/** A sale of more than is held and not already for sale. Pure. */
export function shortDenials(view: PortfolioView, intent: OrderIntent): readonly Denial[] {
  if (!isOn(view.controls, 'SHORTING_DISALLOWED') || intent.side !== 'sell') return [];
  const { facts } = view.context;
  const { shortLots } = worstCase(facts, intent.instrument, intent);
  if (shortLots === 0) return [];
  const { lowLots } = reachableLots(facts, intent.instrument);
  return [
    {
      code: 'SHORTING_DISALLOWED',
      facts: [
        { name: 'instrument', value: intent.instrument },
        { name: 'available', value: String(Math.max(0, lowLots)) },
        { name: 'wanted', value: String(intent.quantityLots) },
      ],
    },
  ];
}

/** What the order needs is not free. Pure. */
export function fundsDenials(view: PortfolioView, intent: OrderIntent): readonly Denial[] {
  if (!isOn(view.controls, 'FUNDS_INSUFFICIENT')) return [];
  const { context } = view;
  const isSpot = context.instrumentOf(intent.instrument)?.kind === 'spot';
  const kind = isSpot ? 'cash' : 'margin';
  const [required, free] = isSpot
    ? [cashFor(view, intent), freeCash(view)]
    : [marginFor(view, intent), freeMargin(view)];
  const code = 'FUNDS_INSUFFICIENT';
  if (!required.isKnown || !free.isKnown) {
    const missing = [required, free].flatMap((one) => (one.isKnown ? [] : one.missing));
    return [{ code, facts: [{ name: 'kind', value: kind }, ...unknownFacts(missing)] }];
  }
  if (required.units <= free.units) return [];
  const { currency } = context.facts;
  return [
    {
      code,
      facts: [
        { name: 'kind', value: kind },
        { name: 'required', value: formatMoney(required.units, currency) },
        { name: 'free', value: formatMoney(free.units, currency) },
      ],
    },
  ];
}

/** What a buy takes out of the cash at worst, its fee included; a sale takes none. */
export function cashFor(view: PortfolioView, order: PricedOrder): Money {
  if (order.side !== 'buy') return known(0);
  const notional = orderNotional(view, order);
  if (!notional.isKnown) return notional;
  return known(addExact(notional.units, feeOn(notional.units, view.controls.fees.takerBps)));
}

/** Cash that is not in coins and not promised to a working buy: a cancel gives its part back. */
export function freeCash(view: PortfolioView): Money {
  const { context } = view;
  const { portfolio, positions, workingOrders } = context.facts;
  if (portfolio === undefined) return unknown('balance');
  const isSpot = (id: InstrumentId): boolean => context.instrumentOf(id)?.kind === 'spot';
  const paid = positions
    .filter(({ instrument }) => isSpot(instrument))
    .reduce((so, { costUnits }) => addExact(so, costUnits), 0);
  const reserved = sum(
    workingOrders
      .filter(({ instrument }) => isSpot(instrument))
      .map((order) => cashFor(view, asOrder(order))),
  );
  if (!reserved.isKnown) return reserved;
  return known(addExact(addExact(portfolio.balanceUnits, -paid), -reserved.units));
}

/** What the order adds to the margin of its instrument at worst. */
function marginFor(view: PortfolioView, intent: OrderIntent): Money {
  const before = marginOf(view, intent.instrument);
  const after = marginOf(view, intent.instrument, intent);
  if (!before.isKnown || !after.isKnown) return before.isKnown ? after : before;
  return known(Math.max(0, addExact(after.units, -before.units)));
}

/** Net asset value that no position and no working order needs. */
export function freeMargin(view: PortfolioView): Money {
  const worth = netAssetValue(view);
  const used = sum(instrumentsAtStake(view).map((id) => marginOf(view, id)));
  if (!worth.isKnown || !used.isKnown) return worth.isKnown ? used : worth;
  return known(addExact(worth.units, -used.units));
}

/** Margin of one instrument with everything that may still fill; spot is paid in full and needs none. */
function marginOf(view: PortfolioView, id: InstrumentId, order?: PricedOrder): Money {
  if (view.context.instrumentOf(id)?.kind === 'spot') return known(0);
  const { longLots, shortLots } = worstCase(view.context.facts, id, order);
  const limit = Math.max(order?.limitTicks ?? 0, 0);
  return marginOfLots(view, id, Math.max(longLots, shortLots), limit);
}

/** @param leastTicks a price that counts where the market's is lower */
function marginOfLots(
  view: PortfolioView,
  id: InstrumentId,
  lots: Lots,
  leastTicks: Ticks = 0,
): Money {
  if (lots === 0) return known(0);
  const instrument = instrumentOf(view, id);
  if ('missing' in instrument) return unknown(instrument.missing);
  const each = perContract(view, instrument);
  if (each !== undefined) return known(contractMargin(instrument, lots, each));
  const atMarket = heldNotional(view, id, lots, 'sell');
  if (!atMarket.isKnown) return atMarket;
  const atLimit = leastTicks === 0 ? 0 : notionalUnits(instrument, lots, leastTicks);
  return known(leveragedMargin(Math.max(atMarket.units, atLimit), view.controls.margin.leverage));
}

function perContract(
  { controls, context }: PortfolioView,
  instrument: Instrument,
): Units | undefined {
  const named = Object.entries(controls.margin.perContract).find(([spelling]) =>
    isMeant(spelling, instrument.id, instrument),
  );
  return named === undefined ? undefined : limitUnits(named[1], context.facts.currency);
}

/** `each` is for one whole contract; rounded up. */
function contractMargin({ lot }: Instrument, lots: Lots, each: Units): Units {
  return quotient([lots, lot.num, each], [lot.den], 'ceil');
}

/** Initial margin of a value: its share, parts per million, over the leverage; rounded up. */
export function leveragedMargin(valueUnits: Units, leverage: number, sharePpm = 1_000_000): Units {
  return quotient([valueUnits, sharePpm], [1_000_000, leverage], 'ceil');
}

/** One leg of a group, in the order in which legs are sent. */
export type MarginLeg = Pick<OrderIntent, 'instrument' | 'side' | 'quantityLots'>;

export type MarginNeed =
  | {
      readonly isKnown: true;
      /** The most that is needed at any moment of the way, losses and spread at worst included. */
      readonly peakUnits: Units;
      /** Net asset value less the margin of everything else. */
      readonly availableUnits: Units;
    }
  | { readonly isKnown: false; readonly missing: readonly string[] };

/** How far prices may run against a group while it is built, parts per million. */
const shockPpm = 30_000;
/** What crossing the spread may cost, in spreads. */
const spreadFactor = 2;

/**
 * The peak of what a group of orders needs while its legs fill one after the other: margin of the positions after each
 * leg, the loss of a move of 3 % against them, and twice the spread of every leg. Volatility does not enter: nothing
 * that is traded here is priced by it. Pure. Source: execution 5 (#4).
 *
 * @param legs in the order in which they are sent; they begin with the positions that are open
 */
export function worstCaseMargin(view: PortfolioView, legs: readonly MarginLeg[]): MarginNeed {
  const { facts } = view.context;
  const ids = [...new Set(legs.map(({ instrument }) => instrument))];
  const open = new Map<InstrumentId, Lots>(
    ids.map((id) => [id, facts.positions.find((one) => one.instrument === id)?.openLots ?? 0]),
  );
  const needs: Money[] = [];
  const spent: Money[] = [];
  for (const { instrument, side, quantityLots } of legs) {
    open.set(instrument, (open.get(instrument) ?? 0) + (side === 'buy' ? 1 : -1) * quantityLots);
    spent.push(spreadCost(view, instrument, quantityLots));
    const held = [...open].map(([id, lots]) => stressed(view, id, Math.abs(lots)));
    needs.push(sum([...held, ...spent]));
  }
  const others = instrumentsAtStake(view).filter((id) => !ids.includes(id));
  const elsewhere = sum(others.map((id) => marginOf(view, id)));
  const worth = netAssetValue(view);
  const missing = [...needs, elsewhere, worth].flatMap((one) => (one.isKnown ? [] : one.missing));
  if (missing.length > 0 || !worth.isKnown || !elsewhere.isKnown) {
    return { isKnown: false, missing: [...new Set(missing)] };
  }
  return {
    isKnown: true,
    peakUnits: Math.max(0, ...needs.map((need) => (need.isKnown ? need.units : 0))),
    availableUnits: addExact(worth.units, -elsewhere.units),
  };
}

/** What a group may need of the margin that is there, parts per million: a share of it, or it with a buffer. */
export type GroupMargin = {
  readonly marginReject: number;
  readonly marginBuffer?: number | undefined;
};

/** Refuses a group that needs more than a share (parts per million) of what is available. Pure. */
export function groupMarginDenials(
  view: PortfolioView,
  legs: readonly MarginLeg[],
  { marginReject, marginBuffer }: GroupMargin,
): readonly Denial[] {
  const need = worstCaseMargin(view, legs);
  const code = 'FUNDS_INSUFFICIENT';
  if (!need.isKnown) {
    return [{ code, facts: [{ name: 'kind', value: 'margin' }, ...unknownFacts(need.missing)] }];
  }
  const availableUnits = Math.max(0, need.availableUnits);
  const limit =
    marginBuffer === undefined
      ? mulDiv(availableUnits, marginReject, 1_000_000, 'floor')
      : mulDiv(availableUnits, 1_000_000, marginBuffer, 'floor');
  if (need.peakUnits <= limit) return [];
  const { currency } = view.context.facts;
  return [
    {
      code,
      facts: [
        { name: 'kind', value: 'margin' },
        { name: 'required', value: formatMoney(need.peakUnits, currency) },
        { name: 'free', value: formatMoney(limit, currency) },
      ],
    },
  ];
}

/** Margin of a position and the loss of a move against it. */
function stressed(view: PortfolioView, id: InstrumentId, lots: Lots): Money {
  if (lots === 0) return known(0);
  const notional = heldNotional(view, id, lots, 'sell');
  if (!notional.isKnown) return notional;
  return sum([
    marginOfLots(view, id, lots),
    known(mulDiv(notional.units, shockPpm, 1_000_000, 'ceil')),
  ]);
}

function spreadCost(view: PortfolioView, id: InstrumentId, lots: Lots): Money {
  const [bid, ask] = [heldNotional(view, id, lots, 'buy'), heldNotional(view, id, lots, 'sell')];
  if (!bid.isKnown || !ask.isKnown) return sum([bid, ask]);
  return known(Math.abs(addExact(ask.units, -bid.units)) * spreadFactor);
}
