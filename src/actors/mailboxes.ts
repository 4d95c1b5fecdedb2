import type { Fill } from '../domain/fill.ts';
import type { AccountId, ActorId } from '../domain/ids.ts';
import type { Recovered } from '../ports/journal.port.ts';
/**
 * Messages that wait for an actor that is down. They are stored with the turn that held them, so that the end of the
 * process does not lose them: what was taken in is delivered once the actor is back. Source: supervision 5, 6.
 */
import { Cell } from './cell.ts';
import type { Delivery, Turn } from './turn.ts';
import { supervisionOf, type World } from './world.ts';

const prefix = 'mailbox.';

/** Writes what changed in this turn; an empty mailbox is written too, so that nothing comes back twice. */
export function storeMailboxes(world: World, turn: Turn): void {
  for (const actor of turn.mailboxes) {
    const waiting = world.supervision.get(actor)?.mailbox ?? [];
    turn.values.set(`${prefix}${actor}`, JSON.stringify(waiting));
  }
  turn.mailboxes.clear();
}

/**
 * Reads what waited when the last process ended: a quarantined actor keeps it, all others have been restored from
 * their last committed state and take it in now.
 */
export function restoreMailboxes(
  world: World,
  turn: Turn,
  { values, quarantines }: Pick<Recovered, 'values' | 'quarantines'>,
): void {
  const quarantined = new Set(quarantines.map(({ actor }) => actor));
  for (const [key, value] of values) {
    if (!key.startsWith(prefix)) continue;
    const waiting = JSON.parse(value) as readonly Delivery[];
    if (waiting.length === 0) continue;
    const actor = key.slice(prefix.length) as ActorId;
    const { mailbox } = supervisionOf(world, actor);
    mailbox.push(...waiting);
    for (const { account, event } of waiting) {
      if (event.type === 'ledger.fillReported') restorePending(world, account, event.fill);
    }
    if (quarantined.has(actor)) {
      keepEmptyCell(world, actor, waiting[0]);
      continue;
    }
    releaseMailbox(world, turn, actor);
  }
}

/** One that no ledger has booked yet; a stand-in among them gives way to its true execution once it is booked. */
function restorePending(world: World, account: AccountId, fill: Fill): void {
  world.pendingFills.set(`${account}|${fill.fillId}`, fill);
  if (fill.synthetic === undefined) return;
  world.accounts.get(account)?.reconciliation.synthetic.set(fill.fillId, fill);
}

/** Sends everything that waited, in order. An order that had not left by then does not leave any more. */
export function releaseMailbox(world: World, turn: Turn, actor: ActorId): void {
  for (const delivery of supervisionOf(world, actor).mailbox.splice(0)) {
    if (isOutdatedCause(world, delivery)) continue;
    const isSend = delivery.event.type === 'order.sendStarted';
    const reason = 'its actor was down: a new attempt needs a new intent';
    const event = { type: 'order.notSent', reason, atMs: turn.atMs } as const;
    turn.send(isSend ? { ...delivery, event } : delivery);
  }
  turn.mailboxes.add(actor);
}

/** What the supervisor said of an actor that is back since, maybe in a process before this one: nobody would take it back. */
function isOutdatedCause(world: World, { account, event }: Delivery): boolean {
  if (event.type !== 'account.causeAdded') return false;
  const { cause } = event.cause;
  const isSupervisors = cause.startsWith('crash:') || cause.startsWith('quarantine:');
  return isSupervisors && world.accounts.get(account)?.supervisorCauses.has(cause) !== true;
}

/** A quarantined actor that never had a first step is there as an empty cell, for the operator to resume. */
function keepEmptyCell(world: World, actor: ActorId, first: Delivery | undefined): void {
  if (world.cells.has(actor) || first?.create === undefined) return;
  const cell = new Cell(actor, first.account, world.options.machines[first.create.machine]);
  cell.status = 'quarantined';
  world.cells.set(actor, cell);
  world.accounts.get(first.account)?.supervisorCauses.add(`quarantine:${actor}`);
}
