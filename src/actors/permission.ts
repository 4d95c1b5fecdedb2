import type { LockInput } from '../domain/machine-event.ts';
import type { VenueEvent } from '../ports/venue.port.ts';
/** The venue's permission to trade (RULE-010). */
import type { AccountRuntime } from './account-runtime.ts';
import { raiseAlert, resolveAlerts } from './alerts.ts';
import type { Cell } from './cell.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

/** The venue's permission to trade: durable, because a start may come before the venue says it again. */
export function routePermission(
  world: World,
  turn: Turn,
  event: Extract<VenueEvent, { type: 'venue.permission' }>,
): void {
  const account = world.accounts.get(event.accountId);
  if (account === undefined || account.canTrade === event.canTrade) return;
  const seq = turn.addInput(account.id, { ...event });
  account.canTrade = event.canTrade;
  turn.values.set(permissionKey(account.id), String(event.canTrade));
  account.touch();
  if (!event.canTrade) return;
  const cause = { causeSeq: seq, correlationSeq: seq };
  for (const { lockId } of account.locks.values()) {
    const cleared = {
      type: 'lock.cleared',
      on: 'canTrade',
      by: world.options.venue.id,
      reason: 'the venue permits trading again',
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(account.id, `lock/${lockId}`, cleared, cause);
  }
}

/** Warns only: an account that the venue hides may still be traded. Source: rules 3 (RULE-010, edge cases). */
export function routeVisibility(
  world: World,
  turn: Turn,
  event: Extract<VenueEvent, { type: 'venue.visibility' }>,
): void {
  const account = world.accounts.get(event.accountId);
  if (account === undefined) return;
  const seq = turn.addInput(account.id, { ...event });
  const cause = { causeSeq: seq, correlationSeq: seq };
  const entity = 'account/visibility';
  if (event.isVisible) {
    resolveAlerts(turn, account, entity, cause);
    return;
  }
  const text = `${world.options.venue.id} no longer shows the account`;
  const alert = { severity: 'warning', code: 'ACCOUNT_INVISIBLE', text, entity } as const;
  raiseAlert(turn, account, { ...alert, isLasting: true }, cause);
}

/**
 * A lock that only an operator ends is not his to end while the venue still does not permit trading.
 * Source: rules 5.5.
 */
export function isUnlockBarred(account: AccountRuntime, lock: Cell | undefined): boolean {
  if (lock === undefined) return false;
  const { kind, clearsOn } = lock.context as unknown as LockInput;
  return kind === 'untilRestored' && !clearsOn.includes('canTrade') && account.canTrade !== true;
}

/** Key under which the permission is remembered. */
export function permissionKey(account: string): string {
  return `permission.${account}`;
}
