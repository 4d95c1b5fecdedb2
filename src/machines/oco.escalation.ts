/**
 * Double-exit prevention: a stop that has triggered and does not fill is canceled, and only when the venue confirms how
 * much of it has filled, a market order closes the rest. A cancel without an answer is asked about, never assumed.
 * Pure. Source: execution 5 (#5).
 */
import type { LinkedOrder, OcoFacts } from '../domain/linked-event.ts';
import type { Recorded } from '../domain/recorded.ts';
import type { Look, OcoContext, OcoMember } from './oco.context.ts';

const maxAgeMs = 86_400_000;

export function escalate(
  context: OcoContext,
  look: Look,
  facts: OcoFacts,
  atMs: number,
  isDue: boolean,
): Look {
  const records: Recorded[] = [...look.records];
  const stepping = { context, facts, atMs, isDue, records };
  const before = new Map(context.members.map((member) => [member.key, member]));
  const members = (look.change.members ?? context.members).map((member) => {
    const old = before.get(member.key) ?? member;
    return old.orderType === 'stopLimit' ? step(stepping, old, member) : member;
  });
  return { ...look, change: { ...look.change, members }, records };
}

type Stepping = {
  readonly context: OcoContext;
  readonly facts: OcoFacts;
  readonly atMs: number;
  readonly isDue: boolean;
  readonly records: Recorded[];
};

function step(stepping: Stepping, old: OcoMember, member: OcoMember): OcoMember {
  const { facts, atMs, isDue, records, context } = stepping;
  const order = old.orderId === '' ? undefined : facts.orders[old.orderId];
  if (order === undefined) return member;
  if (old.escalation === 'canceling') return afterCancel(stepping, old, member, order);
  const timer = `escalate:${old.key}`;
  if (order.isClosed || !order.isTriggered) {
    if (old.escalation === 'armed') records.push({ type: 'timer.delete', timer });
    return { ...member, escalation: 'none' };
  }
  if (old.escalation === 'none') {
    const dueAtMs = atMs + context.escalateAfterMs;
    records.push({ type: 'timer.put', timer, dueAtMs, event: 'oco.escalationDue' });
    return { ...member, escalation: 'armed' };
  }
  if (!isDue) return member;
  const reason = 'triggered and not filled in time: the rest is closed at the market';
  const to = `order/${old.orderId}` as const;
  records.push({ type: 'message', to, event: { type: 'order.cancelRequested', reason, atMs } });
  const text = `${old.orderId}: ${reason}`;
  records.push({ type: 'alert', severity: 'warning', code: 'EXIT_ESCALATED', text });
  return { ...member, escalation: 'canceling', isCancelAsked: true };
}

/** Only the venue's word that the stop is over says how much of it is left to close. */
function afterCancel(
  { context, facts, atMs, records }: Stepping,
  old: OcoMember,
  member: OcoMember,
  order: LinkedOrder,
): OcoMember {
  if (!order.isClosed) return member;
  const openLots = facts.openLots[old.instrument] ?? 0;
  const closableLots = Math.max(0, old.side === 'sell' ? openLots : -openLots);
  const restLots = Math.min(order.quantityLots - order.filledLots, closableLots);
  if (restLots > 0 && !facts.isClosing) records.push(marketOrder(context, old, restLots, atMs));
  const pastFilledLots = member.pastFilledLots + order.filledLots;
  return { ...member, status: 'over', orderId: '', pastFilledLots, escalation: 'none' };
}

function marketOrder(
  { accountId, setId }: OcoContext,
  { instrument, side }: OcoMember,
  quantityLots: number,
  atMs: number,
): Recorded {
  return {
    type: 'intent',
    intent: {
      accountId,
      instrument,
      side,
      orderType: 'market',
      quantityLots,
      timeInForce: 'day',
      reduceOnly: true,
      purpose: 'exit',
      source: 'automation',
      by: `oco/${setId}`,
      maxAgeMs,
      atMs,
    },
  };
}
