/** Verifies: C5, I3 */
import { afterEach, describe, expect, it } from 'vitest';
import { drain } from '../../src/actors/deliver.ts';
import { shadowProblem, verifyShadows } from '../../src/actors/shadow-verifier.ts';
import { Turn } from '../../src/actors/turn.ts';
import type { ActorId } from '../../src/domain/ids.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

async function busyEngine(): Promise<TestEngine> {
  const test = await startTestEngine({
    rules: {
      maxContracts: { limit: '5' },
      dailyRealizedLoss: { limit: '-500' },
      dailyUnrealizedLoss: { limit: '-300' },
    },
  });
  directories.push(test.directory);
  await test.quote('MNQ', 80_000, 80_001);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 3 });
  await test.submit({
    instrument: 'MNQ',
    side: 'buy',
    quantityLots: 1,
    orderType: 'limit',
    limitTicks: 79_000,
  });
  await test.quote('MNQ', 79_400, 79_401);
  await test.lockstep.advanceTo(test.clock.nowMs() + 2_000);
  return test;
}

describe('the shadow verifier', () => {
  it('finds nothing wrong with any actor of an engine that has traded, breached and locked', async () => {
    const test = await busyEngine();
    const { world } = test.engine;
    const machines = new Set([...world.cells.values()].map(({ hosted }) => hosted.id));
    expect([...machines].toSorted()).toEqual([
      'account',
      'alerts',
      'exit',
      'ledger',
      'lock',
      'order',
      'position',
      'rule',
    ]);
    for (const cell of world.cells.values()) expect(shadowProblem(world, cell)).toBeUndefined();
    await test.engine.stop();
  });

  it('quarantines an actor whose memory is not what its rows give, and the account can only reduce', async () => {
    const test = await busyEngine();
    const { world } = test.engine;
    const cell = world.cells.get('account/A1/position/MNQ' as ActorId);
    expect(cell).toBeDefined();
    if (cell === undefined) return;
    cell.context = { ...cell.context, fillsSeen: 99 };
    expect(shadowProblem(world, cell)).toMatch(/context/);
    const turn = new Turn(world);
    expect(verifyShadows(world, turn, [cell])).toBe(1);
    drain(world, turn);
    expect(cell.status).toBe('quarantined');
    expect([...world.accounts.values()][0]?.effectiveState).not.toBe('ACTIVE');
  });
});
