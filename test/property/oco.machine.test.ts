import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
/** Verifies: execution 7.2: INV-OCO-1, INV-OCO-2 */
import type { LinkedOrder } from '../../src/domain/linked-event.ts';
import { ocoMachine } from '../../src/machines/oco.machine.ts';
import { bracketInput, entryId, ocoFacts, order } from '../support/linked-samples.ts';
import { runLive } from '../support/machine-run.ts';

const action = fc.record({
  do: fc.constantFrom(
    'entry',
    'stop',
    'target',
    'sellElsewhere',
    'buyElsewhere',
    'refuseChange',
    'endEntry',
  ),
  lots: fc.integer({ min: 1, max: 3 }),
});

/** A venue that does what it is asked at once, unless a change is refused. */
function play(actions: readonly { do: string; lots: number }[]) {
  const run = runLive(ocoMachine, bracketInput);
  const orders: Record<string, LinkedOrder> = { [entryId]: order(2, 0) };
  const keys: Record<string, string> = {};
  let openLots = 0;
  let minted = 0;
  let refuses = false;
  let placedWhileFlat = 0;
  const send = (event: Record<string, unknown> & { type: string }): void => {
    for (const one of run.send({ ...event, atMs: 1_000 }).recorded) {
      if (one.type === 'order.place') {
        if (openLots <= 0) placedWhileFlat += 1;
        const id = `C${(minted += 1)}`;
        orders[id] = order(one.intent.quantityLots, 0);
        keys[one.key] = id;
        send({ type: 'oco.placed', key: one.key, orderId: id });
      } else if (one.type === 'message' && one.event.type === 'order.cancelRequested') {
        const id = one.to.slice('order/'.length);
        const known = orders[id];
        if (known !== undefined && !known.isClosed)
          orders[id] = order(known.quantityLots, known.filledLots, { isClosed: true });
      } else if (one.type === 'message' && one.event.type === 'order.modifyRequested') {
        const id = one.to.slice('order/'.length);
        const { quantityLots } = one.event.values;
        const known = orders[id];
        if (known !== undefined && quantityLots !== undefined && !refuses)
          orders[id] = order(quantityLots, known.filledLots);
      }
    }
  };
  const fill = (id: string | undefined, lots: number, sign: 1 | -1): void => {
    const one = id === undefined ? undefined : orders[id];
    if (id === undefined || one === undefined || one.isClosed) return;
    const more = Math.min(
      lots,
      one.quantityLots - one.filledLots,
      sign > 0 ? lots : Math.max(0, openLots),
    );
    if (more === 0) return;
    orders[id] = order(one.quantityLots, one.filledLots + more);
    openLots += sign * more;
  };
  const rest = (): void => {
    for (let round = 0; round < 6; round += 1)
      send({ type: 'oco.factsChanged', facts: ocoFacts(openLots, { ...orders }) });
  };
  for (const one of actions) {
    refuses = one.do === 'refuseChange';
    if (one.do === 'entry') fill(entryId, one.lots, 1);
    if (one.do === 'stop' || one.do === 'target') fill(keys[one.do], one.lots, -1);
    if (one.do === 'sellElsewhere') openLots = Math.max(0, openLots - one.lots);
    if (one.do === 'buyElsewhere' && openLots > 0) openLots += one.lots;
    if (one.do === 'endEntry') {
      const entry = orders[entryId];
      if (entry !== undefined && !entry.isClosed)
        orders[entryId] = order(entry.quantityLots, entry.filledLots, { isClosed: true });
    }
    rest();
  }
  refuses = false;
  rest();
  const { [entryId]: _, ...children } = orders;
  const working = Object.values(children).filter(({ isClosed }) => !isClosed);
  return { run, openLots, working, keys, orders, placedWhileFlat };
}

type Actions = Parameters<typeof play>[0];

describe('a bracket among whatever a venue does', () => {
  it('INV-OCO-1 has at most one stop and one target, each no larger than the position', () => {
    const check = (actions: Actions): void => {
      const { openLots, working } = play(actions);
      expect(working.length).toBeLessThanOrEqual(2);
      for (const { leavesLots } of working) expect(leavesLots).toBeLessThanOrEqual(openLots);
    };
    fc.assert(fc.property(fc.array(action, { maxLength: 15 }), check), { numRuns: 150 });
  });

  it('INV-OCO-2 has nothing working without a position, and places nothing then', () => {
    const check = (actions: Actions): void => {
      const { openLots, working, placedWhileFlat } = play(actions);
      expect(placedWhileFlat).toBe(0);
      expect(openLots === 0 ? working : []).toEqual([]);
    };
    fc.assert(fc.property(fc.array(action, { maxLength: 15 }), check), { numRuns: 150 });
  });

  it('guards what its entry has filled and nothing else has closed', () => {
    const check = (actions: Actions): void => {
      const elsewhere = actions.some(({ do: what }) => what.endsWith('Elsewhere'));
      const { openLots, working } = play(actions);
      if (elsewhere || openLots === 0) return;
      for (const { leavesLots } of working) expect(leavesLots).toBe(openLots);
      expect(working).toHaveLength(2);
    };
    fc.assert(fc.property(fc.array(action, { maxLength: 15 }), check), { numRuns: 150 });
  });
});
