/**
 * How many actors the page holds. Orders that are over never come to an end, and a tab that is open for days would keep
 * all of them: beyond a bound those that are over and were heard of longest ago go. Source: inspector 8 (memory).
 */
import type { ActorSummary } from '../../protocol.ts';

export const actorsMax = 20_000;
/** Not one by one: going through all of them has its price. */
const keptShare = 0.9;

/** Takes them out of the map. @returns their ids; none as long as the bound holds */
export function forgetOldest(
  actors: Map<string, ActorSummary>,
  most = actorsMax,
): readonly string[] {
  if (actors.size <= most) return [];
  const passive = [...actors.values()]
    .filter(({ status, restarts, waiting }) => status === 'passive' && restarts + waiting === 0)
    .toSorted((one, other) => one.lastSeq - other.lastSeq)
    .slice(0, actors.size - Math.floor(most * keptShare));
  for (const { id } of passive) actors.delete(id);
  return passive.map(({ id }) => id);
}
