/** Verifies: RULE-010, G25, V18 */
import { describe, expect, it } from 'vitest';
import { context, facts, ruleOf } from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-010');

function judge(canTrade: boolean | undefined, config: Readonly<Record<string, unknown>> = {}) {
  const account = facts({ dayStartMs: 5_000, ...(canTrade === undefined ? {} : { canTrade }) });
  return rule.evaluate(context(account), rule.config.parse(config))[0];
}

describe("the venue's permission", () => {
  it.each([
    ['was never spoken of', undefined, 'PASS', 'not said'],
    ['is there', true, 'PASS', 'true'],
    ['is missing', false, 'DENY', 'false'],
  ])('%s', (_name, canTrade, verdict, value) => {
    const found = judge(canTrade);
    expect(found).toMatchObject({ entity: 'account', verdict });
    expect(found?.inputs[0]).toEqual({ name: 'canTrade', value });
  });

  it('also judges before the account has been compared with the venue', () => {
    const account = facts({ canTrade: false, isReconciled: false });
    expect(rule.evaluate(context(account), rule.config.parse({}))).toMatchObject([
      { verdict: 'DENY', code: 'TRADING_NOT_PERMITTED' },
    ]);
  });
});

describe('what its loss asks for', () => {
  const lock = { type: 'setLock', scope: 'account', kind: 'untilRestored' };
  const close = [{ type: 'cancelAllOrders' }, { type: 'flattenAccount' }];

  it.each([
    ['by default', {}, [lock, ...close, { type: 'alert', severity: 'error' }]],
    ['without closing', { flattenOnLoss: false }, [lock, { type: 'alert', severity: 'error' }]],
    [
      'ended by an operator only',
      { autoUnlockOnRestore: false, severity: 'critical' },
      [{ ...lock, endsBy: 'operator' }, ...close, { type: 'alert', severity: 'critical' }],
    ],
    [
      'until the reset, anew on every day',
      { lockoutDuration: 'untilReset' },
      [
        { ...lock, kind: 'untilReset', fromMs: 5_000 },
        ...close,
        { type: 'alert', severity: 'error' },
      ],
    ],
  ])('%s', (_name, config, wants) => {
    expect(judge(false, config)?.wants).toEqual(wants);
  });

  it('shows the configured reason', () => {
    expect(judge(false, { reason: 'account closed' })?.inputs).toContainEqual({
      name: 'reason',
      value: 'account closed',
    });
    const names = judge(false, { reason: '' })?.inputs.map(({ name }) => name);
    expect(names).toEqual(['canTrade', 'remedy']);
  });
});

it.each([
  ['checkIntervalSeconds', 4],
  ['checkIntervalSeconds', 3_601],
  ['blockNewRiskOnDisconnect', false],
  ['lockoutDuration', 'untilSessionStart'],
])('refuses %s %s', (key, value) => {
  expect(rule.config.safeParse({ [key]: value }).success).toBe(false);
});
