import { drain } from './deliver.ts';
import { cancelEntries } from './reducing.ts';
/**
 * Stopping at a live venue: nothing new comes in, resting entries are canceled and their end is awaited, what protects
 * stays. A run that goes on later (paper, replay) stops without it: its book waits. Source: execution 14, shutdown.
 */
import type { Turn } from './turn.ts';
import { modeOf, type World } from './world.ts';

/** How often it is looked whether they are gone. */
const lookMs = 50;

/** Cancels the entries of every account that sends orders at all. */
export function cancelForShutdown(world: World, turn: Turn): void {
  for (const account of world.accounts.values()) {
    turn.addInput(account.id, { type: 'engine.shutdown' });
    if (modeOf(world, account.id) !== 'DRY_RUN')
      cancelEntries(world, turn, account, 'the engine stops');
  }
  drain(world, turn);
}

/** Resolves when no entry may fill any more, or after `exit.verifySeconds`: what is left is named to the caller. */
export async function awaitEntriesGone(world: World, rest: () => void): Promise<readonly string[]> {
  const { clock } = world.options;
  const endMs = clock.monotonicMs() + world.execution.exit.verifySeconds * 1_000;
  for (;;) {
    rest();
    const left = entriesOf(world);
    if (left.length === 0 || clock.monotonicMs() >= endMs) return left;
    await new Promise<void>((resolve) => {
      clock.scheduleIn(lookMs, resolve);
    });
  }
}

function entriesOf(world: World): readonly string[] {
  return [...world.accounts.values()].flatMap(({ id, workingOrders }) =>
    modeOf(world, id) === 'DRY_RUN'
      ? []
      : [...workingOrders.values()]
          .filter(({ purpose, reduceOnly }) => purpose === 'entry' && !reduceOnly)
          .map(({ orderId }) => orderId),
  );
}
