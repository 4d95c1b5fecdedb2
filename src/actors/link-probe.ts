/**
 * Asks a stream that says nothing whether it is there. A connection can be dead without either end having said so; the
 * polls go on, and nobody would know that the fast hints have stopped. Only while something is expected, and never more
 * than one question at a time. In memory: a start begins with a link of its own. Source: rules 10.6 (keepalive),
 * execution 13.4 (silent hub).
 */
import type { VenueEvent } from '../ports/venue.port.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

export type ProbeState = {
  isAsked: boolean;
  /** Monotonic time of the last question. */
  askedMs: number;
  /** Questions in a row without an answer. */
  missed: number;
};

type LinkEvent = Extract<VenueEvent, { type: 'venue.link' }>;

export function noProbe(): ProbeState {
  return { isAsked: false, askedMs: -Infinity, missed: 0 };
}

/** Asks when it is due. @returns the monotonic time of the next look; Infinity: an answer brings it */
export function followProbe(world: World, turn: Turn, nowMs: number): number {
  const { link, options, gateway } = world;
  const { probe } = link;
  if (options.venue.probe === undefined || probe.isAsked) return Infinity;
  const dueMs = Math.max(link.heardMs, probe.askedMs) + gateway.settings.probe.everyMs;
  if (nowMs < dueMs) return dueMs;
  Object.assign(probe, { isAsked: true, askedMs: nowMs });
  turn.releases.push(() => ask(world, probe));
  return Infinity;
}

function ask(world: World, probe: ProbeState): void {
  const { gateway, options } = world;
  const { timeoutMs } = gateway.settings.probe;
  const state = { isOver: false };
  const over = (isAnswered: boolean): void => {
    // A link that was lost meanwhile begins anew.
    if (state.isOver || world.pulse.isClosed || world.link.probe !== probe) return;
    state.isOver = true;
    stopWaiting();
    take(world, probe, isAnswered);
  };
  const stopWaiting = gateway.later(timeoutMs, () => over(false));
  const answer = options.venue.probe?.() ?? true;
  if (answer === true) over(true);
  else
    answer.then(
      () => over(true),
      () => over(false),
    );
}

function take(world: World, probe: ProbeState, isAnswered: boolean): void {
  const { gateway, inbox, options } = world;
  probe.isAsked = false;
  probe.missed = isAnswered ? 0 : probe.missed + 1;
  const { failures } = gateway.settings.probe;
  if (probe.missed < failures) {
    inbox.put('timer', { type: 'pulse', atMs: options.clock.nowMs() });
    return;
  }
  const reason = `${failures} questions to the stream in a row had no answer`;
  world.acceptLink({ type: 'venue.link', status: 'down', reason } satisfies LinkEvent);
}
