/**
 * Verifies: INV-POS-1, INV-POS-2, INV-POS-3 of domain/position.ts, against netting at average cost
 * in fractions of any size.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createInstrument,
  feeUnits,
  positionValue,
  unrealizedUnits,
  type Instrument,
} from '../../src/domain/instrument.ts';
import {
  applyFill,
  averagePriceText,
  emptyBook,
  netRealizedUnits,
  netTotalUnits,
  type BookChange,
  type BookFill,
  type PositionBook,
} from '../../src/domain/position.ts';
import {
  absolute,
  add,
  divide,
  fromDecimal,
  isAtMost,
  isEqual,
  multiply,
  nearestEven,
  negate,
  rational,
  subtract,
  sum,
  zero,
  type Rational,
} from '../support/rational.ts';

type Spec = {
  readonly payoff: 'linear' | 'inverse';
  readonly tickSize: string;
  readonly lotSize: string;
  readonly multiplier: string;
  readonly currency: string;
  /** Accounting units per whole unit of the currency. */
  readonly perWhole: number;
};

const usd = { currency: 'USD', perWhole: 10 ** 6 };
const btc = { currency: 'BTC', perWhole: 10 ** 9 };
/** Values of one tick and lot: whole units, far below one unit (every value is rounded), and one over a price. */
const specs: readonly Spec[] = [
  { payoff: 'linear', tickSize: '0.25', lotSize: '1', multiplier: '2', ...usd },
  { payoff: 'linear', tickSize: '0.0000005', lotSize: '1', multiplier: '12500000', ...usd },
  { payoff: 'linear', tickSize: '0.01', lotSize: '0.00000001', multiplier: '1', ...usd },
  { payoff: 'linear', tickSize: '0.005', lotSize: '0.0001', multiplier: '0.3', ...usd },
  { payoff: 'inverse', tickSize: '0.5', lotSize: '1', multiplier: '1', ...btc },
  { payoff: 'inverse', tickSize: '0.05', lotSize: '10', multiplier: '0.7', ...btc },
];

const instrumentOf = (spec: Spec): Instrument =>
  createInstrument({
    id: 'TEST',
    kind: 'perpetual',
    payoff: spec.payoff,
    settlementCurrency: spec.currency,
    tickSize: spec.tickSize,
    lotSize: spec.lotSize,
    multiplier: spec.multiplier,
    calendar: 'continuous',
  });

/** Settlement units that a signed quantity is worth at a price, before any rounding. */
function exactValue(spec: Spec, lots: bigint, ticks: number): Rational {
  const quantity = multiply(
    rational(lots),
    fromDecimal(spec.lotSize),
    fromDecimal(spec.multiplier),
  );
  const price = multiply(rational(ticks), fromDecimal(spec.tickSize));
  const money = rational(spec.perWhole);
  return spec.payoff === 'linear'
    ? multiply(quantity, price, money)
    : negate(multiply(divide(quantity, price), money));
}

type Reference = {
  readonly open: bigint;
  readonly cost: Rational;
  readonly realized: Rational;
  readonly fees: bigint;
};

/** Netting at average cost by its definition. */
function referenceFill(spec: Spec, before: Reference, fill: BookFill): Reference {
  const signed = fill.side === 'buy' ? BigInt(fill.lots) : -BigInt(fill.lots);
  const fees = before.fees + BigInt(fill.feeUnits);
  if (before.open * signed >= 0n) {
    const cost = add(before.cost, exactValue(spec, signed, fill.ticks));
    return { open: before.open + signed, cost, realized: before.realized, fees };
  }
  const size = before.open < 0n ? -before.open : before.open;
  const closing = BigInt(fill.lots) < size ? BigInt(fill.lots) : size;
  const closed = before.open < 0n ? -closing : closing;
  const share = multiply(before.cost, rational(closing, size));
  const profit = subtract(exactValue(spec, closed, fill.ticks), share);
  const opened = signed + closed;
  const cost = add(subtract(before.cost, share), exactValue(spec, opened, fill.ticks));
  return { open: before.open + signed, cost, realized: add(before.realized, profit), fees };
}

const flat: Reference = { open: 0n, cost: zero, realized: zero, fees: 0n };

const spec = fc.constantFrom(...specs);
const fillOf = (lotsMax: number): fc.Arbitrary<BookFill> =>
  fc.record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    lots: fc.integer({ min: 1, max: lotsMax }),
    ticks: fc.integer({ min: 1, max: 200_000 }),
    feeUnits: fc.integer({ min: -5_000_000, max: 5_000_000 }),
  });
/** Small quantities meet zero and flip often; large ones make the divisions uneven. */
const fills = fc.oneof(
  fc.array(fillOf(3), { minLength: 1, maxLength: 40 }),
  fc.array(fillOf(97), { minLength: 1, maxLength: 40 }),
);

function play(instrument: Instrument, all: readonly BookFill[]): readonly BookChange[] {
  let book = emptyBook;
  return all.map((fill) => {
    const change = applyFill(book, instrument, fill);
    book = change.book;
    return change;
  });
}

const lastBook = (changes: readonly BookChange[]): PositionBook =>
  changes.at(-1)?.book ?? emptyBook;
const signedLots = ({ side, lots }: BookFill): number => (side === 'buy' ? lots : -lots);

function expectNear(actual: number, exact: Rational, within: number): void {
  const apart = absolute(subtract(rational(actual), exact));
  expect(isAtMost(apart, rational(within)), `${actual} is ${apart.num}/${apart.den} away`).toBe(
    true,
  );
}

describe('the position book', () => {
  it('INV-POS-1: holds the signed sum of its fills', () => {
    fc.assert(
      fc.property(spec, fills, (of, all) => {
        const total = all.reduce((so, fill) => so + signedLots(fill), 0);
        expect(lastBook(play(instrumentOf(of), all)).openLots).toBe(total + 0);
      }),
    );
  });

  it('INV-POS-1: holds that sum less what was paid in the base currency', () => {
    const pair = instrumentOf({
      payoff: 'linear',
      tickSize: '0.01',
      lotSize: '0.000001',
      multiplier: '1',
      ...usd,
    });
    const withFee = fc
      .tuple(fillOf(50), fc.nat({ max: 3 }))
      .map(([fill, feeLots]): BookFill => Object.assign(fill, { feeUnits: 0, feeLots }));
    fc.assert(
      fc.property(fc.array(withFee, { minLength: 1, maxLength: 30 }), (all) => {
        const total = all.reduce((so, fill) => so + signedLots(fill) - (fill.feeLots ?? 0), 0);
        const book = lastBook(play(pair, all));
        expect(book.openLots).toBe(total + 0);
        expect(book.feesUnits).toBe(0);
        // A short is entered for money received: the entry value has the sign of the quantity.
        expect(Math.sign(book.costUnits) * Math.sign(book.openLots)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('INV-POS-1: keeps the average when a fee is paid in the base currency', () => {
    const pair = instrumentOf({
      payoff: 'linear',
      tickSize: '0.01',
      lotSize: '0.000001',
      multiplier: '1',
      ...usd,
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 9_000_000 }),
        fc.integer({ min: 1, max: 999 }),
        fc.integer({ min: 1, max: 200_000 }),
        (lots, feeLots, ticks) => {
          const { book } = applyFill(emptyBook, pair, {
            side: 'buy',
            lots,
            ticks,
            feeUnits: 0,
            feeLots,
          });
          expectNear(book.costUnits, rational(BigInt(lots - feeLots) * BigInt(ticks), 100), 1);
          expect(book.realizedUnits).toBe(0);
        },
      ),
    );
  });

  it('INV-POS-2: realized less open cost is the cash of all legs, to the last unit', () => {
    fc.assert(
      fc.property(spec, fills, (of, all) => {
        const instrument = instrumentOf(of);
        const changes = play(instrument, all);
        let cash = 0n;
        for (const [index, { closedLots, openedLots }] of changes.entries()) {
          const { ticks, side } = all[index] as BookFill;
          for (const lots of [closedLots, openedLots]) {
            // Reference value of the leg, rounded by the reference.
            const leg = exactValue(of, BigInt(side === 'buy' ? lots : -lots), ticks);
            cash -= nearestEven(leg);
          }
        }
        const { realizedUnits, costUnits } = lastBook(changes);
        expect(BigInt(realizedUnits) - BigInt(costUnits)).toBe(cash);
      }),
      { numRuns: 500 },
    );
  });

  it('INV-POS-2: agrees with the exact reference within one unit per fill', () => {
    fc.assert(
      fc.property(spec, fills, fc.integer({ min: 1, max: 200_000 }), (of, all, markTicks) => {
        const instrument = instrumentOf(of);
        let exact = flat;
        for (const [index, { book }] of play(instrument, all).entries()) {
          exact = referenceFill(of, exact, all[index] as BookFill);
          const within = index + 1;
          expect(BigInt(book.openLots)).toBe(exact.open);
          expect(BigInt(book.feesUnits)).toBe(exact.fees);
          expectNear(book.costUnits, exact.cost, within);
          expectNear(book.realizedUnits, exact.realized, within);
          const open = subtract(exactValue(of, exact.open, markTicks), exact.cost);
          const unrealized = unrealizedUnits(instrument, book.openLots, book.costUnits, markTicks);
          expectNear(unrealized, open, within + 1);
          const net = subtract(exact.realized, rational(exact.fees));
          expectNear(netRealizedUnits(book), net, within);
          // The errors of realized and open profit cancel: only the roundings of the legs and of the mark stay.
          expectNear(netTotalUnits(book, instrument, markTicks), add(net, open), within + 1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('INV-POS-2: is exact where a tick of a lot is worth whole units and quantities divide', () => {
    const mnq = specs[0] as Spec;
    const one = fillOf(1).map((fill): BookFill => Object.assign(fill, { feeUnits: 0 }));
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 40 }), (all) => {
        let exact = flat;
        const isOdd = (cost: Rational): boolean => cost.den !== 1n;
        for (const [index, { book }] of play(instrumentOf(mnq), all).entries()) {
          exact = referenceFill(mnq, exact, all[index] as BookFill);
          if (isOdd(exact.cost) || isOdd(exact.realized)) return;
          expect(isEqual(rational(book.costUnits), exact.cost)).toBe(true);
          expect(isEqual(rational(book.realizedUnits), exact.realized)).toBe(true);
        }
      }),
    );
  });

  it('INV-POS-3: a flip closes first, opens the rest at the fill price and splits the fee by quantity', () => {
    const quantity = fc.integer({ min: 1, max: 1_500 });
    fc.assert(
      fc.property(spec, fillOf(1_500), quantity, fillOf(1), (of, entry, beyond, exit) => {
        const instrument = instrumentOf(of);
        const { book } = applyFill(emptyBook, instrument, entry);
        const flip: BookFill = {
          ...exit,
          side: entry.side === 'buy' ? 'sell' : 'buy',
          lots: entry.lots + beyond,
        };
        const change = applyFill(book, instrument, flip);
        expect([change.closedLots, change.openedLots]).toEqual([entry.lots, beyond]);
        expect(change.book.openLots).toBe(flip.side === 'buy' ? beyond : -beyond);
        expect(change.closedFeeUnits + change.openedFeeUnits).toBe(flip.feeUnits);
        const share = multiply(rational(flip.feeUnits), rational(entry.lots, flip.lots));
        expect(BigInt(change.closedFeeUnits)).toBe(nearestEven(share));
        expect(
          unrealizedUnits(instrument, change.book.openLots, change.book.costUnits, flip.ticks),
        ).toBe(0);
        // The same as the two legs one after the other.
        const first = applyFill(book, instrument, {
          ...flip,
          lots: entry.lots,
          feeUnits: change.closedFeeUnits,
        });
        const second = applyFill(first.book, instrument, {
          ...flip,
          lots: beyond,
          feeUnits: change.openedFeeUnits,
        });
        expect(first.book.costUnits).toBe(0);
        expect(second.book).toEqual(change.book);
        expect(first.realizedUnits).toBe(change.realizedUnits);
      }),
      { numRuns: 500 },
    );
  });

  it('has no negative zero, so that equal books are equal', () => {
    fc.assert(
      fc.property(spec, fills, (of, all) => {
        for (const change of play(instrumentOf(of), all)) {
          for (const figure of [
            ...Object.values(change.book),
            change.realizedUnits,
            change.closedFeeUnits,
            change.openedFeeUnits,
          ]) {
            expect(Object.is(figure, -0)).toBe(false);
          }
        }
      }),
    );
  });

  it('costs nothing when nothing is open', () => {
    fc.assert(
      fc.property(spec, fills, (of, all) => {
        for (const { book } of play(instrumentOf(of), all)) {
          expect(book.openLots === 0 && book.costUnits !== 0).toBe(false);
        }
      }),
    );
  });
});

describe('the average price', () => {
  it('is the entry value over the quantity, rounded to the last place', () => {
    const shown: boolean[] = [];
    fc.assert(
      fc.property(spec, fills, fc.nat({ max: 12 }), (of, all, digits) => {
        const instrument = instrumentOf(of);
        const { book } = play(instrument, all).at(-1) ?? { book: emptyBook };
        const text = averagePriceText(book, instrument, digits);
        const quantity = multiply(
          rational(book.openLots),
          fromDecimal(of.lotSize),
          fromDecimal(of.multiplier),
          rational(of.perWhole),
        );
        const hasAverage = book.openLots !== 0 && (of.payoff === 'linear' || book.costUnits !== 0);
        expect(text !== undefined).toBe(hasAverage);
        if (text === undefined) return;
        const average =
          of.payoff === 'linear'
            ? divide(rational(book.costUnits), quantity)
            : divide(quantity, rational(-book.costUnits));
        const wanted = rational(nearestEven(multiply(average, rational(10n ** BigInt(digits)))));
        shown.push(isEqual(fromDecimal(text), divide(wanted, rational(10n ** BigInt(digits)))));
      }),
    );
    expect(shown).not.toContain(false);
    expect(shown.length).toBeGreaterThan(20);
  });

  it('of equal entries is that price', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 200_000 }),
        (sizes, ticks) => {
          const mnq = instrumentOf(specs[0] as Spec);
          const all = sizes.map((lots): BookFill => ({ side: 'sell', lots, ticks, feeUnits: 0 }));
          const text = averagePriceText(lastBook(play(mnq, all)), mnq, 2);
          expect(isEqual(fromDecimal(text ?? ''), rational(ticks, 4))).toBe(true);
        },
      ),
    );
  });
});

describe('values and fees of an execution', () => {
  it('rounds a value once, to the nearest unit', () => {
    fc.assert(
      fc.property(
        spec,
        fc.integer({ min: -5_000, max: 5_000 }),
        fc.integer({ min: 1, max: 200_000 }),
        (of, lots, ticks) => {
          const value = positionValue(instrumentOf(of), lots, ticks);
          expect(value).toBe(Number(nearestEven(exactValue(of, BigInt(lots), ticks))));
        },
      ),
    );
  });

  it('takes a fee per contract and a share of the value, never less than that', () => {
    const arbitrary = [
      spec,
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 1, max: 200_000 }),
      fc.nat({ max: 2000 }),
    ] as const;
    fc.assert(
      fc.property(
        ...arbitrary,
        fc.constantFrom('0', '0.74', '2.1399', '0.0000001'),
        (of, lots, ticks, feePpm, feePerContract) => {
          const instrument = createInstrument({ ...instrumentSpec(of), feePpm, feePerContract });
          const share = multiply(
            rational(feePpm, 10 ** 6),
            absolute(exactValue(of, BigInt(lots), ticks)),
          );
          const contracts = multiply(
            fromDecimal(feePerContract),
            fromDecimal(of.lotSize),
            rational(lots),
            rational(of.perWhole),
          );
          const exact = sum([share, contracts]);
          const fee = feeUnits(instrument, lots, ticks);
          expect(isAtMost(exact, rational(fee))).toBe(true);
          expect(isAtMost(rational(fee), add(exact, rational(2)))).toBe(true);
        },
      ),
    );
  });
});

function instrumentSpec(of: Spec) {
  return {
    id: 'TEST',
    kind: 'perpetual' as const,
    payoff: of.payoff,
    settlementCurrency: of.currency,
    tickSize: of.tickSize,
    lotSize: of.lotSize,
    multiplier: of.multiplier,
    calendar: 'continuous' as const,
  };
}
