/** What a group holds and what of it is not hedged. Whole lots, exact, pure. Source: execution 5 (#3, #11). */
import type { Lots } from '../domain/instrument.ts';
import type { GroupFacts } from '../domain/linked-event.ts';
import { netLots, type GroupContext, type GroupLeg } from './group.context.ts';

/** A leg with what its own order has filled by now; filled quantity is monotonic unless the venue takes a trade back. */
export function counted(leg: GroupLeg, facts: GroupFacts): GroupLeg {
  const order = leg.orderId === '' ? undefined : facts.orders[leg.orderId];
  return order === undefined || order.filledLots === leg.filledLots
    ? leg
    : { ...leg, filledLots: order.filledLots };
}

/** Open lots in the direction of a leg. */
function sidedLots({ instrument, side }: GroupLeg, facts: GroupFacts): Lots {
  const openLots = facts.openLots[instrument] ?? 0;
  return Math.max(0, side === 'buy' ? openLots : -openLots);
}

/**
 * What is still there of a leg: what the group counts, but no more than the account has, less what other legs of the
 * same instrument and side take first. Legs of both sides in one instrument net out at the venue: there the count holds.
 */
export function heldLots({ legs }: GroupContext, leg: GroupLeg, facts: GroupFacts): Lots {
  const net = netLots(leg);
  const same = legs.filter(({ instrument }) => instrument === leg.instrument);
  if (same.some(({ side }) => side !== leg.side)) return net;
  const before = same.slice(0, same.indexOf(leg)).reduce((sum, other) => sum + netLots(other), 0);
  return Math.min(net, Math.max(0, sidedLots(leg, facts) - before));
}

/** The first protective leg that holds less than the risk on needs; undefined when everything is covered. */
export function exposureOf(
  context: GroupContext,
  facts: GroupFacts,
): { readonly leg: number; readonly lots: Lots } | undefined {
  const { legs, task } = context;
  const risks = legs.filter(({ role, score }) => role === 'risk' && score <= 0);
  for (const [index, leg] of legs.entries()) {
    if (leg.role !== 'hedge' || leg.score <= 0) continue;
    const needed = risks
      .map((risk) => neededLots(leg, risk, heldLots(context, risk, facts)))
      .reduce((most, one) => Math.max(most, one), 0);
    const inFlight = task.kind === 'hedge' && task.leg === index ? task.lots : 0;
    const lots = needed - heldLots(context, leg, facts) - inFlight;
    if (lots > 0) return { leg: index, lots };
  }
  return undefined;
}

/** As much protection as the filled share of the risk asks for, rounded up. */
function neededLots(leg: GroupLeg, risk: GroupLeg, heldRisk: Lots): Lots {
  return Math.ceil((leg.quantityLots * heldRisk) / risk.quantityLots);
}

/** Nothing of any leg is open any more. */
export function isFlat(context: GroupContext, facts: GroupFacts): boolean {
  return context.legs.every((leg) => (facts.openLots[leg.instrument] ?? 0) === 0);
}
