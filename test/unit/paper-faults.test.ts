/** Verifies: the faults of the paper venue, switched on and off while it runs (scenario-format 2). */
import { describe, expect, it } from 'vitest';
import { FillId } from '../../src/domain/ids.ts';
import { createPaperBench, mnq, orderId, paperAccount, paperStartMs } from '../support/paper.ts';

describe('faults', () => {
  it('refuses what matches and nothing else', () => {
    const bench = createPaperBench();
    bench.venue.setFaults({
      reject: [{ match: { side: 'sell', command: 'submit' }, code: 'MARGIN' }],
    });
    bench.submit({ id: 'buy', orderType: 'limit', limitTicks: 10 });
    bench.submit({ id: 'sell', side: 'sell', orderType: 'limit', limitTicks: 10 });
    bench.venue.setFaults({ reject: undefined });
    bench.submit({ id: 'later', side: 'sell', orderType: 'limit', limitTicks: 900 });
    expect(bench.said()).toEqual([
      'buy placeAccepted',
      'sell placeRejected: MARGIN',
      'later placeAccepted',
    ]);
  });

  it('answers with a status of the transport, and says whether the order exists when asked', () => {
    const bench = createPaperBench();
    bench.venue.setFaults({
      status: [
        { match: { orderId: orderId('bad') }, code: 400 },
        { match: { orderId: orderId('lost') }, code: 503 },
        { match: { orderId: orderId('taken') }, code: 503, isProcessed: true },
      ],
    });
    for (const id of ['bad', 'lost', 'taken'])
      bench.submit({ id, orderType: 'limit', limitTicks: 10 });
    bench.venue.setFaults({ status: [] });
    for (const id of ['lost', 'taken']) bench.venue.query(paperAccount, orderId(id));
    expect(bench.said()).toEqual([
      'bad placeRejected: HTTP 400',
      'place failed: HTTP 503',
      'lost placeAmbiguous: HTTP 503',
      'place failed: HTTP 503',
      'taken placeAmbiguous: HTTP 503',
      'lost notFoundConfirmed',
      'taken opened',
    ]);
  });

  it('says of a command that nobody was signed in for only that: it was not processed', () => {
    const bench = createPaperBench();
    bench.venue.setFaults({ status: [{ match: { command: 'submit' }, code: 401 }] });
    bench.submit({ id: 'a', orderType: 'limit', limitTicks: 10 });
    expect(bench.said()).toEqual(['place failed: HTTP 401']);
    bench.venue.setFaults({ status: [] });
    bench.venue.query(paperAccount, orderId('a'));
    expect(bench.said()).toEqual(['a notFoundConfirmed']);
  });

  it('hangs: processed at once, answered later', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.venue.setFaults({ hang: [{ match: { command: 'submit' }, forMs: 5_000 }] });
    bench.submit({ id: 'a' });
    expect(bench.said()).toEqual(['a fill buy 1@100']);
    bench.clock.advanceTo(paperStartMs + 5_000);
    expect(bench.said()).toEqual(['a placeAccepted']);
  });

  it('loses an acknowledgement for good, but the order exists', () => {
    const bench = createPaperBench();
    bench.venue.setFaults({ loseAck: [{}] });
    bench.submit({ id: 'a', orderType: 'limit', limitTicks: 10 });
    bench.clock.advanceTo(paperStartMs + 60_000);
    expect(bench.said()).toEqual([]);
    bench.venue.setFaults({ loseAck: [] });
    bench.venue.query(paperAccount, orderId('a'));
    expect(bench.said()).toEqual(['a opened']);
  });

  it('hides an order from look-ups and lists for a while', async () => {
    const bench = createPaperBench();
    bench.submit({ id: 'a', orderType: 'limit', limitTicks: 10 });
    bench.said();
    bench.venue.setFaults({ hideFromSearch: [{ match: { orderId: orderId('a') }, forMs: 1_000 }] });
    bench.venue.query(paperAccount, orderId('a'));
    expect(bench.said()).toEqual(['a notFoundConfirmed']);
    expect((await bench.venue.snapshot(paperAccount, 0)).orders).toEqual([]);
    bench.clock.advanceTo(paperStartMs + 1_000);
    bench.venue.query(paperAccount, orderId('a'));
    expect(bench.said()).toEqual(['a opened']);
  });

  it('fails queries a number of times: no answer, no picture', async () => {
    const bench = createPaperBench();
    bench.venue.setFaults({ failQuery: [{ code: 500, times: 2 }] });
    bench.venue.query(paperAccount, orderId('a'));
    // Of the order it says nothing.
    expect(bench.said()).toEqual(['query failed: HTTP 500']);
    await expect(bench.venue.snapshot(paperAccount, 0)).rejects.toThrow('HTTP 500');
    expect((await bench.venue.snapshot(paperAccount, 0)).balanceUnits).toBe(50_000_000_000);
  });

  it('never passes a list that could not be read off as empty', async () => {
    const bench = createPaperBench();
    for (const fault of ['nullLists', 'missingAccount'] as const) {
      bench.venue.setFaults({ nullLists: false, missingAccount: false, [fault]: true });
      await expect(bench.venue.snapshot(paperAccount, 0)).rejects.toThrow('no snapshot of A1');
    }
  });

  it('fills one size per 100 ms and leaves the rest open', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.venue.setFaults({ partial: { sizes: [2, 3] } });
    bench.submit({ id: 'a', quantityLots: 9 });
    bench.quote({ bidTicks: 99, askTicks: 100 });
    expect(bench.said()).toEqual(['a placeAccepted', 'a fill buy 2@100']);
    bench.clock.advanceTo(paperStartMs + 100);
    bench.clock.advanceTo(paperStartMs + 1_000);
    bench.quote({ bidTicks: 99, askTicks: 100 });
    expect(bench.said()).toEqual(['a fill buy 3@100']);
    expect(bench.venue.ledger().orders[0]).toMatchObject({ status: 'partial', filledLots: 5 });
  });

  it('says everything twice and pairs the wrong way round when told to', () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.venue.setFaults({ duplicateEvents: true, reorder: true });
    bench.submit({ id: 'a' });
    expect(bench.said()).toEqual([
      'a fill buy 1@100',
      'a fill buy 1@100',
      'a placeAccepted',
      'a placeAccepted',
    ]);
    expect(bench.events[2]).toEqual(bench.events[3]);
  });

  it('keeps silent on the stream while the link is down, and does not hear at all when all is down', async () => {
    const bench = createPaperBench();
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.venue.setFaults({ link: 'down' });
    bench.submit({ id: 'a' });
    expect(bench.said()).toEqual(['link down down', 'a placeAccepted']);
    bench.venue.setFaults({ link: 'downAll' });
    bench.submit({ id: 'b' });
    await expect(bench.venue.snapshot(paperAccount, 0)).rejects.toThrow('cannot be reached');
    bench.venue.setFaults({ link: 'up' });
    expect(bench.said()).toEqual(['link down downAll', 'link up up']);
    const { fills, positions } = await bench.venue.snapshot(paperAccount, 0);
    expect([fills.length, positions]).toEqual([
      1,
      [{ instrument: mnq.id, openLots: 1, costUnits: 50_000_000 }],
    ]);
    expect(bench.venue.ledger().submissions.has(orderId('b'))).toBe(false);
  });

  it('executes nothing but closes by itself in scripted mode', () => {
    const bench = createPaperBench({ faults: { fillAt: 'scripted' } });
    bench.quote({ bidTicks: 99, askTicks: 100 });
    bench.submit({ id: 'a', quantityLots: 2 });
    expect(
      bench.venue.fillOrder({
        orderId: orderId('a'),
        lots: 1,
        ticks: 77,
        fillId: FillId.parse('X1'),
      }),
    ).toBe(true);
    expect(
      bench.venue.fillOrder({
        orderId: orderId('a'),
        lots: 1,
        ticks: 77,
        fillId: FillId.parse('X1'),
      }),
    ).toBe(false);
    expect(bench.venue.endOrder(orderId('a'), 'expired', 'script')).toBe(true);
    bench.submit({ id: 'close', side: 'sell', reduceOnly: true });
    expect(bench.said()).toEqual([
      'a placeAccepted',
      'a fill buy 1@77',
      'a expired',
      'close placeAccepted',
      'close fill sell 1@99',
    ]);
  });
});
