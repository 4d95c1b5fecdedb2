/**
 * Verifies: INV-LED-1, INV-LED-2, INV-LED-3, rules 8
 *
 * Reference: exact fractions, average cost, written from the definition; it shares no code with src.
 */
import fc from 'fast-check';
import { assert, it } from 'vitest';
import type { Fill } from '../../src/domain/fill.ts';
import { ledgerMachine } from '../../src/machines/ledger.machine.ts';
import { runLive } from '../support/machine-run.ts';
import { fill, ledgerInput, MNQ, mnq } from '../support/machine-samples.ts';
import {
  absolute,
  add,
  divide,
  multiply,
  rational,
  subtract,
  zero,
  type Rational,
} from '../support/rational.ts';

const days = ['2026-11-18', '2026-11-19', '2026-11-20', '2026-11-23', '2026-11-24'];
const firstDay = 2;
/** A tick of one lot of MNQ in units. */
const tickUnits = rational(500_000);

type Report = { readonly fill: Fill; readonly day: number };

const reports: fc.Arbitrary<Report[]> = fc
  .array(
    fc.record({
      side: fc.constantFrom('buy' as const, 'sell' as const),
      lots: fc.integer({ min: 1, max: 9 }),
      ticks: fc.integer({ min: 40_000, max: 40_400 }),
      feeUnits: fc.integer({ min: -500_000, max: 2_000_000 }),
      day: fc.integer({ min: 0, max: days.length - 1 }),
      repeats: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 40 },
  )
  .map((all) =>
    all.flatMap(({ side, lots, ticks, feeUnits, day, repeats }, index) => {
      const report = { fill: fill(`F${index}`, side, lots, ticks, { feeUnits }), day };
      return Array.from({ length: repeats + 1 }, () => report);
    }),
  );

/** Signed quantity, average price in ticks, and the profit by day as exact fractions. */
function reference(once: readonly Report[]): { profit: Rational[]; fees: number[]; open: number } {
  let open = 0;
  let average = zero;
  const profit = days.map(() => zero);
  const fees = days.map(() => 0);
  for (const { fill: one, day } of once) {
    const signed = one.side === 'buy' ? one.lots : -one.lots;
    const price = rational(one.ticks);
    fees[day] = (fees[day] ?? 0) + one.feeUnits;
    if (open !== 0 && Math.sign(open) !== Math.sign(signed)) {
      const closed = Math.min(Math.abs(open), one.lots) * Math.sign(open);
      const gain = multiply(subtract(price, average), rational(closed), tickUnits);
      profit[day] = add(profit[day] ?? zero, gain);
      const isFlipped = one.lots > Math.abs(open);
      open += signed;
      if (isFlipped) average = price;
      continue;
    }
    const cost = add(multiply(average, rational(open)), multiply(price, rational(signed)));
    open += signed;
    average = divide(cost, rational(open));
  }
  return { profit, fees, open };
}

it('INV-LED-1, INV-LED-3: every day and the balance equal an independent exact reference, each trade id counted once', () => {
  const seenDays = new Set<string>();
  fc.assert(
    fc.property(reports, fc.array(fc.boolean(), { maxLength: 80 }), (all, rolls) => {
      const run = runLive(ledgerMachine, ledgerInput);
      const once: Report[] = [];
      const taken = new Set<string>();
      let today = firstDay;
      for (const [index, report] of all.entries()) {
        if (rolls[index] === true && today < days.length - 1) {
          today += 1;
          const roll = {
            type: 'ledger.dayRolled',
            tradingDay: days[today],
            boundaryMs: 2_000 + today,
          };
          run.send({ ...roll, atMs: 1 });
          run.send({ ...roll, atMs: 2 });
        }
        // As the engine does: a trade id that is stored never comes again.
        if (taken.has(report.fill.fillId)) continue;
        taken.add(report.fill.fillId);
        once.push(report);
        const tradingDay = days[report.day];
        run.send({
          type: 'ledger.fillReported',
          fill: report.fill,
          instrument: mnq,
          tradingDay,
          atMs: 1,
        });
      }
      const expected = reference(once);
      const context = run.snapshot().context as {
        tradingDay: string;
        realizedUnits: number;
        feesUnits: number;
        balanceUnits: number;
        books: Record<string, { openLots: number }>;
        archive: { tradingDay: string; realizedUnits: number; feesUnits: number }[];
        nextDays: { tradingDay: string; realizedUnits: number; feesUnits: number }[];
      };
      const booked = [...context.archive, context, ...context.nextDays];
      let netUnits = 0;
      for (const [index, tradingDay] of days.entries()) {
        const day = booked.find((one) => one.tradingDay === tradingDay);
        const difference = subtract(
          rational(day?.realizedUnits ?? 0),
          expected.profit[index] ?? zero,
        );
        // Half a unit of rounding for each partial close.
        const { num, den } = absolute(difference);
        assert.strictEqual(
          num <= BigInt(once.length) * den,
          true,
          `${tradingDay} is off by ${num}/${den}`,
        );
        assert.strictEqual(day?.feesUnits ?? 0, expected.fees[index]);
        netUnits += (day?.realizedUnits ?? 0) - (day?.feesUnits ?? 0);
        if (day !== undefined) seenDays.add(tradingDay);
      }
      assert.strictEqual(context.tradingDay, days[today]);
      assert.strictEqual(context.books[MNQ]?.openLots ?? 0, expected.open);
      assert.strictEqual(context.balanceUnits, ledgerInput.balanceUnits + netUnits);
    }),
    { numRuns: 500 },
  );
  assert.strictEqual(seenDays.size, days.length);
});

it('INV-LED-1: a fill that is booked and voided next leaves no trace in profit, fees, balance or quantity', () => {
  fc.assert(
    fc.property(reports, reports, (before, [last]) => {
      if (last === undefined) return;
      const run = runLive(ledgerMachine, ledgerInput);
      const tradingDay = ledgerInput.tradingDay;
      for (const { fill: one } of before) {
        run.send({ type: 'ledger.fillReported', fill: one, instrument: mnq, tradingDay, atMs: 1 });
      }
      const { lastBooking: _, ...kept } = run.snapshot().context as Record<string, unknown>;
      const event = { fill: last.fill, instrument: mnq, tradingDay, atMs: 1 };
      run.send({ type: 'ledger.fillReported', ...event });
      const { lastBooking } = run.snapshot().context as { lastBooking: { realizedUnits: number } };
      const { realizedUnits } = lastBooking;
      run.send({ type: 'ledger.fillVoided', ...event, realizedUnits });
      const { lastBooking: __, ...after } = run.snapshot().context as Record<string, unknown>;
      const books = (kept['books'] as Record<string, unknown>)[MNQ];
      assert.deepEqual(after, {
        ...kept,
        books: { [MNQ]: books ?? { openLots: 0, costUnits: 0, realizedUnits: 0, feesUnits: 0 } },
      });
    }),
    { numRuns: 500 },
  );
});
