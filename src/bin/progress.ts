/** Pictures of a running engine for people: read from the cells' committed state, never stored. */
import type { AccountRuntime } from '../actors/account-runtime.ts';
import { ruleContext } from '../actors/judge.ts';
import { actorId, type World } from '../actors/world.ts';
import type { AccountProgress } from '../cli/dependencies.ts';
import { formatLots, unrealizedUnits } from '../domain/instrument.ts';
import { formatMoney, type Units } from '../domain/money.ts';
import { averagePriceText, type PositionBook } from '../domain/position.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import type { PositionFacts } from '../domain/view.ts';

export function accountProgress(world: World, account: AccountRuntime): AccountProgress {
  const money = (units: Units): string => formatMoney(units, account.currency);
  const positions = [...account.positions.values()].map((position) =>
    positionProgress(world, account, position),
  );
  const open = [...account.positions.values()].map((position) => openProfit(world, position));
  const unrealized = open.some((units) => units === undefined)
    ? 'unknown'
    : money(open.reduce<number>((sum, units) => sum + (units ?? 0), 0));
  const causes = (world.cells.get(actorId(account.id, 'account'))?.context['causes'] ??
    {}) as Record<string, { reason?: string }>;
  return {
    accountId: account.id,
    tradingState: account.effectiveState,
    causes: Object.entries(causes).map(([name, { reason }]) =>
      reason === undefined ? name : `${name}: ${reason}`,
    ),
    realized: money(account.realizedUnits),
    fees: money(account.feesUnits),
    net: money(account.realizedUnits - account.feesUnits),
    unrealized,
    positions,
    workingOrders: account.workingOrders.size,
    rules: ruleProgress(world, account),
    locks: [...account.locks.values()].map((lock) => ({
      lockId: lock.lockId,
      rule: lock.source,
      kind: lock.kind,
      scope: lock.scope,
      reason: lock.reason,
      until: lock.expiresAtMs === undefined ? 'no end in time' : isoText(lock.expiresAtMs),
    })),
  };
}

/** `2026-03-02T14:30:00.000Z` */
export function isoText(atMs: number): string {
  return new Date(atMs).toISOString(); // tidy-ok: formats an instant that was handed in
}

function positionProgress(
  world: World,
  account: AccountRuntime,
  position: PositionFacts,
): AccountProgress['positions'][number] {
  const instrument = world.options.instruments.get(position.instrument);
  const book = world.cells.get(actorId(account.id, `position/${position.instrument}`))?.context[
    'book'
  ] as PositionBook | undefined;
  const units = openProfit(world, position);
  return {
    instrument: position.instrument,
    quantity:
      instrument === undefined
        ? `${position.openLots} lots`
        : formatLots(instrument, position.openLots),
    average:
      instrument === undefined || book === undefined
        ? 'unknown'
        : (averagePriceText(book, instrument, 4) ?? 'unknown'),
    unrealized:
      units === undefined
        ? 'unknown'
        : formatMoney(units, instrument?.settlementCurrency ?? account.currency),
  };
}

/** At the price at which the position could be closed now; undefined when there is none. */
function openProfit(world: World, position: PositionFacts): Units | undefined {
  const instrument = world.options.instruments.get(position.instrument);
  const mark = world.options.evaluator.markOf(position.instrument);
  const ticks = (position.openLots > 0 ? mark?.bidTicks : mark?.askTicks) ?? mark?.lastTicks;
  if (instrument === undefined || ticks === undefined) return undefined;
  return unrealizedUnits(instrument, position.openLots, position.costUnits, ticks);
}

function ruleProgress(world: World, account: AccountRuntime): AccountProgress['rules'] {
  const context = ruleContext(world, account.facts());
  return account.rules.map(({ definition, config }) => {
    const cell = world.cells.get(actorId(account.id, `rule/${definition.id}`));
    const worst = worstOf(definition.evaluate(context, config));
    const text = (value: number | undefined): string => {
      if (value === undefined) return 'unknown';
      return worst?.unit === 'money' ? formatMoney(value, account.currency) : String(value);
    };
    const used =
      worst?.observed === undefined || worst.limit === undefined || worst.limit === 0
        ? undefined
        : Math.round((worst.observed / worst.limit) * 100);
    return {
      ruleId: definition.id,
      title: definition.title,
      state:
        cell === undefined
          ? 'missing'
          : cell.status === 'live'
            ? plainState(cell.stateJson)
            : cell.status,
      verdict: worst?.verdict ?? 'PASS',
      observed: text(worst?.observed),
      limit: text(worst?.limit),
      ...(used === undefined ? {} : { usedPercent: Math.max(0, used) }),
    };
  });
}

/** The entity that is closest to its limit, or beyond it. */
function worstOf(findings: readonly RuleFinding[]): RuleFinding | undefined {
  const rank = { DENY: 2, UNKNOWN: 1, PASS: 0 } as const;
  return findings.toSorted(
    (left, right) =>
      rank[right.verdict] - rank[left.verdict] || headroomOf(left) - headroomOf(right),
  )[0];
}

function headroomOf(finding: RuleFinding): number {
  return finding.headroom ?? Number.MAX_SAFE_INTEGER;
}

function plainState(stateJson: string): string {
  const value: unknown = JSON.parse(stateJson);
  return typeof value === 'string' ? value : stateJson;
}
