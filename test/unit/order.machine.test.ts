/** Verifies: execution 3.5, 3.6, 3.7, N1, N2, N3, N4, N5, N6, N7, INV-ORD-1, INV-ORD-3 */
import { describe, expect, it } from 'vitest';
import type { VenueOrderId } from '../../src/domain/ids.ts';
import { orderEventTypes } from '../../src/domain/order-event.ts';
import { isClosed, orderStatus } from '../../src/domain/order.ts';
import { limits } from '../../src/kernel/limits.ts';
import { leavesLots, type AdoptedOrder } from '../../src/machines/order.machine.ts';
import {
  createOrder,
  orderEvent,
  orderWords,
  restoreOrder,
  stateText,
  type OrderDriver,
} from '../support/order-driver.ts';

/** `event => execution/request/integrity filled=n | records`; everything behind the arrow but the state may be left out. */
function expectScript(text: string, order: OrderDriver = createOrder()): OrderDriver {
  for (const line of text.trim().split('\n')) {
    const [said = ''] = line.split('#', 1);
    const [event = '', expected = ''] = said.split('=>').map((part) => part.trim());
    const { recorded, isHandled } = order.send(event);
    const [state = '', wanted] = expected.split('|').map((part) => part.trim());
    const records = order.records.slice(order.records.length - recorded.length).join(', ');
    const isLetter = isHandled ? '' : ' dead letter';
    const actual = `${order.state} filled=${order.context.filledLots}${isLetter}`;
    expect(
      `${event} => ${state.includes('filled=') ? actual : actual.replace(/ filled=\d+/u, '')}`,
    ).toBe(`${event} => ${state}`);
    expect(`${event} | ${records}`).toBe(`${event} | ${wanted ?? records}`);
  }
  return order;
}

const status = (order: OrderDriver): string =>
  orderStatus(order.regions.execution, order.regions.request);
const leaves = (order: OrderDriver): number => leavesLots(order.context, order.regions);

describe('an order', () => {
  it('lives from intent to the last fill', () => {
    const order = expectScript(
      `
      commit       => none/pendingNew/clean    filled=0 |
      send         => none/pendingNew/clean    filled=0 | submit, put acknowledgement 5003
      fill a 1     => partial/none/clean       filled=1 | delete acknowledgement   # overtook its acknowledgement
      accepted     => partial/none/clean       filled=1 |
      fill a 1     => partial/none/clean       filled=1 |                          # repeated: ignored
      fill b 2     => filled/none/clean        filled=3 |
      fill b 2     => filled/none/clean        filled=3 |
    `.replaceAll(/ +filled/gu, ' filled'),
    );
    expect(order.context).toMatchObject({ fillIdsSeen: ['a', 'b'], filledTicksLots: 300 });
  });

  it('says its public status in every phase', () => {
    const order = createOrder();
    const seen = [
      '',
      'commit',
      'placeAmbiguous',
      'send',
      'accepted',
      'modify q=4',
      'updated answer',
      'cancel',
      'cancelAmbiguous',
    ].map((line) => {
      if (line !== '') order.send(line);
      return status(order);
    });
    expect(seen).toEqual([
      'INITIALIZED',
      'SUBMITTED',
      'SUBMITTED',
      'SUBMITTED',
      'ACCEPTED',
      'PENDING_UPDATE',
      'ACCEPTED',
      'PENDING_CANCEL',
      'PENDING_UNKNOWN',
    ]);
  });

  it('is a conflict when a trade id comes back with other content, and the second is not counted', () => {
    expectScript(`
      commit        => none/pendingNew/clean
      send          => none/pendingNew/clean
      accepted      => working/none/clean
      fill a 1      => partial/none/clean filled=1 |
      fill a 2      => partial/none/conflict filled=1 | incident TRADE_ID_CONFLICT, query
      agreed query  => partial/none/conflict
      fill a 2      => partial/none/conflict filled=1    # starts the count of agreements over
      agreed query  => partial/none/conflict
      agreed query  => partial/none/clean
    `);
  });

  it('does not count a trade of the other side', () => {
    expect(createOrder().sendAll(['commit', 'send', 'accepted', 'fill a 1 side=sell']).state).toBe(
      'working/none/conflict',
    );
  });

  it('refuses to forget a trade: beyond the bound it says so and counts no more', () => {
    const order = createOrder({ quantityLots: 10_000 }).sendAll(['commit', 'send', 'accepted']);
    const fills = Array.from({ length: limits.fillsPerOrderMax }, (_, index) => `f${index}`);
    const snapshot = order.snapshot;
    const context = {
      ...snapshot.context,
      filledLots: 4096,
      fillIdsSeen: fills,
      fillContents: fills,
    };
    const full = restoreOrder({ ...snapshot, context } as never);
    full.send('fill last 1');
    expect(full.state).toBe('working/none/conflict');
    expect(full.records).toEqual(['incident FILLS_PER_ORDER_MAX', 'query']);
    expect(full.context.filledLots).toBe(4096);
  });

  it('takes a voided trade back, once, and never counts it again', () => {
    const order = expectScript(`
      commit       => none/pendingNew/clean
      send         => none/pendingNew/clean
      accepted     => working/none/clean
      fill a 3     => filled/none/clean filled=3
      voided a 3   => filled/none/conflict filled=0 | incident ORDER_CONFLICT, query
      voided a 3   => filled/none/conflict filled=0 |
      fill a 3     => filled/none/conflict filled=0 |
      voided b 1   => filled/none/conflict filled=0    # overtook its trade
      fill b 1     => filled/none/conflict filled=0
    `);
    expect(order.context.filledTicksLots).toBe(0);
  });

  it('asks for trades that a filled status counts when they stay away', () => {
    expectScript(
      `
      commit               => none/pendingNew/clean
      send                 => none/pendingNew/clean
      statusFilled t=1 c=3 => filled/none/clean filled=0 | put fills 5004, delete acknowledgement
      fillsOverdue at=4000 => filled/none/clean |
      fillsOverdue at=5004 => filled/none/clean | query
      fillsOverdue at=5005 => filled/none/clean |
    `.replace('put fills 5004, delete acknowledgement', 'delete acknowledgement, put fills 5004'),
    );
  });

  it('reserves the worst case until the venue proves otherwise', () => {
    const at = (script: readonly string[]): number => leaves(createOrder().sendAll(script));
    const opened = ['commit', 'send', 'opened t=1 c=0'];
    expect(at([])).toBe(3);
    expect(at(['commit', 'send', 'placeAmbiguous'])).toBe(3);
    expect(at([...opened, 'fill a 1', 'cancel'])).toBe(2);
    expect(at([...opened, 'modify q=5'])).toBe(5);
    expect(at([...opened, 'modify q=1'])).toBe(3);
    expect(at([...opened, 'modify q=5', 'modifyAmbiguous'])).toBe(5);
    expect(at([...opened, 'modify q=5', 'modifyAmbiguous', 'cancel'])).toBe(5);
    expect(at([...opened, 'modify q=5', 'modify q=7'])).toBe(7);
    expect(at([...opened, 'modify q=1', 'updated q=1 answer'])).toBe(1);
    expect(at([...opened, 'modify q=5', 'modifyRejected'])).toBe(3);
    expect(at([...opened, 'fill a 1', 'canceled t=2 c=1'])).toBe(0);
    expect(at([...opened, 'fill a 9'])).toBe(0);
  });
});

describe('the version rule', () => {
  it.each<[string, string, string, number]>([
    ['older in time', 'opened t=5 c=0', 'suspended t=4 c=0', 1],
    ['older in fill at the same time', 'opened t=5 c=1', 'suspended t=5 c=0', 1],
    ['the same', 'opened t=5 c=0', 'suspended t=5 c=0', 1],
    ['newer in time', 'opened t=5 c=0', 'suspended t=6 c=0', 0],
    ['more fill at the same time', 'opened t=5 c=0', 'suspended t=5 c=1', 0],
    ['more final at the same time', 'opened t=5 c=0', 'canceled t=5 c=0', 0],
    ['finished, but older', 'opened t=5 c=0', 'canceled t=4 c=0', 1],
    ['without a time, no move forward', 'opened t=5 c=0', 'suspended', 1],
    ['without a time, more fill', 'opened t=5 c=0', 'suspended c=1', 0],
    ['without a time, finished', 'opened t=5 c=0', 'expired', 0],
    ['without anything to compare with', 'accepted', 'suspended', 0],
    ['the same, but asked for', 'opened t=5 c=0', 'opened t=5 c=0 query', 0],
    ['the late answer to our own modify', 'opened t=5 c=0', 'updated p=9 t=1 c=0 answer', 0],
  ])('%s: after `%s`, `%s`', (_name, first, second, rejected) => {
    const order = createOrder().sendAll(['commit', 'send', first]);
    const before = order.regions.execution;
    order.send(second);
    expect(order.context.rejectedEvents).toBe(rejected);
    const isMoving = rejected === 0 && !/accepted|opened|updated/u.test(second);
    expect(order.regions.execution !== before).toBe(isMoving);
  });

  it('exempts fills', () => {
    expect(
      createOrder().sendAll(['commit', 'send', 'opened t=5 c=0', 'fill a 1 t=1 c=0']).context
        .filledLots,
    ).toBe(1);
  });
});

describe('the integrity of an order', () => {
  const lateOrder = ['commit', 'send', 'opened t=1 c=0', 'canceled t=2 c=0', 'fill a 1'];

  it.each<[string, readonly string[], string]>([
    ['late evidence', lateOrder, 'late'],
    ['late, then overfilled', [...lateOrder, 'fill b 9'], 'overfilled'],
    ['overfilled, then late evidence', ['commit', 'send', 'fill a 4', 'fill b 1'], 'overfilled'],
    ['late, then a contradiction', [...lateOrder, 'opened t=9 c=0'], 'conflict'],
    [
      'a contradiction, then late evidence',
      ['commit', 'send', 'canceled t=2 c=0', 'opened t=9 c=0', 'fill a 1'],
      'conflict',
    ],
    ['one agreement', [...lateOrder, 'opened t=9 c=0', 'agreed'], 'conflict'],
    ['two agreements, late', [...lateOrder, 'opened t=9 c=0', 'agreed', 'agreed'], 'late'],
    [
      'two agreements, overfilled',
      ['commit', 'send', 'fill a 4', 'venueRejected', 'agreed', 'agreed'],
      'overfilled',
    ],
    ['agreement without a conflict', [...lateOrder, 'agreed', 'agreed'], 'late'],
    ['acknowledged late', [...lateOrder, 'acknowledged'], 'clean'],
    ['acknowledged overfill', ['commit', 'send', 'fill a 4', 'acknowledged'], 'clean'],
    ['acknowledged conflict', [...lateOrder, 'opened t=9 c=0', 'acknowledged'], 'clean'],
  ])('after %s', (_name, script, integrity) => {
    expect(createOrder().sendAll(script).regions.integrity).toBe(integrity);
  });

  it('does not ask the venue again about the answer to just that question', () => {
    const rejected = createOrder().sendAll(['commit', 'send', 'placeRejected']);
    expect(rejected.send('opened query').recorded.map(({ type }) => type)).toEqual(['incident']);
  });
});

describe('holes of other order machines', () => {
  it.each([
    ['CANCELED', ['commit', 'send', 'canceled'], 'canceled'],
    ['EXPIRED', ['commit', 'send', 'expired'], 'expired'],
    ['REJECTED', ['commit', 'send', 'placeRejected'], 'unknown'],
    ['DENIED', ['denied'], 'unknown'],
    ['FAILED', ['commit', 'notSent'], 'partial'],
  ])(
    'N1: a fill on a %s order is booked once, late, with an incident',
    (name, script, execution) => {
      const order = createOrder().sendAll(script);
      const { recorded } = order.send('fill a 1');
      expect(order.regions.execution).toBe(execution);
      expect(order.regions.integrity).toBe(name === 'DENIED' ? 'conflict' : 'late');
      const codes = [`LATE_FILL_AFTER_${name}`, ...(name === 'DENIED' ? ['ORDER_CONFLICT'] : [])];
      expect(recorded).toMatchObject(codes.map((code) => ({ type: 'incident', code })));
      expect(order.send('fill a 1').recorded).toEqual([]);
      expect(order.context).toMatchObject({ filledLots: 1, hasLateEvidence: true });
    },
  );

  it.each([
    ['updated q=5 answer', 'cancelRejected', 'working/none/clean', 5],
    ['modifyRejected', 'cancelRejected', 'working/none/clean', 3],
    ['modifyAmbiguous', 'cancelRejected', 'working/ambiguous/clean', 3],
    ['updated q=5 answer', 'canceled t=3 c=0', 'canceled/none/clean', undefined],
    ['modifyRejected', 'canceled t=3 c=0', 'canceled/none/clean', 3],
  ])(
    'N2: modify and cancel race: %s and %s in either order end the same',
    (one, two, state, quantityLots) => {
      const racing = ['commit', 'send', 'opened t=1 c=0', 'modify q=5', 'cancel'];
      for (const answers of [
        [one, two],
        [two, one],
      ]) {
        const order = createOrder().sendAll([...racing, ...answers]);
        expect(order.state).toBe(state);
        expect(order.context.quantityLots).toBe(quantityLots ?? order.context.quantityLots);
      }
    },
  );

  it('N2: a trigger during a cancel is not lost', () => {
    expect(
      createOrder().sendAll(['commit', 'send', 'opened t=1 c=0', 'cancel', 'triggered t=2 c=0'])
        .state,
    ).toBe('triggered/pendingCancel/clean');
  });

  it('N3: a rejection after a partial fill ends the remainder in one event', () => {
    expectScript(`
      commit                => none/pendingNew/clean
      send                  => none/pendingNew/clean
      fill a 1              => partial/none/clean filled=1
      venueRejected t=2 c=1 => canceled/none/clean filled=1 |
      venueRejected t=3 c=1 => canceled/none/clean filled=1 |
    `);
  });

  it('N4: a late acceptance does not hide a partial fill', () => {
    const order = createOrder().sendAll([
      'commit',
      'send',
      'fill a 1',
      'accepted',
      'opened t=1 c=1',
    ]);
    expect(status(order)).toBe('PARTIALLY_FILLED');
  });

  it('N5: an order may expire or trigger before its acknowledgement', () => {
    const sent = ['commit', 'send'];
    expect(createOrder().sendAll([...sent, 'expired']).state).toBe('expired/none/clean');
    expect(createOrder().sendAll([...sent, 'triggered']).state).toBe('triggered/none/clean');
    expect(createOrder().sendAll([...sent, 'triggered', 'accepted']).state).toBe(
      'triggered/none/clean',
    );
  });

  it('N6: silence makes an order unknown, keeps its exposure, and it is attached when it shows', () => {
    const order = expectScript(`
      commit                             => none/pendingNew/clean
      send                               => none/pendingNew/clean
      acknowledgementOverdue at=5002     => none/pendingNew/clean |
      acknowledgementOverdue at=60000    => unknown/none/clean | query
    `);
    expect([status(order), leaves(order)]).toEqual(['UNKNOWN', 3]);
    order.send('missing query');
    expect([status(order), leaves(order)]).toEqual(['UNKNOWN', 3]);
    order.send('opened t=1 c=0 query id=V1');
    expect([status(order), order.context.venueOrderId]).toEqual(['ACCEPTED', 'V1']);
  });

  it('N6: not found ends an order as failed only when nothing was ever seen of it', () => {
    const doubted = ['commit', 'send', 'placeAmbiguous'];
    expect(createOrder().sendAll([...doubted, 'notFound query']).state).toBe('failed/none/clean');
    const seen = createOrder().sendAll([
      'commit',
      'send',
      'accepted id=V1',
      ...Array<string>(5).fill('missing'),
      'notFound query',
    ]);
    expect([seen.state, leaves(seen)]).toEqual(['unknown/none/conflict', 3]);
    expect(seen.records.at(-1)).toBe('incident ORDER_CONFLICT');
  });

  it('N6: a cancel that was wanted is sent when a failed order appears after all', () => {
    const order = createOrder().sendAll([
      'commit',
      'send',
      'placeAmbiguous',
      'cancel',
      'notFound query',
    ]);
    expect(order.state).toBe('failed/none/clean');
    const { recorded } = order.send('opened t=1 c=0 id=V1');
    expect(order.state).toBe('working/pendingCancel/late');
    expect(recorded.map(({ type }) => type)).toEqual([
      'incident',
      'venue.cancelOrder',
      'timer.put',
    ]);
    expect(recorded[0]).toMatchObject({ code: 'LATE_ORDER' });
  });

  const venueWords = orderWords.filter((word) => 'origin' in orderEvent(`${word} a 1`));

  it.each(venueWords)('N7: %s is a dead letter for an own order that was never sent', (word) => {
    expect(venueWords).toHaveLength(orderEventTypes.length - 13);
    for (const script of [[], ['commit']]) {
      const order = createOrder().sendAll(script);
      const before = order.snapshot;
      const { isHandled, recorded } = order.send(`${word} a 1 t=1 c=0`);
      expect([isHandled, recorded.length, stateText(order.snapshot)]).toEqual([
        false,
        0,
        stateText(before),
      ]);
    }
  });

  it.each<[AdoptedOrder['status'], number]>([
    ['working', 0],
    ['partial', 1],
    ['suspended', 0],
    ['triggered', 0],
    ['filled', 3],
    ['canceled', 1],
    ['expired', 0],
    ['rejected', 0],
  ])('N7: an adopted order starts as the venue reports it: %s', (found, filledLots) => {
    const adopted: AdoptedOrder = {
      source: 'external',
      status: found,
      filledLots,
      venueOrderId: 'V9' as VenueOrderId,
    };
    const order = createOrder({ adopted });
    expect(order.state).toBe(`${found}/none/clean`);
    expect(leaves(order)).toBe(isClosed(found) ? 0 : 3 - filledLots);
    for (const own of ['commit', 'denied', 'notSent', 'send'])
      expect(order.send(own).isHandled).toBe(false);
  });

  it('counts a trade from before the adoption once, and one from after it on top', () => {
    const adopted: AdoptedOrder = {
      source: 'recovered',
      status: 'partial',
      filledLots: 1,
      venueOrderId: 'V9' as VenueOrderId,
    };
    const order = createOrder({ adopted, createdAtMs: 100 }).sendAll([
      'fill a 1 vt=50',
      'fill b 1 vt=150',
      'cancel',
    ]);
    expect(order.context).toMatchObject({
      filledLots: 2,
      unattributedLots: 0,
      filledTicksLots: 200,
    });
    expect(order.state).toBe('partial/pendingCancel/clean');
  });
});
