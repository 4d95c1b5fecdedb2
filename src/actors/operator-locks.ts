/** Locks by hand: unlock under the policy of each lock, and locks that people set. Source: rules 5.1, 5.2 and 5.5. */
import { addExact } from '../domain/arithmetic.ts';
import type { LockId } from '../domain/ids.ts';
import type { LockInput } from '../domain/machine-event.ts';
import type { LocksMeant, OperatorAnswer, OperatorCommand } from '../domain/operator.ts';
import type { LockScope } from '../domain/verdict.ts';
import { limits } from '../kernel/limits.ts';
import type { AccountRuntime, LockFacts } from './account-runtime.ts';
import { raiseAlert } from './alerts.ts';
import type { Cell } from './cell.ts';
import { drain } from './deliver.ts';
import { accountOf, refused, type VerbHandler } from './operator-answer.ts';
import { isUnlockBarred } from './permission.ts';
import { calendarOf } from './reset-calendar.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Source of locks that people make. */
const byPeople = 'operator';

type Unlocking = OperatorCommand & LocksMeant;
type LockContext = LockInput & {
  readonly firstVoice?: { readonly by: string; readonly atMs: number };
};

/** Ends the locks that are meant, all of them or none. Also what a refusal needs: an alert and an incident. */
export const unlock: VerbHandler<'unlock'> = (world, turn, command, cause) =>
  unlockMeant(world, turn, command, cause);

export function unlockMeant(
  world: World,
  turn: Turn,
  command: Unlocking,
  cause: Cause,
): OperatorAnswer {
  const account = accountOf(world, command);
  const meant = locksMeant(account, command);
  if (meant.length === 0) {
    const active = names([...account.locks.values()]);
    return refused(`no active lock is meant; active are ${active === '' ? 'none' : active}`);
  }
  for (const lock of meant) {
    const obstacle = obstacleTo(world, turn, account, lock, command);
    if (obstacle !== undefined) return refused(`${lock.lockId} stays: ${obstacle}`);
  }
  const { by, reason } = command;
  for (const { lockId } of meant) {
    const event = { type: 'lock.cleared', on: 'operatorAck', by, reason, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, `lock/${lockId}`, event, cause);
  }
  drain(world, turn);
  const left = meant.filter(({ lockId }) => account.locks.has(lockId));
  if (left.length === 0) return { outcome: 'accepted', text: `unlocked ${names(meant)}` };
  return {
    outcome: 'pending',
    text: `a second admin has to unlock ${names(left)} within 15 minutes`,
  };
}

function names(locks: readonly LockFacts[]): string {
  return locks.map(({ lockId }) => lockId).join(', ');
}

/** A refused unlock is told like one that happened. Source: rules 5.5, trading-controls 5. */
export function reportRefusedUnlock(
  world: World,
  turn: Turn,
  command: OperatorCommand,
  why: string,
  cause: Cause,
): void {
  const text = `${command.by} (${command.role}) may not unlock: ${why}`;
  const alert = { severity: 'warning', code: 'LOCK_CHANGED', text, entity: 'operator' } as const;
  const meant = command.accountId === undefined ? [] : [world.accounts.get(command.accountId)];
  for (const account of meant)
    if (account !== undefined) raiseAlert(turn, account, { ...alert, isLasting: false }, cause);
  turn.addIncident(command.accountId ?? '', 'LOCK_UNLOCK_REFUSED', text, cause.causeSeq);
}

function locksMeant(account: AccountRuntime, { rule, lockId, scope }: LocksMeant): LockFacts[] {
  return [...account.locks.values()].filter(
    (lock) =>
      (rule === undefined || lock.source === rule) &&
      (lockId === undefined || lock.lockId === lockId) &&
      (scope === undefined || lock.scope === scope),
  );
}

/** Why this person may not end this lock now; undefined: he may. */
function obstacleTo(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  { lockId, source }: LockFacts,
  { by, role }: Unlocking,
): string | undefined {
  const cell = world.cells.get(actorId(account.id, `lock/${lockId}`));
  if (cell?.status !== 'live') return 'its actor is set aside, resume it first';
  const lock = cell.context as unknown as LockContext;
  if (source !== byPeople && role !== 'admin') return 'a lock of a rule is unlocked by an admin';
  return (
    policyObstacle(lock) ?? naturalObstacle(account, cell, lock) ?? voiceObstacle(lock, by, turn)
  );
}

function policyObstacle({ irrevocable, operatorUnlock, kind, expiresAtMs }: LockContext) {
  const end = expiresAtMs === undefined ? 'it ends' : new Date(expiresAtMs).toISOString();
  if (irrevocable) return `it is irrevocable until ${end}`;
  if (operatorUnlock === 'never') return 'operatorUnlock is never';
  if (kind === 'permanent') return 'only the configuration ends it';
  return undefined;
}

function naturalObstacle(account: AccountRuntime, cell: Cell, { clearsOn }: LockContext) {
  if (isUnlockBarred(account, cell)) return 'the venue does not permit trading';
  if (!clearsOn.includes('operatorAck')) return `only ${clearsOn.join(' or ')} ends it`;
  return undefined;
}

function voiceObstacle({ operatorUnlock, firstVoice }: LockContext, by: string, { atMs }: Turn) {
  if (operatorUnlock !== 'fourEyes' || firstVoice?.by !== by) return undefined;
  return atMs - firstVoice.atMs <= limits.fourEyesDurationMs
    ? `${by} has said so already, another admin has to`
    : undefined;
}

/** Locks an account or an instrument by hand; anybody who may see the account may. */
export const lockByHand: VerbHandler<'lock'> = (world, turn, command, cause) => {
  const account = accountOf(world, command);
  const { scope, isIrrevocable, durationMs } = command;
  const unknown = unknownScope(world, scope);
  if (unknown !== undefined) return refused(unknown);
  // Nobody locks himself out for ever: without a duration an irrevocable lock ends with the trading day.
  const expiresAtMs =
    durationMs === undefined
      ? isIrrevocable
        ? calendarOf(world, account.id).nextBoundaryMs(turn.atMs)
        : undefined
      : addExact(turn.atMs, durationMs);
  const reason =
    command.reason === '' ? `locked by ${command.by}` : `${command.by}: ${command.reason}`;
  const wanted = { scope, isIrrevocable, expiresAtMs, reason };
  const known = [...account.locks.values()].filter(
    (one) => one.source === byPeople && one.scope === scope,
  );
  for (const { lockId } of known) {
    if (!extend(world, turn, account, lockId, wanted, cause)) continue;
    return { outcome: 'accepted', text: `${lockId} is locked ${until(expiresAtMs)}` };
  }
  const lockId = newLockId(world, turn, account, scope);
  turn.create(account.id, `lock/${lockId}`, 'lock', inputOf(account, lockId, wanted, turn), cause);
  world.counters.locks += 1;
  turn.note(`LOCK ${account.id} ${byPeople} ${scope}: ${reason}`);
  return { outcome: 'accepted', text: `${lockId} is locked ${until(expiresAtMs)}` };
};

type Wanted = {
  readonly scope: LockScope;
  readonly isIrrevocable: boolean;
  readonly expiresAtMs: number | undefined;
  readonly reason: string;
};

/** One record where it says all of both wishes; else the new one stands beside the old one. */
function extend(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  lockId: string,
  wanted: Wanted,
  cause: Cause,
): boolean {
  const cell = world.cells.get(actorId(account.id, `lock/${lockId}`));
  if (cell?.status !== 'live') return false;
  const known = cell.context as unknown as LockContext;
  if (isCovered(known, asWanted(wanted))) return true;
  const { expiresAtMs, isIrrevocable, reason } = wanted;
  if (!isCovered(asWanted(wanted), known) || expiresAtMs === undefined) return false;
  const event = {
    type: 'lock.extended',
    reason,
    expiresAtMs,
    ...(isIrrevocable ? { isIrrevocable: true as const } : {}),
    atMs: turn.atMs,
  } as const;
  turn.sendSibling(account.id, `lock/${lockId}`, event, cause);
  return true;
}

type Extent = { readonly expiresAtMs?: number | undefined; readonly irrevocable: boolean };

function asWanted({ expiresAtMs, isIrrevocable }: Wanted): Extent {
  return { expiresAtMs, irrevocable: isIrrevocable };
}

/** Lasts as long, and is as hard to end. */
function isCovered(by: Extent, what: Extent): boolean {
  const lasts = (by.expiresAtMs ?? Infinity) >= (what.expiresAtMs ?? Infinity);
  return lasts && (by.irrevocable || !what.irrevocable);
}

function inputOf(
  account: AccountRuntime,
  lockId: LockId,
  { scope, isIrrevocable, expiresAtMs, reason }: Wanted,
  { atMs }: Turn,
): LockInput {
  return {
    lockId,
    accountId: account.id,
    scope,
    source: byPeople,
    kind: 'operator',
    reason,
    createdAtMs: atMs,
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    clearsOn: isIrrevocable ? ['expiry'] : ['expiry', 'operatorAck'],
    operatorUnlock: 'admin',
    irrevocable: isIrrevocable,
  };
}

/** The record of an ended lock stays as it was: a new one has a name of its own. */
function newLockId(world: World, turn: Turn, account: AccountRuntime, scope: LockScope): LockId {
  const name = `${byPeople}:${scope}` as LockId;
  const actor = actorId(account.id, `lock/${name}`);
  const isTaken = world.cells.has(actor) || world.options.journal.readActor(actor) !== undefined;
  return isTaken ? (`${name}#${turn.seq}` as LockId) : name;
}

function unknownScope(world: World, scope: LockScope): string | undefined {
  if (scope === 'account') return undefined;
  const name = scope.slice(scope.indexOf(':') + 1);
  const isKnown = [...world.options.instruments.keys()].some((id) => id === name);
  return isKnown ? undefined : `scope: there is no instrument ${name}`;
}

function until(expiresAtMs: number | undefined): string {
  return expiresAtMs === undefined
    ? 'until somebody unlocks it'
    : `until ${new Date(expiresAtMs).toISOString()}`;
}
