/** A run under its watchdog, and under the service manager that started it. */
import type { World } from '../../actors/world.ts';
import type { Composition } from '../composition.ts';
import { SystemdNotice } from './systemd-notice.ts';
import { Watchdog } from './watchdog.ts';

export type Guard = {
  readonly watchdog: Watchdog;
  /** Nobody waits any more: the engine is about to stop. */
  readonly release: () => void;
  readonly close: () => Promise<void>;
};

/** @param isStoreWell false: a commit has failed and the run is about to end */
export function guardRun(
  { engine, feed, log }: Composition,
  dataDir: string,
  isStoreWell: () => boolean,
): Guard {
  const { world } = engine;
  const { watchdog: settings, killSwitch } = world.execution;
  const watchdog = new Watchdog({
    settings,
    progress: () => ({
      inputs: world.counters.inputs,
      waiting: world.inbox.depth,
      isStoreWell: isStoreWell(),
    }),
    onStall: (durationMs) => {
      log.error({ durationMs }, 'the engine did not move');
      feed.note(`STALL the engine did not move for ${durationMs} ms`);
    },
  });
  watchdog.start(dataDir, killSwitch.file, settings);
  const manager = new SystemdNotice(process.env, () => ({
    health: watchdog.health(),
    status: statusText(world),
  }));
  manager.start();
  const release = (): void => {
    watchdog.release();
    manager.stopping();
  };
  return {
    watchdog,
    release,
    close: async () => {
      release();
      await watchdog.close();
    },
  };
}

const order = ['HALTED', 'LOCKED', 'REDUCING', 'ACTIVE'] as const;

/** `REDUCING: 2 of 3 accounts, 1 in doubt`. Source: security 6. */
function statusText({ accounts, openEffects }: World): string {
  const states = [...accounts.values()].map(({ effectiveState }) => effectiveState);
  const worst = order.find((state) => states.includes(state)) ?? 'ACTIVE';
  const count = states.filter((state) => state === worst).length;
  let inDoubt = 0;
  for (const state of openEffects.values()) if (state === 'UNKNOWN') inDoubt += 1;
  const doubt = inDoubt === 0 ? '' : `, ${inDoubt} in doubt`;
  return `${worst}: ${count} of ${states.length} accounts${doubt}`;
}
