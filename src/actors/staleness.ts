/**
 * Prices that stay away: with a position or a working entry in the instrument the account may only reduce until a price
 * is there again. An instrument of which nobody ever had a price is refused at the gate by its own code.
 * Source: REQ-ST1, trading-controls 3.
 */
import type { InstrumentId } from '../domain/ids.ts';
import { markFault } from '../rules/marks.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { raiseAlert } from './alerts.ts';
import { armPulse } from './pulse.ts';
import { outside, type Turn } from './turn.ts';
import type { World } from './world.ts';

const prefix = 'stale:';
/** Source: REQ-ST1, an alert within 5 s. */
const alertAfterMs = 1_000;

/** Looks at accounts that have changed, and at all of them when a price may have become too old. */
export function followStaleness(world: World, turn: Turn): void {
  const { staleness, options } = world;
  const nowMs = options.clock.monotonicMs();
  const isDue = nowMs >= staleness.nextLookMs || staleness.isTold;
  if (isDue) staleness.nextLookMs = Infinity;
  staleness.isTold = false;
  for (const account of world.accounts.values()) {
    if (!isDue && !account.isUnpublished) continue;
    look(world, turn, account);
  }
  if (staleness.nextLookMs < Infinity) armPulse(world, staleness.nextLookMs);
}

export type Staleness = {
  /** Monotonic time at which the next price can be too old. */
  nextLookMs: number;
  /** A price has come while one was missing. */
  isTold: boolean;
  /** Instruments without a price of use by account, with the monotonic time since when; -Infinity: somebody was told. */
  readonly stale: Map<string, ReadonlyMap<InstrumentId, number>>;
};

export function emptyStaleness(): Staleness {
  return { nextLookMs: Infinity, isTold: false, stale: new Map() };
}

/** A price has come: whoever waits for one is looked at. */
export function quoteCame({ staleness, inbox, options }: World): void {
  if (staleness.stale.size === 0 || staleness.isTold) return;
  staleness.isTold = true;
  inbox.put('timer', { type: 'pulse', atMs: options.clock.nowMs() });
}

/**
 * An account that was set aside is back: what waited for it may have told it of a price that an earlier process missed.
 * It is looked at again, and told when the price is there.
 */
export function adoptStale(world: World, account: AccountRuntime): void {
  const { staleness } = world;
  const known = new Map(staleness.stale.get(account.id));
  const before = known.size;
  for (const cause of account.causes) {
    const instrument = cause.slice(prefix.length) as InstrumentId;
    if (cause.startsWith(prefix) && !known.has(instrument)) known.set(instrument, -Infinity);
  }
  if (known.size === before) return;
  staleness.stale.set(account.id, known);
  quoteCame(world);
}

function look(world: World, turn: Turn, account: AccountRuntime): void {
  const { stale } = world.staleness;
  const before = stale.get(account.id) ?? new Map<InstrumentId, number>();
  const now = staleOf(world, account, before);
  if (now.size === 0 && before.size === 0) return;
  if (now.size === 0) stale.delete(account.id);
  else stale.set(account.id, now);
  const monotonicMs = world.options.clock.monotonicMs();
  for (const [instrument, sinceMs] of now) {
    if (!before.has(instrument)) reduce(turn, account, instrument);
    // A position that comes and goes at once is worth no alert.
    if (monotonicMs < sinceMs + alertAfterMs) lookAt(world, sinceMs + alertAfterMs);
    else if (sinceMs > -Infinity) {
      tell(turn, account, instrument);
      now.set(instrument, -Infinity);
    }
  }
  for (const instrument of before.keys()) {
    if (now.has(instrument)) continue;
    const cause = `${prefix}${instrument}`;
    const event = { type: 'account.causeRemoved', cause, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, 'account', event, outside);
  }
}

/** Instruments without a price of use, and when the others may have none. */
function staleOf(
  world: World,
  account: AccountRuntime,
  before: ReadonlyMap<InstrumentId, number>,
): Map<InstrumentId, number> {
  const { options } = world;
  const { clock, evaluator } = options;
  const [nowMs, monotonicMs] = [clock.nowMs(), clock.monotonicMs()];
  const seconds = account.controls.staleness.quoteMaxAgeSeconds;
  const maxAgeMs = seconds === undefined ? options.quoteMaxAgeMs : seconds * 1_000;
  const now = new Map<InstrumentId, number>();
  for (const instrument of exposed(account)) {
    const mark = evaluator.markOf(instrument);
    if (mark === undefined) continue;
    const fault = markFault(mark, nowMs, maxAgeMs)?.name;
    if (fault === 'stale' || fault === 'future')
      now.set(instrument, before.get(instrument) ?? monotonicMs);
    else lookAt(world, monotonicMs + Math.max(1, mark.receivedAtMs + maxAgeMs + 1 - nowMs));
  }
  return now;
}

function lookAt({ staleness }: World, atMs: number): void {
  staleness.nextLookMs = Math.min(staleness.nextLookMs, atMs);
}

/** Instruments with a position or a working entry. */
export function exposed(account: AccountRuntime): ReadonlySet<InstrumentId> {
  const all = new Set<InstrumentId>(account.positions.keys());
  for (const { instrument, purpose, reduceOnly } of account.workingOrders.values())
    if (purpose === 'entry' && !reduceOnly) all.add(instrument);
  return all;
}

function reduce(turn: Turn, account: AccountRuntime, instrument: InstrumentId): void {
  const { atMs } = turn;
  const seq = turn.addInput(account.id, { type: 'market.stale', instrument });
  const cause = { causeSeq: seq, correlationSeq: seq };
  const reason = textOf(instrument);
  const added = { cause: `${prefix}${instrument}`, state: 'REDUCING', reason } as const;
  turn.sendSibling(
    account.id,
    'account',
    { type: 'account.causeAdded', cause: added, atMs },
    cause,
  );
}

function tell(turn: Turn, account: AccountRuntime, instrument: InstrumentId): void {
  // Its entity is the cause: it is resolved with it.
  const entity = `cause/${prefix}${instrument}`;
  const text = textOf(instrument);
  const alert = { severity: 'warning', code: 'STALENESS', text, entity } as const;
  raiseAlert(turn, account, { ...alert, isLasting: true }, outside);
}

function textOf(instrument: InstrumentId): string {
  return `the last price of ${instrument} is too old, and it is held or worked`;
}
