/** Commands of people: as a person at the control socket would give them. */
import type { OrderId } from '../../../domain/ids.ts';
import type { OperatorAnswer } from '../../../domain/operator.ts';
import { BadRequest, parseOperatorRequest } from '../../operator-request.ts';
import type { Stage } from '../stage.ts';
import type { Body, Step } from '../step-format.ts';
import { ruleIdByKey } from '../vocabulary.ts';

type Of<Action extends Step['action']> = Extract<Step, { action: Action }>;
type Args = NonNullable<Body<'operator'>['args']>;

/** Puts the command as a request of the socket; what is no request is refused. */
export async function playOperator(stage: Stage, step: Of<'operator'>): Promise<void> {
  stage.operatorAnswer = undefined;
  try {
    const command = parseOperatorRequest(requestOf(stage, step));
    stage.running.engine.operate(command, (answer) => {
      stage.operatorAnswer = answer;
    });
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    stage.operatorAnswer = { outcome: 'refused', text: error.message } satisfies OperatorAnswer;
  }
  await stage.rest();
}

function requestOf(stage: Stage, step: Of<'operator'>): Readonly<Record<string, unknown>> {
  const { verb, role = 'admin', args = {} } = step.body;
  const { accounts } = stage.settings;
  const account = step.account ?? (accounts.length === 1 ? accounts[0]?.id : undefined);
  return {
    requestId: stage.nextKey(),
    by: 'operator',
    // Whoever resumes an actor of a scenario goes on without the event that it stumbled over.
    ...(verb === 'resume' ? { skipEvent: true } : {}),
    ...argFields(stage, args),
    ...orderFields(stage, verb, args),
    verb,
    role: role.toLowerCase() === 'trader' ? 'viewer' : role.toLowerCase(),
    ...(account === undefined ? {} : { account }),
  };
}

function argFields(stage: Stage, args: Args): Readonly<Record<string, unknown>> {
  const { ref, order, limit, second: _, rule, instrument, ...same } = args;
  const named = ref ?? order;
  return {
    ...same,
    ...(named === undefined ? {} : { order: orderIdOf(stage, named) }),
    ...(rule === undefined ? {} : { rule: ruleIdByKey[rule] ?? rule }),
    ...(limit === undefined ? {} : { value: String(limit) }),
    ...(instrument === undefined ? {} : { instrument: instrumentName(stage, instrument) }),
  };
}

const orderVerbs: ReadonlySet<string> = new Set(['cancel', 'resolve', 'acknowledge', 'kill']);

/** A scope may name an order by its ref, or an instrument in the spelling of the scenario. */
function orderFields(
  stage: Stage,
  verb: string,
  { scope, target }: Args,
): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  if (target !== undefined) fields['target'] = orderIdOf(stage, target);
  if (scope === undefined) return fields;
  const [kind = '', ...rest] = scope.split(':');
  const name = rest.join(':');
  if (orderVerbs.has(verb) && kind.toLowerCase() === 'order')
    return { ...fields, scope: `order:${orderIdOf(stage, name)}` };
  if (orderVerbs.has(verb) && stage.refs.has(scope))
    return { ...fields, scope: `order:${orderIdOf(stage, scope)}` };
  if (['symbol', 'contract', 'instrument'].includes(kind.toLowerCase()))
    return { ...fields, scope: `${kind}:${instrumentName(stage, name)}` };
  if (kind === 'group') return { ...fields, scope: `group:${stage.groupIds.get(name) ?? name}` };
  if (verb === 'flatten') return { ...fields, scope: instrumentName(stage, scope) };
  return fields;
}

/** Ours of a ref, or of what somebody else placed; a name that means no order stays what it is. */
function orderIdOf(stage: Stage, name: string): string {
  const own = stage.orderIdOf(name);
  if (own !== undefined) return own;
  for (const cell of stage.running.engine.world.cells.values()) {
    const { orderId, venueOrderId } = cell.context as {
      readonly orderId?: OrderId;
      readonly venueOrderId?: string;
    };
    if (cell.hosted.id === 'order' && venueOrderId === name && orderId !== undefined)
      return orderId;
  }
  return name;
}

function instrumentName(stage: Stage, spelling: string): string {
  return stage.names.find(spelling)?.id ?? spelling;
}
