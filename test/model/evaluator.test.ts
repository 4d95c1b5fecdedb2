/** Verifies: RULE-003, RULE-004, INV-EVAL-1, supervision 15. Real worker threads. */
import { afterEach, describe, expect, it } from 'vitest';
import { AccountId, RuleId } from '../../src/domain/ids.ts';
import type { VerdictChange } from '../../src/domain/verdict.ts';
import { systemClock, type Clock } from '../../src/kernel/clock.ts';
import { limits } from '../../src/kernel/limits.ts';
import { createRandom } from '../../src/kernel/random.ts';
import type { RuleEvaluatorPort } from '../../src/ports/rule-evaluator.port.ts';
import { createEvaluator, type EvaluatorOptions } from '../../src/workers/evaluator.ts';
import { createInlineEvaluator } from '../../src/workers/inline-evaluator.ts';
import type { PlannedFault } from '../../src/workers/protocol.ts';
import {
  accountIds,
  quote,
  randomAccount,
  randomQuote,
  randomRules,
  settingsOf,
  started,
  until,
} from '../support/evaluator-runs.ts';
import { facts, position, ticks } from '../support/rule-facts.ts';

const lockstepMs = limits.evaluationLockstepDurationMsMax;
const open: RuleEvaluatorPort[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((evaluator) => evaluator.close()));
});

async function begin(options: EvaluatorOptions = {}) {
  const evaluator = createEvaluator({ workers: 1, deadlineMs: lockstepMs, ...options });
  open.push(evaluator);
  return started(evaluator);
}

const rules = settingsOf({ 'RULE-003': { limit: '-500' }, 'RULE-004': { limit: '-300' } });
const account = facts({ positions: [position('ES', '1', '5800')] });
const at = (price: string, nowMs: number) => quote('ES', ticks('ES', price), nowMs);

async function step(evaluator: RuleEvaluatorPort, nowMs: number): Promise<void> {
  evaluator.ring(nowMs);
  await evaluator.settle();
}

/** `account RULE-004 ES DENY worker` */
function words(said: readonly VerdictChange[]): readonly string[] {
  return said.map(
    ({ finding, source }) =>
      `${finding.ruleId} ${finding.entity} ${finding.verdict}${finding.missing.map((name) => ` ${name}`).join('')} ${source}`,
  );
}

describe('an evaluator with a worker', () => {
  it('says only what changes, in lockstep', async () => {
    const { evaluator, said } = await begin();
    expect(evaluator.health.mode).toBe('worker');
    evaluator.putAccount(account, rules);
    await step(evaluator, 1_000);
    expect(words(said.splice(0))).toEqual([
      'RULE-003 account UNKNOWN quote:ES worker',
      'RULE-004 ES UNKNOWN quote:ES worker',
    ]);
    evaluator.putQuote(at('5800', 2_000));
    await step(evaluator, 2_000);
    expect(words(said.splice(0))).toEqual([
      'RULE-003 account PASS worker',
      'RULE-004 ES PASS worker',
    ]);
    evaluator.putQuote(at('5799', 2_001));
    await step(evaluator, 2_001);
    expect(said).toEqual([]);
    expect(evaluator.isDirty(2_001)).toBe(false);
  });

  it('reports a breach that has passed by the time it looks, then that it has passed', async () => {
    const { evaluator, said } = await begin();
    evaluator.putAccount(account, rules);
    evaluator.putQuote(at('5800', 2_000));
    await step(evaluator, 2_000);
    for (const price of ['5799', '5794', '5799']) evaluator.putQuote(at(price, 2_001));
    await step(evaluator, 2_001);
    expect(words(said)).toEqual(['RULE-004 ES DENY worker']);
    expect(said[0]?.finding.observed).toBe(-300_000_000);
    expect(evaluator.isDirty(2_001)).toBe(true);
    await step(evaluator, 2_001);
    expect(words(said)).toEqual(['RULE-004 ES DENY worker', 'RULE-004 ES PASS worker']);
  });

  it('is settled also when the watch over late answers sees the answer before its message', async () => {
    const watches: (() => void)[] = [];
    const clock: Clock = {
      ...systemClock,
      schedule(dueAtMs, run) {
        // The watch is run by hand; the other timers are those of the start.
        if (dueAtMs > systemClock.nowMs() + 100) return systemClock.schedule(dueAtMs, run);
        watches.push(run);
        return () => undefined;
      },
    };
    const { evaluator, said } = await begin({ clock, deadlineMs: 50 });
    // Enough of them that the first ring, in cold code, is not answered while settle blocks for it.
    const many = Array.from({ length: 400 }, (_, index) => AccountId.parse(`M${index}`));
    for (const accountId of many) evaluator.putAccount({ ...account, accountId }, rules);
    evaluator.ring(1_000);
    const settled = evaluator.settle();
    expect(said).toEqual([]);
    // The worker answers meanwhile; its message is in the queue behind this turn.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
    expect(watches).toHaveLength(1);
    for (const watch of watches.splice(0)) watch();
    await settled;
    expect(said).toHaveLength(800);
  });

  it('notices that a quote grows old without any other event', async () => {
    const { evaluator, said } = await begin();
    evaluator.putAccount(account, rules);
    evaluator.putQuote(at('5800', 2_000));
    await step(evaluator, 2_000);
    expect(evaluator.isDirty(7_000)).toBe(false);
    expect(evaluator.isDirty(7_001)).toBe(true);
    await step(evaluator, 7_001);
    expect(words(said)).toEqual([
      'RULE-003 account UNKNOWN stale:ES worker',
      'RULE-004 ES UNKNOWN stale:ES worker',
    ]);
  });

  it('is not troubled by instruments that nobody holds', async () => {
    const { evaluator } = await begin();
    evaluator.putQuote(quote('MNQ', 84_000, 1));
    expect(evaluator.isDirty(1)).toBe(false);
    expect(evaluator.markOf(quote('MNQ', 1, 1).instrument)).toEqual({
      lastTicks: 84_000,
      receivedAtMs: 1,
    });
  });

  it.each([1, 2])(
    'says the same as the evaluation without threads, with %i worker(s)',
    async (workers) => {
      const { evaluator, said } = await begin({ workers });
      const inline = await started(createInlineEvaluator());
      const random = createRandom('threads');
      const known = new Map(accountIds.map((id) => [id, randomRules(random)]));
      let nowMs = 1_000_000;
      for (let round = 0; round < 1_000; round += 1) {
        nowMs += random.int(4) === 0 ? random.int(4_000) : random.int(50);
        const id = accountIds[random.int(accountIds.length)];
        const put = randomQuote(random, nowMs);
        if (id !== undefined && random.int(3) === 0) {
          const told = randomAccount(random, id, round);
          for (const one of [evaluator, inline.evaluator])
            one.putAccount(told, known.get(id) ?? []);
        } else {
          for (const one of [evaluator, inline.evaluator]) one.putQuote(put);
        }
        if (random.int(2) === 0) continue;
        inline.evaluator.ring(nowMs);
        await step(evaluator, nowMs);
      }
      const comparable = (changes: readonly VerdictChange[], id: AccountId) =>
        changes
          .filter(({ accountId }) => accountId === id)
          .map(({ finding, viewVersion, atMs }) => ({ finding, viewVersion, atMs }));
      expect(said.length).toBeGreaterThan(500);
      expect(evaluator.health).toMatchObject({ mode: 'worker', workerFailures: 0 });
      for (const id of accountIds) {
        expect(comparable(said, id)).toEqual(comparable(inline.said, id));
      }
    },
  );

  it('delivers without being waited for', async () => {
    const { evaluator, said } = await begin({ deadlineMs: 10_000 });
    evaluator.putAccount(account, rules);
    evaluator.putQuote(at('5700', 2_000));
    evaluator.ring(2_000);
    await until(() => said.length === 2);
    expect(words(said)).toEqual(['RULE-003 account DENY worker', 'RULE-004 ES DENY worker']);
  });

  it('rings again by itself for what came while it was busy', async () => {
    const { evaluator, said } = await begin({ deadlineMs: 10_000 });
    evaluator.putAccount(account, rules);
    evaluator.putQuote(at('5800', 2_000));
    evaluator.ring(2_000);
    evaluator.putQuote(at('5700', 2_001));
    evaluator.ring(2_001);
    await until(() => said.length === 2);
    expect(words(said)[1]).toBe('RULE-004 ES DENY worker');
  });
});

describe('a worker that fails', () => {
  const fault = (kind: PlannedFault['kind'], times = 1): PlannedFault => ({
    ruleId: RuleId.parse('RULE-004'),
    kind,
    times,
  });

  it.each([
    ['throw', 'threw', lockstepMs],
    ['exit', 'exited', lockstepMs],
    ['memory', 'outOfMemory', 20_000],
    ['hang', 'late', 200],
  ] as const)(
    'by %s: its accounts read UNKNOWN, then what the main thread finds, then it is replaced',
    async (kind, name, deadlineMs) => {
      const { evaluator, said } = await begin({ fault: fault(kind), deadlineMs, heapMbMax: 48 });
      evaluator.putAccount(account, rules);
      for (const price of ['5800', '5794', '5799']) evaluator.putQuote(at(price, 2_000));
      await step(evaluator, 2_000);
      expect(words(said.splice(0))).toEqual([
        `RULE-003 account UNKNOWN worker:${name} worker`,
        `RULE-004 account UNKNOWN worker:${name} worker`,
        'RULE-003 account PASS inline',
        'RULE-004 ES DENY inline',
        'RULE-004 account PASS inline',
      ]);
      expect(evaluator.health.workerFailures).toBe(1);
      // Protection goes on while there is no worker, and afterwards with the new one.
      await step(evaluator, 2_001);
      expect(words(said.splice(0))).toEqual(['RULE-004 ES PASS inline']);
      await until(() => evaluator.health.mode === 'worker');
      evaluator.putQuote(at('5700', 2_002));
      await step(evaluator, 2_002);
      expect(words(said)).toEqual(['RULE-003 account DENY worker', 'RULE-004 ES DENY worker']);
    },
  );

  it('again and again: the main thread alone, until a probe succeeds', async () => {
    const { evaluator, said } = await begin({ fault: fault('throw', 4), failureWindowMs: 3_000 });
    evaluator.putAccount(account, rules);
    for (let failure = 1; failure <= limits.workerFailuresMax; failure += 1) {
      await until(() => evaluator.health.mode === 'worker');
      await step(evaluator, 2_000 + failure);
      expect(evaluator.health).toMatchObject({ mode: 'inline', workerFailures: failure });
    }
    said.splice(0);
    evaluator.putQuote(at('5700', 2_010));
    await step(evaluator, 2_010);
    expect(words(said)).toEqual(['RULE-003 account DENY inline', 'RULE-004 ES DENY inline']);
    // The fourth worker is the first probe and fails too; the fifth is sound.
    await until(() => evaluator.health.mode === 'worker');
    await step(evaluator, 2_011);
    expect(evaluator.health).toMatchObject({ mode: 'inline', workerFailures: 4 });
    await until(() => evaluator.health.mode === 'worker');
    await step(evaluator, 2_012);
    expect(evaluator.health).toMatchObject({ mode: 'worker', workerFailures: 4 });
  });
});
