import type { AccountRuntime } from './account-runtime.ts';
/** EXCEPTION_BURST: several crashes of an account's actors within minutes, whichever actors they are. Source: trading-controls 5, row 9. */
import { isDeskUp, raiseAlert } from './alerts.ts';
import { outside, type Turn } from './turn.ts';
import type { World } from './world.ts';

const windowMs = 300_000;
const crashesMin = 3;

/** Takes note of a crash, and tells when it makes a burst. In memory: a start begins to count anew. */
export function noteCrash(world: World, turn: Turn, account: AccountRuntime): void {
  const { crashesMs } = account;
  while (crashesMs[0] !== undefined && crashesMs[0] <= turn.atMs - windowMs) crashesMs.shift();
  crashesMs.push(turn.atMs);
  // A desk that is down would add a crash of its own to the burst; its quarantine is told by its cause.
  if (crashesMs.length < crashesMin || !isDeskUp(world, account.id)) return;
  const text = `${crashesMs.length} crashes within ${windowMs / 60_000} minutes`;
  const alert = { severity: 'critical', code: 'EXCEPTION_BURST', text } as const;
  raiseAlert(turn, account, { ...alert, entity: 'account/crashes', isLasting: false }, outside);
}
