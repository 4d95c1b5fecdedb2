/**
 * Which executions a rule has judged already, by trade id.
 *
 * A rule that counts trades acts on a trade once: after a restart, a reload or a resynchronisation what was
 * judged makes nothing again, whatever has become of its lock. Source: rules 1.3.
 */
import type { RuleId } from '../domain/ids.ts';
import type { RuleMemory } from '../domain/verdict.ts';
import { memoryKey, type AccountFacts, type TradeFacts } from '../domain/view.ts';
import { limits } from '../kernel/limits.ts';

/** Was this execution judged? One that was never seen was not, however late it arrives. */
export type IsJudged = (trade: TradeFacts) => boolean;

/**
 * Reads what the rule remembers of the present trading day; nothing remembered: nothing judged. For executions before
 * the day, which a window still holds, the memory of an earlier day counts as well.
 */
export function judgedTrades(facts: AccountFacts, ruleId: RuleId): IsJudged {
  const memory = facts.memory[memoryKey(ruleId, 'account')];
  if (memory === undefined) return () => false;
  const isOfDay = memory['dayStartMs'] === facts.dayStartMs;
  const ids = new Set(String(memory['judged']).split('\n'));
  const { judgedBeforeMs } = memory;
  return ({ fillId, atMs }) =>
    (isOfDay || atMs < facts.dayStartMs) &&
    (ids.has(fillId) || (typeof judgedBeforeMs === 'number' && atMs <= judgedBeforeMs));
}

/**
 * What to remember when all of `trades` are judged; undefined when there is nothing to say. The newest are kept
 * by id; what is not newer than the newest of the others counts as judged (`judgedBeforeMs`, venue time).
 */
export function rememberJudged(
  facts: AccountFacts,
  ruleId: RuleId,
  trades: readonly TradeFacts[],
): RuleMemory | undefined {
  if (trades.length === 0 && memoryOfDay(facts, ruleId) === undefined) return undefined;
  const byTime = trades.toSorted((one, other) => one.atMs - other.atMs);
  const kept = byTime.slice(-limits.judgedTradesMax);
  const dropped = byTime.at(-limits.judgedTradesMax - 1);
  return {
    dayStartMs: facts.dayStartMs,
    judged: kept.map(({ fillId }) => fillId).join('\n'),
    ...(dropped === undefined ? {} : { judgedBeforeMs: dropped.atMs }),
  };
}

function memoryOfDay(facts: AccountFacts, ruleId: RuleId): RuleMemory | undefined {
  const memory = facts.memory[memoryKey(ruleId, 'account')];
  return memory?.['dayStartMs'] === facts.dayStartMs ? memory : undefined;
}
