/** Verifies: negative case T6: the values that are printed are the values that are used; configuration 11 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration, type Configuration } from '../../src/bin/configuration.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-effective-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(text: string): Configuration {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, text);
  return loadConfiguration({ path });
}

/** What is used at a printed path: numbers and words that are printed as they are. */
function usedAt(used: unknown, key: string): unknown {
  let at = used;
  for (const name of key.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}

/** Money, shares and durations are used as whole units and printed with a point or a unit: their digits are the same. */
function digits(text: string): string {
  return text.replaceAll(/[^\d-]/gu, '').replace(/^(-?)0+(?=\d)/u, '$1');
}

/** What, as printed, as used: every number and switch. */
function compared(configuration: Configuration): readonly [string, string, string][] {
  return configuration.values.flatMap(({ account, key, value }): [string, string, string][] => {
    const used =
      account === '*'
        ? usedAt(configuration.execution, key)
        : usedAt(configuration.accounts.find(({ id }) => id === account)?.controls, key);
    if (typeof used === 'boolean') return [[`${account} ${key}`, value, String(used)]];
    return typeof used === 'number'
      ? [[`${account} ${key}`, digits(value), digits(String(used))]]
      : [];
  });
}

describe('T6 what is printed is what is used', () => {
  it('by default, value by value', () => {
    const pairs = compared(loadConfiguration());
    expect(pairs.length).toBeGreaterThan(40);
    expect(pairs.filter(([, printed, used]) => printed !== used)).toEqual([]);
  });

  it('where a file and an account say otherwise', () => {
    const configuration = load(`
order: { partialFillTimeoutSeconds: 90 }
staleness: { quoteMaxAgeSeconds: 60 }
accounts:
  - id: A
    strategy: none
  - id: B
    strategy: none
    configOverrides: { staleness: { quoteMaxAgeSeconds: 5 } }
`);
    const printed = (account: string, key: string): string | undefined =>
      configuration.values.find((one) => one.account === account && one.key === key)?.value;
    expect(printed('*', 'order.partialFillTimeoutSeconds')).toBe('90');
    expect(configuration.execution.order.partialFillTimeoutSeconds).toBe(90);
    expect(printed('A', 'staleness.quoteMaxAgeSeconds')).toBe('60');
    expect(printed('B', 'staleness.quoteMaxAgeSeconds')).toBe('5');
    expect(configuration.accounts.map(({ controls }) => controls.staleness)).toMatchObject([
      { quoteMaxAgeSeconds: 60 },
      { quoteMaxAgeSeconds: 5 },
    ]);
    expect(compared(configuration).filter(([, said, used]) => said !== used)).toEqual([]);
  });
});
