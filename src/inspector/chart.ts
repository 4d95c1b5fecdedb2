/**
 * A machine as data: states, transitions, guards and actions by name. What every drawing and table of a machine is made
 * from, in the inspector, on the command line and in the generated pages. Source: inspector 4.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';

export type ChartNode = {
  /** Path from the root, joined by dots; the root is the empty text. */
  readonly id: string;
  readonly key: string;
  /** Path of the state around it; absent for the root. */
  readonly parent?: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** The state that is entered with it. */
  readonly initial?: string;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
};

export type ChartEdge = {
  readonly source: string;
  /** Empty: it stays and only acts, or ignores the event on purpose. */
  readonly targets: readonly string[];
  /** `always` for a transition without an event. */
  readonly event: string;
  readonly guard?: string;
  readonly actions: readonly string[];
};

export type Chart = {
  readonly id: string;
  readonly version: string;
  /** Parents before children, in the order of the definition. */
  readonly nodes: readonly ChartNode[];
  /** In the order in which they are tried. */
  readonly edges: readonly ChartEdge[];
  readonly events: readonly string[];
};

/** Transitions that need no event. */
export const always = 'always';

export function chartOf(machine: AnyStateMachine): Chart {
  const states = descend(machine.root);
  const edges = states.flatMap(edgesOf);
  return {
    id: machine.id,
    version: machine.version ?? '',
    nodes: states.map(nodeOf),
    edges,
    events: [...new Set(edges.map(({ event }) => event))].filter((event) => event !== always),
  };
}

function descend(state: AnyStateNode): readonly AnyStateNode[] {
  return [state, ...Object.values(state.states).flatMap(descend)];
}

function pathOf(state: AnyStateNode): string {
  return state.path.join('.');
}

function nodeOf(state: AnyStateNode): ChartNode {
  const initial = state.type === 'compound' ? state.initial?.target?.[0] : undefined;
  return {
    id: pathOf(state),
    key: state.key,
    ...(state.parent === undefined ? {} : { parent: pathOf(state.parent) }),
    type: state.type,
    ...(initial === undefined ? {} : { initial: pathOf(initial) }),
    entry: state.entry.map(nameOf),
    exit: state.exit.map(nameOf),
  };
}

type Transition = {
  readonly target?: readonly AnyStateNode[] | undefined;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
};

function edgesOf(state: AnyStateNode): readonly ChartEdge[] {
  const edgeOf = (event: string, { target, guard, actions }: Transition): ChartEdge => ({
    source: pathOf(state),
    targets: (target ?? []).map(pathOf),
    event,
    ...(guard === undefined ? {} : { guard: nameOf(guard) }),
    actions: actions.map(nameOf),
  });
  return [
    ...[...state.transitions].flatMap(([event, transitions]) =>
      transitions.map((transition) => edgeOf(event, transition)),
    ),
    ...(state.always ?? []).map((transition) => edgeOf(always, transition)),
  ];
}

/** Guards and actions are named in every machine of ours; a combined guard shows what it combines. */
function nameOf(named: unknown): string {
  if (typeof named === 'string') return named;
  if (typeof named === 'object' && named !== null && 'type' in named) return String(named.type);
  return typeof named === 'function' && named.name !== '' ? named.name : 'inline';
}
