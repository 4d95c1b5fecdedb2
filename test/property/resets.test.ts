/**
 * Verifies: V1, V3, V24, INV-LED-2, rules 7.2 and 7.3: every boundary has one reset, whatever the clock and the process do.
 *
 * Reference: the latest boundary at each moment, by luxon, and the highest of them so far.
 */
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { assert, it } from 'vitest';
import { runReset } from '../../src/actors/resets.ts';
import { Turn } from '../../src/actors/turn.ts';
import type { AccountId } from '../../src/domain/ids.ts';
import { WeeklyCalendar } from '../../src/domain/trading-day.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';

const zone = 'America/Chicago';
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Boundaries of the futures calendar in (from, until], by luxon alone. */
function boundaries(fromMs: number, untilMs: number): number[] {
  const found: number[] = [];
  let day = DateTime.fromMillis(fromMs, { zone }).startOf('day').minus({ days: 1 });
  for (; day.toMillis() <= untilMs; day = day.plus({ days: 1 })) {
    const atMs = day.set({ hour: 17 }).toMillis();
    if (day.weekday <= 5 && atMs > fromMs && atMs <= untilMs) found.push(atMs);
  }
  return found;
}

/** Weekly boundaries in (from, until]: Monday 17:00. */
const weeks = (fromMs: number, untilMs: number): number[] =>
  boundaries(fromMs, untilMs).filter((atMs) => DateTime.fromMillis(atMs, { zone }).weekday === 1);

type Step =
  | { readonly kind: 'advance'; readonly byMs: number }
  | { readonly kind: 'restart'; readonly byMs: number }
  | { readonly kind: 'manual'; readonly type: 'daily' | 'weekly' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      byMs: fc.integer({ min: 1, max: 40 * 60 }).map((minutes) => minutes * minuteMs),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('restart' as const),
      byMs: fc.integer({ min: -180, max: 9 * 24 * 60 }).map((minutes) => minutes * minuteMs),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('manual' as const),
      type: fc.constantFrom('daily' as const, 'weekly' as const),
    }),
  },
);
/** Around both changes of daylight saving of 2026, and an ordinary week. */
const start = fc
  .tuple(fc.constantFrom('2026-03-05', '2026-10-29', '2026-06-30', '2026-12-23'), fc.nat(48 * 60))
  .map(([date, minutes]) => Date.parse(`${date}T12:00:00Z`) + minutes * minuteMs);

it('V1 V3 V24: one reset for each boundary, over restarts, days of downtime, clocks that go back and resets by hand', async () => {
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      start,
      fc.array(step, { minLength: 1, maxLength: 8 }),
      async (startMs, steps) => {
        let run: TestEngine = await startTestEngine({ startMs });
        const { directory } = run;
        const latest = (atMs: number, all: typeof boundaries): number =>
          all(atMs - 15 * 24 * hourMs, atMs).at(-1) ?? 0;
        const last = { daily: latest(startMs, boundaries), weekly: latest(startMs, weeks) };
        const done = { daily: 0, weekly: 0 };
        const expected: string[] = [];
        const seen: string[] = [];
        const take = (): void => {
          for (const note of run.notes.splice(0)) {
            if (note.startsWith('DAY ')) seen.push(`day ${/\d{4}-\d\d-\d\d/u.exec(note)?.[0]}`);
            if (note.startsWith('WEEK ')) seen.push(`week ${/\d{4}-[\dT:.-]+Z/u.exec(note)?.[0]}`);
          }
        };
        const expectAt = (days: readonly number[], starts: readonly number[]): void => {
          const all = [
            ...days.map((atMs) => ({ atMs, type: 'daily' as const })),
            ...starts.map((atMs) => ({ atMs, type: 'weekly' as const })),
          ].toSorted((a, b) => a.atMs - b.atMs);
          for (const { atMs, type } of all) {
            if (atMs <= last[type]) continue;
            last[type] = atMs;
            done[type] = atMs;
            expected.push(
              type === 'daily'
                ? `day ${run.engine.world.options.calendar.tradingDayOf(atMs)}`
                : `week ${new Date(atMs).toISOString()}`,
            );
          }
        };
        try {
          for (const one of steps) {
            const nowMs = run.clock.nowMs();
            if (one.kind === 'advance') {
              await run.lockstep.advanceTo(nowMs + one.byMs);
              await run.lockstep.rest();
              expectAt(boundaries(nowMs, nowMs + one.byMs), weeks(nowMs, nowMs + one.byMs));
            } else if (one.kind === 'restart') {
              run.crash();
              const atMs = nowMs + one.byMs;
              take();
              if (one.byMs < 0) reached.add('clock back');
              run = await startTestEngine({ directory, startMs: atMs });
              const [day, week] = [latest(atMs, boundaries), latest(atMs, weeks)];
              if (boundaries(last.daily, atMs).length > 1) reached.add('several missed');
              // The daily one first, whichever boundary is older.
              expectAt([day], []);
              expectAt([], [week]);
            } else {
              const account = run.engine.world.accounts.get('A1' as AccountId);
              if (account === undefined) throw new Error('the account is there');
              const turn = new Turn(run.engine.world);
              const boundaryMs = latest(nowMs, one.type === 'daily' ? boundaries : weeks);
              const answer = runReset(run.engine.world, turn, account, one.type, 'ann');
              const isFirst = boundaryMs > done[one.type];
              assert.strictEqual(answer.outcome, isFirst ? 'accepted' : 'refused');
              reached.add(answer.outcome);
              done[one.type] = Math.max(done[one.type], boundaryMs);
              run.engine.world.options.journal.commit(turn.batch());
            }
            take();
            assert.deepStrictEqual(seen, expected);
            const ledger = run.engine.world.cells.get('account/A1/ledger' as never);
            assert.strictEqual(ledger?.context['lastBoundaryMs'], last.daily);
            assert.strictEqual(ledger?.context['weekStartMs'], last.weekly);
          }
        } finally {
          run.crash();
          removeDirectory(directory);
        }
      },
    ),
    { numRuns: 40 },
  );
  assert.deepStrictEqual([...reached].toSorted(), [
    'accepted',
    'clock back',
    'refused',
    'several missed',
  ]);
}, 60_000);

it('rules 7.3: a week begins at the wanted weekday and time of the wall, in any zone', () => {
  const settings = fc.record({
    day: fc.nat(6),
    time: fc
      .tuple(fc.nat(23), fc.nat(59))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':')),
    zone: fc.constantFrom('America/Chicago', 'Europe/Berlin', 'Australia/Lord_Howe', 'UTC'),
  });
  const instant = fc.integer({ min: Date.parse('2025-01-01'), max: Date.parse('2027-12-31') });
  fc.assert(
    fc.property(settings, instant, (week, atMs) => {
      const calendar = new WeeklyCalendar(week);
      const [fromMs, untilMs] = [calendar.latestBoundaryMs(atMs), calendar.nextBoundaryMs(atMs)];
      assert.isAtMost(fromMs, atMs);
      assert.isAbove(untilMs, atMs);
      assert.strictEqual(new WeeklyCalendar(week).latestBoundaryMs(untilMs), untilMs);
      assert.strictEqual(new WeeklyCalendar(week).nextBoundaryMs(fromMs - 1), fromMs);
      const local = DateTime.fromMillis(fromMs, { zone: week.zone });
      assert.strictEqual(local.weekday - 1, week.day);
      const wanted = local.set({
        hour: Number.parseInt(week.time.slice(0, 2), 10),
        minute: Number.parseInt(week.time.slice(3), 10),
      });
      // A time in the spring gap is the next valid instant, which luxon moves by the width of the gap.
      assert.isAtMost(Math.abs(wanted.toMillis() - fromMs), hourMs);
      if (wanted.toFormat('HH:mm') === week.time)
        assert.strictEqual(local.toFormat('HH:mm'), week.time);
    }),
    { numRuns: 500 },
  );
});
