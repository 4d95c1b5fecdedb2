import type { AccountId, ActorId, InstrumentId, OrderId } from '../domain/ids.ts';
import type { MachineEvent } from '../domain/machine-event.ts';
import type { TimerRow } from '../ports/journal.port.ts';
/** Due timers and calendar boundaries. Every handler checks again whether its reason still holds. */
import type { AccountRuntime } from './account-runtime.ts';
import { drain } from './deliver.ts';
import { remainsOf } from './kill-scope.ts';
import { factsFor } from './linked-facts.ts';
import { runDueResets } from './resets.ts';
import { askFor, questionEvent, searchAgain, searchEvent } from './search.ts';
import { settleOrderEffects } from './settle-effects.ts';
import { isDuration, timerKey } from './timer-service.ts';
import { outside, type Turn } from './turn.ts';
import { noteOverdue } from './venue-calls.ts';
import { actorId, siblingOf, type World } from './world.ts';

/** Delivers a due timer to its owner, unless it was replaced or deleted meanwhile. */
export function deliverTimer(world: World, turn: Turn, row: TimerRow): void {
  const key = timerKey(row.owner, row.name);
  if (!world.timers.isCurrent(row) || turn.timersDeleted.has(key) || turn.timersPut.has(key))
    return;
  turn.deleteTimer(row.owner, row.name);
  const account = accountOf(world, row.owner);
  if (account === undefined) {
    turn.addDeadLetter('timer', row.owner, row, 'unknown');
    return;
  }
  if (row.event === 'scheduler.boundaryReached' || row.event === 'scheduler.weekReached') {
    runDueResets(world, turn, account);
    return;
  }
  if (row.event === searchEvent) {
    searchAgain(world, turn, account.id, row.owner);
    return;
  }
  if (row.event === questionEvent) {
    askFor(world, turn, account.id, orderIdOf(account.id, row.owner));
    return;
  }
  const owner = row.owner as ActorId;
  turn.send({
    to: owner,
    account: account.id,
    event: timerEvent(world, turn, account, row, owner),
    ...outside,
  });
  const sibling = siblingOf(account.id, owner);
  if (!sibling.startsWith('order/')) return;
  drain(world, turn);
  noteOverdue(world, turn, account.id, orderIdOf(account.id, owner), row.event);
  settleOrderEffects(world, turn, account.id, orderIdOf(account.id, owner), {
    type: row.event,
  });
}

function orderIdOf(accountId: AccountId, owner: string): OrderId {
  return siblingOf(accountId, owner as ActorId).slice('order/'.length) as OrderId;
}

function timerEvent(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  row: TimerRow,
  owner: ActorId,
): MachineEvent {
  // Its time has come, whatever the wall clock says by now.
  const atMs = isDuration(row) ? Math.max(turn.atMs, row.dueAtMs) : turn.atMs;
  if (row.event === 'exit.verifyDue') {
    const instrument = siblingOf(account.id, owner).slice('exit/'.length) as InstrumentId;
    return { type: 'exit.verifyDue', facts: account.exitFacts(instrument), atMs };
  }
  const facts = factsFor(world, owner);
  if (facts !== undefined) return { type: row.event, facts, atMs } as MachineEvent;
  if (row.event === 'kill.checkDue')
    return { type: 'kill.checkDue', remains: remainsOf(world, account), atMs };
  if (row.event === 'lock.expiryReached') {
    const since = world.lockStarts.get(owner);
    // Unknown for a lock that an earlier process made: then the wall clock alone decides.
    if (since !== undefined) {
      return {
        type: 'lock.expiryReached',
        monotonicElapsedMs: world.options.clock.monotonicMs() - since,
        atMs,
      };
    }
  }
  return { type: row.event, atMs } as MachineEvent;
}

function accountOf(world: World, owner: string): AccountRuntime | undefined {
  for (const account of world.accounts.values()) {
    const root = actorId(account.id, 'account');
    if (owner === root || owner.startsWith(`${root}/`)) return account;
  }
  return undefined;
}
