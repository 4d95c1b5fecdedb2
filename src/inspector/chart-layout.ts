/**
 * Places a chart on a plane. Computed once per machine version, by the layered algorithm of ELK; what comes out is plain
 * numbers, so that a page or a file can draw it without the library. Units are pixels at text size 12.
 */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import * as elk from 'elkjs/lib/elk.bundled.js';
import { childrenOf } from './chart-matrix.ts';
import { shortEvent } from './chart-mermaid.ts';
import type { Chart, ChartNode } from './chart.ts';

export type Point = { readonly x: number; readonly y: number };

export type PlacedNode = {
  readonly id: string;
  readonly key: string;
  readonly type: ChartNode['type'];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly isInitial: boolean;
};

/** Every transition between the same two states. */
export type PlacedEdge = {
  readonly source: string;
  readonly target: string;
  /** Events, full names, in the order of the definition. */
  readonly events: readonly string[];
  readonly points: readonly Point[];
  /** What stands beside the line, one text a line, and where. */
  readonly lines: readonly string[];
  readonly label: Point;
};

export type ChartLayout = {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
};

/** A chart with more lines than this is drawn without labels, with lines joined: its table says what they are. */
const labelledLinesMax = 48;
const joined: Readonly<Record<string, string>> = {
  'elk.layered.mergeEdges': 'true',
  'elk.layered.mergeHierarchyEdges': 'true',
};

const characterWidth = 6.6;
const lineHeight = 14;
const labelLinesMax = 4;

const options: Readonly<Record<string, string>> = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.spacing.nodeNodeBetweenLayers': '48',
  'elk.spacing.nodeNode': '36',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '12',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.edgeLabels.placement': 'CENTER',
};

type Bundle = {
  readonly source: string;
  readonly target: string;
  readonly events: readonly string[];
  readonly lines: readonly string[];
};

export async function layoutOf(chart: Chart): Promise<ChartLayout> {
  const all = bundlesOf(chart);
  const isCrowded = all.length > labelledLinesMax;
  const bundles = isCrowded ? all.map((bundle) => ({ ...bundle, lines: [] })) : all;
  const [root] = chart.nodes;
  if (root === undefined) return { width: 0, height: 0, nodes: [], edges: [] };
  // A transition from wherever the machine is begins at a box around all of it.
  const isBoxed = bundles.some(({ source, target }) => source === '' || target === '');
  const graph: ElkNode = {
    ...(isBoxed ? { children: [elkNode(chart, root)] } : elkNode(chart, root)),
    id: planeId,
    layoutOptions: isCrowded ? { ...options, ...joined } : { ...options },
    edges: bundles.map(elkEdge),
  };
  const placed = await createElk().layout(graph);
  const nodes = placedNodes(chart, placed.children ?? [], origin);
  const offsets = new Map<string, Point>([
    [planeId, origin],
    ...nodes.map(({ id, x, y }) => [elkId(id), { x, y }] as const),
  ]);
  return {
    width: Math.ceil(placed.width ?? 0),
    height: Math.ceil(placed.height ?? 0),
    nodes,
    edges: (placed.edges ?? []).flatMap((edge, index) => {
      const bundle = bundles[index];
      return bundle === undefined ? [] : [placedEdge(edge, bundle, offsets)];
    }),
  };
}

type Elk = { layout(graph: ElkNode): Promise<ElkNode> };

/** The library is CommonJS that describes itself as a module: its constructor is one level down. */
function createElk(): Elk {
  const { default: outer } = elk as unknown as {
    default: { default?: new () => Elk } & (new () => Elk);
  };
  const Constructor = outer.default ?? outer;
  return new Constructor();
}

const rootId = '#';
const planeId = '##';

/** The empty text is no id. */
function elkId(id: string): string {
  return id === '' ? rootId : id;
}

function elkNode(chart: Chart, node: ChartNode): ElkNode {
  const children = childrenOf(chart, node);
  if (children.length === 0) {
    return { id: elkId(node.id), width: textWidth(node.key) + 28, height: 34 };
  }
  return {
    id: elkId(node.id),
    children: children.map((child) => elkNode(chart, child)),
    layoutOptions: { 'elk.padding': '[top=34,left=18,bottom=18,right=18]' },
  };
}

function textWidth(text: string): number {
  return Math.ceil(text.length * characterWidth);
}

/** A transition of a state to itself or to none is not drawn: the table shows it. */
function bundlesOf(chart: Chart): readonly Bundle[] {
  const bundles = new Map<string, { source: string; target: string; events: Set<string> }>();
  for (const { source, targets, event } of chart.edges) {
    for (const target of targets) {
      if (target === source) continue;
      const key = `${source}\n${target}`;
      const bundle = bundles.get(key) ?? { source, target, events: new Set<string>() };
      bundle.events.add(event);
      bundles.set(key, bundle);
    }
  }
  return [...bundles.values()].map(({ source, target, events }) => {
    const names = [...events].map(shortEvent);
    const shown = names.slice(0, labelLinesMax);
    const more = names.length - shown.length;
    const lines = more === 0 ? shown : [...shown.slice(0, -1), `+ ${more + 1} more`];
    return { source, target, events: [...events], lines };
  });
}

function elkEdge({ source, target, lines }: Bundle, index: number): ElkExtendedEdge {
  return {
    id: `edge${index}`,
    sources: [elkId(source)],
    targets: [elkId(target)],
    ...(lines.length === 0
      ? {}
      : {
          labels: [
            {
              text: lines.join('\n'),
              width: Math.max(...lines.map(textWidth)) + 8,
              height: lines.length * lineHeight,
            },
          ],
        }),
  };
}

function placedNodes(
  chart: Chart,
  children: readonly ElkNode[],
  offset: Point,
): readonly PlacedNode[] {
  return children.flatMap((child) => {
    const node = chart.nodes.find(({ id }) => elkId(id) === child.id);
    if (node === undefined) return [];
    const at = { x: offset.x + (child.x ?? 0), y: offset.y + (child.y ?? 0) };
    const placed: PlacedNode = {
      id: node.id,
      key: node.key,
      type: node.type,
      ...at,
      width: child.width ?? 0,
      height: child.height ?? 0,
      isInitial: chart.nodes.some(({ initial }) => initial === node.id),
    };
    return [placed, ...placedNodes(chart, child.children ?? [], at)];
  });
}

/** ELK gives the points of an edge relative to the state that holds both its ends. */
function placedEdge(
  edge: ElkExtendedEdge,
  bundle: Bundle,
  offsets: ReadonlyMap<string, Point>,
): PlacedEdge {
  const {
    container,
    sections = [],
    labels = [],
  } = edge as ElkExtendedEdge & {
    readonly container?: string;
  };
  const offset = offsets.get(container ?? planeId) ?? origin;
  const moved = ({ x, y }: Point): Point => ({ x: x + offset.x, y: y + offset.y });
  const points = sections.flatMap(({ startPoint, bendPoints = [], endPoint }) =>
    [startPoint, ...bendPoints, endPoint].map(moved),
  );
  const { x = 0, y = 0 } = labels[0] ?? origin;
  return { ...bundle, points, label: moved({ x, y }) };
}

const origin: Point = { x: 0, y: 0 };
