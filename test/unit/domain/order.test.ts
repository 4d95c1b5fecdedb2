/** Verifies: execution 3.6, the public status follows from the regions. */
import { describe, expect, it } from 'vitest';
import { feesByCurrency, fillContent, type Fill } from '../../../src/domain/fill.ts';
import { AccountId, FillId, InstrumentId } from '../../../src/domain/ids.ts';
import {
  executionStates,
  isClosed,
  orderStatus,
  overfilledLots,
  requestStates,
} from '../../../src/domain/order.ts';

describe('the public status', () => {
  /** Rows: execution; columns: none, pendingNew, pendingUpdate, pendingCancel, pendingBoth, ambiguous. */
  const table = `
    none       INITIALIZED      SUBMITTED        -              -              -              -
    suspended  SUSPENDED        -                PENDING_UPDATE PENDING_CANCEL PENDING_CANCEL PENDING_UNKNOWN
    working    ACCEPTED         -                PENDING_UPDATE PENDING_CANCEL PENDING_CANCEL PENDING_UNKNOWN
    triggered  TRIGGERED        -                PENDING_UPDATE PENDING_CANCEL PENDING_CANCEL PENDING_UNKNOWN
    partial    PARTIALLY_FILLED -                PENDING_UPDATE PENDING_CANCEL PENDING_CANCEL PENDING_UNKNOWN
    unknown    UNKNOWN          UNKNOWN          UNKNOWN        UNKNOWN        UNKNOWN        UNKNOWN
    filled     FILLED           -                -              -              -              -
    canceled   CANCELED         -                -              -              -              -
    expired    EXPIRED          -                -              -              -              -
    rejected   REJECTED         -                -              -              -              -
    denied     DENIED           -                -              -              -              -
    failed     FAILED           -                -              -              -              -`;
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/u));

  it('has a row for every execution state', () => {
    expect(new Set(rows.map(([execution]) => execution))).toEqual(new Set(executionStates));
    expect(rows).toHaveLength(executionStates.length);
  });

  it.each(rows)('of %s follows the table', (name, ...statuses) => {
    const execution = executionStates.find((state) => state === name) ?? 'none';
    const actual = requestStates.map((request) => orderStatus(execution, request));
    expect(actual).toEqual(
      actual.map((status, column) => (statuses[column] === '-' ? status : statuses[column])),
    );
    expect(statuses).toHaveLength(requestStates.length);
  });

  it('is never INITIALIZED again once the intent is committed', () => {
    expect(orderStatus('none', 'none')).toBe('INITIALIZED');
    expect(orderStatus('none', 'none', true)).toBe('SUBMITTED');
    expect(orderStatus('working', 'none', true)).toBe('ACCEPTED');
    expect(orderStatus('denied', 'none', true)).toBe('DENIED');
  });

  it('counts as closed exactly the states from which nothing more is expected', () => {
    expect(executionStates.filter(isClosed)).toEqual([
      'filled',
      'canceled',
      'expired',
      'rejected',
      'denied',
      'failed',
    ]);
  });
});

describe('an overfill', () => {
  it('is what was executed beyond the quantity', () => {
    expect(overfilledLots({ quantityLots: 10, filledLots: 13 })).toBe(3);
    expect(overfilledLots({ quantityLots: 10, filledLots: 10 })).toBe(0);
    expect(overfilledLots({ quantityLots: 10, filledLots: 4 })).toBe(0);
  });
});

describe('the content of a fill', () => {
  const fill: Fill = {
    fillId: FillId.parse('T1'),
    accountId: AccountId.parse('A1'),
    instrument: InstrumentId.parse('MNQ'),
    side: 'buy',
    lots: 2,
    ticks: 84_000,
    feeUnits: 1,
    venueTimeMs: 5,
  };

  it('is what two reports of one trade agree on', () => {
    expect(fillContent({ ...fill, feeUnits: 9, venueTimeMs: 6 })).toBe(fillContent(fill));
    const others: readonly Fill[] = [
      { ...fill, side: 'sell' },
      { ...fill, lots: 3 },
      { ...fill, ticks: 84_001 },
      { ...fill, instrument: InstrumentId.parse('ES') },
    ];
    for (const other of others) expect(fillContent(other)).not.toBe(fillContent(fill));
  });

  it('has its fees apart by currency, never summed across', () => {
    const all: readonly Fill[] = [
      { ...fill, feeUnits: 1_250_000, otherFees: { BTC: 100_000 } },
      { ...fill, feeUnits: -250_000, otherFees: { BTC: 1, USDT: 2_000_000 } },
      { ...fill, feeUnits: 0 },
    ];
    expect(feesByCurrency(all, 'USD')).toEqual({ USD: 1_000_000, BTC: 100_001, USDT: 2_000_000 });
    expect(feesByCurrency([], 'USD')).toEqual({});
  });
});
