/**
 * An actor that was down is back and has taken in what waited for it. That may have been said by a process before this
 * one, or be over since; and one event may have been left out as poison, by the supervisor or by a person. What an account,
 * a rule and an alert desk believe is brought in line with what holds. Source: supervision 6.
 */
import type { AccountRuntime } from './account-runtime.ts';
import { resolveQuiet } from './alerts.ts';
import type { Cell } from './cell.ts';
import { drain } from './deliver.ts';
import { restoreFindings } from './judge.ts';
import { alignRules } from './reload.ts';
import { lookAtSafety } from './safety.ts';
import { adoptStale } from './staleness.ts';
import { alignBreaches } from './standing-breaches.ts';
import { reviewCauses } from './standing-causes.ts';
import { forgetFindings } from './supervisor.ts';
import { outside, type Turn } from './turn.ts';
import type { World } from './world.ts';

/** Actors that take part in the enforcement of a breach. */
const enforcers: ReadonlySet<string> = new Set(['account', 'rule', 'lock', 'exit']);

/** Of an account, a rule, what enforces and an alert desk; of any other actor only its alerts. Sends only what differs. */
export function bringUpToDate(world: World, turn: Turn, cell: Cell): void {
  const account = world.accounts.get(cell.account);
  if (account === undefined || cell.status !== 'live') return;
  if (cell.hosted.id === 'account' || cell.hosted.id === 'rule')
    renewDuty(world, turn, account, cell);
  if (enforcers.has(cell.hosted.id)) alignBreaches(world, turn, account);
  // What was said and was over before the desk heard of it is still open there.
  const concerned = cell.hosted.id === 'alerts' ? world.cells.values() : [cell];
  for (const one of concerned)
    if (one.account === account.id && one.status === 'live')
      resolveQuiet(turn, account, one, outside);
  drain(world, turn);
}

function renewDuty(world: World, turn: Turn, account: AccountRuntime, cell: Cell): void {
  if (cell.hosted.id === 'account') {
    reviewCauses(world, turn, account);
    adoptStale(world, account);
    lookAtSafety(world);
  } else {
    restoreFindings(world, account);
    account.isDirty = true;
  }
  drain(world, turn);
  alignRules(world, turn, account, outside);
  if (turn.queue.length === 0) return;
  drain(world, turn);
  // A rule that was off duty has not heard what it was told meanwhile.
  forgetFindings(world, cell);
}
