/** The table that says the same as the chart: states × events of each region. Also the view without a drawing. */
import type { Chart, ChartEdge, ChartNode } from './chart.ts';

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

/** States × events of each region, states in the order of the definition, events by name. */
export function matrixOf(chart: Chart): readonly MatrixRegion[] {
  const [root] = chart.nodes;
  if (root === undefined) return [];
  const regions = root.type === 'parallel' ? childrenOf(chart, root) : [root];
  return regions.map((region) => {
    const leaves = leavesOf(chart, region);
    const rows = chart.events
      .map((event) => ({ event, cells: leaves.map((leaf) => cellOf(chart, leaf, event, region)) }))
      .filter(({ cells }) => cells.some(({ kind }) => kind !== 'unhandled'))
      .toSorted((one, other) => (one.event < other.event ? -1 : 1));
    return {
      name: region === root ? '' : region.key,
      states: leaves.map((leaf) => nameIn(region, leaf.id)),
      rows,
    };
  });
}

export function childrenOf({ nodes }: Chart, { id }: ChartNode): readonly ChartNode[] {
  return nodes.filter(({ parent }) => parent === id);
}

function leavesOf(chart: Chart, node: ChartNode): readonly ChartNode[] {
  const children = childrenOf(chart, node);
  return children.length === 0 ? [node] : children.flatMap((child) => leavesOf(chart, child));
}

/** From the region down, such as `live.submitted`. */
function nameIn(region: ChartNode, id: string): string {
  if (region.id === '') return id;
  return id === region.id ? region.key : id.slice(region.id.length + 1);
}

/** What the state and those around it do with the event, innermost first, until something is sure to take it. */
function cellOf(chart: Chart, leaf: ChartNode, event: string, region: ChartNode): MatrixCell {
  const outcomes = new Set<string>();
  let isTaken = false;
  let isSeen = false;
  for (
    let node: ChartNode | undefined = leaf;
    node !== undefined && !isTaken;
    node = parentOf(chart, node)
  ) {
    for (const edge of edgesFrom(chart, node, event)) {
      isSeen = true;
      for (const target of edge.targets) outcomes.add(nameIn(region, target));
      if (edge.targets.length === 0 && edge.actions.length > 0) outcomes.add('=');
      if (edge.guard === undefined) isTaken = true;
    }
  }
  const kind = isSeen ? (outcomes.size > 0 ? 'handled' : 'ignored') : 'unhandled';
  return { outcomes: [...outcomes], kind, isConditional: isSeen && !isTaken };
}

function parentOf({ nodes }: Chart, { parent }: ChartNode): ChartNode | undefined {
  return parent === undefined ? undefined : nodes.find(({ id }) => id === parent);
}

function edgesFrom({ edges }: Chart, { id }: ChartNode, event: string): readonly ChartEdge[] {
  return edges.filter((edge) => edge.source === id && edge.event === event);
}
