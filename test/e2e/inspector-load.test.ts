/**
 * The inspector's real thread beside an engine: it stands back, and is told no more than a wall shows.
 *
 * Verifies: inspector 8 (server overhead)
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startInspector, type InspectorHost } from '../../src/bin/inspector-host.ts';
import { InspectorClient } from '../../src/inspector/client.ts';
import type { ServerFrame } from '../../src/inspector/protocol-reports.ts';
import { TokenFile } from '../../src/inspector/tokens.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { until } from '../support/inspector.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const tasks = '/proc/self/task';

function hasThreads(): boolean {
  try {
    return readdirSync(tasks).length > 0;
  } catch {
    return false;
  }
}

/** How far each thread of this process stands back, by its number. */
function nicenesses(): ReadonlyMap<string, number> {
  return new Map(
    readdirSync(tasks).map((id) => {
      const [, fields = ''] = readFileSync(`${tasks}/${id}/stat`, 'utf8').split(') ');
      return [id, Number(fields.split(' ')[16])];
    }),
  );
}

let test: TestEngine;
let host: InspectorHost;
let before: ReadonlyMap<string, number>;

beforeAll(async () => {
  test = await startTestEngine({ accounts: ['A1'], rules: {} });
  before = hasThreads() ? nicenesses() : new Map();
  host = await startInspector(
    { dataDir: test.directory, port: 0, version: 'test', allowActions: false, isRunning: true },
    () => Promise.resolve({ outcome: 'refused', text: 'test' }),
  );
});
afterAll(async () => {
  await host.close();
  await test.engine.stop();
  removeDirectory(test.directory);
});

describe('the thread of the inspector', () => {
  it.skipIf(!hasThreads())('lets the machines go first, and only itself stands back', () => {
    const after = nicenesses();
    const own = after.get(String(process.pid)) ?? 0;
    const fresh = [...after].filter(([id]) => !before.has(id)).map(([, nice]) => nice);
    expect(fresh.filter((nice) => nice > own)).toHaveLength(1);
    const kept = [...before].filter(([id]) => after.has(id));
    expect(kept.map(([id]) => [id, after.get(id)])).toEqual(kept);
  });

  it('is told five walls a second at most, however often the engine tells', async () => {
    const { token } = new TokenFile(test.directory, systemClock).create({
      role: 'auditor',
      by: 'test',
      days: 1,
    });
    const frames: ServerFrame[] = [];
    const line = new InspectorClient(host.url, token).stream((frame) => frames.push(frame));
    await until(() => frames.some(({ type }) => type === 'hello'), 'hello');
    line.send({ type: 'subscribe', feed: 'live' });
    await until(() => host.isWatched(), 'a viewer');
    const fromMs = performance.now();
    let told = 0;
    while (performance.now() - fromMs < 1_000) {
      host.tell({ nowMs: (told += 1), accounts: [] });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    line.send({ type: 'ping' });
    await until(() => frames.some(({ type }) => type === 'pong'), 'pong');
    const walls = frames.filter(({ type }) => type === 'live').length;
    // One more for the question itself, and one for the edge of the second.
    expect(walls).toBeGreaterThanOrEqual(2);
    expect(walls).toBeLessThanOrEqual(2 + Math.ceil((performance.now() - fromMs) / 200));
    expect(told).toBeGreaterThan(walls);
    line.close();
    await line.closed;
  });
});
