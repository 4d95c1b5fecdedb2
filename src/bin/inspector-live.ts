/**
 * What only a running engine knows, for the inspector: prices, ages, what waits, and what its rules look at. Made only
 * while somebody looks, and never in a turn.
 */
import type { AccountRuntime } from '../actors/account-runtime.ts';
import { sessionsOf } from '../actors/reset-calendar.ts';
import type { World } from '../actors/world.ts';
import type { RunProgress } from '../cli/dependencies.ts';
import type { InstrumentId } from '../domain/ids.ts';
import { sessionSettingsOf } from '../domain/session-calendar.ts';
import type { Mark } from '../domain/view.ts';
import type { LiveEngine } from '../inspector/wall-report.ts';
import { systemClock } from '../kernel/clock.ts';
import type { RuleWorld } from '../ports/live-picture.port.ts';
import type { InspectorHost } from './inspector-host.ts';

/** Wall time between two pictures of what the rules look at. */
const worldsPauseMs = 1_000;
/** Accounts in one of them; with more they take turns. */
const worldsMax = 10;

export class InspectorLive {
  private readonly world: World;
  private nextWorldsMs = 0;
  private nextAccount = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** Tells the inspector when somebody looks; without a viewer nothing is made. */
  tell(inspector: InspectorHost, progress: RunProgress): void {
    if (!inspector.isWatched()) return;
    inspector.tell(liveOf(this.world, progress));
    const nowMs = systemClock.monotonicMs();
    if (nowMs < this.nextWorldsMs) return;
    this.nextWorldsMs = nowMs + worldsPauseMs;
    inspector.tellRules(this.nextWorlds());
  }

  private nextWorlds(): readonly RuleWorld[] {
    const accounts = [...this.world.accounts.values()];
    const from = this.nextAccount < accounts.length ? this.nextAccount : 0;
    this.nextAccount = from + worldsMax;
    return accounts
      .slice(from, from + worldsMax)
      .map((account) => ruleWorldOf(this.world, account));
  }
}

function liveOf(world: World, progress: RunProgress): LiveEngine {
  const { marketTime, commitMsP99, evaluator, accounts } = progress;
  const nowMs = Date.parse(marketTime);
  const { brokerClock, inbox } = world;
  const newest = Math.max(0, ...marksOf(world).map(([, { receivedAtMs }]) => receivedAtMs));
  return {
    nowMs,
    commitMsP99,
    evaluator,
    accounts,
    waiting: inbox.depth,
    ...(newest === 0 ? {} : { feedAgeMs: Math.max(0, nowMs - newest) }),
    ...(brokerClock.isKnown
      ? { clockOffsetMs: brokerClock.nowMs() - world.options.clock.nowMs() }
      : {}),
  };
}

function marksOf({ options }: World): readonly (readonly [InstrumentId, Mark])[] {
  return [...options.instruments.keys()].flatMap((id) => {
    const mark = options.evaluator.markOf(id);
    return mark === undefined ? [] : [[id, mark] as const];
  });
}

/** Facts, prices and settings of one account as its rules see them. */
export function ruleWorldOf(world: World, account: AccountRuntime): RuleWorld {
  const calendar = sessionsOf(world, account.id);
  const sessions = calendar === undefined ? undefined : sessionSettingsOf(calendar);
  return {
    accountId: account.id,
    atMs: world.options.clock.nowMs(),
    facts: account.facts(),
    marks: marksOf(world),
    rules: account.rules.map(({ definition, config }) => ({ ruleId: definition.id, config })),
    ...(sessions === undefined ? {} : { sessions }),
  };
}
