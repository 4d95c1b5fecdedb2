/**
 * Verifies: RULE-001, RULE-003, RULE-004, RULE-013, INV-EVAL-1, INV-EVAL-2
 *
 * - INV-EVAL-1: the changes add up to what evaluating every rule exactly would say.
 * - INV-EVAL-2: a breach of any quote since the last evaluation is found, however quotes were conflated.
 * - INV-EXP-1: what is called a reduction grows no worst case.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountId } from '../../src/domain/ids.ts';
import type { VerdictChange } from '../../src/domain/verdict.ts';
import type { AccountFacts } from '../../src/domain/view.ts';
import { createRandom } from '../../src/kernel/random.ts';
import type { RuleSetting } from '../../src/ports/rule-evaluator.port.ts';
import { riskEffect, worstCase } from '../../src/rules/exposure.ts';
import { createInlineEvaluator } from '../../src/workers/inline-evaluator.ts';
import {
  accountIds,
  naiveVerdicts,
  randomAccount,
  randomQuote,
  randomRules,
  started,
  verdictsOf,
} from '../support/evaluator-runs.ts';
import { facts, instrumentOf, position, working } from '../support/rule-facts.ts';

type Told = { facts: AccountFacts; rules: readonly RuleSetting[] };

describe('INV-EVAL-1', () => {
  it('says what the exact evaluation of everything says, after any history', async () => {
    let compared = 0;
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = createRandom(String(seed));
        const { evaluator, said } = await started(createInlineEvaluator());
        const accounts = new Map<AccountId, Told>();
        let nowMs = 1_000_000;
        for (let step = 0; step < 30; step += 1) {
          nowMs += random.int(4) === 0 ? random.int(4_000) : random.int(50);
          const id = accountIds[random.int(accountIds.length)];
          if (id === undefined) continue;
          if (random.int(3) === 0) {
            const told = {
              facts: randomAccount(random, id, step),
              rules: accounts.get(id)?.rules ?? randomRules(random),
            };
            accounts.set(id, told);
            evaluator.putAccount(told.facts, told.rules);
          } else if (random.int(20) === 0) {
            accounts.delete(id);
            evaluator.removeAccount(id);
            // An account that comes back begins anew.
            said.splice(0, said.length, ...said.filter(({ accountId }) => accountId !== id));
          } else {
            evaluator.putQuote(randomQuote(random, nowMs));
          }
          if (random.int(2) === 0) continue;
          // What held only at an extreme is taken back by the evaluation after it.
          for (let again = 0; again < 3 && evaluator.isDirty(nowMs); again += 1)
            evaluator.ring(nowMs);
          expect(evaluator.isDirty(nowMs)).toBe(false);
          const expected = naiveVerdicts(accounts, (one) => evaluator.markOf(one), nowMs);
          for (const word of Object.values(expected)) seen.add(word.split(':')[0] ?? '');
          expect(verdictsOf(said), `seed ${seed} step ${step}`).toEqual(expected);
          compared += 1;
        }
      }),
      { numRuns: 1_500 },
    );
    expect(compared).toBeGreaterThan(2_000);
    expect([...seen].toSorted()).toEqual([
      'DENY DAILY_LOSS_REACHED',
      'DENY DAILY_PROFIT_REACHED',
      'DENY STALE_DATA',
      'DENY UNREALIZED_LOSS_REACHED',
      'UNKNOWN crossed',
      'UNKNOWN impossible',
      'UNKNOWN quote',
      'UNKNOWN reconciliation',
      'UNKNOWN stale',
      'warning',
    ]);
  });
});

function denied(said: readonly VerdictChange[]): readonly string[] {
  return said
    .filter(({ finding }) => finding.verdict === 'DENY')
    .map(({ accountId, finding }) => `${accountId} ${finding.ruleId} ${finding.entity}`);
}

describe('INV-EVAL-2', () => {
  it('misses no breach of a quote between two evaluations, with facts changing in between', async () => {
    let breaches = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = createRandom(String(seed));
        const every = await started(createInlineEvaluator());
        const conflated = await started(createInlineEvaluator());
        const both = [every.evaluator, conflated.evaluator];
        const rules = new Map(accountIds.map((id) => [id, randomRules(random)]));
        let nowMs = 1_000_000;
        const ringAll = (of: typeof every): void => {
          while (of.evaluator.isDirty(nowMs)) of.evaluator.ring(nowMs);
        };
        for (let window = 0; window < 4; window += 1) {
          // What stood at the beginning need not be said again.
          const standing = Object.entries(verdictsOf(conflated.said))
            .filter(([, word]) => word.startsWith('DENY'))
            .map(([key]) => key);
          const from = conflated.said.length;
          const byQuotes = new Set<string>();
          for (let step = random.int(12); step >= 0; step -= 1) {
            nowMs += random.int(5);
            const id = accountIds[random.int(accountIds.length)];
            if (id !== undefined && random.int(4) === 0) {
              const account = { ...randomAccount(random, id, step), isReconciled: true };
              for (const one of both) one.putAccount(account, rules.get(id) ?? []);
              // A breach of the facts alone is found in the turn that commits them.
              ringAll(every);
              continue;
            }
            const put = { ...randomQuote(random, nowMs), receivedAtMs: nowMs };
            for (const one of both) one.putQuote(put);
            const before = every.said.length;
            ringAll(every);
            for (const key of denied(every.said.slice(before))) byQuotes.add(key);
          }
          ringAll(conflated);
          const found = [...standing, ...denied(conflated.said.slice(from))];
          for (const breach of byQuotes) {
            breaches += 1;
            expect(found, `seed ${seed} window ${window}`).toContain(breach);
          }
        }
      }),
      { numRuns: 1_500 },
    );
    expect(breaches).toBeGreaterThan(500);
  });

  it('invents no breach of a position: each was one of some quote', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = createRandom(String(seed));
        const every = await started(createInlineEvaluator());
        const conflated = await started(createInlineEvaluator());
        const rules = randomRules(random).filter(({ ruleId }) => ruleId === 'RULE-004');
        const [id] = accountIds;
        if (id === undefined) return;
        let nowMs = 1_000_000;
        const deny = (said: readonly VerdictChange[]): Set<string> =>
          new Set(
            said.filter((one) => one.finding.verdict === 'DENY').map((one) => one.finding.entity),
          );
        for (let step = 0; step < 20; step += 1) {
          nowMs += 1;
          const change = random.int(5) === 0;
          const account = randomAccount(random, id, step);
          const put = { ...randomQuote(random, nowMs), receivedAtMs: nowMs };
          for (const { evaluator } of [every, conflated]) {
            if (change) evaluator.putAccount({ ...account, isReconciled: true }, rules);
            else evaluator.putQuote(put);
          }
          while (every.evaluator.isDirty(nowMs)) every.evaluator.ring(nowMs);
        }
        conflated.evaluator.ring(nowMs);
        const real = deny(every.said);
        // The sum over several instruments may be judged at extremes that did not coincide.
        const invented = [...deny(conflated.said)].filter((entity) => !real.has(entity));
        expect(invented.filter((entity) => entity !== 'account')).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('INV-EXP-1', () => {
  it('calls nothing a reduction that grows a worst case or can grow the position', () => {
    const side = fc.constantFrom('buy' as const, 'sell' as const);
    const order = fc.record({
      side,
      quantity: fc.integer({ min: 1, max: 6 }),
      reduceOnly: fc.boolean(),
      purpose: fc.constantFrom('entry' as const, 'exit' as const, 'protective' as const),
    });
    const run = fc.tuple(fc.integer({ min: -5, max: 5 }), fc.array(order, { maxLength: 4 }), order);
    let reductions = 0;
    fc.assert(
      fc.property(run, ([held, resting, added]) => {
        const account = facts({
          positions: held === 0 ? [] : [position('ES', String(held), '5800')],
          workingOrders: resting.map((one) => working('ES', one.side, String(one.quantity), one)),
        });
        const { id: instrument } = instrumentOf('ES');
        const shape = { ...added, instrument, quantityLots: added.quantity };
        if (riskEffect(account, shape) !== 'reduce') return;
        reductions += 1;
        const [before, after] = [
          worstCase(account, instrument),
          worstCase(account, instrument, shape),
        ];
        expect(after.longLots).toBeLessThanOrEqual(before.longLots);
        expect(after.shortLots).toBeLessThanOrEqual(before.shortLots);
        expect(Math.sign(held)).toBe(added.side === 'sell' ? 1 : -1);
        expect(added.quantity).toBeLessThanOrEqual(Math.abs(held));
      }),
      { numRuns: 5_000 },
    );
    expect(reductions).toBeGreaterThan(100);
  });
});
