/** What `bulkhead machines coverage` counts: states and transitions that the rows of a journal have been in. */
import type { MachineCoverage } from '../cli/dependencies.ts';
import { activePaths, eventType } from '../inspector/actor-index.ts';
import { always, type Chart, type ChartEdge } from '../inspector/chart.ts';
import { openJournalView } from '../persistence/journal-view.ts';
import type { ViewedRow } from '../ports/journal-view.port.ts';
import { chartsOfEngine } from './machine-files.ts';

const rowsPerLook = 1_000;

/** @throws OperatorError NO_JOURNAL */
export async function machineCoverage(dataDir: string): Promise<readonly MachineCoverage[]> {
  const counters = new Map(chartsOfEngine().map((chart) => [chart.id, new Counter(chart)]));
  const view = openJournalView(dataDir);
  try {
    for (let seq = 0; ;) {
      const rows = view.rowsAfter(seq, rowsPerLook);
      for (const row of rows) counters.get(row.machine)?.count(row);
      const last = rows.at(-1);
      if (last === undefined) break;
      ({ seq } = last);
    }
  } finally {
    view.close();
  }
  return Promise.resolve([...counters.values()].map((counter) => counter.report()));
}

class Counter {
  private readonly chart: Chart;
  private readonly actors = new Set<string>();
  private rows = 0;
  private readonly entered = new Map<string, number>();
  private readonly taken = new Map<ChartEdge, number>();
  /** States that are left as they are entered: no row ever shows them. */
  private readonly passing: ReadonlySet<string>;

  constructor(chart: Chart) {
    this.chart = chart;
    const left = chart.edges.filter(({ event }) => event === always).map(({ source }) => source);
    this.passing = new Set(left.filter((source) => source !== ''));
  }

  count(row: ViewedRow): void {
    this.rows += 1;
    this.actors.add(row.actor);
    const before = new Set(activePaths(row.fromState));
    const after = new Set(activePaths(row.toState));
    for (const path of after)
      if (!before.has(path)) this.entered.set(path, (this.entered.get(path) ?? 0) + 1);
    const event = eventType(row.eventJson);
    const passed = new Set<string>();
    for (const edge of this.chart.edges) {
      if (edge.event !== event || !this.fits(edge, before, after)) continue;
      this.take(edge);
      for (const target of edge.targets) if (this.passing.has(target)) passed.add(target);
    }
    for (const edge of this.chart.edges)
      if (edge.event === always && this.leaves(edge, before, passed, after)) this.take(edge);
  }

  private take(edge: ChartEdge): void {
    this.taken.set(edge, (this.taken.get(edge) ?? 0) + 1);
  }

  /** A transition without an event: its state was there, or passed through, and is there no longer. */
  private leaves(
    edge: ChartEdge,
    before: ReadonlySet<string>,
    passed: ReadonlySet<string>,
    after: ReadonlySet<string>,
  ): boolean {
    const { source } = edge;
    const wasThere = before.has(source) || passed.has(source);
    return wasThere && !after.has(source) && this.leadsTo(edge, after);
  }

  private leadsTo({ targets }: ChartEdge, after: ReadonlySet<string>): boolean {
    return targets.every((target) => after.has(target) || this.passing.has(target));
  }

  /**
   * A row names the event and both states, not the guard: a transition counts when it could have led from the one to the
   * other. Two that differ in their guards only count together.
   */
  private fits(edge: ChartEdge, before: ReadonlySet<string>, after: ReadonlySet<string>): boolean {
    const { source, targets } = edge;
    if (source !== '' && !before.has(source)) return false;
    return targets.length === 0
      ? [...before].every((path) => !isIn(source, path) || after.has(path))
      : this.leadsTo(edge, after);
  }

  report(): MachineCoverage {
    const states = this.chart.nodes
      .filter(({ id }) => id !== '')
      .map(({ id }) => ({ state: id, entered: this.entered.get(id) ?? 0 }));
    const transitions = this.chart.edges.map((edge) => {
      const { source, event, targets, guard } = edge;
      const told = { source, event, targets, taken: this.taken.get(edge) ?? 0 };
      return guard === undefined ? told : Object.assign(told, { guard });
    });
    return {
      id: this.chart.id,
      version: this.chart.version,
      actors: this.actors.size,
      rows: this.rows,
      states,
      transitions,
      statesReached: states.filter(({ entered }) => entered > 0).length,
      transitionsReached: transitions.filter(({ taken }) => taken > 0).length,
    };
  }
}

function isIn(source: string, path: string): boolean {
  return source === '' || path === source || path.startsWith(`${source}.`);
}
