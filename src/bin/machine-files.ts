/** What `bulkhead machines` shows and writes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MachineFormat, MachineSummary, MachineView } from '../cli/dependencies.ts';
import { scxmlOf, statelyJson } from '../inspector/chart-export.ts';
import { layoutOf } from '../inspector/chart-layout.ts';
import { matrixOf, type MatrixCell, type MatrixRegion } from '../inspector/chart-matrix.ts';
import { mermaidOf } from '../inspector/chart-mermaid.ts';
import { svgOf } from '../inspector/chart-svg.ts';
import { chartOf, type Chart } from '../inspector/chart.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { machines } from '../machines/catalogue.ts';

/** Every machine of the engine as data, by id. */
export function chartsOfEngine(): readonly Chart[] {
  return Object.values(machines)
    .map(({ machine }) => chartOf(machine))
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

export async function machineSummaries(): Promise<readonly MachineSummary[]> {
  return Promise.resolve(
    chartsOfEngine().map(({ id, version, nodes, edges, events }) => ({
      id,
      version,
      states: nodes.length - 1,
      events: events.length,
      transitions: edges.length,
    })),
  );
}

/** @throws OperatorError NO_SUCH_MACHINE, exit 2 */
export async function machineView(id: string): Promise<MachineView> {
  const chart = chartNamed(id);
  const table = matrixOf(chart).map(regionText).join('\n');
  return Promise.resolve({ chart, table: `${chart.id}, version ${chart.version}\n\n${table}` });
}

/** Writes what was asked for and returns what standard output shows. */
export async function exportMachines(options: {
  readonly format: MachineFormat;
  readonly machine?: string;
  readonly path?: string;
}): Promise<string> {
  const { format, machine, path } = options;
  if (machine !== undefined) {
    const text = await fileText(chartNamed(machine), format);
    if (path === undefined) return text;
    writeText(path, text);
    return `${path}\n`;
  }
  if (path === undefined) {
    throw new OperatorError({
      code: 'NO_FOLDER',
      exitCode: exitCodes.usage,
      message: 'all machines go into a folder, and none is named',
      remedy: 'Name one with --out, or name one machine.',
    });
  }
  const files = chartsOfEngine().map(async (chart) => {
    const file = join(path, `${chart.id}.${endings[format]}`);
    writeText(file, await fileText(chart, format));
    return `${file}\n`;
  });
  return (await Promise.all(files)).join('');
}

const endings: Readonly<Record<MachineFormat, string>> = {
  mermaid: 'mmd',
  svg: 'svg',
  json: 'json',
  scxml: 'scxml',
};

async function fileText(chart: Chart, format: MachineFormat): Promise<string> {
  switch (format) {
    case 'mermaid':
      return `${mermaidOf(chart)}\n`;
    case 'svg':
      return svgOf(`${chart.id}, version ${chart.version}`, await layoutOf(chart));
    case 'json':
      return `${JSON.stringify(statelyJson(chart), undefined, 2)}\n`;
    case 'scxml':
      return scxmlOf(chart);
  }
}

/** Makes the folder as well. */
export function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function chartNamed(id: string): Chart {
  const charts = chartsOfEngine();
  const found = charts.find((chart) => chart.id === id);
  if (found !== undefined) return found;
  throw new OperatorError({
    code: 'NO_SUCH_MACHINE',
    exitCode: exitCodes.usage,
    message: `there is no machine ${JSON.stringify(id)}`,
    remedy: `The machines are ${charts.map((chart) => chart.id).join(', ')}.`,
  });
}

/** One row per event and state, so that it fits a terminal whatever the number of states. */
function regionText({ name, states, rows }: MatrixRegion): string {
  const width = Math.max(...states.map(({ length }) => length));
  const head = name === '' ? '' : `region ${name}\n`;
  const lines = rows.map(({ event, cells }) => {
    const inside = cells.flatMap((cell, index) =>
      cell.kind === 'unhandled'
        ? []
        : [`    ${(states[index] ?? '').padEnd(width)}  ${cellText(cell)}\n`],
    );
    return `  ${event}\n${inside.join('')}`;
  });
  return head + lines.join('');
}

function cellText({ kind, outcomes, isConditional }: MatrixCell): string {
  const text = kind === 'ignored' ? 'ignored' : outcomes.join(', ').replaceAll('=', 'stays');
  return isConditional ? `${text} (if a guard allows)` : text;
}
