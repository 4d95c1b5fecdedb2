/** Order groups: from the wish to the actor that places the legs. Source: execution 5 (#2, #4), 7.1. */
import { limits } from '../kernel/limits.ts';
import { quantityDenial } from '../rules/order-shape.ts';
import { groupMarginFault } from './group-margin.ts';
import type { GroupWish } from './input.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

/** Creates the group and lets it begin, or refuses it with a reason that its actor keeps. */
export function openGroup(world: World, turn: Turn, wish: GroupWish): void {
  const { accountId, legs, source, by, maxAgeMs } = wish;
  const account = world.accounts.get(accountId);
  if (account === undefined) {
    turn.addDeadLetter('outside', `account/${accountId}`, wish, 'unknown');
    return;
  }
  const groupId: string = world.options.ids.mint();
  const seq = turn.addInput(accountId, { type: 'command.group', groupId, wish });
  const cause = { causeSeq: seq, correlationSeq: seq };
  const { group } = world.execution;
  const input = {
    groupId,
    accountId,
    legs,
    source,
    by,
    maxAgeMs,
    entryFillMs: group.entryFillTimeoutSeconds * 1_000,
    hedgeDebounceMs: group.hedgeDebounceMs,
    hedgeTimeoutMs: group.hedgeTimeoutSeconds * 1_000,
    maxDepth: group.maxDepth,
    createdAtMs: turn.atMs,
  };
  turn.create(accountId, `group/${groupId}`, 'group', input, cause);
  const reason = faultOf(world, wish);
  const { atMs } = turn;
  const event =
    reason === undefined
      ? ({ type: 'group.validated', atMs } as const)
      : ({ type: 'group.refused', reason, atMs } as const);
  turn.sendSibling(accountId, `group/${groupId}`, event, cause);
}

/** Why a group cannot even begin. What its legs are refused for is for the gate to say. */
function faultOf(world: World, { accountId, legs }: GroupWish): string | undefined {
  if (legs.length === 0) return 'a group has at least one leg';
  if (legs.length > limits.legsPerGroupMax)
    return `a group has at most ${limits.legsPerGroupMax} legs, was ${legs.length}`;
  const bad = legs.find((leg) => quantityDenial(leg) !== undefined);
  if (bad !== undefined) return `leg ${bad.legId}: the quantity is a whole number of lots above 0`;
  const unknown = legs.find(({ instrument }) => !world.options.instruments.has(instrument));
  if (unknown !== undefined) return `leg ${unknown.legId}: ${unknown.instrument} is not known`;
  const account = world.accounts.get(accountId);
  return account === undefined ? undefined : groupMarginFault(world, account, legs);
}
