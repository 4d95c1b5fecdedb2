/** What the handlers of the verbs share. */
import type { ActorId } from '../domain/ids.ts';
import type { OperatorAnswer, OperatorCommand } from '../domain/operator.ts';
import { InvariantViolation } from '../kernel/assert.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { Cause, Turn } from './turn.ts';
import type { World } from './world.ts';

/**
 * Does what one verb asks, or says why not. It looks before it acts: what is refused has changed nothing. It may send
 * messages; the caller drains and answers.
 */
export type VerbHandler<Verb extends OperatorCommand['verb']> = (
  world: World,
  turn: Turn,
  command: Extract<OperatorCommand, { verb: Verb }>,
  cause: Cause,
) => OperatorAnswer;

export function refused(text: string): OperatorAnswer {
  return { outcome: 'refused', text };
}

export function accepted(text: string): OperatorAnswer {
  return { outcome: 'accepted', text };
}

/** The account of a command whose account has been looked up already. */
export function accountOf(world: World, { accountId }: OperatorCommand): AccountRuntime {
  const account = accountId === undefined ? undefined : world.accounts.get(accountId);
  if (account === undefined)
    throw new InvariantViolation('Invariant: a verb of an account comes with one that is known');
  return account;
}

/** The accounts that a command is about: its own, or all. */
export function accountsOf(
  world: World,
  { accountId }: OperatorCommand,
): readonly AccountRuntime[] {
  const all = [...world.accounts.values()];
  return accountId === undefined ? all : all.filter(({ id }) => id === accountId);
}

/**
 * Why an actor takes no decision now, with the remedy; undefined when it does. What was said to an actor that is down
 * waits behind all else that waits for it, so that what a person saw may hold no more when it is heard.
 */
export function whyDown(world: World, actor: ActorId): string | undefined {
  const status = world.cells.get(actor)?.status ?? 'live';
  if (status === 'live') return undefined;
  return status === 'backoff'
    ? `${actor} is being restarted; say it again in a moment`
    : `${actor} is quarantined; resume it first`;
}
