/**
 * What guards said and would say, which step set a timer, and what rules would let pass: asked of the machines and rules
 * themselves, for now and for any row of the past.
 *
 * Verifies: inspector 3 (Wall, Actor, Rules), 4
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { askGuards } from '../../../src/bin/guard-ask.ts';
import { ruleWorldOf } from '../../../src/bin/inspector-live.ts';
import { largestOrders } from '../../../src/bin/largest-order.ts';
import { chartOf } from '../../../src/inspector/chart.ts';
import type { InspectorClient } from '../../../src/inspector/client.ts';
import { machines } from '../../../src/machines/catalogue.ts';
import type { RuleWorld } from '../../../src/ports/live-picture.port.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../../support/engine.ts';
import { startTestInspector, type TestInspector } from '../../support/inspector.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let test: TestEngine;
let inspector: TestInspector;
let client: InspectorClient;

function ruleWorld(): RuleWorld {
  const [account] = [...test.engine.world.accounts.values()];
  if (account === undefined) throw new Error('there is an account');
  return ruleWorldOf(test.engine.world, account);
}

beforeAll(async () => {
  test = await startTestEngine({
    rules: { dailyRealizedLoss: { limit: '-100' }, maxContracts: { limit: 5 } },
  });
  await test.quote('MNQ', 80_000, 80_001);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
  await test.quote('MNQ', 79_840, 79_841);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
  inspector = await startTestInspector(test);
  client = inspector.client('auditor');
});
afterAll(async () => {
  await inspector.close();
  await test.engine.stop();
  removeDirectory(test.directory);
});

describe('an actor', () => {
  it('tells what each guard of a past step said, and exactly the one that was met leads to the next state', async () => {
    const { rows } = await client.get('rows', { type: 'account.', limit: 200 });
    const orders = await client.get('rows', { type: 'order.', limit: 400 });
    let asked = 0;
    for (const { actor, seq, from, to } of [...rows, ...orders.rows]) {
      const { guards, lastRow, machine } = await client.get('actor', { id: actor, at: seq });
      const chart = chartOf(machines[machine.id as keyof typeof machines].machine);
      for (const { source, guard, event } of guards) {
        expect(event).toBe(lastRow?.event);
        const known = chart.edges.some(
          (edge) => edge.source === source && edge.guard === guard && edge.event === event,
        );
        expect(known, `${source} ${guard}`).toBe(true);
      }
      asked += guards.length;
      const isAlone = from !== to && guards.length === 1 && guards[0]?.targets.length === 1;
      expect(isAlone && guards[0]?.isMet === false, `${actor} ${seq}`).toBe(false);
    }
    expect(asked).toBeGreaterThan(5);
  });

  it('tells which guards block it now, and which ones only the event decides', async () => {
    const { next } = await client.get('actor', { id: 'account/A1' });
    const guarded = next.filter(({ guard }) => guard !== undefined);
    expect(guarded.length).toBeGreaterThan(3);
    expect(guarded.every(({ now }) => now !== undefined)).toBe(true);
    expect(guarded.map(({ now }) => now)).toContain('needsEvent');
    // It is reconciled, so being reconciled again changes nothing.
    const reconciled = guarded.find(({ event }) => event === 'account.reconciled');
    expect(reconciled).toMatchObject({ guard: 'isUnreconciled', now: 'notMet' });
    expect(reconciled?.lastAsked).toMatchObject({ isMet: true });
  });

  it('names the step that set a timer, now and in the past', async () => {
    const lock = await client.get('actor', { id: 'account/A1/lock/RULE-003:account' });
    expect(lock.areTimersKnown).toBe(true);
    const [timer] = lock.timers;
    expect(timer).toMatchObject({ name: 'expiry' });
    const set = await client.get('actor', { id: lock.summary.id, at: timer?.setBySeq ?? 0 });
    expect(set.timers).toContainEqual(timer);
    const before = await client.get('actor/history', { id: lock.summary.id });
    expect(before.rows.map(({ seq }) => seq)).toContain(timer?.setBySeq);
  });
});

describe('guards asked by hand', () => {
  it('say nothing for a machine or a state that there is not', () => {
    expect(askGuards('nothing', { stateJson: '"idle"', context: {} }, 'go')).toEqual([]);
    expect(askGuards('lock', { stateJson: '"nowhere"', context: {} }, 'lock.cleared')).toEqual([]);
  });
});

describe('the rules page', () => {
  it('names the largest order that passes: one more does not', () => {
    const world = ruleWorld();
    const largest = largestOrders(world);
    expect(world.facts.positions).toEqual([]);
    expect(largest.get('RULE-001')).toBe('MNQ: 5');
    expect(largest.get('RULE-003')).toBe('MNQ: none');
  });

  it('has it for whom the engine has told, with who judges', async () => {
    const without = await client.get('rules');
    expect(without.rules.every(({ largestOrder }) => largestOrder === undefined)).toBe(true);
    inspector.tell({ type: 'rules', worlds: [ruleWorld()] });
    inspector.tell({
      type: 'live',
      live: {
        nowMs: test.clock.nowMs(),
        evaluator: 'inline',
        accounts: [live],
        feedAgeMs: 40,
        clockOffsetMs: -3,
        waiting: 2,
      },
    });
    await vi.waitFor(async () => {
      const { rules } = await client.get('rules');
      const cell = rules.find(({ ruleId }) => ruleId === 'RULE-001');
      expect(cell).toMatchObject({ judgedBy: 'engine' });
      expect(cell?.largestOrder).toContain('MNQ');
    });
    const { engine } = await client.get('wall');
    expect(engine).toMatchObject({ feedAgeMs: 40, clockOffsetMs: -3, waiting: 2, lagRows: 0 });
    expect(engine.checkpointSeq).toBeLessThanOrEqual(engine.headSeq);
  });
});

const live = { accountId: 'A1', unrealized: 'unknown', positions: [], rules: [] };
