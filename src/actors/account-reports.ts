import type { VenueEvent } from '../ports/venue.port.ts';
/**
 * What the venue says of positions and money by itself: hints. What does not fit is looked at in a complete picture,
 * which has the executions behind it. Source: execution 11.2.
 */
import type { AccountRuntime } from './account-runtime.ts';
import { drain } from './deliver.ts';
import { closeWhatALockForbids, refreshExits } from './fills.ts';
import { moneyCause } from './reconciliation-memory.ts';
import { outside, type Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

type Report = Extract<VenueEvent, { type: 'venue.position' | 'venue.balance' }>;

export function routeAccountReport(world: World, turn: Turn, event: Report): void {
  const account = world.accounts.get(event.accountId);
  const { atMs } = turn;
  if (event.type === 'venue.balance') {
    const { balanceUnits } = event;
    const report = { type: 'ledger.balanceReported', balanceUnits, atMs } as const;
    turn.sendSibling(event.accountId, 'ledger', report, outside);
    if (account !== undefined && doesNotFit(world, account, balanceUnits))
      world.picturesWanted.add(account.id);
    return;
  }
  takePosition(world, turn, account, event);
}

/** Another balance than the ledger's, or one that may settle what is unexplained. */
function doesNotFit(world: World, account: AccountRuntime, balanceUnits: number): boolean {
  const ours = world.cells.get(actorId(account.id, 'ledger'))?.context['balanceUnits'];
  return ours !== balanceUnits || account.causes.includes(moneyCause);
}

function takePosition(
  world: World,
  turn: Turn,
  account: AccountRuntime | undefined,
  event: Extract<Report, { type: 'venue.position' }>,
): void {
  const { accountId, instrument, openLots, costUnits, venueTimeMs } = event;
  const before = account?.openLots(instrument) ?? 0;
  if (account !== undefined && before !== openLots) {
    if (isOutdated(world, account, event)) return;
    const reason = `the venue reports ${openLots} lots, the fills make ${before}`;
    const doubt = { type: 'position.doubted', reason, atMs: turn.atMs } as const;
    turn.sendSibling(accountId, `position/${instrument}`, doubt, outside);
    world.picturesWanted.add(account.id);
    return;
  }
  const report = {
    type: 'position.reported',
    openLots,
    costUnits,
    venueTimeMs,
    atMs: turn.atMs,
  } as const;
  turn.sendSibling(accountId, `position/${instrument}`, report, outside);
  drain(world, turn);
  if (account === undefined) return;
  closeWhatALockForbids(world, turn, account, { instrument }, before, outside);
  refreshExits(world, turn, accountId);
}

/** Older than an execution that is booked: it would take that execution back. */
function isOutdated(
  world: World,
  account: AccountRuntime,
  { instrument, venueTimeMs }: Extract<Report, { type: 'venue.position' }>,
): boolean {
  const cell = world.cells.get(actorId(account.id, `position/${instrument}`));
  const known = cell?.context['venueTimeMs'];
  return typeof known === 'number' && venueTimeMs < known;
}
