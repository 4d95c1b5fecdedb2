/**
 * How large an order a rule would let pass now: asked of the rule itself, order by order, as the gate asks it.
 * Source: inspector 3 (Rules).
 */
import type { AccountId, InstrumentId, OrderId } from '../domain/ids.ts';
import { formatLots } from '../domain/instrument.ts';
import { builtInInstruments } from '../domain/instruments.ts';
import type { SubmitOrder } from '../domain/order.ts';
import type { Side } from '../domain/position.ts';
import { createSessionCalendar } from '../domain/session-calendar.ts';
import type { VerdictKind } from '../domain/verdict.ts';
import type { RuleWorld } from '../ports/live-picture.port.ts';
import { ruleById } from '../rules/registry.ts';
import type { RuleContext } from '../rules/rule.ts';

/** Nobody asks for more; what passes here is said to be without a bound. */
const lotsMax = 1_000_000_000;
/** Instruments that are told of one rule. */
const instrumentsMax = 4;

/**
 * `MNQ: buy 3, sell 5` for what is open or priced; empty where the rule has no say at the gate. By rule, of one account.
 */
export function largestOrders(world: RuleWorld): ReadonlyMap<string, string> {
  const context = contextOf(world);
  const ids = instrumentsOf(world);
  return new Map(
    world.rules.flatMap(({ ruleId, config }) => {
      const rule = ruleById(ruleId);
      if (rule?.judgeOrder === undefined) return [];
      const judge = (order: SubmitOrder): VerdictKind =>
        rule.judgeOrder?.(context, config, order).verdict ?? 'PASS';
      return [[ruleId, ids.map((id) => ofInstrument(world, id, judge)).join(' · ')] as const];
    }),
  );
}

export function contextOf({ facts, marks, atMs, sessions }: RuleWorld): RuleContext {
  const table = new Map(marks);
  return {
    facts,
    marks: (id) => table.get(id),
    instrumentOf: (id) => builtInInstruments.get(id),
    nowMs: atMs,
    ...(sessions === undefined ? {} : { sessions: createSessionCalendar(sessions) }),
  };
}

function instrumentsOf({ facts, marks }: RuleWorld): readonly InstrumentId[] {
  const held = facts.positions.map(({ instrument }) => instrument);
  return [...new Set([...held, ...marks.map(([id]) => id)])].slice(0, instrumentsMax);
}

function ofInstrument(
  world: RuleWorld,
  id: InstrumentId,
  judge: (order: SubmitOrder) => VerdictKind,
): string {
  const [buy, sell] = (['buy', 'sell'] as const).map((side) => largest(world, id, side, judge));
  return buy === sell ? `${id}: ${buy}` : `${id}: buy ${buy}, sell ${sell}`;
}

function largest(
  { accountId }: RuleWorld,
  instrument: InstrumentId,
  side: Side,
  judge: (order: SubmitOrder) => VerdictKind,
): string {
  const of = (quantityLots: number): VerdictKind =>
    judge({
      orderId: 'what-if' as OrderId,
      accountId: accountId as AccountId,
      instrument,
      side,
      orderType: 'market',
      quantityLots,
      timeInForce: 'day',
      reduceOnly: false,
    });
  const first = of(1);
  if (first !== 'PASS') return first === 'UNKNOWN' ? 'not known' : 'none';
  if (of(lotsMax) === 'PASS') return 'any';
  let [low, high] = [1, lotsMax];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (of(middle) === 'PASS') low = middle;
    else high = middle;
  }
  const known = builtInInstruments.get(instrument);
  return known === undefined ? `${low} lots` : formatLots(known, low);
}
