/** Verifies: rules 10.1: the files are read again on SIGHUP, judged as a whole, and handed to the engine either way. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReloadWish } from '../../src/actors/reload.ts';
import { loadConfiguration } from '../../src/bin/configuration.ts';
import type { MarketRunParts } from '../../src/bin/market-run.ts';
import { reloadOnSignal, reloadWish } from '../../src/bin/reload-on-signal.ts';

let folder = '';
let configPath = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-signal-'));
  configPath = join(folder, 'c.yaml');
  writeFileSync(configPath, 'rules: { maxContracts: { limit: 2 } }');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function partsOf(options: object, wishes: ReloadWish[]): MarketRunParts {
  return {
    composition: { engine: { reload: (wish: ReloadWish) => wishes.push(wish) } },
    source: { intervalMsMax: 30_000 },
    options,
  } as unknown as MarketRunParts;
}

describe('a configuration that is read again', () => {
  it('is what the files say now, under the hash that the check shows', () => {
    const wish = reloadWish({ configPath }, 0);
    expect(wish).toMatchObject({
      hash: loadConfiguration({ path: configPath }).hash,
      settings: { mode: 'PAPER', quoteMaxAgeMs: 5_000 },
    });
  });

  it('lets quotes be as old as the market of the run needs', () => {
    expect(reloadWish({ configPath }, 60_000)).toMatchObject({
      settings: { quoteMaxAgeMs: 60_000 },
    });
  });

  it('that is not valid, or gone, is a refusal with the reason', () => {
    writeFileSync(configPath, 'rules: { maxContracts: { limit: 0 } }');
    expect(reloadWish({ configPath }, 0)).toMatchObject({
      rejected: expect.stringContaining('c.yaml:1 rules.maxContracts.limit was "0"') as string,
    });
    rmSync(configPath);
    expect(reloadWish({ configPath }, 0)).toMatchObject({
      rejected: expect.stringContaining('cannot be read') as string,
    });
  });
});

describe('SIGHUP', () => {
  it('hands the files to the engine, until the run is over', () => {
    const wishes: ReloadWish[] = [];
    const forget = reloadOnSignal(partsOf({ configPath }, wishes));
    process.emit('SIGHUP');
    expect(wishes).toMatchObject([{ settings: { quoteMaxAgeMs: 60_000 } }]);
    forget();
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });

  it('is left alone by a run without a configuration', () => {
    reloadOnSignal(partsOf({}, []));
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });
});
