/** Verifies: REQ-DD1, trading-controls 2 checks 6 to 8, T4, PHANTOM-X-001 */
import { describe, expect, it } from 'vitest';
import type { PortfolioFacts } from '../../../src/domain/portfolio.ts';
import type { RuleFinding, RuleMemory } from '../../../src/domain/verdict.ts';
import { memoryKey } from '../../../src/domain/view.ts';
import { watchedOf } from '../../../src/rules/portfolio/stops.ts';
import { view, type Given } from '../../support/portfolio-facts.ts';
import { mark, position, usd } from '../../support/rule-facts.ts';

function judge(id: string, given: Given, stops: object = {}): RuleFinding {
  const seen = view({ ...given, controls: { stops: { enabled: true, ...stops } } });
  const watched = watchedOf(seen.controls, 5_000).find(({ definition }) => definition.id === id);
  const [finding] = watched?.definition.evaluate(seen.context, watched.config) ?? [];
  if (finding === undefined) throw new Error(`${id} says something`);
  return finding;
}

const flat = (
  balance: string,
  portfolio: Partial<PortfolioFacts> = {},
  memory: RuleMemory = {},
) => ({
  balance,
  portfolio,
  facts: { memory: { [memoryKey('STOP-DRAWDOWN' as never, 'account')]: memory } },
});

describe('the maximum drawdown', () => {
  const drawdown = (given: Given, stops: object = {}) => judge('STOP-DRAWDOWN', given, stops);

  it('T4 equity 100, 120, 107: the first and second are marks, the third trips at 10.8 %', () => {
    const first = drawdown(flat('100'));
    expect([first.verdict, first.remember]).toEqual(['PASS', { markUnits: usd('100') }]);
    const second = drawdown(
      flat('120', { highWaterUnits: usd('100'), highWaterOfDayUnits: usd('100') }),
    );
    expect([second.verdict, second.remember]).toEqual(['PASS', { markUnits: usd('120') }]);
    const third = drawdown(
      flat('107', { highWaterUnits: usd('120'), highWaterOfDayUnits: usd('120') }),
    );
    expect(third.verdict).toBe('DENY');
    expect(third.inputs).toContainEqual({ name: 'drawdown_pct', value: '10.83' });
    expect(third.wants).toEqual([
      { type: 'halt', cause: 'drawdown' },
      { type: 'alert', severity: 'critical' },
    ]);
  });

  it('is reached at equality', () => {
    const at = (balance: string) => drawdown(flat(balance, { highWaterUnits: usd('120') })).verdict;
    expect([at('108.000001'), at('108')]).toEqual(['PASS', 'DENY']);
  });

  it('of the session looks at the mark of the day alone', () => {
    const marks = { highWaterUnits: usd('200'), highWaterOfDayUnits: usd('110') };
    expect(drawdown(flat('107', marks), { drawdownBasis: 'session' }).verdict).toBe('PASS');
    expect(drawdown(flat('107', marks)).verdict).toBe('DENY');
  });

  it('stays latched until somebody has re-armed the account, also without a price', () => {
    const memory = { isLatched: true, observed: 13, limit: 12 };
    const halted = { isDrawdownLatched: true, highWaterUnits: usd('120') };
    // Told, and not halted yet: it asks again.
    expect(drawdown(flat('119', {}, memory)).wants).toHaveLength(2);
    const seen = drawdown(flat('119', halted, memory));
    expect([seen.verdict, seen.wants, seen.remember]).toEqual([
      'DENY',
      [],
      { ...memory, isHaltSeen: true },
    ]);
    const blind = { ...flat('119', halted, memory) };
    const facts = { ...blind.facts, positions: [position('MNQ', '1', '20000')] };
    expect(drawdown({ ...blind, facts }).verdict).toBe('DENY');
  });

  it('begins a new mark at the equity of the re-arming', () => {
    const memory = { isLatched: true, isHaltSeen: true, observed: 13, limit: 12 };
    const rearmed = drawdown(flat('107', { highWaterUnits: usd('120') }, memory));
    expect([rearmed.verdict, rearmed.remember]).toEqual(['PASS', { rebaseUnits: usd('107') }]);
  });

  it('PHANTOM-X-001 waits for as many marks in a row as asked for', () => {
    const held = { positions: [position('MNQ', '1', '20000')] };
    const at = (price: string, ageMs: number, memory: RuleMemory) => {
      const base = flat('1000', { highWaterUnits: usd('1000') }, memory);
      return drawdown(
        {
          ...base,
          facts: { ...base.facts, ...held },
          marks: { MNQ: mark('MNQ', { bid: price }, ageMs) },
        },
        { confirmations: 2 },
      );
    };
    const once = at('19900', 2_000, {});
    expect([once.verdict, once.remember?.['seen']]).toEqual(['PASS', 1]);
    expect(at('19900', 2_000, once.remember ?? {}).verdict).toBe('PASS');
    expect(at('19900', 1_000, once.remember ?? {}).verdict).toBe('DENY');
    const better = at('20000', 1_000, once.remember ?? {});
    expect(better.remember?.['seen']).toBeUndefined();
  });

  it('takes the best price since the last look for a mark, where one instrument is held', () => {
    const base = flat('1000', { highWaterUnits: usd('1000'), highWaterOfDayUnits: usd('1000') });
    const facts = { ...base.facts, positions: [position('MNQ', '1', '20000')] };
    const high = { ...mark('MNQ', { bid: '20010', ask: '20010' }), longHighTicks: 80_200 };
    const finding = drawdown({ ...base, facts, marks: { MNQ: high } });
    expect(finding.remember).toEqual({ markUnits: usd('1100') });
  });

  it('is unknown with a price, a balance or a comparison that is missing', () => {
    const facts = { ...flat('1').facts, positions: [position('MNQ', '1', '20000')] };
    expect(drawdown({ facts }).missing).toEqual(['quote:MNQ']);
    expect(drawdown({ facts: { ...facts, isReconciled: false } }).missing).toEqual([
      'reconciliation',
    ]);
  });
});

describe('the daily and the weekly stop', () => {
  it('count the realized result less fees and the open profit against what was there before', () => {
    const facts = { positions: [position('MNQ', '1', '20000')] };
    const at = (bid: string, weekNet: string) =>
      ['STOP-DAILY', 'STOP-WEEKLY'].map(
        (id) =>
          judge(id, {
            balance: '9900',
            portfolio: { weekNetUnits: usd(weekNet) },
            facts,
            marks: { MNQ: mark('MNQ', { bid }) },
          }).verdict,
      );
    // Day: −3 % of 9,900 are −297. Week: −7 % of 10,500 are −735, −600 of them made.
    expect(at('19932.75', '-600')).toEqual(['PASS', 'PASS']);
    expect(at('19932.5', '-600')).toEqual(['PASS', 'DENY']);
    expect(at('19851.5', '0')).toEqual(['DENY', 'PASS']);
  });

  it('watch exactly where they trip', () => {
    const seen = view({ balance: '10000', controls: { stops: { enabled: true } } });
    const watches = watchedOf(seen.controls, 5_000).map(({ definition, config }) =>
      definition.watches(seen.context, config).map(({ side, atUnits }) => [side, atUnits]),
    );
    expect(watches.slice(0, 2)).toEqual([[['worst', usd('-300')]], [['worst', usd('-700')]]]);
  });

  it('are off for a futures account that does not ask for them', () => {
    expect(watchedOf(view().controls, 5_000)).toEqual([]);
    expect(
      watchedOf(view({ controls: { profile: { kind: 'spot' } } }).controls, 5_000),
    ).toHaveLength(3);
  });
});
