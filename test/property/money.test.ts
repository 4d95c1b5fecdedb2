/** Verifies: style 5.1, money as whole accounting units, and back to text without loss. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMoney, parseMoney, unitsPerWhole } from '../../src/domain/money.ts';
import { ConditionFailed } from '../../src/kernel/assert.ts';
import { fromDecimal, isEqual, multiply, rational } from '../support/rational.ts';

const currency = fc.constantFrom('USD', 'USDT', 'EUR', 'BTC', 'ETH');
/** Accounting units per whole unit, written down apart from the product. Source: style 5.1. */
const scale = (of: string): number => (of === 'BTC' || of === 'ETH' ? 9 : 6);

function parsed(text: string, of: string): number | 'refused' {
  try {
    return parseMoney(text, of);
  } catch (error) {
    if (error instanceof ConditionFailed) return 'refused';
    throw error;
  }
}

describe('money', () => {
  it('has micro-units for fiat and stablecoins, nano-units for coins', () => {
    fc.assert(
      fc.property(currency, (of) => {
        expect(unitsPerWhole(of)).toBe(10 ** scale(of));
      }),
    );
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), currency, (units, of) => {
        const text = formatMoney(units, of);
        expect(text).toMatch(/^-?\d+\.\d{2,}$/u);
        expect(parseMoney(text, of)).toBe(units);
        expect(isEqual(fromDecimal(text), rational(units, 10 ** scale(of)))).toBe(true);
      }),
    );
  });

  it('shows no zeros after the second decimal', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), currency, (units, of) => {
        expect(formatMoney(units, of)).not.toMatch(/\.\d{2,}0$/u);
      }),
    );
  });

  it('takes an amount exactly when it is a whole number of accounting units', () => {
    const digits = fc.stringMatching(/^\d{0,11}$/u);
    fc.assert(
      fc.property(
        fc.constantFrom('', '-'),
        fc.nat({ max: 99999 }),
        digits,
        currency,
        (sign, whole, fraction, of) => {
          const text = `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
          const exact = multiply(fromDecimal(text), rational(10 ** scale(of)));
          expect(parsed(text, of)).toBe(exact.den === 1n ? Number(exact.num) : 'refused');
        },
      ),
    );
  });

  it('refuses an amount beyond its range instead of rounding it', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 90n }),
        fc.constantFrom('', '-'),
        (units, sign) => {
          const text = `${sign}${units / 1_000_000n}.${(units % 1_000_000n).toString().padStart(6, '0')}`;
          expect(() => parseMoney(text, 'USD')).toThrow(ConditionFailed);
        },
      ),
    );
  });
});
