/**
 * The ledger of one account: profit and fees by trading day, the book of each instrument, the balance.
 *
 * It runs before and independently of locks; rules read it and never add to it. Repeated trade ids are taken out
 * before they get here, by the stored fills. Source: rules 7.2 and 8.
 *
 * Invariants (test/property/ledger.machine.test.ts):
 * - INV-LED-1: profit and fees of every day equal the sum over the fills of that day.
 * - INV-LED-2: a boundary rolls the day once; a fill of a past day never touches today.
 * - INV-LED-3: balance = start + all profit − all fees + transfers.
 * - INV-LED-4: a corrected fill counts as if its last figures had been the first; a voided one as if it had not been.
 */
import { assign, setup } from 'xstate';
import { addExact } from '../domain/arithmetic.ts';
import type { AccountId, FillId, InstrumentId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { LedgerEvent } from '../domain/machine-event.ts';
import type { Currency, Units } from '../domain/money.ts';
import { emptyBook, type PositionBook } from '../domain/position.ts';
import { bookFill, withoutFill } from './book-fill.ts';
import {
  clearResult,
  clearWeek,
  contribute,
  rollDay,
  type DayTotals,
  type WeekTotals,
} from './ledger.days.ts';
import {
  beginDayMarks,
  markEquity,
  moveMarks,
  rebaseMarks,
  type HighWater,
} from './ledger.high-water.ts';
import { record } from './step.ts';

export type LedgerInput = {
  readonly accountId: AccountId;
  readonly currency: Currency;
  /** Trading-day id, `2026-11-20`. */
  readonly tradingDay: string;
  /** The boundary at which this trading day began. */
  readonly lastBoundaryMs: number;
  /** Balance before the first fill that is booked here. */
  readonly balanceUnits: Units;
  /** Weekly boundary at which the present week began; 0, the default, where weeks do not end. */
  readonly weekStartMs?: number;
};

/** What the last fill contributed: the row that the engine stores. */
export type LedgerBooking = {
  readonly fillId: FillId;
  readonly tradingDay: string;
  readonly realizedUnits: Units;
  readonly feeUnits: Units;
  readonly closedLots: Lots;
  readonly openedLots: Lots;
};

type LedgerContext = Omit<LedgerInput, 'weekStartMs'> & {
  /** Today, before fees. */
  readonly realizedUnits: Units;
  /** Today; positive = cost. */
  readonly feesUnits: Units;
  /** Half-turns of today. */
  readonly fillsToday: number;
  /** Added to today's figures for the result of the day: see ledger.days.ts. */
  readonly carriedRealizedUnits: Units;
  readonly carriedFeesUnits: Units;
  /** Weekly boundary at which the present week began; 0 while nothing resets it. */
  readonly weekStartMs: number;
  /** Sums by week, oldest first; bounded by limits.ledgerWeeksMax. */
  readonly weeks: readonly WeekTotals[];
  readonly books: Readonly<Record<InstrumentId, PositionBook>>;
  /** Past days, oldest first; bounded by limits.ledgerArchiveDaysMax. */
  readonly archive: readonly DayTotals[];
  /** Days whose fills came before their boundary did. */
  readonly nextDays: readonly DayTotals[];
  /** What the venue said last; compared by the reconciliation, never mixed into the sums. */
  readonly balanceReportedUnits?: Units;
  readonly lastBooking?: LedgerBooking;
  /** Difference to the venue's list of the day that was told last; 0 while they agree. */
  readonly differenceUnits: Units;
  /** Highest equity with where it is from. */
  readonly highWater: HighWater;
};

type Of<Type extends LedgerEvent['type']> = Extract<LedgerEvent, { type: Type }>;

const machineSetup = setup({
  types: {
    input: {} as LedgerInput,
    context: {} as LedgerContext,
    events: {} as LedgerEvent,
  },
  guards: {
    isNewBoundary: ({ context }, { boundaryMs }: Of<'ledger.dayRolled'>) =>
      boundaryMs > context.lastBoundaryMs,
    isNewWeek: ({ context }, { boundaryMs }: Of<'ledger.weekRolled'>) =>
      boundaryMs > context.weekStartMs,
    isNewMark: ({ context }, { equityUnits, atMs }: Of<'ledger.equityMarked'>) =>
      markEquity(context.highWater, equityUnits, atMs) !== undefined,
    isNewDifference: ({ context }, { differenceUnits }: Of<'ledger.compared'>) =>
      differenceUnits !== context.differenceUnits,
  },
  actions: {
    recordFill: assign(({ context }, event: Of<'ledger.fillReported'>) => booked(context, event)),
    voidFill: assign(({ context }, event: Of<'ledger.fillVoided'>) => voided(context, event)),
    correctFill: assign(({ context }, event: Of<'ledger.fillCorrected'>) =>
      corrected(context, event),
    ),
    rollDay: assign(({ context }, event: Of<'ledger.dayRolled'>) => ({
      ...rollDay(context, event),
      highWater: beginDayMarks(context.highWater),
    })),
    clearResult: assign(({ context }) => ({
      ...clearResult(context),
      highWater: beginDayMarks(context.highWater),
    })),
    rollWeek: assign((_, { boundaryMs }: Of<'ledger.weekRolled'>) => ({
      weekStartMs: boundaryMs,
    })),
    clearWeek: assign(({ context }) => clearWeek(context)),
    markEquity: assign(({ context }, { equityUnits, atMs }: Of<'ledger.equityMarked'>) => ({
      highWater: markEquity(context.highWater, equityUnits, atMs) ?? context.highWater,
    })),
    rebaseEquity: assign((_, { equityUnits, atMs }: Of<'ledger.equityRebased'>) => ({
      highWater: rebaseMarks(equityUnits, atMs),
    })),
    reportJump: ({ context }, { equityUnits, atMs }: Of<'ledger.equityMarked'>) => {
      const marks = markEquity(context.highWater, equityUnits, atMs);
      if (marks?.doubted === undefined) return;
      const known = context.highWater.ever?.equityUnits ?? 0;
      const text = `equity ${equityUnits} units against a high of ${known}: it counts when a later mark confirms it`;
      record({ type: 'incident', code: 'EQUITY_IMPLAUSIBLE', text });
    },
    takeDifference: assign((_, { differenceUnits }: Of<'ledger.compared'>) => ({
      differenceUnits,
    })),
    reportDifference: (_, { differenceUnits, text }: Of<'ledger.compared'>) => {
      if (differenceUnits === 0) return;
      record({ type: 'alert', severity: 'error', code: 'DATA_MISMATCH', text });
      record({ type: 'incident', code: 'DATA_MISMATCH', text });
    },
    recordBalance: assign((_, { balanceUnits }: Of<'ledger.balanceReported'>) => ({
      balanceReportedUnits: balanceUnits,
    })),
    recordTransfer: assign(({ context }, { amountUnits }: Of<'ledger.transferRecorded'>) => ({
      balanceUnits: addExact(context.balanceUnits, amountUnits),
      highWater: moveMarks(context.highWater, amountUnits),
    })),
    reportOtherDay: ({ context }, { fill, tradingDay }: Of<'ledger.fillReported'>) => {
      if (tradingDay >= context.tradingDay) return;
      const text = `fill ${fill.fillId} belongs to ${tradingDay}, today is ${context.tradingDay}`;
      record({ type: 'incident', code: 'FILL_OF_PAST_DAY', text });
    },
    reportForeignCurrency: ({ context }, event: Of<'ledger.fillReported'>) => {
      const { fill, instrument, atMs } = event;
      const { settlementCurrency } = instrument;
      if (settlementCurrency === context.currency) return;
      const reason = `fill ${fill.fillId} settles in ${settlementCurrency}, the account in ${context.currency}: its profit is not counted`;
      record({ type: 'incident', code: 'CURRENCY_NOT_OF_ACCOUNT', text: reason });
      const cause = { cause: `currency:${fill.instrument}`, state: 'REDUCING', reason } as const;
      record({
        type: 'message',
        to: 'account',
        event: { type: 'account.causeAdded', cause, atMs },
      });
    },
    reportCorrection: (_, event: Of<'ledger.fillCorrected'>) => {
      const { before, fill, tradingDay, realizedUnits } = event;
      const realizedNow = fill.venueRealizedUnits ?? realizedUnits;
      if (before.feeUnits === fill.feeUnits && realizedNow === realizedUnits) return;
      const text = `fill ${fill.fillId} of ${tradingDay}: fee ${before.feeUnits} is ${fill.feeUnits}, profit ${realizedUnits} is ${realizedNow} units`;
      record({ type: 'incident', code: 'FILL_CORRECTED', text });
    },
    reportVoid: (_, { fill, tradingDay, realizedUnits }: Of<'ledger.fillVoided'>) =>
      record({
        type: 'incident',
        code: 'FILL_VOIDED',
        text: `fill ${fill.fillId} of ${tradingDay} no longer counts: profit ${realizedUnits}, fee ${fill.feeUnits} units`,
      }),
  },
});

/** Units are summed in one currency only; what settles in another changes the book and nothing else. */
function isForeign(context: LedgerContext, instrument: { settlementCurrency: string }): boolean {
  return instrument.settlementCurrency !== context.currency;
}

function booked(context: LedgerContext, event: Of<'ledger.fillReported'>): Partial<LedgerContext> {
  const { fill, instrument, tradingDay } = event;
  const change = bookFill(context.books[fill.instrument] ?? emptyBook, instrument, fill);
  const isOther = isForeign(context, instrument);
  // The venue's own figure is what its daily limit is judged by; the book stays arithmetic.
  const realizedUnits = isOther ? 0 : (fill.venueRealizedUnits ?? change.realizedUnits);
  const feeUnits = isOther ? 0 : fill.feeUnits;
  const { closedLots, openedLots } = change;
  return {
    ...contribute(context, event, { realizedUnits, feesUnits: feeUnits, fills: 1 }),
    books: { ...context.books, [fill.instrument]: change.book },
    lastBooking: {
      fillId: fill.fillId,
      tradingDay,
      realizedUnits,
      feeUnits,
      closedLots,
      openedLots,
    },
  };
}

function voided(context: LedgerContext, event: Of<'ledger.fillVoided'>): Partial<LedgerContext> {
  const { fill, instrument } = event;
  const known = context.books[fill.instrument] ?? emptyBook;
  const isOther = isForeign(context, instrument);
  const book = withoutFill(known, instrument, fill, isOther ? undefined : event.realizedUnits);
  const realizedUnits = isOther ? 0 : 0 - event.realizedUnits;
  const feesUnits = isOther ? 0 : 0 - fill.feeUnits;
  return {
    ...contribute(context, event, { realizedUnits, feesUnits, fills: -1 }),
    books: { ...context.books, [fill.instrument]: book },
  };
}

/** Another fee or profit of a trade that counts already: the difference is added where the trade was. */
function corrected(
  context: LedgerContext,
  event: Of<'ledger.fillCorrected'>,
): Partial<LedgerContext> {
  const { before, fill, instrument, tradingDay, openedLots, closedLots } = event;
  const isOther = isForeign(context, instrument);
  const realizedUnits = isOther ? 0 : (fill.venueRealizedUnits ?? event.realizedUnits);
  const feeDifference = addExact(fill.feeUnits, -before.feeUnits);
  const book = context.books[fill.instrument] ?? emptyBook;
  const delta = {
    realizedUnits: isOther ? 0 : addExact(realizedUnits, -event.realizedUnits),
    feesUnits: isOther ? 0 : feeDifference,
    fills: 0,
  };
  return {
    ...contribute(context, event, delta),
    books: {
      ...context.books,
      [fill.instrument]: { ...book, feesUnits: addExact(book.feesUnits, feeDifference) },
    },
    lastBooking: {
      fillId: fill.fillId,
      tradingDay,
      realizedUnits,
      feeUnits: isOther ? 0 : fill.feeUnits,
      closedLots,
      openedLots,
    },
  };
}

const whole = <Type extends LedgerEvent['type']>({ event }: { event: Of<Type> }): Of<Type> => event;

export const ledgerMachine = machineSetup.createMachine({
  id: 'ledger',
  version: '2',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({
    ...input,
    weekStartMs: input.weekStartMs ?? 0,
    realizedUnits: 0,
    feesUnits: 0,
    fillsToday: 0,
    carriedRealizedUnits: 0,
    carriedFeesUnits: 0,
    weeks: [],
    differenceUnits: 0,
    highWater: {},
    books: {},
    archive: [],
    nextDays: [],
  }),
  initial: 'open',
  states: {
    open: {
      on: {
        'ledger.fillReported': {
          actions: [
            { type: 'reportOtherDay', params: whole },
            { type: 'reportForeignCurrency', params: whole },
            { type: 'recordFill', params: whole },
          ],
        },
        'ledger.fillVoided': {
          actions: [
            { type: 'reportVoid', params: whole },
            { type: 'voidFill', params: whole },
          ],
        },
        'ledger.fillCorrected': {
          actions: [
            { type: 'reportCorrection', params: whole },
            { type: 'correctFill', params: whole },
          ],
        },
        'ledger.dayRolled': [
          {
            guard: { type: 'isNewBoundary', params: whole },
            actions: { type: 'rollDay', params: whole },
          },
          {},
        ],
        'ledger.resultCleared': { actions: 'clearResult' },
        'ledger.weekRolled': [
          {
            guard: { type: 'isNewWeek', params: whole },
            actions: { type: 'rollWeek', params: whole },
          },
          {},
        ],
        'ledger.weekCleared': { actions: 'clearWeek' },
        'ledger.equityMarked': [
          {
            guard: { type: 'isNewMark', params: whole },
            actions: [
              { type: 'reportJump', params: whole },
              { type: 'markEquity', params: whole },
            ],
          },
          {},
        ],
        'ledger.equityRebased': { actions: { type: 'rebaseEquity', params: whole } },
        'ledger.compared': [
          {
            guard: { type: 'isNewDifference', params: whole },
            actions: [
              { type: 'reportDifference', params: whole },
              { type: 'takeDifference', params: whole },
            ],
          },
          {},
        ],
        'ledger.balanceReported': { actions: { type: 'recordBalance', params: whole } },
        'ledger.transferRecorded': { actions: { type: 'recordTransfer', params: whole } },
      },
    },
  },
});
