/**
 * What can go wrong at the venue of a simulated run. Every seed switches a random part of the list on (swarm): what hides
 * another fault would hide it always. Source: projectx 15, crash-testing 5.
 */
import type { FillId, VenueOrderId } from '../../src/domain/ids.ts';
import type { Random } from '../../src/kernel/random.ts';
import type { FaultChanges, PaperCommand } from '../../src/venues/paper/paper-faults.ts';
import { pick } from './simulation-chance.ts';
import type { Simulation } from './simulation.ts';

const commands: readonly (PaperCommand | undefined)[] = [
  undefined,
  'submit',
  'cancel',
  'modify',
  'close',
  'query',
];

/** Everything back to normal. */
export function calm(): FaultChanges {
  return {
    reject: undefined,
    status: undefined,
    hang: undefined,
    loseAck: undefined,
    hideFromSearch: undefined,
    failQuery: undefined,
    partial: undefined,
    duplicateEvents: undefined,
    reorder: undefined,
    nullLists: undefined,
    missingAccount: undefined,
    link: undefined,
    latencyMs: undefined,
    slippageTicks: undefined,
    dropPpm: undefined,
    jitterMs: undefined,
    repeat: undefined,
    overfill: undefined,
    cancelRace: undefined,
    listLagMs: undefined,
    halfListsPpm: undefined,
    wrongPositionLots: undefined,
    clockSkewMs: undefined,
  };
}

type MakeFault = (random: Random) => FaultChanges;

function aim(random: Random): { readonly match: { readonly command?: PaperCommand } } {
  const command = pick(random, commands);
  return { match: command === undefined ? {} : { command } };
}

/** Chance and number of strikes: bursts, single hits and plagues. */
function dose(random: Random): { readonly chancePpm?: number; readonly times?: number } {
  const times = pick(random, [undefined, 1, 3]);
  const chancePpm = pick(random, [undefined, 300_000]);
  return {
    ...(times === undefined ? {} : { times }),
    ...(chancePpm === undefined ? {} : { chancePpm }),
  };
}

/** By name; the names of the swarm. */
const venueFaults: Readonly<Record<string, MakeFault>> = {
  latency: (random) => ({ latencyMs: pick(random, [5, 40, 300, 2_000]) }),
  loseAck: (random) => ({ loseAck: [{ ...aim(random), ...dose(random) }] }),
  hang: (random) => ({
    hang: [{ ...aim(random), ...dose(random), forMs: 500 + random.int(20_000) }],
  }),
  duplicate: () => ({ duplicateEvents: true }),
  reorder: () => ({ reorder: true }),
  partial: (random) => ({ partial: { sizes: pick(random, [[1], [1, 1, 1], [2, 1]]) ?? [1] } }),
  failQuery: (random) => ({
    failQuery: [
      { code: pick(random, [503, 429, 'timeout']) ?? 503, forMs: 3_000 + random.int(20_000) },
    ],
  }),
  linkDown: () => ({ link: 'down' }),
  linkDownAll: () => ({ link: 'downAll' }),
  linkUp: () => ({ link: 'up' }),
  reject: (random) => ({ reject: [{ ...aim(random), ...dose(random), code: 'NOT_TODAY' }] }),
  status: (random) => {
    const code = pick(random, [503, 500, 502, 429, 401]) ?? 503;
    // What is refused for its session or its rate has not been processed; of everything else nobody knows.
    const isProcessed = code >= 500 && random.int(2) === 0;
    return { status: [{ ...aim(random), ...dose(random), code, isProcessed }] };
  },
  hide: (random) => ({ hideFromSearch: [{ forMs: 5_000 + random.int(25_000) }] }),
  nullLists: () => ({ nullLists: true }),
  missingAccount: () => ({ missingAccount: true }),
  drop: (random) => ({ dropPpm: pick(random, [50_000, 300_000, 1_000_000]) }),
  jitter: (random) => ({ jitterMs: pick(random, [20, 500, 5_000]) }),
  repeat: (random) => ({ repeat: { chancePpm: 400_000, withinMs: 1 + random.int(20_000) } }),
  overfill: (random) => ({ overfill: { chancePpm: 300_000, lots: 1 + random.int(2) } }),
  cancelRace: (random) => ({
    cancelRace: [
      {
        ...dose(random),
        race: pick(random, ['fillFirst', 'fillBeside', 'fillAfter']) ?? 'fillFirst',
        afterMs: pick(random, [0, 100, 3_000]) ?? 0,
      },
    ],
  }),
  listLag: (random) => ({ listLagMs: 500 + random.int(15_000) }),
  halfLists: (random) => ({ halfListsPpm: pick(random, [30_000, 300_000]) }),
  wrongPositions: (random) => ({ wrongPositionLots: pick(random, [-1, 1, 2]) }),
  skew: (random) => ({ clockSkewMs: random.int(60_001) - 30_000 }),
};

/** A part of the list, the same for the whole run. */
export function swarm(random: Random): readonly string[] {
  const percent = pick(random, [15, 35, 60, 100]) ?? 100;
  const chosen = Object.keys(venueFaults).filter(() => random.int(100) < percent);
  // A line that falls is good for nothing where it never comes back.
  return chosen.length === 0 ? ['latency'] : chosen;
}

export function changeFaults(run: Simulation, random: Random, names: readonly string[]): void {
  const name = pick(random, names);
  const make = name === undefined ? undefined : venueFaults[name];
  const changes = make === undefined || random.int(3) === 0 ? calm() : make(random);
  run.note(`FAULTS ${JSON.stringify(changes)}`);
  if ((changes.clockSkewMs ?? 0) !== run.venue.faults.clockSkewMs) run.mark('venue clock stepped');
  run.venue.setFaults(changes);
}

/** Somebody else trades on the account. */
export function foreignFill(run: Simulation, random: Random): void {
  const account = pick(random, run.accounts);
  const instrument = pick(random, run.instruments);
  if (account === undefined || instrument === undefined) return;
  const nowMs = run.clock.nowMs();
  run.mark('foreign fill');
  run.note(`ELSEWHERE a fill in ${instrument} of ${account.id}`);
  run.venue.externalFill({
    fillId: `X${nowMs}-${random.uint32()}` as FillId,
    accountId: account.id,
    instrument,
    side: random.int(2) === 0 ? 'buy' : 'sell',
    lots: 1 + random.int(3),
    ticks: run.prices.get(instrument) ?? 0,
    feeUnits: 370_000,
    venueTimeMs: nowMs,
  });
}

/** Somebody else places an order on the account, changes it, or takes it away. */
export function foreignOrder(run: Simulation, random: Random): void {
  const { orders } = run.venue.ledger();
  const known = pick(
    random,
    orders.filter(({ isExternal, status }) => isExternal && status === 'working'),
  );
  run.mark('foreign order');
  if (known !== undefined && random.int(2) === 0) {
    run.note(`ELSEWHERE the end of ${known.venueOrderId}`);
    run.venue.externalOrder({ ...known, status: 'canceled', updatedAtMs: run.clock.nowMs() });
    return;
  }
  const account = pick(random, run.accounts);
  const instrument = pick(random, run.instruments);
  if (account === undefined || instrument === undefined) return;
  const side = random.int(2) === 0 ? 'buy' : 'sell';
  const venueOrderId = `F${run.clock.nowMs()}-${random.uint32()}` as VenueOrderId;
  run.note(`ELSEWHERE the order ${venueOrderId} in ${instrument} of ${account.id}`);
  run.venue.externalOrder({
    venueOrderId,
    accountId: account.id,
    instrument,
    side,
    orderType: 'limit',
    quantityLots: 1 + random.int(2),
    filledLots: 0,
    limitTicks: (run.prices.get(instrument) ?? 0) + (side === 'buy' ? -300 : 300),
    status: 'working',
    updatedAtMs: run.clock.nowMs(),
  });
}

/** The venue takes a trade back that everybody has heard of; sometimes it books it again, at another price. */
export function voidFill(run: Simulation, random: Random): void {
  if (run.venue.faults.link !== 'up') return;
  const { fills } = run.venue.ledger();
  const fill = pick(random, fills.slice(-10));
  if (fill === undefined || !run.committed.fills.has(`${fill.accountId}|${fill.fillId}`)) return;
  run.note(`VOID ${fill.fillId} of ${fill.orderId ?? 'elsewhere'}`);
  run.voided.add(`${fill.accountId}|${fill.fillId}`);
  run.venue.voidFill(fill);
  if (random.int(2) === 0 || fill.orderId !== undefined) return;
  run.mark('corrected trade');
  const fillId = `${fill.fillId}c` as FillId;
  run.venue.externalFill({ ...fill, fillId, ticks: fill.ticks + 1 });
}

/** The same trade with another fee. */
export function correctFee(run: Simulation, random: Random): void {
  const fill = pick(random, run.venue.ledger().fills.slice(-10));
  if (fill === undefined) return;
  run.mark('corrected fee');
  run.note(`FEE of ${fill.fillId}`);
  run.venue.externalFill({ ...fill, feeUnits: fill.feeUnits + 10_000 });
}

/** An order that the venue has canceled trades after all. */
export function fillLate(run: Simulation, random: Random): void {
  const { orders } = run.venue.ledger();
  const order = pick(
    random,
    orders.filter(
      ({ orderId, status, quantityLots, filledLots, reduceOnly }) =>
        orderId !== undefined &&
        status === 'canceled' &&
        quantityLots > filledLots &&
        // What may only reduce cannot trade where there is nothing to reduce.
        !reduceOnly,
    ),
  );
  if (order?.orderId === undefined) return;
  run.note(`LATE a trade of ${order.orderId}`);
  const ticks = run.prices.get(order.instrument) ?? 0;
  run.venue.fillOrder({ orderId: order.orderId, lots: 1, ticks });
}

/** The venue ends an order that nobody asked it to end, or puts it to sleep and wakes it. */
export function orderOfVenue(run: Simulation, random: Random): void {
  const { orders } = run.venue.ledger();
  const order = pick(
    random,
    orders.filter(
      ({ orderId, status, isExternal }) =>
        orderId !== undefined &&
        !isExternal &&
        (status === 'working' || status === 'partial' || status === 'suspended'),
    ),
  );
  if (order?.orderId === undefined) return;
  const { orderId, accountId, venueOrderId, filledLots } = order;
  const tell = (type: 'order.suspended' | 'order.opened'): void => {
    const updatedAtMs = run.clock.nowMs();
    const status =
      type === 'order.suspended' ? 'suspended' : filledLots > 0 ? 'partial' : 'working';
    run.venue.changeOrder(venueOrderId, { status, updatedAtMs });
    const version = { updatedAtMs, cumulativeLots: filledLots };
    const key = `${venueOrderId}:${type}:${updatedAtMs}:${random.uint32()}`;
    const event = { type, atMs: updatedAtMs, origin: 'stream', venueOrderId, version } as const;
    run.venue.announce({ type: 'venue.order', key, accountId, orderId, event });
  };
  const dice = random.int(3);
  run.note(`VENUE ${['expires', 'rejects', 'suspends or wakes'][dice] ?? ''} ${orderId}`);
  if (order.status === 'suspended') {
    run.mark('order woken');
    tell('order.opened');
  } else if (dice === 0) {
    run.mark('order expired');
    run.venue.endOrder(orderId, 'expired', 'the venue says so');
  } else if (dice === 1) {
    run.mark('order rejected later');
    run.venue.endOrder(orderId, 'rejected', 'the venue has second thoughts');
  } else if (filledLots === 0 && order.orderType !== 'market') {
    run.mark('order suspended');
    tell('order.suspended');
  }
}

/** The permission to trade goes and comes back. */
export function permission(run: Simulation, random: Random): void {
  const account = pick(random, run.accounts);
  if (account === undefined) return;
  const canTrade = random.int(2) === 0;
  run.mark('permission changed');
  run.note(`PERMISSION of ${account.id}: ${canTrade}`);
  const venueTimeMs = run.clock.nowMs();
  run.venue.announce({ type: 'venue.permission', accountId: account.id, canTrade, venueTimeMs });
}

/** A position that is told wrongly once; the lists are right. */
export function falsePosition(run: Simulation, random: Random): void {
  const account = pick(random, run.accounts);
  const instrument = pick(random, run.instruments);
  if (account === undefined || instrument === undefined) return;
  const row = run.venue
    .ledger()
    .positions.find((one) => one.accountId === account.id && one.instrument === instrument);
  run.mark('position told wrongly');
  run.note(`FALSE position of ${account.id} in ${instrument}`);
  run.venue.announce({
    type: 'venue.position',
    accountId: account.id,
    instrument,
    openLots: (row?.book.openLots ?? 0) + 1 + random.int(2),
    costUnits: row?.book.costUnits ?? 0,
    venueTimeMs: run.clock.nowMs(),
  });
}
