/**
 * What an account and its rules believe of locks, exits and breaches under way is brought in line with what those actors
 * are. A message between them may have been left out as poison, by the supervisor or by a person: a breach whose
 * enforcement was lost with it would else be believed to be in hand for ever. Source: supervision 6, rules 1.5.
 */
import type { InstrumentId, RuleId } from '../domain/ids.ts';
import type { LockInput } from '../domain/machine-event.ts';
import type { LockKind, RuleEntity } from '../domain/verdict.ts';
import { lockOf, type LockContext } from '../machines/lock.machine.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { Cell } from './cell.ts';
import { drain } from './deliver.ts';
import { forget } from './judge.ts';
import { outside, type Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

type Believed = {
  readonly accountLocks: Readonly<Record<string, LockInput>>;
  readonly symbolLocks: Readonly<Record<string, LockInput>>;
  readonly exits: Readonly<Record<InstrumentId, readonly string[]>>;
};
type RuleBelief = {
  readonly ruleId: RuleId;
  readonly enforcing: Readonly<Record<RuleEntity, unknown>>;
  readonly locks: Readonly<Record<string, LockKind>>;
};

/** Run when an actor of the enforcement is back. Sends only what differs; actors that are down are believed as they were. */
export function alignBreaches(world: World, turn: Turn, account: AccountRuntime): void {
  const cells = [...world.cells.values()].filter((cell) => cell.account === account.id);
  const locks = cells.filter(({ hosted, status }) => hosted.id === 'lock' && status === 'live');
  const rules = cells.filter(({ hosted, status }) => hosted.id === 'rule' && status === 'live');
  for (const rule of rules) alignRuleLocks(turn, account, rule, locks);
  const desk = world.cells.get(actorId(account.id, 'account'));
  if (desk?.status === 'live') {
    alignLocks(turn, account, desk, locks);
    alignExits(turn, account, desk);
  }
  drain(world, turn);
  // What waits for one of them may be the enforcement itself.
  const isWorkHeld = cells.some(
    ({ hosted, status }) => (hosted.id === 'account' || hosted.id === 'exit') && status !== 'live',
  );
  if (isWorkHeld) return;
  for (const rule of rules) judgeOrphans(world, turn, account, rule);
  drain(world, turn);
}

/** The trading state of the account follows from its locks. */
function alignLocks(turn: Turn, account: AccountRuntime, desk: Cell, locks: readonly Cell[]): void {
  const { accountLocks, symbolLocks } = desk.context as unknown as Believed;
  const { atMs } = turn;
  for (const { context } of locks) {
    const lock = context as unknown as LockContext;
    const { lockId, source } = lock;
    const isHeld = account.locks.has(lockId);
    if (isHeld === (lockId in accountLocks || lockId in symbolLocks)) continue;
    const how = lock.lastEnding?.how ?? 'expiry';
    turn.sendSibling(
      account.id,
      'account',
      isHeld
        ? { type: 'account.lockStarted', lock: lockOf(lock), atMs }
        : { type: 'account.lockEnded', lockId, source, how, atMs },
      outside,
    );
  }
}

function alignRuleLocks(
  turn: Turn,
  account: AccountRuntime,
  rule: Cell,
  locks: readonly Cell[],
): void {
  const believed = rule.context as unknown as RuleBelief;
  const { atMs } = turn;
  for (const { context } of locks) {
    const { lockId, source, kind } = context as unknown as LockContext;
    const isHeld = account.locks.has(lockId);
    if (source !== believed.ruleId || isHeld === lockId in believed.locks) continue;
    turn.sendSibling(
      account.id,
      `rule/${source}`,
      isHeld
        ? { type: 'rule.lockSet', lockId, kind, atMs }
        : { type: 'rule.lockEnded', lockId, atMs },
      outside,
    );
  }
}

/** An exit that is over has done what was wanted: what waits for it in the account ends. */
function alignExits(turn: Turn, account: AccountRuntime, desk: Cell): void {
  const { exits } = desk.context as unknown as Believed;
  const { atMs } = turn;
  for (const [name, sources] of Object.entries(exits)) {
    const instrument = name as InstrumentId;
    if (account.activeExits.has(instrument)) continue;
    const event = { type: 'account.exitEnded', instrument, sources, atMs } as const;
    turn.sendSibling(account.id, 'account', event, outside);
  }
}

/** A breach that is believed to be in hand, and no exit is at work for its rule: it is judged anew. */
function judgeOrphans(world: World, turn: Turn, account: AccountRuntime, rule: Cell): void {
  const { ruleId, enforcing } = rule.context as unknown as RuleBelief;
  const isAtWork = [...account.activeExits].some((instrument) =>
    sourcesOf(world, account, instrument).includes(ruleId),
  );
  if (isAtWork) return;
  for (const entity of Object.keys(enforcing) as RuleEntity[]) {
    const event = {
      type: 'rule.enforcementAchieved',
      instrument: entity,
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(account.id, `rule/${ruleId}`, event, outside);
    forget(account, ruleId, entity);
    account.isDirty = true;
  }
}

function sourcesOf(
  world: World,
  account: AccountRuntime,
  instrument: InstrumentId,
): readonly string[] {
  const exit = world.cells.get(actorId(account.id, `exit/${instrument}`));
  return (exit?.context['sources'] ?? []) as readonly string[];
}
