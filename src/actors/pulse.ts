/** Looks that only time asks for: one wait for the earliest of them. In memory; what it looks at is durable. */
import type { Cancel } from '../kernel/clock.ts';
import type { World } from './world.ts';

export type Pulse = { cancel: Cancel | undefined; dueMs: number; isClosed: boolean };

export function emptyPulse(): Pulse {
  return { cancel: undefined, dueMs: Infinity, isClosed: false };
}

/** A look at this monotonic time, or earlier where one is armed already. */
export function armPulse(world: World, dueMs: number): void {
  const { pulse, options, inbox } = world;
  if (pulse.isClosed || (pulse.cancel !== undefined && pulse.dueMs <= dueMs)) return;
  pulse.cancel?.();
  pulse.dueMs = dueMs;
  const inMs = Math.max(0, Math.ceil(dueMs - options.clock.monotonicMs()));
  pulse.cancel = options.clock.scheduleIn(inMs, () => {
    pulse.cancel = undefined;
    pulse.dueMs = Infinity;
    if (!pulse.isClosed) inbox.put('timer', { type: 'pulse', atMs: options.clock.nowMs() });
  });
}

export function closePulse(pulse: Pulse): void {
  pulse.isClosed = true;
  pulse.cancel?.();
  pulse.cancel = undefined;
}
