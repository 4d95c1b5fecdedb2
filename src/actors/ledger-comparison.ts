/**
 * Rebuilds the result of the trading day from the venue's own list of trades and holds it against the ledger, at the
 * start and after every resynchronisation. A difference above a cent is told; the ledger stays what it is, because
 * what the list names was booked a moment ago. Source: rules 8, rebuild.
 */
import { addExact } from '../domain/arithmetic.ts';
import { formatMoney, type Units } from '../domain/money.ts';
import type { VenueSnapshot } from '../ports/venue.port.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { bookedRow, isVoided } from './booked.ts';
import { calendarOf } from './reset-calendar.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Told above this: one cent, in accounting units. */
const toleranceUnits = 10_000;

type Compared = {
  readonly world: World;
  readonly turn: Turn;
  readonly account: AccountRuntime;
  readonly snapshot: VenueSnapshot;
  readonly cause: Cause;
};

/** The list reaches back to the boundary at least; executions that overtook it must not be among the booked ones. */
export function compareLedger({ world, turn, account, snapshot, cause }: Compared): void {
  const ledger = world.cells.get(actorId(account.id, 'ledger'));
  // A ledger that is down has not booked everything.
  if (ledger?.status !== 'live') return;
  const { realizedUnits, feesUnits, differenceUnits } = ledger.context as {
    readonly realizedUnits: Units;
    readonly feesUnits: Units;
    readonly differenceUnits: Units;
  };
  const ours = addExact(realizedUnits, -feesUnits);
  const theirs = addExact(listedUnits(world, turn, account, snapshot), standInUnits(account));
  const difference = addExact(ours, -theirs);
  const told = Math.abs(difference) > toleranceUnits ? difference : 0;
  if (told === differenceUnits) return;
  const money = (units: number): string => formatMoney(units, account.currency);
  const text = `trading day ${account.tradingDay}: booked ${money(ours)}, the venue's trades make ${money(theirs)}`;
  const event = {
    type: 'ledger.compared',
    differenceUnits: told,
    text,
    atMs: turn.atMs,
  } as const;
  turn.sendSibling(account.id, 'ledger', event, cause);
}

/** Net result of the day by the venue's list: its own figures, and ours where it reports no profit. */
function listedUnits(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  { fills }: VenueSnapshot,
): Units {
  const { instruments } = world.options;
  const calendar = calendarOf(world, account.id);
  let units = 0;
  for (const fill of fills) {
    const currency = instruments.get(fill.instrument)?.settlementCurrency;
    if (currency !== account.currency || fill.venueTimeMs < account.dayStartMs) continue;
    if (calendar.tradingDayOf(fill.venueTimeMs) !== account.tradingDay) continue;
    if (isVoided(world, turn, fill)) continue;
    const profit = fill.venueRealizedUnits ?? bookedRow(world, turn, fill)?.realizedUnits ?? 0;
    units = addExact(units, addExact(profit, -fill.feeUnits));
  }
  return units;
}

/** What stands in for trades that the venue has not named is on no list. */
function standInUnits(account: AccountRuntime): Units {
  let units = 0;
  for (const { fillId, feeUnits } of account.reconciliation.synthetic.values()) {
    const booked = account.trades.find((trade) => trade.fillId === fillId);
    if (booked !== undefined)
      units = addExact(units, addExact(booked.realizedUnits ?? 0, -feeUnits));
  }
  return units;
}
