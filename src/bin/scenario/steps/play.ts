/** Plays one step: the clock moves first, everything due happens, then the step, then what it causes at that instant. */
import { unreachable } from '../../../kernel/assert.ts';
import type { Stage } from '../stage.ts';
import type { Step } from '../step-format.ts';
import { durationMs, durationPattern } from '../times.ts';
import { Unsupported } from '../unsupported.ts';
import { playCancel, playModify, playSubmit } from './commands.ts';
import { playConfig } from './config.ts';
import { momentMs, playAdvance, playClock, playFault, playLink, playRestart } from './control.ts';
import { playKill } from './kill.ts';
import { playGroup } from './linked.ts';
import { playOperator } from './operator.ts';
import { playAccount, playFill, playOrder, playPosition, playQuote } from './truth.ts';
import { playVenueEvent } from './venue-event.ts';

/** @returns what an `expect` found wrong is for the caller: this plays everything else */
export async function playStep(
  stage: Stage,
  step: Exclude<Step, { action: 'expect' }>,
): Promise<void> {
  await moveTo(stage, step);
  await act(stage, step);
  await stage.rest();
}

/** The clock stands at the time of the step and nothing that was due is left. */
export async function moveTo(stage: Stage, { at }: Step): Promise<void> {
  if (at === undefined) {
    await stage.rest();
    return;
  }
  const toMs = durationPattern.test(at) ? stage.nowMs() + durationMs(at) : momentMs(stage, at);
  await stage.advanceTo(Math.max(toMs, stage.nowMs()));
}

async function act(stage: Stage, step: Exclude<Step, { action: 'expect' }>): Promise<void> {
  switch (step.action) {
    case 'quote':
      return playQuote(stage, step);
    case 'fill':
      return playFill(stage, step);
    case 'position':
      return playPosition(stage, step);
    case 'order':
      return playOrder(stage, step);
    case 'account':
      return playAccount(stage, step);
    case 'venueEvent':
      return playVenueEvent(stage, step);
    case 'submit':
      return playSubmit(stage, step);
    case 'cancel':
      return playCancel(stage, step);
    case 'operator':
      return playOperator(stage, step);
    case 'link':
      return playLink(stage, step);
    case 'clock':
      return playClock(stage, step);
    case 'advance':
      return playAdvance(stage, step);
    case 'venue':
      return stage.faults.change(step.body);
    case 'fault':
      return playFault(stage, step);
    case 'restart':
      return playRestart(stage, step, (inner) => playInner(stage, inner));
    case 'config':
      return playConfig(stage, step);
    case 'modify':
      return playModify(stage, step);
    case 'group':
      return playGroup(stage, step);
    case 'kill':
      return playKill(stage, step);
    default:
      return unreachable(step);
  }
}

function playInner(stage: Stage, step: Step): Promise<void> {
  if (step.action === 'expect') throw new Unsupported('an expectation while the engine is down');
  return playStep(stage, step);
}
