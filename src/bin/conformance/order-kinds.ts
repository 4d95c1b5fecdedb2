/** Adapters for the kinds about orders and their executions: through the order machine alone, or the whole engine. */
import { z } from 'zod';
import { feesByCurrency, type Fill } from '../../domain/fill.ts';
import { AccountId, FillId, InstrumentId } from '../../domain/ids.ts';
import { formatLots } from '../../domain/instrument.ts';
import { formatMoney, parseMoney } from '../../domain/money.ts';
import { overfilledLots } from '../../domain/order.ts';
import { leavesLots, orderRegions } from '../../machines/order.machine.ts';
import { same, sameDecimal, type Check, type Outcome } from './compare.ts';
import { instrumentOfCase, lotsOf } from './instrument-of-case.ts';
import { OrderActor, orderInput, adoptedOrder } from './order-actor.ts';
import { Stage } from './stage.ts';
import { Decimal } from './vectors.ts';

/** Where a case gives no price. */
const anyTicks = 1;

const FeeText = z.string().regex(/^\d+(\.\d+)? [A-Z]{3,5}$/, { error: 'a fee is "1.25 USD"' });
export const CommissionsCase = z.object({
  input: z.union([
    z.strictObject({ fees: z.array(FeeText).min(1) }),
    z.strictObject({ fills: z.array(z.strictObject({ qty: Decimal, fee: FeeText })).min(1) }),
  ]),
  expect: z.strictObject({ commissions: z.record(z.string(), Decimal) }),
});

export function checkCommissions({ input, expect }: z.output<typeof CommissionsCase>): Outcome {
  const settlement = 'USD';
  const texts = 'fees' in input ? input.fees : input.fills.map(({ fee }) => fee);
  const fills = texts.map((text, index) => fillWithFee(`T${index}`, text, settlement));
  const fees = feesByCurrency(fills, settlement);
  const currencies = Object.entries(expect.commissions).map(([currency, expected]) => {
    const units = fees[currency];
    return sameDecimal(
      currency,
      expected,
      units === undefined ? undefined : formatMoney(units, currency),
    );
  });
  return {
    checks: [
      ...currencies,
      same('currencies', Object.keys(expect.commissions).toSorted(), Object.keys(fees).toSorted()),
    ],
  };
}

function fillWithFee(fillId: string, text: string, settlement: string): Fill {
  const [amount = '', currency = ''] = text.split(' ');
  const units = parseMoney(amount, currency);
  const fill = {
    fillId: FillId.parse(fillId),
    accountId: AccountId.parse('VECTOR'),
    instrument: InstrumentId.parse('VECTOR'),
    side: 'buy',
    lots: 1,
    ticks: anyTicks,
    venueTimeMs: 0,
  } as const;
  return currency === settlement
    ? { ...fill, feeUnits: units }
    : { ...fill, feeUnits: 0, otherFees: { [currency]: units } };
}

const FillText = z.union([
  Decimal.transform((qty) => ({ qty, tradeId: undefined })),
  z.strictObject({ qty: Decimal, tradeId: z.string() }),
]);
export const OrderFillsCase = z.object({
  input: z.strictObject({
    qty: Decimal,
    fills: z.array(FillText).min(1),
    allowOverfills: z.boolean().optional(),
  }),
  expect: z.strictObject({
    status: z.string().optional(),
    filled: Decimal.optional(),
    leaves: Decimal.optional(),
    overfill: Decimal.optional(),
    fillApplied: z.boolean().optional(),
    incident: z.string().optional(),
    errors: z.array(z.literal('DUPLICATE_FILL')).optional(),
  }),
});

export function checkOrderFills({
  input,
  expect,
}: z.output<typeof OrderFillsCase>): Promise<Outcome> {
  const quantities = [input.qty, ...input.fills.map(({ qty }) => qty)];
  const instrument = instrumentOfCase({ prices: ['1'], quantities });
  return Stage.with(instrument, (stage) => {
    const orderId = stage.submit('buy', lotsOf(instrument, input.qty));
    stage.report(orderId, { type: 'order.placeAccepted', origin: 'answer', atMs: 0 });
    for (const [index, { qty, tradeId }] of input.fills.entries()) {
      const fillId = tradeId ?? `own-${index}`;
      stage.tellFill({
        fillId,
        side: 'buy',
        lots: lotsOf(instrument, qty),
        ticks: anyTicks,
        orderId,
      });
    }
    const snapshot = stage.order(orderId);
    const { context } = snapshot;
    const lots = {
      filled: context.filledLots,
      leaves: leavesLots(context, orderRegions(snapshot)),
      overfill: overfilledLots(context),
    };
    const checks: Check[] = [];
    if (expect.status !== undefined)
      checks.push(same('status', expect.status, stage.status(orderId)));
    for (const [field, value] of Object.entries(lots) as [keyof typeof lots, number][]) {
      const expected = expect[field];
      if (expected !== undefined)
        checks.push(sameDecimal(field, expected, formatLots(instrument, value)));
    }
    if (expect.errors !== undefined) {
      const repeated = stage.engine.world.counters.duplicateFills;
      checks.push(
        same(
          'errors',
          expect.errors,
          Array.from({ length: repeated }, () => 'DUPLICATE_FILL'),
        ),
      );
    }
    if (expect.incident !== undefined)
      checks.push(same('incident', expect.incident, incident(stage, expect.incident)));
    if (expect.fillApplied === undefined) return { checks };
    // An execution is a fact: ours is applied whatever the option of the peer says, and the excess is an incident.
    const isApplied =
      stage.booked.length === input.fills.length && stage.book.openLots === context.filledLots;
    checks.push({
      field: 'fillApplied',
      expected: expect.fillApplied,
      actual: isApplied,
      isSame: isApplied,
    });
    const reason =
      'fillApplied: the peer drops an execution beyond the quantity; here every execution of the venue is booked in ledger, position and order, and OVERFILL is raised (execution 3.3, fill rows)';
    return { checks, reason };
  });
}

/** The incident if it was raised, else what was. */
function incident(stage: Stage, wanted: string): string {
  return stage.incidents.includes(wanted) ? wanted : stage.incidents.join(' ') || 'none';
}

const peerNames = {
  Submitted: 'Submitted',
  Accepted: 'Accepted',
  PendingCancel: 'PendingCancel',
  CancelRejected: 'CancelRejected',
  Triggered: 'Triggered',
} as const;
const PeerName = z.enum(peerNames);
const orderTypes = { STOP_MARKET: 'stop', STOP_LIMIT: 'stopLimit' } as const;

export const OrderSequenceCase = z.object({
  input: z.union([
    z.strictObject({
      qty: Decimal.optional(),
      events: z.array(z.union([PeerName, z.strictObject({ Filled: Decimal })])).min(1),
    }),
    z.strictObject({
      cases: z
        .array(
          z.strictObject({
            type: z.enum(['STOP_MARKET', 'STOP_LIMIT']),
            events: z.array(PeerName).min(1),
          }),
        )
        .min(1),
    }),
  ]),
  expect: z.union([
    z.strictObject({ final: z.string() }),
    z.strictObject({ statuses: z.array(z.string()), errors: z.array(z.string().nullable()) }),
    z.strictObject({
      results: z.array(z.union([z.literal('INVALID'), z.strictObject({ final: z.string() })])),
    }),
  ]),
});

export function checkOrderSequence({ input, expect }: z.output<typeof OrderSequenceCase>): Outcome {
  if ('cases' in input) {
    const results = input.cases.map(({ type, events }) => {
      const order = new OrderActor(orderInput(orderTypes[type], 1));
      for (const event of events) order.play(event);
      return order.integrity === 'conflict' ? 'INVALID' : { final: order.status };
    });
    const expected = 'results' in expect ? expect.results : [];
    const reason =
      'INVALID: the trigger of an order that has none is not applied, integrity becomes conflict, the venue is asked';
    return { checks: [same('results', expected, results)], reason };
  }
  const [first] = input.events;
  if (first === 'Accepted') return checkExternal(expect);
  const quantities = [
    input.qty ?? '1',
    ...input.events.flatMap((event) => (typeof event === 'string' ? [] : [event.Filled])),
  ];
  const instrument = instrumentOfCase({ prices: ['1'], quantities });
  const order = new OrderActor(orderInput('limit', lotsOf(instrument, input.qty ?? '1')));
  const statuses = input.events.map((event) => {
    if (typeof event === 'string') order.play(event);
    else order.play('Filled', lotsOf(instrument, event.Filled));
    return order.status;
  });
  if ('final' in expect) return { checks: [same('final', expect.final, order.status)] };
  if (!('statuses' in expect)) return { checks: [] };
  const reason =
    'errors: the peer refuses the late acknowledgement; here a late answer to the placement only binds the venue id and leaves the status and integrity as they are (execution 3.3)';
  return {
    checks: [
      same('statuses', expect.statuses, statuses),
      same('integrity', 'clean', order.integrity),
    ],
    reason,
  };
}

/** Accepted without a submit of ours: somebody else's order, which enters by adoption. */
function checkExternal(expect: z.output<typeof OrderSequenceCase>['expect']): Outcome {
  const expected = 'final' in expect ? expect.final : undefined;
  const reason =
    'an order that we did not submit enters by adoption; for our own orders this path is closed (execution 3.7)';
  return { checks: [same('final', expected, adoptedOrder('working').status)], reason };
}
