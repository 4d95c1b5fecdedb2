/** Verifies: RULE-004, G9, G10, V15, V26 */
import { describe, expect, it } from 'vitest';
import type { RuleFinding } from '../../../src/domain/verdict.ts';
import type { AccountFacts, Mark } from '../../../src/domain/view.ts';
import { context, facts, mark, position, ruleOf, usd } from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-004');

function judge(
  account: AccountFacts,
  marks: Readonly<Record<string, Mark>>,
  config: Readonly<Record<string, unknown>> = {},
): readonly RuleFinding[] {
  return rule.evaluate(context(account, marks), rule.config.parse(config));
}

const longMnq = facts({ positions: [position('MNQ', '2', '21000')] });

describe('the open loss of a position', () => {
  it.each([
    ['G9: −200 ticks × 0.5 × 2 is the limit', '20950', '-200', 'DENY'],
    ['G9: one tick better', '20950.25', '-199', 'PASS'],
    ['V26: 300 points are 1200 ticks, not 300 dollars', '20700', '-1200', 'DENY'],
  ])('%s', (_name, last, observed, verdict) => {
    const found = judge(longMnq, { MNQ: mark('MNQ', { last }) }, { limit: '-200' });
    expect(found).toMatchObject([
      { entity: 'MNQ', verdict, observed: usd(observed), limit: usd('-200') },
    ]);
  });

  it('G10: long 1 ES at 5800, last 5775', () => {
    const account = facts({ positions: [position('ES', '1', '5800')] });
    expect(judge(account, { ES: mark('ES', { last: '5775' }) })).toMatchObject([
      { verdict: 'DENY', observed: usd('-1250') },
    ]);
  });

  it('V15: closes only the position that breaches, and names it', () => {
    const account = facts({
      positions: [position('ES', '1', '5800'), position('MNQ', '2', '21000')],
    });
    const found = judge(account, {
      ES: mark('ES', { last: '5790' }),
      MNQ: mark('MNQ', { last: '20990' }),
    });
    expect(found).toMatchObject([
      {
        entity: 'ES',
        verdict: 'DENY',
        wants: [
          { type: 'closePosition', instrument: 'ES' },
          { type: 'alert', severity: 'warning' },
        ],
      },
      { entity: 'MNQ', verdict: 'PASS', observed: usd('-40'), wants: [] },
    ]);
  });

  it.each([
    ['a long closes at the bid', '1', { bid: '5794', ask: '5795', last: '5900' }, '-300'],
    ['a short closes at the ask', '-1', { bid: '5805', ask: '5806', last: '5700' }, '-300'],
    ['without a bid the last price counts', '1', { ask: '5801', last: '5794' }, '-300'],
  ])('%s', (_name, quantity, prices, observed) => {
    const account = facts({ positions: [position('ES', quantity, '5800')] });
    expect(judge(account, { ES: mark('ES', prices) })).toMatchObject([
      { verdict: 'DENY', observed: usd(observed) },
    ]);
  });

  it.each([
    ['last', '1', '5794', '-300'],
    ['mid', '1', '5797', '-150'],
    ['mid', '-1', '5797.25', '137.5'],
  ])('takes the %s price of position %s where told', (markPrice, quantity, price, observed) => {
    const account = facts({ positions: [position('ES', quantity, '5800')] });
    const prices = { bid: '5796.75', ask: '5797.5', last: '5794' };
    const [found] = judge(account, { ES: mark('ES', prices) }, { markPrice });
    expect(found?.inputs).toContainEqual({
      name: 'mark:ES',
      value:
        Number.parseInt(price, 10) === 5794
          ? '5794.00'
          : `${price}${price.includes('.') ? '' : '.00'}`,
      ageMs: 0,
    });
    expect(found?.observed).toBe(usd(observed));
  });
});

describe('the open loss of the account', () => {
  const account = facts({
    positions: [position('ES', '1', '5800'), position('MNQ', '2', '21000')],
  });
  const marks = {
    ES: mark('ES', { last: '5796' }),
    MNQ: mark('MNQ', { last: '20975' }),
  };

  it('adds up and flattens the account where told, with a lock where told', () => {
    const config = { scope: 'total', action: 'closeAll', lockout: 'untilReset' };
    expect(judge(account, marks, config)).toMatchObject([
      {
        entity: 'account',
        verdict: 'DENY',
        observed: usd('-300'),
        wants: [
          { type: 'setLock', scope: 'account', kind: 'untilReset' },
          { type: 'cancelAllOrders' },
          { type: 'flattenAccount' },
          { type: 'alert' },
        ],
      },
    ]);
    expect(judge(account, marks)).toMatchObject([{ verdict: 'PASS' }, { verdict: 'PASS' }]);
  });

  it('locks only the contract in the scope of a position', () => {
    const found = judge(
      account,
      { ...marks, ES: mark('ES', { last: '5700' }) },
      { lockout: 'permanent' },
    );
    expect(found[0]?.wants[0]).toEqual({
      type: 'setLock',
      scope: 'contract:ES',
      kind: 'permanent',
    });
  });

  it('is unknown as soon as one price is', () => {
    const found = judge(account, { ES: marks.ES }, { scope: 'total' });
    expect(found).toMatchObject([{ verdict: 'UNKNOWN', missing: ['quote:MNQ'] }]);
  });
});

describe('a quote that grows old', () => {
  const stale = (ageMs: number) => ({ MNQ: mark('MNQ', { last: '21000' }, ageMs) });

  it.each([
    [5_000, 'PASS'],
    [5_001, 'UNKNOWN'],
    [600_000, 'UNKNOWN'],
  ])('%d ms: %s', (ageMs, verdict) => {
    expect(judge(longMnq, stale(ageMs))).toMatchObject([{ verdict, entity: 'MNQ' }]);
  });

  it('is a reason to close only after its grace', () => {
    const config = { staleGraceSeconds: 10 };
    expect(judge(longMnq, stale(15_000), config)).toMatchObject([{ verdict: 'UNKNOWN' }]);
    expect(judge(longMnq, stale(15_001), config)).toMatchObject([
      {
        verdict: 'DENY',
        code: 'STALE_DATA',
        wants: [{ type: 'closePosition', instrument: 'MNQ' }, { type: 'alert' }],
      },
    ]);
  });

  it('closes nothing that never had a price', () => {
    expect(judge(longMnq, {}, { staleGraceSeconds: 0 })).toMatchObject([{ verdict: 'UNKNOWN' }]);
  });
});

it('watches nothing of a flat account', () => {
  expect(judge(facts(), {})).toEqual([]);
});

it('refuses limits that are no losses and unknown words', () => {
  for (const config of [
    { limit: '1' },
    { scope: 'all' },
    { staleGraceSeconds: -1 },
    { checkIntervalSeconds: 3601 },
  ]) {
    expect(rule.config.safeParse(config).success, JSON.stringify(config)).toBe(false);
  }
});
