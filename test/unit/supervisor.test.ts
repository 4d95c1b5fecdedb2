/** Verifies: supervision 4 to 8, acceptance cases 1 to 4, 7 */
import { afterEach, describe, expect, it } from 'vitest';
import type { ActorId } from '../../src/domain/ids.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { operate } from '../support/operate.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

/** Throws in the actor whose id ends like this, for the next `times` events of the type. */
function fuse(): {
  burn: (actor: string, type: string, times: number) => void;
  hook: (actor: string, event: { type: string }) => void;
} {
  let [target, type, left] = ['', '', 0];
  return {
    burn: (actor, eventType, times) => {
      [target, type, left] = [actor, eventType, times];
    },
    hook: (actor, event) => {
      if (left === 0 || !actor.endsWith(target) || event.type !== type) return;
      left -= 1;
      throw new Error('planted');
    },
  };
}

async function start(options: Parameters<typeof startTestEngine>[0]): Promise<TestEngine> {
  const started = await startTestEngine(options);
  directories.push(started.directory);
  return started;
}

function stateOf(test: TestEngine, account: string): string {
  return (
    [...test.engine.world.accounts.values()].find(({ id }) => id === account)?.effectiveState ??
    'none'
  );
}

function cell(test: TestEngine, actor: string) {
  return test.engine.world.cells.get(actor as ActorId);
}

describe('a crash inside one actor', () => {
  it('leaves siblings and other accounts running, and the actor comes back with its last committed state', async () => {
    const { burn, hook } = fuse();
    const test = await start({ accounts: ['A1', 'A2'], beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    burn('A1/position/MNQ', 'position.filled', 1);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    expect(cell(test, 'account/A1/position/MNQ')?.status).toBe('backoff');
    expect(stateOf(test, 'A1')).toBe('REDUCING');
    expect(stateOf(test, 'A2')).toBe('ACTIVE');
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 3, account: 'A2' });
    expect(cell(test, 'account/A2/position/MNQ')?.context['book']).toMatchObject({ openLots: 3 });
    expect(cell(test, 'account/A1/ledger')?.context['books']).toMatchObject({
      MNQ: { openLots: 2 },
    });
    await test.lockstep.advanceTo(test.clock.nowMs() + 1_000);
    expect(cell(test, 'account/A1/position/MNQ')?.status).toBe('live');
    expect(cell(test, 'account/A1/position/MNQ')?.context['book']).toMatchObject({ openLots: 2 });
    expect(stateOf(test, 'A1')).toBe('ACTIVE');
    await test.engine.stop();
  });

  it('quarantines the actor at the third crash within a minute and puts its account to REDUCING, also after a restart', async () => {
    const { burn, hook } = fuse();
    const first = await start({
      rules: { dailyUnrealizedLoss: { limit: '-300' } },
      accounts: ['A1', 'A2'],
      beforeStep: hook,
    });
    await first.quote('MNQ', 80_000, 80_001);
    await first.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    burn('A1/rule/RULE-004', 'rule.verdictChanged', 9);
    for (const bidTicks of [79_000, 79_990, 79_100, 79_995, 79_200]) {
      await first.quote('MNQ', bidTicks, bidTicks + 1);
      await first.lockstep.advanceTo(first.clock.nowMs() + 2_000);
    }
    expect(cell(first, 'account/A1/rule/RULE-004')?.status).toBe('quarantined');
    expect(stateOf(first, 'A1')).toBe('REDUCING');
    expect(stateOf(first, 'A2')).toBe('ACTIVE');
    first.crash();
    const second = await start({
      directory: first.directory,
      rules: { dailyUnrealizedLoss: { limit: '-300' } },
      accounts: ['A1', 'A2'],
      startMs: first.clock.nowMs(),
    });
    expect(cell(second, 'account/A1/rule/RULE-004')?.status).toBe('quarantined');
    expect(stateOf(second, 'A1')).toBe('REDUCING');
    const actor = 'account/A1/rule/RULE-004' as ActorId;
    operate(second.engine, { verb: 'resume', actor, skipEvent: true });
    await second.quote('MNQ', 79_995, 79_996);
    expect(cell(second, 'account/A1/rule/RULE-004')?.status).toBe('live');
    expect(stateOf(second, 'A1')).toBe('ACTIVE');
    await second.engine.stop();
  });

  it('halts the account when one fill crashes a position twice, books the fill once, and keeps the way out open', async () => {
    const { burn, hook } = fuse();
    const test = await start({ beforeStep: hook });
    await test.quote('MNQ', 80_000, 80_001);
    burn('A1/position/MNQ', 'position.filled', 2);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await test.lockstep.advanceTo(test.clock.nowMs() + 1_000);
    expect(stateOf(test, 'A1')).toBe('HALTED');
    expect(cell(test, 'account/A1/ledger')?.context['books']).toMatchObject({
      MNQ: { openLots: 1 },
    });
    expect(test.engine.world.counters.fills).toBe(1);
    await test.engine.stop();
  });

  it('makes an event that no state of an order takes a dead letter', async () => {
    const test = await start({});
    await test.quote('MNQ', 80_000, 80_001);
    await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const order = [...test.engine.world.cells.keys()].find((id) => id.includes('/order/'));
    const orderId = String(order).slice(String(order).lastIndexOf('/') + 1);
    const before = test.engine.world.counters.deadLetters;
    test.venue.announce({
      type: 'venue.order',
      key: 'impossible',
      accountId: 'A1' as never,
      orderId: orderId as never,
      event: { type: 'order.intentCommitted', atMs: 0 } as never,
    });
    await test.lockstep.rest();
    expect(test.engine.world.counters.deadLetters).toBe(before + 1);
    await test.engine.stop();
  });
});
