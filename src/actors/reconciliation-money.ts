import { addExact, mulDiv } from '../domain/arithmetic.ts';
import type { Fill, SyntheticOrigin } from '../domain/fill.ts';
import type { InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import { formatMoney, type Units } from '../domain/money.ts';
import type { PositionBook } from '../domain/position.ts';
import {
  holdingAt,
  impliedExit,
  judgeMoney,
  ticksOfChange,
  type PricedChange,
} from '../domain/reconciliation.ts';
/**
 * The ledger's balance against the venue's. Money that nothing explains blocks new risk until it agrees again, or until
 * an operator records where it went. Source: execution 11.5.
 */
import type { AccountRuntime } from './account-runtime.ts';
import { resolveAlerts } from './alerts.ts';
import { bookedRow } from './booked.ts';
import { drain } from './deliver.ts';
import type { Cycle } from './reconciliation-cycle.ts';
import { moneyCause } from './reconciliation-memory.ts';
import { bookSynthetic } from './reconciliation-synthetic.ts';
import { routeVoid } from './voids.ts';
import { actorId, type World } from './world.ts';

const alertName = 'money';
/** How long after a change without money its money is still waited for. */
const moneyLagMs = 60_000;

/**
 * Venue balance less what is expected; undefined while the ledger is down: it has not booked everything.
 *
 * @param except an instrument whose position differs, so its cost says nothing
 */
export function moneyDifference(
  { world, account, snapshot }: Cycle,
  except?: InstrumentId,
): Units | undefined {
  const ledger = world.cells.get(actorId(account.id, 'ledger'));
  const ours = ledger?.context['balanceUnits'];
  if (ledger?.status !== 'live' || typeof ours !== 'number') return undefined;
  const books = (ledger.context['books'] ?? {}) as Readonly<Record<InstrumentId, PositionBook>>;
  const expected = addExact(ours, splitUnits(world, account, snapshot.positions, books, except));
  return addExact(snapshot.balanceUnits, -expected);
}

/**
 * How much less profit and less open cost the venue has booked than we have: the two take the same executions in
 * another order when some are heard of late. It is the same money, and it is no difference.
 */
function splitUnits(
  world: World,
  account: AccountRuntime,
  positions: Cycle['snapshot']['positions'],
  books: Readonly<Record<InstrumentId, PositionBook>>,
  except: InstrumentId | undefined,
): number {
  let units = 0;
  for (const { instrument, openLots, costUnits } of positions) {
    const currency = world.options.instruments.get(instrument)?.settlementCurrency;
    const book = books[instrument];
    if (instrument === except || currency !== account.currency) continue;
    if (book?.openLots === openLots) units += costUnits - book.costUnits;
  }
  return units;
}

/** What an execution of this size costs, as the last one of the instrument did today; 0 where there was none. */
export function knownFeeUnits(
  account: AccountRuntime,
  instrument: InstrumentId,
  lots: number,
): Units {
  const last = account.trades.findLast((trade) => trade.instrument === instrument);
  if (last === undefined) return 0;
  return mulDiv(last.feeUnits, Math.abs(lots), last.openedLots + last.closedLots);
}

export function reconcileMoney(cycle: Cycle): void {
  const { world, turn, account, snapshot } = cycle;
  const difference = moneyDifference(cycle);
  if (difference === undefined) return;
  const { moneyTolerance, moneyHaltThreshold } = world.execution.reconcile;
  const verdict = judgeMoney(difference, moneyTolerance, moneyHaltThreshold);
  const isDoubted = account.causes.includes(moneyCause);
  account.reconciliation.unexplainedUnits = verdict === 'agrees' ? 0 : difference;
  if (verdict === 'agrees') {
    if (!isDoubted) return;
    const event = { type: 'account.causeRemoved', cause: moneyCause, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, 'account', event, cycle.cause);
    resolveAlerts(turn, account, `reconciliation/${alertName}`, cycle.cause);
    return;
  }
  if (reprice(cycle, difference)) return;
  const money = (units: number): string => formatMoney(units, account.currency);
  const ours = addExact(snapshot.balanceUnits, -difference);
  const reason = `balance ours ${money(ours)}, the venue's ${money(snapshot.balanceUnits)}, unexplained ${money(difference)}`;
  cycle.unresolved += 1;
  cycle.isDifferent = true;
  const isGrave = verdict === 'grave' && world.options.mode === 'LIVE';
  if (isDoubted && !(isGrave && account.tradingState !== 'HALTED')) return;
  cycle.incident('MONEY_DIFFERENCE', reason);
  // Whoever accepts the difference books it against what the venue said last.
  const { balanceUnits } = snapshot;
  const told = { type: 'ledger.balanceReported', balanceUnits, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'ledger', told, cycle.cause);
  cycle.note({
    difference: 'money',
    evidence: reason,
    action: isGrave ? 'halted' : 'new risk stopped',
    result: 'an operator records a transfer, or the balance agrees again',
  });
  cycle.alert(alertName, reason);
  const cause = { cause: moneyCause, state: isGrave ? 'HALTED' : 'REDUCING', reason } as const;
  const event = { type: 'account.causeAdded', cause, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'account', event, cycle.cause);
}

/**
 * The balance of a venue may follow its position list by some seconds. Where a change was booked while no money had
 * moved, and money moves now, the change gets the price that this money implies.
 */
function reprice(cycle: Cycle, difference: Units): boolean {
  const { world, turn, account } = cycle;
  const fill = waitingForMoney(cycle);
  const instrument =
    fill === undefined ? undefined : world.options.instruments.get(fill.instrument);
  if (fill?.synthetic === undefined || instrument === undefined) return false;
  if (!isExitWithout(account, fill)) return false;
  const { feeUnits, orderId } = fill;
  routeVoid(world, turn, fill, true);
  const exit = exitFor(account, instrument, fill, difference);
  const put = (change: PricedChange, origin: SyntheticOrigin, realizedUnits: Units): void => {
    bookSynthetic(world, turn, account, {
      instrument,
      change,
      origin,
      realizedUnits,
      feeUnits,
      ...(orderId === undefined ? {} : { orderId }),
      // Its price is another one now, not its time: what was executed since then is something else.
      atMs: fill.venueTimeMs,
    });
  };
  if (exit === undefined) {
    // Booked again as it was, and waiting for no money any more: the money stays unexplained, and somebody hears of it.
    const change = holdingAt(instrument, 0 - closedLotsOf(fill), fill.ticks);
    put(change, { ...fill.synthetic, pricedBy: 'average' }, fill.venueRealizedUnits ?? 0);
    drain(world, turn);
    return false;
  }
  const { change, realizedUnits } = exit;
  put(
    { openLots: 0 - change.openLots, costUnits: 0 - change.costUnits },
    fill.synthetic,
    realizedUnits,
  );
  drain(world, turn);
  cycle.note({
    difference: 'money',
    evidence: `${formatMoney(difference, account.currency)} moved after ${fill.fillId} was booked without any`,
    action: 'the change is booked again at the price that the money implies',
    result: `realized ${formatMoney(realizedUnits, account.currency)}`,
  });
  return true;
}

/** What the change has closed, signed as the position was. */
function closedLotsOf({ side, lots }: Fill): number {
  return side === 'buy' ? -lots : lots;
}

/** True where what the change has closed is a part of what would be open without it: later changes may have moved on. */
function isExitWithout(account: AccountRuntime, fill: Fill): boolean {
  const closedLots = closedLotsOf(fill);
  return isPartOf(closedLots, addExact(account.openLots(fill.instrument), closedLots));
}

function isPartOf(closedLots: number, heldLots: number): boolean {
  return (
    Math.sign(heldLots) === Math.sign(closedLots) && Math.abs(closedLots) <= Math.abs(heldLots)
  );
}

/**
 * The exit that the money implies, of the position as it is without the change.
 *
 * @returns undefined where the books say otherwise than the position did, so that it closed no such quantity, or where
 *   the money would give a price that is not above 0
 */
function exitFor(
  account: AccountRuntime,
  instrument: Instrument,
  fill: Fill,
  difference: Units,
): ReturnType<typeof impliedExit> | undefined {
  const { openLots = 0, costUnits = 0 } = account.positions.get(fill.instrument) ?? {};
  const closedLots = closedLotsOf(fill);
  if (!isPartOf(closedLots, openLots)) return undefined;
  const exit = impliedExit({ openLots, costUnits }, closedLots, difference, fill.feeUnits);
  return (ticksOfChange(instrument, exit.change) ?? 0) > 0 ? exit : undefined;
}

/** The one change that was booked while no money had moved, where there is just one. */
function waitingForMoney({ world, turn, account, snapshot }: Cycle): Fill | undefined {
  const waiting = [...account.reconciliation.synthetic.values()].filter(
    (fill) =>
      fill.synthetic?.pricedBy === 'money' &&
      fill.venueRealizedUnits === fill.feeUnits &&
      snapshot.asOfMs - fill.venueTimeMs <= moneyLagMs &&
      bookedRow(world, turn, fill) !== undefined,
  );
  return waiting.length === 1 ? waiting[0] : undefined;
}
