/** A broken promise of our own code. Caught only at the cell boundary; anywhere else the process stops. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Bad input of a caller: names the field, the value and the rule. */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionFailed';
}

/**
 * Asserts what must always be true of our own code.
 *
 * @param rule the positive rule; a function when building the text costs something
 * @throws InvariantViolation "Invariant: …"
 */
export function invariant(holds: boolean, rule: string | (() => string)): asserts holds {
  if (!holds) {
    throw new InvariantViolation(`Invariant: ${typeof rule === 'string' ? rule : rule()}`);
  }
}

/**
 * Checks what a caller gave us.
 *
 * @throws ConditionFailed "Condition failed: …"
 */
export function condition(holds: boolean, rule: string | (() => string)): asserts holds {
  if (!holds) {
    throw new ConditionFailed(`Condition failed: ${typeof rule === 'string' ? rule : rule()}`);
  }
}

/** The end of an exhaustive switch: a value that the types say cannot exist. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`Invariant: every case is handled, was ${JSON.stringify(value)}`);
}
