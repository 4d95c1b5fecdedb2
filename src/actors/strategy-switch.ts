/** Strategies that repeated themselves: off until a person lets them in again, also over a restart. Source: trading-controls 2.2. */
import type { AccountId } from '../domain/ids.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

const prefix = 'strategyDisabled|';

export function strategyKey(account: AccountId, strategy: string): string {
  return `${account}|${strategy}`;
}

export function disableStrategy(
  world: World,
  turn: Turn,
  account: AccountId,
  strategy: string,
  causeSeq: number,
): void {
  const key = strategyKey(account, strategy);
  if (world.submission.disabledStrategies.has(key)) return;
  const why = `repeated execution at ${new Date(turn.atMs).toISOString()}`;
  world.submission.disabledStrategies.set(key, why);
  turn.values.set(prefix + key, why);
  turn.addIncident(account, 'STRATEGY_DISABLED', `${strategy}: ${why}`, causeSeq);
}

/** @returns the names of those that were off and are on again; without a strategy all of the account, or of all */
export function enableStrategies(
  world: World,
  turn: Turn,
  { accountId, strategy }: { readonly accountId?: AccountId; readonly strategy?: string },
): readonly string[] {
  const enabled: string[] = [];
  for (const key of world.submission.disabledStrategies.keys()) {
    const [account = '', ...rest] = key.split('|');
    const name = rest.join('|');
    if (accountId !== undefined && account !== accountId) continue;
    if (strategy !== undefined && name !== strategy) continue;
    world.submission.disabledStrategies.delete(key);
    // Values of the journal are replaced, never removed: empty means on.
    turn.values.set(prefix + key, '');
    enabled.push(name);
  }
  return enabled;
}

export function restoreStrategies(world: World, values: ReadonlyMap<string, string>): void {
  for (const [key, why] of values) {
    if (key.startsWith(prefix) && why !== '')
      world.submission.disabledStrategies.set(key.slice(prefix.length), why);
  }
}
