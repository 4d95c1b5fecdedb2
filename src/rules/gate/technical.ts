/**
 * Check 14 apart from the duplicate layers: form, grid, size, price, market data, clock, messages and budgets.
 * Source: trading-controls 2.2, execution 12 and 13.2.
 */
import { mulRatio } from '../../domain/arithmetic.ts';
import type { Denial } from '../../domain/denial.ts';
import { formatTicks, positionValue, type Ticks } from '../../domain/instrument.ts';
import { formatMoney } from '../../domain/money.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { Mark } from '../../domain/view.ts';
import { errorText } from '../../kernel/errors.ts';
import { markFault } from '../marks.ts';
import {
  priceGridDenial,
  quantityDenial,
  quantityGridDenial,
  schemaDenial,
} from '../order-shape.ts';
import type { GateCheck } from './context.ts';

const present = (denial: Denial | undefined): readonly Denial[] =>
  denial === undefined ? [] : [denial];

/** The whole of what an exit meets besides its mode: form and a quantity that is one. */
export const wellFormed: GateCheck = (intent) => [
  ...present(schemaDenial(intent)),
  ...present(quantityDenial(intent)),
];

/** Off the grid: the edge has rounded it; what may add risk is refused all the same. */
export const onGrid: GateCheck = (intent) => [
  ...present(priceGridDenial(intent)),
  ...present(quantityGridDenial(intent)),
];

export const instrumentUnknown: GateCheck = (intent, { context }) =>
  context.instrumentOf(intent.instrument) === undefined
    ? [{ code: 'INSTRUMENT_UNKNOWN', facts: [{ name: 'instrument', value: intent.instrument }] }]
    : [];

/** Key of a limit that holds for every instrument which has none of its own. */
const everyInstrument = '*';

/** Largest quantity of one order: of the instrument, or of the account (`*`); the tighter counts. */
export const quantityMax: GateCheck = (intent, { controls }) => {
  const { maxQty } = controls.orders;
  const limits = [maxQty[intent.instrument], maxQty[everyInstrument]].filter(
    (limit) => limit !== undefined,
  );
  if (limits.length === 0) return [];
  const limit = Math.min(...limits);
  // Written so that a quantity that is no number fails too.
  if (intent.quantityLots <= limit) return [];
  return [
    {
      code: 'QUANTITY_OUT_OF_RANGE',
      facts: [
        { name: 'quantityLots', value: String(intent.quantityLots) },
        { name: 'limit', value: String(limit) },
      ],
    },
  ];
};

/** Largest value of one order, at its worst price: limit, stop or the far touch. */
export const valueMax: GateCheck = (intent, { controls, context }) => {
  const { maxValue } = controls.orders;
  const limits = [maxValue[intent.instrument], maxValue[everyInstrument]].filter(
    (limit) => limit !== undefined,
  );
  const instrument = context.instrumentOf(intent.instrument);
  // What is missing here is refused by its own check.
  if (limits.length === 0 || instrument === undefined || quantityDenial(intent)) return [];
  const limit = Math.min(...limits);
  const show = (units: number): string => formatMoney(units, context.facts.currency);
  const refuse = (name: string, value: string): readonly Denial[] => [
    {
      code: 'QUANTITY_OUT_OF_RANGE',
      facts: [
        { name, value },
        { name: 'limit', value: show(limit) },
      ],
    },
  ];
  const price = worstPrice(intent, context.marks(intent.instrument));
  if (price === undefined) return refuse('unknown', `price:${intent.instrument}`);
  try {
    const units = Math.abs(positionValue(instrument, intent.quantityLots, price));
    return units <= limit ? [] : refuse('value', show(units));
  } catch (error) {
    // A product beyond exact numbers is beyond any limit.
    return refuse('unknown', errorText(error));
  }
};

function worstPrice(intent: OrderIntent, mark: Mark | undefined): Ticks | undefined {
  const named = [intent.limitTicks, intent.stopTicks].filter((price) => price !== undefined);
  if (named.length > 0) return named.toSorted((one, other) => Math.abs(other) - Math.abs(one))[0];
  const far = intent.side === 'buy' ? mark?.askTicks : mark?.bidTicks;
  return far ?? mark?.lastTicks;
}

const millionths = (share: number) => ({ num: share, den: 1_000_000 });

/**
 * Limit and stop prices stay near the market: measured from the nearer touch, else from the last price. The tighter of
 * percent and ticks counts; equality passes.
 */
export const priceCollar: GateCheck = (intent, { context, controls }) => {
  const instrument = context.instrumentOf(intent.instrument);
  const mark = context.marks(intent.instrument);
  if (instrument === undefined || mark === undefined) return [];
  const touches = [mark.bidTicks, mark.askTicks].filter((price) => isPrice(price));
  const references = touches.length > 0 ? touches : [mark.lastTicks].filter(isPrice);
  if (references.length === 0) return [];
  const faults = [
    { name: 'limitPrice', ticks: intent.limitTicks },
    { name: 'stopPrice', ticks: intent.stopTicks },
  ].flatMap(({ name, ticks }) => {
    if (!isPrice(ticks)) return [];
    const nearest = references.toSorted(
      (one, other) => Math.abs(one - ticks) - Math.abs(other - ticks),
    )[0];
    if (nearest === undefined) return [];
    const limitTicks = collarTicks(nearest, controls.collar);
    if (Math.abs(ticks - nearest) <= limitTicks) return [];
    return [
      {
        code: 'PRICE_COLLAR' as const,
        facts: [
          { name, value: formatTicks(instrument, ticks) },
          { name: 'reference', value: formatTicks(instrument, nearest) },
          { name: 'limitTicks', value: String(limitTicks) },
        ],
      },
    ];
  });
  return faults;
};

function collarTicks(
  reference: Ticks,
  collar: { readonly pct: number; readonly ticks?: number | undefined },
): number {
  const share = mulRatio(Math.abs(reference), 1, millionths(collar.pct), 'floor');
  return Math.min(share, collar.ticks ?? Number.MAX_SAFE_INTEGER);
}

function isPrice(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value);
}

export const marketData: GateCheck = (intent, gate) => {
  const { context, quoteMaxAgeMs } = gate;
  const mark = context.marks(intent.instrument);
  const fault = markFault(mark, context.nowMs, quoteMaxAgeMs);
  if (fault === undefined) return [];
  const isAge = fault.name === 'stale' || fault.name === 'future';
  const name = isAge ? fault.name : 'unknown';
  const value = isAge ? intent.instrument : `${fault.name}:${intent.instrument}`;
  const age = mark === undefined ? {} : { ageMs: context.nowMs - mark.receivedAtMs };
  return [{ code: isAge ? 'STALE_DATA' : 'NO_REFERENCE_PRICE', facts: [{ name, value, ...age }] }];
};

/** LIVE sends nothing on a clock that is wrong or that nobody can vouch for; PAPER trades on. Source: REQ-TIME1. */
export const clockUntrusted: GateCheck = (_intent, { mode, clockDriftMs, clockDriftMsMax }) => {
  if (mode !== 'LIVE') return [];
  const limit = { name: 'limitMs', value: String(clockDriftMsMax) };
  if (clockDriftMs === undefined || !Number.isFinite(clockDriftMs))
    return [{ code: 'CLOCK_UNTRUSTED', facts: [{ name: 'unknown', value: 'clock drift' }, limit] }];
  if (Math.abs(clockDriftMs) <= clockDriftMsMax) return [];
  return [
    {
      code: 'CLOCK_UNTRUSTED',
      facts: [{ name: 'driftMs', value: String(clockDriftMs) }, limit],
    },
  ];
};

/** Orders of ours that rest on the other side at a price which this one would meet. */
export const selfMatch: GateCheck = (intent, { context }) => {
  const against = ownOrdersAgainst(intent, context.facts.workingOrders, context.marks);
  return against.map((orderId) => ({
    code: 'SELF_MATCH',
    facts: [{ name: 'order', value: orderId }],
  }));
};

/** The ids of working limit orders on the other side that an intent would meet. Pure. */
function ownOrdersAgainst(
  intent: Pick<OrderIntent, 'instrument' | 'side' | 'orderType' | 'limitTicks'>,
  workingOrders: Parameters<GateCheck>[1]['context']['facts']['workingOrders'],
  marks: Parameters<GateCheck>[1]['context']['marks'],
): readonly (typeof workingOrders)[number]['orderId'][] {
  const isBuy = intent.side === 'buy';
  // A stop does not rest in the book; what it becomes is judged by the venue.
  if (intent.orderType !== 'limit' && intent.orderType !== 'market') return [];
  const mark = marks(intent.instrument);
  const reach =
    intent.orderType === 'limit' ? intent.limitTicks : isBuy ? mark?.askTicks : mark?.bidTicks;
  if (reach === undefined) return [];
  return workingOrders
    .filter(
      ({ instrument, side, orderType, limitTicks }) =>
        instrument === intent.instrument &&
        side !== intent.side &&
        orderType === 'limit' &&
        limitTicks !== undefined &&
        (isBuy ? limitTicks <= reach : limitTicks >= reach),
    )
    .map(({ orderId }) => orderId);
}

/** A strategy that repeats itself stays out until a person lets it in again. Source: trading-controls 2.2. */
export const repeatedExecution: GateCheck = (intent, gate) => {
  const strategy = { name: 'strategy', value: intent.by };
  if (gate.strategyDisabled !== undefined)
    return [
      {
        code: 'REPEATED_EXECUTION',
        facts: [strategy, { name: 'disabled', value: gate.strategyDisabled }],
      },
    ];
  if (intent.source !== 'strategy') return [];
  const { max, windowSeconds } = gate.controls.repeat;
  const sends = gate.identicalSends(intent, windowSeconds * 1_000);
  if (sends < max) return [];
  return [
    {
      code: 'REPEATED_EXECUTION',
      facts: [
        strategy,
        { name: 'repeats', value: String(sends) },
        { name: 'limit', value: `${max} in ${windowSeconds} s` },
      ],
    },
  ];
};

function over(name: string, count: number, limit: number | undefined): readonly Denial[] {
  // Written so that a count that is no number fails too.
  if (limit === undefined || count < limit) return [];
  const facts = [
    { name, value: String(count) },
    { name: 'limit', value: String(limit) },
  ];
  return [{ code: 'MESSAGE_LIMIT', facts }];
}

/** Messages per second and day, and working orders of the account. */
export const messageLimit: GateCheck = (_intent, { controls, messages, context }) => {
  const { messages: limits, orders } = controls;
  return [
    ...over('submitsInSecond', messages.submits, limits.submitPerSecond),
    ...over('messagesToday', messages.today, limits.perDay),
    ...over('openOrders', context.facts.workingOrders.length, orders.maxOpen),
  ];
};

export const rateBudget: GateCheck = (_intent, { exhaustedBudgets }) =>
  exhaustedBudgets.map((value) => ({
    code: 'RATE_BUDGET_EXHAUSTED',
    facts: [{ name: 'budget', value }],
  }));
