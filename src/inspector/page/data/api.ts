/** Requests to the server of this page; never to another. */
import { InspectorProblem } from '../../problem.ts';
import type { CommandAnswer, CommandRequest } from '../../protocol-reports.ts';
import type { SessionAnswer } from '../../protocol.ts';
import type { Query } from './router.ts';
import { store } from './store.ts';

/** @throws InspectorProblem */
export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  const address = `/api/${path}${search === '' ? '' : `?${search}`}`;
  return ask<T>(address, signal === undefined ? {} : { signal });
}

/** @throws InspectorProblem */
export async function post<T>(path: string, body: unknown): Promise<T> {
  const csrf = store.getSnapshot().context.hello?.csrf ?? '';
  return ask<T>(`/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-bulkhead-csrf': csrf },
    body: JSON.stringify(body),
  });
}

/** What became of a command; the code says what can be done about a refusal. */
export type Outcome = CommandAnswer & { readonly code?: string };

/** A refusal is an answer, too. */
export async function command(request: CommandRequest): Promise<Outcome> {
  try {
    return await post<CommandAnswer>('command', request);
  } catch (error) {
    if (error instanceof InspectorProblem)
      return { outcome: 'refused', text: error.message, code: error.code };
    throw error;
  }
}

/** Shows a token again, for what an admin does a while after signing in. @throws InspectorProblem */
export async function prove(token: string): Promise<void> {
  await post('session/proof', { token });
}

export async function signIn(token: string): Promise<SessionAnswer> {
  return post<SessionAnswer>('session', { token });
}

export async function signOut(): Promise<void> {
  await ask('/api/session', { method: 'DELETE' });
  store.trigger.signedOut({ reason: 'You are signed out.' });
}

type Refusal = { readonly message?: string; readonly text?: string; readonly code?: string };

async function ask<T>(address: string, init: RequestInit): Promise<T> {
  const response = await fetch(address, { ...init, credentials: 'same-origin' });
  const body = (await response.json()) as unknown;
  if (response.ok) return body as T;
  const { message, text, code } = body as Refusal;
  if (response.status === 401 && address !== '/api/session')
    store.trigger.signedOut({ reason: '' });
  const words = message ?? text ?? `the server answered ${response.status}`;
  throw new InspectorProblem(response.status, code ?? '', words);
}
