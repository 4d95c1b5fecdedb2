/** Verifies: RULE-002, G2, G3, G55, V22 */
import { describe, expect, it } from 'vitest';
import { AccountId, InstrumentId, OrderId } from '../../../src/domain/ids.ts';
import { createInstrument, type Instrument } from '../../../src/domain/instrument.ts';
import type { SubmitOrder } from '../../../src/domain/order.ts';
import type { RuleFinding } from '../../../src/domain/verdict.ts';
import type { AccountFacts, PositionFacts } from '../../../src/domain/view.ts';
import type { RuleContext } from '../../../src/rules/rule.ts';
import {
  context,
  facts,
  instrumentOf,
  lots,
  position,
  ruleOf,
  working,
} from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-002');
type Config = Readonly<Record<string, unknown>>;

const months = new Map(
  ['CON.F.US.ENQ.H26', 'CON.F.US.ENQ.M26'].map((id) => {
    const { tickSize, multiplier, kind, settlementCurrency, calendar } = instrumentOf('NQ');
    const spec = { id: InstrumentId.parse(id), tickSize, multiplier, kind };
    return [id, createInstrument({ ...spec, settlementCurrency, calendar })];
  }),
);

/** A context that also knows two months of NQ under ids of their own. */
function contextOf(account: AccountFacts): RuleContext {
  const known = context(account);
  return {
    ...known,
    instrumentOf: (id): Instrument | undefined => months.get(id) ?? known.instrumentOf(id),
  };
}

function judge(positions: readonly PositionFacts[], config: Config = {}): readonly RuleFinding[] {
  return rule.evaluate(contextOf(facts({ positions })), rule.config.parse(config));
}

function held(instrument: string, openLots: number): PositionFacts {
  return { instrument: InstrumentId.parse(instrument), openLots, costUnits: 0 };
}

function judgeOrder(account: AccountFacts, order: Partial<SubmitOrder>, config: Config = {}) {
  const whole: SubmitOrder = {
    orderId: OrderId.parse('O1'),
    accountId: AccountId.parse('A1'),
    instrument: InstrumentId.parse('ES'),
    side: 'buy',
    orderType: 'market',
    quantityLots: 1,
    timeInForce: 'day',
    reduceOnly: false,
    ...order,
  };
  return rule.judgeOrder?.(contextOf(account), rule.config.parse(config), whole);
}

const alert = { type: 'alert', severity: 'warning' };
const reduce = (instrument: string, targetLots: number) => ({
  type: 'reducePosition',
  instrument,
  targetLots,
});
const close = (instrument: string) => ({ type: 'closePosition', instrument });
const noDefault = { defaultLimit: null };

describe('what is held in one instrument', () => {
  it.each([
    ['at the default limit', [held('ES', 3)], {}, [['ES', 'PASS', 3, 3]]],
    ['beyond the default limit', [held('ES', -4)], {}, [['ES', 'DENY', 4, 3]]],
    [
      'each instrument by itself',
      [held('ES', 3), held('MES', 3)],
      {},
      [
        ['ES', 'PASS', 3, 3],
        ['MES', 'PASS', 3, 3],
      ],
    ],
    [
      'NQ and MNQ are two',
      [held('NQ', 2), held('MNQ', 2)],
      { instrumentLimits: { NQ: 1 } },
      [
        ['NQ', 'DENY', 2, 1],
        ['MNQ', 'PASS', 2, 3],
      ],
    ],
    [
      'months of one root are one, long and short added',
      [held('CON.F.US.ENQ.H26', 2), held('CON.F.US.ENQ.M26', -2)],
      {},
      [['NQ', 'DENY', 4, 3]],
    ],
    [
      'a part of a coin counts as that part',
      [position('BTC-USD', '2.00000001', '1')],
      { instrumentLimits: { 'btc-usd': 2 } },
      [['BTC-USD', 'DENY', 3, 2]],
    ],
    [
      'exactly two coins',
      [position('BTC-USD', '2', '1')],
      { instrumentLimits: { 'btc-usd': 2 } },
      [['BTC-USD', 'PASS', 2, 2]],
    ],
    ['nothing held', [], {}, []],
  ] as const)('%s', (_name, positions, config, expected) => {
    const found = judge(positions, config);
    expect(found.map((one) => [one.entity, one.verdict, one.observed, one.limit])).toEqual(
      expected,
    );
  });

  it.each([
    ['cut to the limit', [held('MNQ', 3)], { instrumentLimits: { MNQ: 2 } }, [reduce('MNQ', 2)]],
    ['a short is cut to the limit', [held('MNQ', -5)], {}, [reduce('MNQ', -3)]],
    ['closed on request', [held('MNQ', 4)], { enforcement: 'closePosition' }, [close('MNQ')]],
    ['a limit of 0 closes', [held('MNQ', 1)], { instrumentLimits: { MNQ: 0 } }, [close('MNQ')]],
    [
      'the largest month is cut first',
      [held('CON.F.US.ENQ.H26', 1), held('CON.F.US.ENQ.M26', -4)],
      {},
      [reduce('CON.F.US.ENQ.M26', -2)],
    ],
    [
      'a month that is not enough is closed',
      [held('CON.F.US.ENQ.H26', 2), held('CON.F.US.ENQ.M26', 3)],
      { instrumentLimits: { NQ: 1 } },
      [close('CON.F.US.ENQ.M26'), reduce('CON.F.US.ENQ.H26', 1)],
    ],
    ['no limit: closed', [held('ES', 1)], noDefault, [close('ES')]],
    [
      'no limit: as many as allowed',
      [held('ES', 3)],
      { ...noDefault, unknownSymbolAction: 'allowWithLimit:2' },
      [reduce('ES', 2)],
    ],
    [
      'unknown instrument: closed although there is a default',
      [held('RTYX', 1)],
      {},
      [close('RTYX')],
    ],
    [
      'unknown instrument: the smaller limit',
      [held('RTYX', 9)],
      { instrumentLimits: { RTYX: 2 }, unknownSymbolAction: 'allowUnlimited' },
      [reduce('RTYX', 2)],
    ],
  ] as const)('%s', (_name, positions, config, wants) => {
    const [finding] = judge(positions, config);
    expect(finding).toMatchObject({ verdict: 'DENY', code: 'INSTRUMENT_CONTRACTS_MAX' });
    expect(finding?.wants).toEqual([...wants, alert]);
  });

  it('judges nothing where everything is allowed', () => {
    expect(
      judge([held('ES', 99)], { ...noDefault, unknownSymbolAction: 'allowUnlimited' }),
    ).toEqual([]);
  });

  it.each(['NQ', 'nq', 'ENQ', 'CON.F.US.ENQ.Z26', 'NQU6'])(
    'G55 V22: a limit written %s applies to NQ under any of its names',
    (key) => {
      for (const id of ['NQ', 'CON.F.US.ENQ.H26']) {
        expect(judge([held(id, 2)], { instrumentLimits: { [key]: 1 } })[0]).toMatchObject({
          entity: 'NQ',
          verdict: 'DENY',
          limit: 1,
        });
      }
    },
  );

  it('is unknown before the account has been compared with the venue, and closes nothing', () => {
    const account = facts({ positions: [held('ES', 9)], isReconciled: false });
    expect(rule.evaluate(contextOf(account), rule.config.parse({}))).toMatchObject([
      { entity: 'account', verdict: 'UNKNOWN', missing: ['reconciliation'], wants: [] },
    ]);
    expect(judgeOrder(account, {})).toMatchObject({ verdict: 'UNKNOWN' });
  });
});

describe('an order', () => {
  it.each([
    ['up to the limit', {}, { quantityLots: 3 }, {}, 'PASS', undefined],
    ['beyond the limit', {}, { quantityLots: 4 }, {}, 'DENY', '3'],
    ['with what is held', { positions: [held('ES', 2)] }, { quantityLots: 2 }, {}, 'DENY', '1'],
    ['with what works', { workingOrders: [working('ES', 'buy', '3')] }, {}, {}, 'DENY', '0'],
    [
      'with what works on the other side',
      { workingOrders: [working('ES', 'sell', '3')] },
      {},
      {},
      'PASS',
      undefined,
    ],
    [
      'with what works elsewhere',
      { workingOrders: [working('NQ', 'buy', '3')] },
      {},
      {},
      'PASS',
      undefined,
    ],
    [
      'that turns the position',
      { positions: [held('ES', 2)] },
      { side: 'sell', quantityLots: 6 },
      {},
      'DENY',
      '5',
    ],
    [
      'in another month',
      { positions: [held('CON.F.US.ENQ.H26', 3)] },
      { instrument: InstrumentId.parse('CON.F.US.ENQ.M26') },
      {},
      'DENY',
      '0',
    ],
    ['in a blocked instrument', {}, {}, { instrumentLimits: { ES: 0 } }, 'DENY', '0'],
    ['in an unknown instrument', {}, { instrument: InstrumentId.parse('RTYX') }, {}, 'DENY', '0'],
    [
      'without any limit',
      {},
      { quantityLots: 999 },
      { ...noDefault, unknownSymbolAction: 'allowUnlimited' },
      'PASS',
      undefined,
    ],
  ] as const)('%s', (_name, account, order, config, verdict, left) => {
    const finding = judgeOrder(facts(account), order, config);
    expect(finding?.verdict).toBe(verdict);
    expect(finding?.inputs.find(({ name }) => name === 'quantityLeft')?.value).toBe(left);
    expect(finding?.wants).toEqual([]);
  });

  it('for a part of a coin is exact', () => {
    const config = { instrumentLimits: { 'BTC-USD': 1 } };
    const account = facts({ positions: [position('BTC-USD', '0.9', '1')] });
    const instrument = InstrumentId.parse('BTC-USD');
    const order = (quantity: string) => ({ instrument, quantityLots: lots('BTC-USD', quantity) });
    expect(judgeOrder(account, order('0.1'), config)?.verdict).toBe('PASS');
    const refused = judgeOrder(account, order('0.10000001'), config);
    expect(refused?.inputs.at(-1)).toEqual({ name: 'quantityLeft', value: '0.10000000' });
  });
});

describe('its configuration', () => {
  it.each([
    [{ defaultLimit: 0 }],
    [{ defaultLimit: '2.5' }],
    [{ instrumentLimits: { ES: -1 } }],
    [{ instrumentLimits: { NQ: 1, ENQ: 2 } }],
    [{ unknownSymbolAction: 'allow' }],
    [{ unknownSymbolAction: 'allowWithLimit' }],
    [{ unknownSymbolAction: 'allowWithLimit:x' }],
    [{ enforcement: 'closeAll' }],
    [{ limit: 3 }],
  ])('refuses %j', (config) => {
    expect(rule.config.safeParse(config).success).toBe(false);
  });

  it.each([['allowWithLimit:2'], ['allowWithLimit: 2'], [{ allowWithLimit: 2 }]])(
    'takes %j for an instrument without a limit',
    (unknownSymbolAction) => {
      const parsed = rule.config.parse({ unknownSymbolAction });
      expect(parsed).toMatchObject({ unknownSymbolAction: { kind: 'allowWithLimit', limit: 2 } });
    },
  );

  it('has the defaults of the specification', () => {
    expect(rule.config.parse({})).toMatchObject({
      enabled: true,
      defaultLimit: 3,
      instrumentLimits: {},
      enforcement: 'reduceToLimit',
      unknownSymbolAction: { kind: 'block' },
      operatorUnlock: 'admin',
      irrevocable: false,
      severity: 'warning',
    });
    expect(rule.config.parse({ instrumentLimits: { nq: 1, ENQ: 1 } })).toMatchObject({
      instrumentLimits: { NQ: 1 },
    });
  });
});
