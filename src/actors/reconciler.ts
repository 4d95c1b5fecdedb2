import { fillContent, type Fill } from '../domain/fill.ts';
import type { VenueSnapshot } from '../ports/venue.port.ts';
/**
 * Compares what we believe with what the venue says: fills, orders, positions, money. The venue wins; every difference
 * is a row, and a picture that agrees writes nothing. Nothing that adds risk is sent before an account has been through
 * here. Source: execution 11.
 */
import type { AccountRuntime } from './account-runtime.ts';
import { resolveAlerts } from './alerts.ts';
import { bookedRow } from './booked.ts';
import { drain } from './deliver.ts';
import { refreshExits } from './fills.ts';
import type { EngineInput } from './input.ts';
import { compareLedger } from './ledger-comparison.ts';
import { streamMissed } from './link-phases.ts';
import { cancelUnderLocks } from './locked-orders.ts';
import { routePermission } from './permission.ts';
import { Cycle } from './reconciliation-cycle.ts';
import { failedCause } from './reconciliation-memory.ts';
import { reconcileMoney } from './reconciliation-money.ts';
import { reconcileOrders } from './reconciliation-orders.ts';
import { reconcilePositions } from './reconciliation-positions.ts';
import { takeFill } from './reconciliation-synthetic.ts';
import { concludeWindows, openWindows } from './reconciliation-windows.ts';
import type { Turn } from './turn.ts';
import { pictureInTime } from './venue-times.ts';
import { actorId, type World } from './world.ts';

/** By then the stream has told an execution, or never will. Source: appendix B, position check. */
const toldAfterMs = 5_000;

/** One complete comparison. Idempotent: a second one with the same picture changes nothing. */
export function reconcile(
  world: World,
  turn: Turn,
  input: Omit<Extract<EngineInput, { type: 'reconcile' }>, 'type' | 'atMs'>,
): void {
  const { accountId, fillsBefore, kind = 'resync', changes } = input;
  const snapshot = pictureInTime(world, input.snapshot);
  const account = world.accounts.get(accountId);
  if (account === undefined) return;
  const before = turn.seq;
  const later = fillsLaterThan(account, snapshot, fillsBefore);
  const cycle = new Cycle({ world, turn, account, snapshot, kind, later });
  const tracked = account.positions.size + account.workingOrders.size;
  takePermission(cycle);
  const opened = openWindows(cycle);
  takeFills(cycle);
  concludeWindows(cycle, opened);
  reconcileOrders(cycle);
  drain(world, turn);
  if (!reconcilePositions(cycle)) {
    // Executions overtook the picture, and it cannot be told what is missing in it: it is taken again.
    world.picturesWanted.add(accountId);
    refreshExits(world, turn, accountId);
    return;
  }
  cancelUnderLocks(cycle);
  drain(world, turn);
  if (later.length === 0 && account.reconciliation.seen.size === 0) {
    reconcileMoney(cycle);
    account.isBalanceConfirmed = true;
    // A poll lists the last minutes only: the day is compared where all of it is read.
    if (kind === 'resync') compareLedger(cycle);
  }
  release(cycle);
  conclude(cycle, tracked);
  if (turn.seq > before) refreshExits(world, turn, accountId);
  const { reconciliation } = account;
  reconciliation.comparedAtMs = snapshot.asOfMs;
  const isAgreed = !cycle.isDifferent && later.length === 0;
  reconciliation.agreedSeq = isAgreed ? turn.seq - 1 : -1;
  reconciliation.agreedChanges = isAgreed ? changes : undefined;
}

/** The account list says whether the account may trade; a stream that was silent may have missed it. */
function takePermission({ world, turn, account, snapshot }: Cycle): void {
  const { canTrade, asOfMs } = snapshot;
  if (canTrade === undefined || canTrade === account.canTrade) return;
  const event = { type: 'venue.permission', accountId: account.id, canTrade } as const;
  routePermission(world, turn, { ...event, venueTimeMs: asOfMs });
}

/** The account may act again on what it knows. */
function release(cycle: Cycle): void {
  const { turn, account } = cycle;
  const { atMs } = turn;
  if (!account.isReconciled) {
    account.isReconciled = true;
    account.touch();
  }
  if (account.causes.includes('startup'))
    turn.sendSibling(account.id, 'account', { type: 'account.reconciled', atMs }, cycle.cause);
  if (!account.causes.includes(failedCause)) return;
  const event = { type: 'account.causeRemoved', cause: failedCause, atMs } as const;
  turn.sendSibling(account.id, 'account', event, cycle.cause);
  resolveAlerts(turn, account, 'reconciliation/failed', cycle.cause);
}

function conclude(cycle: Cycle, tracked: number): void {
  const { account, snapshot, adopted, forceClosed, zombiesCleaned, unresolved } = cycle;
  const open = snapshot.orders.filter(({ status }) => openStatuses.has(status)).length;
  const onExchange = snapshot.positions.length + open;
  const summary = { onExchange, tracked, adopted, forceClosed, zombiesCleaned, unresolved };
  account.reconciliation.summary = summary;
  if (adopted + forceClosed + zombiesCleaned === 0) return;
  const { causeSeq } = cycle.cause;
  cycle.turn.addInput(account.id, { type: 'reconciliation.summary', ...summary, causeSeq });
}

const openStatuses: ReadonlySet<string> = new Set(['working', 'partial', 'suspended', 'triggered']);

/** Executions that were booked while the picture was on its way and are not in it. */
function fillsLaterThan(
  account: AccountRuntime,
  snapshot: VenueSnapshot,
  fillsBefore: number,
): readonly Fill[] {
  const count = account.fillsBooked - fillsBefore;
  if (count === 0) return [];
  const known = new Set(snapshot.fills.map(({ fillId }) => fillId));
  return account.lastFills.slice(-count).filter(({ fillId }) => !known.has(fillId));
}

/** Every execution of the list, once: those that nobody told are booked now. */
function takeFills(cycle: Cycle): void {
  const { world, turn, account, snapshot } = cycle;
  for (const fill of snapshot.fills) {
    if (isBookedSo(cycle, fill)) {
      repeatToOrder(cycle, fill);
      continue;
    }
    const booked = account.fillsBooked;
    takeFill(world, turn, fill, 'list');
    if (account.fillsBooked > booked && cycle.kind === 'poll') {
      cycle.adopted += 1;
      cycle.note({
        difference: 'missing_fill',
        evidence: `${fill.fillId}: ${fill.side} ${fill.lots} ${fill.instrument} at ${fill.ticks} ticks`,
        action: 'booked',
        result: `${account.openLots(fill.instrument)} lots`,
      });
      // The stream may still be about to tell what has just happened.
      if (snapshot.asOfMs - fill.venueTimeMs >= toldAfterMs)
        streamMissed(world, turn, `execution ${fill.fillId}`);
    }
    repeatToOrder(cycle, fill);
  }
  drain(world, turn);
}

/** Booked as the list says it, to the last figure: lists repeat what is known by nature. */
function isBookedSo({ world, turn }: Cycle, fill: Fill): boolean {
  const known = bookedRow(world, turn, fill)?.fill;
  return (
    known !== undefined &&
    fillContent(known) === fillContent(fill) &&
    known.feeUnits === fill.feeUnits &&
    (fill.venueRealizedUnits ?? known.venueRealizedUnits) === known.venueRealizedUnits
  );
}

/** A fill that the ledger has booked and its order has not seen (its actor was down): the order hears of it again. */
function repeatToOrder(cycle: Cycle, fill: Fill): void {
  const { world, turn, account } = cycle;
  if (fill.orderId === undefined) return;
  const cell = world.cells.get(actorId(account.id, `order/${fill.orderId}`));
  const seen = cell?.context['fillIdsSeen'];
  if (cell?.status !== 'live' || (Array.isArray(seen) && seen.includes(fill.fillId))) return;
  const event = { type: 'order.filled', fill, origin: 'query', atMs: turn.atMs } as const;
  turn.sendSibling(account.id, `order/${fill.orderId}`, event, cycle.cause);
}
