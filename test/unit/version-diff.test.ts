/**
 * Recorded history against the machines of this program: the gate that a change of a machine has to pass, or to explain.
 *
 * Verifies: inspector 3 (Replay, version diff), 4 (Version diff runs in CI)
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openBundle } from '../../src/bin/bundle/open.ts';
import { commandTools } from '../../src/bin/command-tools.ts';
import { versionDiff, versionDiffOf } from '../../src/bin/version-diff.ts';
import type { ExtractedRow } from '../../src/persistence/extract.ts';
import { CliCall, fakeDependencies } from '../support/cli-fixtures.ts';

vi.setConfig({ testTimeout: 30_000 });

const bundle = join(import.meta.dirname, '../fixtures/recorded-day.bundle');
const remade = `Where the change is meant, record it anew:
  bulkhead run --config config/accounts.yaml --data-dir day --for 12m --speed max --trader reckless --no-inspector
  bulkhead journal export --data-dir day --account A1 --out bundle
and write the files of the folder, by name, as one JSON object to test/fixtures/recorded-day.bundle.`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-diff-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const { rows: recorded } = openBundle(bundle).extract;

/** The recorded rows with one of them changed, as a view has them. */
function viewOf(rows: readonly ExtractedRow[]) {
  return {
    rowsAfter: (seq: number, countMax: number) =>
      rows.filter((row) => row.seq > seq).slice(0, countMax),
  };
}

function changed(seq: number, change: Partial<ExtractedRow>): readonly ExtractedRow[] {
  return recorded.map((row) => (row.seq === seq ? { ...row, ...change } : row));
}

describe('recorded history', () => {
  it('is what the machines of this program do', async () => {
    const report = await versionDiff({ dataDir: folder, bundle });
    expect(report.rows).toBe(recorded.length);
    expect(report.actors).toBeGreaterThan(15);
    expect(report.divergences, remade).toEqual([]);
  });

  it('holds what is worth running again: orders, fills, a breach, a lock', () => {
    const kinds = new Set<string>(recorded.map(({ machine }) => machine));
    for (const kind of ['account', 'ledger', 'lock', 'order', 'position', 'rule'])
      expect(kinds.has(kind), kind).toBe(true);
  });
});

const order = recorded.find(({ machine, actorSeq }) => machine === 'order' && actorSeq === 2);
const seqOfOrder = order?.seq ?? 0;

describe('a difference', () => {
  const seq = seqOfOrder;

  it('of a state is told with its row, its event and both states, once per actor', async () => {
    const { divergences } = await versionDiffOf(viewOf(changed(seq, { toState: '"elsewhere"' })));
    expect(divergences).toHaveLength(1);
    expect(divergences[0]).toMatchObject({
      actor: order?.actor,
      seq,
      event: 'order.intentCommitted',
      problem: 'state',
      expected: '"elsewhere"',
      actual: order?.toState,
    });
  });

  it('of a figure names the field', async () => {
    const contextDiffJson = JSON.stringify({
      ...JSON.parse(order?.contextDiffJson ?? '{}'),
      extra: 7,
    });
    const rows = changed(seq, { contextDiffJson: contextDiffJson });
    const { divergences } = await versionDiffOf(viewOf(rows));
    expect(divergences[0]?.seq).toBe(seq);
    expect(divergences[0]?.problem).toBe('context');
  });

  it('is also an event that no state takes, and a machine that is gone', async () => {
    const unknown = changed(seq, { eventJson: '{"type":"order.fromTheFuture","atMs":1}' });
    expect((await versionDiffOf(viewOf(unknown))).divergences[0]?.problem).toBe('unhandled');
    const actor = order?.actor ?? '';
    const gone = recorded.map((row) =>
      row.actor === actor ? { ...row, machine: 'robot' as ExtractedRow['machine'] } : row,
    );
    expect((await versionDiffOf(viewOf(gone))).divergences[0]).toMatchObject({
      actor,
      problem: 'machine',
      presentVersion: '',
    });
  });

  it('is looked for in so many rows only where that is asked', async () => {
    const { rows, isCut } = await versionDiffOf(viewOf(recorded), 10);
    expect([rows, isCut]).toEqual([10, true]);
  });
});

describe('bulkhead machines diff', () => {
  it('ends with 0 where nothing differs', async () => {
    const call = new CliCall();
    copyFileSync(bundle, join(folder, 'b'));
    const line = `machines diff --bundle ${join(folder, 'b')}`;
    expect(await call.run(line, fakeDependencies({ tools: commandTools }))).toBe(0);
    expect(call.out).toContain(', 0 went another way');
  });

  it('ends with 1 where an actor goes another way, and tells which', async () => {
    const call = new CliCall();
    const { divergences } = await versionDiffOf(
      viewOf(changed(seqOfOrder, { toState: '"elsewhere"' })),
    );
    const tools = {
      ...commandTools,
      versionDiff: async () => ({ rows: 3, actors: 1, machines: [], divergences }),
    };
    expect(await call.run('machines diff', fakeDependencies({ tools }))).toBe(1);
    expect(call.out).toContain('the journal has "elsewhere"');
  });
});
