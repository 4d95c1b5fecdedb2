/**
 * Verifies: execution 3.10, INV-ORD-1
 *
 * One order of two lots and everything that a venue may say of it, in every order of arrival. `npm run sim` walks through
 * all of it with everything said twice; here a part of that.
 */
import { describe, expect, it } from 'vitest';
import { explore } from '../support/permutations.ts';

const all = 7;
const factorial = (count: number): number => (count <= 1 ? 1 : count * factorial(count - 1));

describe('every order of events of one order of two lots', () => {
  const variants = (['plain', 'timed'] as const).flatMap((stamps) =>
    [false, true].map((isCancelAsked) => ({ stamps, isCancelAsked })),
  );

  it.each(variants)(
    'ends filled with the ledger of the sorted history ($stamps, cancel asked: $isCancelAsked)',
    (variant) => {
      const { problems, histories, finals } = explore({ ...variant, times: 1 });
      expect(problems).toEqual([]);
      expect(histories).toBe(factorial(all));
      for (const final of finals) expect(final).toContain('"execution":"filled"');
    },
  );

  it.each(variants)(
    'books each trade once when everything is said twice ($stamps, cancel asked: $isCancelAsked)',
    (variant) => {
      const tokens = ['accept', 'fillA', 'fillB', 'canceled'] as const;
      const { problems, histories } = explore({ ...variant, times: 2, tokens });
      expect(problems).toEqual([]);
      expect(histories).toBe(factorial(8) / 2 ** 4);
    },
  );

  it('ends an order without a trade whatever ended it first', () => {
    const tokens = ['accept', 'cancelRejected', 'canceled', 'rejected', 'expired'] as const;
    const { problems, finals } = explore({
      stamps: 'plain',
      isCancelAsked: false,
      times: 2,
      tokens,
    });
    expect(problems).toEqual([]);
    expect(finals.length).toBeGreaterThan(1);
  });
});
