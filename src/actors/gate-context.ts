/** What the gate is told: the facts of an account as the engine has them now. */
import type { ExecutionSettings } from '../domain/execution-settings.ts';
import type { OrderId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import {
  duplicateLayers,
  type DuplicatePolicy,
  type GateContext,
  type ProductStatus,
  type VenueOrdersFact,
} from '../rules/gate/context.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { busyBreakers } from './breakers.ts';
import { clockDriftMs } from './clock-gate.ts';
import { exhaustedBudgets } from './conditions.ts';
import { ruleContext } from './judge.ts';
import { conflictDenial } from './order-integrity.ts';
import { pausedDenial } from './paused.ts';
import { strategyKey } from './strategy-switch.ts';
import { volatileBreakers } from './volatility.ts';
import { modeOf, type World } from './world.ts';

type Asked = {
  readonly intent: OrderIntent;
  readonly venueOrders: VenueOrdersFact;
  /** The signal of this intent is its own, not a duplicate of itself. */
  readonly isWaiting: boolean;
};

/** The context of one decision. Reads only; nothing is reserved. */
export function gateContext(
  world: World,
  account: AccountRuntime,
  { intent, venueOrders, isWaiting }: Asked,
): GateContext {
  const { options, submission, execution } = world;
  const nowMs = options.clock.nowMs();
  const { quoteMaxAgeSeconds } = account.controls.staleness;
  return {
    mode: modeOf(world, account.id),
    tradingState: account.effectiveState,
    stateCauses: account.causes,
    locks: [...account.locks.values()],
    kills: account.kills,
    paused: pausedDenial(world, intent)?.denial ?? conflictDenial(world, account, intent),
    rules: account.rules,
    controls: account.controls,
    context: ruleContext(world, account.facts()),
    orderId: intent.intentId as string as OrderId,
    productStatus: (instrument) =>
      submission.productStatuses.get(instrument) ?? unnamedProduct(world),
    clockDriftMs: clockDriftMs(world),
    clockDriftMsMax: execution.clock.maxDriftMs,
    messages: submission.sends.counts(account, nowMs),
    exhaustedBudgets: exhaustedBudgets(world),
    busyBreakers: [...busyBreakers(world), ...volatileBreakers(world, account, intent.instrument)],
    strategyDisabled: submission.disabledStrategies.get(strategyKey(account.id, intent.by)),
    identicalSends: (order, windowMs) => submission.sends.identical(order, windowMs, nowMs),
    duplicates: duplicatePolicy(
      execution.duplicates,
      account.controls.profile.kind,
      options.mode === 'LIVE',
    ),
    seenSignals: (key) => !isWaiting && isSignalTaken(world, account, key),
    venueOrders,
    exitInFlight: account.exitFacts(intent.instrument).closeLeavesLots > 0,
    quoteMaxAgeMs:
      quoteMaxAgeSeconds === undefined ? options.quoteMaxAgeMs : quoteMaxAgeSeconds * 1_000,
  };
}

/** A venue that reports statuses and has not named this product has not said that it trades. */
function unnamedProduct({ options }: World): ProductStatus {
  return options.venue.reportsProducts === true ? 'unknown' : 'trading';
}

export function isSignalTaken(world: World, account: AccountRuntime, key: string): boolean {
  const stored = signalRow(account, key);
  return world.signals.has(stored) || world.options.journal.hasDedupeKey(stored);
}

/** Key under which a taken signal is kept. */
export function signalRow(account: AccountRuntime, key: string): string {
  return `signal|${account.id}|${key}`;
}

/**
 * The layers as they hold for an account. What is configured holds to the letter. Where nothing is said, all of them
 * hold, and a futures account may add to a position and keep several entries in the book. Source: decision 0006.
 */
export function duplicatePolicy(
  { layers, pyramiding, maxAdds }: ExecutionSettings['duplicates'],
  kind: 'futures' | 'spot',
  isLive = false,
): DuplicatePolicy {
  const isFree = layers === undefined && pyramiding === undefined && kind === 'futures';
  return {
    // With real money no layer can be switched off. Source: execution 15.
    layers: new Set(isLive ? duplicateLayers : (layers ?? duplicateLayers)),
    pyramiding: pyramiding ?? isFree,
    maxAdds: isFree ? 0 : maxAdds,
    venueOrders: isFree ? 'foreign' : 'any',
  };
}
