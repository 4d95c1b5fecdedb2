/**
 * What the audit row of a command says beside the command: a hash of what was asked, and of the states that it is about,
 * before and after it. Requests that were turned away unread are rows as well. Source: security 3.
 */
import type { DeniedAccesses } from '../domain/access-denied.ts';
import type { ActorId } from '../domain/ids.ts';
import type { OperatorCommand } from '../domain/operator.ts';
import { secretHash } from '../kernel/secret.ts';
import type { Cell } from './cell.ts';
import { accountsOf } from './operator-answer.ts';
import type { Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

type Verb = OperatorCommand['verb'];

/** SHA-256 of each, hex. */
export type AuditHashes = {
  readonly paramsHash: string;
  readonly beforeHash: string;
  readonly afterHash: string;
};

/** Kinds of actors that a verb is about, where it names none: few of them, so that a kill does not wait for a hash. */
const subjects: Readonly<Record<Verb, readonly string[]>> = {
  lock: ['lock/'],
  unlock: ['lock/', 'rule/'],
  limit: ['rule/'],
  flatten: ['exit/', 'position/'],
  recordTransfer: ['ledger'],
  reset: ['ledger', 'lock/'],
  kill: ['kill'],
  rearm: ['kill'],
  acknowledge: ['ledger'],
  pause: [],
  resume: [],
  cancel: [],
  resolve: [],
};

/** Verbs that change what is kept of people's pauses and limits. */
const ofMemory: ReadonlySet<Verb> = new Set<Verb>(['pause', 'resume', 'limit']);

/** Hash of the states that a command is about, as they are now. */
export function stateHash(world: World, command: OperatorCommand): string {
  const { strategies, actors, limits } = world.operators;
  const memory = ofMemory.has(command.verb)
    ? JSON.stringify([strategies, actors, [...limits]])
    : '';
  const states = cellsOf(world, command).map(
    ({ id, status, stateJson, context }) =>
      `${id} ${status} ${stateJson} ${JSON.stringify(context)}\n`,
  );
  return secretHash(`${memory}\n${states.join('')}`);
}

function cellsOf(world: World, command: OperatorCommand): readonly Cell[] {
  const named = [namedActor(command)].flatMap((id) => {
    const cell = id === undefined ? undefined : world.cells.get(id);
    return cell ?? [];
  });
  if (named.length > 0) return named;
  const kinds = subjects[command.verb];
  const groups = kinds.filter((kind) => kind.endsWith('/'));
  const roots = accountsOf(world, command).map(({ id }) => `account/${id}`);
  const wanted = new Set(
    roots.flatMap((root) => [root, ...kinds.map((kind) => `${root}/${kind}`)]),
  );
  const isWanted = (id: string): boolean =>
    wanted.has(id) ||
    roots.some((root) => groups.some((group) => id.startsWith(`${root}/${group}`)));
  return [...world.cells.values()].filter(({ id }) => isWanted(id)).toSorted(byId);
}

function byId(one: Cell, other: Cell): number {
  return one.id < other.id ? -1 : 1;
}

function namedActor(command: OperatorCommand): ActorId | undefined {
  if ('actor' in command && command.actor !== undefined) return command.actor;
  if (!('orderId' in command) || command.orderId === undefined) return undefined;
  const { accountId, orderId } = command;
  return accountId === undefined ? undefined : actorId(accountId, `order/${orderId}`);
}

/** A row for what was turned away unread. It changes nothing. */
export function noteDenied(turn: Turn, { first, counts }: DeniedAccesses): void {
  const { ip, tokenId = '', by = '', role = '', kind, text } = first;
  turn.addInput('', {
    type: 'operator.denied',
    by,
    role,
    origin: { tokenId, ip },
    code: kind,
    text,
    counts,
    outcome: 'denied',
  });
}
