/** A mailbox that fills up stops new risk before it is full. Source: supervision 9. */
import { limits } from '../kernel/limits.ts';
import { drain } from './deliver.ts';
import { outside, type Turn } from './turn.ts';
import type { World } from './world.ts';

/** At 80 % of the inbox every account stops taking new risk until it is drained. */
export function alarmInbox(world: World, turn: Turn): void {
  const { inbox } = world;
  for (const account of world.accounts.values()) {
    const isSet = account.supervisorCauses.has('mailbox');
    if (inbox.isAlarming && !isSet) {
      account.supervisorCauses.add('mailbox');
      const cause = {
        cause: 'mailbox',
        state: 'REDUCING',
        reason: `the inbox holds ${inbox.depth} of ${limits.inboxDepthMax}`,
      } as const;
      turn.sendSibling(
        account.id,
        'account',
        { type: 'account.causeAdded', cause, atMs: turn.atMs },
        outside,
      );
    } else if (!inbox.isAlarming && isSet) {
      account.supervisorCauses.delete('mailbox');
      turn.sendSibling(
        account.id,
        'account',
        { type: 'account.causeRemoved', cause: 'mailbox', atMs: turn.atMs },
        outside,
      );
    }
  }
  if (turn.queue.length > 0) drain(world, turn);
}
