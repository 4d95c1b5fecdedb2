/**
 * Sandboxes: they begin as the journal was, hear what came from outside, hand nothing on, and stand beside what happened.
 *
 * Verifies: inspector 3 (Rewind, Fork here), 4 (fork from any seq with effects stubbed), 13 cases 7 and 12
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exportBundle } from '../../../src/bin/bundle/export.ts';
import { commandTools } from '../../../src/bin/command-tools.ts';
import { forkSandbox } from '../../../src/bin/fork/fork.ts';
import type { ForkReport, InjectedEvent } from '../../../src/inspector/tool-reports.ts';
import { openJournalView } from '../../../src/persistence/journal-view.ts';
import type { ViewedRow } from '../../../src/ports/journal-view.port.ts';
import { createPaperVenue } from '../../../src/venues/paper/paper-venue.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../../support/engine.ts';
import { ask, startTestInspector, type TestInspector } from '../../support/inspector.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
vi.mock(import('../../../src/venues/paper/paper-venue.ts'), { spy: true });

let test: TestEngine;
let inspector: TestInspector;
let folder = '';
let configPath = '';
let rows: readonly ViewedRow[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-fork-test-'));
  configPath = join(folder, 'config.yaml');
  writeFileSync(
    configPath,
    `mode: PAPER
accounts:
  - id: A1
    balance: 50000
rules:
  maxContracts: { enabled: true, limit: 5 }
`,
  );
  test = await startTestEngine({ rules: { maxContracts: { limit: '5' } } });
  await test.quote('MNQ', 80_000, 80_001);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2, source: 'strategy' });
  await test.lockstep.advanceTo(test.clock.nowMs() + 4_000);
  await test.quote('MNQ', 80_010, 80_011);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1, source: 'strategy' });
  await test.lockstep.advanceTo(test.clock.nowMs() + 4_000);
  await test.quote('MNQ', 80_020, 80_021);
  await test.submit({ instrument: 'MNQ', side: 'sell', quantityLots: 1, source: 'strategy' });
  const view = openJournalView(test.directory);
  rows = view.rowsAfter(0, 10_000);
  view.close();
  inspector = await startTestInspector(test);
});
afterAll(async () => {
  await inspector.close();
  await test.engine.stop();
  removeDirectory(test.directory);
  rmSync(folder, { recursive: true });
});

/** The row of the n-th intent. */
function intentSeq(nth: number): number {
  const intents = rows.filter(({ eventJson }) => eventJson.startsWith('{"type":"command.submit"'));
  return intents[nth]?.seq ?? 0;
}

function fork(at: number, inject: readonly InjectedEvent[] = []): Promise<ForkReport> {
  return forkSandbox({ dataDir: test.directory, at, inject, configPath });
}

function endOf(report: ForkReport, actor: string) {
  return report.actors.find((one) => one.actor === `account/A1${actor}`);
}

describe('a fork that changes nothing', () => {
  it.each([1, 2])('ends as the journal does, from before intent %d', async (nth) => {
    const report = await fork(intentSeq(nth) - 1);
    expect(report.firstDivergence).toBeUndefined();
    expect(report.played).toBeGreaterThanOrEqual(3);
    for (const actor of ['', '/ledger', '/position/MNQ'])
      expect(endOf(report, actor), actor).toMatchObject({ isSame: true });
    // Rules that the configuration of the sandbox has beside those of the run.
    const others = report.actors.filter(({ isSame, journal }) => !isSame && journal !== '');
    expect(others).toEqual([]);
  });

  it('is behind the whole of an input, also where its row is named in the middle', async () => {
    const report = await fork(intentSeq(1));
    expect(report.at).toBeGreaterThan(intentSeq(1));
    expect(rows.find(({ seq }) => seq === report.at + 1)?.correlationSeq).toBe(report.at + 1);
  });

  it('leaves the journal and its directory as they were', async () => {
    const before = test.engine.world.options.journal.head;
    await fork(intentSeq(1) - 1);
    expect(test.engine.world.options.journal.head).toEqual(before);
  });
});

describe('case 12: nothing leaves a sandbox', () => {
  it('counts what wanted to leave, and no venue is made', async () => {
    vi.mocked(createPaperVenue).mockClear();
    const orders = test.venue.ledger().orders.length;
    const report = await fork(intentSeq(1) - 1, [
      {
        event: {
          type: 'submit',
          account: 'A1',
          instrument: 'MNQ',
          side: 'buy',
          lots: 1,
          reduceOnly: false,
        },
      },
    ]);
    // The injected order is never answered, so the entry of the journal behind it finds the symbol busy.
    expect(report.withheld).toContainEqual({ kind: 'submit', count: 2 });
    expect(report.firstDivergence?.actor).toBe('account/A1/order/TEST-1-2');
    expect(createPaperVenue).not.toHaveBeenCalled();
    expect(test.venue.ledger().orders).toHaveLength(orders);
  });

  it('also not from a bundle', async () => {
    const out = join(folder, 'bundle');
    await exportBundle({ dataDir: test.directory, account: 'A1', out });
    const at = intentSeq(1) - 1;
    const report = await commandTools.fork({ dataDir: '', bundle: out, at, configPath });
    expect(report.withheld).toContainEqual({ kind: 'submit', count: 2 });
    expect(report.firstDivergence).toBeUndefined();
  });
});

describe('an injected event', () => {
  it('makes the sandbox part from the journal where it comes', async () => {
    const report = await fork(intentSeq(1) - 1, [
      {
        event: {
          type: 'operate',
          request: {
            verb: 'lock',
            account: 'A1',
            scope: 'account',
            duration: '1h',
            reason: 'what if',
          },
        },
      },
    ]);
    expect(report.injected).toBe(1);
    expect(report.firstDivergence).toBeDefined();
    expect(endOf(report, '')).toMatchObject({ isSame: false, sandbox: '"locked"' });
    // The entry is refused by the lock.
    expect(report.withheld.find(({ kind }) => kind === 'submit')?.count ?? 0).toBeLessThan(2);
  });

  it('is refused with what is wrong about it', async () => {
    const at = intentSeq(1) - 1;
    const asked = fork(at, [{ event: { type: 'quote', instrument: 'NOTHING', price: '1' } }]);
    await expect(asked).rejects.toMatchObject({ code: 'FORK_EVENT_INVALID' });
    const off = fork(at, [{ event: { type: 'quote', instrument: 'MNQ', price: '1.1' } }]);
    await expect(off).rejects.toMatchObject({ code: 'FORK_EVENT_INVALID' });
  });
});

describe('what cannot be forked', () => {
  it('is a row that is not there, and an account that the configuration lacks', async () => {
    await expect(fork(1_000_000)).rejects.toMatchObject({ code: 'FORK_IMPOSSIBLE' });
    const other = join(folder, 'other.yaml');
    writeFileSync(other, 'mode: PAPER\naccounts:\n  - id: Z9\n    balance: 50000\n');
    const asked = forkSandbox({ dataDir: test.directory, at: 5, inject: [], configPath: other });
    await expect(asked).rejects.toMatchObject({ code: 'FORK_IMPOSSIBLE' });
  });
});

describe('who may fork', () => {
  const post = (token: string, body: unknown) =>
    ask(inspector.port, '/api/fork', {
      method: 'POST',
      headers: { host: `127.0.0.1:${inspector.port}`, authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });

  it('an operator, with a typed event; anything else is 400', async () => {
    const { token } = inspector.client('operator');
    const wrong = await post(token, { at: 5, inject: [{ event: { type: 'anything' } }] });
    expect(wrong.status).toBe(400);
    const { status, text } = await post(token, { at: intentSeq(1) - 1 });
    expect(status).toBe(200);
    expect((JSON.parse(text) as ForkReport).played).toBeGreaterThan(0);
  });

  it('not a viewer, and not a token of some accounts', async () => {
    for (const { token } of [inspector.client('viewer'), inspector.client('auditor', ['A1'])])
      expect((await post(token, { at: 5 })).status).toBe(403);
  });
});
