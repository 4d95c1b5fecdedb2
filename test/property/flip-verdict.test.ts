/**
 * For every rule of the catalogue: the change that is named really gives another verdict, judged by the rule itself.
 *
 * Verifies: inspector 3 (Why), 13 case 5
 */
import { describe, expect, it } from 'vitest';
import { flipVerdict, judgeEntity } from '../../src/bin/flip-verdict.ts';
import type { JudgedWorld } from '../../src/bin/flip-world.ts';
import type { InstrumentId, OrderId } from '../../src/domain/ids.ts';
import type { SubmitOrder } from '../../src/domain/order.ts';
import { memoryKey, type AccountFacts, type Mark } from '../../src/domain/view.ts';
import { createRandom, type Random } from '../../src/kernel/random.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import type { RuleDefinition } from '../../src/rules/rule.ts';
import { accountIds, randomQuote } from '../support/evaluator-runs.ts';
import { instruments } from '../support/rule-facts.ts';
import { minuteSessions, randomConfig, randomFacts } from '../support/rule-worlds.ts';

const worldsPerRule = 120;
const accountId = accountIds[0] ?? missingAccount();

function missingAccount(): never {
  throw new Error('there is an account');
}

/** It protects and never refuses: its findings are no breaches. */
const withoutBreach: ReadonlySet<string> = new Set(['RULE-012']);

function randomOrder(random: Random, look: number): SubmitOrder {
  const ids = ['ES', 'MNQ', 'BTC-USD'];
  return {
    orderId: `what-if-${look}` as OrderId,
    accountId,
    instrument: (ids[random.int(ids.length)] ?? 'ES') as InstrumentId,
    side: random.int(2) === 0 ? 'buy' : 'sell',
    orderType: 'market',
    quantityLots: 1 + random.int(12),
    timeInForce: 'day',
    reduceOnly: false,
  };
}

type Counts = { denied: number };

/** What a rule wants remembered is in the facts of its next look, as in the engine. */
function remembered(rule: RuleDefinition, config: unknown, world: JudgedWorld): AccountFacts {
  const { marks, ...context } = world;
  const memory = { ...world.facts.memory };
  for (const finding of rule.evaluate({ ...context, marks: (id) => marks.get(id) }, config))
    if (finding.remember !== undefined)
      memory[memoryKey(rule.id, finding.entity)] = finding.remember;
  return { ...world.facts, memory };
}

function tried(
  rule: RuleDefinition,
  key: string,
  seed: string,
): Counts & { readonly worse: string[] } {
  const random = createRandom(seed);
  const counts = { denied: 0, worse: [] as string[] };
  let memory: AccountFacts['memory'] = {};
  let config: unknown;
  for (let look = 0; look < worldsPerRule; look += 1) {
    const nowMs = 1_000_000 + look * 1_000;
    if (look % 10 === 0) [config, memory] = [randomConfig(random, key), {}];
    const marks = new Map<InstrumentId, Mark>();
    for (let quotes = 0; quotes < 8; quotes += 1) {
      const { venueTimeMs: _, instrument, ...mark } = randomQuote(random, nowMs);
      marks.set(instrument, mark);
    }
    const facts = randomFacts(random, accountId, look + 1, nowMs, memory);
    const world: JudgedWorld = {
      facts,
      marks,
      nowMs,
      sessions: minuteSessions,
      instrumentOf: (id) => instruments.get(id),
    };
    ({ memory } = remembered(rule, config, world));
    const { marks: table, ...context } = world;
    const found = rule.evaluate({ ...context, marks: (id) => table.get(id) }, config);
    const asked = { ...world, order: randomOrder(random, look) };
    const refused = judgeEntity(rule, config, asked, asked.order.instrument);
    const judged = [
      ...found.map((finding) => [world, finding] as const),
      ...(refused === undefined ? [] : [[asked, refused] as const]),
    ];
    for (const [seen, finding] of judged) {
      if (finding.verdict !== 'DENY') continue;
      counts.denied += 1;
      const flip = flipVerdict(rule, config, seen, finding);
      if (flip === undefined) {
        counts.worse.push(`${finding.entity} ${JSON.stringify(finding.inputs)}`);
        continue;
      }
      const again = judgeEntity(rule, flip.config ?? config, flip.world, finding.entity);
      expect(again?.verdict ?? 'PASS', flip.words).toBe(flip.verdict);
      expect(flip.verdict, flip.words).not.toBe('DENY');
      expect(flip.words).not.toBe('');
    }
  }
  return counts;
}

describe('the change of one value that gives another verdict', () => {
  it.each(ruleCatalogue.map((rule, index) => [rule.id, rule, index] as const))(
    'of %s passes when the rule judges again',
    (_, rule, index) => {
      const { denied, worse } = tried(rule, rule.key, `flip ${index}`);
      expect(denied > 0, 'breaches were judged').toBe(!withoutBreach.has(rule.id));
      expect(worse, 'breaches without such a change').toEqual([]);
    },
  );
});
