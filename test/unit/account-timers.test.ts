/** Verifies: trading days, resets and hours of single accounts: their layers, their checks, what the engine is told. Source: rules 10.4, 10.7 and 11. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { engineSettings } from '../../src/bin/composition.ts';
import { loadConfiguration, type Configuration } from '../../src/bin/configuration.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-timers-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(text: string, file?: string): Configuration {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, text);
  if (file !== undefined) writeFileSync(join(folder, 'own.yml'), file);
  return loadConfiguration({ path });
}

it('an account that says nothing of its hours keeps those of all accounts', () => {
  const { accounts } = engineSettings(load('accounts: [{ id: A1 }]'));
  expect(accounts[0]).not.toHaveProperty('calendar');
  expect(accounts[0]).not.toHaveProperty('sessions');
  expect(accounts[0]).not.toHaveProperty('resets');
});

it('overrides merge over the file of the account, and that over the base', () => {
  const configuration = load(
    `dailyReset: { time: '16:00', timezone: America/New_York }
accounts:
  - id: A1
    riskConfigFile: own.yml
    configOverrides: { dailyReset: { timezone: Europe/Berlin }, sessionHours: { enabled: false } }
  - id: A2`,
    `dailyReset: { time: '22:00', calendar: continuous }
weeklyReset: { enabled: false }`,
  );
  const [first, second] = engineSettings(configuration).accounts;
  expect(first?.calendar?.settings).toEqual({
    time: '22:00',
    zone: 'Europe/Berlin',
    kind: 'continuous',
  });
  expect(first?.resets?.weekly.isEnabled).toBe(false);
  expect(first?.sessions).toBe('none');
  expect(second).not.toHaveProperty('calendar');
});

it('shows the values that an account has for itself, with their place, and no others', () => {
  const { values } = load(`accounts:
  - id: A1
    configOverrides: { weeklyReset: { day: 4 } }`);
  const own = values.filter(({ account, key }) => account === 'A1' && key.includes('Reset'));
  expect(own).toEqual([
    {
      account: 'A1',
      key: 'weeklyReset.day',
      value: '4',
      source: 'c.yaml:3 accounts[0].configOverrides.weeklyReset.day',
    },
  ]);
});

it('10.7 (13): a reset and a session in two zones are a warning of that account alone', () => {
  const { warnings } = load(`accounts:
  - id: A1
  - id: A2
    configOverrides: { dailyReset: { timezone: America/New_York } }
  - id: A3
    configOverrides: { sessionHours: { timezone: Europe/Berlin, enabled: false } }`);
  expect(warnings).toEqual([
    'account A2: sessionHours.timezone America/Chicago is not dailyReset.timezone America/New_York',
  ]);
});

it.each([
  ['an unknown key', '{ dailyReset: { hour: 17 } }', 'dailyReset.hour is no key of this version'],
  [
    'no time of day',
    "{ sessionHours: { start: '25:00' } }",
    'sessionHours.start was "25:00": HH:MM in 24-hour form',
  ],
  [
    'a session that starts when it ends in the base',
    "{ sessionHours: { start: '15:00' } }",
    'the session ends at another time than it starts',
  ],
  [
    '10.7 (14): no daily reset under a rule that locks until it',
    '{ dailyReset: { enabled: false } }',
    'of account A2 locks until the reset',
  ],
  [
    '10.7 (15): another time than RULE-003 names',
    "{ dailyReset: { time: '16:00' }, rules: { dailyRealizedLoss: { resetTime: '17:00' } } }",
    'was "17:00": the same as dailyReset, 16:00',
  ],
])('refuses %s', (_, overrides, text) => {
  const file = `accounts:\n  - id: A1\n  - id: A2\n    configOverrides: ${overrides}`;
  expect(() => load(file)).toThrow(text);
});
