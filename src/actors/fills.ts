import { fillContent, type Fill } from '../domain/fill.ts';
import type { InstrumentId, RuleId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { LockScope } from '../domain/verdict.ts';
/** Executions: booked once per trade id, always, before anything judges them. */
import type { AccountRuntime } from './account-runtime.ts';
import { bookedRow, isVoided } from './booked.ts';
import { correctFill } from './corrections.ts';
import { drain } from './deliver.ts';
import { recallDenied } from './denied-orders.ts';
import { calendarOf, weekOf } from './reset-calendar.ts';
import { settleOrderEffects } from './settle-effects.ts';
import { outside, type Cause, type Turn } from './turn.ts';
import { tellDoubtedFill } from './venue-times.ts';
import { actorId, type World } from './world.ts';

/**
 * A fill is booked in the ledger first, once per trade id, whatever the state of its order.
 *
 * @param origin `list`: from the venue's own list of trades, which has the last word on what a trade cost and made
 */
export function routeFill(
  world: World,
  turn: Turn,
  fill: Fill,
  origin: 'stream' | 'list' = 'stream',
): void {
  const account = world.accounts.get(fill.accountId);
  const instrument = world.options.instruments.get(fill.instrument);
  if (account === undefined || instrument === undefined) {
    reportHomeless(world, turn, fill, origin);
    return;
  }
  const row = bookedRow(world, turn, fill);
  const known = row?.fill ?? world.pendingFills.get(`${account.id}|${fill.fillId}`);
  if (known !== undefined) {
    takeRepeat(world, turn, fill, known, row?.causeSeq ?? 0);
    if (row !== undefined) correctFill(world, turn, account, instrument, { fill, row, origin });
    return;
  }
  // Taken back before it was heard of: it never counts.
  if (isVoided(world, turn, fill))
    turn.addInput(account.id, { type: 'venue.fill', fill, isVoided: true });
  else bookNew(world, turn, account, instrument, fill);
}

/** An execution of an account or an instrument that is not configured: nobody can book it, and somebody must look. */
function reportHomeless(world: World, turn: Turn, fill: Fill, origin: 'stream' | 'list'): void {
  const { accountId, fillId } = fill;
  const account = world.accounts.get(accountId);
  const missing = account === undefined ? 'account' : 'instrument';
  turn.addDeadLetter('venue', `account/${accountId}`, { type: 'venue.fill', fill }, 'unknown');
  turn.addIncident(accountId, 'FILL_NOT_BOOKED', `no ${missing} for fill ${fillId}`, 0);
  // What cannot be booked is held all the same: the venue's list of positions says how much.
  if (account !== undefined && origin === 'stream') world.picturesWanted.add(account.id);
}

function bookNew(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  instrument: Instrument,
  fill: Fill,
): void {
  const seq = turn.addInput(account.id, { type: 'venue.fill', fill });
  const cause = { causeSeq: seq, correlationSeq: seq };
  tellDoubtedFill(turn, fill, seq);
  const { atMs } = turn;
  const before = account.openLots(fill.instrument);
  world.pendingFills.set(`${account.id}|${fill.fillId}`, fill);
  const tradingDay = calendarOf(world, account.id).tradingDayOf(fill.venueTimeMs);
  turn.sendSibling(
    account.id,
    'ledger',
    {
      type: 'ledger.fillReported',
      fill,
      instrument,
      tradingDay,
      ...weekOf(world, account.id, fill.venueTimeMs),
      atMs,
    },
    cause,
  );
  turn.sendSibling(
    account.id,
    `position/${fill.instrument}`,
    {
      type: 'position.filled',
      fill,
      instrument,
      executedAtMs: executedAt(world, turn, fill),
      atMs,
    },
    cause,
  );
  if (fill.orderId !== undefined) {
    recallDenied(world, turn, account, fill.orderId, cause);
    turn.sendSibling(
      account.id,
      `order/${fill.orderId}`,
      { type: 'order.filled', fill, origin: 'stream', atMs },
      cause,
    );
  }
  drain(world, turn);
  if (fill.orderId !== undefined)
    settleOrderEffects(world, turn, account.id, fill.orderId, { type: 'order.filled' });
  reportUnknownOrder(world, turn, fill, seq);
  closeWhatALockForbids(world, turn, account, fill, before, cause);
  refreshExits(world, turn, account.id);
}

/** Our time of an execution: now less what has passed at the venue since, so that a grace is not begun anew. Source: rules 3 (RULE-008). */
function executedAt(world: World, turn: Turn, fill: Fill): number {
  const agoMs = world.brokerClock.nowMs() - fill.venueTimeMs;
  return turn.atMs - Math.max(0, agoMs);
}

/** A trade id that was booked before: the same content is a repeat, another one is a conflict that somebody must look at. */
function takeRepeat(world: World, turn: Turn, fill: Fill, known: Fill, causeSeq: number): void {
  world.counters.duplicateFills += 1;
  const [before, now] = [fillContent(known), fillContent(fill)];
  if (before === now) return;
  turn.addIncident(
    fill.accountId,
    'TRADE_ID_CONFLICT',
    `fill ${fill.fillId}: ${before} and ${now}`,
    causeSeq,
  );
  if (fill.orderId === undefined) return;
  const event = { type: 'order.filled', fill, origin: 'stream', atMs: turn.atMs } as const;
  turn.sendSibling(fill.accountId, `order/${fill.orderId}`, event, outside);
}

/** An execution for an order id of ours that no actor has: booked like any other, and somebody must look. */
function reportUnknownOrder(world: World, turn: Turn, fill: Fill, seq: number): void {
  if (
    fill.orderId === undefined ||
    world.cells.has(actorId(fill.accountId, `order/${fill.orderId}`))
  )
    return;
  turn.addIncident(
    fill.accountId,
    'FILL_OF_UNKNOWN_ORDER',
    `fill ${fill.fillId} names order ${fill.orderId}`,
    seq,
  );
}

/** The rule that paces its closes of what shows up again and again. Source: rules 3 (RULE-011). */
const pacingRule = 'RULE-011' as RuleId;

/** True where every lock that covers an instrument is of a rule that closes by itself, and that rule is at work. */
function isLeftToItsRule(world: World, account: AccountRuntime, instrument: InstrumentId): boolean {
  const scopes = new Set<LockScope>(['account', `symbol:${instrument}`, `contract:${instrument}`]);
  const covering = [...account.locks.values()].filter(({ scope }) => scopes.has(scope));
  if (covering.length === 0 || covering.some(({ source }) => source !== pacingRule)) return false;
  const isConfigured = account.rules.some(({ definition }) => definition.id === pacingRule);
  const cell = world.cells.get(actorId(account.id, `rule/${pacingRule}`));
  return isConfigured && cell?.status === 'live' && !account.failedRules.has(pacingRule);
}

/**
 * While a lock covers the instrument, what a fill adds is closed at once, and so is what a voided fill or the venue's
 * own report adds. The fill that causes a lock comes before it.
 *
 * @param keepLots what was open before, signed
 */
export function closeWhatALockForbids(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  fill: Pick<Fill, 'instrument' | 'orderId'>,
  keepLots: number,
  cause: Cause,
): void {
  if (account.locks.size === 0 && account.effectiveState !== 'LOCKED') return;
  const { instrument } = fill;
  const openLots = account.openLots(instrument);
  const isSameSide = Math.sign(openLots) === Math.sign(keepLots);
  if (openLots === 0 || (isSameSide && Math.abs(openLots) <= Math.abs(keepLots))) return;
  if (isLeftToItsRule(world, account, instrument)) return;
  const event = {
    type: 'account.exposureAdded',
    instrument,
    // A position that changed sides is new as a whole.
    keepLots: isSameSide ? keepLots : 0,
    ...(fill.orderId === undefined ? {} : { orderId: fill.orderId }),
    atMs: turn.atMs,
  } as const;
  turn.sendSibling(account.id, 'account', event, cause);
}

/** Exits that are under way hear of every change of their instrument. */
export function refreshExits(world: World, turn: Turn, accountId: AccountRuntime['id']): void {
  const account = world.accounts.get(accountId);
  if (account === undefined) return;
  drain(world, turn);
  for (const instrument of account.activeExits) {
    const cell = world.cells.get(actorId(accountId, `exit/${instrument}`));
    const event = {
      type: 'exit.factsChanged',
      facts: account.exitFacts(instrument),
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(accountId, `exit/${instrument}`, event, {
      causeSeq: cell?.seq ?? 0,
      correlationSeq: 0,
    });
  }
  drain(world, turn);
}
