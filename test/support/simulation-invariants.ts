/** What must hold in every simulated run, whatever fails in it. Source: crash-testing 6; the ids are those of its table. */
import { isDeepStrictEqual } from 'node:util';
import type { AccountRuntime } from '../../src/actors/account-runtime.ts';
import { ruleContext } from '../../src/actors/judge.ts';
import { factsFor } from '../../src/actors/linked-facts.ts';
import { actorId } from '../../src/actors/world.ts';
import { defaultExecutionSettings } from '../../src/domain/execution-settings.ts';
import type { Fill } from '../../src/domain/fill.ts';
import type { InstrumentId, OrderId } from '../../src/domain/ids.ts';
import type { GroupFacts } from '../../src/domain/linked-event.ts';
import { isClosed, type ExecutionState, type SubmitOrder } from '../../src/domain/order.ts';
import type { PositionBook } from '../../src/domain/position.ts';
import type { WorkingOrderFacts } from '../../src/domain/view.ts';
import { limits } from '../../src/kernel/limits.ts';
import type { GroupContext } from '../../src/machines/group.context.ts';
import { exposureOf } from '../../src/machines/group.exposure.ts';
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
  const own = account.workingOrders.get(order.orderId);
  const why = `${own?.purpose ?? ''} by ${own?.by ?? ''} ${order.reduceOnly} ${order.orderId} ${order.side} ${order.quantityLots} ${order.instrument} left while ${account.effectiveState} (${account.causes.join(', ')})${isCovered ? ' with a lock' : ''}${account.isReconciled ? '' : ', not reconciled'}`;
  const facts = account.facts();
  // What takes the risk off another leg is placed while the account may only reduce, once it was compared with the venue.
  if (own?.purpose === 'hedge' && account.isReconciled && account.effectiveState === 'REDUCING')
    return undefined;
  // A re-send of what was approved leaves where only its own failed calls stand in the way. Source: execution 2.3.
  const isResend = (run.venue.ledger().submissions.get(order.orderId) ?? 0) > 0;
  const stands = account.causes.filter((cause) => !/^(?:breaker|budget):/u.test(cause));
  if (isResend && stands.length === 0 && !isCovered) return undefined;
  // The engine's own close passes in every state; that it only reduces is what the venue is told.
  if (own?.purpose === 'exit')
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

/**
 * I8: with an order that adds risk, what may be open at worst is within the limit; counted here in the plainest way, over
 * what is open, working and in doubt.
 */
export function exposureProblem(run: Simulation, order: SubmitOrder): string | undefined {
  const account = run.account(order.accountId);
  const own = account.workingOrders.get(order.orderId);
  // Exits and protection reduce; a hedge is judged by what it takes the risk off.
  if (order.reduceOnly || own?.purpose !== 'entry') return undefined;
  const facts = account.facts();
  // What the same turn has approved after it was judged with it.
  const at = facts.workingOrders.findIndex(({ orderId }) => orderId === order.orderId);
  const before = facts.workingOrders.slice(0, at);
  if (riskEffect({ ...facts, workingOrders: before }, order) !== 'increase') return undefined;
  const judged = facts.workingOrders.slice(0, at + 1);
  const worst = (instrument: InstrumentId): number => worstLots(account, judged, instrument);
  for (const { definition, config } of account.rules) {
    const { limit, defaultLimit, countType } = config as Readonly<Record<string, unknown>>;
    if (definition.id === 'RULE-002' && worst(order.instrument) > Number(defaultLimit))
      return `I8: ${order.orderId} makes ${worst(order.instrument)} ${order.instrument} possible, the limit is ${String(defaultLimit)}: ${seenOf(account)}`;
    if (definition.id !== 'RULE-001' || countType !== 'gross') continue;
    const total = account.exposedInstruments().reduce((sum, one) => sum + worst(one), 0);
    if (total > Number(limit))
      return `I8: ${order.orderId} makes ${total} contracts possible, the limit is ${String(limit)}: ${seenOf(account)}`;
  }
  return undefined;
}

function seenOf(account: AccountRuntime): string {
  const positions = [...account.positions.values()].map(
    (one) => `${one.instrument}=${one.openLots}`,
  );
  const orders = [...account.workingOrders.values()].map(
    ({ orderId, side, leavesLots, instrument, purpose, reduceOnly }) =>
      `${orderId} ${purpose}${reduceOnly ? ' reduce-only' : ''} ${side} ${leavesLots} ${instrument}`,
  );
  return [...positions, ...orders].join(', ');
}

/** Orders that may only reduce, and what protects a position, are left out: they go, or are cut, when it does. */
function worstLots(
  account: AccountRuntime,
  orders: readonly WorkingOrderFacts[],
  instrument: InstrumentId,
): number {
  const openLots = account.openLots(instrument);
  let [buys, sells] = [0, 0];
  for (const order of orders) {
    if (order.instrument !== instrument || order.reduceOnly || order.purpose !== 'entry') continue;
    if (order.side === 'buy') buys += order.leavesLots;
    else sells += order.leavesLots;
  }
  return Math.max(Math.abs(openLots), Math.abs(openLots + buys), Math.abs(openLots - sells));
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

/** The first, one with a new session, three after 429. Source: execution 2.3. */
const submissionsMax = 5;

/** What holds at every moment between two turns. */
export function checkAlways(run: Simulation): void {
  // The same id leaves again only where the venue certainly has not taken it (401; 429 and a search that shows nothing).
  const { duplicates } = run.venue.stats();
  if (duplicates > 0) run.problem(`I4: ${duplicates} orders were submitted that the venue had`);
  for (const [orderId, count] of run.venue.ledger().submissions) {
    if (count > 1) run.mark('verified re-send');
    if (count > submissionsMax) run.problem(`I4: order ${orderId} was submitted ${count} times`);
  }
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
    // A change of an order that has ended meanwhile is refused, and says so.
    if (!eventJson.startsWith('{"type":"command.modify"'))
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
    checkSets(run, account);
    for (const { key, phase } of account.kills)
      run.problem(`liveness: the kill ${key} of ${id} is ${phase} and was not re-armed`);
  }
  checkGroups(run);
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
  // What stood in for an execution was priced by money: shares of a cent of it stay, as many as the comparison accepts.
  const hasStandIns = [...run.committed.fills.values()].some(([row]) => row?.fill.synthetic);
  const acceptedUnits = hasStandIns ? defaultExecutionSettings.reconcile.moneyTolerance : 0;
  if (Math.abs(ours - expected) > acceptedUnits)
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
      // A hedge that failed waits for a person at the venue.
      cause.startsWith('lock:') ||
      cause.startsWith('hedge:') ||
      (cause === 'money:unexplained' && run.voided.size > 0);
    if (!isExplained) run.problem(`liveness: ${account.id} is kept from trading by ${cause}`);
  }
  if (account.supervisorCauses.size > 0)
    run.problem(`liveness: ${account.id} is held by ${[...account.supervisorCauses].join(', ')}`);
}

/** Orders that exclude each other: none is left where there is nothing to close, or could turn the position round. */
function checkSets(run: Simulation, account: AccountRuntime): void {
  for (const order of account.workingOrders.values()) {
    const { orderId, instrument, side, leavesLots, reduceOnly } = order;
    if (!account.setOf.has(orderId)) continue;
    const openLots = account.openLots(instrument);
    const isExit = side === 'sell' ? openLots > 0 : openLots < 0;
    if (!isExit || (!reduceOnly && leavesLots > Math.abs(openLots)))
      run.problem(
        `oco: ${orderId} of ${account.id} may ${side} ${leavesLots} ${instrument}, ${openLots} are open`,
      );
  }
}

/** States in which a group waits for something that has to come, or is exposed. */
const groupsUnderWay: ReadonlySet<string> = new Set([
  '"created"',
  '"validated"',
  '"hedgeSubmitted"',
  '"riskSubmitted"',
  '"partiallyExposed"',
]);

/** No group is left with a naked short, but where every hedge was tried and a person was called. */
function checkGroups(run: Simulation): void {
  const { world } = run.running.engine;
  for (const cell of world.cells.values()) {
    if (cell.hosted.id !== 'group' || cell.status !== 'live') continue;
    const context = cell.context as unknown as GroupContext;
    const { task, isExhausted } = context;
    if (isExhausted) {
      run.mark('group that a person has to hedge');
      continue;
    }
    const isPlaced = task.kind === 'entry' && task.orderId !== '';
    if (groupsUnderWay.has(cell.stateJson) && !isPlaced)
      run.problem(`liveness: ${cell.id} is still ${cell.stateJson}`);
    // It held nothing when it ended: what the account has opened since is not of the group.
    if (cell.stateJson === '"closed"' || cell.stateJson === '"failed"') continue;
    const facts = factsFor(world, cell.id) as GroupFacts | undefined;
    const exposed = facts === undefined ? undefined : exposureOf(context, facts);
    if (exposed !== undefined && context.mode !== 'unwinding')
      run.problem(`group: ${cell.id} is ${cell.stateJson} and exposed by ${exposed.lots} lots`);
  }
}

/** Their breaches lock for a time and close nothing. */
const pacingRules: ReadonlySet<string> = new Set(['RULE-006', 'RULE-007']);

/** Every breach of an enforcing rule has ended: what it objects to is closed, or reduced to the limit. */
function checkBreaches(run: Simulation, account: AccountRuntime): void {
  const { world } = run.running.engine;
  for (const { definition, config } of account.rules) {
    for (const finding of definition.evaluate(ruleContext(world, account.facts()), config)) {
      // Of a result or a count nothing is left to close; the lock holds what would come.
      const isLocked = [...account.locks.values()].some(({ source }) => source === finding.ruleId);
      const isFlat = account.positions.size === 0 && account.workingOrders.size === 0;
      // Nor does a loss that was judged once lock again, where an operator has ended its lock.
      const isUnlocked = finding.wants.length === 0 && run.marks.has('incident LOCK_UNLOCKED');
      const isOver = isFlat || (pacingRules.has(finding.ruleId) && (isLocked || isUnlocked));
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
  // What stood in for a trade that was taken back stays with its order.
  const isVoided = order.context.fillContents.some((content) => content.endsWith(' voided'));
  if (isVoided) return;
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
