/** Every machine of the engine, with the version and the structure by which the store knows it. */
import type { AnyStateMachine } from 'xstate';
import type { MachineId } from '../domain/machine-event.ts';
import { invariant } from '../kernel/assert.ts';
import { accountMachine } from './account.machine.ts';
import { alertsMachine } from './alerts.machine.ts';
import { exitMachine } from './exit.machine.ts';
import { groupMachine } from './group.machine.ts';
import { killMachine } from './kill.machine.ts';
import { ledgerMachine } from './ledger.machine.ts';
import { lockMachine } from './lock.machine.ts';
import { ocoMachine } from './oco.machine.ts';
import { orderMachine } from './order.machine.ts';
import { positionMachine } from './position.machine.ts';
import { ruleMachine } from './rule.machine.ts';

export type CataloguedMachine = {
  readonly id: MachineId;
  readonly version: string;
  readonly machine: AnyStateMachine;
  /**
   * States, events, guards and actions as JSON text, the same in every process: what a stored state depends on.
   * The store keeps a hash of it and refuses a machine that changed without a new version.
   */
  readonly structure: string;
};

function catalogued(id: MachineId, machine: AnyStateMachine): CataloguedMachine {
  const { version } = machine;
  invariant(
    machine.id === id && version !== undefined,
    () => `machine ${id} has its id and a version`,
  );
  return { id, version, machine, structure: structureOf(machine) };
}

/** All machines by id. */
export const machines: Readonly<Record<MachineId, CataloguedMachine>> = {
  order: catalogued('order', orderMachine),
  position: catalogued('position', positionMachine),
  ledger: catalogued('ledger', ledgerMachine),
  rule: catalogued('rule', ruleMachine),
  lock: catalogued('lock', lockMachine),
  account: catalogued('account', accountMachine),
  exit: catalogued('exit', exitMachine),
  kill: catalogued('kill', killMachine),
  oco: catalogued('oco', ocoMachine),
  group: catalogued('group', groupMachine),
  alerts: catalogued('alerts', alertsMachine),
};

type Node = AnyStateMachine['definition'] | AnyStateMachine['definition']['states'][string];

/** The definition without what is no structure: functions, comments and parameters. */
export function structureOf(machine: AnyStateMachine): string {
  return JSON.stringify({
    id: machine.id,
    version: machine.version,
    ...nodeOf(machine.definition),
  });
}

function nodeOf(node: Node): Record<string, unknown> {
  return {
    type: node.type,
    initial: node.initial?.target?.map(idOf) ?? [],
    tags: node.tags,
    entry: node.entry.map(typeOf),
    exit: node.exit.map(typeOf),
    transitions: node.transitions.map((transition) => ({
      event: transition.eventType,
      guard: transition.guard === undefined ? '' : typeOf(transition.guard),
      target: transition.target?.map(idOf) ?? [],
      reenter: transition.reenter,
      actions: transition.actions.map(typeOf),
    })),
    states: Object.fromEntries(
      Object.entries(node.states).map(([key, child]) => [key, nodeOf(child)]),
    ),
  };
}

function typeOf(named: unknown): string {
  if (typeof named === 'string') return named;
  if (typeof named === 'object' && named !== null && 'type' in named) return String(named.type);
  return typeof named === 'function' ? (named.name === '' ? 'inline' : named.name) : String(named);
}

/** A target is a state node, or its id as `#id` in a definition. */
function idOf(target: unknown): string {
  return typeof target === 'object' && target !== null && 'id' in target
    ? `#${String(target.id)}`
    : String(target);
}
