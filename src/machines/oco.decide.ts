/** What a set of linked orders does next: pure, from its context and the facts of an event. Source: execution 7.2, 8. */
import { addExact } from '../domain/arithmetic.ts';
import type { OrderId } from '../domain/ids.ts';
import type { Lots, Ticks } from '../domain/instrument.ts';
import type { LinkedOrder, OcoEvent, OcoFacts } from '../domain/linked-event.ts';
import type { Recorded } from '../domain/recorded.ts';
import {
  excessRecords,
  memberOf,
  sidedLots,
  type Look,
  type OcoContext,
  type OcoMember,
  type OcoState,
} from './oco.context.ts';
import { escalate } from './oco.escalation.ts';
import { lookAtLoose } from './oco.loose.ts';

/** How often a refused protection is placed again; then RULE-008 is what is left. */
const attemptsMax = 3;
const maxAgeMs = 86_400_000;

/** The decision of one event. */
export function lookAt(state: OcoState, context: OcoContext, event: OcoEvent): Look {
  const stay = (change: Partial<OcoContext>): Look => ({ next: state, change, records: [] });
  switch (event.type) {
    case 'oco.joined': {
      const others = context.members.filter(({ key }) => key !== event.member.key);
      const next = state === 'done' ? 'done' : context.parent === undefined ? 'guarding' : state;
      return { ...stay({ members: [...others, memberOf(event.member)] }), next };
    }
    case 'oco.placed':
      return stay({
        members: changed(context, event.key, { orderId: event.orderId, status: 'live' }),
      });
    case 'oco.refused': {
      const member = context.members.find(({ key }) => key === event.key);
      const text = `${context.setId}: ${event.key} was refused: ${event.code}`;
      const failed = { status: 'over', attempts: (member?.attempts ?? 0) + 1 } as const;
      return {
        ...stay({ members: changed(context, event.key, failed) }),
        records: [{ type: 'alert', severity: 'critical', code: 'PROTECTION_REFUSED', text }],
      };
    }
    case 'oco.escalationDue':
      return withEscalation(state, context, event.facts, event.atMs, true);
    case 'oco.factsChanged':
      return withEscalation(state, context, event.facts, event.atMs, false);
  }
}

function withEscalation(
  state: OcoState,
  context: OcoContext,
  facts: OcoFacts,
  atMs: number,
  isDue: boolean,
): Look {
  const look =
    context.parent === undefined
      ? lookAtLoose(state, context, facts, atMs)
      : lookAtBracket(state, context, facts, atMs);
  return escalate(context, look, facts, atMs, isDue);
}

function changed(
  { members }: Pick<OcoContext, 'members'>,
  key: string,
  change: Partial<OcoMember>,
): readonly OcoMember[] {
  return members.map((member) => (member.key === key ? { ...member, ...change } : member));
}

function lookAtBracket(state: OcoState, context: OcoContext, facts: OcoFacts, atMs: number): Look {
  const { parent } = context;
  if (parent === undefined) return { next: state, change: {}, records: [] };
  const entry = facts.orders[parent.orderId];
  const guard = guardOf(context, facts, entry);
  const isEntryOver = entry === undefined || entry.isClosed;
  const records: Recorded[] = [];
  const members = context.members.map((member) =>
    follow({ context: { ...context, ...guard.change }, facts, atMs, records }, member, {
      wantedLots: state === 'done' ? 0 : guard.wantedLots,
    }),
  );
  const excess = closeExcess(context, facts, guard);
  records.push(...excess.records);
  const change = { ...guard.change, ...excess.change, members };
  const isWorking = members.some(({ status }) => status === 'live' || status === 'placing');
  return { next: nextState(state, { isWorking, isEntryOver, ...guard }), change, records };
}

type Guard = {
  readonly wantedLots: Lots;
  /** Filled by stop and target together. */
  readonly closedLots: Lots;
  readonly entryLots: Lots;
  readonly change: Partial<OcoContext>;
};

/** How much of the position this bracket guards: what its entry filled, and what the position grew by since. */
function guardOf(context: OcoContext, facts: OcoFacts, entry: LinkedOrder | undefined): Guard {
  const { parent, members } = context;
  const entryLots = entry?.filledLots ?? 0;
  const closedLots = members
    .map(
      (member) =>
        member.pastFilledLots + (facts.orders[member.orderId as OrderId]?.filledLots ?? 0),
    )
    .reduce(addExact, 0);
  if (parent === undefined || entryLots === 0)
    return { wantedLots: 0, closedLots, entryLots, change: {} };
  const sideLots = sidedLots(facts.openLots[parent.instrument] ?? 0, parent.side);
  const ownLots = Math.max(0, entryLots - closedLots);
  const freeLots = Math.max(0, sideLots - facts.othersLots);
  const uncoveredLots =
    context.uncoveredLots >= 0 ? context.uncoveredLots : Math.max(0, freeLots - ownLots);
  const wantedLots = facts.isNewest
    ? Math.max(freeLots - uncoveredLots, Math.min(ownLots, freeLots))
    : Math.min(ownLots, sideLots);
  const average = entry?.averageTicks;
  const anchor =
    context.entryHighTicks === 0 && average !== undefined
      ? { entryLowTicks: average.low, entryHighTicks: average.high }
      : {};
  return { wantedLots, closedLots, entryLots, change: { ownLots, uncoveredLots, ...anchor } };
}

function nextState(
  state: OcoState,
  seen: { isWorking: boolean; isEntryOver: boolean; wantedLots: Lots },
): OcoState {
  if (state === 'done') return 'done';
  if (seen.wantedLots > 0) return 'guarding';
  if (seen.isWorking) return 'settling';
  if (seen.isEntryOver) return 'done';
  return 'waiting';
}

type Following = {
  readonly context: OcoContext;
  readonly facts: OcoFacts;
  readonly atMs: number;
  readonly records: Recorded[];
};

/** One member brought nearer to what it shall be. */
function follow(
  following: Following,
  member: OcoMember,
  { wantedLots: all }: { wantedLots: Lots },
): OcoMember {
  const { context, facts } = following;
  const isWhole = member.ownLots === 0 || member.ownLots >= (context.parent?.quantityLots ?? 0);
  const wantedLots = isWhole ? all : Math.min(member.ownLots, all);
  switch (member.status) {
    case 'over':
    case 'placing':
      return member;
    case 'waiting':
      return wantedLots > 0 && !facts.isClosing ? place(following, member, wantedLots) : member;
    case 'live': {
      // Its stop is being replaced by a market order: see oco.escalation.
      if (member.escalation === 'canceling') return member;
      const order = facts.orders[member.orderId as OrderId];
      if (order === undefined) return member;
      return order.isClosed
        ? ended(following, dropReplaced(following, member, order), order, wantedLots)
        : resize(following, dropReplaced(following, member, order), order, wantedLots);
    }
  }
}

/** The order of a member is over: it may be placed again, unless somebody else has taken it away. */
function ended(
  following: Following,
  member: OcoMember,
  order: LinkedOrder,
  wantedLots: Lots,
): OcoMember {
  const { records, context, facts } = following;
  const past = {
    orderId: '',
    pastFilledLots: member.pastFilledLots + order.filledLots,
    isCancelAsked: false,
    askedLots: 0,
  } as const;
  const isFilled = order.filledLots >= order.quantityLots;
  if (order.isRefused) {
    const attempts = member.attempts + 1;
    const text = `${context.setId}: the venue refused ${member.key} (${attempts} of ${attemptsMax})`;
    records.push({ type: 'alert', severity: 'critical', code: 'PROTECTION_REFUSED', text });
    const again = { ...member, ...past, attempts } as const;
    return attempts < attemptsMax && wantedLots > 0 && !facts.isClosing
      ? place(following, { ...again, status: 'waiting' }, wantedLots)
      : { ...again, status: 'over' };
  }
  if (!isFilled && !member.isCancelAsked) return { ...member, ...past, status: 'over' };
  const waiting = { ...member, ...past, status: 'waiting' } as const;
  return wantedLots > 0 && !facts.isClosing && !isFilled
    ? place(following, waiting, wantedLots)
    : waiting;
}

function resize(
  { records, atMs, facts, context }: Following,
  member: OcoMember,
  order: LinkedOrder,
  wantedLots: Lots,
): OcoMember {
  const to = `order/${member.orderId}` as const;
  if (wantedLots === 0) {
    if (member.isCancelAsked) return member;
    const reason = 'what it guards is gone';
    records.push({ type: 'message', to, event: { type: 'order.cancelRequested', reason, atMs } });
    return { ...member, isCancelAsked: true };
  }
  if (member.isCancelAsked || order.isBusy || !order.isOpen) return member;
  const quantityLots = order.filledLots + wantedLots;
  if (order.leavesLots === wantedLots) return { ...member, askedLots: 0 };
  if (facts.isClosing && order.leavesLots < wantedLots) return member;
  if (member.askedLots === quantityLots) {
    // Refused: the new one is placed before the old one goes. Source: execution 7.2.
    if (member.replaced !== '') return member;
    const replaced = member.orderId;
    return place({ records, atMs, facts, context }, { ...member, replaced }, wantedLots);
  }
  const values = { quantityLots };
  records.push({ type: 'message', to, event: { type: 'order.modifyRequested', values, atMs } });
  return { ...member, askedLots: quantityLots };
}

/** The replacement is open: the old one goes. */
function dropReplaced(
  { records, atMs, facts }: Following,
  member: OcoMember,
  order: LinkedOrder,
): OcoMember {
  if (member.replaced === '' || !order.isOpen) return member;
  const old = facts.orders[member.replaced];
  if (old?.isClosed === true)
    return { ...member, replaced: '', pastFilledLots: member.pastFilledLots + old.filledLots };
  const reason = 'replaced by a new one';
  const to = `order/${member.replaced}` as const;
  records.push({ type: 'message', to, event: { type: 'order.cancelRequested', reason, atMs } });
  return member;
}

/** Prices come from the entry's average at its first fill; a stop is rounded away from the market. */
function pricesOf(
  context: OcoContext,
  member: OcoMember,
): { stopTicks?: Ticks; limitTicks?: Ticks } {
  const { distanceTicks, limitTicks, stopTicks } = member;
  if (distanceTicks === 0) {
    return {
      ...(limitTicks === undefined ? {} : { limitTicks }),
      ...(stopTicks === undefined ? {} : { stopTicks }),
    };
  }
  const isLong = context.parent?.side === 'buy';
  const { entryLowTicks, entryHighTicks } = context;
  if (member.key === 'stop') {
    return {
      stopTicks: isLong ? entryLowTicks - distanceTicks : entryHighTicks + distanceTicks,
    };
  }
  return { limitTicks: isLong ? entryHighTicks + distanceTicks : entryLowTicks - distanceTicks };
}

function place(
  { context, records, atMs }: Following,
  member: OcoMember,
  quantityLots: Lots,
): OcoMember {
  const { key, instrument, side, orderType, trailTicks } = member;
  records.push({
    type: 'order.place',
    key,
    via: 'engine',
    // An order that was named when it was asked for keeps its name for its first life.
    ...(member.orderId !== '' && member.status === 'waiting' && member.pastFilledLots === 0
      ? { orderId: member.orderId }
      : {}),
    intent: {
      accountId: context.accountId,
      instrument,
      side,
      orderType,
      quantityLots,
      ...pricesOf(context, member),
      ...(trailTicks === undefined ? {} : { trailTicks }),
      timeInForce: 'gtc',
      reduceOnly: true,
      purpose: 'protective',
      source: 'automation',
      by: `oco/${context.setId}`,
      ocoGroupId: context.setId,
      ...(context.parent === undefined ? {} : { parentOrderId: context.parent.orderId }),
      maxAgeMs,
      atMs,
    },
  });
  return { ...member, status: 'placing', askedLots: 0, isCancelAsked: false };
}

/** Both sides filled: what turned the position round is closed, once. */
function closeExcess(
  context: OcoContext,
  facts: OcoFacts,
  { closedLots, entryLots }: Guard,
): { readonly records: readonly Recorded[]; readonly change: Partial<OcoContext> } {
  const { parent } = context;
  const total = Math.max(0, closedLots - entryLots);
  const excess = total - context.excessLots;
  if (parent === undefined || entryLots === 0 || excess <= 0) return { records: [], change: {} };
  const openLots = facts.openLots[parent.instrument] ?? 0;
  const wrongLots = sidedLots(openLots, parent.side === 'buy' ? 'sell' : 'buy');
  const change = { excessLots: total };
  if (wrongLots === 0) return { records: [], change };
  return {
    records: excessRecords(context.setId, parent.instrument, openLots, Math.min(excess, wrongLots)),
    change,
  };
}
