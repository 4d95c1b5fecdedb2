/** Verifies: RULE-001 */
import { expect, it } from 'vitest';
import { breachesOf, playAllRules } from '../support/all-rules-run.ts';

it.each([
  [
    'gen',
    {
      elsewhere: { instrument: 'MNQ', ticks: 86_000 },
      session: { start: '08:30', end: '09:00' },
      forMs: 32 * 60_000,
    },
  ],
  [
    'rec',
    {
      replayFile: '../shared/data/futures/MNQ_1m_ibkr_2025-04-01.csv.gz',
      elsewhere: { instrument: 'MNQ', ticks: 77_600 },
      session: { start: '17:00', end: '20:00' },
      forMs: 190 * 60_000,
    },
  ],
])(
  'probe %s',
  async (name, market) => {
    const run = await playAllRules(market);
    console.log(
      name,
      JSON.stringify({ ...run.report, accounts: 0 }),
      run.isVerified,
      run.rows.length,
    );
    const counts = new Map<string, number>();
    for (const b of breachesOf(run.rows)) {
      const k = b.finding.ruleId;
      counts.set(k, (counts.get(k) ?? 0) + 1);
    }
    console.log(counts);
    const bs = breachesOf(run.rows);
    const rows = run.rows.map((r) => ({ r, e: JSON.parse(r.eventJson) }));
    const out = new Map<string, number>();
    for (const b of bs) {
      const wanted = rows.filter(
        ({ r, e }) => e.type === 'account.enforcementWanted' && r.causeSeq === b.seq,
      );
      const achieved = rows.filter(
        ({ r, e }) =>
          e.type === 'rule.enforcementAchieved' &&
          r.seq > b.seq &&
          r.account === b.account &&
          r.actor.endsWith(b.finding.ruleId) &&
          e.instrument === b.finding.entity,
      );
      const next = bs.find(
        (o) =>
          o.seq > b.seq &&
          o.account === b.account &&
          o.finding.ruleId === b.finding.ruleId &&
          o.finding.entity === b.finding.entity,
      );
      const until = next?.seq ?? Infinity;
      const n = achieved.filter(({ r }) => r.seq < until).length;
      const k = b.finding.ruleId + ' wanted ' + wanted.length + ' achieved ' + n;
      out.set(k, (out.get(k) ?? 0) + 1);
      if (n !== 1 && (out.get(k) ?? 0) < 3)
        console.log(
          k,
          JSON.stringify(b).slice(0, 700),
          rows
            .filter(({ r, e }) => r.seq >= b.seq && r.seq < b.seq + 16 && r.account === b.account)
            .map(({ r, e }) => `${r.seq} ${r.actor} ${e.type}`)
            .join('\n'),
        );
    }
    console.log([...out].toSorted());
    expect(1).toBe(1);
  },
  120_000,
);
