/** Measuring: rounds that take turns, medians, and nothing that pretends to be more exact than it is. */

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
  /** Absolute figures and how they were made. */
  readonly detail: string;
};

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Runs the variants in turn, `rounds` times each, so that slow phases of the machine hit all of them. */
export async function interleaved<Name extends string>(
  rounds: number,
  variants: Readonly<Record<Name, () => number | Promise<number>>>,
): Promise<Readonly<Record<Name, number>>> {
  const results = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries<() => number | Promise<number>>(variants)) {
      globalThis.gc?.();
      const list = results.get(name) ?? [];
      list.push(await run());
      results.set(name, list);
    }
  }
  return Object.fromEntries([...results].map(([name, list]) => [name, median(list)])) as Record<
    Name,
    number
  >;
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
