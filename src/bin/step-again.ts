/** A step of the past taken again, for what it recorded. It lives in this call only and reaches no engine. */
import { isDeepStrictEqual } from 'node:util';
import { Cell, type StepResult } from '../actors/cell.ts';
import type { AccountId, ActorId } from '../domain/ids.ts';
import type { MachineEvent, MachineId } from '../domain/machine-event.ts';
import type { Recorded } from '../domain/recorded.ts';
import type { GuardMoment } from '../inspector/guard-report.ts';
import type { StepToRepeat, TimerChange } from '../inspector/timer-report.ts';
import { machines } from '../machines/catalogue.ts';

/** What the step did to timers; undefined where the machine of today does not take it, or ends up elsewhere. */
export function timerChangesOf(
  machine: string,
  step: StepToRepeat,
): readonly TimerChange[] | undefined {
  const recorded = recordedAgain(machine, step);
  return recorded?.flatMap((one): readonly TimerChange[] => {
    if (one.type === 'timer.put')
      return [{ name: one.timer, dueAtMs: one.dueAtMs, event: one.event }];
    return one.type === 'timer.delete' ? [{ name: one.timer, isGone: true }] : [];
  });
}

function recordedAgain(
  machine: string,
  { before, eventJson, after }: StepToRepeat,
): readonly Recorded[] | undefined {
  const hosted = machines[machine as MachineId] as (typeof machines)[MachineId] | undefined;
  if (hosted === undefined) return undefined;
  const cell = new Cell('again' as ActorId, 'again' as AccountId, hosted);
  try {
    const { recorded } =
      before.stateJson === ''
        ? cell.create(after.context)
        : taken(cell, before, JSON.parse(eventJson) as MachineEvent);
    const isSame =
      cell.stateJson === after.stateJson &&
      isDeepStrictEqual(JSON.parse(JSON.stringify(cell.context)), after.context);
    return isSame ? recorded : undefined;
  } catch {
    // What it was made of is not in the journal, or the machine of that time was another one.
    return undefined;
  } finally {
    cell.stop();
  }
}

function taken(cell: Cell, { stateJson, context }: GuardMoment, event: MachineEvent): StepResult {
  const { id, account, hosted } = cell;
  cell.restore({
    actor: id,
    account,
    machine: hosted.id,
    machineVersion: hosted.version,
    actorSeq: 1,
    seq: 1,
    stateJson,
    contextJson: JSON.stringify(context),
  });
  return cell.send(event);
}
