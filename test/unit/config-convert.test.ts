/** Verifies: files of the predecessor in the form of today, and that whatever is not carried over is listed. Source: rules 10.8. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfiguration } from '../../src/bin/configuration.ts';
import { convertFiles, type Conversion } from '../../src/bin/configuration/convert.ts';
import { valueAt } from '../../src/bin/configuration/problem.ts';
import { convertConfiguration } from '../../src/bin/convert-configuration.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-convert-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function convert(text: string, name = 'risk_config.yaml'): Conversion {
  return convertFiles([{ name, text }]);
}

function tree({ files }: Conversion, name = 'risk.yaml'): unknown {
  return parse(files.find((file) => file.name === name)?.text ?? '{}');
}

function leftOut({ notes }: Conversion): readonly string[] {
  return notes.filter(({ kind }) => kind === 'left out').map(({ key }) => key);
}

describe('a rule of the predecessor', () => {
  it.each([
    [
      'max_contracts: { count_type: net, enforcement: close_all }',
      'maxContracts',
      { countType: 'net', enforcement: 'closeAll' },
    ],
    [
      'max_contracts_per_instrument: { unknown_symbol_action: "allow_with_limit:2", instrument_limits: { MNQ: 2 } }',
      'maxContractsPerInstrument',
      { unknownSymbolAction: 'allowWithLimit:2', instrumentLimits: { MNQ: 2 } },
    ],
    [
      'daily_realized_loss: { limit: -500.0, combined_with_unrealized: true, warn_at_pct: 80 }',
      'dailyRealizedLoss',
      { limit: -500, combinedWithUnrealized: true, warnAtPct: 80 },
    ],
    [
      'daily_unrealized_loss: { scope: total, action: CLOSE_ALL_AND_LOCKOUT }',
      'dailyUnrealizedLoss',
      { scope: 'total', action: 'closeAll', lockout: 'untilReset' },
    ],
    [
      'daily_unrealized_loss: { action: CLOSE_ALL_AND_LOCKOUT, lockout_until: permanent }',
      'dailyUnrealizedLoss',
      { action: 'closeAll', lockout: 'permanent' },
    ],
    [
      'daily_unrealized_loss: { lockout_until: permanent, action: CLOSE_ALL_AND_LOCKOUT }',
      'dailyUnrealizedLoss',
      { action: 'closeAll', lockout: 'permanent' },
    ],
    [
      'max_unrealized_profit: { target: 20, mode: profit_target }',
      'maxUnrealizedProfit',
      { target: 20, mode: 'profitTarget' },
    ],
    [
      'trade_frequency_limit: { limits: { per_minute: 3 }, cooldown_on_breach: { per_minute: 60 }, session_breach: until_reset }',
      'tradeFrequencyLimit',
      {
        limits: { perMinute: 3 },
        cooldownOnBreach: { perMinute: '60s' },
        sessionBreach: 'untilReset',
      },
    ],
    [
      'cooldown_after_loss: { loss_threshold: -100, cooldown_duration: 900, loss_basis: per_round_trip }',
      'cooldownAfterLoss',
      {
        lossThresholds: [{ lossAmount: -100, cooldownDuration: '900s' }],
        lossBasis: 'perRoundTrip',
      },
    ],
    [
      'no_stop_loss_grace: { require_within_seconds: 60, rearm_grace: 5, max_stop_distance_ticks: 40 }',
      'noStopLossGrace',
      { graceSeconds: 60, rearmGraceSeconds: 5, maxStopDistanceTicks: 40 },
    ],
    [
      'auth_loss_guard: { check_interval_seconds: 30, lockout_duration: until_restored }',
      'authLossGuard',
      { checkIntervalSeconds: 30, lockoutDuration: 'untilRestored' },
    ],
    [
      'symbol_blocks: { blocked_symbols: [RTY, my_own], action: CANCEL_ORDER }',
      'symbolBlocks',
      { blockedSymbols: ['RTY', 'my_own'], action: 'cancelOrder' },
    ],
    [
      'trade_management: { auto_breakeven: { profit_threshold_ticks: 10, offset_ticks: 0 } }',
      'tradeManagement',
      { autoBreakeven: { profitThresholdTicks: 10, offsetTicks: 0 } },
    ],
    [
      'daily_realized_profit: { target: 1000, message: well_done }',
      'dailyRealizedProfit',
      { target: 1000, message: 'well_done' },
    ],
  ])('%s', (given, key, wanted) => {
    const converted = convert(`rules: { ${given} }`);
    expect(valueAt(tree(converted), ['rules', key])).toEqual(wanted);
    expect(leftOut(converted)).toEqual([]);
  });

  it('gives its trading hours to the section of today', () => {
    const converted = convert(
      'rules: { session_block_outside: { start_time: "17:00", end_time: "15:10", timezone: America/Chicago, session_close_grace: 30 } }',
    );
    expect(tree(converted, 'timers.yaml')).toEqual({
      sessionHours: { start: '17:00', end: '15:10', timezone: 'America/Chicago' },
    });
    expect(valueAt(tree(converted), ['rules', 'sessionBlockOutside'])).toEqual({
      sessionCloseGraceSeconds: 30,
    });
  });

  it('lists what it cannot map, and what is no value', () => {
    const converted = convert(`rules:
  max_contracts: { limit: 0, colour: red }
  moon_phase: { enabled: true }
  no_stop_loss_grace: { require_within_seconds: 60, grace_period_seconds: 300 }`);
    expect(leftOut(converted)).toEqual(
      expect.arrayContaining([
        'rules.maxContracts.limit',
        'rules.maxContracts.colour',
        'rules.moonPhase',
        'rules.no_stop_loss_grace.grace_period_seconds',
      ]),
    );
    expect(leftOut(converted)).toHaveLength(4);
  });
});

describe('the other files', () => {
  it('timers are carried over with their words and durations', () => {
    const converted = convert(
      `daily_reset: { time: "17:00", reset_actions: { clear_daily_pnl: false } }
lockout_durations:
  hard_lockout: { daily_realized_loss: until_reset }
  timer_cooldown: { trade_frequency: { per_hour_breach: 1800 }, cooldown_after_loss: 15m }
early_close: [{ date: "2026-11-27", close_time: "12:00" }]
advanced: { session_close_grace: 60, dst: { spring_gap: next_valid } }`,
      'timers_config.yaml',
    );
    expect(leftOut(converted)).toEqual([]);
    expect(tree(converted, 'timers.yaml')).toMatchObject({
      dailyReset: { resetActions: { clearDailyPnl: false } },
      lockoutDurations: { timerCooldown: { tradeFrequency: { perHourBreach: '1800s' } } },
      earlyClose: [{ closeTime: '12:00' }],
      advanced: { dst: { springGap: 'nextValid' } },
    });
  });

  it('an account keeps its name or number as text, and its own file is another file', () => {
    const converted = convertFiles([
      {
        name: 'accounts.yaml',
        text: `accounts:
  - { id: PRAC-V2-1, account_type: practice, risk_config_file: config/own.yaml }
  - { id: 4711, config_overrides: { max_contracts: { limit: 2 } } }`,
      },
      { name: 'own.yaml', text: 'rules: { daily_realized_loss: { limit: -250 } }' },
    ]);
    expect(tree(converted, 'accounts.yaml')).toEqual({
      accounts: [
        { id: 'PRAC-V2-1', accountType: 'practice', riskConfigFile: 'accounts/own.yaml' },
        { id: '4711', configOverrides: { rules: { maxContracts: { limit: 2 } } } },
      ],
    });
    expect(tree(converted, 'accounts/own.yaml')).toEqual({
      rules: { dailyRealizedLoss: { limit: -250 } },
    });
    expect(converted.files.map(({ name }) => name)).not.toContain('risk.yaml');
  });

  it('never show or copy a secret', () => {
    const converted = convert(
      'topstepx: { username: "${PROJECT_X_USERNAME}", api_key: s3cr3tvalue }',
      'accounts.yaml',
    );
    expect(JSON.stringify(converted)).not.toContain('s3cr3t');
    expect(leftOut(converted)).toEqual(['gateways.topstepx.apiKey']);
    expect(valueAt(tree(converted, 'accounts.yaml'), ['gateways', 'topstepx', 'username'])).toBe(
      '${PROJECT_X_USERNAME}',
    );
  });

  it('refuse what is no map', () => {
    expect(() => convert('- one')).toThrow('is not a map of keys');
    expect(() => convert('a: [')).toThrow('is no YAML');
  });
});

it('what it writes is a good configuration, and nothing that exists is overwritten', async () => {
  const risk = join(folder, 'risk_config.yaml');
  writeFileSync(
    risk,
    'rules: { max_contracts: { limit: 4 }, daily_realized_loss: { limit: -400 } }\naccounts: [{ id: A1 }]',
  );
  const out = join(folder, 'config');
  await convertConfiguration([risk], out);
  const { accounts } = loadConfiguration({ path: out });
  expect(accounts[0]?.rules.find(({ key }) => key === 'maxContracts')?.config).toMatchObject({
    limit: 4,
  });
  const before = readFileSync(join(out, 'risk.yaml'), 'utf8');
  await expect(convertConfiguration([risk], out)).rejects.toMatchObject({
    code: 'CONVERSION_OUTPUT',
  });
  expect(readFileSync(join(out, 'risk.yaml'), 'utf8')).toBe(before);
  await convertConfiguration([risk], undefined);
  await expect(convertConfiguration([join(folder, 'none.yaml')], undefined)).rejects.toMatchObject({
    exitCode: 66,
  });
  expect(existsSync(join(folder, 'none.yaml'))).toBe(false);
});
