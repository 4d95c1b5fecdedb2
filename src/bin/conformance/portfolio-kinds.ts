/** Adapters for the kinds about funds, margin, confirmation and cooldowns: through the checks of the gate. */
import { z } from 'zod';
import { mulRatio, wholeUnits } from '../../domain/arithmetic.ts';
import { FillId, InstrumentId, OrderId } from '../../domain/ids.ts';
import { createInstrument, type Instrument } from '../../domain/instrument.ts';
import { formatMoney, parseMoney } from '../../domain/money.ts';
import type { RecentTrade } from '../../domain/portfolio.ts';
import { notionalUnits } from '../../domain/sizing.ts';
import { memoryKey } from '../../domain/view.ts';
import { condition } from '../../kernel/assert.ts';
import { markEquity, type HighWater } from '../../machines/ledger.high-water.ts';
import {
  cashFor,
  freeCash,
  fundsDenials,
  leveragedMargin,
  shortDenials,
} from '../../rules/portfolio/funds.ts';
import { positionDenials } from '../../rules/portfolio/pacing.ts';
import { drawdownStopId, watchedOf } from '../../rules/portfolio/stops.ts';
import { same, sameDecimal, sameMoney, type Outcome } from './compare.ts';
import { instrumentOfCase, lotsOf, ticksOf } from './instrument-of-case.ts';
import { intentOfCase, nowMs, vectorId, viewOfCase } from './portfolio-stage.ts';
import { Decimal } from './vectors.ts';

const currency = 'USD';

/** Kinds without an answer, and why. Source: docs/decisions/0007. */
export const unansweredKinds: Readonly<Record<string, string>> = {
  stoploss_guard:
    'no control counts stop-outs of the whole account (decision 0007): lossCooldown counts losses in a row, RULE-007 their size',
  low_profit: 'no control sums the ratios of the trades of one pair (decision 0007)',
  max_drawdown:
    'the drawdown of this product is of the equity, not of summed trade ratios (decision 0007)',
  cooldown_unlock_at:
    'cooldowns end after a duration, not at a time of day (decision 0007); locks until the reset do',
  protection_config: 'these are keys of another product (decision 0007)',
  protection_units: 'durations are configured in units of time, not in candles (decision 0007)',
  position_scaled_exit_fee_prorata:
    'a fee is booked with its own fill, never later with the close (decision 0007)',
  trade_builder:
    'the fee of a fill that flips is split by quantity over both legs (INV-POS-3; decision 0007)',
  trade_drawdown: 'the fall within one trade is not measured: equity marks are (decision 0007)',
};

const Lots = z.int().positive();
export const ReservationCase = z.object({
  input: z.strictObject({
    free: Decimal,
    order: z.union([
      z.strictObject({
        side: z.literal('BUY'),
        lots: Lots,
        price: Lots,
        reservePrice: Lots.optional(),
        quoteScale: Lots,
      }),
      z.strictObject({ side: z.literal('SELL'), lots: Lots, baseScale: Lots }),
    ]),
  }),
  expect: z.strictObject({
    verdict: z.enum(['PASS', 'DENY_NSF']),
    required: Decimal.optional(),
    held: Decimal.optional(),
    freeAfter: Decimal.optional(),
  }),
});

const spot = {
  profile: { kind: 'spot' },
  margin: { enabled: true },
  fees: { makerBps: 0, takerBps: 0 },
};

function spotInstrument(multiplier: string): Instrument {
  return createInstrument({
    id: 'VECTOR',
    kind: 'spot',
    settlementCurrency: currency,
    tickSize: '1',
    multiplier,
    calendar: 'continuous',
  });
}

export function checkReservation({ input, expect }: z.output<typeof ReservationCase>): Outcome {
  const { order, free } = input;
  if (order.side === 'SELL') return checkSale(free, order, expect);
  const instrument = spotInstrument(String(order.quoteScale));
  const account = {
    instruments: [instrument],
    balanceUnits: parseMoney(free, currency),
    controls: spot,
  };
  const view = viewOfCase(account);
  const limitTicks = order.reservePrice ?? order.price;
  const intent = intentOfCase({ side: 'buy', lots: order.lots, limitTicks });
  const [denial] = fundsDenials(view, intent);
  const checks = [same('verdict', expect.verdict, denial === undefined ? 'PASS' : 'DENY_NSF')];
  const fact = denial?.facts.find(({ name }) => name === 'required')?.value;
  if (expect.required !== undefined) checks.push(sameDecimal('required', expect.required, fact));
  const held = cashFor(view, intent);
  if (expect.held !== undefined && held.isKnown) {
    checks.push(sameMoney('held', expect.held, { units: held.units, currency, fills: 0 }));
  }
  const working = {
    ...intent,
    orderId: OrderId.parse('W1'),
    leavesLots: order.lots,
    isOpen: true,
  };
  const after = freeCash(viewOfCase({ ...account, facts: { workingOrders: [working] } }));
  if (expect.freeAfter !== undefined && after.isKnown) {
    checks.push(
      sameMoney('freeAfter', expect.freeAfter, { units: after.units, currency, fills: 0 }),
    );
  }
  return { checks };
}

/** A sale needs the coins: the lots of the case in the smallest part of the coin. */
function checkSale(
  free: string,
  order: { readonly lots: number; readonly baseScale: number },
  expect: z.output<typeof ReservationCase>['expect'],
): Outcome {
  const instrument = spotInstrument('1');
  const held = { instrument: vectorId, openLots: lotsOf(instrument, free), costUnits: 0 };
  const view = viewOfCase({
    instruments: [instrument],
    balanceUnits: 0,
    facts: { positions: [held] },
    controls: spot,
  });
  const lots = mulRatio(order.lots, 1, { num: order.baseScale, den: 1 });
  const [denial] = shortDenials(view, intentOfCase({ side: 'sell', lots }));
  const wanted = denial?.facts.find(({ name }) => name === 'wanted')?.value;
  const checks = [same('verdict', expect.verdict, denial === undefined ? 'PASS' : 'DENY_NSF')];
  if (expect.required !== undefined) checks.push(sameDecimal('required', expect.required, wanted));
  return { checks };
}

/** `ETH 100@3000 lev 10`; the other cases have no numbers. */
const marginText = /^[A-Z]+ ([\d.]+)@([\d.]+) lev (\d+)$/;
export const MarginCase = z.object({
  desc: z.string(),
  input: z.strictObject({ formula: z.literal('notional*marginRate/leverage') }),
  expect: z.strictObject({ margin: Decimal }),
});

export function checkMargin({ desc, expect }: z.output<typeof MarginCase>): Outcome {
  const [, quantity, price, leverage] = marginText.exec(desc) ?? [];
  if (quantity === undefined || price === undefined || leverage === undefined) {
    return {
      checks: [],
      unsupported: 'the case names no quantity, price and rate to compute a margin from',
    };
  }
  const instrument = instrumentOfCase({ prices: [price], quantities: [quantity] });
  const value = notionalUnits(instrument, lotsOf(instrument, quantity), ticksOf(instrument, price));
  const units = leveragedMargin(value, Number(leverage));
  return { checks: [sameMoney('margin', expect.margin, { units, currency, fills: 0 })] };
}

export const ConfirmationCase = z.object({
  input: z.strictObject({
    equity: z.array(Decimal).min(1),
    threshold: Decimal,
    confirmations: z.int().min(1),
  }),
  expect: z.strictObject({ haltAtIndex: z.int().nullable() }),
});

/** One position that is worth the equity of the case at every mark, watched for its drawdown. */
export function checkConfirmation({ input, expect }: z.output<typeof ConfirmationCase>): Outcome {
  const { equity, threshold, confirmations } = input;
  const instrument = instrumentOfCase({ prices: equity, quantities: ['1'] });
  const maxDrawdownPpm = wholeUnits(threshold, { num: 1, den: 1_000_000 });
  const maxDrawdownPct = formatMoney((maxDrawdownPpm ?? 0) * 100, currency);
  const stops = { enabled: true, maxDrawdownPct, confirmations };
  const held = { instrument: vectorId, openLots: 1, costUnits: 0 };
  let memory = {};
  let marks: HighWater = {};
  let haltAtIndex: number | null = null;
  for (const [index, text] of equity.entries()) {
    const view = viewOfCase({
      instruments: [instrument],
      balanceUnits: 0,
      facts: { positions: [held], memory: { [memoryKey(drawdownStopId, 'account')]: memory } },
      portfolio: marks.ever === undefined ? {} : { highWaterUnits: marks.ever.equityUnits },
      markTicks: ticksOf(instrument, text),
      markedAtMs: nowMs + index * 1_000,
      controls: { stops },
    });
    const watched = watchedOf(view.controls, view.quoteMaxAgeMs).find(
      ({ definition }) => definition.id === drawdownStopId,
    );
    condition(watched !== undefined, 'the drawdown is watched');
    const [finding] = watched.definition.evaluate(view.context, watched.config);
    condition(finding !== undefined, 'the watch says something');
    if (finding.verdict === 'DENY') haltAtIndex ??= index;
    memory = finding.remember ?? memory;
    const mark = finding.remember?.['markUnits'];
    if (typeof mark === 'number') marks = markEquity(marks, mark, view.context.nowMs) ?? marks;
  }
  return { checks: [same('haltAtIndex', expect.haltAtIndex, haltAtIndex)] };
}

export const CooldownCase = z.object({
  input: z.strictObject({
    config: z.strictObject({ stopMin: z.int().min(0) }),
    trades: z.array(z.strictObject({ pair: z.string(), closedAgo: z.int().min(0) })).min(1),
  }),
  expect: z.strictObject({
    locked: z.array(z.string()),
    global: z.boolean(),
    exit: z.string(),
  }),
});

const idOf = (pair: string): InstrumentId => InstrumentId.parse(pair.replace('/', '-'));

/** Every exit of the case is a loss and none a stop: here all exits pause alike. */
export function checkCooldown({ input, expect }: z.output<typeof CooldownCase>): Outcome {
  const { config, trades } = input;
  const { stopMin } = config;
  const recent = trades.map(({ pair, closedAgo }, index): RecentTrade => ({
    fillId: FillId.parse(`T${index}`),
    instrument: idOf(pair),
    side: 'sell',
    atMs: nowMs - closedAgo * 60_000,
    openedLots: 0,
    closedLots: 1,
    realizedUnits: -1,
    feeUnits: 0,
    isStop: false,
  }));
  const cooldowns = { enabled: true, afterFill: 0, stopOut: stopMin, win: stopMin, loss: stopMin };
  const view = viewOfCase({
    instruments: [],
    balanceUnits: 0,
    portfolio: { trades: recent },
    controls: { cooldowns },
  });
  const isLocked = (pair: string): boolean =>
    positionDenials(view, intentOfCase({ side: 'buy', lots: 1 }, idOf(pair))).some(
      ({ code }) => code === 'COOLDOWN_ACTIVE',
    );
  return {
    checks: [
      same('locked', expect.locked, trades.map(({ pair }) => pair).filter(isLocked)),
      same('global', expect.global, isLocked('OTHER/PAIR')),
    ],
  };
}
