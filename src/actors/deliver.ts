import type { ActorId, AccountId, OrderId } from '../domain/ids.ts';
import type { MachineEvent, MachineId } from '../domain/machine-event.ts';
import { InvariantViolation, invariant } from '../kernel/assert.ts';
import { errorText } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { ActorState } from '../ports/journal.port.ts';
/** Carries messages to cells, in order and iteratively, and books what each step recorded. */
import type { AccountRuntime } from './account-runtime.ts';
import { followUnlock } from './acknowledgement.ts';
import { resolveQuiet } from './alerts.ts';
import { Cell, StepCrash, type StepResult } from './cell.ts';
import { killWithoutActor } from './kill-orders.ts';
import { bookFill, observe } from './observe.ts';
import { followIntegrity, noteOverfill } from './order-integrity.ts';
import { watchOrder } from './order-times.ts';
import { carryOut } from './recorded.ts';
import { followDoubt } from './search.ts';
import { settleOrderEffects } from './settle-effects.ts';
import { onCrash, quarantine } from './supervisor.ts';
import type { Delivery, Turn } from './turn.ts';
import { supervisionOf, type World } from './world.ts';

/** Runs the queue of the turn to its end. */
export function drain(world: World, turn: Turn): void {
  let handled = 0;
  for (;;) {
    const delivery = turn.queue[turn.queueHead];
    if (delivery === undefined) break;
    turn.queueHead += 1;
    handled += 1;
    invariant(
      handled <= limits.messagesPerInputMax,
      () =>
        `one input causes at most ${limits.messagesPerInputMax} messages, last was ${delivery.event.type} to ${delivery.to}`,
    );
    deliver(world, turn, delivery);
  }
  turn.queue.length = 0;
  turn.queueHead = 0;
}

/** One event to one actor: a step, a dead letter, or a crash for the supervisor. */
function deliver(world: World, turn: Turn, delivery: Delivery): void {
  if (delivery.create !== undefined) {
    createCell(world, turn, delivery, delivery.create);
    return;
  }
  const cell = findCell(world, turn, delivery);
  if (cell === undefined) {
    turn.addDeadLetter(origin(delivery), delivery.to, delivery.event, 'unknown');
    return;
  }
  if (cell.status !== 'live') {
    hold(world, turn, cell, delivery);
    return;
  }
  step(world, turn, cell, delivery, () => cell.send(delivery.event));
}

/** Creates a cell and runs its first step. The actor must not exist. */
function createCell(
  world: World,
  turn: Turn,
  delivery: Delivery,
  create: { machine: MachineId; input: unknown },
): Cell {
  invariant(!world.cells.has(delivery.to), () => `an actor is created once, was ${delivery.to}`);
  const cell = new Cell(delivery.to, delivery.account, world.options.machines[create.machine]);
  world.cells.set(delivery.to, cell);
  // Only of a lock that this very process makes is the time since then known.
  if (create.machine === 'lock') world.lockStarts.set(cell.id, world.options.clock.monotonicMs());
  const event = { type: 'actor.created', input: create.input } as unknown as MachineEvent;
  step(world, turn, cell, { ...delivery, create, event }, () => cell.create(create.input));
  return cell;
}

/** The cell of an actor; restored from its last committed row when it was passivated. */
function findCell(world: World, turn: Turn, delivery: Delivery): Cell | undefined {
  const cell = world.cells.get(delivery.to);
  if (cell !== undefined) return cell;
  const state = world.options.journal.readActor(delivery.to);
  if (state !== undefined) {
    return restoreCell(world, turn, state);
  }
  return createOnDemand(world, turn, delivery);
}

/** Brings a committed actor back; one that does not fit its machine is quarantined as corrupt, never started afresh. */
export function restoreCell(world: World, turn: Turn, state: ActorState): Cell {
  const cell = new Cell(
    state.actor as ActorId,
    state.account as AccountId,
    world.options.machines[state.machine],
  );
  world.cells.set(cell.id, cell);
  try {
    cell.restore(state);
    observe(world, cell);
  } catch (error) {
    cell.actorSeq = state.actorSeq;
    cell.seq = state.seq;
    quarantine(world, turn, cell, `corrupt: ${errorText(error)}`);
  }
  return cell;
}

function createOnDemand(world: World, turn: Turn, delivery: Delivery): Cell | undefined {
  const { to, account } = delivery;
  const [kind, instrument] = to.slice(`account/${account}/`.length).split('/', 2);
  if (kind === 'alerts')
    return createCell(world, turn, delivery, { machine: kind, input: { accountId: account } });
  if (kind === 'kill')
    return createCell(world, turn, delivery, { machine: kind, input: { accountId: account } });
  if ((kind !== 'position' && kind !== 'exit') || instrument === undefined) return undefined;
  const input = { accountId: account, instrument, atMs: turn.atMs };
  return createCell(world, turn, delivery, { machine: kind, input });
}

function step(
  world: World,
  turn: Turn,
  cell: Cell,
  delivery: Delivery,
  run: () => StepResult,
): void {
  let result: StepResult;
  try {
    world.options.beforeStep?.(cell.id, delivery.event);
    result = run();
  } catch (error) {
    onCrash(
      world,
      turn,
      cell,
      delivery,
      error instanceof StepCrash ? error : new StepCrash(`${cell.id} threw`, { cause: error }),
    );
    actWithout(world, turn, cell, delivery);
    return;
  }
  if (!result.isHandled) {
    turn.addDeadLetter(origin(delivery), cell.id, delivery.event, 'unhandled');
    return;
  }
  const seq = turn.addStep(
    cell,
    eventText(delivery.event),
    result,
    delivery.causeSeq,
    delivery.correlationSeq,
  );
  const correlationSeq = delivery.correlationSeq === 0 ? seq : delivery.correlationSeq;
  observe(world, cell);
  turn.stepped.add(cell.account);
  followDoubt(world, turn, cell);
  watchOrder(world, cell, 'origin' in delivery.event && delivery.event.origin === 'query');
  noteOverfill(world, cell, delivery.event);
  followIntegrity(world, turn, cell, { causeSeq: seq, correlationSeq });
  if (cell.hosted.id === 'order')
    settleOrderEffects(
      world,
      turn,
      cell.account,
      cell.context['orderId'] as OrderId,
      delivery.event,
    );
  if (cell.hosted.id === 'ledger') bookFill(world, turn, cell, delivery.event, seq);
  if (cell.hosted.id === 'lock') followUnlock(turn, accountOf(world, cell), result.recorded);
  const context = { world, turn, cell, account: accountOf(world, cell), seq, correlationSeq };
  resolveQuiet(turn, context.account, cell, { causeSeq: seq, correlationSeq });
  let index = 0;
  for (const recorded of result.recorded) carryOut(context, recorded, index++);
}

/** Instruments are reference data: the row names them, the catalogue holds them. */
function eventText(event: MachineEvent): string {
  return 'instrument' in event && typeof event.instrument === 'object'
    ? JSON.stringify({ ...(event as object), instrument: (event.instrument as { id: string }).id })
    : JSON.stringify(event);
}

/** Events for an actor that is being restarted wait in its mailbox; a quarantined one keeps them for the operator. */
function hold(world: World, turn: Turn, cell: Cell, delivery: Delivery): void {
  const { mailbox } = supervisionOf(world, cell.id);
  if (mailbox.length >= limits.inboxDepthMax) {
    turn.addDeadLetter(origin(delivery), cell.id, delivery.event, 'mailbox_full');
    return;
  }
  mailbox.push(delivery);
  turn.mailboxes.add(cell.id);
  actWithout(world, turn, cell, delivery);
}

/** The one message of which a part is acted on although its actor is down. */
function actWithout(world: World, turn: Turn, cell: Cell, { event }: Delivery): void {
  if (event.type === 'kill.triggered') killWithoutActor(world, turn, accountOf(world, cell), event);
}

function accountOf(world: World, cell: Cell): AccountRuntime {
  const runtime = world.accounts.get(cell.account);
  if (runtime === undefined)
    throw new InvariantViolation(`Invariant: a cell belongs to an account, was ${cell.id}`);
  return runtime;
}

function origin(delivery: Delivery): string {
  return delivery.causeSeq === 0 ? 'outside' : `row ${delivery.causeSeq}`;
}
