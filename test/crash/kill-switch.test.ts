/**
 * A kill run that is cut off anywhere ends verified, and the latch is never lost.
 *
 * Verifies: execution 9.1, 9.2, C4, I4, I9, G50; negative cases: "killed" is reported while orders or positions remain,
 * a halt is lost by a restart
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FaultChanges } from '../../src/venues/paper/paper-faults.ts';
import { CrashStage, type FinalState, type Kill } from '../support/crash-stage.ts';

const [bid, ask] = [84_000, 84_001];

type Story = {
  readonly name: string;
  readonly mode: 'cancelOnly' | 'flatten';
  readonly isEmergency: boolean;
};

type Ending = { readonly stage: CrashStage; readonly state: FinalState; readonly kill: string };

/** Three long, a stop of them, and two entries; then the kill, and time enough for every retry. */
async function tell(story: Story, faults: FaultChanges, kill?: Kill): Promise<Ending> {
  const stage = new CrashStage({
    rule: 'maxContracts',
    config: { limit: 100 },
    downMs: 150,
    ...(kill === undefined ? {} : { kill }),
  });
  try {
    await stage.start();
    await stage.quote(bid, ask);
    await stage.submit('buy', 3);
    await stage.submit('buy', 1, { limitTicks: bid - 4_000 });
    await stage.submit('buy', 2, { limitTicks: bid - 5_000 });
    stage.setFaults(faults);
    await stage.pullKillSwitch(story);
    await stage.liveUntil(30_000);
    return { stage, state: stage.finalState(), kill: stage.killState() };
  } finally {
    stage.close();
  }
}

function killsOf({ seen }: CrashStage): readonly Kill[] {
  return (['commit', 'beforeSend', 'afterSend'] as const).flatMap((kind) =>
    Array.from({ length: seen[kind] }, (_, index) => ({ kind, count: index + 1 })),
  );
}

describe.each([
  { how: 'at once', faults: {} },
  { how: 'slowly and in pieces', faults: { latencyMs: 100, partial: { sizes: [1, 2, 2, 3] } } },
])('a venue that answers $how', ({ faults }) => {
  it.each([
    { name: 'an emergency', mode: 'flatten', isEmergency: true },
    { name: 'mode cancelOnly', mode: 'cancelOnly', isEmergency: false },
  ] as const)('$name ends as without the crash, wherever it is cut off', async (story) => {
    const untroubled = await tell(story, faults);
    expect(untroubled.kill).toBe(
      story.isEmergency ? 'account latched flat' : 'account latched canceled',
    );
    expect(untroubled.state.venueOrders).toEqual([]);
    expect(untroubled.state.venuePositions).toEqual(story.isEmergency ? [] : ['MNQ 3']);
    const kills = killsOf(untroubled.stage);
    expect(kills.length, 'the run has commits and commands').toBeGreaterThan(6);
    for (const kill of kills) {
      const ending = await tell(story, faults, kill);
      const name = `${kill.kind} ${kill.count}`;
      expect(ending.stage.hasDied, name).toBe(true);
      expect(ending.state, name).toEqual(untroubled.state);
      expect(ending.kill, name).toBe(untroubled.kill);
    }
  });
});

type Child = { readonly lines: readonly string[]; readonly code: number | null };
const childPath = join(import.meta.dirname, 'kill-switch.child.ts');

/** Runs the child; with `afterMs` it is killed so long after it has pulled its kill switch. */
async function runChild(directory: string, afterMs?: number): Promise<Child> {
  const child = spawn(process.execPath, ['--import', 'tsx', childPath, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    for (const line of chunk
      .toString()
      .split('\n')
      .filter((text) => text !== '')) {
      lines.push(line);
      if (line === 'KILL' && afterMs !== undefined)
        setTimeout(() => child.kill('SIGKILL'), afterMs);
    }
  });
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  return { lines, code };
}

describe('a real process that is killed with SIGKILL in the middle of its kill run', () => {
  it.each([0, 15, 35, 60, 90, 120])(
    'is verified flat after the next start, %i ms after the trigger',
    async (afterMs) => {
      const directory = mkdtempSync(join(tmpdir(), 'bulkhead-kill-run-'));
      try {
        const first = await runChild(directory, afterMs);
        expect(first.lines).toContain('KILL');
        // A machine that is faster than the signal has finished; then there was nothing to cut off.
        const wasCut = first.code === null;
        const second = await runChild(directory);
        expect(second.lines, 'the latch has survived').not.toContain('KILL');
        const said = JSON.parse(second.lines.at(-1) ?? '{}') as Readonly<Record<string, unknown>>;
        expect(said, `cut off: ${wasCut}`).toEqual({
          isLatched: true,
          result: 'flat',
          triggers: 1,
          tradingState: 'HALTED',
          openOrders: 0,
          openPositions: 0,
          resubmitted: 0,
        });
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
      expect(existsSync(directory)).toBe(false);
    },
    60_000,
  );
});
