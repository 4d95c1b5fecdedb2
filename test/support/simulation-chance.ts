/** Chance in simulated runs. */
import type { Random } from '../../src/kernel/random.ts';

/** One of the values; undefined where there is none. */
export function pick<Value>(random: Random, values: readonly Value[]): Value | undefined {
  return values.length === 0 ? undefined : values[random.int(values.length)];
}
