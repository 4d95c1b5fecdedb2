/**
 * The kill switch in the engine: the commands of people, the pictures of the venue, and what changes in a scope.
 * The saga itself is the machine `kill`. Source: execution 9.
 */
import { isWide, killKey } from '../domain/kill.ts';
import type { OperatorAnswer } from '../domain/operator.ts';
import { limits } from '../kernel/limits.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { drain } from './deliver.ts';
import { hearVoice } from './four-eyes.ts';
import type { EngineInput } from './input.ts';
import { triggerKill } from './kill-orders.ts';
import { remainsOf } from './kill-scope.ts';
import { accepted, accountsOf, refused, whyDown, type VerbHandler } from './operator-answer.ts';
import { reconcile } from './reconciler.ts';
import { outside, type Turn } from './turn.ts';
import { pictureProblem } from './venue-times.ts';
import { actorId, type World } from './world.ts';

/** The verb `kill`: one run per account it is about. Repeating it is harmless; it may escalate to flatten. */
export const killHandler: VerbHandler<'kill'> = (world, turn, command, cause) => {
  const { kill, by } = command;
  const accounts = kill.scope === 'all' ? [...world.accounts.values()] : accountsOf(world, command);
  const fault = faultOf(command, accounts.length);
  if (fault !== undefined) return refused(fault);
  const reason = command.reason === '' ? 'MANUAL' : command.reason;
  const key = killKey(kill);
  const before = accounts.flatMap(({ kills }) => kills.filter((one) => one.key === key));
  for (const account of accounts) triggerKill(world, turn, account, { ...kill, by, reason }, cause);
  drain(world, turn);
  const names = accounts.map(({ id }) => id).join(', ');
  const again = before.length === 0 ? '' : ', which was on already';
  return accepted(`kill ${key} of ${names}${again}`);
};

/** Why a kill cannot be meant. Wider than asked is never guessed, and neither is narrower. */
function faultOf(
  { kill, accountId }: Parameters<VerbHandler<'kill'>>[2],
  accounts: number,
): string | undefined {
  if (!isWide(kill) && (kill.target ?? '') === '')
    return `a kill of scope ${kill.scope} names its target: --target`;
  if (accounts === 0) return `there is no account ${accountId ?? ''}`;
  return kill.scope === 'account' && accountId === undefined && accounts > 1
    ? 'a kill of scope account names its account: --account'
    : undefined;
}

/** The verb `rearm`: ends latches by name and reason; for an account and wider as `killSwitch.rearm` says. */
export const rearmHandler: VerbHandler<'rearm'> = (world, turn, command, cause) => {
  const { by, reason } = command;
  if (by.trim() === '' || reason.trim() === '')
    return refused('a re-arm names a person and a reason: --by, --reason');
  const accounts = accountsOf(world, command);
  const kills = accounts.flatMap((account) => account.kills);
  // What else has halted an account ends as it always did.
  if (kills.length === 0) return rearmHalted(world, turn, command, cause);
  const busy = kills.find(({ phase, isIncomplete }) => phase !== 'latched' && !isIncomplete);
  if (busy !== undefined)
    return refused(`the kill ${busy.key} is still at work; wait until it is verified or overdue`);
  const down = killActorDown(world, accounts);
  if (down !== undefined) return refused(`kill: ${down}`);
  const answer = kills.some(isWide) ? barred(world, turn, command) : undefined;
  if (answer !== undefined) return answer;
  const names = [...new Set(kills.map(({ key }) => key))].join(', ');
  for (const account of accounts) {
    if (account.kills.length === 0) continue;
    const keys = account.kills.map(({ key }) => key);
    const event = { type: 'kill.rearmed', keys, by, reason, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, 'kill', event, cause);
    drain(world, turn);
  }
  // The word itself has crashed the actor: it is kept, and the latch stays until it is heard.
  if (killActorDown(world, accounts) !== undefined)
    return accepted(`noted; ${names} stays latched until its actor is back`);
  if (accounts.some(({ tradingState }) => tradingState === 'HALTED'))
    rearmHalted(world, turn, command, cause);
  return accepted(`re-armed ${names}`);
};

/** Why the kills of one of these accounts cannot be ended now. */
function killActorDown(world: World, accounts: readonly AccountRuntime[]): string | undefined {
  for (const { id, kills } of accounts) {
    const why = kills.length === 0 ? undefined : whyDown(world, actorId(id, 'kill'));
    if (why !== undefined) return why;
  }
  return undefined;
}

/** Ends what other causes have halted. Source: rules 5.4, execution 10. */
const rearmHalted: VerbHandler<'rearm'> = (world, turn, command, cause) => {
  const { by, reason } = command;
  const halted = accountsOf(world, command).filter(
    ({ effectiveState }) => effectiveState === 'HALTED',
  );
  if (halted.length === 0) return refused('no account that is meant is halted');
  for (const { id } of halted) {
    const event = { type: 'account.rearmed', by, reason, atMs: turn.atMs } as const;
    turn.sendSibling(id, 'account', event, cause);
    drain(world, turn);
  }
  return accepted(`re-armed ${halted.map(({ id }) => id).join(', ')}`);
};

/** Undefined when it may happen now. Source: execution 9.1 (Latch), 15 (killSwitch.rearm). */
function barred(
  world: World,
  turn: Turn,
  { accountId, by, role }: Parameters<VerbHandler<'rearm'>>[2],
): OperatorAnswer | undefined {
  if (role !== 'admin') return refused(`role: ${role} may not re-arm an account; an admin may`);
  if (world.execution.killSwitch.rearm === 'admin') return undefined;
  const voice = hearVoice(world, turn, `rearm:${accountId ?? '*'}`, by);
  if (voice === 'second') return undefined;
  return voice === 'same'
    ? refused(`${by} has said so already; a second admin has to`)
    : { outcome: 'pending', text: 'noted; a second admin has to say the same' };
}

/** Between two looks while the inbox is not empty. */
const lookPauseMs = 250;

/** After the inputs of a turn: runs hear when what is left in their scope has changed. */
export function followKills(world: World, turn: Turn): void {
  for (const account of world.accounts.values()) {
    if (account.kills.length === 0 || account.killLook.version === account.version) continue;
    // In the middle of a burst of answers a look now and then is enough; the last turn of it always looks.
    const isRecent = turn.atMs - account.killLook.atMs < lookPauseMs;
    if (isRecent && world.inbox.depth > 0) continue;
    account.killLook = { version: account.version, atMs: turn.atMs };
    const remains = remainsOf(world, account);
    if (!noteRemains(account, remains)) continue;
    const event = { type: 'kill.remainsChanged', remains, atMs: turn.atMs } as const;
    const cell = world.cells.get(actorId(account.id, 'kill'));
    turn.sendSibling(account.id, 'kill', event, { causeSeq: cell?.seq ?? 0, correlationSeq: 0 });
    drain(world, turn);
  }
}

/** True when a run should hear of it: something new, or nothing left. Fewer orders of those it knows are no news. */
function noteRemains(account: AccountRuntime, remains: ReturnType<typeof remainsOf>): boolean {
  let isNew = false;
  for (const { key } of account.kills) {
    const left = remains[key];
    if (left === undefined) continue;
    const before = account.killRemains.get(key);
    const rest = JSON.stringify([left.kept, left.positions]);
    account.killRemains.set(key, { orders: left.orders, rest });
    const isFewer = before !== undefined && left.orders > 0 && left.orders <= before.orders;
    const isSame = before?.orders === left.orders || isFewer;
    if (!isSame || before?.rest !== rest) isNew = true;
  }
  return isNew;
}

/** The picture that a run has asked for: first everybody learns from it, then the runs judge what is left. */
export function takeKillPicture(
  world: World,
  turn: Turn,
  input: Extract<EngineInput, { type: 'killPicture' }>,
): void {
  const account = world.accounts.get(input.accountId);
  if (account === undefined || account.kills.length === 0) return;
  const { snapshot, failure, fillsBefore } = input;
  const { atMs } = turn;
  // Lists of another time prove nothing of now.
  const problem = snapshot === undefined ? failure : pictureProblem(world, snapshot);
  if (snapshot === undefined || problem !== undefined) {
    const event = { type: 'kill.pictureFailed', reason: problem ?? failure, atMs } as const;
    turn.sendSibling(account.id, 'kill', event, outside);
    return;
  }
  const { accountId } = input;
  reconcile(world, turn, { accountId, snapshot, fillsBefore });
  drain(world, turn);
  const remains = remainsOf(world, account, snapshot);
  turn.sendSibling(account.id, 'kill', { type: 'kill.pictureTaken', remains, atMs }, outside);
  drain(world, turn);
}

/** A start that finds latches: SAFE_HOLD, before anything else is done. Called when the venue can be spoken to. */
export function recoverKills(world: World, turn: Turn): void {
  const emergencyFreshMs = world.execution.killSwitch.emergencyFreshSeconds * 1_000;
  for (const account of world.accounts.values()) {
    if (account.kills.length === 0) continue;
    const remains = remainsOf(world, account);
    noteRemains(account, remains);
    const event = { type: 'kill.recovered', emergencyFreshMs, remains, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, 'kill', event, outside);
    drain(world, turn);
  }
}

/** Wall time of one turn. */
export function turnDurationMs(world: World): number {
  for (const { kills } of world.accounts.values())
    if (kills.some(({ phase }) => phase !== 'latched')) return limits.turnOfKillDurationMsMax;
  return limits.turnDurationMsMax;
}
