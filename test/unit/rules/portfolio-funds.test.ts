/** Verifies: REQ-R1, execution 5 (#4): cash, margin, shorts, worst-case margin of a group; RSV-E-000 … RSV-E-003, MRG-N-005 */
import { describe, expect, it } from 'vitest';
import type { Controls } from '../../../src/domain/controls.ts';
import { InstrumentId } from '../../../src/domain/ids.ts';
import {
  freeCash,
  freeMargin,
  fundsDenials,
  groupMarginDenials,
  leveragedMargin,
  shortDenials,
  worstCaseMargin,
  type MarginLeg,
} from '../../../src/rules/portfolio/funds.ts';
import { order, view, type Given } from '../../support/portfolio-facts.ts';
import { lots, mark, position, ticks, usd, working } from '../../support/rule-facts.ts';

const marks = {
  'BTC-USD': mark('BTC-USD', { bid: '50000', ask: '50000' }),
  MNQ: mark('MNQ', { bid: '20000', ask: '20000' }),
  ES: mark('ES', { bid: '5000', ask: '5000.25' }),
};
const spot: Given = {
  marks,
  only: ['FUNDS_INSUFFICIENT'],
  controls: { profile: { kind: 'spot' }, fees: { makerBps: 40, takerBps: 60 } },
};
const buy = (quantity: string, limit = '50000') => order('BTC-USD', 'buy', quantity, { limit });
const text = (
  denials: readonly { code: string; facts: readonly { name: string; value: string }[] }[],
) =>
  denials.map(({ code, facts }) =>
    [code, ...facts.map((one) => `${one.name}=${one.value}`)].join(' '),
  );

describe('cash of a spot account', () => {
  it('pays for an order with its fee, to the last cent', () => {
    expect(fundsDenials(view({ ...spot, balance: '1006' }), buy('0.02'))).toEqual([]);
    expect(text(fundsDenials(view({ ...spot, balance: '1005.99' }), buy('0.02')))).toEqual([
      'FUNDS_INSUFFICIENT kind=cash required=1006.00 free=1005.99',
    ]);
  });

  it('is reserved by a buy that works, at its limit, and free again when it is gone', () => {
    const own = working('BTC-USD', 'buy', '0.01', {
      orderType: 'limit',
      limitTicks: ticks('BTC-USD', '40000'),
    });
    const reserved = view({ ...spot, balance: '1000', facts: { workingOrders: [own] } });
    expect(freeCash(reserved)).toEqual({ isKnown: true, units: usd('597.60') });
    expect(fundsDenials(reserved, buy('0.012'))).toHaveLength(1);
    expect(fundsDenials(view({ ...spot, balance: '1000' }), buy('0.012'))).toEqual([]);
  });

  it('is not what is in coins, whatever they are worth now', () => {
    const held = { positions: [position('BTC-USD', '0.01', '30000')] };
    expect(freeCash(view({ ...spot, balance: '1000', facts: held }))).toEqual({
      isKnown: true,
      units: usd('700'),
    });
  });

  it('is nothing that a sale needs', () => {
    expect(fundsDenials(view({ ...spot, balance: '0' }), order('BTC-USD', 'sell', '1'))).toEqual(
      [],
    );
  });

  it('denies a market order without a price', () => {
    const blind = view({ ...spot, marks: {} });
    expect(text(fundsDenials(blind, order('BTC-USD', 'buy', '0.001')))).toEqual([
      'FUNDS_INSUFFICIENT kind=cash unknown=quote:BTC-USD',
    ]);
  });
});

describe('a sale of a spot account', () => {
  const held = position('BTC-USD', '0.02', '50000');
  const sell = (quantity: string, workingOrders = [] as ReturnType<typeof working>[]) =>
    shortDenials(
      view({ ...spot, facts: { positions: [held], workingOrders } }),
      order('BTC-USD', 'sell', quantity, { limit: '51000' }),
    );

  it('is of what is held and not for sale already', () => {
    expect(sell('0.02')).toEqual([]);
    expect(sell('0.02000001')).toHaveLength(1);
    const pending = working('BTC-USD', 'sell', '0.01');
    expect(sell('0.01', [pending])).toEqual([]);
    expect(text(sell('0.011', [pending]))).toEqual([
      'SHORTING_DISALLOWED instrument=BTC-USD available=1000000 wanted=1100000',
    ]);
  });

  it('is of anything where shorts are allowed', () => {
    const wish = order('MNQ', 'sell', '9');
    expect(shortDenials(view({ marks }), wish)).toEqual([]);
    expect(
      shortDenials(view({ marks, controls: { profile: { allowShort: false } } }), wish),
    ).toHaveLength(1);
  });
});

describe('margin', () => {
  const margin = { perContract: { MNQ: 2000, ES: 14000 } };
  const given: Given = { marks, controls: { margin }, balance: '16000' };

  it('is what a contract needs, working orders at worst case, open losses off', () => {
    const own = working('MNQ', 'buy', '2', {
      orderType: 'limit',
      limitTicks: ticks('MNQ', '19900'),
    });
    const facts = { positions: [position('MNQ', '1', '20100')], workingOrders: [own] };
    // 16,000 − 200 of open loss − 3 × 2,000.
    expect(freeMargin(view({ ...given, facts }))).toEqual({ isKnown: true, units: usd('9800') });
    expect(text(fundsDenials(view({ ...given, facts }), order('ES', 'buy', '1')))).toEqual([
      'FUNDS_INSUFFICIENT kind=margin required=14000.00 free=9800.00',
    ]);
    expect(fundsDenials(view(given), order('ES', 'buy', '1'))).toEqual([]);
  });

  it('is needed only by the larger side of a position and its orders', () => {
    const facts = { positions: [position('MNQ', '3', '20000')] };
    // Long 3 becomes short 3: nothing more than before.
    expect(
      fundsDenials(view({ ...given, facts, balance: '6000' }), order('MNQ', 'sell', '6')),
    ).toEqual([]);
    expect(
      fundsDenials(view({ ...given, facts, balance: '6000' }), order('MNQ', 'sell', '7')),
    ).toHaveLength(1);
  });

  it('is the value over the leverage where no contract is named', () => {
    const controls: Partial<Record<keyof Controls, unknown>> = {
      margin: { enabled: true, leverage: 10 },
    };
    const free = (balance: string) =>
      fundsDenials(view({ marks, controls, balance }), order('ES', 'buy', '1'));
    expect(free('25001.25')).toEqual([]);
    expect(free('25001.24')).toHaveLength(1);
    expect(leveragedMargin(usd('300000'), 10)).toBe(usd('30000'));
    expect(leveragedMargin(1, 10)).toBe(1);
  });

  it('is not asked for by a futures account that names none', () => {
    expect(fundsDenials(view({ marks, balance: '1' }), order('ES', 'buy', '9'))).toEqual([]);
  });
});

describe('the worst case of a group', () => {
  const margin = { perContract: { MNQ: 2000, ES: 14000 } };
  const given: Given = { marks, controls: { margin }, balance: '50000' };
  const leg = (id: string, side: 'buy' | 'sell', quantity: string): MarginLeg => ({
    instrument: InstrumentId.parse(id),
    side,
    quantityLots: lots(id, quantity),
  });

  it('is its most expensive moment: margin, 3 % against it, twice the spreads so far', () => {
    // ES: 14,000 + 3 % of 250,012.50 + 2 × 12.50; then MNQ closes nothing and adds 2,000 + 1,200.
    const need = worstCaseMargin(view(given), [leg('ES', 'buy', '1'), leg('MNQ', 'sell', '1')]);
    expect(need).toEqual({
      isKnown: true,
      peakUnits: usd('14000') + usd('7500.375') + usd('25') + usd('2000') + usd('1200'),
      availableUnits: usd('50000'),
    });
  });

  it('looks at the way and not only at its end', () => {
    const there = [leg('MNQ', 'buy', '5'), leg('MNQ', 'sell', '5')];
    const need = worstCaseMargin(view(given), there);
    expect(need.isKnown ? need.peakUnits : 0).toBe(usd('10000') + usd('6000'));
  });

  it('begins with what is open, and leaves out what others need', () => {
    const facts = { positions: [position('MNQ', '2', '20000'), position('ES', '1', '5000')] };
    const need = worstCaseMargin(view({ ...given, facts }), [leg('MNQ', 'sell', '1')]);
    expect(need.isKnown ? [need.peakUnits, need.availableUnits] : []).toEqual([
      usd('2000') + usd('1200'),
      usd('36000'),
    ]);
  });

  it('is refused above its share of what is available, and allowed at it', () => {
    const legs = [leg('MNQ', 'buy', '1')];
    const at = (balance: string) =>
      groupMarginDenials(view({ ...given, balance }), legs, { marginReject: 800_000 });
    expect(at('4000')).toEqual([]);
    expect(text(at('3999.99'))).toEqual([
      'FUNDS_INSUFFICIENT kind=margin required=3200.00 free=3199.992',
    ]);
  });

  it('is refused without its buffer, and allowed with it, where a buffer is configured instead of a share', () => {
    const legs = [leg('MNQ', 'buy', '1')];
    const need = { marginReject: 900_000, marginBuffer: 1_150_000 };
    const at = (balance: string) =>
      groupMarginDenials(view({ ...given, balance }), legs, need).length;
    // 3,200 times 1.15.
    expect(at('3680')).toBe(0);
    expect(at('3679.99')).toBe(1);
  });

  it('is unknown with a price that is, and then refused', () => {
    const blind = view({
      ...given,
      marks: { MNQ: mark('MNQ', { bid: '20000', ask: '20000' }, 9_000) },
    });
    expect(worstCaseMargin(blind, [leg('MNQ', 'buy', '1')])).toEqual({
      isKnown: false,
      missing: ['stale:MNQ'],
    });
    expect(
      text(groupMarginDenials(blind, [leg('MNQ', 'buy', '1')], { marginReject: 900_000 })),
    ).toEqual(['FUNDS_INSUFFICIENT kind=margin unknown=stale:MNQ']);
  });
});
