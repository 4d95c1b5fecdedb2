/** Verifies: inspector 4 (exports, equal table view), issue 5 item 3 */
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { scxmlOf, statelyJson } from '../../src/inspector/chart-export.ts';
import { layoutOf } from '../../src/inspector/chart-layout.ts';
import { svgOf } from '../../src/inspector/chart-svg.ts';
import { chartOf } from '../../src/inspector/chart.ts';
import { machines } from '../../src/machines/catalogue.ts';

const charts = Object.values(machines).map(({ machine }) => chartOf(machine));

describe.each(charts.map((chart) => [chart.id, chart] as const))('the chart of %s', (_, chart) => {
  it('comes back whole from the configuration that Stately tools read', () => {
    const text = JSON.stringify(statelyJson(chart));
    const again = chartOf(createMachine(JSON.parse(text) as Parameters<typeof createMachine>[0]));
    expect(again.nodes).toEqual(chart.nodes);
    expect(again.edges).toEqual(chart.edges);
    expect(again.version).toBe(chart.version);
  });

  it('has every state and transition in SCXML', () => {
    const text = scxmlOf(chart);
    const count = (pattern: RegExp): number => [...text.matchAll(pattern)].length;
    expect(count(/<(?:state|final|parallel) /gu)).toBe(chart.nodes.length);
    expect(count(/<transition /gu)).toBe(chart.edges.length);
    for (const [, targets = ''] of text.matchAll(/target="([^"]+)"/gu)) {
      for (const target of targets.split(' ')) expect(text).toContain(` id="${target}"`);
    }
  });

  it('is drawn with every state inside the one around it, and no line without an end', async () => {
    const layout = await layoutOf(chart);
    const placed = new Map(layout.nodes.map((node) => [node.id, node]));
    expect([...placed.keys()].filter((id) => id !== '').toSorted()).toEqual(
      chart.nodes
        .map(({ id }) => id)
        .filter((id) => id !== '')
        .toSorted(),
    );
    for (const { id, parent = '' } of chart.nodes) {
      const [node, around] = [placed.get(id), placed.get(parent)];
      if (node === undefined || around === undefined) continue;
      expect(node.x).toBeGreaterThanOrEqual(around.x);
      expect(node.y + node.height).toBeLessThanOrEqual(around.y + around.height + 1);
    }
    for (const { source, target, points } of layout.edges) {
      expect(points.length, `${source} to ${target}`).toBeGreaterThanOrEqual(2);
      expect(isNear(points[0], placed.get(source)), `${source} to ${target}`).toBe(true);
      expect(isNear(points.at(-1), placed.get(target)), `${source} to ${target}`).toBe(true);
    }
  });
});

type Box = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

function isNear(
  point: { readonly x: number; readonly y: number } | undefined,
  box: Box | undefined,
) {
  if (point === undefined || box === undefined) return false;
  const isWithin = (at: number, from: number, length: number): boolean =>
    at >= from - 1 && at <= from + length + 1;
  return isWithin(point.x, box.x, box.width) && isWithin(point.y, box.y, box.height);
}

describe('a drawing', () => {
  it('lights the active states and holds no script, whatever a state is called', async () => {
    const chart = chartOf(
      createMachine({
        id: 'hostile',
        initial: '<script>',
        states: { '<script>': { on: { go: 'calm' } }, calm: {} },
      }),
    );
    const svg = svgOf('"><script>', await layoutOf(chart), new Set(['calm']));
    expect(svg).not.toContain('<script');
    expect(svg).toContain('class="on"');
    expect(svg).toContain('&lt;script&gt;');
  });
});
