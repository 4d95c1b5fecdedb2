/** From the quote that breaches a limit to the close command at the venue, under a full stream of quotes. */
import type { AccountId, InstrumentId } from '../../src/domain/ids.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createRandom } from '../../src/kernel/random.ts';
import { judged, median, percentile, rate, rounded, type Case } from './measure.ts';
import { drive, fillPositions, startStage } from './pacing.ts';
import { accountsNamed, inDirectory, instrumentsNamed, parTicks, quoteAt } from './stage.ts';

const accountCount = 1_000;
const positionsPerAccount = 10;
const sharedCount = 100;
const triggerCount = 20;
/** Accounts on each trigger, entered 40 ticks apart: every step down breaches exactly one. */
const rungs = 20;
const rungTicks = 40;
const quotesPerSecond = 200_000;

type Outcome = {
  readonly mode: string;
  readonly workerFailures: number;
  readonly latenciesMs: readonly number[];
  readonly breaches: number;
  readonly quotes: number;
  readonly wallMs: number;
  readonly busyMs: number;
};

async function run(directory: string, durationMs: number): Promise<Outcome> {
  const shared = instrumentsNamed('B', sharedCount);
  const triggers = instrumentsNamed('T', triggerCount);
  const accounts = accountsNamed(accountCount);
  const stage = await startStage({ directory, accounts, instruments: [...shared, ...triggers] });
  const { evaluator, venue, engine } = stage;
  const top = parTicks + rungTicks * rungs;
  for (const { id } of triggers) evaluator.putQuote(quoteAt(id, top, systemClock.nowMs()));
  const positions: (readonly [AccountId, InstrumentId, number])[] = [];
  for (const [index, account] of accounts.entries()) {
    for (let place = 0; place < positionsPerAccount; place += 1) {
      const instrument = shared[(index * 7 + place * 11) % sharedCount];
      if (instrument !== undefined) positions.push([account, instrument.id, parTicks]);
    }
  }
  const onTrigger = triggers.map(({ id }, trigger) =>
    Array.from({ length: rungs }, (_, rung) => {
      const account = accounts[trigger * rungs + rung];
      if (account === undefined) throw new Error('there is an account for every rung');
      positions.push([account, id, parTicks + rungTicks * (rung + 1)]);
      return account;
    }),
  );
  await fillPositions(stage, positions);

  const random = createRandom('breach');
  const steps = triggerCount * rungs;
  const warmUpMs = 1_000;
  const gapMs = (durationMs - warmUpMs) / steps;
  const intended = new Map<AccountId, number>();
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  venue.onSubmit = (order) => {
    const atMs = intended.get(order.accountId);
    if (atMs !== undefined) latenciesMs.push(performance.now() - startedMs - atMs);
    venue.accept(order);
    const { accountId, instrument, side, quantityLots: lots, orderId } = order;
    venue.execute({ accountId, instrument, side, lots, ticks: parTicks, orderId });
  };
  let [quotes, step] = [0, 0];
  let nextStepMs = warmUpMs;
  const took = await drive(stage, {
    durationMs,
    isDone: () => latenciesMs.length >= step,
    produce: (elapsedMs) => {
      const atMs = systemClock.nowMs();
      const due = Math.floor((elapsedMs * quotesPerSecond) / 1_000);
      for (; quotes < due; quotes += 1) {
        const instrument = shared[quotes % sharedCount];
        if (instrument !== undefined)
          evaluator.putQuote(quoteAt(instrument.id, parTicks + (quotes % 5), atMs));
      }
      for (; step < steps && nextStepMs <= elapsedMs; step += 1) {
        const trigger = triggers[step % triggerCount];
        const rung = rungs - 1 - Math.floor(step / triggerCount);
        const account = onTrigger[step % triggerCount]?.[rung];
        if (trigger === undefined || account === undefined) continue;
        intended.set(account, nextStepMs);
        const ticks = parTicks + rungTicks * (rung + 1) - 30;
        evaluator.putQuote(quoteAt(trigger.id, ticks, atMs));
        nextStepMs += gapMs * (0.5 + random.float());
      }
    },
  });
  const { mode, workerFailures } = evaluator.health;
  await engine.stop();
  return { mode, workerFailures, latenciesMs, breaches: step, quotes, ...took };
}

export const benchBreach: Case = async ({ scale }) => {
  const result = await inDirectory((directory) => run(directory, Math.max(3_000, 9_000 * scale)));
  const { latenciesMs, breaches, quotes, wallMs, busyMs, mode, workerFailures } = result;
  const [p50, p99] = [median(latenciesMs), percentile(latenciesMs, 0.99)];
  return [
    {
      id: 'T5',
      what: 'quote in → breach → rule actor → commit → close command handed to the venue, p50 / p99 at 200,000 quotes/s and 1,000 accounts',
      measured: `${p50.toFixed(2)} / ${p99.toFixed(2)} ms`,
      target: '≤ 0.7 / ≤ 2.5 ms',
      ...judged(
        [p50, { atMost: 0.7 }],
        [p99, { atMost: 2.5 }],
        [latenciesMs.length, { atLeast: breaches }],
        [1 + workerFailures, { atMost: 1 }],
      ),
      detail: `${latenciesMs.length} closes of ${breaches} breaches, longest ${Math.max(...latenciesMs).toFixed(2)} ms, from the intended time of the breaching quote; ${rounded(rate(quotes, wallMs))} quotes/s, ${accountCount} accounts × ${positionsPerAccount} positions × 10 rules (those that ask for a stop, a session and a permission are off), the main thread busy ${((busyMs * 100) / wallMs).toFixed(0)} %; evaluation by ${mode}, ${workerFailures} worker failures, real journal, an answering venue without latency; a loop that dozes 50 µs when idle`,
      why: 'the evaluator lost its workers (see the details): the first ring of a worker over 1,000 accounts was seen to take 150 to 410 ms and up to 1.1 s with all rules under foreign load, later rings more than 50 ms, so rings are late, workers are replaced, and verdicts wait. With 3 rules and a deadline of 50 ms for the first ring it failed on an idle machine too. Serving a shard inline until the first ring of its worker is answered would mend the start; a run with a healthy worker has not been seen at this size, so the path itself is not measured yet',
    },
  ];
};
