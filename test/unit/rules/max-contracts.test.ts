/** Verifies: RULE-001, G1, V13 */
import { describe, expect, it } from 'vitest';
import { InstrumentId, OrderId } from '../../../src/domain/ids.ts';
import type { SubmitOrder } from '../../../src/domain/order.ts';
import type { RuleFinding } from '../../../src/domain/verdict.ts';
import type { AccountFacts, PositionFacts } from '../../../src/domain/view.ts';
import {
  accountId,
  context,
  facts,
  lots,
  position,
  ruleOf,
  working,
} from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-001');
type Options = Readonly<Record<string, unknown>>;

function judge(account: AccountFacts, config: Options = {}): RuleFinding {
  const [finding] = rule.evaluate(context(account), rule.config.parse(config));
  if (finding === undefined) throw new Error('the account is always judged');
  return finding;
}

/** `hold('ES 3', 'MNQ -2')` in the order of opening. */
function hold(...held: readonly string[]): { readonly positions: readonly PositionFacts[] } {
  return {
    positions: held.map((text) => {
      const [id = '', quantity = ''] = text.split(' ');
      return position(id, quantity, '20000');
    }),
  };
}

function cuts(finding: RuleFinding): readonly string[] {
  return finding.wants.flatMap((want) =>
    want.type === 'reducePosition' ? [`${want.instrument} ${want.targetLots}`] : [],
  );
}

describe('the count of contracts', () => {
  it.each([
    ['G1: 3 ES and 2 MNQ', 'net', ['ES 3', 'MNQ 2'], 5, 'PASS'],
    ['G1: then 1 NQ', 'net', ['ES 3', 'MNQ 2', 'NQ 1'], 6, 'DENY'],
    ['V13: net of both sides', 'net', ['ES 3', 'NQ -2'], 1, 'PASS'],
    ['V13: gross of both sides', 'gross', ['ES 3', 'NQ -2'], 5, 'PASS'],
    ['gross above', 'gross', ['ES 3', 'NQ -3'], 6, 'DENY'],
    ['V13: minis and micros', 'miniEquivalent', ['ES 3', 'MNQ -20'], 5, 'PASS'],
    ['one micro more is above', 'miniEquivalent', ['ES 3', 'MNQ -21'], 6, 'DENY'],
    ['net short', 'net', ['ES -6'], 6, 'DENY'],
    ['coins count exactly', 'gross', ['ES 4', 'BTC-USD 1'], 5, 'PASS'],
    ['a hundred-millionth of a coin above', 'gross', ['ES 4', 'BTC-USD 1.00000001'], 6, 'DENY'],
  ])('%s', (_name, countType, held, observed, verdict) => {
    expect(judge(facts(hold(...held)), { countType })).toMatchObject({
      verdict,
      observed,
      limit: 5,
      unit: 'contracts',
    });
  });

  it.each([
    ['G1: the largest first, by one', 'net', 'largestFirst', ['ES 3', 'MNQ 2', 'NQ 1'], ['ES 2']],
    ['the newest first', 'net', 'newestFirst', ['ES 3', 'MNQ 2', 'NQ 1'], ['NQ 0']],
    ['net never cuts the other side', 'net', 'newestFirst', ['ES 8', 'NQ -2'], ['ES 7']],
    ['a short is cut towards 0', 'net', 'largestFirst', ['ES -8'], ['ES -5']],
    [
      'more than one position',
      'gross',
      'newestFirst',
      ['ES 5', 'NQ -2', 'MNQ 1'],
      ['MNQ 0', 'NQ 0'],
    ],
    ['the next whole contract', 'miniEquivalent', 'largestFirst', ['ES 4', 'MNQ 14'], ['ES 3']],
    ['micros by weight', 'miniEquivalent', 'newestFirst', ['ES 4', 'MNQ 14'], ['MNQ 10']],
    ['a part of a coin', 'gross', 'newestFirst', ['ES 5', 'BTC-USD 0.5'], ['BTC-USD 0']],
  ])('cuts %s', (_name, countType, reduceOrder, held, expected) => {
    const finding = judge(facts(hold(...held)), { countType, reduceOrder });
    expect(cuts(finding).toSorted()).toEqual(expected.toSorted());
  });

  it('flattens where told', () => {
    const finding = judge(facts(hold('ES 6')), { enforcement: 'closeAll' });
    expect(finding.wants.map(({ type }) => type)).toEqual([
      'cancelAllOrders',
      'flattenAccount',
      'alert',
    ]);
  });

  it('does not repeat a cut that is in flight', () => {
    const exit = working('ES', 'sell', '2', { purpose: 'exit', reduceOnly: true });
    const account = facts({ ...hold('ES 3', 'NQ 4'), workingOrders: [exit] });
    // The excess of 2 is what the close of ES will take; NQ, larger by now, stays.
    expect(cuts(judge(account))).toEqual(['ES 1']);
  });

  it('takes from a close in flight only what is too much', () => {
    const exit = working('ES', 'sell', '6', { purpose: 'exit', reduceOnly: true });
    expect(cuts(judge(facts({ ...hold('ES 6'), workingOrders: [exit] })))).toEqual(['ES 5']);
  });

  it.each([
    ['none', []],
    ['untilReset', [{ type: 'setLock', scope: 'account', kind: 'untilReset' }]],
    [
      'cooldown:15m',
      [{ type: 'setLock', scope: 'account', kind: 'cooldown', durationMs: 900_000 }],
    ],
  ])('locks on a breach: %s', (lockoutOnBreach, locks) => {
    const { wants } = judge(facts(hold('ES 6')), { lockoutOnBreach });
    expect(wants.filter(({ type }) => type === 'setLock')).toEqual(locks);
  });

  it('counts working orders after a trade only where told, and cancels them', () => {
    const account = facts({ ...hold('ES 3'), workingOrders: [working('NQ', 'buy', '3')] });
    expect(judge(account).verdict).toBe('PASS');
    expect(judge(account, { includeWorkingOrders: true })).toMatchObject({
      verdict: 'DENY',
      observed: 6,
      wants: [{ type: 'cancelOrdersBySymbol', instrument: 'NQ' }, { type: 'alert' }],
    });
  });

  it.each([
    ['the account is not reconciled', facts({ isReconciled: false }), 'reconciliation'],
    [
      'an instrument is unknown',
      facts({
        positions: [{ ...position('ES', '1', '5800'), instrument: InstrumentId.parse('ZZ') }],
      }),
      'instrument:ZZ',
    ],
  ])('is unknown and cuts nothing when %s', (_name, account, missing) => {
    expect(judge(account)).toMatchObject({ verdict: 'UNKNOWN', missing: [missing], wants: [] });
  });
});

describe('a new order', () => {
  function order(id: string, side: 'buy' | 'sell', quantity: string): SubmitOrder {
    return {
      orderId: OrderId.parse('N1'),
      accountId,
      instrument: InstrumentId.parse(id),
      side,
      orderType: 'market',
      quantityLots: lots(id, quantity),
      timeInForce: 'day',
      reduceOnly: false,
    };
  }
  function judgeOrder(
    account: AccountFacts,
    added: SubmitOrder,
    config: Options = {},
  ): RuleFinding {
    const finding = rule.judgeOrder?.(context(account), rule.config.parse(config), added);
    if (finding === undefined) throw new Error('the rule judges orders');
    return finding;
  }

  it.each([
    ['from flat to the limit', [], [], 'ES buy 5', 5, 'PASS', 0],
    ['from flat beyond it', [], [], 'ES buy 6', 6, 'DENY', 5],
    ['working orders count', ['ES 2'], ['ES buy 2'], 'ES buy 2', 6, 'DENY', 1],
    ['a flip counts what it ends in', ['ES 4'], [], 'ES sell 9', 5, 'PASS', 0],
    ['a flip beyond the limit', ['ES 4'], [], 'ES sell 10', 6, 'DENY', 9],
    ['working shorts and a new short', ['ES -4'], ['ES sell 1'], 'ES sell 1', 6, 'DENY', 0],
    ['sides do not add', [], ['ES sell 5'], 'ES buy 5', 5, 'PASS', 0],
    ['net: the other side of another instrument', ['ES 5'], [], 'NQ sell 3', 5, 'PASS', 0],
  ])('%s', (_name, held, workingTexts, text, observed, verdict, headroom) => {
    const orders = workingTexts.map((one) => {
      const [id = '', side = '', quantity = ''] = one.split(' ');
      return working(id, side === 'buy' ? 'buy' : 'sell', quantity);
    });
    const [id = '', side = '', quantity = ''] = text.split(' ');
    const account = facts({ ...hold(...held), workingOrders: orders });
    const added = order(id, side === 'buy' ? 'buy' : 'sell', quantity);
    expect(judgeOrder(account, added)).toMatchObject({ verdict, observed, headroom });
  });

  it('does not count what a resting stop of the position may do twice', () => {
    const stop = working('ES', 'sell', '3', { purpose: 'protective' });
    const account = facts({ ...hold('ES 3'), workingOrders: [stop] });
    expect(judgeOrder(account, order('ES', 'buy', '2'), { countType: 'gross' })).toMatchObject({
      verdict: 'PASS',
      observed: 5,
    });
  });
});

it.each([
  [{ limit: 0 }],
  [{ limit: 1.5 }],
  [{ lockoutOnBreach: 'cooldown:25h' }],
  [{ lockoutOnBreach: 'cooldown:0s' }],
  [{ lockoutOnBreach: 'permanent' }],
  [{ countType: 'sum' }],
  [{ enforcement: 'reject' }],
])('refuses the configuration %j', (config) => {
  expect(rule.config.safeParse(config).success).toBe(false);
});
