/**
 * A process that dies at any commit or command of an enforcement ends, after its restart, where it would have ended.
 *
 * Verifies: C1, C2, C3, I1, I4, G19, G34
 */
import { describe, expect, it } from 'vitest';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import type { FaultChanges } from '../../src/venues/paper/paper-faults.ts';
import { CrashStage, type FinalState, type Kill } from '../support/crash-stage.ts';

type Story = {
  readonly rule: string;
  readonly config: object;
  /** Begins flat: the breach is the first trade. */
  readonly isFlat?: true;
  readonly breach: (stage: CrashStage) => Promise<void>;
};

/** Half a dollar a tick and contract. */
const [bid, ask] = [84_000, 84_001];

const stories: readonly Story[] = [
  { rule: 'maxContracts', config: { limit: 4 }, breach: (stage) => stage.buyElsewhere(5, ask) },
  {
    rule: 'maxContractsPerInstrument',
    config: { defaultLimit: 4, enforcement: 'closePosition' },
    breach: (stage) => stage.buyElsewhere(5, ask),
  },
  {
    rule: 'dailyRealizedLoss',
    config: { limit: -500 },
    breach: (stage) => stage.quote(bid - 400, ask - 400),
  },
  {
    rule: 'dailyUnrealizedLoss',
    config: { limit: -300, lockout: 'untilReset' },
    breach: (stage) => stage.quote(bid - 400, ask - 400),
  },
  {
    rule: 'maxUnrealizedProfit',
    config: { target: 300, action: 'closeAll' },
    breach: (stage) => stage.quote(bid + 400, ask + 400),
  },
  {
    rule: 'dailyRealizedProfit',
    config: { target: 300, combinedWithUnrealized: true },
    breach: (stage) => stage.quote(bid + 400, ask + 400),
  },
  {
    rule: 'tradeFrequencyLimit',
    config: { limits: { perMinute: 1 }, cooldownOnBreach: { perMinute: '10m' } },
    breach: (stage) => stage.submit('buy', 1),
  },
  {
    rule: 'cooldownAfterLoss',
    config: { lossThresholds: [{ lossAmount: -50, cooldownDuration: '10m' }] },
    breach: async (stage) => {
      await stage.quote(bid - 200, ask - 200);
      await stage.submit('sell', 1, { purpose: 'exit' });
    },
  },
  {
    rule: 'noStopLossGrace',
    config: { graceSeconds: 30 },
    breach: (stage) => stage.liveUntil(31_000),
  },
  { rule: 'sessionBlockOutside', config: {}, breach: (stage) => stage.liveUntil(61_000) },
  { rule: 'authLossGuard', config: {}, breach: (stage) => stage.forbidTrading() },
  {
    rule: 'symbolBlocks',
    config: { blockedSymbols: ['MNQ'] },
    isFlat: true,
    breach: (stage) => stage.buyElsewhere(3, ask),
  },
  {
    rule: 'tradeManagement',
    config: { autoStop: { enabled: true }, autoTarget: { enabled: true } },
    isFlat: true,
    breach: (stage) => stage.submit('buy', 3),
  },
];

/** A position of three and an entry that rests below; then the breach, then time enough for every retry. */
async function tell(
  { rule, config, isFlat, breach }: Story,
  faults: FaultChanges,
  more: { readonly kill?: Kill; readonly downMs?: number } = {},
): Promise<{ readonly stage: CrashStage; readonly state: FinalState }> {
  const stage = new CrashStage({ rule, config, ...more });
  try {
    await stage.start();
    await stage.quote(bid, ask);
    if (isFlat !== true) {
      await stage.submit('buy', 3);
      await stage.submit('buy', 1, { limitTicks: bid - 4_000 });
    }
    stage.setFaults(faults);
    await breach(stage);
    await stage.liveUntil(240_000);
    return { stage, state: stage.finalState() };
  } finally {
    stage.close();
  }
}

/** Every commit from that of the breach on, and both sides of every command. */
function killsOf({ seen }: CrashStage): readonly Kill[] {
  return (['commit', 'beforeSend', 'afterSend'] as const).flatMap((kind) =>
    Array.from({ length: seen[kind] }, (_, index) => ({ kind, count: index + 1 })),
  );
}

const partialClose = { partial: { sizes: [1, 2, 2, 3] } } as const;

describe.each([
  { how: 'at once', faults: {}, downMs: 0 },
  { how: 'a piece at a time', faults: partialClose, downMs: 0 },
  { how: 'while the process is gone', faults: partialClose, downMs: 150 },
])('a venue that fills $how', ({ faults, downMs }) => {
  it.each(stories)('$rule ends as without the crash', async (story) => {
    const untroubled = await tell(story, faults);
    const kills = killsOf(untroubled.stage);
    expect(kills.length, 'the story has a breach').toBeGreaterThan(0);
    for (const kill of kills) {
      const { stage, state } = await tell(story, faults, { kill, downMs });
      const name = `${kill.kind} ${kill.count}`;
      expect(stage.hasDied, name).toBe(true);
      expect(state, name).toEqual(untroubled.state);
    }
  });
});

it('tells a story of every rule', () => {
  const told = new Set(stories.map(({ rule }) => rule));
  expect(ruleCatalogue.map(({ key }) => key).filter((key) => !told.has(key))).toEqual([]);
});
