/** Verifies: execution 3.4 (event × state of the request region), 3.8 */
import { describe, expect, it } from 'vitest';
import { requestStates, type RequestState } from '../../src/domain/order.ts';
import { createOrder, type OrderDriver } from '../support/order-driver.ts';

const opened = ['commit', 'send', 'opened t=1 c=0 id=V1'];

/** How each column is reached. `ambiguous` by a modify; the last column is `ambiguous` by a cancel. */
const columns: Readonly<Record<string, { state: RequestState; script: readonly string[] }>> = {
  none: { state: 'none', script: opened },
  pendingNew: { state: 'pendingNew', script: ['commit', 'send'] },
  pendingUpdate: { state: 'pendingUpdate', script: [...opened, 'modify q=5'] },
  pendingCancel: { state: 'pendingCancel', script: [...opened, 'cancel'] },
  pendingBoth: { state: 'pendingBoth', script: [...opened, 'modify q=5', 'cancel'] },
  ambiguous: { state: 'ambiguous', script: [...opened, 'modify q=5', 'modifyAmbiguous'] },
  ambiguousCancel: { state: 'ambiguous', script: [...opened, 'cancel', 'cancelAmbiguous'] },
};

/**
 * Execution 3.4. `=` nothing changes in this region; `counted` one more rejected event; a name is the next state.
 * What only answers a modify cannot end the doubt about a cancel, and the reverse. `*`: see the test below the table.
 */
const table = `
| event                    | none          | pendingNew    | pendingUpdate | pendingCancel | pendingBoth   | ambiguous     | ambiguousCancel |
| commit                   | dl            | dl            | dl            | dl            | dl            | dl            | dl            |
| accepted answer          | =             | none          | =             | =             | =             | =             | =             |
| opened t=2 c=0           | =             | none          | =             | =             | =             | =             | pendingCancel*|
| suspended t=2 c=0        | =             | none          | =             | =             | =             | =             | =             |
| triggered t=2 c=0        | =             | none          | =             | =             | =             | =             | =             |
| fill a 1                 | =             | none          | =             | =             | =             | =             | =             |
| placeRejected            | =             | none          | =             | =             | =             | =             | =             |
| notSent                  | dl            | none          | dl            | dl            | dl            | dl            | dl            |
| placeAmbiguous           | =             | none          | =             | =             | =             | =             | =             |
| acknowledgementOverdue   | =             | none          | =             | =             | =             | =             | =             |
| modify q=6               | pendingUpdate | deferred      | deferred      | cancelPending | cancelPending | unresolved    | unresolved    |
| cancel                   | pendingCancel | wanted        | pendingBoth   | =             | =             | pendingCancel | pendingCancel |
| timeToLiveElapsed        | pendingCancel | wanted        | pendingBoth   | =             | =             | pendingCancel | pendingCancel |
| updated q=5 t=2 c=0      | =             | none          | none          | =             | pendingCancel | none          | =             |
| updated q=4 t=2 c=0      | =             | none          | none          | =             | pendingCancel | =             | =             |
| modifyRejected           | counted       | counted       | none          | counted       | pendingCancel | none          | counted       |
| modifyAmbiguous          | =             | =             | ambiguous     | =             | pendingCancel | =             | =             |
| modifyOverdue            | =             | =             | ambiguous     | =             | pendingCancel | =             | =             |
| cancelAccepted           | pendingCancel | pendingCancel | pendingBoth   | =             | =             | pendingCancel | pendingCancel |
| cancelRejected           | counted       | counted       | counted       | none          | pendingUpdate | counted       | none          |
| cancelAmbiguous          | =             | =             | =             | ambiguous     | ambiguous     | =             | =             |
| cancelOverdue            | =             | =             | =             | ambiguous     | ambiguous     | =             | =             |
| fill a 3                 | none          | none          | none          | none          | none          | none          | none          |
| canceled t=2 c=0         | none          | none          | none          | none          | none          | none          | none          |
| expired t=2 c=0          | none          | none          | none          | none          | none          | none          | none          |
| venueRejected t=2 c=0    | none          | none          | none          | none          | none          | none          | none          |
| opened t=1 c=0 q=5 query | =             | none          | =             | =             | =             | none          | pendingCancel |
`;

type Case = { readonly event: string; readonly column: string; readonly cell: string };

function cases(): readonly Case[] {
  const rows = table
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [, ...names] = rows[0] ?? [];
  return rows
    .slice(1)
    .flatMap(([event = '', ...cells]) =>
      names.map((column, index) => ({ event, column, cell: cells[index] ?? '' })),
    );
}

function reach(column: string): OrderDriver {
  const { state, script } = columns[column] ?? { state: 'none', script: [] };
  const order = createOrder().sendAll(script);
  expect(order.regions.request).toBe(state);
  return order;
}

const refusals = new Set(['cancelPending', 'unresolved']);

describe('the request region', () => {
  it.each(
    cases()
      .filter(({ cell }) => !cell.endsWith('*'))
      .map((one) => [`${one.column} + ${one.event} => ${one.cell}`, one] as const),
  )('%s', (_name, { event, column, cell }) => {
    const order = reach(column);
    const before = order.context;
    const { isHandled } = order.send(event);
    const { request } = order.regions;
    const isCounted = cell === 'counted' || refusals.has(cell);
    expect({
      isHandled,
      request,
      counted: order.context.rejectedEvents - before.rejectedEvents,
      lastRefusal: order.context.lastRefusal,
      isWanted: order.context.cancel === 'wanted',
      isDeferred: Object.keys(order.context.deferred).length > 0,
    }).toEqual({
      isHandled: cell !== 'dl',
      request: requestStates.find((one) => one === cell) ?? columns[column]?.state,
      // A report that teaches nothing is counted by the execution region.
      counted: isCounted ? 1 : order.context.rejectedEvents - before.rejectedEvents,
      lastRefusal: refusals.has(cell) ? cell : before.lastRefusal,
      isWanted: cell === 'wanted',
      isDeferred: cell === 'deferred',
    });
  });

  it('asks again by a new cancel only when a query shows the order open', () => {
    const order = reach('ambiguousCancel').sendAll(['opened t=2 c=0']);
    expect(order.state).toBe('working/ambiguous/clean');
    const { recorded } = order.send('opened t=2 c=0 query');
    expect(order.state).toBe('working/pendingCancel/clean');
    expect(recorded.map(({ type }) => type)).toEqual(['venue.cancelOrder', 'timer.put']);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['cancel', ['cancel'], ['cancel', 'put cancel 1505']],
    ['modify', ['modify q=5'], ['modify', 'put modify 5005']],
    ['time to live', ['timeToLiveElapsed'], ['cancel', 'put cancel 1505']],
    [
      'refused cancel',
      ['cancel', 'cancelRejected'],
      ['cancel', 'put cancel 1505', 'delete cancel'],
    ],
    [
      'cancel overdue',
      ['cancel', 'cancelOverdue'],
      ['cancel', 'put cancel 1505', 'delete cancel', 'query'],
    ],
    ['cancel elsewhere', ['cancelAccepted'], ['put cancel 1505']],
    ['cancel done', ['cancel', 'canceled t=2 c=0'], ['cancel', 'put cancel 1505', 'delete cancel']],
    [
      'modify done',
      ['modify q=5', 'updated q=5 answer'],
      ['modify', 'put modify 5005', 'delete modify'],
    ],
    [
      'modify refused',
      ['modify q=5', 'modifyRejected'],
      ['modify', 'put modify 5005', 'delete modify'],
    ],
    [
      'modify in doubt',
      ['modify q=5', 'modifyOverdue'],
      ['modify', 'put modify 5005', 'delete modify', 'query'],
    ],
    [
      'coalesced modify',
      ['modify q=5', 'modify q=6', 'modify p=99', 'updated q=5 answer'],
      ['modify', 'put modify 5005', 'modify', 'put modify 5008'],
    ],
    [
      'coalesced modify after a refusal',
      ['modify q=5', 'modify q=6', 'modifyRejected'],
      ['modify', 'put modify 5005', 'modify', 'put modify 5007'],
    ],
  ])('records of: %s', (_name, script, expected) => {
    const order = reach('none');
    const before = order.records.length;
    order.sendAll(script);
    expect(order.records.slice(before)).toEqual(expected);
  });

  it('arms the acknowledgement and the time to live on sending and deletes both', () => {
    const order = createOrder({ timeToLiveMs: 15_000 }).sendAll([
      'commit',
      'send',
      'accepted',
      'fill a 3',
    ]);
    expect(order.records).toEqual([
      'submit',
      'put acknowledgement 5003',
      'put timeToLive 15003',
      'delete acknowledgement',
      'delete timeToLive',
    ]);
  });

  it('sends what waited as soon as the order is found: the cancel first', () => {
    const wanted = ['commit', 'send', 'modify q=5', 'cancel', 'placeAmbiguous'];
    const order = createOrder().sendAll(wanted);
    expect(order.state).toBe('unknown/none/clean');
    const { recorded } = order.send('opened t=1 c=0 query id=V1');
    expect(order.state).toBe('working/pendingCancel/clean');
    expect(recorded.map(({ type }) => type)).toEqual(['venue.cancelOrder', 'timer.put']);
    expect(order.context.lastRefusal).toBe('cancelPending');
  });

  it('sends a deferred modify when the venue confirms the order', () => {
    const order = createOrder().sendAll(['commit', 'send', 'modify q=4', 'modify q=5', 'accepted']);
    expect(order.state).toBe('working/pendingUpdate/clean');
    expect(order.context).toMatchObject({ modifyValues: { quantityLots: 5 }, deferred: {} });
  });

  it('takes over the values that end a doubt and keeps the old ones after a refusal', () => {
    expect(reach('ambiguous').sendAll(['opened t=1 c=0 q=4 query']).context.quantityLots).toBe(4);
    expect(reach('ambiguous').sendAll(['opened t=1 c=0 query']).regions.request).toBe('ambiguous');
    // A sleeping order is open too, and nothing may ever wake it.
    const asleep = reach('ambiguous').sendAll(['suspended t=2 c=0 q=4 query']);
    expect(asleep.state).toBe('suspended/none/clean');
    expect(asleep.context.quantityLots).toBe(4);
    expect(reach('ambiguousCancel').sendAll(['suspended t=2 c=0 q=3 query']).state).toBe(
      'suspended/pendingCancel/clean',
    );
    // One that has traded does not sleep: the report contradicts it, and settles nothing.
    const traded = reach('ambiguous').sendAll(['fill a 1', 'suspended t=2 c=1 q=4 query']);
    expect(traded.state).toBe('partial/ambiguous/conflict');
    expect(reach('pendingUpdate').sendAll(['modifyRejected']).context.quantityLots).toBe(3);
    expect(reach('pendingUpdate').sendAll(['updated answer']).context.quantityLots).toBe(5);
  });

  it('lets a timer that fires too early or too late do nothing', () => {
    expect(reach('pendingUpdate').sendAll(['modifyOverdue at=10']).regions.request).toBe(
      'pendingUpdate',
    );
    expect(reach('pendingCancel').sendAll(['cancelOverdue at=10']).regions.request).toBe(
      'pendingCancel',
    );
    expect(reach('pendingNew').sendAll(['acknowledgementOverdue at=10']).state).toBe(
      'none/pendingNew/clean',
    );
    expect(
      reach('none').sendAll(['modifyOverdue', 'cancelOverdue', 'acknowledgementOverdue']).state,
    ).toBe('working/none/clean');
  });
});
