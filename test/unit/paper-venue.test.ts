/**
 * Verifies: matching and the order types of the paper venue, what it says in which order, and that its
 * book survives a restart.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Fill } from '../../src/domain/fill.ts';
import { FillId, VenueOrderId } from '../../src/domain/ids.ts';
import { createPaperBench, mnq, orderId, paperAccount, paperStartMs } from '../support/paper.ts';

const directories: string[] = [];
function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-paper-'));
  directories.push(directory);
  return directory;
}
afterEach(() => {
  for (const directory of directories.splice(0))
    rmSync(directory, { recursive: true, force: true });
});

function outside(fillId: string, fields: Partial<Fill> = {}): Fill {
  return {
    fillId: FillId.parse(fillId),
    accountId: paperAccount,
    instrument: mnq.id,
    side: 'buy',
    lots: 2,
    ticks: 100,
    feeUnits: 0,
    venueTimeMs: paperStartMs,
    ...fields,
  };
}

describe('matching', () => {
  it('fills a market order at the touch and pays the fee of the instrument', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 101, lastTicks: 100 });
    bench.submit({ id: 'a', quantityLots: 2 });
    bench.submit({ id: 'b', side: 'sell', quantityLots: 2 });
    expect(bench.said()).toEqual([
      'a placeAccepted',
      'a fill buy 2@101',
      'b placeAccepted',
      'b fill sell 2@99',
    ]);
    const { balances, fills } = bench.venue.ledger();
    expect(fills.map(({ fillId, feeUnits }) => [fillId, feeUnits])).toEqual([
      ['T1', 740_000],
      ['T2', 740_000],
    ]);
    // Two ticks lost on two lots at 0.50, four sides of fees at 0.37.
    expect(balances.map(({ units }) => units)).toEqual([50_000_000_000 - 2_000_000 - 1_480_000]);
  });

  it('keeps a market order until the first quote and fills it at last when there is no touch', () => {
    const bench = createPaperBench();
    bench.submit({ id: 'a', timeInForce: 'ioc' });
    expect(bench.said()).toEqual(['a placeAccepted']);
    bench.quote({ lastTicks: 100 });
    expect(bench.said()).toEqual(['a fill buy 1@100']);
  });

  it('fills a resting limit at its limit when a later quote goes through, and a marketable one at the touch', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 101 });
    bench.submit({ id: 'rests', orderType: 'limit', limitTicks: 98 });
    bench.submit({ id: 'crosses', orderType: 'limit', limitTicks: 105 });
    expect(bench.said()).toEqual([
      'rests placeAccepted',
      'crosses placeAccepted',
      'crosses fill buy 1@101',
    ]);
    bench.quote({ bidTicks: 98, askTicks: 99 });
    expect(bench.said()).toEqual([]);
    bench.quote({ bidTicks: 90, askTicks: 92 });
    expect(bench.said()).toEqual(['rests fill buy 1@98']);
  });

  it('fills a limit on the last price when a quote carries nothing else', () => {
    const bench = createPaperBench();
    bench.submit({ id: 'a', side: 'sell', orderType: 'limit', limitTicks: 110 });
    bench.quote({ lastTicks: 109 });
    bench.quote({ lastTicks: 112 });
    expect(bench.said()).toEqual(['a placeAccepted', 'a fill sell 1@110']);
  });

  it('fills a stop at the price of the gap, not at its stop price', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 100, askTicks: 101, lastTicks: 100 });
    bench.submit({ id: 'a', side: 'sell', orderType: 'stop', stopTicks: 95 });
    bench.quote({ bidTicks: 96, askTicks: 97, lastTicks: 96 });
    expect(bench.said()).toEqual(['a placeAccepted']);
    bench.quote({ bidTicks: 80, askTicks: 82, lastTicks: 81 });
    expect(bench.said()).toEqual(['a fill sell 1@80']);
  });

  it('fills a stop that a trade has reached at the touch that follows', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 100, askTicks: 101 });
    bench.submit({ id: 'a', side: 'sell', orderType: 'stop', stopTicks: 95 });
    bench.quote({ lastTicks: 94 });
    expect(bench.said()).toEqual(['a placeAccepted']);
    bench.quote({ bidTicks: 93, askTicks: 94 });
    expect(bench.said()).toEqual(['a fill sell 1@93']);
  });

  it('reports a stop limit as triggered and then treats it as a limit', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 100, askTicks: 101, lastTicks: 100 });
    bench.submit({ id: 'a', orderType: 'stopLimit', stopTicks: 105, limitTicks: 106 });
    bench.quote({ bidTicks: 109, askTicks: 110, lastTicks: 110 });
    expect(bench.said()).toEqual(['a placeAccepted', 'a triggered']);
    bench.quote({ bidTicks: 105, askTicks: 106, lastTicks: 106 });
    expect(bench.said()).toEqual(['a fill buy 1@106']);
  });

  it('lets a trailing stop follow the best price and never back', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 100, askTicks: 101, lastTicks: 100 });
    bench.submit({ id: 'a', side: 'sell', orderType: 'trailingStop', trailTicks: 10 });
    for (const last of [120, 111, 115])
      bench.quote({ bidTicks: last - 1, askTicks: last, lastTicks: last });
    expect(bench.said()).toEqual(['a placeAccepted']);
    bench.quote({ bidTicks: 109, askTicks: 110, lastTicks: 110 });
    expect(bench.said()).toEqual(['a fill sell 1@109']);
  });

  it('cancels what an ioc could not fill and a whole fok that does not fit', () => {
    const bench = createPaperBench({ depth: { lotsPerLevel: 2, levels: 2 } });
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'fok', timeInForce: 'fok', quantityLots: 5 });
    bench.submit({ id: 'ioc', timeInForce: 'ioc', quantityLots: 5 });
    expect(bench.said()).toEqual([
      'fok placeAccepted',
      'fok canceled: fok: the rest was not filled at once',
      'ioc placeAccepted',
      'ioc fill buy 2@100',
      'ioc fill buy 2@101',
      'ioc canceled: ioc: the rest was not filled at once',
    ]);
  });

  it('offers the depth of a quote once and again with the next quote', () => {
    const bench = createPaperBench({ depth: { lotsPerLevel: 3, levels: 1 } });
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'a', quantityLots: 2 });
    bench.submit({ id: 'b', quantityLots: 2 });
    bench.quote({ bidTicks: 99, askTicks: 102 });
    expect(bench.said().filter((text) => text.includes('fill'))).toEqual([
      'a fill buy 2@100',
      'b fill buy 1@100',
      'b fill buy 1@102',
    ]);
  });

  it('makes the price of market and stop orders worse by the slippage, never that of limits', () => {
    const bench = createPaperBench({ faults: { slippageTicks: 3 } });
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'market' });
    bench.submit({ id: 'limit', orderType: 'limit', limitTicks: 100 });
    expect(bench.said().filter((text) => text.includes('fill'))).toEqual([
      'market fill buy 1@103',
      'limit fill buy 1@100',
    ]);
  });

  it('expires day orders at the end of the session', () => {
    const bench = createPaperBench({ sessionEndMs: (nowMs) => nowMs + 60_000 });
    bench.submit({ id: 'day', orderType: 'limit', limitTicks: 10, timeInForce: 'day' });
    bench.submit({ id: 'gtc', orderType: 'limit', limitTicks: 10 });
    bench.clock.advanceTo(paperStartMs + 60_000);
    expect(bench.said()).toEqual(['day placeAccepted', 'gtc placeAccepted', 'day expired']);
    expect(bench.venue.stats().openOrders).toBe(1);
  });
});

describe('reduce-only orders', () => {
  it('are refused when there is nothing to reduce', () => {
    const bench = createPaperBench();
    bench.submit({ id: 'a', side: 'sell', reduceOnly: true });
    expect(bench.said()).toEqual(['a placeRejected: reduce-only: nothing to reduce']);
  });

  it('never take more than the position and end with it', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'open', quantityLots: 3 });
    bench.submit({
      id: 'stop',
      side: 'sell',
      orderType: 'stop',
      stopTicks: 50,
      quantityLots: 3,
      reduceOnly: true,
    });
    bench.submit({ id: 'close', side: 'sell', quantityLots: 5, reduceOnly: true });
    expect(bench.said().slice(3)).toEqual([
      'close placeAccepted',
      'close fill sell 3@99',
      'stop canceled: reduce-only: nothing to reduce',
      'close canceled: reduce-only: nothing to reduce',
    ]);
  });
});

describe('commands', () => {
  it('takes a client order id once and counts every arrival', () => {
    const bench = createPaperBench();
    bench.submit({ id: 'a', orderType: 'limit', limitTicks: 10 });
    bench.submit({ id: 'a', orderType: 'limit', limitTicks: 10 });
    expect(bench.said()).toEqual([
      'a placeAccepted',
      'a placeAmbiguous: duplicate client order id',
    ]);
    expect(bench.venue.ledger().submissions).toEqual(new Map([['a', 2]]));
    expect(bench.venue.stats()).toMatchObject({ submissions: 2, duplicates: 1, openOrders: 1 });
  });

  it('cancels working orders and says why it does not cancel others', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'rests', orderType: 'limit', limitTicks: 10 });
    bench.submit({ id: 'filled' });
    bench.said();
    bench.cancel('rests');
    bench.cancel('rests');
    bench.cancel('filled');
    bench.cancel('nobody');
    expect(bench.said()).toEqual([
      'rests canceled: canceled on request',
      'rests cancelRejected: already canceled',
      'filled cancelRejected: already filled',
      'nobody cancelRejected: unknown order',
    ]);
  });

  it('changes working orders, also into a trade', () => {
    const bench = createPaperBench();
    const about = { orderId: orderId('a'), accountId: paperAccount, instrument: mnq.id };
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'a', orderType: 'limit', limitTicks: 90, quantityLots: 2 });
    bench.venue.modify({ ...about, stopTicks: 80 });
    bench.venue.modify({ ...about, limitTicks: 101, quantityLots: 4 });
    bench.venue.modify({ ...about, limitTicks: 99 });
    expect(bench.said()).toEqual([
      'a placeAccepted',
      'a modifyRejected: a limit order has no stop price',
      'a updated',
      'a fill buy 4@100',
      'a modifyRejected: already filled',
    ]);
  });

  it('changes the price alone of an order that is partly filled, and ends one whose quantity is filled', () => {
    const bench = createPaperBench({ depth: { lotsPerLevel: 2, levels: 1 } });
    const about = { orderId: orderId('a'), accountId: paperAccount, instrument: mnq.id };
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'a', orderType: 'limit', limitTicks: 100, quantityLots: 5 });
    bench.said();
    bench.venue.modify({ ...about, limitTicks: 95 });
    bench.venue.modify({ ...about, quantityLots: 1 });
    bench.venue.modify({ ...about, quantityLots: 2 });
    expect(bench.said()).toEqual([
      'a updated',
      'a modifyRejected: quantity is less than what is filled',
      'a updated',
    ]);
    expect(bench.venue.ledger().orders[0]).toMatchObject({ status: 'filled', limitTicks: 95 });
  });

  it('answers a query with the executions first and then the status, and knows what it never saw', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'a' });
    bench.said();
    bench.venue.query(paperAccount, orderId('a'));
    bench.venue.query(paperAccount, orderId('never'));
    expect(bench.said()).toEqual(['a fill buy 1@100', 'a statusFilled', 'never notFoundConfirmed']);
  });

  it('gives every report a key of its own and the same execution the same trade id', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'a' });
    for (let time = 0; time < 2; time += 1) bench.venue.query(paperAccount, orderId('a'));
    const keys = bench.events.flatMap((event) => (event.type === 'venue.order' ? [event.key] : []));
    expect(new Set(keys).size).toBe(3);
    const trades = bench.events.flatMap((event) =>
      event.type === 'venue.fill' ? [event.fill.fillId] : [],
    );
    expect(trades).toEqual(['T1', 'T1', 'T1']);
  });

  it('travels for the latency, there and back', () => {
    const bench = createPaperBench({ faults: { latencyMs: 40 } });
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'a' });
    bench.clock.advanceTo(paperStartMs + 40);
    expect([bench.said(), bench.venue.stats().accepted]).toEqual([[], 1]);
    bench.clock.advanceTo(paperStartMs + 80);
    expect(bench.said()).toEqual(['a placeAccepted', 'a fill buy 1@100']);
  });
});

describe('what happens elsewhere', () => {
  it('changes the truth of the venue and is announced', async () => {
    const bench = createPaperBench();
    bench.venue.externalFill(outside('X1'));
    bench.venue.externalFill(outside('X1'));
    bench.venue.setBalance(paperAccount, 1_000_000);
    bench.venue.externalPosition({
      accountId: paperAccount,
      instrument: mnq.id,
      openLots: 7,
      costUnits: 350_000_000,
    });
    bench.venue.externalOrder({
      venueOrderId: VenueOrderId.parse('V9'),
      accountId: paperAccount,
      instrument: mnq.id,
      side: 'sell',
      orderType: 'limit',
      quantityLots: 1,
      filledLots: 0,
      limitTicks: 120,
      status: 'working',
      updatedAtMs: paperStartMs,
    });
    bench.quote({ bidTicks: 200, askTicks: 201 });
    expect(bench.said()).toEqual([
      'external fill buy 2@100',
      'external fill buy 2@100',
      'balance 1000000',
      'position 7',
      'V9 opened',
    ]);
    expect(await bench.venue.snapshot(paperAccount, 0)).toMatchObject({
      balanceUnits: 1_000_000,
      fills: [{ fillId: 'X1' }],
      orders: [{ venueOrderId: 'V9', status: 'working' }],
      positions: [{ instrument: mnq.id, openLots: 7, costUnits: 350_000_000 }],
    });
  });

  it('takes a voided execution back as if it had not been', () => {
    const bench = createPaperBench();
    bench.venue.externalFill(outside('X1'));
    const closing = outside('X2', { side: 'sell', lots: 1, ticks: 120, feeUnits: 500_000 });
    bench.venue.externalFill(closing);
    bench.venue.voidFill(closing);
    const { positions, balances, fills } = bench.venue.ledger();
    expect(positions[0]?.book).toMatchObject({
      openLots: 2,
      costUnits: 100_000_000,
      realizedUnits: 0,
      feesUnits: 0,
    });
    expect(balances[0]?.units).toBe(50_000_000_000);
    expect(fills.map(({ fillId }) => fillId)).toEqual(['X1']);
  });
});

describe('the book', () => {
  it('knows orders, executions and submissions after a restart without a farewell', () => {
    const directory = temporary();
    const before = createPaperBench({}, directory);
    before.quote({ bidTicks: 99, askTicks: 100 });
    before.submit({ id: 'filled', quantityLots: 2 });
    before.submit({
      id: 'rests',
      side: 'sell',
      orderType: 'limit',
      limitTicks: 150,
      quantityLots: 2,
    });
    const after = createPaperBench({}, directory, paperStartMs + 1_000);
    after.submit({
      id: 'rests',
      side: 'sell',
      orderType: 'limit',
      limitTicks: 150,
      quantityLots: 2,
    });
    after.quote({ bidTicks: 160, askTicks: 161 });
    after.submit({ id: 'new' });
    expect(after.said()).toEqual([
      'rests placeAmbiguous: duplicate client order id',
      'rests fill sell 2@150',
      'new placeAccepted',
      'new fill buy 1@161',
    ]);
    const { fills, orders, submissions, positions } = after.venue.ledger();
    expect(fills.map(({ fillId }) => fillId)).toEqual(['T1', 'T2', 'T3']);
    expect(orders.map(({ venueOrderId }) => venueOrderId)).toEqual(['P1', 'P2', 'P3']);
    expect([...submissions.values()]).toEqual([1, 1, 2]);
    expect(positions[0]?.book.openLots).toBe(1);
  });

  it('has written an execution before it tells of it', () => {
    const directory = temporary();
    const bench = createPaperBench({}, directory);
    bench.quote({ bidTicks: 99, askTicks: 100 });
    const seen: number[] = [];
    bench.venue.connect((event) => {
      if (event.type === 'venue.fill')
        seen.push(createPaperBench({}, directory).venue.ledger().fills.length);
    });
    bench.submit({ id: 'a' });
    expect(seen).toEqual([1]);
  });

  it('never uses the key of a report twice, also not after a restart', () => {
    const directory = temporary();
    const keys: string[] = [];
    for (let start = 0; start < 3; start += 1) {
      const bench = createPaperBench({}, directory, paperStartMs + start);
      bench.submit({ id: 'a', orderType: 'limit', limitTicks: 10 });
      bench.venue.query(paperAccount, orderId('a'));
      bench.venue.query(paperAccount, orderId('missing'));
      keys.push(
        ...bench.events.flatMap((event) => (event.type === 'venue.order' ? [event.key] : [])),
      );
    }
    expect(keys).toHaveLength(9);
    expect(new Set(keys).size).toBe(9);
  });

  it('refuses a directory that cannot be written, with a remedy', () => {
    const file = join(temporary(), 'file');
    writeFileSync(file, '');
    expect(() => createPaperBench({}, join(file, 'data'))).toThrow(
      expect.objectContaining({ code: 'PAPER_BOOK_UNWRITABLE', exitCode: 73 }),
    );
  });

  it('takes what comes in while it speaks only after it has spoken', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 100 });
    const heard: string[] = [];
    bench.venue.connect((event) => {
      heard.push(
        event.type === 'venue.order' ? `${event.orderId} ${event.event.type}` : event.type,
      );
      if (heard.length === 1) bench.submit({ id: 'b' });
    });
    bench.submit({ id: 'a' });
    expect(heard).toEqual([
      'a order.placeAccepted',
      'venue.fill',
      'b order.placeAccepted',
      'venue.fill',
    ]);
  });
});
