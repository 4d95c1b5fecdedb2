/** What a scenario needs and this version does not have, decided from the parsed document before anything runs. */
import type { Scenario } from './format.ts';
import type { Body, Step } from './step-format.ts';
import { hasDenial, hasRule } from './vocabulary.ts';

/** Thrown where only the run can tell that it goes beyond this version; never counts as passed. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

/** The first missing thing of the steps, or undefined. The configuration is judged where it is parsed. */
export function missingInSteps(scenario: Scenario): string | undefined {
  return firstOf(scenario.steps, missingInStep);
}

function firstOf<Item>(
  items: readonly Item[],
  look: (item: Item) => string | undefined,
): string | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Looks = {
  readonly [Action in Step['action']]?: (
    body: Extract<Step, { action: Action }>['body'],
  ) => string | undefined;
};

/** Steps that can ask for something that is not here. */
const looks: Looks = {
  expect: missingInExpectation,
  restart: ({ meanwhile, during }) =>
    firstOf(meanwhile, missingInStep) ?? (during === undefined ? undefined : missingInStep(during)),
};

function missingInStep(step: Step): string | undefined {
  const look = looks[step.action] as ((body: Step['body']) => string | undefined) | undefined;
  return look?.(step.body);
}

function missingInExpectation(body: Body<'expect'>): string | undefined {
  const rule = Object.keys(body.verdicts ?? {}).find((id) => !hasRule(id));
  if (rule !== undefined) return rule;
  const code =
    body.denied === undefined || body.denied === 'none'
      ? undefined
      : Object.values(body.denied).find((one) => !hasDenial(one));
  return code === undefined ? undefined : `denial ${code}`;
}
