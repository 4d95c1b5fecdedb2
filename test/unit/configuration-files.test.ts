/** Verifies: rules 10.1, 10.4, 10.5, 10.7, 10.8 and 11, trading-controls 6: files by topic, secrets, accounts, timers, contradictions. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration, type Configuration } from '../../src/bin/configuration.ts';
import { OperatorError } from '../../src/kernel/errors.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-configuration-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Files = Readonly<Record<string, string>>;

function load(
  files: Files | string,
  environment: Readonly<Record<string, string>> = {},
): Configuration {
  const all = typeof files === 'string' ? { 'c.yaml': files } : files;
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return loadConfiguration({ path: folder, environment });
}

function refusal(
  files: Files | string,
  environment: Readonly<Record<string, string>> = {},
): string {
  let caught: unknown;
  try {
    load(files, environment);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(OperatorError);
  expect(caught).toMatchObject({ exitCode: 78 });
  return (caught as OperatorError).message;
}

function ruleOf(
  { accounts }: Configuration,
  key: string,
  index = 0,
): Readonly<Record<string, unknown>> {
  const setting = accounts[index]?.rules.find((rule) => rule.key === key);
  return (setting?.config ?? {}) as Readonly<Record<string, unknown>>;
}

function sourceOf({ values }: Configuration, key: string, account = '*'): string | undefined {
  return values.find((value) => value.key === key && value.account === account)?.source;
}

describe('files by topic', () => {
  it('come together, and every value knows its file', () => {
    const configuration = load({
      'risk.yaml': 'rules: { maxContracts: { limit: 4 } }',
      'timers.yaml': "dailyReset: { time: '16:00' }\nweeklyReset: { day: 2 }",
      'execution.yaml': 'order: { ackTimeoutSeconds: 9 }',
      'controls.yaml': 'collar: { pct: 2.5 }',
      'accounts.yaml': 'accounts: [{ id: A }]',
      'api.yaml': 'token: { refreshBeforeHours: 3 }',
    });
    expect(configuration.execution.order.ackTimeoutSeconds).toBe(9);
    expect(configuration.accounts[0]?.controls.collar.pct).toBe(25_000);
    expect(configuration.resets.weekly).toEqual({ isEnabled: true, day: 2, time: '17:00' });
    expect(sourceOf(configuration, 'order.ackTimeoutSeconds')).toBe(
      'execution.yaml:1 order.ackTimeoutSeconds',
    );
    expect(sourceOf(configuration, 'collar.pct', 'A')).toBe('controls.yaml:1 collar.pct');
    expect(sourceOf(configuration, 'order.maxAgeSeconds')).toBe('default');
    expect(sourceOf(configuration, 'rules.maxContracts.limit', 'A')).toBe(
      'risk.yaml:1 rules.maxContracts.limit',
    );
  });

  it('hold their own topic only', () => {
    expect(refusal({ 'risk.yaml': 'order: { ackTimeoutSeconds: 9 }' })).toContain(
      'risk.yaml:1 order stands in risk.yaml: it belongs in execution.yaml',
    );
  });

  it('that are examples are left alone', () => {
    const files = { 'risk.yaml': 'rules: {}', 'all.example.yaml': 'rules: { nonsense: 1 }' };
    expect(load(files).accounts).toHaveLength(1);
  });

  it('have one hash, whatever the order of the keys', () => {
    const one = load('rules: { maxContracts: { limit: 4, countType: net } }').hash;
    expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect(load('rules: { maxContracts: { countType: net, limit: 4 } }').hash).toBe(one);
    expect(load('rules: { maxContracts: { countType: net, limit: 5 } }').hash).not.toBe(one);
  });
});

describe('a secret', () => {
  const gateway = (value: string): Files => ({
    'accounts.yaml': `topstepx: { username: ${value} }\naccounts: [{ id: A }]`,
  });

  it.each(['${PROJECT_X_USERNAME}', 'PROJECT_X_USERNAME'])('is named as %s', (reference) => {
    const configuration = load(gateway(`'${reference}'`), { PROJECT_X_USERNAME: 'canary-7731' });
    expect(JSON.stringify(configuration)).not.toContain('canary-7731');
  });

  it('may stand in .env beside the configuration, or in a file of its own', () => {
    const files = { ...gateway("'${NAME_OF_ENV}'"), '.env': '# mine\nNAME_OF_ENV="canary-7732"\n' };
    expect(JSON.stringify(load(files))).not.toContain('canary-7732');
    const file = join(folder, 'secret.txt');
    writeFileSync(file, 'canary-7733');
    expect(JSON.stringify(load(gateway(`'file:${file}'`)))).not.toContain('canary-7733');
  });

  it('that is missing is an error that names the variable and the line', () => {
    expect(refusal(gateway("'${PROJECT_X_USERNAME}'"))).toBe(
      'accounts.yaml:1 gateways.topstepx.username names the variable PROJECT_X_USERNAME, which is not set',
    );
    expect(refusal(gateway("'file:/nowhere/at/all'"))).toContain('names the file /nowhere/at/all');
  });

  it.each([
    ['where only a reference may stand', 'topstepx: { apiKey: canary-7734 }'],
    ['in a field that the schema calls secret', 'topstepx: { username: canary-7734 }'],
    [
      'by its looks, under any key',
      'accounts: [{ id: A, description: eyJhbGciOiJIUzI1NiJ9.canary-7734 }]',
    ],
    ['in a list', 'topstepx: { apiKey: [canary-7734] }'],
  ])('that is written out %s is refused', (_where, text) => {
    expect(refusal(text)).toMatch(/secret|reference/);
  });

  it('that is written out under its key is not repeated in the error', () => {
    expect(refusal('topstepx: { apiKey: canary-7735 }')).not.toContain('canary-7735');
  });

  it('is not fetched where no secret belongs', () => {
    const text = "accounts: [{ id: A, description: '${HOME_OF_IT}' }]";
    expect(refusal(text, { HOME_OF_IT: 'x' })).toContain('only fields for secrets may be one');
    expect(refusal(text)).toContain('names the variable HOME_OF_IT, which is not set');
  });
});

describe('an account', () => {
  it('has a file of its own between the base and its overrides, key by key', () => {
    const configuration = load({
      'risk.yaml':
        'rules: { maxContracts: { limit: 9, countType: gross, enforcement: closeAll } }\n',
      'accounts.yaml': `
accounts:
  - id: A
    riskConfigFile: own/a.yaml
    configOverrides: { rules: { maxContracts: { limit: 2 } }, caps: { maxOpenPositions: 3 } }
  - id: B`,
      'own/a.yaml':
        'rules: { maxContracts: { limit: 4, countType: net } }\ncollar: { ticks: 12 }\n',
    });
    expect(ruleOf(configuration, 'maxContracts', 0)).toMatchObject({
      limit: 2,
      countType: 'net',
      enforcement: 'closeAll',
    });
    expect(ruleOf(configuration, 'maxContracts', 1)).toMatchObject({
      limit: 9,
      countType: 'gross',
    });
    expect(configuration.accounts[0]?.controls).toMatchObject({
      collar: { ticks: 12 },
      caps: { maxOpenPositions: 3 },
    });
    expect(sourceOf(configuration, 'rules.maxContracts.countType', 'A')).toBe(
      'a.yaml:1 rules.maxContracts.countType',
    );
    expect(sourceOf(configuration, 'collar.ticks', 'A')).toBe('a.yaml:2 collar.ticks');
  });

  it('names the layer of a value that is wrong', () => {
    const files = {
      'accounts.yaml': 'accounts: [{ id: A, riskConfigFile: own/a.yaml }]',
      'own/a.yaml': 'rules:\n  maxContracts: { limit: 0 }\nadvanced: {}\n',
    };
    const message = refusal(files);
    expect(message).toContain('a.yaml:2 rules.maxContracts.limit was "0"');
    expect(message).toContain('a.yaml:3 advanced of account A is no key of this version');
  });

  it('that is switched off is left alone; one at least is on', () => {
    const text = 'accounts: [{ id: A, enabled: false }, { id: B }]';
    expect(load(text).accounts.map(({ id }) => id)).toEqual(['B']);
    expect(refusal('accounts: [{ id: A, enabled: false }]')).toContain('at least one is enabled');
  });

  it.each([
    [
      'a mode above the one of the engine',
      'mode: DRY_RUN\naccounts: [{ id: A, mode: PAPER }]',
      'not above the engine',
    ],
    [
      'a gateway without a block',
      'accounts: [{ id: A, gateway: other }]',
      'a gateway that has a block',
    ],
    [
      'a firm that nobody knows',
      'accounts: [{ id: A, propFirmProfile: topstep-50k }]',
      'knows no profile',
    ],
    [
      'the id of another one',
      'accounts: [{ id: A }, { id: A }]',
      'an id that no other account has',
    ],
    [
      'a kind that is none',
      'accounts: [{ id: A, accountType: demo }]',
      'one of practice, live, combine, xfa',
    ],
    [
      'a file that is not there',
      'accounts: [{ id: A, riskConfigFile: gone.yaml }]',
      'names a riskConfigFile',
    ],
  ])('is refused with %s', (_what, text, expected) => {
    expect(refusal(text)).toContain(expected);
  });

  it('may have a mode of its own below that of the engine, and a gateway under its name', () => {
    const text = `
nymex: { apiUrl: 'https://gateway.example/api' }
accounts: [{ id: A, mode: dry_run, gateway: nymex }, { id: B, mode: PAPER }]`;
    expect(load(text).accounts.map(({ mode }) => mode)).toEqual(['DRY_RUN', undefined]);
  });
});

describe('timers', () => {
  it('give rules the lengths of their locks', () => {
    const configuration = load(`
rules:
  tradeFrequencyLimit: { cooldownOnBreach: { perHour: 40m } }
  cooldownAfterLoss: { lossThresholds: [{ lossAmount: -100 }] }
lockoutDurations:
  hardLockout: { authLossGuard: untilReset }
  timerCooldown:
    tradeFrequency: { perMinuteBreach: 2m, perHourBreach: 2400s }
    cooldownAfterLoss: 20m
advanced: { sessionCloseGrace: 30 }`);
    expect(ruleOf(configuration, 'tradeFrequencyLimit')['cooldownOnBreach']).toEqual({
      perMinute: 120_000,
      perHour: 2_400_000,
      perSession: 3_600_000,
    });
    expect(ruleOf(configuration, 'authLossGuard')['lockoutDuration']).toBe('untilReset');
    expect(ruleOf(configuration, 'sessionBlockOutside')['sessionCloseGraceSeconds']).toBe(30);
    expect(ruleOf(configuration, 'cooldownAfterLoss')['lossThresholds']).toEqual([
      { lossAmount: -100_000_000, cooldownDuration: 1_200_000 },
    ]);
  });

  it('that say another length than the rule are refused, with both values', () => {
    expect(
      refusal(`
rules: { tradeFrequencyLimit: { cooldownOnBreach: { perMinute: 60s } } }
lockoutDurations: { timerCooldown: { tradeFrequency: { perMinuteBreach: 90s } } }`),
    ).toContain(
      'lockoutDurations.timerCooldown.tradeFrequency.perMinuteBreach of account A1 was "90s": the same as rules.tradeFrequencyLimit.cooldownOnBreach.perMinute, "60s"',
    );
  });

  it('switch single actions of the reset off', () => {
    const text = 'dailyReset: { resetActions: { unlockDailyLoss: false } }';
    expect(load(text).resets.daily).toEqual({
      isEnabled: true,
      clearDailyPnl: true,
      unlockDailyLoss: false,
      unlockDailyProfit: true,
      clearTradeCount: true,
    });
  });

  it.each([
    ["weeklyReset: { time: '25:00' }", 'HH:MM in 24-hour form'],
    ['weeklyReset: { day: 7 }', 'a weekday from 0 (Monday) to 6 (Sunday)'],
    ['lockoutDurations: { timerCooldown: { cooldownAfterLoss: 25h } }', 'within 1s and 24h'],
    ['lockoutDurations: { hardLockout: { dailyRealizedLoss: 5m } }', 'one of untilReset'],
    ['advanced: { checkInterval: 61 }', 'whole seconds from 1 to 60'],
  ])('refuse %s', (text, expected) => {
    expect(refusal(text)).toContain(expected);
  });
});

describe('controls that contradict each other are refused', () => {
  it.each([
    [
      '1, themes above the whole',
      'caps: { themes: { A: 10, B: 6 } }',
      'caps.themes of account A1 was 16: not greater than caps.totalAtRiskPct, 15',
    ],
    [
      '2, an asset above its theme',
      'caps: { perAssetPct: 11, totalAtRiskPct: 50 }',
      'not greater than caps.perThemePct, 10',
    ],
    [
      '4, a position above the whole',
      'caps: { perPositionPct: 16 }',
      'not greater than caps.totalAtRiskPct, 15',
    ],
    [
      '6, more of the same without a number',
      'duplicates: { pyramiding: true }',
      'duplicates.maxAdds of account A1 was 0: above 0',
    ],
    [
      '7, a day above its week',
      'stops: { dailyPct: -8 }',
      'stops.dailyPct of account A1 was 8: not greater than stops.weeklyPct, 7',
    ],
    ['8, makers above takers', 'fees: { makerBps: 61 }', 'not greater than fees.takerBps, 60'],
    [
      '9, a life above the longest',
      'order: { cancelAfterSeconds: 1801 }',
      'not greater than order.maxAgeSeconds, 1800',
    ],
    [
      '10, hours above their day',
      'frequency: { perHour: 11 }',
      'was 11 (24 hours: 264): not greater than frequency.perDay',
    ],
    [
      '11, new ones above all',
      'frequency: { newPerHour: 6 }',
      'not greater than frequency.perHour, 5',
    ],
    [
      '15 of the rules, two ages of quotes',
      'general: { quoteMaxAgeSeconds: 5 }\nstaleness: { quoteMaxAgeSeconds: 6 }',
      'the same as general.quoteMaxAgeSeconds, "5"',
    ],
  ])('number %s', (_number, text, expected) => {
    expect(refusal(text)).toContain(expected);
  });

  it('and equality is none', () => {
    const predecessor = `
caps:
  totalAtRiskPct: 25
  perAssetPct: 4
  themes: { LAYER1: 10, LAYER2: 6, MEME: 4, DEFI: 5 }
  maxOpenPositions: 8`;
    expect(load(predecessor).warnings).toEqual([]);
  });

  it('number 5, more positions than the whole can hold, is a warning', () => {
    expect(load('caps: { maxOpenPositions: 6 }').warnings).toEqual([
      'account A1: caps.maxOpenPositions 6 × caps.perPositionPct 3 is more than caps.totalAtRiskPct 15',
    ]);
  });
});

describe('keys of other times', () => {
  it('of the predecessor are refused with the name of today', () => {
    expect(refusal('rules: { noStopLossGrace: { require_within_seconds: 60 } }')).toContain(
      'require_within_seconds of the predecessor is graceSeconds here',
    );
    expect(refusal('daily_reset: { enabled: true }')).toContain(
      'daily_reset of the predecessor is dailyReset here',
    );
  });

  it('that are deprecated are warned of, with what to write', () => {
    expect(load("rules: { dailyRealizedLoss: { resetTime: '17:00' } }").warnings).toEqual([
      'c.yaml:1 rules.dailyRealizedLoss.resetTime is deprecated: write dailyReset.time',
    ]);
  });
});
