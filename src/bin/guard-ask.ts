/**
 * The guards of a machine asked by hand: with the event of a step that was taken, or with nothing but its type, to say
 * what the data alone decides. The machine's own guards judge; nothing is run. Source: inspector 3 (Actor), 4.
 */
import type { AnyStateMachine, AnyStateNode, EventObject } from 'xstate';
import { evaluateGuard } from 'xstate/guards';
import type { MachineId } from '../domain/machine-event.ts';
import { activePaths } from '../inspector/actor-index.ts';
import type { GuardAsked, GuardMoment } from '../inspector/guard-report.ts';
import { machines } from '../machines/catalogue.ts';

/** Every transition that `event` could take from the active states, innermost first, each with what its guard says. */
export function askGuards(
  machineId: string,
  { stateJson, context }: GuardMoment,
  event: EventObject | string,
): readonly GuardAsked[] {
  const hosted = machines[machineId as MachineId] as (typeof machines)[MachineId] | undefined;
  if (hosted === undefined || stateJson === '') return [];
  const { machine } = hosted;
  const snapshot = snapshotOf(machine, stateJson, context);
  if (snapshot === undefined) return [];
  const type = typeof event === 'string' ? event : event.type;
  const given = typeof event === 'string' ? probeOf(type) : event;
  return ['', ...activePaths(stateJson)]
    .flatMap((path) => nodeAt(machine.root, path) ?? [])
    .toSorted((one, other) => other.path.length - one.path.length)
    .flatMap((node) =>
      (node.transitions.get(type) ?? []).map((transition, index) => ({
        source: node.path.join('.'),
        event: type,
        index,
        result:
          transition.guard === undefined
            ? ('met' as const)
            : resultOf(() => evaluateGuard(transition.guard as never, context, given, snapshot)),
      })),
    );
}

function nodeAt(root: AnyStateNode, path: string): AnyStateNode | undefined {
  if (path === '') return root;
  let node: AnyStateNode | undefined = root;
  for (const key of path.split('.')) node = node?.states[key];
  return node;
}

type Snapshot = ReturnType<AnyStateMachine['resolveState']>;

/** Undefined for a state that the machine has in another version. */
function snapshotOf(
  machine: AnyStateMachine,
  stateJson: string,
  context: GuardMoment['context'],
): Snapshot | undefined {
  try {
    return machine.resolveState({ value: JSON.parse(stateJson) as never, context });
  } catch {
    return undefined;
  }
}

/** A guard that cannot judge without the event, or not with what an older version wrote, says so. */
function resultOf(judge: () => boolean): GuardAsked['result'] {
  try {
    return judge() ? 'met' : 'notMet';
  } catch {
    return 'needsEvent';
  }
}

/** An event of which only the type is known: whoever looks at more of it is stopped. */
function probeOf(type: string): EventObject {
  return new Proxy(
    { type },
    {
      get(target, name) {
        if (name === 'type') return target.type;
        throw new TypeError(`the event is not known yet, asked for ${String(name)}`);
      },
      has() {
        throw new TypeError('the event is not known yet');
      },
    },
  );
}
