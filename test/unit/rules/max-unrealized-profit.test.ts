/** Verifies: RULE-005, G11 */
import { describe, expect, it } from 'vitest';
import type { RuleFinding, RuleMemory } from '../../../src/domain/verdict.ts';
import { memoryKey, type AccountFacts, type Mark } from '../../../src/domain/view.ts';
import { context, facts, mark, position, ruleOf, ticks, usd } from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-005');
type Given = Readonly<Record<string, unknown>>;
type Marks = Readonly<Record<string, Mark>>;

function judge(account: AccountFacts, marks: Marks, config: Given = {}): readonly RuleFinding[] {
  return rule.evaluate(context(account, marks), rule.config.parse(config));
}

const longMnq = facts({ positions: [position('MNQ', '2', '21000')] });
const breakeven = { mode: 'breakeven', breakevenArmAt: '100' };

/** The account with what the rule remembers of MNQ. */
function remembering(account: AccountFacts, memory: RuleMemory | undefined): AccountFacts {
  return memory === undefined
    ? account
    : { ...account, memory: { [memoryKey(rule.id, 'MNQ')]: memory } };
}

function onlyOf(findings: readonly RuleFinding[]): RuleFinding {
  const [one, ...others] = findings;
  if (one === undefined || others.length > 0) throw new Error(`${findings.length} findings`);
  return one;
}

describe('the profit target', () => {
  it.each([
    ['G11: 1000 ticks × 0.5 × 2 is twice the target', '21250', {}, '1000', 'DENY'],
    ['the target itself breaches', '21125', {}, '500', 'DENY'],
    ['one tick less does not', '21124.75', {}, '499', 'PASS'],
    [
      'the target itself is allowed where told',
      '21125',
      { breachAtEquality: 'false' },
      '500',
      'PASS',
    ],
    ['above it is not', '21125.25', { breachAtEquality: 'false' }, '501', 'DENY'],
    ['a loss is far from it', '20900', {}, '-400', 'PASS'],
  ])('%s', (_name, last, config, observed, verdict) => {
    const found = onlyOf(judge(longMnq, { MNQ: mark('MNQ', { last }) }, config));
    const headroom = Math.max(0, usd('500') - usd(observed));
    expect(found).toMatchObject({ entity: 'MNQ', verdict, observed: usd(observed), headroom });
    expect(found.limit).toBe(usd('500'));
  });

  it('closes only the position that is there, names it and makes no lock', () => {
    const account = facts({
      positions: [position('ES', '1', '5800'), position('MNQ', '2', '21000')],
    });
    const found = judge(account, {
      ES: mark('ES', { last: '5801' }),
      MNQ: mark('MNQ', { last: '21250' }),
    });
    expect(found).toMatchObject([
      { entity: 'ES', verdict: 'PASS', wants: [] },
      {
        entity: 'MNQ',
        verdict: 'DENY',
        code: 'UNREALIZED_PROFIT_REACHED',
        wants: [
          { type: 'closePosition', instrument: 'MNQ' },
          { type: 'alert', severity: 'warning' },
        ],
      },
    ]);
  });

  it('in total scope counts the sum and closes every position, with the lock that is asked for', () => {
    const account = facts({
      positions: [position('ES', '1', '5800'), position('MNQ', '2', '21000')],
    });
    const marks = { ES: mark('ES', { last: '5806' }), MNQ: mark('MNQ', { last: '21050' }) };
    expect(judge(account, marks)).toMatchObject([{ verdict: 'PASS' }, { verdict: 'PASS' }]);
    const found = onlyOf(judge(account, marks, { scope: 'total', lockout: 'untilReset' }));
    expect(found).toMatchObject({
      entity: 'account',
      verdict: 'DENY',
      observed: usd('500'),
      wants: [
        { type: 'setLock', scope: 'account', kind: 'untilReset' },
        { type: 'closePosition', instrument: 'ES' },
        { type: 'closePosition', instrument: 'MNQ' },
        { type: 'alert' },
      ],
    });
  });

  it('judges what is left after a partial close', () => {
    const account = facts({ positions: [position('MNQ', '1', '21000')] });
    const [found] = judge(account, { MNQ: mark('MNQ', { last: '21125' }) });
    expect(found).toMatchObject({ verdict: 'PASS', observed: usd('250') });
  });

  it.each([
    ['no quote', {}, 'quote:MNQ'],
    ['a stale quote', { MNQ: mark('MNQ', { last: '21250' }, 5_001) }, 'stale:MNQ'],
    ['a crossed quote', { MNQ: mark('MNQ', { bid: '21250', ask: '21249' }) }, 'crossed:MNQ'],
  ])('with %s is unknown and closes nothing', (_name, marks, missing) => {
    const found = onlyOf(judge(longMnq, marks));
    expect(found).toMatchObject({ verdict: 'UNKNOWN', missing: [missing], wants: [] });
  });

  it('is unknown before the account was reconciled', () => {
    const found = onlyOf(judge({ ...longMnq, isReconciled: false }, {}));
    expect(found).toMatchObject({ verdict: 'UNKNOWN', missing: ['reconciliation'] });
  });

  it('is watched at the best price since the last look', () => {
    const watches = rule.watches(context(longMnq), rule.config.parse({}));
    expect(watches).toEqual([
      { entity: 'MNQ', measure: 'position', side: 'best', atUnits: usd('500') },
    ]);
  });
});

describe('breakeven', () => {
  const at = (last: string): Marks => ({ MNQ: mark('MNQ', { last }) });

  it('does not close a position that was never armed, whatever it loses', () => {
    const found = onlyOf(judge(longMnq, at('20900'), breakeven));
    expect(found).toMatchObject({ verdict: 'PASS', limit: usd('100') });
    expect(found.remember).toBeUndefined();
  });

  it.each([
    ['long', '2', '21024.75', '21025', '21000.25', '21000'],
    ['short', '-2', '20975.25', '20975', '20999.75', '21000'],
  ])(
    'arms a %s at the level and closes it at entry',
    (_name, quantity, before, armed, above, back) => {
      const account = facts({
        positions: [{ ...position('MNQ', quantity, '21000'), openedAtMs: 7 }],
      });
      expect(onlyOf(judge(account, at(before), breakeven)).remember).toBeUndefined();
      const { remember } = onlyOf(judge(account, at(armed), breakeven));
      expect(remember).toMatchObject({ armed: true, openedAtMs: 7 });
      const after = remembering(account, remember);
      expect(onlyOf(judge(after, at(above), breakeven))).toMatchObject({
        verdict: 'PASS',
        limit: 0,
        headroom: usd('1'),
      });
      expect(onlyOf(judge(after, at(back), breakeven))).toMatchObject({
        verdict: 'DENY',
        observed: 0,
        limit: 0,
        wants: [{ type: 'closePosition', instrument: 'MNQ' }, { type: 'alert' }],
      });
    },
  );

  it('arms at the best price since the last look, and does not close on it', () => {
    const passed = { ...mark('MNQ', { last: '20999' }), longHighTicks: ticks('MNQ', '21030') };
    const found = onlyOf(judge(longMnq, { MNQ: passed }, breakeven));
    expect(found).toMatchObject({ verdict: 'PASS', remember: { armed: true } });
  });

  it.each([
    ['a scale-in', '3', 7, true],
    ['a partial close', '1', 7, true],
    ['a position that was opened again', '2', 8, false],
    ['a reversal', '-2', 8, false],
  ])('after %s of the armed position is judged rightly', (_name, quantity, openedAtMs, isArmed) => {
    const memory = { armed: true, side: 'long', openedAtMs: 7 };
    const account = facts({ positions: [{ ...position('MNQ', quantity, '21000'), openedAtMs }] });
    const found = onlyOf(judge(remembering(account, memory), at('21000'), breakeven));
    expect(found.verdict).toBe(isArmed ? 'DENY' : 'PASS');
    expect(found.remember).toEqual(isArmed ? undefined : {});
  });

  it('is forgotten when the position is flat', () => {
    const memory = { armed: true, side: 'long', openedAtMs: 7 };
    const found = onlyOf(judge(remembering(facts(), memory), {}, breakeven));
    expect(found).toMatchObject({ entity: 'MNQ', verdict: 'PASS', remember: {} });
  });

  it('is watched above until it is armed, below from then on', () => {
    const config = rule.config.parse(breakeven);
    expect(rule.watches(context(longMnq), config)).toMatchObject([
      { side: 'best', atUnits: usd('100') },
    ]);
    const armed = remembering(longMnq, { armed: true, side: 'long', openedAtMs: 0 });
    expect(rule.watches(context(armed), config)).toMatchObject([{ side: 'worst', atUnits: 0 }]);
  });

  it.each([
    [{ mode: 'breakeven' }, 'breakevenArmAt'],
    [{ target: '0' }, 'target'],
    [{ target: '-5' }, 'target'],
    [{ mode: 'breakeven', breakevenArmAt: '0' }, 'breakevenArmAt'],
  ])('refuses the configuration %j', (config, key) => {
    const parsed = rule.config.safeParse(config);
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual([key]);
  });
});
