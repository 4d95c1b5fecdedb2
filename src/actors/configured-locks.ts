/** Locks that only the configuration ends: they go when it no longer asks for them. Source: rules 3 (RULE-011), 5.1. */
import type { InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { outside, type Turn } from './turn.ts';
import type { World } from './world.ts';

/** Clears the permanent locks of rules that are switched off or do not mean the scope any more. Idempotent. */
export function clearUnwantedLocks(world: World, turn: Turn, account: AccountRuntime): void {
  const instrumentOf = (id: InstrumentId): Instrument | undefined =>
    world.options.instruments.get(id);
  for (const { lockId, kind, source, scope } of account.locks.values()) {
    if (kind !== 'permanent' || !source.startsWith('RULE-')) continue;
    const rule = account.rules.find(({ definition }) => definition.id === source);
    const isWanted =
      rule !== undefined &&
      rule.definition.keepsLock?.({ instrumentOf }, rule.config, scope) !== false;
    if (isWanted) continue;
    const cleared = {
      type: 'lock.cleared',
      on: 'config',
      by: 'configuration',
      reason: `${source} does not ask for it any more`,
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(account.id, `lock/${lockId}`, cleared, outside);
  }
}
