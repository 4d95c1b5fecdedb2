/**
 * Follows the safety limits: the first level adds the cause `safety:<limit>`, which ends by itself; the second pulls the
 * kill switch of the account, once for each time that it is reached. Looked at when an account has changed, when
 * something has happened on the way to the venue, and once a second while prices can move a limit.
 * Source: execution 10.
 *
 * What holds is durable elsewhere: the causes in the account's actor, the latch in its kill run. A value of the journal
 * remembers which limits have pulled, so that neither a restart nor a re-arm pulls again for the same fall.
 */
import {
  isConfirmed,
  takeReading,
  unconfirmed,
  type Confirmation,
} from '../domain/confirmation.ts';
import type { AccountId } from '../domain/ids.ts';
import {
  safetyLimits,
  type SafetyLimit,
  type SafetyReading,
  type SafetySettings,
} from '../domain/safety.ts';
import { judgeSafety, watchesMarket, type SafetyView } from '../rules/safety-limits.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { raiseAlert } from './alerts.ts';
import { clockDriftMs } from './clock-gate.ts';
import { drain } from './deliver.ts';
import { ruleContext } from './judge.ts';
import { triggerKill } from './kill-orders.ts';
import { armPulse } from './pulse.ts';
import { outside, type Cause, type Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

const prefix = 'safety:';
const valuePrefix = 'safety|';
/** Prices move without a turn. */
const lookPauseMs = 1_000;
const minuteMs = 60_000;

export type Safety = {
  /** Monotonic time of the next look at every account; 0: now. */
  nextLookMs: number;
  readonly accounts: Map<AccountId, AccountSafety>;
};

type AccountSafety = {
  /** Monotonic time since when a limit that is in force is kept again. */
  readonly keptSince: Map<SafetyLimit, number>;
  /** In force only because it could not be judged: it ends as soon as it can. */
  readonly unknown: Set<SafetyLimit>;
  readonly confirmations: Map<SafetyLimit, Confirmation>;
  /** Limits that have pulled the kill switch and have not been left since. Durable. */
  readonly pulled: Set<SafetyLimit>;
};

export function emptySafety(): Safety {
  return { nextLookMs: Infinity, accounts: new Map() };
}

/** Something has happened on the way to the venue: whoever is concerned is looked at in this turn. */
export function lookAtSafety({ safety }: World): void {
  safety.nextLookMs = 0;
}

export function followSafety(world: World, turn: Turn): void {
  const { safety, options, clockGate } = world;
  const nowMs = options.clock.monotonicMs();
  const isDue = nowMs >= safety.nextLookMs || clockGate.isOff;
  if (isDue) safety.nextLookMs = Infinity;
  for (const account of world.accounts.values())
    if (isDue || account.isUnpublished) look(world, turn, account);
  if (safety.nextLookMs < Infinity) armPulse(world, safety.nextLookMs);
}

/** What an earlier process has remembered. */
export function restoreSafety(world: World, values: ReadonlyMap<string, string>): void {
  for (const id of world.accounts.keys()) {
    const stored = values.get(`${valuePrefix}${id}`);
    if (stored === undefined) continue;
    const pulled = new Set(JSON.parse(stored) as SafetyLimit[]);
    world.safety.accounts.set(id, { ...emptyAccount(), pulled });
  }
  lookAtSafety(world);
}

/** What the limits of an account say at this moment; reads only. */
export function safetyReadings(world: World, account: AccountRuntime): readonly SafetyReading[] {
  return judgeSafety(viewOf(world, account));
}

function emptyAccount(): AccountSafety {
  return { keptSince: new Map(), unknown: new Set(), confirmations: new Map(), pulled: new Set() };
}

function viewOf(world: World, account: AccountRuntime): SafetyView {
  const { options, breakers, latency } = world;
  const { controls } = account;
  const nowMs = options.clock.nowMs();
  const since = (times: readonly number[], durationMs: number): number =>
    times.filter((atMs) => atMs > nowMs - durationMs && atMs <= nowMs).length;
  const { quoteMaxAgeSeconds } = controls.staleness;
  const driftMs = clockDriftMs(world);
  return {
    context: ruleContext(world, account.facts()),
    controls,
    quoteMaxAgeMs:
      quoteMaxAgeSeconds === undefined ? options.quoteMaxAgeMs : quoteMaxAgeSeconds * 1_000,
    health: {
      rejections: since(
        breakers.rejections.get(account.id) ?? [],
        controls.cycle.intervalSeconds * 1_000,
      ),
      apiErrors: since(breakers.failureTimes, minuteMs),
      slowAnswers: latency.slowerThan(controls.safety.latencyMs, nowMs - minuteMs),
      ...(driftMs === undefined ? {} : { driftMs }),
    },
  };
}

function look(world: World, turn: Turn, account: AccountRuntime): void {
  // Until it is reconciled its money is not known, and its own cause lets it only reduce.
  if (!account.isReconciled) return;
  const actor = world.cells.get(actorId(account.id, 'account'));
  if (actor?.status !== 'live') return;
  const { safety } = world;
  const known = safety.accounts.get(account.id) ?? emptyAccount();
  const view = viewOf(world, account);
  const readings = judgeSafety(view);
  for (const reading of readings) take(world, turn, account, known, reading);
  for (const limit of shown(account))
    if (!readings.some((reading) => reading.limit === limit)) clear(turn, account, known, limit);
  safety.accounts.set(account.id, known);
  const isExposed = account.positions.size + account.workingOrders.size > 0;
  if (isExposed && watchesMarket(view)) lookIn(world, lookPauseMs);
  drain(world, turn);
}

/** Limits whose cause the account has. */
function shown({ causes }: AccountRuntime): readonly SafetyLimit[] {
  return safetyLimits.filter((limit) => causes.includes(`${prefix}${limit}`));
}

function take(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  known: AccountSafety,
  reading: SafetyReading,
): void {
  const { limit } = reading;
  const isShown = account.causes.includes(`${prefix}${limit}`);
  if (reading.verdict === 'PASS') {
    release(turn, account, known, limit);
    if (isShown) keep(world, turn, account, known, limit);
    return;
  }
  known.keptSince.delete(limit);
  if (!isShown) {
    if (reading.verdict === 'UNKNOWN') known.unknown.add(limit);
    reduce(turn, account, reading);
  } else if (reading.verdict === 'DENY') known.unknown.delete(limit);
  followLevel(world, turn, account, known, reading);
}

/** The second level: counted until it is confirmed, then it pulls once. */
function followLevel(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  known: AccountSafety,
  reading: SafetyReading,
): void {
  const { limit } = reading;
  lookIn(world, lookPauseMs);
  if (reading.verdict === 'UNKNOWN') return;
  if (reading.level !== 'halt') {
    release(turn, account, known, limit);
    return;
  }
  if (known.pulled.has(limit)) return;
  const atMs = pricedAtMs(world, account);
  const seen = takeReading(known.confirmations.get(limit) ?? unconfirmed, { isBeyond: true, atMs });
  known.confirmations.set(limit, seen);
  const isPriced = limit !== 'positions' && account.positions.size > 0;
  const { safety } = account.controls;
  if (isConfirmed(seen, isPriced ? safety.confirmations : 1))
    pull(world, turn, account, known, reading, safety);
}

function pull(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  known: AccountSafety,
  { limit, text }: Extract<SafetyReading, { verdict: 'PASS' | 'DENY' }>,
  { killMode }: SafetySettings,
): void {
  known.pulled.add(limit);
  store(turn, account, known);
  const reason = `${killReasons[limit] ?? 'MARGIN_CRITICAL'}: ${text}`;
  const seq = turn.addInput(account.id, { type: 'safety.halted', limit, text });
  triggerKill(
    world,
    turn,
    account,
    {
      scope: 'account',
      ...(killMode === undefined ? {} : { mode: killMode }),
      isEmergency: false,
      trigger: 'rule',
      by: `${prefix}${limit}`,
      reason,
    },
    { causeSeq: seq, correlationSeq: seq },
  );
}

/** Source: execution 9.1, reasons. */
const killReasons: Readonly<Partial<Record<SafetyLimit, string>>> = {
  drawdown: 'LIQUIDATION_BREACH',
  positions: 'MARGIN_CRITICAL',
  margin: 'MARGIN_CRITICAL',
};

/** The second level is left: the next time that it is reached is another one. */
function release(
  turn: Turn,
  account: AccountRuntime,
  known: AccountSafety,
  limit: SafetyLimit,
): void {
  known.confirmations.delete(limit);
  if (known.pulled.delete(limit)) store(turn, account, known);
}

/** The first level is left: for good when it stays so. */
function keep(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  known: AccountSafety,
  limit: SafetyLimit,
): void {
  const nowMs = world.options.clock.monotonicMs();
  const sinceMs = known.keptSince.get(limit) ?? nowMs;
  known.keptSince.set(limit, sinceMs);
  const dueMs = sinceMs + account.controls.safety.clearSeconds * 1_000;
  if (known.unknown.has(limit) || nowMs >= dueMs) clear(turn, account, known, limit);
  else lookIn(world, Math.max(1, Math.ceil(dueMs - nowMs)));
}

function reduce(turn: Turn, account: AccountRuntime, reading: SafetyReading): void {
  const { limit, verdict } = reading;
  const reason =
    verdict === 'UNKNOWN'
      ? `the safety limit ${limit} cannot be judged: ${reading.missing.join(', ')}`
      : reading.text;
  const { atMs } = turn;
  const seq = turn.addInput(account.id, { type: 'safety.degraded', ...reading });
  const cause = { causeSeq: seq, correlationSeq: seq };
  const added = { cause: `${prefix}${limit}`, state: 'REDUCING', reason } as const;
  send(turn, account, { type: 'account.causeAdded', cause: added, atMs }, cause);
  if (verdict === 'UNKNOWN') return;
  const entity = `cause/${prefix}${limit}`;
  const alert = { severity: 'warning', code: 'SAFETY_LIMIT', text: reason, entity } as const;
  raiseAlert(turn, account, { ...alert, isLasting: true }, cause);
}

function clear(
  turn: Turn,
  account: AccountRuntime,
  known: AccountSafety,
  limit: SafetyLimit,
): void {
  known.keptSince.delete(limit);
  known.unknown.delete(limit);
  release(turn, account, known, limit);
  const seq = turn.addInput(account.id, { type: 'safety.cleared', limit });
  const event = {
    type: 'account.causeRemoved',
    cause: `${prefix}${limit}`,
    atMs: turn.atMs,
  } as const;
  send(turn, account, event, { causeSeq: seq, correlationSeq: seq });
}

function send(
  turn: Turn,
  account: AccountRuntime,
  event: Parameters<Turn['sendSibling']>[2],
  cause: Cause = outside,
): void {
  turn.sendSibling(account.id, 'account', event, cause);
}

function store(turn: Turn, account: AccountRuntime, { pulled }: AccountSafety): void {
  turn.values.set(`${valuePrefix}${account.id}`, JSON.stringify([...pulled].toSorted()));
}

function lookIn({ safety, options }: World, durationMs: number): void {
  safety.nextLookMs = Math.min(safety.nextLookMs, options.clock.monotonicMs() + durationMs);
}

/**
 * How old the oldest price is that the positions are judged by: a reading counts anew only when every one of them has
 * come again, so that a single bad price cannot confirm itself beside good ones.
 */
function pricedAtMs({ options }: World, { positions }: AccountRuntime): number {
  const times = [...positions.keys()].map((id) => options.evaluator.markOf(id)?.receivedAtMs ?? 0);
  return times.length === 0 ? options.clock.nowMs() : Math.min(...times);
}
