import type { ActorId } from '../domain/ids.ts';
import type { TradingStateCause } from '../domain/machine-event.ts';
import { InvariantViolation } from '../kernel/assert.ts';
import { errorText } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { CrashKind } from '../ports/journal.port.ts';
/**
 * The supervisor: restart from the last committed state, never a fresh one; then quarantine.
 * A crash stays in its actor: siblings and other accounts are not touched (supervision 4 to 7).
 */
import { planAlert } from './alerts.ts';
import { StepCrash, type Cell } from './cell.ts';
import { noteCrash } from './exception-burst.ts';
import { forget } from './judge.ts';
import { releaseMailbox } from './mailboxes.ts';
import { observe, standInForPositions } from './observe.ts';
import type { Delivery, Turn } from './turn.ts';
import { actorId, supervisionOf, type Supervision, type World } from './world.ts';

/** An actor threw. Its step has left nothing; decides between restart, poison and quarantine. */
export function onCrash(
  world: World,
  turn: Turn,
  cell: Cell,
  delivery: Delivery,
  crash: StepCrash,
): void {
  const record = supervisionOf(world, cell.id);
  const eventJson = JSON.stringify(delivery.event);
  const isPoison = record.lastEventJson === eventJson;
  bookCrash(world, turn, cell, delivery.event.type, { eventJson, crash, isPoison });
  cell.stop();
  cell.status = 'backoff';
  const account = world.accounts.get(cell.account);
  if (account !== undefined && cell.hosted.id === 'position') standInForPositions(world, account);
  countCrash(record, turn.atMs);
  if (account !== undefined) noteCrash(world, turn, account);
  record.lastEventJson = eventJson;
  const mustKeep = !skipsPoison(cell);
  if (!isPoison || mustKeep) record.mailbox.unshift(delivery);
  else forgetFindings(world, cell);
  turn.mailboxes.add(cell.id);
  if (isPoison) onPoison(world, turn, cell, eventJson, crashStack(crash));
  const isLost = isPoison && mustKeep;
  if (isLost || record.crashesMs.length >= limits.restartsMax) {
    quarantine(
      world,
      turn,
      cell,
      isPoison ? 'poison event' : `${record.crashesMs.length} crashes within the window`,
    );
    return;
  }
  scheduleRestart(world, turn, cell, record);
}

function countCrash(record: Supervision, atMs: number): void {
  const { crashesMs } = record;
  while (crashesMs[0] !== undefined && crashesMs[0] <= atMs - limits.restartWindowMs)
    crashesMs.shift();
  crashesMs.push(atMs);
}

function bookCrash(
  world: World,
  turn: Turn,
  cell: Cell,
  eventType: string,
  { eventJson, crash, isPoison }: { eventJson: string; crash: StepCrash; isPoison: boolean },
): void {
  const kind = isPoison ? 'poison' : crashKind(crash);
  const message = crashMessage(crash);
  world.counters.crashes += 1;
  turn.crashes.push({
    atMs: turn.atMs,
    actor: cell.id,
    kind,
    eventJson,
    message,
    stack: crashStack(crash),
    machineVersion: cell.hosted.version,
  });
  turn.note(`CRASH ${cell.id} on ${eventType} (${kind}): ${message}`);
}

function scheduleRestart(world: World, turn: Turn, cell: Cell, record: Supervision): void {
  addCause(world, turn, cell, {
    cause: `crash:${cell.id}`,
    state: 'REDUCING',
    reason: `${cell.id} is being restarted`,
  });
  const jitter = 0.8 + world.options.random.float() * 0.4;
  const dueAtMs = turn.atMs + Math.round(record.backoffMs * jitter);
  record.backoffMs = Math.min(record.backoffMs * 2, limits.restartBackoffMsMax);
  turn.releases.push(() => {
    world.options.clock.schedule(dueAtMs, () => {
      world.inbox.put('control', {
        type: 'restart',
        actor: cell.id,
        atMs: world.options.clock.nowMs(),
      });
    });
  });
}

/** Restores an actor from its last committed row and delivers what waited. */
export function restart(world: World, turn: Turn, actor: ActorId): void {
  const cell = world.cells.get(actor);
  if (cell?.status !== 'backoff') return;
  const record = supervisionOf(world, actor);
  const state = world.options.journal.readActor(actor);
  if (state === undefined && record.mailbox[0]?.create !== undefined) {
    // It never had a first step: it is made again from the same input.
    world.cells.delete(actor);
    releaseMailbox(world, turn, actor);
    removeCause(world, turn, cell, `crash:${actor}`);
    return;
  }
  try {
    if (state === undefined) throw new StepCrash(`${actor} has no committed state`);
    cell.restore(state);
  } catch (error) {
    quarantine(world, turn, cell, `corrupt: ${crashMessage(error)}`);
    return;
  }
  observe(world, cell);
  // The account itself may have been down: its own cause waits in its mailbox, and goes after it was added.
  releaseMailbox(world, turn, actor);
  removeCause(world, turn, cell, `crash:${actor}`);
  // Quiet for (min+max)/2 and the next crash starts at the shortest wait again. Source: supervision 5.
  const quietMs = (limits.restartBackoffMs + limits.restartBackoffMsMax) / 2;
  const crashed = record.crashesMs.at(-1);
  if (crashed !== undefined && turn.atMs - crashed > quietMs)
    record.backoffMs = limits.restartBackoffMs;
}

/** Ends a quarantine by an operator's word: restores the actor and delivers what waited, without the first event if told. */
export function resume(world: World, turn: Turn, actor: ActorId, skipEvent: boolean): boolean {
  const cell = world.cells.get(actor);
  if (cell?.status !== 'quarantined') return false;
  const record = supervisionOf(world, actor);
  if (skipEvent) {
    // Without the event that makes it there is no actor to bring back, and what it was to do would be lost.
    if (record.mailbox[0]?.create !== undefined) return false;
    record.mailbox.shift();
    turn.mailboxes.add(actor);
    forgetFindings(world, cell);
  }
  record.crashesMs.length = 0;
  record.lastEventJson = '';
  record.backoffMs = limits.restartBackoffMs;
  cell.status = 'backoff';
  turn.quarantinesEnded.push(actor);
  restart(world, turn, actor);
  if (world.cells.get(actor)?.status !== 'quarantined')
    removeCause(world, turn, cell, `quarantine:${actor}`);
  return true;
}

/** Pause, not kill: the actor keeps its state and its waiting events; its account can only reduce. */
export function quarantine(world: World, turn: Turn, cell: Cell, reason: string): void {
  cell.status = 'quarantined';
  turn.quarantines.push({ actor: cell.id, atMs: turn.atMs, reason, lastGoodSeq: cell.seq });
  turn.addIncident(cell.account, 'ACTOR_QUARANTINED', `${cell.id}: ${reason}`, 0);
  removeCause(world, turn, cell, `crash:${cell.id}`);
  addCause(world, turn, cell, {
    cause: `quarantine:${cell.id}`,
    state: 'REDUCING',
    reason: `${cell.id}: ${reason}`,
  });
  if (cell.hosted.id === 'alerts') sendWaiting(world, turn, cell);
}

/** A desk that is set aside keeps nobody waiting for what it was told before; from here on alerts go past it. */
function sendWaiting(world: World, turn: Turn, { id, account }: Cell): void {
  const { atMs } = turn;
  for (const { event } of supervisionOf(world, id).mailbox) {
    if (event.type !== 'alert.raised') continue;
    const { severity, code, text } = event;
    const seq = turn.addInput(account, { type: 'alert.sentPastDesk', code });
    planAlert(world, turn, { id: `input:${seq}`, atMs, account, severity, code, text }, seq);
  }
}

/** The cause stands in the supervisor at once, so that it also holds while the account actor itself is down. */
function addCause(world: World, turn: Turn, cell: Cell, cause: TradingStateCause): void {
  world.accounts.get(cell.account)?.supervisorCauses.add(cause.cause);
  const event = { type: 'account.causeAdded', cause, atMs: turn.atMs } as const;
  turn.send({
    to: actorId(cell.account, 'account'),
    account: cell.account,
    event,
    causeSeq: 0,
    correlationSeq: 0,
  });
}

function removeCause(world: World, turn: Turn, cell: Cell, cause: string): void {
  if (world.accounts.get(cell.account)?.supervisorCauses.delete(cause) !== true) return;
  const event = { type: 'account.causeRemoved', cause, atMs: turn.atMs } as const;
  turn.send({
    to: actorId(cell.account, 'account'),
    account: cell.account,
    event,
    causeSeq: 0,
    correlationSeq: 0,
  });
}

/** A rule can go on without an event; skipping one of an order, a position or the ledger would falsify the position. */
function skipsPoison(cell: Cell): boolean {
  return cell.hosted.id === 'rule';
}

/** A verdict that the rule never took in is given again: a breach must not be lost with the event that told of it. */
export function forgetFindings(world: World, cell: Cell): void {
  const account = world.accounts.get(cell.account);
  if (account === undefined || cell.hosted.id !== 'rule') return;
  const own = Array.from(account.lastFindings.values(), ({ ruleId, entity }) => ({
    ruleId,
    entity,
  }));
  for (const { ruleId, entity } of own) {
    if (ruleId === cell.context['ruleId']) forget(account, ruleId, entity);
  }
  account.isDirty = true;
}

function onPoison(world: World, turn: Turn, cell: Cell, eventJson: string, stack: string): void {
  turn.poisons.push({
    seq: cell.seq,
    actor: cell.id,
    eventJson,
    stack,
    machineVersion: cell.hosted.version,
  });
  if (skipsPoison(cell)) return;
  const reason = `the same event crashed ${cell.id} twice`;
  addCause(world, turn, cell, { cause: `poison:${cell.id}`, state: 'HALTED', reason });
}

function crashKind(crash: StepCrash): CrashKind {
  const cause: unknown = crash.cause;
  if (cause instanceof InvariantViolation) return 'bug';
  if (cause instanceof RangeError && /memory|allocation/i.test(cause.message)) return 'resource';
  return 'transient';
}

function crashMessage(crash: unknown): string {
  const message = errorText(crash);
  const cause = crash instanceof Error ? crash.cause : undefined;
  return cause === undefined ? message : `${message}: ${errorText(cause)}`;
}

function crashStack(crash: StepCrash): string {
  return crash.cause instanceof Error ? (crash.cause.stack ?? '') : (crash.stack ?? '');
}
