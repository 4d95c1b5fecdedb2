/** A database as a killed engine leaves it: live orders, none in doubt, the last snapshots far behind. */
import type { AccountId, InstrumentId } from '../../src/domain/ids.ts';
import type { SubmitOrder } from '../../src/domain/order.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';
import { createInlineEvaluator } from '../../src/workers/inline-evaluator.ts';
import {
  accountsNamed,
  createStage,
  instrumentsNamed,
  parTicks,
  quoteAt,
  startMs,
} from './stage.ts';

export const recoveryAccounts = 100;
export const recoveryInstruments = instrumentsNamed('B', 1);

/** Writes until there are `orders` live orders and `rows` rows; fills in parts make the rows. */
export async function writeHistory(
  directory: string,
  of: { readonly orders: number; readonly rows: number; readonly keepsTail: boolean },
): Promise<{ readonly rows: number; readonly tailRows: number }> {
  const clock = new SimulatedClock(startMs);
  const accounts = accountsNamed(recoveryAccounts);
  const [instrument] = recoveryInstruments;
  if (instrument === undefined) throw new Error('there is an instrument');
  const evaluator = createInlineEvaluator();
  const { keepsTail } = of;
  const stage = createStage({
    directory,
    clock,
    accounts,
    instruments: recoveryInstruments,
    evaluator,
    unrealizedLimit: '-100000000',
    keepsTail,
  });
  const { engine, venue, journal } = stage;
  evaluator.putQuote(quoteAt(instrument.id, parTicks, startMs));
  await engine.start();
  const placed: SubmitOrder[] = [];
  venue.onSubmit = (order) => {
    placed.push(order);
    venue.accept(order);
  };
  for (let number = 0; number < of.orders; number += 1) {
    submit(engine, accounts[number % recoveryAccounts], instrument.id, number);
    if (number % 50 === 49) engine.rest();
  }
  engine.rest();
  for (let number = 0; journal.head.seq < of.rows; number += 1) {
    const order = placed[number % placed.length];
    if (order === undefined) break;
    const { accountId, orderId, side } = order;
    venue.execute({
      accountId,
      instrument: instrument.id,
      side,
      lots: 1,
      ticks: parTicks,
      orderId,
    });
    if (number % 50 === 49) engine.rest();
  }
  engine.rest();
  const written = { rows: journal.head.seq, tailRows: journal.tailRows };
  journal.close({ isClean: false });
  return written;
}

function submit(
  engine: ReturnType<typeof createStage>['engine'],
  accountId: AccountId | undefined,
  instrument: InstrumentId,
  number: number,
): void {
  if (accountId === undefined) return;
  engine.submit({
    accountId,
    instrument,
    side: Math.floor(number / recoveryAccounts) % 2 === 0 ? 'buy' : 'sell',
    orderType: 'limit',
    quantityLots: 1_000,
    limitTicks: parTicks,
    timeInForce: 'day',
    reduceOnly: false,
    purpose: 'entry',
    source: 'strategy',
    by: 'bench',
    maxAgeMs: 30_000,
    atMs: startMs,
  });
}
