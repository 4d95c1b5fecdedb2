/**
 * Verifies: execution 3.3 (event × state of the execution region), 3.10, O5, O6
 *
 * The table is the specification's own text; every state is reached through real events.
 */
import { describe, expect, it } from 'vitest';
import { orderEventTypes } from '../../src/domain/order-event.ts';
import { executionStates, isClosed, type ExecutionState } from '../../src/domain/order.ts';
import {
  createOrder,
  orderWords,
  typeOfWord,
  type OrderDriver,
  type Word,
} from '../support/order-driver.ts';

const sent = ['commit', 'send'];
const opened = [...sent, 'opened t=1 c=0'];

/** How each column is reached; the order is for 3 lots. `p` is U with a fill, `f` is F whose trades are missing. */
const columns: Readonly<Record<string, { state: ExecutionState; script: readonly string[] }>> = {
  N: { state: 'none', script: sent },
  S: { state: 'suspended', script: [...sent, 'suspended t=1 c=0'] },
  W: { state: 'working', script: opened },
  T: { state: 'triggered', script: [...opened, 'triggered t=2 c=0'] },
  P: { state: 'partial', script: [...opened, 'fill a 1'] },
  U: { state: 'unknown', script: [...sent, 'placeAmbiguous'] },
  F: { state: 'filled', script: [...opened, 'fill a 3'] },
  X: { state: 'canceled', script: [...opened, 'canceled t=2 c=0'] },
  E: { state: 'expired', script: [...opened, 'expired t=2 c=0'] },
  R: { state: 'rejected', script: [...sent, 'placeRejected'] },
  D: { state: 'denied', script: ['denied'] },
  A: { state: 'failed', script: ['commit', 'notSent'] },
  p: { state: 'unknown', script: [...opened, 'fill a 1', ...Array<string>(5).fill('missing')] },
  f: { state: 'filled', script: [...opened, 'statusFilled t=2 c=3'] },
};

const letters: Readonly<Record<string, ExecutionState>> = Object.fromEntries(
  Object.entries(columns)
    .filter(([letter]) => letter === letter.toUpperCase())
    .map(([letter, { state }]) => [letter, state]),
);

/**
 * Execution 3.3, row by row. `a or b`: from U without a fill, and with one. Added to the specification's text are
 * only the words in parentheses, which say what is sent, and the rows split where one row holds several events.
 */
const table = `
| Event                                     | N   | S    | W    | T    | P    | U      | F   | X    | E    | R   | D   | A   |
| IntentCommitted (commit)                  | dl  | dl   | dl   | dl   | dl   | dl     | dl  | dl   | dl   | dl  | dl  | dl  |
| GateDenied (denied)                       | dl  | dl   | dl   | dl   | dl   | dl     | dl  | dl   | dl   | dl  | dl  | dl  |
| NotSent (notSent)                         | A   | dl   | dl   | dl   | dl   | dl     | dl  | dl   | dl   | dl  | dl  | dl  |
| SendStarted (send)                        | dl  | dl   | dl   | dl   | dl   | dl     | dl  | dl   | dl   | dl  | dl  | dl  |
| PlaceAccepted (accepted answer)           | W   | =    | =    | =    | =    | W or P | =   | =    | =    | C   | C   | L:W |
| PlaceAmbiguous (placeAmbiguous answer)    | U   | =    | =    | =    | =    | =      | =   | =    | =    | =   | dl  | =   |
| PlaceRejected (placeRejected answer)      | R   | C    | C    | C    | C    | R or C | C   | =    | =    | =   | dl  | R   |
| AckTimeout (acknowledgementOverdue)       | U   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| VenueOpen (opened)                        | W   | W    | =    | =    | =    | W or P | st  | st/C | st/C | C   | C   | L:W |
| VenueSuspended (suspended)                | S   | =    | S    | C    | C    | S      | st  | st/C | st/C | C   | C   | L:S |
| VenueTriggered (triggered)                | T   | T    | T    | =    | =    | T      | st  | st/C | st/C | C   | C   | L:T |
| Fill, cumulative < quantity (fill z 1)    | P   | P    | P    | P    | P    | P      |     | L:=  | L:=  | L:U | L:U | L:P |
| Fill, cumulative = quantity (fill z rest) | F   | F    | F    | F    | F    | F      |     | L:F  | L:F  | L:F | L:F | L:F |
| Fill, cumulative > quantity (fill z 9)    | F   | F    | F    | F    | F    | F      | =   | L:F  | L:F  | L:F | L:F | L:F |
| Fill, repeated (fill a 1)                 |     |      |      |      | =    |        |     |      |      |     |     |     |
| StatusFilled (statusFilled c=3)           | F   | F    | F    | F    | F    | F      | =   | L:F  | L:F  | L:F | C   | L:F |
| FillVoided (voided z 1)                   | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| Updated (updated q=3)                     | =   | =    | =    | =    | =    | W or P | st  | st/C | st/C | C   | C   | L:W |
| VenueRejected (venueRejected)             | R   | R    | R    | R    | X    | R or X | C   | =    | =    | =   | C   | R   |
| Canceled (canceled)                       | X   | X    | X    | X    | X    | X      | st  | =    | =    | =   | C   | X   |
| Expired (expired)                         | E   | E    | E    | E    | E    | E      | st  | =    | =    | =   | C   | E   |
| MissingInQuery (missing query)            | =   | =/U  | =/U  | =/U  | =/U  | =      | =   | =    | =    | =   | =   | =   |
| NotFoundConfirmed (notFound query)        | =   | =    | =    | =    | =    | A or C | =   | =    | =    | =   | =   | =   |
| StateUnreadable (unreadable)              | C   | C    | C    | C    | C    | C      | C   | C    | C    | C   | C   | C   |
| OperatorResolved (resolved canceled)      | dl  | dl   | dl   | dl   | dl   | X      | dl  | dl   | dl   | dl  | dl  | dl  |
| OperatorResolved (resolved failed)        | dl  | dl   | dl   | dl   | dl   | A      | dl  | dl   | dl   | dl  | dl  | dl  |
| ModifyRequested (modify q=5)              | =   | =    | =    | =    | =    | =      | no-op | no-op | no-op | no-op | no-op | no-op |
| CancelRequested (cancel)                  | =   | =    | =    | =    | =    | =      | no-op | no-op | no-op | no-op | no-op | no-op |
| TtlElapsed (timeToLiveElapsed)            | =   | =    | =    | =    | =    | =      | no-op | no-op | no-op | no-op | no-op | no-op |
| ModifyRejected (modifyRejected)           | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| ModifyAmbiguous (modifyAmbiguous)         | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| CancelAccepted (cancelAccepted)           | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| CancelRejected (cancelRejected)           | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| CancelAmbiguous (cancelAmbiguous)         | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| ModifyTimeout (modifyOverdue)             | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| CancelTimeout (cancelOverdue)             | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| FillsTimeout (fillsOverdue)               | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| IntegrityAcknowledged (acknowledged)      | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
| ReconciliationAgrees (agreed query)       | =   | =    | =    | =    | =    | =      | =   | =    | =    | =   | =   | =   |
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
  return rows.slice(1).flatMap(([head = '', ...cells]) => {
    const event = /\((.+)\)/u.exec(head)?.[1] ?? '';
    return names.flatMap((column, index) => {
      const cell = cells[index] ?? '';
      if (cell === '') return [];
      const [first = '', second = first] = cell.split(' or ');
      if (column === 'U') {
        return [
          { event, column: 'U', cell: first },
          { event, column: 'p', cell: second },
        ];
      }
      if (cell === 'st/C') return ['st', 'C'].map((one) => ({ event, column, cell: one }));
      if (cell === '=/U')
        return [
          { event, column, cell: '=' },
          { event, column, cell: '5×U' },
        ];
      return [{ event, column, cell }];
    });
  });
}

function reach(column: string): OrderDriver {
  const { state, script } = columns[column] ?? { state: 'none', script: [] };
  const order = createOrder().sendAll(script);
  expect(order.regions.execution).toBe(state);
  return order;
}

const statusWords =
  /^(opened|suspended|triggered|statusFilled|updated|venueRejected|canceled|expired)\b/u;

/** A report newer than all before, or for `st` older than all. */
function lineOf({ event, cell }: Case, order: OrderDriver): string {
  const { filledLots, quantityLots } = order.context;
  const line = event.replace('rest', String(quantityLots - filledLots));
  if (!statusWords.test(line)) return line;
  return line.includes('c=') ? `${line} t=9` : `${line} t=${cell === 'st' ? 0 : 9} c=${filledLots}`;
}

/** What the cell promises, against what the machine does. */
function outcomeOf(
  one: Case,
  order: OrderDriver,
): { readonly expected: object; readonly actual: object } {
  const from = order.regions;
  const rejectedEvents = order.context.rejectedEvents;
  if (one.cell === '5×U') order.sendAll(Array<string>(4).fill('missing query'));
  const { isHandled, recorded, before, after } = order.send(lineOf(one, order));
  const { execution, integrity } = order.regions;
  const counted = order.context.rejectedEvents - rejectedEvents;
  const actual = { isHandled, execution, integrity };
  const unmoved = { execution: from.execution, integrity: from.integrity };
  switch (one.cell) {
    case 'dl':
    case 'no-op':
      return {
        expected: { ...unmoved, isHandled: one.cell === 'no-op', records: 0, isSame: true },
        actual: { ...actual, records: recorded.length, isSame: before === after },
      };
    case 'st':
      return {
        expected: { ...unmoved, isHandled: true, counted: 1 },
        actual: { ...actual, counted },
      };
    case 'C': {
      const types = ['incident', ...(one.event.endsWith('query') ? [] : ['venue.queryOrder'])];
      return {
        expected: { ...unmoved, integrity: 'conflict', isHandled: true, counted: 1, types },
        actual: { ...actual, counted, types: recorded.map(({ type }) => type) },
      };
    }
    default: {
      const letter = one.cell.replace('L:', '').replace('5×', '');
      const isBooked = order.context.fillIdsSeen.includes('z' as never);
      return {
        expected: {
          execution: letter === '=' ? from.execution : letters[letter],
          integrity: integrityAfter(one),
          isHandled: true,
          isBooked: / z /u.test(one.event),
        },
        actual: { ...actual, isBooked },
      };
    }
  }
}

function integrityAfter({ event, column, cell }: Case): string {
  if (event.startsWith('voided') || (cell.startsWith('L:') && column === 'D')) return 'conflict';
  if (event === 'fill z 9') return 'overfilled';
  return cell.startsWith('L:') ? 'late' : 'clean';
}

describe('the execution region', () => {
  it.each(cases().map((one) => [`${one.column} + ${one.event} => ${one.cell}`, one] as const))(
    '%s',
    (_name, one) => {
      const { expected, actual } = outcomeOf(one, reach(one.column));
      expect(actual).toEqual(expected);
    },
  );

  it('has a row for every event of the catalogue and a column for every state', () => {
    const words = new Set(cases().map(({ event }) => typeOfWord[event.split(' ')[0] as Word]));
    expect([...words].toSorted()).toEqual([...orderEventTypes].toSorted());
    expect(Object.values(letters).toSorted()).toEqual([...executionStates].toSorted());
  });

  it('takes the trades that a filled status still lacks as normal', () => {
    const order = reach('f').sendAll(['fill x 1', 'fill y 2']);
    expect(order.state).toBe('filled/none/clean');
    expect(order.context).toMatchObject({ filledLots: 3, filledTicksLots: 300 });
    expect(order.records.slice(-2)).toEqual(['put fills 5005', 'delete fills']);
    expect(order.send('fill z 1').after.value).toMatchObject({
      execution: 'filled',
      integrity: 'overfilled',
    });
  });

  it('commits, denies and sends only in order, and each once', () => {
    const handled = (script: readonly string[], line: string): boolean =>
      createOrder().sendAll(script).send(line).isHandled;
    expect(handled([], 'commit')).toBe(true);
    expect(handled([], 'denied')).toBe(true);
    expect(handled([], 'send')).toBe(false);
    expect(handled(['commit'], 'commit')).toBe(false);
    expect(handled(['commit'], 'denied')).toBe(true);
    expect(handled(['commit'], 'send')).toBe(true);
    expect(handled(['commit', 'notSent'], 'send')).toBe(false);
  });

  it('accepts a trigger only for orders that wait for one', () => {
    const order = createOrder({ orderType: 'limit' }).sendAll([...opened, 'triggered t=2 c=0']);
    expect(order.state).toBe('working/none/conflict');
    expect(order.records.slice(-2)).toEqual(['incident ORDER_CONFLICT', 'query']);
  });

  it('ends a partly filled order when the venue cuts it to what is filled', () => {
    const order = reach('P').sendAll(['updated q=1 t=3 c=1']);
    expect(order.state).toBe('filled/none/clean');
  });

  it('fetches the fills that a cancel counts before they are booked, and then they are not late', () => {
    const order = createOrder().sendAll([...opened, 'canceled t=3 c=2', 'fill a 2']);
    expect(order.state).toBe('canceled/none/clean');
    expect(order.records.slice(-3)).toEqual(['query', 'put fills 5005', 'delete fills']);
    expect(order.context.filledLots).toBe(2);
  });

  it('forgets nothing of a fill when an order is seen open after a doubt', () => {
    expect(reach('p').sendAll(['opened t=9 c=1 query']).regions.execution).toBe('partial');
  });

  it('starts counting the misses again whenever the venue shows the order', () => {
    const order = reach('W').sendAll([
      'missing',
      'missing',
      'missing',
      'missing',
      'opened t=1 c=0 query',
      'missing',
    ]);
    expect(order.regions.execution).toBe('working');
    expect(order.context.missingQueries).toBe(1);
  });

  it('is closed exactly in the states that are called closed', () => {
    for (const column of Object.keys(columns)) {
      const order = reach(column);
      expect(order.context.isClosed).toBe(isClosed(order.regions.execution));
    }
  });

  it('speaks every event of the catalogue', () => {
    expect(orderWords.map((word) => typeOfWord[word]).toSorted()).toEqual(
      [...orderEventTypes].toSorted(),
    );
  });
});
