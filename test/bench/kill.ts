/** The kill drill that operators run, five times: real clock, real journal, the paper venue with 50 ms latency. */
import { drillKillSwitch } from '../../src/bin/drill/kill-switch.ts';
import { judged, rounded, type Case } from './measure.ts';

const targetMs = 2_000;

export const benchKill: Case = async () => {
  const report = await drillKillSwitch({
    flatten: true,
    orders: 1_000,
    positions: 20,
    venueLatencyMs: 50,
    runs: 5,
    mode: 'PAPER',
  });
  const isFlat = report.verifiedFlat;
  return [
    {
      id: 'T13',
      what: 'kill switch, 1,000 working orders and 20 positions on the paper venue with 50 ms latency, to verified flat',
      measured: isFlat ? `${rounded(report.p50Ms)} ms` : 'not flat',
      target: '≤ 2 s',
      ...judged([isFlat ? report.worstMs : Number.POSITIVE_INFINITY, { atMost: targetMs }]),
      detail: `five drills with a journal of their own, FULL on: p50 ${rounded(report.p50Ms)} ms, worst ${rounded(report.worstMs)} ms; of the worst ${report.steps.map(({ step, ms }) => `${step} ${rounded(ms)}`).join(', ')} ms after the trigger`,
      why: 'every cancel is a row and an effect before it leaves, and two pictures of the venue in a row must agree',
    },
  ];
};
