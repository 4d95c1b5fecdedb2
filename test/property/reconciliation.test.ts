/** Verifies: INV-REC-1, INV-REC-2 of domain/reconciliation.ts */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InstrumentId } from '../../src/domain/ids.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { builtInInstruments } from '../../src/domain/instruments.ts';
import { applyFill, emptyBook, type PositionBook } from '../../src/domain/position.ts';
import {
  gridFills,
  holdingAt,
  impliedExit,
  reconciliationPrice,
  type PricedChange,
} from '../../src/domain/reconciliation.ts';

const mnq = builtInInstruments.get('MNQ' as InstrumentId) as Instrument;
const lots = fc.integer({ min: -50, max: 50 });
const ticks = fc.integer({ min: 4_000, max: 100_000 });

/** The book after the change was booked on the grid. */
function after(book: PositionBook, change: PricedChange): PositionBook {
  const side = change.openLots > 0 ? 'buy' : 'sell';
  return gridFills(mnq, change).reduce(
    (before, leg) => applyFill(before, mnq, { side, ...leg, feeUnits: 0 }).book,
    book,
  );
}

describe('synthetic changes', () => {
  it('INV-REC-1: an addition leaves the quantity and the cost of the venue', () => {
    fc.assert(
      fc.property(lots, ticks, fc.integer({ min: 1, max: 50 }), ticks, (held, at, more, to) => {
        fc.pre(held !== 0);
        const ours = { ...emptyBook, ...holdingAt(mnq, held, at) };
        const added = Math.sign(held) * more;
        const cost = ours.costUnits + holdingAt(mnq, added, to).costUnits;
        const theirs = { openLots: held + added, costUnits: cost };
        const change = reconciliationPrice(ours, theirs);
        expect(change).toBeDefined();
        if (change === undefined) return;
        const { openLots, costUnits } = after(ours, change);
        expect({ openLots, costUnits }).toEqual(theirs);
      }),
    );
  });

  it('INV-REC-2: what an exit realizes, less its fee, is the money that moved', () => {
    const money = fc.integer({ min: -500_000_000, max: 500_000_000 });
    const fee = fc.integer({ min: 0, max: 10_000_000 });
    fc.assert(
      fc.property(lots, ticks, money, fee, (held, at, difference, fees) => {
        fc.pre(held !== 0);
        const position = holdingAt(mnq, held, at);
        const { change, realizedUnits } = impliedExit(position, held, difference, fees);
        expect(realizedUnits - fees).toBe(difference);
        expect(change.costUnits - position.costUnits).toBe(realizedUnits);
      }),
    );
  });
});
