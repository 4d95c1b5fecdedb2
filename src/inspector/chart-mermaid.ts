import { childrenOf } from './chart-matrix.ts';
/** A chart as Mermaid text. */
import type { Chart, ChartNode } from './chart.ts';

/** `stateDiagram-v2`; transitions between the same two states share an arrow. */
export function mermaidOf(chart: Chart): string {
  const [root] = chart.nodes;
  if (root === undefined) return 'stateDiagram-v2';
  if (root.type !== 'parallel')
    return ['stateDiagram-v2', ...indent(inside(chart, root))].join('\n');
  const lines = childrenOf(chart, root).flatMap((region) => ['--'].concat(compound(chart, region)));
  const body = [`state ${chart.id} {`, ...indent(lines.slice(1)), '}'];
  return ['stateDiagram-v2', ...indent(body)].join('\n');
}

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
const idOf = (id: string): string => id.replaceAll('.', '_');

function compound(chart: Chart, node: ChartNode): readonly string[] {
  return [`state "${node.key}" as ${idOf(node.id)} {`, ...indent(inside(chart, node)), '}'];
}

function inside(chart: Chart, node: ChartNode): readonly string[] {
  const parts = childrenOf(chart, node);
  const declared = parts.flatMap((part) =>
    part.type === 'atomic' || part.type === 'final'
      ? [`state "${part.key}" as ${idOf(part.id)}`]
      : compound(chart, part),
  );
  const start = node.initial === undefined ? [] : [`[*] --> ${idOf(node.initial)}`];
  const ends = parts.filter(({ type }) => type === 'final');
  return [
    ...declared,
    ...start,
    ...parts.flatMap((part) => arrows(chart, part)),
    ...ends.map(({ id }) => `${idOf(id)} --> [*]`),
  ];
}

function arrows(chart: Chart, { id }: ChartNode): readonly string[] {
  const labels = new Map<string, Set<string>>();
  for (const { source, targets, event } of chart.edges) {
    if (source !== id) continue;
    for (const target of targets) {
      if (target === id) continue;
      labels.set(target, (labels.get(target) ?? new Set()).add(shortEvent(event)));
    }
  }
  return [...labels].map(
    ([target, events]) => `${idOf(id)} --> ${idOf(target)} : ${[...events].join(', ')}`,
  );
}

/** Without the machine's own prefix. */
export function shortEvent(event: string): string {
  return event.slice(event.indexOf('.') + 1);
}
