/** Verifies: RULE-003, G4, G5, G6, G7, G8, V26 */
import { describe, expect, it } from 'vitest';
import type { RuleFinding } from '../../../src/domain/verdict.ts';
import type { AccountFacts, Mark } from '../../../src/domain/view.ts';
import { context, facts, mark, position, ruleOf, usd } from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-003');

function judge(
  account: AccountFacts,
  config: Readonly<Record<string, unknown>> = {},
  marks: Readonly<Record<string, Mark>> = {},
): RuleFinding {
  const [finding, ...rest] = rule.evaluate(
    context(account, marks),
    rule.config.parse({ limit: '-500', ...config }),
  );
  if (finding === undefined) throw new Error('the account is always judged');
  expect(rest).toEqual([]);
  return finding;
}

/** Long 1 ES at 5800: 5796 is −200, 5794 is −300. */
const long = { positions: [position('ES', '1', '5800')] };

describe('the realized loss of the day', () => {
  it.each([
    ['G4: +100, −200, −450', '-550', 'DENY'],
    ['G5: exactly the limit', '-500', 'DENY'],
    ['one unit better than the limit', '-499.999999', 'PASS'],
    ['G7: one loss of 100', '-100', 'PASS'],
  ] as const)('%s', (_name, realized, verdict) => {
    const finding = judge(facts({ realized }));
    expect(finding).toMatchObject({ verdict, observed: usd(realized), limit: usd('-500') });
  });

  it('locks until the reset before it cancels and flattens', () => {
    expect(judge(facts({ realized: '-550' })).wants).toEqual([
      { type: 'setLock', scope: 'account', kind: 'untilReset' },
      { type: 'cancelAllOrders' },
      { type: 'flattenAccount' },
      { type: 'alert', severity: 'error' },
    ]);
  });

  it('is net of fees unless told otherwise', () => {
    const account = facts({ realized: '-499', fees: '1' });
    expect(judge(account).verdict).toBe('DENY');
    expect(judge(account, { includeFees: false })).toMatchObject({
      verdict: 'PASS',
      headroom: usd('1'),
    });
  });

  it('passes at the limit when equality is no breach, and denies one unit below', () => {
    const config = { breachAtEquality: false };
    expect(judge(facts({ realized: '-500' }), config).verdict).toBe('PASS');
    expect(judge(facts({ realized: '-500.000001' }), config).verdict).toBe('DENY');
  });

  it.each([
    ['-399.99', undefined],
    ['-400', true],
  ])('warns from its share of the limit on: %s', (realized, isWarning) => {
    expect(judge(facts({ realized })).isWarning).toBe(isWarning);
  });

  it('counts a loss once and drops it when it is voided (G8: the ledger gives the sum)', () => {
    expect(judge(facts({ realized: '-500' })).verdict).toBe('DENY');
    expect(judge(facts({ realized: '0' })).verdict).toBe('PASS');
  });
});

describe('realized and open loss together', () => {
  const account = facts({ realized: '-300', ...long });
  const marks = { ES: mark('ES', { last: '5796' }) };

  it('G6: breaches together, and not when only realized counts', () => {
    expect(judge(account, {}, marks)).toMatchObject({ verdict: 'DENY', observed: usd('-500') });
    expect(judge(account, { combinedWithUnrealized: false }, marks)).toMatchObject({
      verdict: 'PASS',
      observed: usd('-300'),
    });
  });

  it('lets an open profit hide no realized loss', () => {
    const profit = { ES: mark('ES', { last: '5900' }) };
    expect(judge(facts({ realized: '-500', ...long }), {}, profit)).toMatchObject({
      verdict: 'DENY',
      observed: usd('-500'),
    });
  });

  it.each([
    ['no quote', {}, 'quote:ES'],
    ['a stale quote', { ES: mark('ES', { last: '5796' }, 5_001) }, 'stale:ES'],
    ['a crossed quote', { ES: mark('ES', { bid: '5797', ask: '5796' }) }, 'crossed:ES'],
    ['a price of 0', { ES: { ...mark('ES', {}), lastTicks: 0 } }, 'impossible:ES'],
    ['a price that is no number', { ES: { ...mark('ES', {}), lastTicks: NaN } }, 'impossible:ES'],
    ['a quote from the future', { ES: mark('ES', { last: '5796' }, -30_001) }, 'future:ES'],
  ])('is unknown with %s, while the realized loss still denies', (_name, broken, missing) => {
    const unknown = judge(account, {}, broken);
    expect(unknown).toMatchObject({ verdict: 'UNKNOWN', missing: [missing], wants: [] });
    expect(unknown.observed).toBeUndefined();
    expect(unknown.code).toBe('DAILY_LOSS_REACHED');
    expect(judge(facts({ realized: '-500', ...long }), {}, broken).verdict).toBe('DENY');
  });

  it('is unknown for a position in another currency', () => {
    const other = facts({ positions: [position('XBT-INV', '1', '60000')] });
    const finding = judge(other, {}, { 'XBT-INV': mark('XBT-INV', { last: '60000' }) });
    expect(finding.missing).toEqual(['currency:XBT-INV']);
  });

  it('is unknown before the account has been compared with the venue', () => {
    const finding = judge(facts({ realized: '-900', isReconciled: false }));
    expect(finding).toMatchObject({ verdict: 'UNKNOWN', missing: ['reconciliation'] });
  });

  it('says which prices it used and how old they are', () => {
    const finding = judge(account, {}, { ES: mark('ES', { bid: '5797', ask: '5798' }, 1_500) });
    expect(finding.inputs).toContainEqual({ name: 'mark:ES', value: '5797.00', ageMs: 1_500 });
    expect(finding.inputs).toContainEqual({ name: 'unrealized', value: '-150.00' });
  });
});

describe('an acknowledged loss', () => {
  it.each([
    ['the same loss', '-550', 'PASS'],
    ['a better result', '-400', 'PASS'],
    ['a worse result', '-550.000001', 'DENY'],
  ])('%s', (_name, realized, verdict) => {
    expect(judge(facts({ realized, acknowledged: '-550' })).verdict).toBe(verdict);
  });

  it.each([
    ['open and realized loss together at the limit', '-350', '5797', 'DENY'],
    ['together within the limit', '-350', '5797.25', 'PASS'],
    ['a worse realized loss alone', '-350.01', '5800', 'DENY'],
  ])('that is within the limit: %s', (_name, realized, last, verdict) => {
    const account = facts({ realized, acknowledged: '-350', ...long });
    const finding = judge(account, {}, { ES: mark('ES', { last }) });
    expect(finding.verdict).toBe(verdict);
    // What is nearest is what is shown: the acknowledged loss for the realized one, the limit for both together.
    const isTogether = realized === '-350' && verdict === 'DENY';
    expect(finding.limit).toBe(usd(isTogether ? '-500' : '-350'));
  });

  it('leaves open losses to the rule of open losses until the next day', () => {
    const account = facts({ realized: '-550', acknowledged: '-550', ...long });
    expect(judge(account, {}, { ES: mark('ES', { last: '5794' }) }).verdict).toBe('PASS');
    expect(judge({ ...account, realizedUnits: usd('-550.01') }, {}, {}).verdict).toBe('DENY');
  });
});

describe('its configuration', () => {
  it.each([
    [{ limit: '0' }],
    [{ limit: 'NaN' }],
    [{ warnAtPct: 100 }],
    [{ warnAtPct: 0 }],
    [{ confirmations: 11 }],
    [{ resetTime: '25:00' }],
    [{ quoteMaxAgeSeconds: 0 }],
    [{ unheard: 1 }],
  ])('refuses %j', (config) => {
    expect(rule.config.safeParse(config).success).toBe(false);
  });

  it('has the defaults of the specification', () => {
    expect(rule.config.parse({})).toMatchObject({
      limit: usd('-500'),
      combinedWithUnrealized: true,
      includeFees: true,
      breachAtEquality: true,
      warnAtPct: 80,
      confirmations: 2,
      operatorUnlock: 'admin',
      irrevocable: false,
      severity: 'error',
      enabled: true,
    });
  });
});
