import type { Fill } from '../domain/fill.ts';
import type { InstrumentId, RuleId } from '../domain/ids.ts';
import type { LockInput, MachineEvent, TradingState } from '../domain/machine-event.ts';
import { isClosed } from '../domain/order.ts';
import type { PositionBook } from '../domain/position.ts';
import type { RuleMemory } from '../domain/verdict.ts';
import type { WorkingOrderFacts } from '../domain/view.ts';
import { InvariantViolation, invariant } from '../kernel/assert.ts';
import { leavesLots as leavesOf, orderRegions } from '../machines/order.machine.ts';
/** After a step: what the account's facts, locks and effects learn from the new state of the actor. */
import type { AccountRuntime, LockFacts } from './account-runtime.ts';
import type { Cell } from './cell.ts';
import { addTrade } from './trades.ts';
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
    case 'rule':
      observeRule(account, cell);
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
>;

/** States in which the venue has confirmed that the order is open. */
const openAtVenue: ReadonlySet<string> = new Set(['working', 'triggered', 'partial']);

function observeOrder(account: AccountRuntime, cell: Cell): void {
  const context = cell.context as unknown as OrderContext;
  const regions = orderRegions(cell.live() as Parameters<typeof orderRegions>[0]);
  const leavesLots = leavesOf(cell.context as unknown as Parameters<typeof leavesOf>[0], regions);
  const { orderId, instrument, side, purpose, reduceOnly, orderType, limitTicks, stopTicks } =
    context;
  const known = account.workingOrders.get(orderId);
  if (isClosed(regions.execution) || leavesLots === 0) {
    if (known === undefined) return;
    account.workingOrders.delete(orderId);
    account.touch();
    return;
  }
  const isOpen = openAtVenue.has(regions.execution);
  const isSame =
    known?.leavesLots === leavesLots &&
    known.isOpen === isOpen &&
    known.limitTicks === limitTicks &&
    known.stopTicks === stopTicks;
  if (isSame) return;
  const prices = {
    ...(limitTicks === undefined ? {} : { limitTicks }),
    ...(stopTicks === undefined ? {} : { stopTicks }),
  };
  account.workingOrders.set(orderId, {
    orderId,
    instrument,
    side,
    leavesLots,
    purpose,
    reduceOnly,
    orderType,
    isOpen,
    ...prices,
  });
  account.touch();
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
  if (openLots === 0) account.positions.delete(instrument);
  else account.positions.set(instrument, { instrument, openLots, costUnits, ...opened });
  account.touch();
}

function observeLedger(account: AccountRuntime, cell: Cell): void {
  const { realizedUnits, feesUnits, tradingDay, lastBoundaryMs } = cell.context as unknown as {
    realizedUnits: number;
    feesUnits: number;
    tradingDay: string;
    lastBoundaryMs: number;
  };
  const isSameDay = account.tradingDay === tradingDay;
  if (account.realizedUnits === realizedUnits && account.feesUnits === feesUnits && isSameDay)
    return;
  account.realizedUnits = realizedUnits;
  account.feesUnits = feesUnits;
  account.tradingDay = tradingDay;
  if (!isSameDay) account.trades.length = 0;
  account.dayStartMs = lastBoundaryMs;
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
  account.tradingState = state;
  account.causes = Object.keys(cell.context['causes'] ?? {});
}

function observeLock(world: World, account: AccountRuntime, cell: Cell): void {
  if (cell.actorSeq === 1) world.lockStarts.set(cell.id, world.options.clock.monotonicMs());
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
  if (event.type !== 'ledger.fillReported') return;
  const booking = cell.context['lastBooking'] as LastBooking | undefined;
  const { fill } = event;
  if (booking?.fillId !== fill.fillId) {
    throw new InvariantViolation(
      `Invariant: the ledger books the fill it was given, was ${booking?.fillId} for ${fill.fillId}`,
    );
  }
  const { tradingDay, realizedUnits, openedLots, closedLots } = booking;
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
  if (account !== undefined) addTrade(account, row);
}

function isOwnClose(world: World, fill: Fill): boolean {
  if (fill.orderId === undefined) return false;
  const order = world.cells.get(actorId(fill.accountId, `order/${fill.orderId}`));
  return order?.context['purpose'] === 'exit';
}
