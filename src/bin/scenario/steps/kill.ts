/** The step `kill`: the switch is pulled by a file, a person, a program or a signal. Source: scenario-format 3. */
import type { KillRequest } from '../../../domain/operator.ts';
import { condition } from '../../../kernel/assert.ts';
import type { Stage } from '../stage.ts';
import type { Step } from '../step-format.ts';

type Of<Action extends Step['action']> = Extract<Step, { action: Action }>;

export async function playKill(stage: Stage, step: Of<'kill'>): Promise<void> {
  const { by, reason = 'MANUAL' } = step.body;
  const kill = requestOf(stage, step);
  const account = accountOf(stage, step);
  if (by === 'file') {
    const { scope, target, mode, isEmergency } = kill;
    stage.killFile.write({
      scope,
      ...(target === undefined ? {} : { target }),
      ...(account === undefined ? {} : { account }),
      ...(mode === undefined ? {} : { mode }),
      emergency: isEmergency,
      reason,
    });
    // An engine that is down finds it when it starts.
    if (!stage.isUp) return;
    stage.killFile.poll();
    await stage.rest();
    stage.killFile.remove();
    return;
  }
  const requestId = stage.nextKey();
  stage.running.engine.operate({
    verb: 'kill',
    kill,
    ...(account === undefined ? {} : { accountId: account }),
    requestId,
    role: 'operator',
    by,
    reason,
  });
  await stage.rest();
}

function requestOf(stage: Stage, { body }: Of<'kill'>): KillRequest {
  const { scope, target, mode, emergency = false, by } = body;
  const meant = targetOf(stage, scope, target);
  return {
    scope,
    ...(meant === undefined ? {} : { target: meant }),
    ...(mode === undefined ? {} : { mode }),
    isEmergency: emergency,
    trigger: by,
  };
}

/** Instruments and orders by the spelling of the scenario. */
function targetOf(
  stage: Stage,
  scope: KillRequest['scope'],
  target: string | undefined,
): string | undefined {
  if (scope === 'account' || scope === 'all') return undefined;
  condition(target !== undefined, () => `a kill of scope ${scope} names its target`);
  if (scope === 'instrument') return stage.names.find(target)?.id ?? target;
  return scope === 'order' ? (stage.orderIdOf(target) ?? target) : target;
}

function accountOf(stage: Stage, step: Of<'kill'>) {
  const isOne = step.body.scope === 'account' || step.account !== undefined;
  return isOne && step.body.scope !== 'all' ? stage.accountOf(step) : undefined;
}
