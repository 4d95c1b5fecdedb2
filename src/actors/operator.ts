/**
 * Commands of people: authorized by role, done once per request id, and a row of the journal whatever comes of them.
 *
 * Source: rules 5.5, execution 4 and 9, inspector 5, security 3.
 */
import { paramsHash } from '../domain/audit-hash.ts';
import { isPermitted, operatorPolicy, permittedRoles } from '../domain/operator-policy.ts';
import type { OperatorAnswer, OperatorCommand } from '../domain/operator.ts';
import { limits } from '../kernel/limits.ts';
import { drain } from './deliver.ts';
import type { EngineInput } from './input.ts';
import { killHandler, rearmHandler } from './kill.ts';
import { refused, type VerbHandler } from './operator-answer.ts';
import { stateHash, type AuditHashes } from './operator-audit.ts';
import { pause, resume } from './operator-flow.ts';
import { limit } from './operator-limits.ts';
import { lockByHand, reportRefusedUnlock, unlock } from './operator-locks.ts';
import { keepAnswer } from './operator-memory.ts';
import { acknowledge, cancel, flatten, recordTransfer, resolve } from './operator-orders.ts';
import { reset } from './operator-resets.ts';
import type { Cause, Turn } from './turn.ts';
import type { World } from './world.ts';

/** One handler for each verb; one that is not built is refused, never ignored. */
const handlers: { readonly [Verb in OperatorCommand['verb']]?: VerbHandler<Verb> } = {
  unlock,
  lock: lockByHand,
  limit,
  pause,
  resume,
  cancel,
  flatten,
  resolve,
  acknowledge,
  recordTransfer,
  reset,
  kill: killHandler,
  rearm: rearmHandler,
};

export function operate(
  world: World,
  turn: Turn,
  input: Extract<EngineInput, { type: 'operator' }>,
): void {
  const answer = answerTo(world, turn, input.command);
  turn.releases.push(() => input.answer?.(answer));
}

function answerTo(world: World, turn: Turn, given: OperatorCommand): OperatorAnswer {
  const { requestId, ...rest } = given;
  const content = JSON.stringify(rest);
  const key = `request|${requestId}`;
  const earlier = world.operators.answers.get(requestId);
  if (earlier !== undefined)
    return earlier.content === content
      ? earlier.answer
      : refused(`requestId: ${requestId} was another command; give each command an id of its own`);
  if (turn.takenKeys.has(key) || world.options.journal.hasDedupeKey(key))
    return refused(`requestId: ${requestId} was taken before; its answer is no longer kept`);
  turn.takenKeys.add(key);
  turn.dedupeKeys.push({ key, atMs: turn.atMs });
  const command = withAccount(world, given);
  const type = 'operator.command';
  const seq = turn.addInput(command.accountId ?? '', { type, command });
  const beforeHash = stateHash(world, command);
  const answer = act(world, turn, command, { causeSeq: seq, correlationSeq: seq });
  drain(world, turn);
  const { outcome, text } = answer;
  const hashes: AuditHashes = {
    paramsHash: paramsHash(command),
    beforeHash,
    afterHash: stateHash(world, command),
  };
  // The row says what came of it: a refusal is a row like everything else. Source: security 3.
  turn.amendInput(seq, { type, command, outcome, text, ...hashes });
  turn.note(`OPERATOR ${command.by} (${command.role}) ${command.verb}: ${outcome}, ${text}`);
  keepAnswer(world.operators, turn, { requestId, content, answer }, limits.operatorAnswersMax);
  return answer;
}

/** A verb of an account is about the only one there is, where none is named. */
function withAccount(world: World, command: OperatorCommand): OperatorCommand {
  const [only, ...others] = world.accounts.keys();
  if (command.accountId !== undefined || only === undefined || others.length > 0) return command;
  return operatorPolicy[command.verb].isOfAccount ? { ...command, accountId: only } : command;
}

function act(world: World, turn: Turn, command: OperatorCommand, cause: Cause): OperatorAnswer {
  const obstacle = obstacleTo(world, command);
  const handler = handlers[command.verb] as VerbHandler<OperatorCommand['verb']> | undefined;
  const answer =
    obstacle === undefined
      ? (handler?.(world, turn, command, cause) ??
        refused(`verb: ${command.verb} is not part of this version`))
      : refused(obstacle);
  if (command.verb === 'unlock' && answer.outcome === 'refused')
    reportRefusedUnlock(world, turn, command, answer.text, cause);
  return answer;
}

/** Why this person may not do this here; undefined: the handler decides. */
function obstacleTo(world: World, command: OperatorCommand): string | undefined {
  const { verb, role, by, reason, accountId, denied } = command;
  if (denied !== undefined) return denied;
  if (!isPermitted(verb, role, world.options.mode))
    return `role: ${verb} is for ${permittedRoles(verb)}, was ${role}`;
  const { needsReason, isOfAccount } = operatorPolicy[verb];
  if (by.trim() === '') return 'by: a command has the name of a person';
  if (needsReason && reason.trim() === '') return `reason: ${verb} needs one`;
  const known = [...world.accounts.keys()].join(', ');
  if (accountId !== undefined && !world.accounts.has(accountId))
    return `account: there is no ${accountId}; there are ${known}`;
  if (isOfAccount && accountId === undefined) return `account: name one of ${known}`;
  return undefined;
}
