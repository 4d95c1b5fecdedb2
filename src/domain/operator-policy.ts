/**
 * The one table of who may do what: verb × role × mode. What is not in it is denied.
 *
 * Making things safer needs less authority than making them looser: a trader (`viewer`) locks himself and tightens
 * his limits, an operator takes risk away and settles what is in doubt, an admin also gives risk back. An auditor
 * reads. Source: rules 5.5 and 12.4, inspector 5, security 1 and 2.
 */
import type { OperatorVerb, Role } from './operator.ts';

type Verb = OperatorVerb['verb'];
export type Mode = 'DRY_RUN' | 'PAPER' | 'LIVE';

export type VerbPolicy = {
  readonly roles: readonly Role[];
  /** Modes in which it may be done at all. */
  readonly modes: readonly Mode[];
  /** Without a reason it is refused: it makes something looser, or settles what only a person can know. */
  readonly needsReason: boolean;
  /** Acts on one account; which one may be left out where there is only one. */
  readonly isOfAccount: boolean;
};

const everyMode: readonly Mode[] = ['DRY_RUN', 'PAPER', 'LIVE'];
const everyone: readonly Role[] = ['viewer', 'operator', 'admin'];
const staff: readonly Role[] = ['operator', 'admin'];
const admin: readonly Role[] = ['admin'];

function policy(
  roles: readonly Role[],
  more: Partial<Pick<VerbPolicy, 'needsReason' | 'isOfAccount'>> = {},
): VerbPolicy {
  return { roles, modes: everyMode, needsReason: false, isOfAccount: true, ...more };
}

const needsReason = true;

/** Every verb, exactly once. */
export const operatorPolicy: Readonly<Record<Verb, VerbPolicy>> = {
  lock: policy(everyone),
  limit: policy(everyone),
  cancel: policy(staff),
  flatten: policy(staff),
  pause: policy(staff, { isOfAccount: false }),
  kill: policy(staff, { isOfAccount: false }),
  resume: policy(staff, { needsReason, isOfAccount: false }),
  resolve: policy(staff, { needsReason }),
  acknowledge: policy(staff, { needsReason }),
  recordTransfer: policy(staff, { needsReason }),
  // Of a lock that a person has made; one that a rule has made asks for an admin, as its policy says.
  unlock: policy(staff, { needsReason }),
  rearm: policy(staff, { needsReason, isOfAccount: false }),
  reset: policy(admin, { needsReason }),
};

/** May this role do this in this mode? Everything that the table does not name is denied. */
export function isPermitted(verb: string, role: string, mode: string): boolean {
  if (!Object.hasOwn(operatorPolicy, verb)) return false;
  const { roles, modes } = operatorPolicy[verb as Verb];
  return roles.some((one) => one === role) && modes.some((one) => one === mode);
}

/** `operator or admin`, for the refusal. */
export function permittedRoles(verb: Verb): string {
  return operatorPolicy[verb].roles.join(' or ');
}
