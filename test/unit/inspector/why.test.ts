/**
 * Why, on real breaches: the numbers are those of the journal, and the change that is named really gives another verdict.
 *
 * Verifies: inspector 3 (Why), 10, inspector 13 case 5
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ruleWorldOf } from '../../../src/bin/inspector-live.ts';
import { triedCounterfactual } from '../../../src/bin/rule-rerun.ts';
import type { RuleFinding } from '../../../src/domain/verdict.ts';
import { PastAccounts } from '../../../src/inspector/past.ts';
import { InspectorProblem } from '../../../src/inspector/problem.ts';
import type { WhyReport } from '../../../src/inspector/protocol-reports.ts';
import { openJournalView } from '../../../src/persistence/journal-view.ts';
import type { JournalView, ViewedRow } from '../../../src/ports/journal-view.port.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../../support/engine.ts';
import { startTestInspector, type TestInspector } from '../../support/inspector.ts';

// Real sockets and a real store: a loaded machine takes its time.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

type Run = {
  readonly test: TestEngine;
  readonly inspector: TestInspector;
  readonly view: JournalView;
};
let run: Run;

async function start(rules: Readonly<Record<string, object>>): Promise<Run> {
  const test = await startTestEngine({ rules });
  await test.quote('MNQ', 80_000, 80_001);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
  const inspector = await startTestInspector(test);
  return { test, inspector, view: openJournalView(test.directory) };
}

async function end({ test, inspector, view }: Run): Promise<void> {
  view.close();
  await inspector.close();
  await test.engine.stop();
  removeDirectory(test.directory);
}

function findingOf(row: ViewedRow): RuleFinding {
  return (JSON.parse(row.eventJson) as { readonly finding: RuleFinding }).finding;
}

/** The row in which a rule said DENY. */
function breachOf(view: JournalView, ruleId: string): ViewedRow {
  const found = view
    .rowsAfter(0, 10_000)
    .find((row) => row.eventJson.includes('"verdict":"DENY"') && findingOf(row).ruleId === ruleId);
  if (found === undefined) throw new Error(`${ruleId} has breached`);
  return found;
}

function fact({ chain }: WhyReport, seq: number, name: string): string | undefined {
  return chain.find((step) => step.seq === seq)?.facts.find((one) => one.name === name)?.value;
}

describe('a loss of the day', () => {
  beforeAll(async () => {
    run = await start({ dailyRealizedLoss: { limit: '-100' } });
    // Two contracts, 0.50 a tick each: 160 ticks are 160.00.
    await run.test.quote('MNQ', 79_840, 79_841);
    await run.test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
  });
  afterAll(async () => end(run));

  it('is explained with the numbers of the journal, and with the result that would have passed', async () => {
    const row = breachOf(run.view, 'RULE-003');
    const finding = findingOf(row);
    const report = await run.inspector.client('auditor').get('why', { seq: row.seq });
    expect(finding.observed).toBeLessThanOrEqual(-100_000_000);
    const money = (units = 0): string => (units / 1_000_000).toFixed(2);
    expect(fact(report, row.seq, 'observed')).toBe(money(finding.observed));
    expect(fact(report, row.seq, 'limit')).toBe('-100.00');
    for (const { name, value } of finding.inputs) expect(fact(report, row.seq, name)).toBe(value);
    expect(report.verdict).toContain(`observed ${money(finding.observed)}, limit -100.00`);
    expect(report.counterfactualBy).toBe('rule');
    const realized = Number(finding.inputs.find(({ name }) => name === 'realized')?.value);
    const needed = Number(/realized result of (-?[\d.]+)/u.exec(report.counterfactual ?? '')?.[1]);
    // The limit itself is a breach, so one hundredth above it passes.
    expect(needed - realized).toBeCloseTo(-99.99 - (finding.observed ?? 0) / 1_000_000, 2);
    expect(report.chain.map(({ seq }) => seq)).toEqual(
      report.chain.map(({ seq }) => seq).toSorted((one, other) => one - other),
    );
  });

  it('is what a lock, and an order that the lock refused, go back to', async () => {
    const row = breachOf(run.view, 'RULE-003');
    const client = run.inspector.client('auditor');
    const lock = await client.get('why', { lock: 'RULE-003:account' });
    expect(lock.chain.map(({ seq }) => seq)).toContain(row.seq);
    expect(lock.counterfactualBy).toBe('rule');
    const denial = run.view.denials(1)[0];
    expect(denial?.code).toBe('LOCK_ACTIVE');
    const report = await client.get('why', { denial: denial?.intentId ?? '' });
    expect(report).toMatchObject({
      account: 'A1',
      verdict: denial?.text,
      counterfactualBy: 'rule',
    });
    expect(report.chain.map(({ seq }) => seq)).toContain(row.seq);
    expect(report.chain.at(-1)).toMatchObject({ seq: denial?.causeSeq, event: 'command.submit' });
    expect(await client.get('why', { order: denial?.intentId ?? '' })).toEqual(report);
    await expect(client.get('why', { order: 'nobody' })).rejects.toThrowError(InspectorProblem);
  });
});

describe('an open loss', () => {
  beforeAll(async () => {
    run = await start({ dailyUnrealizedLoss: { limit: '-50' } });
    await run.test.quote('MNQ', 79_940, 79_941);
  });
  afterAll(async () => end(run));

  it('names the price that would have passed, exactly one tick from the one that would not', async () => {
    const row = breachOf(run.view, 'RULE-004');
    const finding = findingOf(row);
    const report = await run.inspector.client('auditor').get('why', { seq: row.seq });
    expect(report.counterfactualBy).toBe('rule');
    // Bought at 80,001 ticks; below 50.00 of loss are 49 ticks of two contracts: 79,952, of 0.25.
    expect(report.counterfactual).toBe(
      'It would have passed with MNQ at 19988.00 instead of 19985.00: 12 ticks.',
    );
    expect(fact(report, row.seq, 'mark:MNQ')).toBe('19985.00');
    const picture = new PastAccounts(run.view).at('A1', row.seq);
    const elsewhere = { ...finding, observed: (finding.observed ?? 0) + 1 };
    expect(triedCounterfactual(picture, finding)).toBe(report.counterfactual);
    expect(
      triedCounterfactual(picture, elsewhere),
      'figures that the rule does not give',
    ).toBeUndefined();
  });
});

/** Breaches of rules that look at more than money and prices, and orders that the gate refused for a rule. */
const cases: readonly (readonly [
  ruleId: string,
  rules: Readonly<Record<string, object>>,
  orders: number,
  change: RegExp,
])[] = [
  ['RULE-001', { maxContracts: { limit: 1 } }, 0, /for 1 lot of MNQ instead of 2/u],
  ['RULE-002', { maxContractsPerInstrument: { defaultLimit: 1 } }, 0, /for 1 lot of MNQ/u],
  ['RULE-006', { tradeFrequencyLimit: { limits: { perMinute: 2 } } }, 2, /without the last trade/u],
  ['RULE-011', { symbolBlocks: { blockedSymbols: ['MNQ'] } }, 0, /without MNQ in blockedSymbols/u],
  ['RULE-008', { noStopLossGrace: { graceSeconds: 0 } }, 0, /earlier/u],
];

describe.each(cases)('what %s has refused or closed', (ruleId, rules, orders, change) => {
  beforeAll(async () => {
    run = await start(rules);
    for (let count = 0; count < orders; count += 1)
      await run.test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const [account] = [...run.test.engine.world.accounts.values()];
    if (account === undefined) throw new Error('there is an account');
    const worlds = [ruleWorldOf(run.test.engine.world, account)];
    run.inspector.tell({ type: 'rules', worlds });
  });
  afterAll(async () => end(run));

  it('has a change that the rule itself has judged', async () => {
    const denial = run.view.denials(50).find(({ text }) => text.includes(`rule=${ruleId}`));
    const query =
      denial === undefined ? { seq: breachOf(run.view, ruleId).seq } : { denial: denial.intentId };
    const client = run.inspector.client('auditor');
    await vi.waitFor(async () => {
      const report = await client.get('why', query);
      expect(report.counterfactual).toMatch(change);
      expect(report.counterfactualBy).toBe('rule');
    });
  });
});
