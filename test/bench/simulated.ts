/** A generated market day with the reckless trader at full speed: the whole product, journal on. */
import { MarketRun } from '../../src/bin/market-run.ts';
import { composeForRun } from '../../src/bin/run-composition.ts';
import { judged, median, rate, ratio, rounded, type Case } from './measure.ts';
import { inDirectory } from './stage.ts';

const dayMs = 86_400_000;

export const benchSimulated: Case = async ({ scale }) => {
  const runs = [];
  const forMs = Math.round(dayMs * Math.min(1, scale));
  for (let round = 0; round < 3; round += 1) {
    runs.push(
      await inDirectory(async (dataDir) => {
        const parts = await composeForRun({
          dataDir,
          speed: 'max',
          trader: 'reckless',
          seed: `bench-${round}`,
          forMs,
        });
        const run = new MarketRun(parts, () => undefined, new AbortController().signal);
        const startedMs = performance.now();
        const report = await run.run();
        const wallMs = performance.now() - startedMs;
        const marketMs = Date.parse(report.marketTo) - Date.parse(report.marketFrom);
        return { ...report, wallMs, marketMs, times: marketMs / wallMs };
      }),
    );
  }
  const times = median(runs.map((run) => run.times));
  const [first] = runs;
  if (first === undefined) return [];
  return [
    {
      id: 'T12',
      what: 'simulated trading time per wall second in the simulator',
      measured: `${ratio(times)} real time`,
      target: '≥ 1,000 × real time',
      ...judged([times, { atLeast: 1_000 }]),
      detail: `${rounded(first.marketMs / 3_600_000)} h of the generated market in ${rounded(first.wallMs)} ms: ${first.rows} prices, ${first.transitions} transitions, ${first.orders} orders, ${first.fills} fills, ${first.breaches} breaches, ${first.locks} locks, ${rounded(rate(first.events, first.wallMs))} events/s; three instruments, the reckless trader, journal with FULL on, lockstep with the worker; median of three seeds`,
      why: 'every price is one lockstep with the worker thread (ring, evaluate, answer) and every order and fill one commit with its own fsync: simulated time does not group commits, because the next price may not be looked at before the turn is stored',
    },
  ];
};
