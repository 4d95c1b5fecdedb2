/** Verifies: G46, G47, REQ-M1, REQ-SI1; execution 14 (every gate of LIVE, named at once; no silent downgrade). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeDrill } from '../../src/bin/drill/log.ts';
import { liveGatesOf, refuseLive } from '../../src/bin/live-refusal.ts';
import { liveRefused, unmetGates, type LiveFacts } from '../../src/bin/mode-gates.ts';
import { OperatorError } from '../../src/kernel/errors.ts';
import { acquireEngineLock } from '../../src/persistence/lock-file.ts';
import { startTestEngine } from '../support/engine.ts';
import { operate } from '../support/operate.ts';

const green: LiveFacts = {
  readOnly: false,
  accounts: ['A1', 'A2'],
  confirmed: 'A2',
  hasVenue: true,
  isConfigurationValid: true,
  isLockFree: true,
  isStoreHealthy: true,
  isReconciled: true,
  isKilled: false,
  clockDriftMs: -150,
  clockDriftMsMax: 150,
  missingSecrets: [],
  unwiredRules: [],
};

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bulkhead-live-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function refusal(run: () => void): OperatorError {
  try {
    run();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('LIVE was not refused');
}

function configured(text: string): string {
  const path = join(directory, 'bulkhead.yaml');
  writeFileSync(path, text);
  return path;
}

const cases: readonly [string, Partial<LiveFacts>][] = [
  ['readOnly', { readOnly: true }],
  ['configuration', { isConfigurationValid: false }],
  ['venue', { hasVenue: false }],
  ['single-instance lock', { isLockFree: false }],
  ['store', { isStoreHealthy: false }],
  ['store', { isStoreHealthy: undefined }],
  ['reconciliation', { isReconciled: false }],
  ['reconciliation', { isReconciled: undefined }],
  ['kill switch', { isKilled: true }],
  ['kill switch', { isKilled: undefined }],
  ['clock', { clockDriftMs: 151 }],
  ['clock', { clockDriftMs: Number.NaN }],
  ['clock', { clockDriftMs: undefined }],
  ['secrets', { missingSecrets: ['topstepx.apiKey'] }],
  ['rules', { unwiredRules: ['RULE-003'] }],
  ['confirmation', { confirmed: undefined }],
  ['confirmation', { confirmed: 'other' }],
];

describe('the gates of LIVE', () => {
  it('are all met by facts that are all known and good', () => {
    expect(unmetGates(green)).toEqual([]);
  });

  it.each(cases)('%s alone refuses: %o', (gate, facts) => {
    expect(unmetGates({ ...green, ...facts }).map((one) => one.gate)).toEqual([gate]);
  });

  it('are named together in one refusal with exit code 78', () => {
    const unmet = unmetGates({ ...green, readOnly: true, clockDriftMs: 151, confirmed: undefined });
    const error = liveRefused(unmet);
    expect(error.exitCode).toBe(78);
    expect(error.message).toContain('3 gates are not met');
    for (const text of ['readOnly', 'off by 151 ms', '--confirm-live'])
      expect(error.message).toContain(text);
  });
});

describe('LIVE on the command line', () => {
  it('G46 is refused with readOnly, and without confirmation, and names the missing venue', () => {
    const error = refusal(() => refuseLive({ dataDir: directory, mode: 'LIVE' }));
    expect(error.code).toBe('LIVE_REFUSED');
    for (const text of [
      'readOnly is true',
      'no adapter for a live venue',
      '--confirm-live <account id>',
    ])
      expect(error.message).toContain(text);
  });

  it('G46 is refused although readOnly is false and the operator has confirmed, and says only what is left', () => {
    const configPath = configured('mode: LIVE\nreadOnly: false\naccounts: [{ id: A1 }]\n');
    const error = refusal(() => refuseLive({ dataDir: directory, configPath, confirmLive: 'A1' }));
    expect(error.message).not.toContain('readOnly is true');
    expect(error.message).not.toContain('--confirm-live');
    expect(error.message).toContain('no adapter for a live venue');
  });

  it('counts the kill file, the lock and a configuration that is not valid', () => {
    writeFileSync(join(directory, 'KILL_SWITCH'), '');
    const lock = acquireEngineLock(directory);
    const configPath = configured('mode: LIVE\nrules: { nothing: {} }\n');
    const error = refusal(() => refuseLive({ dataDir: directory, configPath }));
    lock.release();
    for (const text of ['a kill switch is latched', 'another instance holds', 'not valid'])
      expect(error.message).toContain(text);
  });

  it.each(['PAPER', 'DRY_RUN'] as const)('leaves %s alone', (mode) => {
    const configPath = configured('mode: LIVE\n');
    expect(() => refuseLive({ dataDir: directory, configPath, mode })).not.toThrow();
  });
});

describe('what the command line shows before LIVE is refused', () => {
  const status = async (options: Parameters<typeof liveGatesOf>[0]): Promise<Map<string, string>> =>
    new Map((await liveGatesOf(options))?.gates.map((gate) => [gate.gate, gate.status]));

  it('is every gate, what nobody can know before a venue is connected included', async () => {
    const configPath = configured('mode: LIVE\nreadOnly: false\naccounts: [{ id: A1 }]\n');
    const shown = await status({ dataDir: directory, configPath, confirmLive: 'A1' });
    expect(Object.fromEntries(shown)).toEqual({
      readOnly: 'PASS',
      configuration: 'PASS',
      venue: 'FAIL',
      'single-instance lock': 'PASS',
      store: 'UNKNOWN',
      reconciliation: 'UNKNOWN',
      'kill switch': 'PASS',
      clock: 'UNKNOWN',
      secrets: 'FAIL',
      'prop-firm bounds': 'PASS',
      rules: 'UNKNOWN',
      confirmation: 'PASS',
    });
  });

  it('has a remedy for whatever is not met, and the ladder that no process can climb alone', async () => {
    const report = await liveGatesOf({ dataDir: directory, mode: 'LIVE' });
    for (const { status: is, remedy } of report?.gates ?? [])
      expect(remedy === '').toBe(is === 'PASS');
    expect(report?.ladder.map(({ gate }) => gate)).toEqual([
      'tests',
      'paper',
      'drill',
      'telemetry',
      'canary',
    ]);
  });

  it('knows a drill that was verified flat, and not one that was not', async () => {
    const drill = async (): Promise<string | undefined> => {
      const report = await liveGatesOf({ dataDir: directory, mode: 'LIVE' });
      return report?.ladder.find(({ gate }) => gate === 'drill')?.status;
    };
    const line = { name: 'kill-switch --flatten', totalMs: 900, text: 'drilled' };
    expect(await drill()).toBe('UNKNOWN');
    writeDrill(directory, { ...line, isPassed: true });
    expect(await drill()).toBe('PASS');
    writeDrill(directory, { ...line, isPassed: false });
    expect(await drill()).toBe('UNKNOWN');
  });

  it('reads the latch and the health of the store that is there', async () => {
    const test = await startTestEngine({ directory });
    const kill = {
      scope: 'account',
      mode: 'cancelOnly',
      isEmergency: false,
      trigger: 'operator',
    } as const;
    operate(test.engine, { verb: 'kill', kill }, { account: 'A1' });
    test.crash();
    const shown = await status({ dataDir: directory, mode: 'LIVE' });
    expect(shown.get('store')).toBe('PASS');
    expect(shown.get('kill switch')).toBe('FAIL');
  });

  it('counts a store that proves nothing as not healthy, and its latch as unknown', async () => {
    writeFileSync(join(directory, 'journal.db'), 'not a database');
    const shown = await status({ dataDir: directory, mode: 'LIVE' });
    expect(shown.get('store')).toBe('FAIL');
    expect(shown.get('kill switch')).toBe('UNKNOWN');
  });

  it.each(['PAPER', 'DRY_RUN'] as const)('is nothing in %s', async (mode) => {
    expect(await liveGatesOf({ dataDir: directory, mode })).toBeUndefined();
  });
});

describe('a second process on the same store', () => {
  it('G47 is refused by the single-instance lock with exit code 75', () => {
    const lock = acquireEngineLock(directory);
    const error = refusal(() => void acquireEngineLock(directory));
    lock.release();
    expect(error).toMatchObject({ code: 'SINGLE_INSTANCE', exitCode: 75 });
    expect(error.message).toContain('single-instance lock');
  });
});
