/**
 * The position of one account in one instrument.
 *
 * Two regions: what is open (`exposure`) and whether we and the venue agree on it (`certainty`).
 * While it is doubted the account takes no new risk. Source: rules 1.1 and 8, execution 11.
 *
 * Invariants (test/property/position.machine.test.ts):
 * - INV-POSM-1: `exposure` is the sign of the open quantity.
 * - INV-POSM-2: the open quantity is that of the last report of the venue plus the fills since.
 */
import { assign, setup } from 'xstate';
import type { AccountId, InstrumentId } from '../domain/ids.ts';
import type { PositionEvent } from '../domain/machine-event.ts';
import { emptyBook, type PositionBook } from '../domain/position.ts';
import { bookFill, withoutFill } from './book-fill.ts';
import { record } from './step.ts';

export type PositionInput = {
  readonly accountId: AccountId;
  readonly instrument: InstrumentId;
};

type PositionContext = PositionInput & {
  readonly book: PositionBook;
  readonly fillsSeen: number;
  /** When what is open, or was open last, was opened or changed sides; absent: never. */
  readonly openedAtMs?: number;
  readonly lastFillAtMs?: number;
  /** Newest venue time heard of: a report that is older does not count. */
  readonly venueTimeMs: number;
};

type Of<Type extends PositionEvent['type']> = Extract<PositionEvent, { type: Type }>;

const machineSetup = setup({
  types: {
    input: {} as PositionInput,
    context: {} as PositionContext,
    events: {} as PositionEvent,
  },
  guards: {
    isFlat: ({ context }) => context.book.openLots === 0,
    isLong: ({ context }) => context.book.openLots > 0,
    isShort: ({ context }) => context.book.openLots < 0,
    isOutdated: ({ context }, { venueTimeMs }: Of<'position.reported'>) =>
      venueTimeMs < context.venueTimeMs,
  },
  actions: {
    recordFill: assign(({ context }, event: Of<'position.filled'>) => {
      const { fill, instrument, atMs } = event;
      const { book } = bookFill(context.book, instrument, fill);
      return {
        ...opened(context, book, event.executedAtMs ?? atMs),
        fillsSeen: context.fillsSeen + 1,
        lastFillAtMs: atMs,
        venueTimeMs: Math.max(context.venueTimeMs, fill.venueTimeMs),
      };
    }),
    voidFill: assign(({ context }, event: Of<'position.fillVoided'>) => {
      const { fill, instrument, realizedUnits, atMs } = event;
      const book = withoutFill(context.book, instrument, fill, realizedUnits);
      return { ...opened(context, book, atMs), fillsSeen: context.fillsSeen - 1 };
    }),
    takeReport: assign(({ context }, event: Of<'position.reported'>) => {
      const { openLots, costUnits, venueTimeMs, atMs } = event;
      return { ...opened(context, { ...context.book, openLots, costUnits }, atMs), venueTimeMs };
    }),
    reportMismatch: ({ context }, { openLots, costUnits }: Of<'position.reported'>) => {
      const { book, instrument } = context;
      if (book.openLots !== openLots) {
        const text = `${instrument}: the venue has ${openLots} lots, the fills make ${book.openLots}`;
        record({ type: 'incident', code: 'POSITION_MISMATCH', text });
      } else if (book.costUnits !== costUnits) {
        const text = `${instrument}: the venue's cost is ${costUnits} units, the fills make ${book.costUnits}`;
        record({ type: 'incident', code: 'POSITION_COST_MISMATCH', text });
      }
    },
    restrictAccount: ({ context }, { reason, atMs }: { reason: string; atMs: number }) => {
      const text = `${context.instrument}: ${reason}`;
      record({ type: 'incident', code: 'POSITION_DOUBTED', text });
      const cause = { cause: doubt(context), state: 'REDUCING', reason: text } as const;
      record({
        type: 'message',
        to: 'account',
        event: { type: 'account.causeAdded', cause, atMs },
      });
    },
    releaseAccount: ({ context }, { atMs }: { atMs: number }) => {
      const event = { type: 'account.causeRemoved', cause: doubt(context), atMs } as const;
      record({ type: 'message', to: 'account', event });
    },
  },
});

function doubt({ instrument }: PositionContext): string {
  return `doubted:${instrument}`;
}

/** The new book, with the time when the position was opened or changed sides. */
function opened(
  context: PositionContext,
  book: PositionBook,
  atMs: number,
): Partial<PositionContext> {
  const isNew =
    book.openLots !== 0 && Math.sign(book.openLots) !== Math.sign(context.book.openLots);
  return isNew ? { book, openedAtMs: atMs } : { book };
}

const whole = <Type extends PositionEvent['type']>({ event }: { event: Of<Type> }): Of<Type> =>
  event;
const release = { type: 'releaseAccount', params: whole } as const;

const exposure = machineSetup.createStateConfig({
  initial: 'flat',
  states: {
    flat: {
      always: [
        { guard: 'isLong', target: 'long' },
        { guard: 'isShort', target: 'short' },
      ],
    },
    long: {
      always: [
        { guard: 'isFlat', target: 'flat' },
        { guard: 'isShort', target: 'short' },
      ],
    },
    short: {
      always: [
        { guard: 'isFlat', target: 'flat' },
        { guard: 'isLong', target: 'long' },
      ],
    },
  },
  on: {
    'position.filled': { actions: { type: 'recordFill', params: whole } },
    'position.fillVoided': { actions: { type: 'voidFill', params: whole } },
    'position.reported': [
      // Taken before a fill that we have booked since: it would take that fill back.
      { guard: { type: 'isOutdated', params: whole } },
      {
        actions: [
          { type: 'reportMismatch', params: whole },
          { type: 'takeReport', params: whole },
        ],
      },
    ],
  },
});

const certainty = machineSetup.createStateConfig({
  initial: 'agreed',
  states: {
    agreed: {
      on: {
        'position.fillVoided': {
          target: 'doubted',
          actions: {
            type: 'restrictAccount',
            params: ({ event }) => ({
              reason: `fill ${event.fill.fillId} was voided`,
              atMs: event.atMs,
            }),
          },
        },
        'position.doubted': {
          target: 'doubted',
          actions: {
            type: 'restrictAccount',
            params: ({ event }) => ({ reason: event.reason, atMs: event.atMs }),
          },
        },
        'position.agreed': {},
      },
    },
    doubted: {
      on: {
        'position.reported': [
          { guard: { type: 'isOutdated', params: whole } },
          { target: 'agreed', actions: release },
        ],
        'position.agreed': { target: 'agreed', actions: release },
        'position.doubted': {},
      },
    },
  },
});

export const positionMachine = machineSetup.createMachine({
  id: 'position',
  version: '1',
  options: { maxIterations: 1000 },
  context: ({ input: { accountId, instrument } }) => ({
    accountId,
    instrument,
    book: emptyBook,
    fillsSeen: 0,
    venueTimeMs: 0,
  }),
  type: 'parallel',
  states: { exposure, certainty },
});
