/** Verifies: rules 5.5, rules 11 (trader overrides): every key of every rule has a declared direction */
import { describe, expect, it } from 'vitest';
import { ruleByKey, ruleCatalogue } from '../../src/rules/registry.ts';
import { mainKeys, tighten, tightening, valueAt } from '../../src/rules/tightening.ts';

function ruleOf(key: string) {
  const rule = ruleByKey(key);
  if (rule === undefined) throw new Error(`no rule has the key ${key}`);
  return rule;
}

/** Paths of the leaves of a parsed configuration; lists and maps of names are leaves. */
function keysOf(key: string): readonly string[] {
  const rule = ruleOf(key);
  const given = key === 'maxUnrealizedProfit' ? { breakevenArmAt: '100' } : {};
  const config = rule.config.parse({
    enabled: true,
    ...given,
    ...(key === 'dailyRealizedLoss' ? { resetTime: '17:00', timezone: 'America/Chicago' } : {}),
  }) as Record<string, unknown>;
  const nested = new Set(
    Object.keys(tightening[key] ?? {}).flatMap((path) =>
      path.includes('.') ? [path.split('.')[0]] : [],
    ),
  );
  return Object.entries(config).flatMap(([name, value]) =>
    nested.has(name) ? Object.keys(value as object).map((one) => `${name}.${one}`) : [name],
  );
}

describe('the table of directions', () => {
  it.each(ruleCatalogue.map(({ key }) => [key] as const))('names every key of %s', (key) => {
    expect(Object.keys(tightening[key] ?? {}).toSorted()).toEqual(keysOf(key).toSorted());
  });

  it('names every rule, and its main key is one of its keys', () => {
    expect(Object.keys(tightening).toSorted()).toEqual(
      ruleCatalogue.map(({ key }) => key).toSorted(),
    );
    for (const [rule, key] of Object.entries(mainKeys))
      expect(Object.keys(tightening[rule] ?? {})).toContain(key);
  });
});

/** Rule, key, what is configured, a tighter value, looser or equal ones. */
const examples: readonly (readonly [string, string, object, string, readonly string[]])[] = [
  ['maxContracts', 'limit', { limit: '5' }, '4', ['5', '6']],
  ['maxContracts', 'includeWorkingOrders', {}, 'true', ['false']],
  ['maxContracts', 'enforcement', {}, 'closeAll', ['reduceToLimit']],
  ['maxContracts', 'lockoutOnBreach', {}, 'cooldown:15m', ['none']],
  ['maxContracts', 'lockoutOnBreach', { lockoutOnBreach: 'cooldown:15m' }, 'untilReset', ['none']],
  ['maxContractsPerInstrument', 'defaultLimit', {}, '2', ['3', '4', 'null']],
  ['maxContractsPerInstrument', 'defaultLimit', { defaultLimit: null }, '9', ['null']],
  [
    'maxContractsPerInstrument',
    'instrumentLimits',
    { instrumentLimits: { MNQ: '2', ES: '1' } },
    '{"MNQ": 1, "ES": 1}',
    ['{"MNQ": 1}', '{"MNQ": 2, "ES": 1}', '{"MNQ": 1, "ES": 2}', '{"MNQ": 1, "ES": 1, "CL": 9}'],
  ],
  [
    'maxContractsPerInstrument',
    'unknownSymbolAction',
    { unknownSymbolAction: 'allowUnlimited' },
    'block',
    ['allowUnlimited'],
  ],
  ['dailyRealizedLoss', 'limit', { limit: '-500' }, '-300', ['-500', '-500.01', '-900']],
  [
    'dailyRealizedLoss',
    'combinedWithUnrealized',
    { combinedWithUnrealized: false },
    'true',
    ['false'],
  ],
  ['dailyRealizedLoss', 'irrevocable', {}, 'true', ['false']],
  ['dailyRealizedLoss', 'operatorUnlock', {}, 'fourEyes', ['admin']],
  ['dailyRealizedLoss', 'operatorUnlock', { operatorUnlock: 'never' }, '', ['admin', 'fourEyes']],
  ['dailyUnrealizedLoss', 'limit', { limit: '-300' }, '-299.99', ['-300', '-301']],
  ['dailyUnrealizedLoss', 'staleGraceSeconds', {}, '30', ['null']],
  ['dailyUnrealizedLoss', 'quoteMaxAgeSeconds', {}, '3', ['5', '10']],
  ['maxUnrealizedProfit', 'target', { target: '500' }, '400', ['500', '600']],
  ['tradeFrequencyLimit', 'limits.perHour', { limits: { perHour: '10' } }, '5', ['10', '11']],
  ['tradeFrequencyLimit', 'cooldownOnBreach.perMinute', {}, '5m', ['60s', '30s']],
  ['tradeFrequencyLimit', 'excludeOwnEnforcement', {}, 'false', ['true']],
  [
    'cooldownAfterLoss',
    'lossThresholds',
    { lossThresholds: [{ lossAmount: '-100', cooldownDuration: '5m' }] },
    '[{"lossAmount": -100, "cooldownDuration": "10m"}]',
    [
      '[{"lossAmount": -100, "cooldownDuration": "5m"}]',
      '[{"lossAmount": -200, "cooldownDuration": "10m"}]',
      '[{"lossAmount": -50, "cooldownDuration": "1m"}]',
    ],
  ],
  [
    'cooldownAfterLoss',
    'allowTradingDuringCooldown',
    { allowTradingDuringCooldown: true },
    'false',
    [],
  ],
  ['noStopLossGrace', 'graceSeconds', {}, '10', ['60', '61']],
  ['noStopLossGrace', 'minCoverage', { minCoverage: 'any' }, 'full', ['any']],
  ['sessionBlockOutside', 'closeLeadSeconds', {}, '300', ['0']],
  ['authLossGuard', 'autoUnlockOnRestore', {}, 'false', ['true']],
  ['symbolBlocks', 'blockedSymbols', { blockedSymbols: ['ES'] }, '["ES", "NQ"]', ['["NQ"]', '[]']],
  ['tradeManagement', 'autoStop.ticks', { autoStop: { ticks: '10' } }, '8', ['10', '12']],
  ['dailyRealizedProfit', 'target', { target: '1000' }, '800', ['1000', '1200']],
];

/** The configuration with the value, or the reason why not. */
function outcome(key: string, given: object, path: string, value: string) {
  const rule = ruleOf(key);
  const before = rule.config.parse({ enabled: true, ...given });
  const result = tighten(rule, before, path, value);
  const [top = ''] = path.split('.');
  const others = (config: unknown) => ({ ...(config as object), [top]: 0 });
  if ('refusal' in result) return { isTighter: false };
  return {
    isTighter: valueAt(result.config, path.split('.')) !== valueAt(before, path.split('.')),
    // Everything else stays what it was.
    changesOthers: JSON.stringify(others(result.config)) !== JSON.stringify(others(before)),
  };
}

describe('a trader', () => {
  it.each(examples.filter(([, , , tighter]) => tighter !== ''))(
    'tightens %s.%s (%j) to %s',
    (key, path, given, tighter) => {
      expect(outcome(key, given, path, tighter)).toEqual({ isTighter: true, changesOthers: false });
    },
  );

  it.each(examples)('does not loosen %s.%s (%j)', (key, path, given, _, looser) => {
    for (const value of looser)
      expect(outcome(key, given, path, value), value).toEqual({ isTighter: false });
  });

  it('neither disables a rule, nor changes what only the configuration may', () => {
    for (const [key, value] of [
      ['enabled', 'false'],
      ['markPrice', 'last'],
      ['resetTime', '16:00'],
    ] as const) {
      const rule = ruleOf('dailyRealizedLoss');
      const result = tighten(rule, rule.config.parse({}), key, value);
      expect(result, key).toHaveProperty(
        'refusal',
        expect.stringMatching(/configuration|key:|value:/),
      );
    }
  });

  it('hears the keys of the rule when the key is not one, and what is wrong with the value', () => {
    const rule = ruleOf('dailyRealizedLoss');
    const config = rule.config.parse({});
    expect(tighten(rule, config, 'limt', '-300')).toEqual({
      refusal: expect.stringMatching(/RULE-003 has no limt; its keys are .*limit/),
    });
    expect(tighten(rule, config, 'limit', 'small')).toEqual({
      refusal: expect.stringMatching(/limit .*was small/),
    });
    expect(tighten(rule, config, 'limit', '-900')).toEqual({
      refusal: expect.stringMatching(
        /-900 is not tighter than -500.00 \(a smaller loss is tighter\)/,
      ),
    });
  });
});
