/** Sample events of linked orders and order groups: small numbers, so that a walk over all states stays small. */
import type { InstrumentId, OrderId } from '../../src/domain/ids.ts';
import type {
  GroupEvent,
  GroupFacts,
  LinkedOrder,
  OcoEvent,
  OcoFacts,
  OcoMemberInput,
} from '../../src/domain/linked-event.ts';
import type { GroupInput } from '../../src/machines/group.context.ts';
import type { OcoInput } from '../../src/machines/oco.context.ts';
import { accountId, MES, MNQ } from './machine-samples.ts';

export const entryId = 'E' as OrderId;
const stopId = 'S' as OrderId;
const targetId = 'T' as OrderId;

/** An order of so many lots of which so many are filled; open until it is full. */
export function order(
  quantityLots: number,
  filledLots: number,
  more: Partial<LinkedOrder> = {},
): LinkedOrder {
  const isClosed = more.isClosed ?? filledLots >= quantityLots;
  return {
    quantityLots,
    filledLots,
    leavesLots: isClosed ? 0 : quantityLots - filledLots,
    ...(filledLots > 0 ? { averageTicks: { low: 400, high: 401 } } : {}),
    isClosed,
    isOpen: !isClosed,
    isRefused: false,
    isTriggered: false,
    isBusy: false,
    ...more,
  };
}

function lots(openLots: Readonly<Record<string, number>>): Record<InstrumentId, number> {
  return Object.fromEntries(Object.entries(openLots).filter(([, open]) => open !== 0));
}

// Linked orders -----------------------------------------------------------------------------------

export function ocoFacts(
  openLots: number,
  orders: Readonly<Record<string, LinkedOrder>>,
  more: Partial<OcoFacts> = {},
): OcoFacts {
  return {
    openLots: lots({ [MNQ]: openLots }),
    othersLots: 0,
    isNewest: true,
    isClosing: false,
    orders: orders,
    ...more,
  };
}

function child(key: 'stop' | 'target', more: Partial<OcoMemberInput> = {}): OcoMemberInput {
  return {
    key,
    orderId: '',
    isPlaced: false,
    instrument: MNQ,
    side: 'sell',
    orderType: key === 'stop' ? 'stop' : 'limit',
    distanceTicks: 40,
    ownLots: 0,
    ...more,
  };
}

export const bracketInput: OcoInput = {
  setId: entryId,
  accountId,
  parent: { orderId: entryId, instrument: MNQ, side: 'buy', quantityLots: 2 },
  members: [child('stop'), child('target')],
  escalateAfterMs: 2_000,
  createdAtMs: 0,
};

type Samples<Event extends { type: string }> = {
  readonly [Type in Event['type']]: readonly Omit<
    Extract<Event, { type: Type }>,
    'type' | 'atMs'
  >[];
};

const seen: readonly OcoFacts[] = [
  ocoFacts(0, { E: order(2, 0) }),
  ocoFacts(1, { E: order(2, 1) }),
  ocoFacts(2, { E: order(2, 2), S: order(1, 0), T: order(1, 0) }),
  ocoFacts(2, { E: order(2, 2), S: order(2, 0), T: order(2, 0) }),
  ocoFacts(0, { E: order(2, 2), S: order(2, 2), T: order(2, 0) }),
  ocoFacts(0, { E: order(2, 2), S: order(2, 2), T: order(2, 0, { isClosed: true }) }),
  ocoFacts(-1, { E: order(2, 2), S: order(2, 2), T: order(2, 1) }),
  ocoFacts(0, { E: order(2, 1), S: order(1, 1), T: order(1, 0, { isClosed: true }) }),
  ocoFacts(2, { E: order(2, 2), S: order(2, 0, { isClosed: true, isRefused: true }) }),
];

export const ocoSamples: Samples<OcoEvent> = {
  'oco.joined': [
    { member: child('stop', { key: 'X', distanceTicks: 0, stopTicks: 350, ownLots: 1 }) },
  ],
  'oco.factsChanged': seen.map((facts) => ({ facts })),
  'oco.placed': [
    { key: 'stop', orderId: stopId },
    { key: 'target', orderId: targetId },
  ],
  'oco.refused': [{ key: 'target', code: 'SCHEMA_INVALID' }],
  'oco.escalationDue': seen.slice(2, 4).map((facts) => ({ facts })),
};

// Groups ------------------------------------------------------------------------------------------

export const groupInput: GroupInput = {
  groupId: 'g',
  accountId,
  legs: [
    { legId: 'short', instrument: MES, side: 'sell', quantityLots: 2, orderType: 'market' },
    { legId: 'hedge', instrument: MNQ, side: 'buy', quantityLots: 1, orderType: 'market' },
  ],
  source: 'operator',
  by: 'trader',
  maxAgeMs: 30_000,
  entryFillMs: 2_000,
  hedgeDebounceMs: 500,
  hedgeTimeoutMs: 5_000,
  maxDepth: 3,
  createdAtMs: 0,
};

export function groupFacts(
  openLots: Readonly<Record<string, number>>,
  orders: Readonly<Record<string, LinkedOrder>> = {},
  mayHedge = true,
): GroupFacts {
  return { openLots: lots(openLots), orders: orders, mayHedge, isCompared: true };
}

const hedged = { H: order(1, 1) };
const groupSeen: readonly GroupFacts[] = [
  groupFacts({}),
  groupFacts({}, { H: order(1, 0, { isClosed: true, isRefused: true }) }),
  groupFacts({ [MNQ]: 1 }, hedged),
  groupFacts({ [MNQ]: 1, [MES]: -1 }, { ...hedged, R: order(2, 1) }),
  groupFacts({ [MNQ]: 1, [MES]: -2 }, { ...hedged, R: order(2, 2) }),
  groupFacts({ [MES]: -2 }, { ...hedged, R: order(2, 2) }),
  groupFacts({ [MNQ]: 1, [MES]: -2 }, { ...hedged, R: order(2, 2), E: order(1, 1) }),
  groupFacts({}, { ...hedged, R: order(2, 2) }),
];

export const groupSamples: Samples<GroupEvent> = {
  'group.validated': [{}],
  'group.refused': [{ reason: 'margin' }],
  'group.placed': [
    { key: 'g:entry:0:0:1', orderId: 'H' as OrderId },
    { key: 'g:entry:1:0:2', orderId: 'R' as OrderId },
    { key: 'g:hedge:0:0:1', orderId: 'E' as OrderId },
  ],
  'group.legRefused': [{ key: 'g:entry:1:0:2', code: 'LOCK_ACTIVE' }],
  'group.factsChanged': groupSeen.map((facts) => ({ facts })),
  'group.taskDue': [{ facts: groupFacts({}) }],
  'group.hedgeDue': [{ facts: groupFacts({ [MES]: -2 }, { ...hedged, R: order(2, 2) }) }],
  'group.closeRequested': [{ reason: 'asked for' }],
};
