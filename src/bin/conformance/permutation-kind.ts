/** Adapter for every order of arrival of one set of reports: the path may differ, the end and the books may not. */
import { z } from 'zod';
import { formatLots, type Instrument } from '../../domain/instrument.ts';
import { averagePriceText } from '../../domain/position.ts';
import { same, sameDecimal, type Outcome } from './compare.ts';
import { instrumentOfCase, lotsOf, ticksOf } from './instrument-of-case.ts';
import { Stage } from './stage.ts';
import { Decimal } from './vectors.ts';

const averageDigits = 12;

const PermutedEvent = z.union([
  z.strictObject({ Accepted: z.strictObject({}) }),
  z.strictObject({ Filled: z.strictObject({ qty: Decimal, price: Decimal, tradeId: z.string() }) }),
  z.strictObject({ CancelRejected: z.strictObject({ reason: z.string() }) }),
]);
export const PermutationCase = z.object({
  input: z.strictObject({ qty: Decimal, events: z.array(PermutedEvent).min(1).max(6) }),
  expect: z.strictObject({
    permutations: z.int(),
    final: z.string(),
    positionQty: Decimal,
    avgPx: Decimal,
  }),
});

export async function checkPermutation({
  input,
  expect,
}: z.output<typeof PermutationCase>): Promise<Outcome> {
  const trades = input.events.flatMap((event) => ('Filled' in event ? [event.Filled] : []));
  const quantities = [input.qty, ...trades.map(({ qty }) => qty)];
  const instrument = instrumentOfCase({ prices: trades.map(({ price }) => price), quantities });
  const orders = permutations(input.events);
  const ends: { final: string; quantity: string; average: string | undefined }[] = [];
  for (const events of orders) ends.push(await playPermutation(instrument, input.qty, events));
  const odd = ends.find(
    ({ final, quantity, average }) => `${final} ${quantity} ${average}` !== endText(ends[0]),
  );
  const end = odd ?? ends[0];
  return {
    checks: [
      same('permutations', expect.permutations, orders.length),
      same('final', expect.final, end?.final),
      sameDecimal('positionQty', expect.positionQty, end?.quantity),
      sameDecimal('avgPx', expect.avgPx, end?.average),
      same('ends that differ', undefined, odd),
    ],
  };
}

function endText(
  end: { final: string; quantity: string; average: string | undefined } | undefined,
): string {
  return `${end?.final} ${end?.quantity} ${end?.average}`;
}

function playPermutation(
  instrument: Instrument,
  quantity: string,
  events: readonly z.output<typeof PermutedEvent>[],
) {
  return Stage.with(instrument, (stage) => {
    const orderId = stage.submit('buy', lotsOf(instrument, quantity));
    for (const event of events) {
      if ('Filled' in event) {
        const { qty, price, tradeId } = event.Filled;
        const lots = lotsOf(instrument, qty);
        stage.tellFill({
          fillId: tradeId,
          side: 'buy',
          lots,
          ticks: ticksOf(instrument, price),
          orderId,
        });
      } else if ('Accepted' in event) {
        stage.report(orderId, { type: 'order.placeAccepted', origin: 'answer', atMs: 0 });
      } else {
        const { reason } = event.CancelRejected;
        stage.report(orderId, { type: 'order.cancelRejected', reason, origin: 'answer', atMs: 0 });
      }
    }
    return {
      final: stage.status(orderId),
      quantity: formatLots(instrument, stage.book.openLots),
      average: averagePriceText(stage.book, instrument, averageDigits),
    };
  });
}

function permutations<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length <= 1) return [items];
  const all: (readonly Item[])[] = [];
  for (const [index, item] of items.entries()) {
    const others = [...items.slice(0, index), ...items.slice(index + 1)];
    for (const rest of permutations(others)) all.push([item, ...rest]);
  }
  return all;
}
