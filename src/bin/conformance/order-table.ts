/**
 * A peer's order table, cell by cell, against our order machine.
 *
 * A cell passes when our public status ends where the peer's does (an invalid event leaves the status as it is).
 * A cell that ends elsewhere passes only if it is in the list of explained differences with exactly the status that
 * our machine gives; every other difference fails, and so does an explanation that no cell needs.
 */
import { z } from 'zod';
import { same, type Outcome } from './compare.ts';
import {
  adoptedOrder,
  orderIn,
  partLots,
  peerEvents,
  reachableStatuses,
  type PeerEvent,
} from './order-actor.ts';

/** Orders held back locally until a condition is met: our intents have no such stage. */
const heldStates: readonly string[] = ['EMULATED', 'RELEASED'];
const heldEvents: readonly string[] = ['Emulated', 'Released'];

export const OrderTableCase = z.object({
  input: z.strictObject({
    states: z.array(z.enum([...reachableStatuses, ...heldStates])).min(1),
    events: z.array(z.enum([...peerEvents, ...heldEvents])).min(1),
  }),
  expect: z.strictObject({
    table: z.record(z.string(), z.record(z.string(), z.string().nullable())),
    legal: z.int(),
  }),
});

/** Only an order that somebody else placed enters the table in the middle. Source: execution 3.7. */
const adoptions = {
  Accepted: 'working',
  Triggered: 'triggered',
  Canceled: 'canceled',
  Expired: 'expired',
  Rejected: 'rejected',
} as const;

type Explained = { readonly cell: string; readonly ours: string; readonly why: string };

const parallel =
  'the request stays outstanding beside what the venue does: request and execution are parallel regions';
const late =
  'a real execution is never dropped: it is booked, integrity becomes late, an incident is raised';
const deferred =
  'the venue has not confirmed the order: there is nothing to address yet, the wish is kept until it has';

/** `STATE + Event` with `(part)` or `(all)` for executions. Source: execution 3.3, 3.4 and appendix A. */
const explainedDifferences: readonly Explained[] = [
  { cell: 'SUBMITTED + PendingUpdate', ours: 'SUBMITTED', why: deferred },
  { cell: 'SUBMITTED + PendingCancel', ours: 'SUBMITTED', why: deferred },
  {
    cell: 'SUBMITTED + Triggered',
    ours: 'TRIGGERED',
    why: 'a trigger may overtake the acknowledgement',
  },
  {
    cell: 'SUBMITTED + Expired',
    ours: 'EXPIRED',
    why: 'an immediate order may expire before its acknowledgement',
  },
  {
    cell: 'PENDING_UPDATE + Accepted',
    ours: 'PENDING_UPDATE',
    why: 'a late answer to the placement is no answer to the change',
  },
  { cell: 'PENDING_UPDATE + Triggered', ours: 'PENDING_UPDATE', why: parallel },
  { cell: 'PENDING_UPDATE + Filled (part)', ours: 'PENDING_UPDATE', why: parallel },
  {
    cell: 'PENDING_CANCEL + Accepted',
    ours: 'PENDING_CANCEL',
    why: 'a late answer to the placement is no answer to the cancel',
  },
  { cell: 'PENDING_CANCEL + Filled (part)', ours: 'PENDING_CANCEL', why: parallel },
  {
    cell: 'PARTIALLY_FILLED + Accepted',
    ours: 'PARTIALLY_FILLED',
    why: 'the status never loses the fact of the fill',
  },
  {
    cell: 'PARTIALLY_FILLED + Rejected',
    ours: 'CANCELED',
    why: 'the remainder has ended; the fills are kept',
  },
  {
    cell: 'CANCELED + Filled (part)',
    ours: 'CANCELED',
    why: `the status stays, the fill counts: ${late}`,
  },
  { cell: 'EXPIRED + Filled (all)', ours: 'FILLED', why: late },
  {
    cell: 'REJECTED + Filled (part)',
    ours: 'UNKNOWN',
    why: `${late}; what the rest of the order does is not known`,
  },
  { cell: 'REJECTED + Filled (all)', ours: 'FILLED', why: late },
  {
    cell: 'DENIED + Filled (part)',
    ours: 'UNKNOWN',
    why: `${late}; an order that we never sent was executed`,
  },
  {
    cell: 'DENIED + Filled (all)',
    ours: 'FILLED',
    why: `${late}; an order that we never sent was executed`,
  },
];

type Cell = { readonly cell: string; readonly expected: string; readonly ours: string };

export function checkOrderTable({ input, expect }: z.output<typeof OrderTableCase>): Outcome {
  const cells: Cell[] = [];
  const held: string[] = [];
  const missing: string[] = [];
  let legal = 0;
  for (const state of input.states) {
    for (const event of input.events) {
      const target = expect.table[state]?.[event];
      const known = peerEvents.find((each) => each === event);
      if (target === undefined) missing.push(`${state} + ${event}`);
      else if (target !== null) legal += 1;
      if (heldStates.includes(state) || known === undefined) held.push(`${state} + ${event}`);
      else cells.push(...playCell(state, known, target ?? null));
    }
  }
  const differing = cells.filter(({ expected, ours }) => expected !== ours);
  const explained = differing.filter((cell) => explanationOf(cell) !== undefined);
  const unexplained = differing.filter((cell) => explanationOf(cell) === undefined);
  const unused = explainedDifferences.filter(
    (each) => !explained.some(({ cell }) => cell === each.cell),
  );
  return {
    checks: [
      same('legal', expect.legal, legal),
      same('missing in the table', [], missing),
      {
        field: 'same',
        expected: cells.length - explained.length,
        actual: cells.length - differing.length,
        isSame: cells.length > 0,
      },
      {
        field: 'explained',
        expected: explainedDifferences.length,
        actual: explained.length,
        isSame: unused.length === 0,
      },
      same('unexplained', [], unexplained.map(text)),
      same(
        'explained without need',
        [],
        unused.map(({ cell }) => cell),
      ),
      { field: 'notApplicable', expected: held.length, actual: held.length, isSame: true },
    ],
    reason: [
      ...explained.map((cell) => `${text(cell)}: ${explanationOf(cell)?.why ?? ''}`),
      `${held.length} cells of ${heldStates.join(' and ')} do not apply: orders are not held back locally before they are sent`,
      'INITIALIZED + Accepted, Triggered, Canceled, Expired and Rejected are followed by adoption, as for any order placed elsewhere; own orders begin with their commit',
    ].join('\n'),
  };
}

/** Plays one cell; an execution is played twice, in part and in full. */
function playCell(state: string, event: PeerEvent, target: string | null): readonly Cell[] {
  const cell = `${state} + ${event}`;
  if (event === 'Filled') {
    return [true, false].map((part) => {
      const order = orderIn(state);
      order.play(event, part ? partLots : undefined);
      const [suffix, filled] = part ? ['(part)', 'PARTIALLY_FILLED'] : ['(all)', 'FILLED'];
      return {
        cell: `${cell} ${suffix}`,
        expected: target === null ? state : filled,
        ours: order.status,
      };
    });
  }
  const expected = statusAfter(state, target);
  if (state === 'INITIALIZED' && isAdoption(event)) {
    return [{ cell, expected, ours: adoptedOrder(adoptions[event]).status }];
  }
  const order = orderIn(state);
  order.play(event);
  return [{ cell, expected, ours: order.status }];
}

/** Both pending states are reached from ACCEPTED here. */
function statusAfter(state: string, target: string | null): string {
  if (target === 'PREVIOUS') return 'ACCEPTED';
  return target ?? state;
}

function isAdoption(event: PeerEvent): event is keyof typeof adoptions {
  return event in adoptions;
}

function explanationOf({ cell, ours }: Cell): Explained | undefined {
  return explainedDifferences.find((each) => each.cell === cell && each.ours === ours);
}

function text({ cell, expected, ours }: Cell): string {
  return `${cell}: peer ${expected}, ours ${ours}`;
}
