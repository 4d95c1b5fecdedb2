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
 */
import { assign, setup } from 'xstate';
import { addExact } from '../domain/arithmetic.ts';
import type { AccountId, FillId, InstrumentId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { LedgerEvent } from '../domain/machine-event.ts';
import type { Currency, Units } from '../domain/money.ts';
import { emptyBook, type PositionBook } from '../domain/position.ts';
import { limits } from '../kernel/limits.ts';
import { bookFill, withoutFill } from './book-fill.ts';
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
};

/** Sums of one trading day. `realizedUnits` is before fees; fees are positive = cost. */
export type DayTotals = {
  readonly tradingDay: string;
  readonly realizedUnits: Units;
  readonly feesUnits: Units;
  readonly fills: number;
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

type LedgerContext = LedgerInput & {
  /** Today, before fees. */
  readonly realizedUnits: Units;
  /** Today; positive = cost. */
  readonly feesUnits: Units;
  /** Half-turns of today. */
  readonly fillsToday: number;
  readonly books: Readonly<Record<InstrumentId, PositionBook>>;
  /** Past days, oldest first; bounded by limits.ledgerArchiveDaysMax. */
  readonly archive: readonly DayTotals[];
  /** Days whose fills came before their boundary did. */
  readonly nextDays: readonly DayTotals[];
  /** What the venue said last; compared by the reconciliation, never mixed into the sums. */
  readonly balanceReportedUnits?: Units;
  readonly lastBooking?: LedgerBooking;
};

type Of<Type extends LedgerEvent['type']> = Extract<LedgerEvent, { type: Type }>;
type Delta = Omit<DayTotals, 'tradingDay'>;

const machineSetup = setup({
  types: {
    input: {} as LedgerInput,
    context: {} as LedgerContext,
    events: {} as LedgerEvent,
  },
  guards: {
    isNewBoundary: ({ context }, { boundaryMs }: Of<'ledger.dayRolled'>) =>
      boundaryMs > context.lastBoundaryMs,
  },
  actions: {
    recordFill: assign(({ context }, event: Of<'ledger.fillReported'>) => booked(context, event)),
    voidFill: assign(({ context }, event: Of<'ledger.fillVoided'>) => voided(context, event)),
    rollDay: assign(({ context }, event: Of<'ledger.dayRolled'>) => rolled(context, event)),
    recordBalance: assign((_, { balanceUnits }: Of<'ledger.balanceReported'>) => ({
      balanceReportedUnits: balanceUnits,
    })),
    recordTransfer: assign(({ context }, { amountUnits }: Of<'ledger.transferRecorded'>) => ({
      balanceUnits: addExact(context.balanceUnits, amountUnits),
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
    ...addToDay(context, tradingDay, { realizedUnits, feesUnits: feeUnits, fills: 1 }),
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
  const { fill, instrument, tradingDay } = event;
  const known = context.books[fill.instrument] ?? emptyBook;
  const isOther = isForeign(context, instrument);
  const book = withoutFill(known, instrument, fill, isOther ? undefined : event.realizedUnits);
  const realizedUnits = isOther ? 0 : 0 - event.realizedUnits;
  const feesUnits = isOther ? 0 : 0 - fill.feeUnits;
  return {
    ...addToDay(context, tradingDay, { realizedUnits, feesUnits, fills: -1 }),
    books: { ...context.books, [fill.instrument]: book },
  };
}

function addToDay(
  context: LedgerContext,
  tradingDay: string,
  delta: Delta,
): Partial<LedgerContext> {
  const netUnits = addExact(delta.realizedUnits, -delta.feesUnits);
  const balanceUnits = addExact(context.balanceUnits, netUnits);
  if (tradingDay > context.tradingDay) {
    return { balanceUnits, nextDays: addTo(context.nextDays, tradingDay, delta) };
  }
  if (tradingDay < context.tradingDay) {
    return { balanceUnits, archive: bounded(addTo(context.archive, tradingDay, delta)) };
  }
  const { realizedUnits, feesUnits, fills } = plus(today(context), delta);
  return { balanceUnits, realizedUnits, feesUnits, fillsToday: fills };
}

function addTo(days: readonly DayTotals[], tradingDay: string, delta: Delta): DayTotals[] {
  const known = days.find((day) => day.tradingDay === tradingDay);
  const day = plus(known ?? { tradingDay, realizedUnits: 0, feesUnits: 0, fills: 0 }, delta);
  const others = days.filter((other) => other !== known);
  return [...others, day].toSorted((a, b) => (a.tradingDay < b.tradingDay ? -1 : 1));
}

function plus(day: DayTotals, delta: Delta): DayTotals {
  return {
    tradingDay: day.tradingDay,
    realizedUnits: addExact(day.realizedUnits, delta.realizedUnits),
    feesUnits: addExact(day.feesUnits, delta.feesUnits),
    fills: day.fills + delta.fills,
  };
}

function today(context: LedgerContext): DayTotals {
  const { tradingDay, realizedUnits, feesUnits, fillsToday } = context;
  return { tradingDay, realizedUnits, feesUnits, fills: fillsToday };
}

/** The oldest days leave; their fills stay in the store. */
function bounded(days: readonly DayTotals[]): readonly DayTotals[] {
  return days.slice(-limits.ledgerArchiveDaysMax);
}

function rolled(context: LedgerContext, event: Of<'ledger.dayRolled'>): Partial<LedgerContext> {
  const { tradingDay, boundaryMs } = event;
  if (tradingDay <= context.tradingDay) return { lastBoundaryMs: boundaryMs };
  const isBefore = (day: DayTotals): boolean => day.tradingDay < tradingDay;
  const begun = context.nextDays.find((day) => day.tradingDay === tradingDay);
  return {
    tradingDay,
    lastBoundaryMs: boundaryMs,
    realizedUnits: begun?.realizedUnits ?? 0,
    feesUnits: begun?.feesUnits ?? 0,
    fillsToday: begun?.fills ?? 0,
    archive: bounded([...context.archive, today(context), ...context.nextDays.filter(isBefore)]),
    nextDays: context.nextDays.filter((day) => day.tradingDay > tradingDay),
  };
}

const whole = <Type extends LedgerEvent['type']>({ event }: { event: Of<Type> }): Of<Type> => event;

export const ledgerMachine = machineSetup.createMachine({
  id: 'ledger',
  version: '1',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({
    ...input,
    realizedUnits: 0,
    feesUnits: 0,
    fillsToday: 0,
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
        'ledger.dayRolled': [
          {
            guard: { type: 'isNewBoundary', params: whole },
            actions: { type: 'rollDay', params: whole },
          },
          {},
        ],
        'ledger.balanceReported': { actions: { type: 'recordBalance', params: whole } },
        'ledger.transferRecorded': { actions: { type: 'recordTransfer', params: whole } },
      },
    },
  },
});
