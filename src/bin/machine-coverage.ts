/**
 * What `bulkhead machines coverage` counts: states and transitions that the rows of a journal have been in, or those of
 * all the scenarios of a run together. Source: inspector 4, issue 5 (for developers of machines).
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { MachineCoverage } from '../cli/dependencies.ts';
import { activePaths, eventType } from '../inspector/actor-index.ts';
import { always, type Chart, type ChartEdge } from '../inspector/chart.ts';
import { errorText, exitCodes, OperatorError } from '../kernel/errors.ts';
import { openJournalView } from '../persistence/journal-view.ts';
import type { ViewedRow } from '../ports/journal-view.port.ts';
import { chartsOfEngine, writeText } from './machine-files.ts';

const rowsPerLook = 1_000;

/** Counts over as many journals as it is given. */
export class CoverageBook {
  private readonly counters = new Map(
    chartsOfEngine().map((chart) => [chart.id, new Counter(chart)]),
  );

  /** Goes through the journal of a directory. @throws OperatorError NO_JOURNAL */
  read(dataDir: string): void {
    const view = openJournalView(dataDir);
    try {
      for (let seq = 0; ;) {
        const rows = view.rowsAfter(seq, rowsPerLook);
        for (const row of rows) this.counters.get(row.machine)?.count(row);
        const last = rows.at(-1);
        if (last === undefined) break;
        ({ seq } = last);
      }
    } finally {
      view.close();
    }
    for (const counter of this.counters.values()) counter.endJournal();
  }

  reports(): readonly MachineCoverage[] {
    return [...this.counters.values()].map((counter) => counter.report());
  }

  /** Writes what `machines coverage --tests` reads. */
  save(path: string): void {
    writeText(path, `${JSON.stringify(this.reports())}\n`);
  }
}

/** @throws OperatorError NO_JOURNAL */
export async function machineCoverage(dataDir: string): Promise<readonly MachineCoverage[]> {
  const book = new CoverageBook();
  book.read(dataDir);
  return Promise.resolve(book.reports());
}

const Saved = z.array(
  z.object({
    id: z.string(),
    version: z.string(),
    actors: z.number(),
    rows: z.number(),
    states: z.array(z.object({ state: z.string(), entered: z.number() })),
    transitions: z.array(
      z.object({
        source: z.string(),
        event: z.string(),
        guard: z.string().optional(),
        targets: z.array(z.string()),
        taken: z.number(),
      }),
    ),
    statesReached: z.number(),
    transitionsReached: z.number(),
  }),
);

/** What `scenario run --coverage` has written. @throws OperatorError COVERAGE_NOT_READABLE, exit 2 */
export async function savedCoverage(path: string): Promise<readonly MachineCoverage[]> {
  let saved: z.output<typeof Saved>;
  try {
    saved = Saved.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw notReadable(path, errorText(error));
  }
  const versions = new Map(chartsOfEngine().map(({ id, version }) => [id, version]));
  const old = saved.filter(({ id, version }) => versions.get(id) !== version);
  if (old.length > 0)
    throw notReadable(path, `it is of other versions of ${old.map(({ id }) => id).join(', ')}`);
  return Promise.resolve(saved as readonly MachineCoverage[]);
}

function notReadable(path: string, what: string): OperatorError {
  return new OperatorError({
    code: 'COVERAGE_NOT_READABLE',
    exitCode: exitCodes.usage,
    message: `${path}: ${what}`,
    remedy: 'Write it with bulkhead scenario run PATH --coverage FILE of this version.',
  });
}

class Counter {
  private readonly chart: Chart;
  private readonly actors = new Set<string>();
  private actorsBefore = 0;
  private rows = 0;
  private readonly entered = new Map<string, number>();
  private readonly taken = new Map<ChartEdge, number>();
  /** States that are left as they are entered: no row ever shows them. */
  private readonly passing: ReadonlySet<string>;
  /** States that a new actor is in before its first transition. */
  private readonly initial: readonly string[];

  constructor(chart: Chart) {
    this.chart = chart;
    const left = chart.edges.filter(({ event }) => event === always).map(({ source }) => source);
    this.passing = new Set(left.filter((source) => source !== ''));
    this.initial = chart.nodes.flatMap(({ initial }) => initial ?? []);
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
    const fitting = this.chart.edges.filter(
      (edge) => edge.event === event && this.fits(edge, before, after),
    );
    for (const edge of fitting) {
      this.take(edge);
      for (const target of edge.targets) if (this.passing.has(target)) passed.add(target);
    }
    this.passThrough(fitting, after);
    const entered = row.fromState === '' ? this.initial : [];
    this.followAlways(new Set([...before, ...passed, ...entered]), after);
  }

  /** Transitions without an event, from what was there, passed through or entered first, to what is there now. */
  private followAlways(from: ReadonlySet<string>, after: ReadonlySet<string>): void {
    const seen = new Set(from);
    for (let frontier = from; frontier.size > 0;) {
      const edges = this.chart.edges.filter(
        ({ event, source, ...edge }) =>
          event === always &&
          frontier.has(source) &&
          !after.has(source) &&
          this.leadsTo(edge, after),
      );
      for (const edge of edges) this.take(edge);
      this.passThrough(edges, after);
      const targets = edges.flatMap((edge) => edge.targets);
      frontier = new Set(targets.filter((path) => !after.has(path) && !seen.has(path)));
      for (const path of frontier) seen.add(path);
    }
  }

  /** The same path in the next journal is another actor. */
  endJournal(): void {
    this.actorsBefore += this.actors.size;
    this.actors.clear();
  }

  private take(edge: ChartEdge): void {
    this.taken.set(edge, (this.taken.get(edge) ?? 0) + 1);
  }

  /** What is left as it is entered is in no row: it was entered where nothing else led to what came after. */
  private passThrough(fitting: readonly ChartEdge[], after: ReadonlySet<string>): void {
    const isDirect = ({ targets }: ChartEdge): boolean =>
      targets.length > 0 && targets.every((target) => after.has(target));
    for (const edge of fitting) {
      if (fitting.some((other) => other.source === edge.source && isDirect(other))) continue;
      for (const target of edge.targets)
        if (this.passing.has(target) && !after.has(target))
          this.entered.set(target, (this.entered.get(target) ?? 0) + 1);
    }
  }

  private leadsTo({ targets }: Pick<ChartEdge, 'targets'>, after: ReadonlySet<string>): boolean {
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
      actors: this.actorsBefore + this.actors.size,
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
