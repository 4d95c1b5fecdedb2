/** Rules over a column of accounts, as a worker evaluates them, against json-rules-engine on the same conditions. */
import { Engine as JsonRules } from 'json-rules-engine';
import { MarketBook } from '../../src/workers/market-book.ts';
import { ShardCore } from '../../src/workers/shard-core.ts';
import { ShardFeed } from '../../src/workers/shard-feed.ts';
import { QuoteTable } from '../../src/workers/shared-tables.ts';
import { interleaved, judged, median, medianRatio, ratio, rounded, type Case } from './measure.ts';
import {
  accountsNamed,
  holding,
  instrumentsNamed,
  parTicks,
  quoteAt,
  ruleSettings,
} from './stage.ts';

const accountCount = 1_000;
const ruleCount = 3;
const lotValue = 12.5;

/** One shard whose accounts all hold the instrument; every quote re-marks and judges all of them. */
function columnar(quotes: number): number {
  const [instrument] = instrumentsNamed('B', 1);
  if (instrument === undefined) throw new Error('there is an instrument');
  const market = new MarketBook();
  market.rowOf(instrument.id).instrument = instrument;
  const feed = new ShardFeed(market, QuoteTable.local());
  const core = new ShardCore({ source: 'inline' });
  const settings = ruleSettings();
  feed.putQuote(market.put(quoteAt(instrument.id, parTicks, 1)));
  for (const accountId of accountsNamed(accountCount)) {
    feed.putAccount(holding(accountId, [instrument]), settings);
  }
  const evaluate = (atMs: number): void => {
    core.queue(feed.take());
    core.evaluate(feed.table, feed.table.flip(), atMs);
    feed.settled();
  };
  for (let quote = 0; quote < 200; quote += 1) {
    feed.putQuote(market.put(quoteAt(instrument.id, parTicks + (quote % 7), 2)));
    evaluate(2);
  }
  const startedMs = performance.now();
  for (let quote = 0; quote < quotes; quote += 1) {
    feed.putQuote(market.put(quoteAt(instrument.id, parTicks + (quote % 7), 2)));
    evaluate(2);
  }
  return ((performance.now() - startedMs) * 1_000_000) / (quotes * accountCount * ruleCount);
}

/** The facts are handed over as finished numbers: the peer need not mark anything. */
async function jsonRules(runs: number): Promise<number> {
  const engine = new JsonRules();
  const conditions: readonly (readonly [fact: string, operator: string, value: number])[] = [
    ['contracts', 'greaterThan', 1_000_000],
    ['dayResult', 'lessThanInclusive', -10_000_000],
    ['openProfit', 'lessThanInclusive', -300],
  ];
  for (const [fact, operator, value] of conditions) {
    engine.addRule({
      conditions: { all: [{ fact, operator, value }] },
      event: { type: `${fact} breached` },
    });
  }
  for (let run = 0; run < 500; run += 1) {
    await engine.run({ contracts: 1, dayResult: run, openProfit: run });
  }
  const startedMs = performance.now();
  for (let run = 0; run < runs; run += 1) {
    const openProfit = (run % 7) * lotValue;
    await engine.run({ contracts: 1, dayResult: openProfit - 1.4, openProfit });
  }
  return ((performance.now() - startedMs) * 1_000_000) / (runs * ruleCount);
}

export const benchRules: Case = async ({ scale }) => {
  const quotes = Math.round(8_000 * scale);
  const runs = Math.round(8_000 * scale);
  const result = await interleaved(5, {
    columnar: () => columnar(quotes),
    jsonRules: () => jsonRules(runs),
  });
  const times = medianRatio(result.jsonRules, result.columnar);
  return [
    {
      id: 'T3',
      what: 'rule evaluations in the workers (columnar, batched) vs json-rules-engine 7.3.1 on the same conditions',
      measured: ratio(times),
      target: '≥ 2,000 ×',
      ...judged([times, { atLeast: 2_000 }]),
      detail: `${rounded(median(result.columnar))} ns per account and rule, re-marking included, vs ${rounded(median(result.jsonRules))} ns; the ${ruleCount} rules that exist (RULE-001, RULE-003, RULE-004), ${accountCount} accounts touched by each quote, no breach; the peer gets its facts as finished numbers; median of 5 interleaved rounds`,
      why: 'the screen computes four worths per position (low and high of the window, low and high of the present, so that no breach between two evaluations is missed and rules may use different prices), two comparisons and four running sums; the 7 ns of the prototype was one multiplication and one comparison per rule. With three rules the cost of marking is shared by three instead of thirteen: the same scan serves all rules. Cheaper would be a scan that skips the second pair when all rules use one price basis',
    },
  ];
};
