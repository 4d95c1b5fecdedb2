import type { Fill, SyntheticOrigin } from '../domain/fill.ts';
import type { FillId, InstrumentId, OrderId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import { gridFills, holdingAt, type PricedChange } from '../domain/reconciliation.ts';
/**
 * Changes of a position that no execution explains, booked as executions of their own: with a price, in the ledger,
 * once. Their ids follow from what was there before, so a replay gives the same. When the true execution is reported
 * after all, it takes the place of its stand-in. Source: execution 4 (synthetic records), 11.4, 3.3 (inferred fill).
 */
import type { AccountRuntime } from './account-runtime.ts';
import { bookedRow, isVoided } from './booked.ts';
import { routeFill } from './fills.ts';
import { calendarOf } from './reset-calendar.ts';
import { voidKey } from './trades.ts';
import type { Turn } from './turn.ts';
import { fillInTime } from './venue-times.ts';
import { routeVoid } from './voids.ts';
import { actorId, type World } from './world.ts';

const prefix = 'SYN-';

export type SyntheticChange = {
  readonly instrument: Instrument;
  readonly change: PricedChange;
  readonly origin: SyntheticOrigin;
  /** Exact profit before fees, where the money says it. */
  readonly realizedUnits?: number;
  readonly feeUnits?: number;
  /** The own order whose trades are missing. */
  readonly orderId?: OrderId;
  readonly atMs: number;
};

/** Books the change as one execution, or two on neighbouring ticks. @returns false when it has no price that can be booked */
export function bookSynthetic(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  wanted: SyntheticChange,
): boolean {
  const { instrument, change, origin, realizedUnits, feeUnits = 0, orderId, atMs } = wanted;
  const parts = gridFills(instrument, change);
  // A profit that the money gives belongs to one execution.
  const legs = realizedUnits === undefined ? parts : nearest(parts);
  for (const [index, { lots, ticks }] of legs.entries()) {
    const fill: Fill = {
      fillId: syntheticId(world, turn, account, instrument.id, change.openLots),
      accountId: account.id,
      ...(orderId === undefined ? {} : { orderId }),
      instrument: instrument.id,
      side: change.openLots > 0 ? 'buy' : 'sell',
      lots,
      ticks,
      feeUnits: index === 0 ? feeUnits : 0,
      ...(realizedUnits === undefined ? {} : { venueRealizedUnits: realizedUnits }),
      venueTimeMs: atMs,
      synthetic: origin,
    };
    account.reconciliation.synthetic.set(fill.fillId, fill);
    routeFill(world, turn, fill);
  }
  return legs.length > 0;
}

/** One execution at the tick that holds most of the quantity. */
function nearest(
  parts: readonly { readonly lots: number; readonly ticks: number }[],
): readonly { readonly lots: number; readonly ticks: number }[] {
  const lots = parts.reduce((sum, part) => sum + part.lots, 0);
  const [most] = parts.toSorted((a, b) => b.lots - a.lots);
  return most === undefined ? [] : [{ lots, ticks: most.ticks }];
}

/**
 * Follows from the history of the position: the same journal gives the same id. A position that is set aside makes no
 * steps, so what is booked or taken back under that id already is followed by a number.
 */
function syntheticId(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  instrument: InstrumentId,
  lots: number,
): FillId {
  const cell = world.cells.get(actorId(account.id, `position/${instrument}`));
  const stem = `${prefix}${instrument}-${cell?.actorSeq ?? 0}-${lots}`;
  let fillId = stem as FillId;
  for (let number = 2; isUsed(world, turn, account, fillId); number += 1)
    fillId = `${stem}-${number}` as FillId;
  return fillId;
}

/** One that a ledger which is down will book is not: its change is still missing, and must not be booked twice. */
function isUsed(world: World, turn: Turn, { id }: AccountRuntime, fillId: FillId): boolean {
  const key = { accountId: id, fillId };
  return bookedRow(world, turn, key) !== undefined || isVoided(world, turn, key);
}

/** An execution as the venue reports it: booked once, in place of what stood in for it. */
export function takeFill(
  world: World,
  turn: Turn,
  reported: Fill,
  origin: 'stream' | 'list',
): void {
  // A list has been looked at as a whole.
  const fill = origin === 'stream' ? fillInTime(world, reported, origin) : reported;
  const account = world.accounts.get(fill.accountId);
  if (account !== undefined && account.reconciliation.synthetic.size > 0)
    replaceStandIn(world, turn, account, fill);
  routeFill(world, turn, fill, origin);
}

function replaceStandIn(world: World, turn: Turn, account: AccountRuntime, fill: Fill): void {
  const instrument = world.options.instruments.get(fill.instrument);
  const isKnown = bookedRow(world, turn, fill) !== undefined || isVoided(world, turn, fill);
  if (isKnown || instrument === undefined) return;
  let leftLots = fill.lots;
  for (const standIn of standInsOf(world, turn, account, fill)) {
    if (leftLots === 0) break;
    account.reconciliation.synthetic.delete(standIn.fillId);
    routeVoid(world, turn, standIn, true);
    const { orderId, synthetic, venueTimeMs } = standIn;
    const takenLots = Math.min(leftLots, standIn.lots);
    leftLots -= takenLots;
    const restLots = standIn.lots - takenLots;
    if (restLots === 0 || synthetic === undefined) continue;
    const openLots = standIn.side === 'buy' ? restLots : -restLots;
    bookSynthetic(world, turn, account, {
      instrument,
      change: holdingAt(instrument, openLots, standIn.ticks),
      origin: synthetic,
      ...(orderId === undefined ? {} : { orderId }),
      atMs: venueTimeMs,
    });
  }
}

/**
 * What an execution takes the place of: the first that is large enough, or else several. A change that turned a position
 * round was booked as two; so was what one order did before two pictures. What names the order of the execution comes
 * before what nobody has explained: of that one it is only known that it may be.
 */
function standInsOf(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  fill: Fill,
): readonly Fill[] {
  // The first picture after it has shown it, whichever was booked anew since.
  const candidates = [...account.reconciliation.synthetic.values()]
    .filter((standIn) => standsFor(standIn, fill) && bookedRow(world, turn, standIn) !== undefined)
    .toSorted((one, other) => one.venueTimeMs - other.venueTimeMs);
  const named = candidates.filter(({ orderId }) => orderId !== undefined);
  const unnamed = candidates.filter(({ orderId }) => orderId === undefined);
  const isNamed = makesUp(named, fill);
  const whole = (isNamed ? named : candidates).find(({ lots }) => lots >= fill.lots);
  if (whole !== undefined) return [whole];
  if (named.length > 0) return named;
  // One that names no order is taken for this execution only where they make it up.
  return makesUp(unnamed, fill) ? unnamed : [];
}

function makesUp(standIns: readonly Fill[], { lots }: Fill): boolean {
  return standIns.reduce((sum, one) => sum + one.lots, 0) >= lots;
}

/** Executed before the picture that showed its effect, on the same side. */
function standsFor(standIn: Fill, fill: Fill): boolean {
  return (
    standIn.instrument === fill.instrument &&
    standIn.side === fill.side &&
    fill.venueTimeMs <= standIn.venueTimeMs &&
    (standIn.orderId === undefined || standIn.orderId === fill.orderId)
  );
}

const dayMs = 86_400_000;

/**
 * Stand-ins that no true execution has replaced, as far back as a stream is believed and a day at least: what was
 * executed before a boundary may be reported after it.
 */
export function restoreSynthetic(world: World, account: AccountRuntime): void {
  const { journal, clock } = world.options;
  const calendar = calendarOf(world, account.id);
  const backMs = Math.max(dayMs, world.execution.intent.orphanLookbackHours * 3_600_000);
  const nowMs = clock.nowMs();
  const days = new Set<string>();
  for (let atMs = nowMs - backMs; atMs <= nowMs; atMs += dayMs / 2)
    days.add(calendar.tradingDayOf(atMs));
  days.add(account.tradingDay);
  for (const tradingDay of [...days].toSorted()) {
    for (const { fill } of journal.fillsOfDay(account.id, tradingDay)) {
      if (fill.synthetic !== undefined && !journal.hasDedupeKey(voidKey(account.id, fill.fillId)))
        account.reconciliation.synthetic.set(fill.fillId, fill);
    }
  }
}
