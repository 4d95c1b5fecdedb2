/** Verifies: style 5.1, exact arithmetic against fractions of any size. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addExact,
  decimalRatio,
  decimalText,
  divRatio,
  isWithin,
  mulDiv,
  mulRatio,
  quotientText,
  ratioInverse,
  ratioProduct,
  wholeUnits,
  type Rounding,
} from '../../src/domain/arithmetic.ts';
import { InvariantViolation } from '../../src/kernel/assert.ts';
import {
  absolute,
  divide,
  floor,
  fromDecimal,
  isAtMost,
  isEqual,
  multiply,
  nearestEven,
  negate,
  rational,
  subtract,
  type Rational,
} from '../support/rational.ts';

const safe = fc.maxSafeInteger();
/** Small and large numbers alike: a uniform draw would nearly always overflow. */
const mixed = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.integer(), safe);
const positive = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 10 ** 12 }));
const nonZero = mixed.filter((value) => value !== 0);
const rounding = fc.constantFrom<Rounding>('halfEven', 'floor', 'ceil');
const ratio = fc.record({ num: nonZero, den: positive });
const decimal = fc
  .record({
    sign: fc.constantFrom('', '-', '+'),
    whole: fc.nat({ max: 10 ** 7 }),
    fraction: fc.stringMatching(/^\d{0,6}$/u),
  })
  .map(({ sign, whole, fraction }) => `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`);

function roundedReference(exact: Rational, how: Rounding): bigint {
  if (how === 'floor') return floor(exact);
  if (how === 'ceil') return -floor(negate(exact));
  return nearestEven(exact);
}

/** The product agrees with the reference, or refuses exactly when the reference does not fit. */
function expectRounded(compute: () => number, exact: Rational, how: Rounding): void {
  const wanted = Number(roundedReference(exact, how));
  // toBe is Object.is: a negative zero would make two equal states differ.
  expect(outcome(compute)).toBe(Number.isSafeInteger(wanted) ? wanted : 'refused');
}

function outcome(compute: () => number): number | 'refused' {
  try {
    return compute();
  } catch (error) {
    if (error instanceof InvariantViolation) return 'refused';
    throw error;
  }
}

describe('exact arithmetic', () => {
  it('adds exactly or refuses', () => {
    fc.assert(
      fc.property(safe, safe, (a, b) => {
        expectRounded(() => addExact(a, b), rational(BigInt(a) + BigInt(b)), 'floor');
      }),
    );
  });

  it('multiplies by a fraction with one rounding or refuses', () => {
    fc.assert(
      fc.property(mixed, mixed, ratio, rounding, (a, b, by, how) => {
        const exact = multiply(rational(a), rational(b), rational(by.num, by.den));
        expectRounded(() => mulRatio(a, b, by, how), exact, how);
      }),
      { numRuns: 2000 },
    );
  });

  it('multiplies by a whole number exactly or refuses', () => {
    fc.assert(
      fc.property(mixed, mixed, nonZero, rounding, (a, b, num, how) => {
        const exact = multiply(rational(a), rational(b), rational(num));
        expectRounded(() => mulRatio(a, b, { num, den: 1 }, how), exact, how);
      }),
      { numRuns: 2000 },
    );
  });

  it('multiplies and divides with one rounding or refuses', () => {
    fc.assert(
      fc.property(mixed, mixed, nonZero, rounding, (a, b, c, how) => {
        expectRounded(
          () => mulDiv(a, b, c, how),
          divide(multiply(rational(a), rational(b)), rational(c)),
          how,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('divides by a price with one rounding or refuses', () => {
    fc.assert(
      fc.property(mixed, nonZero, ratio, rounding, (a, b, by, how) => {
        const exact = divide(
          multiply(rational(a), rational(by.num)),
          rational(BigInt(b) * BigInt(by.den)),
        );
        expectRounded(() => divRatio(a, b, by, how), exact, how);
      }),
      { numRuns: 2000 },
    );
  });

  it('rounds a half to the even neighbour on both sides of zero', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), (whole) => {
        const half = 2 * whole + 1;
        const rounded = mulDiv(half, 1, 2);
        expect(Math.abs(rounded % 2)).toBe(0);
        expect(Math.abs(2 * rounded - half)).toBe(1);
      }),
    );
  });
});

describe('fractions', () => {
  it('keeps the value of a decimal text', () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const { num, den } = decimalRatio(text);
        expect(isEqual(rational(num, den), fromDecimal(text))).toBe(true);
        expect(den).toBeGreaterThan(0);
      }),
    );
  });

  it('multiplies and inverts', () => {
    const small = fc.record({
      num: fc.integer({ min: 1, max: 9999 }),
      den: fc.integer({ min: 1, max: 9999 }),
    });
    fc.assert(
      fc.property(fc.array(small, { minLength: 1, maxLength: 3 }), (all) => {
        const product = ratioProduct(...all);
        const exact = multiply(...all.map(({ num, den }) => rational(num, den)));
        expect(isEqual(rational(product.num, product.den), exact)).toBe(true);
        const back = ratioProduct(product, ratioInverse(product));
        expect(back).toEqual({ num: 1, den: 1 });
      }),
    );
  });
});

describe('decimal text', () => {
  const unit = fc
    .tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 13 }))
    .map(([num, places]) => ({ num, den: 10 ** places }));

  it('reads back what it writes, whatever the decimal unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), unit, (count, of) => {
        const text = decimalText(count, of);
        expect(wholeUnits(text, of)).toBe(count);
        expect(
          isEqual(fromDecimal(text), multiply(rational(count), rational(of.num, of.den))),
        ).toBe(true);
      }),
    );
  });

  it('is a whole number of units exactly when the division comes out even', () => {
    fc.assert(
      fc.property(
        decimal,
        fc.integer({ min: 1, max: 64 }),
        fc.nat({ max: 6 }),
        (text, num, places) => {
          const exact = divide(fromDecimal(text), rational(num, 10 ** places));
          const whole = wholeUnits(text, { num, den: 10 ** places });
          expect(whole).toBe(exact.den === 1n ? Number(exact.num) : undefined);
        },
      ),
    );
  });

  it('rounds a quotient to the last place it shows', () => {
    fc.assert(
      fc.property(mixed, mixed, nonZero, nonZero, fc.nat({ max: 15 }), (a, b, c, d, digits) => {
        const exact = divide(rational(BigInt(a) * BigInt(b)), rational(BigInt(c) * BigInt(d)));
        const text = quotientText([a, b], [c, d], digits);
        expect(text.split('.')[1]?.length ?? 0).toBe(digits);
        const wanted = nearestEven(multiply(exact, rational(10n ** BigInt(digits))));
        expect(isEqual(fromDecimal(text), rational(wanted, 10n ** BigInt(digits)))).toBe(true);
        expect(text).not.toMatch(/^-0(\.0*)?$/u);
      }),
    );
  });

  it('compares within a tolerance exactly', () => {
    fc.assert(
      fc.property(decimal, decimal, decimal, (left, right, room) => {
        const apart = absolute(subtract(fromDecimal(left), fromDecimal(right)));
        expect(isWithin(left, right, room)).toBe(isAtMost(apart, fromDecimal(room)));
        expect(isWithin(left, left, '0')).toBe(true);
      }),
    );
  });
});
