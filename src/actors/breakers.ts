/**
 * Circuit breakers of the venue. While one is open, every account may only reduce; nothing that reduces is ever refused
 * or held back by it, cancels in doubt are only asked about at the paced rate.
 *
 * They belong to the venue and not to an account, and their whole state is a handful of numbers: so each is one value of
 * the journal, committed with the row of the call that changed it, and no actor. Source: execution 13.3,
 * trading-controls 3, REQ-CB1.
 */
import {
  afterFailure,
  afterSuccess,
  afterTime,
  breakerNames,
  breakerSettings,
  CallWindow,
  closedBreaker,
  type BreakerName,
  type BreakerSettings,
  type BreakerState,
} from '../domain/breaker.ts';
import type { AccountId } from '../domain/ids.ts';
import type { VenueCall } from '../domain/venue-call.ts';
import { limits } from '../kernel/limits.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { raiseAlert, resolveAlerts } from './alerts.ts';
import { armPulse } from './pulse.ts';
import { lookAtSafety } from './safety.ts';
import { outside, type Cause, type Turn } from './turn.ts';
import type { World } from './world.ts';

/** Failures from which on somebody hears of them. Source: trading-controls 5, row 6. */
const burstMin = 2;
const burstEntity = 'venue/calls';

export type CallFailure = {
  readonly call: VenueCall;
  readonly status?: number;
  readonly reason: string;
  readonly accountId?: AccountId;
};

export class BreakerBoard {
  readonly states = new Map<BreakerName, BreakerState>();
  /** Failed calls of the last minute, by time. */
  readonly failureTimes: number[] = [];
  /** Refusals of orders by account, by time. */
  readonly rejections = new Map<AccountId, number[]>();
  private readonly windows = new Map<BreakerName, CallWindow>();

  stateOf(name: BreakerName): BreakerState {
    return this.states.get(name) ?? closedBreaker;
  }

  /** Names of those that are open. */
  get open(): readonly BreakerName[] {
    return breakerNames.filter((name) => this.stateOf(name).phase === 'open');
  }

  /** A success could change something. */
  get isProbing(): boolean {
    for (const { phase, failures } of this.states.values())
      if (phase !== 'closed' || failures > 0) return true;
    return false;
  }

  windowOf(name: BreakerName): CallWindow {
    const known = this.windows.get(name);
    if (known !== undefined) return known;
    const made = new CallWindow();
    this.windows.set(name, made);
    return made;
  }
}

/** The class that a call belongs to. */
export function breakerOf(call: VenueCall): BreakerName {
  switch (call) {
    case 'place':
    case 'cancel':
    case 'modify':
      return 'orders';
    case 'query':
    case 'picture':
    case 'list':
      return 'general';
    case 'connect':
      return 'hub';
  }
}

/** A half-open class takes a few orders at a time: further ones wait for their answers. */
export function busyBreakers({ breakers, gateway }: World): readonly BreakerName[] {
  const { phase } = breakers.stateOf('orders');
  const { probes } = breakerSettings(noControls).orders;
  return phase === 'halfOpen' && gateway.placing >= probes ? ['orders'] : [];
}

const noControls = { rateLimitSeconds: 0, apiErrors: 1, apiWindowSeconds: 0 };

/** The strictest of what the accounts ask for: they share the venue. */
function settingsOf(world: World): Readonly<Record<BreakerName, BreakerSettings>> {
  const all = [...world.accounts.values()].map(({ controls }) => controls.breakers);
  return breakerSettings({
    rateLimitSeconds: Math.max(1, ...all.map((one) => one.rateLimitSeconds)),
    apiErrors: Math.min(...all.map((one) => one.apiErrors)),
    apiWindowSeconds: Math.max(1, ...all.map((one) => one.apiWindowSeconds)),
  });
}

/** A call to the venue has failed: counted by its class and by those that watch all of them. */
export function noteFailure(world: World, turn: Turn, failure: CallFailure): void {
  const { breakers } = world;
  const settings = settingsOf(world);
  const { call, status, reason, accountId } = failure;
  world.telemetry.noteFailure(status);
  const seq = turn.addInput(accountId ?? '', { type: 'venue.callFailed', ...failure });
  const cause = { causeSeq: seq, correlationSeq: seq };
  const name = breakerOf(call);
  // A stream that is down is its own cause; its class only paces the attempts.
  const limited: readonly BreakerName[] = status === 429 ? ['rate_limit'] : [];
  // While the link is lost that calls fail is no news: what is down with it is up with it.
  const isLost = world.link.phase !== 'up' && call !== 'connect';
  if (!isLost) noteFailureTime(world, turn.atMs);
  const concerned: readonly BreakerName[] = isLost
    ? limited
    : call === 'connect'
      ? [name]
      : [name, 'api_health', ...limited];
  for (const one of concerned) {
    const window = breakers.windowOf(one);
    window.noteFailure(turn.atMs);
    const before = breakers.stateOf(one);
    const after = afterFailure(before, settings[one], window.countsAt(turn.atMs), turn.atMs);
    change(world, turn, one, after, reason, cause);
  }
  if (breakers.stateOf('api_health').failures >= burstMin) {
    const text = `${world.options.venue.id}: ${breakers.stateOf('api_health').failures} calls in a row have failed, last a ${call}: ${reason}`;
    alertAll(world, turn, { code: 'API_ERROR_BURST', text, entity: burstEntity }, cause);
  }
}

/** Source: execution 10, API errors per minute. */
const failureWindowMs = 60_000;

function noteFailureTime(world: World, atMs: number): void {
  const { failureTimes } = world.breakers;
  failureTimes.push(atMs);
  const first = failureTimes.findIndex((one) => one > atMs - failureWindowMs);
  const over = failureTimes.length - limits.failuresKeptMax;
  failureTimes.splice(0, Math.max(0, first, over));
  lookAtSafety(world);
}

/** A call to the venue has succeeded. */
export function noteSuccess(world: World, turn: Turn, call: VenueCall): void {
  const { breakers } = world;
  if (!breakers.isProbing) return;
  const settings = settingsOf(world);
  for (const one of [breakerOf(call), 'api_health'] as const)
    change(
      world,
      turn,
      one,
      afterSuccess(breakers.stateOf(one), settings[one]),
      'a call succeeded',
      outside,
    );
  if (breakers.stateOf('api_health').failures > 0) return;
  for (const account of world.accounts.values()) resolveAlerts(turn, account, burstEntity, outside);
}

/** Time opens the way for probes, or closes. Arms the next look. */
export function followBreakers(world: World, turn: Turn): void {
  if (world.breakers.states.size === 0) return;
  const settings = settingsOf(world);
  for (const name of breakerNames) {
    const before = world.breakers.stateOf(name);
    const after = afterTime(before, settings[name], turn.atMs);
    if (after !== before) change(world, turn, name, after, 'its time is over', outside);
    const { phase, openUntilMs } = after;
    if (phase === 'open' && openUntilMs > 0)
      armPulse(world, world.options.clock.monotonicMs() + Math.max(1, openUntilMs - turn.atMs));
  }
}

/** The venue refuses an order: a single one is its right, many in a row are a fault of ours. */
export function noteRejection(world: World, turn: Turn, account: AccountRuntime): void {
  const { rejections } = world.breakers;
  const within = (times: readonly number[], durationMs: number): number[] =>
    times.filter((atMs) => atMs > turn.atMs - durationMs && atMs <= turn.atMs);
  const keptMs = Math.max(limits.rejectionBurstMs, account.controls.cycle.intervalSeconds * 1_000);
  const kept = within(rejections.get(account.id) ?? [], keptMs).slice(-limits.failuresKeptMax);
  kept.push(turn.atMs);
  rejections.set(account.id, kept);
  world.telemetry.rejections += 1;
  lookAtSafety(world);
  const times = within(kept, limits.rejectionBurstMs);
  if (times.length < limits.rejectionBurstMin) return;
  const text = `the venue has refused ${times.length} orders within ${limits.rejectionBurstMs / 1_000} s`;
  const alert = { severity: 'warning', code: 'ORDER_REJECTION_BURST', text } as const;
  raiseAlert(turn, account, { ...alert, entity: 'venue/rejections', isLasting: false }, outside);
}

function change(
  world: World,
  turn: Turn,
  name: BreakerName,
  after: BreakerState,
  reason: string,
  cause: Cause,
): void {
  const { breakers, options } = world;
  const before = breakers.stateOf(name);
  if (after === before) return;
  breakers.states.set(name, after);
  turn.values.set(`${valuePrefix}${name}`, JSON.stringify(after));
  if (after.phase === before.phase) {
    followBreakers(world, turn);
    return;
  }
  const said = `breaker.${after.phase === 'open' ? 'opened' : after.phase}`;
  const given = after.openUntilMs > 0 ? { untilMs: after.openUntilMs } : {};
  turn.addInput('', { type: said, breaker: name, venue: options.venue.id, reason, ...given });
  turn.note(`BREAKER ${name} of ${options.venue.id} is ${after.phase}: ${reason}`);
  if (after.phase === 'open') world.counters.breakerTrips += 1;
  // A stream that is lost is a cause of its own, with alerts of its own; its breaker only counts.
  if (name === 'hub') return;
  if (after.phase === 'open') {
    const text = `the breaker ${name} of ${options.venue.id} has opened: ${reason}`;
    alertAll(world, turn, { code: 'API_ERROR_BURST', text, entity: `breaker/${name}` }, cause);
  }
  for (const account of world.accounts.values()) {
    showCause(turn, account, name, after, reason, cause);
    if (after.phase === 'closed') resolveAlerts(turn, account, `breaker/${name}`, cause);
  }
  followBreakers(world, turn);
}

function showCause(
  turn: Turn,
  account: AccountRuntime,
  name: BreakerName,
  { phase }: BreakerState,
  reason: string,
  cause: Cause,
): void {
  const { atMs } = turn;
  const added = { cause: `breaker:${name}`, state: 'REDUCING', reason } as const;
  turn.sendSibling(
    account.id,
    'account',
    phase === 'open'
      ? { type: 'account.causeAdded', cause: added, atMs }
      : { type: 'account.causeRemoved', cause: added.cause, atMs },
    cause,
  );
}

function alertAll(
  world: World,
  turn: Turn,
  alert: { readonly code: string; readonly text: string; readonly entity: string },
  cause: Cause,
): void {
  for (const account of world.accounts.values())
    raiseAlert(turn, account, { severity: 'warning', ...alert, isLasting: true }, cause);
}

const valuePrefix = 'breaker|';

/** The stream is back: that alone is healthy. */
export function noteReconnected(world: World, turn: Turn): void {
  const { breakers } = world;
  const { trips, phase, failures } = breakers.stateOf('hub');
  if (phase === 'closed' && failures === 0) return;
  change(world, turn, 'hub', { ...closedBreaker, trips }, 'the stream is back', outside);
}

/** What an earlier run has stored; the causes of the accounts follow it. */
export function restoreBreakers(
  world: World,
  turn: Turn,
  values: ReadonlyMap<string, string>,
): void {
  for (const name of breakerNames) {
    const stored = values.get(`${valuePrefix}${name}`);
    if (stored === undefined) continue;
    const state = JSON.parse(stored) as BreakerState;
    world.breakers.states.set(name, state);
    if (name === 'hub') continue;
    for (const account of world.accounts.values()) {
      const isShown = account.causes.includes(`breaker:${name}`);
      if (isShown !== (state.phase === 'open'))
        showCause(turn, account, name, state, 'since an earlier run', outside);
    }
  }
  followBreakers(world, turn);
}
