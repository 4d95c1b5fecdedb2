/** Every machine of the engine as data: its states × events, and its chart as Mermaid text. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { StateMachine, type AnyStateMachine, type AnyStateNode } from 'xstate';
import { invariant } from '../../src/kernel/assert.ts';

export type MatrixCell = {
  /** States it may move to, by their key; `=` for a transition that stays. Empty: ignored on purpose or unhandled. */
  readonly outcomes: readonly string[];
  readonly kind: 'handled' | 'ignored' | 'unhandled';
  /** Guards may refuse the event altogether: then it is a dead letter. */
  readonly isConditional: boolean;
};

export type MatrixRegion = {
  /** Empty for a machine without parallel regions. */
  readonly name: string;
  readonly states: readonly string[];
  readonly rows: readonly { readonly event: string; readonly cells: readonly MatrixCell[] }[];
};

const machinesFolder = join(
  dirname(dirname(dirname(fileURLToPath(import.meta.url)))),
  'src',
  'machines',
);

/** Every machine that src/machines exports, by id. */
export async function loadMachines(): Promise<readonly AnyStateMachine[]> {
  const files = readdirSync(machinesFolder).filter((name) => name.endsWith('.machine.ts'));
  const modules = await Promise.all(
    files.map(
      async (name): Promise<object> => import(pathToFileURL(join(machinesFolder, name)).href),
    ),
  );
  return modules
    .flatMap((module) => Object.values(module))
    .filter((value): value is AnyStateMachine => value instanceof StateMachine)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const children = (node: AnyStateNode): readonly AnyStateNode[] => Object.values(node.states);

function regionsOf(machine: AnyStateMachine): readonly AnyStateNode[] {
  return machine.root.type === 'parallel' ? children(machine.root) : [machine.root];
}

function leavesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return node.type === 'atomic' || node.type === 'final'
    ? [node]
    : children(node).flatMap(leavesOf);
}

/** `machine.events` leaves out the events that are only ignored. */
function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...children(node).flatMap(nodesOf)];
}

/** From the region down, such as `live.submitted`. */
function nameOf(node: AnyStateNode, region: AnyStateNode): string {
  return node.path.slice(region.path.length).join('.') || node.key;
}

/** States × events of each region, both in the order of the definition. */
export function matrixOf(machine: AnyStateMachine): readonly MatrixRegion[] {
  const events = [
    ...new Set(nodesOf(machine.root).flatMap(({ transitions }) => Array.from(transitions.keys()))),
  ];
  return regionsOf(machine).map((region) => {
    const leaves = leavesOf(region);
    const rowOf = (event: string) => ({
      event,
      cells: leaves.map((leaf) => cellOf(leaf, event, region)),
    });
    const rows = events
      .map(rowOf)
      .filter(({ cells }) => cells.some(({ kind }) => kind !== 'unhandled'))
      .toSorted((a, b) => (a.event < b.event ? -1 : 1));
    return {
      name: region === machine.root ? '' : region.key,
      states: leaves.map((leaf) => nameOf(leaf, region)),
      rows,
    };
  });
}

/** What the state and those around it do with the event, innermost first, until something is sure to take it. */
function cellOf(leaf: AnyStateNode, event: string, region: AnyStateNode): MatrixCell {
  const outcomes = new Set<string>();
  let isTaken = false;
  let isSeen = false;
  for (
    let node: AnyStateNode | undefined = leaf;
    node !== undefined && !isTaken;
    node = node.parent
  ) {
    for (const { target, actions, guard } of node.transitions.get(event) ?? []) {
      isSeen = true;
      if (target !== undefined) for (const state of target) outcomes.add(nameOf(state, region));
      else if (actions.length > 0) outcomes.add('=');
      if (guard === undefined) isTaken = true;
    }
  }
  const kind = isSeen ? (outcomes.size > 0 ? 'handled' : 'ignored') : 'unhandled';
  return { outcomes: [...outcomes], kind, isConditional: isSeen && !isTaken };
}

/** `stateDiagram-v2`; transitions of the same two states share an arrow. */
export function mermaidOf(machine: AnyStateMachine): string {
  const { root } = machine;
  if (root.type !== 'parallel') return ['stateDiagram-v2', ...indent(inside(root))].join('\n');
  const lines = children(root).flatMap((region) => ['--'].concat(compound(region)));
  const body = [`state ${root.key} {`, ...indent(lines.slice(1)), '}'];
  return ['stateDiagram-v2', ...indent(body)].join('\n');
}

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
const idOf = (node: AnyStateNode): string => node.path.join('_') || node.key;

function compound(node: AnyStateNode): readonly string[] {
  return [`state "${node.key}" as ${idOf(node)} {`, ...indent(inside(node)), '}'];
}

function inside(node: AnyStateNode): readonly string[] {
  const parts = children(node);
  const initial = node.type === 'compound' ? node.initial?.target?.[0] : undefined;
  const declared = parts.flatMap((part) =>
    part.type === 'atomic' || part.type === 'final'
      ? [`state "${part.key}" as ${idOf(part)}`]
      : compound(part),
  );
  const start = initial === undefined ? [] : [`[*] --> ${idOf(initial)}`];
  return [
    ...declared,
    ...start,
    ...parts.flatMap(arrows),
    ...parts.filter(({ type }) => type === 'final').map((part) => `${idOf(part)} --> [*]`),
  ];
}

function arrows(source: AnyStateNode): readonly string[] {
  const labels = new Map<string, Set<string>>();
  const add = (target: AnyStateNode, label: string): void => {
    const id = idOf(target);
    invariant(id !== '', 'every target has a name');
    labels.set(id, (labels.get(id) ?? new Set()).add(label));
  };
  for (const [event, transitions] of source.transitions) {
    for (const { target } of transitions)
      for (const state of target ?? []) if (state !== source) add(state, shortName(event));
  }
  for (const { target } of source.always ?? [])
    for (const state of target ?? []) add(state, 'always');
  return [...labels].map(
    ([target, events]) => `${idOf(source)} --> ${target} : ${[...events].join(', ')}`,
  );
}

/** Without the machine's own prefix. */
function shortName(event: string): string {
  return event.slice(event.indexOf('.') + 1);
}
