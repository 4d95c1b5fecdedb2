/**
 * A stream that was lost: attempts to bring it back, then polling alone, then a person. New risk is denied from the first
 * moment by the cause `link:<venue>`; exits go over calls all the while. In memory: a start begins with a link of its own.
 * Source: execution 13.4.
 */
import type { ApiSettings } from '../domain/api-settings.ts';
import type { Severity } from '../domain/verdict.ts';
import { raiseAlert, resolveAlerts } from './alerts.ts';
import { noteFailure, noteReconnected } from './breakers.ts';
import { followProbe, noProbe, type ProbeState } from './link-probe.ts';
import { armPulse } from './pulse.ts';
import { failedCause } from './reconciliation-memory.ts';
import { cancelEntries } from './reducing.ts';
import { outside, type Turn } from './turn.ts';
import type { World } from './world.ts';

/** up; 1 reconnecting; 2 polling only; 3 a person is needed, and a last kind of attempt goes on. */
export type LinkPhase = 'up' | 1 | 2 | 3;

export type LinkState = {
  phase: LinkPhase;
  /** Monotonic times. */
  downSinceMs: number;
  phaseSinceMs: number;
  nextAttemptMs: number;
  attempts: number;
  /** Last message of the stream, or the moment from which on one is expected. */
  heardMs: number;
  isExpecting: boolean;
  /** It was declared silent; once until it is heard again, because the polls go on anyway. */
  isSilent: boolean;
  /** Whether the stream is there at all. */
  probe: ProbeState;
};

/** Pause between attempts when everything else has failed. */
const lastPauseMs = 60_000;

export function upLink(nowMs: number): LinkState {
  return {
    phase: 'up',
    downSinceMs: 0,
    phaseSinceMs: 0,
    nextAttemptMs: Infinity,
    attempts: 0,
    heardMs: nowMs,
    isExpecting: false,
    isSilent: false,
    probe: noProbe(),
  };
}

export function linkLost(world: World, turn: Turn, reason: string): void {
  const nowMs = world.options.clock.monotonicMs();
  const { link } = world;
  if (link.phase === 'up') {
    Object.assign(link, { phase: 1, downSinceMs: nowMs, phaseSinceMs: nowMs, attempts: 0 });
    link.nextAttemptMs = nowMs + (settingsOf(world).delaysMs[0] ?? 0);
    turn.addInput('', { type: 'link.lost', venue: world.options.venue.id, reason });
  }
  for (const account of world.accounts.values()) {
    if (account.controls.cancelOnDisconnect)
      cancelEntries(world, turn, account, 'the link to the venue is lost');
  }
  followLink(world, turn);
}

export function linkBack(world: World, turn: Turn): void {
  const { link, options } = world;
  if (link.phase === 'up') return;
  Object.assign(link, upLink(options.clock.monotonicMs()));
  turn.addInput('', { type: 'link.back', venue: options.venue.id });
  noteReconnected(world, turn);
  for (const account of world.accounts.values())
    resolveAlerts(turn, account, entityOf(world), outside);
}

/** The stream has said something. */
export function heard(world: World): void {
  world.link.heardMs = world.options.clock.monotonicMs();
  world.link.isSilent = false;
}

/** What is due by now: an attempt, the next phase, or a stream that has been silent for too long. */
export function followLink(world: World, turn: Turn): void {
  const { link, options } = world;
  const nowMs = options.clock.monotonicMs();
  if (link.phase === 'up') {
    followSilence(world, turn, nowMs);
    return;
  }
  const { maxAttempts, maxMs, pollMaxMs } = settingsOf(world);
  if (link.phase === 1 && (link.attempts >= maxAttempts || nowMs - link.phaseSinceMs >= maxMs)) {
    enter(world, turn, 2, 'error', 'the stream does not come back: the venue is polled only');
    link.nextAttemptMs = Infinity;
  }
  if (link.phase === 2 && nowMs - link.phaseSinceMs >= pollMaxMs) {
    enter(world, turn, 3, 'critical', 'the stream has been lost for too long: look at the venue');
    link.nextAttemptMs = nowMs;
  }
  if (nowMs >= link.nextAttemptMs) attempt(world, turn, nowMs);
  const phaseEndMs = link.phaseSinceMs + (link.phase === 1 ? maxMs : pollMaxMs);
  armPulse(world, Math.min(link.nextAttemptMs, link.phase === 3 ? Infinity : phaseEndMs));
}

function attempt(world: World, turn: Turn, nowMs: number): void {
  const { link } = world;
  const reason = `attempt ${link.attempts} did not bring the stream back`;
  if (link.attempts > 0) noteFailure(world, turn, { call: 'connect', reason });
  link.attempts += 1;
  const { delaysMs } = settingsOf(world);
  const pauseMs = delaysMs[Math.min(link.attempts, delaysMs.length - 1)] ?? lastPauseMs;
  link.nextAttemptMs = nowMs + Math.max(1, link.phase === 3 ? lastPauseMs : pauseMs);
  turn.releases.push(() => world.gateway.reconnect());
}

function enter(world: World, turn: Turn, phase: 2 | 3, severity: Severity, text: string): void {
  const { link, options } = world;
  link.phase = phase;
  link.phaseSinceMs = options.clock.monotonicMs();
  const seq = turn.addInput('', { type: 'link.phase', venue: options.venue.id, phase });
  turn.note(`LINK ${options.venue.id}: ${text}`);
  const alert = { severity, code: 'CONNECTION_LOST', text, entity: entityOf(world) } as const;
  const cause = { causeSeq: seq, correlationSeq: seq };
  for (const account of world.accounts.values())
    raiseAlert(turn, account, { ...alert, isLasting: true }, cause);
}

/** Nothing for so long although something is expected: everything is compared anew. */
function followSilence(world: World, turn: Turn, nowMs: number): void {
  const { link } = world;
  const isExpecting = [...world.accounts.values()].some(
    ({ positions, workingOrders }) => positions.size + workingOrders.size > 0,
  );
  if (isExpecting && !link.isExpecting) heard(world);
  link.isExpecting = isExpecting;
  if (!isExpecting) return;
  const probeMs = followProbe(world, turn, nowMs);
  if (probeMs < Infinity) armPulse(world, probeMs);
  if (link.isSilent) return;
  const { staleHubMs } = world.gateway.settings;
  if (nowMs - link.heardMs >= staleHubMs)
    degrade(world, turn, `nothing for ${staleHubMs / 1_000} s while something is expected`);
  else armPulse(world, link.heardMs + staleHubMs);
}

/** A list has shown what the stream should have told long before: it is no better than a silent one. */
export function streamMissed(world: World, turn: Turn, what: string): void {
  const { link } = world;
  if (link.phase !== 'up' || link.isSilent) return;
  degrade(world, turn, `a list shows what it never told: ${what}`);
}

/** Declared degraded, once until it is heard again: somebody hears of it, and everything is compared anew. */
function degrade(world: World, turn: Turn, reason: string): void {
  const { link, options } = world;
  link.isSilent = true;
  const { id: venue } = options.venue;
  const seq = turn.addInput('', { type: 'link.silent', venue, reason });
  const cause = { causeSeq: seq, correlationSeq: seq };
  const text = `the stream of ${venue} is degraded: ${reason}`;
  const alert = { severity: 'warning', code: 'CONNECTION_LOST', text } as const;
  for (const account of world.accounts.values()) {
    raiseAlert(
      turn,
      account,
      { ...alert, entity: `${entityOf(world)}/stream`, isLasting: false },
      cause,
    );
    // One that fails is asked for again and again already.
    if (!account.causes.includes(failedCause)) world.picturesWanted.add(account.id);
  }
}

function entityOf({ options }: World): string {
  return `link/${options.venue.id}`;
}

function settingsOf({ gateway }: World): ApiSettings['reconnect'] {
  return gateway.settings.reconnect;
}
