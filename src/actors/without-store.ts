/** The commit of a turn, and the one thing that may happen when it fails. Source: durability C4, execution 9.2. */
import type { Head } from '../ports/journal.port.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

/**
 * Commits the turn. When that fails and the turn has pulled a kill switch, its cancels and alerts go out all the same:
 * they can only reduce.
 *
 * @throws StoreFailure what the journal threw
 */
export function commitOrReduce(world: World, turn: Turn): Head {
  try {
    return world.options.journal.commit(turn.batch());
  } catch (error) {
    for (const act of turn.withoutStore) {
      try {
        act();
      } catch {
        // One that fails must not keep the others from being sent; the failure of the store is what is reported.
      }
    }
    throw error;
  }
}
