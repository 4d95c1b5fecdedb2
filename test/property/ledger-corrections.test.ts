/**
 * Verifies: INV-LED-1, INV-LED-3, INV-LED-4, rules 8 (upsert, voided, archived day), V5
 *
 * Reference: exact sums of what each trade id said last, nothing for one that was taken back; it shares no code with src.
 */
import fc from 'fast-check';
import { assert, it } from 'vitest';
import type { Fill } from '../../src/domain/fill.ts';
import type { AccountId, FillId, InstrumentId } from '../../src/domain/ids.ts';
import { ledgerMachine } from '../../src/machines/ledger.machine.ts';
import { removeDirectory, startTestEngine } from '../support/engine.ts';
import { runLive } from '../support/machine-run.ts';
import { fill, ledgerInput, mnq } from '../support/machine-samples.ts';
import { isEqual, rational, subtract, sum, type Rational } from '../support/rational.ts';

const days = ['2026-11-19', '2026-11-20', '2026-11-23'];
type Op = {
  readonly id: number;
  readonly kind: 'report' | 'correct' | 'void' | 'roll';
  readonly feeUnits: number;
  readonly profitUnits: number;
};
const op: fc.Arbitrary<Op> = fc.record({
  id: fc.nat(5),
  kind: fc.constantFrom('report', 'report', 'correct', 'correct', 'void', 'roll'),
  feeUnits: fc.integer({ min: -500_000, max: 2_000_000 }),
  profitUnits: fc.integer({ min: -9_000_000, max: 9_000_000 }),
});
type Row = { fill: Fill; day: number; realizedUnits: number; isVoided: boolean };
type Totals = { tradingDay: string; realizedUnits: number; feesUnits: number; fills: number };

it('INV-LED-1, INV-LED-4: what was corrected counts as last said, what was voided not at all, each in its own day', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(op, { maxLength: 40 }),
      fc.array(fc.nat(2), { minLength: 6, maxLength: 6 }),
      (ops, dayOf) => {
        const run = runLive(ledgerMachine, ledgerInput);
        const rows = new Map<number, Row>();
        let isRolled = false;
        for (const { id, kind, feeUnits, profitUnits } of ops) {
          const row = rows.get(id);
          const day = dayOf[id] ?? 0;
          const tradingDay = days[day] ?? '';
          const common = { instrument: mnq, tradingDay, atMs: 1 };
          const one = fill(`F${id}`, id % 2 === 0 ? 'buy' : 'sell', 1, 100, {
            feeUnits,
            venueRealizedUnits: profitUnits,
          });
          if (kind === 'roll' && !isRolled) {
            isRolled = true;
            run.send({ type: 'ledger.dayRolled', tradingDay: days[2], boundaryMs: 5_000, atMs: 1 });
          } else if (kind === 'report' && row === undefined) {
            run.send({ type: 'ledger.fillReported', fill: one, ...common });
            rows.set(id, { fill: one, day, realizedUnits: profitUnits, isVoided: false });
          } else if (kind === 'correct' && row?.isVoided === false) {
            const { fill: before, realizedUnits } = row;
            run.send({
              type: 'ledger.fillCorrected',
              before,
              fill: one,
              realizedUnits,
              openedLots: 1,
              closedLots: 0,
              ...common,
            });
            rows.set(id, { ...row, fill: one, realizedUnits: profitUnits });
            reached.add(isRolled && day < 2 ? 'corrected in the archive' : 'corrected');
          } else if (kind === 'void' && row?.isVoided === false) {
            run.send({
              type: 'ledger.fillVoided',
              fill: row.fill,
              realizedUnits: row.realizedUnits,
              ...common,
            });
            rows.set(id, { ...row, isVoided: true });
            reached.add('voided');
          }
        }
        const context = run.snapshot().context as Totals & {
          archive: Totals[];
          nextDays: Totals[];
          balanceUnits: number;
          weeks: Totals[];
        };
        const booked = [...context.archive, context, ...context.nextDays];
        const counted = [...rows.values()].filter(({ isVoided }) => !isVoided);
        const total = (of: (row: Row) => number, day?: number): Rational =>
          sum(
            counted
              .filter((row) => day === undefined || row.day === day)
              .map((row) => rational(of(row))),
          );
        for (const [day, tradingDay] of days.entries()) {
          const totals = booked.find((one) => one.tradingDay === tradingDay);
          assert.isTrue(
            isEqual(
              rational(totals?.realizedUnits ?? 0),
              total((row) => row.realizedUnits, day),
            ),
          );
          assert.isTrue(
            isEqual(
              rational(totals?.feesUnits ?? 0),
              total((row) => row.fill.feeUnits, day),
            ),
          );
        }
        const net = subtract(
          total((row) => row.realizedUnits),
          total((row) => row.fill.feeUnits),
        );
        assert.isTrue(isEqual(rational(context.balanceUnits - ledgerInput.balanceUnits), net));
        const week = context.weeks.reduce(
          (units, { realizedUnits, feesUnits }) => units + realizedUnits - feesUnits,
          0,
        );
        assert.isTrue(isEqual(rational(week), net));
      },
    ),
    { numRuns: 500 },
  );
  assert.deepStrictEqual([...reached].toSorted(), [
    'corrected',
    'corrected in the archive',
    'voided',
  ]);
});

type Said = {
  readonly id: number;
  readonly kind: 'venue' | 'stale' | 'void' | 'restart';
  readonly feeUnits: number;
};
const said: fc.Arbitrary<Said> = fc.record({
  id: fc.nat(2),
  kind: fc.constantFrom('venue', 'venue', 'venue', 'stale', 'stale', 'stale', 'void', 'restart'),
  feeUnits: fc.constantFrom(0, 1_000_000, 2_000_000, 3_500_000),
});

it('rules 8: fees end at what the venue lists, over repeats, old reports that come again, voids and restarts', async () => {
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(said, { minLength: 6, maxLength: 24 }), async (all) => {
      let run = await startTestEngine();
      const { directory } = run;
      const known = new Map<number, { first: Fill; feeUnits: number; isVoided: boolean }>();
      try {
        for (const { id, kind, feeUnits } of all) {
          const one: Fill = {
            fillId: `F${id}` as FillId,
            accountId: 'A1' as AccountId,
            instrument: 'MNQ' as InstrumentId,
            side: id % 2 === 0 ? 'buy' : 'sell',
            lots: id + 1,
            ticks: 84_000,
            feeUnits,
            venueTimeMs: run.clock.nowMs(),
          };
          const before = known.get(id);
          if (kind === 'venue' && before?.isVoided !== true) {
            run.venue.externalFill(before === undefined ? one : { ...before.first, feeUnits });
            known.set(id, { first: before?.first ?? one, feeUnits, isVoided: false });
          } else if (kind === 'stale' && before !== undefined) {
            run.venue.announce({ type: 'venue.fill', fill: before.first });
            reached.add(before.isVoided ? 'repeated after the void' : 'repeated');
          } else if (kind === 'void' && before?.isVoided === false) {
            run.venue.voidFill({ ...before.first, feeUnits: before.feeUnits });
            known.set(id, { ...before, isVoided: true });
            reached.add('voided');
          } else if (kind === 'restart') {
            const startMs = run.clock.nowMs() + 1_000;
            await run.lockstep.rest();
            run.crash();
            run = await startTestEngine({ directory, startMs });
            reached.add('restarted');
          }
          await run.lockstep.rest();
        }
        const counted = [...known.values()].filter(({ isVoided }) => !isVoided);
        const fees = counted.reduce((units, { feeUnits }) => units + feeUnits, 0);
        const lots = counted.reduce(
          (open, { first }) => open + (first.side === 'buy' ? first.lots : -first.lots),
          0,
        );
        const account = run.engine.world.accounts.get('A1' as AccountId);
        if (account === undefined) throw new Error('the account is there');
        assert.strictEqual(account.feesUnits, fees);
        assert.strictEqual(account.realizedUnits, 0);
        assert.strictEqual(account.openLots('MNQ' as InstrumentId), lots);
        const { balanceUnits } =
          run.engine.world.cells.get('account/A1/ledger' as never)?.context ?? {};
        assert.strictEqual(balanceUnits, 50_000_000_000 - fees);
        assert.deepStrictEqual(
          run.alerts.filter(({ code }) => code === 'DATA_MISMATCH'),
          [],
        );
      } finally {
        run.crash();
        removeDirectory(directory);
      }
    }),
    { numRuns: 60 },
  );
  assert.deepStrictEqual([...reached].toSorted(), [
    'repeated',
    'repeated after the void',
    'restarted',
    'voided',
  ]);
}, 60_000);
