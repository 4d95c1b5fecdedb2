import { mulDiv } from '../domain/arithmetic.ts';
import type { Fill } from '../domain/fill.ts';
import type { InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import { adjustWindow, type PricedChange } from '../domain/reconciliation.ts';
import { isVoided, bookedRow } from './booked.ts';
/**
 * Windows of executions that begin in the middle of the life of a position: the venue lists what closed a part of it, and
 * not what opened it. What was opened before is booked before, so that the executions of the window close and add as they
 * did, and nothing is opened that never was open. Source: execution 11.4 (partial windows).
 */
import { drain } from './deliver.ts';
import type { Cycle } from './reconciliation-cycle.ts';
import { adoptPosition } from './reconciliation-positions.ts';
import { bookSynthetic } from './reconciliation-synthetic.ts';

/** What was opened before the window, and its evidence in words. */
type Opened = { readonly instrument: InstrumentId; readonly evidence: string };

/** Before the executions of the picture are booked. @returns what `concludeWindows` says after them */
export function openWindows(cycle: Cycle): readonly Opened[] {
  const { world, account, kind } = cycle;
  // A poll asks for the last minutes: what came before them is booked here.
  if (kind !== 'resync') return [];
  const opened: Opened[] = [];
  for (const [id, fills] of unbookedWindows(cycle)) {
    const instrument = world.options.instruments.get(id);
    const change =
      instrument === undefined || account.openLots(id) !== 0
        ? undefined
        : openingOf(cycle, instrument, fills);
    if (instrument === undefined || change === undefined) continue;
    const atMs = (fills[0]?.venueTimeMs ?? cycle.snapshot.asOfMs) - 1;
    const origin = { kind: 'external', pricedBy: 'calculated' } as const;
    if (!bookSynthetic(world, cycle.turn, account, { instrument, change, origin, atMs })) continue;
    const evidence = `${id}: its ${fills.length} listed executions begin in the middle of its life, ${change.openLots} lots were open before them`;
    opened.push({ instrument: id, evidence });
  }
  return opened;
}

/** After the executions: it is a position that nobody here has opened, like any other that only the venue had. */
export function concludeWindows(cycle: Cycle, opened: readonly Opened[]): void {
  if (opened.length === 0) return;
  drain(cycle.world, cycle.turn);
  for (const { instrument, evidence } of opened) adoptPosition(cycle, instrument, evidence);
}

/** Executions of instruments of which nothing in the list was known, oldest first, and none of an order of ours. */
function unbookedWindows(cycle: Cycle): ReadonlyMap<InstrumentId, readonly Fill[]> {
  const { world, turn, snapshot, later } = cycle;
  const windows = new Map<InstrumentId, Fill[]>();
  const known = new Set<InstrumentId>(later.map(({ instrument }) => instrument));
  for (const fill of snapshot.fills) {
    const { instrument, orderId } = fill;
    if (orderId !== undefined || bookedRow(world, turn, fill) !== undefined) known.add(instrument);
    if (isVoided(world, turn, fill)) continue;
    windows.set(instrument, [...(windows.get(instrument) ?? []), fill]);
  }
  for (const instrument of known) windows.delete(instrument);
  return windows;
}

/** What must have been open before the window so that it ends in the venue's position; undefined: nothing, or nobody can say. */
function openingOf(
  { snapshot }: Cycle,
  instrument: Instrument,
  fills: readonly Fill[],
): PricedChange | undefined {
  const theirs = snapshot.positions.find((position) => position.instrument === instrument.id);
  if (theirs === undefined) return undefined;
  const timed = fills.map((fill) => ({ ...fill, atMs: fill.venueTimeMs }));
  const adjustment = adjustWindow(instrument, timed, theirs);
  if (adjustment.action !== 'AddSyntheticOpening') return undefined;
  const { opening } = adjustment;
  const windowLots = fills.reduce(
    (sum, { side, lots }) => sum + (side === 'buy' ? lots : -lots),
    0,
  );
  const openLots = theirs.openLots - windowLots;
  // The price is that of the position; how much of it was open before follows from the window.
  const costUnits = mulDiv(opening.costUnits, openLots, opening.openLots);
  return openLots === 0 || costUnits === 0 ? undefined : { openLots, costUnits };
}
