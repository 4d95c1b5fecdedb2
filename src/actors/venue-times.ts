/**
 * Times that the venue gives and that cannot be used. What happened is taken in all the same, an execution above all; only
 * its time is not believed. Source: execution 12 (skew), projectx 15 (F18).
 *
 * - A time of the future, beyond the permitted skew of the venue's clock, is wrong. An execution is then of now, by the
 *   venue's clock, and says what was claimed; a report of an order is judged by what it says; what only a time makes
 *   believable (positions, money, a permission that was given) is asked for instead.
 * - A time of the past is wrong of what says how things are now. Of an execution it is history: reports come late after
 *   a break, and trading day, windows and pauses are those of the execution (rules 3, 8). It is believed as far back as
 *   anybody would still tell of it.
 */
import type { Fill } from '../domain/fill.ts';
import type { AccountId } from '../domain/ids.ts';
import type { OrderVenueEvent } from '../domain/order-event.ts';
import { limits } from '../kernel/limits.ts';
import type { VenueEvent, VenueOrder, VenueSnapshot } from '../ports/venue.port.ts';
import { withoutTime } from './insisted.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

type Origin = 'stream' | 'list';

/** The execution with the time that decisions may use, and what the venue claimed where that is another one. */
export function fillInTime(world: World, fill: Fill, origin: Origin): Fill {
  const { brokerClock } = world;
  const { venueTimeMs } = fill;
  const isPlausible = !brokerClock.isOfTheFuture(venueTimeMs) && !isForgotten(world, fill, origin);
  if (isPlausible) return fill;
  const known = world.options.journal.findFill(fill.accountId, fill.fillId)?.fill;
  const pending = world.pendingFills.get(`${fill.accountId}|${fill.fillId}`);
  // Told again, it stays where it was put.
  const before = known ?? pending;
  const isSame = before?.claimedTimeMs === venueTimeMs;
  const claimedTimeMs = Number.isSafeInteger(venueTimeMs) ? venueTimeMs : 0;
  return {
    ...fill,
    venueTimeMs: isSame && before !== undefined ? before.venueTimeMs : brokerClock.nowMs(),
    claimedTimeMs,
  };
}

/** Older than anything that is still told: by a stream within the look-back for lost orders, by a list within a week. */
function isForgotten(world: World, { venueTimeMs }: Fill, origin: Origin): boolean {
  const { brokerClock, execution } = world;
  if (!brokerClock.isKnown) return false;
  const hourMs = 3_600_000;
  const streamMs = execution.intent.orphanLookbackHours * hourMs;
  const pastMs = origin === 'list' ? limits.listedPastMsMax : streamMs;
  return brokerClock.nowMs() - venueTimeMs > pastMs;
}

/** The row that says so, once: the execution is booked for the first time. */
export function tellDoubtedFill(turn: Turn, fill: Fill, causeSeq: number): void {
  const { claimedTimeMs } = fill;
  if (claimedTimeMs === undefined) return;
  const text = `fill ${fill.fillId} claims ${said(claimedTimeMs)}, which is not believed: counted at ${said(fill.venueTimeMs)}`;
  turn.addIncident(fill.accountId, 'VENUE_TIME_DOUBTED', text, causeSeq);
}

function said(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}

/** A report of an order whose time has not come yet is judged by what it says. */
export function reportInTime(world: World, event: OrderVenueEvent): OrderVenueEvent {
  const updatedAtMs = event.version?.updatedAtMs;
  if (updatedAtMs === undefined || !world.brokerClock.isOfTheFuture(updatedAtMs)) return event;
  return withoutTime(event);
}

/** The picture with executions in believable times. The picture itself has been judged by `pictureProblem`. */
export function pictureInTime(world: World, snapshot: VenueSnapshot): VenueSnapshot {
  const fills = snapshot.fills.map((fill) => fillInTime(world, fill, 'list'));
  return fills.every((fill, index) => fill === snapshot.fills[index])
    ? snapshot
    : { ...snapshot, fills };
}

/** Whether the time of an order in a list may order reports. */
export function isOrderInTime(world: World, { updatedAtMs }: VenueOrder): boolean {
  return !world.brokerClock.isOfTheFuture(updatedAtMs);
}

/** Why a picture is not the present one; undefined: it is. A list of another time is no list. */
export function pictureProblem(world: World, { asOfMs }: VenueSnapshot): string | undefined {
  const { brokerClock } = world;
  if (brokerClock.isBelievable(asOfMs)) return undefined;
  const offMs = asOfMs - brokerClock.nowMs();
  return `the lists are as of ${said(asOfMs)}, ${Math.abs(offMs)} ms ${offMs < 0 ? 'before' : 'after'} the venue's own time`;
}

type Present = Extract<
  VenueEvent,
  { type: 'venue.position' | 'venue.balance' | 'venue.permission' | 'venue.product' }
>;

/**
 * False for what says how things are at another time than now: it decides nothing, and the venue is asked. What takes a
 * permission away counts whatever its time is.
 */
export function isOfNow(world: World, turn: Turn, event: Present): boolean {
  const { doubtedTimes } = world;
  const accountId = 'accountId' in event ? event.accountId : ('' as AccountId);
  const key = `${accountId}|${event.type}`;
  if (world.brokerClock.isBelievable(event.venueTimeMs)) {
    doubtedTimes.delete(key);
    return true;
  }
  // A venue that goes on so is written down once.
  if (!doubtedTimes.has(key)) {
    doubtedTimes.add(key);
    const text = `${event.type} claims ${said(event.venueTimeMs)}, the venue's time is ${said(world.brokerClock.nowMs())}`;
    turn.addIncident(accountId, 'VENUE_TIME_DOUBTED', text, 0);
  }
  if (world.accounts.has(accountId)) world.picturesWanted.add(accountId);
  if (event.type === 'venue.permission') return !event.canTrade;
  return event.type === 'venue.product' && event.status !== 'trading';
}
