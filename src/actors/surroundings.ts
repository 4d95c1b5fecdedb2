import { defaultExecutionSettings } from '../domain/execution-settings.ts';
import { limits } from '../kernel/limits.ts';
/** The way to the venue and what is watched around it, as one engine begins with it. */
import { BreakerBoard } from './breakers.ts';
import { breakerOf } from './breakers.ts';
import { BrokerClock } from './broker-clock.ts';
import { ClockGate } from './clock-gate.ts';
import type { Inbox } from './inbox.ts';
import type { EngineInput } from './input.ts';
import { mayStillLeave } from './late-leave.ts';
import { LatencyMonitor } from './latency.ts';
import { upLink } from './link-phases.ts';
import { closePulse, emptyPulse } from './pulse.ts';
import { emptySafety } from './safety.ts';
import { emptyStaleness } from './staleness.ts';
import { Telemetry } from './telemetry.ts';
import { VenueGateway } from './venue-gateway.ts';
import { emptyVolatility } from './volatility.ts';
import type { EngineOptions, World } from './world.ts';

type Surroundings = Pick<
  World,
  | 'gateway'
  | 'brokerClock'
  | 'doubtedTimes'
  | 'breakers'
  | 'clockGate'
  | 'link'
  | 'staleness'
  | 'safety'
  | 'latency'
  | 'volatility'
  | 'telemetry'
  | 'pulse'
  | 'resends'
  | 'budgetLevel'
>;

/** @param world the engine's own, once it exists */
export function surroundings(
  options: EngineOptions,
  inbox: Inbox,
  world: () => World,
): Surroundings {
  const { clock, venue, random, api } = options;
  const put = (lane: 'venue' | 'timer', input: Unstamped): void => {
    if (!world().pulse.isClosed) inbox.put(lane, { ...input, atMs: clock.nowMs() });
  };
  const breakers = new BreakerBoard();
  const gateway = new VenueGateway({
    venue,
    clock,
    random: random.fork('gateway'),
    api,
    placeWaitMs: () =>
      Math.min(limits.placeWaitMsMax, Math.floor(world().orderSettings.acknowledgeDurationMs / 2)),
    put: (event) => put('venue', { type: 'venue', event }),
    onGivenUp: (accountId, orderId) => put('timer', { type: 'notSent', accountId, orderId }),
    onChangeGivenUp: (accountId, orderId) =>
      put('timer', { type: 'notSent', accountId, orderId, what: 'modify' }),
    mayStillLeave: (order, call) => mayStillLeave(world(), order, call),
    onPressure: () => put('timer', { type: 'pulse' }),
    onCall: (call) => {
      const nowMs = clock.nowMs();
      breakers.windowOf(breakerOf(call)).noteCall(nowMs);
      breakers.windowOf('api_health').noteCall(nowMs);
    },
  });
  const { maxTimestampSkewSeconds } = (options.execution ?? defaultExecutionSettings).clock;
  return {
    gateway,
    brokerClock: new BrokerClock(clock, maxTimestampSkewSeconds * 1_000),
    doubtedTimes: new Set(),
    breakers,
    clockGate: new ClockGate(),
    link: upLink(clock.monotonicMs()),
    staleness: emptyStaleness(),
    safety: emptySafety(),
    latency: new LatencyMonitor(),
    volatility: emptyVolatility(),
    telemetry: new Telemetry(),
    pulse: emptyPulse(),
    resends: new Map(),
    budgetLevel: 0,
  };
}

type Unstamped = EngineInput extends infer Input
  ? Input extends EngineInput
    ? Omit<Input, 'atMs'>
    : never
  : never;

/** Nothing waits any more: the engine has stopped. */
export function closeSurroundings({ gateway, pulse }: World): void {
  gateway.close();
  closePulse(pulse);
}
