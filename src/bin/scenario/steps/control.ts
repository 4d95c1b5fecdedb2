/** Steps about the process and its connections: link, clock, restart, faults. */
import { condition } from '../../../kernel/assert.ts';
import type { Stage } from '../stage.ts';
import type { Step } from '../step-format.ts';
import {
  durationMs,
  durationPattern,
  instantMs,
  isTimeOfDayText,
  nextTimeOfDayMs,
} from '../times.ts';
import { ruleIdByKey } from '../vocabulary.ts';
import { actorName } from './commands.ts';

type Of<Action extends Step['action']> = Extract<Step, { action: Action }>;
type Play = (step: Step) => Promise<void>;

export async function playLink(stage: Stage, { body }: Of<'link'>): Promise<void> {
  stage.venue.setFaults({ link: body });
  await stage.rest();
}

export async function playClock(stage: Stage, { body }: Of<'clock'>): Promise<void> {
  if (body.venue !== undefined) {
    stage.venueClock.skewMs = durationMs(body.venue);
    // A stream that is up shows the time with its next heartbeat.
    if (stage.isUp && stage.venue.faults.link === 'up') hearTime(stage);
  }
  if (body.local !== undefined) stage.engineClock.skewMs = durationMs(body.local);
  if (body.pause !== undefined) await stage.pause(durationMs(body.pause));
}

export async function playAdvance(stage: Stage, { body }: Of<'advance'>): Promise<void> {
  const toMs =
    typeof body === 'string' ? stage.nowMs() + durationMs(body) : momentMs(stage, body.to);
  condition(toMs >= stage.nowMs(), 'time does not go back');
  await stage.advanceTo(toMs);
}

/** An instant or a time of day from now on. */
export function momentMs(stage: Stage, text: string): number {
  const { zone } = stage.scenario;
  return isTimeOfDayText(text) ? nextTimeOfDayMs(text, stage.nowMs(), zone) : instantMs(text, zone);
}

/** Stops or kills the engine, lets the world go on without it, and starts it again. */
export async function playRestart(
  stage: Stage,
  { body }: Of<'restart'>,
  play: Play,
): Promise<void> {
  const { during } = body;
  // One that has died of its store is only started again.
  if (!stage.isUp) stage.store.end();
  else if (body.kind === 'clean') await stage.stop();
  else if (body.crashAt === undefined || during === undefined) stage.crash();
  else await stage.dieAt(body.crashAt, () => play(during));
  const stoppedMs = stage.nowMs();
  let atMs = stoppedMs;
  for (const step of body.meanwhile) {
    atMs = whenMs(stage, step, stoppedMs, atMs);
    await stage.advanceTo(Math.max(atMs, stage.nowMs()));
    await play({ ...step, at: '+0ms' });
  }
  const endMs = stoppedMs + (body.downFor === undefined ? 0 : durationMs(body.downFor));
  await stage.advanceTo(Math.max(endMs, stage.nowMs()));
  await stage.start();
}

/** Relative times of steps in a downtime count from the stop. */
function whenMs(stage: Stage, { at }: Step, stoppedMs: number, lastMs: number): number {
  if (at === undefined) return lastMs;
  return durationPattern.test(at) ? stoppedMs + durationMs(at) : momentMs(stage, at);
}

export async function playFault(stage: Stage, step: Of<'fault'>): Promise<void> {
  const { body } = step;
  if (body.store !== undefined)
    stage.store.begin(body.store, body.for === undefined ? undefined : durationMs(body.for));
  if (body.worker !== undefined) {
    const rule = body.rule === undefined ? undefined : (ruleIdByKey[body.rule] ?? body.rule);
    await stage.running.evaluator.fail(body.worker, rule);
  }
  if (body.actor !== undefined) {
    const actor = actorName(stage.accountOf(step), body.actor);
    stage.poisoned.push({ actor, isAlways: body.poison === true });
  }
}

/** A venue that says its time at every heartbeat: one stamp far ahead alone would not be believed. */
function hearTime({ venueClock, running }: Stage): void {
  const nowMs = venueClock.nowMs();
  for (const agoMs of [2, 1, 0]) running.engine.world.brokerClock.hear(nowMs - agoMs);
}
