/**
 * The kill switch around its saga: the kill file, the store that fails, queued intents, the option of REDUCING, the drill.
 *
 * Verifies: execution 9.1, 9.2 step 1, 9.3, 10, C4, REQ-K1
 */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drillKillSwitch } from '../../src/bin/drill/kill-switch.ts';
import { KillFile, readKillFile } from '../../src/bin/kill-file.ts';
import type { KillDrillOptions } from '../../src/cli/drill-report.ts';
import { ExecutionSettings } from '../../src/domain/execution-settings.ts';
import type { AccountId, InstrumentId } from '../../src/domain/ids.ts';
import { StoreFailure } from '../../src/kernel/errors.ts';
import { isOpen } from '../../src/venues/paper/paper-order.ts';
import { startTestEngine, type TestEngine } from '../support/engine.ts';

const accountId = 'A1' as AccountId;
const [bid, ask] = [84_000, 84_001];

function openOrders({ venue }: TestEngine): number {
  return venue.ledger().orders.filter(isOpen).length;
}

function killsOf({ engine }: TestEngine): readonly string[] {
  return (engine.world.accounts.get(accountId)?.kills ?? []).map(
    ({ key, mode, phase }) => `${key} ${mode} ${phase}`,
  );
}

function pull({ engine }: TestEngine, requestId = 'kill'): void {
  engine.operate({
    verb: 'kill',
    kill: { scope: 'account', isEmergency: false, trigger: 'operator' },
    accountId,
    requestId,
    role: 'operator',
    by: 'ann',
    reason: 'fire',
  });
}

async function withRestingOrder(): Promise<TestEngine> {
  const test = await startTestEngine();
  await test.quote('MNQ', bid, ask);
  await test.submit({
    instrument: 'MNQ',
    side: 'buy',
    quantityLots: 1,
    orderType: 'limit',
    limitTicks: bid - 400,
  });
  expect(openOrders(test)).toBe(1);
  return test;
}

describe('the kill file', () => {
  it.each([
    ['', { scope: 'all', emergency: false }],
    ['emergency: true\nreason: fire', { scope: 'all', emergency: true, reason: 'fire' }],
    [
      '{ scope: instrument, target: MNQ, mode: flatten }',
      { scope: 'instrument', target: 'MNQ', mode: 'flatten' },
    ],
    ['{ "scope": "account", "account": "A1" }', { scope: 'account', account: 'A1' }],
    // What is not understood is everything, never less.
    ['scope: instrument', { scope: 'all' }],
    ['scope: everything', { scope: 'all' }],
    ['please stop', { scope: 'all' }],
    ['a: [', { scope: 'all' }],
  ])('says with %j what it wants', (text, wanted) => {
    expect(readKillFile(text)).toMatchObject(wanted);
  });

  it('kills while it exists, once, and kills again what was re-armed beside it', async () => {
    const test = await withRestingOrder();
    const directory = mkdtempSync(join(tmpdir(), 'bulkhead-kill-file-'));
    const file = new KillFile(directory, 'KILL_SWITCH', () => test.engine);
    expect(file.poll()).toBe(false);
    writeFileSync(join(directory, 'KILL_SWITCH'), '');
    expect(file.poll()).toBe(true);
    await test.lockstep.rest();
    expect(killsOf(test)).toEqual(['all cancelOnly latched']);
    expect(openOrders(test)).toBe(0);
    expect(file.poll()).toBe(false);
    for (const by of ['ann', 'bob']) {
      const command = {
        verb: 'rearm',
        requestId: by,
        role: 'admin',
        by,
        reason: 'checked',
      } as const;
      test.engine.operate(command);
      await test.lockstep.rest();
    }
    expect(killsOf(test)).toEqual([]);
    expect(file.poll(), 'the file is still there').toBe(true);
    file.remove();
    test.crash();
  });
});

describe('a store that fails while the kill switch is pulled', () => {
  it('cancels and alerts from memory, leaves the kill file, and stops', async () => {
    const test = await withRestingOrder();
    const { world } = test.engine;
    const path = join(test.directory, 'KILL_SWITCH');
    world.options.journal.commit = () => {
      throw new StoreFailure('no space left');
    };
    world.options = {
      ...world.options,
      onKillWithoutStore: ({ mode, by, reason }) =>
        new KillFile(test.directory, 'KILL_SWITCH', () => undefined).write({ mode, by, reason }),
    };
    pull(test);
    expect(() => test.engine.rest()).toThrow(StoreFailure);
    expect(openOrders(test)).toBe(0);
    expect(test.alerts.map(({ code }) => code)).toContain('KILL_SWITCH');
    expect(existsSync(path)).toBe(true);
    expect(readKillFile(readFileSync(path, 'utf8'))).toMatchObject({ scope: 'all', by: 'ann' });
    test.crash();
  });

  it('sends nothing for anything else', async () => {
    const test = await withRestingOrder();
    const [orderId] = test.engine.world.accounts.get(accountId)?.workingOrders.keys() ?? [];
    if (orderId === undefined) throw new Error('an order works');
    test.engine.world.options.journal.commit = () => {
      throw new StoreFailure('no space left');
    };
    test.engine.cancel(accountId, orderId, 'no kill');
    expect(() => test.engine.rest()).toThrow(StoreFailure);
    expect(openOrders(test)).toBe(1);
    test.crash();
  });
});

describe('new risk and the kill switch', () => {
  it('drops an intent that waits in the inbox when the kill comes', async () => {
    const test = await startTestEngine();
    await test.quote('MNQ', bid, ask);
    const codes: string[] = [];
    const wish = {
      accountId,
      instrument: 'MNQ' as InstrumentId,
      side: 'buy',
      orderType: 'market',
      quantityLots: 1,
      timeInForce: 'day',
      reduceOnly: false,
      purpose: 'entry',
      source: 'strategy',
      by: 'test',
      maxAgeMs: 30_000,
      atMs: test.clock.nowMs(),
    } as const;
    test.engine.submit(wish, (answer) => {
      codes.push('denial' in answer ? answer.denial.code : 'accepted');
    });
    pull(test);
    await test.lockstep.rest();
    expect(codes).toEqual(['KILL_SWITCH_ACTIVE']);
    expect(test.venue.ledger().submissions.size).toBe(0);
    test.crash();
  });

  it.each([
    [true, 0],
    [false, 1],
  ])('with cancelEntriesOnReducing %s a link that falls leaves %i entries', async (isSet, left) => {
    const test = await withRestingOrder();
    test.engine.world.execution = ExecutionSettings.parse({
      tradingState: { cancelEntriesOnReducing: isSet },
    });
    test.venue.setFaults({ link: 'down' });
    await test.lockstep.rest();
    expect(test.engine.world.accounts.get(accountId)?.tradingState).toBe('REDUCING');
    expect(openOrders(test)).toBe(left);
    test.crash();
  });
});

describe('the drill', () => {
  const options: KillDrillOptions = {
    flatten: true,
    orders: 60,
    positions: 4,
    venueLatencyMs: 2,
    runs: 1,
    mode: 'PAPER',
  };

  it('reports every step of a run that the venue has confirmed', { timeout: 30_000 }, async () => {
    const report = await drillKillSwitch(options);
    expect(report).toMatchObject({
      verifiedFlat: true,
      partial: false,
      orders: { placed: 60, left: 0 },
      positions: { opened: 4, left: 0 },
    });
    expect(report.steps.map(({ step }) => step)).toEqual([
      'trigger',
      'block',
      'alert',
      'cancel',
      'cancelsConfirmed',
      'flatten',
      'flat',
      'latch',
    ]);
    const times = report.steps.map(({ ms }) => ms);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });

  it('does not say flat when positions are kept', { timeout: 30_000 }, async () => {
    const report = await drillKillSwitch({ ...options, flatten: false, orders: 5 });
    expect(report).toMatchObject({ verifiedFlat: false, partial: false, positions: { left: 4 } });
  });

  it.each(['hang', 'lies'] as const)(
    'is verified flat at a venue that does not answer or tells only a part: %s',
    { timeout: 60_000 },
    async (venueFault) => {
      const report = await drillKillSwitch({ ...options, venueFault });
      expect(report).toMatchObject({
        venueFault,
        verifiedFlat: true,
        isWithinLimits: true,
        orders: { left: 0 },
        positions: { left: 0 },
      });
    },
  );

  it('calls somebody in time when nothing can be verified', { timeout: 60_000 }, async () => {
    const report = await drillKillSwitch({
      ...options,
      orders: 3,
      positions: 1,
      venueFault: 'dead',
    });
    expect(report).toMatchObject({ verifiedFlat: false, partial: true, isWithinLimits: true });
    expect(report.alerts).toContain('KILL_INCOMPLETE');
    expect(report.calledAfterMs).toBeLessThan(15_000);
  });

  it.each([
    [{ mode: 'LIVE' as const }, 'DRILL_REFUSED'],
    [{ orders: 0, positions: 0 }, 'DRILL_IMPOSSIBLE'],
    [{ positions: 65 }, 'DRILL_IMPOSSIBLE'],
  ])('refuses %j', async (more, code) => {
    await expect(drillKillSwitch({ ...options, ...more })).rejects.toMatchObject({ code });
  });
});
