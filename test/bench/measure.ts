/** Measuring: rounds that take turns, medians, and nothing that pretends to be more exact than it is. */
import { availableParallelism, loadavg } from 'node:os';

export type Row = {
  /** Which row of the target table. */
  readonly id: string;
  readonly what: string;
  /** Measured value as text with its unit. */
  readonly measured: string;
  /** The target, or `none`. */
  readonly target: string;
  /** Absent where there is nothing to compare with. */
  readonly isMet?: boolean;
  /** How far from the target, where it is missed. */
  readonly miss?: string;
  /** Why it is missed, and what would mend it; told only when it is. */
  readonly why?: string;
  /** Absolute figures and how they were made. */
  readonly detail: string;
};

/** How much work the cases do. */
export type Effort = {
  readonly scale: number;
  readonly isLong: boolean;
  /** How long the memory of the inspector's page is watched. */
  readonly minutes: number;
};

/** One file of cases: what it needs of the process, and its rows. */
export type Case = (effort: Effort) => Promise<readonly Row[]>;

/** A bound of the target table. */
export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** Compares values with their bounds; the worst of them says how far the row is off. */
export function judged(
  ...pairs: readonly (readonly [value: number, bound: Bound])[]
): Pick<Row, 'isMet' | 'miss'> {
  const factors = pairs.map(([value, bound]) =>
    'atLeast' in bound ? value / bound.atLeast : bound.atMost / value,
  );
  const worst = Math.min(...factors);
  if (worst >= 1) return { isMet: true };
  return {
    isMet: false,
    miss: Number.isFinite(worst) ? `reaches ${(worst * 100).toFixed(0)} % of it` : 'unknown',
  };
}

/**
 * Times by the clock say nothing about us while many others want the processors: then the row has its figures and no
 * verdict.
 */
export function judgedByClock(
  ...pairs: readonly (readonly [value: number, bound: Bound])[]
): Pick<Row, 'isMet' | 'miss'> & { readonly note: string } {
  const load = loadavg()[0] ?? 0;
  const processors = availableParallelism();
  const text = `load average ${load.toFixed(1)} on ${processors} processors`;
  return load > loadPerProcessorMax * processors
    ? { note: `${text}: too busy to judge a time by the clock` }
    : { ...judged(...pairs), note: text };
}

/** A case with a browser keeps two processors busy by itself. */
const loadPerProcessorMax = 2;

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that `share` of the values do not exceed (nearest rank); NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Runs the variants in turn, `rounds` times each, so that slow phases of the machine hit all of them. */
export async function interleaved<Name extends string>(
  rounds: number,
  variants: Readonly<Record<Name, () => number | Promise<number>>>,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(variants) as Name[];
  const results = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      globalThis.gc?.();
      results.get(name)?.push(await variants[name]());
    }
  }
  return Object.fromEntries(results) as unknown as Record<Name, readonly number[]>;
}

/** Median of the ratios within each round: neighbours in time have seen the same machine. */
export function medianRatio(above: readonly number[], below: readonly number[]): number {
  return median(above.map((value, round) => value / (below[round] ?? Number.NaN)));
}

/** Things per second. */
export function rate(count: number, milliseconds: number): number {
  return (count * 1000) / milliseconds;
}

export function rounded(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}

export function ratio(value: number): string {
  return `${value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2)} ×`;
}
