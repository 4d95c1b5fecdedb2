/** Adapters for the kinds about reports that come twice, late, or in another order: all through the whole engine. */
import { z } from 'zod';
import type { OrderId } from '../../domain/ids.ts';
import { formatLots, type Instrument } from '../../domain/instrument.ts';
import type { OrderVenueEvent } from '../../domain/order-event.ts';
import { same, sameDecimal, type Outcome } from './compare.ts';
import { instrumentOfCase, lotsOf, ticksOf } from './instrument-of-case.ts';
import { Stage } from './stage.ts';
import { Decimal, VectorSide } from './vectors.ts';

const Trade = z.strictObject({
  tradeId: z.string(),
  side: VectorSide.default('buy'),
  qty: Decimal,
  price: Decimal,
});
export const DuplicateFillCase = z.object({
  input: z.union([
    z.strictObject({ fills: z.array(Trade).min(1) }),
    z.strictObject({
      beforeRestart: z.array(z.string()).min(1),
      snapshotAfterRestart: z.array(z.string()).min(1),
    }),
  ]),
  expect: z.union([
    /** `wrongPeerResult` is what a peer's bug gave. */
    z.strictObject({ qty: Decimal, wrongPeerResult: Decimal.optional() }),
    z.strictObject({ applied: z.array(z.string()) }),
    z.strictObject({ applied: z.int(), incident: z.string() }),
  ]),
});

export function checkDuplicateFill({
  input,
  expect,
}: z.output<typeof DuplicateFillCase>): Promise<Outcome> {
  if ('beforeRestart' in input)
    return checkRedelivery(input, 'applied' in expect ? expect.applied : []);
  const { fills } = input;
  const instrument = instrumentOfCase({
    prices: fills.map(({ price }) => price),
    quantities: fills.map(({ qty }) => qty),
  });
  return Stage.with(instrument, (stage) => {
    for (const { tradeId, side, qty, price } of fills) {
      stage.tellFill({
        fillId: tradeId,
        side,
        lots: lotsOf(instrument, qty),
        ticks: ticksOf(instrument, price),
      });
    }
    if ('qty' in expect)
      return {
        checks: [sameDecimal('qty', expect.qty, formatLots(instrument, stage.book.openLots))],
      };
    const checks = [same('applied', expect.applied, stage.booked.length)];
    if ('incident' in expect)
      checks.push(
        same(
          'incident',
          expect.incident,
          stage.incidents.find((code) => code === expect.incident),
        ),
      );
    return { checks };
  });
}

const one = (fillId: string) => ({ fillId, side: 'buy', lots: 1, ticks: 1 }) as const;

/** The venue lists executions again after a restart: what was booked before is not booked again. */
function checkRedelivery(
  input: {
    readonly beforeRestart: readonly string[];
    readonly snapshotAfterRestart: readonly string[];
  },
  applied: unknown,
): Promise<Outcome> {
  const instrument = instrumentOfCase({ prices: ['1'], quantities: ['1'] });
  return Stage.with(instrument, async (stage, restart) => {
    for (const fillId of input.beforeRestart) stage.tellFill(one(fillId));
    for (const fillId of input.snapshotAfterRestart) stage.execute(one(fillId));
    const after = await restart();
    return { checks: [same('applied', applied, after.booked)] };
  });
}

export const LateFillCase = z.object({
  input: z.strictObject({
    state: z.enum(['REJECTED', 'CANCELED', 'DENIED', 'EXPIRED']),
    event: z.strictObject({ Filled: z.strictObject({ qty: Decimal, price: Decimal }) }),
  }),
  expect: z.strictObject({
    ledger: z.literal('applied'),
    incident: z.string(),
    nautilus: z.string().optional(),
  }),
});

export function checkLateFill({ input, expect }: z.output<typeof LateFillCase>): Promise<Outcome> {
  const { qty, price } = input.event.Filled;
  const instrument = instrumentOfCase({ prices: [price], quantities: [qty] });
  const lots = lotsOf(instrument, qty);
  return Stage.with(instrument, (stage) => {
    const orderId = finished(stage, input.state, lots);
    const before = stage.status(orderId);
    stage.tellFill({
      fillId: 'late',
      side: 'buy',
      lots,
      ticks: ticksOf(instrument, price),
      orderId,
    });
    const isBooked = stage.booked.includes('late') && stage.book.openLots === lots;
    return {
      checks: [
        same('state', input.state, before),
        same('ledger', expect.ledger, isBooked ? 'applied' : 'dropped'),
        same(
          'incident',
          expect.incident,
          stage.incidents.find((code) => code === expect.incident),
        ),
      ],
    };
  });
}

function finished(
  stage: Stage,
  state: z.output<typeof LateFillCase>['input']['state'],
  lots: number,
): OrderId {
  if (state === 'DENIED') return stage.denied('buy', lots);
  const orderId = stage.submit('buy', lots);
  const reason = 'as the vector says';
  if (state === 'REJECTED') {
    stage.report(orderId, { type: 'order.placeRejected', reason, origin: 'answer', atMs: 0 });
    return orderId;
  }
  stage.report(orderId, { type: 'order.placeAccepted', origin: 'answer', atMs: 0 });
  const end =
    state === 'CANCELED'
      ? ({ type: 'order.canceled', reason } as const)
      : ({ type: 'order.expired' } as const);
  stage.report(orderId, { ...end, origin: 'stream', atMs: 0 });
  return orderId;
}

const Milliseconds = z.number().nonnegative();
const Seconds = z
  .string()
  .regex(/^\d+s$/)
  .transform((text) => Number.parseInt(text, 10) * 1_000);
export const OutOfOrderCase = z.object({
  input: z.strictObject({
    events: z.union([
      z
        .array(
          z.strictObject({
            src: z.enum(['WS', 'REST']),
            status: z.enum(['NEW', 'FILLED']),
            t: Milliseconds,
          }),
        )
        .min(1),
      z.tuple(
        [z.strictObject({ status: z.literal('FILLED'), cum: Decimal })],
        z.strictObject({ fill: Decimal, after: Seconds }),
      ),
    ]),
  }),
  expect: z.union([
    z.strictObject({ final: z.string(), openOrders: z.int(), ignored: z.int() }),
    z.strictObject({
      completeAt: Seconds,
      flagged: z.boolean(),
      ifNoFills: z.strictObject({ completeAt: Seconds, flagged: z.boolean() }),
    }),
  ]),
});

type Report = {
  readonly src: 'WS' | 'REST';
  readonly status: 'NEW' | 'FILLED';
  readonly t: number;
};
type LateTrade = { readonly fill: string; readonly after: number };

export function checkOutOfOrder({
  input,
  expect,
}: z.output<typeof OutOfOrderCase>): Promise<Outcome> {
  const { events } = input;
  if ('final' in expect)
    return checkResurrection(
      events.filter((event): event is Report => 'src' in event),
      expect,
    );
  const [first] = events;
  const quantity = first !== undefined && 'cum' in first ? first.cum : '1';
  const trades = events.filter((event): event is LateTrade => 'fill' in event);
  return checkTradesAfterStatus(quantity, trades, expect);
}

/** The order of events by the venue's own time is what counts: an old status never reopens a finished order. */
function checkResurrection(
  events: readonly Report[],
  expect: { readonly final: string; readonly openOrders: number; readonly ignored: number },
): Promise<Outcome> {
  const instrument = instrumentOfCase({ prices: ['1'], quantities: ['1'] });
  return Stage.with(instrument, (stage) => {
    const orderId = stage.submit('buy', 1);
    const rejectedBefore = stage.order(orderId).context.rejectedEvents;
    // The late answer carries the status NEW, which the venue had before it filled the order.
    const firstMs = Math.floor(Math.min(...events.map(({ t }) => t)));
    for (const { src, status, t } of events) {
      const updatedAtMs = status === 'NEW' ? firstMs : Math.ceil(t);
      const origin = src === 'WS' ? 'stream' : 'answer';
      if (status === 'NEW') {
        stage.report(orderId, {
          type: 'order.opened',
          origin,
          version: { updatedAtMs, cumulativeLots: 0 },
          atMs: 0,
        });
      } else {
        stage.tellFill({ fillId: 'T1', side: 'buy', lots: 1, ticks: 1, orderId });
        stage.report(orderId, {
          type: 'order.statusFilled',
          origin,
          version: { updatedAtMs, cumulativeLots: 1 },
          atMs: 0,
        });
      }
    }
    return {
      checks: [
        same('final', expect.final, stage.status(orderId)),
        same('openOrders', expect.openOrders, stage.openOrders),
        same(
          'ignored',
          expect.ignored,
          stage.order(orderId).context.rejectedEvents - rejectedBefore,
        ),
      ],
    };
  });
}

/** The status says filled before any trade has come: the order waits for them, and closes flagged without. */
async function checkTradesAfterStatus(
  quantity: string,
  trades: readonly LateTrade[],
  expect: Extract<z.output<typeof OutOfOrderCase>['expect'], { completeAt: number }>,
): Promise<Outcome> {
  const instrument = instrumentOfCase({
    prices: ['1'],
    quantities: [quantity, ...trades.map(({ fill }) => fill)],
  });
  const withTrades = await waitForTrades(instrument, quantity, trades);
  const without = await waitForTrades(instrument, quantity, []);
  return {
    reason:
      'flagged: trades that do not follow their status are not believed away, the venue is asked for them (execution 3.3, StatusFilled)',
    checks: [
      same('completeAt', expect.completeAt, withTrades.completeAt),
      same('flagged', expect.flagged, withTrades.isFlagged),
      same('ifNoFills.completeAt', expect.ifNoFills.completeAt, without.completeAt),
      same('ifNoFills.flagged', expect.ifNoFills.flagged, without.isFlagged),
    ],
  };
}

function waitForTrades(
  instrument: Instrument,
  quantity: string,
  trades: readonly LateTrade[],
): Promise<{ completeAt: number; isFlagged: boolean }> {
  return Stage.with(instrument, (stage) => {
    const lots = lotsOf(instrument, quantity);
    const orderId = stage.submit('buy', lots);
    const filled: OrderVenueEvent = {
      type: 'order.statusFilled',
      origin: 'stream',
      version: { updatedAtMs: 0, cumulativeLots: lots },
      atMs: 0,
    };
    stage.report(orderId, filled);
    const isWaiting = (): boolean => stage.order(orderId).context.fillsDueAtMs > 0;
    for (const [index, { fill, after }] of trades.entries()) {
      stage.advanceTo(after);
      stage.tellFill({
        fillId: `T${index}`,
        side: 'buy',
        lots: lotsOf(instrument, fill),
        ticks: 1,
        orderId,
      });
    }
    while (isWaiting() && stage.advanceToNext());
    return {
      completeAt: stage.afterMs,
      isFlagged: stage.venue.queries > 0 || stage.incidents.length > 0,
    };
  });
}
