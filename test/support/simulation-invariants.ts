/** What must hold in every simulated run, whatever fails in it. Source: crash-testing 6; the ids are those of its table. */
import { isDeepStrictEqual } from 'node:util';
import type { AccountRuntime } from '../../src/actors/account-runtime.ts';
import { ruleContext } from '../../src/actors/judge.ts';
import { actorId } from '../../src/actors/world.ts';
import type { Fill } from '../../src/domain/fill.ts';
import type { InstrumentId, OrderId } from '../../src/domain/ids.ts';
import { isClosed, type ExecutionState, type SubmitOrder } from '../../src/domain/order.ts';
import type { PositionBook } from '../../src/domain/position.ts';
import { limits } from '../../src/kernel/limits.ts';
import type { ActorState } from '../../src/ports/journal.port.ts';
import { riskEffect } from '../../src/rules/exposure.ts';
import type { Simulation } from './simulation.ts';

type OrderSeen = {
  readonly state: { readonly execution: ExecutionState; readonly request: string };
  readonly context: {
    readonly filledLots: number;
    readonly fillIdsSeen: readonly string[];
    readonly fillContents: readonly string[];
  };
};

/**
 * I7: what leaves while the account may take no new risk does not add to the worst case; seen with the engine's own
 * facts, and with the venue's where the engine can know them.
 */
export function submissionProblem(run: Simulation, order: SubmitOrder): string | undefined {
  const account = run.account(order.accountId);
  const isCovered = [...account.locks.values()].some(({ scope }) =>
    ['account', `symbol:${order.instrument}`, `contract:${order.instrument}`].includes(scope),
  );
  if (account.effectiveState === 'ACTIVE' && account.isReconciled && !isCovered) return undefined;
  const why = `${order.orderId} ${order.side} ${order.quantityLots} ${order.instrument} left while ${account.effectiveState}${isCovered ? ' with a lock' : ''}`;
  const facts = account.facts();
  // The engine's own close passes in every state; that it only reduces is what the venue is told.
  if (account.workingOrders.get(order.orderId)?.purpose === 'exit')
    return order.reduceOnly ? undefined : `I7: ${why}, a close that may turn the position`;
  const workingOrders = facts.workingOrders.filter(({ orderId }) => orderId !== order.orderId);
  if (riskEffect({ ...facts, workingOrders }, order) === 'increase')
    return `I7: ${why}, by the engine's own facts`;
  // The venue itself cuts what may only reduce.
  if (order.reduceOnly || !seesAll(run, account, order)) return undefined;
  return riskEffect({ ...facts, workingOrders: venueOrders(run, account, order) }, order) ===
    'increase'
    ? `I7: ${why}, by the venue's book`
    : undefined;
}

/** The engine knows the position and all open orders that the venue has. */
function seesAll(run: Simulation, account: AccountRuntime, { instrument }: SubmitOrder): boolean {
  if (venueLots(run, account, instrument) !== account.openLots(instrument)) return false;
  const known = account.workingOrders;
  return run.venue
    .ledger()
    .orders.filter((order) => order.accountId === account.id && isWorking(order.status))
    .every(({ orderId }) => orderId !== undefined && known.has(orderId));
}

function isWorking(status: string): boolean {
  return ['working', 'partial', 'triggered', 'suspended'].includes(status);
}

function venueOrders(run: Simulation, account: AccountRuntime, but: SubmitOrder) {
  return run.venue
    .ledger()
    .orders.filter((order) => order.accountId === account.id && isWorking(order.status))
    .filter(({ orderId }) => orderId !== but.orderId)
    .flatMap(({ orderId, quantityLots, filledLots }) => {
      const known = orderId === undefined ? undefined : account.workingOrders.get(orderId);
      return known === undefined ? [] : [{ ...known, leavesLots: quantityLots - filledLots }];
    });
}

function venueLots(run: Simulation, { id }: AccountRuntime, instrument: InstrumentId): number {
  const rows = run.venue.ledger().positions;
  return (
    rows.find((row) => row.accountId === id && row.instrument === instrument)?.book.openLots ?? 0
  );
}

/** What holds at every moment between two turns. */
export function checkAlways(run: Simulation): void {
  for (const [orderId, count] of run.venue.ledger().submissions)
    if (count > 1) run.problem(`I4: order ${orderId} was submitted ${count} times`);
  for (const [key, rows] of run.committed.fills)
    if (rows.length > 1) run.problem(`I5: fill ${key} was booked ${rows.length} times`);
  const { inbox, supervision } = run.running.engine.world;
  // Commands are refused at the bound; what the venue says never is, and a turn of it is small.
  if (inbox.depth > 0 || inbox.highWater > 2 * limits.inboxDepthMax)
    run.problem(`I12: the inbox holds ${inbox.depth}, and held ${inbox.highWater}`);
  for (const [actor, { mailbox }] of supervision)
    if (mailbox.length > limits.inboxDepthMax)
      run.problem(`I12: the mailbox of ${actor} held ${mailbox.length}`);
  checkLedgers(run);
  for (const { to, eventJson, reason } of run.committed.deadLetters.splice(0))
    run.problem(`a dead letter: ${reason} to ${to}: ${eventJson}`);
}

/** I5: the ledger is the sum of the fills it has booked; a voided one counts no more. */
function checkLedgers(run: Simulation): void {
  const { cells } = run.running.engine.world;
  for (const { id } of run.accounts) {
    const ledger = cells.get(actorId(id, 'ledger'));
    if (ledger?.status !== 'live') continue;
    const books = (ledger.context['books'] ?? {}) as Readonly<Record<string, PositionBook>>;
    for (const instrument of run.instruments) {
      const fills = bookedFills(run, id, instrument);
      const lots = fills.reduce((sum, fill) => sum + signedLots(fill), 0);
      const fees = fills.reduce((sum, fill) => sum + fill.feeUnits, 0);
      const book = books[instrument];
      if ((book?.openLots ?? 0) !== lots || (book?.feesUnits ?? 0) !== fees)
        run.problem(
          `I5: the ledger of ${id} has ${book?.openLots ?? 0} ${instrument} and fees ${book?.feesUnits ?? 0}, its fills make ${lots} and ${fees}`,
        );
    }
  }
}

function bookedFills(run: Simulation, account: string, instrument: InstrumentId): readonly Fill[] {
  return [...run.committed.fills.values()]
    .flatMap((rows) => rows.map(({ fill }) => fill))
    .filter((fill) => fill.accountId === account && fill.instrument === instrument)
    .filter(({ fillId }) => !run.takenVoids.has(`${account}|${fillId}`));
}

function signedLots({ side, lots }: Fill): number {
  return side === 'buy' ? lots : -lots;
}

/** What holds once the faults are gone and some minutes have passed. */
export function checkLiveness(run: Simulation): void {
  checkFills(run);
  checkOrders(run);
  checkEffects(run);
  for (const { id } of run.accounts) {
    const account = run.account(id);
    checkPositions(run, account);
    checkBreaches(run, account);
    checkMoney(run, account);
    checkState(run, account);
  }
  for (const cell of run.running.engine.world.cells.values()) {
    if (cell.status !== 'live') run.problem(`liveness: ${cell.id} is ${cell.status}`);
    if (cell.hosted.id === 'exit' && cell.stateJson !== '"idle"')
      run.problem(`liveness: ${cell.id} is ${cell.stateJson}`);
  }
}

function checkFills(run: Simulation): void {
  for (const { accountId, fillId } of run.venue.ledger().fills) {
    if (!run.committed.fills.has(`${accountId}|${fillId}`))
      run.problem(`I5: fill ${fillId} of ${accountId} is not booked`);
  }
}

function checkPositions(run: Simulation, account: AccountRuntime): void {
  for (const instrument of run.instruments) {
    const theirs = venueLots(run, account, instrument);
    const cell = run.running.engine.world.cells.get(actorId(account.id, `position/${instrument}`));
    const book = cell?.context['book'] as PositionBook | undefined;
    if ((book?.openLots ?? 0) !== theirs || account.openLots(instrument) !== theirs)
      run.problem(
        `I5: ${account.id} has ${account.openLots(instrument)} ${instrument} (actor ${book?.openLots ?? 0}), the venue ${theirs}`,
      );
  }
}

function checkMoney(run: Simulation, account: AccountRuntime): void {
  // How a voided fill splits into cost and profit depends on what came after it.
  if (run.voided.size > 0) return;
  const { balances, positions } = run.venue.ledger();
  const theirs = balances.find((row) => row.accountId === account.id)?.units;
  const ledger = run.running.engine.world.cells.get(actorId(account.id, 'ledger'))?.context;
  const books = (ledger?.['books'] ?? {}) as Readonly<Record<string, PositionBook>>;
  const ours = Number(ledger?.['balanceUnits']) - costOf(Object.values(books));
  const theirBooks = positions.filter((row) => row.accountId === account.id);
  const expected =
    theirs === undefined ? ours : theirs - costOf(theirBooks.map(({ book }) => book));
  if (ours !== expected)
    run.problem(`I5: ${account.id} has paid and received ${ours}, by the venue ${expected}`);
}

/** What is open was paid; how much of it counts as profit depends on the order in which executions are heard of. */
function costOf(books: readonly PositionBook[]): number {
  return books.reduce((sum, { costUnits }) => sum + costUnits, 0);
}

/** Nothing but a lock keeps an account from trading, once everybody agrees again. */
function checkState(run: Simulation, account: AccountRuntime): void {
  for (const cause of account.causes) {
    const isExplained =
      cause.startsWith('lock:') || (cause === 'money:unexplained' && run.voided.size > 0);
    if (!isExplained) run.problem(`liveness: ${account.id} is kept from trading by ${cause}`);
  }
  if (account.supervisorCauses.size > 0)
    run.problem(`liveness: ${account.id} is held by ${[...account.supervisorCauses].join(', ')}`);
}

/** Every breach of an enforcing rule has ended: what it objects to is closed, or reduced to the limit. */
function checkBreaches(run: Simulation, account: AccountRuntime): void {
  const { world } = run.running.engine;
  for (const { definition, config } of account.rules) {
    for (const finding of definition.evaluate(ruleContext(world, account.facts()), config)) {
      const isOver = finding.ruleId === 'RULE-003' && account.positions.size === 0;
      if (finding.verdict === 'DENY' && !isOver)
        run.problem(`liveness: ${finding.ruleId} ${finding.entity} is still breached`);
    }
  }
}

function checkEffects(run: Simulation): void {
  const { openEffects, settledAlerts } = run.running.engine.world;
  for (const [id, state] of openEffects)
    if (!settledAlerts.includes(id)) run.problem(`liveness: effect ${id} is still ${state}`);
}

function checkOrders(run: Simulation): void {
  const { journal, engine } = run.running;
  for (const venueOrder of run.venue.ledger().orders) {
    const { orderId, accountId, status } = venueOrder;
    if (orderId === undefined) continue;
    const order = orderSeen(journal.readActor(actorId(accountId, `order/${orderId}`)));
    if (order === undefined) {
      run.problem(`I4: order ${orderId} of the venue is not known`);
      continue;
    }
    const { execution, request } = order.state;
    if (isClosed(execution) === isWorking(status))
      run.problem(`liveness: order ${orderId} is ${execution}, the venue says ${status}`);
    if (request !== 'none' && request !== 'pendingCancel')
      run.problem(`liveness: order ${orderId} still waits: ${request}`);
    checkOrderFills(run, orderId, order);
  }
  for (const cell of engine.world.cells.values()) {
    if (cell.hosted.id !== 'order' || cell.status !== 'live') continue;
    const { execution } = JSON.parse(cell.stateJson) as OrderSeen['state'];
    if (execution === 'none' || execution === 'unknown')
      run.problem(`liveness: ${cell.id} is still ${execution}`);
  }
}

function checkOrderFills(run: Simulation, orderId: OrderId, order: OrderSeen): void {
  const unheard = [...run.voided].filter((key) => !run.takenVoids.has(key));
  const lots = [
    ...run.venue.ledger().fills,
    // A trade that was taken back while nobody listened still counts here; its money is a difference.
    ...unheard.flatMap((key) => (run.committed.fills.get(key) ?? []).map(({ fill }) => fill)),
  ]
    .filter((fill) => fill.orderId === orderId)
    .reduce((sum, fill) => sum + fill.lots, 0);
  if (order.context.filledLots !== lots)
    run.problem(
      `I5: order ${orderId} has ${order.context.filledLots} lots, its fills make ${lots}`,
    );
}

function orderSeen(state: ActorState | undefined): OrderSeen | undefined {
  if (state === undefined) return undefined;
  return {
    state: JSON.parse(state.stateJson) as OrderSeen['state'],
    context: JSON.parse(state.contextJson) as OrderSeen['context'],
  };
}

/** I1, I3: the journal proves itself, and every living actor is what its rows make of it. */
export function checkJournal(run: Simulation): void {
  const { journal, engine } = run.running;
  const { ok, problems } = journal.verify();
  if (!ok) run.problem(`I1: ${problems.join('; ')}`);
  for (const cell of engine.world.cells.values()) {
    if (cell.status !== 'live') continue;
    const stored = journal.readActor(cell.id);
    if (stored === undefined) {
      run.problem(`I3: ${cell.id} lives and has no row`);
      continue;
    }
    if (!isSameState(stored, cell.state()))
      run.problem(`I3: ${cell.id} is not what its rows make of it`);
  }
}

/** Key order says nothing. */
export function isSameState(one: ActorState, other: ActorState): boolean {
  return (
    one.actorSeq === other.actorSeq &&
    isDeepStrictEqual(JSON.parse(one.stateJson), JSON.parse(other.stateJson)) &&
    isDeepStrictEqual(JSON.parse(one.contextJson), JSON.parse(other.contextJson))
  );
}
