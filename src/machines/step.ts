/** The collector of the step in progress: machines act only by recording here. */
import type { Recorded } from '../domain/recorded.ts';
import { invariant } from '../kernel/assert.ts';

let open: Recorded[] | undefined;

/** Adds one record to the step in progress. Called by named actions only. @throws InvariantViolation outside a step */
export function record(recorded: Recorded): void {
  invariant(open !== undefined, 'an effect is recorded only inside a step');
  open.push(recorded);
}

/** Runs one step and returns what it recorded. Throws what `run` throws; then nothing is kept. */
export function collect(run: () => void): readonly Recorded[] {
  invariant(open === undefined, 'steps do not nest');
  const recorded: Recorded[] = [];
  open = recorded;
  try {
    run();
  } finally {
    open = undefined;
  }
  return recorded;
}
