/** A machine run by hand: the events so far, each through the same step as in the engine, and what could come next. */
import { Cell } from '../actors/cell.ts';
import type { AccountId, ActorId } from '../domain/ids.ts';
import type { MachineEvent, MachineId } from '../domain/machine-event.ts';
import { activePaths } from '../inspector/actor-index.ts';
import { chartOf } from '../inspector/chart.ts';
import { nextTransitions } from '../inspector/guard-report.ts';
import type { SimulateReport, SimulateRequest } from '../inspector/protocol-reports.ts';
import { errorText } from '../kernel/errors.ts';
import { machines } from '../machines/catalogue.ts';

/** Never reaches an engine: the cell lives in this call only. */
export function simulateMachine({ machine, events, input }: SimulateRequest): SimulateReport {
  const hosted = machines[machine as MachineId] as (typeof machines)[MachineId] | undefined;
  if (hosted === undefined) return nothing(`there is no machine ${machine}`);
  const cell = new Cell('simulated' as ActorId, 'SIM' as AccountId, hosted);
  let recorded: readonly unknown[] = [];
  let isHandled = true;
  try {
    recorded = cell.create({ accountId: 'SIM', atMs: 0, ...input }).recorded;
    for (const event of events) {
      const step = cell.send(event as unknown as MachineEvent);
      ({ recorded, isHandled } = step);
    }
  } catch (error) {
    // An event that lacks what the machine needs is a mistake of the person who clicks, not of the machine.
    return { ...pictureOf(cell, hosted.id), recorded: [errorText(error)], isHandled: false };
  }
  return { ...pictureOf(cell, hosted.id), recorded, isHandled };
}

function pictureOf(
  cell: Cell,
  machine: MachineId,
): Pick<SimulateReport, 'active' | 'context' | 'possible'> {
  const active = activePaths(cell.stateJson);
  const next = nextTransitions(chartOf(machines[machine].machine), active);
  return {
    active,
    context: cell.context,
    possible: [...new Set(next.map(({ event }) => event))],
  };
}

function nothing(text: string): SimulateReport {
  return { active: [], context: {}, recorded: [text], isHandled: false, possible: [] };
}
