/** A machine's chart from the server: asked once for each machine of this page's life. */
import { useEffect, useState } from 'preact/hooks';
import type { ChartLayout } from '../../chart-layout.ts';
import type { MatrixRegion } from '../../chart-matrix.ts';
import type { Chart } from '../../chart.ts';
import { get } from '../data/api.ts';

export type MachineView = {
  readonly chart: Chart;
  readonly matrix: readonly MatrixRegion[];
  readonly layout?: ChartLayout;
};

const known = new Map<string, Promise<MachineView>>();

/** Undefined while it is on its way. */
export function useMachine(id: string | undefined): MachineView | undefined {
  const [view, setView] = useState<MachineView>();
  useEffect(() => {
    if (id === undefined || id === '') return;
    let isGone = false;
    const asked = known.get(id) ?? get<MachineView>('machine', { id });
    known.set(id, asked);
    const show = async (): Promise<void> => {
      try {
        const found = await asked;
        if (!isGone) setView(found);
      } catch {
        known.delete(id);
      }
    };
    void show();
    return () => {
      isGone = true;
    };
  }, [id]);
  return view?.chart.id === id ? view : undefined;
}

/** What is lit in a chart. */
export type Lit = {
  readonly active: ReadonlySet<string>;
  /** States that were left by the last step. */
  readonly left: ReadonlySet<string>;
  readonly event: string;
  /** Another step, another value: the animation runs once for each. */
  readonly step: number;
};

export const nothingLit: Lit = { active: new Set(), left: new Set(), event: '', step: 0 };

/** Paths of the states in a text such as `execution:live:working request:none`. */
export function pathsOfText(text: string): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const word of text.split(' ')) {
    const parts = word.split(':').filter((part) => part !== '');
    for (const [index] of parts.entries()) paths.add(parts.slice(0, index + 1).join('.'));
  }
  return paths;
}

/** Whether a line between two states is the one that was taken last. */
export function isTaken(
  edge: { readonly source: string; readonly target: string; readonly events: readonly string[] },
  { active, left, event }: Lit,
): boolean {
  if (!edge.events.includes(event) && !edge.events.includes('always')) return false;
  if (!active.has(edge.target)) return false;
  return left.has(edge.source) && !active.has(edge.source)
    ? true
    : edge.events.includes(event) &&
        edge.source !== edge.target &&
        left.has(edge.source) &&
        !left.has(edge.target);
}
