/** Verifies: the section `groups`: what it takes, what it refuses; and the rule of a group by itself. Source: rules 11, group limits. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineSettings } from '../../src/bin/composition.ts';
import { loadConfiguration, type Configuration } from '../../src/bin/configuration.ts';
import type { AccountId } from '../../src/domain/ids.ts';
import { createRandom } from '../../src/kernel/random.ts';
import { dailyRealizedLoss } from '../../src/rules/daily-realized-loss.rule.ts';
import { appliedRule, groupRule } from '../../src/rules/group-limit.ts';
import type { RuleContext } from '../../src/rules/rule.ts';
import { randomFacts } from '../support/rule-worlds.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-groups-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(text: string): Configuration {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, text);
  return loadConfiguration({ path });
}

function withGroups(groups: string, general = ''): Configuration {
  return load(`${general}
accounts: [{ id: A1 }, { id: A2 }, { id: A3, enabled: false }]
groups: ${groups}`);
}

describe('groups', () => {
  it('become rules of the engine, with what general says, over the accounts that are on', () => {
    const configuration = withGroups(
      '[{ name: desk, accounts: [A1, A2, A3], rules: { dailyRealizedLoss: { limit: -900.5 } } }]',
      'general: { includeFees: false }',
    );
    const [group] = engineSettings(configuration).groups ?? [];
    expect(group?.accounts).toEqual(['A1', 'A2']);
    expect(group?.rules).toHaveLength(1);
    expect(group?.rules[0]?.config).toMatchObject({ limit: -900_500_000, includeFees: false });
  });

  it('that switch a rule off do without it', () => {
    const { groups } = withGroups(
      '[{ name: desk, accounts: [A1], rules: { maxContracts: { enabled: false } } }]',
    );
    expect(groups[0]?.rules).toEqual([]);
  });

  it.each([
    ['an account that nobody knows', '{ accounts: [A1, A9] }', 'groups[0].accounts[1] was "A9"'],
    ['an account twice', '{ accounts: [A1, A1] }', 'groups[0].accounts[1] was "A1"'],
    ['no account', '{ accounts: [] }', 'at least one account'],
    ['a name with a space', '{ name: the desk }', 'letters, digits and hyphens'],
    [
      'a rule without its limit',
      '{ rules: { dailyRealizedLoss: {} } }',
      'groups[0].rules.dailyRealizedLoss.limit is missing',
    ],
    [
      'a rule that means nothing for a group',
      '{ rules: { noStopLossGrace: {} } }',
      'groups[0].rules.noStopLossGrace is no key',
    ],
    [
      'a limit that is none',
      '{ rules: { maxContracts: { limit: 0 } } }',
      'groups[0].rules.maxContracts.limit was "0"',
    ],
    [
      'a single position as the measure',
      '{ rules: { dailyUnrealizedLoss: { limit: -5, scope: perPosition } } }',
      'groups[0].rules.dailyUnrealizedLoss.scope was "perPosition"',
    ],
  ])('refuse %s', (_, given, text) => {
    const whole = {
      name: 'desk',
      accounts: '[A1]',
      rules: '{ maxContracts: { limit: 5 } }',
    };
    const [, key = '', value = ''] = /^\{ (\w+): (.*) \}$/u.exec(given) ?? [];
    const entries = Object.entries({ ...whole, [key]: value });
    const group = entries.map(([name, own]) => `${name}: ${own}`).join(', ');
    expect(() => withGroups(`[{ ${group} }]`)).toThrow(text);
  });

  it('refuse the name of another group, in any case', () => {
    const one = (name: string): string => `{ name: ${name}, accounts: [A1], rules: {} }`;
    expect(() => withGroups(`[${one('desk')}, ${one('DESK')}]`)).toThrow('groups[1].name');
  });

  it('refuse accounts whose days change at different times', () => {
    const text = `accounts:
  - id: A1
  - { id: A2, configOverrides: { dailyReset: { time: '16:00' } } }
groups: [{ name: desk, accounts: [A1, A2], rules: {} }]`;
    expect(() => load(text)).toThrow('groups[0].accounts[1] was "A2": the daily reset of a group');
  });
});

describe('the rule of a group', () => {
  const config = dailyRealizedLoss.config.parse({ limit: -100, combinedWithUnrealized: false });
  const rule = groupRule(dailyRealizedLoss, 'desk');
  const factsOf = (id: string, change: object): RuleContext['facts'] => ({
    ...randomFacts(createRandom(id), id as AccountId, 1, 1_000, {}),
    isReconciled: true,
    feesUnits: 0,
    realizedUnits: 0,
    ...change,
  });
  const judged = (members: readonly RuleContext['facts'][] | undefined) => {
    const facts = factsOf('A1', {});
    const context: RuleContext = {
      facts,
      marks: () => undefined,
      instrumentOf: () => undefined,
      nowMs: 2_000,
      membersOf: () => members,
    };
    return rule.evaluate(context, config)[0];
  };

  it('is known by the rule and the group', () => {
    expect(rule.id).toBe('RULE-003@DESK');
    expect(appliedRule(rule.id)).toBe('RULE-003');
    expect(appliedRule(dailyRealizedLoss.id)).toBe('RULE-003');
  });

  it('adds up to the unit', () => {
    const one = factsOf('A1', { realizedUnits: -60_000_000 });
    const rest = (units: number) => factsOf('A2', { realizedUnits: units });
    expect(judged([one, rest(-39_999_999)])).toMatchObject({ verdict: 'PASS', headroom: 1 });
    expect(judged([one, rest(-40_000_000)])).toMatchObject({ verdict: 'DENY' });
  });

  it('is UNKNOWN where a member is not there, not compared, or counts in other money', () => {
    expect(judged(undefined)).toMatchObject({ verdict: 'UNKNOWN', missing: ['group:desk'] });
    const one = factsOf('A1', {});
    expect(judged([one, factsOf('A2', { isReconciled: false })])).toMatchObject({
      verdict: 'UNKNOWN',
    });
    expect(judged([one, factsOf('A2', { currency: 'BTC' })])).toMatchObject({
      verdict: 'UNKNOWN',
      missing: ['currency:A2'],
    });
  });
});
