/** Adapters for the kinds about comparison with the venue: pure arithmetic, and missing orders and money through the whole engine. */
import { z } from 'zod';
import { formatLots } from '../../domain/instrument.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { formatMoney, parseMoney } from '../../domain/money.ts';
import { averagePriceText } from '../../domain/position.ts';
import {
  adjustWindow,
  foldFills,
  holdingAt,
  holdingsMatch,
  priceOfChange,
  reconciliationPrice,
  type Holding,
  type PricedChange,
  type TimedFill,
} from '../../domain/reconciliation.ts';
import { same, sameDecimal, type Check, type Outcome } from './compare.ts';
import { fillOfCase, instrumentOfCase, lotsOf, ticksOf } from './instrument-of-case.ts';
import { Stage } from './stage.ts';
import { Decimal, VectorSide } from './vectors.ts';

/** Places of a price: more than any case gives. */
const digits = 12;

const Timed = z.strictObject({ side: VectorSide, qty: Decimal, price: Decimal, ts: z.int() });

function timedFills(instrument: Instrument, fills: readonly z.output<typeof Timed>[]): TimedFill[] {
  return fills.map(({ ts, ...fill }) => ({ ...fillOfCase(instrument, fill), atMs: ts }));
}

/** A signed quantity at its average; an average of null or 0 is one that nobody knows. */
function holding(instrument: Instrument, qty: string, average: string | null): Holding {
  const openLots = lotsOf(instrument, qty);
  if (average === null) return { openLots, costUnits: undefined };
  const ticks = ticksOf(instrument, average);
  return ticks === 0 ? { openLots, costUnits: undefined } : holdingAt(instrument, openLots, ticks);
}

export const FoldCase = z.object({
  input: z.strictObject({ fills: z.array(Timed) }),
  expect: z.strictObject({ qty: Decimal, absValue: Decimal, zeroCrossings: z.array(z.int()) }),
});

export function checkFold({ input, expect }: z.output<typeof FoldCase>): Outcome {
  const { fills } = input;
  const instrument = instrumentOfCase({
    prices: fills.map(({ price }) => price),
    quantities: fills.map(({ qty }) => qty),
  });
  const { book, crossingsMs } = foldFills(instrument, timedFills(instrument, fills));
  const value = formatMoney(Math.abs(book.costUnits), instrument.settlementCurrency);
  return {
    checks: [
      sameDecimal('qty', expect.qty, formatLots(instrument, book.openLots)),
      sameDecimal('absValue', expect.absValue, value),
      same('zeroCrossings', expect.zeroCrossings, crossingsMs),
    ],
  };
}

export const MatchCase = z.object({
  input: z.strictObject({
    simQty: Decimal,
    simAbsValue: Decimal,
    venueQty: Decimal,
    venueAvg: Decimal,
    tolerance: Decimal,
  }),
  expect: z.strictObject({ match: z.boolean() }),
});

export function checkMatch({ input, expect }: z.output<typeof MatchCase>): Outcome {
  const { simQty, simAbsValue, venueQty, venueAvg, tolerance } = input;
  const instrument = instrumentOfCase({ prices: [venueAvg], quantities: [simQty, venueQty] });
  const costUnits = parseMoney(simAbsValue, instrument.settlementCurrency);
  const ours: PricedChange = { openLots: lotsOf(instrument, simQty), costUnits };
  const theirs = holding(instrument, venueQty, venueAvg);
  return { checks: [same('match', expect.match, holdingsMatch(ours, theirs, tolerance))] };
}

export const PriceCase = z.object({
  input: z.strictObject({
    currentQty: Decimal,
    currentAvg: Decimal.nullable(),
    targetQty: Decimal,
    targetAvg: Decimal.nullable(),
  }),
  expect: z.strictObject({ price: Decimal.nullable() }),
});

export function checkPrice({ input, expect }: z.output<typeof PriceCase>): Outcome {
  const { currentQty, currentAvg, targetQty, targetAvg } = input;
  const instrument = instrumentOfCase({
    prices: [currentAvg ?? '1', targetAvg ?? '1'],
    quantities: [currentQty, targetQty],
  });
  const change = reconciliationPrice(
    holding(instrument, currentQty, currentAvg),
    holding(instrument, targetQty, targetAvg),
  );
  const price = change === undefined ? undefined : priceOfChange(instrument, change, digits);
  if (expect.price === null) return { checks: [same('price', null, price ?? null)] };
  return { checks: [sameDecimal('price', expect.price, price)] };
}

const actions = {
  NoAdjustment: 'NONE',
  AddSyntheticOpening: 'ADD_SYNTHETIC_OPENING',
  FilterToCurrentLifecycle: 'FILTER_TO_CURRENT',
  ReplaceCurrentLifecycle: 'REPLACE_CURRENT',
} as const;

export const WindowCase = z.object({
  input: z.strictObject({
    fills: z.array(Timed),
    venue: z.strictObject({ side: z.enum(['LONG', 'SHORT', 'FLAT']), qty: Decimal, avg: Decimal }),
  }),
  expect: z.strictObject({
    action: z.enum(Object.values(actions)),
    synthetic: z.strictObject({ side: VectorSide, qty: Decimal, price: Decimal }).optional(),
    afterTs: z.int().optional(),
    kept: z.int().optional(),
  }),
});

export function checkWindow({ input, expect }: z.output<typeof WindowCase>): Outcome {
  const { fills, venue } = input;
  const instrument = instrumentOfCase({
    prices: [venue.avg, ...fills.map(({ price }) => price)],
    quantities: [venue.qty, ...fills.map(({ qty }) => qty)],
  });
  const signed = venue.side === 'SHORT' ? `-${venue.qty}` : venue.qty;
  const theirs = holding(instrument, signed, venue.avg);
  const found = adjustWindow(instrument, timedFills(instrument, fills), theirs);
  const checks: Check[] = [same('action', expect.action, actions[found.action])];
  if (expect.afterTs !== undefined)
    checks.push(same('afterTs', expect.afterTs, 'afterMs' in found ? found.afterMs : null));
  if (expect.kept !== undefined)
    checks.push(same('kept', expect.kept, 'kept' in found ? found.kept.length : null));
  if (expect.synthetic !== undefined && 'opening' in found) {
    const { side, qty, price } = expect.synthetic;
    const { opening } = found;
    const lots = formatLots(instrument, Math.abs(opening.openLots));
    checks.push(
      same('synthetic.side', side, opening.openLots > 0 ? 'buy' : 'sell'),
      sameDecimal('synthetic.qty', qty, lots),
      sameDecimal('synthetic.price', price, priceOfChange(instrument, opening, digits)),
    );
  } else if (expect.synthetic !== undefined) {
    checks.push(same('synthetic', expect.synthetic, null));
  }
  return { checks };
}

export const MissingOrderCase = z.object({
  input: z.strictObject({
    cached: z.enum(['ACCEPTED', 'PENDING_UPDATE', 'PENDING_CANCEL', 'SUBMITTED']),
    venue: z.null(),
  }),
  /** `proposed` is text for people that begins with the status; `nautilus` is what the peer does. */
  expect: z.strictObject({ nautilus: z.string(), proposed: z.string() }),
});

/** Long enough for every question that the loops ask about one order. */
const askedForMs = 120_000;

export function checkMissingOrder({
  input,
  expect,
}: z.output<typeof MissingOrderCase>): Promise<Outcome> {
  const instrument = instrumentOfCase({ prices: ['1'], quantities: ['1'] });
  return Stage.with(instrument, async (stage) => {
    const orderId = stage.submit('buy', 1);
    if (input.cached !== 'SUBMITTED')
      stage.report(orderId, { type: 'order.placeAccepted', origin: 'answer', atMs: 0 });
    if (input.cached === 'PENDING_UPDATE') stage.modify(orderId);
    if (input.cached === 'PENDING_CANCEL') stage.cancel(orderId);
    const before = stage.status(orderId);
    await stage.live(askedForMs);
    const [status = ''] = expect.proposed.split(' ', 1);
    const isReserved = stage.openOrders === 1;
    const isReported = stage.incidents.includes('UNKNOWN_ORDER');
    return {
      checks: [
        same('cached', input.cached, before),
        same('proposed', status, stage.status(orderId)),
        same('exposure stays reserved', true, isReserved),
        same('operator incident', true, isReported),
      ],
      reason: `the peer makes it ${expect.nautilus}; an order that the venue does not list is UNKNOWN until evidence (execution 11.3, appendix B)`,
    };
  });
}

const Balance = { ledgerBalance: Decimal, venueBalance: Decimal };
export const MoneyCase = z.object({
  input: z.union([
    z.strictObject({
      position: z.strictObject({ qty: Decimal, avg: Decimal }),
      venuePosition: Decimal,
      ...Balance,
    }),
    z.strictObject({ openOrders: z.literal(0), tolerance: Decimal, ...Balance }),
  ]),
  expect: z.union([
    z.strictObject({
      syntheticExit: z.strictObject({ qty: Decimal, impliedPrice: Decimal }),
      realized: Decimal,
      incident: z.string(),
    }),
    z.strictObject({
      unexplained: Decimal,
      incident: z.literal('UNEXPLAINED_PNL'),
      openingAllowed: z.boolean(),
    }),
  ]),
});

export function checkMoneyCase({ input, expect }: z.output<typeof MoneyCase>): Promise<Outcome> {
  const position = 'position' in input ? input.position : { qty: '1', avg: '1' };
  const instrument = instrumentOfCase({ prices: [position.avg], quantities: [position.qty] });
  const money = (text: string): number => parseMoney(text, instrument.settlementCurrency);
  return Stage.with(
    instrument,
    async (stage) => {
      if ('position' in input) {
        const ticks = ticksOf(instrument, position.avg);
        const lots = lotsOf(instrument, position.qty);
        stage.tellFill({ fillId: 'entry', side: 'buy', lots, ticks });
        stage.venue.lots = lotsOf(instrument, input.venuePosition);
      }
      stage.venue.balanceUnits = money(input.venueBalance);
      await stage.live(60_000);
      if ('syntheticExit' in expect) {
        const exit = stage.fills.find((fill) => fill.synthetic !== undefined);
        const cost =
          exit === undefined ? 0 : holdingAt(instrument, exit.lots, exit.ticks).costUnits;
        const book = { openLots: exit?.lots ?? 0, costUnits: cost, realizedUnits: 0, feesUnits: 0 };
        const realized = formatMoney(exit?.venueRealizedUnits ?? 0, instrument.settlementCurrency);
        const { qty, impliedPrice } = expect.syntheticExit;
        return {
          checks: [
            sameDecimal('syntheticExit.qty', qty, formatLots(instrument, book.openLots)),
            sameDecimal('impliedPrice', impliedPrice, averagePriceText(book, instrument, digits)),
            sameDecimal('realized', expect.realized, realized),
            same(
              'incident',
              expect.incident,
              stage.incidents.find((one) => one === expect.incident),
            ),
          ],
        };
      }
      const isReported = stage.incidents.includes('MONEY_DIFFERENCE');
      return {
        checks: [
          same('incident', expect.incident, isReported ? expect.incident : 'none'),
          same('openingAllowed', expect.openingAllowed, stage.tradingState === 'ACTIVE'),
        ],
        reason: 'UNEXPLAINED_PNL is called MONEY_DIFFERENCE here (execution 11.3)',
      };
    },
    money(input.ledgerBalance),
  );
}
