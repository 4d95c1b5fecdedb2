/**
 * At the end of a turn the linked orders and groups hear what the turn has changed of their orders and positions: once
 * for everything, so that a burst of executions is one decision. Loose protection of a position that is gone goes with
 * it. Source: execution 5 (#3), 7.2.
 */
import type { AccountId, ActorId, InstrumentId, IntentId, OrderId } from '../domain/ids.ts';
import { invariant } from '../kernel/assert.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { drain } from './deliver.ts';
import { refreshExits } from './fills.ts';
import { closeOverfills, fitProtection } from './fit-positions.ts';
import { judgeChanged } from './judge.ts';
import { factsFor } from './linked-facts.ts';
import { answerPlaced } from './linked.ts';
import { offerIntent } from './submission.ts';
import { outside, type Turn } from './turn.ts';
import type { World } from './world.ts';

/** Decisions of one set in one turn: far more than any cascade has. */
const roundsMax = 64;

export function followLinked(world: World, turn: Turn): void {
  for (let round = 0; ; round += 1) {
    invariant(round < roundsMax, () => `linked orders come to rest within ${roundsMax} rounds`);
    let isChanged = false;
    for (const id of world.linked.keys()) isChanged = tell(world, turn, id) || isChanged;
    isChanged = offerLegs(world, turn) || isChanged;
    if (!isChanged) break;
    judgeChanged(world, turn, outside);
    drain(world, turn);
    for (const account of world.accounts.values()) {
      if (account.activeExits.size > 0) refreshExits(world, turn, account.id);
    }
  }
  for (const account of world.accounts.values()) dropLoose(world, turn, account);
  fitProtection(world, turn);
  closeOverfills(world, turn);
}

/** What has changed after sets and groups had been told: they hear of it in a turn that follows at once. */
export function tellLinkedAgain(world: World, turn: Turn, accountId: AccountId): void {
  const ids = [...world.linked.keys()].filter((id) => world.cells.get(id)?.account === accountId);
  if (ids.length === 0) return;
  for (const id of ids) world.linked.set(id, '');
  world.inbox.put('timer', { type: 'pulse', atMs: turn.atMs });
}

/** @returns true when there was something to say */
function tell(world: World, turn: Turn, id: ActorId): boolean {
  const cell = world.cells.get(id);
  if (cell === undefined || cell.status !== 'live') return false;
  if (!turn.stepped.has(cell.account) && world.linked.get(id) !== '') return false;
  const facts = factsFor(world, id);
  if (facts === undefined) return false;
  const factsJson = JSON.stringify(facts);
  // What it did since it heard last (an order was placed, a state was left) may ask for a further look.
  if (world.linked.get(id) === `${cell.actorSeq} ${factsJson}`) return false;
  const before = `${cell.stateJson}${JSON.stringify(cell.context)}`;
  const type = cell.hosted.id === 'oco' ? 'oco.factsChanged' : 'group.factsChanged';
  turn.send({
    to: id,
    account: cell.account,
    event: { type, facts, atMs: turn.atMs } as never,
    ...outside,
  });
  drain(world, turn);
  const isSame = before === `${cell.stateJson}${JSON.stringify(cell.context)}`;
  if (world.linked.has(id)) world.linked.set(id, isSame ? `${cell.actorSeq} ${factsJson}` : '');
  return !isSame;
}

/** Legs of groups go through the gate like every other intent. @returns true when there were some */
function offerLegs(world: World, turn: Turn): boolean {
  const offers = turn.offers.splice(0);
  for (const { actor, recorded, cause } of offers) {
    const account = world.accounts.get(recorded.intent.accountId);
    if (account === undefined) continue;
    const orderId = world.options.ids.mint() as OrderId;
    const intent = { ...recorded.intent, intentId: orderId as string as IntentId };
    turn.addInput(account.id, { type: 'command.submit', intent });
    offerIntent(world, turn, account, {
      intent,
      cause,
      onDecided: (deciding, answer) => {
        const cell = world.cells.get(actor);
        if (cell === undefined) return;
        const result =
          'orderId' in answer ? { orderId: answer.orderId } : { code: answer.denial.code };
        answerPlaced({ world, turn: deciding, account, cause }, cell, recorded, result);
      },
    });
    drain(world, turn);
  }
  return offers.length > 0;
}

/** Protective and reduce-only orders of an instrument whose position has just gone. */
function dropLoose(world: World, turn: Turn, account: AccountRuntime): void {
  if (account.justFlat.size === 0) return;
  const gone = new Set<InstrumentId>(account.justFlat);
  account.justFlat.clear();
  for (const order of account.workingOrders.values()) {
    if (!gone.has(order.instrument) || account.openLots(order.instrument) !== 0) continue;
    // Reduce-only at the venue ends by itself as well; a close of the engine is its exit's.
    if (order.purpose !== 'protective') continue;
    const reason = 'the position it protects is gone';
    const event = { type: 'order.cancelRequested', reason, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, `order/${order.orderId}`, event, outside);
  }
  drain(world, turn);
}
