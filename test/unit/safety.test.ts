/** Verifies: execution 10 (two-level safety limits): what a reload and an actor that is down do to their causes */
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountRuntime } from '../../src/actors/account-runtime.ts';
import { Controls } from '../../src/domain/controls.ts';
import type { AccountId } from '../../src/domain/ids.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';

let engine: TestEngine | undefined;
afterEach(() => {
  if (engine === undefined) return;
  engine.crash();
  removeDirectory(engine.directory);
  engine = undefined;
});

/** The account with other controls, looked at. */
async function judged(started: TestEngine, controls: unknown): Promise<AccountRuntime> {
  const account = started.engine.world.accounts.get('A1' as AccountId);
  if (account === undefined) throw new Error('the account is there');
  account.controls = Controls.parse(controls);
  account.touch();
  started.engine.put('timer', { type: 'pulse', atMs: started.clock.nowMs() });
  await started.lockstep.rest();
  return account;
}

describe('the cause of a safety limit', () => {
  it('ends with a configuration that no longer has the limit', async () => {
    const started = await startTestEngine();
    engine = started;
    await started.quote('MNQ', 84_000, 84_001);
    await started.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const safety = { enabled: true, positionsDegraded: 1 };
    const profile = { margin: { leverage: 100 } };
    const account = await judged(started, { ...profile, safety });
    expect(account.causes).toContain('safety:positions');
    expect(account.effectiveState).toBe('REDUCING');
    await judged(started, { safety: { enabled: false } });
    expect(account.causes).not.toContain('safety:positions');
    expect(account.effectiveState).toBe('ACTIVE');
  });

  it('is written once while nothing changes, however often it is looked at', async () => {
    const started = await startTestEngine();
    engine = started;
    await started.quote('MNQ', 84_000, 84_001);
    await started.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    await judged(started, { safety: { enabled: true, positionsDegraded: 1 } });
    const { journal } = started.engine.world.options;
    const { seq } = journal.head;
    for (let look = 0; look < 5; look += 1)
      await judged(started, { safety: { enabled: true, positionsDegraded: 1 } });
    expect(journal.head.seq).toBe(seq);
  });
});
