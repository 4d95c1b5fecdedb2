/**
 * When a lock that lasts until the reset ends, as the resets are configured. Source: rules 5.1 and 7.2.
 *
 * With `unlockDailyLoss` (`unlockDailyProfit`) off the lock of RULE-003 (RULE-013) has no end in time, and neither the
 * reset nor a timer ends it: only an operator does.
 */
import type { AccountId } from '../domain/ids.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import { appliedRule } from '../rules/group-limit.ts';
import { calendarOf, resetsOf } from './reset-calendar.ts';
import type { World } from './world.ts';

/** The boundary at which locks of the day end; without daily resets there is none. */
export function resetEnd(
  world: World,
  id: AccountId,
  atMs: number,
): { readonly nextBoundaryMs?: number } {
  if (!resetsOf(world, id).daily.isEnabled) return {};
  return { nextBoundaryMs: calendarOf(world, id).nextBoundaryMs(atMs) };
}

/** A breach as its rule is told of it: its lock ends as the reset actions say. */
export function withLockEnd(world: World, id: AccountId, finding: RuleFinding): RuleFinding {
  const { unlockDailyLoss, unlockDailyProfit } = resetsOf(world, id).daily;
  const ruleId = appliedRule(finding.ruleId);
  const isKept =
    (ruleId === 'RULE-003' && !unlockDailyLoss) || (ruleId === 'RULE-013' && !unlockDailyProfit);
  if (!isKept) return finding;
  const wants = finding.wants.map((action) =>
    action.type === 'setLock' && action.kind === 'untilReset'
      ? ({ ...action, endsBy: 'operator' } as const)
      : action,
  );
  return { ...finding, wants };
}
