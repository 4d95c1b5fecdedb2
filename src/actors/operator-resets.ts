/** A reset by hand, once for each trading day or week: it has the key of the automatic one. Source: rules 7.2 and 7.3. */
import { accountOf, type VerbHandler } from './operator-answer.ts';
import { runReset } from './resets.ts';

export const reset: VerbHandler<'reset'> = (world, turn, command) =>
  runReset(world, turn, accountOf(world, command), command.reset, command.by);
