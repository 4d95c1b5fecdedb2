/** Verifies: rules 7.2, 8, INV-LED-1, INV-LED-2, INV-LED-3, V1, V3, V5, V7 */
import { describe, expect, it } from 'vitest';
import type { Fill } from '../../src/domain/fill.ts';
import { createInstrument } from '../../src/domain/instrument.ts';
import { ledgerMachine } from '../../src/machines/ledger.machine.ts';
import { recordText, runLive, type Run } from '../support/machine-run.ts';
import { fill, ledgerInput, MNQ, mnq } from '../support/machine-samples.ts';

const today = '2026-11-20';
const yesterday = '2026-11-19';
const monday = '2026-11-23';

function start(): Run {
  return runLive(ledgerMachine, ledgerInput);
}
function book(run: Run, one: Fill, tradingDay = today): readonly string[] {
  const event = { type: 'ledger.fillReported', fill: one, instrument: mnq, tradingDay, atMs: 1 };
  return run.send(event).recorded.map(recordText);
}
function roll(run: Run, tradingDay: string, boundaryMs: number): void {
  run.send({ type: 'ledger.dayRolled', tradingDay, boundaryMs, atMs: 2 });
}
const contextOf = (run: Run) => run.snapshot().context as Readonly<Record<string, unknown>>;

describe('the ledger', () => {
  it('counts profit and fees of today and keeps the book', () => {
    const run = start();
    book(run, fill('F1', 'buy', 2, 100));
    book(run, fill('F2', 'sell', 3, 90));
    expect(contextOf(run)).toMatchObject({
      realizedUnits: -10_000_000,
      feesUnits: 740_000,
      fillsToday: 2,
      balanceUnits: 50_000_000_000 - 10_740_000,
      books: { [MNQ]: { openLots: -1, costUnits: -45_000_000 } },
      lastBooking: {
        fillId: 'F2',
        tradingDay: today,
        realizedUnits: -10_000_000,
        feeUnits: 370_000,
        closedLots: 2,
        openedLots: 1,
      },
    });
  });

  it('takes the profit that the venue reports, and the arithmetic for the book', () => {
    const run = start();
    book(run, fill('F1', 'buy', 2, 100));
    book(run, fill('F2', 'sell', 2, 110, { venueRealizedUnits: 9_000_000 }));
    expect(contextOf(run)).toMatchObject({
      realizedUnits: 9_000_000,
      books: { [MNQ]: { openLots: 0, realizedUnits: 10_000_000 } },
      lastBooking: { realizedUnits: 9_000_000 },
    });
  });

  it('rolls the day once per boundary and archives it', () => {
    const run = start();
    book(run, fill('F1', 'buy', 2, 100));
    roll(run, monday, 2_000);
    roll(run, monday, 2_000);
    roll(run, '2026-11-24', 2_000);
    roll(run, today, 1_500);
    expect(contextOf(run)).toMatchObject({
      tradingDay: monday,
      lastBoundaryMs: 2_000,
      realizedUnits: 0,
      feesUnits: 0,
      fillsToday: 0,
      archive: [{ tradingDay: today, realizedUnits: 0, feesUnits: 370_000, fills: 1 }],
      books: { [MNQ]: { openLots: 2 } },
    });
  });

  it('catches up over missed boundaries with one roll', () => {
    const run = start();
    book(run, fill('F1', 'buy', 1, 100), monday);
    book(run, fill('F2', 'sell', 1, 104), '2026-11-25');
    roll(run, '2026-11-25', 9_000);
    expect(contextOf(run)).toMatchObject({
      tradingDay: '2026-11-25',
      realizedUnits: 2_000_000,
      fillsToday: 1,
      archive: [
        { tradingDay: today, fills: 0 },
        { tradingDay: monday, fills: 1 },
      ],
      nextDays: [],
    });
  });

  it('books a fill of a past day there and leaves today alone', () => {
    const run = start();
    book(run, fill('F1', 'buy', 1, 100), yesterday);
    expect(book(run, fill('F2', 'sell', 1, 90), yesterday)).toEqual(['incident FILL_OF_PAST_DAY']);
    expect(contextOf(run)).toMatchObject({
      realizedUnits: 0,
      feesUnits: 0,
      fillsToday: 0,
      archive: [{ tradingDay: yesterday, realizedUnits: -5_000_000, feesUnits: 740_000, fills: 2 }],
      balanceUnits: 50_000_000_000 - 5_740_000,
    });
  });

  it('keeps a fill that is ahead of its boundary for the day it belongs to', () => {
    const run = start();
    book(run, fill('F1', 'buy', 1, 100));
    book(run, fill('F2', 'sell', 1, 90), monday);
    expect(contextOf(run)).toMatchObject({ realizedUnits: 0, fillsToday: 1 });
    roll(run, monday, 2_000);
    expect(contextOf(run)).toMatchObject({
      realizedUnits: -5_000_000,
      fillsToday: 1,
      nextDays: [],
    });
  });

  it('takes the contribution of a voided fill back, in its own day', () => {
    const run = start();
    const opening = fill('F1', 'buy', 1, 100);
    const closing = fill('F2', 'sell', 1, 90);
    book(run, opening);
    book(run, closing);
    const voided = { type: 'ledger.fillVoided', fill: closing, instrument: mnq, atMs: 3 };
    const records = run.send({ ...voided, tradingDay: today, realizedUnits: -5_000_000 }).recorded;
    expect(records.map(recordText)).toEqual(['incident FILL_VOIDED']);
    expect(contextOf(run)).toMatchObject({
      realizedUnits: 0,
      feesUnits: 370_000,
      fillsToday: 1,
      balanceUnits: 50_000_000_000 - 370_000,
      books: { [MNQ]: { openLots: 1, costUnits: 50_000_000 } },
    });
  });

  it('voids a fill of an archived day in the archive', () => {
    const run = start();
    const opening = fill('F1', 'buy', 1, 100);
    book(run, opening);
    roll(run, monday, 2_000);
    const voided = { type: 'ledger.fillVoided', fill: opening, instrument: mnq, atMs: 3 };
    run.send({ ...voided, tradingDay: today, realizedUnits: 0 });
    expect(contextOf(run)).toMatchObject({
      realizedUnits: 0,
      feesUnits: 0,
      fillsToday: 0,
      archive: [{ tradingDay: today, realizedUnits: 0, feesUnits: 0, fills: 0 }],
      books: { [MNQ]: { openLots: 0, costUnits: 0 } },
    });
  });

  it('keeps ten past days', () => {
    const run = start();
    for (let day = 1; day <= 12; day += 1) {
      roll(run, `2026-12-${String(day).padStart(2, '0')}`, 1_000 + day);
    }
    const { archive } = contextOf(run) as { archive: { tradingDay: string }[] };
    expect(archive).toHaveLength(10);
    expect(archive.at(-1)?.tradingDay).toBe('2026-12-11');
  });

  it('sums one currency only and takes no new risk where it cannot count', () => {
    const run = start();
    const inverse = createInstrument({ ...specOf('BTC'), payoff: 'inverse', kind: 'perpetual' });
    const event = { type: 'ledger.fillReported', fill: fill('F1', 'buy', 2, 100), atMs: 1 };
    const records = run.send({ ...event, instrument: inverse, tradingDay: today }).recorded;
    expect(records.map(recordText)).toEqual([
      'incident CURRENCY_NOT_OF_ACCOUNT',
      'account account.causeAdded currency:MNQ',
    ]);
    expect(contextOf(run)).toMatchObject({ realizedUnits: 0, feesUnits: 0, fillsToday: 1 });
    expect(contextOf(run)).toMatchObject({ books: { [MNQ]: { openLots: 2 } } });
  });

  it('knows transfers and what the venue says of the balance', () => {
    const run = start();
    run.send({ type: 'ledger.transferRecorded', amountUnits: -1_000, reason: 'fee', atMs: 1 });
    run.send({ type: 'ledger.balanceReported', balanceUnits: 7, atMs: 1 });
    expect(contextOf(run)).toMatchObject({
      balanceUnits: 49_999_999_000,
      balanceReportedUnits: 7,
    });
  });
});

function specOf(settlementCurrency: string) {
  return {
    id: MNQ,
    kind: 'future' as const,
    settlementCurrency,
    tickSize: '0.5',
    multiplier: '100',
    calendar: 'continuous' as const,
  };
}
