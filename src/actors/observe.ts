import { addExact } from '../domain/arithmetic.ts';
import type { Fill } from '../domain/fill.ts';
import type { InstrumentId, RuleId } from '../domain/ids.ts';
import type { KillRun } from '../domain/kill.ts';
import type { LockInput, MachineEvent, TradingState } from '../domain/machine-event.ts';
import { isClosed, type SubmitOrder } from '../domain/order.ts';
import type { PositionBook } from '../domain/position.ts';
import type { RuleMemory } from '../domain/verdict.ts';
import type { WorkingOrderFacts } from '../domain/view.ts';
import { InvariantViolation, invariant } from '../kernel/assert.ts';
import type { OpenAlert } from '../machines/alerts.machine.ts';
import { thisWeek, type LedgerDays } from '../machines/ledger.days.ts';
import type { HighWater } from '../machines/ledger.high-water.ts';
import { leavesLots as leavesOf, orderRegions } from '../machines/order.machine.ts';
/** After a step: what the account's facts, locks and effects learn from the new state of the actor. */
import type { AccountRuntime, LockFacts } from './account-runtime.ts';
import { bookedRow, storeCorrection } from './booked.ts';
import type { Cell } from './cell.ts';
import { setsOf } from './linked.ts';
import { addRecent, observeLatch, observeMoney } from './portfolio.ts';
import { addTrade, carryTrades } from './trades.ts';
import type { Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Derives facts from the state of one cell. Idempotent: also run after every restore. */
export function observe(world: World, cell: Cell): void {
  const account = world.accounts.get(cell.account);
  if (account === undefined) return;
  switch (cell.hosted.id) {
    case 'order':
      observeOrder(account, cell);
      return;
    case 'position':
      observePosition(account, cell);
      return;
    case 'ledger':
      observeLedger(account, cell);
      observeMoney(account, cell.context['balanceUnits'] as number);
      standInForPositions(world, account);
      return;
    case 'account':
      observeAccount(account, cell);
      return;
    case 'lock':
      observeLock(world, account, cell);
      return;
    case 'exit': {
      const instrument = cell.context['instrument'] as InstrumentId;
      if (cell.stateJson === '"idle"') account.activeExits.delete(instrument);
      else account.activeExits.add(instrument);
      return;
    }
    case 'alerts':
      account.openAlerts = openEntities(cell);
      return;
    case 'rule':
      observeRule(account, cell);
      return;
    case 'oco':
    case 'group':
      observeLinked(world, account, cell);
      return;
    case 'kill':
      observeKill(account, cell);
      return;
  }
}

type OrderContext = Pick<
  WorkingOrderFacts,
  | 'orderId'
  | 'instrument'
  | 'side'
  | 'purpose'
  | 'reduceOnly'
  | 'orderType'
  | 'limitTicks'
  | 'stopTicks'
  | 'createdAtMs'
  | 'by'
>;

/** Live sets and groups are told of changes; their orders count as one in the exposure. */
function observeLinked(world: World, account: AccountRuntime, cell: Cell): void {
  const isOver = cell.stateJson === '"closed"' || cell.stateJson === '"failed"';
  // A set that is over still closes what fills late, until it is passivated.
  if ((isOver || cell.stateJson === '"done"') && !world.retired.has(cell.id)) {
    world.retired.add(cell.id);
    world.closedOrders.push({ id: cell.id, atMs: world.options.clock.nowMs() });
  }
  if (isOver) world.linked.delete(cell.id);
  else if (!world.linked.has(cell.id)) world.linked.set(cell.id, '');
  if (cell.hosted.id !== 'oco') return;
  for (const [orderId, setId] of setsOf(cell.context)) {
    account.setOf.set(orderId, setId);
    const order = account.workingOrders.get(orderId);
    if (order === undefined || order.ocoGroupId === setId) continue;
    account.workingOrders.set(orderId, { ...order, ocoGroupId: setId });
    account.touch();
  }
}

/** States in which the venue has confirmed that the order is open. */
const openAtVenue: ReadonlySet<string> = new Set(['working', 'triggered', 'partial']);

function observeOrder(account: AccountRuntime, cell: Cell): void {
  const context = cell.context as unknown as OrderContext;
  const regions = orderRegions(cell.live() as Parameters<typeof orderRegions>[0]);
  const leavesLots = leavesOf(cell.context as unknown as Parameters<typeof leavesOf>[0], regions);
  const { orderId, instrument, side, purpose, reduceOnly, orderType, limitTicks, stopTicks } =
    context;
  if (regions.integrity === 'conflict') account.reconciliation.conflicts.add(orderId);
  const known = account.workingOrders.get(orderId);
  if (isClosed(regions.execution) || leavesLots === 0) {
    account.setOf.delete(orderId);
    if (known === undefined) return;
    account.workingOrders.delete(orderId);
    account.touch();
    return;
  }
  const isOpen = openAtVenue.has(regions.execution);
  const isInFlight = regions.execution === 'none' || regions.execution === 'unknown';
  const seen = { leavesLots, isOpen, limitTicks, stopTicks, isInFlight };
  if (isAsKnown(known, seen)) return;
  account.workingOrders.set(orderId, {
    orderId,
    instrument,
    side,
    leavesLots,
    purpose,
    reduceOnly,
    orderType,
    isOpen,
    ...(isInFlight ? { isInFlight } : {}),
    ...named(context, ['limitTicks', 'stopTicks', 'createdAtMs', 'by']),
    ...linkFacts(account, cell, known),
  });
  account.touch();
}

function isAsKnown(
  known: WorkingOrderFacts | undefined,
  seen: Pick<WorkingOrderFacts, 'leavesLots' | 'isOpen'> & {
    readonly limitTicks: number | undefined;
    readonly stopTicks: number | undefined;
    readonly isInFlight: boolean;
  },
): boolean {
  return (
    known?.leavesLots === seen.leavesLots &&
    known.isOpen === seen.isOpen &&
    known.limitTicks === seen.limitTicks &&
    known.stopTicks === seen.stopTicks &&
    (known.isInFlight === true) === seen.isInFlight
  );
}

/** The fields that the context has. */
function named<Key extends keyof OrderContext>(
  context: OrderContext,
  keys: readonly Key[],
): Pick<OrderContext, Key> {
  const entries = keys.flatMap((key) =>
    context[key] === undefined ? [] : [[key, context[key]] as const],
  );
  return Object.fromEntries(entries) as Pick<OrderContext, Key>;
}

/** The set that an order belongs to, and whether it brings a stop with it. */
function linkFacts(
  account: AccountRuntime,
  { context }: Cell,
  known: WorkingOrderFacts | undefined,
): Pick<WorkingOrderFacts, 'ocoGroupId' | 'hasBracketStop'> {
  const { orderId, bracket, ocoGroupId: own } = context as unknown as SubmitOrder;
  const ocoGroupId = account.setOf.get(orderId) ?? known?.ocoGroupId ?? own;
  return {
    ...(ocoGroupId === undefined ? {} : { ocoGroupId }),
    ...(bracket?.stopTicks === undefined ? {} : { hasBracketStop: true }),
  };
}

function observePosition(account: AccountRuntime, cell: Cell): void {
  const { instrument, book, openedAtMs } = cell.context as unknown as {
    instrument: InstrumentId;
    book: PositionBook;
    openedAtMs?: number;
  };
  setPosition(account, instrument, book, openedAtMs);
}

function setPosition(
  account: AccountRuntime,
  instrument: InstrumentId,
  { openLots, costUnits }: PositionBook,
  openedAtMs?: number,
): void {
  const known = account.positions.get(instrument);
  if ((known?.openLots ?? 0) === openLots && (known?.costUnits ?? 0) === costUnits) return;
  const opened = openedAtMs === undefined ? {} : { openedAtMs };
  if (known !== undefined) noteReduced(account, instrument, openLots, known.openLots);
  if (openLots === 0) account.positions.delete(instrument);
  else account.positions.set(instrument, { instrument, openLots, costUnits, ...opened });
  account.touch();
}

/** A position that is gone, smaller, or on the other side: what protected it no longer fits. */
function noteReduced(
  account: AccountRuntime,
  instrument: InstrumentId,
  openLots: number,
  beforeLots: number,
): void {
  if (openLots === 0) account.justFlat.add(instrument);
  const isSameSide = Math.sign(openLots) === Math.sign(beforeLots);
  if (!isSameSide || Math.abs(openLots) < Math.abs(beforeLots))
    account.justReduced.set(instrument, beforeLots);
}

function observeLedger(account: AccountRuntime, cell: Cell): void {
  const ledger = cell.context as unknown as LedgerDays & { readonly highWater: HighWater };
  const { tradingDay, lastBoundaryMs } = ledger;
  // What a reset has kept or taken away belongs to the result of the day, not to the totals of the day.
  const realizedUnits = addExact(ledger.realizedUnits, ledger.carriedRealizedUnits);
  const feesUnits = addExact(ledger.feesUnits, ledger.carriedFeesUnits);
  account.week = thisWeek(ledger);
  account.highWater = ledger.highWater;
  const isSameDay = account.tradingDay === tradingDay;
  if (account.realizedUnits === realizedUnits && account.feesUnits === feesUnits && isSameDay)
    return;
  account.realizedUnits = realizedUnits;
  account.feesUnits = feesUnits;
  account.tradingDay = tradingDay;
  account.dayStartMs = lastBoundaryMs;
  if (!isSameDay) carryTrades(account);
  account.touch();
}

/** A position whose actor is down is counted from the ledger, which books every fill before the position hears of it. */
export function standInForPositions(world: World, account: AccountRuntime): void {
  const ledger = world.cells.get(actorId(account.id, 'ledger'));
  const books = (ledger?.context['books'] ?? {}) as Readonly<Record<InstrumentId, PositionBook>>;
  for (const [instrument, book] of Object.entries(books) as [InstrumentId, PositionBook][]) {
    const position = world.cells.get(actorId(account.id, `position/${instrument}`));
    if (position === undefined || position.status === 'live') continue;
    setPosition(account, instrument, book);
  }
}

const tradingStates: Readonly<Record<string, TradingState>> = {
  '"active"': 'ACTIVE',
  '"reducing"': 'REDUCING',
  '"locked"': 'LOCKED',
  '"halted"': 'HALTED',
};

function observeAccount(account: AccountRuntime, cell: Cell): void {
  const state = tradingStates[cell.stateJson];
  invariant(
    state !== undefined,
    () => `an account is in one of its four states, was ${cell.stateJson}`,
  );
  // Re-armed: what halted it holds it no longer.
  if (account.tradingState === 'HALTED' && state !== 'HALTED') account.forgetPoison();
  account.tradingState = state;
  account.causes = Object.keys(cell.context['causes'] ?? {});
  observeLatch(account);
}

function observeLock(world: World, account: AccountRuntime, cell: Cell): void {
  const lock = cell.context as unknown as LockInput;
  account.showLocks();
  if (cell.stateJson !== '"active"') {
    if (account.locks.delete(lock.lockId)) judgeAnew(account, cell);
    world.lockStarts.delete(cell.id);
    return;
  }
  const facts: LockFacts = {
    lockId: lock.lockId,
    scope: lock.scope,
    source: lock.source,
    kind: lock.kind,
    reason: lock.reason,
    ...(lock.expiresAtMs === undefined ? {} : { expiresAtMs: lock.expiresAtMs }),
    ...(lock.keepsOrders === true ? { keepsOrders: true } : {}),
  };
  account.locks.set(lock.lockId, facts);
}

/**
 * A breach that outlives its lock is a breach again, at a boundary or at the end of a cooldown. An operator who ends a
 * lock knows of the breach: only the next one counts. Source: rules 5.5.
 */
function judgeAnew(account: AccountRuntime, { context }: Cell): void {
  const { source, lastEnding } = context as { source: string; lastEnding?: { how: string } };
  if (lastEnding?.how === 'operatorAck') return;
  for (const [key, { ruleId, verdict }] of account.lastFindings)
    if (ruleId === source && verdict === 'DENY') account.lastFindings.delete(key);
  account.isDirty = true;
}

/** When the enforcement of an entity ends, its breach is judged anew: what it asks for may have grown meanwhile. */
function observeRule(account: AccountRuntime, cell: Cell): void {
  const { ruleId, enforcing, memory } = cell.context as unknown as {
    ruleId: RuleId;
    enforcing: Readonly<Record<string, unknown>>;
    memory: Readonly<Record<string, RuleMemory>>;
  };
  if (account.memories.get(ruleId) !== memory) {
    account.memories.set(ruleId, memory);
    account.touch();
  }
  const now = Object.keys(enforcing);
  if (account.enforcing.get(ruleId)?.some((entity) => !(entity in enforcing)) === true)
    account.isDirty = true;
  account.enforcing.set(ruleId, now);
}

function observeKill(account: AccountRuntime, { context }: Cell): void {
  const before = account.kills.map(({ runId }) => runId).join();
  account.kills = Object.values((context['runs'] ?? {}) as Readonly<Record<string, KillRun>>);
  // Intents that wait are judged again: a kill drops what it denies.
  if (account.kills.map(({ runId }) => runId).join() !== before) account.touch();
  for (const key of account.killRemains.keys())
    if (!account.kills.some((run) => run.key === key)) account.killRemains.delete(key);
}

type LastBooking = {
  readonly fillId: string;
  readonly realizedUnits: number;
  readonly tradingDay: string;
  readonly openedLots: number;
  readonly closedLots: number;
};

/** Writes the ledger row of an execution in the same commit as the step that booked it. */
export function bookFill(
  world: World,
  turn: Turn,
  cell: Cell,
  event: MachineEvent,
  seq: number,
): void {
  if (event.type !== 'ledger.fillReported' && event.type !== 'ledger.fillCorrected') return;
  const booking = cell.context['lastBooking'] as LastBooking | undefined;
  const { fill } = event;
  if (booking?.fillId !== fill.fillId) {
    throw new InvariantViolation(
      `Invariant: the ledger books the fill it was given, was ${booking?.fillId} for ${fill.fillId}`,
    );
  }
  const { tradingDay, realizedUnits, openedLots, closedLots } = booking;
  if (event.type === 'ledger.fillCorrected') {
    const known = bookedRow(world, turn, fill);
    if (known !== undefined) storeCorrection(world, turn, { ...known, fill, realizedUnits });
    return;
  }
  const isEnforcement = isOwnClose(world, fill);
  const row = {
    fill,
    tradingDay,
    realizedUnits,
    openedLots,
    closedLots,
    isEnforcement,
    causeSeq: seq,
  };
  turn.fills.push(row);
  turn.takenFills.set(`${fill.accountId}|${fill.fillId}`, row);
  world.pendingFills.delete(`${fill.accountId}|${fill.fillId}`);
  world.accounts.get(cell.account)?.noteFill(fill);
  world.counters.fills += 1;
  const account = world.accounts.get(fill.accountId);
  if (account !== undefined) {
    addTrade(account, row);
    addRecent(world, account, row);
  }
}

function isOwnClose(world: World, fill: Fill): boolean {
  if (fill.orderId === undefined) return false;
  const order = world.cells.get(actorId(fill.accountId, `order/${fill.orderId}`));
  return order?.context['purpose'] === 'exit';
}

function openEntities(cell: Cell): ReadonlySet<string> {
  const { alerts } = cell.context as { readonly alerts: Readonly<Record<string, OpenAlert>> };
  const open = Object.values(alerts).filter(({ forgetAtMs }) => forgetAtMs === undefined);
  return new Set(open.map(({ entity }) => entity));
}
