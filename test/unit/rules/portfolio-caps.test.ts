/** Verifies: REQ-E1, REQ-E2, REQ-U2, REQ-STR2, REQ-STR3, REQ-X3 at the gate */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GateContext } from '../../../src/rules/gate/context.ts';
import { capDenials, sizeDenials, strategyDenials } from '../../../src/rules/portfolio/caps.ts';
import { sizedToCaps } from '../../../src/rules/portfolio/checks.ts';
import { order, trade, view, type Given } from '../../support/portfolio-facts.ts';
import { lots, mark, position, working } from '../../support/rule-facts.ts';

const marks = {
  'BTC-USD': mark('BTC-USD', { bid: '50000', ask: '50000' }),
  MNQ: mark('MNQ', { bid: '20000', ask: '20000' }),
};
const codes = (denials: readonly { readonly code: string }[]): string[] =>
  denials.map(({ code }) => code);
const factOf = (
  denials: readonly { readonly facts: readonly { name: string; value: string }[] }[],
  name: string,
): string | undefined => denials[0]?.facts.find((fact) => fact.name === name)?.value;

describe('a cap on exposure', () => {
  const asset: Given = { marks, only: ['ASSET_CAP'], controls: { caps: { perAssetPct: 5 } } };

  it('allows equality and refuses one lot more', () => {
    // 5 % of 10,000 are 500: 0.01 coins.
    expect(capDenials(view(asset), order('BTC-USD', 'buy', '0.01', { limit: '50000' }))).toEqual(
      [],
    );
    const more = capDenials(view(asset), order('BTC-USD', 'buy', '0.01000001', { limit: '50000' }));
    expect(codes(more)).toEqual(['ASSET_CAP']);
    expect(factOf(more, 'current_pct')).toBe('0.00');
    expect(factOf(more, 'proposed_pct')).toBe('5.00');
    expect(factOf(more, 'headroom')).toBe('500.00');
  });

  it('counts what is held at the price where it could be closed', () => {
    const held = { positions: [position('BTC-USD', '0.006', '40000')] };
    // Worth 300 now, and 60 of profit: 10,060 in all, 503 are allowed.
    const given = { ...asset, facts: held };
    expect(capDenials(view(given), order('BTC-USD', 'buy', '0.00406', { limit: '50000' }))).toEqual(
      [],
    );
    expect(
      codes(capDenials(view(given), order('BTC-USD', 'buy', '0.00407', { limit: '50000' }))),
    ).toEqual(['ASSET_CAP']);
  });

  it('counts a working order at its limit, and not where the account says so', () => {
    const own = working('BTC-USD', 'buy', '0.008', { orderType: 'limit', limitTicks: 5_000_000 });
    const given = { ...asset, facts: { workingOrders: [own] } };
    const wish = order('BTC-USD', 'buy', '0.003', { limit: '50000' });
    expect(codes(capDenials(view(given), wish))).toEqual(['ASSET_CAP']);
    const controls = { caps: { perAssetPct: 5, countOpenOrdersInCap: false } };
    expect(capDenials(view({ ...given, controls }), wish)).toEqual([]);
  });

  it('does not count a stop that can only close', () => {
    const held = position('BTC-USD', '0.01', '50000');
    const stop = working('BTC-USD', 'sell', '0.01', { purpose: 'protective', reduceOnly: true });
    const given = { ...asset, facts: { positions: [held], workingOrders: [stop] } };
    expect(capDenials(view(given), order('BTC-USD', 'sell', '0.001', { limit: '50000' }))).toEqual(
      [],
    );
  });

  it('counts a sale that turns a position round with what it opens', () => {
    const given = { ...asset, facts: { positions: [position('BTC-USD', '0.01', '50000')] } };
    const sell = (quantity: string) =>
      codes(capDenials(view(given), order('BTC-USD', 'sell', quantity, { limit: '50000' })));
    expect(sell('0.02')).toEqual([]);
    expect(sell('0.0201')).toEqual(['ASSET_CAP']);
  });

  it('denies with what is not known: price, balance, currency', () => {
    const wish = order('BTC-USD', 'buy', '0.001');
    const stale = { ...marks, 'BTC-USD': mark('BTC-USD', { bid: '50000', ask: '50000' }, 6_000) };
    expect(factOf(capDenials(view({ ...asset, marks: stale }), wish), 'unknown')).toBe(
      'stale:BTC-USD',
    );
    expect(factOf(capDenials(view({ ...asset, marks: {} }), wish), 'unknown')).toBe(
      'quote:BTC-USD',
    );
    const known = view(asset);
    const { portfolio: _, ...without } = known.context.facts;
    const nobody = { ...known, context: { ...known.context, facts: without } };
    expect(factOf(capDenials(nobody, wish), 'unknown')).toBe('balance');
    const coin = capDenials(view(asset), order('XBT-INV', 'buy', '1', { limit: '50000' }));
    expect(factOf(coin, 'unknown')).toBe('currency:XBT-INV');
  });

  it('is nothing to an account that has lost everything', () => {
    const wish = order('BTC-USD', 'buy', '0.00000001', { limit: '50000' });
    const broke = capDenials(view({ ...asset, balance: '-5' }), wish);
    expect(codes(broke)).toEqual(['ASSET_CAP']);
    expect(factOf(broke, 'proposed_pct')).toBe('all');
  });

  it('of one order looks at that order alone', () => {
    const given: Given = {
      ...asset,
      only: ['POSITION_CAP'],
      controls: { caps: { perPositionPct: 3 } },
    };
    const held = { positions: [position('BTC-USD', '0.1', '50000')] };
    const small = order('BTC-USD', 'buy', '0.006', { limit: '50000' });
    expect(capDenials(view({ ...given, facts: held }), small)).toEqual([]);
    expect(
      codes(capDenials(view(given), { ...small, quantityLots: small.quantityLots + 1 })),
    ).toEqual(['POSITION_CAP']);
  });

  it('of a theme sums its members by any of their names', () => {
    const caps = {
      perThemePct: 10,
      themes: { LAYER1: 8 },
      symbolThemes: { 'btc-usd': ['LAYER1'] },
    };
    const given: Given = { ...asset, only: ['THEME_CAP'], controls: { caps } };
    const denials = capDenials(view(given), order('BTC-USD', 'buy', '0.017', { limit: '50000' }));
    expect(codes(denials)).toEqual(['THEME_CAP']);
    expect(factOf(denials, 'cap_type')).toBe('theme:LAYER1');
    expect(factOf(denials, 'limit_pct')).toBe('8.00');
  });

  it('is in force by the kind of account, by its block, or by its name', () => {
    const wish = order('BTC-USD', 'buy', '1', { limit: '50000' });
    const all = ['AT_RISK_CAP', 'ASSET_CAP', 'THEME_CAP', 'POSITION_CAP'];
    expect(codes(capDenials(view({ marks }), wish))).toEqual([]);
    const spot = { profile: { kind: 'spot' } };
    expect(codes(capDenials(view({ marks, controls: spot }), wish))).toEqual(all);
    const off = { ...spot, caps: { enabled: false } };
    expect(codes(capDenials(view({ marks, controls: off }), wish))).toEqual([]);
    const on = { caps: { enabled: true } };
    expect(codes(capDenials(view({ marks, controls: on }), wish))).toEqual(all);
    expect(codes(capDenials(view({ marks, controls: on, only: ['THEME_CAP'] }), wish))).toEqual([
      'THEME_CAP',
    ]);
  });
});

describe('the smallest order', () => {
  it('is a share of the net asset value, equality included', () => {
    const given: Given = { marks, only: ['POSITION_TOO_SMALL'] };
    const wish = order('BTC-USD', 'buy', '0.0005', { limit: '50000' });
    expect(sizeDenials(view(given), wish)).toEqual([]);
    expect(
      codes(sizeDenials(view(given), { ...wish, quantityLots: wish.quantityLots - 1 })),
    ).toEqual(['POSITION_TOO_SMALL']);
  });

  it('is held against the minimum of the venue after its fee', () => {
    const given: Given = { marks, only: [], controls: { preview: { minNotional: '9.94' } } };
    const wish = order('BTC-USD', 'buy', '0.0002', { limit: '50000' });
    expect(sizeDenials(view(given), wish)).toEqual([]);
    const less = sizeDenials(view(given), { ...wish, quantityLots: wish.quantityLots - 1 });
    expect(factOf(less, 'afterFees')).toBe('9.939503');
  });
});

describe('the budget of a strategy', () => {
  const trend = { enabled: true, maxAtRiskPct: 10, maxTradesPerCycle: 1 };
  const given: Given = { marks, only: [], controls: { strategies: { trend } } };
  const wish = order('BTC-USD', 'buy', '0.01', { limit: '50000', source: 'strategy', by: 'trend' });

  it('counts what its own trades have opened, and what nobody can explain', () => {
    const held = { positions: [position('BTC-USD', '0.02', '50000')] };
    const own = trade('BTC-USD', 'buy', 90_000, {
      openedLots: lots('BTC-USD', '0.02'),
      by: 'trend',
    });
    const other = { ...own, by: 'ann' };
    const withTrades = (trades: readonly (typeof own)[]) =>
      codes(capDenials(view({ ...given, facts: held, portfolio: { trades } }), wish));
    expect(withTrades([own])).toEqual(['STRATEGY_CAP']);
    expect(withTrades([other])).toEqual([]);
    expect(withTrades([])).toEqual(['STRATEGY_CAP']);
  });

  it('allows so many trades in a cycle', () => {
    const own = trade('MNQ', 'buy', 59_999, { openedLots: 1, by: 'trend' });
    const before = { ...own, atMs: own.atMs - 1 };
    const codesOf = (one: typeof own) =>
      codes(strategyDenials(view({ ...given, portfolio: { trades: [one] } }), wish));
    expect(codesOf(own)).toEqual(['STRATEGY_CAP']);
    expect(codesOf(before)).toEqual([]);
    expect(codesOf({ ...own, by: 'ann' })).toEqual([]);
  });

  it('is none for a person, and nothing at all for a strategy that is off', () => {
    const off = { strategies: { trend: { ...trend, enabled: false } } };
    expect(codes(strategyDenials(view({ ...given, controls: off }), wish))).toEqual([
      'STRATEGY_CAP',
    ]);
    expect(
      strategyDenials(view({ ...given, controls: off }), { ...wish, source: 'operator' }),
    ).toEqual([]);
  });
});

describe('an account that degrades', () => {
  it('gets the largest order that every cap permits, or the one it asked for', () => {
    const caps = { enabled: true, onExceed: 'degrade', perAssetPct: 5, perPositionPct: 3 };
    const { context, controls, quoteMaxAgeMs } = view({ marks, controls: { caps } });
    const gate = { context, controls, quoteMaxAgeMs } as unknown as GateContext;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000_000 }), (quantityLots) => {
        const wish = { ...order('BTC-USD', 'buy', '1', { limit: '50000' }), quantityLots };
        // 3 % of 10,000 are 300: 0.006 coins.
        const cut = sizedToCaps(wish, gate);
        expect(cut.quantityLots).toBe(Math.min(quantityLots, lots('BTC-USD', '0.006')));
        expect(capDenials({ context, controls, quoteMaxAgeMs }, cut)).toEqual([]);
      }),
    );
  });

  it('is refused where not even one lot fits', () => {
    const caps = { onExceed: 'degrade', perAssetPct: 5 };
    const given = view({ marks, controls: { caps }, only: ['ASSET_CAP'] });
    const wish = order('MNQ', 'buy', '3', { limit: '20000' });
    expect(sizedToCaps(wish, given as unknown as GateContext)).toBe(wish);
    expect(codes(capDenials(given, wish))).toEqual(['ASSET_CAP']);
  });
});
