/** A chart as an SVG file: no script, no font, no address in it; readable on white and on dark paper. */
import type { ChartLayout, PlacedEdge, PlacedNode } from './chart-layout.ts';

const margin = 16;

/** `active`: paths of the states that are lit. */
export function svgOf(
  title: string,
  { width, height, nodes, edges }: ChartLayout,
  active: ReadonlySet<string> = new Set(),
): string {
  const [wide, high] = [width + 2 * margin, height + 2 * margin];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-margin} ${-margin} ${wide} ${high}" width="${wide}" height="${high}" role="img" aria-label="${escaped(title)}" font-family="ui-monospace, monospace" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    '<style>.n{fill:#fff;stroke:#4a5568}.c{fill:#f7f8fa;stroke:#a0aec0}.on{fill:#d9ecff;stroke:#1668c7;stroke-width:2}.e{fill:none;stroke:#718096}.t{fill:#1a202c}.l{fill:#4a5568}.a{fill:#718096}</style>',
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="a" d="M0 0 8 4 0 8z"/></marker></defs>',
    ...nodes.map((node) => nodeSvg(node, active.has(node.id))),
    ...edges.map(edgeSvg),
    '</svg>',
    '',
  ].join('\n');
}

function nodeSvg({ key, type, x, y, width, height, isInitial }: PlacedNode, isOn: boolean): string {
  const isLeaf = type === 'atomic' || type === 'final';
  const style = isOn ? 'on' : isLeaf ? 'n' : 'c';
  const text = isLeaf
    ? `<text class="t" x="${round(x + width / 2 + (isInitial ? 5 : 0))}" y="${round(y + height / 2 + 4)}" text-anchor="middle">${escaped(key)}</text>`
    : `<text class="l" x="${round(x + 12)}" y="${round(y + 20)}">${escaped(key)}</text>`;
  const dot = isInitial
    ? `<circle class="a" cx="${round(x + 9)}" cy="${round(y + (isLeaf ? height / 2 : 16))}" r="3"/>`
    : '';
  return `<rect class="${style}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="6"/>${text}${isLeaf ? dot : ''}`;
}

function edgeSvg({ points, lines, label }: PlacedEdge): string {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`);
  const text = lines.map(
    (line, index) =>
      `<text class="l" x="${round(label.x + 4)}" y="${round(label.y + 11 + index * 14)}">${escaped(line)}</text>`,
  );
  return `<path class="e" d="${path.join('')}" marker-end="url(#arrow)"/>${text.join('')}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Text as it may stand in an attribute or between tags. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
