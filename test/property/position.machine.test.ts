/** Verifies: INV-POSM-1, INV-POSM-2 */
import fc from 'fast-check';
import { assert, it } from 'vitest';
import { positionMachine } from '../../src/machines/position.machine.ts';
import { runLive } from '../support/machine-run.ts';
import { accountId, fill, MNQ, mnq } from '../support/machine-samples.ts';

const happening = fc.record({
  what: fc.constantFrom('fill', 'fill', 'fill', 'void', 'report', 'oldReport'),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  lots: fc.integer({ min: 1, max: 5 }),
  ticks: fc.integer({ min: 90, max: 110 }),
  open: fc.integer({ min: -5, max: 5 }),
});

it('has the quantity of the last report plus the fills since, the state of its sign, and no cost when flat', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (all) => {
      const run = runLive(positionMachine, { accountId, instrument: MNQ });
      const counted: { one: ReturnType<typeof fill>; signed: number }[] = [];
      let open = 0;
      for (const [index, { what, side, lots, ticks, open: reported }] of all.entries()) {
        const venueTimeMs = 1_000 + index;
        const atMs = index;
        if (what === 'fill') {
          const one = fill(`F${index}`, side, lots, ticks, { venueTimeMs });
          const signed = side === 'buy' ? lots : -lots;
          counted.push({ one, signed });
          open += signed;
          run.send({ type: 'position.filled', fill: one, instrument: mnq, atMs });
        } else if (what === 'void') {
          const last = counted.splice(lots % Math.max(1, counted.length), 1)[0];
          if (last === undefined) continue;
          open -= last.signed;
          run.send({ type: 'position.fillVoided', fill: last.one, instrument: mnq, atMs });
        } else if (what === 'report') {
          open = reported;
          const costUnits = reported * 50_000_000;
          run.send({ type: 'position.reported', openLots: reported, costUnits, venueTimeMs, atMs });
        } else {
          run.send({
            type: 'position.reported',
            openLots: reported,
            costUnits: 0,
            venueTimeMs: -1,
            atMs,
          });
        }
        const { value, context } = run.snapshot();
        const { book } = context as { book: { openLots: number; costUnits: number } };
        assert.strictEqual(book.openLots, open, 'INV-POSM-2');
        if (open === 0) assert.strictEqual(book.costUnits, 0);
        const { exposure } = value as { exposure: string };
        assert.strictEqual(exposure, ['short', 'flat', 'long'][Math.sign(open) + 1], 'INV-POSM-1');
        seen.add(exposure);
      }
    }),
    { numRuns: 1_000 },
  );
  assert.strictEqual(seen.size, 3);
});
