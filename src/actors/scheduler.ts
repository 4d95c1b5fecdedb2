import type { AccountId, ActorId, InstrumentId, OrderId } from '../domain/ids.ts';
import type { MachineEvent } from '../domain/machine-event.ts';
import type { TimerRow } from '../ports/journal.port.ts';
/** Due timers and calendar boundaries. Every handler checks again whether its reason still holds. */
import type { AccountRuntime } from './account-runtime.ts';
import { drain } from './deliver.ts';
import { askFor, questionEvent, searchAgain, searchEvent } from './search.ts';
import { settleOrderEffects } from './settle-effects.ts';
import { timerKey } from './timer-service.ts';
import { outside, type Turn } from './turn.ts';
import { actorId, siblingOf, type World } from './world.ts';

export const boundaryTimer = 'dailyBoundary';

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
  if (row.event === 'scheduler.boundaryReached') {
    rollDay(world, turn, account);
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
  const { atMs } = turn;
  if (row.event === 'exit.verifyDue') {
    const instrument = siblingOf(account.id, owner).slice('exit/'.length) as InstrumentId;
    return { type: 'exit.verifyDue', facts: account.exitFacts(instrument), atMs };
  }
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

/** The trading day changes: one roll for the latest boundary, also after days of downtime. */
function rollDay(world: World, turn: Turn, account: AccountRuntime): void {
  const { calendar } = world.options;
  const { atMs } = turn;
  const boundaryMs = calendar.latestBoundaryMs(atMs);
  const tradingDay = calendar.tradingDayOf(atMs);
  const seq = turn.addInput(account.id, {
    type: 'scheduler.boundaryReached',
    tradingDay,
    boundaryMs,
  });
  const cause = { causeSeq: seq, correlationSeq: seq };
  turn.sendSibling(
    account.id,
    'ledger',
    { type: 'ledger.dayRolled', tradingDay, boundaryMs, atMs },
    cause,
  );
  turn.sendSibling(
    account.id,
    'account',
    { type: 'account.dayRolled', tradingDay, boundaryMs, atMs },
    cause,
  );
  armBoundary(world, turn, account.id);
  turn.note(`DAY ${account.id}: trading day ${tradingDay} begins`);
}

/** The next boundary as a durable timer of the account. */
export function armBoundary(world: World, turn: Turn, accountId: AccountId): void {
  const dueAtMs = world.options.calendar.nextBoundaryMs(turn.atMs);
  const owner = actorId(accountId, 'account');
  turn.putTimer({ owner, name: boundaryTimer, dueAtMs, event: 'scheduler.boundaryReached' });
}

function accountOf(world: World, owner: string): AccountRuntime | undefined {
  for (const account of world.accounts.values()) {
    const root = actorId(account.id, 'account');
    if (owner === root || owner.startsWith(`${root}/`)) return account;
  }
  return undefined;
}
