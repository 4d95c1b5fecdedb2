/** Which answers of the server are denials that nobody else writes down, and what is told of them. Source: security 3. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { denialKinds, type DeniedAccess, type DenialKind } from '../domain/access-denied.ts';
import type { HandedAnswer } from './api.ts';
import type { Denial } from './command-guard.ts';
import { answerJson, noteProblem, problemOf } from './http-guard.ts';
import type { Identity } from './tokens.ts';

/** A refusal says why, and which kind it is. One that the engine could not even read is told as well. */
export function answerCommand(
  response: ServerResponse,
  { isInvalid, ...result }: HandedAnswer,
  denial: Denial | undefined,
): void {
  if (isInvalid === true) noteProblem(response, denial?.code ?? 'INVALID_REQUEST', result.text);
  if (denial !== undefined) {
    const { status, code, text } = denial;
    answerJson(response, status, { ...result, text, code });
  } else if (result.outcome !== 'refused') answerJson(response, 200, result);
  else if (isInvalid === true) answerJson(response, 400, { ...result, code: 'INVALID_REQUEST' });
  else answerJson(response, 409, { ...result, code: 'REFUSED' });
}

/**
 * What is told of an answer; undefined when it was no denial, or one that the engine has a row of. Questions are none:
 * they change nothing.
 *
 * @param identify who asked; called only for a request whose sender has shown a token
 */
export function deniedBy(
  { method, url = '', socket }: IncomingMessage,
  response: ServerResponse,
  identify: () => Identity | undefined,
): DeniedAccess | undefined {
  const problem = problemOf(response);
  if (problem === undefined || method === 'GET' || method === 'HEAD') return undefined;
  const isSignIn = url.startsWith('/api/session');
  const kind = kindOf(problem.code, isSignIn);
  if (kind === undefined || !(isSignIn || url.startsWith('/api/command') || kind === 'OTHER_SITE'))
    return undefined;
  const known = unproven.has(kind) ? undefined : identify();
  const who = known === undefined ? {} : { by: known.by, role: known.role, tokenId: known.tokenId };
  return { kind, text: textOf(kind, problem.message), ip: socket.remoteAddress ?? '', ...who };
}

/** Nobody has shown who it is. */
const unproven: ReadonlySet<DenialKind> = new Set<DenialKind>([
  'OTHER_SITE',
  'NOT_SIGNED_IN',
  'SIGN_IN_FAILED',
  'TOO_MANY_ATTEMPTS',
]);

function kindOf(code: string, isSignIn: boolean): DenialKind | undefined {
  if (isSignIn && (code === 'NOT_SIGNED_IN' || code === 'NOT_PROVEN')) return 'SIGN_IN_FAILED';
  // The engine could not read it, whatever the guard had said before.
  return (
    denialKinds.find((one) => one === code) ??
    (readByGuard.has(code) ? 'INVALID_REQUEST' : undefined)
  );
}

const readByGuard: ReadonlySet<string> = new Set<Denial['code']>([
  'ROLE',
  'OTHER_ACCOUNT',
  'ACTIONS_OFF',
  'STEP_UP',
  'NO_BLAST',
  'OLD_BLAST',
]);

/** What was sent is not repeated: it may be anything, and long. */
function textOf(kind: DenialKind, message: string): string {
  return kind === 'INVALID_REQUEST' ? 'it was no command' : message.slice(0, textMax);
}

const textMax = 200;
