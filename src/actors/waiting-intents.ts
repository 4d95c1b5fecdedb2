/** Intents that wait are judged again when what they wait for may be over. */
import { drain } from './deliver.ts';
import { judgeChanged } from './judge.ts';
import { consider } from './submission.ts';
import { outside, type Turn } from './turn.ts';
import type { World } from './world.ts';

/** Judges those that wait and whose facts have changed, oldest first. Runs after every input. */
export function retryWaiting(world: World, turn: Turn): void {
  const { waiting } = world.submission;
  if (waiting.size === 0) return;
  // Judging may take the current one out, and adds none.
  for (const item of waiting.values()) {
    const account = world.accounts.get(item.intent.accountId);
    if (account === undefined || (account.version === item.version && !item.isDue)) continue;
    item.version = account.version;
    item.isDue = false;
    consider(world, turn, account, item);
    drain(world, turn);
    judgeChanged(world, turn, outside);
    drain(world, turn);
  }
}
