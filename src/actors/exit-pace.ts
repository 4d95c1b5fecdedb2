/** How exits are repeated, as configured: what is as in the product's own limits is not said. Source: execution 8, 15 (exit). */
import type { ExitPace } from '../domain/machine-event.ts';
import { limits } from '../kernel/limits.ts';
import type { World } from './world.ts';

/** Gives every account the pace of its exits; again after a reload. */
export function setExitPace(world: Pick<World, 'accounts' | 'execution'>): void {
  const { maxRounds, pacedSeconds, verifySeconds } = world.execution.exit;
  const pace: ExitPace = {
    roundsMax: maxRounds,
    verifyMs: verifySeconds * 1_000,
    pacedMs: pacedSeconds * 1_000,
  };
  const isUsual =
    pace.roundsMax === limits.exitRoundsMax &&
    pace.verifyMs === limits.exitVerifyDurationMs &&
    pace.pacedMs === limits.exitPacedDurationMs;
  for (const account of world.accounts.values()) account.exitPace = isUsual ? undefined : pace;
}
