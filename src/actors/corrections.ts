/**
 * A trade that is booked and of which the venue says another fee or profit now.
 *
 * The row follows, what it contributes is counted once and in its own day, and the position stays. The venue's list
 * has the last word: reports of a stream may overtake each other. Source: rules 8 (upsert, archived day).
 */
import { fillContent, type Fill } from '../domain/fill.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { FillRow } from '../ports/journal.port.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { isVoided } from './booked.ts';
import { drain } from './deliver.ts';
import { weekOf } from './reset-calendar.ts';
import type { Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** What the venue adds to or changes of a booked trade; undefined when it says nothing new, or speaks of another trade. */
function corrected(known: Fill, fill: Fill): Fill | undefined {
  if (fillContent(known) !== fillContent(fill)) return undefined;
  const profit = fill.venueRealizedUnits ?? known.venueRealizedUnits;
  if (fill.feeUnits === known.feeUnits && profit === known.venueRealizedUnits) return undefined;
  return {
    ...known,
    feeUnits: fill.feeUnits,
    ...(profit === undefined ? {} : { venueRealizedUnits: profit }),
  };
}

/**
 * The row as it will be once a ledger that is down has taken in what waits for it: the same correction, reported again
 * meanwhile, is no second one.
 */
export function withWaiting(world: World, account: AccountRuntime, row: FillRow): FillRow {
  const mailbox = world.supervision.get(actorId(account.id, 'ledger'))?.mailbox ?? [];
  let { fill, realizedUnits } = row;
  for (const { event } of mailbox) {
    if (event.type !== 'ledger.fillCorrected' || event.fill.fillId !== fill.fillId) continue;
    fill = event.fill;
    realizedUnits = fill.venueRealizedUnits ?? realizedUnits;
  }
  return { ...row, fill, realizedUnits };
}

/** A repeated trade id of the same side, quantity and price: its fee and its profit are taken over where they differ. */
export function correctFill(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  instrument: Instrument,
  repeat: { readonly fill: Fill; readonly row: FillRow; readonly origin: 'stream' | 'list' },
): void {
  const { origin } = repeat;
  const row = withWaiting(world, account, repeat.row);
  const fill = corrected(row.fill, repeat.fill);
  if (fill === undefined || isVoided(world, turn, fill)) return;
  const { fill: before, tradingDay, realizedUnits, openedLots, closedLots } = row;
  const { fillId, feeUnits, venueRealizedUnits } = fill;
  const seq = turn.addInput(account.id, {
    type: 'venue.fillCorrected',
    fillId,
    feeUnits: { was: before.feeUnits, is: feeUnits },
    venueRealizedUnits: { was: before.venueRealizedUnits, is: venueRealizedUnits },
    origin,
  });
  const { atMs } = turn;
  const event = {
    type: 'ledger.fillCorrected',
    before,
    fill,
    instrument,
    tradingDay,
    ...weekOf(world, account.id, fill.venueTimeMs),
    realizedUnits,
    openedLots,
    closedLots,
    atMs,
  } as const;
  turn.sendSibling(account.id, 'ledger', event, { causeSeq: seq, correlationSeq: seq });
  drain(world, turn);
  // Two reports of a stream may come in either order: the list tells which of them holds.
  if (origin === 'stream' && before.feeUnits !== feeUnits) world.picturesWanted.add(account.id);
}
