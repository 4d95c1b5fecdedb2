/** Verifies: loading of the configuration: defaults, layers, exact numbers, and every way to refuse. Source: style 13, rules 10 and 11. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration, type Configuration } from '../../src/bin/configuration.ts';
import { suggestion } from '../../src/bin/configuration/problem.ts';
import type { InstrumentId } from '../../src/domain/ids.ts';
import { OperatorError } from '../../src/kernel/errors.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-configuration-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(text: string, options: { readonly mode?: string } = {}): Configuration {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, text);
  return loadConfiguration({ path, ...options });
}

/** What the load is refused with. */
function refusal(run: () => unknown): OperatorError {
  try {
    run();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('the configuration is refused');
}

function ruleOf(
  configuration: Configuration,
  key: string,
  account = 0,
): Readonly<Record<string, unknown>> {
  const setting = configuration.accounts[account]?.rules.find((rule) => rule.key === key);
  return (setting?.config ?? {}) as Readonly<Record<string, unknown>>;
}

describe('without a file', () => {
  it('is a demonstration: one account of 50,000, small limits, and a trader who needs them', () => {
    const configuration = loadConfiguration();
    expect(configuration).toMatchObject({
      mode: 'PAPER',
      calendar: { time: '17:00', zone: 'America/Chicago', kind: 'futures' },
      quoteMaxAgeMs: 5_000,
      warnings: [],
    });
    expect(configuration.accounts).toHaveLength(1);
    expect(configuration.accounts[0]).toMatchObject({
      id: 'A1',
      name: 'A1',
      balanceUnits: 50_000_000_000,
      trader: 'reckless',
    });
    expect(ruleOf(configuration, 'maxContracts')).toMatchObject({ enabled: true, limit: 5 });
    expect(ruleOf(configuration, 'dailyRealizedLoss')).toMatchObject({
      enabled: true,
      limit: -500_000_000,
    });
    expect(ruleOf(configuration, 'dailyUnrealizedLoss')).toMatchObject({
      enabled: true,
      limit: -300_000_000,
    });
  });

  it('takes the mode of the command line', () => {
    expect(loadConfiguration({ mode: 'DRY_RUN' }).mode).toBe('DRY_RUN');
    expect(load('mode: paper', { mode: 'dry_run' }).mode).toBe('DRY_RUN');
  });
});

describe('a file', () => {
  it('of the example says what holds without it, but for the trader and the rules that are off', () => {
    const example = loadConfiguration({
      path: new URL('../../config/bulkhead.example.yaml', import.meta.url).pathname,
    });
    const { accounts, paperVenue, calendar, quoteMaxAgeMs, timezone, readOnly } =
      loadConfiguration();
    // The demonstration switches off what it shows nothing of.
    const isOff = (key: string): boolean =>
      accounts.some(({ rules }) =>
        rules.some((rule) => rule.key === key && !(rule.config as { enabled: boolean }).enabled),
      );
    const shown = (all: typeof accounts) =>
      all.map((account) => ({
        ...account,
        trader: 'reckless',
        rules: account.rules.filter(({ key }) => !isOff(key)),
      }));
    expect(shown(example.accounts)).toEqual(shown(accounts));
    expect(example).toMatchObject({ paperVenue, calendar, quoteMaxAgeMs, timezone, readOnly });
    expect(example.accounts[0]?.trader).toBe('vwap');
  });

  it('that is empty changes nothing but the trader', () => {
    expect(load('# nothing\n').accounts[0]).toMatchObject({ id: 'A1', trader: 'vwap' });
  });

  it('gives amounts exactly as they are written, quoted or not', () => {
    const configuration = load(`
accounts: [{ id: A, balance: 50000.10 }, { id: B, balance: "9000000000.000001" }]
rules: { dailyRealizedLoss: { limit: -500.10 }, dailyUnrealizedLoss: { limit: "-0.3" } }`);
    expect(configuration.accounts.map(({ balanceUnits }) => balanceUnits)).toEqual([
      50_000_100_000, 9_000_000_000_000_001,
    ]);
    expect(ruleOf(configuration, 'dailyRealizedLoss')['limit']).toBe(-500_100_000);
    expect(ruleOf(configuration, 'dailyUnrealizedLoss')['limit']).toBe(-300_000);
  });

  it('merges defaults, general, rules and the overrides of an account, and knows where each value comes from', () => {
    const configuration = load(`
general: { includeFees: false, quoteMaxAgeSeconds: 7 }
rules:
  maxContracts: { limit: 4, countType: gross }
accounts:
  - id: A
  - id: B
    strategy: none
    configOverrides:
      general: { includeFees: true }
      rules: { maxContracts: { limit: 2 } }
`);
    expect(ruleOf(configuration, 'maxContracts', 0)).toMatchObject({
      limit: 4,
      countType: 'gross',
      includeFees: false,
      quoteMaxAgeSeconds: 7,
    });
    expect(ruleOf(configuration, 'maxContracts', 1)).toMatchObject({
      limit: 2,
      countType: 'gross',
      includeFees: true,
      quoteMaxAgeSeconds: 7,
    });
    expect(configuration.quoteMaxAgeMs).toBe(7_000);
    expect(configuration.accounts.map(({ trader }) => trader)).toEqual(['vwap', 'none']);
    const sourceOf = (account: string, key: string) =>
      configuration.values.find(
        (value) => value.account === account && value.key === `rules.maxContracts.${key}`,
      )?.source;
    expect(sourceOf('A', 'limit')).toBe('c.yaml:4 rules.maxContracts.limit');
    expect(sourceOf('B', 'limit')).toBe(
      'c.yaml:11 accounts[1].configOverrides.rules.maxContracts.limit',
    );
    expect(sourceOf('B', 'enforcement')).toBe('default');
  });

  it('merges maps of an override by key at every depth, and replaces lists', () => {
    const configuration = load(`
rules:
  tradeFrequencyLimit: { limits: { perMinute: 5, perHour: 20 } }
  symbolBlocks: { enabled: true, blockedSymbols: [ES, NQ] }
accounts:
  - id: A
    configOverrides:
      rules:
        tradeFrequencyLimit: { limits: { perMinute: 2 } }
        symbolBlocks: { blockedSymbols: [CL] }
`);
    expect(ruleOf(configuration, 'tradeFrequencyLimit')['limits']).toMatchObject({
      perMinute: 2,
      perHour: 20,
    });
    expect(ruleOf(configuration, 'symbolBlocks')).toMatchObject({
      enabled: true,
      blockedSymbols: ['CL'],
    });
  });

  it('defines instruments, with numbers as text', () => {
    const configuration = load(`
instruments:
  - { id: XYZ, kind: future, settlementCurrency: USD, tickSize: 0.10, multiplier: 3, feePpm: 20, calendar: futures }`);
    expect(configuration.instruments.get('XYZ' as InstrumentId)).toMatchObject({
      feePpm: 20,
      value: { num: 300_000, den: 1 },
    });
  });

  it('sets up the paper venue', () => {
    expect(
      load('venue: { paper: { latencyMs: 20, slippageTicks: 1, lotsPerLevel: 3 } }').paperVenue,
    ).toMatchObject({
      faults: { latencyMs: 20, slippageTicks: 1 },
      depth: { lotsPerLevel: 3 },
    });
  });

  it('may be a folder, each top-level key in one of its files', () => {
    writeFileSync(join(folder, 'risk.yaml'), 'rules: { maxContracts: { limit: 3 } }');
    writeFileSync(join(folder, 'accounts.yml'), 'accounts: [{ id: A }]');
    writeFileSync(join(folder, 'notes.txt'), 'not: [yaml');
    const configuration = loadConfiguration({ path: folder });
    expect(configuration.accounts[0]?.id).toBe('A');
    expect(ruleOf(configuration, 'maxContracts')['limit']).toBe(3);
  });

  it('lets quotes be older for a slow recording, and never younger than configured', () => {
    const configuration = load('general: { quoteMaxAgeSeconds: 10 }');
    const slow = configuration.withQuoteMaxAge(120_500);
    expect(slow.quoteMaxAgeMs).toBe(121_000);
    expect(ruleOf(slow, 'dailyUnrealizedLoss')['quoteMaxAgeSeconds']).toBe(121);
    expect(ruleOf(configuration.withQuoteMaxAge(1_000), 'maxContracts')['quoteMaxAgeSeconds']).toBe(
      10,
    );
    expect(slow.withQuoteMaxAge(1_000).quoteMaxAgeMs).toBe(121_000);
  });

  it('warns when net counting lets instruments hide each other', () => {
    const spec = (id: string) =>
      `{ id: ${id}, kind: future, settlementCurrency: USD, tickSize: 1, multiplier: 1, calendar: futures }`;
    const two = `instruments: [${spec('X1')}, ${spec('X2')}]\n`;
    expect(load(two).warnings).toHaveLength(1);
    expect(load(`${two}rules: { maxContracts: { countType: gross } }`).warnings).toEqual([]);
  });
});

describe('limits of one instrument and blocked symbols', () => {
  it('warns of a named limit that the account never lets anybody reach', () => {
    const wide = 'maxContractsPerInstrument: { instrumentLimits: { enq: 9 } }';
    expect(load(`rules: { ${wide} }`).warnings).toEqual([
      'account A1: maxContractsPerInstrument.instrumentLimits.NQ 9 is greater than maxContracts.limit, 5',
    ]);
    const weighted = 'maxContracts: { countType: miniEquivalent }';
    expect(load(`rules: { ${wide}, ${weighted} }`).warnings).toEqual([]);
  });

  it('lets a small account stand beside the built-in default of one instrument', () => {
    expect(load('rules: { maxContracts: { limit: 2 } }').warnings).toEqual([]);
  });

  it('warns of a block of everything', () => {
    const block = (patterns: string) =>
      load(`rules: { symbolBlocks: { enabled: true, blockedSymbols: ${patterns} } }`).warnings;
    expect(block('["ES", "*"]')).toEqual([
      'account A1: symbolBlocks.blockedSymbols "*" blocks every instrument',
    ]);
    expect(block('["ES*"]')).toEqual([]);
  });
});

describe('a refusal', () => {
  it.each([
    [
      'an unknown key',
      'ruels: {}',
      'c.yaml:1 ruels is no key of this version, did you mean rules?',
    ],
    [
      'an unknown key of a rule',
      'rules:\n  maxContracts: { limt: 3 }',
      'c.yaml:2 rules.maxContracts.limt is no key of this version, did you mean limit?',
    ],
    [
      'an unknown rule',
      'rules: { maxContract: {} }',
      'rules.maxContract is no key of this version, did you mean maxContracts?',
    ],
    [
      'an unknown key of an account',
      'accounts: [{ id: A, ballance: 3 }]',
      'accounts[0].ballance is no key of this version, did you mean balance?',
    ],
    [
      'a loss limit above 0',
      'rules: { dailyRealizedLoss: { limit: 500 } }',
      'rules.dailyRealizedLoss.limit was "500": a loss limit is below 0',
    ],
    [
      'a limit of no contract',
      'rules: { maxContracts: { limit: 0 } }',
      'rules.maxContracts.limit was "0": a whole number, at least 1',
    ],
    [
      'a fraction of a contract',
      'rules: { maxContracts: { limit: 2.5 } }',
      'rules.maxContracts.limit was "2.5"',
    ],
    [
      'a number that is none',
      'rules: { dailyRealizedLoss: { limit: .nan } }',
      'rules.dailyRealizedLoss.limit was ".nan"',
    ],
    [
      'null',
      'rules: { dailyRealizedLoss: { limit: ~ } }',
      'rules.dailyRealizedLoss.limit was null',
    ],
    [
      'an amount finer than the accounting unit',
      'accounts: [{ id: A, balance: 1.0000001 }]',
      'at most 6 decimals',
    ],
    [
      'a wrong time',
      'dailyReset: { time: "25:00" }',
      'dailyReset.time was "25:00": HH:MM in 24-hour form',
    ],
    [
      'an unknown zone',
      'dailyReset: { timezone: Mars/Base }',
      'dailyReset.timezone was "Mars/Base": an IANA zone',
    ],
    [
      'a choice that does not exist',
      'trader: bob',
      'trader was "bob": one of vwap, reckless, none',
    ],
    ['no account', 'accounts: []', 'accounts was []: at least one account'],
    ['an account without id', 'accounts: [{ balance: 5 }]', 'accounts[0].id is missing'],
    [
      'an account twice',
      'accounts: [{ id: A }, { id: A }]',
      'accounts[1].id was "A": an id that no other account has',
    ],
    [
      'an open loss limit that is not tighter',
      'rules: { dailyUnrealizedLoss: { limit: -500 } }',
      'rules.dailyUnrealizedLoss.limit of account A1 is not smaller',
    ],
    [
      'a default of one instrument beyond the account',
      'rules: { maxContracts: { limit: 2 }, maxContractsPerInstrument: { defaultLimit: 3 } }',
      'rules.maxContractsPerInstrument.defaultLimit was 3, of account A1 greater than maxContracts.limit, 2',
    ],
    [
      'two limits of one instrument that differ',
      'rules: { maxContractsPerInstrument: { instrumentLimits: { NQ: 1, ENQ: 2 } } }',
      'ENQ means NQ, which has another limit here, was 2 and 1',
    ],
    [
      'a pattern that is none',
      'rules: { symbolBlocks: { blockedSymbols: ["[ES"] } }',
      'rules.symbolBlocks.blockedSymbols[0] was "[ES": a pattern',
    ],
    [
      'a lock until a reset that does not come',
      'dailyReset: { enabled: false }',
      'dailyReset.enabled was false: rule dailyRealizedLoss of account A1',
    ],
    [
      'a reset time in two places that differ',
      'rules: { dailyRealizedLoss: { resetTime: "16:00" } }',
      'resetTime was "16:00": the same as dailyReset, 17:00',
    ],
    [
      'an instrument without a tick',
      'instruments: [{ id: X, kind: spot, settlementCurrency: USD, tickSize: 0, multiplier: 1, calendar: continuous }]',
      'tickSize of X is greater than 0',
    ],
    ['LIVE', 'mode: LIVE', 'mode was "LIVE": this version has no live venue'],
    ['a key twice', 'mode: PAPER\nmode: PAPER', 'c.yaml:2 DUPLICATE_KEY is not permitted'],
    [
      'a tag that the parser only warns about',
      'trader: !!js/function vwap',
      'TAG_RESOLVE_FAILED is not permitted',
    ],
    ['an alias', 'mode: &x PAPER\ntrader: *x', 'c.yaml:2 *x is an alias'],
    ['a second document', 'mode: PAPER\n---\nmode: PAPER', 'begins a second document'],
    ['a list instead of keys', '- mode', 'is no map of keys'],
    ['text that is no YAML', 'rules: [', 'c.yaml:1'],
  ])('of %s names key, value and expectation', (_, text, message) => {
    const error = refusal(() => load(text));
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('\n');
    expect(error).toMatchObject({ exitCode: 78, code: 'CONFIGURATION_INVALID' });
  });

  it('lists every problem of files, rules and accounts at once', () => {
    const error = refusal(() =>
      load(`
mod: PAPER
general: { quoteMaxAgeSeconds: 0 }
rules: { maxContracts: { limit: 0 } }
accounts:
  - id: A
    configOverrides: { rules: { dailyRealizedLoss: { limit: 1 } } }
  - { id: B }`),
    );
    expect(error.message).toMatch(/^4 problems in the configuration: /u);
    expect(error.message).toContain('c.yaml:2 mod is no key of this version, did you mean mode?');
    expect(error.message).toContain(
      'c.yaml:3 general.quoteMaxAgeSeconds was "0": a whole number from 1 to 3600',
    );
    expect(error.message).toContain('c.yaml:4 rules.maxContracts.limit was "0"');
    expect(error.message).toContain(
      'c.yaml:7 accounts[0].configOverrides.rules.dailyRealizedLoss.limit was "1"',
    );
  });

  it.each([
    'apiKey: abc123',
    'venue: { token: abc123 }',
    'accounts: [{ id: A, password: "abc123" }]',
    'clientSecret: [abc123]',
  ])('of a literal secret (%s) does not repeat it', (text) => {
    const error = refusal(() => load(text));
    expect(error.message).toContain('holds a secret');
    expect(error.message).not.toContain('abc123');
  });

  it('of the same key in two files names both', () => {
    writeFileSync(join(folder, 'a.yaml'), 'mode: PAPER');
    writeFileSync(join(folder, 'b.yaml'), 'trader: vwap\nmode: PAPER');
    const error = refusal(() => loadConfiguration({ path: folder }));
    expect(error.message).toBe('b.yaml:2 mode is also in a.yaml: one file has each key');
  });

  it('of a mode on the command line names the command line', () => {
    expect(refusal(() => loadConfiguration({ mode: 'LIVE' })).message).toContain(
      'command line mode was "LIVE"',
    );
  });

  it('of a file that does not exist, or a folder without files, has exit 66', () => {
    expect(refusal(() => loadConfiguration({ path: join(folder, 'none.yaml') })).exitCode).toBe(66);
    mkdirSync(join(folder, 'empty'));
    expect(refusal(() => loadConfiguration({ path: join(folder, 'empty') })).exitCode).toBe(66);
  });
});

describe('did you mean', () => {
  it.each([
    ['limt', ', did you mean limit?'],
    ['LIMIT', ', did you mean limit?'],
    ['maximumContracts', ''],
    ['zzzz', ''],
  ])('%s%s', (key, text) => {
    expect(suggestion(key, ['limit', 'enabled', 'severity'])).toBe(text);
  });
});
