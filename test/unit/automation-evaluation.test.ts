/** Verifies: RULE-005, RULE-012: what the evaluators say of rules that remember and want */
import { describe, expect, it } from 'vitest';
import type { RuleFinding, RuleMemory, VerdictChange } from '../../src/domain/verdict.ts';
import { memoryKey, type AccountFacts } from '../../src/domain/view.ts';
import type { RuleEvaluatorPort } from '../../src/ports/rule-evaluator.port.ts';
import { createInlineEvaluator } from '../../src/workers/inline-evaluator.ts';
import {
  facts,
  instrumentOf,
  nowMs,
  position,
  ruleOf,
  ticks,
  working,
} from '../support/rule-facts.ts';

type Stage = {
  readonly evaluator: RuleEvaluatorPort;
  readonly put: (account: AccountFacts) => void;
  readonly quote: (last: string) => void;
  /** Evaluates, and says what was news. */
  readonly ring: () => readonly RuleFinding[];
};

async function stage(ruleId: string, config: Readonly<Record<string, unknown>>): Promise<Stage> {
  const rule = ruleOf(ruleId);
  const evaluator = createInlineEvaluator();
  let said: RuleFinding[] = [];
  await evaluator.start((changes: readonly VerdictChange[]) => {
    said.push(...changes.map(({ finding }) => finding));
  });
  const mnq = instrumentOf('MNQ');
  evaluator.putInstrument(mnq);
  const settings = [{ ruleId: rule.id, config: rule.config.parse({ enabled: true, ...config }) }];
  return {
    evaluator,
    put: (account) => evaluator.putAccount(account, settings),
    quote: (last) =>
      evaluator.putQuote({
        instrument: mnq.id,
        lastTicks: ticks('MNQ', last),
        venueTimeMs: nowMs,
        receivedAtMs: nowMs,
      }),
    ring: () => {
      said = [];
      evaluator.ring(nowMs);
      return said;
    },
  };
}

const stop = working('MNQ', 'sell', '1', {
  purpose: 'protective',
  reduceOnly: true,
  orderType: 'stop',
  stopTicks: ticks('MNQ', '20997.5'),
});
const held = facts({ positions: [position('MNQ', '1', '21000')], workingOrders: [stop] });

function remembering(ruleId: string, memory: RuleMemory, version: number): AccountFacts {
  return { ...held, version, memory: { [memoryKey(ruleOf(ruleId).id, 'MNQ')]: memory } };
}

describe('prices that were passed between two evaluations', () => {
  it('raise the high-water mark of a trailing stop', async () => {
    const { put, quote, ring } = await stage('RULE-012', { trailingStop: { enabled: true } });
    put(held);
    quote('21000');
    ring();
    quote('21005');
    quote('21004.5');
    const [found] = ring();
    expect(found?.remember).toMatchObject({ bestTicks: ticks('MNQ', '21005') });
    expect(found?.wants).toMatchObject([{ stopTicks: ticks('MNQ', '21004') }]);
  });

  it('arm a breakeven without closing on it', async () => {
    const { put, quote, ring } = await stage('RULE-005', {
      mode: 'breakeven',
      breakevenArmAt: '10',
    });
    put(held);
    quote('21001');
    ring();
    quote('21006');
    quote('20999');
    expect(ring()).toMatchObject([{ verdict: 'PASS', remember: { armed: true } }]);
  });
});

describe('a wish', () => {
  it('is news once, and again when the facts it was about are gone', async () => {
    const { put, quote, ring } = await stage('RULE-012', { trailingStop: { enabled: true } });
    put(held);
    quote('21002.5');
    expect(ring()).toMatchObject([{ wants: [{ type: 'modifyProtective' }] }]);
    quote('21002.5');
    expect(ring()).toEqual([]);
    put({ ...held, version: 2 });
    expect(ring()).toMatchObject([{ wants: [{ type: 'modifyProtective' }] }]);
  });

  it('that has to wait says until when, as news, and again when that changes', async () => {
    const { put, quote, ring } = await stage('RULE-012', { trailingStop: { enabled: true } });
    const memory = {
      side: 'long',
      openedAtMs: 0,
      bestTicks: ticks('MNQ', '21005'),
      stopAsked: 'other',
      stopTries: 1,
    };
    put(remembering('RULE-012', { ...memory, stopAskedAtMs: nowMs - 100 }, 2));
    quote('21004.5');
    expect(ring()).toMatchObject([{ wants: [], dueAtMs: nowMs + 400 }]);
    put(remembering('RULE-012', { ...memory, stopAskedAtMs: nowMs - 50 }, 3));
    expect(ring()).toMatchObject([{ wants: [], dueAtMs: nowMs + 450 }]);
  });
});
