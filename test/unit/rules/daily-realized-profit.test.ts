/** Verifies: RULE-013, RULE-003, G7, V5 */
import { describe, expect, it } from 'vitest';
import type { RuleFinding } from '../../../src/domain/verdict.ts';
import type { AccountFacts, Mark } from '../../../src/domain/view.ts';
import { context, facts, mark, position, ruleOf, usd } from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-013');

function judge(
  account: AccountFacts,
  config: Readonly<Record<string, unknown>> = {},
  marks: Readonly<Record<string, Mark>> = {},
): RuleFinding {
  const [finding, ...rest] = rule.evaluate(
    context(account, marks),
    rule.config.parse({ target: '500', ...config }),
  );
  if (finding === undefined) throw new Error('the account is always judged');
  expect(rest).toEqual([]);
  return finding;
}

/** Long 1 ES at 5800: 5804 is +200. */
const long = { positions: [position('ES', '1', '5800')] };
const combined = { combinedWithUnrealized: true };

describe('the realized profit of the day', () => {
  it.each([
    ['beyond the target', '550', 'DENY', '0'],
    ['exactly the target', '500', 'DENY', '0'],
    ['one unit below', '499.999999', 'PASS', '0.000001'],
    ['a loss', '-700', 'PASS', '1200'],
  ] as const)('%s', (_name, realized, verdict, headroom) => {
    const finding = judge(facts({ realized }));
    expect(finding).toMatchObject({
      verdict,
      observed: usd(realized),
      limit: usd('500'),
      headroom: usd(headroom),
    });
  });

  it('locks until the reset before it cancels and flattens, and says its message', () => {
    const finding = judge(facts({ realized: '500' }));
    expect(finding.wants).toEqual([
      { type: 'setLock', scope: 'account', kind: 'untilReset' },
      { type: 'cancelAllOrders' },
      { type: 'flattenAccount' },
      { type: 'alert', severity: 'error' },
    ]);
    expect(finding.inputs.at(-1)).toEqual({
      name: 'message',
      value: 'Daily profit target reached! Good job! See you tomorrow.',
    });
    expect(judge(facts({ realized: '499' })).inputs.map(({ name }) => name)).not.toContain(
      'message',
    );
    const silent = judge(facts({ realized: '500' }), { message: '' });
    expect(silent.inputs.map(({ name }) => name)).toEqual(['realized', 'fees']);
  });

  it('is net of fees unless told otherwise', () => {
    const account = facts({ realized: '500', fees: '0.01' });
    expect(judge(account).verdict).toBe('PASS');
    expect(judge(account, { includeFees: false }).verdict).toBe('DENY');
  });

  it('passes at the target when equality is no breach, and denies one unit above', () => {
    const config = { breachAtEquality: false };
    expect(judge(facts({ realized: '500' }), config).verdict).toBe('PASS');
    expect(judge(facts({ realized: '500.000001' }), config).verdict).toBe('DENY');
  });

  it.each([
    ['399.99', undefined],
    ['400', true],
  ])('warns from its share of the target on: %s', (realized, isWarning) => {
    expect(judge(facts({ realized })).isWarning).toBe(isWarning);
  });

  it('reads the same ledger as RULE-003 and adds nothing to it (G7)', () => {
    const account = facts({ realized: '-100' });
    const loss = ruleOf('RULE-003');
    const [other] = loss.evaluate(context(account), loss.config.parse({}));
    expect([judge(account).observed, other?.observed]).toEqual([usd('-100'), usd('-100')]);
  });
});

describe('realized and open profit together', () => {
  const account = facts({ realized: '300', ...long });
  const marks = { ES: mark('ES', { last: '5804' }) };

  it('breaches together only where that is asked for', () => {
    expect(judge(account, {}, marks)).toMatchObject({ verdict: 'PASS', observed: usd('300') });
    expect(judge(account, combined, marks)).toMatchObject({
      verdict: 'DENY',
      observed: usd('500'),
    });
  });

  it('lets an open loss hide no realized profit', () => {
    const loss = { ES: mark('ES', { last: '5700' }) };
    expect(judge(facts({ realized: '500', ...long }), combined, loss)).toMatchObject({
      verdict: 'DENY',
      observed: usd('500'),
    });
  });

  it.each([
    ['no quote', {}, 'quote:ES'],
    ['a stale quote', { ES: mark('ES', { last: '5804' }, 5_001) }, 'stale:ES'],
    ['a crossed quote', { ES: mark('ES', { bid: '5805', ask: '5804' }) }, 'crossed:ES'],
  ])('is unknown with %s, while the realized profit still denies', (_name, broken, missing) => {
    expect(judge(account, combined, broken)).toMatchObject({
      verdict: 'UNKNOWN',
      missing: [missing],
      wants: [],
      code: 'DAILY_PROFIT_REACHED',
    });
    expect(judge(facts({ realized: '500', ...long }), combined, broken).verdict).toBe('DENY');
    expect(judge(account, {}, broken).verdict).toBe('PASS');
  });

  it('is unknown before the account has been compared with the venue', () => {
    const finding = judge(facts({ realized: '900', isReconciled: false }));
    expect(finding).toMatchObject({ verdict: 'UNKNOWN', missing: ['reconciliation'] });
  });

  it('has the workers watch the best open profit of the account, up to the target and its warning', () => {
    const parsed = rule.config.parse({ target: '500', ...combined });
    expect(rule.watches(context(account), parsed)).toEqual([
      { entity: 'account', measure: 'account', side: 'best', atUnits: usd('200') },
      { entity: 'account', measure: 'account', side: 'best', atUnits: usd('100') },
    ]);
    expect(rule.watches(context(account), rule.config.parse({}))).toEqual([]);
  });
});

describe('an acknowledged profit', () => {
  it.each([
    ['the same profit', '550', 'PASS'],
    ['a worse result', '510', 'PASS'],
    ['a better result', '550.000001', 'DENY'],
  ])('%s', (_name, realized, verdict) => {
    const account = facts({ realized, acknowledgedProfitUnits: usd('550') });
    expect(judge(account).verdict).toBe(verdict);
  });

  it('leaves open profit out until the next day, and is no acknowledged loss', () => {
    const marks = { ES: mark('ES', { last: '5900' }) };
    const account = facts({ realized: '550', acknowledgedProfitUnits: usd('550'), ...long });
    expect(judge(account, combined, marks).verdict).toBe('PASS');
    expect(judge(facts({ realized: '550', acknowledged: '600' })).verdict).toBe('DENY');
  });
});

describe('its configuration', () => {
  it.each([
    [{ target: '0' }],
    [{ target: '-1' }],
    [{ target: 'NaN' }],
    [{ warnAtPct: 100 }],
    [{ confirmations: 0 }],
    [{ message: 'x'.repeat(201) }],
    [{ limit: 1 }],
  ])('refuses %j', (config) => {
    expect(rule.config.safeParse(config).success).toBe(false);
  });

  it('has the defaults of the specification', () => {
    expect(rule.config.parse({})).toMatchObject({
      enabled: true,
      target: usd('1000'),
      combinedWithUnrealized: false,
      includeFees: true,
      breachAtEquality: true,
      warnAtPct: 80,
      confirmations: 2,
      operatorUnlock: 'admin',
      irrevocable: false,
      severity: 'error',
    });
  });
});
