import { mulDiv } from '../domain/arithmetic.ts';
import type { InstrumentId, OrderId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import {
  holdingAt,
  impliedExit,
  reconciliationPrice,
  ticksOfChange,
  type PricedChange,
  type PriceSource,
} from '../domain/reconciliation.ts';
import type { VenueSnapshot } from '../ports/venue.port.ts';
/**
 * Positions against the venue's list: the venue wins. A change that no execution explains is booked with a price, as
 * an execution of its own, and somebody hears of it. Source: execution 11.1 (8), 11.3, 11.4.
 */
import { drain } from './deliver.ts';
import type { Cycle } from './reconciliation-cycle.ts';
import { knownFeeUnits, moneyDifference } from './reconciliation-money.ts';
import { bookSynthetic } from './reconciliation-synthetic.ts';
import { actorId } from './world.ts';

type Theirs = VenueSnapshot['positions'][number];
type Difference = {
  readonly instrument: InstrumentId;
  readonly oursLots: number;
  readonly theirs: Pick<Theirs, 'openLots' | 'costUnits'>;
};

/** @returns false where executions overtook the picture, and it cannot be told what is missing in it */
export function reconcilePositions(cycle: Cycle): boolean {
  const differences: Difference[] = [];
  let isComplete = true;
  for (const { instrument, theirs, missingLots, isOvertaken } of compared(cycle)) {
    const oursLots = cycle.account.openLots(instrument);
    if ((theirs?.openLots ?? 0) + missingLots === oursLots) agree(cycle, instrument);
    else if (isOvertaken) isComplete = false;
    else
      differences.push({ instrument, oursLots, theirs: theirs ?? { openLots: 0, costUnits: 0 } });
  }
  // Money that moved belongs to one change only if there is no other.
  const isOnly = differences.length === 1;
  for (const difference of differences) {
    if (isSettled(cycle, difference)) correct(cycle, difference, isOnly);
  }
  drain(cycle.world, cycle.turn);
  return isComplete;
}

function compared(cycle: Cycle): readonly {
  readonly instrument: InstrumentId;
  readonly theirs: Theirs | undefined;
  readonly missingLots: number;
  readonly isOvertaken: boolean;
}[] {
  const { account, snapshot, later } = cycle;
  const reported = new Map(snapshot.positions.map((position) => [position.instrument, position]));
  const instruments = new Set<InstrumentId>([
    ...reported.keys(),
    ...account.positions.keys(),
    ...account.reconciliation.seen.keys(),
    ...doubted(account.causes),
  ]);
  return [...instruments].toSorted().map((instrument) => {
    const missing = later.filter((fill) => fill.instrument === instrument);
    const missingLots = missing.reduce(
      (sum, { side, lots }) => sum + (side === 'buy' ? lots : -lots),
      0,
    );
    const theirs = reported.get(instrument);
    return { instrument, theirs, missingLots, isOvertaken: missing.length > 0 };
  });
}

/** Positions that wait for the venue to agree, also those that are flat. */
function doubted(causes: readonly string[]): readonly InstrumentId[] {
  const prefix = 'doubted:';
  return causes
    .filter((cause) => cause.startsWith(prefix))
    .map((cause) => cause.slice(prefix.length) as InstrumentId);
}

function agree(cycle: Cycle, instrument: InstrumentId): void {
  const { world, turn, account } = cycle;
  account.reconciliation.seen.delete(instrument);
  const cell = world.cells.get(actorId(account.id, `position/${instrument}`));
  if (cell?.stateJson.includes('"doubted"') !== true) return;
  const event = { type: 'position.agreed', atMs: turn.atMs } as const;
  turn.sendSibling(account.id, `position/${instrument}`, event, cycle.cause);
}

/**
 * Lists of a venue that is in motion are taken one after the other: what one poll shows may be gone in the next. So a
 * poll waits until it has seen the same several times in a row; meanwhile nothing that adds risk is done.
 */
function isSettled(cycle: Cycle, { instrument, oursLots, theirs }: Difference): boolean {
  const { seen } = cycle.account.reconciliation;
  const { turn, account, world, kind } = cycle;
  cycle.isDifferent = true;
  const lots = theirs.openLots - oursLots;
  if (kind === 'poll' && hasJustTraded(cycle, instrument)) {
    seen.set(instrument, { lots, times: 0 });
    return false;
  }
  const known = seen.get(instrument);
  const times = known?.lots === lots ? known.times + 1 : 1;
  if (kind === 'resync' || times >= world.execution.reconcile.positionRetries) {
    seen.delete(instrument);
    return true;
  }
  seen.set(instrument, { lots, times });
  if (times > 1) return false;
  const reason = `the venue has ${theirs.openLots} lots, the fills make ${oursLots}`;
  const event = { type: 'position.doubted', reason, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, `position/${instrument}`, event, cycle.cause);
  return false;
}

/** An execution of the last seconds may not be in the venue's list of positions yet. Source: appendix B, position check. */
const listedAfterMs = 5_000;

function hasJustTraded({ account, snapshot }: Cycle, instrument: InstrumentId): boolean {
  const last = account.lastFills.findLast((fill) => fill.instrument === instrument);
  if (last === undefined || last.synthetic !== undefined) return false;
  // Venue time against venue time.
  const ageMs = snapshot.asOfMs - last.venueTimeMs;
  return ageMs >= 0 && ageMs < listedAfterMs;
}

type Name = 'GHOST_POSITION' | 'ZOMBIE_POSITION' | 'QUANTITY_MISMATCH';
const differenceNames = {
  GHOST_POSITION: 'extra_position',
  ZOMBIE_POSITION: 'missing_position',
  QUANTITY_MISMATCH: 'quantity_mismatch',
} as const satisfies Record<Name, string>;

function nameOf({ oursLots, theirs }: Difference): Name {
  if (theirs.openLots === 0) return 'ZOMBIE_POSITION';
  return oursLots === 0 ? 'GHOST_POSITION' : 'QUANTITY_MISMATCH';
}

function correct(cycle: Cycle, difference: Difference, isOnly: boolean): void {
  const { world, turn, account } = cycle;
  const { instrument, oursLots, theirs } = difference;
  const name = nameOf(difference);
  const text = `${instrument}: ours ${oursLots} lots, the venue's ${theirs.openLots}; the venue's holds`;
  const orderId = orderLackingTrades(cycle, difference);
  // An own order whose trades are missing explains it.
  if (orderId === undefined) cycle.incident(name, text);
  const { words: booked, isWhole } = book(cycle, difference, isOnly, orderId);
  if (!isWhole) {
    const event = {
      type: 'position.reported',
      openLots: theirs.openLots,
      costUnits: theirs.costUnits,
      venueTimeMs: cycle.snapshot.asOfMs,
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(account.id, `position/${instrument}`, event, cycle.cause);
    drain(world, turn);
  }
  agree(cycle, instrument);
  const isForced =
    name === 'GHOST_POSITION' && orderId === undefined && forceClose(cycle, instrument);
  const action = booked.length === 0 ? 'taken over without a booking' : booked.join('; ');
  cycle.note({
    difference: differenceNames[name],
    evidence: `${instrument}: ours ${oursLots}, the venue's ${theirs.openLots} lots at a cost of ${theirs.costUnits} units`,
    action: isForced ? `${action}; closed by force` : action,
    result: `${account.openLots(instrument)} lots`,
  });
  if (name === 'ZOMBIE_POSITION') cycle.zombiesCleaned += 1;
  else cycle.adopted += 1;
  if (orderId !== undefined) return;
  cycle.alert(instrument, text);
  reportUnprotected(cycle, instrument, isForced);
  halt(cycle, instrument, text);
}

/** A position that only the venue had and that is booked by now: somebody hears of it, and it is kept or closed. */
export function adoptPosition(cycle: Cycle, instrument: InstrumentId, evidence: string): void {
  const text = `${evidence}; opened by nobody here`;
  cycle.incident('GHOST_POSITION', text);
  const isForced = forceClose(cycle, instrument);
  const action = 'its opening is booked before them';
  cycle.note({
    difference: differenceNames.GHOST_POSITION,
    evidence,
    action: isForced ? `${action}; closed by force` : action,
    result: `${cycle.account.openLots(instrument)} lots`,
  });
  cycle.adopted += 1;
  cycle.alert(instrument, text);
  reportUnprotected(cycle, instrument, isForced);
  halt(cycle, instrument, text);
}

/** Source: execution 11.3, 14: a difference that nothing explains halts LIVE until somebody acknowledges it. */
function halt(cycle: Cycle, instrument: InstrumentId, reason: string): void {
  cycle.unresolved += 1;
  if (!cycle.doesHalt) return;
  const { turn, account } = cycle;
  const cause = { cause: `drift:${instrument}`, state: 'HALTED', reason } as const;
  const event = { type: 'account.causeAdded', cause, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'account', event, cycle.cause);
}

/** Books what happened as executions, in words. @returns not whole where a part of it has no price to book it at */
function book(
  cycle: Cycle,
  { instrument: id, oursLots, theirs }: Difference,
  isOnly: boolean,
  orderId: OrderId | undefined,
): { readonly words: readonly string[]; readonly isWhole: boolean } {
  const { world, account, snapshot } = cycle;
  const instrument = world.options.instruments.get(id);
  const costUnits = account.positions.get(id)?.costUnits ?? 0;
  if (instrument === undefined) return { words: [], isWhole: false };
  const closedLots = goneLots(oursLots, theirs.openLots);
  const words: string[] = [];
  const ours: PricedChange = { openLots: oursLots, costUnits };
  const link = orderId === undefined ? {} : { orderId };
  const kind = orderId === undefined ? 'external' : 'inferred';
  const put = (leg: Leg): boolean => {
    const { pricedBy, ...rest } = leg;
    const origin = { kind, pricedBy } as const;
    const wanted = { instrument, ...rest, origin, ...link, atMs: snapshot.asOfMs };
    const isBooked = bookSynthetic(world, cycle.turn, account, wanted);
    if (isBooked) words.push(legText(instrument, leg));
    return isBooked;
  };
  if (closedLots !== 0) {
    const exit = exitLeg(cycle, instrument, ours, closedLots, theirs, isOnly);
    if (exit === undefined || !put(exit)) return { words, isWhole: false };
    if (orderId === undefined)
      cycle.incident('EXTERNAL_CLOSE', `${id}: ${words.join('; ')}, by nobody here`);
  }
  const keptLots = oursLots - closedLots;
  if (keptLots === theirs.openLots) return { words, isWhole: true };
  const entry = entryLeg(
    cycle,
    instrument,
    { ...ours, openLots: keptLots },
    theirs,
    closedLots !== 0,
  );
  return { words, isWhole: entry !== undefined && put(entry) };
}

/** What of our position is gone, signed as it was. */
function goneLots(oursLots: number, theirLots: number): number {
  if (Math.sign(theirLots) !== Math.sign(oursLots)) return oursLots;
  return Math.abs(theirLots) < Math.abs(oursLots) ? oursLots - theirLots : 0;
}

type Leg = {
  readonly change: PricedChange;
  readonly pricedBy: PriceSource;
  readonly realizedUnits?: number;
  readonly feeUnits?: number;
};

function legText(instrument: Instrument, { change, pricedBy }: Leg): string {
  const ticks = ticksOfChange(instrument, change) ?? 0;
  const price = pricedBy === 'average' ? 'unpriced, at the average' : `priced by ${pricedBy}`;
  return `${change.openLots > 0 ? 'bought' : 'sold'} ${Math.abs(change.openLots)} lots at ${ticks} ticks, ${price}`;
}

/** What left a position, as the trade that took it. */
function reversed({ openLots, costUnits }: PricedChange): PricedChange {
  return { openLots: 0 - openLots, costUnits: 0 - costUnits };
}

/** The price at which something was closed: what the money says, else what the averages say, else the market. */
function exitLeg(
  cycle: Cycle,
  instrument: Instrument,
  ours: PricedChange,
  closedLots: number,
  theirs: Difference['theirs'],
  isOnly: boolean,
): Leg | undefined {
  const feeUnits = knownFeeUnits(cycle.account, instrument.id, closedLots);
  const differenceUnits = isOnly ? moneyDifference(cycle, instrument.id) : undefined;
  if (differenceUnits !== undefined) {
    const { change, realizedUnits } = impliedExit(ours, closedLots, differenceUnits, feeUnits);
    if ((ticksOfChange(instrument, change) ?? 0) > 0)
      return { change: reversed(change), pricedBy: 'money', realizedUnits, feeUnits };
  }
  const isReduced = theirs.openLots !== 0 && closedLots !== ours.openLots;
  const calculated = isReduced ? reconciliationPrice(ours, theirs) : undefined;
  if (calculated !== undefined) return { change: calculated, pricedBy: 'calculated', feeUnits };
  const mid = midTicks(cycle, instrument.id);
  if (mid !== undefined)
    return { change: holdingAt(instrument, -closedLots, mid), pricedBy: 'mid', feeUnits };
  const costUnits = mulDiv(ours.costUnits, closedLots, ours.openLots);
  return { change: reversed({ openLots: closedLots, costUnits }), pricedBy: 'average', feeUnits };
}

/** The price at which something was opened or added. */
function entryLeg(
  cycle: Cycle,
  instrument: Instrument,
  kept: PricedChange,
  theirs: Difference['theirs'],
  hasClosed: boolean,
): Leg | undefined {
  const openedLots = theirs.openLots - kept.openLots;
  const feeUnits = hasClosed ? 0 : explainedFee(cycle, instrument.id, openedLots);
  const calculated = reconciliationPrice(kept, theirs);
  if (calculated !== undefined && (ticksOfChange(instrument, calculated) ?? 0) > 0)
    return { change: calculated, pricedBy: 'calculated', feeUnits };
  const mid = midTicks(cycle, instrument.id);
  if (mid !== undefined)
    return { change: holdingAt(instrument, openedLots, mid), pricedBy: 'mid', feeUnits };
  if (kept.openLots === 0 || kept.costUnits === 0) return undefined;
  const costUnits = mulDiv(kept.costUnits, openedLots, kept.openLots);
  return { change: { openLots: openedLots, costUnits }, pricedBy: 'average', feeUnits };
}

/** The usual fee, where the money that is gone is just that. */
function explainedFee(cycle: Cycle, instrument: InstrumentId, lots: number): number {
  const usual = knownFeeUnits(cycle.account, instrument, lots);
  return usual !== 0 && moneyDifference(cycle, instrument) === -usual ? usual : 0;
}

function midTicks({ world }: Cycle, instrument: InstrumentId): number | undefined {
  const mark = world.options.evaluator.markOf(instrument);
  if (mark?.bidTicks !== undefined && mark.askTicks !== undefined)
    return mulDiv(mark.bidTicks + mark.askTicks, 1, 2);
  return mark?.lastTicks;
}

/** An own order that the venue reports as executed without telling its trades: the change is its. Source: execution 3.3. */
function orderLackingTrades(
  { world, account }: Cycle,
  { instrument, oursLots, theirs }: Difference,
): OrderId | undefined {
  const lots = theirs.openLots - oursLots;
  for (const { account: owner, hosted, status, context } of world.cells.values()) {
    if (owner !== account.id || hosted.id !== 'order' || status !== 'live') continue;
    const order = context as unknown as {
      readonly orderId: OrderId;
      readonly instrument: InstrumentId;
      readonly side: 'buy' | 'sell';
      readonly filledLots: number;
      readonly reportedLots: number;
    };
    const lackedLots = order.reportedLots - order.filledLots;
    if (order.instrument !== instrument || lackedLots <= 0) continue;
    if ((order.side === 'buy' ? lackedLots : -lackedLots) === lots) return order.orderId;
  }
  return undefined;
}

/** Source: execution 11.3, `ghostPolicy`. */
function forceClose(cycle: Cycle, instrument: InstrumentId): boolean {
  const { world, turn, account } = cycle;
  if (world.execution.reconcile.ghostPolicy !== 'forceClose') return false;
  const reason = `${instrument} was opened by nobody here`;
  const event = {
    type: 'exit.required',
    targetLots: 0,
    reason,
    source: 'reconciliation',
    facts: account.exitFacts(instrument),
    atMs: turn.atMs,
  } as const;
  turn.sendSibling(account.id, `exit/${instrument}`, event, cycle.cause);
  cycle.forceClosed += 1;
  return true;
}

/** A position that was taken over stands without a stop, and no rule will place one. */
function reportUnprotected(cycle: Cycle, instrument: InstrumentId, isForced: boolean): void {
  const { account } = cycle;
  const openLots = account.openLots(instrument);
  if (openLots === 0 || isForced) return;
  const isStopped = account.rules.some(({ definition, config }) => {
    const { enabled, autoStop } = config as {
      readonly enabled?: boolean;
      readonly autoStop?: { readonly enabled: boolean };
    };
    return definition.id === 'RULE-012' && enabled !== false && autoStop?.enabled === true;
  });
  let coveredLots = 0;
  for (const order of account.workingOrders.values()) {
    const isOpposite = order.side === (openLots > 0 ? 'sell' : 'buy');
    const isStop = order.orderType !== 'market' && order.orderType !== 'limit';
    if (order.instrument === instrument && isOpposite && isStop && order.isOpen)
      coveredLots += order.leavesLots;
  }
  if (isStopped || coveredLots >= Math.abs(openLots)) return;
  cycle.incident('UNPROTECTED_POSITION', `${instrument}: ${openLots} lots without a stop`);
}
