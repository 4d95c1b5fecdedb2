/**
 * What a command passes before it reaches the engine: the policy table, the token's accounts, `--allow-actions`, a fresh
 * look at what hangs on the subject, and a recent sign-in. What is denied here still becomes a row of the journal.
 *
 * Source: inspector 5, security 1 and 3.
 */
import { isPermitted, operatorPolicy, permittedRoles } from '../domain/operator-policy.ts';
import type { OperatorVerb } from '../domain/operator.ts';
import type { CommandRequest } from './protocol-reports.ts';
import type { Identity } from './tokens.ts';

type Verb = OperatorVerb['verb'];

/**
 * Verbs that end a protection, give risk back, or settle what only a person can know. They need `--allow-actions`, the
 * stamp of a blast report and, in a browser as admin, a recent sign-in. The others make things safer and need none of it.
 */
export const destructiveVerbs: ReadonlySet<string> = new Set<Verb>([
  'unlock',
  'resume',
  'flatten',
  'resolve',
  'acknowledge',
  'recordTransfer',
  'rearm',
  'reset',
]);

export type GuardFacts = {
  readonly mode: string;
  readonly allowActions: boolean;
  /** The person has shown a token within the last minutes. */
  readonly isRecent: boolean;
  readonly headSeq: number;
  readonly accounts: readonly string[];
  /** Seq of the actor's last row; undefined when there is no such actor. */
  readonly lastSeqOf: (actor: string) => number | undefined;
};

export type Denial = {
  readonly status: 400 | 403 | 409;
  readonly code:
    | 'UNKNOWN_VERB'
    | 'ROLE'
    | 'OTHER_ACCOUNT'
    | 'ACTIONS_OFF'
    | 'STEP_UP'
    | 'NO_BLAST'
    | 'OLD_BLAST';
  readonly text: string;
};

/** Why it may not go on; undefined: the engine decides. */
export function denialOf(
  command: CommandRequest,
  identity: Identity,
  facts: GuardFacts,
): Denial | undefined {
  return (
    byRole(command.verb, identity, facts.mode) ??
    byAccount(command, identity) ??
    (destructiveVerbs.has(command.verb) ? byCaution(command, identity, facts) : undefined)
  );
}

function byRole(verb: string, { role }: Identity, mode: string): Denial | undefined {
  if (isPermitted(verb, role, mode)) return undefined;
  if (!Object.hasOwn(operatorPolicy, verb))
    return { status: 400, code: 'UNKNOWN_VERB', text: `verb: there is no ${verb}` };
  const text = `role: ${verb} is for ${permittedRoles(verb as Verb)}, was ${role}`;
  return { status: 403, code: 'ROLE', text };
}

/** A token of some accounts names one of them, and reaches no other by an actor's path or a wide scope. */
function byAccount(command: CommandRequest, { accounts }: Identity): Denial | undefined {
  if (accounts === undefined) return undefined;
  const [root, ofActor] = textField(command, 'actor').split('/');
  const isElsewhere = root === 'account' && !accounts.includes(ofActor ?? '');
  const isWide = textField(command, 'scope').trim().toLowerCase().startsWith('all');
  if (accounts.includes(command.account ?? '') && !isElsewhere && !isWide) return undefined;
  const text = 'account: this token may act on its own accounts only';
  return { status: 403, code: 'OTHER_ACCOUNT', text };
}

function byCaution(
  command: CommandRequest,
  { role }: Identity,
  facts: GuardFacts,
): Denial | undefined {
  const { verb, blastSeq } = command;
  if (!facts.allowActions) {
    const text = `${verb} is off: start the service with --allow-actions`;
    return { status: 409, code: 'ACTIONS_OFF', text };
  }
  if (role === 'admin' && !facts.isRecent) {
    const text = `${verb}: show a token again, the last sign-in is more than 5 minutes ago`;
    return { status: 403, code: 'STEP_UP', text };
  }
  if (blastSeq === undefined) {
    const text = `look at what hangs on it first: ${verb} carries the stamp of the blast report`;
    return { status: 409, code: 'NO_BLAST', text };
  }
  const last = Math.max(0, ...subjectsOf(command, facts).map((id) => facts.lastSeqOf(id) ?? 0));
  if (blastSeq >= last && blastSeq <= facts.headSeq) return undefined;
  const text = `look again: the blast report is of row ${blastSeq}, what it is about has changed in row ${last}`;
  return { status: 409, code: 'OLD_BLAST', text };
}

/** Actors whose change makes a blast report old: the one that is named, else the account, else every account. */
function subjectsOf(command: CommandRequest, { accounts }: GuardFacts): readonly string[] {
  const actor = textField(command, 'actor');
  if (actor.startsWith('account/')) return [actor];
  const meant = command.account === undefined ? accounts : [command.account];
  const order = textField(command, 'order');
  return meant.map((account) =>
    order === '' ? `account/${account}` : `account/${account}/order/${order}`,
  );
}

function textField(command: CommandRequest, name: string): string {
  const value = command[name];
  return typeof value === 'string' ? value : '';
}
