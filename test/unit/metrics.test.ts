/** Verifies: trading-controls 4 (metrics of the product and the predecessor's 21 names; label values are bounded) */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { errorKindOf } from '../../src/actors/telemetry.ts';
import { AskedFigures } from '../../src/bin/figures/asked-figures.ts';
import { familyText } from '../../src/bin/figures/family.ts';
import { engineText, metricsText } from '../../src/bin/metrics.ts';
import { alertCatalogue, incidentCatalogue } from '../../src/domain/alert-catalogue.ts';
import { denialCatalogue } from '../../src/domain/denial.ts';
import { ActorIndex } from '../../src/inspector/actor-index.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';
import { openJournalView } from '../../src/persistence/journal-view.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';

let engine: TestEngine | undefined;
afterEach(() => {
  if (engine === undefined) return;
  engine.crash();
  removeDirectory(engine.directory);
  engine = undefined;
});

const noStalls = { stalls: 0, longestStallMs: 0 };

/** An account with a position, an order that works, refusals and a kill. */
async function lively(): Promise<TestEngine> {
  const started = await startTestEngine({ rules: { maxContracts: { limit: 3 } } });
  engine = started;
  await started.quote('MNQ', 84_000, 84_001);
  await started.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
  await started.submit({
    instrument: 'MNQ',
    side: 'buy',
    quantityLots: 1,
    orderType: 'limit',
    limitTicks: 83_000,
  });
  await started.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 9 });
  return started;
}

function whole(started: TestEngine): string {
  const view = openJournalView(started.directory);
  try {
    const index = new ActorIndex(view);
    index.load();
    return metricsText(
      {
        view,
        index,
        live: undefined,
        isRunning: true,
        diskFreeBytes: 1,
        nowMs: started.clock.nowMs(),
        checkpointSeq: 0,
        largestOrders: () => new Map(),
        marketRules: new Set(),
        ruleTitles: new Map(),
        moneyText: String,
        figureText: (_, value) => String(value),
      },
      engineText(started.engine.world, noStalls),
    );
  } finally {
    view.close();
  }
}

type Line = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

function linesOf(page: string): readonly Line[] {
  return page
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const match = /^(?<name>\w+)(?:\{(?<labels>.*)\})? (?<value>\S+)$/u.exec(line);
      expect(match, line).not.toBeNull();
      const { name = '', labels = '', value = '' } = match?.groups ?? {};
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/gu)].map(([, key = '', text = '']) => [
        key,
        text,
      ]);
      return { name, labels: Object.fromEntries(pairs) as Line['labels'], value: Number(value) };
    });
}

/** Name and labels of every metric in the tables of the page. */
const documented = new Map(
  [
    ...readFileSync(join(import.meta.dirname, '../../docs/operating/metrics.md'), 'utf8').matchAll(
      /^\| `(\w+)` +\| (?:`([\w ]+)`)?/gmu,
    ),
  ].map(([, name = '', labels = '']) => [name, labels === '' ? [] : labels.split(' ')]),
);

describe('the metrics of a run', () => {
  it('are those of the page, every one of them, and no other', async () => {
    const text = whole(await lively());
    const families = [...text.matchAll(/^# TYPE (\w+) /gmu)].map(([, name = '']) => name);
    expect(families.toSorted()).toEqual([...documented.keys()].toSorted());
    expect(new Set(families).size).toBe(families.length);
    expect(families.filter((name) => !name.startsWith('bulkhead_'))).toHaveLength(21);
  });

  it('have the labels of the page and finite values', async () => {
    for (const { name, labels, value } of linesOf(whole(await lively()))) {
      const expected = documented.get(name.replace(/_count$/u, '')) ?? documented.get(name);
      const wanted = name.endsWith('_seconds_count') ? [] : expected;
      expect(Object.keys(labels).toSorted(), name).toEqual(wanted?.toSorted());
      expect(Number.isFinite(value), name).toBe(true);
    }
  });

  it('tell what has happened', async () => {
    const lines = linesOf(
      engineText((await lively()).engine.world, { stalls: 2, longestStallMs: 1_500 }),
    );
    const valueOf = (name: string, labels: object = {}): number | undefined =>
      lines.find(
        (line) => line.name === name && JSON.stringify(line.labels) === JSON.stringify(labels),
      )?.value;
    expect(valueOf('bulkhead_gate_verdicts_total', { check: 'all', result: 'pass' })).toBe(2);
    expect(
      valueOf('bulkhead_gate_verdicts_total', { check: 'CONTRACTS_MAX', result: 'deny' }),
    ).toBe(1);
    expect(valueOf('trader_no_trade_total', { reason: 'CONTRACTS_MAX' })).toBe(1);
    expect(valueOf('trader_fills_total', { side: 'buy' })).toBe(1);
    expect(valueOf('trader_open_positions')).toBe(1);
    expect(valueOf('trader_pending_orders')).toBe(1);
    expect(
      valueOf('bulkhead_limit_headroom', {
        account: 'A1',
        limit: 'safety:rejections',
        unit: 'count',
      }),
    ).toBe(6);
    expect(valueOf('bulkhead_longest_stall_seconds')).toBe(1.5);
    expect(valueOf('bulkhead_gate_latency_seconds_count')).toBe(3);
  });

  it('count only by names of a catalogue', async () => {
    const { telemetry } = (await lively()).engine.world;
    const codes = new Set<string>(denialCatalogue.map(({ code }) => code));
    for (const key of [...telemetry.gate.keys(), ...telemetry.denials.keys()])
      expect(codes.has(key.split('|')[0] ?? '')).toBe(true);
    for (const code of telemetry.incidents.keys()) expect(incidentCatalogue[code]).toBeDefined();
    const alerts = new Set<string>([...codes, ...alertCatalogue.map(({ code }) => code)]);
    for (const code of telemetry.alerts.keys()) expect(alerts.has(code)).toBe(true);
  });
});

describe('a failed call', () => {
  it.each([
    [429, 'rateLimit'],
    [401, 'auth'],
    [403, 'auth'],
    [400, 'client'],
    [500, 'server'],
    [undefined, 'network'],
  ] as const)('with the status %s counts as %s', (status, kind) => {
    expect(errorKindOf(status)).toBe(kind);
  });
});

describe('the text of a figure', () => {
  it('escapes what would end a label', () => {
    const text = familyText({
      name: 'x',
      help: 'h',
      type: 'gauge',
      samples: [[{ account: 'a"b\\c\nd' }, 1]],
    });
    expect(text).toBe('# HELP x h\n# TYPE x gauge\nx{account="a\\"b\\\\c\\nd"} 1');
  });
});

describe('an engine that is asked for its figures', () => {
  it('is waited for a second and no longer', async () => {
    const asked: number[] = [];
    const clock = new SimulatedClock(0);
    const figures = new AskedFigures((id) => asked.push(id), clock);
    const [first, second] = [figures.text(), figures.text()];
    let isOver = false;
    const noted = first.then((text) => {
      isOver = true;
      return text;
    });
    figures.answer(2, 'two');
    clock.advanceTo(999);
    await expect(second).resolves.toBe('two');
    expect(isOver).toBe(false);
    clock.advanceTo(1_000);
    await expect(noted).resolves.toBe('');
    expect(asked).toEqual([1, 2]);
  });
});
