/** What surrounds trading, looked at once in every turn: breakers, budgets, link, clock and prices. Cheap while nothing is wrong. */
import type { ApiSettings } from '../domain/api-settings.ts';
import { raiseAlert, resolveAlerts } from './alerts.ts';
import { followBreakers } from './breakers.ts';
import { followClock } from './clock-gate.ts';
import { followLatency } from './latency.ts';
import { followLink } from './link-phases.ts';
import { armPulse } from './pulse.ts';
import { followSafety } from './safety.ts';
import { followStaleness } from './staleness.ts';
import { outside, type Turn } from './turn.ts';
import { followVolatility } from './volatility.ts';
import type { World } from './world.ts';

export function followConditions(world: World, turn: Turn): void {
  followBreakers(world, turn);
  followBudget(world, turn);
  followLink(world, turn);
  followClock(world, turn);
  followStaleness(world, turn);
  followVolatility(world, turn);
  followLatency(world, turn);
  followSafety(world, turn);
}

const budget = 'general';

/** As of now: an order of this very turn may have taken the last of it. */
export function exhaustedBudgets({ gateway }: World): readonly string[] {
  return gateway.exhaustedUntilMs === undefined ? [] : [budget];
}

/** Without room for normal calls the accounts may only reduce; the reserve goes on. Source: execution 13.2. */
function followBudget(world: World, turn: Turn): void {
  const { gateway, submission } = world;
  const { rateLimits } = gateway.settings;
  if (rateLimits === undefined) return;
  const untilMs = gateway.exhaustedUntilMs;
  const was = submission.exhaustedBudgets.has(budget);
  if (untilMs !== undefined) armPulse(world, untilMs);
  if (was !== (untilMs !== undefined)) {
    if (was) submission.exhaustedBudgets.delete(budget);
    else submission.exhaustedBudgets.add(budget);
    showExhausted(world, turn, !was);
  }
  followLevel(world, turn, rateLimits);
}

/** Much of the budget is used: noted first, then an alert. */
function followLevel(
  world: World,
  turn: Turn,
  { alertPpm, warnPpm }: NonNullable<ApiSettings['rateLimits']>,
): void {
  const { gateway, options, budgetLevel } = world;
  const { usedPpm } = gateway;
  const level = usedPpm >= alertPpm ? 2 : usedPpm >= warnPpm ? 1 : 0;
  if (level === budgetLevel) return;
  world.budgetLevel = level;
  const text = `${Math.floor(usedPpm / 10_000)} % of the calls that ${options.venue.id} permits are used`;
  const entity = `budget/${options.venue.id}`;
  if (level > budgetLevel) turn.note(`BUDGET ${text}`);
  for (const account of world.accounts.values()) {
    if (level === 0) resolveAlerts(turn, account, entity, outside);
    if (level <= budgetLevel || level < 2) continue;
    const alert = { severity: 'warning', code: 'OPERATIONS', text, entity } as const;
    raiseAlert(turn, account, { ...alert, isLasting: true }, outside);
  }
}

function showExhausted(world: World, turn: Turn, isExhausted: boolean): void {
  const { id } = world.options.venue;
  const { atMs } = turn;
  const reason = `the calls of the budget ${budget} are used up`;
  const seq = turn.addInput('', { type: isExhausted ? 'budget.exhausted' : 'budget.free', budget });
  const cause = { causeSeq: seq, correlationSeq: seq };
  const added = { cause: `budget:${id}`, state: 'REDUCING', reason } as const;
  for (const account of world.accounts.values()) {
    const event = isExhausted
      ? ({ type: 'account.causeAdded', cause: added, atMs } as const)
      : ({ type: 'account.causeRemoved', cause: added.cause, atMs } as const);
    turn.sendSibling(account.id, 'account', event, cause);
  }
}
