/** Adapters for the kinds about cash, equity and the profit of a trade: through the ledger machine. */
import { createActor, type Actor } from 'xstate';
import { z } from 'zod';
import { wholeUnits } from '../../domain/arithmetic.ts';
import { FillId } from '../../domain/ids.ts';
import { feeUnits, formatLots, type Instrument } from '../../domain/instrument.ts';
import type { LedgerEvent } from '../../domain/machine-event.ts';
import { formatMoney, parseMoney, type Units } from '../../domain/money.ts';
import type { PositionFacts } from '../../domain/view.ts';
import { condition } from '../../kernel/assert.ts';
import { ledgerMachine } from '../../machines/ledger.machine.ts';
import { collect } from '../../machines/step.ts';
import { freeCash } from '../../rules/portfolio/funds.ts';
import { netAssetValue, type Money } from '../../rules/portfolio/notional.ts';
import { sameDecimal, sameMoney, type Check, type Outcome } from './compare.ts';
import {
  fillOfCase,
  instrumentOfCase,
  lotsOf,
  ticksOf,
  type CaseFill,
} from './instrument-of-case.ts';
import { accountId, vectorId, viewOfCase } from './portfolio-stage.ts';
import { Decimal, VectorSide } from './vectors.ts';

const currency = 'USD';
const tradingDay = '2026-03-10';

/** The ledger machine alone, as a real actor. */
class Ledger {
  private readonly actor: Actor<typeof ledgerMachine>;
  private readonly instrument: Instrument;
  private fills = 0;

  constructor(instrument: Instrument, balanceUnits: Units) {
    this.instrument = instrument;
    this.actor = createActor(ledgerMachine, {
      input: { accountId, currency, tradingDay, lastBoundaryMs: 0, balanceUnits },
    });
    collect(() => this.actor.start());
  }

  book(fill: CaseFill): void {
    this.fills += 1;
    const booked = fillOfCase(this.instrument, fill);
    this.send({
      type: 'ledger.fillReported',
      fill: {
        ...booked,
        fillId: FillId.parse(`T${this.fills}`),
        accountId,
        instrument: vectorId,
        venueTimeMs: this.fills,
      },
      instrument: this.instrument,
      tradingDay,
      atMs: this.fills,
    });
  }

  send(event: LedgerEvent): void {
    collect(() => this.actor.send(event));
  }

  get balanceUnits(): Units {
    return this.actor.getSnapshot().context.balanceUnits;
  }

  get positions(): readonly PositionFacts[] {
    const { books } = this.actor.getSnapshot().context;
    return Object.values(books)
      .filter(({ openLots }) => openLots !== 0)
      .map(({ openLots, costUnits }) => ({ instrument: vectorId, openLots, costUnits }));
  }

  /** What the account is worth, and what of it is cash, at a price. */
  worthAt(price: string | undefined): { readonly cash: Money; readonly worth: Money } {
    const { instrument, balanceUnits, positions } = this;
    const mark = price === undefined ? {} : { markTicks: ticksOf(instrument, price) };
    const of = { instruments: [instrument], balanceUnits, facts: { positions }, ...mark };
    const view = viewOfCase(of);
    return { cash: freeCash(view), worth: netAssetValue(view) };
  }
}

function unitsOf(money: Money): Units {
  condition(money.isKnown, 'the case names every price');
  return money.units;
}

const Trade = z.strictObject({ side: VectorSide, qty: Decimal, price: Decimal });
const OneFill = z.strictObject({ side: VectorSide, qty: Decimal, price: Decimal, fee: Decimal });
export const CashCase = z.object({
  input: z.union([
    z.strictObject({ cash: Decimal, fills: z.array(Trade).min(1) }),
    z.strictObject({ cash: z.strictObject({ USD: Decimal }), fill: OneFill }),
    z.strictObject({ fills: z.array(Trade).min(1), quoteToAccount: Decimal }),
  ]),
  expect: z.union([
    z.strictObject({ cash: Decimal, qty: Decimal }),
    z.strictObject({
      cash: z.strictObject({ USD: Decimal, EUR: Decimal }),
      totalUSD: Decimal,
    }),
    z.strictObject({ realizedAccountCcy: Decimal }),
  ]),
});

export function checkCash({ input, expect }: z.output<typeof CashCase>): Outcome {
  if ('quoteToAccount' in input || 'realizedAccountCcy' in expect) {
    return {
      checks: [],
      unsupported:
        'amounts of one currency are never turned into another (decision 0007): what settles elsewhere is not counted',
    };
  }
  const isPair = 'fill' in input;
  const fills: readonly CaseFill[] = isPair ? [input.fill] : input.fills;
  const instrument = spotOf(fills);
  const start = isPair ? input.cash.USD : input.cash;
  const ledger = new Ledger(instrument, parseMoney(start, currency));
  for (const fill of fills) ledger.book(fill);
  const price = fills.at(-1)?.price;
  const { cash, worth } = ledger.worthAt(price);
  const held = formatLots(instrument, ledger.positions[0]?.openLots ?? 0);
  const money = (of: Money) => ({ units: unitsOf(of), currency, fills: fills.length });
  if ('totalUSD' in expect) {
    return {
      checks: [
        sameMoney('cash.USD', expect.cash.USD, money(cash)),
        sameDecimal('cash.EUR', expect.cash.EUR, held),
        sameMoney('totalUSD', expect.totalUSD, money(worth)),
      ],
    };
  }
  return {
    checks: [sameMoney('cash', expect.cash, money(cash)), sameDecimal('qty', expect.qty, held)],
  };
}

function spotOf(fills: readonly CaseFill[]): Instrument {
  const instrument = instrumentOfCase({
    prices: fills.map(({ price }) => price),
    quantities: fills.map(({ qty }) => qty),
  });
  return { ...instrument, kind: 'spot' };
}

export const EquityCase = z.object({
  input: z.strictObject({
    cash: Decimal,
    fills: z.array(z.strictObject({ qty: Decimal, price: Decimal })).min(1),
  }),
  expect: z.strictObject({ equity: z.array(Decimal).min(1) }),
});

/** The market price after fill i is i + 1; the last figure is at the price of the one before. */
export function checkEquity({ input, expect }: z.output<typeof EquityCase>): Outcome {
  const { cash, fills } = input;
  const instrument = instrumentOfCase({
    prices: fills.map(({ price }) => price),
    quantities: fills.map(({ qty }) => qty.replace('-', '')),
  });
  const ledger = new Ledger(instrument, parseMoney(cash, currency));
  const checks: Check[] = [];
  const check = (index: number, price: string): void => {
    const units = unitsOf(ledger.worthAt(price).worth);
    const actual = { units, currency, fills: fills.length };
    checks.push(sameMoney(`equity[${index}]`, expect.equity[index] ?? '', actual));
  };
  check(0, '1');
  for (const [index, { qty, price }] of fills.entries()) {
    const side = qty.startsWith('-') ? 'sell' : 'buy';
    ledger.book({ side, qty: qty.replace('-', ''), price });
    check(index + 1, price);
  }
  return { checks };
}

export const TradeProfitCase = z.object({
  input: z.strictObject({
    side: z.enum(['LONG', 'SHORT']),
    qty: Decimal,
    open: Decimal,
    close: Decimal,
    feeOpen: Decimal,
    feeClose: Decimal,
    fundingReceived: Decimal,
  }),
  expect: z.strictObject({ profit: Decimal }),
});

/** What the trade adds to an empty ledger; funding comes and goes as a known movement of cash. */
export function checkTradeProfit({ input, expect }: z.output<typeof TradeProfitCase>): Outcome {
  const { side, qty, open, close, feeOpen, feeClose, fundingReceived } = input;
  const numbers = { prices: [open, close], quantities: [qty] };
  const instrument = instrumentOfCase(numbers);
  const ledger = new Ledger(instrument, 0);
  const legs = [
    { side: side === 'LONG' ? 'buy' : 'sell', price: open, rate: feeOpen },
    { side: side === 'LONG' ? 'sell' : 'buy', price: close, rate: feeClose },
  ] as const;
  for (const leg of legs) ledger.book({ ...leg, qty, fee: feeText(numbers, leg, qty) });
  const amountUnits = parseMoney(fundingReceived, currency);
  if (amountUnits !== 0)
    ledger.send({ type: 'ledger.transferRecorded', amountUnits, reason: 'funding', atMs: 0 });
  const actual = { units: ledger.balanceUnits, currency, fills: legs.length };
  return { checks: [sameMoney('profit', expect.profit, actual)] };
}

/** The fee of a leg at its rate, as the instrument of that rate computes it. */
function feeText(
  numbers: { readonly prices: readonly string[]; readonly quantities: readonly string[] },
  { price, rate }: { readonly price: string; readonly rate: string },
  qty: string,
): string {
  const feePpm = wholeUnits(rate, { num: 1, den: 1_000_000 });
  condition(feePpm !== undefined, () => `a fee rate in parts per million, was ${rate}`);
  const instrument = instrumentOfCase({ ...numbers, feePpm });
  const units = feeUnits(instrument, lotsOf(instrument, qty), ticksOf(instrument, price));
  return formatMoney(units, currency);
}
