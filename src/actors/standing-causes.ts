/**
 * Causes that the engine itself keeps for what surrounds an account: link, breakers, budget, clock, inbox, and actors that
 * are down. They are told when they change. An account that was set aside hears of that late, over the end of a process
 * not at all, and a person may leave an event out: what it believes afterwards is brought in line with what holds.
 * Source: execution 10, 13; supervision 6.
 */
import type { AccountRuntime } from './account-runtime.ts';
import { outside, type Turn } from './turn.ts';
import { modeOf, type World } from './world.ts';

const prefixes = ['link:', 'breaker:', 'budget:', 'clock', 'mailbox', 'crash:', 'quarantine:'];

/** Run when an account has taken in what waited for it. Sends only what differs. */
export function reviewCauses(world: World, turn: Turn, account: AccountRuntime): void {
  const { atMs } = turn;
  const standing = standingCauses(world, account);
  for (const cause of account.causes) {
    if (standing.has(cause) || !prefixes.some((prefix) => cause.startsWith(prefix))) continue;
    turn.sendSibling(account.id, 'account', { type: 'account.causeRemoved', cause, atMs }, outside);
  }
  for (const [cause, reason] of standing) {
    if (account.causes.includes(cause)) continue;
    const added = { cause, state: 'REDUCING', reason } as const;
    const event = { type: 'account.causeAdded', cause: added, atMs } as const;
    turn.sendSibling(account.id, 'account', event, outside);
  }
}

/** What holds now, with a reason for people. */
function standingCauses(world: World, account: AccountRuntime): ReadonlyMap<string, string> {
  const { breakers, clockGate, link, options, submission } = world;
  const { id } = options.venue;
  const standing = new Map<string, string>();
  if (link.phase !== 'up') standing.set(`link:${id}`, 'the link to the venue is lost');
  for (const name of breakers.open)
    if (name !== 'hub') standing.set(`breaker:${name}`, `the breaker ${name} is open`);
  if (submission.exhaustedBudgets.size > 0)
    standing.set(`budget:${id}`, 'the calls of the budget are used up');
  if (clockGate.isOff && modeOf(world, account.id) === 'LIVE')
    standing.set('clock', "the clock of this machine differs from the venue's");
  for (const cause of account.supervisorCauses)
    // A poisonous event halts, and that is latched in the account itself.
    if (!cause.startsWith('poison:')) standing.set(cause, 'an actor of the account is down');
  return standing;
}
