/**
 * The breaker `maintenance`: a venue that has closed every product that it names, two at least, is in maintenance. A
 * single product that is closed is refused by its own code. Source: trading-controls 3.
 */
import { raiseAlert } from './alerts.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

const cause = 'breaker:maintenance';
const productsMin = 2;

/** After the venue has spoken of a product; the cause of an earlier process ends with the first word that says so. */
export function followMaintenance(world: World, turn: Turn): void {
  const statuses = [...world.submission.productStatuses.values()];
  const isOpen =
    statuses.length >= productsMin &&
    statuses.every((status) => status === 'offline' || status === 'cancelOnly');
  const { atMs } = turn;
  const concerned = [...world.accounts.values()].filter(
    ({ causes }) => causes.includes(cause) !== isOpen,
  );
  if (concerned.length === 0) return;
  const type = isOpen ? 'breaker.opened' : 'breaker.closed';
  const reason = `${world.options.venue.id} trades nothing at present`;
  const seq = turn.addInput('', { type, breaker: 'maintenance', reason });
  const from = { causeSeq: seq, correlationSeq: seq };
  for (const account of concerned) {
    const added = { cause, state: 'REDUCING', reason } as const;
    const event = isOpen
      ? ({ type: 'account.causeAdded', cause: added, atMs } as const)
      : ({ type: 'account.causeRemoved', cause, atMs } as const);
    turn.sendSibling(account.id, 'account', event, from);
    const alert = { severity: 'warning', code: 'MAINTENANCE', text: reason } as const;
    if (isOpen)
      raiseAlert(turn, account, { ...alert, entity: `cause/${cause}`, isLasting: true }, from);
  }
}
