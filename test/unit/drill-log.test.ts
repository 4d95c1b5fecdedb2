/**
 * The log of drills: what came of each is written down, and a line cannot be changed or taken out unseen.
 *
 * Verifies: crash-testing 8 (audited report, inspector page 9)
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { drillKillSwitch } from '../../src/bin/drill/kill-switch.ts';
import { readDrills, writeDrill } from '../../src/bin/drill/log.ts';
import type { KillDrillOptions } from '../../src/cli/drill-report.ts';

vi.setConfig({ testTimeout: 30_000 });

let dataDir = '';
const file = (): string => join(dataDir, 'drills.jsonl');
const outcome = { name: 'kill-switch', isPassed: true, totalMs: 120, text: 'verified flat' };
const drill: KillDrillOptions = {
  flatten: true,
  orders: 4,
  positions: 1,
  venueLatencyMs: 1,
  runs: 1,
  mode: 'PAPER',
};

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'bulkhead-drills-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

describe('the log of drills', () => {
  it('has a drill with its result and its time', async () => {
    const report = await drillKillSwitch({ ...drill, dataDir });
    const { drills, problem } = readDrills(dataDir);
    expect(problem).toBeUndefined();
    expect(drills).toHaveLength(1);
    expect(drills[0]).toMatchObject({
      name: 'kill-switch --flatten',
      isPassed: report.verifiedFlat,
      totalMs: report.worstMs,
    });
  });

  it('has nothing of a drill that was refused', async () => {
    await expect(drillKillSwitch({ ...drill, positions: 1_000_000, dataDir })).rejects.toThrow(
      /at most/u,
    );
    await expect(drillKillSwitch({ ...drill, mode: 'LIVE', dataDir })).rejects.toThrow(/LIVE/u);
    // What is no drill at all is not one that failed.
    expect(readDrills(dataDir).drills).toEqual([]);
  });

  it('is newest first and holds together', () => {
    for (const totalMs of [1, 2, 3]) writeDrill(dataDir, { ...outcome, totalMs });
    const { drills, problem } = readDrills(dataDir);
    expect(drills.map(({ totalMs }) => totalMs)).toEqual([3, 2, 1]);
    expect(problem).toBeUndefined();
  });

  it.each([
    ['a failed drill that is made a passed one', (text: string) => text.replace('false', 'true')],
    ['a line that is taken out', (text: string) => text.split('\n').slice(1).join('\n')],
    ['a line that is no JSON', (text: string) => `oops\n${text}`],
  ])('tells of %s', (_, change) => {
    for (const isPassed of [false, true]) writeDrill(dataDir, { ...outcome, isPassed });
    writeFileSync(file(), change(readFileSync(file(), 'utf8')));
    expect(readDrills(dataDir).problem).toContain('line 1');
  });

  it('is not begun where there is no data directory', () => {
    expect(writeDrill(join(dataDir, 'nowhere'), outcome)).toBe(false);
    expect(existsSync(join(dataDir, 'nowhere'))).toBe(false);
    expect(readDrills(dataDir)).toEqual({ drills: [] });
  });
});
