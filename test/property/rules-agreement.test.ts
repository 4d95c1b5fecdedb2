/**
 * For every rule of the catalogue: the workers' core and a naive evaluation of everything say the same.
 *
 * Verifies: INV-EVAL-1, G41
 *
 * BULKHEAD_STATES sets the random states per rule; a million takes a while.
 */
import { describe, expect, it } from 'vitest';
import type { VerdictChange } from '../../src/domain/verdict.ts';
import { memoryKey, type AccountFacts } from '../../src/domain/view.ts';
import { createRandom } from '../../src/kernel/random.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import type { RuleContext, RuleDefinition } from '../../src/rules/rule.ts';
import { createInlineEvaluator } from '../../src/workers/inline-evaluator.ts';
import {
  accountIds,
  naiveVerdicts,
  randomQuote,
  started,
  verdictsOf,
} from '../support/evaluator-runs.ts';
import { instruments } from '../support/rule-facts.ts';
import { minuteSessions, randomConfig, randomFacts } from '../support/rule-worlds.ts';

const statesWanted = Number(process.env['BULKHEAD_STATES'] ?? '2000');
const stepsPerHistory = 20;
/** A rule that goes on remembering or rechecking for longer never comes to rest. */
const roundsMax = 8;

const rules = ruleCatalogue.map((rule) => [rule.id, rule.key, rule] as const);
const [accountId] = accountIds;
if (accountId === undefined) throw new Error('there is an account');

/** What the rule wants remembered goes back into the facts, as the engine does it. */
function withMemory(facts: AccountFacts, said: readonly VerdictChange[]): AccountFacts {
  const memory = { ...facts.memory };
  for (const { finding } of said) {
    const { ruleId, entity, remember } = finding;
    if (remember !== undefined) memory[memoryKey(ruleId, entity)] = remember;
  }
  const isNews = JSON.stringify(memory) !== JSON.stringify(facts.memory);
  return isNews ? { ...facts, memory, version: facts.version + 1 } : facts;
}

function contextOf(facts: AccountFacts, marks: RuleContext['marks'], nowMs: number): RuleContext {
  return {
    facts,
    marks,
    instrumentOf: (id) => instruments.get(id),
    nowMs,
    sessions: minuteSessions,
  };
}

/** Everything a rule says, in a form that can be compared. */
function allFindings(rule: RuleDefinition, context: RuleContext, config: unknown): string {
  return JSON.stringify(rule.evaluate(context, config));
}

function deepFrozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFrozen(part);
  }
  return value;
}

describe.each(rules)('%s %s', (ruleId, key, rule) => {
  it('reads the same in the core of the workers and in a naive evaluation', async () => {
    const seen = new Set<string>();
    let states = 0;
    for (let history = 0; states < statesWanted; history += 1) {
      const random = createRandom(`${ruleId}/${history}`);
      const config = randomConfig(random, key);
      const settings = [{ ruleId, config }];
      const { evaluator, said } = await started(createInlineEvaluator());
      let nowMs = 1_000_000;
      let facts = randomFacts(random, accountId, 1, nowMs, {});
      evaluator.putAccount(facts, settings);
      for (let step = 0; step < stepsPerHistory; step += 1) {
        nowMs += random.int(4) === 0 ? random.int(4_000) : random.int(50);
        if (random.int(3) === 0) {
          facts = randomFacts(random, accountId, facts.version + 1, nowMs, facts.memory);
          evaluator.putAccount(facts, settings);
        } else {
          evaluator.putQuote(randomQuote(random, nowMs));
        }
        if (random.int(3) === 0) continue;
        for (let round = 0; round < roundsMax && evaluator.isDirty(nowMs); round += 1) {
          const from = said.length;
          evaluator.ring(nowMs);
          const next = withMemory(facts, said.slice(from));
          if (next !== facts) evaluator.putAccount((facts = next), settings);
        }
        const place = `history ${history} step ${step}`;
        expect(evaluator.isDirty(nowMs), place).toBe(false);
        const accounts = new Map([[accountId, { facts, rules: settings }]]);
        const naive = naiveVerdicts(accounts, (id) => evaluator.markOf(id), nowMs);
        for (const word of Object.values(naive)) seen.add(word.split(' ')[0] ?? '');
        expect(verdictsOf(said), place).toEqual(naive);
        states += 1;
      }
    }
    // It was not silence that agreed with silence; an automation denies nothing.
    const isAutomation = ruleId === 'RULE-012';
    expect(seen.has('DENY')).toBe(rule.triggers.market && !isAutomation);
  });

  it('says the same of a copy, and changes nothing of what it was given', () => {
    const verdicts = new Set<string>();
    for (let state = 0; state < statesWanted; state += 1) {
      const random = createRandom(`${ruleId}/copy/${state}`);
      const nowMs = 1_000_000 + random.int(100_000);
      const config = deepFrozen(randomConfig(random, key));
      const facts = deepFrozen(randomFacts(random, accountId, 1, nowMs, {}));
      const quotes = [...instruments.keys()].map(() => randomQuote(random, nowMs));
      const marks = new Map(quotes.map((quote) => [quote.instrument, deepFrozen(quote)]));
      const context = contextOf(facts, (id) => marks.get(id), nowMs);
      const first = allFindings(rule, context, config);
      const copy = contextOf(structuredClone(facts), context.marks, nowMs);
      expect(allFindings(rule, copy, structuredClone(config)), `state ${state}`).toBe(first);
      for (const { verdict } of rule.evaluate(context, config)) verdicts.add(verdict);
    }
    // A blocked instrument is denied, any other is not spoken of; an automation denies nothing.
    const wanted = { 'RULE-011': ['DENY'], 'RULE-012': ['PASS'] }[String(ruleId)];
    expect([...verdicts]).toEqual(expect.arrayContaining(wanted ?? ['DENY', 'PASS']));
  });
});
