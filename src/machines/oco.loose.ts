/** A loose OCO set: orders placed one by one, of which a fill excludes the others. Pure. Source: execution 7.2. */
import type { InstrumentId, OrderId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { LinkedOrder, OcoFacts } from '../domain/linked-event.ts';
import type { Recorded } from '../domain/recorded.ts';
import {
  excessRecords,
  type Look,
  type OcoContext,
  type OcoMember,
  type OcoState,
} from './oco.context.ts';

type Pair = { readonly member: OcoMember; readonly order: LinkedOrder };

export function lookAtLoose(
  state: OcoState,
  context: OcoContext,
  facts: OcoFacts,
  atMs: number,
): Look {
  const pairs = context.members.flatMap((member): Pair[] => {
    const order = facts.orders[member.orderId as OrderId];
    return order === undefined ? [] : [{ member, order }];
  });
  const first = pairs.find(({ order }) => order.filledLots > 0);
  const winner = context.winner === '' ? (first?.member.orderId ?? '') : context.winner;
  const won = pairs.find(({ member }) => member.orderId === winner);
  const records: Recorded[] = [];
  const members = context.members.map((member) => {
    const order = facts.orders[member.orderId as OrderId];
    if (order === undefined || won === undefined || member.orderId === winner || order.isClosed)
      return member;
    return exclude(member, order, leftFor(won, member, facts), atMs, records);
  });
  const excess = excessOf(context, pairs, winner, facts);
  records.push(...excess.records);
  const areOver = pairs.every(({ order }) => order.isClosed);
  const isAny = pairs.length > 0;
  const next =
    state === 'done' || (areOver && isAny) ? 'done' : winner === '' ? 'guarding' : 'settling';
  return { next, change: { winner, members, excessLots: excess.lots }, records };
}

/**
 * What may stay of the others: nothing beside an entry; beside an order that closes a position as much as that order
 * has left, so that a position that is closed in parts stays protected.
 */
function leftFor(
  { member: won, order }: Pair,
  { instrument, side }: OcoMember,
  facts: OcoFacts,
): Lots {
  const openLots = facts.openLots[instrument] ?? 0;
  const closes = (of: 'buy' | 'sell') => (of === 'sell' ? openLots > 0 : openLots < 0);
  if (won.instrument !== instrument || won.side !== side || !closes(side)) return 0;
  return Math.min(order.quantityLots - order.filledLots, Math.abs(openLots));
}

function exclude(
  member: OcoMember,
  order: LinkedOrder,
  leftLots: Lots,
  atMs: number,
  records: Recorded[],
): OcoMember {
  const to = `order/${member.orderId}` as const;
  if (leftLots <= 0) {
    if (member.isCancelAsked) return member;
    const reason = 'a linked order has filled';
    records.push({ type: 'message', to, event: { type: 'order.cancelRequested', reason, atMs } });
    return { ...member, isCancelAsked: true };
  }
  const quantityLots = order.filledLots + leftLots;
  if (order.leavesLots <= leftLots || order.isBusy || member.askedLots === quantityLots)
    return member;
  const values = { quantityLots };
  records.push({ type: 'message', to, event: { type: 'order.modifyRequested', values, atMs } });
  return { ...member, askedLots: quantityLots };
}

/** Fills of more than one order: what is too many is closed, once. */
function excessOf(
  { setId, excessLots }: OcoContext,
  pairs: readonly Pair[],
  winner: OrderId | '',
  facts: OcoFacts,
): { readonly lots: Lots; readonly records: readonly Recorded[] } {
  const won = pairs.find(({ member }) => member.orderId === winner);
  const late = pairs.filter(
    ({ member, order }) => member.orderId !== winner && order.filledLots > 0,
  );
  if (won === undefined || late.length === 0) return { lots: excessLots, records: [] };
  let total = 0;
  const records: Recorded[] = [];
  for (const { member, order } of late) {
    const sameWay = member.instrument === won.member.instrument && member.side === won.member.side;
    const beyond = sameWay
      ? Math.max(0, won.order.filledLots + order.filledLots - won.order.quantityLots)
      : order.filledLots;
    total += beyond;
    const fresh = Math.min(beyond, total - excessLots);
    if (fresh > 0) records.push(...closing(setId, member, facts, fresh));
  }
  return { lots: Math.max(total, excessLots), records };
}

function closing(
  setId: string,
  { instrument, side }: { instrument: InstrumentId; side: 'buy' | 'sell' },
  facts: OcoFacts,
  lots: Lots,
): readonly Recorded[] {
  const openLots = facts.openLots[instrument] ?? 0;
  const isStillThere = side === 'buy' ? openLots > 0 : openLots < 0;
  if (isStillThere)
    return excessRecords(setId, instrument, openLots, Math.min(lots, Math.abs(openLots)));
  const text = `${setId}: more than one of the linked orders filled, ${lots} lots of ${instrument}; nothing of it is open`;
  return [{ type: 'incident', code: 'OCO_BOTH_FILLED', text }];
}
