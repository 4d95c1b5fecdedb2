/** Commands of people for tests: an admin with a reason, unless the test says otherwise. */
import type { Engine } from '../../src/actors/engine.ts';
import type { AccountId } from '../../src/domain/ids.ts';
import type { OperatorAnswer, OperatorCommand, OperatorVerb } from '../../src/domain/operator.ts';

export type Who = Partial<Pick<OperatorCommand, 'role' | 'by' | 'reason' | 'requestId'>> & {
  readonly account?: string;
};

let requests = 0;

export function commandOf(verb: OperatorVerb, who: Who = {}): OperatorCommand {
  requests += 1;
  const { role = 'admin', by = 'ann', reason = 'test', account } = who;
  return {
    ...verb,
    requestId: who.requestId ?? `test-${requests}`,
    role,
    by,
    reason,
    ...(account === undefined ? {} : { accountId: account as AccountId }),
  };
}

/** Puts the command and runs the engine to rest. */
export function operate(engine: Engine, verb: OperatorVerb, who: Who = {}): OperatorAnswer {
  let answer: OperatorAnswer | undefined;
  engine.operate(commandOf(verb, who), (given) => {
    answer = given;
  });
  engine.rest();
  if (answer === undefined) throw new Error('a command is answered when the engine rests');
  return answer;
}
