/** Verifies: execution 6 (five layers, each alone), A2, A3, decision 0006. */
import { describe, expect, it } from 'vitest';
import { duplicatePolicy } from '../../src/actors/gate-context.ts';
import { ExecutionSettings } from '../../src/domain/execution-settings.ts';
import { OrderId } from '../../src/domain/ids.ts';
import {
  duplicateLayers,
  type DuplicateLayer,
  type GateContext,
  type OpenVenueOrder,
} from '../../src/rules/gate/context.ts';
import { judge } from '../../src/rules/gate/judge.ts';
import {
  entryIntent,
  es,
  exitIntent,
  freshMarks,
  noLayers,
  openGate,
  workingOrder,
} from '../support/gate-facts.ts';
import { context, facts, nowMs, position } from '../support/rule-facts.ts';

const atVenue: OpenVenueOrder = {
  venueOrderId: 'V1',
  instrument: es,
  side: 'buy',
  isProtective: false,
};
const flying = workingOrder({ isOpen: false, isInFlight: true });

/** What each layer alone looks at. */
const cause: Readonly<Record<DuplicateLayer, Partial<GateContext>>> = {
  L1: { seenSignals: () => true },
  L2: {
    context: context(
      facts({ workingOrders: [{ ...flying, side: 'sell', limitTicks: 23_400 }] }),
      freshMarks,
    ),
  },
  L3: { context: context(facts({ positions: [position('ES', '1', '5800')] }), freshMarks) },
  L4: { venueOrders: { state: 'known', asOfMs: nowMs, orders: [atVenue] } },
  L5: { context: context(facts({ workingOrders: [flying] }), freshMarks) },
};
const codes: Readonly<Record<DuplicateLayer, string>> = {
  L1: 'DUPLICATE_INTENT',
  L2: 'SYMBOL_BUSY',
  L3: 'POSITION_EXISTS',
  L4: 'VENUE_ORDER_EXISTS',
  L5: 'LOCAL_PENDING',
};

function only(...layers: DuplicateLayer[]) {
  return { ...noLayers, layers: new Set(layers) };
}

function verdict(gate: GateContext, intent = entryIntent): string {
  const decision = judge(intent, gate);
  return 'approved' in decision ? 'approved' : decision.denial.code;
}

const answered = { venueOrders: { state: 'known', asOfMs: nowMs, orders: [] } } as const;

describe.each(duplicateLayers)('layer %s', (layer) => {
  it('refuses alone, with its own code', () => {
    const gate = openGate({ ...answered, ...cause[layer], duplicates: only(layer) });
    expect(verdict(gate)).toBe(codes[layer]);
  });

  it('is silent when it is off, whatever the others are', () => {
    const others = duplicateLayers.filter((one) => one !== layer);
    const gate = openGate({ ...answered, ...cause[layer], duplicates: only(...others) });
    // The side of an order in flight is what L2 and L5 share.
    const shared = layer === 'L5' ? 'SYMBOL_BUSY' : 'approved';
    expect(verdict(gate)).toBe(shared);
  });

  it('never meets an exit', () => {
    const held = facts({ positions: [position('ES', '1', '5800')], workingOrders: [flying] });
    const gate = openGate({
      ...cause[layer],
      context: context(held, freshMarks),
      duplicates: only(...duplicateLayers),
      venueOrders: { state: 'failed', reason: 'HTTP 500' },
    });
    expect(verdict(gate, exitIntent)).toBe('approved');
  });
});

describe('L4', () => {
  const gate = (change: Partial<GateContext>) => openGate({ duplicates: only('L4'), ...change });

  it.each([
    ['failed', { state: 'failed', reason: 'HTTP 500' }],
    ['stale', { state: 'known', asOfMs: nowMs - 5_001, orders: [] }],
    ['of a time that is none', { state: 'known', asOfMs: Number.NaN, orders: [] }],
    ['not asked for', { state: 'notAsked' }],
  ] as const)(
    'A2: an answer that is %s refuses, and says what is not known',
    (_name, venueOrders) => {
      expect(judge(entryIntent, gate({ venueOrders }))).toMatchObject({
        denial: {
          code: 'VENUE_ORDER_EXISTS',
          facts: expect.arrayContaining([
            expect.objectContaining({ name: 'unknown', value: 'open orders of the venue' }),
          ]),
        },
      });
    },
  );

  it.each([
    ['of the other side', { side: 'sell' as const }],
    ['that protects', { isProtective: true }],
    ['of another instrument', { instrument: 'NQ' as typeof es }],
  ])('lets an order %s be', (_name, change) => {
    const venueOrders = {
      state: 'known',
      asOfMs: nowMs,
      orders: [{ ...atVenue, ...change }],
    } as const;
    expect(verdict(gate({ venueOrders }))).toBe('approved');
  });

  it('stops a futures account only at orders that are not its own, where nothing is said', () => {
    const own = workingOrder({ orderId: OrderId.parse('BH-1-9') });
    const known = context(facts({ workingOrders: [own] }), freshMarks);
    const venueOrders = {
      state: 'known',
      asOfMs: nowMs,
      orders: [{ ...atVenue, orderId: own.orderId }],
    } as const;
    const foreign = { ...only('L4'), venueOrders: 'foreign' as const };
    expect(verdict(gate({ venueOrders, context: known, duplicates: foreign }))).toBe('approved');
    expect(verdict(gate({ venueOrders, context: known }))).toBe('VENUE_ORDER_EXISTS');
    expect(verdict(gate({ venueOrders, duplicates: foreign }))).toBe('VENUE_ORDER_EXISTS');
  });
});

it('L3 counts how often a position was added to, and cannot tell before the first comparison', () => {
  const held = facts({ positions: [{ ...position('ES', '2', '5800'), openedAtMs: 1 }] });
  const trade = (orderId: string, atMs: number) => ({
    fillId: `F-${orderId}-${atMs}` as never,
    orderId: OrderId.parse(orderId),
    instrument: es,
    atMs,
    openedLots: 1,
    closedLots: 0,
    feeUnits: 0,
    isEnforcement: false,
  });
  const trades = [trade('BH-1-1', 1), trade('BH-1-1', 2), trade('BH-1-2', 3)];
  const at = (maxAdds: number) =>
    openGate({
      context: context({ ...held, trades }, freshMarks),
      duplicates: { ...only('L3'), pyramiding: true, maxAdds },
    });
  expect(verdict(at(2))).toBe('approved');
  expect(verdict(at(1))).toBe('POSITION_EXISTS');
  expect(verdict(at(0))).toBe('approved');
  const unknown = context(facts({ isReconciled: false }), freshMarks);
  const decision = judge(entryIntent, openGate({ context: unknown, duplicates: only('L3') }));
  expect('denial' in decision ? decision.alsoFailing : []).toMatchObject([
    { code: 'POSITION_EXISTS', facts: [{ name: 'unknown', value: 'positions' }] },
  ]);
});

describe('the layers of an account', () => {
  const of = (duplicates: object, kind: 'futures' | 'spot') =>
    duplicatePolicy(ExecutionSettings.parse({ duplicates }).duplicates, kind);

  it('are all on where nothing is said; a futures account may add', () => {
    expect([...of({}, 'futures').layers]).toEqual([...duplicateLayers]);
    expect(of({}, 'futures')).toMatchObject({ pyramiding: true, venueOrders: 'foreign' });
    expect(of({}, 'spot')).toMatchObject({ pyramiding: false, venueOrders: 'any' });
  });

  it('cannot be switched off in LIVE', () => {
    const { duplicates } = ExecutionSettings.parse({ duplicates: { layers: [] } });
    expect(duplicatePolicy(duplicates, 'futures').layers.size).toBe(0);
    expect(duplicatePolicy(duplicates, 'futures', true).layers.size).toBe(5);
  });

  it('A3: hold to the letter where anything is said', () => {
    expect(of({ pyramiding: true, maxAdds: 2 }, 'futures')).toMatchObject({
      pyramiding: true,
      maxAdds: 2,
      venueOrders: 'any',
    });
    expect([...of({ pyramiding: true, maxAdds: 2 }, 'spot').layers]).toEqual([...duplicateLayers]);
    expect(of({ layers: ['L3'] }, 'futures')).toMatchObject({ pyramiding: false });
    expect([...of({ layers: 'all' }, 'futures').layers]).toEqual([...duplicateLayers]);
  });
});
