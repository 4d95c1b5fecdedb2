import type { Fill } from '../domain/fill.ts';
import type { ActorId } from '../domain/ids.ts';
import { unreachable } from '../kernel/assert.ts';
import type { VenueEvent } from '../ports/venue.port.ts';
/** One input at a time: what it means, and which actors hear of it. */
import { acknowledgeResult } from './acknowledgement.ts';
import { submitIntent } from './commands.ts';
import { drain } from './deliver.ts';
import { closeWhatALockForbids, refreshExits, routeFill } from './fills.ts';
import type { EngineInput } from './input.ts';
import { judgeChanged, takeVerdicts } from './judge.ts';
import { isUnlockBarred, routePermission } from './permission.ts';
import { reconcile } from './reconciler.ts';
import { deliverTimer } from './scheduler.ts';
import { isProvenAbsent } from './search.ts';
import { settleOrderEffects } from './settle-effects.ts';
import { forgetPoison, restart, resume } from './supervisor.ts';
import { dropTrade, voidKey } from './trades.ts';
import { outside, type Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Handles one input and everything it causes inside the engine. */
export function handle(world: World, turn: Turn, input: EngineInput): void {
  const from = turn.seq;
  world.counters.inputs += 1;
  route(world, turn, input);
  drain(world, turn);
  const cause = {
    causeSeq: turn.seq > from ? from : 0,
    correlationSeq: turn.seq > from ? from : 0,
  };
  judgeChanged(world, turn, cause);
  drain(world, turn);
}

function route(world: World, turn: Turn, input: EngineInput): void {
  switch (input.type) {
    case 'venue':
      routeVenue(world, turn, input.event);
      return;
    case 'submit':
      submitIntent(world, turn, input);
      return;
    case 'cancel': {
      const event = {
        type: 'order.cancelRequested',
        reason: input.reason,
        atMs: turn.atMs,
      } as const;
      turn.sendSibling(input.accountId, `order/${input.orderId}`, event, outside);
      return;
    }
    case 'verdicts':
      takeVerdicts(world, turn, input.changes, outside);
      return;
    case 'timer':
      deliverTimer(world, turn, input.row);
      return;
    case 'judge': {
      const account = world.accounts.get(input.accountId);
      if (account !== undefined) account.isDirty = true;
      return;
    }
    case 'reconcile':
      reconcile(world, turn, input.accountId, input.snapshot, input.fillsBefore);
      return;
    case 'restart':
      restart(world, turn, input.actor);
      refreshAfterRestart(world, turn, input.actor);
      return;
    case 'resume': {
      const { actor, skipEvent, by, reason } = input;
      turn.addInput('', { type: 'operator.resume', actor, skipEvent, by, reason });
      if (!resume(world, turn, actor, skipEvent))
        turn.addDeadLetter(by, actor, { type: 'operator.resume' }, 'unknown');
      refreshAfterRestart(world, turn, actor);
      // What it believes is old: the venue says what holds.
      const resumed = world.cells.get(actor);
      if (resumed !== undefined) world.picturesWanted.add(resumed.account);
      return;
    }
    case 'unlock':
      unlock(world, turn, input);
      return;
    case 'rearm': {
      const { by, reason } = input;
      turn.sendSibling(
        input.accountId,
        'account',
        { type: 'account.rearmed', by, reason, atMs: turn.atMs },
        outside,
      );
      drain(world, turn);
      forgetPoison(world, input.accountId);
      return;
    }
    default:
      unreachable(input);
  }
}

/** An operator's wish to end a lock: the lock decides by its policy, and reports either way. */
function unlock(world: World, turn: Turn, input: Extract<EngineInput, { type: 'unlock' }>): void {
  const { accountId, by, reason, lockId } = input;
  const account = world.accounts.get(accountId);
  const lock = account?.locks.get(lockId);
  const cell = world.cells.get(actorId(accountId, `lock/${lockId}`));
  const isBarred = account !== undefined && isUnlockBarred(account, cell);
  const event = {
    type: 'lock.cleared',
    on: 'operatorAck',
    by,
    reason,
    ...(isBarred ? { isBarred: true as const } : {}),
    atMs: turn.atMs,
  } as const;
  turn.sendSibling(accountId, `lock/${lockId}`, event, outside);
  drain(world, turn);
  if (account !== undefined && lock !== undefined && !account.locks.has(lockId))
    acknowledgeResult(turn, account, lock.source);
}

/** What waited for the actor is taken in; exits that are under way look at what it changed. */
function refreshAfterRestart(world: World, turn: Turn, actor: ActorId): void {
  drain(world, turn);
  const cell = world.cells.get(actor);
  if (cell !== undefined) refreshExits(world, turn, cell.account);
}

function routeVenue(world: World, turn: Turn, event: VenueEvent): void {
  switch (event.type) {
    case 'venue.order':
      routeReport(world, turn, event);
      return;
    case 'venue.fill':
      routeFill(world, turn, event.fill);
      return;
    case 'venue.fillVoided':
      routeVoid(world, turn, event.fill);
      return;
    case 'venue.position':
    case 'venue.balance':
      routeAccountReport(world, turn, event);
      return;
    case 'venue.permission':
      routePermission(world, turn, event);
      return;
    case 'venue.link':
      routeLink(world, turn, event);
      return;
    default:
      unreachable(event);
  }
}

/** A report about an order: taken once per key, even over restarts. */
function routeReport(
  world: World,
  turn: Turn,
  report: Extract<VenueEvent, { type: 'venue.order' }>,
): void {
  const key = `${report.accountId}|${report.key}`;
  if (turn.takenKeys.has(key) || world.options.journal.hasDedupeKey(key)) {
    world.counters.duplicateReports += 1;
    return;
  }
  if (isUnknownOrder(world, report)) {
    // Placed elsewhere: the picture says what it is, and it is adopted from there.
    world.picturesWanted.add(report.accountId);
    return;
  }
  const isAbsent = report.event.type === 'order.notFoundConfirmed';
  if (isAbsent && !isProvenAbsent(world, report.accountId, report.orderId)) return;
  turn.takenKeys.add(key);
  turn.dedupeKeys.push({ key, atMs: turn.atMs });
  turn.sendSibling(
    report.accountId,
    `order/${report.orderId}`,
    { ...report.event, atMs: turn.atMs },
    outside,
  );
  drain(world, turn);
  settleOrderEffects(world, turn, report.accountId, report.orderId, report.event);
  refreshExits(world, turn, report.accountId);
}

function isUnknownOrder(
  world: World,
  { accountId, orderId }: Extract<VenueEvent, { type: 'venue.order' }>,
): boolean {
  const actor = actorId(accountId, `order/${orderId}`);
  return (
    world.accounts.has(accountId) &&
    !world.cells.has(actor) &&
    world.options.journal.readActor(actor) === undefined
  );
}

function routeVoid(world: World, turn: Turn, fill: Fill): void {
  const known = world.options.journal.findFill(fill.accountId, fill.fillId);
  const instrument = world.options.instruments.get(fill.instrument);
  const key = voidKey(fill.accountId, fill.fillId);
  if (
    known === undefined ||
    instrument === undefined ||
    turn.takenKeys.has(key) ||
    world.options.journal.hasDedupeKey(key)
  )
    return;
  turn.takenKeys.add(key);
  turn.dedupeKeys.push({ key, atMs: turn.atMs });
  const seq = turn.addInput(fill.accountId, { type: 'venue.fillVoided', fill });
  const cause = { causeSeq: seq, correlationSeq: seq };
  const { atMs } = turn;
  const { tradingDay, realizedUnits } = known;
  const account = world.accounts.get(fill.accountId);
  if (account !== undefined) dropTrade(account, fill.fillId);
  const before = account?.openLots(fill.instrument) ?? 0;
  turn.sendSibling(
    fill.accountId,
    'ledger',
    { type: 'ledger.fillVoided', fill: known.fill, instrument, tradingDay, realizedUnits, atMs },
    cause,
  );
  turn.sendSibling(
    fill.accountId,
    `position/${fill.instrument}`,
    { type: 'position.fillVoided', fill: known.fill, instrument, realizedUnits, atMs },
    cause,
  );
  if (known.fill.orderId !== undefined) {
    turn.sendSibling(
      fill.accountId,
      `order/${known.fill.orderId}`,
      { type: 'order.fillVoided', fill: known.fill, origin: 'stream', atMs },
      cause,
    );
  }
  drain(world, turn);
  if (account === undefined) return;
  // Whether the venue's position has the trade or not is for the venue to say: a picture may already be without it.
  world.picturesWanted.add(account.id);
  closeWhatALockForbids(world, turn, account, { instrument: fill.instrument }, before, cause);
  refreshExits(world, turn, account.id);
}

function routeAccountReport(
  world: World,
  turn: Turn,
  event: Extract<VenueEvent, { type: 'venue.position' | 'venue.balance' }>,
): void {
  const { atMs } = turn;
  if (event.type === 'venue.balance') {
    turn.sendSibling(
      event.accountId,
      'ledger',
      { type: 'ledger.balanceReported', balanceUnits: event.balanceUnits, atMs },
      outside,
    );
    return;
  }
  const { accountId, instrument, openLots, costUnits, venueTimeMs } = event;
  const account = world.accounts.get(accountId);
  const before = account?.openLots(instrument) ?? 0;
  turn.sendSibling(
    accountId,
    `position/${instrument}`,
    { type: 'position.reported', openLots, costUnits, venueTimeMs, atMs },
    outside,
  );
  drain(world, turn);
  if (account !== undefined)
    closeWhatALockForbids(world, turn, account, { instrument }, before, outside);
  refreshExits(world, turn, accountId);
}

function routeLink(
  world: World,
  turn: Turn,
  event: Extract<VenueEvent, { type: 'venue.link' }>,
): void {
  const cause = `link:${world.options.venue.id}`;
  for (const account of world.accounts.values()) {
    const { atMs } = turn;
    if (event.status === 'down') {
      const added = { cause, state: 'REDUCING', reason: event.reason } as const;
      turn.sendSibling(
        account.id,
        'account',
        { type: 'account.causeAdded', cause: added, atMs },
        outside,
      );
    } else {
      turn.sendSibling(
        account.id,
        'account',
        { type: 'account.causeRemoved', cause, atMs },
        outside,
      );
    }
  }
}
