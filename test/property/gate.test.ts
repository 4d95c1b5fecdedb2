/**
 * Verifies: INV-GATE-1, INV-GATE-2, INV-GATE-3 (trading-controls 2, execution 2.4 and 10)
 *
 * - INV-GATE-1: no order that adds risk passes while a required input is missing.
 * - INV-GATE-2: what passes in REDUCING, LOCKED or HALTED grows no worst case.
 * - INV-GATE-3: what can only reduce passes whatever else is wrong: only the mode, its shape and a close in flight
 *   stand in its way.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OrderId } from '../../src/domain/ids.ts';
import type { OrderIntent } from '../../src/domain/order.ts';
import type { WorkingOrderFacts } from '../../src/domain/view.ts';
import { riskEffect, worstCase } from '../../src/rules/exposure.ts';
import type { GateContext } from '../../src/rules/gate/context.ts';
import { judge } from '../../src/rules/gate/judge.ts';
import { entryIntent, es, freshMarks, noLayers, openGate } from '../support/gate-facts.ts';
import { context, facts, mark, nowMs } from '../support/rule-facts.ts';

const side = fc.constantFrom('buy', 'sell');
const lots = fc.integer({ min: 1, max: 6 });

const workingOrder: fc.Arbitrary<WorkingOrderFacts> = fc
  .record({
    id: fc.nat({ max: 999 }),
    side,
    leavesLots: lots,
    purpose: fc.constantFrom('entry', 'exit', 'protective'),
    reduceOnly: fc.boolean(),
    isOpen: fc.boolean(),
    oco: fc.constantFrom(undefined, 'G1', 'G2'),
  })
  .map(({ id, oco, ...order }) => {
    const flight = order.isOpen ? {} : { isInFlight: true as const };
    const group = oco === undefined ? {} : { ocoGroupId: oco };
    const orderId = OrderId.parse(`BH-2-${id}`);
    const limitTicks = order.side === 'buy' ? 23_000 : 23_400;
    return Object.assign(flight, group, order, {
      orderId,
      instrument: es,
      orderType: 'limit' as const,
      limitTicks,
    });
  });

const book = fc.record({
  openLots: fc.integer({ min: -6, max: 6 }),
  workingOrders: fc.array(workingOrder, { maxLength: 4 }),
});

const intent: fc.Arbitrary<OrderIntent> = fc
  .record({
    side,
    quantityLots: lots,
    reduceOnly: fc.boolean(),
    capToPosition: fc.boolean(),
    oco: fc.constantFrom(undefined, 'G1'),
  })
  .map(({ oco, capToPosition, ...order }) => {
    const cap = capToPosition ? { capToPosition: true as const } : {};
    const group = oco === undefined ? {} : { ocoGroupId: oco };
    return Object.assign({}, entryIntent, order, cap, group);
  });

function factsOf({
  openLots,
  workingOrders,
}: {
  openLots: number;
  workingOrders: readonly WorkingOrderFacts[];
}) {
  const positions = openLots === 0 ? [] : [{ instrument: es, openLots, costUnits: 0 }];
  return facts({ positions, workingOrders: [...workingOrders] });
}

/** A gate that lets everything pass but what the test is about. */
function gateOf(of: Parameters<typeof factsOf>[0], change: Partial<GateContext> = {}): GateContext {
  return openGate({
    context: context(factsOf(of), freshMarks),
    duplicates: noLayers,
    ...change,
  });
}

/** One required input less, each. */
const missing: Readonly<Record<string, (gate: GateContext) => Partial<GateContext>>> = {
  quote: ({ context: { facts: known } }) => ({ context: context(known, {}) }),
  'fresh quote': ({ context: { facts: known } }) => ({
    context: context(known, { ES: mark('ES', { last: '5800' }, 5_001) }),
  }),
  'a price that is one': ({ context: { facts: known } }) => ({
    context: context(known, { ES: { lastTicks: Number.NaN, receivedAtMs: nowMs } }),
  }),
  'the time of the quote': ({ context: { facts: known } }) => ({
    context: context(known, { ES: { lastTicks: 23_200, receivedAtMs: Number.NaN } }),
  }),
  reconciliation: ({ context: of }) => ({
    context: { ...of, facts: { ...of.facts, isReconciled: false } },
  }),
  instrument: ({ context: of }) => ({ context: { ...of, instrumentOf: () => undefined } }),
  'the time': ({ context: of }) => ({ context: { ...of, nowMs: Number.NaN } }),
  'product status': () => ({ productStatus: () => 'unknown' }),
  'open orders of the venue': () => ({
    duplicates: { ...noLayers, layers: new Set(['L4'] as const) },
    venueOrders: { state: 'failed', reason: 'timeout' },
  }),
  'the clock, in LIVE': () => ({ mode: 'LIVE', clockDriftMs: undefined }),
  'a clock that is a number, in LIVE': () => ({ mode: 'LIVE', clockDriftMs: Number.NaN }),
};

it('INV-GATE-1: nothing that adds risk passes with a required input missing', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(book, intent, fc.constantFrom(...Object.keys(missing)), (of, wish, name) => {
      const gate = gateOf(of);
      const decision = judge(wish, { ...gate, ...missing[name]?.(gate) });
      if (decision.effect === 'reduce') return;
      expect(decision).toHaveProperty('denial');
      if ('approved' in judge(wish, gate)) seen.add(name);
    }),
    { numRuns: 600 },
  );
  // Each of them alone has made the difference.
  expect([...seen].toSorted()).toEqual(Object.keys(missing).toSorted());
});

it('INV-GATE-2: what passes in REDUCING, LOCKED or HALTED grows no worst case', () => {
  const state = fc.constantFrom('REDUCING', 'LOCKED', 'HALTED');
  let passed = 0;
  fc.assert(
    fc.property(book, intent, state, (of, wish, tradingState) => {
      const decision = judge(wish, gateOf(of, { tradingState }));
      if (!('approved' in decision)) return;
      passed += 1;
      const known = factsOf(of);
      const before = worstCase(known, es);
      const after = worstCase(known, es, decision.approved);
      expect(after.longLots).toBeLessThanOrEqual(before.longLots);
      expect(after.shortLots).toBeLessThanOrEqual(before.shortLots);
      expect(decision.approved.quantityLots).toBeLessThanOrEqual(Math.abs(of.openLots));
    }),
    { numRuns: 1_000 },
  );
  expect(passed).toBeGreaterThan(50);
});

it('INV-GATE-3: what can only reduce is stopped by its shape and a close in flight alone', () => {
  let passed = 0;
  fc.assert(
    fc.property(book, intent, fc.boolean(), (of, wish, exitInFlight) => {
      if (riskEffect(factsOf(of), wish) !== 'reduce') return;
      passed += 1;
      const everythingIsWrong = gateOf(of, {
        context: {
          ...context({ ...factsOf(of), isReconciled: false }, {}),
          instrumentOf: () => undefined,
        },
        tradingState: 'HALTED',
        kills: [{ scope: 'all', reason: 'drill' }],
        locks: [{ scope: 'account', source: 'RULE-003', kind: 'untilReset', reason: 'loss' }],
        paused: { code: 'TRADING_STATE_FORBIDS', facts: [] },
        productStatus: () => 'offline',
        clockDriftMs: undefined,
        messages: { submits: 1_000, modifies: 1_000, today: 1_000_000 },
        exhaustedBudgets: ['orders'],
        strategyDisabled: 'repeated execution',
        identicalSends: () => 1_000,
        duplicates: { ...noLayers, layers: new Set(['L1', 'L2', 'L3', 'L4', 'L5'] as const) },
        seenSignals: () => true,
        venueOrders: { state: 'failed', reason: 'timeout' },
        exitInFlight,
      });
      const decision = judge({ ...wish, atMs: 0, offGrid: { quantity: '1.5' } }, everythingIsWrong);
      expect('approved' in decision ? 'approved' : decision.denial.code).toBe(
        exitInFlight ? 'EXIT_IN_FLIGHT' : 'approved',
      );
    }),
    { numRuns: 1_000 },
  );
  expect(passed).toBeGreaterThan(50);
});
