import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
/** Verifies: execution 5 (#2, #3, #11), 7.1: INV-GRP-1, INV-GRP-2, INV-GRP-3 */
import type { LinkedOrder } from '../../src/domain/linked-event.ts';
import type { GroupContext } from '../../src/machines/group.context.ts';
import { groupMachine, groupTable } from '../../src/machines/group.machine.ts';
import { groupFacts, groupInput, order } from '../support/linked-samples.ts';
import { runLive } from '../support/machine-run.ts';
import { MES, MNQ } from '../support/machine-samples.ts';

/** A little venue: orders fill, are refused, are canceled when asked; positions follow. */
class Venue {
  readonly orders: Record<string, LinkedOrder> = {};
  readonly sides: Record<string, { instrument: string; sign: 1 | -1 }> = {};
  readonly open: Record<string, number> = { [MNQ]: 0, [MES]: 0 };
  private minted = 0;

  place(instrument: string, side: 'buy' | 'sell', lots: number): string {
    const id = `O${(this.minted += 1)}`;
    this.orders[id] = order(lots, 0);
    this.sides[id] = { instrument, sign: side === 'buy' ? 1 : -1 };
    return id;
  }

  fill(id: string, lots: number): void {
    const [one, side] = [this.orders[id], this.sides[id]];
    if (one === undefined || side === undefined || one.isClosed) return;
    const more = Math.min(lots, one.quantityLots - one.filledLots);
    this.orders[id] = order(one.quantityLots, one.filledLots + more);
    this.open[side.instrument] = (this.open[side.instrument] ?? 0) + side.sign * more;
  }

  end(id: string, isRefused: boolean): void {
    const one = this.orders[id];
    if (one === undefined || one.isClosed) return;
    const more = { isClosed: true, isRefused: isRefused && one.filledLots === 0 };
    this.orders[id] = order(one.quantityLots, one.filledLots, more);
  }
}

const action = fc.oneof(
  fc.record({ do: fc.constant('fill'), lots: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constantFrom('refuse', 'cancel', 'look', 'taskDue', 'hedgeDue', 'close') }),
  fc.record({
    do: fc.constant('lose'),
    instrument: fc.constantFrom(MNQ, MES),
    lots: fc.integer({ min: 1, max: 3 }),
  }),
);
type Action = { do: string; lots?: number; instrument?: string };

const filledFirst: readonly Action[] = [
  { do: 'look' },
  { do: 'fill', lots: 1 },
  { do: 'fill', lots: 2 },
];

function play(actions: readonly Action[], isFilledFirst = true) {
  const venue = new Venue();
  const run = runLive(groupMachine, groupInput);
  let atMs = 0;
  let last = '';
  const broken: string[] = [];
  const seen: { from: string; to: string; context: GroupContext; hedges: number }[] = [];
  const send = (event: Record<string, unknown> & { type: string }): void => {
    const from = run.snapshot().value as string;
    const { recorded } = run.send({ ...event, atMs });
    const snapshot = run.snapshot();
    const context = snapshot.context as GroupContext;
    const hedges = recorded.filter(
      (one) => one.type === 'order.place' && one.intent.purpose === 'hedge',
    ).length;
    seen.push({ from, to: snapshot.value as string, context, hedges });
    for (const one of recorded) {
      if (one.type === 'order.place') {
        const { instrument, side, quantityLots } = one.intent;
        const leg = context.legs.find((each) => each.instrument === instrument);
        const areHedgesFull = context.legs.every(
          (each) => each.role !== 'hedge' || each.filledLots >= each.quantityLots,
        );
        if (leg?.role === 'risk' && !areHedgesFull) broken.push('INV-GRP-1');
        const isTooMuch = leg?.role === 'hedge' && (venue.open[MNQ] ?? 0) + quantityLots > 1;
        if (isTooMuch) broken.push('INV-GRP-3');
        last = venue.place(instrument, side, quantityLots);
        send({ type: 'group.placed', key: one.key, orderId: last });
      } else if (one.type === 'exit.require') {
        // The exit does its work.
        venue.open[one.instrument] = one.targetLots;
      } else if (one.type === 'message' && one.to.startsWith('order/')) {
        venue.end(one.to.slice('order/'.length), false);
      }
    }
  };
  const contextOf = () => run.snapshot().context as GroupContext;
  const facts = () => groupFacts(venue.open, venue.orders);
  send({ type: 'group.validated' });
  // Most groups stand: their protection and their risk fill first.
  for (const one of [...(isFilledFirst ? filledFirst : []), ...actions]) {
    atMs += 700;
    if (one.do === 'fill') venue.fill(last, one.lots ?? 1);
    if (one.do === 'refuse' || one.do === 'cancel') venue.end(last, one.do === 'refuse');
    if (one.do === 'lose' && one.instrument !== undefined) {
      const open = venue.open[one.instrument] ?? 0;
      const lots = Math.min(Math.abs(open), one.lots ?? 1);
      venue.open[one.instrument] = open - Math.sign(open) * lots;
    }
    if (one.do === 'close') send({ type: 'group.closeRequested', reason: 'asked' });
    // The pause before a hedge is shorter than that between two actions.
    else if (contextOf().isHedgeArmed) send({ type: 'group.hedgeDue', facts: facts() });
    else if (one.do === 'taskDue') send({ type: 'group.taskDue', facts: facts() });
    else if (one.do === 'hedgeDue') send({ type: 'group.hedgeDue', facts: facts() });
    for (let round = 0; round < 6; round += 1) send({ type: 'group.factsChanged', facts: facts() });
  }
  return { seen, venue, broken };
}

type Actions = Parameters<typeof play>[0];

describe('an order group among whatever a venue does', () => {
  it('INV-GRP-1 protects first, makes only hops of its table, and has one order on its way', () => {
    const check = (actions: Actions): void => {
      const { seen, broken } = play(actions);
      expect(broken).toEqual([]);
      for (const { from, to } of seen) {
        if (from === to) continue;
        const allowed: readonly string[] = groupTable[from as keyof typeof groupTable];
        expect(allowed, `${from} to ${to}`).toContain(to);
      }
      for (const { hedges } of seen) expect(hedges, 'INV-GRP-3').toBeLessThanOrEqual(1);
    };
    fc.assert(fc.property(fc.array(action, { maxLength: 20 }), check), { numRuns: 120 });
  });

  it('INV-GRP-2 fails only without exposure of its own', () => {
    const check = (actions: Actions): void => {
      const { seen, venue } = play(actions, false);
      const flat = { [MNQ]: 0, [MES]: 0 };
      expect(seen.at(-1)?.to === 'failed' ? venue.open : flat).toEqual(flat);
    };
    fc.assert(fc.property(fc.array(action, { maxLength: 20 }), check), { numRuns: 120 });
  });

  it('INV-GRP-3 never holds more protection than the group asked for', () => {
    let hedged = 0;
    const check = (actions: Actions): void => {
      const { seen, venue } = play(actions);
      if (seen.some(({ hedges }) => hedges > 0)) hedged += 1;
      expect(venue.open[MNQ] ?? 0).toBeLessThanOrEqual(1);
      expect(venue.open[MES] ?? 0).toBeGreaterThanOrEqual(-2);
    };
    fc.assert(fc.property(fc.array(action, { maxLength: 20 }), check), { numRuns: 120 });
    expect(hedged, 'some of them were hedged').toBeGreaterThan(0);
  });
});
